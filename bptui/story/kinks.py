"""Net inputs that are 0 on paper, where floats leave a rounding error and step over a kink."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from bptui.engine.functions import Chosen, layer_functions
from bptui.story.address import Kind, Quantity
from bptui.story.derivation import derive
from bptui.story.formula import Minus, Sum, evaluate
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
    for layer in setup.network.layers:
        if not has_kink(layer.chosen):
            continue
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


def has_kink(chosen: Chosen) -> bool:
    """Whether an activation's slope jumps at 0."""
    if chosen.entry.other_slope is not None:
        return False
    functions = layer_functions(chosen)
    net = np.array([[-_BESIDE, _BESIDE]])
    before, after = functions.slope(net, functions.out(net))[0]
    return bool(abs(after - before) > _BESIDE * 1000)
