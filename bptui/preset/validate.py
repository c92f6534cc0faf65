"""What types cannot say of a preset: that its names are sound and its edges lead somewhere."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from sys import float_info
from typing import cast

from bptui.preset.characters import is_steady
from bptui.preset.errors import Fault, KeyPath, counted, did_you_mean, listed, named, shortened
from bptui.preset.limits import MAX_DEPTH, MAX_LAYERS, MAX_NAME, MAX_SAMPLES, MAX_TEXT
from bptui.preset.model import Bias, Layer, Notation, Sample, Weight

RESERVED = frozenset(
    {"input", "target", "net", "out", "E", "step", "via", "start"}
    | {"forward", "backward", "update", "dE", "dout", "dnet"}
)
"""Words of the addresses (`net h1`, `dE/dout o1`, `1 backward`), which cannot be names too."""

_NAME = re.compile(r"[^\W\d][\w'.()\[\]]*")
_LARGEST = "1.79e308"

Neurons = tuple[tuple[str, ...], ...]
"""The names of each layer's neurons, inputs first."""


class Names:
    """The names taken so far, and where; neurons and parameters share one set."""

    def __init__(self) -> None:
        self._taken: dict[str, str] = {}

    def take(self, name: str, kind: str, path: KeyPath) -> None:
        """Claim a name for a neuron, weight or bias, or say why it cannot have it."""
        # parameters that nobody named are called by their neurons, and saved by that name
        most = MAX_NAME if kind == "neuron" else 3 * MAX_NAME
        if name in RESERVED:
            raise Fault(
                path,
                f'the {kind} name "{name}" is a word of addresses, like net h1 and dE/dw1; '
                f"call it {name}1 or the like",
            )
        if len(name) > most:
            raise Fault(
                path,
                f'the {kind} name "{shortened(name)}" has {len(name)} characters; '
                f"at most {most} fit on a screen",
            )
        if not _NAME.fullmatch(name):
            raise Fault(
                path,
                f'the {kind} name "{name}" cannot be part of an address; a name is a letter or _, '
                "then letters, digits, _ ' . ( ) [ ]",
            )
        if not all(map(is_steady, name)):
            raise Fault(
                path,
                f'the {kind} name "{name}" has letters that terminals show in different ways, or '
                "not at all; a name is of letters that stand alone, written from left to right",
            )
        if name in self._taken:
            raise Fault(
                path,
                f'duplicate name: "{name}" is a {self._taken[name]} already; rename one of the two',
            )
        self._taken[name] = kind


def check_layers(layers: tuple[Layer, ...]) -> None:
    """Refuse too few layers, a layer name given twice, and a wrong use of activations."""
    if len(layers) < 2:
        raise Fault(
            ("layers",),
            f"{counted(len(layers), 'layer')}; a network has at least two, "
            "the inputs first and the outputs last",
        )
    if len(layers) > MAX_LAYERS:
        raise Fault(("layers", MAX_LAYERS), f"too many layers; at most {MAX_LAYERS} work")
    names: set[str] = set()
    for place, layer in enumerate(layers):
        path: KeyPath = ("layers", place)
        if layer.name in names:
            raise Fault(
                (*path, "name"),
                f'duplicate name: there is a layer "{layer.name}" already; rename one of the two',
            )
        names.add(layer.name)
        if not layer.neurons:
            raise Fault((*path, "neurons"), f'layer "{layer.name}" has no neurons; name some')
        if place == 0:
            for key in ("activation", "weights", "biases", "initializer"):
                if getattr(layer, key) is not None:
                    raise Fault((*path, key), f"the input layer has no {key}; remove this line")
        elif layer.activation is None:
            raise Fault(
                path,
                f'layer "{layer.name}" has no "activation"; add activation = "sigmoid" or the like',
            )


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
                raise Fault((*path, key), f'{name} leads {key} "{end}", which is no neuron; {hint}')
        step = layer_of[edge.to] - layer_of[edge.source]
        if step != 1:
            raise Fault(path, f"{name} leads from {edge.source} {_wrong_way(step, edge.to)}")
        if edge.to in by_matrix:
            raise Fault(
                path,
                f"{name} leads to {edge.to}, whose layer gives all its weights itself; "
                "remove one of the two",
            )
        if (twin := edges.setdefault((edge.source, edge.to), name)) != name:
            raise Fault(
                path,
                f"duplicate edge: {twin} leads from {edge.source} to {edge.to} already; "
                "remove one of the two",
            )


def _wrong_way(step: int, to: str) -> str:
    match step:
        case 0:
            return f"to {to} of the same layer; edges lead to the next layer"
        case -1:
            return f"back to {to}; swap from and to"
        case _:
            past = "past the next layer" if step > 0 else "back"
            return f"{past} to {to}; edges lead to the next layer"


def check_reached(weights: dict[str, Weight], neurons: Neurons) -> None:
    """Refuse a neuron that no weight leads to."""
    reached = {edge.to for edge in weights.values()}
    for place, layer in enumerate(neurons[1:], 1):
        for name in layer:
            if name not in reached:
                sources = listed(neurons[place - 1])
                raise Fault(
                    ("layers", place, "neurons"),
                    f"missing weight: none leads to {name}; add one to [weights] with from = one "
                    f'of {sources} and to = "{name}", or give the layer "weights" or "initializer"',
                )


def check_biases(biases: dict[str, Bias], neurons: Neurons) -> None:
    """Refuse biases of neurons that are not there, of inputs, and a second one of a neuron."""
    inputs = set(neurons[0])
    receivers = dict.fromkeys(name for layer in neurons[1:] for name in layer)
    bias_of: dict[str, str] = {}
    for name, bias in biases.items():
        path: KeyPath = ("biases", name, "to")
        if not bias.neurons:
            raise Fault(path, f"{name} is no neuron's bias; {did_you_mean('', receivers)}")
        for neuron in bias.neurons:
            if neuron in inputs:
                raise Fault(path, f"{neuron} is an input, which has no bias; leave it out")
            if neuron not in receivers:
                hint = did_you_mean(neuron, receivers)
                raise Fault(path, f'{name} is added to "{neuron}", which is no neuron; {hint}')
            if neuron in bias_of:
                raise Fault(
                    path, f"{neuron} has a bias already, {bias_of[neuron]}; remove one of the two"
                )
            bias_of[neuron] = name
    _check_thresholds(biases, neurons)


def _check_thresholds(biases: dict[str, Bias], neurons: Neurons) -> None:
    """Refuse layers in which some neurons have a bias and others a threshold."""
    for layer in neurons[1:]:
        kinds = {b.threshold: name for name, b in biases.items() if set(b.neurons) & set(layer)}
        if len(kinds) > 1:
            raise Fault(
                ("biases", kinds[True], "threshold"),
                f"{kinds[True]} is a threshold, but {kinds[False]} in the same layer is added; "
                "one kind is enough for a layer",
            )


def check_samples(samples: tuple[Sample, ...], neurons: Neurons) -> None:
    """Refuse no samples, and samples with too few or too many numbers."""
    if not samples:
        raise Fault((), "no samples; add [[samples]] with input = [...] and target = [...]")
    if len(samples) > MAX_SAMPLES:
        raise Fault(("samples", MAX_SAMPLES), f"too many samples; at most {MAX_SAMPLES} work")
    for place, sample in enumerate(samples):
        for key, numbers, layer in (
            ("input", sample.input, neurons[0]),
            ("target", sample.target, neurons[-1]),
        ):
            if len(numbers) != len(layer):
                raise Fault(
                    ("samples", place, key),
                    f'"{key}" has {counted(len(numbers), "number")}; '
                    f"it needs {len(layer)}, one for each of {listed(layer)}",
                )


def check_notation(notation: Notation) -> None:
    """Refuse notations that are neither a word nor a pattern with one place for the neuron."""
    for key, text in (("net", notation.net), ("out", notation.out)):
        rest = text.replace("{}", "", 1)
        if not text.strip() or "{" in rest or "}" in rest:
            raise Fault(
                ("notation", key),
                f'"{key}" must be a word, "z", or have one {{}} for the neuron, "z_{{}}"',
            )


def check_values(table: object, path: KeyPath = ()) -> None:
    """Refuse what no key can hold: numbers and texts that cannot be used, and deep nesting."""
    if len(path) > MAX_DEPTH:
        raise Fault(path, f"nested too deeply; no key of a preset is {MAX_DEPTH} levels down")
    if isinstance(table, dict):
        for key in table:
            if wrong := _wrong_text(key):
                raise Fault((*path, key), f"a key {wrong}")
    pairs = table.items() if isinstance(table, dict) else enumerate(cast("list[object]", table))
    for part, value in pairs:
        if isinstance(value, (dict, list)):
            check_values(value, (*path, part))
        elif wrong := _wrong_value(value):
            raise Fault((*path, part), f"{named((*path, part))} {wrong}")


def _wrong_value(value: object) -> str:
    if isinstance(value, str):
        return _wrong_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return f"is {value}; give a finite number, at most {_LARGEST}"
    if isinstance(value, int) and abs(value) > float_info.max:
        return f"is too large; give a number of at most {_LARGEST}"
    return ""


def _wrong_text(text: str) -> str:
    if len(text) > MAX_TEXT:
        return f"has {len(text)} characters; at most {MAX_TEXT} fit"
    return ""


def check_known(names: Iterable[str], known: Iterable[str], path: KeyPath, what: str) -> None:
    """Refuse a name that is not among the known ones."""
    known = dict.fromkeys(known)
    for place, name in enumerate(names):
        if name not in known:
            raise Fault((*path, place), f'no {what} "{name}"; {did_you_mean(name, known)}')
