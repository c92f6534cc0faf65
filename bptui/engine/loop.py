"""Many iterations in a row: what the passes compute, to the last bit, without their stops.

All arrays are made once and filled again in each iteration, and what to do in each iteration of a
chunk is written down when it is first run, as a list of operations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bptui.engine.flat_state import FlatState
from bptui.engine.network import Network, frozen
from bptui.engine.operations import BatchGroup
from bptui.engine.passes import Rule, backward, forward, update
from bptui.engine.trace import Array, Operation

Order = Callable[[int], NDArray[np.intp]]
"""(epoch, from 0) -> the order that the samples of all batches, from 0, have in it."""
CHUNK = 64
"""Iterations in a chunk, or as many as there are batches if these are more."""
ROOM = 2**15
"""Numbers that the outs of a chunk's iterations should not exceed: they fit the processor's cache.
"""


class Loop:
    """Trains many iterations in preallocated arrays; the same bits as the passes one by one.

    To the passes themselves are left: a chunk in which numbers become infinite or NaN, and what
    follows, unless every edge and bias is there and trainable; iterations that begin with a
    parameter of -0.0; and shared trainable biases under sequential updates.
    """

    def __init__(
        self,
        network: Network,
        rule: Rule,
        batches: Sequence[tuple[Array, Array]],
        order: Order | None = None,
    ) -> None:
        """Prepare to train on the (inputs, targets) of an epoch's batches, in their order.

        They are (samples, inputs) and (samples, outputs); the number of samples may differ. With
        an `order` batches of the same sizes are taken anew from all samples in each epoch.
        """
        self._network, self._rule, self._batches = network, rule, tuple(batches)
        self._order = order
        self._state = parameters = FlatState(network, rule)
        row = max(len(inputs) for inputs, _ in batches) * (sum(map(len, network.neurons)) + 1)
        epochs = max(1, min(CHUNK, ROOM // row) // len(batches))
        self._length = epochs * len(batches)
        self._groups = [
            BatchGroup(network, rule, parameters, self._batches, samples, epochs, order is not None)
            for samples in sorted({len(inputs) for inputs, _ in batches})
        ]
        self._members = {
            int(place): (group, k) for group in self._groups for k, place in enumerate(group.places)
        }
        self._iterations: dict[int, list[Operation]] = {}
        self._losses = np.empty(self._length)

    def run(
        self,
        state: Array,
        place: int,
        losses: Array,
        states: Array | None = None,
        *,
        iteration: int = 1,
    ) -> Array:
        """Run len(losses) iterations and return the state (1 + kept, parameters) after the last.

        Args:
            state: What the first begins with; not modified.
            place: Which of the batches the first uses, from 0; epochs follow each other, so that
                it also says in which epoch that is.
            losses: Is filled with E of each iteration.
            states: If given, (iterations, 1 + kept, parameters): filled with the state after each.
            iteration: The number of the first.
        """
        after, done = np.array(state), 0
        with np.errstate(all="ignore"):
            while done < len(losses):
                at = place + done
                here = at % len(self._batches)
                suits = self._state.suits(after)
                stop = min(done + (self._length - here if suits else 1), len(losses))
                compute = self._chunk if suits else self._by_passes
                record = None if states is None else states[done:stop]
                after = compute(after, at, losses[done:stop], record, iteration + done)
                done = stop
        return frozen(after)

    def _chunk(
        self, state: Array, place: int, losses: Array, states: Array | None, iteration: int
    ) -> Array:
        """Run iterations of a chunk from a place in an epoch and return the state after them."""
        self._state.load(state, iteration)
        epoch, begin = divmod(place, len(self._batches))
        stop = begin + len(losses)
        if self._order is not None:
            self._shuffle(self._order, epoch, begin, stop)
        if states is None:
            self._operate(begin, stop)
        else:
            for k, after in enumerate(states, begin):
                self._operate(k, k + 1)
                after[:] = self._state.now()
        if not self._state.holds():
            return self._by_passes(state, place, losses, states, iteration)
        for group in self._groups:
            self._losses[group.places] = group.losses()
        losses[:] = self._losses[begin:stop]
        return self._state.now()

    def _shuffle(self, order: Order, epoch: int, start: int, stop: int) -> None:
        """Give some of a chunk's iterations the samples that they have in these epochs."""
        epochs = range(epoch, epoch - (-stop // len(self._batches)))
        chosen = np.concatenate([order(k) for k in epochs])
        inputs, targets = self._joined
        for group in self._groups:
            group.choose(inputs, targets, chosen, start, stop)

    def _batch(self, place: int) -> tuple[Array, Array]:
        epoch, number = divmod(place, len(self._batches))
        if self._order is None:
            return self._batches[number]
        begin = sum(len(inputs) for inputs, _ in self._batches[:number])
        chosen = self._order(epoch)[begin : begin + len(self._batches[number][0])]
        inputs, targets = self._joined
        return inputs[chosen], targets[chosen]

    @cached_property
    def _joined(self) -> tuple[Array, Array]:
        """The inputs and targets of all samples."""
        inputs, targets = zip(*self._batches, strict=True)
        return np.concatenate(inputs), np.concatenate(targets)

    def _operate(self, start: int, stop: int) -> None:
        """Run the operations of some of a chunk's iterations."""
        for place in range(start, stop):
            if place not in self._iterations:  # a short run needs few of them
                group, k = self._members[place]
                self._iterations[place] = group.iteration(k)
            for function, arguments in self._iterations[place]:
                function(*arguments)

    def _by_passes(
        self, state: Array, place: int, losses: Array, states: Array | None, iteration: int
    ) -> Array:
        network, rule = self._network, self._rule
        for k in range(len(losses)):
            inputs, targets = self._batch(place + k)
            seen = forward(network, state[0], inputs, targets, rule)
            back = backward(network, state, seen, targets, rule, iteration + k)
            state = update(network, state, back.gradient, rule, iteration + k)
            losses[k] = seen.loss
            if states is not None:
                states[k] = state
        return state
