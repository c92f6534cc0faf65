"""Activations and losses, each next to its derivative. To add one is to add one table entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Activation:
    """out = value(net), element by element; shapes are kept."""

    value: Callable[[Array], Array]
    slope: Callable[[Array, Array], Array]
    """(net, out) -> dout/dnet."""


@dataclass(frozen=True)
class Loss:
    """A sum of shares, one an output; arrays are (samples, outputs)."""

    label: str
    share: Callable[[Array, Array], Array]
    """(out, target) -> what each output adds to its sample's loss."""
    slope: Callable[[Array, Array], Array]
    """(out, target) -> d share / d out."""


ACTIVATIONS: dict[str, Activation] = {
    # exp(-net) overflows to infinity for net < -709, where 1/inf = 0 is the right limit
    "sigmoid": Activation(
        value=lambda net: 1.0 / (1.0 + np.exp(-net)),
        slope=lambda net, out: out * (1.0 - out),
    ),
    "tanh": Activation(
        value=np.tanh,
        slope=lambda net, out: 1.0 - out * out,
    ),
    # the slope at the kink, net = 0, is taken as 0
    "relu": Activation(
        value=lambda net: np.maximum(net, 0.0),
        slope=lambda net, out: np.where(net > 0.0, 1.0, 0.0),
    ),
    "identity": Activation(
        value=lambda net: net.copy(),
        slope=lambda net, out: np.ones_like(net),
    ),
}

LOSSES: dict[str, Loss] = {
    "half_squared_error": Loss(
        label="½ squared error",
        share=lambda out, target: 0.5 * (target - out) ** 2,
        slope=lambda out, target: out - target,
    ),
    "squared_error": Loss(
        label="squared error",
        share=lambda out, target: (target - out) ** 2,
        slope=lambda out, target: 2.0 * (out - target),
    ),
    # the mean is over the outputs, so that the shares still sum to the loss
    "mean_squared_error": Loss(
        label="mean squared error",
        share=lambda out, target: (target - out) ** 2 / out.shape[1],
        slope=lambda out, target: 2.0 * (out - target) / out.shape[1],
    ),
}
