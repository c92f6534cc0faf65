"""The pages of what-if: the branches that edits made, and the conventions that can be switched."""

from __future__ import annotations

from bptui.story.edits import conventions
from bptui.story.session import Branch, Session
from bptui.view.numbers import show
from bptui.view.text import Row, Span, clip, fit_row, pad, plain, window


def branches_page(session: Session, width: int, height: int) -> list[Row]:
    """Return the list of branches in a size, each with its edit and how far it was seen."""
    rows: list[Row] = []
    head = pad("branch", max(20, width - 40)) + "iterations   E at the end"
    first = window(session.line - height // 2, session.line, len(session.branches), height - 1)
    for place, branch in enumerate(session.branches[first : first + height - 1], first):
        rows.append(_branch(session, place, branch, width))
    rows = [(Span(f"     {clip(head, width - 6)}", "label"),), *rows]
    return [fit_row(row, width) for row in (rows + [()] * height)[:height]]


def _branch(session: Session, place: int, branch: Branch, width: int) -> Row:
    """Return a branch's row, indented below the one that it came from."""
    chosen = place == session.line
    sign = "●" if place == session.here else "·" if place == session.other else " "
    edit = "as the preset says"
    if branch.change is not None:
        edit = f"{plain(str(branch.change))} at {branch.moment}, from {branch.parent}"
    depth = min(_depth(session.branches, place), 8)
    name = pad(f"{'  ' * depth}{place}  {edit}", max(20, width - 40))
    loss = "–"
    if branch.reached:
        loss = show(float(branch.timeline.some_losses(branch.reached, branch.reached)[0]), 9)
    return (
        Span(" ▸ " if chosen else "   ", "pointer"),
        Span(f"{sign} ", "chart_now" if sign == "●" else "chart_other"),
        Span(name, "fact selected" if chosen else "fact"),
        Span(f"{branch.reached:>10,}", "text"),
        Span(f"   {loss}", "loss"),
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
        rows.append(_choices(session, place, name, now, choices))
    rate = show(session.problem.rule.learning_rate, 9)
    rows.append(_choices(session, len(rows), "learning rate", rate, (rate,)))
    told = f" Switched from this iteration on: {session.moment}; u takes it back."
    rows = [(Span(told, "label"),), (), *rows]
    return [fit_row(row, width) for row in (rows + [()] * height)[:height]]


def _choices(session: Session, place: int, name: str, now: str, values: tuple[str, ...]) -> Row:
    chosen = place == session.line
    spans = [
        Span(" ▸ " if chosen else "   ", "pointer"),
        Span(pad(name, 14), "fact selected" if chosen else "fact"),
    ]
    for value in values:
        here = value == now
        sign = "●" if here else "○"
        spans.append(Span(f"  {sign} {value}", "lamp" if here else "lamp_off"))
    return tuple(spans)
