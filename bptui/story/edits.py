"""What-if: what can be edited, how an edit is written, and what it does to a setup.

`w5 = 0.6`, `input i1 = 0.3`, `target o1 @2 = 1`, `learning_rate = 0.1`, `update = sequential`,
`w5 = frozen`: a name of what is on the screen, and what it is to be.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from msgspec import Struct

from bptui.engine.functions import LOSSES, Array
from bptui.engine.network import Network, Parameter, build_network, frozen
from bptui.engine.passes import Rule
from bptui.preset.errors import did_you_mean
from bptui.preset.limits import MAX_BATCHES, MAX_NAME, MAX_WORK, work
from bptui.story.address import AddressError, Kind, parse_quantity
from bptui.story.setup import PROBABILITIES, Batch, Setup, misfit


class SetParameter(Struct, frozen=True, tag=True):
    """Give a weight or bias another value."""

    name: str
    value: float

    def __str__(self) -> str:
        return f"{self.name} = {self.value!r}"


class SetGiven(Struct, frozen=True, tag=True):
    """Give an input or a target of a sample another value."""

    kind: Kind
    neuron: str
    sample: int
    """Counted from 1 in the order of the preset."""
    value: float

    def __str__(self) -> str:
        return f"{self.kind.name.lower()} {self.neuron} of sample {self.sample} = {self.value!r}"


class SetRate(Struct, frozen=True, tag=True):
    """Learn at another rate."""

    value: float

    def __str__(self) -> str:
        return f"learning_rate = {self.value!r}"


class SetConvention(Struct, frozen=True, tag=True):
    """Follow another convention."""

    name: str
    value: str

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"


class SetTrainable(Struct, frozen=True, tag=True):
    """Let updates change a parameter, or not."""

    name: str
    trainable: bool

    def __str__(self) -> str:
        return f"{self.name} = {'trainable' if self.trainable else 'frozen'}"


Change = SetParameter | SetGiven | SetRate | SetConvention | SetTrainable


class EditError(ValueError):
    """An edit that cannot be made; the message says what could be."""


# what a change does


def changed(setup: Setup, theta: Array, change: Change) -> tuple[Setup, Array]:
    """Return a setup and parameters (parameters,) with something changed."""
    match change:
        case SetParameter(name, value):
            theta = theta.copy()
            theta[setup.network.slots[name]] = value
            return setup, frozen(theta)
        case SetGiven():
            return _with_given(setup, change), theta
        case SetRate(value):
            return replace(setup, rule=replace(setup.rule, learning_rate=value)), theta
        case SetTrainable(name, trainable):
            network = _with_trainable(setup.network, lambda p: trainable, only=name)
            return replace(setup, network=network), theta
        case SetConvention(name, value):
            return _follow(setup, theta, name, value)


def _with_given(setup: Setup, change: SetGiven) -> Setup:
    is_input = change.kind is Kind.INPUT
    table = (setup.inputs if is_input else setup.targets).copy()
    names = setup.network.inputs if is_input else setup.network.outputs
    table[change.sample - 1, names.index(change.neuron)] = change.value
    frozen(table)
    return replace(setup, inputs=table) if is_input else replace(setup, targets=table)


def _follow(setup: Setup, theta: Array, name: str, value: str) -> tuple[Setup, Array]:
    match name, value:
        case "batch", _:
            sizes = {"full": len(setup.inputs), "online": 1}
            size = sizes[value] if value in sizes else int(value)
            return replace(setup, batch_size=min(size, len(setup.inputs))), theta
        case "biases", "trainable" | "frozen":
            trains = value == "trainable"
            network = _with_trainable(setup.network, lambda p: trains if p.is_bias else p.trainable)
            return replace(setup, network=network), theta
        case "biases", "own":
            return _with_own_biases(setup, theta)
        case "biases", _:
            return _with_shared_biases(setup, theta)
        case _:
            return replace(setup, rule=_rule(setup.rule, name, value)), theta


def _rule(rule: Rule, name: str, value: str) -> Rule:
    match name:
        case "loss":
            return replace(rule, loss_name=value)
        case "reduction":
            return replace(rule, reduction=value)
        case _:
            return replace(rule, update=value)


def _with_trainable(
    network: Network, trainable: Callable[[Parameter], bool], only: str = ""
) -> Network:
    return _rebuilt(
        network,
        [
            replace(p, trainable=trainable(p)) if not only or p.name == only else p
            for p in network.parameters
        ],
    )


def _rebuilt(network: Network, parameters: list[Parameter]) -> Network:
    layers = [(layer.name, layer.neurons, layer.activation_name) for layer in network.layers]
    return build_network([("", network.inputs, None), *layers], parameters)


def _with_own_biases(setup: Setup, theta: Array) -> tuple[Setup, Array]:
    """Give each neuron a bias of its own; the first of a split one keeps its name."""
    parameters: list[Parameter] = []
    values: list[float] = []
    taken = set(setup.network.slots) | set(setup.network.places)
    for parameter, value in zip(setup.network.parameters, theta, strict=True):
        for place, target in enumerate(parameter.targets):
            name = parameter.name
            if place:
                name = f"{parameter.name[:MAX_NAME]}_{target}"
                while name in taken:
                    name += "_"
                taken.add(name)
            parameters.append(replace(parameter, name=name, targets=(target,)))
            values.append(float(value))
    network = _rebuilt(setup.network, parameters)
    first = frozen(np.array(values))
    return replace(setup, network=network, theta=first), first


def _with_shared_biases(setup: Setup, theta: Array) -> tuple[Setup, Array]:
    """Let the neurons of a layer share the bias of the first of them, with its value."""
    network = setup.network
    joined: dict[str, Parameter] = {}
    gone: set[str] = set()
    for layer in network.layers:
        biases = dict.fromkeys(p for n in layer.neurons for p in network.incoming(n) if p.is_bias)
        inside = [p for p in biases if set(p.targets) <= set(layer.neurons)]
        if len(inside) > 1:
            targets = tuple(n for n in layer.neurons if any(n in p.targets for p in inside))
            joined[inside[0].name] = replace(inside[0], targets=targets)
            gone |= {p.name for p in inside[1:]}
    kept = [p for p in network.parameters if p.name not in gone]
    values = np.array([theta[network.slots[p.name]] for p in kept])
    rebuilt = _rebuilt(network, [joined.get(p.name, p) for p in kept])
    return replace(setup, network=rebuilt, theta=frozen(values)), values


# what conventions there are


def conventions(setup: Setup) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return each convention's present value, and the values that it can be switched to."""
    total = len(setup.inputs)
    biases = [p for p in setup.network.parameters if p.is_bias]
    found = {
        "update": (setup.rule.update, ("simultaneous", "sequential")),
        "loss": (setup.rule.loss_name, _losses(setup)),
        "reduction": (setup.rule.reduction, ("sum", "mean")),
    }
    if total > 1:
        sizes = {total: "full", 1: "online"}
        now = sizes.get(setup.batch_size, str(setup.batch_size))
        values = [name for size, name in sizes.items() if _works(setup, size)]
        found["batch"] = (now, tuple(dict.fromkeys((*values, now))))
    if biases:
        trains = all(p.trainable for p in biases)
        some = any(p.trainable for p in biases)
        now = "trainable" if trains else "partly frozen" if some else "frozen"
        found["biases"] = (now, ("trainable", "frozen"))
        shared = any(len(p.targets) > 1 for p in biases)
        found["biases are"] = ("shared" if shared else "own", ("shared", "own"))
    return found


def _losses(setup: Setup) -> tuple[str, ...]:
    """Return the losses that go with the last layer and the targets."""
    last, fit = setup.network.layers[-1].activation_name, _are_probabilities(setup.targets)
    losses = (name for name in LOSSES if misfit(name, last) is None)
    return tuple(name for name in losses if fit or not LOSSES[name].probabilities)


def _are_probabilities(targets: Array) -> bool:
    return bool(((targets >= 0) & (targets <= 1)).all())


def _works(setup: Setup, size: int) -> bool:
    """Whether batches of a size are ones that a preset may have."""
    network, total = setup.network, len(setup.inputs)
    sizes = [len(network.inputs), *(len(layer.neurons) for layer in network.layers)]
    return -(-total // size) <= MAX_BATCHES and work(sizes, min(size, total)) <= MAX_WORK


# how an edit is written


def parse_change(text: str, setup: Setup, batch: Batch, sample: int) -> Change:
    """Return the change that a text asks for.

    Args:
        text: what is to be changed, an equals sign, and its new value.
        setup: what it is a change of.
        batch: the samples that @1, @2, ... are.
        sample: the sample that is meant where the text names none, from 1.

    Raises:
        EditError: it asks for what cannot be changed, or not to that.
    """
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not name or not value:
        raise EditError('say what is to be what: "w5 = 0.6", "input i1 = 0.3", "eta = 0.1"')
    if name in ("learning_rate", "eta", "η"):
        return SetRate(_number(value))
    if name in ("biases", *conventions(setup)):
        return _parse_convention(name, value, setup)
    return _parse_quantity_change(name, value, setup, batch, sample)


def _parse_convention(name: str, value: str, setup: Setup) -> SetConvention:
    name = name.partition(" ")[0]
    there = conventions(setup)
    if name not in there:
        raise EditError(f"there are no {name} in this network")
    valid = list(there[name][1]) + (["shared", "own"] if name == "biases" else [])
    if name == "batch" and value.isascii() and value.isdigit() and int(value[:9]) > 0:
        if not _works(setup, int(value[:9])):
            told = f"batches of {value[:9]} are too small or too large for these samples"
            raise EditError(f"{told} and neurons")
        return SetConvention(name, value[:9])
    if name == "loss" and value in LOSSES and value not in valid:
        raise EditError(misfit(value, setup.network.layers[-1].activation_name) or PROBABILITIES)
    if value not in valid:
        raise EditError(f'no "{value}" for {name}; {did_you_mean(value, valid)}')
    return SetConvention(name, value)


def _parse_quantity_change(
    name: str, value: str, setup: Setup, batch: Batch, sample: int
) -> Change:
    network, size = setup.network, setup.batch_size
    if size > 1 and "@" not in name and name.split()[0] in ("input", "target"):
        name += f" @{max(sample, 1)}"
    try:
        quantity = parse_quantity(name, network, size)
    except AddressError as error:
        raise EditError(str(error)) from None
    match quantity.kind:
        case Kind.PARAMETER if value in ("frozen", "trainable"):
            return SetTrainable(quantity.parameter, value == "trainable")
        case Kind.PARAMETER:
            return SetParameter(quantity.parameter, _number(value))
        case Kind.INPUT | Kind.TARGET:
            place = max(quantity.sample, 1)
            if place > len(batch.numbers):
                raise EditError(f"@{place} is not there: this batch has {len(batch.numbers)}")
            sample, number = batch.numbers[place - 1], _number(value)
            is_target = quantity.kind is Kind.TARGET
            if is_target and setup.rule.loss.probabilities and not 0 <= number <= 1:
                raise EditError(PROBABILITIES)
            return SetGiven(quantity.kind, quantity.neuron, sample, number)
    raise EditError(f"{quantity} is computed; weights, biases, inputs and targets can be changed")


def _number(text: str) -> float:
    try:
        number = float(text.replace("−", "-"))
    except ValueError:
        raise EditError(f'"{text}" is not a number') from None
    if not math.isfinite(number):
        raise EditError(f"{text} is not a finite number")
    return number
