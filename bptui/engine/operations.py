"""What the loop does: the passes' operations, written down for arrays that are filled again.

Arrays are laid out like those of the passes: a row for each neuron with a column for each sample,
below the neurons a row of ones (-1 for thresholds), and tables (W, b) whose last row are the
biases. As elements of an array do not depend on each other, what is computed element by element is
computed on flat vectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np

from bptui.engine.functions import Array, Formula, Operation, constant
from bptui.engine.network import Network
from bptui.engine.passes import Rule

EXACT = {np.add, np.subtract, np.multiply, np.divide, np.square, np.greater, np.positive}
"""What IEEE 754 rounds alike wherever a number stands in an array."""


class FlatParameters:
    """The parameters in the loop's order: the tables of the layers, the last layer's first.

    That is the order in which the passes sum the gradients of what is shared. Where there is no
    parameter, there is a 0 with a learning rate of 0, and what is frozen has that rate, too:
    theta - 0 * gradient is theta, unless the gradient is not finite or theta is -0.0.
    """

    def __init__(self, network: Network, rule: Rule) -> None:
        count = self._count = len(network.parameters)
        placed = np.concatenate([layer.table.ravel() for layer in reversed(network.layers)])
        unplaced = np.ones(count + 1, dtype=bool)
        unplaced[placed] = unplaced[count] = False
        self._slots = np.concatenate([placed, np.flatnonzero(unplaced)])
        self._places = np.empty(count + 1, dtype=np.intp)
        self._places[self._slots] = np.arange(len(self._slots))
        moved = np.append(network.trainable, False)[self._slots]
        self._whole = bool(moved.all())
        self._is_shared = bool(np.bincount(self._slots[moved], minlength=1).max() > 1)
        self._sequential = rule.update == "sequential"
        self._rates = np.where(moved, rule.learning_rate, 0.0)
        self._theta, self._step = np.zeros((2, len(self._slots)))
        self._gradient = np.zeros(len(self._slots))
        self.tables: list[Array] = []
        """For each layer, (W, b)."""
        self.gradients: list[Array] = []
        """For each layer, dE/d(W, b)."""
        self.updates: list[list[Operation]] = []
        """For each layer, what changes parameters when the gradients down to it are there."""
        stop = len(placed)
        for place, layer in enumerate(network.layers):
            span = slice(stop - layer.table.size, stop)
            self.tables.append(self._theta[span].reshape(layer.table.shape))
            self.gradients.append(self._gradient[span].reshape(layer.table.shape))
            if self._sequential:
                self.updates.append(self._update(span))
            else:
                self.updates.append([] if place else self._update(slice(None)))
            stop = span.start
        self.transposed = [table.T for table in self.tables]
        self.weights = [table[:-1] for table in self.tables]

    def suit(self, theta: Array) -> bool:
        """Return whether the loop's operations do with these parameters what the passes do."""
        if (self._is_shared and self._sequential) or np.signbit(theta[theta == 0]).any():
            return False
        return self._whole or bool(np.isfinite(theta).all())

    def hold(self) -> bool:
        """Return whether they did, as far as iterations have come.

        An out or a delta that is infinite or NaN makes gradients in its table so; with any rate,
        even 0, these make numbers of theta so, even one that is no parameter; and those stay so.
        """
        return self._whole or bool(np.isfinite(self._theta).all())

    def load(self, theta: Array) -> None:
        """Begin with these parameters."""
        np.take(np.append(theta, 0.0), self._slots, out=self._theta)

    def now(self) -> Array:
        """Return a copy of the parameters (parameters,), in the network's order."""
        return self._theta[self._places[: self._count]]

    def _update(self, span: slice) -> list[Operation]:
        theta, step, gradient = self._theta[span], self._step[span], self._gradient[span]
        return [
            *([(self._share, ())] if self._is_shared else []),
            (np.multiply, (self._rates[span], gradient, step)),
            (np.subtract, (theta, step, theta)),
        ]

    def _share(self) -> None:
        sums = np.bincount(self._slots, self._gradient, self._count + 1)
        np.take(sums, self._slots, out=self._gradient)


class LayerVector:
    """Numbers of all neurons of an iteration: layer by layer, each with its row of ones."""

    def __init__(self, numbers: Array, network: Network, samples: int) -> None:
        sizes = [len(layer.neurons) * samples for layer in network.layers]
        starts = [sum(sizes[:place]) + place * samples for place in range(len(sizes))]
        self._numbers = numbers
        self._spans = [(start, start + size) for start, size in zip(starts, sizes, strict=True)]
        self.flat = [numbers[start:stop] for start, stop in self._spans]
        """For each layer, (neurons * samples,)."""
        self.rows = [flat.reshape(-1, samples) for flat in self.flat]
        """For each layer, (neurons, samples)."""
        self.transposed = [rows.T for rows in self.rows]
        self.with_one = [
            numbers[start : stop + samples].reshape(-1, samples) for start, stop in self._spans
        ]
        """For each layer, (neurons + 1, samples)."""

    def across(self, first: int, last: int) -> Array:
        """Return the numbers from one layer to another, with the ones between."""
        return self._numbers[self._spans[first][0] : self._spans[last][1]]


class BatchGroup:
    """The iterations of a chunk whose batches have the same number of samples.

    Each has its own vector of outs, so that losses can be computed for all of them at once.
    """

    def __init__(
        self,
        network: Network,
        rule: Rule,
        parameters: FlatParameters,
        batches: Sequence[tuple[Array, Array]],
        samples: int,
        epochs: int,
    ) -> None:
        self._network, self._rule, self._parameters = network, rule, parameters
        self._samples = samples
        members = [k for k, (inputs, _) in enumerate(batches) if len(inputs) == samples]
        self._members = [batches[k] for k in members] * epochs
        self.places = np.add.outer(np.arange(epochs) * len(batches), members).ravel()
        length = sum(len(layer.neurons) + 1 for layer in network.layers) * samples
        self._nets, self._slopes, self._deltas = (
            LayerVector(np.zeros(length), network, samples) for _ in range(3)
        )
        self._runs = [
            (ends, formula, self._nets.across(*ends), self._slopes.across(*ends))
            for ends, formula in _slope_runs(network)
        ]
        self._outs = np.tile(_biases_feed(network, samples), (len(self.places), 1))
        self._targets = np.array([targets.T.ravel() for _, targets in self._members])
        self._final, self._shares = np.empty((2, *self._targets.shape))
        exact = _is_exact(rule.loss.shares)
        parts = (self._final, self._targets, self._shares)
        self._sharing = [
            operation
            for out, target, share in (
                [[part.ravel() for part in parts]] if exact else zip(*parts, strict=True)
            )
            for operation in rule.loss.shares.bound(
                out=out, target=target, outputs=len(network.outputs), share=share
            )
        ]

    def losses(self) -> Array:
        """Return E of each iteration; shares are summed in the order of a batch's alone."""
        stop = self._outs.shape[1] - self._samples
        self._final[:] = self._outs[:, stop - self._final.shape[1] : stop]
        for function, arguments in self._sharing:
            function(*arguments)
        sums: Array = self._shares.sum(axis=1) / self._rule.reduced(self._samples)
        return sums

    def iterations(self) -> Iterator[tuple[int, list[Operation]]]:
        """Yield the operations of each iteration, after its place in the chunk."""
        first = self._network.layers[0]
        feeds = {
            id(inputs): np.vstack([inputs.T, np.full(self._samples, first.bias_feed)])
            for inputs, _ in self._members
        }
        for k, (place, (inputs, _)) in enumerate(zip(self.places, self._members, strict=True)):
            outs = LayerVector(self._outs[k], self._network, self._samples)
            before = [feeds[id(inputs)], *outs.with_one]
            operations = [
                *self._forward(outs, before),
                *(
                    operation
                    for ends, formula, net, slope in self._runs
                    for operation in formula.bound(net=net, out=outs.across(*ends), slope=slope)
                ),
                *self._dloss_dout(outs, self._targets[k]),
                *self._backward(before, outs),
            ]
            yield int(place), operations

    def _forward(self, outs: LayerVector, before: list[Array]) -> Iterator[Operation]:
        for place, layer in enumerate(self._network.layers):
            yield self._parameters.transposed[place].dot, (before[place], self._nets.rows[place])
            yield from self._bound(layer.activation.out, place, net=self._nets, out=outs)

    def _bound(self, formula: Formula, place: int, **vectors: LayerVector) -> list[Operation]:
        """Return the operations of a formula on a layer's part of these vectors."""
        if formula.coupled:
            return formula.bound(**{name: v.rows[place] for name, v in vectors.items()})
        return formula.bound(**{name: v.flat[place] for name, v in vectors.items()})

    def _dloss_dout(self, outs: LayerVector, target: Array) -> Iterator[Operation]:
        slope = self._deltas.flat[-1]
        yield from self._rule.loss.dshare_dout.bound(
            out=outs.flat[-1], target=target, outputs=len(self._network.outputs), slope=slope
        )
        if self._rule.reduction == "mean":
            yield np.divide, (slope, constant(float(self._samples), len(slope)), slope)

    def _backward(self, before: list[Array], outs: LayerVector) -> Iterator[Operation]:
        parameters, deltas = self._parameters, self._deltas
        for place in reversed(range(len(self._network.layers))):
            formula = self._network.layers[place].activation.delta
            # dE/dout stands where delta will
            yield from self._bound(
                formula, place, dE_dout=deltas, slope=self._slopes, out=outs, delta=deltas
            )
            yield before[place].dot, (deltas.transposed[place], parameters.gradients[place])
            yield from parameters.updates[place]
            if place:
                yield parameters.weights[place].dot, (deltas.rows[place], deltas.rows[place - 1])


def _biases_feed(network: Network, samples: int) -> Array:
    """Return a vector of outs in which only what the biases are multiplied with is filled in."""
    length = sum(len(layer.neurons) + 1 for layer in network.layers) * samples
    numbers = np.ones(length)
    rows = LayerVector(numbers, network, samples).with_one
    for above, layer in zip(rows, network.layers[1:], strict=False):
        above[-1] = layer.bias_feed
    return numbers


def _slope_runs(network: Network) -> Iterator[tuple[tuple[int, int], Formula]]:
    """Yield (first, last) and formula of layers whose slopes can be found at once.

    They follow each other, are of one activation, and its slope has the same bits at any place.
    """
    places = range(len(network.layers))
    for _, run in groupby(places, lambda place: network.layers[place].activation_name):
        first, *others = run
        formula = network.layers[first].activation.dout_dnet
        if _is_exact(formula):
            yield (first, [first, *others][-1]), formula
        else:
            yield from (((place, place), formula) for place in (first, *others))


def _is_exact(formula: Formula) -> bool:
    return all(function in EXACT for function, *_ in formula.steps)
