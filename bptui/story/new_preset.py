"""A first preset for an author: of a shape, with numbers from a seed and comments for the rest."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from random import Random

from msgspec import Struct

from bptui.engine.functions import ACTIVATIONS, LOSSES, Loss
from bptui.engine.optimizers import OPTIMIZERS
from bptui.preset.generate import name_neurons
from bptui.preset.initializers import draw_matrix
from bptui.preset.model import Column, Layer
from bptui.preset.write import toml_value

_NAMED = 40
"""The most weights that are given one by one."""
_DRAWN = "glorot_uniform"
_WIDTH = 98


class Wanted(Struct, frozen=True):
    """What a new preset is to be."""

    shape: tuple[int, ...]
    """The neurons of each layer, inputs first."""
    activation: str = "sigmoid"
    """That of hidden layers."""
    output: str = ""
    """That of the last layer; if empty, the one that goes with the loss."""
    loss: str = ""
    """If empty, the one that goes with the outputs."""
    seed: int = 1
    csv: str = ""
    """The CSV file with its samples, from the folder of the preset; if empty, it gets one."""
    columns: tuple[Column, ...] = ()
    """Those of that file, inputs first."""


def new_preset(wanted: Wanted) -> str:
    """The TOML text; names that are in no table are written as they are."""
    output, loss = _end(wanted)
    name = "-".join(map(str, wanted.shape))
    layers = list(_layers(wanted, output))
    blocks: list[Iterable[str]] = [
        [f'title = "A {name} network"', '# source = "the article or book that it is from"'],
        [
            "[training]",
            "learning_rate = 0.5",
            f'loss = "{loss}"',
            *_others(loss, LOSSES),
            'optimizer = "sgd"',
            *_others("sgd", OPTIMIZERS),
        ],
        *layers,
        *_parameters(wanted),
        _data(wanted) if wanted.csv else _sample(wanted, loss),
        _figures(_neurons(wanted.shape)[1][0]),
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _end(wanted: Wanted) -> tuple[str, str]:
    """The activation of the outputs and the loss, which go together."""
    output, loss = wanted.output, wanted.loss
    if not loss:
        loss = _fitting(output) if _is_of_layer(output) else "half_squared_error"
    if not output:
        entry: Loss | None = LOSSES.get(loss)
        from_nets = entry.from_nets if entry is not None else {}
        output = next((name for name, ends in from_nets.items() if ends.cancels), "sigmoid")
    return output, loss


def _is_of_layer(activation: str) -> bool:
    """Whether an output depends on the nets of the others, as in a softmax layer."""
    return activation in ACTIVATIONS and ACTIVATIONS[activation].other_slope is not None


def _fitting(output: str) -> str:
    ends = {name: loss.from_nets.get(output) for name, loss in LOSSES.items()}
    return next(name for name, end in ends.items() if end is not None and end.cancels)


def _others(name: str, table: Iterable[str]) -> list[str]:
    """A comment with what else a table has."""
    told = f"or {', '.join(other for other in table if other != name)}"
    return textwrap.wrap(
        told, _WIDTH, initial_indent="#   ", subsequent_indent="#   ", break_on_hyphens=False
    )


def _layer_names(shape: Sequence[int]) -> list[str]:
    hidden = len(shape) - 2
    return ["input", *(f"hidden{k + 1 if hidden > 1 else ''}" for k in range(hidden)), "output"]


def _neurons(shape: Sequence[int]) -> tuple[tuple[str, ...], ...]:
    return name_neurons(tuple(Layer(str(place), n) for place, n in enumerate(shape)))


def _is_named(shape: Sequence[int]) -> bool:
    return sum(a * b for a, b in pairwise(shape)) <= _NAMED


def _layers(wanted: Wanted, output: str) -> Iterator[list[str]]:
    shape = wanted.shape
    named = _is_named(shape)
    names = _neurons(shape) if named else ()
    last = len(shape) - 1
    for place, layer in enumerate(_layer_names(shape)):
        rows = ["[[layers]]", f'name = "{layer}"']
        rows += [f"neurons = {_list(names[place])}" if named else f"neurons = {shape[place]}"]
        if place:
            activation = output if place == last else wanted.activation
            rows += [f'activation = "{activation}"']
            known = [name for name in ACTIVATIONS if place == last or not _is_of_layer(name)]
            rows += _others(activation, known) if place == 1 else []
        if place and not named:
            drawn = f'{{ name = "{_DRAWN}", seed = {wanted.seed + place - 1} }}'
            rows += [f"initializer = {drawn}"]
        yield rows


def _parameters(wanted: Wanted) -> Iterator[list[str]]:
    """The weights and biases one by one, if they are few."""
    if not _is_named(wanted.shape):
        return
    weights, biases = ["[weights]  # as the article numbers them"], ["[biases]"]
    for place, (sources, targets) in enumerate(pairwise(_neurons(wanted.shape))):
        matrix = draw_matrix(_DRAWN, wanted.seed + place, len(sources), len(targets))
        for column, target in enumerate(targets):
            for row, source in enumerate(sources):
                ends = f'from = "{source}", to = "{target}"'
                value = round(matrix[row][column], 2) + 0.0
                weights += [f"w{len(weights)} = {{ {ends}, value = {value} }}"]
            biases += [f'b{len(biases)} = {{ to = "{target}", value = 0.1 }}']
    yield weights
    yield biases


def _sample(wanted: Wanted, loss: str) -> list[str]:
    rng, entry = Random(wanted.seed), LOSSES.get(loss)
    inputs = [str(round(rng.uniform(0.05, 0.95), 2)) for _ in range(wanted.shape[0])]
    rows = ["[[samples]]  # one or more", f"input = [{', '.join(inputs)}]"]
    if entry is None or not entry.has_targets:
        return rows
    targets = ["1", *["0"] * (wanted.shape[-1] - 1)]
    return [*rows, f"target = [{', '.join(targets)}]"]


def _data(wanted: Wanted) -> list[str]:
    """A column for each output, or the last one for their classes."""
    inputs, outputs = wanted.shape[0], wanted.shape[-1]
    rest = wanted.columns[inputs:]
    target = _list(rest) if len(rest) == outputs > 1 else toml_value(rest[-1])
    return [
        "[data]",
        f"csv = {toml_value(wanted.csv)}",
        f"input = {_list(wanted.columns[:inputs])}",
        f"target = {target}",
        '# scale = "standard"  # or "min_max"',
    ]


def _list(names: Iterable[Column]) -> str:
    return f"[{', '.join(map(toml_value, names))}]"


def _figures(neuron: str) -> list[str]:
    told = "What the article prints goes here, in quotes to keep every digit; bptui check compares"
    figures = ["[expected.1.forward]", f'"net {neuron}" = "0.3775"', 'E = "0.2984"']
    return [f"# {line}" for line in (f"{told} it:", *figures)]
