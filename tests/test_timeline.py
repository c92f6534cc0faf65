"""Time travel: any moment, reached in any order, has the bits of a run that never looked back."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.engine.passes import Backward, Forward, backward, forward, update
from bptui.engine.trace import Array
from bptui.story.moment import START, Moment, Phase
from bptui.story.setup import Setup
from bptui.story.timeline import KEYFRAME, RECENT, State, Timeline
from tests.edits import bits
from tests.networks import dense, examples

LAST = 3 * KEYFRAME + RECENT
"""The last iteration of the walks: past several keyframes."""

moments = st.integers(0, 3 * LAST).map(Moment)


@cache
def setup() -> Setup:
    """Return a network with batches of 2, 2 and 1 samples, so that iterations differ."""
    sketch = dense((2, 3, 2), "tanh", output="sigmoid", samples=5)
    return replace(sketch, batch=2, reduction="mean").setup()


@cache
def straight_run() -> list[tuple[Array, Forward, Backward, Array]]:
    """Return (before, forward, backward, after) of each iteration, one after the other."""
    p, theta, found = setup(), setup().state, []
    for iteration in range(1, LAST + 1):
        batch = p.batch(iteration)
        seen = forward(p.network, theta[0], batch.inputs, batch.targets, p.rule)
        back = backward(p.network, theta, seen, batch.targets, p.rule)
        after = update(p.network, theta, back.gradient, p.rule)
        found.append((theta, seen, back, after))
        theta = after
    return found


def expected_bits(moment: Moment) -> list[bytes | None]:
    """Return the bits of the straight run at a moment."""
    if moment == START:
        return bits(State(setup(), moment, setup().batch(1), setup().state))
    before, seen, back, after = straight_run()[moment.iteration - 1]
    phase = moment.phase
    assert phase is not None
    return bits(
        State(
            setup(),
            moment,
            setup().batch(moment.iteration),
            before,
            seen,
            back if phase >= Phase.BACKWARD else None,
            after if phase >= Phase.UPDATE else None,
        )
    )


# ---- moments -------------------------------------------------------------------------------------


@given(st.integers(1, 10**9), st.sampled_from(Phase))
def test_a_moment_knows_its_iteration_and_phase(iteration: int, phase: Phase) -> None:
    moment = Moment.of(iteration, phase)
    assert (moment.iteration, moment.phase) == (iteration, phase)


def test_moments_are_in_the_order_of_the_calculation() -> None:
    story = [START, *(Moment.of(k, phase) for k in (1, 2, 3) for phase in Phase)]
    assert sorted(random.Random(1).sample(story, len(story))) == story
    assert [START.plus(k) for k in range(len(story))] == story


def test_moments_are_written_as_presets_write_them() -> None:
    assert [str(START.plus(k)) for k in (0, 1, 2, 3, 4, 300)] == [
        "start",
        "1 forward",
        "1 backward",
        "1 update",
        "2 forward",
        "100 update",
    ]


@given(st.integers(0, 100), st.integers(-200, 200))
def test_there_is_nothing_before_the_start(at: int, steps: int) -> None:
    assert Moment(at).plus(steps) == Moment(max(at + steps, 0))
    assert Moment(at).plus(-at - 1) == START


def test_the_start_belongs_to_the_first_iteration_and_has_no_phase() -> None:
    assert START.phase is None
    assert START.iteration == 1


# ---- states --------------------------------------------------------------------------------------


def test_a_fresh_timeline_stepped_through_has_the_states_of_a_straight_run() -> None:
    timeline = Timeline(setup())
    moment = START
    while moment.iteration <= LAST:
        assert bits(timeline.state(moment)) == expected_bits(moment), moment
        moment = moment.plus(1)


@examples(60)
@given(st.lists(moments, min_size=1, max_size=8))
def test_jumps_lead_to_the_states_of_a_straight_run(walk: list[Moment]) -> None:
    timeline = Timeline(setup())
    for moment in walk:
        assert bits(timeline.state(moment)) == expected_bits(moment), moment


near = st.integers(-4, 4)
next_iterations = st.integers(-RECENT - 2, RECENT + 2).map(lambda k: 3 * k)
far = st.integers(-2 * KEYFRAME, 2 * KEYFRAME).map(lambda k: 3 * k + 1)


@examples(60)
@given(moments, st.lists(st.one_of(near, next_iterations, far), max_size=25))
def test_steps_and_jumps_in_any_order_lead_to_the_states_of_a_straight_run(
    moment: Moment, steps: list[int]
) -> None:
    timeline = Timeline(setup())
    for step in (0, *steps):
        moment = min(moment.plus(step), Moment.of(LAST, Phase.UPDATE))
        assert bits(timeline.state(moment)) == expected_bits(moment), moment


@pytest.mark.parametrize("iteration", [1, KEYFRAME, KEYFRAME + 1, KEYFRAME + 2, 2 * KEYFRAME + 1])
def test_the_iterations_around_a_keyframe_are_those_of_a_straight_run(iteration: int) -> None:
    timeline = Timeline(setup())
    timeline.state(Moment.of(LAST, Phase.UPDATE))
    moment = Moment.of(iteration, Phase.UPDATE)
    for back in range(5):
        earlier = moment.plus(-3 * back)
        assert bits(timeline.state(earlier)) == expected_bits(earlier)


def test_a_state_belongs_to_its_moment_and_its_batch() -> None:
    timeline = Timeline(setup())
    for iteration, numbers in ((1, (1, 2)), (2, (3, 4)), (3, (5,)), (4, (1, 2))):
        moment = Moment.of(iteration, Phase.FORWARD)
        state = timeline.state(moment)
        assert state.moment == moment
        assert state.batch.numbers == numbers


@pytest.mark.parametrize("phase", Phase)
def test_parameters_change_with_the_update_only(phase: Phase) -> None:
    state = Timeline(setup()).state(Moment.of(1, phase))
    assert (state.now[0] != setup().theta).any() == (phase is Phase.UPDATE)
    assert state.before.tobytes() == setup().theta.tobytes()


# ---- losses --------------------------------------------------------------------------------------


def test_there_are_no_losses_at_the_start() -> None:
    timeline = Timeline(setup())
    assert list(timeline.losses(0)) == []
    timeline.losses(5)
    assert list(timeline.losses(0)) == []


@examples(40)
@given(st.lists(moments, min_size=1, max_size=6), st.lists(moments, max_size=2))
def test_losses_are_those_of_all_iterations_up_to_a_moment(
    asked: list[Moment], visited: list[Moment]
) -> None:
    timeline = Timeline(setup())
    for moment in visited:
        timeline.state(moment)
    every = [seen.loss for _, seen, _, _ in straight_run()]
    for moment in asked:
        count = moment.iteration if moment > START else 0
        assert list(timeline.losses(count)) == every[:count]


def test_losses_cannot_be_written_to() -> None:
    timeline = Timeline(setup())
    with pytest.raises(ValueError, match="read-only"):
        timeline.losses(3)[0] = -1.0
