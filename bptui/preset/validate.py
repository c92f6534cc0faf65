"""What types cannot say of a preset: that its names are sound and its edges lead somewhere."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Sequence
from sys import float_info
from typing import Any, cast

from msgspec.structs import asdict

from bptui.preset.characters import is_steady
from bptui.preset.errors import Fault, KeyPath, counted, did_you_mean, listed, named, shortened
from bptui.preset.limits import (
    MAX_BATCHES,
    MAX_DEPTH,
    MAX_LAYERS,
    MAX_NAME,
    MAX_SAMPLES,
    MAX_TEXT,
    MAX_WORK,
    work,
)
from bptui.preset.model import Bias, Layer, Notation, Preset, Sample, Weight

RESERVED = frozenset(
    {"input", "target", "net", "out", "E", "penalty", "step", "via", "start"}
    | {"forward", "backward", "update", "dE", "dout", "dnet"}
)
"""Words of the addresses (`net h1`, `dE/dout o1`, `1 backward`), which cannot be names too."""

NO_SAMPLES = (
    "no samples; add [[samples]] with input = [...] and target = [...], or [data] with a CSV file"
)
_NAME = re.compile(r"[^\W\d][\w'.()\[\]]*")
_NUMBERED = re.compile(r"\d[\w']*")
"""The name of a neuron that begins with a digit: 4, but not 0.4."""
_LARGEST = "1.79e308"

Neurons = tuple[tuple[str, ...], ...]
"""The names of each layer's neurons, inputs first."""


def take_name(name: str, kind: str, taken: dict[str, str], path: KeyPath) -> None:
    """Claim a name for a neuron, weight or bias: all of them share one set."""
    # parameters that nobody named are called by their neurons, and saved by that name
    most = MAX_NAME if kind == "neuron" else 3 * MAX_NAME
    if wrong := _wrong_name(name, kind, most):
        shown = shortened(name) if len(name) > most else name
        raise Fault(path, f'the {kind} name "{shown}" {wrong}')
    if name in taken:
        told = f'duplicate name: "{name}" already names a {taken[name]}; rename one of the two'
        raise Fault(path, told)
    taken[name] = kind


def take_made_names(
    names: Collection[str], kind: str, taken: dict[str, str], path: KeyPath
) -> None:
    """Claim names that are made of neurons' names, so that only another's can be in the way."""
    if not taken.keys().isdisjoint(names):
        for name in names:
            take_name(name, kind, taken, path)
    taken.update(dict.fromkeys(names, kind))


def _wrong_name(name: str, kind: str, most: int) -> str:
    if name in RESERVED:
        return f"is reserved for addresses such as net h1 and dE/dw1; call it {name}1, for example"
    if len(name) > most:
        return f"has {len(name)} characters; the limit is {most}"
    if not _NAME.fullmatch(name) and not (kind == "neuron" and _NUMBERED.fullmatch(name)):
        mend = "use a letter or _, then letters, digits and any of _ ' . ( ) [ ]"
        return f"does not fit into an address; {mend}"
    if not name.isascii() and not all(map(is_steady, name)):
        return (
            "has characters that terminals draw differently, or not at all; "
            "use plain letters, written from left to right"
        )
    return ""


def check_layers(layers: tuple[Layer, ...]) -> None:
    """Refuse too few layers, a layer name given twice, and a wrong use of activations."""
    if len(layers) < 2:
        told = "a network has at least two, the inputs first and the outputs last"
        raise Fault(("layers",), f"{counted(len(layers), 'layer')}; {told}")
    if len(layers) > MAX_LAYERS:
        raise Fault(("layers", MAX_LAYERS), f"too many layers; the limit is {MAX_LAYERS}")
    names: set[str] = set()
    for place, layer in enumerate(layers):
        path: KeyPath = ("layers", place)
        if layer.name in names:
            told = f'duplicate name: two layers are called "{layer.name}"; rename one of them'
            raise Fault((*path, "name"), told)
        names.add(layer.name)
        if not layer.neurons:
            raise Fault(
                (*path, "neurons"),
                f'layer "{layer.name}" has no neurons; name some, or say how many',
            )
        if place == 0:
            for key in ("activation", "weights", "biases", "initializer"):
                if getattr(layer, key) is not None:
                    raise Fault((*path, key), f"the input layer takes no {key}; remove this line")
        elif layer.activation is None:
            raise Fault(
                path,
                f'layer "{layer.name}" has no "activation"; add activation = "sigmoid" or another',
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
                told = f'{name} leads {key} "{end}", which is not a neuron; {hint}'
                raise Fault((*path, key), told)
        step = layer_of[edge.to] - layer_of[edge.source]
        if step != 1:
            raise Fault(path, f"{name} leads from {edge.source} {_wrong_way(step, edge.to)}")
        if edge.to in by_matrix:
            told = f'{name} leads to {edge.to}, whose layer has "weights" or an "initializer"'
            raise Fault(path, f"{told}; remove one of the two")
        if (twin := edges.setdefault((edge.source, edge.to), name)) != name:
            told = f"duplicate edge: {twin} also leads from {edge.source} to {edge.to}"
            raise Fault(path, f"{told}; remove one of the two")


def _wrong_way(step: int, to: str) -> str:
    match step:
        case 0:
            return f"to {to} in the same layer; edges lead to the next layer"
        case -1:
            return f"back to {to}; swap from and to"
        case _:
            past = "past the next layer" if step > 0 else "back"
            return f"{past} to {to}; edges lead to the next layer"


def check_reached(weights: dict[str, Weight], neurons: Neurons) -> None:
    reached = {edge.to for edge in weights.values()}
    for place, layer in enumerate(neurons[1:], 1):
        for name in layer:
            if name not in reached:
                source = neurons[place - 1][0]
                raise Fault(
                    ("layers", place, "neurons"),
                    f'missing weight: none leads to {name}; add one to [weights] from "{source}" '
                    f'to "{name}", for example, or give the layer "weights" or an "initializer"',
                )


def check_biases(biases: dict[str, Bias], neurons: Neurons, layers: Sequence[str] = ()) -> None:
    """Refuse biases of unknown neurons, of inputs, and a second one of a neuron."""
    inputs = set(neurons[0])
    receivers = dict.fromkeys(name for layer in neurons[1:] for name in layer)
    bias_of: dict[str, str] = {}
    for name, bias in biases.items():
        path: KeyPath = ("biases", name, "to")
        if not bias.neurons:
            raise Fault(path, f"{name} has no neuron; name one or more of {listed(receivers)}")
        for neuron in bias.neurons:
            if neuron in inputs:
                raise Fault(path, f"{neuron} is an input, and inputs have no bias; leave it out")
            if neuron not in receivers:
                hint = did_you_mean(neuron, receivers)
                if neuron in layers[1:]:  # it is meant for all of them
                    names = ", ".join(f'"{name}"' for name in neurons[layers.index(neuron)][:12])
                    hint = f"name those of the layer: to = [{names}]"
                raise Fault(path, f'{name} leads to "{neuron}", which is not a neuron; {hint}')
            if neuron in bias_of:
                told = f"{neuron} already has the bias {bias_of[neuron]}; remove one of the two"
                raise Fault(path, told)
            bias_of[neuron] = name
    _check_thresholds(biases, neurons)


def _check_thresholds(biases: dict[str, Bias], neurons: Neurons) -> None:
    for layer in neurons[1:]:
        kinds = {b.threshold: name for name, b in biases.items() if set(b.neurons) & set(layer)}
        if len(kinds) > 1:
            raise Fault(
                ("biases", kinds[True], "threshold"),
                f"{kinds[True]} is a threshold, but {kinds[False]} in the same layer is a bias; "
                "use one kind in a layer",
            )


def check_samples(samples: tuple[Sample, ...], neurons: Neurons) -> None:
    """Refuse no samples, and samples with too few or too many numbers."""
    if not samples:
        raise Fault((), NO_SAMPLES)
    if len(samples) > MAX_SAMPLES:
        raise Fault(("samples", MAX_SAMPLES), f"too many samples; the limit is {MAX_SAMPLES}")
    for place, sample in enumerate(samples):
        for key, names in (("input", neurons[0]), ("target", neurons[-1])):
            if (numbers := getattr(sample, key)) is not None:
                commas = len(numbers) == 2 * len(names) and all(map(float.is_integer, numbers))
                hint = ", or are there decimal commas? Write 0.5" if commas else ""
                check_size(numbers, names, ("samples", place, key), hint=hint)


def check_training(preset: Preset, neurons: Neurons) -> None:
    """Refuse a rule that leads nowhere, and batches that are too much to step through."""
    training, samples = preset.training, len(preset.samples)
    if training.learning_rate < 0:
        raise Fault(
            ("training", "learning_rate"),
            f"a learning rate of {training.learning_rate} climbs the loss; give a positive one",
        )
    _check_rates(preset)
    batches = training.batches(samples)
    if batches > MAX_BATCHES:
        told = f"an epoch of {batches} batches; the limit is {MAX_BATCHES}: give a larger batch"
        raise Fault(("training", "batch"), told)
    if training.first_batch > batches:
        mend = f"give 1 to {batches}" if batches > 1 else "remove this line"
        raise Fault(
            ("training", "first_batch"),
            f'"first_batch" is {training.first_batch}, but an epoch has only '
            f"{batches} batch{'es' if batches > 1 else ''}; {mend}",
        )
    check_parameters(training.frozen, preset, ("training", "frozen"))
    sizes, batch = [len(names) for names in neurons], training.batch_size(samples)
    if work(sizes, batch) > MAX_WORK:
        most = MAX_WORK // work(sizes, 1)  # some: layers are too small for more than that
        raise Fault(
            _more_than(most, preset),
            f"a batch of {batch} samples is too much for a network of this size; "
            f"give a [training] batch of at most {most}, or fewer samples",
        )


def _check_rates(preset: Preset) -> None:
    """Refuse learning rates of what has none, and those that climb the loss."""
    first, *others = (layer.name for layer in preset.layers)
    known = (*others, *preset.weights, *preset.biases)
    for name, rate in preset.training.rates.items():
        path: KeyPath = ("training", "rates", name)
        if name not in known:
            told = f'no layer or parameter "{name}"; {did_you_mean(name, known)}'
            if name == first:
                told = f'"{name}" is the input layer, and no weights lead to it; name another'
            raise Fault(path, told)
        if known.count(name) > 1:
            told = f'"{name}" is both a layer and a parameter; rename one of the two'
            raise Fault(path, told)
        if rate < 0:
            raise Fault(path, f"a learning rate of {rate} climbs the loss; give a positive one")


def _more_than(most: int, preset: Preset) -> KeyPath:
    """Where it says that a batch has more samples than so many."""
    if preset.training.batch != "full":
        return ("training", "batch")
    return ("samples", most) if preset.data is None else ("data", "csv")


def check_size(
    given: Sequence[object],
    names: Sequence[str],
    path: KeyPath,
    noun: str = "number",
    *,
    row: str = "",
    hint: str = "",
) -> None:
    """Refuse a list that does not have one number, row, figure or name for each name."""
    if len(given) != len(names):
        what = row or f'"{path[-1]}"'
        told = f"it needs {len(names)}, one for each of {listed(names)}{hint}"
        raise Fault(path, f"{what} has {counted(len(given), noun)}; {told}")


_SINGLE = {"loss": "E_total", "learning_rate": "α"}
"""What there is one of in a network, so that its sign has no place for a name; an example."""


def check_notation(notation: Notation, outputs: tuple[str, ...]) -> None:
    """Refuse what is no word and no pattern, and lists that do not fit the outputs."""
    for key, given in asdict(notation).items():
        path: KeyPath = ("notation", key)
        if isinstance(given, tuple):
            check_size(given, outputs, path, "name")
            for place, text in enumerate(given):
                if _is_wrong_sign(text):
                    told = f'{named((*path, place))} must be a word, "y1"'
                    raise Fault((*path, place), told)
        elif given is not None and _is_wrong_sign(given, places=key not in _SINGLE):
            example = f'"{_SINGLE[key]}"' if key in _SINGLE else _PATTERNS[key == "new"]
            raise Fault(path, f'"{key}" must be a word, {example}')


_PATTERNS = (
    '"z", or have one {} for the neuron, "z_{}"',
    '"new", or have one {} for the weight, "{}_new"',
)


def _is_wrong_sign(text: str, *, places: bool = False) -> bool:
    rest = text.replace("{}", "", 1) if places else text
    return not text.strip() or "{" in rest or "}" in rest


def check_values(table: object, path: KeyPath = ()) -> None:
    """Refuse what no key can hold: numbers and texts that cannot be used, and deep nesting."""
    if len(path) > MAX_DEPTH:
        raise Fault(path, f"nested too deeply; the limit is {MAX_DEPTH} levels")
    if isinstance(table, dict):
        for key in table:
            if wrong := _wrong_text(key):
                raise Fault((*path, key), f"a key {wrong}")
    elif _all_finite(values := cast("list[object]", table)):
        return  # of a file with many samples, that is nearly all
    pairs = table.items() if isinstance(table, dict) else enumerate(values)
    for part, value in pairs:
        if isinstance(value, (dict, list)):
            check_values(value, (*path, part))
        elif wrong := _wrong_value(value):
            raise Fault((*path, part), f"{named((*path, part))} {wrong}")


def _all_finite(values: list[Any]) -> bool:
    """Whether a list has only numbers, and all of them can be used."""
    try:
        return {*map(type, values)} <= {int, float} and all(map(math.isfinite, values))
    except OverflowError:  # a whole number that no float can be
        return False


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
        return f"has {len(text)} characters; the limit is {MAX_TEXT}"
    return ""


def check_parameters(names: Iterable[str], preset: Preset, path: KeyPath) -> None:
    """Refuse names that no parameter has, in a list or as the keys of a table."""
    known = {**preset.weights, **preset.biases}
    for place, name in enumerate(names):
        if name not in known:
            at = name if isinstance(names, dict) else place
            raise Fault((*path, at), f'no parameter "{name}"; {did_you_mean(name, known)}')
