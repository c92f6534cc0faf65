"""The pages of what-if: the branches that edits made, and the conventions that can be switched."""

from __future__ import annotations

from bptui.story.edits import conventions
from bptui.story.session import Branch, Session
from bptui.view.numbers import show
from bptui.view.text import Row, Span, clip, fit_row, pad, plain, row_cells, window, wrap


def branches_page(session: Session, width: int, height: int) -> list[Row]:
    """Return the list of branches in a size, each with its edit and how far it was seen."""
    rows: list[Row] = []
    names, iterations, digits = _widths(width)
    head = pad("branch", names) + ("iterations" if iterations == 10 else "until").rjust(iterations)
    head += "   E at the end" if digits == 9 else "  E"
    first = window(session.line - height // 2, session.line, len(session.branches), height - 1)
    for place, branch in enumerate(session.branches[first : first + height - 1], first):
        rows.append(_branch(session, place, branch, width))
    rows = [(Span(f"     {clip(head, width - 5)}", "label"),), *rows]
    return [fit_row(row, width) for row in (rows + [()] * height)[:height]]


def _widths(width: int) -> tuple[int, int, int]:
    """Return the widths of the edits and of the iterations, and the decimals of the losses."""
    if width >= 70:
        return width - 30, 10, 9
    return max(10, width - 22), 7, 4


def _branch(session: Session, place: int, branch: Branch, width: int) -> Row:
    """Return a branch's row, indented below the one that it came from."""
    chosen = place == session.line
    sign = "●" if place == session.here else "·" if place == session.other else " "
    edit = "as the preset says"
    if branch.change is not None:
        edit = f"{plain(str(branch.change))} at {branch.moment}, from {branch.parent}"
    names, iterations, digits = _widths(width)
    depth = min(_depth(session.branches, place), 8 if digits == 9 else 2)
    name = pad(f"{'  ' * depth}{place}  {edit}", names)
    loss = "–"
    if branch.reached:
        last = branch.timeline.some_losses(branch.reached, branch.reached)[0]
        loss = show(float(last), digits)
    return (
        Span(" ▸ " if chosen else "   ", "pointer"),
        Span(f"{sign} ", "chart_now" if sign == "●" else "chart_other"),
        Span(name, "fact selected" if chosen else "fact"),
        Span(f"{branch.reached:>{iterations},}", "text"),
        Span(f"{'   ' if digits == 9 else '  '}{loss}", "loss"),
    )


def _depth(branches: tuple[Branch, ...], place: int) -> int:
    depth, parent = 0, branches[place].parent
    while parent is not None:
        depth, parent = depth + 1, branches[parent].parent
    return depth


def conventions_page(session: Session, width: int, height: int) -> list[Row]:
    """Return the list of conventions in a size, each with its choices, the present one marked."""
    rows: list[Row] = []
    for place, (name, (now, values)) in enumerate(conventions(session.problem).items()):
        choices = values if now in values else (now, *values)
        rows.append(_choices(session, place, name, now, choices, width))
    rate = show(session.problem.rule.learning_rate, 9)
    rows.append(_choices(session, len(rows), "learning rate", rate, (rate,), width))
    told = f"What enter switches counts from iteration {max(1, session.moment.iteration)} on; "
    lines = wrap(told + "u takes it back.", width - 2)
    rows = [*((Span(f" {line}", "label"),) for line in lines), (), *rows]
    return [fit_row(row, width) for row in (rows + [()] * height)[:height]]


def _choices(
    session: Session, place: int, name: str, now: str, values: tuple[str, ...], width: int
) -> Row:
    """Return a line of choices; where not all have room, that which is so is the first."""
    chosen = place == session.line
    spans = [
        Span(" ▸ " if chosen else "   ", "pointer"),
        Span(pad(name, 14), "fact selected" if chosen else "fact"),
    ]

    def choice(value: str) -> Span:
        here = value == now
        return Span(f"  {'●' if here else '○'} {value}", "lamp" if here else "lamp_off")

    row = (*spans, *map(choice, values))
    if row_cells(row) <= width:
        return row
    turn = values.index(now)  # what enter switches to stands next to what is so
    return (*spans, *map(choice, (*values[turn:], *values[:turn])))
