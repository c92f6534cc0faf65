"""What is kept of a long run is little, and enough to come back to any moment of it."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Sequence

import pytest

from bptui.engine.loop import Loop
from bptui.engine.network import Network
from bptui.engine.passes import Rule
from bptui.engine.trace import Array
from bptui.session import messages as c
from bptui.session.key import By
from bptui.session.messages import Ask, Page
from bptui.story import segment
from bptui.story import setup as setups
from bptui.story.address import all_quantities
from bptui.story.moment import Moment, Phase
from bptui.story.timeline import Timeline
from bptui.story.values import Values
from tests.edits import HEAVY, SMALL, bits, random_edits, small
from tests.networks import dense
from tests.sessions import done, shipped, stepped
from tests.walks import (
    answered,
)


class Fast:
    """Stands in for the training loop: what it makes is nonsense, but made quickly."""

    def __init__(
        self,
        network: Network,
        rule: Rule,
        batches: Sequence[tuple[Array, Array]],
        order: object = None,
    ) -> None:
        pass

    def run(
        self,
        state: Array,
        place: int,
        losses: Array,
        states: Array | None = None,
        *,
        iteration: int = 1,
    ) -> Array:
        """Count iterations in the parameters."""
        losses[:] = 1.0
        if states is not None:
            states[:] = state
        return state + len(losses)


def test_a_million_iterations_take_less_than_64_mib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setups, "Loop", Fast)
    setup = shipped("mazur").setup
    tracemalloc.start()
    try:
        timeline = Timeline(setup)
        timeline.run(1_000_000)
        assert timeline.ran == 1_000_000
        assert len(timeline.losses(1_000_000)) == 1_000_000
        theta = timeline.before(777_777)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert theta[0, 0] == setup.theta[0] + 777_776
    assert peak < 40 * 2**20


def test_keyframes_of_a_large_network_are_thinned_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setups, "Loop", Fast)
    setup = dense((20, 40, 10)).setup()
    tracemalloc.start()
    try:
        timeline = Timeline(setup)
        timeline.run(400_000)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 48 * 2**20
    assert peak < 64 * 2**20
    for number in (1, 2, 12_345, 399_999, 400_000):
        assert round(timeline.before(number)[0, 0] - setup.theta[0]) == number - 1


@pytest.mark.parametrize("room", [1, 3, 8])
def test_fewer_keyframes_are_the_same_bits(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    setup, last = SMALL.setup(), 80
    plain = Timeline(setup)
    expected = [plain.state(Moment.of(k, Phase.UPDATE)) for k in range(1, last + 1)]
    monkeypatch.setattr(segment, "KEYFRAME", 2)
    monkeypatch.setattr(segment, "KEYFRAME_BYTES", room * 8 * len(setup.theta))
    monkeypatch.setattr(segment, "RECENT", 1)
    timeline = Timeline(setup)
    timeline.run(last)
    for k in random.Random(room).sample(range(1, last + 1), last):
        assert bits(timeline.state(Moment.of(k, Phase.UPDATE))) == bits(expected[k - 1])
    losses = [state.forward.loss for state in expected if state.forward is not None]
    assert timeline.losses(last).tolist() == losses


def test_a_jump_within_what_was_run_calculates_little_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted = []

    class Counting(Loop):
        def run(
            self,
            state: Array,
            place: int,
            losses: Array,
            states: Array | None = None,
            *,
            iteration: int = 1,
        ) -> Array:
            counted.append(len(losses))
            return super().run(state, place, losses, states, iteration=iteration)

    monkeypatch.setattr(setups, "Loop", Counting)
    timeline = Timeline(SMALL.setup())
    timeline.run(1000)
    assert sum(counted) == 1000
    for number in random.Random(1).sample(range(1, 1000), 60):
        counted.clear()
        timeline.state(Moment.of(number, Phase.UPDATE))
        assert sum(counted) < segment.KEYFRAME


def test_another_branch_is_gone_to_without_being_run(monkeypatch: pytest.MonkeyPatch) -> None:
    session = answered(stepped(small(), 6), Ask.EDIT, "w1 = 0.9")
    session = answered(session, Ask.RUN, "3000")
    for back in (
        done(session, c.Undo(1)),
        done(session, c.Toggle(Page.BRANCHES), By(-1), c.Enter()),
    ):
        assert (back.here, str(back.moment)) == (0, "2 update")
        assert back.timeline.ran < 100


def test_quantities_are_those_of_the_network_that_an_edit_made() -> None:
    for seed in range(5):
        timeline = random_edits(random.Random(seed), HEAVY.setup(), 4)[-1][1]
        for at in range(12):
            state = timeline.state(Moment(at))
            setup = state.setup
            names = {str(q) for q in all_quantities(setup)}
            assert set(Values(state).all()) <= names
