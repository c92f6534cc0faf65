"""Time travel: the state at any moment, a function of the problem, the edits and the moment alone.

A timeline is a row of stretches, each from where an edit changed something to where the next one
did. An edit makes a new timeline, which shares the stretches before it with the old one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bptui.engine.functions import Array
from bptui.engine.network import frozen
from bptui.engine.passes import Backward, Forward
from bptui.story.edits import Change, SetParameter, changed
from bptui.story.moment import START, Moment, Phase
from bptui.story.problem import Batch, Problem
from bptui.story.stretch import KEYFRAME, RECENT, Iteration, Stretch

__all__ = ["KEYFRAME", "RECENT", "State", "Timeline"]


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
    """What the update made of the parameters."""
    edited: Array | None = None
    """The parameters at this moment, if some were edited after the update, or at the start."""

    @property
    def theta(self) -> Array:
        """The parameters at this moment."""
        if self.edited is not None:
            return self.edited
        return self.before if self.after is None else self.after


@dataclass(frozen=True)
class _Hand:
    """What edits at one moment left behind."""

    theta: Array
    """The parameters there, if it is the start or an update."""
    names: frozenset[str]
    """The parameters that were set there."""


class Timeline:
    """The states of all moments and the losses of all iterations."""

    def __init__(self, problem: Problem) -> None:
        self._stretches: tuple[Stretch, ...] = (Stretch(problem, 1, problem.theta),)
        self._hands: Mapping[Moment, _Hand] = {}
        self._original = self._stretches[0]

    @property
    def problem(self) -> Problem:
        """The problem of the first iteration."""
        return self._stretches[0].problem

    def problem_at(self, moment: Moment) -> Problem:
        """Return the problem as the edits up to a moment left it."""
        return self._stretch(moment.iteration).problem

    def is_original(self, moment: Moment) -> bool:
        """Whether no edit has anything to do with the numbers of a moment."""
        unbroken = self._stretch(moment.iteration) is self._original
        return unbroken and all(edited > moment for edited in self._hands)

    def set_by_hand(self, parameter: str, moment: Moment) -> bool:
        """Whether a parameter has its value of a moment from an edit made exactly there."""
        hand = self._hands.get(moment)
        return hand is not None and parameter in hand.names

    def pieces(self, first: int, last: int) -> list[tuple[int, int]]:
        """Return some iterations in pieces, from where to where, with no edit inside of one."""
        spans = self._spans(first, last)
        return [(max(first, stretch.first), end) for stretch, end in spans]

    def begun(self, iteration: int) -> int:
        """Return the first iteration since which nothing was edited, for one of them."""
        return self._stretch(iteration).first

    def state(self, moment: Moment) -> State:
        """Return what is known at a moment."""
        phase, hand = moment.phase, self._hands.get(moment)
        edited = hand.theta if hand is not None else None
        if phase is None:
            theta = self._stretches[0].theta if edited is None else edited
            return State(self.problem, moment, self.problem.batch(1), theta)
        whole = self.iteration(moment.iteration)
        return State(
            self.problem_at(moment),
            moment,
            whole.batch,
            whole.before,
            whole.forward,
            whole.backward if phase >= Phase.BACKWARD else None,
            whole.after if phase >= Phase.UPDATE else None,
            edited if phase is Phase.UPDATE else None,
        )

    def iteration(self, number: int) -> Iteration:
        """Return an iteration whole."""
        return self._stretch(number).iteration(number)

    def before(self, number: int) -> Array:
        """Return the parameters that an iteration begins with."""
        return self._stretch(number).before(number)

    # what was run

    @property
    def ran(self) -> int:
        """How many iterations were run without a gap; going to one of them takes no time."""
        return self._stretches[-1].last

    @property
    def pace(self) -> int:
        """How many iterations are run while nobody notices, in about 30 ms."""
        return self._stretches[-1].pace

    def run(self, last: int) -> None:
        """Run up to an iteration, if that was not done before."""
        self._stretches[-1].extend(last)

    @property
    def diverged(self) -> int | None:
        """The first iteration run so far whose loss or new parameters are not finite."""
        found = [
            stretch.diverged
            for stretch, end in self._spans(1, self.ran)
            if stretch.diverged is not None and stretch.diverged <= end
        ]
        return min(found, default=None)

    def losses(self, last: int) -> Array:
        """Return the losses E of iterations 1 to `last`, which are run if they were not."""
        self.run(last)
        return self.some_losses(1, last)

    def some_losses(self, first: int, last: int) -> Array:
        """Return the losses of some iterations (iterations,), read-only."""
        parts = []
        for stretch, end in self._spans(first, last):
            stretch.extend(end)
            begin = max(first, stretch.first)
            parts.append(stretch.losses[begin - stretch.first : end - stretch.first + 1])
        return parts[0] if len(parts) == 1 else frozen(np.concatenate([np.empty(0), *parts]))

    def parameters_after(self, first: int, last: int) -> Array:
        """Return the parameters after each of some iterations, within one stretch."""
        assert self._stretch(first) is self._stretch(last)
        return self._stretch(first).after(first, last)

    def _spans(self, first: int, last: int) -> list[tuple[Stretch, int]]:
        """Return the stretches of some iterations and up to which iteration each of them holds."""
        ends = [following.first - 1 for following in self._stretches[1:]]
        pairs = zip(self._stretches, [*ends, last], strict=True)
        return [
            (stretch, min(end, last))
            for stretch, end in pairs
            if stretch.first <= last and end >= first
        ]

    def _stretch(self, iteration: int) -> Stretch:
        return next(s for s in reversed(self._stretches) if s.first <= iteration)

    # edits

    def edited(self, moment: Moment, change: Change) -> Timeline:
        """Return a timeline in which something is changed at a moment; this one stays as it is.

        A parameter that is changed at an update or at the start has its new value from there on.
        Everything else, and a parameter in the middle of an iteration, is changed for the whole
        iteration, which is then computed again.
        """
        state = self.state(moment)
        afterwards = isinstance(change, SetParameter) and moment.phase is Phase.UPDATE
        begun = state.theta if afterwards or moment == START else state.before
        problem, theta = changed(state.problem, begun, change)
        first = moment.iteration + 1 if afterwards else moment.iteration
        where = moment if afterwards or moment == START else Moment.of(first, Phase.FORWARD)
        rebuilt = frozenset(problem.network.slots) - frozenset(state.problem.network.slots)
        names = frozenset((change.name,)) if isinstance(change, SetParameter) else rebuilt
        other = self._branched(problem, first, _Hand(theta, names), where)
        if first == 1 and where != START:
            other._hands = {**other._hands, START: self._start_with(change, rebuilt)}
        hand = self._hands.get(moment)
        if moment.phase is Phase.UPDATE and not afterwards and hand is not None:
            return other._set_again(moment, _followed(hand, state.problem, change))
        return other

    def _branched(self, problem: Problem, first: int, hand: _Hand, where: Moment) -> Timeline:
        """Return a timeline that goes on from what was left somewhere, from an iteration on."""
        other = Timeline.__new__(Timeline)
        other._original = self._original
        kept = tuple(s for s in self._stretches if s.first < first)
        other._stretches = (*kept, Stretch(problem, first, hand.theta))
        hands = {at: hand for at, hand in self._hands.items() if at <= where}
        before = hands[where].names if where in hands else frozenset()
        other._hands = {**hands, where: _Hand(hand.theta, hand.names | before)}
        return other

    def _start_with(self, change: Change, rebuilt: frozenset[str]) -> _Hand:
        """Return the start as a change in the first iteration leaves it: its parameters stay."""
        state, hand = self.state(START), self._hands.get(START)
        names = hand.names if hand is not None else frozenset()
        if isinstance(change, SetParameter):
            return _Hand(state.theta, names)
        return _Hand(changed(state.problem, state.theta, change)[1], names | rebuilt)

    def _set_again(self, moment: Moment, hand: _Hand) -> Timeline:
        """Return a timeline in which parameters are set at an update that was computed again."""
        state = self.state(moment)
        slots = [state.problem.network.slots[name] for name in hand.names]
        theta = state.theta.copy()
        theta[slots] = hand.theta[slots]
        hand = _Hand(frozen(theta), hand.names)
        return self._branched(state.problem, moment.iteration + 1, hand, moment)


def _followed(hand: _Hand, problem: Problem, change: Change) -> _Hand:
    """Return what edits left behind, under the names that a change gives to parameters."""
    was_set = np.array([float(name in hand.names) for name in problem.network.slots])
    new, is_set = changed(problem, was_set, change)
    names = (name for name, slot in new.network.slots.items() if is_set[slot])
    return _Hand(changed(problem, hand.theta, change)[1], frozenset(names))
