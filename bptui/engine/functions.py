"""Activations and losses, each once, as a textbook writes it. To add one is to add one entry.

The parameters of a formula are names of quantities. Traced it is what the engine computes
(`trace`), called with symbols it is what cards, LaTeX and JSON show (`story/symbols`).
Arrays have a row for each neuron of a layer and a column for each sample.

Where a formula is computed in another way than it is taught, the entry has both, so that what is
infinite in floats on the way, but not at its end, is finite.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from bptui.engine.primitives import (
    binary_delta,
    erf,
    erfc,
    half,
    if_positive,
    largest,
    odds,
    other_surprise,
    root_2,
    root_2_pi,
    share_of,
    size,
    total,
    total_of_others,
    weighted,
)
from bptui.engine.trace import Array, Formula, names_of

__all__ = ["ACTIVATIONS", "LOSSES", "Activation", "Array", "Chosen", "Formula", "FromNets", "Loss"]

exp, expm1, log, log1p = np.exp, np.expm1, np.log, np.log1p
tanh, sinh, cosh, sqrt = np.tanh, np.sinh, np.cosh, np.sqrt
maximum, minimum, sign = np.maximum, np.minimum, np.sign


class Activation(NamedTuple):
    """out = f(net), and its slope. Formulas may use net, nets (of the layer), out, parameters."""

    out: Formula
    slope: Formula
    """dout/dnet, of a neuron's own net."""
    parameters: Mapping[str, float] = {}
    """Names and defaults of what a preset may set."""
    other_slope: Formula | None = None
    """How out changes with the net of another neuron, whose output is `other`; None if it does not.
    """
    probabilities: bool = False
    """Whether outputs are from 0 to 1, as cross-entropy needs them."""
    flat: bool = False
    """Whether it saturates: far from 0 its slope hardly lets an error pass."""
    computed: Mapping[str, Formula] = {}
    """How `out`, `slope` or `delta` (from dE_dout, slope and out) are computed instead."""
    form: str = ""
    """What this form is called, if there are several."""
    other_forms: Mapping[str, Activation] = {}

    @property
    def forms(self) -> dict[str, Activation]:
        """All forms by name, this one first; empty if there is no other."""
        return {self.form: self, **self.other_forms} if self.other_forms else {}


class FromNets(NamedTuple):
    """A loss as a function of the net inputs of outputs with a certain activation.

    Formulas may also use nets, outs and targets: those of the whole layer.
    """

    share: Formula
    slope: Formula
    delta: Formula
    """dE/dnet, in which what cancels never appears."""
    cancels: bool = False
    """Whether everything cancels but out - target, if the targets of a sample add up to 1."""


class Loss(NamedTuple):
    """A sum of shares, one an output. Formulas may use out, target, outputs (their number)."""

    share: Formula
    slope: Formula
    """How a share changes with out."""
    label: str
    short: str = ""
    """The label where there is little room."""
    parameters: Mapping[str, float] = {}
    probabilities: bool = False
    """Whether outputs and targets must be from 0 to 1."""
    computed: Mapping[str, Formula] = {}
    """How `share` or `slope` are computed instead."""
    from_nets: Mapping[str, FromNets] = {}
    """By activation: how all of it is computed where the outputs have that one."""

    @property
    def has_targets(self) -> bool:
        """Whether outputs are compared with targets."""
        return "target" in names_of(self.share)


class Chosen(NamedTuple):
    """An entry of a table, by name, with values for its parameters."""

    name: str
    entry: Any
    parameters: Mapping[str, float] = {}
    form: str = ""
    """In which form, if not the usual one; the entry is then that form's."""

    def __str__(self) -> str:
        given = {k: v for k, v in self.parameters.items() if v != self.entry.parameters[k]}
        told = [self.form] if self.form else []
        told += [f"{key} {_told(value)}" for key, value in given.items()]
        return f"{self.name} ({', '.join(told)})" if told else self.name


def _told(value: object) -> str:
    return " ".join(map(_told, value)) if isinstance(value, tuple) else f"{value:g}"


def choose(table: Mapping[str, Any], name: str, form: str = "", **parameters: float) -> Chosen:
    """An entry with its defaults, but for what is given; KeyError for a name that is not there."""
    entry = table[name]
    if form and form != entry.form:
        entry = entry.other_forms[form]
    else:
        form = ""
    return Chosen(name, entry, {**entry.parameters, **parameters}, form)


def every_form(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each entry in each of its forms, and what that is called."""
    for name, entry in table.items():
        for form, one in (entry.forms or {"": entry}).items():
            yield name if one is entry else f"{name} ({form})", one


def evaluate(formula: Formula, values: Mapping[str, Any]) -> Any:
    """Call a formula with those of the values that it names."""
    return formula(*[values[name] for name in names_of(formula)])


def _softmax(net: Any, nets: Any) -> Any:
    """Less the largest net, which changes nothing, but that exp does not overflow."""
    shifted = exp(net - largest(nets))
    return shifted / total(shifted if net is nets else exp(nets - largest(nets)))


def _softplus_part(net: Any) -> Any:
    """ln(1 + exp(x)) - max(x, 0), the same for x = net and x = -net."""
    return log1p(exp(-abs(net)))


def _gelu_tanh(net: Any) -> Any:
    return tanh(sqrt(2 / np.pi) * (net + 0.044715 * net**3))


ACTIVATIONS: dict[str, Activation] = {
    # exp(-net) overflows to infinity for net < -709, where 1/inf = 0 is the right limit
    "sigmoid": Activation(
        out=lambda net: 1 / (1 + exp(-net)),
        slope=lambda out: out * (1 - out),
        probabilities=True,
        flat=True,
    ),
    "bipolar_sigmoid": Activation(
        out=lambda net: 2 / (1 + exp(-net)) - 1,
        slope=lambda out: half * (1 + out) * (1 - out),
        flat=True,
        computed={"out": lambda net: tanh(half * net)},
    ),
    # 0.2 as in Keras 2; PyTorch and Keras 3 have a slope of 1/6
    "hard_sigmoid": Activation(
        out=lambda net, slope: maximum(minimum(slope * net + half, 1), 0),
        slope=lambda net, slope: if_positive(half - size(slope * net), slope, 0.0),
        parameters={"slope": 0.2},
        flat=True,
    ),
    "tanh": Activation(out=lambda net: tanh(net), slope=lambda out: 1 - out**2, flat=True),
    # the slope at the kink, net = 0, is that below it
    "relu": Activation(
        out=lambda net: maximum(net, 0), slope=lambda net: if_positive(net, 1.0, 0.0)
    ),
    "leaky_relu": Activation(
        out=lambda net, alpha: if_positive(net, net, alpha * net),
        slope=lambda net, alpha: if_positive(net, 1.0, alpha),
        parameters={"alpha": 0.01},
    ),
    "elu": Activation(
        out=lambda net, alpha: if_positive(net, net, alpha * (exp(net) - 1)),
        slope=lambda net, alpha: if_positive(net, 1.0, alpha * exp(net)),
        parameters={"alpha": 1.0},
        flat=True,
        computed={"out": lambda net, alpha: if_positive(net, net, alpha * expm1(net))},
    ),
    "selu": Activation(
        out=lambda net, alpha, scale: scale * if_positive(net, net, alpha * (exp(net) - 1)),
        slope=lambda net, alpha, scale: scale * if_positive(net, 1.0, alpha * exp(net)),
        parameters={"alpha": 1.6732632423543772, "scale": 1.0507009873554805},
        flat=True,
        computed={
            "out": lambda net, alpha, scale: scale * if_positive(net, net, alpha * expm1(net))
        },
    ),
    "softplus": Activation(
        out=lambda net: log(1 + exp(net)),
        slope=lambda net: 1 / (1 + exp(-net)),
        flat=True,
        computed={"out": lambda net: maximum(net, 0) + _softplus_part(net)},
    ),
    "silu": Activation(
        out=lambda net: net / (1 + exp(-net)),
        slope=lambda net: (1 + net / (1 + exp(net))) / (1 + exp(-net)),
        flat=True,
    ),
    "gelu": Activation(
        out=lambda net: half * net * (1 + erf(net / root_2)),
        slope=lambda net: half * (1 + erf(net / root_2)) + net * exp(-(net**2 / 2)) / root_2_pi,
        flat=True,
        # far below 0 the error function rounds to -1
        computed={
            "out": lambda net: half * net * erfc(-(net / root_2)),
            "slope": lambda net: (
                half * erfc(-(net / root_2)) + net * exp(-(net**2 / 2)) / root_2_pi
            ),
        },
        form="exact",
        other_forms={
            "tanh": Activation(
                out=lambda net: half * net * (1 + _gelu_tanh(net)),
                slope=lambda net: (
                    half * (1 + _gelu_tanh(net))
                    + weighted(
                        1 - _gelu_tanh(net) ** 2,
                        half * net * sqrt(2 / np.pi) * (1 + 3 * 0.044715 * net**2),
                    )
                ),
                flat=True,
            ),
        },
    ),
    "identity": Activation(out=lambda net: net, slope=lambda: 1.0),
    "linear": Activation(
        out=lambda net, slope: slope * net,
        slope=lambda slope: slope,
        parameters={"slope": 1.0},
    ),
    "softmax": Activation(
        out=lambda net, nets: exp(net) / total(exp(nets)),
        slope=lambda out: out * (1 - out),
        other_slope=lambda out, other: -(out * other),
        probabilities=True,
        computed={
            "out": _softmax,
            "delta": lambda out, dE_dout: (dE_dout - total(dE_dout * out)) * out,  # noqa: N803
        },
    ),
}


def _surprise(net: Any, nets: Any) -> Any:
    """-ln out of a softmax layer."""
    top = largest(nets)
    return top - net + log1p(total_of_others(exp(nets - top)))


LOSSES: dict[str, Loss] = {
    "half_squared_error": Loss(
        label="½ squared error",
        share=lambda out, target: half * (target - out) ** 2,
        slope=lambda out, target: -(target - out),
        computed={"slope": lambda out, target: out - target},  # no -0.0
    ),
    "squared_error": Loss(
        label="squared error",
        share=lambda out, target: (target - out) ** 2,
        slope=lambda out, target: 2 * (out - target),
    ),
    # the mean is over the outputs, so that the shares still add up to the loss
    "mean_squared_error": Loss(
        label="mean squared error",
        short="MSE",
        share=lambda out, target, outputs: (target - out) ** 2 / outputs,
        slope=lambda out, target, outputs: 2 * (out - target) / outputs,
    ),
    "absolute_error": Loss(
        label="absolute error",
        share=lambda out, target: size(target - out),
        slope=lambda out, target: sign(out - target),
    ),
    "mean_absolute_error": Loss(
        label="mean absolute error",
        short="MAE",
        share=lambda out, target, outputs: size(target - out) / outputs,
        slope=lambda out, target, outputs: sign(out - target) / outputs,
    ),
    "huber": Loss(
        label="Huber",
        share=lambda out, target, delta: if_positive(
            size(target - out) - delta,
            delta * (size(target - out) - half * delta),
            half * (target - out) ** 2,
        ),
        slope=lambda out, target, delta: if_positive(
            size(target - out) - delta, delta * sign(out - target), out - target
        ),
        parameters={"delta": 1.0},
    ),
    "log_cosh": Loss(
        label="log-cosh",
        share=lambda out, target: log(cosh(out - target)),
        slope=lambda out, target: tanh(out - target),
        # cosh overflows, and rounds what is near 1; from 20 the other exponential is nothing
        computed={
            "share": lambda out, target: if_positive(
                size(out - target) - 20,
                size(out - target) - log(2),
                half * log1p(sinh(out - target) ** 2),
            )
        },
    ),
    # for targets of -1 and 1; the slope at the kink is that of what is right by the margin
    "hinge": Loss(
        label="hinge",
        share=lambda out, target: maximum(1 - target * out, 0),
        slope=lambda out, target: if_positive(1 - target * out, -target, 0.0),
    ),
    # the outputs themselves are what is differentiated
    "none": Loss(label="E = out", share=lambda out: out, slope=lambda: 1.0),
    "binary_cross_entropy": Loss(
        label="binary cross-entropy",
        short="binary CE",
        share=lambda out, target: (
            -(weighted(target, log(out)) + weighted(1 - target, log(1 - out)))
        ),
        slope=lambda out, target: -share_of(target, out) + share_of(1 - target, 1 - out),
        probabilities=True,
        from_nets={
            "sigmoid": FromNets(
                share=lambda net, target: (
                    weighted(target, maximum(-net, 0))
                    + weighted(1 - target, maximum(net, 0))
                    + _softplus_part(net)
                ),
                slope=lambda net, target: (
                    weighted(1 - target, 1 + exp(net)) - weighted(target, 1 + exp(-net))
                ),
                delta=lambda out, target: out - target,
                cancels=True,
            ),
            "softmax": FromNets(
                share=lambda net, nets, target: (
                    weighted(target, _surprise(net, nets))
                    + weighted(1 - target, other_surprise(net, nets))
                ),
                slope=lambda net, nets, target: (
                    weighted(1 - target, 1 + odds(net, nets))
                    - weighted(target, exp(_surprise(net, nets)))
                ),
                delta=lambda net, nets, out, outs, target, targets: binary_delta(
                    net, nets, out, outs, target, targets
                ),
            ),
        },
    ),
    "categorical_cross_entropy": Loss(
        label="categorical cross-entropy",
        short="categorical CE",
        share=lambda out, target: -weighted(target, log(out)),
        slope=lambda out, target: -share_of(target, out),
        probabilities=True,
        from_nets={
            "sigmoid": FromNets(
                share=lambda net, target: weighted(target, maximum(-net, 0) + _softplus_part(net)),
                slope=lambda net, target: -weighted(target, 1 + exp(-net)),
                delta=lambda out, target: target * (out - 1),
            ),
            "softmax": FromNets(
                share=lambda net, nets, target: weighted(target, _surprise(net, nets)),
                slope=lambda net, nets, target: -weighted(target, exp(_surprise(net, nets))),
                delta=lambda out, target, targets: out * total(targets) - target,
                cancels=True,
            ),
        },
    ),
}
