"""Names for what larger networks leave unnamed: neurons by number, weights by matrix."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, product

from bptui.preset.errors import Fault, KeyPath, did_you_mean, named
from bptui.preset.initializers import INITIALIZERS, draw_matrix
from bptui.preset.limits import MAX_NEURONS, MAX_PARAMETERS
from bptui.preset.model import Bias, Layer, Layout, Weight, choices
from bptui.preset.validate import check_size

Matrix = Sequence[Sequence[object]]


def name_neurons(layers: tuple[Layer, ...]) -> tuple[tuple[str, ...], ...]:
    """Each layer's neuron names; a number of neurons becomes i1.., h1.., o1..

    With several hidden layers the names of a numbered one say which: h1_1, h1_2, h2_1.
    """
    total = sum(map(_count, layers))
    if total > MAX_NEURONS:
        largest = max(range(len(layers)), key=lambda k: _count(layers[k]))
        raise Fault(
            ("layers", largest, "neurons"),
            f"too many neurons; the limit is {MAX_NEURONS} in all layers together",
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
    layer: Layer,
    sources: tuple[str, ...],
    neurons: tuple[str, ...],
    path: KeyPath,
    layout: Layout = "in_out",
) -> tuple[dict[str, Weight], dict[str, Bias]]:
    """The weights and biases of a layer that gives them as a matrix or initializer, named.

    Weights are called w_SOURCE_TARGET, biases b_NEURON. A layer that gives neither has none here.
    """
    matrix, biases, initializer = layer.weights, layer.biases, layer.initializer
    if matrix is not None or initializer is not None:
        check_count(len(sources) * len(neurons), path)
    if initializer is not None:
        path_to, name = (*path, "initializer"), initializer.name
        if matrix is not None:
            told = f'layer "{layer.name}" also has "weights"; remove one of the two'
            raise Fault(path_to, told)
        if name not in INITIALIZERS:
            hint = did_you_mean(name, INITIALIZERS)
            raise Fault((*path_to, "name"), f'unknown initializer "{name}"; {hint}')
        matrix = draw_matrix(name, initializer.seed, len(sources), len(neurons))
        biases = (0.0,) * len(neurons) if biases is None else biases
    if layer.weights is not None:
        check_matrix(layer.weights, sources, neurons, (*path, "weights"), layout)
        if layout == "out_in":
            matrix = tuple(zip(*layer.weights, strict=True))
    if biases is not None:
        check_size(biases, neurons, (*path, "biases"))
    weights = _edges(sources, neurons, matrix) if matrix is not None else {}
    if matrix is not None and len(weights) < len(sources) * len(neurons):
        raise Fault((*path, "neurons"), _named_alike(sources, neurons))
    return weights, {
        f"b_{neuron}": Bias(neuron, value)
        for neuron, value in zip(neurons, biases or (), strict=False)
    }


def _edges(
    sources: tuple[str, ...], neurons: tuple[str, ...], matrix: tuple[tuple[float, ...], ...]
) -> dict[str, Weight]:
    """The weights by name, row by row; of two with one name the second."""
    names = [f"w_{source}_{target}" for source in sources for target in neurons]
    begins = [source for source in sources for _ in neurons]
    edges = map(Weight, begins, neurons * len(sources), chain.from_iterable(matrix))
    return dict(zip(names, edges, strict=True))


def _named_alike(sources: tuple[str, ...], neurons: tuple[str, ...]) -> str:
    """What is wrong if two edges get one name."""
    seen: dict[str, tuple[str, str]] = {}
    for ends in product(sources, neurons):
        name = f"w_{'_'.join(ends)}"
        if (twin := seen.setdefault(name, ends)) != ends:
            return (
                f"duplicate name: {name} would be the weight from {twin[0]} to {twin[1]} and that "
                f"from {ends[0]} to {ends[1]}; rename a neuron"
            )
    raise AssertionError


def check_matrix(
    matrix: Matrix,
    sources: Sequence[str],
    neurons: Sequence[str],
    path: KeyPath,
    layout: Layout,
    noun: str = "number",
) -> None:
    """Refuse a matrix that does not have the shape of its layout; say if the other would fit."""
    rows, columns = (sources, neurons) if layout == "in_out" else (neurons, sources)
    (other,) = (word for word in choices(Layout) if word != layout)
    turned = len(matrix) == len(columns) and all(len(row) == len(rows) for row in matrix)
    hint = f', or write layout = "{other}" at the top of the file' if turned else ""
    check_size(matrix, rows, path, "row", hint=hint)
    for place, row in enumerate(matrix):
        what = f"row {place + 1} of {named(path)}"
        check_size(row, columns, (*path, place), noun, row=what, hint=hint)


def check_count(count: int, path: KeyPath) -> None:
    if count > MAX_PARAMETERS:
        raise Fault(path, f"{count} weights are too many; the limit is {MAX_PARAMETERS}")
