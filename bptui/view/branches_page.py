"""The page of the branches that edits made."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from bptui.session.jobs import spelled
from bptui.session.parts import Branch
from bptui.session.session import Session
from bptui.story.moment import START, Moment, Phase
from bptui.view.formula import loss_sign
from bptui.view.loss_panel import chart
from bptui.view.numbers import show
from bptui.view.rows import (
    Row,
    Span,
    around,
    clip,
    pad,
    plain,
    pointer,
    wrap,
)

_CURVE = (24, 5)
"""The least columns and rows of a curve of the loss."""
_TALLEST = 14


def branches_page(session: Session, width: int, height: int) -> list[Row]:
    rows: list[Row] = []
    names, iterations, digits = _widths(width)
    head = pad("branch", names) + ("iterations" if iterations == 10 else "until").rjust(iterations)
    head += "   E at the end" if digits == 9 else "  E"
    first = around(session.line, len(session.branches), height - 1)
    for place, branch in enumerate(session.branches[first : first + height - 1], first):
        rows.append(_branch(session, place, branch, width))
    return [(Span(f"     {clip(head, width - 5)}", "label"),), *rows]


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


# what is selected


def about(session: Session, width: int, height: int) -> list[Row]:
    """Return the selected branch's edits, its losses beside the branch shown, and their curves."""
    place = min(session.line, len(session.branches) - 1)
    rows: list[Row] = [
        (Span(line, "fact"),)
        for text in _edits(session, place)
        for line in wrap(text, width, hang=2)
    ]
    rows += _losses(session, place, _beside(session, place), width)
    room = min(height - len(rows), _TALLEST)
    if session.branches[place].reached > 1 and width >= _CURVE[0] and room >= _CURVE[1]:
        rows += _curve(session, place, width, room)
    return rows


def _edits(session: Session, place: int) -> list[str]:
    """Return all edits that lead from the preset to a branch, the last one first."""
    branch, told = session.branches[place], []
    while branch.change is not None:
        where = f"left branch {branch.parent} at {spelled(branch.moment)}"
        told.append(f"{plain(str(branch.change))}: {where}")
        assert branch.parent is not None
        branch = session.branches[branch.parent]
    return told or ["The preset, without any edit."]


def _beside(session: Session, place: int) -> int | None:
    """Return the branch to compare with: the one shown, or for that the one that it left."""
    return session.here if place != session.here else session.branches[place].parent


def _losses(session: Session, place: int, other: int | None, width: int) -> list[Row]:
    """Return the loss at the last iteration that is the same on both, and at the branch's last."""
    reached, sign = session.branches[place].reached, loss_sign(session.setup)
    if not reached:
        return [(Span("Not run yet.", "label"),)]
    rows = [(f"at its end, iteration {reached:,}", place, reached)]
    if other is not None:
        seen = session.branches[other].reached
        same = _same(session, place, other, min(reached, seen))
        if 0 < same < reached:
            rows.insert(0, (f"last the same as on branch {other}, iteration {same:,}", place, same))
        if seen and seen != same:
            last = min(seen, reached)
            rows.append((f"on branch {other}, iteration {last:,}", other, last))
    texts = [f"{sign} {told}: {show(_loss(session, *at), 9)}" for told, *at in rows]
    return [(Span(line, "loss"),) for text in texts for line in wrap(text, width, hang=2)]


def _loss(session: Session, place: int, iteration: int) -> float:
    return float(session.timelines[place].some_losses(iteration, iteration)[0])


def _same(session: Session, place: int, other: int, last: int) -> int:
    """Return how many losses two branches have in common, from the first on."""
    one, two = (session.timelines[k].losses(last) for k in (place, other))
    differ = ~np.isclose(one, two, rtol=0.0, atol=0.0, equal_nan=True)
    return int(differ.argmax()) if differ.any() else last


def _curve(session: Session, place: int, width: int, height: int) -> list[Row]:
    """Return the branch's losses with those of the branch shown behind them."""
    reached = session.branches[place].reached
    there = replace(
        session,
        here=place,
        other=_beside(session, place),
        moment=Moment.of(reached, Phase.UPDATE) if reached else START,
        left=0,
        aim=0,
        as_printed=False,
    )
    return chart(there, width, height)[0]
