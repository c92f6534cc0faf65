"""The loss chart, by plotext: loss by iteration, the current one marked.

plotext cannot take every number (infinity and NaN stop it, 0 has no logarithm), so that only what
it can draw reaches it, at most two points a column; what was left out is said in words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from bptui.story.session import Session
from bptui.view.numbers import show
from bptui.view.text import Row, Span, clip, fit_row

SMALLEST = (20, 5)
"""Below this size a chart is only noise; then there is a number."""
LARGEST = 1e300
_MARKER = "●"
_LABEL = 7
"""The least width of a loss on the axis."""
_AXIS = frozenset("┌┐└┘├┤┬┴┼─│")


def chart(session: Session, width: int, height: int) -> tuple[list[Row], str]:
    """Return the loss chart in a panel's size, and what is to be said in the panel's title."""
    losses = session.losses
    scale = "log" if session.log else "linear"
    if not losses:
        return _words("No loss yet: the forward phase computes it.", width, height), scale
    points = _drawable(losses, log=session.log)
    if not points or width < SMALLEST[0] or height < SMALLEST[1]:
        return _words(_in_a_line(losses), width, height), scale
    left_out = len(losses) - len(points)
    said = f"{scale}, {left_out} not drawn" if left_out else scale
    current = points[-1] if points[-1][0] == len(losses) else None
    thinned = _thin(points, 2 * width)
    return list(_plot(tuple(thinned), current, width, height, session.log)), said


def _words(text: str, width: int, height: int) -> list[Row]:
    rows: list[Row] = [()] * (height // 3) + [(Span(clip(f" {text}", width), "label"),)]
    return [fit_row(row, width) for row in (rows + [()] * height)[:height]]


def _in_a_line(losses: Sequence[float]) -> str:
    return f"E {show(losses[-1], 9)} at iteration {len(losses)}, {show(losses[0], 9)} at the first"


def _drawable(losses: Sequence[float], *, log: bool) -> list[tuple[int, float]]:
    """Return (iteration, loss) of what a chart can show."""
    smallest = 0.0 if log else -math.inf
    return [
        (k, loss)
        for k, loss in enumerate(losses, 1)
        if math.isfinite(loss) and abs(loss) <= LARGEST and loss > smallest
    ]


def _thin(points: list[tuple[int, float]], most: int) -> list[tuple[int, float]]:
    """Return at most `most` points: of each stretch the lowest and the highest."""
    if len(points) <= most:
        return points
    thinned: list[tuple[int, float]] = []
    stretches = most // 2
    for k in range(stretches):
        part = points[k * len(points) // stretches : (k + 1) * len(points) // stretches]
        pair = {min(part, key=lambda p: p[1]), max(part, key=lambda p: p[1])}
        thinned += sorted(pair)
    return thinned


@lru_cache(maxsize=64)
def _plot(
    points: tuple[tuple[int, float], ...],
    current: tuple[int, float] | None,
    width: int,
    height: int,
    log: bool,
) -> tuple[Row, ...]:
    import plotext as plt  # 60 ms that the first screen need not wait for

    plt.clear_figure()
    plt.limit_size(False, False)
    plt.plot_size(width, height)
    plt.theme("clear")
    # the logarithm is taken here: plotext would take it of its own ticks as well
    scale = math.log10 if log else float
    xs, ys = [x for x, _ in points], [scale(y) for _, y in points]
    plt.plot(xs, ys, marker="braille")
    if current is not None:
        plt.scatter([current[0]], [scale(current[1])], marker=_MARKER)
    places, labels = _loss_ticks(ys, height, log=log)
    plt.ylim(places[0], places[-1])
    plt.yticks(places, labels)
    ticks = _iteration_ticks(xs[0], xs[-1], width)
    plt.xticks(ticks, [str(tick) for tick in ticks])
    lines = plt.uncolorize(plt.build()).splitlines()
    return tuple(fit_row(_spans(line), width) for line in lines[:height])


def _loss_ticks(ys: list[float], height: int, *, log: bool) -> tuple[list[float], list[str]]:
    """Return heights that stand exactly on rows of the chart, lowest first, and their labels.

    The chart has its frame above and below and a row of iterations, so that height - 3 rows are
    left; the first and the last of them are the limits, and some between have labels, too.
    """
    low, high = min(ys), max(ys)
    if high - low <= 1e-9 * abs(high):
        low, high = low - 0.1 * abs(low or 1.0), high + 0.1 * abs(high or 1.0)
    rows = height - 3
    step = max(1, (rows + 3) // 5)
    places = [*range(0, rows - step, step), rows - 1] if rows > 1 else [0]
    heights = [low + (high - low) * place / max(1, rows - 1) for place in places]
    losses = [10.0**y if log else y for y in heights]
    digits = _label_digits(losses[0], losses[-1])
    return heights, [show(loss, digits).rjust(_LABEL) for loss in losses]


def _label_digits(low: float, high: float) -> int:
    """Return the decimals with which the labels differ and are not wider than they must be."""
    wide = abs(high) >= 100 or abs(low) >= 100
    close = (high - low) < 0.02 * max(abs(high), abs(low))
    return 4 if wide else 6 if close else 4


def _iteration_ticks(first: int, last: int, width: int) -> list[int]:
    """Return a few whole iterations to name below the chart."""
    count = max(2, min(6, width // 12))
    return sorted({first + round(k * (last - first) / (count - 1)) for k in range(count)})


def _spans(line: str) -> Row:
    """Split a line of the chart by what its characters are."""
    spans: list[Span] = []
    for char in line:
        role = _role(char)
        if spans and spans[-1].role == role:
            spans[-1] = Span(spans[-1].text + char, role)
        else:
            spans.append(Span(char, role))
    return tuple(spans)


def _role(char: str) -> str:
    if char == _MARKER:
        return "chart_now"
    if "⠀" <= char <= "⣿":
        return "chart_line"
    return "chart_axis" if char in _AXIS else "label"
