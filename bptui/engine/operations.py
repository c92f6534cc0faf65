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
from numpy.typing import NDArray

from bptui.engine.flat_state import FlatState
from bptui.engine.functions import Activation, FromNets
from bptui.engine.network import Network
from bptui.engine.on_arrays import loss_formulas
from bptui.engine.passes import Rule
from bptui.engine.trace import Array, Operation, Trace, constant, traced


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
        """The numbers from one layer to another, with the ones between."""
        return self._numbers[self._spans[first][0] : self._spans[last][1]]


class BatchGroup:
    """The iterations of a chunk whose batches have the same number of samples.

    Each has its own vector of outs, so that losses can be computed for all of them at once.
    """

    def __init__(
        self,
        network: Network,
        rule: Rule,
        parameters: FlatState,
        batches: Sequence[tuple[Array, Array]],
        samples: int,
        epochs: int,
        shuffled: bool = False,
    ) -> None:
        self._network, self._rule, self._parameters = network, rule, parameters
        self._samples = samples
        members = [k for k, (inputs, _) in enumerate(batches) if len(inputs) == samples]
        self.places = np.add.outer(np.arange(epochs) * len(batches), members).ravel()
        length = sum(len(layer.neurons) + 1 for layer in network.layers) * samples
        self._nets, self._slopes, self._deltas = (
            LayerVector(np.zeros(length), network, samples) for _ in range(3)
        )
        self._loss = loss_formulas(rule.loss, network.layers[-1].chosen)
        self._numbers = {**rule.loss.parameters, "outputs": float(len(network.outputs))}
        self._trace_formulas()
        self._is_shuffled, self._inputs = shuffled, [batches[k][0] for k in members]
        self._feeds: dict[int, Array] = {}
        starts = np.cumsum([0, *(len(inputs) for inputs, _ in batches)])
        begins = np.add.outer(np.arange(epochs) * starts[-1], starts[members]).ravel()
        self._rows = np.add.outer(begins, np.arange(samples))
        """(iterations, samples): which of the samples of all epochs each has."""
        self._runs = [
            (ends, trace, self._nets.across(*ends), self._slopes.across(*ends))
            for ends, trace in _slope_runs(network, but_last=self._is_from_nets)
        ]
        self._outs = np.tile(_biases_feed(network, samples), (len(self.places), 1))
        self._targets = np.array([batches[k][1].T.ravel() for k in members * epochs])
        shape = (len(self.places), len(network.outputs) * samples)
        self._final, self._final_nets, self._shares = np.empty((3, *shape))
        self._penalties = np.zeros(len(self.places))
        self._sharing = list(self._share_operations())

    def _trace_formulas(self) -> None:
        """Trace once what all iterations compute."""
        end = self._loss.delta if isinstance(self._loss, FromNets) else self._loss.slope
        self._end = traced(end, self._numbers)
        self._activations: list[Trace] = []
        self._own_deltas: list[Trace | None] = []
        for layer in self._network.layers:
            own, numbers = layer.activation.computed, layer.chosen.parameters
            delta = own.get("delta")
            self._activations.append(traced(own.get("out", layer.activation.out), numbers))
            self._own_deltas.append(None if delta is None else traced(delta, {}))

    @property
    def _is_from_nets(self) -> bool:
        return isinstance(self._loss, FromNets)

    def _share_operations(self) -> Iterator[Operation]:
        trace = traced(self._loss.share, self._numbers)
        parts = (self._shares, self._final, self._targets, self._final_nets)
        shape = (-1, self._samples) if trace.coupled else (-1,)
        each = [parts] if trace.exact else zip(*parts, strict=True)
        for share, out, target, net in each:
            bound = {"out": out, "target": target, "net": net}
            arrays = {name: array.reshape(shape) for name, array in bound.items()}
            yield from trace.bind(share.reshape(shape), **arrays)

    def losses(self) -> Array:
        """E of each iteration; shares are summed in the order of a batch's alone."""
        stop = self._outs.shape[1] - self._samples
        self._final[:] = self._outs[:, stop - self._final.shape[1] : stop]
        for function, arguments in self._sharing:
            function(*arguments)
        sums: Array = self._shares.sum(axis=1) / self._rule.divisor(self._samples)
        return sums if self._rule.penalty is None else sums + self._penalties

    def choose(
        self, inputs: Array, targets: Array, chosen: NDArray[np.intp], start: int, stop: int
    ) -> None:
        """Give the iterations from one place to another their samples.

        Args:
            inputs: (samples, inputs) of all samples, and so are the targets.
            targets: (samples, outputs).
            chosen: the samples of the chunk's epochs, in the order in which they come.
            start: the first place in the chunk.
            stop: the place after the last.
        """
        first, last = np.searchsorted(self.places, [start, stop])
        rows = chosen[self._rows[first:last]]
        for k, batch in zip(range(first, last), inputs[rows], strict=True):
            self._feed(k)[:-1] = batch.T
        shape = len(rows), self._targets.shape[1]
        self._targets[first:last] = targets[rows].transpose(0, 2, 1).reshape(shape)

    def iteration(self, k: int) -> list[Operation]:
        """The operations of one iteration, the group's own k-th in a chunk."""
        outs = LayerVector(self._outs[k], self._network, self._samples)
        before = [self._feed(k), *outs.with_one]
        return [
            *self._parameters.count_update,
            *self._parameters.penalize(self._penalties[k : k + 1]),
            *self._forward(k, outs, before),
            *(
                operation
                for ends, trace, net, slope in self._runs
                for operation in trace.bind(slope, net=net, out=outs.across(*ends))
            ),
            *self._at_outputs(k, outs),
            *self._backward(before, outs),
        ]

    def _feed(self, k: int) -> Array:
        """(inputs + 1, samples): what the first layer's table multiplies in an iteration.

        Where each epoch has the same batches it is one array for all of them.
        """
        place = k if self._is_shuffled else k % len(self._inputs)
        if place not in self._feeds:
            ones = np.full(self._samples, self._network.layers[0].bias_feed)
            self._feeds[place] = np.vstack([self._inputs[k % len(self._inputs)].T, ones])
        return self._feeds[place]

    def _forward(self, k: int, outs: LayerVector, before: list[Array]) -> Iterator[Operation]:
        for place, trace in enumerate(self._activations):
            yield self._parameters.transposed[place].dot, (before[place], self._nets.rows[place])
            yield from _bound(trace, place, outs, net=self._nets)
        if self._is_from_nets:
            yield np.copyto, (self._final_nets[k], self._nets.flat[-1])

    def _at_outputs(self, k: int, outs: LayerVector) -> Iterator[Operation]:
        """Fill the outputs' deltas with dE/dnet, if the loss has a formula for it, else dE/dout."""
        shape = (-1, self._samples) if self._end.coupled else (-1,)
        arrays = {"out": outs.flat[-1], "target": self._targets[k], "net": self._nets.flat[-1]}
        delta = self._deltas.flat[-1]
        yield from self._end.bind(
            delta.reshape(shape), **{name: array.reshape(shape) for name, array in arrays.items()}
        )
        if self._rule.reduction == "mean":
            yield np.divide, (delta, constant(float(self._samples), delta.shape), delta)

    def _backward(self, before: list[Array], outs: LayerVector) -> Iterator[Operation]:
        parameters, deltas = self._parameters, self._deltas
        last = len(self._network.layers) - 1
        for place in reversed(range(last + 1)):
            # dE/dout stands where delta will
            if place < last or not self._is_from_nets:
                yield from self._delta(place, outs)
            yield before[place].dot, (deltas.transposed[place], parameters.gradients[place])
            yield from parameters.updates[place]
            if place:
                yield parameters.weights[place].dot, (deltas.rows[place], deltas.rows[place - 1])

    def _delta(self, place: int, outs: LayerVector) -> Sequence[Operation]:
        trace = self._own_deltas[place]
        if trace is None:
            delta = self._deltas.flat[place]
            return [(np.multiply, (delta, self._slopes.flat[place], delta))]
        named = {"dE_dout": self._deltas, "slope": self._slopes, "out": outs}
        return _bound(trace, place, self._deltas, **named)


def _bound(
    trace: Trace, place: int, result: LayerVector, **vectors: LayerVector
) -> list[Operation]:
    """The operations of a formula on a layer's part of these vectors."""
    if trace.coupled:
        return trace.bind(result.rows[place], **{n: v.rows[place] for n, v in vectors.items()})
    return trace.bind(result.flat[place], **{n: v.flat[place] for n, v in vectors.items()})


def _biases_feed(network: Network, samples: int) -> Array:
    """A vector of outs in which only what the biases are multiplied with is filled in."""
    length = sum(len(layer.neurons) + 1 for layer in network.layers) * samples
    numbers = np.ones(length)
    rows = LayerVector(numbers, network, samples).with_one
    for above, layer in zip(rows, network.layers[1:], strict=False):
        above[-1] = layer.bias_feed
    return numbers


def _slope_runs(network: Network, *, but_last: bool) -> Iterator[tuple[tuple[int, int], Trace]]:
    """Yield (first, last) and the slope's trace of layers whose slopes can be found at once.

    They follow each other, are of one activation with the same parameters, and its slope has the
    same bits at any place.
    """
    chosen = [layer.chosen for layer in network.layers]
    places = range(len(chosen) - but_last)
    for _, run in groupby(places, chosen.__getitem__):
        first, *others = run
        entry: Activation = chosen[first].entry
        trace = traced(entry.computed.get("slope", entry.slope), chosen[first].parameters)
        if trace.exact:
            yield (first, [first, *others][-1]), trace
        else:
            yield from (((place, place), trace) for place in (first, *others))
