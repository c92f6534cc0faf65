"""How far a step goes: an iteration, a phase, a layer, or one group of quantities.

The finest steps are groups: net and out of a neuron, then the loss; the deltas of a layer one by
one, then its gradients one by one; the new parameters one by one. Coarser steps end where some
finer one does, so that all of them pass through the very same numbers.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from enum import Enum
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
from msgspec import Struct

from bptui.engine.network import Network
from bptui.story.address import Kind, Quantity
from bptui.story.moment import Moment, Phase


class Granularity(Enum):
    """How far a keypress goes, from coarse to fine."""

    ITERATION = "iteration"
    PHASE = "phase"
    LAYER = "layer"
    NEURON = "neuron"


class Group(Struct, frozen=True):
    subject: str
    """The neuron or parameter that it is about; empty for the loss."""
    layer: int


class Block(NamedTuple):
    """Groups of one layer that follow each other."""

    phase: Phase
    layer: int
    subjects: tuple[str, ...]


_SHARED: dict[Granularity, Callable[[Block], object]] = {
    Granularity.ITERATION: lambda block: None,
    Granularity.PHASE: lambda block: block.phase,
    Granularity.LAYER: lambda block: (block.phase, block.layer),
}
"""What the groups of a step share, if it has more than one."""


class Steps:
    """The groups of an iteration, phase by phase, and where steps of each size end."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._blocks = _blocks(network)
        sizes = [(block.phase, len(block.subjects)) for block in self._blocks]
        self._begins = [0, *accumulate(size for _, size in sizes)]
        self.length = self._begins[-1]
        self.counts = {phase: sum(n for at, n in sizes if at is phase) for phase in Phase}
        """How many groups each phase has."""
        starts = accumulate(self.counts.values(), initial=0)
        self._starts = dict(zip(self.counts, starts, strict=False))
        self._offset = lru_cache(maxsize=4096)(self._offset_of)
        self._ends = {granularity: self._ends_of(granularity) for granularity in Granularity}

    def _ends_of(self, granularity: Granularity) -> Sequence[int]:
        """How many groups are done where steps of a size end: where what they share changes."""
        if granularity not in _SHARED:
            return range(1, self.length + 1)
        shared = [_SHARED[granularity](block) for block in self._blocks]
        changes = (k for k, (a, b) in enumerate(pairwise(shared), 1) if a != b)
        return [*(self._begins[k] for k in changes), self.length]

    @cached_property
    def subjects(self) -> dict[Phase, list[str]]:
        """What the groups of each phase are about, in their order."""
        found = {phase: list[str]() for phase in Phase}
        for phase, _, subjects in self._blocks:
            found[phase] += subjects
        return found

    @cached_property
    def _places(self) -> dict[Phase, dict[str, int]]:
        return {
            phase: {subject: place for place, subject in enumerate(subjects)}
            for phase, subjects in self.subjects.items()
        }

    def position(self, moment: Moment, left: int) -> int:
        """How many groups are done at a moment that lacks its last `left` groups."""
        if moment.phase is None:
            return 0
        whole = (moment.iteration - 1) * self.length
        return whole + self._starts[moment.phase] + self.counts[moment.phase] - left

    def moment(self, position: int) -> tuple[Moment, int]:
        """The moment at which so many groups are done, and how many it still lacks."""
        if position <= 0:
            return Moment(0), 0
        iteration, done = divmod(position - 1, self.length)
        phase = self._block(done)[0].phase
        left = self._starts[phase] + self.counts[phase] - 1 - done
        return Moment.of(iteration + 1, phase), left

    def step(self, position: int, steps: int, granularity: Granularity) -> int:
        """The position some steps on, or back if negative, at the start the earliest."""
        for _ in range(abs(steps)):
            move = self._next if steps > 0 else self.before
            position = move(position, granularity)
        return position

    def _next(self, position: int, granularity: Granularity) -> int:
        iteration, done = divmod(position, self.length)
        ends = self._ends[granularity]
        return iteration * self.length + ends[bisect_right(ends, done)]

    def before(self, position: int, granularity: Granularity) -> int:
        """Where the step of a size began that ends at a position."""
        if position <= 0:
            return 0
        iteration, done = divmod(position - 1, self.length)
        ends = self._ends[granularity]
        place = bisect_left(ends, done + 1)
        return iteration * self.length + (ends[place - 1] if place else 0)

    def group(self, position: int) -> Group | None:
        """The group that was done last at a position, None at the start."""
        if position <= 0:
            return None
        done = (position - 1) % self.length
        block, begin = self._block(done)
        return Group(block.subjects[done - begin], block.layer)

    def _block(self, done: int) -> tuple[Block, int]:
        """The block of the group that follows so many of its iteration, and where that begins."""
        place = bisect_right(self._begins, done) - 1
        return self._blocks[place], self._begins[place]

    def place(self, quantity: Quantity, iteration: int) -> int:
        """The position before the group that computes a quantity in an iteration.

        Parameters count as what the update makes of them; what is given stands before it all.
        """
        return (iteration - 1) * self.length + self._offset(quantity)

    def _offset_of(self, quantity: Quantity) -> int:
        phase = quantity.form.set_in
        if phase is None:
            return -1
        return self._starts[phase] + self._places[phase][self._subject(quantity)]

    def _subject(self, quantity: Quantity) -> str:
        match quantity.kind:
            case Kind.SHARE | Kind.LOSS:
                return ""
            case Kind.DNET_DOUT:
                inputs = quantity.source in self.network.inputs
                return quantity.neuron if inputs else quantity.source
            case Kind.DE_DINPUT:  # when all deltas that it comes from are there
                return self.network.neurons[1][-1]
            case _:
                return quantity.parameter or quantity.neuron


@lru_cache(maxsize=8)
def steps_of(network: Network) -> Steps:
    return Steps(network)


def _blocks(network: Network) -> list[Block]:
    """Nets, outs and the loss; each layer's deltas and gradients from the last on; parameters."""
    neurons = dict(enumerate(network.neurons[1:], 1))
    own = _parameters_by_layer(network)
    return [
        *(Block(Phase.FORWARD, layer, names) for layer, names in neurons.items()),
        Block(Phase.FORWARD, len(neurons) + 1, ("",)),
        *(
            Block(Phase.BACKWARD, layer, subjects)
            for layer in reversed(neurons)
            for subjects in (neurons[layer], own[layer])
        ),
        *(Block(Phase.UPDATE, layer, own[layer]) for layer in neurons),
    ]


def _parameters_by_layer(network: Network) -> dict[int, tuple[str, ...]]:
    """Each layer's parameters in the network's order.

    One of several layers belongs to the first: its gradient waits for the deltas there.
    """
    names = tuple(network.slots)
    layers, first = range(1, len(network.neurons)), np.zeros(len(names) + 1, dtype=int)
    for layer in reversed(layers):
        first[network.layers[layer - 1].table] = layer
    return {
        layer: tuple([names[slot] for slot in np.flatnonzero(first[:-1] == layer).tolist()])
        for layer in layers
    }
