"""A preset made ready to calculate: its network, first parameters, samples and rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from bptui.engine.functions import Loss
from bptui.engine.loop import Loop
from bptui.engine.metrics import METRICS
from bptui.engine.network import Network, Parameter, build_network, frozen
from bptui.engine.optimizers import Optimizer, first_state
from bptui.engine.passes import Rule, forward
from bptui.engine.penalties import Penalized, with_penalty
from bptui.engine.schedules import Rates
from bptui.engine.trace import Array
from bptui.preset.errors import Fault, KeyPath, did_you_mean
from bptui.preset.limits import MAX_WORK, work
from bptui.preset.model import Preset, Weight, name_of
from bptui.preset.read import fault_in
from bptui.story.address import AddressError, parse_quantity
from bptui.story.choices import (
    UNITS,
    activation_of,
    check_loss,
    counted_by,
    is_on_biases,
    loss_of,
    optimizer_of,
    penalty_of,
    schedule_of,
)
from bptui.story.moment import MomentError, parse_moment

Notes = Mapping[tuple[str, str], tuple[str, ...]]
"""The author's sentences by (address, moment)."""


class Batch(Struct, frozen=True, eq=False):
    """The samples that one iteration uses."""

    numbers: tuple[int, ...]
    """Which they are, counted from 1 in the order of the preset."""
    inputs: Array
    """(samples, inputs)"""
    targets: Array
    """(samples, outputs), or (samples, 0) if the loss has no use for them."""


Order = NDArray[np.intp]


@lru_cache(maxsize=64)
def _order(seed: int, epoch: int, samples: int) -> Order:
    order = np.random.default_rng([seed, epoch]).permutation(samples)
    order.setflags(write=False)
    return order


class Setup(Struct, frozen=True, eq=False, dict=True):
    """All that a calculation needs; every convention is that of its preset."""

    preset: Preset
    network: Network
    state: Array
    """(1 + kept, parameters): first values of the parameters and of what the optimizer keeps."""
    inputs: Array
    targets: Array
    rule: Rule
    batch_size: int
    first_batch: int
    """Which of the batches iteration 1 uses."""
    notes: Notes

    @property
    def theta(self) -> Array:
        """(parameters,): their first values."""
        first: Array = self.state[0]
        return first

    @property
    def has_targets(self) -> bool:
        """Whether the loss compares the outputs with targets."""
        loss: Loss = self.rule.loss.entry
        return loss.has_targets

    @property
    def kept(self) -> tuple[str, ...]:
        """What the optimizer keeps, in the order of the state's rows after the first."""
        optimizer: Optimizer = self.rule.optimizer.entry
        return optimizer.kept

    @cached_property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that mean something for these targets."""
        return tuple(name for name, metric in METRICS.items() if metric.applies(self.targets))

    @cached_property
    def shown_metrics(self) -> tuple[str, ...]:
        """Those worth showing, if finding them takes no longer than a step may."""
        samples, sizes = len(self.inputs), [len(names) for names in self.network.neurons]
        cheap = work(sizes, samples) <= MAX_WORK or self.batch_size == samples
        return self.metrics if samples > 1 and cheap else ()

    def outs_of_all(self, theta: Array) -> Array:
        """(samples, outputs): the outputs for all samples with these parameters."""
        seen = forward(self.network, theta, self.inputs, self.targets, self.rule)
        outs: Array = seen.outs[-1]
        return outs

    @cached_property
    def batches(self) -> tuple[Batch, ...]:
        """The batches of an epoch that is not shuffled, in order; the last may be smaller."""
        size, total = self.batch_size, len(self.inputs)
        return tuple(
            self._batch(slice(start, min(start + size, total))) for start in range(0, total, size)
        )

    def _batch(self, chosen: slice | Order) -> Batch:
        numbers = np.arange(1, len(self.inputs) + 1)[chosen]
        inputs, targets = self.inputs[chosen].copy(), self.targets[chosen].copy()
        return Batch(tuple(numbers.tolist()), frozen(inputs), frozen(targets))

    @property
    def shuffle(self) -> int | None:
        """The seed from which each epoch's order comes; None if all have the preset's."""
        several = self.batch_size < len(self.inputs)
        return self.preset.training.shuffle if several else None

    def order(self, epoch: int) -> Order:
        """The order of the samples, from 0, in an epoch from 1 that is shuffled."""
        assert self.shuffle is not None
        return _order(self.shuffle, epoch, len(self.inputs))

    def batch(self, iteration: int) -> Batch:
        """The batch of an iteration, counted from 1."""
        epoch, number = self.epoch(iteration), self.batch_number(iteration)
        if self.shuffle is None:
            return self.batches[number - 1]
        start = (number - 1) * self.batch_size
        return self._batch(self.order(epoch)[start : start + self.batch_size])

    def batch_number(self, iteration: int) -> int:
        """Which of the epoch's batches an iteration uses, counted from 1."""
        return self.place(iteration) % len(self.batches) + 1

    def epoch(self, iteration: int) -> int:
        """Which epoch an iteration belongs to, counted from 1."""
        return self.place(iteration) // len(self.batches) + 1

    def first_of_epoch(self, epoch: int) -> int:
        """The first iteration of an epoch; below 1 if it began before iteration 1."""
        return (epoch - 1) * len(self.batches) - self.place(0)

    def place(self, iteration: int) -> int:
        """How many batches there are from the beginning of epoch 1 to an iteration's."""
        before = (self.preset.training.first_epoch - 1) * len(self.batches)
        return before + self.first_batch - 1 + iteration - 1

    def batch_before(self, iteration: int) -> int | None:
        """The last earlier iteration with the same batch; None if there is none."""
        before = iteration - len(self.batches)
        return before if before > 0 and self.shuffle is None else None

    def loop(self) -> Loop:
        """A loop that trains on the epochs of this setup, the first one at place 0."""
        batches = [(batch.inputs, batch.targets) for batch in self.batches]
        order = None if self.shuffle is None else lambda epoch: self.order(epoch + 1)
        return Loop(self.network, self.rule, batches, order)


def build_setup(preset: Preset) -> Setup:
    """Make a preset ready to calculate.

    Raises:
        PresetError: an unknown function, or one in the wrong place.
    """
    try:
        _check_functions(preset)
        setup = _setup(preset, _network(preset), {})
        return replace(setup, notes=_notes(setup))
    except Fault as fault:
        raise fault_in(preset, fault) from None


def _setup(preset: Preset, network: Network, notes: Notes) -> Setup:
    training, penalty = preset.training, _penalty(preset, network)
    rule = Rule(
        learning_rate=training.learning_rate,
        loss=loss_of(preset),
        optimizer=with_penalty(optimizer_of(preset), penalty_of(preset)),
        reduction=training.reduction,
        update=training.update,
        updates_before=training.updates_before,
        rates=_rates(preset, network),
        penalty=penalty,
    )
    return Setup(
        preset=preset,
        network=network,
        state=_first_state(preset, network, rule),
        inputs=frozen(np.array([s.input for s in preset.samples], dtype=float)),
        targets=_targets(preset, rule),
        rule=rule,
        batch_size=training.batch_size(len(preset.samples)),
        first_batch=training.first_batch,
        notes=notes,
    )


def _targets(preset: Preset, rule: Rule) -> Array:
    """(samples, outputs), with no columns if the loss has no use for them."""
    rows = [s.target or () if rule.loss.entry.has_targets else () for s in preset.samples]
    return frozen(np.array(rows, dtype=float))


def _rates(preset: Preset, network: Network) -> Rates | None:
    """The learning rates, if they differ or change."""
    training, schedule = preset.training, schedule_of(preset)
    if not training.rates and schedule is None:
        return None
    each = []
    for parameter in network.parameters:
        first = min(network.places[target][0] for target in parameter.targets)
        of_layer = training.rates.get(preset.layers[first].name, training.learning_rate)
        each.append(training.rates.get(parameter.name, of_layer))
    bases, places = np.unique(np.array(each, dtype=float), return_inverse=True)
    unit, before = 1, training.updates_before
    if training.schedule is not None and counted_by(training.schedule) == UNITS[1]:
        unit = training.batches(len(preset.samples))
        before += (training.first_batch - 1 - before) % unit  # those of the epoch that was begun
    return Rates(frozen(bases), places, schedule, unit, before)


def rate_now(setup: Setup, iteration: int) -> float:
    """The learning rate in an iteration of what has none of its own."""
    rate, rates = setup.rule.learning_rate, setup.rule.rates
    if rates is None:
        return rate
    return float(replace(rates, bases=np.array([rate])).now(iteration)[0])


def _penalty(preset: Preset, network: Network) -> Penalized | None:
    chosen, value = penalty_of(preset), preset.training.penalty
    if chosen is None or value is None:
        return None
    about = [not p.is_bias or bool(is_on_biases(value)) for p in network.parameters]
    return Penalized(chosen, np.array(about, dtype=bool), len(preset.samples))


def _first_state(preset: Preset, network: Network, rule: Rule) -> Array:
    values = [p.value for table in (preset.weights, preset.biases) for p in table.values()]
    state = first_state(rule.optimizer, np.array(values, dtype=float))
    for row, name in enumerate(rule.optimizer.entry.kept, 1):
        for parameter, value in preset.state.get(name, {}).items():
            if parameter in network.slots:
                state[row, network.slots[parameter]] = value
    return frozen(state)


def with_values(setup: Setup, state: Array) -> Preset:
    """A setup's preset with the parameters and what the optimizer keeps as they are in a state."""
    names, preset = tuple(setup.network.slots), setup.preset
    numbers, *kept = (dict(zip(names, row, strict=True)) for row in state.tolist())
    return replace(
        preset,
        weights={
            n: Weight(w.source, w.to, numbers[n], w.trainable) for n, w in preset.weights.items()
        },
        biases={n: replace(b, value=numbers[n]) for n, b in preset.biases.items()},
        state={
            name: {p: v for p, v in row.items() if v}
            for name, row in zip(setup.kept, kept, strict=True)
            if any(row.values())
        },
    )


def with_change(
    setup: Setup, state: Array, change: Callable[[Preset], Preset]
) -> tuple[Setup, Array]:
    """A setup and a state, with a change made to its preset.

    What the optimizer kept is lost if that is another one.
    """
    before = setup.preset
    preset = change(before)
    if preset.weights is before.weights and preset.biases is before.biases:
        new = _setup(preset, setup.network, setup.notes)
        same = optimizer_of(preset) == optimizer_of(before)
        return new, frozen(state if same else first_state(new.rule.optimizer, state[0]))
    preset = change(with_values(setup, state))
    new = _setup(preset, _network(preset), setup.notes)
    return new, new.state


def _notes(setup: Setup) -> Notes:
    notes: dict[tuple[str, str], tuple[str, ...]] = {}
    for place, note in enumerate(setup.preset.notes):
        path: KeyPath = ("notes", place, "moment")
        try:
            moment = str(parse_moment(note.moment))
            path = ("notes", place, "quantity")
            address = str(parse_quantity(note.quantity, setup))
        except (AddressError, MomentError) as error:
            raise Fault(path, str(error)) from None
        notes[address, moment] = (*notes.get((address, moment), ()), note.text)
    return notes


def _check_functions(preset: Preset) -> None:
    for place in range(1, len(preset.layers)):
        _check_activation(preset, place)
    check_loss(preset, preset.training.loss, ("training",))
    kept = optimizer_of(preset).entry.kept
    for name in preset.state:
        if name not in kept:
            optimizer = name_of(preset.training.optimizer)
            hint = did_you_mean(name, kept) if kept else f"{optimizer} keeps no state"
            raise Fault(("state", name), f'no "{name}" in the state; {hint}')


def _check_activation(preset: Preset, place: int) -> None:
    layer = preset.layers[place]
    path: KeyPath = ("layers", place)
    chosen = activation_of(layer, path)
    if chosen.entry.other_slope is None:
        return
    if place < len(preset.layers) - 1:
        raise Fault((*path, "activation"), f"{chosen.name} works in the last layer only")
    if isinstance(layer.neurons, tuple) and len(layer.neurons) == 1:
        told = f'{chosen.name} of one neuron is always 1; use "sigmoid"'
        raise Fault((*path, "activation"), told)


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
        (layer.name, layer.neurons, activation_of(layer) if place else None)
        for place, layer in enumerate(preset.layers)
        if isinstance(layer.neurons, tuple)
    ]
    return build_network(layers, (*weights, *biases))
