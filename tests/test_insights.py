"""What is said of a number is true: saturated and dead neurons, zeros, overshoots, losses."""

from __future__ import annotations

import re

import pytest

from bptui.audit.prepare import prepare
from bptui.preset.read import parse_preset
from bptui.story.address import parse_quantity
from bptui.story.derivation import derive
from bptui.story.insights import insights
from bptui.story.moment import parse_moment
from bptui.story.timeline import Timeline
from bptui.story.values import values_at
from tests.audits import KINK, kink
from tests.networks import Layer, Parameter, Sketch, dense


def chain(
    activation: str = "identity",
    weights: tuple[float, ...] = (0.5,),
    *,
    bias: float | None = None,
    inputs: tuple[float, ...] = (1.0,),
    targets: tuple[float, ...] = (0.0,),
    frozen: str = "",
    learning_rate: float = 0.5,
    loss: str = "half_squared_error",
    update: str = "simultaneous",
    batch: str = "full",
) -> Timeline:
    """Return a network that is a chain of one neuron a layer: i1, h1 and so on, and last o1."""
    names = ["i1", *(f"h{k}" for k in range(1, len(weights))), "o1"]
    parameters = [
        Parameter(f"w{k}", (target,), value, source, "flag" if f"w{k}" == frozen else "")
        for k, (source, target, value) in enumerate(zip(names, names[1:], weights, strict=False), 1)
    ]
    if bias is not None:
        parameters.append(Parameter("b1", ("o1",), bias, "", "flag" if frozen == "b1" else ""))
    layers = [Layer((name,), activation if place else "") for place, name in enumerate(names)]
    sketch = Sketch(
        layers=tuple(layers),
        parameters=tuple(parameters),
        samples=tuple(((x,), (t,)) for x, t in zip(inputs, targets, strict=True)),
        learning_rate=learning_rate,
        loss=loss,
        update=update,
        batch=batch,
    )
    return Timeline(sketch.setup())


def said(timeline: Timeline, address: str, at: str) -> str:
    """Return all that is said of a quantity at a moment."""
    setup = timeline.setup
    quantity = parse_quantity(address, setup)
    return "\n".join(insights(timeline, derive(timeline, quantity, parse_moment(at))))


@pytest.mark.parametrize("address", ["out o1", "dout/dnet o1", "dE/dnet o1", "dE/dw1"])
@pytest.mark.parametrize(
    ("activation", "flat", "steep"),
    [
        # s (1 - s) is 0.01 where net is ±4.58497, and 1 - tanh² where it is ±2.99322
        ("sigmoid", 4.59, 4.58),
        ("sigmoid", -4.59, -4.58),
        ("tanh", 3.0, 2.99),
        ("tanh", -3.0, -2.99),
    ],
)
def test_a_saturated_neuron_is_one_whose_slope_is_below_a_hundredth(
    activation: str, flat: float, steep: float, address: str
) -> None:
    assert "o1 is saturated" in said(chain(activation, (flat,)), address, "1 backward")
    assert "saturated" not in said(chain(activation, (steep,)), address, "1 backward")


@pytest.mark.parametrize("address", ["out o1", "dout/dnet o1", "dE/dnet o1", "dE/dw1"])
def test_cross_entropy_makes_up_for_a_flat_output(address: str) -> None:
    timeline = chain("sigmoid", (4.59,), loss="binary_cross_entropy")
    assert "saturated" not in said(timeline, address, "1 backward")
    hidden = chain("sigmoid", (4.59, 0.5), loss="binary_cross_entropy")
    assert "h1 is saturated" in said(hidden, "dE/dw1", "1 backward")


@pytest.mark.parametrize("activation", ["relu", "identity"])
def test_only_sigmoid_and_tanh_saturate(activation: str) -> None:
    assert "saturated" not in said(chain(activation, (100.0,)), "dE/dw1", "1 backward")


@pytest.mark.parametrize("address", ["out o1", "dout/dnet o1", "dE/dnet o1", "dE/dw1"])
def test_a_dead_relu_is_one_whose_net_input_is_not_above_0(address: str) -> None:
    for dead in (-0.5, 0.0):
        assert "o1 is a dead ReLU" in said(chain("relu", (dead,)), address, "1 backward")
    for activation, weight in (("relu", 0.001), ("identity", -0.5), ("sigmoid", -0.5)):
        assert "dead" not in said(chain(activation, (weight,)), address, "1 backward")


def test_a_relu_that_is_off_on_one_sample_only_is_not_dead() -> None:
    timeline = chain("relu", (0.5,), inputs=(-1.0, 1.0), targets=(0.0, 0.0))
    assert "o1 is inactive on this sample" in said(timeline, "dE/dnet o1 @1", "1 backward")
    assert "dead" not in said(timeline, "dE/dnet o1 @1", "1 backward")
    online = chain("relu", (0.5,), inputs=(-1.0, 1.0), targets=(0.0, 0.0), batch="online")
    assert "o1 is inactive on this sample" in said(online, "dE/dnet o1", "1 backward")
    off = chain("relu", (-0.5,), inputs=(1.0, 2.0), targets=(0.0, 0.0), batch="online")
    told = said(off, "dE/dnet o1", "1 backward")
    assert "o1 is a dead ReLU: its net input is not above 0 on any of the 2 samples" in told


def test_what_is_left_where_cross_entropy_cancels_is_a_number() -> None:
    timeline = chain("sigmoid", (0.5,), targets=(1.0,), loss="binary_cross_entropy")
    out = values_at(timeline, parse_moment("1 backward")).all()["out o1"]
    told = said(timeline, "dE/dnet o1", "1 backward")
    assert f"everything cancels except out - target = {out - 1:.4g}." in told


@pytest.mark.parametrize(
    ("zero", "near", "because"),
    [
        (chain(inputs=(0.0,), targets=(1.0,)), chain(inputs=(1e-9,)), "dnet/dw1 o1 is 0"),
        (chain(targets=(0.5,)), chain(targets=(0.5000001,)), "dE/dout o1 is 0"),
        (chain("relu", (-0.5,)), chain("relu", (0.5,)), "dE/dout o1 and dout/dnet o1 are 0"),
        (
            chain("relu", (-0.5,), inputs=(1.0,), targets=(-0.0,)),
            chain("relu", (0.5,)),
            "dE/dout o1 and dout/dnet o1 are 0",
        ),
        (
            chain(inputs=(1.0, 1.0), targets=(0.0, 1.0)),
            chain(inputs=(1.0, 1.0), targets=(0.0, 1.001)),
            "its terms cancel",
        ),
        (
            chain("relu", (-0.5,), inputs=(1.0, 1.0), targets=(0.0, 1.0)),
            chain("relu", (0.5,), inputs=(1.0, 1.0), targets=(0.0, 2.0)),
            "all its terms are 0",
        ),
    ],
    ids=["input", "target", "relu", "both", "cancel", "batch"],
)
def test_of_a_gradient_that_is_exactly_0_the_factor_is_named(
    zero: Timeline, near: Timeline, because: str
) -> None:
    told = said(zero, "dE/dw1", "1 backward")
    assert "The gradient of w1 is exactly 0" in told
    assert because in told
    assert "exactly 0" not in said(near, "dE/dw1", "1 backward")


def test_a_bias_that_is_0_has_a_gradient_all_the_same() -> None:
    sentence = "b1 is 0 but its gradient is not"
    assert sentence in said(chain(bias=0.0), "dE/db1", "1 backward")
    assert sentence not in said(chain(bias=0.01), "dE/db1", "1 backward")
    assert sentence not in said(chain(bias=0.0, targets=(0.5,)), "dE/db1", "1 backward")


def test_a_frozen_bias_has_a_gradient_that_no_update_follows() -> None:
    sentence = "b1 is frozen: it has a gradient but is not updated"
    assert sentence in said(chain(bias=0.3, frozen="b1"), "dE/db1", "1 backward")
    assert sentence not in said(chain(bias=0.3), "dE/db1", "1 backward")
    assert sentence not in said(
        chain(bias=0.3, frozen="b1", targets=(0.8,)), "dE/db1", "1 backward"
    )


@pytest.mark.parametrize("address", ["dnet/dout o1 h1", "dE/dout h1", "dE/dout h1 via o1"])
def test_deltas_are_carried_back_over_old_weights_or_new_ones_if_sequential(address: str) -> None:
    old = said(chain("sigmoid", (0.5, 0.5)), address, "1 backward")
    assert "Uses w2 from before" in old
    new = said(chain("sigmoid", (0.5, 0.5), update="sequential"), address, "1 backward")
    assert "Uses the already updated w2 (sequential" in new
    assert "Old" not in new
    frozen = said(chain("sigmoid", (0.5, 0.5), frozen="w2"), address, "1 backward")
    assert "weights are used here" not in frozen


def test_of_a_delta_at_the_output_nothing_is_said_about_weights() -> None:
    timeline = chain("sigmoid", (0.5, 0.5))
    for address in ("dE/dout o1", "dE/dnet o1", "dE/dw2"):
        assert "weights are used" not in said(timeline, address, "1 backward")


@pytest.mark.parametrize("address", ["out o1", "E o1"])
def test_an_output_overshoots_when_it_has_passed_its_target(address: str) -> None:
    # out goes from 0 to the learning rate times the target, which is 1
    there = "2 forward"
    long = said(chain(weights=(0.0,), targets=(1.0,), learning_rate=1.25), address, there)
    assert "o1 has overshot its target 1: it began below and is now above" in long
    for rate in (0.75, 1):
        short = chain(weights=(0.0,), targets=(1.0,), learning_rate=rate)
        assert "overshot" not in said(short, address, there)
    before = chain(weights=(0.0,), targets=(1.0,), learning_rate=1.25)
    assert "overshot" not in said(before, address, "1 forward")


def test_an_output_can_overshoot_from_above() -> None:
    timeline = chain(weights=(2.0,), targets=(1.0,), learning_rate=1.25)
    assert "it began above and is now below" in said(timeline, "out o1", "2 forward")


def test_a_loss_that_is_larger_than_before_rose() -> None:
    # each step multiplies the error by 1 - the learning rate, and E by its square
    longer = chain(weights=(0.0,), targets=(1.0,), learning_rate=2.25)
    assert "E rose from 0.5: the step was too long" in said(longer, "E", "2 forward")
    assert "rose" not in said(longer, "E", "1 forward")
    same = chain(weights=(0.0,), targets=(1.0,), learning_rate=2)
    assert "rose" not in said(same, "E", "2 forward")


def test_online_a_loss_is_compared_with_that_of_the_same_sample_an_epoch_ago() -> None:
    other = chain(inputs=(1.0, 1.0), targets=(0.5, 3.0), batch="online")
    assert "rose" not in said(other, "E", "2 forward")  # the second sample's is larger anyway
    longer = chain(
        weights=(0.0,),
        inputs=(1.0, 1.0),
        targets=(1.0, 1.0),
        batch="online",
        learning_rate=2.25,
    )
    told = said(longer, "E", "3 forward")
    assert "E rose from 0.5, what it was for this batch an epoch ago" in told
    assert "rose" not in said(longer, "E", "2 forward")


def kinked(activation: str, weights: tuple[float, ...]) -> Timeline:
    """Return the timeline of a network with a neuron at a kink."""
    return Timeline(prepare(parse_preset(kink(activation, weights), "made.toml")))


@pytest.mark.parametrize("address", ["net h", "out h", "dout/dnet h", "dE/dnet h", "dE/dw_x1_h"])
@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "sigmoid"])
def test_a_net_input_that_is_0_on_paper_is_said_where_it_decides(
    address: str, activation: str
) -> None:
    phase = "forward" if address in ("net h", "out h") else "backward"
    told = said(kinked(activation, KINK), address, f"1 {phase}")
    assert ("net h is 0 on paper" in told) == (activation != "sigmoid")
    assert "on paper" not in said(kinked(activation, (0.1, 0.2, -0.2)), address, f"1 {phase}")
    assert "on paper" not in said(kinked(activation, (0.1, -0.1, 0.0)), address, f"1 {phase}")


def test_the_delta_of_a_softmax_output_does_not_look_into_the_slopes_of_all_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    setup = dense((2, 2, 30), output="softmax", loss="categorical_cross_entropy").setup()
    timeline = Timeline(setup)
    card = derive(timeline, parse_quantity("dE/dnet o1", setup), parse_moment("1 backward"))
    derived: list[object] = []
    monkeypatch.setattr("bptui.story.insights.derive", lambda *about: derived.append(about))
    tuple(insights(timeline, card))
    assert derived == []


@pytest.mark.parametrize(
    ("activation", "net", "address", "told"),
    [
        (
            "relu",
            0.0,
            "dout/dnet o1",
            "net o1 = 0 is at a kink of relu: .* 1 on .* 0 on .*; 0 is",
        ),
        ("leaky_relu", 0.0, "dE/dw1", "kink of leaky_relu: .* 1 on one side and 0.01 .*; 0.01 is"),
        ("selu", 0.0, "net o1", "kink of selu: .* 1.0507 on one side and 1.7581 .*; 1.7581 is"),
        ("hard_sigmoid", 2.5, "out o1", "net o1 = 2.5 is at a kink of hard_sigmoid: .*; 0 is"),
        (
            "hard_sigmoid",
            -2.5,
            "dE/dnet o1",
            "net o1 = -2.5 is at a kink of .*; 0 is",
        ),
        ("elu", 0.0, "dout/dnet o1", ""),  # with alpha = 1 it is smooth
        ("gelu", 0.0, "dout/dnet o1", ""),
        ("relu", 1e-9, "dout/dnet o1", ""),
    ],
)
def test_at_a_kink_of_an_activation_it_is_said_which_slope_is_taken(
    activation: str, net: float, address: str, told: str
) -> None:
    found = said(chain(activation, (net,)), address, "1 backward")
    assert re.search(told, found) if told else "kink" not in found


@pytest.mark.parametrize(
    ("loss", "out", "target", "told"),
    [
        ("absolute_error", 0.5, 0.5, "out o1 = 0.5 is at a kink of absolute error: .*; 0 is taken"),
        ("mean_absolute_error", 0.5, 0.5, "1 on one side and -1 on the other; 0 is taken"),
        ("hinge", 1.0, 1.0, "out o1 = 1 is at a kink of hinge: .* -1 on .* 0 on the other; 0 is"),
        ("hinge", 0.5, 1.0, ""),
        ("huber", 1.0, 0.0, ""),  # its slope does not jump
        ("huber", 0.5, 0.5, ""),
    ],
)
@pytest.mark.parametrize("address", ["E o1", "dE/dout o1", "dE/dnet o1", "dE/dw1"])
def test_at_a_kink_of_a_loss_it_is_said_which_slope_is_taken(
    loss: str, out: float, target: float, told: str, address: str
) -> None:
    timeline = chain(weights=(out,), targets=(target,), loss=loss)
    found = said(timeline, address, "1 backward")
    assert re.search(told, found) if told else "kink" not in found
