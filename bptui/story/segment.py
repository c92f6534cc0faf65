"""A segment of training: from given parameters, under one setup, as far as it was asked for.

Parameters are kept at keyframes and losses for good; what lies between is computed again, with the
same bits. What is kept changes what an answer costs, never the answer.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar
from weakref import WeakSet

import numpy as np
from msgspec import Struct

from bptui.engine.loop import Loop
from bptui.engine.network import frozen
from bptui.engine.passes import Backward, Forward, backward, forward, update
from bptui.engine.trace import Array
from bptui.story.setup import Batch, Setup

_Key = TypeVar("_Key")
_Kept = TypeVar("_Kept")

KEYFRAME = 64
"""Iterations from one kept parameter vector to the next, at most, while memory allows."""
KEYFRAME_BYTES = 24 * 2**20
"""For the keyframes of all branches together; the longest segment is thinned out first."""
KEYFRAME_WORK = 100_000_000
"""What may be calculated between two keyframes, by `_spacing`: about 30 ms."""
RECENT = 16
"""Iterations of all branches together that are kept whole, so that stepping among them is free."""
RECENT_BYTES = 48 * 2**20
"""For these iterations; two are kept in any case."""
LOOPS = 16
"""Training loops of all branches together that are kept ready to run."""


class Iteration(Struct, frozen=True, eq=False):
    """One iteration, whole: its batch, what each phase computed, the parameters around it."""

    number: int
    batch: Batch
    begun: Array
    """(1 + kept, parameters): the state before it, and `ended` after it."""
    forward: Forward
    backward: Backward
    ended: Array


class Memory:
    """What the segments of all branches of a session keep for speed, within one bound."""

    def __init__(self) -> None:
        self.recent: OrderedDict[tuple[Segment, int], Iteration] = OrderedDict()
        self.segments: WeakSet[Segment] = WeakSet()
        self.loops: OrderedDict[Setup, Loop] = OrderedDict()

    def loop(self, setup: Setup) -> Loop:
        if setup not in self.loops:
            self.loops[setup] = setup.loop()
        return _newest(self.loops, setup, LOOPS)

    def iteration(self, segment: Segment, number: int, most: int) -> Iteration:
        return _newest(self.recent, (segment, number), most)

    def thin(self) -> None:
        """Drop keyframes until all of them fit."""
        while sum(segment.frames.nbytes for segment in self.segments) > KEYFRAME_BYTES:
            longest = max(self.segments, key=lambda segment: segment.frames.count)
            if longest.frames.count <= 2:
                return
            longest.thin()


def _newest(kept: OrderedDict[_Key, _Kept], key: _Key, most: int) -> _Kept:
    """Look up a value and make it the newest of so many."""
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
    return kept[key]


class Segment:
    """Iterations of one setup from `first` on, starting from a state."""

    def __init__(self, setup: Setup, first: int, state: Array, memory: Memory) -> None:
        self.setup, self.first, self.state, self.memory = setup, first, state, memory
        self.diverged: int | None = None
        """The first iteration found whose loss or new parameters are not finite."""
        self._losses = _Rows(1)
        self.frames = _Rows(state.size)
        memory.segments.add(self)
        self.pace = _spacing(setup, state.shape[1])
        """How many iterations take about 30 ms, at most 64."""
        self._kept = _kept(setup, state.size)
        self._every = self.pace
        self._next = state
        """The state after the last iteration whose loss is known."""

    @property
    def last(self) -> int:
        return self.first + self._losses.count - 1

    @property
    def losses(self) -> Array:
        """The losses of iterations `first` to `last`; a view that is not to be kept."""
        return self._losses.view[:, 0]

    def extend(self, last: int) -> None:
        while self.last < last:
            losses = np.empty(min(last - self.last, self._room()))
            self._add(losses, self._run(self._next, self.last + 1, losses))

    def _room(self) -> int:
        done = self._losses.count
        if done % self._every == 0:
            self._keep_frame()
        return self._every - done % self._every

    def _add(self, losses: Array, after: Array) -> None:
        self._look_for_divergence(losses, after)
        self._next = after
        self._losses.add(losses[:, np.newaxis])

    def _run(self, state: Array, first: int, losses: Array, states: Array | None = None) -> Array:
        """Run iterations from `first` on, one for each place in `losses`."""
        place = self.setup.place(first)
        return self.memory.loop(self.setup).run(state, place, losses, states, iteration=first)

    def _keep_frame(self) -> None:
        self.frames.add(self._next.reshape(1, -1))
        self.memory.thin()

    def thin(self) -> None:
        """Drop every other keyframe."""
        self.frames.halve()
        self._every *= 2

    def _look_for_divergence(self, losses: Array, after: Array) -> None:
        """Find the first iteration whose numbers become non-finite."""
        if self.diverged is not None or (np.isfinite(losses).all() and np.isfinite(after).all()):
            return
        states = np.empty((len(losses), *after.shape))
        self._run(self._next, self.last + 1, np.empty(len(losses)), states)
        wrong = ~(np.isfinite(losses) & np.isfinite(states).all(axis=(1, 2)))
        self.diverged = self.last + 1 + int(wrong.argmax())

    def before(self, number: int) -> Array:
        """The state that an iteration begins with."""
        if number == self.last + 1:
            return self._next
        recent = self.memory.recent
        if (self, number) in recent:
            return recent[self, number].begun
        if (self, number - 1) in recent:
            return recent[self, number - 1].ended
        self.extend(number)
        frame, rest = divmod(number - self.first, self._every)
        start = frozen(self.frames.view[frame].reshape(self.state.shape).copy())
        begun = self.first + frame * self._every
        return self._run(start, begun, np.empty(rest)) if rest else start

    def after(self, first: int, last: int) -> Array:
        """The states (iterations, 1 + kept, parameters) after each of some iterations."""
        states = np.empty((last - first + 1, *self.state.shape))
        self._run(self.before(first), first, np.empty(len(states)), states)
        return states

    def sampled(self, first: int, last: int, most: int) -> tuple[list[int], Array]:
        """Some iterations from one to another, about so many, and the states after them.

        All of them if they are few, else those that are kept anyway: nothing long is run.
        """
        if last - first < most:
            return [*range(first, last + 1)], self.after(first, last)
        self.extend(last)
        places = np.arange(self.frames.count)
        ends = self.first - 1 + places * self._every
        fits = places[(first <= ends) & (ends <= last)]
        kept = fits[:: max(1, len(fits) // most)]
        states = self.frames.view[kept].reshape(-1, *self.state.shape)
        return ends[kept].tolist(), states

    def iteration(self, number: int) -> Iteration:
        if (self, number) not in self.memory.recent:
            self.extend(number - 1)
            whole = compute(self.setup, number, self.before(number))
            if number > self.last:  # the same bits as the loop's, without making one for a step
                self._room()
                self._add(np.array([whole.forward.loss]), whole.ended)
            self.memory.recent[self, number] = whole
        return self.memory.iteration(self, number, self._kept)


def compute(setup: Setup, number: int, state: Array) -> Iteration:
    network, rule, batch = setup.network, setup.rule, setup.batch(number)
    seen = forward(network, state[0], batch.inputs, batch.targets, rule)
    back = backward(network, state, seen, batch.targets, rule, number)
    ended = update(network, state, back.gradient, rule, number)
    return Iteration(number, batch, state, seen, back, ended)


def _kept(setup: Setup, parameters: int) -> int:
    """How many iterations can be kept whole: of six numbers a neuron, five a parameter."""
    neurons = sum(map(len, setup.network.neurons))
    numbers = 6 * neurons * min(setup.batch_size, len(setup.inputs)) + 5 * parameters
    return min(RECENT, max(2, RECENT_BYTES // (8 * numbers)))


def _spacing(setup: Setup, parameters: int) -> int:
    """How far keyframes may be apart: a power of 2, so that a jump is soon done.

    A neuron's functions take about as long as 32 products of a weight.
    """
    neurons = sum(map(len, setup.network.neurons))
    work = (parameters + 32 * neurons) * min(setup.batch_size, len(setup.inputs))
    every = KEYFRAME
    while every > 1 and every * work > KEYFRAME_WORK:
        every //= 2
    return every


class _Rows:
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
        return self.count * self._data.itemsize * self._data.shape[1]

    def add(self, rows: Array) -> None:
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
