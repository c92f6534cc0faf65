"""From where to where a number can be that is computed from rounded ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import numpy as np

from bptui.audit.graph import Graph, Key
from bptui.engine.trace import Array
from bptui.story.formula import Formula

MOST_BETWEEN = 1_500
"""If there are more numbers between, it is not thought that they were rounded."""
SURE = 4
"""Within so many standard deviations is what many independent roundings add up to."""

Unit = Callable[[float], float]
"""The unit of the last digit that a number is rounded to."""
Span = tuple[float, float]
"""The lowest and the highest that a number can be."""


def reach(
    graph: Graph, formula: Formula, spans: Mapping[Key, Span], exact: Collection[Key]
) -> Span:
    """From where to where a formula's value goes, if each number stays within its span.

    Every end is reached: first each number is moved alone, then all of them so that the value
    grows or falls.

    Args:
        graph: the formulas of the numbers between.
        formula: that of the number.
        spans: where the printed numbers can be.
        exact: what else is printed.
    """
    lows = np.array([low for low, _ in spans.values()])
    highs = np.array([high for _, high in spans.values()])
    middle = lows + (highs - lows) / 2
    cases = np.vstack([middle, lows, highs, np.tile(middle, (2 * len(spans), 1))])
    for place in range(len(spans)):
        cases[3 + 2 * place, place] = lows[place]
        cases[4 + 2 * place, place] = highs[place]

    def values(cases: Array) -> Array:
        known: dict[Key, Any] = {key: graph.exact(key) for key in exact}
        value = graph.work_out(formula, known | dict(zip(spans, cases.T, strict=True)))
        return np.broadcast_to(np.asarray(value, dtype=float), len(cases))

    alone = values(cases)
    rises = alone[4::2] >= alone[3::2]
    corners = np.vstack([np.where(rises, lows, highs), np.where(rises, highs, lows)])
    found = np.concatenate([alone, values(corners)])
    found = found[np.isfinite(found)]
    return (float(found.min()), float(found.max())) if len(found) else (math.inf, -math.inf)


class Drift(NamedTuple):
    """How far the roundings of the numbers between take a number, together."""

    spread: float = 0.0
    """Up or down."""
    cut: float = 0.0
    """By so much besides, if they are all cut off, not rounded."""


def drift(graph: Graph, formula: Formula, known: Mapping[Key, float], unit: Unit) -> Drift:
    """How far a formula's value is off if the numbers that it is computed from are rounded.

    Args:
        graph: the formulas of the numbers between.
        formula: that of the number.
        known: what is printed; the numbers between are not.
        unit: what they are rounded to.
    """
    order = graph.order(graph.keys_in(formula), known)
    if len(order) > MOST_BETWEEN:
        return Drift()
    values: dict[Key, Any] = dict(known)
    computed: list[Key] = []
    for key in order:
        inner = graph.best(key)
        value = graph.exact(key) if inner is None else graph.compute(inner, values.__getitem__)
        values[key] = float(value)
        if inner is not None and math.isfinite(value):
            computed.append(key)
    towards_zero = [-math.copysign(unit(values[key]) / 2, values[key]) for key in computed]
    moved: dict[Key, Any] = dict(known)
    places = {key: place for place, key in enumerate(computed)}
    for key in order:
        inner = graph.best(key)
        value = values[key] if inner is None else graph.compute(inner, moved.__getitem__)
        if key in places:
            value = np.array(np.broadcast_to(value, len(computed)), dtype=float)
            value[places[key]] += towards_zero[places[key]]
        moved[key] = value
    whole = float(graph.compute(formula, values.__getitem__))
    each = np.broadcast_to(graph.compute(formula, moved.__getitem__), len(computed)) - whole
    each = each[np.isfinite(each)]
    spread = min(float(np.abs(each).sum()), SURE * math.sqrt(float((each**2).sum()) / 3))
    return Drift(spread, float(each.sum()))
