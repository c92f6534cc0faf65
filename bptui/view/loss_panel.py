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
from bptui.view.formula import loss_sign
from bptui.view.glyphs import DOT
from bptui.view.numbers import show
from bptui.view.rows import Row, Span, clip, fit_row, fit_rows

SMALLEST = (20, 5)
"""Below this size a chart is only noise; then there is a number."""
LARGEST = 1e300
_DECADES = 300
"""Powers of ten beyond this are not all floats."""
NOW, AIM, OTHER = "●", "◆", "·"
"""Where the moment is, where the chart's cursor is, and the branch before."""
_TITLE = 16
"""What the panel's name and its line take of a title."""
_LABEL = 7
"""The least width of a loss on the axis."""
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
    lines = _plot(*_drawn(session, own, width), width, height, session.log, _line(session))
    return [*lines], _said(session, own, scale, width - _TITLE)


def _line(session: Session) -> str:
    return "braille" if session.braille else DOT


def _said(session: Session, own: _Curve, scale: str, room: int) -> str:
    said = scale
    if own.left_out:
        said += f", {counted(own.left_out, 'value')} off the scale"
    if session.other is not None:
        said = f"{OTHER} branch {session.other}, {said}"
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
    if session.other is not None:
        branch = session.branches[session.other]
        if branch.reached:
            behind = _points(
                session.timelines[session.other], branch.reached, session.log, width
            ).points
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
    top = _plot(points, behind, marks, width, height, session.log, _line(session))[0]
    frame = "".join(span.text for span in top)
    left, right = frame.find("┌") + 1, frame.rfind("┐") - 1
    if left <= 0 or right <= left or not left <= column <= right:
        return None
    first, last = _iterations((*points, *behind))
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
    smallest = 0.0 if log else -np.inf
    return (np.abs(losses) <= LARGEST) & (losses > smallest)


@lru_cache(maxsize=64)
def _plot(
    points: Points, behind: Points, marks: Marks, width: int, height: int, log: bool, line: str
) -> tuple[Row, ...]:
    import plotext as plt  # 60 ms that the first screen need not wait for

    plt.clear_figure()
    plt.limit_size(False, False)
    plt.plot_size(width, height)
    plt.theme("clear")
    # the logarithm is taken here: plotext would take it of its own ticks as well
    scale = math.log10 if log else float
    every = (*points, *behind)
    for curve, marker in ((behind, OTHER), (points, line)):
        if curve:
            plt.plot([x for x, _ in curve], [scale(y) for _, y in curve], marker=marker)
    limits, places, labels = _loss_ticks([scale(y) for _, y in every], height, log=log)
    for sign, (x, y) in marks:
        at = _on_curve(scale(y), limits, height - 3) if line == "braille" else scale(y)
        plt.scatter([x], [at], marker=sign)
    plt.ylim(*limits)
    plt.yticks(places, labels)
    first, last = _iterations(every)
    if first < last:
        plt.xlim(first, last)
    ticks = _iteration_ticks(first, last, width)
    plt.xticks(ticks, [str(tick) for tick in ticks])
    lines = plt.uncolorize(plt.build()).splitlines()
    return tuple(fit_row(_spans(line), width) for line in lines[:height])


Limits = tuple[float, float]


def _loss_ticks(
    ys: list[float], height: int, *, log: bool
) -> tuple[Limits, list[float], list[str]]:
    """Return the chart's lowest and highest loss, those that have a label, and the labels.

    The chart has its frame above and below and a row of iterations, so that height - 3 rows are
    left. The limits are chosen so that round numbers stand exactly on rows, and that they change
    seldom while more losses come.
    """
    low, high = min(ys), max(ys)
    if high - low <= 1e-9 * abs(high):
        low, high = low - 0.1 * abs(low or 1.0), high + 0.1 * abs(high or 1.0)
    rows = max(2, height - 3)
    steps = [_round_step(low, high, rows, gap, log=log) for gap in _gaps(rows)]
    reach, gap, step, first = min(steps)
    if not math.isfinite(first + reach) or (
        log and (high - low < 1 or first < -_DECADES or first + reach > _DECADES)
    ):
        return _uneven_ticks(low, high, rows, gap, log=log)
    marks = [first + k * step for k in range((rows - 1) // gap + 1)]
    labels = _powers(marks) if log else _decimals(marks, step)
    return (first, first + reach), marks, [label.rjust(_LABEL) for label in labels]


def _gaps(rows: int) -> range:
    """Return how many rows there may be from one label to the next, for three to seven labels."""
    return range(-(-(rows - 1) // 6), max(1, (rows - 1) // 2) + 1)


def _round_step(
    low: float, high: float, rows: int, gap: int, *, log: bool
) -> tuple[float, int, float, float]:
    """Return the height of a chart with a label every few rows, the gap, the step, the lowest."""
    least = (high - low) * gap / (rows - 1)
    power = 10.0 ** math.floor(math.log10(least))
    for size in (1, 2, 2.5, 5, 10, 20, 25, 50):
        step = max(1.0, math.ceil(least)) * size if log else power * size
        first = math.floor(low / step + 1e-9) * step
        reach = step * (rows - 1) / gap
        if first + reach >= high * (1 - 1e-12):
            break
    return reach, gap, step, first


def _decimals(marks: list[float], step: float) -> list[str]:
    """Return numbers with as many decimals as their step has, or with powers of ten."""
    largest = max(map(abs, marks))
    power = math.floor(math.log10(step) + 1e-9)
    finest = power - (abs(step / 10.0**power - 2.5) < 0.01)
    if 1e-3 <= largest < 1e7 and finest >= -_LABEL:
        return [f"{mark:.{max(0, -finest)}f}" for mark in marks]
    digits = max(0, math.floor(math.log10(largest)) - finest)
    return [f"{mark:.{digits}e}" if abs(mark) > step / 2 else "0" for mark in marks]


def _powers(marks: list[float]) -> list[str]:
    return [f"{10.0**mark:g}" if -4 < mark < 5 else f"{10.0**mark:.0e}" for mark in marks]


def _uneven_ticks(
    low: float, high: float, rows: int, gap: int, *, log: bool
) -> tuple[Limits, list[float], list[str]]:
    """Return ticks for which there are no round numbers: the limits, and some rows between."""
    places = [*range(0, rows - gap, gap), rows - 1]
    heights = [low + (high - low) * place / (rows - 1) for place in places]
    losses = [10.0**y if log else y for y in heights]
    digits = _label_digits(losses[0], losses[-1])
    return (low, high), heights, [show(loss, digits).rjust(_LABEL) for loss in losses]


def _label_digits(low: float, high: float) -> int:
    """Return the decimals with which the labels differ and are not wider than they must be."""
    wide = abs(high) >= 100 or abs(low) >= 100
    close = (high - low) < 0.02 * max(abs(high), abs(low))
    return 4 if wide else 6 if close else 4


def _on_curve(y: float, limits: Limits, rows: int) -> float:
    """Return the height with which a mark stands in the row that the braille curve has there.

    A row of braille has four dots: plotext rounds to them, and marks to whole rows.
    """
    low, high = limits
    if rows < 2 or high <= low:
        return y
    row = round((y - low) / (high - low) * (4 * rows - 1)) // 4
    return low + row / (rows - 1) * (high - low)


def _iterations(points: Points) -> tuple[int, int]:
    """Return the first and the last iteration of the chart, which has some room for those to come.

    So it stays as it is, but for a point more, for most steps.
    """
    first, last = min(x for x, _ in points), max(x for x, _ in points)
    power = 10 ** (len(str(last)) - 1)
    sizes = (1, 1.5, 2, 3, 4, 6, 8, 10) if power > 1 else (1, 4, 6, 8, 10)
    return first, next(int(size * power) for size in sizes if size * power >= last)


def _iteration_ticks(first: int, last: int, width: int) -> list[int]:
    """Return a few iterations to name below the chart: the first, and round ones after it."""
    intervals = max(1, min(5, width // 12 - 1))
    least = max(1, -(-(last - first) // intervals))
    power = 10 ** (len(str(least)) - 1)
    step = next(size * power for size in (1, 2, 5, 10) if size * power >= least)
    later = range(first - first % step + step, last + 1, step)
    return [first, *(tick for tick in later if 2 * (tick - first) >= step)]


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
