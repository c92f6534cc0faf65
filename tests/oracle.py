"""A second follow: backpropagation by hand, in loops over named neurons and plain Python floats.

It is written from the definitions of the quantities, not from the engine, and shares no code with
it: no arrays, no matrices, and the shares `via` a neuron by walking every path there is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from bptui.preset.model import Preset

Quantities = dict[str, float]
"""Values by address."""


@dataclass(frozen=True)
class Weight:
    """An edge."""

    source: str
    target: str
    value: float
    trainable: bool = True


@dataclass(frozen=True)
class Bias:
    """A bias of one neuron or more."""

    targets: tuple[str, ...]
    value: float
    trainable: bool = True
    threshold: bool = False
    """Whether it is subtracted."""


@dataclass(frozen=True)
class Lesson:
    """All that the calculation starts from."""

    layers: tuple[tuple[str, ...], ...]
    """Each layer's neurons, the inputs first."""
    activations: tuple[str, ...]
    """Of each layer but the inputs."""
    weights: dict[str, Weight]
    biases: dict[str, Bias]
    samples: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...]
    """(input, target) of each."""
    learning_rate: float
    loss: str
    batch_size: int
    mean: bool
    """Whether E is the mean over the samples of a batch, not their sum."""
    sequential: bool
    first_batch: int = 1
    """Which batch of the epoch iteration 1 uses."""
    errors: bool = False
    """Whether the article writes Err, minus the delta."""

    @cached_property
    def first_values(self) -> dict[str, float]:
        """The values that the parameters begin with."""
        return {name: weight.value for name, weight in self.weights.items()} | {
            name: bias.value for name, bias in self.biases.items()
        }

    @cached_property
    def trainable(self) -> set[str]:
        """The parameters that updates change."""
        return {name for name, weight in self.weights.items() if weight.trainable} | {
            name for name, bias in self.biases.items() if bias.trainable
        }

    @cached_property
    def outgoing(self) -> dict[str, list[tuple[str, str]]]:
        """The (weight, target) of each edge that leads from a neuron."""
        found: dict[str, list[tuple[str, str]]] = {n: [] for layer in self.layers for n in layer}
        for name, weight in self.weights.items():
            found[weight.source].append((name, weight.target))
        return found

    @cached_property
    def incoming(self) -> dict[str, list[tuple[str, str]]]:
        """The (weight, source) of each edge that leads to a neuron."""
        found: dict[str, list[tuple[str, str]]] = {n: [] for layer in self.layers for n in layer}
        for name, weight in self.weights.items():
            found[weight.target].append((name, weight.source))
        return found

    @cached_property
    def bias_of(self) -> dict[str, str]:
        """The name of a neuron's bias, for those that have one."""
        return {target: name for name, bias in self.biases.items() for target in bias.targets}

    @cached_property
    def walks(self) -> dict[str, dict[str, list[Path]]]:
        """For each neuron, every path from it to each neuron that it leads to."""
        return {neuron: self._walks_from(neuron) for layer in self.layers for neuron in layer}

    def _walks_from(self, neuron: str) -> dict[str, list[Path]]:
        found: dict[str, list[Path]] = {}
        unfinished: list[Path] = [((name, target),) for name, target in self.outgoing[neuron]]
        while unfinished:
            path = unfinished.pop()
            end = path[-1][1]
            found.setdefault(end, []).append(path)
            unfinished += [(*path, edge) for edge in self.outgoing[end]]
        return found

    def batch(self, iteration: int) -> list[tuple[tuple[float, ...], tuple[float, ...]]]:
        """Return the samples of an iteration: batch after batch, after the last the first again."""
        starts = list(range(0, len(self.samples), self.batch_size))
        start = starts[(self.first_batch + iteration - 2) % len(starts)]
        return list(self.samples[start : start + self.batch_size])


Path = tuple[tuple[str, str], ...]
"""The (weight, target) of each edge on a way through the network."""


def lesson_of(preset: Preset) -> Lesson:
    """Return what a preset says, as the calculation needs it."""
    training = preset.training
    sizes = {"full": len(preset.samples), "online": 1}
    held, last = set(training.frozen), preset.layers[-1].neurons
    assert isinstance(last, tuple)  # reading a preset names them
    outputs = len(last)
    return Lesson(
        layers=tuple(layer.neurons for layer in preset.layers if isinstance(layer.neurons, tuple)),
        activations=tuple(str(layer.activation) for layer in preset.layers[1:]),
        weights={
            name: Weight(w.source, w.to, w.value, w.trainable and name not in held)
            for name, w in preset.weights.items()
        },
        biases={
            name: Bias(b.neurons, b.value, b.trainable and name not in held, b.threshold)
            for name, b in preset.biases.items()
        },
        samples=tuple((s.input, s.target or (0.0,) * outputs) for s in preset.samples),
        learning_rate=training.learning_rate,
        loss=str(training.loss),
        batch_size=sizes.get(str(training.batch)) or int(training.batch),
        mean=training.reduction == "mean",
        sequential=training.update == "sequential",
        first_batch=training.first_batch,
        errors=bool(preset.notation.error),
    )


def _sigmoid(net: float) -> float:
    if net < 0:  # exp of a large number would overflow
        return math.exp(net) / (1 + math.exp(net))
    return 1 / (1 + math.exp(-net))


ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805
"""Of selu."""


def _steep(net: float) -> float:
    """Twice the argument of gelu's tanh: 1 + tanh(x) is 2 sigmoid(2x)."""
    return math.sqrt(8 / math.pi) * (net + 0.044715 * net**3)


def _bell_below(net: float) -> float:
    """How much of the normal distribution is below net."""
    return math.erfc(-net / math.sqrt(2)) / 2


ACTIVATIONS: dict[str, Callable[[float], float]] = {
    "sigmoid": _sigmoid,
    "tanh": math.tanh,
    "relu": lambda net: net if net > 0 else 0.0,
    "leaky_relu": lambda net: net if net > 0 else 0.01 * net,
    "identity": lambda net: net,
    "linear": lambda net: net,
    "bipolar_sigmoid": lambda net: 2 * _sigmoid(net) - 1,
    "hard_sigmoid": lambda net: min(max(net / 5 + 0.5, 0.0), 1.0),
    "elu": lambda net: net if net > 0 else math.exp(net) - 1,
    "selu": lambda net: SCALE * (net if net > 0 else ALPHA * (math.exp(net) - 1)),
    "softplus": lambda net: math.log(1 + math.exp(net)),
    "silu": lambda net: net * _sigmoid(net),
    "gelu": lambda net: net * _bell_below(net),
    "gelu tanh": lambda net: net * _sigmoid(_steep(net)),
}

# textbooks' derivatives in terms of net, where the engine has those in terms of out
SLOPES: dict[str, Callable[[float], float]] = {
    "sigmoid": lambda net: _sigmoid(net) * _sigmoid(-net),
    "tanh": lambda net: 1 / math.cosh(net) ** 2,
    "relu": lambda net: 1.0 if net > 0 else 0.0,
    "leaky_relu": lambda net: 1.0 if net > 0 else 0.01,
    "identity": lambda net: 1.0,
    "linear": lambda net: 1.0,
    "bipolar_sigmoid": lambda net: 2 * _sigmoid(net) * _sigmoid(-net),
    "hard_sigmoid": lambda net: 0.2 if abs(net) < 2.5 else 0.0,
    "elu": lambda net: 1.0 if net > 0 else math.exp(net),
    "selu": lambda net: SCALE * (1.0 if net > 0 else ALPHA * math.exp(net)),
    "softplus": _sigmoid,
    "silu": lambda net: _sigmoid(net) + net * _sigmoid(net) * _sigmoid(-net),
    "gelu": lambda net: _bell_below(net) + net * math.exp(-net * net / 2) / math.sqrt(2 * math.pi),
    "gelu tanh": lambda net: (
        _sigmoid(_steep(net))
        + net
        * _sigmoid(_steep(net))
        * _sigmoid(-_steep(net))
        * math.sqrt(8 / math.pi)
        * (1 + 0.134145 * net**2)
    ),
}

# softmax is a function of a whole layer's nets


def _softmax(nets: dict[str, float], neuron: str) -> float:
    return 1 / sum(math.exp(net - nets[neuron]) for net in nets.values())


def _softmax_slope(nets: dict[str, float], neuron: str, by: str) -> float:
    """Return how a neuron's out changes with its own net, or with another's."""
    own, other = _softmax(nets, neuron), _softmax(nets, by)
    return own * (1 - own) if neuron == by else -own * other


def _surprise(out: float, target: float) -> float:
    return -target * math.log(out) if target else 0.0


def _sign(number: float) -> float:
    return (number > 0) - (number < 0) + 0.0


LOSSES: dict[str, Callable[[float, float, int], float]] = {
    "half_squared_error": lambda out, target, outputs: (target - out) ** 2 / 2,
    "squared_error": lambda out, target, outputs: (target - out) ** 2,
    "mean_squared_error": lambda out, target, outputs: (target - out) ** 2 / outputs,
    "absolute_error": lambda out, target, outputs: abs(target - out),
    "mean_absolute_error": lambda out, target, outputs: abs(target - out) / outputs,
    "huber": lambda out, target, outputs: (
        (target - out) ** 2 / 2 if abs(target - out) < 1 else abs(target - out) - 0.5
    ),
    "log_cosh": lambda out, target, outputs: math.log(math.cosh(target - out)),
    "hinge": lambda out, target, outputs: max(0.0, 1 - target * out),
    "none": lambda out, target, outputs: out,
    "binary_cross_entropy": lambda out, target, outputs: (
        _surprise(out, target) + _surprise(1 - out, 1 - target)
    ),
    "categorical_cross_entropy": lambda out, target, outputs: _surprise(out, target),
}

LOSS_SLOPES: dict[str, Callable[[float, float, int], float]] = {
    "half_squared_error": lambda out, target, outputs: -(target - out),
    "squared_error": lambda out, target, outputs: -2 * (target - out),
    "mean_squared_error": lambda out, target, outputs: -2 * (target - out) / outputs,
    "absolute_error": lambda out, target, outputs: _sign(out - target),
    "mean_absolute_error": lambda out, target, outputs: _sign(out - target) / outputs,
    "huber": lambda out, target, outputs: min(max(out - target, -1.0), 1.0),
    "log_cosh": lambda out, target, outputs: math.tanh(out - target),
    "hinge": lambda out, target, outputs: -target if target * out < 1 else 0.0,
    "none": lambda out, target, outputs: 1.0,
    "binary_cross_entropy": lambda out, target, outputs: (out - target) / (out - out**2),
    "categorical_cross_entropy": lambda out, target, outputs: -target / out,
}


class _Sample:
    """The columns of one sample: a number for each neuron."""

    def __init__(self, lesson: Lesson, parameters: dict[str, float], place: int) -> None:
        self.lesson, self.place = lesson, place
        self.net: dict[str, float] = {}
        self.out: dict[str, float] = {}
        self.share: dict[str, float] = {}
        self.by_out: dict[str, float] = {}
        self.slope: dict[str, float] = {}
        self.slopes: dict[tuple[str, str], float] = {}
        """How a softmax neuron's out changes with the net of another."""
        self.delta: dict[str, float] = {}
        self.shares: dict[tuple[str, str], float] = {}
        self.parameters = parameters

    def forward(self, inputs: tuple[float, ...], targets: tuple[float, ...]) -> None:
        """Go through the layers from the inputs to the loss."""
        lesson = self.lesson
        self.target = dict(zip(lesson.layers[-1], targets, strict=True))
        self.out.update(zip(lesson.layers[0], inputs, strict=True))
        for layer, activation in zip(lesson.layers[1:], lesson.activations, strict=True):
            for neuron in layer:
                net = 0.0
                for name, source in lesson.incoming[neuron]:
                    net += self.parameters[name] * self.out[source]
                if neuron in lesson.bias_of:
                    bias = lesson.bias_of[neuron]
                    net += self.feed(bias) * self.parameters[bias]
                self.net[neuron] = net
            nets = {neuron: self.net[neuron] for neuron in layer}
            for neuron in layer:
                if activation == "softmax":
                    self.out[neuron] = _softmax(nets, neuron)
                else:
                    self.out[neuron] = ACTIVATIONS[activation](nets[neuron])
        for neuron, target in self.target.items():
            self.share[neuron] = LOSSES[lesson.loss](self.out[neuron], target, len(self.target))

    def backward(self, layer: int, used: dict[str, float], divisor: int) -> None:
        """Find a layer's derivatives of E from those of the next layer and the `used` weights."""
        lesson = self.lesson
        for neuron in lesson.layers[layer]:
            if neuron in self.target:
                slope = LOSS_SLOPES[lesson.loss]
                target = self.target[neuron]
                self.by_out[neuron] = slope(self.out[neuron], target, len(self.target)) / divisor
            else:
                self.by_out[neuron] = sum(
                    (self.delta[target] * used[name] for name, target in lesson.outgoing[neuron]),
                    0.0,
                )
        self._slopes(lesson.layers[layer], lesson.activations[layer - 1])

    def _slopes(self, layer: tuple[str, ...], activation: str) -> None:
        """Find a layer's dout/dnet and deltas."""
        if activation != "softmax":
            for neuron in layer:
                self.slope[neuron] = SLOPES[activation](self.net[neuron])
                self.delta[neuron] = self.by_out[neuron] * self.slope[neuron]
            return
        nets = {neuron: self.net[neuron] for neuron in layer}
        for by in layer:
            for neuron in layer:
                self.slopes[neuron, by] = _softmax_slope(nets, neuron, by)
            self.slope[by] = self.slopes.pop((by, by))
            self.delta[by] = self.by_out[by] * self.slope[by] + sum(
                self.by_out[n] * self.slopes[n, by] for n in layer if n != by
            )

    def feed(self, parameter: str) -> float:
        """Return what a parameter is multiplied with on its way into a net input."""
        weight = self.lesson.weights.get(parameter)
        if weight is None:
            return -1.0 if self.lesson.biases[parameter].threshold else 1.0
        return self.out[weight.source]

    def gradient(self, parameter: str) -> float:
        """Return what this sample adds to the gradient of a parameter."""
        return sum(self.delta[t] * self.feed(parameter) for t in targets_of(self.lesson, parameter))

    def divide(self, used: dict[str, float]) -> None:
        """Find the shares of every dE/dout that come back through each later neuron."""
        for neuron, ends in self.lesson.walks.items():
            for through in ends:
                self.shares[neuron, through] = self._over_all_paths(neuron, through, used)

    def _over_all_paths(self, neuron: str, through: str, used: dict[str, float]) -> float:
        total = 0.0
        for path in self.lesson.walks[neuron][through]:
            product = self.delta[through]
            for name, target in reversed(path):
                product *= used[name]
                if target != through:
                    product *= self.slope[target]
            total += product
        return total


def targets_of(lesson: Lesson, parameter: str) -> tuple[str, ...]:
    """Return the neurons that a parameter acts on directly."""
    if parameter in lesson.weights:
        return (lesson.weights[parameter].target,)
    return lesson.biases[parameter].targets


def calculate(lesson: Lesson, iterations: int) -> Iterator[tuple[int, str, Quantities]]:
    """Yield (iteration, phase, quantities by address) of each moment of some iterations."""
    parameters = dict(lesson.first_values)
    for iteration in range(1, iterations + 1):
        samples = []
        for place, (inputs, targets) in enumerate(lesson.batch(iteration), 1):
            sample = _Sample(lesson, parameters, place)
            sample.forward(inputs, targets)
            samples.append(sample)
        quantities = dict(parameters) | _forward_quantities(lesson, samples)
        yield iteration, "forward", dict(quantities)

        used = _carry_back(lesson, parameters, samples)
        quantities |= _backward_quantities(lesson, samples, used)
        yield iteration, "backward", dict(quantities)

        after = {name: _updated(lesson, parameters, samples, name) for name in parameters}
        quantities |= {f"step {name}": after[name] - parameters[name] for name in parameters}
        quantities |= after
        yield iteration, "update", quantities
        parameters = after


def _carry_back(
    lesson: Lesson, parameters: dict[str, float], samples: list[_Sample]
) -> dict[str, float]:
    """Run the backward pass of a batch; return the weights that it carried the errors over."""
    used = dict(parameters)
    for layer in range(len(lesson.layers) - 1, 0, -1):
        for sample in samples:
            sample.backward(layer, used, len(samples) if lesson.mean else 1)
        if lesson.sequential:
            for name, weight in lesson.weights.items():
                if weight.target in lesson.layers[layer]:
                    used[name] = _updated(lesson, parameters, samples, name)
    for sample in samples:
        sample.divide(used)
    return used


def _updated(
    lesson: Lesson, parameters: dict[str, float], samples: list[_Sample], name: str
) -> float:
    if name not in lesson.trainable:
        return parameters[name]
    gradient = sum(sample.gradient(name) for sample in samples)
    return parameters[name] - lesson.learning_rate * gradient


def _forward_quantities(lesson: Lesson, samples: list[_Sample]) -> Quantities:
    found: Quantities = {}
    for sample in samples:
        at = _at(lesson, sample)
        found |= {f"input {n}{at}": sample.out[n] for n in lesson.layers[0]}
        if lesson.loss != "none":
            found |= {f"target {n}{at}": number for n, number in sample.target.items()}
        found |= {f"net {n}{at}": number for n, number in sample.net.items()}
        found |= {f"out {n}{at}": sample.out[n] for n in sample.net}
        found |= {f"E {n}{at}": number for n, number in sample.share.items()}
        found[f"E{at}"] = sum(sample.share.values())
    total = sum(sum(sample.share.values()) for sample in samples)
    found["E"] = total / len(samples) if lesson.mean else total
    return found


def _at(lesson: Lesson, sample: _Sample) -> str:
    """Return the ending that tells the samples of a batch apart, if it can have several."""
    return f" @{sample.place}" if lesson.batch_size > 1 else ""


def _backward_quantities(
    lesson: Lesson, samples: list[_Sample], used: dict[str, float]
) -> Quantities:
    found = {f"dnet/dout {w.target} {w.source}": used[name] for name, w in lesson.weights.items()}
    for sample in samples:
        found |= _neuron_derivatives(lesson, sample)
        found |= _sample_gradients(lesson, sample)
    for name in lesson.first_values:
        found[f"dE/d{name}"] = sum(sample.gradient(name) for sample in samples)
        for through in _ways(lesson, name):
            found[f"dE/d{name} via {through}"] = sum(
                _gradient_via(lesson, sample, name, through) for sample in samples
            )
    return found


def _neuron_derivatives(lesson: Lesson, sample: _Sample) -> Quantities:
    at = _at(lesson, sample)
    found = {f"dout/dnet {n} {by}{at}": slope for (n, by), slope in sample.slopes.items()}
    for neuron in lesson.layers[0]:
        shares = {n: sample.shares[neuron, n] for n in lesson.walks[neuron]}
        found |= {f"dE/dinput {neuron} via {n}{at}": share for n, share in shares.items()}
        next_layer = {target for _, target in lesson.outgoing[neuron]}
        found[f"dE/dinput {neuron}{at}"] = sum(shares[n] for n in next_layer)
    for neuron in sample.net:
        found[f"dE/dout {neuron}{at}"] = sample.by_out[neuron]
        found[f"dout/dnet {neuron}{at}"] = sample.slope[neuron]
        found[f"dE/dnet {neuron}{at}"] = sample.delta[neuron]
        if lesson.errors:
            found[f"Err {neuron}{at}"] = -sample.delta[neuron]
        for through in lesson.walks[neuron]:
            share = sample.shares[neuron, through]
            found[f"dE/dout {neuron} via {through}{at}"] = share
            found[f"dE/dnet {neuron} via {through}{at}"] = share * sample.slope[neuron]
    return found


def _sample_gradients(lesson: Lesson, sample: _Sample) -> Quantities:
    found: Quantities = {}
    at = _at(lesson, sample)
    for name in lesson.first_values:
        for target in targets_of(lesson, name):
            found[f"dnet/d{name} {target}{at}"] = sample.feed(name)
        found[f"dE/d{name}{at}"] = sample.gradient(name)
        for through in _ways(lesson, name):
            share = _gradient_via(lesson, sample, name, through)
            found[f"dE/d{name} via {through}{at}"] = share
    return found


def _ways(lesson: Lesson, parameter: str) -> set[str]:
    """Return the neurons that a parameter acts on, and all that these lead to."""
    targets = targets_of(lesson, parameter)
    return {*targets}.union(*(lesson.walks[target] for target in targets))


def _gradient_via(lesson: Lesson, sample: _Sample, parameter: str, through: str) -> float:
    """Return the part of a sample's gradient that comes back through a neuron."""
    total = 0.0
    for target in targets_of(lesson, parameter):
        if target == through:
            total += sample.delta[target] * sample.feed(parameter)
        elif through in lesson.walks[target]:
            share = sample.shares[target, through]
            total += share * sample.slope[target] * sample.feed(parameter)
    return total
