"""What formulas call besides numpy's functions; `story/symbols` says how each is written."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from bptui.engine.trace import Array, over_layer, over_neurons, primitive


@primitive
def if_positive(x: Any, then: Any, otherwise: Any) -> Any:
    """`then` where x > 0, else `otherwise`: how kinks are written."""
    return np.where(x > 0, then, otherwise)


@primitive
def size(x: Any) -> Any:
    """|x|, where formulas are to show that."""
    return np.absolute(x)


@primitive
def weighted(weight: Any, value: Any) -> Any:
    """weight × value; a weight of 0 leaves out even what is infinite: 0 ln 0 is 0."""
    return np.where((weight == 0) & ~np.isnan(value), 0.0, weight * value)


@primitive
def share_of(part: Any, whole: Any) -> Any:
    """part / whole; no part at all is no share: 0 / 0 is 0."""
    return np.where(part == 0, 0.0 * whole, part / whole)


@primitive
def erf(x: Any) -> Any:
    """The error function."""
    return _each(math.erf, x)


@primitive
def erfc(x: Any) -> Any:
    """1 - erf(x), which keeps its digits where that is near 0."""
    return _each(math.erfc, x)


def _each(function: Callable[[float], float], x: Any) -> Array:
    """A function of numbers, which numpy has not, of each number of an array."""
    x = np.asarray(x, dtype=float)
    return np.fromiter(map(function, x.ravel().tolist()), float, x.size).reshape(x.shape)


@over_neurons
def total(x: Any) -> Any:
    """The sum over the neurons of a layer."""
    return np.add.reduce(x, axis=0, keepdims=True)


@over_neurons
def largest(x: Any) -> Any:
    """The largest number of the neurons of a layer."""
    return np.maximum.reduce(x, axis=0, keepdims=True)


@over_neurons
def total_of_others(x: Any) -> Any:
    """The sum over the neurons of a layer, but for the first of its largest numbers."""
    rest = np.array(x)
    np.put_along_axis(rest, np.argmax(rest, axis=0, keepdims=True), 0.0, axis=0)
    return np.add.reduce(rest, axis=0, keepdims=True)


class Written(float):
    """A number that formulas write as a sign."""

    def __new__(cls, value: float, sign: str) -> Written:
        number = super().__new__(cls, value)
        number.sign = sign
        return number

    sign: str


half, pi = Written(0.5, "½"), Written(math.pi, "π")
root_2 = Written(math.sqrt(2), "sqrt(2)")
root_2_pi = Written(math.sqrt(2 * math.pi), "sqrt(2π)")


@over_layer
def number_at(numbers: Any, place: Any) -> Any:
    """The number at a place in a list, counted from 0; beyond the end the last."""
    return np.take(numbers, np.minimum(place, len(numbers) - 1).astype(np.intp))


@over_layer
def odds(net: Any, nets: Any) -> Any:
    """out / (1 - out) of a softmax layer: exp(net) over the sum of the others' exponentials."""
    best = np.argmax(nets, axis=0, keepdims=True)
    top = np.take_along_axis(nets, best, axis=0)
    shifted = np.exp(net - top)
    found = shifted / (np.add.reduce(shifted, axis=0, keepdims=True) - shifted)
    np.put_along_axis(found, best, np.exp(top - _log_total_but(nets, best)), axis=0)
    return found


@over_layer
def other_surprise(net: Any, nets: Any) -> Any:
    """-ln(1 - out) of a softmax layer; of the largest it is the sum of all over that of others."""
    best = np.argmax(nets, axis=0, keepdims=True)
    top = np.take_along_axis(nets, best, axis=0)
    found = np.log1p(odds(net, nets))
    rest = _log_total_but(nets, best)
    np.put_along_axis(found, best, top - rest + np.log1p(np.exp(rest - top)), axis=0)
    return found


def _log_total_but(net: Array, place: Any) -> Array:
    """ln of the sum of exp(net) over a layer, but for one neuron of each sample."""
    rest = np.array(net)
    np.put_along_axis(rest, place, -np.inf, axis=0)
    top = np.maximum.reduce(rest, axis=0, keepdims=True)
    return top + np.log(np.add.reduce(np.exp(rest - top), axis=0, keepdims=True))


@over_layer
def binary_delta(net: Any, nets: Any, out: Any, outs: Any, target: Any, targets: Any) -> Any:
    """delta of a softmax layer with binary cross-entropy.

    delta_j = out_j sum(target) - target_j + (1 - target_j) out_j - out_j × the sum over the others
    k of (1 - target_k) odds_k. The largest output's odds may be infinite; its term is not.
    """
    best = np.argmax(nets, axis=0, keepdims=True)
    found = (1 - target) * odds(nets, nets)
    top = np.take_along_axis((1 - target) * out, best, axis=0)
    np.put_along_axis(found, best, 0.0, axis=0)
    sums = np.add.reduce(found, axis=0, keepdims=True) - found
    from_best = top * np.exp(nets - _log_total_but(nets, best))
    np.put_along_axis(from_best, best, 0.0, axis=0)
    whole = np.add.reduce(target, axis=0, keepdims=True)
    return out * whole - target + (1 - target) * out - out * sums - from_best
