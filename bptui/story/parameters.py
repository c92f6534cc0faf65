"""Which parameters of a preset are trained, and which biases neurons share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise, product
from typing import TypeVar

from msgspec.structs import replace

from bptui.preset.limits import MAX_NAME
from bptui.preset.model import Bias, Preset, Weight

_P = TypeVar("_P", Weight, Bias)


def is_trainable(preset: Preset, name: str) -> bool:
    parameter = preset.weights.get(name) or preset.biases[name]
    return parameter.trainable and name not in preset.training.frozen


def with_trainable(preset: Preset, names: Iterable[str], trainable: bool) -> Preset:
    names = frozenset(names)

    def held(table: dict[str, _P]) -> dict[str, _P]:
        return {n: replace(p, trainable=trainable) if n in names else p for n, p in table.items()}

    return replace(
        preset,
        training=replace(
            preset.training, frozen=tuple(n for n in preset.training.frozen if n not in names)
        ),
        weights=held(preset.weights),
        biases=held(preset.biases),
    )


def trained_biases(preset: Preset) -> str:
    found = {is_trainable(preset, name) for name in preset.biases}
    return "partly frozen" if len(found) > 1 else "trainable" if True in found else "frozen"


def is_shared(preset: Preset) -> str:
    return "true" if any(len(b.neurons) > 1 for b in preset.biases.values()) else "false"


def with_shared(preset: Preset, value: str) -> Preset:
    """Join the biases of each layer under the name of the first, or split them by neuron.

    The first of a split bias keeps its name; one of several layers is not joined with others. Each
    part begins with the value of the whole, what the optimizer keeps of it, and its learning rate.
    """
    preset = with_trainable(preset, preset.training.frozen, False)
    if value != "true":
        return _split(preset)
    joined = _joined(preset)
    lost = {*preset.biases} - {*joined}
    rates = {name: v for name, v in preset.training.rates.items() if name not in lost}
    return replace(preset, biases=joined, training=replace(preset.training, rates=rates))


def _joined(preset: Preset) -> dict[str, Bias]:
    found = dict(preset.biases)
    for layer in preset.layers[1:]:
        assert isinstance(layer.neurons, tuple)  # reading a preset names them
        order = {neuron: place for place, neuron in enumerate(layer.neurons)}
        here = [n for n, bias in preset.biases.items() if set(bias.neurons) <= set(order)]
        here.sort(key=lambda name: min(order[n] for n in preset.biases[name].neurons))
        if len(here) > 1:
            reached = {n for name in here for n in preset.biases[name].neurons}
            neurons = tuple(n for n in layer.neurons if n in reached)
            found[here[0]] = replace(found[here[0]], to=neurons)
            for name in here[1:]:
                del found[name]
    return found


def _split(preset: Preset) -> Preset:
    taken = {*preset.weights, *preset.biases}
    taken.update(*(layer.neurons for layer in preset.layers if isinstance(layer.neurons, tuple)))
    found: dict[str, Bias] = {}
    state = {kept: dict(numbers) for kept, numbers in preset.state.items()}
    rates = dict(preset.training.rates)
    for name, bias in preset.biases.items():
        for place, neuron in enumerate(bias.neurons):
            own = f"{name[:MAX_NAME]}_{neuron}" if place else name
            while place and own in taken:
                own += "_"
            taken.add(own)
            found[own] = replace(bias, to=neuron)
            for numbers in (*state.values(), rates):
                if name in numbers:
                    numbers[own] = numbers[name]
    training = replace(preset.training, rates=rates)
    return replace(preset, biases=found, state=state, training=training)


def frozen_label(preset: Preset) -> tuple[str, ...]:
    named = frozenset(preset.training.frozen)
    tables: list[Mapping[str, Weight | Bias]] = [preset.weights, preset.biases]
    held = [n for table in tables for n, p in table.items() if not p.trainable or n in named]
    if not held:
        return ()
    return (f"{' '.join(held)} frozen" if len(held) <= 4 else f"{len(held)} frozen",)


ROWS = {"in_out": "source", "out_in": "target"}
"""What a matrix has a row for in each layout."""


def with_layout(preset: Preset, value: str) -> Preset:
    """Read the layers' square matrices the other way round, unless that is so already.

    What the optimizer keeps of a weight moves with its value.
    """
    if value == preset.layout:
        return preset
    names = {(edge.source, edge.to): name for name, edge in preset.weights.items()}
    moved: dict[str, str] = {}
    for sources, targets in square_matrices(preset):
        for i, j in product(range(len(sources)), repeat=2):
            moved[names[sources[i], targets[j]]] = names[sources[j], targets[i]]
    weights = {
        name: replace(edge, value=preset.weights[moved.get(name, name)].value)
        for name, edge in preset.weights.items()
    }
    there = {other: name for name, other in moved.items()}
    state = {
        kept: {there.get(name, name): number for name, number in numbers.items()}
        for kept, numbers in preset.state.items()
    }
    return replace(preset, layout=value, weights=weights, state=state)


def square_matrices(preset: Preset) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The neurons before and those of each layer that gave its weights as a square matrix."""
    found = []
    for before, layer in pairwise(preset.layers):
        sources, targets = before.neurons, layer.neurons
        assert isinstance(sources, tuple)  # reading a preset names them
        assert isinstance(targets, tuple)
        if layer.weights is not None and len(sources) == len(targets) > 1:
            found.append((sources, targets))
    return found
