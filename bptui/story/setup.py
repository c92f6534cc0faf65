"""A preset made ready to calculate: its network, first parameters, samples and rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from bptui.engine.functions import ACTIVATIONS, COUPLED, LOSSES, Array
from bptui.engine.network import Network, Parameter, build_network, frozen
from bptui.engine.passes import Rule
from bptui.preset.errors import Fault, KeyPath, did_you_mean
from bptui.preset.model import Preset
from bptui.preset.read import fault_in
from bptui.story.address import AddressError, parse_quantity
from bptui.story.moment import MomentError, parse_moment


@dataclass(frozen=True, eq=False)
class Batch:
    """The samples that one iteration uses."""

    numbers: tuple[int, ...]
    """Which they are, counted from 1 in the order of the preset."""
    inputs: Array
    """(samples, inputs)"""
    targets: Array
    """(samples, outputs)"""


@dataclass(frozen=True, eq=False)
class Setup:
    """All that a calculation needs; the preset stays with it for names and words."""

    preset: Preset
    network: Network
    theta: Array
    """(parameters,): their first values."""
    inputs: Array
    targets: Array
    rule: Rule
    batch_size: int
    first_batch: int = 1
    """Which of the batches iteration 1 uses."""
    notes: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """The author's sentences by (address, moment)."""

    @cached_property
    def batches(self) -> tuple[Batch, ...]:
        """The batches of one epoch, in order; the last may be smaller."""
        starts = range(0, len(self.inputs), self.batch_size)
        return tuple(self._batch(start) for start in starts)

    def _batch(self, start: int) -> Batch:
        stop = min(start + self.batch_size, len(self.inputs))
        return Batch(
            tuple(range(start + 1, stop + 1)),
            frozen(self.inputs[start:stop].copy()),
            frozen(self.targets[start:stop].copy()),
        )

    def batch(self, iteration: int) -> Batch:
        """Return the batch of an iteration, counted from 1; epochs repeat in the same order."""
        return self.batches[self.batch_number(iteration) - 1]

    def batch_number(self, iteration: int) -> int:
        """Return which of the epoch's batches an iteration uses, counted from 1."""
        return (self.first_batch - 1 + iteration - 1) % len(self.batches) + 1


def build_setup(preset: Preset) -> Setup:
    """Make a preset ready to calculate.

    Raises:
        PresetError: an activation or a loss that there is not.
    """
    try:
        _check_functions(preset)
        network = _network(preset)
        notes = _notes(preset, network)
    except Fault as fault:
        raise fault_in(preset.text, preset.file, fault) from None
    return Setup(
        preset=preset,
        network=network,
        theta=frozen(np.array(_first_values(preset), dtype=float)),
        inputs=frozen(np.array([s.input for s in preset.samples], dtype=float)),
        targets=frozen(np.array([s.target for s in preset.samples], dtype=float)),
        rule=Rule(
            learning_rate=preset.training.learning_rate,
            loss_name=preset.training.loss,
            reduction=preset.training.reduction,
            update=preset.training.update,
        ),
        batch_size=_batch_size(preset),
        first_batch=preset.training.first_batch,
        notes=notes,
    )


def _notes(preset: Preset, network: Network) -> dict[tuple[str, str], tuple[str, ...]]:
    notes: dict[tuple[str, str], tuple[str, ...]] = {}
    for place, note in enumerate(preset.notes):
        path: KeyPath = ("notes", place)
        moment = _moment(note.moment, (*path, "moment"))
        address = _address(note.quantity, preset, network, (*path, "quantity"))
        notes[address, moment] = (*notes.get((address, moment), ()), note.text)
    return notes


def _moment(text: str, path: KeyPath) -> str:
    try:
        return str(parse_moment(text))
    except MomentError as error:
        raise Fault(path, str(error)) from None


def _address(text: str, preset: Preset, network: Network, path: KeyPath) -> str:
    try:
        return str(parse_quantity(text, network, _batch_size(preset)))
    except AddressError as error:
        raise Fault(path, str(error)) from None


def _first_values(preset: Preset) -> list[float]:
    return [p.value for table in (preset.weights, preset.biases) for p in table.values()]


def _batch_size(preset: Preset) -> int:
    return preset.training.batch_size(len(preset.samples))


def _check_functions(preset: Preset) -> None:
    for place, layer in enumerate(preset.layers):
        if layer.activation is not None and layer.activation not in ACTIVATIONS:
            hint = did_you_mean(layer.activation, ACTIVATIONS)
            raise Fault(
                ("layers", place, "activation"), f'unknown activation "{layer.activation}"; {hint}'
            )
        if layer.activation in COUPLED:
            _check_coupled(preset, place)
    check_loss(preset, preset.training.loss, ("training",))


def _check_coupled(preset: Preset, place: int) -> None:
    layer = preset.layers[place]
    path: KeyPath = ("layers", place, "activation")
    if place < len(preset.layers) - 1:
        raise Fault(path, f"{layer.activation} works in the last layer only")
    if isinstance(layer.neurons, tuple) and len(layer.neurons) == 1:
        raise Fault(path, f'{layer.activation} of one neuron is always 1; give it "sigmoid"')


def check_loss(preset: Preset, name: object, path: KeyPath) -> None:
    """Refuse a loss that is not in the table, or does not go with the outputs or targets."""
    if name not in LOSSES:
        hint = did_you_mean(str(name), LOSSES)
        raise Fault((*path, "loss"), f'unknown loss "{name}"; {hint}')
    last = len(preset.layers) - 1
    if (unfit := misfit(str(name), preset.layers[last].activation or "")) is not None:
        raise Fault((*path, "loss"), unfit)
    if LOSSES[str(name)].probabilities:
        for place, sample in enumerate(preset.samples):
            for k, target in enumerate(sample.target):
                if not 0 <= target <= 1:
                    raise Fault(
                        ("samples", place, "target", k), f"a target of {target:g}; {PROBABILITIES}"
                    )


PROBABILITIES = "cross-entropy wants targets from 0 to 1"


def misfit(loss: str, activation: str) -> str | None:
    """Return why a loss does not go with the last layer's activation; None if it does."""
    if not LOSSES[loss].probabilities or activation in _PROBABILITIES:
        return None
    return (
        f"cross-entropy wants outputs from 0 to 1: {' or '.join(_PROBABILITIES)}, not {activation}"
    )


_PROBABILITIES = ("sigmoid", "softmax")


def _network(preset: Preset) -> Network:
    held = frozenset(preset.training.frozen)
    weights = (
        Parameter(name, (w.to,), w.source, trainable=w.trainable and name not in held)
        for name, w in preset.weights.items()
    )
    biases = (
        Parameter(
            name, b.neurons, trainable=b.trainable and name not in held, threshold=b.threshold
        )
        for name, b in preset.biases.items()
    )
    layers = [
        (layer.name, layer.neurons, layer.activation)
        for layer in preset.layers
        if isinstance(layer.neurons, tuple)
    ]
    return build_network(layers, (*weights, *biases))
