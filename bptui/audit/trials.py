"""Slips tried out: what every figure would be, had one of them been made in some number before it.

All slips in all numbers are worked out in one go, as arrays with a place for each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from bptui.audit.graph import Graph, Key, Value
from bptui.audit.slips import SLIPS, Slip
from bptui.audit.spot import Found, Spot
from bptui.engine.trace import Array
from bptui.story.address import Kind
from bptui.story.formula import Formula

_Result = TypeVar("_Result")
MOST = 4_000
"""Slips that are worked out at once."""


class Trial(NamedTuple):
    """One slip: in one number, or the same one in all that are computed likewise."""

    cost: int
    words: str
    changes: Mapping[Key, Formula]
    label: str
    """The kind of slip."""

    @property
    def keys(self) -> tuple[Key, ...]:
        return tuple(self.changes)

    @property
    def everywhere(self) -> bool:
        return len(self.changes) > 1


def finished(work: Generator[object, None, _Result]) -> _Result:
    """Go through some work to its end."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: _Result = end.value
            return result


def is_twin(graph: Graph, one: Trial, other: Trial, key: Key, order: Sequence[Key]) -> bool:
    """Whether two slips are one in other words: a slope is left out of a product, or taken for 1.

    They give the same whatever the inputs, targets and parameters are.

    Args:
        graph: the numbers.
        one, other: the slips.
        key: the number that both give.
        order: it and all that it is computed from, each after its own parts.
    """
    if one.everywhere or other.everywhere:
        return False
    given = [part for part in order if graph.over_deltas(part) is None]
    moved = {part: graph.exact(part) * (1.1 + place % 7 / 10) for place, part in enumerate(given)}
    found = finished(outcomes(graph, [one, other], [key], moved, order))
    return bool(np.isclose(found[0, 0], found[0, 1], rtol=1e-12, atol=0))


def trials(graph: Graph, keys: Iterable[Key], *, conventions: bool = True) -> list[Trial]:
    """Every slip in every one of some numbers; those that are also conventions if asked for."""
    single: list[Trial] = []
    alike: dict[tuple[object, ...], dict[Key, Formula]] = {}
    words: dict[tuple[object, ...], tuple[int, str, str]] = {}
    for key in keys:
        for slip, (tag, formula, told) in _slips(graph, key):
            if slip.is_convention and not conventions:
                continue
            single.append(Trial(slip.cost, told, {key: formula}, slip.label))
            same = (slip.find, tag, key[0].kind, key[1].iteration)
            alike.setdefault(same, {}).setdefault(key, formula)
            words.setdefault(same, (slip.cost, told, slip.label))
    several = [
        Trial(words[same][0] + 1, words[same][1], changes, words[same][2])
        for same, changes in alike.items()
        if len(changes) > 1
    ]
    return single + several


def _slips(graph: Graph, key: Key) -> list[tuple[Slip, Found]]:
    """Every slip that can be made in a number."""
    if key not in graph.slips:
        formulas = graph.formulas(key)
        some = formulas or key[0].kind is Kind.DNET_DPARAMETER
        spot, kind = Spot(graph, key, formulas), key[0].kind
        graph.slips[key] = [
            (slip, found)
            for slip in SLIPS
            if some and kind in slip.kinds
            for found in slip.find(spot)
        ]
    return graph.slips[key]


def outcomes(
    graph: Graph,
    tried: Sequence[Trial],
    figures: Sequence[Key],
    printed: Mapping[Key, float],
    order: Sequence[Key],
) -> Generator[None, None, Array]:
    """What figures would be (figures, trials), computed from exact numbers but for what is printed.

    A printed number is what others go on with, whatever it should have been. Yields now and then.
    """
    found = [np.empty((len(figures), 0))]
    for first in range(0, len(tried), MOST):
        some = tried[first : first + MOST]
        found.append((yield from _outcomes(graph, some, figures, printed, order)))
    return np.concatenate(found, axis=1)


def _outcomes(
    graph: Graph,
    tried: Sequence[Trial],
    figures: Sequence[Key],
    printed: Mapping[Key, float],
    order: Sequence[Key],
) -> Generator[None, None, Array]:
    at: dict[Key, list[int]] = {}
    for place, trial in enumerate(tried):
        for key in trial.changes:
            at.setdefault(key, []).append(place)
    used: dict[Key, Value] = {}
    rows = {key: place for place, key in enumerate(figures)}
    results = np.empty((len(figures), len(tried)))

    def look(key: Key) -> Value:
        if key not in used:
            used[key] = printed.get(key, graph.exact(key))
        return used[key]

    for key in order:
        formula = graph.over_deltas(key)
        value = graph.exact(key) if formula is None else graph.compute(formula, look)
        if key in at:
            value = np.array(np.broadcast_to(value, len(tried)), dtype=float)
            for place in at[key]:
                value[place] = graph.compute(tried[place].changes[key], _one(look, place))
        if key in rows:
            results[rows[key]] = value
        used[key] = printed.get(key, value)
        yield
    return results


def _one(look: Callable[[Key], Value], place: int) -> Callable[[Key], Any]:
    """Look up one place of what is worked out for many."""

    def look_there(key: Key) -> Any:
        value = look(key)
        return value[place] if np.ndim(value) else value

    return look_there
