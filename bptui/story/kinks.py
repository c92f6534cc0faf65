"""Kinks: the slopes on both sides, and net inputs that step over one by a rounding error.

Those are 0 on paper, where floats leave something of them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from bptui.engine.functions import Chosen
from bptui.engine.network import Layer, Network
from bptui.engine.on_arrays import layer_functions
from bptui.engine.primitives import if_positive
from bptui.engine.trace import traced
from bptui.story.address import Kind, Quantity
from bptui.story.derivation import derive
from bptui.story.formula import (
    Call,
    Const,
    Formula,
    IfPositive,
    Minus,
    Sum,
    evaluate,
    parts,
    with_parts,
)
from bptui.story.moment import Moment, Phase
from bptui.story.timeline import Timeline
from bptui.story.values import values_at

NOISE = 8 * sys.float_info.epsilon
"""A sum this small beside its terms is their rounding error."""
_BESIDE = 1e-9
"""So far from 0 the slopes on both sides of a kink are compared."""


@lru_cache(maxsize=64)
def noisy_nets(timeline: Timeline, iteration: int) -> tuple[Quantity, ...]:
    """The net inputs at a kink that would be exactly 0, had floats no rounding errors."""
    return tuple(_noisy(timeline, Moment.of(iteration, Phase.FORWARD)))


def _noisy(timeline: Timeline, moment: Moment) -> Iterator[Quantity]:
    setup = timeline.setup_at(moment)
    samples = len(setup.batch(moment.iteration).numbers)
    for layer in _kinked(setup.network):
        for neuron in layer.neurons:
            for sample in range(1, samples + 1):
                one = sample if setup.batch_size > 1 else 0
                net = Quantity(Kind.NET, neuron=neuron, sample=one)
                if is_noise(timeline, net, moment):
                    yield net


def is_noise(timeline: Timeline, net: Quantity, moment: Moment) -> bool:
    """Whether a net input is nothing but the rounding error of its terms."""
    value = values_at(timeline, moment).get(net)
    if not value:
        return False
    match derive(timeline, net, moment).formula:
        case Sum(terms):
            pass
        case Minus(Sum(terms), threshold):
            terms = (*terms, threshold)
        case _:
            return False
    return abs(value) <= NOISE * sum(abs(evaluate(term)) for term in terms)


@lru_cache(maxsize=256)
def can_jump(slope: Callable[..., Any]) -> bool:
    """Whether a slope of the engine's tables jumps somewhere."""
    return any(call in (if_positive, np.sign) for call, _ in traced(slope, {}).steps)


def sides(formula: Formula) -> tuple[float, float] | None:
    """What a slope would be on both sides of the kink that it is taken at; None if at none."""
    above, below = (evaluate(_beside(formula, side)) for side in (1.0, -1.0))
    return (above, below) if abs(above - below) > 0 else None


def _beside(formula: Formula, side: float) -> Formula:
    """A formula with what is exactly 0 at a kink a little above that, or below."""
    match formula:
        case IfPositive(argument, then, otherwise) if evaluate(argument) == 0:
            return _beside(then if side > 0 else otherwise, side)
        case Call("sign", (argument,)) if evaluate(argument) == 0:
            return Const(side)
    return with_parts(formula, tuple([_beside(part, side) for part in parts(formula)]))


@lru_cache(maxsize=16)
def _kinked(network: Network) -> tuple[Layer, ...]:
    return tuple([layer for layer in network.layers if has_kink(layer.chosen)])


def has_kink(chosen: Chosen) -> bool:
    """Whether an activation's slope jumps at 0."""
    if chosen.entry.other_slope is not None:
        return False
    functions = layer_functions(chosen)
    net = np.array([[-_BESIDE, _BESIDE]])
    before, after = functions.slope(net, functions.out(net))[0]
    return bool(abs(after - before) > _BESIDE * 1000)
