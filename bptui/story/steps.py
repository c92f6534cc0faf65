"""How far a step goes: an iteration, a phase, a layer, or one group of quantities.

The finest steps are groups: net and out of a neuron, then the loss; the deltas of a layer one by
one, then its gradients one by one; the new parameters one by one. Coarser steps end where some
finer one does, so that all of them pass through the very same numbers.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np
from msgspec import Struct

from bptui.engine.network import Network, Slots
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
    neurons: tuple[str, ...] = ()
    slots: Slots = np.empty(0, dtype=np.intp)
    """The parameters that it is about, if it is not about neurons."""

    @property
    def size(self) -> int:
        return len(self.neurons) or len(self.slots)


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
        self._layers = _parameters_layers(network)
        self._own = {k: np.flatnonzero(self._layers == k) for k in range(1, len(network.neurons))}
        """The parameters of each layer, in the network's order."""
        self._blocks = _blocks(network, self._own)
        self._begins = [0, *accumulate(block.size for block in self._blocks)]
        self.length = self._begins[-1]
        self.counts = {
            phase: sum(block.size for block in self._blocks if block.phase is phase)
            for phase in Phase
        }
        """How many groups each phase has."""
        starts = accumulate(self.counts.values(), initial=0)
        self._starts = dict(zip(self.counts, starts, strict=False))
        self._offset = lru_cache(maxsize=4096)(self._offset_of)
        self._named = lru_cache(maxsize=16)(self._named_after)
        self._ends = {granularity: self._ends_of(granularity) for granularity in Granularity}

    def _ends_of(self, granularity: Granularity) -> Sequence[int]:
        """How many groups are done where steps of a size end: where what they share changes."""
        if granularity not in _SHARED:
            return range(1, self.length + 1)
        shared = [_SHARED[granularity](block) for block in self._blocks]
        changes = (k for k, (a, b) in enumerate(pairwise(shared), 1) if a != b)
        return [*(self._begins[k] for k in changes), self.length]

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
        if block.neurons:
            return Group(block.neurons[done - begin], block.layer)
        slot = int(block.slots[done - begin])
        return Group(self.network.parameters[slot].name, block.layer)

    def _block(self, done: int) -> tuple[Block, int]:
        """The block of the group that follows so many of its iteration, and where that begins."""
        place = bisect_right(self._begins, done) - 1
        return self._blocks[place], self._begins[place]

    def subjects(self, begun: int, position: int) -> tuple[str, ...]:
        """The subjects of the groups after one position up to another of the same iteration."""
        return self._named(begun % self.length, position - begun)

    def _named_after(self, done: int, count: int) -> tuple[str, ...]:
        names: list[str] = []
        while count > len(names):
            block, begin = self._block(done + len(names))
            first, last = done + len(names) - begin, done + count - begin
            parameters = self.network.parameters
            slots = block.slots[first:last]
            names += block.neurons[first:last] or [parameters[slot].name for slot in slots]
        return tuple(names)

    def place(self, quantity: Quantity, iteration: int) -> int:
        """The position before the group that computes a quantity in an iteration.

        Parameters count as what the update makes of them; what is given stands before it all.
        """
        return (iteration - 1) * self.length + self._offset(quantity)

    def _offset_of(self, quantity: Quantity) -> int:
        phase = quantity.form.set_in
        if phase is None:
            return -1
        subject = self._subject(quantity)
        slot, last = self.network.slots.get(subject), len(self.network.layers) + 1
        if slot is None:
            layer, index = self.network.places[subject] if subject else (last, 0)
            return self._begin(phase, layer, False) + index
        layer = int(self._layers[slot])
        own = self._own[layer]
        return self._begin(phase, layer, True) + int(own.searchsorted(slot))

    def _begin(self, phase: Phase, layer: int, parameters: bool) -> int:
        """How many groups there are before the neurons or parameters of a layer."""
        blocks = ((b.phase, b.layer, not b.neurons) for b in self._blocks)
        return self._begins[list(blocks).index((phase, layer, parameters))]

    def _subject(self, quantity: Quantity) -> str:
        match quantity.kind:
            case Kind.SHARE | Kind.LOSS | Kind.METRIC:
                return ""
            case Kind.NET | Kind.DE_DOUT if self.network.coupled(quantity.neuron):
                # each of the layer's outs depends on all nets, each delta on all slopes of E
                return self.network.neurons[self.network.places[quantity.neuron][0]][0]
            case Kind.DOUT_DNET_OF:
                return quantity.source
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


def _blocks(network: Network, own: Mapping[int, Slots]) -> list[Block]:
    """Nets, outs and the loss; each layer's deltas and gradients from the last on; parameters."""
    neurons = dict(enumerate(network.neurons[1:], 1))
    return [
        *(Block(Phase.FORWARD, layer, names) for layer, names in neurons.items()),
        Block(Phase.FORWARD, len(neurons) + 1, ("",)),
        *(
            block
            for layer in reversed(neurons)
            for block in (
                Block(Phase.BACKWARD, layer, neurons[layer]),
                Block(Phase.BACKWARD, layer, slots=own[layer]),
            )
        ),
        *(Block(Phase.UPDATE, layer, slots=own[layer]) for layer in neurons),
    ]


def _parameters_layers(network: Network) -> Slots:
    """(parameters,): the first layer that each leads to: its gradient waits for those deltas."""
    found = np.zeros(len(network.parameters) + 1, dtype=np.intp)
    for place, layer in reversed(list(enumerate(network.layers, 1))):
        found[layer.table] = place
    return found[:-1]
