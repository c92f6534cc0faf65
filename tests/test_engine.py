"""The engine: its gradients against two other methods, its conventions, and what it promises."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import MAX_EMAX, MIN_EMIN, Decimal, localcontext
from functools import cache
from typing import Any

import autograd
import autograd.extend
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace as with_fields

from bptui.audit.prepare import prepare
from bptui.engine import functions
from bptui.engine.functions import choose
from bptui.engine.on_arrays import layer_functions
from bptui.engine.passes import Backward, Forward, backward, forward, update
from bptui.engine.trace import Array
from bptui.preset.find import find_preset
from bptui.preset.read import read_preset
from bptui.story.address import parse_quantity
from bptui.story.derivation import derive
from bptui.story.moment import parse_moment
from bptui.story.setup import Batch, Setup
from bptui.story.timeline import Timeline
from bptui.story.values import value
from tests import oracle
from tests.networks import (
    ACTIVATIONS,
    CROSS_ENTROPIES,
    ENDS,
    KINKS,
    LOSSES,
    Layer,
    Parameter,
    Sketch,
    by_hand,
    dense,
    examples,
    networks,
)

EPSILON = float(np.finfo(float).eps)
every_activation = pytest.mark.parametrize("activation", ACTIVATIONS)


def mazur(update: str = "simultaneous") -> Setup:
    """Return Mazur's example under a convention of updating."""
    setup = prepare(read_preset(find_preset("mazur")))
    return with_fields(setup, rule=with_fields(setup.rule, update=update))


def passes(setup: Setup, theta: Array | None = None) -> tuple[Forward, Backward]:
    """Return both passes over the first batch."""
    theta, batch = setup.theta if theta is None else theta, setup.batch(1)
    seen = forward(setup.network, theta, batch.inputs, batch.targets, setup.rule)
    return seen, backward(setup.network, theta[np.newaxis], seen, batch.targets, setup.rule)


def losses(setup: Setup, iterations: int) -> list[float]:
    """Return E of the first iterations."""
    theta, found = setup.theta, []
    for iteration in range(1, iterations + 1):
        batch = setup.batch(iteration)
        seen = forward(setup.network, theta, batch.inputs, batch.targets, setup.rule)
        back = backward(setup.network, theta[np.newaxis], seen, batch.targets, setup.rule)
        theta = update(setup.network, theta[np.newaxis], back.gradient, setup.rule)[0]
        found.append(seen.loss)
    return found


def gradients(setup: Setup) -> dict[str, float]:
    """Return the gradient of each parameter at the first iteration, by name."""
    _, back = passes(setup)
    names = [parameter.name for parameter in setup.network.parameters]
    return dict(zip(names, back.gradient.tolist(), strict=True))


# ---- gradients, against automatic differentiation ------------------------------------------------

erf = autograd.extend.primitive(np.vectorize(math.erf))
"""autograd's own needs scipy."""
autograd.extend.defvjp(
    erf, lambda out, x: lambda above: above * 2 / np.sqrt(np.pi) * np.exp(-(x**2))
)

# written so that autograd sees where relu is flat: at its kink, too
SQUASHES: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda net: 1 / (1 + anp.exp(-net)),
    "tanh": anp.tanh,
    "relu": lambda net: anp.where(net > 0, net, 0.0),
    "leaky_relu": lambda net: anp.where(net > 0, net, 0.01 * net),
    "identity": lambda net: net,
    "linear": lambda net: net,
    "bipolar_sigmoid": lambda net: 2 / (1 + anp.exp(-net)) - 1,
    "hard_sigmoid": lambda net: anp.clip(0.2 * net + 0.5, 0, 1),
    "elu": lambda net: anp.where(net > 0, net, anp.exp(net) - 1),
    "selu": lambda net: oracle.SCALE * anp.where(net > 0, net, oracle.ALPHA * (anp.exp(net) - 1)),
    "softplus": lambda net: anp.log(1 + anp.exp(net)),
    "silu": lambda net: net / (1 + anp.exp(-net)),
    "gelu": lambda net: net / 2 * (1 + erf(net / anp.sqrt(2))),
    "gelu tanh": lambda net: (
        net / 2 * (1 + anp.tanh(anp.sqrt(2 / anp.pi) * (net + 0.044715 * net**3)))
    ),
    "softmax": lambda net: net,  # of the whole layer: see below
}
SHARES: dict[str, Callable[[Any, Any], Any]] = {
    "absolute_error": lambda out, target: anp.abs(out - target),
    "mean_absolute_error": lambda out, target: anp.abs(out - target),
    "huber": lambda out, target: anp.where(
        anp.abs(out - target) < 1, (out - target) ** 2 / 2, anp.abs(out - target) - 0.5
    ),
    "log_cosh": lambda out, target: anp.log(anp.cosh(out - target)),
    "none": lambda out, target: out,
    "hinge": lambda out, target: anp.where(target * out < 1, 1 - target * out, 0.0),
}
DIVISORS: dict[str, Callable[[int], float]] = {
    "half_squared_error": lambda outputs: 2.0,
    "squared_error": lambda outputs: 1.0,
    "mean_squared_error": float,
}


def batch_loss(parameters: dict[str, Any], lesson: oracle.Lesson) -> Any:
    """Return E of the first batch in operations that autograd can follow."""
    batch = lesson.batch(1)
    out: dict[str, Any] = {
        neuron: anp.array([inputs[k] for inputs, _ in batch])
        for k, neuron in enumerate(lesson.layers[0])
    }
    for layer, activation in zip(lesson.layers[1:], lesson.activations, strict=True):
        for neuron in layer:
            net = anp.zeros(len(batch))
            for name, source in lesson.incoming[neuron]:
                net = net + parameters[name] * out[source]
            if neuron in lesson.bias_of:
                bias = lesson.bias_of[neuron]
                sign = -1 if lesson.biases[bias].threshold else 1
                net = net + sign * parameters[bias]
            out[neuron] = SQUASHES[activation](net)
        if activation == "softmax":
            exps = {neuron: anp.exp(out[neuron]) for neuron in layer}
            out |= {neuron: exps[neuron] / sum(exps.values()) for neuron in layer}
    outputs = lesson.layers[-1]
    targets = [anp.array([target[k] for _, target in batch]) for k in range(len(outputs))]
    pairs = [(out[neuron], target) for neuron, target in zip(outputs, targets, strict=True)]
    return _of_shares(lesson.loss, pairs) / (len(batch) if lesson.mean else 1)


def _of_shares(loss: str, pairs: list[tuple[Any, Any]]) -> Any:
    """Return the sum over (out, target) of a loss."""
    if loss in SHARES:
        return sum(anp.sum(SHARES[loss](out, target)) for out, target in pairs) / (
            len(pairs) if loss.startswith("mean") else 1
        )
    if loss in DIVISORS:
        squares = sum(anp.sum((target - out) ** 2) for out, target in pairs)
        return squares / DIVISORS[loss](len(pairs))
    logs = sum(anp.sum(target * anp.log(out)) for out, target in pairs)
    if loss == "binary_cross_entropy":
        logs = logs + sum(anp.sum((1 - target) * anp.log(1 - out)) for out, target in pairs)
    return -logs


def by_autograd(lesson: oracle.Lesson) -> dict[str, float]:
    """Return the gradient of each parameter as autograd finds it."""
    found = autograd.grad(batch_loss)(dict(lesson.first_values), lesson)
    return {name: float(number) for name, number in found.items()}


def assert_like_autograd(sketch: Sketch) -> None:
    """Fail unless the gradients are those of autograd but for rounding.

    Both are exact but for rounding; a tame network's sums stay below 50 with a few dozen terms, so
    that some 1e-12 may be lost of numbers around 1.
    """
    found, expected = gradients(sketch.setup()), by_autograd(sketch.lesson())
    assert found == pytest.approx(expected, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize(
    ("activation", "output", "loss"),
    [
        *((activation, "identity", "half_squared_error") for activation in ACTIVATIONS),
        *(("sigmoid", *end) for end in ENDS),
    ],
)
def test_gradients_are_those_of_automatic_differentiation(
    activation: str, output: str, loss: str
) -> None:
    assert_like_autograd(dense((2, 3, 3, 2), activation, output=output, loss=loss, samples=3))


def test_every_activation_and_loss_is_tested() -> None:
    every = {
        f"{name} {form if form != entry.form else ''}".strip()
        for name, entry in functions.ACTIVATIONS.items()
        for form in entry.forms or ("",)
    }
    assert {output for output, _ in ENDS} == every
    assert {loss for _, loss in ENDS} == functions.LOSSES.keys()


@examples(60)
@given(networks())
def test_gradients_of_any_network_are_those_of_automatic_differentiation(sketch: Sketch) -> None:
    sketch = replace(sketch, update="simultaneous")
    by_hand(sketch, 1)
    assert_like_autograd(sketch)


# ---- gradients, against finite differences -------------------------------------------------------

STEP = EPSILON ** (1 / 3)
"""Where the two errors of a central difference, of order h^2 and epsilon / h, are balanced."""


def moved(setup: Setup, slot: int, by: float) -> tuple[float, Forward]:
    """Return a parameter's value after a small change, and the forward pass with it."""
    theta = setup.theta.copy()
    theta[slot] += by
    return float(theta[slot]), passes(setup, theta)[0]


def by_differences(setup: Setup, slot: int, step: float) -> float | None:
    """Return a central difference of the engine's own loss, None if it bends between its ends."""
    (right, after), (left, before) = (moved(setup, slot, by) for by in (step, -step))
    for layer, *nets in zip(setup.network.layers, after.nets, before.nets, strict=True):
        for kink in KINKS.get(layer.chosen.name, ()):
            if ((nets[0] > kink) != (nets[1] > kink)).any():
                return None
    return (after.loss - before.loss) / (right - left)


def assert_like_differences(setup: Setup) -> int:
    """Fail unless the gradients are those of central differences but for the method's error.

    Truncation is h^2/6 times the third derivative, for which the differences at h and 2h give an
    estimate: they differ by 3 times that of h. The losses that are subtracted are rounded: some
    hundred operations on numbers of the size of E. Return how many gradients were compared.
    """
    seen, back = passes(setup)
    compared = 0
    for slot, exact in enumerate(back.gradient.tolist()):
        near, wide = (by_differences(setup, slot, k * STEP) for k in (1, 2))
        if near is not None and wide is not None:
            rounding = 100 * EPSILON * (1 + abs(seen.loss)) / STEP
            assert abs(near - exact) <= abs(wide - near) + rounding
            compared += 1
    return compared


@examples(40)
@given(networks())
def test_gradients_of_any_network_are_those_of_finite_differences(sketch: Sketch) -> None:
    sketch = replace(sketch, update="simultaneous")
    by_hand(sketch, 1)
    assume(assert_like_differences(sketch.setup()) > 0)


# ---- what reductions, shared biases and frozen parameters mean -----------------------------------


@examples(30)
@given(networks())
def test_a_mean_and_its_gradients_are_the_sum_over_the_number_of_samples(sketch: Sketch) -> None:
    sketch = replace(sketch, update="simultaneous")
    by_hand(sketch, 1)
    (total, of_total), (mean, of_mean) = (
        passes(replace(sketch, reduction=reduction).setup()) for reduction in ("sum", "mean")
    )
    count = len(sketch.lesson().batch(1))  # the last batch of an epoch may be smaller
    assert mean.loss * count == pytest.approx(total.loss, rel=1e-12)
    np.testing.assert_allclose(of_mean.gradient * count, of_total.gradient, rtol=1e-9, atol=1e-12)
    # what belongs to one sample alone is not divided
    np.testing.assert_array_equal(mean.shares, total.shares)


def test_the_gradient_of_a_shared_bias_is_the_sum_of_those_of_its_neurons() -> None:
    apart = dense((2, 2, 2), samples=2)
    weights = tuple(p for p in apart.parameters if p.source)
    biases = {p.targets[0]: replace(p, value=0.25) for p in apart.parameters if not p.source}
    # shared within a layer (h1, h2) and across layers (h2, o1)
    for neurons in (("h1", "h2"), ("h2", "o1"), ("h1", "h2", "o1", "o2")):
        own = tuple(bias for neuron, bias in biases.items() if neuron not in neurons)
        shared = Parameter("shared", neurons, 0.25)
        together = gradients(replace(apart, parameters=(*weights, shared, *own)).setup())
        alone = gradients(replace(apart, parameters=(*weights, *biases.values())).setup())
        parts = [alone[biases[neuron].name] for neuron in neurons]
        assert together["shared"] == pytest.approx(sum(parts), rel=1e-14)


@examples(30)
@given(networks())
def test_freezing_changes_no_gradient_under_simultaneous_updates(sketch: Sketch) -> None:
    sketch = replace(sketch, update="simultaneous")
    thawed = replace(sketch, parameters=tuple(replace(p, frozen="") for p in sketch.parameters))
    found, expected = gradients(sketch.setup()), gradients(thawed.setup())
    np.testing.assert_equal(found, expected)


@pytest.mark.parametrize("gradient", [np.nan, np.inf, -np.inf, 1.0])
@pytest.mark.parametrize("value", [0.35, -0.0, 5e-324])
def test_a_frozen_parameter_keeps_its_bits_whatever_its_gradient(
    gradient: float, value: float
) -> None:
    setup = mazur()
    network = setup.network
    theta = np.full(len(network.parameters), value)
    after = update(network, theta[np.newaxis], np.full(len(theta), gradient), setup.rule)[0]
    assert not network.trainable.all()
    assert network.trainable.any()
    assert after[~network.trainable].tobytes() == theta[~network.trainable].tobytes()
    assert not (after[network.trainable] == theta[network.trainable]).any()


# ---- the order of updates ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "printed"), [("sequential", "0.291027924"), ("simultaneous", "0.291027774")]
)
def test_mazur_reaches_the_loss_of_each_order_of_updates(order: str, printed: str) -> None:
    assert f"{losses(mazur(order), 2)[1]:.9f}" == printed


def test_sequential_updates_change_no_derivative_of_the_output_layer() -> None:
    (_, one), (_, other) = passes(mazur("sequential")), passes(mazur("simultaneous"))
    np.testing.assert_array_equal(one.dE_dnet[-1], other.dE_dnet[-1])
    assert (one.dE_dout[0] != other.dE_dout[0]).all()


def test_sequential_updates_carry_errors_back_through_the_new_weights() -> None:
    setup = mazur("sequential")
    _, back = passes(setup)
    after = update(setup.network, setup.state, back.gradient, setup.rule)[0]
    for layer, used in zip(setup.network.layers, back.weights, strict=True):
        np.testing.assert_array_equal(used, after[layer.weights])


def test_sequential_updates_carry_errors_back_through_frozen_weights_as_they_are() -> None:
    sketch = dense((2, 2, 2))
    held = tuple(replace(p, frozen="flag") for p in sketch.parameters)
    one, other = (
        gradients(replace(sketch, parameters=held, update=order).setup())
        for order in ("sequential", "simultaneous")
    )
    assert one == other


# ---- purity --------------------------------------------------------------------------------------


def arrays_in(result: object) -> Iterator[Array]:
    """Yield every array in a result."""
    if isinstance(result, np.ndarray):
        yield result
    elif isinstance(result, tuple):
        for item in result:
            yield from arrays_in(item)
    elif isinstance(result, Struct):
        for name in result.__struct_fields__:
            yield from arrays_in(getattr(result, name))


def run(setup: Setup, theta: Array, batch: Batch) -> tuple[Forward, Backward, Array]:
    """Return what the three phases compute."""
    seen = forward(setup.network, theta, batch.inputs, batch.targets, setup.rule)
    back = backward(setup.network, theta[np.newaxis], seen, batch.targets, setup.rule)
    return seen, back, update(setup.network, theta[np.newaxis], back.gradient, setup.rule)[0]


@examples(25)
@given(networks())
def test_results_cannot_be_changed(sketch: Sketch) -> None:
    setup = sketch.setup()
    results = run(setup, setup.theta, setup.batch(1))
    assert all(not array.flags.writeable for array in arrays_in(results))
    for result in results[:2]:
        for name in result.__struct_fields__:
            with pytest.raises(AttributeError, match="immutable"):
                setattr(result, name, None)


def test_results_cannot_be_changed_if_what_they_come_from_can() -> None:
    setup = mazur()
    batch = Batch((1,), setup.inputs.copy(), setup.targets.copy())
    results = run(setup, setup.theta.copy(), batch)
    assert all(not array.flags.writeable for array in arrays_in(results))


@examples(25)
@given(networks())
def test_passes_change_none_of_their_arguments_and_repeat_bit_by_bit(sketch: Sketch) -> None:
    setup = sketch.setup()
    first = setup.batch(1)
    theta = setup.theta.copy()
    batch = Batch(first.numbers, first.inputs.copy(), first.targets.copy())
    results = run(setup, theta, batch)
    assert theta.tobytes() == setup.theta.tobytes()
    assert batch.inputs.tobytes() == first.inputs.tobytes()
    assert batch.targets.tobytes() == first.targets.tobytes()
    assert theta.flags.writeable
    assert batch.inputs.flags.writeable
    assert batch.targets.flags.writeable
    again = run(setup, theta, batch)
    for one, other in zip(arrays_in(results), arrays_in(again), strict=True):
        assert one.tobytes() == other.tobytes()


# ---- the ends of the number line -----------------------------------------------------------------


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("net", "out"), [(1000.0, 1.0), (-1000.0, 0.0), (0.0, 0.5)])
def test_sigmoid_reaches_its_limits(net: float, out: float) -> None:
    sketch = dense((1, 1))
    weight, bias = sketch.parameters
    parameters = (replace(weight, value=0.0), replace(bias, value=net))
    seen, back = passes(replace(sketch, parameters=parameters).setup())
    assert seen.outs[-1].item() == out
    assert back.dout_dnet[-1].item() == out * (1 - out)
    assert np.isfinite(back.gradient).all()


NETS = ((40.0, -800.0), (400.0, -401.0), (0.3, -0.2), (800.0, 0.0), (-50.0, 50.0), (1e-9, 0.0))
TARGETS = ((1.0, 0.0), (0.0, 1.0), (0.25, 0.5), (1.0, 1.0), (0.0, 0.0))


@cache
def decimal_logs(output: str, nets: tuple[Decimal, ...]) -> list[tuple[Decimal, Decimal]]:
    """The logarithms of each out and of 1 - out, from the definitions."""
    exps = [net.exp() for net in nets]
    if output == "sigmoid":
        return [((e / (1 + e)).ln(), (1 / (1 + e)).ln()) for e in exps]
    return [((e / sum(exps)).ln(), ((sum(exps) - e) / sum(exps)).ln()) for e in exps]


def decimal_loss(
    loss: str, output: str, nets: tuple[Decimal, ...], targets: tuple[float, ...]
) -> Decimal:
    """The loss to 60 digits, from the definition."""
    total = Decimal(0)
    for (log, log_rest), target in zip(decimal_logs(output, nets), targets, strict=True):
        total -= Decimal(target) * log
        if loss == "binary_cross_entropy":
            total -= (1 - Decimal(target)) * log_rest
    return total


@pytest.mark.parametrize("nets", NETS)
@pytest.mark.parametrize("targets", TARGETS)
@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
@pytest.mark.parametrize("loss", CROSS_ENTROPIES)
def test_cross_entropy_is_that_of_60_digits_however_saturated_its_outputs_are(
    loss: str, output: str, targets: tuple[float, float], nets: tuple[float, float]
) -> None:
    parameters = [Parameter(f"w{k}", (f"o{k}",), net, "i1") for k, net in enumerate(nets, 1)]
    layers = (Layer(("i1",)), Layer(("o1", "o2"), output))
    setup = Sketch(layers, tuple(parameters), (((1.0,), targets),), loss=loss).setup()
    seen, back = passes(setup)
    with localcontext() as context:
        context.prec, context.Emin, context.Emax = 800, MIN_EMIN, MAX_EMAX
        exact = tuple(map(Decimal, nets))
        expected = decimal_loss(loss, output, exact, targets)
        assert seen.loss == pytest.approx(float(expected), rel=1e-13, abs=1e-300)
        h = Decimal("1e-300")
        for k in range(2):
            up, down = ([n + s * h * (j == k) for j, n in enumerate(exact)] for s in (1, -1))
            ends = [decimal_loss(loss, output, tuple(nets_), targets) for nets_ in (up, down)]
            slope = float((ends[0] - ends[1]) / (2 * h))
            # out - target is as near as its terms are
            assert back.dE_dnet[0][0, k] == pytest.approx(slope, rel=1e-13, abs=3e-16)
    timeline = Timeline(setup)
    for address in ("E o1", "E o2", "dE/dnet o1", "dE/dnet o2", "out o1", "out o2"):
        quantity, moment = parse_quantity(address, setup), parse_moment("1 backward")
        own = derive(timeline, quantity, moment).value()
        assert own == pytest.approx(value(timeline.state(moment), quantity), rel=1e-6, abs=1e-15)


def test_softmax_does_not_overflow_and_sums_to_one() -> None:
    net = np.asfortranarray([[1000.0, 999.0, -1000.0], [0.1, 0.2, 0.3]])
    out = layer_functions(choose(functions.ACTIVATIONS, "softmax")).out(net.T).T
    assert out.sum(axis=1) == pytest.approx([1, 1])
    assert out[0] == pytest.approx([1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1)), 0])


def test_relu_is_flat_at_its_kink() -> None:
    sketch = dense((1, 1), "relu")
    still = tuple(replace(p, value=0.0) for p in sketch.parameters)
    seen, back = passes(replace(sketch, parameters=still).setup())
    assert seen.nets[0].item() == 0.0
    assert back.dout_dnet[0].item() == 0.0
    assert not back.gradient.any()


@pytest.mark.filterwarnings("error")
@every_activation
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("order", ["simultaneous", "sequential"])
def test_what_overflows_becomes_infinite_or_nan_without_a_sound(
    activation: str, loss: str, order: str
) -> None:
    sketch = dense((2, 2, 2), activation, output="identity", loss=loss)
    setup = replace(sketch, learning_rate=1e200, update=order).setup()
    found = losses(setup, 6)
    assert np.isfinite(found[0])
    if "squared" in loss:  # the slopes of others are bounded, or become 0
        assert not np.isfinite(found[-1])


@pytest.mark.filterwarnings("error")
@given(st.floats(), st.floats())
def test_no_number_makes_the_passes_fail(weight: float, feed: float) -> None:
    setup = dense((1, 1, 1), samples=1).setup()
    theta = np.full(len(setup.theta), weight)
    batch = Batch((1,), np.full((1, 1), feed), np.zeros((1, 1)))
    run(setup, theta, batch)


def test_a_neuron_without_an_edge_from_an_infinite_one_stays_finite() -> None:
    # h1 overflows, but leads to o1 only; o2 hears of h2 alone
    neurons = (("i1",), ("h1", "h2"), ("o1", "o2"))
    sketch = Sketch(
        layers=tuple(Layer(names, "identity") for names in neurons),
        parameters=(
            Parameter("w1", ("h1",), 1e200, "i1"),
            Parameter("w2", ("h2",), 1.0, "i1"),
            Parameter("w3", ("o1",), 1.0, "h1"),
            Parameter("w4", ("o2",), 1.0, "h2"),
        ),
        samples=(((1e200,), (0.0, 0.0)),),
    )
    seen, back = passes(sketch.setup())
    out = dict(zip(("o1", "o2"), seen.outs[-1][0].tolist(), strict=True))
    assert out == {"o1": np.inf, "o2": 1e200}
    # nor does the infinite error of o1 come back to h2
    assert back.dE_dout[0][0, 1] == 1e200
