"""From where to where a number can be that is computed from rounded ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from bptui.audit.graph import Graph, Key
from bptui.engine.trace import Array
from bptui.story.formula import Const, Formula

MOST_BETWEEN = 1_500
"""If there are more numbers between, it is not thought that they were rounded."""

Unit = Callable[[float], float]
"""The unit of the last digit that a number is rounded to."""
Span = tuple[float, float]
"""The lowest and the highest that a number can be."""


def reach(
    graph: Graph,
    formula: Formula,
    spans: Mapping[Key, Span],
    exact: Collection[Key],
    between: Unit | None = None,
    *,
    cuts: bool = False,
) -> Span:
    """From where to where a formula's value goes, if each number stays within its span.

    Every end is reached: first each number is moved alone, then all of them so that the value
    grows or falls.

    Args:
        graph: the formulas of the numbers between.
        formula: that of the number.
        spans: where the printed numbers can be.
        exact: what else is printed.
        between: what the numbers between are rounded to as well; None if they are not.
        cuts: whether they may also be cut off there.
    """
    known: dict[Key, Any] = {key: graph.exact(key) for key in exact}
    middle = {key: low + (high - low) / 2 for key, (low, high) in spans.items()}
    order = graph.order(graph.keys_in(formula), (*known, *spans))
    off: dict[Key, Span] = {}
    if between is not None and len(order) <= MOST_BETWEEN:
        off = _off(graph, order, known | middle, between, cuts=cuts)

    ends = [*spans.values(), *off.values()]
    lows, highs = np.array([low for low, _ in ends]), np.array([high for _, high in ends])
    middles = np.array([*middle.values(), *(0.0 for _ in off)])
    cases = np.vstack([middles, lows, highs, np.tile(middles, (2 * len(middles), 1))])
    for place in range(len(middles)):
        cases[3 + 2 * place, place] = lows[place]
        cases[4 + 2 * place, place] = highs[place]

    def values(cases: Array) -> Array:
        columns = list(cases.T)
        found = known | dict(zip(spans, columns, strict=False))
        moved = dict(zip(off, columns[len(spans) :], strict=True))
        value = _value(graph, formula, order, found, moved)
        return np.broadcast_to(np.asarray(value, dtype=float), len(cases))

    alone = values(cases)
    rises = alone[4::2] >= alone[3::2]
    corners = np.vstack([np.where(rises, lows, highs), np.where(rises, highs, lows)])
    found = np.concatenate([alone, values(corners)])
    found = found[np.isfinite(found)]
    return (float(found.min()), float(found.max())) if len(found) else (math.inf, -math.inf)


def _value(
    graph: Graph,
    formula: Formula,
    order: Sequence[Key],
    found: dict[Key, Any],
    moved: Mapping[Key, Array],
) -> Any:
    """A formula's value, with the numbers between moved by so much."""
    for key in order:
        inner = graph.best(key)
        value = graph.exact(key) if inner is None else graph.compute(inner, found.__getitem__)
        found[key] = value + moved[key] if key in moved else value
    return graph.compute(formula, found.__getitem__)


def _off(
    graph: Graph, order: Sequence[Key], known: dict[Key, Any], between: Unit, *, cuts: bool
) -> dict[Key, Span]:
    """By how much rounding moves each number between, down and up."""
    _value(graph, Const(0.0), order, known, {})
    found: dict[Key, Span] = {}
    for key in order:
        number = float(known[key])
        if graph.best(key) is not None and math.isfinite(number):
            unit = between(number)
            down, up = (unit if cuts and sign * number > 0 else unit / 2 for sign in (1, -1))
            found[key] = -down, up
    return found
