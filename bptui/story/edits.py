"""What-if: what can be edited, how an edit is written, and what it does to a setup.

`w5 = 0.6`, `input i1 = 0.3`, `target o1 @2 = 1`, `learning_rate = 0.1`, `update = sequential`,
`w5 = frozen`: the name of something on the screen, and its new value.
"""

from __future__ import annotations

from contextlib import suppress

from msgspec import Struct
from msgspec.structs import replace

from bptui.engine.network import frozen
from bptui.engine.trace import Array
from bptui.preset.errors import counted, did_you_mean, listed
from bptui.preset.model import Preset
from bptui.story.address import AddressError, Kind, Quantity, no_target, parse_quantity
from bptui.story.choices import PROBABILITIES
from bptui.story.conventions import CONVENTIONS, ConventionError, conventions_of, number_in
from bptui.story.parameters import is_trainable, with_trainable
from bptui.story.setup import Batch, Setup, with_change


class SetParameter(Struct, frozen=True, tag="parameter"):
    name: str
    value: float
    kept: str = ""
    """What of it the optimizer keeps; empty for the parameter itself."""

    def __str__(self) -> str:
        return f"{self.address} = {self.value!r}"

    @property
    def address(self) -> str:
        return f"{self.kept} {self.name}".lstrip()


class SetGiven(Struct, frozen=True, tag="given"):
    kind: Kind
    neuron: str
    sample: int
    """Counted from 1 in the order of the preset."""
    value: float

    def __str__(self) -> str:
        return f"{self.kind.name.lower()} {self.neuron} of sample {self.sample} = {self.value!r}"


class SetConvention(Struct, frozen=True, tag="convention"):
    name: str
    value: str

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"


class SetTrainable(Struct, frozen=True, tag="trainable"):
    name: str
    trainable: bool

    def __str__(self) -> str:
        return f"{self.name} = {'trainable' if self.trainable else 'frozen'}"


Change = SetParameter | SetGiven | SetConvention | SetTrainable


class EditError(ValueError):
    """An edit that cannot be made; the message says what could be."""


# what a change does


def changed(setup: Setup, state: Array, change: Change) -> tuple[Setup, Array]:
    """A setup and a state (1 + kept, parameters) with something changed."""
    if isinstance(change, SetParameter):
        state = state.copy()
        state[place_of(setup, change.address)] = change.value
        return setup, frozen(state)
    return with_change(setup, state, lambda preset: _applied(preset, change))


def place_of(setup: Setup, address: str) -> tuple[int, int]:
    """Where the state has a parameter, or what the optimizer keeps of it: `w5`, `v w5`."""
    kept, _, name = address.rpartition(" ")
    row = 1 + setup.kept.index(kept) if kept else 0
    return row, setup.network.slots[name]


def _applied(preset: Preset, change: Change) -> Preset:
    match change:
        case SetConvention(name, value):
            return CONVENTIONS[name].set(preset, value)
        case SetTrainable(name, trainable):
            return with_trainable(preset, (name,), trainable)
        case SetGiven():
            return _with_given(preset, change)
    raise TypeError(change)


def _with_given(preset: Preset, change: SetGiven) -> Preset:
    is_input = change.kind is Kind.INPUT
    names, key = preset.layers[0 if is_input else -1].neurons, change.kind.name.lower()
    assert isinstance(names, tuple)  # reading a preset names them
    samples = list(preset.samples)
    old = samples[change.sample - 1]
    numbers = list(getattr(old, key))
    numbers[names.index(change.neuron)] = change.value
    samples[change.sample - 1] = replace(old, **{key: tuple(numbers)})
    return replace(preset, samples=tuple(samples))


def is_idle(setup: Setup, state: Array, change: Change) -> bool:
    match change:
        case SetParameter(_, value):
            return bool(state[place_of(setup, change.address)] == value)
        case SetTrainable(name, trainable):
            return is_trainable(setup.preset, name) == trainable
        case SetConvention(name, value):
            convention = CONVENTIONS[name]
            return convention.get(convention.set(setup.preset, value)) == convention.get(
                setup.preset
            )
        case SetGiven():
            return _with_given(setup.preset, change).samples == setup.preset.samples
    raise TypeError(change)


# how an edit is written


def parse_change(text: str, setup: Setup, batch: Batch, sample: int) -> Change:
    """The change that a text asks for.

    Args:
        text: what to change, an equals sign, and its new value.
        setup: what it is a change of.
        batch: the samples that @1, @2, ... are.
        sample: the sample that is meant where the text names none, from 1.

    Raises:
        EditError: it asks for what cannot be changed, or not to that.
    """
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not name or not value:
        raise EditError("type name = value, for example w5 = 0.6, input i1 = 0.3 or eta = 0.1")
    if name not in setup.network.slots:
        own = {setup.preset.notation.learning_rate: "learning_rate"}
        name = (CALLED | own).get(name, name)
    try:
        if name in CONVENTIONS:
            return _parse_convention(name, value, setup.preset)
        return _parse_quantity_change(name, value, setup, batch, sample)
    except (AddressError, ConventionError) as error:
        raise EditError(str(error)) from None


_GIVEN = ("input", "target")
CALLED = dict.fromkeys(("eta", "η", "lr", "learning rate"), "learning_rate")


def _parse_convention(name: str, value: str, preset: Preset) -> SetConvention:
    for convention in CONVENTIONS.values():
        if f"{name} = {value}" in convention.aliases:
            name, value = convention.name, convention.aliases[f"{name} = {value}"]
    convention = CONVENTIONS[name]
    if convention not in conventions_of(preset):
        raise EditError(f"this network has no {name}")
    return SetConvention(name, convention.parsed(preset, value))


def _parse_quantity_change(
    name: str, value: str, setup: Setup, batch: Batch, sample: int
) -> Change:
    if name in setup.network.inputs:
        name = f"input {name}"
    if name in setup.network.places:
        raise EditError(f"{name} is a neuron; {_instead(name, '', value, setup)}")
    try:
        quantity = _quantity(name, setup, sample)
    except AddressError as error:
        raise EditError(_unknown(name, error, setup)) from None
    match quantity.kind:
        case Kind.PARAMETER if value in ("frozen", "trainable"):
            return SetTrainable(quantity.parameter, value == "trainable")
        case Kind.PARAMETER:
            return SetParameter(quantity.parameter, number_in(value))
        case Kind.KEPT:
            return SetParameter(quantity.parameter, number_in(value), quantity.name)
        case Kind.RATE:
            raise EditError(f"{quantity} is computed; edit learning_rate = {value}, or a schedule")
        case Kind.INPUT | Kind.TARGET:
            return _parse_given(quantity, number_in(value), setup, batch)
    instead = _instead(quantity.neuron, quantity.parameter, value, setup)
    raise EditError(f"{quantity} is computed; {instead}")


def _quantity(name: str, setup: Setup, sample: int) -> Quantity:
    """What a name means; an input or target alone is that of the sample in view."""
    if setup.batch_size > 1 and "@" not in name:
        with suppress(AddressError):
            quantity = parse_quantity(f"{name} @{max(sample, 1)}", setup)
            if quantity.kind in (Kind.INPUT, Kind.TARGET):
                return quantity
    return parse_quantity(name, setup)


def _instead(neuron: str, parameter: str, value: str, setup: Setup) -> str:
    """Say what can be edited in place of a neuron or of what is computed, and how."""
    network = setup.network
    if parameter:
        return f"{parameter} itself is edited as {parameter} = {value}"
    if neuron in network.outputs and setup.has_targets:
        return f"its target is edited as target {neuron} = {value}"
    leading = [p.name for p in (network.incoming(neuron) if neuron else ())] or [*network.slots]
    return f"edit what leads to it: {listed(leading, 4)}, as in {leading[0]} = {value}"


def _unknown(name: str, error: AddressError, setup: Setup) -> str:
    """What is wrong with a name that may also be meant for a convention."""
    if name == "target" and not setup.has_targets:
        return no_target(setup)
    if name in _GIVEN:
        names = setup.network.inputs if name == "input" else setup.network.outputs
        return f"say which {name} is meant, as in {name} {names[0]} = 1"
    if name.split()[0] in (*_GIVEN, *setup.kept) or "/" in name:
        return str(error)
    known = [*setup.network.slots, *(c.name for c in conventions_of(setup.preset))]
    hint = did_you_mean(name, known)
    if hint.endswith("?"):
        return f"nothing to edit is called {name}; {hint}"
    named = listed(setup.network.slots, 4)
    there = listed(c.name for c in conventions_of(setup.preset))
    return f"nothing to edit is called {name}; choose from {named}, and {there}"


def _parse_given(quantity: Quantity, number: float, setup: Setup, batch: Batch) -> SetGiven:
    place = max(quantity.sample, 1)
    if place > len(batch.numbers):
        raise EditError(
            f"no sample @{place}; this batch has {counted(len(batch.numbers), 'sample')}"
        )
    is_target = quantity.kind is Kind.TARGET
    if is_target and setup.rule.loss.entry.probabilities and not 0 <= number <= 1:
        raise EditError(PROBABILITIES)
    return SetGiven(quantity.kind, quantity.neuron, batch.numbers[place - 1], number)
