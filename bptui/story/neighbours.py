"""Neurons and parameters as things to look at: their neighbours, and the numbers each one has."""

from __future__ import annotations

from functools import lru_cache

from bptui.engine.network import Network, Parameter
from bptui.story.address import SELDOM, Kind, Quantity, ways


def is_neuron(network: Network, subject: str) -> bool:
    return subject in network.places


def neighbour(network: Network, subject: str, along: int, towards: int) -> str:
    """The subject next to one in the diagram; itself at the edges.

    `along` goes up and down its column: neurons of a layer, or edges between two layers and the
    biases with them. `towards` goes along the edges, from a neuron to a weight and on.
    """
    for _ in range(abs(towards)):
        subject = _beside(network, subject, 1 if towards > 0 else -1)
    column = _column(network, subject)
    place = column.index(subject) + along
    return column[min(max(place, 0), len(column) - 1)]


def next_parameter(network: Network, subject: str, along: int) -> str:
    """The parameter some rows on in the table; from a neuron its own first one."""
    parameters = network.parameters
    if is_neuron(network, subject):
        nearest = (*network.incoming(subject), *network.outgoing(subject), *parameters[:1])
        return nearest[0].name
    return parameters[min(max(network.slots[subject] + along, 0), len(parameters) - 1)].name


def _column(network: Network, subject: str) -> list[str]:
    if is_neuron(network, subject):
        return list(network.neurons[network.places[subject][0]])
    layer = network.places[network.parameter(subject).targets[0]][0]
    return list(
        dict.fromkeys(p.name for name in network.neurons[layer] for p in network.incoming(name))
    )


def _beside(network: Network, subject: str, way: int) -> str:
    if not is_neuron(network, subject):
        parameter = network.parameter(subject)
        if way > 0:
            return parameter.targets[0]
        return parameter.source or subject
    edges = network.outgoing(subject) if way > 0 else network.incoming(subject)
    return edges[0].name if edges else subject


@lru_cache(maxsize=256)
def facts(
    network: Network,
    subject: str,
    sample: int = 0,
    kept: tuple[str, ...] = (),
    left_out: frozenset[Kind] = SELDOM,
    metrics: tuple[str, ...] = (),
) -> tuple[Quantity, ...]:
    """The quantities that the why panel shows of a subject, in its order.

    `sample` is the sample to show, 0 where the batch has one; `kept` names what the optimizer
    keeps for each parameter; `left_out` are kinds that say nothing here; `metrics` names
    what an output shows besides the loss.
    """
    if is_neuron(network, subject):
        found = _neuron_facts(network, subject, sample, metrics)
    else:
        *own, step = _parameter_facts(network, network.parameter(subject), sample)
        more = [Quantity(Kind.KEPT, parameter=subject, name=name) for name in kept]
        found = (*own, *more, Quantity(Kind.RATE, parameter=subject), step)
    return tuple([quantity for quantity in found if quantity.kind not in left_out])


def _neuron_facts(
    network: Network, name: str, sample: int, metrics: tuple[str, ...]
) -> tuple[Quantity, ...]:
    def own(*kinds: Kind) -> list[Quantity]:
        return [Quantity(kind, neuron=name, sample=sample) for kind in kinds]

    incoming, outgoing = (
        [Quantity(Kind.PARAMETER, parameter=p.name) for p in edges]
        for edges in (network.incoming(name), network.outgoing(name))
    )
    is_output, is_input = name in network.outputs, name in network.inputs
    (slope,) = own(Kind.DE_DINPUT if is_input else Kind.DE_DOUT)
    of_all = (Quantity(Kind.LOSS), Quantity(Kind.PENALTY))
    next_layer = {p.targets[0] for p in network.outgoing(name)}
    slopes = (slope, *(slope._replace(via=v) for v in ways(slope, network) if v in next_layer))
    if is_input:
        return (*own(Kind.INPUT), *outgoing, *slopes)
    return (
        *incoming,
        *own(Kind.NET, Kind.OUT),
        *((*own(Kind.TARGET, Kind.SHARE), *of_all) if is_output else ()),
        *(Quantity(Kind.METRIC, name=metric) for metric in metrics if is_output),
        *outgoing,
        *slopes,
        *own(Kind.DOUT_DNET),
        *(
            Quantity(Kind.DOUT_DNET_OF, neuron=other, source=name, sample=sample)
            for other in network.coupled(name)
        ),
        *own(Kind.DE_DNET, Kind.ERROR),
    )


def _parameter_facts(network: Network, parameter: Parameter, sample: int) -> tuple[Quantity, ...]:
    name, targets = parameter.name, parameter.targets
    gradient = Quantity(Kind.DE_DPARAMETER, parameter=name)
    own = [Quantity(Kind.PARAMETER, parameter=name), gradient]
    if sample:
        own.append(gradient._replace(sample=sample))
    if len(targets) > 1:
        own += [gradient._replace(via=target, sample=sample) for target in targets]
    else:
        coupled = network.coupled(targets[0])
        factors = (Kind.DE_DNET,) if coupled else (Kind.DE_DOUT, Kind.DOUT_DNET)
        own += [Quantity(kind, neuron=targets[0], sample=sample) for kind in factors]
        feed = Quantity(Kind.DNET_DPARAMETER, neuron=targets[0], parameter=name, sample=sample)
        own.append(feed)
    return (*own, Quantity(Kind.STEP, parameter=name))
