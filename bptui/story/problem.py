"""A preset made ready to calculate: its network, first parameters, samples and rule."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bptui.engine.functions import ACTIVATIONS, LOSSES, Array
from bptui.engine.network import Network, Parameter, build_network, frozen
from bptui.engine.passes import Rule
from bptui.preset.errors import Fault, did_you_mean
from bptui.preset.model import Preset
from bptui.preset.read import fault_in


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
class Problem:
    """All that a calculation needs; the preset stays with it for names and words."""

    preset: Preset
    network: Network
    theta: Array
    """(parameters,): their first values."""
    inputs: Array
    targets: Array
    rule: Rule
    batch_size: int

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
        return self.batches[(iteration - 1) % len(self.batches)]


def pose(preset: Preset) -> Problem:
    """Make a preset ready to calculate.

    Raises:
        PresetError: an activation or a loss that there is not.
    """
    try:
        _check_functions(preset)
    except Fault as fault:
        raise fault_in(preset.text, preset.file, fault) from None
    return Problem(
        preset=preset,
        network=_network(preset),
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
    )


def _first_values(preset: Preset) -> list[float]:
    return [p.value for table in (preset.weights, preset.biases) for p in table.values()]


def _batch_size(preset: Preset) -> int:
    match preset.training.batch:
        case "full":
            return len(preset.samples)
        case "online":
            return 1
        case number:
            return min(number, len(preset.samples))


def _check_functions(preset: Preset) -> None:
    for place, layer in enumerate(preset.layers):
        if layer.activation is not None and layer.activation not in ACTIVATIONS:
            hint = did_you_mean(layer.activation, ACTIVATIONS)
            raise Fault(
                ("layers", place, "activation"), f'unknown activation "{layer.activation}"; {hint}'
            )
    loss = preset.training.loss
    if loss not in LOSSES:
        raise Fault(("training", "loss"), f'unknown loss "{loss}"; {did_you_mean(loss, LOSSES)}')


def _network(preset: Preset) -> Network:
    held = frozenset(preset.training.frozen)
    weights = (
        Parameter(name, (w.to,), w.source, trainable=w.trainable and name not in held)
        for name, w in preset.weights.items()
    )
    biases = (
        Parameter(name, b.neurons, trainable=b.trainable and name not in held)
        for name, b in preset.biases.items()
    )
    layers = [
        (layer.name, layer.neurons, layer.activation)
        for layer in preset.layers
        if isinstance(layer.neurons, tuple)
    ]
    return build_network(layers, (*weights, *biases))
