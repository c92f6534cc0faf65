"""The page of the branches that edits made."""

from __future__ import annotations

from bptui.session.parts import Branch
from bptui.session.session import Session
from bptui.view.numbers import show
from bptui.view.rows import (
    Row,
    Span,
    around,
    clip,
    fit_rows,
    pad,
    plain,
    pointer,
)


def branches_page(session: Session, width: int, height: int) -> list[Row]:
    rows: list[Row] = []
    names, iterations, digits = _widths(width)
    head = pad("branch", names) + ("iterations" if iterations == 10 else "until").rjust(iterations)
    head += "   E at the end" if digits == 9 else "  E"
    first = around(session.line, len(session.branches), height - 1)
    for place, branch in enumerate(session.branches[first : first + height - 1], first):
        rows.append(_branch(session, place, branch, width))
    rows = [(Span(f"     {clip(head, width - 5)}", "label"),), *rows]
    return fit_rows(rows, width, height)


def _widths(width: int) -> tuple[int, int, int]:
    """Return the widths of the edits and of the iterations, and the decimals of the losses."""
    if width >= 70:
        return width - 30, 10, 9
    return max(10, width - 22), 7, 4


def _branch(session: Session, place: int, branch: Branch, width: int) -> Row:
    chosen = place == session.line
    sign = "●" if place == session.here else "·" if place == session.other else " "
    edit = "the preset"
    if branch.change is not None:
        edit = f"{plain(str(branch.change))} ({branch.moment}, from branch {branch.parent})"
    names, iterations, digits = _widths(width)
    depth = min(_depth(session.branches, place), 8 if digits == 9 else 2)
    name = pad(f"{'  ' * depth}{place}  {edit}", names)
    loss = "–"
    if branch.reached:
        last = session.timelines[place].some_losses(branch.reached, branch.reached)[0]
        loss = show(float(last), digits)
    return (
        pointer(chosen),
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
