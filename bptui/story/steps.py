"""How far a step goes: an iteration, a phase, a layer, or one group of quantities.

The finest steps are groups: net and out of a neuron, then the loss; the deltas of a layer one by
one, then its gradients one by one; the new parameters one by one. Coarser steps end where some
finer one does, so that all of them pass through the very same numbers.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from itertools import accumulate, pairwise

from msgspec import Struct

from bptui.engine.network import Network, Parameter
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


_SHARED: dict[Granularity, Callable[[int, Phase, Group], object]] = {
    Granularity.ITERATION: lambda place, phase, group: None,
    Granularity.PHASE: lambda place, phase, group: phase,
    Granularity.LAYER: lambda place, phase, group: (phase, group.layer),
    Granularity.NEURON: lambda place, phase, group: place,
}
"""What the groups of a step share."""


class Steps:
    """The groups of an iteration, phase by phase, and where steps of each size end."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.groups = {
            Phase.FORWARD: _forward_groups(network),
            Phase.BACKWARD: _backward_groups(network),
            Phase.UPDATE: _update_groups(network),
        }
        self._places = {
            phase: {group.subject: place for place, group in enumerate(groups)}
            for phase, groups in self.groups.items()
        }
        self._all = [(phase, g) for phase, groups in self.groups.items() for g in groups]
        self.length = len(self._all)
        starts = accumulate(map(len, self.groups.values()), initial=0)
        self._starts = dict(zip(self.groups, starts, strict=False))
        self._offset = lru_cache(maxsize=4096)(self._offset_of)
        self._ends = {granularity: self._ends_of(granularity) for granularity in Granularity}

    def _ends_of(self, granularity: Granularity) -> list[int]:
        """How many groups are done where steps of a size end: where what they share changes."""
        shared = [_SHARED[granularity](place, *group) for place, group in enumerate(self._all)]
        changes = (k for k, (a, b) in enumerate(pairwise(shared), 1) if a != b)
        return [*changes, self.length]

    def position(self, moment: Moment, left: int) -> int:
        """How many groups are done at a moment that lacks its last `left` groups."""
        if moment.phase is None:
            return 0
        whole = (moment.iteration - 1) * self.length
        return whole + self._starts[moment.phase] + len(self.groups[moment.phase]) - left

    def moment(self, position: int) -> tuple[Moment, int]:
        """The moment at which so many groups are done, and how many it still lacks."""
        if position <= 0:
            return Moment(0), 0
        iteration, done = divmod(position - 1, self.length)
        phase = self._all[done][0]
        left = self._starts[phase] + len(self.groups[phase]) - 1 - done
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
        return self._all[(position - 1) % self.length][1] if position > 0 else None

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
            case Kind.SHARE | Kind.LOSS | Kind.METRIC:
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


def _forward_groups(network: Network) -> list[Group]:
    groups = [
        Group(name, place)
        for place, layer in enumerate(network.layers, 1)
        for name in layer.neurons
    ]
    return [*groups, Group("", len(network.layers) + 1)]


def _backward_groups(network: Network) -> list[Group]:
    """The deltas of each layer from the last, each followed by the layer's gradients."""
    gradients = _update_groups(network)
    groups = []
    for place in range(len(network.layers), 0, -1):
        groups += [Group(name, place) for name in network.neurons[place]]
        begin, end = (bisect_left(gradients, k, key=lambda g: g.layer) for k in (place, place + 1))
        groups += gradients[begin:end]
    return groups


def _update_groups(network: Network) -> list[Group]:
    """The parameters by layer, in the network's order within each."""
    groups = [Group(p.name, _first_layer(network, p)) for p in network.parameters]
    return sorted(groups, key=lambda group: group.layer)


def _first_layer(network: Network, parameter: Parameter) -> int:
    """The first layer that a parameter leads to: its gradient waits for those deltas."""
    return min(network.places[target][0] for target in parameter.targets)
