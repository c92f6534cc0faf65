"""The loop: the numbers of the passes, to the last bit, whatever is trained and however far."""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.audit.prepare import prepare
from bptui.engine import loop as engine_loop
from bptui.engine import network as net
from bptui.engine.functions import ACTIVATIONS as ACTIVATIONS_TABLE
from bptui.engine.functions import LOSSES, choose
from bptui.engine.loop import Loop
from bptui.engine.optimizers import OPTIMIZERS
from bptui.engine.passes import Rule, backward, forward, update
from bptui.engine.trace import Array
from bptui.preset.find import shipped_presets
from bptui.preset.read import read_preset
from bptui.story.setup import Setup
from tests.networks import (
    ACTIVATIONS,
    OPTIMIZERS_IN_FORMS,
    PLAIN_ENDS,
    Layer,
    Parameter,
    Sketch,
    dense,
    examples,
    networks,
)

_SOME = [
    *(("sigmoid", "half_squared_error"), ("tanh", "mean_squared_error"), ("identity", "huber")),
    *(("sigmoid", "binary_cross_entropy"), ("softmax", "categorical_cross_entropy")),
]
UPDATES = ("simultaneous", "sequential")
CONVENTIONS = [
    *product(_SOME, ("sum", "mean"), UPDATES, ("full", "online", 2)),
    *((end, "mean", "sequential", 2) for end in PLAIN_ENDS if end not in _SOME),
]
"""Some ends under all conventions, and each activation and loss under some."""
ACROSS = engine_loop.CHUNK + 9
"""Iterations that take the loop from one chunk into the next, which is all that chunks differ in.
"""


def by_passes(
    setup: Setup, count: int, first: int = 0, state: Array | None = None
) -> tuple[Array, Array]:
    """E of some iterations and the state after each, pass by pass."""
    state = setup.state if state is None else state
    losses, states = np.empty(count), np.empty((count, *state.shape))
    for k in range(count):
        batch = setup.batches[(first + k) % len(setup.batches)]
        seen = forward(setup.network, state[0], batch.inputs, batch.targets, setup.rule)
        back = backward(setup.network, state, seen, batch.targets, setup.rule, k + 1)
        state = update(setup.network, state, back.gradient, setup.rule, k + 1)
        losses[k], states[k] = seen.loss, state
    return losses, states


def loop_of(setup: Setup) -> Loop:
    """Return the loop that trains a setup."""
    batches = [(batch.inputs, batch.targets) for batch in setup.batches]
    return Loop(setup.network, setup.rule, batches)


def in_loop(setup: Setup, count: int, first: int = 0) -> tuple[Array, Array]:
    """Return E of some iterations and the parameters after each, by a new loop."""
    losses, thetas = np.empty(count), np.empty((count, *setup.state.shape))
    loop_of(setup).run(setup.state, first, losses, thetas)
    return losses, thetas


def bits(array: Array) -> bytes:
    """Return the bits of all numbers; those of all NaN are the same."""
    return np.where(np.isnan(array), np.nan, array).tobytes()


def assert_like_passes(setup: Setup, count: int, first: int = 0) -> Array:
    """Fail unless the loop does what the passes do; return the losses."""
    losses, thetas = by_passes(setup, count, first)
    found, kept = np.empty(count), np.empty_like(thetas)
    loop = loop_of(setup)
    after = loop.run(setup.state, first, found)
    assert bits(found) == bits(losses)
    assert bits(after) == bits(thetas[-1])
    # once more in the same arrays, and recorded
    found[:] = 0.0
    after = loop.run(setup.state, first, found, kept)
    assert bits(found) == bits(losses)
    assert bits(kept) == bits(thetas)
    assert bits(after) == bits(thetas[-1])
    return losses


class RefusedError(Exception):
    """The passes were asked where the loop should not need them."""


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the loop fail where it would have the passes compute."""

    def refuse(*_: object) -> None:
        raise RefusedError

    monkeypatch.setattr(engine_loop, "forward", refuse)


@pytest.fixture(autouse=True)
def silent() -> Iterator[None]:
    """Make every warning an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


# ---- what is trained -----------------------------------------------------------------------------


@pytest.mark.parametrize("file", shipped_presets(), ids=lambda file: file.stem)
@pytest.mark.usefixtures("alone")
def test_shipped_presets_are_trained_like_by_the_passes(file: object) -> None:
    setup = prepare(read_preset(file))  # type: ignore[arg-type]
    losses = assert_like_passes(setup, 300)
    assert np.isfinite(losses).all()


@examples(25)
@given(networks(), st.sampled_from(OPTIMIZERS_IN_FORMS), st.integers(0, 7))
def test_any_network_is_trained_like_by_the_passes(
    sketch: Sketch, optimizer: str, first: int
) -> None:
    setup = replace(sketch, optimizer=optimizer).setup()
    assert_like_passes(setup, ACROSS, first)


@pytest.mark.parametrize(("end", "reduction", "order", "batch"), CONVENTIONS)
@pytest.mark.usefixtures("alone")
def test_every_convention_is_kept(
    end: tuple[str, str], reduction: str, order: str, batch: str | int
) -> None:
    sketch = dense((3, 4, 2), "tanh", output=end[0], loss=end[1], samples=5)
    sketch = replace(sketch, reduction=reduction, update=order, batch=batch, learning_rate=0.1)
    losses = assert_like_passes(sketch.setup(), ACROSS, first=1)
    assert np.isfinite(losses).all()


@pytest.mark.parametrize(
    ("hidden", "output"),
    [
        *((activation, activation) for activation in ACTIVATIONS),
        *((activation, "sigmoid") for activation in ACTIVATIONS),
        *(("tanh", activation) for activation in (*ACTIVATIONS, "softmax")),
    ],
)
@pytest.mark.usefixtures("alone")
def test_every_activation_is_computed_with_the_same_bits(hidden: str, output: str) -> None:
    # two layers of one activation have their slopes computed at once
    sketch = dense((3, 5, 7, 3, 2), hidden, output=output, samples=3)
    losses = assert_like_passes(replace(sketch, learning_rate=0.01).setup(), 100)
    assert np.isfinite(losses).all()


@pytest.mark.parametrize("samples", [1, 2, 3, 8, 9, 32, 33])
@pytest.mark.parametrize("sizes", [(1, 1), (64, 32, 10), (2, 17, 1), (1, 9, 1, 9, 1), (40, 3)])
@pytest.mark.usefixtures("alone")
def test_matrices_of_any_shape_are_multiplied_in_the_same_order(
    sizes: tuple[int, ...], samples: int
) -> None:
    sketch = dense(sizes, samples=samples)
    # of so many random weights, some are -0.0, which the loop does not begin with
    parameters = tuple(replace(p, value=p.value + 0.0) for p in sketch.parameters)
    sketch = replace(sketch, parameters=parameters, learning_rate=0.01)
    assert_like_passes(sketch.setup(), 70)


@pytest.mark.usefixtures("alone")
def test_an_epoch_of_many_batches_of_two_sizes_is_trained_from_any_of_them() -> None:
    setup = replace(dense((2, 3, 2), samples=203), batch=2).setup()
    assert len(setup.batches) == 102
    for first in (0, 1, 100, 101, 102, 100_000_000_000_000_000_000):
        losses = np.empty(210)
        loop_of(setup).run(setup.state, first, losses)
        assert bits(losses) == bits(by_passes(setup, 210, first % 102)[0])


def test_the_sum_of_many_shares_is_that_of_a_batch_alone() -> None:
    # more than fit one block of numpy's pairwise sums, and more than one of its buffers
    assert_like_passes(dense((1, 3), samples=3001).setup(), 3)


def held(sketch: Sketch, seed: int, share: float = 0.4) -> Sketch:
    """Return a network some of whose parameters are frozen."""
    rng = random.Random(seed)
    parameters = (
        replace(p, frozen="flag" if rng.random() < share else "") for p in sketch.parameters
    )
    return replace(sketch, parameters=tuple(parameters))


@pytest.mark.parametrize("order", UPDATES)
@pytest.mark.usefixtures("alone")
def test_frozen_parameters_and_missing_ones_keep_to_the_fast_way(order: str) -> None:
    sketch = held(dense((3, 4, 3, 2), "tanh", samples=3), seed=1)
    kept = tuple(p for k, p in enumerate(sketch.parameters) if k % 5 != 1)
    sparse = replace(sketch, parameters=kept, update=order)
    assert_like_passes(replace(sketch, update=order).setup(), 100)
    assert_like_passes(sparse.setup(), 100)


def shared(sketch: Sketch, *groups: tuple[str, ...]) -> Sketch:
    """Return a network whose biases are these, each shared by some neurons."""
    weights = tuple(p for p in sketch.parameters if p.source)
    biases = tuple(Parameter(f"s{k}", group, 0.25) for k, group in enumerate(groups))
    return replace(sketch, parameters=(*biases, *weights))


@pytest.mark.parametrize("groups", [(("h1", "h2", "h3"), ("o1", "o2")), (("o1", "h2", "h3"),)])
@pytest.mark.usefixtures("alone")
def test_shared_biases_are_trained_by_the_sum_of_their_gradients(
    groups: tuple[tuple[str, ...], ...],
) -> None:
    sketch = shared(dense((2, 3, 2), samples=3), *groups)
    assert_like_passes(sketch.setup(), 100)


def test_shared_biases_under_sequential_updates_are_left_to_the_passes() -> None:
    sketch = shared(dense((2, 3, 2), samples=3), ("h1", "o1"), ("h2", "h3"))
    assert_like_passes(replace(sketch, update="sequential").setup(), 100)


@pytest.mark.parametrize("frozen", ["", "flag"])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_a_negative_zero_keeps_its_sign_as_long_as_in_the_passes(
    activation: str, frozen: str
) -> None:
    # with gradients of either sign, and with zeros where relu is flat
    sketch = dense((2, 3, 2), activation, output="tanh", samples=2)
    parameters = (
        replace(p, value=-0.0, frozen=frozen) if k % 3 else p
        for k, p in enumerate(sketch.parameters)
    )
    setup = replace(sketch, parameters=tuple(parameters)).setup()
    assert np.signbit(setup.theta[setup.theta == 0]).all()
    assert_like_passes(setup, 30)


@pytest.mark.usefixtures("alone")
def test_a_parameter_that_adds_to_nothing_stays_as_it_is() -> None:
    parameters = [
        net.Parameter("nowhere", ()),
        net.Parameter("w", ("o",), "i"),
        net.Parameter("held", (), trainable=False),
    ]
    layers = [("in", ("i",), None), ("out", ("o",), choose(ACTIVATIONS_TABLE, "tanh"))]
    network = net.build_network(layers, parameters)
    thetas = np.empty((90, 1, 3))
    batches = [(np.array([[0.5]]), np.array([[0.25]]))]
    loop = Loop(
        network, Rule(0.1, choose(LOSSES, "squared_error"), choose(OPTIMIZERS, "sgd")), batches
    )
    after = loop.run(np.array([[0.125, 1.0, -3.0]]), 0, np.empty(90), thetas)
    assert (thetas[:, 0, [0, 2]] == [0.125, -3.0]).all()
    assert (np.diff(thetas[:, 0, 1]) < 0).all()
    assert bits(after) == bits(thetas[-1])


# ---- what diverges -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("activation", "rate", "order", "share"),
    [
        *product(("identity", "tanh"), (30.0, 1e80, 1e200, 1e308), UPDATES, (0.0, 0.4)),
        *((activation, 1e200, "simultaneous", 0.4) for activation in ACTIVATIONS),
        *((activation, 30.0, "sequential", 0.0) for activation in ACTIVATIONS),
    ],
)
def test_what_diverges_does_so_with_the_same_bits(
    activation: str, rate: float, order: str, share: float
) -> None:
    sketch = held(dense((2, 3, 3, 2), activation, output="identity", samples=3), 5, share)
    sketch = replace(sketch, learning_rate=rate, update=order, batch=2)
    # redone from the second of two batches
    losses = assert_like_passes(sketch.setup(), 140, first=1)
    assert not np.isfinite(losses[-1])


@examples(15)
@given(networks(), st.sampled_from((50.0, 1e60, 1e300)))
def test_any_network_that_diverges_does_so_with_the_same_bits(sketch: Sketch, rate: float) -> None:
    assert_like_passes(replace(sketch, learning_rate=rate).setup(), 80)


@pytest.mark.usefixtures("alone")
def test_a_whole_network_diverges_without_the_passes() -> None:
    sketch = replace(dense((2, 3, 2), "relu", output="identity", samples=3), learning_rate=1e100)
    assert_like_passes(sketch.setup(), 100)


def test_a_loop_recovers_from_a_run_that_diverged() -> None:
    sketch = held(dense((2, 3, 2), "identity", samples=2), seed=2)
    setup = replace(sketch, learning_rate=0.01).setup()
    loop, losses = loop_of(setup), np.empty(20)
    for start in (1e300, np.inf, np.nan, 1e160):
        theta = np.full(setup.state.shape, start)
        after = loop.run(theta, 0, losses)
        expected = by_passes(setup, 20, state=theta)
        assert bits(losses) == bits(expected[0])
        assert bits(after) == bits(expected[1][-1])
        assert not np.isfinite(losses[-1])
        loop.run(setup.state, 0, losses)
        assert bits(losses) == bits(by_passes(setup, 20)[0])


def test_a_frozen_parameter_keeps_its_bits_through_an_infinite_gradient() -> None:
    sketch = dense((2, 2, 2), "identity", samples=1)
    frozen = tuple(replace(p, frozen="" if p.source == "h1" else "flag") for p in sketch.parameters)
    setup = replace(sketch, parameters=frozen, learning_rate=1e200).setup()
    losses, thetas = in_loop(setup, 40)
    assert not np.isfinite(losses[-1])
    still = ~setup.network.trainable
    assert bits(thetas[-1][0, still]) == bits(setup.theta[still])
    assert_like_passes(setup, 40)


def test_nothing_comes_over_a_missing_edge() -> None:
    # h1 overflows in the second iteration, but leads to o1 only
    sketch = Sketch(
        layers=tuple(Layer(names, "identity") for names in (("i1",), ("h1", "h2"), ("o1", "o2"))),
        parameters=(
            Parameter("w1", ("h1",), 1e100, "i1"),
            Parameter("w2", ("h2",), 0.5, "i1"),
            Parameter("w3", ("o1",), 1.0, "h1"),
            Parameter("w4", ("o2",), 0.5, "h2"),
        ),
        samples=(((1.0,), (0.0, 0.25)),),
        learning_rate=0.1,
    )
    setup = sketch.setup()
    assert_like_passes(setup, 20)
    losses, thetas = in_loop(setup, 20)
    assert not np.isfinite(losses[-1])
    assert np.isfinite(thetas[-1][0, [1, 3]]).all()


# ---- how it is run -------------------------------------------------------------------------------


@examples(30)
@given(networks(), st.integers(0, 90), st.integers(0, 90), st.integers(0, 5))
def test_two_runs_are_one(sketch: Sketch, one: int, other: int, first: int) -> None:
    setup = sketch.setup()
    whole, parts = np.empty(one + other), np.empty(one + other)
    loop = loop_of(setup)
    after = loop.run(setup.state, first, whole)
    between = loop.run(setup.state, first, parts[:one])
    assert bits(loop.run(between, first + one, parts[one:])) == bits(after)
    assert bits(parts) == bits(whole)


def test_ten_iterations_and_seven_are_seventeen() -> None:
    setup = replace(dense((2, 3, 2), samples=5), batch=2).setup()
    losses = np.empty(17)
    loop = loop_of(setup)
    loop.run(loop.run(setup.state, 2, losses[:10]), 12, losses[10:])
    assert bits(losses) == bits(by_passes(setup, 17, 2)[0])


def test_no_iterations_leave_the_parameters_as_they_are() -> None:
    setup = dense((2, 2)).setup()
    after = loop_of(setup).run(setup.state, 3, np.empty(0))
    assert bits(after) == bits(setup.state)
    assert after is not setup.state


@pytest.mark.parametrize("order", UPDATES)
def test_a_run_changes_no_argument_and_its_result_is_its_own(order: str) -> None:
    sketch = shared(dense((2, 3, 2), samples=3), ("h1", "h2"))
    setup = replace(sketch, update=order, batch=2).setup()
    batches = [(batch.inputs.copy(), batch.targets.copy()) for batch in setup.batches]
    loop = Loop(setup.network, setup.rule, batches)
    theta, losses = setup.state.copy(), np.empty(100)
    after = loop.run(theta, 0, losses)
    kept = after.copy()
    assert bits(theta) == bits(setup.state)
    assert not after.flags.writeable
    for (inputs, targets), batch in zip(batches, setup.batches, strict=True):
        assert bits(inputs) == bits(batch.inputs)
        assert bits(targets) == bits(batch.targets)
    loop.run(after, 0, losses)
    assert bits(after) == bits(kept)
    assert theta.flags.writeable


def test_records_may_be_any_views() -> None:
    setup = dense((2, 2), samples=2).setup()
    losses, thetas = np.empty(200)[::-2], np.empty((1, len(setup.theta), 100)).transpose(2, 0, 1)
    loop_of(setup).run(setup.state, 0, losses, thetas)
    expected = by_passes(setup, 100)
    assert bits(losses.copy()) == bits(expected[0])
    assert bits(thetas.copy(order="C")) == bits(expected[1])
