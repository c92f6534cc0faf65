"""The loss chart's axes: round losses that stand on rows, round iterations below."""

from __future__ import annotations

import math
from collections.abc import Iterable

from bptui.view.numbers import show

_LABEL = 7
"""The least width of a loss on the axis."""
_SMALLEST = 1e-300
_DECADES = 300
"""Powers of ten beyond this are not all floats."""

Limits = tuple[float, float]


def around_rows(limits: Limits, rows: int) -> Limits:
    """Return limits with which the labels stand in the middle of rows.

    A row of braille has four dots: a loss of 0 is drawn beside its label, not below it.
    """
    low, high = limits
    more = 1.5 * (high - low) / (4 * max(1, rows - 1))
    return low - more, high + more


def loss_ticks(ys: list[float], height: int, *, log: bool) -> tuple[Limits, list[float], list[str]]:
    """Return the chart's lowest and highest loss, those that have a label, and the labels.

    The chart has its frame above and below and a row of iterations, so that height - 3 rows are
    left. The limits are chosen so that round numbers stand exactly on rows, and that they change
    seldom while more losses come.
    """
    low, high = min(ys), max(ys)
    if high - low <= 1e-9 * abs(high):
        by = 0.5 if log else 0.1 * (abs(high) if abs(high) > _SMALLEST else 1.0)
        low, high = low - by, high + by
    rows = max(2, height - 3)
    if log and high - low < 1 and (found := _ticks_of_a_decade(low, high, rows)):
        return found
    steps = [_round_step(low, high, rows, gap, log=log) for gap in _gaps(rows)]
    reach, gap, step, first = min(steps)
    if not math.isfinite(first + reach) or (
        log and (high - low < 1 or first < -_DECADES or first + reach > _DECADES)
    ):
        return _uneven_ticks(low, high, rows, gap, log=log)
    marks = [first + k * step for k in range((rows - 1) // gap + 1)]
    labels = _powers(marks) if log else _decimals(marks, step)
    return (first, first + reach), marks, [label.rjust(_LABEL) for label in labels]


def _ticks_of_a_decade(
    low: float, high: float, rows: int
) -> tuple[Limits, list[float], list[str]] | None:
    """Return 1, 2 and 5 times powers of ten around a short range of logarithms, if they fit."""
    powers = range(math.floor(low) - 1, math.ceil(high) + 2)
    losses = [(power, size) for power in powers for size in (1, 2, 5)]
    marks = [power + math.log10(size) for power, size in losses]
    first = max(k for k, mark in enumerate(marks) if mark <= low + 1e-9)
    last = min(k for k, mark in enumerate(marks) if mark >= high - 1e-9)
    if last - first < 2 or last - first >= rows:
        return None
    labels = [f"{float(f'{size}e{power}'):g}" for power, size in losses[first : last + 1]]
    return (
        (marks[first], marks[last]),
        marks[first : last + 1],
        [label.rjust(_LABEL) for label in labels],
    )


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
        step = max(1.0, math.ceil(least)) + int(size) - 1 if log else power * size
        first = math.floor(low / (1 if log else step) + 1e-9) * (1 if log else step)
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


def iterations_of(points: Iterable[tuple[int, float]]) -> tuple[int, int]:
    """Return the first and the last iteration of the chart, which has some room for those to come.

    So it stays as it is, but for a point more, for most steps.
    """
    places = [x for x, _ in points]
    first, last = min(places), max(places)
    power = 10 ** (len(str(last)) - 1)
    sizes = (1, 1.5, 2, 3, 4, 6, 8, 10) if power > 1 else (1, 2, 3, 5, 8, 10)
    return first, next(int(size * power) for size in sizes if size * power >= last)


def iteration_ticks(first: int, last: int, width: int) -> list[int]:
    """Return a few iterations to name below the chart: the first, and round ones after it."""
    intervals = max(1, min(5, width // 12 - 1))
    least = max(1, -(-(last - first) // intervals))
    power = 10 ** (len(str(least)) - 1)
    sizes = (1, 2, 5, 10) if power > 1 else (1, 5, 10)  # after 1, 2 would be half a step
    steps = [size * power for size in sizes]
    step = next(step for step in steps if step >= least)
    if step > last:  # then the first would stand alone
        step = max((step for step in steps if step <= last), default=step)
    later = range(first - first % step + step, last + 1, step)
    return [first, *(tick for tick in later if 2 * (tick - first) >= step)]
