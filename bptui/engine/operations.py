"""What the loop does: the passes' operations, written down for arrays that are filled again.

Arrays are laid out like those of the passes: a row for each neuron with a column for each sample,
below the neurons a row of ones (-1 for thresholds), and tables (W, b) whose last row are the
biases. As elements of an array do not depend on each other, what is computed element by element is
computed on flat vectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from bptui.engine.flat_rates import FlatRates
from bptui.engine.functions import Activation, FromNets
from bptui.engine.network import Network
from bptui.engine.on_arrays import loss_formulas
from bptui.engine.optimizers import Optimizer, stepped
from bptui.engine.passes import Rule
from bptui.engine.trace import Array, Operation, Trace, constant, names_of, traced


class FlatState:
    """Parameters and what the optimizer keeps of them, in the loop's order.

    That is the tables of the layers, the last layer's first, as the passes sum the gradients of
    what is shared. Where there is no parameter, there is a 0 with a learning rate of 0, and what is
    frozen has that rate, too: w - 0 * gradient is w, unless the gradient is not finite or w -0.0.
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
        self._fixed = ~moved
        self._is_shared = bool(np.bincount(self._slots[moved], minlength=1).max() > 1)
        self._rule, self._sequential = rule, rule.update == "sequential"
        self._rates = FlatRates(rule, self._slots, moved)
        self._can_freeze = self._whole or _stays_without_rate(rule)
        self._is_exact = True
        self._penalties = _by_slot(rule, self._slots)
        rows = 1 + len(rule.optimizer.entry.kept)
        self._state, self._begun = np.zeros((2, rows, len(self._slots)))
        self._gradient, self._t = np.zeros(len(self._slots)), np.zeros(1)
        self.tables: list[Array] = []
        """For each layer, (W, b)."""
        self.gradients: list[Array] = []
        """For each layer, dE/d(W, b)."""
        self.updates: list[list[Operation]] = []
        """For each layer, what changes parameters when the gradients down to it are there."""
        stop = len(placed)
        for place, layer in enumerate(network.layers):
            span = slice(stop - layer.table.size, stop)
            self.tables.append(self._state[0, span].reshape(layer.table.shape))
            self.gradients.append(self._gradient[span].reshape(layer.table.shape))
            if self._sequential:
                self.updates.append(self._update(span))
            else:
                self.updates.append([] if place else self._update(slice(None)))
            stop = span.start
        self.transposed = [table.T for table in self.tables]
        self.weights = [table[:-1] for table in self.tables]

    @property
    def count_update(self) -> list[Operation]:
        """What an iteration begins with, if its number matters."""
        counts = self._rule.optimizer.entry.counts
        found = [(np.add, (self._t, constant(1.0, 1), self._t))] if counts else []
        return [*found, *self._rates.operations]

    def penalize(self, result: Array) -> list[Operation]:
        """What fills `result` (1,) with the penalty's part of E."""
        penalty = self._rule.penalty
        if penalty is None or (formula := penalty.chosen.entry.value) is None:
            return []
        places, weights = self._places[penalty.slots], np.empty(len(penalty.slots))
        taken = (np.take, (self._state[0], places, 0, weights, "clip"))
        return [taken, *traced(formula, penalty.numbers).bind(result, w=weights)]

    def suits(self, state: Array) -> bool:
        """Whether the loop's operations do with this state what the passes do."""
        if (self._is_shared and self._sequential) or not (self._can_freeze and self._is_exact):
            return False
        if np.signbit(state[0][state[0] == 0]).any():
            return False
        return self._whole or bool(np.isfinite(state).all())

    def holds(self) -> bool:
        """Whether they did, as far as iterations have come.

        An out or a delta that is infinite or NaN makes gradients in its table so; with any rate,
        even 0, these make numbers of w so, even one that is no parameter; and those stay so.
        """
        return self._whole or bool(np.isfinite(self._state).all())

    def load(self, state: Array, iteration: int) -> None:
        """Begin an iteration with this state."""
        if not self._whole:  # there may be places without a parameter
            padded = np.zeros((len(state), self._count + 1))
            padded[:, :-1] = state
            state = padded
        np.take(state, self._slots, axis=1, out=self._state, mode="clip")
        self._begun[:] = self._state
        self._t[:] = self._rule.updates_before + iteration - 1
        self._rates.load(iteration)

    def now(self) -> Array:
        """A copy of the state (1 + kept, parameters), in the network's order."""
        return np.take(self._state, self._places[: self._count], axis=1)

    def _update(self, span: slice) -> list[Operation]:
        chosen, optimizer = self._rule.optimizer, self._rule.optimizer.entry
        found: list[Operation] = [(self._share, ())] if self._is_shared else []
        gradient, weights = self._gradient[span], self._state[0, span]
        found += self._add_slope(span, gradient, weights)
        rows = dict(zip(("w", *optimizer.kept), self._state[:, span], strict=True))
        arrays = {name: array[span] for name, array in self._penalties.items()}
        arrays |= {"dE_dw": gradient, "eta": self._rates.each[span], "t": self._t, **rows}
        arrays.setdefault("g", np.empty_like(gradient) if "g" in optimizer.formulas else gradient)
        numbers = {**self._numbers, **chosen.parameters}
        for name, formula in optimizer.formulas.items():
            arrays.setdefault(name, np.empty_like(gradient))
            trace = traced(formula, numbers)
            needed = {n: arrays[n] for n in names_of(formula) if n in arrays}
            found += trace.bind(arrays[name], **needed)
        if not self._whole:
            for row in range(1, len(self._state)):
                keep = partial(np.copyto, where=self._fixed[span])
                found.append((keep, (self._state[row, span], self._begun[row, span])))
        return found

    @property
    def _numbers(self) -> dict[str, float]:
        """What a penalty's formulas are over that is the same for every parameter."""
        numbers = self._rule.penalty.numbers if self._rule.penalty else {}
        return {name: v for name, v in numbers.items() if name not in self._penalties}

    def _add_slope(self, span: slice, gradient: Array, weights: Array) -> list[Operation]:
        """The penalty's slope, added to the gradient of the loss."""
        penalty = self._rule.penalty
        if penalty is None or (formula := penalty.chosen.entry.slope) is None:
            return []
        trace, slope = traced(formula, self._numbers), np.empty_like(gradient)
        self._is_exact = self._is_exact and trace.exact  # elements stand elsewhere than in passes
        arrays = {name: array[span] for name, array in self._penalties.items()}
        arrays = {n: a for n, a in (arrays | {"w": weights}).items() if n in names_of(formula)}
        return [*trace.bind(slope, **arrays), (np.add, (gradient, slope, gradient))]

    def _share(self) -> None:
        sums = np.bincount(self._slots, self._gradient, self._count + 1)
        np.take(sums, self._slots, out=self._gradient)


def _by_slot(rule: Rule, slots: NDArray[np.intp]) -> dict[str, Array]:
    """The penalty's own parameters in the loop's order; 0 for what it spares."""
    if rule.penalty is None:
        return {}
    own = {name: rule.penalty.of_each[name] for name in rule.penalty.chosen.parameters}
    return {name: np.append(array, 0.0)[slots] for name, array in own.items()}


def _stays_without_rate(rule: Rule) -> bool:
    """Whether an optimizer moves nothing whose learning rate is 0."""
    optimizer: Optimizer = rule.optimizer.entry
    state = np.linspace(0.5, 1.5, 3 * (1 + len(optimizer.kept))).reshape(-1, 3)
    numbers = rule.penalty.numbers if rule.penalty else {}
    after = stepped(rule.optimizer, state, np.array([-0.3, 0.1, 2.0]), 0.0, 3, numbers)
    return bool((after[0] == state[0]).all())


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
