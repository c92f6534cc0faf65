"""Activations and losses, each next to its derivative. To add one is to add one table entry.

A formula is written as the ufuncs that compute it, one after another, so that the passes, which
make new arrays, and the loop, which fills the same ones again and again, run the same operations
and find the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Operation = tuple[Callable[..., Any], tuple[Array, ...]]
"""A function that fills an array, and its arguments."""
Step = tuple[Any, ...]
"""A ufunc, its operands, and what it fills; operands are numbers or names of arrays."""


@dataclass(frozen=True)
class Formula:
    """Something computed element by element, as ufuncs that fill arrays one after another."""

    steps: tuple[Step, ...]

    @cached_property
    def coupled(self) -> bool:
        """Whether the neurons of a layer have a part in each other's results.

        The arrays of such a formula are (neurons, samples), those of any other (numbers,).
        """
        return any(function in _OVER_NEURONS for function, *_ in self.steps)

    def bound(self, **values: Array | float) -> list[Operation]:
        """Return the operations on these arrays, and numbers, by name; others are made for it."""
        operations: list[Operation] = []
        shape = next(value.shape for value in values.values() if isinstance(value, np.ndarray))
        for function, *operands, result in self.steps:
            if result not in values:
                values[result] = np.empty((1, *shape[1:]) if function in _OVER_NEURONS else shape)
            filled = values[result]
            assert isinstance(filled, np.ndarray)  # a number cannot be filled
            found = [values[o] if isinstance(o, str) else o for o in operands]
            arrays = [
                o if isinstance(o, np.ndarray) else constant(float(o), len(filled)) for o in found
            ]
            if function in (np.maximum, np.minimum):  # where numpy wants a third array named
                operations.append((partial(function, out=filled), tuple(arrays)))
            else:
                operations.append((function, (*arrays, filled)))
        return operations

    def new(self, result: str, like: Array, **values: Array | float) -> Array:
        """Return the result as a new array, of the shape and the layout of `like`.

        Arrays are (samples, neurons).
        """
        rows = np.empty_like(like.T, order="C") if self.coupled else np.empty_like(like)
        given = {
            name: self._laid(value, like) if isinstance(value, np.ndarray) else value
            for name, value in values.items()
        }
        given[result] = rows if self.coupled else rows.ravel(order="K")
        for function, operands in self.bound(**given):
            function(*operands)
        return rows.T if self.coupled else rows

    def _laid(self, array: Array, like: Array) -> Array:
        return np.ascontiguousarray(array.T) if self.coupled else _flat(array, like)


def _largest(rows: Array, filled: Array) -> None:
    """Fill (1, samples) with the largest of each column of (neurons, samples)."""
    np.maximum.reduce(rows, axis=0, out=filled, keepdims=True)


def _total(rows: Array, filled: Array) -> None:
    """Fill (1, samples) with the sum of each column of (neurons, samples)."""
    np.add.reduce(rows, axis=0, out=filled, keepdims=True)


_OVER_NEURONS = (_largest, _total)


@lru_cache(maxsize=64)
def constant(number: float, count: int) -> Array:
    """Return a number as an array (count,): a ufunc takes a float much slower."""
    array = np.full(count, number)
    array.setflags(write=False)
    return array


def _flat(array: Array, like: Array) -> Array:
    """Return an array as (numbers,), in the order in which those of `like` stand in memory."""
    laid = np.empty_like(like)
    if array.strides == laid.strides:
        return array.ravel(order="K")
    laid[...] = array
    return laid.ravel(order="K")


def formula(*steps: Step) -> Formula:
    """Return a formula of these steps."""
    return Formula(steps)


_OWN_SLOPE = formula((np.multiply, "dE_dout", "slope", "delta"))


@dataclass(frozen=True)
class Activation:
    """out = value(net); arrays are (samples, neurons)."""

    out: Formula
    """Fills `out` from `net`."""
    dout_dnet: Formula
    """Fills `slope` from `net` and `out`: how each neuron's out changes with its own net."""
    delta: Formula = _OWN_SLOPE
    """Fills `delta`, dE/dnet, from `dE_dout`, `slope` and `out`."""

    @property
    def coupled(self) -> bool:
        """Whether the net of one neuron changes the outs of the others of its layer."""
        return self.out.coupled

    def value(self, net: Array) -> Array:
        """Return out."""
        return self.out.new("out", net, net=net)

    def slope(self, net: Array, out: Array) -> Array:
        """Return dout/dnet."""
        return self.dout_dnet.new("slope", net, net=net, out=out)

    def deltas(self, dE_dout: Array, slope: Array, out: Array) -> Array:  # noqa: N803
        """Return dE/dnet."""
        return self.delta.new("delta", slope, dE_dout=dE_dout, slope=slope, out=out)


@dataclass(frozen=True)
class Loss:
    """A sum of shares, one an output; arrays are (samples, outputs)."""

    label: str
    shares: Formula
    """Fills `share` from `out`, `target` and `outputs`, the number of outputs."""
    dshare_dout: Formula
    """Fills `slope` from the same."""
    short: str = ""
    """The label where there is little room."""
    probabilities: bool = False
    """Whether outs and targets must be from 0 to 1."""

    def share(self, out: Array, target: Array) -> Array:
        """Return what each output adds to its sample's loss."""
        return self.shares.new("share", out, out=out, target=target, outputs=out.shape[1])

    def slope(self, out: Array, target: Array) -> Array:
        """Return d share / d out."""
        return self.dshare_dout.new("slope", out, out=out, target=target, outputs=out.shape[1])


_OUT_TIMES_REST = formula(
    (np.subtract, 1.0, "out", "slope"),
    (np.multiply, "out", "slope", "slope"),
)

ACTIVATIONS: dict[str, Activation] = {
    # 1 / (1 + exp(-net)); the slope is out (1 - out).
    # exp(-net) overflows to infinity for net < -709, where 1/inf = 0 is the right limit
    "sigmoid": Activation(
        out=formula(
            (np.negative, "net", "out"),
            (np.exp, "out", "out"),
            (np.add, 1.0, "out", "out"),
            (np.reciprocal, "out", "out"),
        ),
        dout_dnet=_OUT_TIMES_REST,
    ),
    # the slope is 1 - out²
    "tanh": Activation(
        out=formula((np.tanh, "net", "out")),
        dout_dnet=formula(
            (np.multiply, "out", "out", "slope"),
            (np.subtract, 1.0, "slope", "slope"),
        ),
    ),
    # the slope at the kink, net = 0, is taken as 0
    "relu": Activation(
        out=formula((np.maximum, "net", 0.0, "out")),
        dout_dnet=formula((np.greater, "net", 0.0, "slope")),
    ),
    "identity": Activation(
        out=formula((np.positive, "net", "out")),
        dout_dnet=formula((np.positive, 1.0, "slope")),
    ),
    # exp(net) / the sum of exp(net) over the layer: the largest net is taken from all of them,
    # which changes nothing, but that exp does not overflow. d out_k / d net_j is out_k (1 - out_k)
    # for k = j, else -out_k out_j; so delta_j = out_j (dE/dout_j - sum over k of dE/dout_k out_k)
    "softmax": Activation(
        out=formula(
            (_largest, "net", "largest"),
            (np.subtract, "net", "largest", "out"),
            (np.exp, "out", "out"),
            (_total, "out", "total"),
            (np.divide, "out", "total", "out"),
        ),
        dout_dnet=_OUT_TIMES_REST,
        delta=formula(
            (np.multiply, "dE_dout", "out", "part"),
            (_total, "part", "total"),
            (np.subtract, "dE_dout", "total", "delta"),
            (np.multiply, "delta", "out", "delta"),
        ),
    ),
}

COUPLED = tuple(name for name, activation in ACTIVATIONS.items() if activation.coupled)

_SURPRISE = (  # -target ln out
    (np.log, "out", "share"),
    (np.multiply, "target", "share", "share"),
    (np.subtract, 0.0, "share", "share"),
    (np.fmax, "share", 0.0, "share"),
    (np.multiply, 0.0, "out", "nothing"),
    (np.add, "share", "nothing", "share"),
)

LOSSES: dict[str, Loss] = {
    # ½ (target - out)²; the slope is out - target
    "half_squared_error": Loss(
        label="½ squared error",
        shares=formula(
            (np.subtract, "target", "out", "share"),
            (np.square, "share", "share"),
            (np.multiply, 0.5, "share", "share"),
        ),
        dshare_dout=formula((np.subtract, "out", "target", "slope")),
    ),
    # (target - out)²; the slope is 2 (out - target)
    "squared_error": Loss(
        label="squared error",
        shares=formula(
            (np.subtract, "target", "out", "share"),
            (np.square, "share", "share"),
        ),
        dshare_dout=formula(
            (np.subtract, "out", "target", "slope"),
            (np.multiply, 2.0, "slope", "slope"),
        ),
    ),
    # (target - out)² / outputs: the mean is over the outputs, so that the shares still sum to the
    # loss; the slope is 2 (out - target) / outputs
    "mean_squared_error": Loss(
        label="mean squared error",
        short="MSE",
        shares=formula(
            (np.subtract, "target", "out", "share"),
            (np.square, "share", "share"),
            (np.divide, "share", "outputs", "share"),
        ),
        dshare_dout=formula(
            (np.subtract, "out", "target", "slope"),
            (np.multiply, 2.0, "slope", "slope"),
            (np.divide, "slope", "outputs", "slope"),
        ),
    ),
    # -target ln out - (1 - target) ln(1 - out); the slope is (1 - target) / (1 - out) - target /
    # out. 0 ln 0 and 0 / 0 are 0: no term is below 0, and fmax passes over what is no number; if
    # out itself is none, then 0 out brings that back
    "binary_cross_entropy": Loss(
        label="binary cross-entropy",
        short="binary CE",
        shares=formula(
            (np.subtract, 1.0, "out", "rest"),
            (np.log, "rest", "rest"),
            (np.subtract, 1.0, "target", "other"),
            (np.multiply, "other", "rest", "rest"),
            (np.subtract, 0.0, "rest", "rest"),
            (np.fmax, "rest", 0.0, "rest"),
            *_SURPRISE,
            (np.add, "share", "rest", "share"),
        ),
        dshare_dout=formula(
            (np.subtract, 1.0, "out", "rest"),
            (np.subtract, 1.0, "target", "other"),
            (np.divide, "other", "rest", "rest"),
            (np.fmax, "rest", 0.0, "rest"),
            (np.divide, "target", "out", "other"),
            (np.fmax, "other", 0.0, "other"),
            (np.subtract, "rest", "other", "rest"),
            (np.multiply, 0.0, "out", "other"),
            (np.add, "rest", "other", "slope"),
        ),
        probabilities=True,
    ),
    # -target ln out; the slope is -target / out, with the same limits
    "categorical_cross_entropy": Loss(
        label="categorical cross-entropy",
        short="categorical CE",
        shares=formula(*_SURPRISE),
        dshare_dout=formula(
            (np.divide, "target", "out", "part"),
            (np.fmax, "part", 0.0, "part"),
            (np.multiply, 0.0, "out", "slope"),
            (np.subtract, "slope", "part", "slope"),
        ),
        probabilities=True,
    ),
}
