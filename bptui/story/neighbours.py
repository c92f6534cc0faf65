"""Neurons and parameters as things to look at: their neighbours, and the numbers each one has."""

from __future__ import annotations

from functools import lru_cache

from bptui.engine.network import Network, Parameter
from bptui.story.address import Kind, Quantity, ways


def is_neuron(network: Network, subject: str) -> bool:
    """Whether a subject is a neuron; else it is a parameter."""
    return subject in network.places


@lru_cache(maxsize=64)
def neighbours(network: Network, name: str) -> frozenset[str]:
    """Return the parameters and neurons that a neuron or parameter touches."""
    if not is_neuron(network, name):
        parameter = network.parameter(name)
        return frozenset({*parameter.targets, parameter.source or name})
    touching = (*network.incoming(name), *network.outgoing(name))
    return frozenset(n for p in touching for n in (p.name, p.source or name, *p.targets))


def neighbour(network: Network, subject: str, along: int, towards: int) -> str:
    """Return the subject next to one in the diagram; itself at the edges.

    `along` goes up and down its column: neurons of a layer, or edges between two layers and the
    biases with them. `towards` goes along the edges, from a neuron to a weight and on.
    """
    for _ in range(abs(towards)):
        subject = _beside(network, subject, 1 if towards > 0 else -1)
    column = _column(network, subject)
    place = column.index(subject) + along
    return column[min(max(place, 0), len(column) - 1)]


def next_parameter(network: Network, subject: str, along: int) -> str:
    """Return the parameter some rows on in the table; from a neuron its own first one."""
    names = [p.name for p in network.parameters]
    if is_neuron(network, subject):
        nearest = (*network.incoming(subject), *network.outgoing(subject))
        return nearest[0].name if nearest else names[0]
    return names[min(max(names.index(subject) + along, 0), len(names) - 1)]


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
    network: Network, subject: str, sample: int = 0, kept: tuple[str, ...] = ()
) -> tuple[Quantity, ...]:
    """The quantities that the why panel shows of a subject, in its order.

    `sample` is the sample to show, 0 where the batch has one; `kept` names what the optimizer
    keeps for each parameter.
    """
    if is_neuron(network, subject):
        return _neuron_facts(network, subject, sample)
    *own, step = _parameter_facts(network, network.parameter(subject), sample)
    return (*own, *(Quantity(Kind.KEPT, parameter=subject, name=name) for name in kept), step)


def _neuron_facts(network: Network, name: str, sample: int) -> tuple[Quantity, ...]:
    outgoing = [Quantity(Kind.PARAMETER, parameter=p.name) for p in network.outgoing(name)]
    if name in network.inputs:
        return (Quantity(Kind.INPUT, neuron=name, sample=sample), *outgoing)
    own = [Quantity(Kind.PARAMETER, parameter=p.name) for p in network.incoming(name)]
    own += [Quantity(kind, neuron=name, sample=sample) for kind in (Kind.NET, Kind.OUT)]
    if name in network.outputs:
        own += [Quantity(kind, neuron=name, sample=sample) for kind in (Kind.TARGET, Kind.SHARE)]
        own.append(Quantity(Kind.LOSS))
    own += outgoing
    slope = Quantity(Kind.DE_DOUT, neuron=name, sample=sample)
    own.append(slope)
    next_layer = {p.targets[0] for p in network.outgoing(name)}
    own += [
        Quantity(Kind.DE_DOUT, neuron=name, via=via, sample=sample)
        for via in ways(slope, network)
        if via in next_layer
    ]
    own.append(Quantity(Kind.DOUT_DNET, neuron=name, sample=sample))
    own += [
        Quantity(Kind.DOUT_DNET_OF, neuron=other, source=name, sample=sample)
        for other in network.coupled(name)
    ]
    own.append(Quantity(Kind.DE_DNET, neuron=name, sample=sample))
    return tuple(own)


def _parameter_facts(network: Network, parameter: Parameter, sample: int) -> tuple[Quantity, ...]:
    name = parameter.name
    own = [Quantity(Kind.PARAMETER, parameter=name), Quantity(Kind.DE_DPARAMETER, parameter=name)]
    if sample:
        own.append(Quantity(Kind.DE_DPARAMETER, parameter=name, sample=sample))
    for target in parameter.targets:
        if len(parameter.targets) > 1:
            own.append(Quantity(Kind.DE_DPARAMETER, parameter=name, via=target, sample=sample))
        else:
            coupled = network.coupled(target)
            factors = (Kind.DE_DNET,) if coupled else (Kind.DE_DOUT, Kind.DOUT_DNET)
            own += [Quantity(kind, neuron=target, sample=sample) for kind in factors]
            own.append(Quantity(Kind.DNET_DPARAMETER, neuron=target, parameter=name, sample=sample))
    own.append(Quantity(Kind.STEP, parameter=name))
    return tuple(own)
