"""Random presets for the tests: what a network is, its TOML text, and strategies to draw one."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

from hypothesis import HealthCheck, Phase, assume, reject, settings
from hypothesis import strategies as st

from bptui.audit.prepare import prepare
from bptui.engine.optimizers import OPTIMIZERS
from bptui.preset.read import parse_preset
from bptui.story.setup import Setup
from tests import oracle

ACTIVATIONS = (
    *("sigmoid", "bipolar_sigmoid", "hard_sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu"),
    *("softplus", "silu", "gelu", "gelu tanh", "identity", "linear"),
)
"""Of any layer, with a form where there are several."""
KINKS = {
    **dict.fromkeys(("relu", "leaky_relu", "elu", "selu"), (0.0,)),
    "hard_sigmoid": (-2.5, 2.5),
}
"""Net inputs at which a slope, or what becomes of it, jumps."""
SMOOTH = ("half_squared_error", "squared_error", "mean_squared_error", "log_cosh")
"""Losses without a kink, at which rounding would decide about the slope."""
LOSSES = (
    *("half_squared_error", "squared_error", "mean_squared_error", "absolute_error"),
    *("mean_absolute_error", "huber", "log_cosh", "hinge", "none"),
)
"""Of any outputs, in the order of the table."""
CROSS_ENTROPIES = ("binary_cross_entropy", "categorical_cross_entropy")
ENDS = [
    *((output, loss) for output in (*ACTIVATIONS, "softmax") for loss in LOSSES),
    *((output, loss) for output in ("sigmoid", "softmax") for loss in CROSS_ENTROPIES),
]
"""Each last layer's activation and loss that go together."""
PLAIN_ENDS = [
    (output, loss)
    for output, loss in ENDS
    if loss in ("half_squared_error", *CROSS_ENTROPIES) or output in ("tanh", "softmax")
]
"""Each activation and each loss, but together only where formulas are of both: softmax's outputs
are coupled, cross-entropies have formulas over net inputs.
"""
FILE = "drawn.toml"

_T = TypeVar("_T")


@dataclass(frozen=True)
class Parameter:
    """A weight (with a source) or a bias; `generated` if the file leaves its name to bptui."""

    name: str
    targets: tuple[str, ...]
    value: float
    source: str = ""
    frozen: str = ""
    """"" trainable, "flag" by its own `trainable = false`, "list" by name in `[training]`."""
    generated: bool = False
    threshold: bool = False


@dataclass(frozen=True)
class Layer:
    """A layer; `counted` if the file says how many neurons it has, not their names."""

    neurons: tuple[str, ...]
    activation: str = ""
    counted: bool = False


OPTIMIZERS_IN_FORMS = tuple(
    f"{name} {form}".strip() for name, entry in OPTIMIZERS.items() for form in entry.forms or ("",)
)
"""Every optimizer in each of its forms, as a sketch has it."""


@dataclass(frozen=True)
class Sketch:
    """A network to be written as a preset, its parameters in the order of the file."""

    layers: tuple[Layer, ...]
    parameters: tuple[Parameter, ...]
    samples: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...]
    learning_rate: float = 0.5
    loss: str = "half_squared_error"
    batch: str | int = "full"
    reduction: str = "sum"
    update: str = "simultaneous"
    first_batch: int = 1
    optimizer: str = "sgd"
    """Its name, or that and a form: `momentum keras`.

    Only gradient descent is drawn and known to the oracle.
    """

    @property
    def batch_size(self) -> int:
        """How many samples a full batch has."""
        sizes = {"full": len(self.samples), "online": 1}
        return min(sizes.get(str(self.batch)) or int(self.batch), len(self.samples))

    def toml(self) -> str:
        """Return the preset's text."""
        parts = [
            'title = "drawn"',
            *self._training(),
            *(line for place in range(len(self.layers)) for line in self._layer(place)),
            "[weights]",
            *(_weight(p) for p in self.parameters if p.source and not p.generated),
            "[biases]",
            *(_bias(p) for p in self.parameters if not p.source and not p.generated),
        ]
        for inputs, targets in self.samples:
            parts += ["[[samples]]", f"input = {list(inputs)}"]
            parts += [f"target = {list(targets)}"] if self.loss != "none" else []
        return "\n".join(parts) + "\n"

    def setup(self) -> Setup:
        """Return it as bptui reads it."""
        return problem_from(self.toml())

    def lesson(self) -> oracle.Lesson:
        """Return it as the oracle needs it; the preset's reader has no part in that."""
        assert self.optimizer == "sgd"
        return oracle.Lesson(
            layers=tuple(layer.neurons for layer in self.layers),
            activations=tuple(layer.activation for layer in self.layers[1:]),
            weights={
                p.name: oracle.Weight(p.source, p.targets[0], p.value, not p.frozen)
                for p in self.parameters
                if p.source
            },
            biases={
                p.name: oracle.Bias(p.targets, p.value, not p.frozen, p.threshold)
                for p in self.parameters
                if not p.source
            },
            samples=self.samples,
            learning_rate=self.learning_rate,
            loss=self.loss,
            batch_size=self.batch_size,
            mean=self.reduction == "mean",
            sequential=self.update == "sequential",
            first_batch=self.first_batch,
        )

    def _training(self) -> list[str]:
        batch = self.batch if isinstance(self.batch, int) else f'"{self.batch}"'
        # a generated parameter has no line of its own for a flag
        held = [p.name for p in self.parameters if p.frozen and (p.frozen == "list" or p.generated)]
        return [
            "[training]",
            f"learning_rate = {self.learning_rate}",
            f'loss = "{self.loss}"',
            f"batch = {batch}",
            f"first_batch = {self.first_batch}",
            f'reduction = "{self.reduction}"',
            f'update = "{self.update}"',
            f"optimizer = {in_form(*self.optimizer.split())}",
            f"frozen = {_texts(held)}",
        ]

    def _layer(self, place: int) -> list[str]:
        layer = self.layers[place]
        neurons = str(len(layer.neurons)) if layer.counted else _texts(layer.neurons)
        lines = ["[[layers]]", f'name = "layer {place}"', f"neurons = {neurons}"]
        if place:
            lines.append(f"activation = {in_form(*layer.activation.split())}")
            lines += self._matrices(place)
        return lines

    def _matrices(self, place: int) -> list[str]:
        """Return the lines of the generated parameters of a layer."""
        neurons = self.layers[place].neurons
        made = {(p.source, p.targets[0]): p.value for p in self.parameters if p.generated}
        lines = []
        if any((source, neurons[0]) in made for source in self.layers[place - 1].neurons):
            sources = self.layers[place - 1].neurons
            lines.append(f"weights = {[[made[s, t] for t in neurons] for s in sources]}")
        if ("", neurons[0]) in made:
            lines.append(f"biases = {[made['', t] for t in neurons]}")
        return lines


def in_form(name: str, form: str = "") -> str:
    """Return an activation or optimizer as a preset has it."""
    return f'{{ name = "{name}", form = "{form}" }}' if form else f'"{name}"'


def _texts(names: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else f'"{name}"'


def _flag(parameter: Parameter) -> str:
    return ", trainable = false" if parameter.frozen == "flag" else ""


def _weight(p: Parameter) -> str:
    ends = f'from = "{p.source}", to = "{p.targets[0]}"'
    return f"{_key(p.name)} = {{ {ends}, value = {p.value}{_flag(p)} }}"


def _bias(p: Parameter) -> str:
    to = f'"{p.targets[0]}"' if len(p.targets) == 1 else _texts(p.targets)
    threshold = ", threshold = true" if p.threshold else ""
    return f"{_key(p.name)} = {{ to = {to}, value = {p.value}{_flag(p)}{threshold} }}"


def problem_from(toml: str) -> Setup:
    """Return a preset's text as a setup."""
    return prepare(parse_preset(toml, FILE))


def dense(
    sizes: Sequence[int],
    activation: str = "sigmoid",
    *,
    output: str = "",
    loss: str = "half_squared_error",
    samples: int = 1,
    seed: int = 1,
) -> Sketch:
    """Return a fully connected network of always the same numbers, a bias for each neuron."""
    wanted = abs if loss in CROSS_ENTROPIES else float
    rng = random.Random(seed)
    layers = [Layer(_counted(place, len(sizes), size)) for place, size in enumerate(sizes)]
    kinds = ["", *[activation] * (len(sizes) - 2), output or activation]
    layers = [Layer(x.neurons, kind) for x, kind in zip(layers, kinds, strict=True)]
    edges = [(s, t) for a, b in pairwise(layers) for s in a.neurons for t in b.neurons]
    computing = [neuron for layer in layers[1:] for neuron in layer.neurons]
    return Sketch(
        layers=tuple(layers),
        parameters=(
            *(Parameter(f"w{k}", (t,), _some(rng), s) for k, (s, t) in enumerate(edges, 1)),
            *(Parameter(f"b{k}", (t,), _some(rng)) for k, t in enumerate(computing, 1)),
        ),
        samples=tuple(
            (
                tuple(_some(rng) for _ in range(sizes[0])),
                tuple(wanted(_some(rng)) for _ in layers[-1].neurons),
            )
            for _ in range(samples)
        ),
        loss=loss,
    )


def _some(rng: random.Random) -> float:
    return round(rng.uniform(-1.0, 1.0), 3)


def _counted(place: int, layers: int, size: int) -> tuple[str, ...]:
    """Return the names that bptui gives the neurons of a layer that only says how many."""
    hidden = "h" if layers == 3 else f"h{place}_"
    prefix = "i" if place == 0 else "o" if place == layers - 1 else hidden
    return tuple(f"{prefix}{k}" for k in range(1, size + 1))


def examples(count: int) -> settings:
    """Return settings for a test that runs this often, however slow the machine is.

    A failing network is shown as it was drawn: to find its smallest likeness takes minutes, and
    adds little to the addresses that are wrong.
    """
    return settings(
        max_examples=count,
        deadline=None,
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
    )


def hundredths(most: float) -> st.SearchStrategy[float]:
    """Return a strategy for numbers as articles have them: -0.25, 0.4, 1.0."""
    return st.integers(-round(100 * most), round(100 * most)).map(lambda n: n / 100)


@st.composite
def networks(draw: st.DrawFn, activations: Sequence[str] = ACTIVATIONS) -> Sketch:
    """Draw a network with everything that a preset may say about it."""
    layers = draw(_layers(activations))
    loss = draw(st.sampled_from(SMOOTH))
    if draw(st.integers(0, 2)) == 0:
        several = len(layers[-1].neurons) > 1  # of one neuron softmax is always 1
        special = [
            (output, loss)
            for output, loss in ENDS
            if loss in CROSS_ENTROPIES or (output == "softmax" and loss in SMOOTH)
        ]
        output, loss = draw(st.sampled_from(special))
        layers[-1] = replace(layers[-1], activation=output if several else "sigmoid")
    targets = hundredths(1.0)
    if loss in CROSS_ENTROPIES:
        targets = st.integers(0, 100).map(lambda n: n / 100) | st.sampled_from((0.0, 1.0))
    pattern = draw(st.sampled_from(("w{}", "W[{}]", "out{}", "u_{}'")))
    parameters = [*draw(_weights(layers, pattern)), *draw(_biases(layers))]
    kinds = st.sampled_from(("", "", "", "flag", "list"))
    frozen = draw(_exactly(len(parameters), kinds))
    values = draw(_exactly(len(parameters), hundredths(1.5)))
    samples = st.tuples(
        _exactly(len(layers[0].neurons), hundredths(1.5)).map(tuple),
        _exactly(len(layers[-1].neurons), targets).map(tuple),
    )
    sizes: tuple[str | int, ...] = ("full", "online", 1, 2, 3, 5)
    sketch = Sketch(
        layers=tuple(layers),
        parameters=tuple(
            Parameter(p.name, p.targets, value, p.source, how, p.generated, p.threshold)
            for p, value, how in zip(parameters, values, frozen, strict=True)
        ),
        samples=tuple(draw(st.lists(samples, min_size=1, max_size=4))),
        learning_rate=draw(st.sampled_from((0.5, 0.05, 0.01, 0.1, 1))),
        loss=loss,
        batch=draw(st.sampled_from(sizes)),
        reduction=draw(st.sampled_from(("sum", "mean"))),
        update=draw(st.sampled_from(("simultaneous", "sequential"))),
    )
    batches = math.ceil(len(sketch.samples) / sketch.batch_size)
    return replace(sketch, first_batch=draw(st.integers(1, batches)))


def _exactly(count: int, each: st.SearchStrategy[_T]) -> st.SearchStrategy[list[_T]]:
    return st.lists(each, min_size=count, max_size=count)


@st.composite
def _layers(draw: st.DrawFn, activations: Sequence[str]) -> list[Layer]:
    sizes = draw(st.lists(st.integers(1, 4), min_size=2, max_size=5))
    kinds = ["", *draw(_exactly(len(sizes) - 1, st.sampled_from(activations)))]
    named = draw(st.sampled_from(("", "n{}", "a({})", "E{}")))
    numbers = iter(draw(st.permutations(range(1, sum(sizes) + 1))))
    layers = []
    for place, (size, kind) in enumerate(zip(sizes, kinds, strict=True)):
        names = tuple(named.format(next(numbers)) for _ in range(size))
        names = names if named else _counted(place, len(sizes), size)
        layers.append(Layer(names, kind, counted=not named and draw(st.booleans())))
    return layers


@st.composite
def _weights(draw: st.DrawFn, layers: list[Layer], pattern: str) -> list[Parameter]:
    """Draw the edges: some layers by matrix, the others by name, out of order and with gaps."""
    edges: list[tuple[str, str]] = []
    generated: list[Parameter] = []
    for before, layer in pairwise(layers):
        pairs = [(source, target) for source in before.neurons for target in layer.neurons]
        match draw(st.sampled_from(("matrix", "named", "sparse"))):
            case "matrix":
                generated += [Parameter(f"w_{s}_{t}", (t,), 0, s, generated=True) for s, t in pairs]
            case "named":
                edges += pairs
            case _:
                kept = draw(st.sets(st.sampled_from(pairs)))
                last = draw(_exactly(len(layer.neurons), st.sampled_from(before.neurons)))
                kept |= set(zip(last, layer.neurons, strict=True))
                edges += [pair for pair in pairs if pair in kept]
    order = draw(st.permutations(edges))
    numbers = draw(st.permutations(range(1, len(edges) + 1)))
    named = [
        Parameter(pattern.format(k), (t,), 0, s) for k, (s, t) in zip(numbers, order, strict=True)
    ]
    return named + generated


@st.composite
def _biases(draw: st.DrawFn, layers: list[Layer]) -> list[Parameter]:
    """Draw biases: none, one a neuron, by layer, or groups of neurons anywhere."""
    computing = [neuron for layer in layers[1:] for neuron in layer.neurons]
    match draw(st.sampled_from(("none", "each", "layer", "list", "groups"))):
        case "none":
            groups: list[tuple[str, ...]] = []
        case "each":
            groups = [(neuron,) for neuron in computing]
        case "layer":
            groups = [layer.neurons for layer in layers[1:]]
        case "list":
            return [Parameter(f"b_{n}", (n,), 0, generated=True) for n in computing]
        case _:
            # group 0 has no bias
            places = draw(_exactly(len(computing), st.integers(0, 3)))
            groups = [
                tuple(n for n, place in zip(computing, places, strict=True) if place == group)
                for group in (1, 2, 3)
                if group in places
            ]
    numbers = draw(st.permutations(range(1, len(groups) + 1)))
    subtracted = draw(st.integers(0, 3)) == 0  # in all layers: a group may be of several
    return [
        Parameter(f"b{k}", group, 0, threshold=subtracted)
        for k, group in zip(numbers, groups, strict=True)
    ]


def by_hand(sketch: Sketch, iterations: int = 3) -> list[tuple[int, str, oracle.Quantities]]:
    """Return the oracle's moments; reject an example that only chance would let others match."""
    try:
        moments = list(oracle.calculate(sketch.lesson(), iterations))
    except (ArithmeticError, ValueError):  # it overflows, or its cross-entropy has no end
        reject()
    assume(is_tame(sketch, moments))
    return moments


def is_tame(sketch: Sketch, moments: Sequence[tuple[int, str, oracle.Quantities]]) -> bool:
    """Return whether rounding cannot make two correct calculations of a network disagree.

    In a network that diverges, large numbers cancel; at the kink of relu, the sign of a rounding
    error decides about the slope.
    """
    quantities = [found for _, _, found in moments]
    if not all(abs(number) < 50 for found in quantities for number in found.values()):
        return False
    kinks = [
        (neuron, kink)
        for layer in sketch.layers
        for kink in KINKS.get(layer.activation, ())
        for neuron in layer.neurons
    ]
    return not any(_near_kink(sketch, found, *place) for found in quantities for place in kinks)


def _near_kink(sketch: Sketch, found: oracle.Quantities, neuron: str, kink: float) -> bool:
    """Return whether a net input is at a kink but for rounding, not for want of what to add."""
    ends = [f" @{k}" for k in range(1, sketch.batch_size + 1)] if sketch.batch_size > 1 else [""]
    return any(
        abs(found.get(f"net {neuron}{end}", math.inf) - kink) < 1e-9
        and any(_adds(p, found, end) for p in sketch.parameters if neuron in p.targets)
        for end in ends
    )


def _adds(parameter: Parameter, found: oracle.Quantities, end: str) -> bool:
    """Return whether a parameter adds anything but an exact 0 to a net input."""
    source = parameter.source
    fed = found.get(f"out {source}{end}", found.get(f"input {source}{end}", 1.0))
    return fed != 0.0
