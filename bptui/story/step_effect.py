"""What an update did to the loss: one parameter's step alone, and all steps together."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from msgspec import Struct

from bptui.story.landscape import loss_at, loss_with
from bptui.story.moment import Moment, Phase
from bptui.story.timeline import State, Timeline

CHEAP = 2_000_000
"""So many products of a weight and a sample take a few milliseconds."""


class StepEffect(Struct, frozen=True):
    """The batch's loss before and after steps of an update."""

    before: float
    alone: float
    """After one parameter's step, with all others as they were."""
    foresaw: float
    """How much the slope promises of that step: the gradient times the step."""
    together: float
    """After all steps, or those that are done so far."""


def is_cheap(state: State) -> bool:
    """Whether a forward pass of a state's batch takes no time."""
    return len(state.setup.network.parameters) * len(state.batch.inputs) <= CHEAP


def step_effect(
    timeline: Timeline, iteration: int, parameter: str, done: tuple[bool, ...] | None = None
) -> StepEffect:
    """The effect of a parameter's step; `done` says which parameters have made theirs."""
    state = timeline.state(Moment.of(iteration, Phase.UPDATE))
    assert state.forward is not None
    assert state.backward is not None
    assert state.after is not None
    slot = state.setup.network.slots[parameter]
    with np.errstate(all="ignore"):
        foresaw = float(state.backward.gradient[slot] * (state.after[slot] - state.before[slot]))
    return StepEffect(
        state.forward.loss,
        loss_with(state, {slot: float(state.after[slot])}),
        foresaw,
        loss_after(timeline, iteration, done),
    )


@lru_cache(maxsize=64)
def loss_after(timeline: Timeline, iteration: int, done: tuple[bool, ...] | None = None) -> float:
    """The loss of an iteration's batch after its update, or after a part of the steps."""
    state = timeline.state(Moment.of(iteration, Phase.UPDATE))
    assert state.after is not None
    after = state.after if done is None else np.where(done, state.after, state.before)
    return loss_at(state, after)
