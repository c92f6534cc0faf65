"""Gives names to what larger networks leave unnamed: neurons by number, weights by matrix."""

from __future__ import annotations

from bptui.preset.errors import Fault, KeyPath, did_you_mean
from bptui.preset.initializers import INITIALIZERS, draw_matrix
from bptui.preset.model import Bias, Layer, Weight

MAX_NEURONS = 10_000
MAX_PARAMETERS = 100_000


def name_neurons(layers: tuple[Layer, ...]) -> tuple[tuple[str, ...], ...]:
    """Return each layer's neuron names; a number of neurons becomes i1.., h1.., o1..

    With several hidden layers the names of a numbered one say which: h1_1, h1_2, h2_1.
    """
    total = sum(n if isinstance(n := layer.neurons, int) else len(n) for layer in layers)
    if total > MAX_NEURONS:
        raise Fault(("layers",), f"{total} neurons are too many; at most {MAX_NEURONS} work")
    return tuple(
        tuple(f"{_prefix(place, len(layers))}{k + 1}" for k in range(layer.neurons))
        if isinstance(layer.neurons, int)
        else layer.neurons
        for place, layer in enumerate(layers)
    )


def _prefix(place: int, layers: int) -> str:
    if place == 0:
        return "i"
    if place == layers - 1:
        return "o"
    return "h" if layers == 3 else f"h{place}_"


def generate(
    layer: Layer, sources: tuple[str, ...], neurons: tuple[str, ...], path: KeyPath
) -> tuple[dict[str, Weight], dict[str, Bias]]:
    """Return the named weights and biases of a layer that gives them as a matrix or initializer.

    Weights are named w_SOURCE_TARGET, biases b_NEURON. A layer that gives neither yields nothing.
    """
    matrix, biases = layer.weights, layer.biases
    if layer.weights is not None or layer.initializer is not None:
        _check_size(len(sources) * len(neurons), path)
    if layer.initializer is not None:
        if matrix is not None:
            raise Fault((*path, "initializer"), "weights are given already; remove one of the two")
        if layer.initializer.name not in INITIALIZERS:
            name = layer.initializer.name
            hint = did_you_mean(name, INITIALIZERS)
            raise Fault((*path, "initializer", "name"), f'unknown initializer "{name}"; {hint}')
        matrix = draw_matrix(
            layer.initializer.name, layer.initializer.seed, len(sources), len(neurons)
        )
        biases = biases if biases is not None else (0.0,) * len(neurons)
    if matrix is not None:
        _check_shape(matrix, sources, neurons, (*path, "weights"))
    if biases is not None and len(biases) != len(neurons):
        raise Fault(
            (*path, "biases"), f"{len(biases)} biases; the layer has {len(neurons)} neurons"
        )
    return (
        {
            f"w_{source}_{target}": Weight(source, target, value)
            for source, row in zip(sources, matrix or (), strict=False)
            for target, value in zip(neurons, row, strict=True)
        },
        {f"b_{neuron}": Bias(neuron, value) for neuron, value in zip(neurons, biases or ())},
    )


def _check_size(count: int, path: KeyPath) -> None:
    if count > MAX_PARAMETERS:
        raise Fault(path, f"{count} weights are too many; at most {MAX_PARAMETERS} work")


def _check_shape(
    matrix: tuple[tuple[float, ...], ...],
    sources: tuple[str, ...],
    neurons: tuple[str, ...],
    path: KeyPath,
) -> None:
    if len(matrix) != len(sources):
        raise Fault(
            path,
            f"the matrix has {len(matrix)} rows; it needs one for each of the "
            f"{len(sources)} neurons of the layer before",
        )
    for place, row in enumerate(matrix):
        if len(row) != len(neurons):
            raise Fault(
                (*path, place),
                f"a row of {len(row)} weights; it needs one for each of the layer's "
                f"{len(neurons)} neurons",
            )
