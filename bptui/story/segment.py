"""A segment of training: from given parameters, under one setup, as far as it was asked for.

Parameters are kept at keyframes and losses for good; what lies between is computed again, with the
same bits. What is kept changes what an answer costs, never the answer.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bptui.engine.functions import Array
from bptui.engine.loop import Loop
from bptui.engine.network import frozen
from bptui.engine.passes import Backward, Forward, backward, forward, update
from bptui.story.setup import Batch, Setup

KEYFRAME = 64
"""Iterations from one kept parameter vector to the next, at most, while memory allows."""
KEYFRAME_BYTES = 24 * 2**20
"""So much memory is for a segment's keyframes; then every other one is given up."""
KEYFRAME_WORK = 4_000_000
"""So many products of a weight and a sample may lie between two keyframes: about 30 ms."""
RECENT = 16
"""Iterations kept whole, so that steps back and forth are free, while memory allows."""
RECENT_BYTES = 48 * 2**20
"""So much memory is for a segment's whole iterations; two are kept in any case."""


@dataclass(frozen=True, eq=False)
class Iteration:
    """One iteration, whole: its batch, what each phase computed, the parameters around it."""

    number: int
    batch: Batch
    before: Array
    forward: Forward
    backward: Backward
    after: Array


class Segment:
    """Iterations from `first` on, one setup's, begun with parameters theta."""

    def __init__(self, setup: Setup, first: int, theta: Array) -> None:
        self.setup, self.first, self.theta = setup, first, theta
        self.diverged: int | None = None
        """The first iteration found whose loss or new parameters are not finite."""
        self._recent: OrderedDict[int, Iteration] = OrderedDict()
        self._losses = _Rows(1)
        self._frames = _Rows(len(theta))
        self.pace = _spacing(setup, len(theta))
        """How many iterations take about 30 ms, at most 64."""
        self._kept = _kept(setup, len(theta))
        self._every = self.pace
        self._next = theta
        """The parameters after the last iteration whose loss is known."""

    @property
    def last(self) -> int:
        """The last iteration that was run."""
        return self.first + self._losses.count - 1

    @property
    def losses(self) -> Array:
        """The losses of iterations `first` to `last`; a view that is not to be kept."""
        return self._losses.view[:, 0]

    @cached_property
    def _loop(self) -> Loop:
        setup = self.setup
        batches = [(batch.inputs, batch.targets) for batch in setup.batches]
        return Loop(setup.network, setup.rule, batches)

    def extend(self, last: int) -> None:
        """Run up to an iteration, if that was not done before."""
        while self.last < last:
            losses = np.empty(min(last - self.last, self._room()))
            self._add(losses, self._loop.run(self._next, self._place(self.last + 1), losses))

    def _room(self) -> int:
        """Return how many iterations may come before the next keyframe; keep one if it is time."""
        done = self._losses.count
        if done % self._every == 0:
            self._keep_frame()
        return self._every - done % self._every

    def _add(self, losses: Array, after: Array) -> None:
        """Add iterations that were run, and the parameters after the last of them."""
        self._look_for_divergence(losses, after)
        self._next = after
        self._losses.add(losses[:, np.newaxis])

    def _place(self, number: int) -> int:
        return self.setup.batch_number(number) - 1

    def _keep_frame(self) -> None:
        self._frames.add(self._next[np.newaxis])
        if self._frames.nbytes > KEYFRAME_BYTES and self._frames.count > 2:
            self._frames.halve()
            self._every *= 2

    def _look_for_divergence(self, losses: Array, after: Array) -> None:
        """Find the first iteration of a run whose numbers are none any more."""
        if self.diverged is not None or (np.isfinite(losses).all() and np.isfinite(after).all()):
            return
        thetas = np.empty((len(losses), len(after)))
        self._loop.run(self._next, self._place(self.last + 1), np.empty(len(losses)), thetas)
        wrong = ~(np.isfinite(losses) & np.isfinite(thetas).all(axis=1))
        self.diverged = self.last + 1 + int(wrong.argmax())

    def before(self, number: int) -> Array:
        """Return the parameters that an iteration begins with."""
        if number == self.last + 1:
            return self._next
        if number in self._recent:
            return self._recent[number].before
        if number - 1 in self._recent:
            return self._recent[number - 1].after
        self.extend(number)
        frame, rest = divmod(number - self.first, self._every)
        start = frozen(self._frames.view[frame].copy())
        begun = self.first + frame * self._every
        return self._loop.run(start, self._place(begun), np.empty(rest)) if rest else start

    def after(self, first: int, last: int) -> Array:
        """Return the parameters (iterations, parameters) after each of some iterations."""
        thetas = np.empty((last - first + 1, len(self.theta)))
        losses = np.empty(len(thetas))
        self._loop.run(self.before(first), self._place(first), losses, thetas)
        return thetas

    def iteration(self, number: int) -> Iteration:
        """Return an iteration whole."""
        if number not in self._recent:
            self.extend(number - 1)
            whole = compute(self.setup, number, self.before(number))
            if number > self.last:  # the same bits as the loop's, without making one for a step
                self._room()
                self._add(np.array([whole.forward.loss]), whole.after)
            self._recent[number] = whole
            if len(self._recent) > self._kept:
                self._recent.popitem(last=False)
        self._recent.move_to_end(number)
        return self._recent[number]


def compute(setup: Setup, number: int, theta: Array) -> Iteration:
    """Return an iteration from the parameters that it begins with."""
    network, rule, batch = setup.network, setup.rule, setup.batch(number)
    seen = forward(network, theta, batch.inputs, batch.targets, rule)
    back = backward(network, theta, seen, batch.targets, rule)
    return Iteration(number, batch, theta, seen, back, update(network, theta, back.gradient, rule))


def _kept(setup: Setup, parameters: int) -> int:
    """Return how many iterations can be kept whole: of six numbers a neuron, five a parameter."""
    neurons = sum(map(len, setup.network.neurons))
    numbers = 6 * neurons * min(setup.batch_size, len(setup.inputs)) + 5 * parameters
    return min(RECENT, max(2, RECENT_BYTES // (8 * numbers)))


def _spacing(setup: Setup, parameters: int) -> int:
    """Return how far keyframes may be apart: a power of 2, so that a jump is soon done."""
    work = parameters * min(setup.batch_size, len(setup.inputs))
    every = KEYFRAME
    while every > 1 and every * work > KEYFRAME_WORK:
        every //= 2
    return every


class _Rows:
    """Rows of numbers, packed, to which more can be added."""

    def __init__(self, width: int) -> None:
        self.count = 0
        self._data = np.empty((16, width))

    @property
    def view(self) -> Array:
        """(count, width): all rows, read-only."""
        view = self._data[: self.count]
        view.setflags(write=False)
        return view

    @property
    def nbytes(self) -> int:
        """How much memory the rows take."""
        return self.count * self._data.itemsize * self._data.shape[1]

    def add(self, rows: Array) -> None:
        """Add rows (rows, width)."""
        needed = self.count + len(rows)
        if needed > len(self._data):
            data = np.empty((max(needed, len(self._data) * 3 // 2), self._data.shape[1]))
            data[: self.count] = self._data[: self.count]
            self._data = data
        self._data[self.count : needed] = rows
        self.count = needed

    def halve(self) -> None:
        """Give up every other row, and the memory it took."""
        self._data = self._data[: self.count : 2].copy()
        self.count = len(self._data)
