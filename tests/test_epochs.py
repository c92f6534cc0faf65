"""Epochs: their order if they are shuffled, how they are shown, and the way to one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.engine.passes import backward, forward, update
from bptui.preset.read import parse_preset
from bptui.preset.write import write_preset
from bptui.session import messages as c
from bptui.session.messages import Ask
from bptui.session.session import open_session
from bptui.story.continuation import continuation
from bptui.story.moment import Moment, Phase
from bptui.story.segment import KEYFRAME
from bptui.story.setup import Setup, build_setup
from bptui.story.timeline import Timeline
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.networks import Sketch, dense, examples, networks
from tests.sessions import after
from tests.test_loop import bits


def shuffled(sketch: Sketch, seed: int = 7, epoch: int = 1) -> Setup:
    text = sketch.toml().replace(
        "[training]", f"[training]\nshuffle = {seed}\nfirst_epoch = {epoch}"
    )
    return build_setup(parse_preset(text, "made.toml"))


SKETCH = replace(dense((3, 4, 2), "tanh", samples=7), batch=2, first_batch=3, learning_rate=0.1)


def test_each_epoch_has_an_order_of_its_own_drawn_from_seed_and_epoch() -> None:
    setup = shuffled(SKETCH, seed=5)
    numbers = [number for k in range(1, 11) for number in setup.batch(k).numbers]
    order = np.concatenate([np.random.default_rng([5, e]).permutation(7) + 1 for e in (1, 2, 3)])
    assert numbers == order[4:].tolist()
    assert [setup.epoch(k) for k in (1, 2, 3, 6, 7)] == [1, 1, 2, 2, 3]
    for k in (1, 6):
        batch = setup.batch(k)
        rows = [setup.preset.samples[number - 1] for number in batch.numbers]
        assert [tuple(row) for row in batch.inputs.tolist()] == [row.input for row in rows]
        assert [tuple(row) for row in batch.targets.tolist()] == [row.target for row in rows]


def test_a_full_batch_stays_as_it_is() -> None:
    setup = shuffled(replace(SKETCH, batch="full", first_batch=1))
    assert setup.batch(3).numbers == (1, 2, 3, 4, 5, 6, 7)
    assert setup.batch_before(3) == 2


@examples(12)
@given(networks(), st.integers(0, 3), st.integers(0, 2))
def test_the_loop_has_the_bits_of_the_passes(sketch: Sketch, seed: int, epoch: int) -> None:
    setup = shuffled(sketch, seed, epoch + 1)
    count = KEYFRAME + 9
    state, losses = setup.state, np.empty(count)
    states = np.empty((count, *state.shape))
    for k in range(count):
        batch = setup.batch(k + 1)
        seen = forward(setup.network, state[0], batch.inputs, batch.targets, setup.rule)
        back = backward(setup.network, state, seen, batch.targets, setup.rule, k + 1)
        state = update(setup.network, state, back.gradient, setup.rule, k + 1)
        losses[k], states[k] = seen.loss, state
    timeline = Timeline(setup)
    assert bits(timeline.losses(count)) == bits(losses)
    assert bits(timeline.states_after(1, count)) == bits(states)
    there = timeline.state(Moment.of(count - 5, Phase.UPDATE))
    assert there.batch.numbers == setup.batch(count - 5).numbers
    assert bits(there.now) == bits(states[count - 6])


@pytest.mark.parametrize("done", [1, 2, 9])
def test_what_is_saved_goes_on_with_the_same_batches_and_bits(done: int) -> None:
    setup = shuffled(SKETCH)
    timeline = Timeline(setup)
    text = write_preset(continuation(setup, timeline.before(done + 1), done + 1))
    again = build_setup(parse_preset(text, "again.toml"))
    for k in range(1, 12):
        assert again.batch(k).numbers == setup.batch(done + k).numbers
    losses = timeline.losses(done + 70)[done:]
    assert bits(Timeline(again).losses(70)) == bits(losses)


def test_epoch_and_batch_are_shown_and_gone_to() -> None:
    session = open_session(shuffled(SKETCH))
    assert "epoch 1, batch 3 of 4  start" in to_text(screen(session, 80, 24))

    def go(answer: str) -> str:
        there = after(session, c.Prompt(Ask.GO), c.Type(answer), c.Enter())
        return to_text(screen(there, 80, 24))

    assert "epoch 3, batch 1 of 4  iteration 7" in go("epoch 3")
    assert "shuffled" in to_text(screen(session, 120, 40))
    assert 'no epoch "1" begins here; this is epoch 1' in go("epoch 1")
    assert 'no epoch "x" begins here; this is epoch 1' in go("epoch x")
    narrow = to_text(screen(after(session, c.Step(1)), 60, 24))
    assert "epoch" in narrow
    assert "iteration 1" in narrow


def test_the_seed_is_a_convention() -> None:
    session = open_session(shuffled(SKETCH))
    order = session.setup.batch(1).numbers

    def edit(answer: str) -> tuple[int, ...]:
        asked = after(session, c.Prompt(Ask.EDIT), c.Erase("all"), c.Type(answer), c.Enter())
        return asked.setup.batch(1).numbers

    assert edit("shuffle = off") == (5, 6)
    assert edit("shuffle = 8") not in (order, (5, 6))
    told = after(session, c.Prompt(Ask.EDIT), c.Erase("all"), c.Type("shuffle = -1"), c.Enter())
    assert told.prompt is not None
    assert told.prompt.error == 'shuffle cannot be "-1"; give a seed, such as 7, or off'


def test_losses_of_other_samples_are_not_compared() -> None:
    session = after(open_session(shuffled(SKETCH)), c.Step(1), c.Travel(29))
    assert session.moment == Moment.of(30, Phase.FORWARD)
    assert session.loss_before is None
