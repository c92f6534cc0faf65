"""Time travel: the state at any moment, a function of the setup, the edits and the moment alone.

A timeline is a row of segments, each from where an edit changed something to where the next one
did. An edit makes a new timeline, which shares the segments before it with the old one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from msgspec import Struct

from bptui.engine.network import frozen
from bptui.engine.passes import Backward, Forward
from bptui.engine.trace import Array
from bptui.story.address import Quantity
from bptui.story.edits import Change, SetParameter, changed, place_of
from bptui.story.moment import START, Moment, Phase
from bptui.story.segment import KEYFRAME, RECENT, Iteration, Memory, Segment
from bptui.story.setup import Batch, Setup

__all__ = ["KEYFRAME", "RECENT", "State", "Timeline"]


class State(Struct, frozen=True, eq=False):
    """What is known at a moment: its iteration as far as the phase has come."""

    setup: Setup
    moment: Moment
    batch: Batch
    begun: Array
    """(1 + kept, parameters): the parameters and what the optimizer keeps, before the iteration."""
    forward: Forward | None = None
    backward: Backward | None = None
    ended: Array | None = None
    """What the update made of that."""
    edited: Array | None = None
    """The same at this moment, if some of it was edited after the update, or at the start."""
    others: Callable[[Quantity], float] | None = None
    """Other numbers to show in the place of what is computed."""

    @property
    def before(self) -> Array:
        first: Array = self.begun[0]
        return first

    @property
    def after(self) -> Array | None:
        """What the update made of the parameters."""
        return None if self.ended is None else self.ended[0]

    @property
    def now(self) -> Array:
        """(1 + kept, parameters) at this moment."""
        if self.edited is not None:
            return self.edited
        return self.begun if self.ended is None else self.ended


class ManualValues(Struct, frozen=True, eq=False):
    state: Array
    """The state there, if it is the start or an update."""
    names: frozenset[str]
    """The parameters that were set there, and what is kept of them: `w5`, `v w5`."""


class Timeline:
    """The states of all moments and the losses of all iterations."""

    def __init__(self, setup: Setup) -> None:
        self._segments: tuple[Segment, ...] = (Segment(setup, 1, setup.state, Memory()),)
        self._manual: Mapping[Moment, ManualValues] = {}
        self._original = self._segments[0]

    @property
    def segments(self) -> tuple[Segment, ...]:
        return self._segments

    @property
    def setup(self) -> Setup:
        return self._segments[0].setup

    def setup_at(self, moment: Moment) -> Setup:
        """The setup as the edits up to a moment left it."""
        return self._segment(moment.iteration).setup

    def is_original(self, moment: Moment) -> bool:
        """Whether no edit has anything to do with the numbers of a moment."""
        unbroken = self._segment(moment.iteration) is self._original
        return unbroken and all(edited > moment for edited in self._manual)

    def set_by_hand(self, parameter: str, moment: Moment) -> bool:
        """Whether a parameter has its value of a moment from an edit made exactly there."""
        manual = self._manual.get(moment)
        return manual is not None and parameter in manual.names

    def pieces(self, first: int, last: int) -> list[tuple[int, int]]:
        """Some iterations in pieces, from where to where, with no edit inside of one."""
        return [(begin, end) for _, begin, end in self._spans(first, last)]

    def begun(self, iteration: int) -> int:
        """The first iteration since which nothing was edited, for one of them."""
        return self._segment(iteration).first

    def state(self, moment: Moment) -> State:
        """What is known at a moment."""
        phase, manual = moment.phase, self._manual.get(moment)
        edited = manual.state if manual is not None else None
        if phase is None:
            first = self._segments[0].state if edited is None else edited
            return State(self.setup, moment, self.setup.batch(1), first)
        whole = self.iteration(moment.iteration)
        return State(
            self.setup_at(moment),
            moment,
            whole.batch,
            whole.begun,
            whole.forward,
            whole.backward if phase >= Phase.BACKWARD else None,
            whole.ended if phase >= Phase.UPDATE else None,
            edited if phase is Phase.UPDATE else None,
        )

    def iteration(self, number: int) -> Iteration:
        return self._segment(number).iteration(number)

    def before(self, number: int) -> Array:
        return self._segment(number).before(number)

    # what was run

    @property
    def ran(self) -> int:
        """How many iterations were run without a gap; going to one of them takes no time."""
        return self._segments[-1].last

    @property
    def pace(self) -> int:
        """How many iterations are run while nobody notices, in about 30 ms."""
        return self._segments[-1].pace

    def run(self, last: int) -> None:
        self._segments[-1].extend(last)

    @property
    def diverged(self) -> int | None:
        """The first iteration run so far whose loss or new parameters are not finite."""
        found = [
            segment.diverged
            for segment, _, end in self._spans(1, self.ran)
            if segment.diverged is not None and segment.diverged <= end
        ]
        return min(found, default=None)

    def losses(self, last: int) -> Array:
        """The losses E of iterations 1 to `last`, which are run if they were not."""
        self.run(last)
        return self.some_losses(1, last)

    def some_losses(self, first: int, last: int) -> Array:
        """The losses of some iterations (iterations,), read-only."""
        parts = []
        for segment, begin, end in self._spans(first, last):
            segment.extend(end)
            parts.append(segment.losses[begin - segment.first : end - segment.first + 1])
        return parts[0] if len(parts) == 1 else frozen(np.concatenate([np.empty(0), *parts]))

    def states_after(self, first: int, last: int) -> Array:
        """The states after each of some iterations, within one segment."""
        assert self._segment(first) is self._segment(last)
        return self._segment(first).after(first, last)

    def history(self, parameter: str, last: int, most: int) -> list[tuple[int, float]]:
        """A parameter after some of the iterations up to the last, from 0: about so many.

        Where an edit took it away it has no value.
        """
        found: list[tuple[int, float]] = []
        if (slot := self.setup.network.slots.get(parameter)) is not None:
            found.append((0, float(self.state(START).now[0, slot])))
        for segment, begin, end in self._spans(1, last):
            slot = segment.setup.network.slots.get(parameter)
            if slot is not None:
                numbers, states = segment.sampled(begin, end, most)
                found += zip(numbers, states[:, 0, slot].tolist(), strict=True)
        return found

    def _spans(self, first: int, last: int) -> list[tuple[Segment, int, int]]:
        """The segments of some iterations, each with those of its own: from where to where."""
        ends = [following.first - 1 for following in self._segments[1:]]
        return [
            (segment, max(segment.first, first), min(end, last))
            for segment, end in zip(self._segments, [*ends, last], strict=True)
            if segment.first <= last and end >= first
        ]

    def _segment(self, iteration: int) -> Segment:
        return next(s for s in reversed(self._segments) if s.first <= iteration)

    # edits

    def edited(self, moment: Moment, change: Change) -> Timeline:
        """A new timeline with something changed at a moment.

        A parameter that is changed at an update or at the start has its new value from there on.
        Everything else, and a parameter in the middle of an iteration, is changed for the whole
        iteration, which is then computed again.
        """
        state = self.state(moment)
        sets = isinstance(change, SetParameter)
        afterwards = sets and moment.phase is Phase.UPDATE
        begun = state.now if afterwards or moment == START else state.begun
        setup, now = changed(state.setup, begun, change)
        first = moment.iteration + 1 if afterwards else moment.iteration
        where = moment if afterwards or moment == START else Moment.of(first, Phase.FORWARD)
        rebuilt = frozenset(setup.network.slots) - frozenset(state.setup.network.slots)
        names = rebuilt
        if isinstance(change, SetParameter):
            names = frozenset((change.address,))
        other = self._branched(setup, first, ManualValues(now, names), where)
        if first == 1 and where != START:
            other._manual = {**other._manual, START: self._start_with(change, rebuilt)}
        manual = self._manual.get(moment)
        if moment.phase is Phase.UPDATE and not afterwards and manual is not None:
            return other._set_again(moment, _followed(manual, state.setup, change))
        return other

    def _branched(self, setup: Setup, first: int, manual: ManualValues, where: Moment) -> Timeline:
        """A timeline whose iterations from `first` on start from the edited state."""
        other = Timeline.__new__(Timeline)
        other._original = self._original
        kept = tuple(s for s in self._segments if s.first < first)
        other._segments = (*kept, Segment(setup, first, manual.state, self._original.memory))
        kept_values = {at: values for at, values in self._manual.items() if at <= where}
        before = kept_values[where].names if where in kept_values else frozenset()
        other._manual = {**kept_values, where: ManualValues(manual.state, manual.names | before)}
        return other

    def _start_with(self, change: Change, rebuilt: frozenset[str]) -> ManualValues:
        """The start as a change in the first iteration leaves it: its parameters stay."""
        state, manual = self.state(START), self._manual.get(START)
        names = manual.names if manual is not None else frozenset()
        if isinstance(change, SetParameter):
            return ManualValues(state.now, names)
        return ManualValues(changed(state.setup, state.now, change)[1], names | rebuilt)

    def _set_again(self, moment: Moment, manual: ManualValues) -> Timeline:
        """A timeline in which parameters are set at an update that was computed again."""
        state = self.state(moment)
        now = state.now.copy()
        for name in manual.names:
            place = place_of(state.setup, name)
            now[place] = manual.state[place]
        manual = ManualValues(frozen(now), manual.names)
        return self._branched(state.setup, moment.iteration + 1, manual, moment)


def _followed(manual: ManualValues, setup: Setup, change: Change) -> ManualValues:
    """What edits left behind, under the names that a change gives to parameters."""
    was_set = np.zeros_like(manual.state)
    for name in manual.names:
        was_set[place_of(setup, name)] = 1.0
    new, is_set = changed(setup, was_set, change)
    names = (
        f"{prefix}{name}"
        for row, prefix in enumerate(("", *(f"{kept} " for kept in new.kept)))
        for name, slot in new.network.slots.items()
        if is_set[row, slot]
    )
    return ManualValues(changed(setup, manual.state, change)[1], frozenset(names))
