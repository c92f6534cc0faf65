"""What types cannot say of a preset: that its names are sound and its edges lead somewhere."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator

from bptui.preset.errors import Fault, KeyPath, did_you_mean, listed
from bptui.preset.model import Bias, Layer, Sample, Weight

RESERVED = frozenset(
    "input target net out E step via start forward backward update dE dout dnet".split()
)
"""Words of the addresses (`net h1`, `dE/dout o1`, `1 backward`), which cannot be names too."""

_NAME = re.compile(r"[^\W\d][\w'.()\[\]]*")

Neurons = tuple[tuple[str, ...], ...]
"""The names of each layer's neurons, inputs first."""


class Names:
    """The names taken so far, and where; neurons and parameters share one set."""

    def __init__(self) -> None:
        self._taken: dict[str, str] = {}

    def take(self, name: str, kind: str, path: KeyPath) -> None:
        """Claim a name for a neuron, weight or bias, or say why it cannot have it."""
        if name in RESERVED:
            raise Fault(
                path,
                f'the {kind} name "{name}" could be mistaken for another address, where it is a '
                f"word of its own; call it {name}1 or the like",
            )
        if not _NAME.fullmatch(name):
            raise Fault(
                path,
                f'the {kind} name "{name}" could be mistaken for another address; a name is a '
                "letter, then letters, digits, _ ' . ( ) [ ]",
            )
        if name in self._taken:
            raise Fault(
                path, f'duplicate name: "{name}" is a {self._taken[name]} already; rename this one'
            )
        self._taken[name] = kind


def check_layers(layers: tuple[Layer, ...]) -> None:
    """Refuse too few layers, a layer name given twice, and a wrong use of activations."""
    if len(layers) < 2:
        raise Fault(("layers",), f"{len(layers)} layers; there must be an input and an output")
    names: set[str] = set()
    for place, layer in enumerate(layers):
        path: KeyPath = ("layers", place)
        if layer.name in names:
            raise Fault((*path, "name"), f'duplicate name: there is a layer "{layer.name}" already')
        names.add(layer.name)
        if not layer.neurons:
            raise Fault((*path, "neurons"), f'the layer "{layer.name}" has no neurons')
        if place == 0:
            for key in ("activation", "weights", "biases", "initializer"):
                if getattr(layer, key) is not None:
                    raise Fault((*path, key), f"the input layer has no {key}; remove this line")
        elif layer.activation is None:
            raise Fault(path, f'the layer "{layer.name}" has no activation; "sigmoid", perhaps?')


def check_weights(weights: dict[str, Weight], neurons: Neurons, by_matrix: set[str]) -> None:
    """Refuse edges that lead nowhere, that skip or go back a layer, and pairs with two edges.

    `by_matrix` are the neurons whose layer gives all its weights by itself.
    """
    layer_of = {name: place for place, layer in enumerate(neurons) for name in layer}
    edges: dict[tuple[str, str], str] = {}
    for name, edge in weights.items():
        path: KeyPath = ("weights", name)
        for key, end in (("from", edge.source), ("to", edge.to)):
            if end not in layer_of:
                hint = did_you_mean(end, layer_of)
                raise Fault((*path, key), f'the edge {name} needs a neuron "{end}" ({key}); {hint}')
        step = layer_of[edge.to] - layer_of[edge.source]
        if step != 1:
            raise Fault(path, f"{name} leads {_wrong_way(step)}: {edge.source} to {edge.to}")
        if edge.to in by_matrix:
            raise Fault(path, f"{name} leads to {edge.to}, whose layer gives its weights itself")
        if (twin := edges.setdefault((edge.source, edge.to), name)) != name:
            raise Fault(
                path, f"duplicate edge: {twin} leads from {edge.source} to {edge.to} already"
            )


def _wrong_way(step: int) -> str:
    match step:
        case 0:
            return "to a neuron of the same layer, not of the next"
        case -1:
            return "back a layer; swap from and to"
        case _:
            return "past the next layer" if step > 0 else "back; edges lead to the next layer"


def check_reached(weights: dict[str, Weight], neurons: Neurons) -> None:
    """Refuse a neuron that no weight leads to."""
    reached = {edge.to for edge in weights.values()}
    for place, layer in enumerate(neurons[1:], 1):
        for name in layer:
            if name not in reached:
                sources = listed(neurons[place - 1])
                raise Fault(
                    ("layers", place, "neurons"),
                    f'missing weight: none leads to {name}; name one in [weights] with from = one '
                    f'of {sources} and to = "{name}"',
                )


def check_biases(biases: dict[str, Bias], neurons: Neurons) -> None:
    """Refuse biases of neurons that are not there, of inputs, and a second one of a neuron."""
    receivers = [name for layer in neurons[1:] for name in layer]
    bias_of: dict[str, str] = {}
    for name, bias in biases.items():
        path: KeyPath = ("biases", name, "to")
        if not bias.neurons:
            raise Fault(path, f"the bias {name} belongs to no neuron; {did_you_mean('', receivers)}")
        for neuron in bias.neurons:
            if neuron in neurons[0]:
                raise Fault(path, f"{neuron} is an input, which has no bias")
            if neuron not in receivers:
                hint = did_you_mean(neuron, receivers)
                raise Fault(path, f'the bias {name} needs a neuron "{neuron}" (to); {hint}')
            if neuron in bias_of:
                raise Fault(path, f"{neuron} has a bias already: {bias_of[neuron]}")
            bias_of[neuron] = name


def check_samples(samples: tuple[Sample, ...], neurons: Neurons) -> None:
    """Refuse no samples, and samples with too few or too many numbers."""
    if not samples:
        raise Fault((), "no samples; add [[samples]] with input = [...] and target = [...]")
    for place, sample in enumerate(samples):
        for key, numbers, layer in (
            ("input", sample.input, neurons[0]),
            ("target", sample.target, neurons[-1]),
        ):
            if len(numbers) != len(layer):
                raise Fault(
                    ("samples", place, key),
                    f"{len(numbers)} {key} numbers; there must be {len(layer)}, "
                    f"one for each of {listed(layer)}",
                )


def check_finite(value: object, path: KeyPath) -> None:
    """Refuse NaN and infinity anywhere below `path`."""
    for place, number in _floats(value, path):
        if not math.isfinite(number):
            raise Fault(place, f"{number} is not a number to calculate with; give a finite one")


def _floats(value: object, path: KeyPath) -> Iterator[tuple[KeyPath, float]]:
    if isinstance(value, float):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _floats(item, (*path, key))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _floats(item, (*path, place))


def check_known(names: Iterable[str], known: Iterable[str], path: KeyPath, what: str) -> None:
    """Refuse a name that is not among the known ones."""
    known = list(known)
    for place, name in enumerate(names):
        if name not in known:
            raise Fault((*path, place), f'no {what} "{name}"; {did_you_mean(name, known)}')
