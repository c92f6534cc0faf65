"""What a phase computes: the forward pass, the backward pass and the update.

Arrays are (samples, neurons) unless said otherwise; the parameter vector theta and the gradient
are (parameters,). Results are frozen and their arrays read-only. Numbers may overflow: a network
that diverges yields infinities and NaN, not exceptions.

The formulas are those of Rumelhart, Hinton and Williams, "Learning representations by
back-propagating errors", Nature 323 (1986), written with matrices.
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

    net = out_before @ W + b, out = activation(net); E = sum or mean over samples of the shares.
    """
    outs, nets = [frozen(inputs.copy())], []
    with np.errstate(all="ignore"):
        for layer in network.layers:
            weights = weight_matrix(layer, theta)
            net = _through(outs[-1], weights, layer.edges) + bias_vector(layer, theta)
            nets.append(frozen(net))
            outs.append(frozen(layer.activation.value(net)))
        shares = frozen(rule.loss.share(outs[-1], targets))
        loss = float(shares.sum() / rule.reduced(len(inputs)))
    return Forward(tuple(outs), tuple(nets), shares, loss)


def backward(network: Network, theta: Array, seen: Forward, targets: Array, rule: Rule) -> Backward:
    """Compute the derivatives of E, from the last layer to the first.

    delta = dE/dout * dout/dnet; dE/dW = out_before^T @ delta; dE/db = sum of delta over samples;
    dE/dout of the layer below = delta @ W^T, with W as `Backward.weights` says.
    """
    dE_dout, dout_dnet, deltas, used = [], [], [], []  # noqa: N806
    gradient = np.zeros(len(network.parameters))
    with np.errstate(all="ignore"):
        slope = rule.loss.slope(seen.outs[-1], targets) / rule.reduced(len(targets))
        for place in reversed(range(len(network.layers))):
            layer = network.layers[place]
            dout_dnet.append(layer.activation.slope(seen.nets[place], seen.outs[place + 1]))
            dE_dout.append(slope)
            deltas.append(slope * dout_dnet[-1])
            gradient += _gradient(layer, seen.outs[place], deltas[-1], len(gradient))
            sequential = rule.update == "sequential"
            carrier = update(network, theta, gradient, rule) if sequential else theta
            used.append(weight_matrix(layer, carrier))
            slope = _through(deltas[-1], used[-1].T, layer.edges.T)
    return Backward(
        dE_dout=_in_order(dE_dout),
        dout_dnet=_in_order(dout_dnet),
        dE_dnet=_in_order(deltas),
        weights=_in_order(used),
        gradient=frozen(gradient),
    )


def update(network: Network, theta: Array, gradient: Array, rule: Rule) -> Array:
    """Return the new parameters: theta - eta * gradient where trainable, theta elsewhere."""
    with np.errstate(all="ignore"):
        stepped = theta - rule.learning_rate * gradient
    return frozen(np.where(network.trainable, stepped, theta))


def _through(numbers: Array, weights: Array, edges: NDArray[np.bool_]) -> Array:
    """Return numbers @ weights, (samples, n): a sum over the edges that there are.

    A missing edge is a weight of 0, which only infinity and NaN would come through.
    """
    product: Array = numbers @ weights
    if not edges.all() and not np.isfinite(numbers).all():
        product = np.where(edges, numbers[:, :, np.newaxis] * weights, 0.0).sum(axis=1)
    return product


def _in_order(arrays: list[Array]) -> tuple[Array, ...]:
    """Return what was found from the last layer to the first, from the first to the last."""
    return tuple(frozen(array) for array in reversed(arrays))


def weight_matrix(layer: Layer, theta: Array) -> Array:
    """Return a layer's weights (m, n), 0 where there is no edge."""
    return _gather(layer.weights, theta)


def bias_vector(layer: Layer, theta: Array) -> Array:
    """Return a layer's biases (n,), 0 where a neuron has none."""
    return _gather(layer.biases, theta)


def _gather(slots: Slots, theta: Array) -> Array:
    padded: Array = np.append(theta, 0.0)
    return padded[slots]


def _gradient(layer: Layer, out_before: Array, delta: Array, parameters: int) -> Array:
    """Return what a layer adds to the gradient (parameters,); shared ones get their sum."""
    slots = np.concatenate([layer.weights.ravel(), layer.biases])
    terms = np.concatenate([(out_before.T @ delta).ravel(), delta.sum(axis=0)])
    summed: Array = np.bincount(slots, terms, parameters + 1).astype(np.float64)
    return summed[:parameters]
