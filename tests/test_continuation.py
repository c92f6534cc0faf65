"""A preset saved at an iteration goes on with the bits of the run that was not saved."""

from __future__ import annotations

from dataclasses import replace as with_fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bptui.audit.prepare import prepare
from bptui.preset.find import shipped_presets
from bptui.preset.limits import MAX_TEXT
from bptui.preset.model import Preset
from bptui.preset.read import read_preset
from bptui.preset.write import write_preset
from bptui.story.batching import with_training
from bptui.story.continuation import continuation
from bptui.story.moment import Moment, Phase
from bptui.story.parameters import with_trainable
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline
from tests.networks import OPTIMIZERS_IN_FORMS, Sketch, dense, examples, networks, problem_from
from tests.presets import MATRIX, message, reread, shipped


def at(setup: Setup, iteration: int) -> Preset:
    """Return the preset that goes on at an iteration."""
    state = Timeline(setup).state(Moment.of(iteration, Phase.FORWARD))
    return continuation(setup, state.begun, iteration)


def run(setup: Setup, first: int, last: int) -> list[tuple[bytes, ...]]:
    """Return the bits of iterations: samples, parameters before and after, loss, gradient."""
    timeline, found = Timeline(setup), []
    for iteration in range(first, last + 1):
        state = timeline.state(Moment.of(iteration, Phase.UPDATE))
        assert state.forward is not None
        assert state.backward is not None
        loss = timeline.losses(state.moment.iteration)[-1]
        assert np.float64(loss).tobytes() == np.float64(state.forward.loss).tobytes()
        arrays = (state.batch.inputs, state.batch.targets, state.before, state.now[0])
        numbers = (np.array(state.batch.numbers), np.float64(loss), state.backward.gradient)
        found.append(tuple(array.tobytes() for array in (*arrays, *numbers)))
    return found


def assert_goes_on(setup: Setup, iteration: int) -> None:
    """Assert that what is saved at an iteration has the bits of the run that was not saved."""
    preset = at(setup, iteration)
    again = reread(preset)
    assert replace(again, text="") == preset
    assert repr(replace(again, text="")) == repr(preset)
    assert run(prepare(again), 1, 20) == run(setup, iteration, iteration + 19)


def tame(setup: Setup, last: int) -> bool:
    """Return whether the parameters are finite so far."""
    return bool(np.isfinite(Timeline(setup).state(Moment.of(last, Phase.UPDATE)).now[0]).all())


@examples(40)
@given(networks(), st.sampled_from(OPTIMIZERS_IN_FORMS), st.integers(1, 30))
def test_a_saved_network_goes_on_as_if_it_had_not_been_saved(
    sketch: Sketch, optimizer: str, k: int
) -> None:
    setup = with_fields(sketch, optimizer=optimizer).setup()
    if tame(setup, k):
        assert_goes_on(setup, k)


@pytest.mark.parametrize("update", ["simultaneous", "sequential"])
@pytest.mark.parametrize("k", [1, 2, 3, 4, 63, 66])
def test_a_network_saved_within_an_epoch_goes_on_with_the_right_batch(k: int, update: str) -> None:
    sketch = dense((2, 3, 2), "tanh", output="sigmoid", samples=5)
    assert_goes_on(with_fields(sketch, batch=2, update=update, first_batch=2).setup(), k)
    preset = at(with_fields(sketch, batch=2, update=update, first_batch=2).setup(), k)
    assert preset.training.first_batch == k % 3 + 1


@pytest.mark.parametrize("file", shipped_presets(), ids=lambda file: file.stem)
def test_a_shipped_preset_goes_on(file: Path) -> None:
    setup = prepare(read_preset(file))
    assert_goes_on(setup, 1)
    assert_goes_on(setup, 137)


def test_a_continuation_has_the_words_of_its_preset_but_not_its_figures() -> None:
    setup = prepare(shipped("pandey"))
    preset = at(setup, 12)
    assert preset.title == f"{setup.preset.title} (from iteration 12)"
    assert preset.source == setup.preset.source
    assert preset.notation == setup.preset.notation
    assert (preset.expected, preset.notes, preset.file, preset.text) == ((), (), "", "")


@pytest.mark.parametrize(
    ("title", "new"),
    [
        ("T", "T (from iteration 7)"),
        ("T (from iteration 12)", "T (from iteration 7)"),
        ("T (from iteration 12) (from iteration 3)", "T (from iteration 7)"),
        ("T (from iteration 12) b", "T (from iteration 12) b (from iteration 7)"),
        ("(from iteration 12)", "(from iteration 7)"),
        ("", "(from iteration 7)"),
        ("x" * MAX_TEXT, "x" * (MAX_TEXT - 19) + " (from iteration 7)"),
    ],
)
def test_the_title_says_once_where_it_goes_on(title: str, new: str) -> None:
    setup = prepare(replace(shipped(), title=title))
    found = continuation(setup, setup.state, 7)
    assert found.title == reread(found).title == new


def test_what_was_changed_since_the_preset_was_read_is_saved() -> None:
    sketch = with_fields(dense((2, 3, 2), samples=5), batch="online")
    read = sketch.setup()
    preset = with_training(
        with_trainable(read.preset, ("w2", "b1"), False),
        learning_rate=0.25,
        loss="mean_squared_error",
        reduction="mean",
        update="sequential",
        batch=2,
    )
    samples = tuple(
        replace(
            s, input=tuple(3 * x for x in s.input), target=tuple(x - 0.125 for x in s.target or ())
        )
        for s in preset.samples
    )
    edited = prepare(replace(preset, samples=samples))
    training = at(edited, 3).training
    assert (training.learning_rate, training.loss) == (0.25, "mean_squared_error")
    assert (training.reduction, training.update) == ("mean", "sequential")
    assert (training.batch, training.first_batch) == (2, 3)
    for k in (1, 2, 3, 70):
        assert_goes_on(edited, k)


def test_fewer_samples_than_the_preset_has_are_saved() -> None:
    for batch, size in (("full", 3), ("online", 1), (2, 2), (4, 3)):
        read = with_fields(dense((2, 2, 1), samples=5), batch=batch).setup()
        edited = prepare(replace(read.preset, samples=read.preset.samples[:3]))
        assert edited.batch_size == size
        assert at(edited, 2).training.batch == batch
        assert_goes_on(edited, 2)


@pytest.mark.parametrize("how", ["flag", "list"])
def test_what_was_frozen_can_be_trained_after_all(how: str) -> None:
    sketch = dense((2, 2, 1))
    parameters = tuple(with_fields(p, frozen=how) for p in sketch.parameters)
    read = with_fields(sketch, parameters=parameters).setup()
    assert not read.network.trainable.any()
    assert_goes_on(read, 2)
    names = tuple(read.network.slots)
    edited = prepare(with_trainable(read.preset, names, True))
    assert prepare(at(edited, 2)).network.trainable.all()
    assert_goes_on(edited, 2)


def test_a_matrix_does_not_come_back_in_a_continuation() -> None:
    setup = problem_from(MATRIX)
    assert_goes_on(setup, 5)
    assert at(setup, 5).weights["w_i1_o1"].value != 2


def test_a_network_that_diverged_is_not_saved() -> None:
    setup = prepare(shipped())
    theta = setup.state.copy()
    theta[0, 4] = np.nan
    assert message(lambda: write_preset(continuation(setup, theta, 900))).startswith("w5 is nan, ")
