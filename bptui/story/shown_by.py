"""Quantities whose formulas show what conventions mean: the first of their kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bptui.story.address import Kind, Quantity

if TYPE_CHECKING:
    from bptui.story.setup import Setup


def first_share(setup: Setup) -> tuple[Quantity, ...]:
    return (Quantity(Kind.SHARE, neuron=setup.network.outputs[0], sample=first_sample(setup)),)


def first_sample(setup: Setup) -> int:
    return int(setup.batch_size > 1)


def first_input(setup: Setup) -> tuple[Quantity, ...]:
    return (Quantity(Kind.INPUT, neuron=setup.network.inputs[0], sample=first_sample(setup)),)


def first_update(setup: Setup) -> tuple[Quantity, ...]:
    """A parameter, after what the optimizer keeps and computes for it."""
    optimizer, network = setup.rule.optimizer.entry, setup.network
    kinds = {name: Kind.KEPT if name in optimizer.kept else Kind.TERM for name in optimizer.named}
    for parameter in [p.name for p in network.parameters if p.trainable][:1]:
        terms = [Quantity(kinds[name], parameter=parameter, name=name) for name in kinds]
        return (*terms, Quantity(Kind.PARAMETER, parameter=parameter))
    return ()


def first_rate(setup: Setup) -> tuple[Quantity, ...]:
    names = [p.name for p in setup.network.parameters if p.trainable]
    return tuple([Quantity(Kind.RATE, parameter=name) for name in names[:1]])


def first_penalized(setup: Setup) -> tuple[Quantity, ...]:
    """The penalty, or what it changes in the update."""
    if (penalty := setup.rule.penalty) is None:
        return ()
    if penalty.chosen.entry.value is not None:
        return (Quantity(Kind.PENALTY),)
    return first_update(setup)


def first_carried(setup: Setup) -> tuple[Quantity, ...]:
    """A weight that an error is carried back through, if there is a hidden layer."""
    network = setup.network
    output, hidden = network.outputs[0], len(network.layers) > 1
    sources = [p.source for p in network.incoming(output) if p.source and p.trainable and hidden]
    return tuple([Quantity(Kind.DNET_DOUT, neuron=output, source=name) for name in sources[:1]])


def first_bias(setup: Setup) -> tuple[Quantity, ...]:
    kind, sample = Kind.DE_DPARAMETER, first_sample(setup)
    names = [p.name for p in setup.network.parameters if p.is_bias]
    return tuple([Quantity(kind, parameter=name, sample=sample) for name in names[:1]])


def first_bias_update(setup: Setup) -> tuple[Quantity, ...]:
    names = [p.name for p in setup.network.parameters if p.is_bias]
    return tuple([Quantity(Kind.PARAMETER, parameter=name) for name in names[:1]])


def first_loss(setup: Setup) -> tuple[Quantity, ...]:
    """The loss of a batch, if it is made of those of several samples."""
    return (Quantity(Kind.LOSS),) if setup.batch_size > 1 else ()


def first_net(setup: Setup) -> tuple[Quantity, ...]:
    neuron = setup.network.layers[0].neurons[0]
    return (Quantity(Kind.NET, neuron=neuron, sample=first_sample(setup)),)
