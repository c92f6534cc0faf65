"""Examples as people publish and hand them in: their verdicts, slips and conventions."""

from __future__ import annotations

import pytest

from bptui.audit.verdicts import Verdict
from tests.audits import (
    KINK,
    LAST_DIGIT,
    MATCH,
    WRONG,
    Figures,
    addresses,
    at,
    checked,
    kink,
    roots,
    sections,
)


def one(weight: str, inputs: str, target: str, activation: str, bias: str = "") -> str:
    """Return a network of one neuron."""
    return f"""
[training]
learning_rate = 0.1
loss = "half_squared_error"
[[layers]]
name = "input"
neurons = ["x"]
[[layers]]
name = "output"
neurons = ["o"]
activation = "{activation}"
[weights]
w = {{ from = "x", to = "o", value = {weight} }}
{f'[biases]{chr(10)}b = {{ to = "o", value = {bias} }}' if bias else ""}
[[samples]]
input = [{inputs}]
target = [{target}]
"""


@pytest.mark.parametrize("net", ["1", "1.0", "1.0000"])
def test_a_net_input_that_is_exact_as_printed_excuses_nothing(net: str) -> None:
    figures = {"net o": net, "out o": "0.65", "E": "0.06"}  # the sigmoid of 1 is 0.731
    report = checked(one("2", "0.5", "1", "sigmoid") + sections({"1 forward": figures}))
    assert [f.verdict for f in report.findings] == [MATCH, WRONG, WRONG]
    assert [f.coarse for f in report.findings] == [len(net) < 4, True, True]
    assert (roots(report), addresses(report.roots[0].carried)) == (["out o"], ["E"])
    assert not report.passes


def test_a_figure_of_one_or_two_digits_is_judged_like_any_other() -> None:
    figures: Figures = {"1 forward": {"out o": "19"}, "1 backward": {"dE/dout o": "1"}}
    report = checked(one("2", "10", "19.9975", "identity") + sections(figures))
    assert [f.verdict for f in report.findings] == [WRONG, WRONG]  # they are 20 and 0.0025
    assert {f.slip for f in report.findings} == {""}


def test_each_of_two_printed_values_is_gone_on_with() -> None:
    figures: Figures = {
        "1 forward": {"out o": "16"},
        "1 backward": {"dE/dout o": '["10", "6"]'},
        "1 update": {"w": "0.6"},  # 3 - 0.1 x 6 x 4
    }
    report = checked(one("3", "4", "6", "identity", bias="4") + sections(figures))
    new = at(report, "w")
    assert (new.verdict, new.cause) == (WRONG, "carried")
    assert [printed.text for printed in new.carried_from] == ["6"]
    assert report.findings[2].slip == ""  # it is no factor of 2


def two_by_two(figures: Figures) -> str:
    """Return a 2-2-2 network with a bias for each neuron, given as matrices."""
    return f"""
[training]
learning_rate = 0.5
loss = "half_squared_error"
[[layers]]
name = "input"
neurons = ["x1", "x2"]
[[layers]]
name = "hidden"
neurons = ["h1", "h2"]
activation = "sigmoid"
weights = [[0.15, 0.25], [0.20, 0.30]]
biases = [0.35, 0.45]
[[layers]]
name = "output"
neurons = ["o1", "o2"]
activation = "sigmoid"
weights = [[0.4, 0.5], [0.45, 0.55]]
biases = [0.6, 0.7]
[[samples]]
input = [0.3, 0.8]
target = [0.1, 0.9]
{sections(figures)}
"""


@pytest.mark.parametrize(
    ("moment", "address", "figure", "slip"),
    [
        ("1 backward", "dE/dout h1", "0.048053", "{out} is left out of the sum"),
        ("1 backward", "dE/dnet h1", "0.011134", "in `dE/dout h1`, {out} is left out of the sum"),
        ("1 backward", "dE/dw_x1_h1", "0.0033401", "{w} is left out of the sum"),
        ("1 update", "step w_x1_h1", "-0.0016700", "in `dE/dw_x1_h1`, {w} is left out of the sum"),
        ("1 update", "w_x1_h1", "0.1483300", "in `dE/dw_x1_h1`, {w} is left out of the sum"),
    ],
)
def test_a_path_left_out_is_named_wherever_it_shows(
    moment: str, address: str, figure: str, slip: str
) -> None:
    (finding,) = checked(two_by_two({moment: {address: figure}})).findings
    wanted = slip.format(out="`dE/dout h1 via o2`", w="`dE/dw_x1_h1 via o2`")
    assert (finding.verdict, finding.slip) == (WRONG, wanted)


def test_a_path_left_out_is_one_mistake_in_all_figures_that_it_shows_in() -> None:
    figures: Figures = {
        "1 backward": {"dE/dnet h1": "0.011134", "dE/dw_x2_h1": "0.0089071"},
        "1 update": {"w_x1_h1": "0.1483300"},
    }
    report = checked(two_by_two(figures))
    (root,) = report.roots
    assert (root.explains, addresses(root.findings)) == (3, ["dE/dnet h1"])


def test_a_bias_that_is_never_updated_is_suggested_though_its_figures_are_coarse() -> None:
    report = checked(two_by_two({"1 update": {"b_o1": "0.6", "b_o2": "0.7", "b_h1": "0.35"}}))
    assert [f.verdict for f in report.findings] == [WRONG, MATCH, MATCH]
    assert {f.coarse for f in report.findings} == {True}
    for finding in report.findings:
        assert "the bias is not updated" in (finding.slip, *finding.suggestions)


def test_a_net_input_that_is_nought_on_paper_opens_no_gate() -> None:
    figures = {
        "1 forward": {"net h": "0.0", "out h": "0.0"},
        "1 backward": {"dout/dnet h": "0", "dE/dw_x1_h": "0.000"},
    }
    text = kink("relu", KINK) + sections(figures)
    report = checked(text)
    assert report.passes
    assert [f.on_paper for f in report.findings] == [False, False, True, True]
    assert [f.verdict for f in report.findings] == [MATCH] * 4
    assert [f.suggestions for f in report.findings[2:]] == [(), ()]


def three_two_one(loss: str, backward: dict[str, str], update: dict[str, str]) -> str:
    """Return the network of Han and Kamber, "Data Mining", example 9.1, and what it prints."""
    forward = {"net n4": "-0.7", "net n5": "0.1", "net n6": "-0.105"}
    forward |= {"out n4": "0.332", "out n5": "0.525", "out n6": "0.474"}
    figures = sections({"1 forward": forward, "1 backward": backward, "1 update": update})
    return f"""
[training]
learning_rate = 0.9
loss = "{loss}"
[[layers]]
name = "input"
neurons = ["x1", "x2", "x3"]
[[layers]]
name = "hidden"
neurons = ["n4", "n5"]
activation = "sigmoid"
weights = [[0.2, -0.3], [0.4, 0.1], [-0.5, 0.2]]
biases = [-0.4, 0.2]
[[layers]]
name = "output"
neurons = ["n6"]
activation = "sigmoid"
weights = [[-0.3], [-0.2]]
biases = [0.1]
[[samples]]
input = [1, 0, 1]
target = [1]
{figures}
"""


UPDATED = {
    "w_n4_n6": "-0.261",
    "w_n5_n6": "-0.138",
    "w_x1_n4": "0.192",
    "w_x1_n5": "-0.306",
    "w_x2_n4": "0.4",
    "w_x2_n5": "0.1",
    "w_x3_n4": "-0.508",
    "w_x3_n5": "0.194",
    "b_n6": "0.218",
    "b_n5": "0.194",
    "b_n4": "-0.408",
}
DELTAS = {"dE/dnet n6": "-0.1311", "dE/dnet n5": "0.0065", "dE/dnet n4": "0.0087"}


def test_figures_under_another_loss_all_come_right_with_it() -> None:
    report = checked(three_two_one("binary_cross_entropy", DELTAS, UPDATED))
    best = report.conventions[0]
    assert best.under == (("loss", "half_squared_error"),)
    assert (len(best.right), best.wrong, best.broken) == (12, 12, 0)
    (root,) = report.roots
    assert (root.findings[0].slip, root.explains) == ('loss = "half_squared_error"', 12)
    right = checked(three_two_one("half_squared_error", DELTAS, UPDATED))
    assert (right.conventions, right.roots) == ((), ())


def test_a_textbooks_own_sign_of_delta_is_one_mistake() -> None:
    turned = {name: f"{-float(figure):g}" for name, figure in DELTAS.items()}
    report = checked(three_two_one("half_squared_error", turned, UPDATED))
    (root,) = report.roots
    assert root.findings[0].slip == "the sign is wrong"
    assert root.explains == 3
    assert {f.verdict for f in report.findings[9:]} <= {MATCH, LAST_DIGIT}


# planar data through 2-4-1: the figures of a public notebook, which averages over the samples
GRADIENTS = {
    "w_x1_h1": "0.00301023",
    "w_x2_h1": "-0.00747267",
    "w_x1_h2": "0.00257968",
    "w_x2_h2": "-0.00641288",
    "w_x1_h3": "-0.00156892",
    "w_x2_h3": "0.003893",
    "w_x1_h4": "-0.00652037",
    "w_x2_h4": "0.01618243",
    "b_h1": "0.00176201",
    "w_h1_o1": "0.00078841",
    "b_h2": "0.00150995",
    "w_h2_o1": "0.01765429",
    "b_h3": "-0.00091736",
    "w_h3_o1": "-0.00084166",
    "b_h4": "-0.00381422",
    "w_h4_o1": "-0.01022527",
    "b_o1": "-0.16655712",
}


@pytest.mark.parametrize(("reduction", "verdict"), [("sum", WRONG), ("mean", MATCH)])
def test_a_mean_for_a_sum_is_said_once(reduction: str, verdict: Verdict) -> None:
    figures = {f"dE/d{name}": figure for name, figure in GRADIENTS.items()}
    text = f"""
[training]
learning_rate = 1.2
loss = "binary_cross_entropy"
reduction = "{reduction}"
[[layers]]
name = "input"
neurons = ["x1", "x2"]
[[layers]]
name = "hidden"
neurons = ["h1", "h2", "h3", "h4"]
activation = "tanh"
weights = [
  [-0.00416758, -0.02136196, -0.01793436, 0.00502881],
  [-0.00056267, 0.01640271, -0.00841747, -0.01245288],
]
biases = [0, 0, 0, 0]
[[layers]]
name = "output"
neurons = ["o1"]
activation = "sigmoid"
weights = [[-0.01057952], [-0.00909008], [0.00551454], [0.02292208]]
biases = [0]
[[samples]]
input = [1.6243453636632417, -1.0729686221561705]
target = [1]
[[samples]]
input = [-0.6117564136500754, 0.8654076293246785]
target = [0]
[[samples]]
input = [-0.5281717522634557, -2.3015386968802827]
target = [1]
{sections({"1 backward": figures})}
"""
    report = checked(text)
    assert {f.verdict for f in report.findings} == {verdict}
    if verdict is WRONG:
        best = report.conventions[0]
        assert best.under == (("reduction", "mean"),)
        assert (len(best.right), best.wrong) == (17, 17)
        (root,) = report.roots
        assert root.explains == 17


def test_a_loss_without_its_half_is_named_as_a_convention() -> None:
    figures: Figures = {
        "1 forward": {"net h": "0.70", "out h": "0.6682", "out yhat": "0.5346", "E": "0.2166"},
        "1 backward": {
            "dE/dout yhat": "-0.9308",
            "dE/dw_h_yhat": "-0.6220",
            "dE/dw_x1_h": "-0.1651",
            "dE/dw_x2_h": "-0.0825",
        },
    }
    report = checked(f"""
[training]
learning_rate = 0.1
loss = "half_squared_error"
[[layers]]
name = "input"
neurons = ["x1", "x2"]
[[layers]]
name = "hidden"
neurons = ["h"]
activation = "sigmoid"
weights = [[0.4], [0.6]]
[[layers]]
name = "output"
neurons = ["yhat"]
activation = "identity"
weights = [[0.8]]
[[samples]]
input = [1.0, 0.5]
target = [1.0]
{sections(figures)}
""")
    best = report.conventions[0]
    assert best.under == (("loss", "squared_error"),)
    assert (len(best.right), best.wrong, best.broken) == (5, 5, 0)
    (root,) = report.roots
    assert root.explains == 5
