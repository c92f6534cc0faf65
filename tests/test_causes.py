"""Causes that a preset gives for a wrong figure: each is calculated, not believed."""

from __future__ import annotations

import re

import pytest

from tests.audits import (
    FROZEN,
    LAST_DIGIT,
    MATCH,
    OWN,
    SHARED,
    THREE,
    WRONG,
    at,
    exact,
    judged,
    names,
    nine,
    only,
    preset,
    roots,
    sections,
    sigmoid,
)


def test_is_holds_if_the_other_quantity_gives_the_figure() -> None:
    figure = nine(exact(preset())["dE/dw7 via o2"])
    said = f'{{ printed = "{figure}", is = "dE/dw7" }}'
    finding = only(preset({"1 backward": {"dE/dw5": said}}))
    assert (finding.verdict, finding.cause, finding.failed) == (WRONG, "is", None)
    assert finding.is_root


def test_is_holds_at_another_moment() -> None:
    later = nine(exact(preset(), "2 forward")["E"])
    said = f'{{ printed = "{later}", is = "E at 2 forward" }}'
    finding = only(preset({"1 forward": {"E": said}}))
    assert (finding.verdict, finding.cause, finding.failed) == (WRONG, "is", None)


def test_is_holds_for_what_is_given() -> None:
    said = '{ printed = "0.40", is = "w5 at start" }'
    finding = only(preset({"1 update": {"w5": said}}))
    assert (finding.verdict, finding.cause, finding.failed) == (WRONG, "is", None)
    said = '{ printed = "0.05", is = "input x1" }'
    finding = only(preset({"1 forward": {"net h1": said}}))
    assert (finding.cause, finding.failed) == ("is", None)


def test_is_may_be_made_from_the_articles_own_figures() -> None:
    net = '{ printed = "1.345", unexplained = true }'
    figures = {"net o1": net, "out o1": "0.7933", "out o2": '{ printed = "0.7933", is = "out o1" }'}
    assert at(judged(preset({"1 forward": figures})), "out o2").cause == "is"


@pytest.mark.parametrize(
    ("address", "other", "gives"),
    [
        ("dE/dw5", "dE/dw6", "dE/dw6 gives 0.0826676278"),
        ("dE/dw5", "dE/dw5 at 2 backward", "dE/dw5 at 2 backward gives"),
        ("dE/dw5", "w5 at start", "w5 at start gives 0.4,"),
        ("dE/dw5", "out h2", "out h2 gives 0.5968843"),
    ],
)
def test_a_false_is_fails_and_says_what_it_gives(address: str, other: str, gives: str) -> None:
    said = f'{{ printed = "0.123456789", is = "{other}" }}'
    report = judged(preset({"1 backward": {address: said}}))
    (finding,) = report.findings
    assert (report.passes, finding.cause) == (False, "unexplained")
    assert finding.failed is not None
    assert finding.failed.startswith(f"is = {gives}")
    assert finding.failed.endswith(", not 0.123456789")


def test_a_false_is_on_a_carried_figure_fails_though_the_figure_is_carried() -> None:
    net = '{ printed = "0.41", unexplained = true }'
    out = f'{{ printed = "{nine(sigmoid(0.41))}", is = "out h2" }}'
    finding = at(judged(preset({"1 forward": {"net h1": net, "out h1": out}})), "out h1")
    assert (finding.cause, names(finding)) == ("carried", ["net h1"])
    assert finding.failed is not None
    assert finding.failed.startswith("is = out h2 gives 0.596884378")


def test_a_figure_is_not_explained_by_being_itself() -> None:
    net = '{ printed = "0.41", unexplained = true }'
    out = f'{{ printed = "{nine(sigmoid(0.41))}", is = "out h1" }}'
    report = judged(preset({"1 forward": {"net h1": net, "out h1": out}}))
    assert roots(report) == ["net h1"]
    assert not report.passes


# under


UNDER: dict[str, tuple[str, str, str, str, str]] = {
    # what is said: the preset, the same preset under these conventions, a moment, an address
    "update sequential": (
        'update = "sequential"',
        preset(),
        preset(training='update = "sequential"'),
        "1 backward",
        "dE/dw1",
    ),
    "update simultaneous": (
        'update = "simultaneous"',
        preset(training='update = "sequential"'),
        preset(),
        "2 forward",
        "E",
    ),
    "loss": ('loss = "squared_error"', preset(), preset(loss="squared_error"), "1 forward", "E"),
    "loss and its derivative": (
        'loss = "mean_squared_error"',
        preset(loss="squared_error"),
        preset(loss="mean_squared_error"),
        "1 backward",
        "dE/dout o2",
    ),
    "reduction": (
        'reduction = "mean"',
        preset(samples=THREE),
        preset(samples=THREE, training='reduction = "mean"'),
        "1 update",
        "w5",
    ),
    "batch online": (
        'batch = "online"',
        preset(samples=THREE),
        preset(samples=THREE, training='batch = "online"'),
        "2 forward",
        "E",
    ),
    "batch of two": (
        "batch = 2",
        preset(samples=THREE),
        preset(samples=THREE, training="batch = 2"),
        "1 update",
        "w5",
    ),
    "batch full": (
        'batch = "full"',
        preset(samples=THREE, training="batch = 1"),
        preset(samples=THREE),
        "1 update",
        "w5",
    ),
    "learning rate": ("learning_rate = 0.1", preset(), preset(rate="0.1"), "1 update", "w1"),
    "a whole learning rate": ("learning_rate = 1", preset(), preset(rate="1.0"), "1 update", "w1"),
    "no learning": ("learning_rate = 0", preset(), preset(rate="0.0"), "1 update", "w5"),
    "biases frozen": ('biases = "frozen"', preset(), preset(biases=FROZEN), "2 forward", "E"),
    "biases trainable": (
        'biases = "trainable"',
        preset(biases=FROZEN),
        preset(),
        "2 forward",
        "net h1",
    ),
    "biases trainable that the training freezes": (
        'biases = "trainable"',
        preset(training='frozen = ["b1", "b2"]'),
        preset(),
        "2 forward",
        "net h1",
    ),
    "a bias for each neuron": ("shared = false", preset(), preset(biases=OWN), "1 update", "b1"),
    "a frozen bias for each neuron": (
        "shared = false, learning_rate = 0.1",
        preset(training='frozen = ["b1", "b2"]'),
        preset(rate="0.1", biases=OWN, training='frozen = ["b1", "b1_h2", "b2", "b2_o2"]'),
        "2 forward",
        "net o2",
    ),
    "a bias for each neuron, whatever others are called": (
        "shared = false",
        preset(biases=SHARED.replace("b2", "b1_h2")),
        preset(biases=OWN),
        "2 forward",
        "E",
    ),
    "a bias for each layer": ("shared = true", preset(biases=OWN), preset(), "1 update", "b1"),
    "a bias of several layers, which none of them shares alone": (
        "shared = true, learning_rate = 0.1",
        preset(biases='b1 = { to = ["h1", "h2", "o1", "o2"], value = 0.35 }'),
        preset(rate="0.1", biases='b1 = { to = ["h1", "h2", "o1", "o2"], value = 0.35 }'),
        "2 forward",
        "net o1",
    ),
    "a parameter trainable": (
        'trainable = ["b2"]',
        preset(biases=FROZEN),
        preset(training='frozen = ["b1"]'),
        "1 update",
        "b2",
    ),
    "a parameter frozen": (
        'frozen = ["w5", "w6"]',
        preset(),
        preset(training='frozen = ["w5", "w6"]'),
        "2 forward",
        "net o1",
    ),
    "several at once": (
        'update = "sequential", biases = "frozen", loss = "squared_error", learning_rate = 0.25',
        preset(),
        preset(training='update = "sequential"', biases=FROZEN, loss="squared_error", rate="0.25"),
        "2 forward",
        "E",
    ),
}


@pytest.mark.parametrize("case", UNDER)
def test_under_holds_if_the_network_gives_the_figure_under_it(case: str) -> None:
    conventions, text, other, moment, address = UNDER[case]
    said = f'{{ printed = "{nine(exact(other, moment)[address])}", under = {{ {conventions} }} }}'
    finding = only(text + sections({moment: {address: said}}))
    assert (finding.verdict, finding.cause, finding.failed) == (WRONG, "under", None)
    assert finding.is_root


@pytest.mark.parametrize("case", UNDER)
def test_a_false_under_fails_and_says_what_it_gives(case: str) -> None:
    conventions, text, other, moment, address = UNDER[case]
    gives = exact(other, moment)[address]
    said = f'{{ printed = "{nine(gives + 7e-9)}", under = {{ {conventions} }} }}'
    report = judged(text + sections({moment: {address: said}}))
    (finding,) = report.findings
    assert (report.passes, finding.verdict, finding.cause) == (False, WRONG, "unexplained")
    assert finding.failed is not None
    shown = re.fullmatch(
        rf"under these conventions it is (\S+), not {nine(gives + 7e-9)}", finding.failed
    )
    assert shown is not None
    assert float(shown[1]) == pytest.approx(gives, abs=1e-11)


def test_under_that_has_no_such_quantity_fails() -> None:
    said = '{ printed = "0.9", under = { shared = true } }'
    finding = only(preset({"1 update": {"b1_h2": said}}, biases=OWN))
    assert finding.failed is not None
    assert finding.failed.startswith("under these conventions: no quantity or parameter b1_h2")


def test_under_that_has_no_such_sample_fails_and_says_so() -> None:
    said = '{ printed = "9.9", under = { batch = 2 } }'
    finding = only(preset({"2 forward": {"net h1 @2": said}}, samples=THREE))
    assert finding.failed is not None
    assert "nan" not in finding.failed  # the second batch has one sample
    finding = only(preset({"1 forward": {"net h1 @3": said}}, samples=THREE))
    assert finding.failed == "under these conventions: no sample @3; the batch has 2 samples"


# causes that are not needed


@pytest.mark.parametrize("figure", ["0.596884378", "0.596"])  # a match, and one cut off
@pytest.mark.parametrize(
    ("cause", "given"),
    [
        ('is = "out h2"', "is"),
        ('is = "out h1"', "is"),
        ('under = { update = "sequential" }', "under"),
        ("unexplained = true", "unexplained"),
    ],
)
def test_a_cause_that_is_not_needed_fails(figure: str, cause: str, given: str) -> None:
    report = judged(preset({"1 forward": {"out h2": f'{{ printed = "{figure}", {cause} }}'}}))
    (finding,) = report.findings
    assert finding.verdict in (MATCH, LAST_DIGIT)
    assert finding.failed == f"it needs no cause: remove {given}"
    assert not report.passes


def test_a_reason_alone_is_no_cause() -> None:
    said = '{ printed = "0.596", because = "Cut." }'
    finding = only(preset({"1 forward": {"out h2": said}}))
    assert (finding.because, finding.failed) == ("Cut.", None)


def test_is_of_a_sample_that_a_smaller_last_batch_lacks_fails_and_says_so() -> None:
    said = '{ printed = "9.9", is = "net h1 @2" }'
    text = preset({"2 forward": {"net h1 @1": said}}, samples=THREE, training="batch = 2")
    assert only(text).failed == "net h1 @2 is not known at 2 forward"
