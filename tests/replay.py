"""A training with edits, once more and slowly: the second follow of time travel.

It keeps the edits as a list and walks through all iterations from the first one, never looking
back. Only the passes of one iteration are the engine's; what edits do is written here anew, by
name, from what they mean:

- a parameter, or what is kept of one, that is set at the start or at an update holds from there on;
- everything else holds for the whole iteration, which is computed again;
- another optimizer keeps nothing yet;
- what was edited later than a new edit belongs to another branch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from msgspec.structs import replace as with_fields

from bptui.engine.functions import ACTIVATIONS, LOSSES, choose
from bptui.engine.network import Network, Parameter, build_network
from bptui.engine.optimizers import OPTIMIZERS
from bptui.engine.passes import Backward, Forward, Rule, backward, forward, update
from bptui.story.address import Kind
from bptui.story.edits import (
    Change,
    SetConvention,
    SetGiven,
    SetParameter,
    SetTrainable,
)
from bptui.story.moment import START, Moment, Phase
from bptui.story.setup import Setup

Edit = tuple[Moment, Change]
Values = dict[str, float]
"""Parameters, and what the optimizer keeps of them, by address: `w5`, `v w5`."""


@dataclass(frozen=True, eq=False)
class Setting:
    """All but the values of parameters and of what is kept of them."""

    layers: tuple[tuple[str, tuple[str, ...], str | None], ...]
    parameters: tuple[Parameter, ...]
    inputs: tuple[tuple[float, ...], ...]
    targets: tuple[tuple[float, ...], ...]
    rule: Rule
    batch_size: int
    first_batch: int

    @property
    def network(self) -> Network:
        """The network, built anew."""
        layers = [
            (name, neurons, None if chosen is None else choose(ACTIVATIONS, *chosen.split()))
            for name, neurons, chosen in self.layers
        ]
        return build_network(layers, self.parameters)

    @property
    def addresses(self) -> tuple[tuple[str, ...], ...]:
        """Those of a state: the parameters, then each thing that the optimizer keeps of them."""
        names = [p.name for p in self.parameters]
        heads = ("", *(f"{kept} " for kept in self.rule.optimizer.entry.kept))
        return tuple(tuple(f"{head}{name}" for name in names) for head in heads)

    def whole(self, values: Values) -> Values:
        """Values of all addresses; what is not there yet is kept as 0."""
        first, *others = self.addresses
        kept = {address: values.get(address, 0.0) for row in others for address in row}
        return {address: values[address] for address in first} | kept

    def batch(self, iteration: int) -> tuple[int, ...]:
        """Return the places of an iteration's samples, from 0."""
        size, total = self.batch_size, len(self.inputs)
        batches = [tuple(range(k, min(k + size, total))) for k in range(0, total, size)]
        return batches[(self.first_batch - 1 + iteration - 1) % len(batches)]


@dataclass(frozen=True, eq=False)
class Record:
    """One iteration of the walk."""

    setting: Setting
    batch: tuple[int, ...]
    before: Values
    forward: Forward
    backward: Backward
    after: Values
    """What the update made of that."""
    left: Values
    """What edits at the update left of it."""


def setting_of(setup: Setup) -> tuple[Setting, Values]:
    """Return a setup without edits, and its first values."""
    network = setup.network
    layers = [
        (layer.name, layer.neurons, f"{layer.chosen.name} {layer.chosen.form}")
        for layer in network.layers
    ]
    setting = Setting(
        layers=(("", network.inputs, None), *layers),
        parameters=network.parameters,
        inputs=tuple(map(tuple, setup.inputs.tolist())),
        targets=tuple(map(tuple, setup.targets.tolist())),
        rule=setup.rule,
        batch_size=setup.batch_size,
        first_batch=setup.first_batch,
    )
    addresses = [address for row in setting.addresses for address in row]
    return setting, dict(zip(addresses, setup.state.ravel().tolist(), strict=True))


def is_afterwards(edit: Edit) -> bool:
    """Whether an edit leaves the iteration of its moment as it was."""
    moment, change = edit
    return isinstance(change, SetParameter) and moment.phase is Phase.UPDATE


def remains(edit: Edit, moment: Moment) -> bool:
    """Whether an edit still counts after a new one at a moment."""
    made, change = edit
    if not isinstance(change, SetParameter):
        return made.iteration <= moment.iteration
    if made == START or is_afterwards(edit):
        return made <= moment
    return Moment.of(made.iteration, Phase.FORWARD) <= moment


def counting(edits: list[Edit]) -> list[Edit]:
    """Return the edits that count, of some that were made in this order."""
    kept: list[Edit] = []
    for moment, change in edits:
        kept = [*(edit for edit in kept if remains(edit, moment)), (moment, change)]
    return kept


class Replay:
    """The iterations of a setup with edits, in the order in which they were made."""

    def __init__(self, setup: Setup, edits: list[Edit]) -> None:
        self.edits = counting(edits)
        self.records: list[Record] = []
        self._setting, self.start = setting_of(setup)
        self._values = self.start
        self._entered: list[Setting] = []
        self._begin()

    def record(self, iteration: int) -> Record:
        """Return an iteration, walking to it."""
        while len(self.records) < iteration:
            self.records.append(self._walk())
            self._begin()
        return self.records[iteration - 1]

    def values(self, moment: Moment) -> Values:
        """Return parameters, and what is kept of them, at a moment."""
        if moment == START:
            return self.start
        record = self.record(moment.iteration)
        return record.left if moment.phase is Phase.UPDATE else record.before

    def losses(self, last: int) -> list[float]:
        """Return the losses of iterations 1 to `last`."""
        return [self.record(k).forward.loss for k in range(1, last + 1)]

    def _begin(self) -> None:
        """Make the edits with which the next iteration begins."""
        number = len(self.records) + 1
        self._entered.append(self._setting)
        for moment, change in self.edits:
            if moment.iteration == number and not is_afterwards((moment, change)):
                if number == 1 and (moment == START or not isinstance(change, SetParameter)):
                    self.start = converted(self._setting, self.start, change)
                self._values = converted(self._setting, self._values, change)
                self._setting = changed_setting(self._setting, change)
                self._values = self._setting.whole(self._values)
                if number == 1:
                    self.start = self._setting.whole(self.start)

    def _walk(self) -> Record:
        number = len(self.records) + 1
        setting, before, batch = self._setting, self._values, self._setting.batch(number)
        network = setting.network
        state = np.array([[before[address] for address in row] for row in setting.addresses])
        inputs = np.array([setting.inputs[k] for k in batch])
        targets = np.array([setting.targets[k] for k in batch])
        seen = forward(network, state[0], inputs, targets, setting.rule)
        back = backward(network, state, seen, targets, setting.rule, number)
        new = update(network, state, back.gradient, setting.rule, number)
        addresses = [address for row in setting.addresses for address in row]
        after = dict(zip(addresses, new.ravel().tolist(), strict=True))
        self._values = {**after, **self._set_after(number)}
        return Record(setting, batch, before, seen, back, after, self._values)

    def _set_after(self, number: int) -> Values:
        """Return what edits at an iteration's update set.

        A convention that is switched there later holds for the whole iteration; what was set before
        is still set then, under the names that biases have by now.
        """
        found: Values = {}
        setting = self._entered[number - 1]
        for moment, change in self.edits:
            if moment.iteration != number:
                continue
            if not isinstance(change, SetParameter):
                found = converted(setting, found, change)
                setting = changed_setting(setting, change)
            elif moment.phase is Phase.UPDATE:
                found = {**found, change.address: change.value}
        return found


def converted(setting: Setting, values: Values, change: Change) -> Values:
    """Return values after a change; of some of the values, those of them."""
    match change:
        case SetParameter():
            return {**values, change.address: change.value}
        case SetConvention("optimizer", name) if setting.rule.optimizer != choose(OPTIMIZERS, name):
            return {address: value for address, value in values.items() if " " not in address}
        case SetConvention("form", form) if setting.rule.optimizer != choose(
            OPTIMIZERS, setting.rule.optimizer.name, form
        ):
            return {address: value for address, value in values.items() if " " not in address}
        case SetConvention("shared", "false"):
            names, parts = own_names(setting), [(*a.rpartition(" "), v) for a, v in values.items()]
            return {
                f"{kept}{blank}{own}": value
                for kept, blank, name, value in parts
                for own in names[name]
            }
        case SetConvention("shared", "true"):
            gone = {p.name for group in bias_groups(setting) for p in group[1:]}
            return {a: value for a, value in values.items() if a.split(" ")[-1] not in gone}
        case _:
            return values


def own_names(setting: Setting) -> dict[str, list[str]]:
    """Return what a parameter's parts are called when each neuron has a bias of its own."""
    taken = {p.name for p in setting.parameters}
    taken |= {neuron for _, neurons, _ in setting.layers for neuron in neurons}
    found: dict[str, list[str]] = {}
    for parameter in setting.parameters:
        found[parameter.name] = [parameter.name]
        for target in parameter.targets[1:]:
            name = f"{parameter.name}_{target}"
            while name in taken:
                name += "_"
            taken.add(name)
            found[parameter.name].append(name)
    return found


def bias_groups(setting: Setting) -> list[list[Parameter]]:
    """Return the biases of each layer that can become one, in the order of its neurons."""
    groups = []
    for _, neurons, _ in setting.layers[1:]:
        group: list[Parameter] = []
        for neuron in neurons:
            for p in setting.parameters:
                inside = p.is_bias and all(target in neurons for target in p.targets)
                if inside and neuron in p.targets and p not in group:
                    group.append(p)
        groups.append(group)
    return groups


def changed_setting(setting: Setting, change: Change) -> Setting:
    """Return a setting with something changed."""
    match change:
        case SetConvention("learning_rate", value):
            return replace(setting, rule=with_fields(setting.rule, learning_rate=float(value)))
        case SetGiven(kind, neuron, sample, value):
            names = setting.layers[0 if kind is Kind.INPUT else -1][1]
            table = [list(row) for row in (setting.inputs, setting.targets)[kind is Kind.TARGET]]
            table[sample - 1][names.index(neuron)] = value
            rows = tuple(map(tuple, table))
            if kind is Kind.INPUT:
                return replace(setting, inputs=rows)
            return replace(setting, targets=rows)
        case SetTrainable(name, trainable):
            changed = {name: trainable}
        case SetConvention("shared", value):
            return replace(
                setting, parameters=_own(setting) if value == "false" else _shared(setting)
            )
        case SetConvention("biases", value):
            changed = {p.name: value == "trainable" for p in setting.parameters if p.is_bias}
        case SetConvention(name, value):
            return _with_convention(setting, name, value)
        case _:
            return setting
    parameters = [
        with_fields(p, trainable=changed.get(p.name, p.trainable)) for p in setting.parameters
    ]
    return replace(setting, parameters=tuple(parameters))


def _with_convention(setting: Setting, name: str, value: str) -> Setting:
    total = len(setting.inputs)
    match name:
        case "batch":
            size = {"full": total, "online": 1}.get(value) or int(value)
            return replace(setting, batch_size=min(size, total))
        case "loss":
            return replace(setting, rule=with_fields(setting.rule, loss=choose(LOSSES, value)))
        case "optimizer":
            chosen = choose(OPTIMIZERS, value)
            return replace(setting, rule=with_fields(setting.rule, optimizer=chosen))
        case "form":
            chosen = choose(OPTIMIZERS, setting.rule.optimizer.name, value)
            return replace(setting, rule=with_fields(setting.rule, optimizer=chosen))
        case "reduction":
            return replace(setting, rule=with_fields(setting.rule, reduction=value))
        case "update":
            return replace(setting, rule=with_fields(setting.rule, update=value))
    raise AssertionError(f"no convention {name}")


def _own(setting: Setting) -> tuple[Parameter, ...]:
    names = own_names(setting)
    return tuple(
        with_fields(p, name=name, targets=(target,))
        for p in setting.parameters
        for name, target in zip(names[p.name], p.targets, strict=True)
    )


def _shared(setting: Setting) -> tuple[Parameter, ...]:
    joined: dict[str, Parameter | None] = {}
    for group, (_, neurons, _) in zip(bias_groups(setting), setting.layers[1:], strict=True):
        if len(group) > 1:
            targets = tuple(n for n in neurons if any(n in p.targets for p in group))
            joined |= {p.name: None for p in group}
            joined[group[0].name] = with_fields(group[0], targets=targets)
    found = [joined.get(p.name, p) for p in setting.parameters]
    return tuple(p for p in found if p is not None)
