"""The loss chart, by plotext: loss by iteration, the current one marked.

plotext cannot take every number (infinity and NaN stop it, 0 has no logarithm), so that only what
it can draw reaches it, at most two points a column; what was left out is said in words.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bptui.engine.trace import Array
from bptui.preset.errors import counted
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.timeline import Timeline
from bptui.view.chart_axes import Limits, around_rows, iteration_ticks, iterations_of, loss_ticks
from bptui.view.dots import BITS, BRAILLE
from bptui.view.formula import loss_sign
from bptui.view.glyphs import DOT
from bptui.view.numbers import show
from bptui.view.rows import Row, Span, clip, fit_row, fit_rows

SMALLEST = (20, 5)
"""Below this size a chart is only noise; then there is a number."""
LARGEST, SMALLEST_LOG = 1e300, 1e-300
NOW, AIM, OTHER = "●", "◆", "·"
"""Where the moment is, where the chart's cursor is, and the branch before."""
_TITLE = 16
"""What the panel's name and its line take of a title."""
_LEFT = sum(left for left, _ in BITS)
"""The left dots of a braille letter."""
_AXIS = frozenset("┌┐└┘├┤┬┴┼─│")
_ROLES = {NOW: "chart_now", AIM: "chart_aim", OTHER: "chart_other", DOT: "chart_line"}

Points = tuple[tuple[int, float], ...]
Marks = tuple[tuple[str, tuple[int, float]], ...]


class _Curve(NamedTuple):
    """A curve of (iteration, loss), thinned out, and how many losses cannot be drawn."""

    points: Points
    left_out: int


def chart(session: Session, width: int, height: int) -> tuple[list[Row], str]:
    """Return the loss chart in a panel's size, and what is to be said in the panel's title.

    It shows all iterations that were seen on this branch, behind them those of the branch before.
    """
    scale = "log" if session.log else "linear"
    reached = session.charted
    if not reached:
        return words("The loss comes with forward.", width, height), scale
    own = _points(session.timeline, reached, session.log, 2 * width)
    if not own.points or width < SMALLEST[0] or height < SMALLEST[1]:
        return words(_in_a_line(session, reached), width, height), scale
    lines = _plot(
        *_drawn(session, own, width), width, height, session.log, _line(session), _other(session)
    )
    return [*lines], _said(session, own, scale, width - _TITLE)


def _line(session: Session) -> str:
    return "braille" if session.braille else DOT


def _other(session: Session) -> str:
    """Return the name of the branch before, if it has a curve."""
    other = session.other
    return f"branch {other}" if other is not None and session.branches[other].reached else ""


def _said(session: Session, own: _Curve, scale: str, room: int) -> str:
    said = scale
    if own.left_out:
        said += f", {counted(own.left_out, 'value')} off the scale"
    if _other(session):
        said = f"{OTHER} {_other(session)}, {said}"
    if session.aim:
        loss = session.timeline.some_losses(session.aim, session.aim)[0]
        said = f"{AIM} {session.aim}: {loss_sign(session.setup)} {show(float(loss), 6)}, {said}"
    for metric in _metrics(session):
        said = f"{metric}, {said}" if len(metric) + len(said) + 2 <= room else said
    return said


def _metrics(session: Session) -> Iterator[str]:
    for name in session.setup.shown_metrics:
        value = session.value(Quantity(Kind.METRIC, name=name))
        if value is not None:
            yield f"{name} {show(value, 4)}"


def _drawn(session: Session, own: _Curve, width: int) -> tuple[Points, Points, Marks]:
    """Return this branch's points, the other's, and the marked ones with their signs."""
    behind: Points = ()
    if session.other is not None and _other(session):
        reached = session.branches[session.other].reached
        behind = _points(session.timelines[session.other], reached, session.log, 2 * width).points
    marks: dict[str, tuple[int, float]] = {}
    for sign, iteration in ((AIM, session.aim), (NOW, session.computed_losses)):
        if 0 < iteration <= session.charted:
            loss = float(session.timeline.some_losses(iteration, iteration)[0])
            if _can_be_drawn(np.array([loss]), log=session.log)[0]:
                marks[sign] = (iteration, loss)
    return own.points, behind, tuple(marks.items())


def iteration_at(session: Session, width: int, height: int, column: int) -> int | None:
    reached = session.charted
    own = _points(session.timeline, reached, session.log, 2 * width) if reached else None
    if own is None or not own.points or width < SMALLEST[0] or height < SMALLEST[1]:
        return None
    points, behind, marks = _drawn(session, own, width)
    top = _plot(points, behind, marks, width, height, session.log, _line(session), _other(session))[
        0
    ]
    frame = "".join(span.text for span in top)
    left, right = frame.find("┌") + 1, frame.rfind("┐") - 1
    if left <= 0 or right <= left or not left <= column <= right:
        return None
    first, last = iterations_of((*points, *behind))
    return min(round(first + (last - first) * (column - left) / (right - left)), reached)


def words(text: str, width: int, height: int) -> list[Row]:
    """Return a sentence in the place of a picture."""
    row = (Span(clip(f" {text}", width), "label"),)
    return fit_rows([*[()] * (height // 3), row], width, height)


def _in_a_line(session: Session, reached: int) -> str:
    first, last = (float(session.timeline.some_losses(k, k)[0]) for k in (1, reached))
    told = f"{show(last, 9)} after {reached} iterations; {show(first, 9)} at first"
    return f"{loss_sign(session.setup)} {told}"


@lru_cache(maxsize=16)
def _points(timeline: Timeline, reached: int, log: bool, most: int) -> _Curve:
    """Return at most `most` points of a curve: of each segment the lowest and the highest."""
    losses = timeline.losses(reached)
    fine = _can_be_drawn(losses, log=log)
    left_out = len(losses) - int(np.count_nonzero(fine))
    kept = np.flatnonzero(fine) if left_out else np.arange(len(losses))
    if len(kept) > most:
        values = losses[kept] if left_out else losses
        edges = np.linspace(0, len(kept), most // 2 + 1).astype(int)
        pairs = [
            (a + int(values[a:b].argmin()), a + int(values[a:b].argmax()))
            for a, b in pairwise(edges.tolist())
        ]
        kept = kept[sorted({place for pair in pairs for place in pair})]
    return _Curve(tuple((int(k) + 1, float(losses[k])) for k in kept), left_out)


def _can_be_drawn(losses: Array, *, log: bool) -> NDArray[np.bool_]:
    smallest = SMALLEST_LOG if log else -np.inf
    return (np.abs(losses) <= LARGEST) & (losses > smallest)


@lru_cache(maxsize=64)
def _plot(
    points: Points,
    behind: Points,
    marks: Marks,
    width: int,
    height: int,
    log: bool,
    line: str,
    name: str,
) -> tuple[Row, ...]:
    import plotext as plt  # 60 ms that the first screen need not wait for

    # the logarithm is taken here: plotext would take it of its own ticks as well
    scale = math.log10 if log else float
    every = (*points, *behind)
    limits, places, labels = loss_ticks([scale(y) for _, y in every], height, log=log)
    limits = around_rows(limits, height - 3)
    first, last = iterations_of(every)
    ticks = iteration_ticks(first, last, width)

    def drawn(curve: Points, marked: Marks) -> list[str]:
        plt.clear_figure()
        plt.limit_size(False, False)
        plt.plot_size(width, height)
        plt.theme("clear")
        if curve:
            plt.plot([x for x, _ in curve], [scale(y) for _, y in curve], marker=line)
        for sign, (x, y) in marked:
            at = _on_curve(scale(y), limits, height - 3) if line == "braille" else scale(y)
            plt.scatter([x], [at], marker=sign)
        plt.ylim(*limits)
        plt.yticks(places, labels)
        if first < last:
            plt.xlim(first, last)
        plt.xticks(ticks, [str(tick) for tick in ticks])
        found: list[str] = plt.uncolorize(plt.build()).splitlines()
        return found[:height]

    lines = drawn(points, marks)
    rows = [_spans(line) for line in lines]
    if behind:
        rows = _with_other(lines, drawn(behind, ()), name)
    return tuple(fit_row(row, width) for row in rows)


def _with_other(lines: list[str], others: list[str], name: str) -> list[Row]:
    """Put another curve, dotted, behind a chart's own, and its name at its end."""
    roles = [[_role(char) for char in line] for line in lines]
    cells = [list(line) for line in lines]
    end = (0, 0)
    for y, other in enumerate(others):
        for x, char in enumerate(other[: len(cells[y])]):
            if char == DOT or "⠀" < char <= "⣿":
                end = max(end, (x, y))
                if cells[y][x] == " ":
                    cells[y][x], roles[y][x] = _dotted(char), "chart_other"
    x, y = end[0] + 1 - len(name), end[1]
    for row in (y - 1, y + 1, y - 2, y + 2):
        if 0 < row < len(cells) - 2 and set(cells[row][x - 1 : x + len(name)]) == {" "}:
            cells[row][x : x + len(name)] = name
            roles[row][x : x + len(name)] = ["chart_other"] * len(name)
            break
    pairs = [list(zip(*both, strict=True)) for both in zip(cells, roles, strict=True)]
    return [
        tuple(
            Span("".join(char for char, _ in part), role)
            for role, part in groupby(row, lambda pair: pair[1])
        )
        for row in pairs
    ]


def _dotted(char: str) -> str:
    """Return a cell of another curve: every other dot of braille, as long as one is left."""
    if char == DOT:
        return OTHER
    left = ord(char) - BRAILLE & _LEFT
    return chr(BRAILLE + left) if left else char


def _on_curve(y: float, limits: Limits, rows: int) -> float:
    """Return the height with which a mark stands in the row that the braille curve has there.

    A row of braille has four dots: plotext rounds to them, and marks to whole rows.
    """
    low, high = limits
    if rows < 2 or high <= low:
        return y
    row = round((y - low) / (high - low) * (4 * rows - 1)) // 4
    return low + row / (rows - 1) * (high - low)


def _spans(line: str) -> Row:
    """Split a line of the chart by what its characters are."""
    return tuple(Span("".join(chars), role) for role, chars in groupby(line, _role))


@lru_cache(maxsize=1024)
def _role(char: str) -> str:
    if char in _ROLES:
        return _ROLES[char]
    if "⠀" <= char <= "⣿":
        return "chart_line"
    return "chart_axis" if char in _AXIS else "label"
