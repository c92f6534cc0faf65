"""Time travel: the state at any moment, a function of the problem and the moment alone.

Parameters are kept at every iteration for a while and at keyframes for good; what lies between is
computed again, with the same bits. The caches change what an answer costs, never the answer.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from dataclasses import dataclass

from bptui.engine.functions import Array
from bptui.engine.passes import Backward, Forward, backward, forward, update
from bptui.story.moment import Moment, Phase
from bptui.story.problem import Batch, Problem

KEYFRAME = 64
"""Iterations from one kept parameter vector to the next."""
RECENT = 16
"""Iterations kept whole, so that steps back and forth are free."""


@dataclass(frozen=True, eq=False)
class Iteration:
    """One iteration, whole: its batch, what each phase computed, the parameters around it."""

    number: int
    batch: Batch
    before: Array
    forward: Forward
    backward: Backward
    after: Array


@dataclass(frozen=True, eq=False)
class State:
    """What is known at a moment: its iteration as far as the phase has come."""

    problem: Problem
    moment: Moment
    batch: Batch
    before: Array
    """The parameters that the iteration began with."""
    forward: Forward | None = None
    backward: Backward | None = None
    after: Array | None = None
    """The parameters after the update."""

    @property
    def theta(self) -> Array:
        """The parameters at this moment."""
        return self.before if self.after is None else self.after


class Timeline:
    """The states of a problem's moments and the losses of its iterations."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._recent: OrderedDict[int, Iteration] = OrderedDict()
        self._keyframes = {1: problem.theta}
        self._losses = array("d")

    def state(self, moment: Moment) -> State:
        """Return what is known at a moment."""
        if moment.phase is None:
            return State(self.problem, moment, self.problem.batch(1), self.problem.theta)
        whole = self._iteration(moment.iteration)
        return State(
            self.problem,
            moment,
            whole.batch,
            whole.before,
            whole.forward,
            whole.backward if moment.phase >= Phase.BACKWARD else None,
            whole.after if moment.phase >= Phase.UPDATE else None,
        )

    def losses(self, moment: Moment) -> array[float]:
        """Return the losses E of all iterations whose forward pass is done at a moment."""
        if moment.phase is None:
            return array("d")
        self._iteration(moment.iteration)
        return self._losses[: moment.iteration]

    def _iteration(self, number: int) -> Iteration:
        if number not in self._recent:
            start, theta = self._nearest(number)
            for k in range(start, number + 1):
                theta = self._run(k, theta).after
        self._recent.move_to_end(number)
        return self._recent[number]

    def _nearest(self, number: int) -> tuple[int, Array]:
        """Return the last iteration up to `number` whose first parameters are known, and these."""
        if number - 1 in self._recent:
            return number, self._recent[number - 1].after
        start = (number - 1) // KEYFRAME * KEYFRAME + 1
        while start not in self._keyframes:
            start -= KEYFRAME
        return start, self._keyframes[start]

    def _run(self, number: int, theta: Array) -> Iteration:
        """Compute an iteration whole and remember it."""
        problem = self.problem
        network, rule, batch = problem.network, problem.rule, problem.batch(number)
        seen = forward(network, theta, batch.inputs, batch.targets, rule)
        back = backward(network, theta, seen, batch.targets, rule)
        after = update(network, theta, back.gradient, rule)
        whole = Iteration(number, batch, theta, seen, back, after)
        self._recent[number] = whole
        if len(self._recent) > RECENT:
            self._recent.popitem(last=False)
        if (number - 1) % KEYFRAME == 0:
            self._keyframes[number] = theta
        if len(self._losses) == number - 1:
            self._losses.append(seen.loss)
        return whole
