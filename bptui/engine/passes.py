"""What a phase computes: the forward pass, the backward pass and the update.

What is published is (samples, neurons); inside, arrays have a row for each neuron, like those of
the loop, which finds the same numbers to the last bit: products of matrices are of the same shapes
in the same layout here and there. Results are frozen and their arrays read-only. Numbers may
overflow: a network that diverges yields infinities and NaN, not exceptions.

The formulas are those of Rumelhart, Hinton and Williams, "Learning representations by
back-propagating errors", Nature 323 (1986), written with matrices. A bias is, as there, the weight
of one more input that is always 1; a threshold, of one that is always -1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from bptui.engine.functions import Chosen, FromNets
from bptui.engine.network import Layer, Network, frozen
from bptui.engine.on_arrays import LayerFunctions, end_function, layer_functions, loss_formulas
from bptui.engine.optimizers import computed
from bptui.engine.penalties import Penalized
from bptui.engine.schedules import Rates
from bptui.engine.trace import Array, constant


class Rule(Struct, frozen=True, eq=False):
    """The conventions of training on which textbooks differ."""

    learning_rate: float
    """Of each parameter, if there are no `rates`."""
    loss: Chosen
    optimizer: Chosen
    """With the penalty's part in the update, if it has one."""
    reduction: str = "sum"
    """`sum` or `mean` over the samples of a batch."""
    update: str = "simultaneous"
    """`sequential`: a layer's new weights are used for the deltas of the layer below."""
    updates_before: int = 0
    """How many updates there were before iteration 1."""
    rates: Rates | None = None
    penalty: Penalized | None = None

    @property
    def counts(self) -> bool:
        """Whether it matters how many updates there were before."""
        scheduled = self.rates is not None and self.rates.schedule is not None
        return scheduled or bool(self.optimizer.entry.counts)

    def eta(self, iteration: int) -> float | Array:
        """The learning rate of an iteration; (parameters,) if they need not have the same."""
        return self.learning_rate if self.rates is None else self.rates.of_each(iteration)

    def divisor(self, samples: int) -> float:
        """By what a sum over this many samples is divided."""
        return float(samples) if self.reduction == "mean" else 1.0


class Forward(Struct, frozen=True, eq=False):
    """What the forward pass computes."""

    outs: tuple[Array, ...]
    """For each layer, the inputs first."""
    nets: tuple[Array, ...]
    """For each computing layer."""
    shares: Array
    """(samples, outputs): what each output adds to its sample's loss."""
    loss: float
    """The batch's loss E, summed or averaged over its samples, and the penalty."""
    fed: tuple[Array, ...]
    """For each computing layer, (m + 1, samples): what its weights and biases multiply."""
    penalty: float = 0.0
    """The penalty's part of E."""


class Backward(Struct, frozen=True, eq=False):
    """What the backward pass computes: derivatives of the batch's loss E.

    All tuples have one array for each computing layer.
    """

    dE_dinput: Array  # noqa: N815
    """(samples, inputs)"""
    dE_dout: tuple[Array, ...]  # noqa: N815
    dout_dnet: tuple[Array, ...]
    dE_dnet: tuple[Array, ...]  # noqa: N815
    """The deltas."""
    weights: tuple[Array, ...]
    """(m, n): the weights that deltas were carried back through, dnet/dout. They are the old ones,
    unless the update is sequential."""
    gradient: Array
    """(parameters,): dE/dw of each, whether it is trainable or not."""


class _Functions(NamedTuple):
    """The formulas of a network under a rule."""

    layers: tuple[LayerFunctions, ...]
    share: Callable[[Array, Array, Array], Array]
    """(net, out, target) of the outputs -> what each adds to its sample's loss"""
    slope: Callable[[Array, Array, Array], Array]
    """... -> dE/dout, undivided"""
    delta: Callable[[Array, Array, Array], Array] | None
    """... -> dE/dnet, undivided, if the loss has a formula for it"""


@lru_cache(maxsize=16)
def _functions(network: Network, rule: Rule) -> _Functions:
    formulas = loss_formulas(rule.loss, network.layers[-1].chosen)
    outputs = len(network.outputs)
    delta = formulas.delta if isinstance(formulas, FromNets) else None
    return _Functions(
        tuple(layer_functions(layer.chosen) for layer in network.layers),
        end_function(formulas.share, rule.loss, outputs),
        end_function(formulas.slope, rule.loss, outputs),
        delta and end_function(delta, rule.loss, outputs),
    )


def forward(network: Network, theta: Array, inputs: Array, targets: Array, rule: Rule) -> Forward:
    """Compute nets, outs and the loss.

    net = (W, b)^T (out_before, 1), or with -1 for thresholds; out = activation(net); E = sum or
    mean over samples of the shares.
    """
    functions, padded, out = _functions(network, rule), _padded(theta), inputs.T
    fed, nets = [], []
    with np.errstate(all="ignore"):
        for layer, function in zip(network.layers, functions.layers, strict=True):
            fed.append(_fed(out, layer))
            nets.append(_net(layer, padded, fed[-1]))
            out = function.out(nets[-1])
        shares = functions.share(nets[-1], out, targets.T)
        loss = float(np.add.reduce(shares, axis=None) / rule.divisor(len(inputs)))
        penalty = 0.0
        if rule.penalty is not None:
            penalty = rule.penalty.value(theta)
            loss += penalty
    outs = (*(frozen(rows[:-1].T) for rows in fed), frozen(out.T))
    fed_frozen = tuple(map(frozen, fed))
    return Forward(outs, _published(nets), frozen(shares.T), loss, fed_frozen, penalty)


def backward(
    network: Network, state: Array, seen: Forward, targets: Array, rule: Rule, iteration: int = 1
) -> Backward:
    """Compute the derivatives of E, from the last layer to the first.

    delta = dE/dout × dout/dnet, for softmax summed over the layer's outs; dE/d(W, b) = (out_before,
    1) delta^T, summed over samples by that; dE/dout of the layer below = W delta, with W as
    `Backward.weights` says.

    Args:
        network: what was passed through.
        state: (1 + kept, parameters): the parameters and what the optimizer keeps.
        seen: the forward pass with these parameters.
        targets: (samples, outputs)
        rule: the conventions.
        iteration: its number, from 1, on which a sequential update may depend.
    """
    dE_dout, dout_dnet, found, used, tables = [], [], [], [], []  # noqa: N806
    functions, padded = _functions(network, rule), _padded(state[0])
    nets, outs = [net.T for net in seen.nets], [out.T for out in seen.outs[1:]]
    at_end, divisor = (nets[-1], outs[-1], targets.T), rule.divisor(len(targets))
    with np.errstate(all="ignore"):
        slope = functions.slope(*at_end) / divisor
        delta = functions.delta(*at_end) / divisor if functions.delta else None
        for place in reversed(range(len(network.layers))):
            layer, function = network.layers[place], functions.layers[place]
            dout_dnet.append(function.slope(nets[place], outs[place]))
            dE_dout.append(slope)
            if delta is None:
                delta = function.delta(slope, dout_dnet[-1], outs[place])
            found.append(delta)
            tables.append(np.dot(seen.fed[place], delta.T))
            if rule.update == "sequential":
                gradient = _gradient(network, tables, state[0], rule)
                padded = _padded(update(network, state, gradient, rule, iteration)[0])
            used.append(padded.take(layer.weights))
            slope, delta = _carried(layer, used[-1], delta), None
        gradient = frozen(_gradient(network, tables, state[0], rule))
    return Backward(
        frozen(slope.T),
        _published(dE_dout[::-1]),
        _published(dout_dnet[::-1]),
        _published(found[::-1]),
        tuple(frozen(weights) for weights in reversed(used)),
        gradient,
    )


def update(
    network: Network, state: Array, gradient: Array, rule: Rule, iteration: int = 1
) -> Array:
    """The state after an update; what is not trainable stays as it is."""
    with np.errstate(all="ignore"):
        found = dict(terms(state, gradient, rule, iteration))
    after = np.array([found[name] for name in ("w", *rule.optimizer.entry.kept)])
    return frozen(after if network.is_whole else np.where(network.trainable, after, state))


def terms(state: Array, gradient: Array, rule: Rule, iteration: int) -> Iterator[tuple[str, Array]]:
    """What an update computes, by name and in order, each as an array (parameters,)."""
    t, given = rule.updates_before + iteration, rule.penalty.of_each if rule.penalty else {}
    return computed(rule.optimizer, state, gradient, rule.eta(iteration), t, given)


def _padded(theta: Array) -> Array:
    """The parameters, and a 0 for where there is none."""
    padded = np.zeros(len(theta) + 1)
    padded[:-1] = theta
    return padded


def _fed(out: Array, layer: Layer) -> Array:
    """Outs with one more row, whose weights are a layer's biases: all 1, or all -1."""
    return np.concatenate(
        [out, constant(layer.bias_feed, (1, out.shape[1]))]
    )  # in the layout that inputs have, as in the loop


def _net(layer: Layer, padded: Array, fed: Array) -> Array:
    table = padded.take(layer.table)
    return _over_edges(np.dot(table.T, fed), fed, table.T, layer.table_edges.T, layer)


def _carried(layer: Layer, weights: Array, delta: Array) -> Array:
    return _over_edges(np.dot(weights, delta), delta, weights, layer.edges, layer)


def _over_edges(
    product: Array, numbers: Array, weights: Array, edges: NDArray[np.bool_], layer: Layer
) -> Array:
    """weights · numbers as a sum over the existing edges.

    A missing edge is a weight of 0, which only infinity and NaN would come through.
    """
    if layer.is_dense or np.isfinite(numbers).all():
        return product
    terms = np.where(edges[:, :, np.newaxis], weights[:, :, np.newaxis] * numbers, 0.0)
    return np.ascontiguousarray(terms.sum(axis=1))


def _published(rows: list[Array]) -> tuple[Array, ...]:
    return tuple([frozen(array.T) for array in rows])


def _gradient(network: Network, tables: list[Array], theta: Array, rule: Rule) -> Array:
    """The gradient (parameters,) from dE/d(W, b) of the last layers, the very last first.

    Shared parameters get the sum of theirs; those of the layers below get 0. The penalty's slope
    is added.
    """
    flat = np.concatenate([table.ravel() for table in tables])
    count = len(network.parameters)
    summed = np.bincount(network.gradient_slots[len(tables) - 1], flat, count + 1)
    gradient = summed[:count].astype(np.float64, copy=False)
    return gradient if rule.penalty is None else rule.penalty.added(theta, gradient)
