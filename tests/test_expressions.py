"""Causes that are arithmetic: `as = "0.7*0.35 + printed(out o1)"`."""

from __future__ import annotations

import math

import pytest

from bptui.audit.expressions import DEEP, MOST, ExpressionError, parse_expression
from bptui.audit.graph import Graph
from bptui.audit.prepare import prepare
from bptui.preset.errors import PresetError
from bptui.preset.read import parse_preset
from bptui.story.moment import parse_moment
from bptui.story.timeline import Timeline
from tests.audits import WRONG, at, checked, exact, nine, only_judged, preset, sigmoid

SETUP = prepare(parse_preset(preset(), "made.toml"))
QUANTITIES = exact(preset())
OLD = {"w5": 0.40, "w6": 0.45, "b2": 0.60}


def worth(text: str, moment: str = "1 backward") -> float:
    """Return what an expression gives."""
    formula = parse_expression(text, SETUP, parse_moment(moment))
    return float(Graph(Timeline(SETUP), ()).work_out(formula, {}))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1.5e-3", 0.0015),
        ("2E+2", 200.0),
        ("0.7*0.35 + 0.6*0.3275 + 0.9", 1.3415),
        ("1 - 2 - 3", -4.0),
        ("1 - (2 - 3)", 2.0),
        ("12 / 3 / 2", 2.0),
        ("12 / 3 * 2", 8.0),
        ("2 + 3 * 4", 14.0),
        ("-2^2", -4.0),
        ("2^3^2", 512.0),
        ("2**3", 8.0),
        ("2^-1", 0.5),
        ("-(-3)", 3.0),
        ("2 × 3 · 4 ÷ 6 − 1", 3.0),
        ("exp(0) + ln(1) + sqrt(9)", 4.0),
        ("tanh(0.5)", math.tanh(0.5)),
        ("sigmoid(1.3415)", sigmoid(1.3415)),
        ("relu(-3) + relu(2)", 2.0),
        ("net h1", 0.3775),
        ("0.5*(target o1 - out o1)^2", QUANTITIES["E o1"]),
        ("w5 - 0.5*dE/dw5", QUANTITIES["w5"]),
        ("dE/dw5 / 2", QUANTITIES["dE/dw5"] / 2),
        ("dE/dw1 via o1 + dE/dw1 via o2", QUANTITIES["dE/dw1"]),
        ("dnet/dout o1 h1 * dE/dnet o1", QUANTITIES["dE/dnet o1"] * 0.40),
        ("w5*out h1 + w6*out h2 + b2", QUANTITIES["net o1"]),
        ("((((net h1))))", 0.3775),
    ],
)
def test_an_expression_is_worth_what_it_says(text: str, number: float) -> None:
    assert worth(text) == pytest.approx(number, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the end is neither a number nor an address"),
        ("1 +", "the end is neither"),
        ("1 + + 2", '"+ 2" is neither a number nor an address'),
        ("(1 + 2", 'a ")" is missing'),
        ("1 + 2)", '")" is not expected here'),
        ("0.7 0.35", '"0.35" is not expected here'),
        ("net h9", '"net h9" is neither'),
        ("frob(1)", '"frob(1)" is neither'),
        ("printed(net h9)", "no neuron h9"),
        ("printed(1 + 2)", "1 + 2"),
        ("softmax(1)", '"softmax(1)" is neither'),
        ("__import__('os')", "is neither"),
        ("1 if 2 else 3", '"if 2 else 3" is not expected'),
        ("(" * (DEEP + 1) + "1" + ")" * (DEEP + 1), "nested too deeply"),
        ("1" * (MOST + 1), f"the limit is {MOST}"),
    ],
)
def test_what_is_no_arithmetic_is_an_error_that_says_what_is_wrong(text: str, told: str) -> None:
    with pytest.raises(ExpressionError) as error:
        parse_expression(text, SETUP, parse_moment("1 backward"))
    assert told in str(error.value)


def test_a_cause_that_is_arithmetic_holds_if_it_gives_the_figure() -> None:
    said = '{ printed = "1.0046", as = "0.50*0.3775 + 0.55*0.3925 + 0.60" }'
    finding = only_judged(preset({"1 forward": {"net o2": said}}))
    assert (finding.verdict, finding.cause, finding.failed) == (WRONG, "as", None)
    assert finding.is_root


@pytest.mark.parametrize("figure", ["1.2246", "1.11", "0.9"])
def test_one_that_gives_another_number_fails_and_says_which(figure: str) -> None:
    said = f'{{ printed = "{figure}", as = "0.50*0.3775 + 0.55*0.3925 + 0.7" }}'
    finding = only_judged(preset({"1 forward": {"net o2": said}}))
    assert finding.cause == "unexplained"
    assert finding.failed == (f"as = 0.50*0.3775 + 0.55*0.3925 + 0.7 gives 1.104625, not {figure}")


def test_one_that_is_not_needed_fails() -> None:
    finding = only_judged(
        preset({"1 forward": {"net h1": '{ printed = "0.3775", as = "0.3775" }'}})
    )
    assert finding.failed == "it needs no cause: remove as"


def test_what_was_printed_is_taken_as_it_was_printed_each_value_in_turn() -> None:
    figures = {
        "out o1": '["0.75136507", { printed = "0.7927", unexplained = true }]',
        "out o2": '{ printed = "0.7927", as = "printed(out o1)" }',
    }
    assert at(checked(preset({"1 forward": figures})), "out o2").cause == "as"
    figures["out o2"] = '{ printed = "0.7927", as = "out o1" }'
    told = at(checked(preset({"1 forward": figures})), "out o2").failed
    assert told == f"as = out o1 gives {QUANTITIES['out o1']:.12g}, not 0.7927"


def test_a_figure_that_another_follows_from_may_have_such_a_cause() -> None:
    net = 0.50 * 0.3775 + 0.55 * 0.3925 + 0.60
    figures = {
        "net o2": '{ printed = "1.004625000", as = "0.50*net h1 + 0.55*net h2 + b2" }',
        "out o2": nine(sigmoid(net)),
    }
    report = checked(preset({"1 forward": figures}))
    assert [f.cause for f in report.findings] == ["as", "carried"]
    assert report.passes


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        ("1 +", "the end is neither"),
        ("printed(dE/dw5)", "dE/dw5 is not known at 1 forward"),
        ("printed(net h2)", "no figure is printed for net h2 at 1 forward"),
        ("printed(out h1)", "no figure is printed for out h1"),
    ],
)
def test_a_preset_with_an_expression_that_means_nothing_is_refused(
    expression: str, told: str
) -> None:
    said = f'{{ printed = "0.9", as = "{expression}" }}'
    with pytest.raises(PresetError, match=r"made\.toml") as error:
        checked(preset({"1 forward": {"net h1": said}}))
    assert told in str(error.value)
