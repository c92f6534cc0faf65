"""Slips: a mistake of a known kind is named if it gives the figure, and only then."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from bptui.audit.findings import Finding
from tests import oracle
from tests.audits import (
    THREE,
    WRONG,
    Figures,
    at,
    checked,
    exact,
    nine,
    only,
    preset,
    sections,
)


def slip(text: str, moment: str, address: str, number: float) -> Finding:
    """Return the finding on a figure that a slip gave."""
    finding = only(text + sections({moment: {address: nine(number)}}))
    assert (finding.verdict, finding.cause) == (WRONG, "unexplained")
    assert finding.failed == "no cause given: add is, under, as or unexplained"
    return finding


def said(finding: Finding) -> list[str]:
    """Return the slip that is named, and the others."""
    return [words.replace("`", "") for words in (finding.slip, *finding.suggestions)]


Slip = Callable[[oracle.Quantities], float]

ENTROPY = preset(loss="binary_cross_entropy")
ONE_OUTPUT = """
title = "one output"
[training]
learning_rate = 0.5
loss = "binary_cross_entropy"
[[layers]]
name = "input"
neurons = ["x1"]
[[layers]]
name = "output"
neurons = ["o1"]
activation = "sigmoid"
[weights]
w1 = { from = "x1", to = "o1", value = 0.7 }
[[samples]]
input = [0.9]
target = [0.3]
"""
SOFTMAX = "softmax".join(preset().rsplit("sigmoid", 1))


def own_out_alone(q: oracle.Quantities) -> float:
    """Return a softmax output's delta by its own out alone."""
    return q["dE/dout o1"] * q["dout/dnet o1"]


SLIPS: dict[str, tuple[str, str, str, Slip, str]] = {
    # the preset, a moment, an address, what the slip makes of the numbers, in words
    "one path alone": (
        preset(),
        "1 backward",
        "dE/dw1",
        lambda q: q["dE/dw1 via o1"],
        "dE/dw1 via o2 is left out of the sum",
    ),
    "a path left out": (
        preset(),
        "1 backward",
        "dE/dout h2",
        lambda q: q["dE/dout h2 via o2"],
        "dE/dout h2 via o1 is left out of the sum",
    ),
    "a share of a shared bias left out": (
        preset(),
        "1 backward",
        "dE/db2",
        lambda q: q["dE/db2 via o1"],
        "dE/db2 via o2 is left out of the sum",
    ),
    "a path's sign": (
        preset(),
        "1 backward",
        "dE/dout h1",
        lambda q: q["dE/dout h1 via o1"] - q["dE/dout h1 via o2"],
        "dE/dout h1 via o2 has the wrong sign",
    ),
    "the bias left out": (
        preset(),
        "1 forward",
        "net o1",
        lambda q: q["net o1"] - 0.60,
        "b2 is left out of the sum",
    ),
    "the sign": (
        preset(),
        "1 backward",
        "dE/dw5",
        lambda q: -q["dE/dw5"],
        "the sign is wrong",
    ),
    "target and output changed over": (
        preset(),
        "1 backward",
        "dE/dout o2",
        lambda q: 0.99 - q["out o2"],
        "the sign is wrong",
    ),
    "1/2": (
        preset(),
        "1 forward",
        "E o1",
        lambda q: (0.01 - q["out o1"]) ** 2,
        "the factor ½ is left out",
    ),
    "2": (
        preset(loss="squared_error"),
        "1 backward",
        "dE/dout o1",
        lambda q: q["out o1"] - 0.01,
        "a factor of 2 is missing, or a 1/2 is extra",
    ),
    "a square left out": (
        preset(),
        "1 forward",
        "E o2",
        lambda q: 0.5 * (0.99 - q["out o2"]),
        "(target o2 - out o2) is not squared",
    ),
    "mean for sum": (
        preset(samples=THREE),
        "1 backward",
        "dE/dw5",
        lambda q: q["dE/dw5"] / 3,
        "the batch is averaged, not summed",
    ),
    "sum for mean": (
        preset(samples=THREE, training='reduction = "mean"'),
        "1 forward",
        "E",
        lambda q: q["E"] * 3,
        "the batch is summed, not averaged",
    ),
    "a sample left out": (
        preset(samples=THREE),
        "1 forward",
        "E",
        lambda q: q["E @1"] + q["E @3"],
        "E @2 is left out of the sum",
    ),
    "a factor": (
        preset(),
        "1 backward",
        "dE/dw5",
        lambda q: q["dE/dout o1"] * q["dnet/dw5 o1"],
        "dout/dnet o1 is left out of the product",
    ),
    "half a sigmoid's derivative": (
        preset(),
        "1 backward",
        "dE/dw5",
        lambda q: q["dE/dout o1"] * (1 - q["out o1"]) * q["out h1"],
        "in dout/dnet o1, out o1 is left out of the product",
    ),
    "a factor of a hidden gradient": (
        preset(),
        "1 backward",
        "dE/dw2",
        lambda q: q["dE/dnet h1"],
        "dnet/dw2 h1 is left out of the product",
    ),
    "the output of another neuron": (
        preset(),
        "1 backward",
        "dE/dw5",
        lambda q: q["dE/dnet o1"] * q["out h2"],
        "in dnet/dw5 o1, the output of h2 is used, not that of h1",
    ),
    "another input": (
        preset(),
        "1 backward",
        "dE/dw3",
        lambda q: q["dE/dnet h2"] * 0.10,
        "in dnet/dw3 h2, the output of x2 is used, not that of x1",
    ),
    "the delta of another neuron": (
        preset(),
        "1 backward",
        "dE/dw5",
        lambda q: q["dE/dnet o2"] * q["out h1"],
        "the delta of o2 is used, not that of o1",
    ),
    "the delta of another neuron in an update": (
        preset(),
        "1 update",
        "w1",
        lambda q: 0.15 - 0.5 * q["dE/dnet h2"] * 0.05,
        "in dE/dw1, the delta of h2 is used, not that of h1",
    ),
    "the learning rate": (
        preset(),
        "1 update",
        "w5",
        lambda q: 0.40 - q["dE/dw5"],
        "the learning rate is missing",
    ),
    "up the gradient": (
        preset(),
        "1 update",
        "w5",
        lambda q: 0.40 + 0.5 * q["dE/dw5"],
        "the gradient step is added, not subtracted",
    ),
    "net inputs for outputs": (
        preset(),
        "1 forward",
        "net o2",
        lambda q: 0.50 * q["net h1"] + 0.55 * q["net h2"] + 0.60,
        "net inputs are used in place of the outputs before",
    ),
    "a delta by one out alone": (
        SOFTMAX,
        "1 backward",
        "dE/dnet o1",
        own_out_alone,
        "dE/dout o2 × dout/dnet o2 o1 is left out of the sum",
    ),
    "a gradient by one out alone": (
        SOFTMAX,
        "1 backward",
        "dE/dw5",
        lambda q: own_out_alone(q) * q["out h1"],
        "in dE/dnet o1, dE/dout o2 × dout/dnet o2 o1 is left out of the sum",
    ),
    "half a cross-entropy": (
        ENTROPY,
        "1 forward",
        "E o2",
        lambda q: -0.99 * math.log(q["out o2"]),
        "(1 - target o2) × ln(1 - out o2) is left out of the sum",
    ),
    "half a cross-entropy's slope": (
        ENTROPY,
        "1 backward",
        "dE/dout o2",
        lambda q: -0.99 / q["out o2"],
        "(1 - target o2) / (1 - out o2) is left out of the sum",
    ),
    "half a loss of one output": (
        ONE_OUTPUT,
        "1 forward",
        "E",
        lambda q: -0.3 * math.log(q["out o1"]),
        "in E o1, (1 - target o1) × ln(1 - out o1) is left out of the sum",
    ),
    "another logarithm": (
        ENTROPY,
        "1 forward",
        "E",
        lambda q: q["E"] / math.log(10),
        "log to base 10 is used, not ln",
    ),
    "another bias": (
        preset(),
        "1 forward",
        "net o1",
        lambda q: q["net o1"] - 0.60 + 0.35,
        "b1 is used as its bias",
    ),
    "new weights for old": (
        preset(),
        "1 backward",
        "dE/dw1",
        lambda _: exact(preset(training='update = "sequential"'))["dE/dw1"],
        'update = "sequential"',
    ),
    "old weights for new": (
        preset(training='update = "sequential"'),
        "1 update",
        "w4",
        lambda _: exact(preset())["w4"],
        'update = "simultaneous"',
    ),
}


ALIKE = {
    "another input": "a factor of 1/2 is missing, or a 2 is extra",  # x2 is twice x1
    # with softmax over two outputs both terms are alike
    "a delta by one out alone": "a factor of 2 is missing, or a 1/2 is extra",
    "a gradient by one out alone": "a factor of 2 is missing, or a 1/2 is extra",
}
"""Where a plainer slip gives the same."""


@pytest.mark.parametrize("case", SLIPS)
def test_the_plainest_slip_that_gives_the_figure_is_named(case: str) -> None:
    text, moment, address, make, words = SLIPS[case]
    found = said(slip(text, moment, address, make(exact(text))))
    assert found[0] == ALIKE.get(case, words)
    assert words in found


@pytest.mark.parametrize("case", SLIPS)
@pytest.mark.parametrize("units", [-7, 7])
def test_a_near_miss_is_not_named(case: str, units: int) -> None:
    text, moment, address, make, _ = SLIPS[case]
    number = make(exact(text)) + units * 1e-9
    assert said(slip(text, moment, address, number)) == [""]


def test_a_slip_in_a_figure_made_from_wrong_ones_is_named() -> None:
    out = 0.611111111
    gradient = -exact(preset())["dE/dnet o1"] * out
    figures: Figures = {
        "1 forward": {"out h1": nine(out), "out o1": "0.751365070"},
        "1 backward": {"dE/dw5": nine(gradient)},
    }
    finding = at(checked(preset(figures)), "dE/dw5")
    assert (finding.cause, finding.slip) == ("unexplained", "the sign is wrong")


def test_a_slip_is_no_cause() -> None:
    gradient = nine(-exact(preset())["dE/dw5"])
    report = checked(preset({"1 backward": {"dE/dw5": gradient}}))
    assert report.findings[0].slip == "the sign is wrong"
    assert not report.passes
    said = f'{{ printed = "{gradient}", unexplained = true }}'
    report = checked(preset({"1 backward": {"dE/dw5": said}}))
    assert report.findings[0].slip == "the sign is wrong"
    assert report.passes
