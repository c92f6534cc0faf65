"""The order of a calculation by hand: phase by phase, layer by layer, each number after its parts.

Forward goes from the inputs to the loss, backward from the loss to the inputs; within a layer all
numbers of a kind come together. Each sample of a batch is gone through before what sums over them.
"""

from __future__ import annotations

from bptui.engine.network import Network
from bptui.story.address import Kind, Quantity
from bptui.story.moment import Moment, Phase
from bptui.story.setup import Setup

_KINDS = {kind: place for place, kind in enumerate(Kind)}
_KINDS |= {Kind.DNET_DOUT: -1, Kind.PENALTY: -1}  # what others of their layer are computed from

Place = tuple[int, int, int, int, tuple[int, int], int, tuple[int, int], int]


def by_hand(quantity: Quantity, moment: Moment, where: Setup) -> Place:
    """What quantities and the moments that computed them are sorted by."""
    kind, phase = quantity.kind, moment.phase
    layer, neuron = _where(quantity, where.network)
    slot = where.network.slots.get(quantity.parameter, 0)
    if phase is None:
        return moment.at, 0, 0, _KINDS[kind], neuron, 0, (0, 0), 0
    sequential = where.preset.training.update == "sequential"
    if phase is Phase.UPDATE:  # a parameter's numbers stand together
        place = slot, neuron, _in_update(quantity, where), (0, 0), 0
        # each layer is updated before the error goes on to the layer below
        return (moment.at - 1, -layer, _LAST, *place) if sequential else (moment.at, 0, 0, *place)
    layer = -layer if phase is Phase.BACKWARD else layer
    # a share via a later neuron comes before the sum of the shares
    sum_of = not quantity.via
    other = where.network.places.get(quantity.via or quantity.neuron, (0, 0))
    sample = _sample(quantity, where)
    first = (layer, sample) if sequential and phase is Phase.BACKWARD else (sample, layer)
    return moment.at, *first, _KINDS[kind], neuron, sum_of, other, slot


def _sample(quantity: Quantity, where: Setup) -> int:
    """The sample that a number is first needed for; the last for what sums over all."""
    if where.batch_size == 1:
        return 0
    if quantity.kind is Kind.DNET_DOUT:
        return 1
    return quantity.sample or where.batch_size + 1


_LAST = 10**9
"""After all samples of a batch, and what sums over them."""


def _in_update(quantity: Quantity, where: Setup) -> int:
    """The place of a parameter's number within its update: as the rule's formulas come."""
    named: tuple[str, ...] = where.rule.optimizer.entry.named
    match quantity.kind:
        case Kind.KEPT | Kind.TERM:
            return 1 + named.index(quantity.name)
        case Kind.STEP:
            return 1 + len(named)
        case Kind.PARAMETER:
            return 2 + len(named)
    return 0


def _where(quantity: Quantity, network: Network) -> tuple[int, tuple[int, int]]:
    """The layer that a number belongs to, and its neuron's place, or its parameter's."""
    last = len(network.layers)
    if quantity.kind is Kind.DNET_DOUT:  # it is what the error comes back by to its source
        place = network.places[quantity.source]
        return place[0], place
    if quantity.neuron:
        layer, index = network.places[quantity.neuron]
        share = quantity.kind is Kind.SHARE
        return (last + 1 if share else layer), (layer, index)
    if quantity.parameter:
        targets = network.parameter(quantity.parameter).targets
        layer = min(network.places[target][0] for target in targets)
        return layer, (layer, network.slots[quantity.parameter])
    return last + 1, (last + 1, 0)
