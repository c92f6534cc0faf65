"""What other choices of a convention would change: the first gradient or parameter that differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from msgspec import Struct

from bptui.engine.network import Network
from bptui.engine.trace import Array
from bptui.preset.errors import PresetError
from bptui.story.conventions import ConventionError
from bptui.story.edits import SetConvention, changed
from bptui.story.landscape import Grid, pass_cost
from bptui.story.moment import Moment, Phase
from bptui.story.segment import Iteration, compute
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline

ITERATIONS = 3
"""So many are compared: what an optimizer keeps shows in the second."""
_SETUP = 2_000_000
"""Nanoseconds that it takes to make a setup, about."""
_ROUNDING = 1e-12
"""Relative: what differs less was only computed in another order."""
_PASSES = 3
"""What an iteration costs, in forward passes."""


class Difference(NamedTuple):
    """The first number that another choice changes."""

    parameter: str
    moment: Moment
    """In the backward phase it is a gradient, in the update a parameter."""
    now: float
    then: float


class SwitchTask(Struct, frozen=True):
    """What each of some choices of a convention would change, from an iteration on."""

    timeline: Timeline
    iteration: int
    convention: str
    choices: tuple[str, ...]

    @property
    def cost(self) -> int:
        """About how many nanoseconds it takes."""
        each = _PASSES * ITERATIONS * pass_cost(self.timeline, self.iteration)
        return len(self.choices) * (each + _SETUP)

    def result(self) -> Grid:
        """For each choice a difference's slot, iteration, phase, and both numbers; or nothing."""
        return _result(self)


def difference(task: SwitchTask, row: tuple[float, ...]) -> Difference | None:
    """A difference from its row in a task's result; None where nothing differs."""
    if not row:
        return None
    slot, iteration, phase, now, then = row
    network = task.timeline.setup_at(_begin(task)).network
    moment = Moment.of(int(iteration), Phase(int(phase)))
    return Difference(network.parameters[int(slot)].name, moment, now, then)


def _begin(task: SwitchTask) -> Moment:
    return Moment.of(task.iteration, Phase.FORWARD)


@lru_cache(maxsize=32)
def _result(task: SwitchTask) -> Grid:
    setup, state = task.timeline.setup_at(_begin(task)), task.timeline.before(task.iteration)
    own = [*_iterations(setup, state, task.iteration)]
    rows: list[tuple[float, ...]] = []
    for choice in task.choices:
        try:
            other, begun = changed(setup, state, SetConvention(task.convention, choice))
            there = _iterations(other, begun, task.iteration)
            rows.append(_first(setup.network, own, other.network, there))
        except (ConventionError, PresetError):  # it does not go with something else
            rows.append(())
    return tuple(rows)


def _iterations(setup: Setup, state: Array, first: int) -> Iterator[Iteration]:
    with np.errstate(all="ignore"):
        for number in range(first, first + ITERATIONS):
            whole = compute(setup, number, state)
            state = whole.ended
            yield whole


def _first(
    network: Network, own: list[Iteration], other: Network, there: Iterable[Iteration]
) -> tuple[float, ...]:
    """The first of the gradients and new parameters that both networks have and that differs."""
    names = [p.name for p in network.parameters if p.name in other.slots]
    here, beside = ([n.slots[name] for name in names] for n in (network, other))
    for one, two in zip(own, there, strict=True):
        for phase, now, then in (
            (Phase.BACKWARD, one.backward.gradient, two.backward.gradient),
            (Phase.UPDATE, one.ended[0], two.ended[0]),
        ):
            same = np.isclose(now[here], then[beside], rtol=_ROUNDING, atol=0.0, equal_nan=True)
            if not same.all():
                place = int(same.argmin())
                values = float(now[here[place]]), float(then[beside[place]])
                return (float(here[place]), float(one.number), float(phase), *values)
    return ()
