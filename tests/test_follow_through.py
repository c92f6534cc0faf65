"""Figures that are right given an earlier wrong one, and which one that was."""

from __future__ import annotations

import re

import pytest

from bptui.audit.findings import Audit
from bptui.audit.prepare import prepare
from bptui.preset.read import parse_preset
from bptui.story.address import parse_quantity
from bptui.story.moment import parse_moment
from bptui.story.timeline import Timeline
from bptui.story.values import value
from tests.audits import (
    FROZEN,
    LAST_DIGIT,
    MATCH,
    OWN,
    THREE,
    WRONG,
    Figures,
    addresses,
    at,
    chain,
    exact,
    judged,
    names,
    nine,
    preset,
    roots,
    sections,
    sigmoid,
)


def test_the_first_wrong_figure_of_a_chain_is_the_root_and_carries_the_others() -> None:
    report = judged(preset({"1 forward": chain('{ printed = "0.3875", unexplained = true }')}))
    assert report.passes
    assert roots(report) == ["net h1"]
    assert addresses(report.roots[0].carried) == ["out h1", "net o1", "out o1"]
    assert [names(f) for f in report.findings] == [[], ["net h1"], ["out h1"], ["net o1"]]
    assert {finding.failed for finding in report.findings} == {None}


def test_a_root_without_a_cause_fails_and_what_it_carries_does_not() -> None:
    report = judged(preset({"1 forward": chain("0.3875")}))
    assert not report.passes
    assert [f.failed is None for f in report.findings] == [False, True, True, True]


def test_what_is_first_is_told_by_the_calculation_not_by_the_file() -> None:
    figures = dict(reversed(chain("0.3875").items()))
    report = judged(preset({"1 forward": figures}))
    assert roots(report) == ["net h1"]
    assert addresses(report.roots[0].carried) == ["out o1", "net o1", "out h1"]


def test_a_mistake_is_carried_through_quantities_that_are_not_printed() -> None:
    figures = chain("0.3875")
    del figures["out h1"], figures["net o1"]
    report = judged(preset({"1 forward": figures}))
    assert names(at(report, "out o1")) == ["net h1"]
    assert addresses(report.roots[0].carried) == ["out o1"]


def test_a_mistake_is_carried_into_later_phases_and_iterations() -> None:
    made = exact(preset())
    gradient = made["dE/dw5"] * 1.1
    new = 0.40 - 0.5 * float(nine(gradient))
    later = exact(preset(), "2 forward")
    net = later["net o1"] + (float(nine(new)) - made["w5"]) * later["out h1"]
    report = judged(
        preset(
            {
                "1 backward": {"dE/dw5": nine(gradient)},
                "1 update": {"w5": nine(new)},
                "2 forward": {"net o1": nine(net), "out o1": nine(sigmoid(float(nine(net))))},
            }
        )
    )
    assert roots(report) == ["dE/dw5"]
    assert [names(f) for f in report.findings] == [[], ["dE/dw5"], ["w5"], ["net o1"]]


def test_of_two_roots_one_carries() -> None:
    figures = chain("0.3875")
    del figures["out o1"], figures["net o1"]
    figures["out o2"] = "0.7927"
    report = judged(preset({"1 forward": figures}))
    assert roots(report) == ["net h1", "out o2"]
    assert [addresses(root.carried) for root in report.roots] == [["out h1"], []]


def test_a_figure_that_is_carried_from_two_roots_belongs_to_both() -> None:
    one, two = "0.274811", "0.043560"
    total = f"{0.1 + float(one) + float(two):.6f}"
    figures = {"E o1": "0.374811", "E o2": two, "E": total}
    report = judged(preset({"1 forward": figures}))
    assert roots(report) == ["E o1", "E o2"]
    assert names(at(report, "E")) == ["E o1", "E o2"]
    assert [addresses(root.carried) for root in report.roots] == [["E"], ["E"]]


def test_what_follows_from_cut_figures_alone_is_off_in_the_last_digit() -> None:
    made = exact(preset())
    assert [f"{made[n]:.5f}" for n in ("w1", "w2", "b1")] == ["0.14978", "0.19956", "0.34064"]
    report = judged(
        preset(
            {
                "1 update": {"w1": "0.149", "w2": "0.199", "b1": "0.340"},
                "2 forward": {"net h1": f"{0.05 * 0.149 + 0.10 * 0.199 + 0.340:.5f}"},
            }
        )
    )
    assert [f.verdict for f in report.findings] == [LAST_DIGIT] * 4
    assert [f.cause for f in report.findings] == ["cut", "cut", "cut", "rounded"]
    assert names(report.findings[3]) == ["w1", "w2", "b1"]
    assert (report.roots, report.passes) == ((), True)


def test_what_follows_from_rounded_figures_alone_is_off_in_the_last_digit() -> None:
    report = judged(preset({"1 forward": {"net h1": "0.38", "out h1": f"{sigmoid(0.38):.9f}"}}))
    assert [f.verdict for f in report.findings] == [MATCH, LAST_DIGIT]
    assert (report.findings[1].cause, names(report.findings[1])) == ("rounded", ["net h1"])
    assert (report.roots, report.passes) == ((), True)


@pytest.mark.parametrize("net", ["0.38", "0.378"])
def test_a_right_figure_excuses_only_what_lies_between_it_and_the_exact_number(net: str) -> None:
    exactly, rounded = 0.3775, float(net)
    for between in (exactly, (exactly + rounded) / 2, rounded):
        text = preset({"1 forward": {"net h1": net, "out h1": f"{sigmoid(between):.9f}"}})
        assert judged(text).findings[1].verdict is not WRONG
    for outside in (exactly - 0.0002, rounded + 0.0002):
        text = preset({"1 forward": {"net h1": net, "out h1": f"{sigmoid(outside):.9f}"}})
        assert judged(text).findings[1].verdict is WRONG


def test_a_figure_that_is_exact_as_printed_excuses_nothing() -> None:
    for net in ("0.3775", "0.37750", "0.377500000"):
        report = judged(preset({"1 forward": {"net h1": net, "out h1": "0.593281"}}))
        assert [f.verdict for f in report.findings] == [MATCH, WRONG]


def test_what_follows_a_misprint_can_be_right() -> None:
    figures = {"net h1": "0.3757", "out h1": "0.593269992", "net o1": "1.105905967"}
    report = judged(preset({"1 forward": figures}))
    assert [f.verdict for f in report.findings] == [WRONG, MATCH, MATCH]
    assert roots(report) == ["net h1"]
    assert report.roots[0].carried == ()


def test_what_was_made_from_the_value_behind_a_misprint_is_carried_from_before_it() -> None:
    net = 1.1546
    error = 0.5 * (0.99 - sigmoid(net)) ** 2
    figures = {"net o2": "1.1546", "out o2": "0.7927", "E o2": f"{error:.6f}"}
    report = judged(preset({"1 forward": figures}))
    assert roots(report) == ["net o2", "out o2"]
    assert names(at(report, "E o2")) == ["net o2"]
    assert [addresses(root.carried) for root in report.roots] == [["E o2"], []]


def test_a_program_goes_on_with_more_digits_than_it_prints() -> None:
    net = 0.3877351234
    figures = {"net h1": f"{net:.3f}", "out h1": f"{sigmoid(net):.8f}"}
    assert abs(sigmoid(0.388) - sigmoid(net)) > 6e-5  # thousands of units of the last digit
    report = judged(preset({"1 forward": figures}))
    assert roots(report) == ["net h1"]
    assert names(at(report, "out h1")) == ["net h1"]


def test_a_program_goes_on_with_more_digits_than_it_cuts_off() -> None:
    figures = {"out h2": "0.596", **chain("0.3875")}  # net o1 is made with 0.596884
    report = judged(preset({"1 forward": figures}))
    assert at(report, "out h2").verdict is LAST_DIGIT
    assert roots(report) == ["net h1"]


def test_what_the_digits_behind_the_printed_ones_cannot_give_is_a_root() -> None:
    figures = {"net h1": "0.388", "out h1": f"{sigmoid(0.3887):.8f}"}
    report = judged(preset({"1 forward": figures}))
    assert roots(report) == ["net h1", "out h1"]


def test_a_figure_that_does_not_follow_from_a_wrong_one_is_another_root() -> None:
    figures = chain("0.3875")
    figures["out h1"] = "0.611111111"
    report = judged(preset({"1 forward": figures}))
    assert roots(report)[:2] == ["net h1", "out h1"]


@pytest.mark.parametrize("address", ["dE/dw5", "dE/db2"])
def test_a_gradient_is_carried_from_the_delta_that_the_article_prints(address: str) -> None:
    made = exact(preset(biases=OWN))
    wrong = 0.170000001
    gradient = wrong * (made["out h1"] if address == "dE/dw5" else 1.0)
    figures = {"dE/dnet o1": nine(wrong), address: nine(gradient)}
    report = judged(preset({"1 backward": figures}, biases=OWN))
    assert roots(report) == ["dE/dnet o1"]
    assert names(at(report, address)) == ["dE/dnet o1"]


def test_a_hidden_gradient_is_carried_from_the_delta_that_the_article_prints() -> None:
    figures = {"dE/dnet h1": "0.009771355", "dE/dw1": nine(0.009771355 * 0.05)}
    report = judged(preset({"1 backward": figures}))
    assert roots(report) == ["dE/dnet h1"]
    assert names(at(report, "dE/dw1")) == ["dE/dnet h1"]


def test_a_shared_biass_gradient_is_carried_from_the_deltas_that_the_article_prints() -> None:
    other = exact(preset())["dE/dnet o2"]
    figures = {"dE/dnet o1": "0.170000001", "dE/db2": nine(0.170000001 + other)}
    report = judged(preset({"1 backward": figures}))
    assert roots(report) == ["dE/dnet o1"]
    assert names(at(report, "dE/db2")) == ["dE/dnet o1"]


def test_a_gradient_is_carried_from_the_shares_that_the_article_prints() -> None:
    other = exact(preset())["dE/dw1 via o2"]
    figures = {"dE/dw1 via o1": "0.000868386", "dE/dw1": nine(0.000868386 + other)}
    report = judged(preset({"1 backward": figures}))
    assert roots(report) == ["dE/dw1 via o1"]
    assert names(at(report, "dE/dw1")) == ["dE/dw1 via o1"]


def test_of_a_new_weight_and_its_step_one_is_carried_from_the_other() -> None:
    report = judged(preset({"1 update": {"step w5": "-0.05108", "w5": "0.34892"}}))
    assert [f.verdict for f in report.findings] == [WRONG, WRONG]
    assert len(report.roots) == 1


def test_a_new_weight_is_carried_from_a_step_that_does_not_follow_from_the_gradient() -> None:
    gradient = nine(exact(preset())["dE/dw5"])
    figures: Figures = {
        "1 backward": {"dE/dw5": gradient},
        "1 update": {"step w5": "-0.05108", "w5": "0.34892"},
    }
    report = judged(preset(figures))
    assert roots(report) == ["step w5"]
    assert names(at(report, "w5")) == ["step w5"]


@pytest.mark.parametrize(
    ("address", "figure", "net"), [("input x1", "0.50", "0.4450"), ("w1", "0.51", "0.3955")]
)
def test_a_given_number_that_is_printed_wrong_is_a_root_like_any_other(
    address: str, figure: str, net: str
) -> None:
    report = judged(preset({"1 forward": {address: figure, "net h1": net}}))
    assert roots(report) == [address]
    assert names(at(report, "net h1")) == [address]


def test_a_frozen_bias_that_is_printed_wrong_is_a_root_like_any_other() -> None:
    figures: Figures = {"1 forward": {"b1": "0.53", "net h1": "0.5575"}}
    report = judged(preset(figures, biases=FROZEN))
    assert roots(report) == ["b1"]
    assert names(at(report, "net h1")) == ["b1"]


def test_the_slope_of_a_relu_follows_the_articles_net() -> None:
    net = '{ printed = "-0.3775", unexplained = true }'
    figures: Figures = {
        "1 forward": {"net h1": net, "out h1": "0.0"},
        "1 backward": {"dout/dnet h1": "0.0", "dE/dw1": "0.00000"},
    }
    report = judged(preset(figures, activation="relu"))
    assert roots(report) == ["net h1"]
    assert [f.verdict for f in report.findings] == [WRONG] * 4
    assert {f.cause for f in report.findings[1:]} == {"carried"}


def test_a_wrong_figure_that_is_printed_again_is_no_second_root() -> None:
    figures: Figures = {"1 update": {"w5": "0.38891648"}, "2 forward": {"w5": "0.38891648"}}
    report = judged(preset(figures))
    assert [str(f.printed.moment) for f in report.roots[0].findings] == ["1 update"]
    report = judged(preset({"1 forward": {"net h1": '["0.4142136", "0.4142"]'}}))
    assert [f.printed.text for f in report.roots[0].findings] == ["0.4142136"]


def test_a_mistake_counts_the_figures_that_it_explains() -> None:
    report = judged(preset({"1 forward": {"out o2": "0.7927", **chain("0.3875")}}))
    explained = {addresses(root.findings)[0]: root.explains for root in report.roots}
    assert explained == {"out o2": 1, "net h1": 4}
    assert [report.explains(finding) for finding in report.findings] == [1, 4, 0, 0, 0]


def test_a_mistake_in_one_sample_is_carried_into_the_sum_of_the_batch() -> None:
    made = exact(preset(samples=THREE))
    total = made["E @1"] + 0.5 + made["E @3"]
    gradient = made["dE/dw5"] + 0.01
    figures: Figures = {
        "1 forward": {"E @1": nine(made["E @1"]), "E @2": "0.500000000", "E": nine(total)},
        "1 backward": {"dE/dw5 @3": nine(made["dE/dw5 @3"] + 0.01), "dE/dw5": nine(gradient)},
        "1 update": {"w5": nine(0.40 - 0.5 * gradient)},
    }
    report = judged(preset(figures, samples=THREE))
    assert roots(report) == ["E @2", "dE/dw5 @3"]
    assert [addresses(root.carried) for root in report.roots] == [["E"], ["dE/dw5", "w5"]]


def test_a_shared_bias_is_judged_as_the_sum_over_its_neurons() -> None:
    made = exact(preset())
    share = made["dE/db2 via o1"]
    figures: Figures = {
        "1 backward": {"dE/db2 via o1": nine(share + 0.1), "dE/db2": nine(made["dE/db2"] + 0.1)},
        "1 update": {"b2": nine(0.60 - 0.5 * (made["dE/db2"] + 0.1)), "b1": nine(made["b1"])},
    }
    report = judged(preset(figures))
    assert roots(report) == ["dE/db2 via o1"]
    assert addresses(report.roots[0].carried) == ["dE/db2", "b2"]


def test_under_the_sequential_rule_new_weights_carry_their_mistakes_back() -> None:
    text = preset(training='update = "sequential"')
    made = exact(text)
    share = made["dE/dnet o1"] * 0.38
    out = share + made["dE/dout h1 via o2"]
    new = 0.15 - 0.5 * out * made["dout/dnet h1"] * 0.05
    figures: Figures = {
        "1 update": {"w5": "0.380000000", "w1": nine(new), "w6": nine(made["w6"])},
        "1 backward": {"dE/dout h1 via o1": nine(share), "dE/dout h1": nine(out)},
    }
    report = judged(text + sections(figures))
    assert roots(report) == ["w5"]
    assert addresses(report.roots[0].carried) == ["w1", "dE/dout h1 via o1", "dE/dout h1"]
    assert names(at(report, "w1")) == ["dE/dout h1"]


def test_a_new_weight_is_the_same_figure_in_the_next_iteration() -> None:
    made = exact(preset())["w5"]
    figures: Figures = {
        "1 forward": {"w5": "0.40", "w6": '{ printed = "0.41", unexplained = true }'},
        "1 backward": {"w5": "0.400"},
        "2 forward": {"w5": nine(made)},
        "2 backward": {"w5": nine(made)},
        "1 update": {"w5": nine(made)},
    }
    report = judged(preset(figures))
    assert [f.verdict for f in report.findings] == [MATCH, WRONG, MATCH, MATCH, MATCH, MATCH]
    assert report.passes
    wrong: Figures = {
        "2 forward": {"w5": "0.37", "net o1": nine(exact(preset(), "2 forward")["net o1"] + 1)},
        "2 backward": {"dnet/dout o1 h1": "0.37"},
    }
    assert names(at(judged(preset(wrong)), "dnet/dout o1 h1")) == ["w5"]


def test_the_same_figure_twice_is_found_twice() -> None:
    report = judged(preset({"1 forward": {"net h1": "0.41", "out h1": '["0.60109", "0.60109"]'}}))
    assert [f.cause for f in report.findings] == ["unexplained", "carried", "carried"]
    assert addresses(report.roots[0].carried) == ["out h1", "out h1"]


def plain(text: str, moment: str, address: str) -> float:
    """Return a quantity as the engine has it."""
    line = Timeline(prepare(parse_preset(text, "made.toml")))
    number = value(line.state(parse_moment(moment)), parse_quantity(address, line.setup))
    assert number is not None
    return number


@pytest.mark.parametrize("last", [60, 500])  # worked out by hand, and run
def test_a_mistake_is_carried_over_many_iterations(last: int) -> None:
    made = exact(preset())
    first = {name: nine(made[name]) for name in ("w1", "w2", "w3", "w4", "w6", "w7", "w8")}
    first |= {"b1": nine(made["b1"]), "b2": nine(made["b2"]), "w5": "0.300000000"}
    later = preset()
    for name, number in first.items():
        later = re.sub(rf"(?m)^({name} = .*value = )[\d.]+", rf"\g<1>{number}", later)

    def report(iteration: int) -> Audit:
        """Return the audit where E is printed as of another iteration."""
        error = f"{plain(later, f'{iteration} forward', 'E'):.9e}"
        return judged(preset({"1 update": first, f"{last} forward": {"E": error}}))

    right = report(last - 1)
    assert roots(right) == ["w5"]
    assert addresses(right.roots[0].carried) == ["E"]
    assert roots(report(last - 2)) == ["w5", "E"]
