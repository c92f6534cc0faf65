"""Gives names to what larger networks leave unnamed: neurons by number, weights by matrix."""

from __future__ import annotations

from bptui.preset.errors import Fault, KeyPath, counted, did_you_mean, listed
from bptui.preset.initializers import INITIALIZERS, draw_matrix
from bptui.preset.limits import MAX_NEURONS, MAX_PARAMETERS
from bptui.preset.model import Bias, Layer, Weight


def name_neurons(layers: tuple[Layer, ...]) -> tuple[tuple[str, ...], ...]:
    """Return each layer's neuron names; a number of neurons becomes i1.., h1.., o1..

    With several hidden layers the names of a numbered one say which: h1_1, h1_2, h2_1.
    """
    total = sum(map(_count, layers))
    if total > MAX_NEURONS:
        largest = max(range(len(layers)), key=lambda k: _count(layers[k]))
        raise Fault(
            ("layers", largest, "neurons"),
            f"too many neurons; at most {MAX_NEURONS} work in all layers together",
        )
    return tuple(
        tuple(f"{_prefix(place, len(layers))}{k + 1}" for k in range(layer.neurons))
        if isinstance(layer.neurons, int)
        else layer.neurons
        for place, layer in enumerate(layers)
    )


def _count(layer: Layer) -> int:
    return layer.neurons if isinstance(layer.neurons, int) else len(layer.neurons)


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
        check_count(len(sources) * len(neurons), path)
    if layer.initializer is not None:
        if matrix is not None:
            raise Fault(
                (*path, "initializer"),
                f'layer "{layer.name}" has "weights" already; remove one of the two',
            )
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
            (*path, "biases"),
            f'"biases" has {counted(len(biases), "number")}; '
            f"it needs {len(neurons)}, one for each of {listed(neurons)}",
        )
    return (
        {
            f"w_{source}_{target}": Weight(source, target, value)
            for source, row in zip(sources, matrix or (), strict=False)
            for target, value in zip(neurons, row, strict=True)
        },
        {
            f"b_{neuron}": Bias(neuron, value)
            for neuron, value in zip(neurons, biases or (), strict=False)
        },
    )


def check_count(count: int, path: KeyPath) -> None:
    """Refuse more weights than can be shown and calculated with."""
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
            f'"weights" has {counted(len(matrix), "row")}; '
            f"it needs {len(sources)}, one for each of {listed(sources)}",
        )
    for place, row in enumerate(matrix):
        if len(row) != len(neurons):
            raise Fault(
                (*path, place),
                f'row {place + 1} of "weights" has {counted(len(row), "number")}; '
                f"it needs {len(neurons)}, one for each of {listed(neurons)}",
            )
