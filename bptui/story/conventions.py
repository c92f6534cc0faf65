"""The same network under other conventions: what `under = { ... }` in a preset means."""

from __future__ import annotations

from typing import Literal

import msgspec

from bptui.preset.errors import did_you_mean
from bptui.preset.model import Bias, PositiveInt, Preset, Table, Training


class Under(Table, frozen=True):
    """The conventions that a figure can be right under; what is not said stays as it is."""

    update: Literal["simultaneous", "sequential"] | None = None
    loss: str | None = None
    reduction: Literal["sum", "mean"] | None = None
    batch: Literal["full", "online"] | PositiveInt | None = None
    learning_rate: float | None = None
    biases: Literal["trainable", "frozen"] | None = None
    """Whether the updates change the biases."""
    shared: bool | None = None
    """Whether the neurons of a layer share one bias, or each has its own."""
    trainable: tuple[str, ...] = ()
    """Parameters that updates change here, by name."""
    frozen: tuple[str, ...] = ()
    """Parameters that updates do not change here, by name."""


class VariantError(ValueError):
    """Conventions that there are not; the message says what would be right."""


def parse_under(table: dict[str, object], preset: Preset) -> Under:
    """Return the conventions that a figure's `under` table names.

    Raises:
        VariantError: an unknown key, a wrong value, or a parameter that is not there.
    """
    if not table:
        raise VariantError('"under" names no convention; for instance update = "sequential"')
    for key in table:
        if key not in Under.__struct_fields__:
            hint = did_you_mean(key, Under.__struct_fields__)
            raise VariantError(f'unknown convention "{key}" in under; {hint}')
    try:
        under = msgspec.convert(table, Under)
    except msgspec.ValidationError as error:
        key = str(error).rpartition("$.")[2].rstrip("`")
        raise VariantError(f'"{key}" has no such value in under; see [training]') from None
    known = {**preset.weights, **preset.biases}
    for name in (*under.trainable, *under.frozen):
        if name not in known:
            raise VariantError(f'no parameter "{name}" in under; {did_you_mean(name, known)}')
    return under


def variant(preset: Preset, under: Under) -> Preset:
    """Return a preset under other conventions, without its figures and notes."""
    training = Training(
        learning_rate=_or(under.learning_rate, preset.training.learning_rate),
        loss=under.loss or preset.training.loss,
        batch=under.batch or preset.training.batch,
        reduction=under.reduction or preset.training.reduction,
        update=under.update or preset.training.update,
    )
    training = _in_place(training, preset)
    preset = _held(preset)
    weights = {
        name: msgspec.structs.replace(w, trainable=_trainable(name, w.trainable, under, None))
        for name, w in preset.weights.items()
    }
    biases = {
        name: msgspec.structs.replace(
            b, trainable=_trainable(name, b.trainable, under, under.biases)
        )
        for name, b in _shared(preset, under.shared).items()
    }
    return msgspec.structs.replace(
        preset, training=training, weights=weights, biases=biases, expected=(), notes=()
    )


def _in_place(training: Training, preset: Preset) -> Training:
    """Return the training begun where the preset begins: with the batch of the same sample.

    Batches of another size are counted otherwise, and there may be fewer of them.
    """
    samples = len(preset.samples)
    begun = (preset.training.first_batch - 1) * preset.training.batch_size(samples)
    return msgspec.structs.replace(training, first_batch=begun // training.batch_size(samples) + 1)


def _held(preset: Preset) -> Preset:
    """Return a preset in which every parameter says itself whether it is frozen."""
    held = frozenset(preset.training.frozen)
    weights = {
        name: msgspec.structs.replace(w, trainable=w.trainable and name not in held)
        for name, w in preset.weights.items()
    }
    biases = {
        name: msgspec.structs.replace(b, trainable=b.trainable and name not in held)
        for name, b in preset.biases.items()
    }
    return msgspec.structs.replace(preset, weights=weights, biases=biases)


def _or(value: float | None, other: float) -> float:
    return other if value is None else value


def _trainable(name: str, now: bool, under: Under, biases: str | None) -> bool:
    if name in under.trainable:
        return True
    if name in under.frozen:
        return False
    return now if biases is None else biases == "trainable"


def _shared(preset: Preset, shared: bool | None) -> dict[str, Bias]:
    """Return the biases shared by layer, or split by neuron, where that is asked for.

    The first of a split or joined bias keeps its name; one of several layers stays as it is.
    """
    if shared is None:
        return dict(preset.biases)
    if not shared:
        return _split(preset)
    found = dict(preset.biases)
    for layer in preset.layers[1:]:
        assert isinstance(layer.neurons, tuple)  # reading a preset names them
        here = [
            (name, bias)
            for name, bias in preset.biases.items()
            if set(bias.neurons) <= set(layer.neurons)
        ]
        neurons = tuple(n for _, bias in here for n in bias.neurons)
        for name, _ in here[1:]:
            del found[name]
        for name, bias in here[:1]:
            found[name] = msgspec.structs.replace(bias, to=neurons)
    return found


def _split(preset: Preset) -> dict[str, Bias]:
    """Return a bias for each neuron, none of which takes the name of another."""
    found: dict[str, Bias] = {}
    for name, bias in preset.biases.items():
        for place, neuron in enumerate(bias.neurons):
            own = f"{name}_{neuron}" if place else name
            while place and (own in preset.biases or own in preset.weights or own in found):
                own += "_"
            found[own] = msgspec.structs.replace(bias, to=neuron)
    return found
