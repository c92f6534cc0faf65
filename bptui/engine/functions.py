"""Activations and losses, each next to its derivative. To add one is to add one table entry.

A formula is written as the ufuncs that compute it, one after another, so that the passes, which
make new arrays, and the loop, which fills the same ones again and again, run the same operations
and find the same bits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
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

    def bound(self, **values: Array | float) -> list[Operation]:
        """Return the operations on these arrays (numbers,), and numbers, by name."""
        operations: list[Operation] = []
        for function, *operands, result in self.steps:
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
        """Return the result as a new array, of the shape and the layout of `like`."""
        filled = np.empty_like(like)
        flat = {
            name: _flat(value, like) if isinstance(value, np.ndarray) else value
            for name, value in values.items()
        }
        for function, operands in self.bound(**flat, **{result: filled.ravel(order="K")}):
            function(*operands)
        return filled


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


@dataclass(frozen=True)
class Activation:
    """out = value(net), element by element; shapes are kept."""

    out: Formula
    """Fills `out` from `net`."""
    dout_dnet: Formula
    """Fills `slope` from `net` and `out`."""

    def value(self, net: Array) -> Array:
        """Return out."""
        return self.out.new("out", net, net=net)

    def slope(self, net: Array, out: Array) -> Array:
        """Return dout/dnet."""
        return self.dout_dnet.new("slope", net, net=net, out=out)


@dataclass(frozen=True)
class Loss:
    """A sum of shares, one an output; arrays are (samples, outputs)."""

    label: str
    shares: Formula
    """Fills `share` from `out`, `target` and `outputs`, the number of outputs."""
    dshare_dout: Formula
    """Fills `slope` from the same."""

    def share(self, out: Array, target: Array) -> Array:
        """Return what each output adds to its sample's loss."""
        return self.shares.new("share", out, out=out, target=target, outputs=out.shape[1])

    def slope(self, out: Array, target: Array) -> Array:
        """Return d share / d out."""
        return self.dshare_dout.new("slope", out, out=out, target=target, outputs=out.shape[1])


def formula(*steps: Step) -> Formula:
    """Return a formula of these steps."""
    return Formula(steps)


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
        dout_dnet=formula(
            (np.subtract, 1.0, "out", "slope"),
            (np.multiply, "out", "slope", "slope"),
        ),
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
}

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
}
