"""What a phase computes: the forward pass, the backward pass and the update.

Arrays are (samples, neurons) unless said otherwise; the parameter vector theta and the gradient
are (parameters,). Results are frozen and their arrays read-only. Numbers may overflow: a network
that diverges yields infinities and NaN, not exceptions.

The formulas are those of Rumelhart, Hinton and Williams, "Learning representations by
back-propagating errors", Nature 323 (1986), written with matrices. A bias is, as there, the weight
of one more input that is always 1; a threshold, of one that is always -1.

`loop` finds the same numbers, to the last bit, many times faster. For that, products of matrices
are of the same shapes in the same layout here and there: a column for each sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bptui.engine.functions import LOSSES, Array, Loss
from bptui.engine.network import Layer, Network, Slots, frozen


@dataclass(frozen=True)
class Rule:
    """The conventions of training on which textbooks differ."""

    learning_rate: float
    loss_name: str
    reduction: str = "sum"
    """`sum` or `mean` over the samples of a batch."""
    update: str = "simultaneous"
    """`sequential`: a layer's new weights are used for the deltas of the layer below."""

    @property
    def loss(self) -> Loss:
        """The entry in the table of losses."""
        return LOSSES[self.loss_name]

    def reduced(self, samples: int) -> float:
        """Return by what a sum over this many samples is divided."""
        return float(samples) if self.reduction == "mean" else 1.0


@dataclass(frozen=True, eq=False)
class Forward:
    """What the forward pass computes."""

    outs: tuple[Array, ...]
    """For each layer, the inputs first."""
    nets: tuple[Array, ...]
    """For each computing layer."""
    shares: Array
    """(samples, outputs): what each output adds to its sample's loss."""
    loss: float
    """The batch's loss E, summed or averaged over its samples."""


@dataclass(frozen=True, eq=False)
class Backward:
    """What the backward pass computes: derivatives of the batch's loss E.

    All tuples have one array for each computing layer.
    """

    dE_dout: tuple[Array, ...]  # noqa: N815
    dout_dnet: tuple[Array, ...]
    dE_dnet: tuple[Array, ...]  # noqa: N815
    """The deltas."""
    weights: tuple[Array, ...]
    """(m, n): the weights that deltas were carried back through, dnet/dout. They are the old ones,
    unless the update is sequential."""
    gradient: Array
    """(parameters,): dE/dw of each, whether it is trainable or not."""


def forward(network: Network, theta: Array, inputs: Array, targets: Array, rule: Rule) -> Forward:
    """Compute nets, outs and the loss.

    net = out_before @ W + b = (out_before, 1) @ (W, b), or with -1 for thresholds;
    out = activation(net); E = sum or mean over samples of the shares.
    """
    outs, nets = [frozen(inputs.copy())], []
    with np.errstate(all="ignore"):
        for layer in network.layers:
            table = _gather(layer.table, theta)
            net = _through(_with_one(outs[-1], layer), table, layer.table_edges)
            nets.append(frozen(net))
            outs.append(frozen(layer.activation.value(net)))
        shares = frozen(rule.loss.share(outs[-1], targets))
        loss = float(shares.sum() / rule.reduced(len(inputs)))
    return Forward(tuple(outs), tuple(nets), shares, loss)


def backward(network: Network, theta: Array, seen: Forward, targets: Array, rule: Rule) -> Backward:
    """Compute the derivatives of E, from the last layer to the first.

    delta = dE/dout * dout/dnet, for softmax summed over the layer's outs; dE/dW = out_before^T @
    delta; dE/db = sum of delta over samples, which is the row of dE/dW that the input of 1 has;
    dE/dout of the layer below = delta @ W^T, with W as `Backward.weights` says.
    """
    dE_dout, dout_dnet, deltas, used, tables = [], [], [], [], []  # noqa: N806
    with np.errstate(all="ignore"):
        slope = rule.loss.slope(seen.outs[-1], targets) / rule.reduced(len(targets))
        for place in reversed(range(len(network.layers))):
            layer = network.layers[place]
            dout_dnet.append(layer.activation.slope(seen.nets[place], seen.outs[place + 1]))
            dE_dout.append(slope)
            deltas.append(layer.activation.deltas(slope, dout_dnet[-1], seen.outs[place + 1]))
            tables.append(np.dot(_with_one(seen.outs[place], layer).T, deltas[-1]))
            carrier = theta
            if rule.update == "sequential":
                carrier = update(network, theta, _gradient(network, tables), rule)
            used.append(_gather(layer.weights, carrier))
            slope = _through(deltas[-1], used[-1].T, layer.edges.T)
    return Backward(
        dE_dout=_in_order(dE_dout),
        dout_dnet=_in_order(dout_dnet),
        dE_dnet=_in_order(deltas),
        weights=_in_order(used),
        gradient=frozen(_gradient(network, tables)),
    )


def update(network: Network, theta: Array, gradient: Array, rule: Rule) -> Array:
    """Return the new parameters: theta - eta * gradient where trainable, theta elsewhere."""
    with np.errstate(all="ignore"):
        stepped = theta - rule.learning_rate * gradient
    return frozen(np.where(network.trainable, stepped, theta))


def _with_one(out: Array, layer: Layer) -> Array:
    """Return out with one more column, whose weights are a layer's biases: all 1, or all -1."""
    return np.vstack([out.T, np.full(len(out), layer.bias_feed)]).T


def _through(numbers: Array, weights: Array, edges: NDArray[np.bool_]) -> Array:
    """Return numbers @ weights, (samples, n): a sum over the edges that there are.

    A missing edge is a weight of 0, which only infinity and NaN would come through.
    """
    product: Array = np.dot(weights.T, numbers.T).T
    if not edges.all() and not np.isfinite(numbers).all():
        terms = np.where(edges, numbers[:, :, np.newaxis] * weights, 0.0)
        product = np.asfortranarray(terms.sum(axis=1))
    return product


def _in_order(arrays: list[Array]) -> tuple[Array, ...]:
    """Return what was found from the last layer to the first, from the first to the last."""
    return tuple(frozen(array) for array in reversed(arrays))


def _gather(slots: Slots, theta: Array) -> Array:
    """Return the parameters at these slots, in an array of their shape; 0 where there is none."""
    padded: Array = np.append(theta, 0.0)
    return padded[slots]


def _gradient(network: Network, tables: list[Array]) -> Array:
    """Return the gradient (parameters,) from dE/d(W, b) of the last layers, the very last first.

    Shared parameters get the sum of theirs; those of the layers below get 0.
    """
    slots = [layer.table.ravel() for layer in reversed(network.layers)][: len(tables)]
    terms = np.concatenate([table.ravel() for table in tables])
    count = len(network.parameters)
    summed: Array = np.bincount(np.concatenate(slots), terms, count + 1).astype(np.float64)
    return summed[:count]
