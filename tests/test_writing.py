"""However a course or a book writes its numbers, matrices and names, a preset can hold it so."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from msgspec.structs import replace

from bptui.audit.expressions import parse_expression
from bptui.audit.prepare import prepare
from bptui.cli import main
from bptui.preset.numbers import NumberError, number
from bptui.preset.read import parse_preset
from bptui.story.address import all_quantities, parse_quantity
from bptui.story.conditions import parse_condition
from bptui.story.conventions import CONVENTIONS, conventions_of
from bptui.story.edits import parse_change
from bptui.story.formula import references
from bptui.story.moment import Moment, Phase
from bptui.story.notation import naming, symbol
from bptui.story.setup import Setup
from bptui.view.formula import sign
from tests.audits import checked
from tests.presets import assert_same, shipped

# numbers in text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", 0.1),
        ("1/3", float(Fraction(1, 3))),
        ("-2/7", float(Fraction(-2, 7))),
        ("0.1/0.3", float(Fraction(1, 3))),
        (" 1 / 3 ", float(Fraction(1, 3))),
        ("\u22120.5", -0.5),  # a minus that no keyboard has
        ("\uff11.\uff15", 1.5),  # digits as wide as Chinese
        ("½", 0.5),
        ("-¾", -0.75),
        ("1e-3/3", float(Fraction(1, 3000))),
    ],
)
def test_a_number_in_text_is_the_nearest_float(text: str, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1/0", "divides by 0"),
        ("0/0.0", "divides by 0"),
        ("abc", "is not a number; write it like 0.5 or 1/3"),
        ("", "is not a number"),
        ("1½", "is not a number"),
        ("10²", "is not a number"),
        ("1/2/3", "is not a number"),
        ("nan", "is not a number"),
        ("1e400", "is too large"),
        ("1e300/1e-300", "is too large"),
        ("1e9999999999", "is not a number"),
        ("9" * 500, "is not a number"),
        ("0,5", "has a comma; write it with a point: 0.5"),
    ],
)
def test_what_is_no_number_is_said(text: str, told: str) -> None:
    with pytest.raises(NumberError, match=told):
        number(text)


# matrices and figures of layers

MATRICES = """
title = "Matrices"
layout = "out_in"
training = { learning_rate = "1/2", loss = "half_squared_error" }

[[layers]]
name = "input"
neurons = ["x1", "x2"]

[[layers]]
name = "hidden layer"
neurons = 2
activation = "sigmoid"
weights = [[0.15, "1/5"], ["0.25", 0.30]]
biases = [0.35, 0.35]

[[layers]]
name = "output"
neurons = 2
activation = "sigmoid"
weights = [[0.40, 0.45], [0.50, 0.55]]
biases = [0.6, "3/5"]

[[samples]]
input  = [0.05, "1/10"]
target = [0.01, 0.99]
"""
FIGURES = """
[expected.1.forward]
"input input" = ["0.05", "–"]
"W hidden layer" = [["0.15", "0.20"], ["0.25", "0.30"]]
"net_hidden layer" = ["0.3775", "0.3925"]
"out hidden layer" = ["0.59327", ["0.5969", "0.596884"]]
"E output" = ["0.2748", { printed = "0.02356" }]

[expected.1.backward]
"δ output" = ["0.1385", "\u22120.0381"]
"dE/dW output" = [["0.08217", "0.08267"], ["-0.0226", "-0.02274"]]
"dW hidden layer" = [["", "..."], ["0.0004977", "0.0009954"]]
"dE/db output" = ["0.1385", "-0.0381"]

[expected.1.update]
"W output" = [["0.3589", "0.4087"], ["0.5113", "0.5614"]]
"""
TURNED = MATRICES.replace('layout = "out_in"', "")


def test_figures_of_a_layer_are_those_of_its_neurons_and_parameters() -> None:
    preset = parse_preset(MATRICES + FIGURES, "m.toml")
    found = {(e.phase, e.address, e.figure.printed) for e in preset.expected}
    assert len(found) == len(preset.expected) == 26
    assert found >= {
        ("forward", "input x1", "0.05"),
        ("forward", "w_x2_h1", "0.20"),
        ("forward", "net h1", "0.3775"),
        ("forward", "out h2", "0.5969"),
        ("forward", "out h2", "0.596884"),
        ("forward", "E o2", "0.02356"),
        ("backward", "δ o2", "-0.0381"),
        ("backward", "dE/dw_h2_o1", "0.08267"),
        ("backward", "dE/dw_x1_h2", "0.0004977"),
        ("backward", "dE/db_o1", "0.1385"),
        ("update", "w_h1_o2", "0.5113"),
    }
    assert checked(MATRICES + FIGURES).passes


def test_one_layout_is_the_other_transposed() -> None:
    by_rows = parse_preset(MATRICES, "m.toml")
    text = TURNED.replace('[[0.15, "1/5"], ["0.25", 0.30]]', "[[0.15, 0.25], [0.2, 0.3]]")
    text = text.replace("[[0.40, 0.45], [0.50, 0.55]]", "[[0.40, 0.50], [0.45, 0.55]]")
    by_columns = parse_preset(text, "m.toml")
    weights = sorted(by_columns.weights.items())
    assert weights == sorted(by_rows.weights.items())
    layout = CONVENTIONS["layout"]
    assert_same(layout.set(layout.set(by_rows, "in_out"), "out_in"), by_rows)
    turned = layout.set(parse_preset(TURNED, "m.toml"), "out_in")
    assert sorted(turned.weights.items()) == weights
    assert layout in conventions_of(by_rows)
    assert layout not in conventions_of(shipped("mazur"))


def test_what_the_optimizer_keeps_is_turned_with_the_weight() -> None:
    preset = replace(parse_preset(TURNED, "m.toml"), state={"v": {"w_x1_h2": 3.0, "w_x1_h1": 1.0}})
    turned = CONVENTIONS["layout"].set(preset, "out_in")
    assert turned.state == {"v": {"w_x2_h1": 3.0, "w_x1_h1": 1.0}}


def test_square_matrices_the_wrong_way_round_explain_all_figures() -> None:
    best = checked(TURNED + FIGURES).conventions[0]
    assert best.words == 'layout = "out_in"'
    assert (len(best.right), best.broken) == (best.wrong, 0)
    given = FIGURES.replace(
        '["-0.0226", "-0.02274"]',
        '[{ printed = "-0.0226", under = { layout = "out_in" } }, "-0.02274"]',
    )
    found = [f for f in checked(TURNED + given).findings if f.cause == "under"]
    assert [(str(f.printed.quantity), f.failed) for f in found] == [("dE/dw_h2_o1", None)]


# neurons called by numbers

NUMBERED = """
training = { learning_rate = 0.9, loss = "half_squared_error" }

[[layers]]
name = "input"
neurons = [1, 2]

[[layers]]
name = "hidden"
neurons = ["4", 5]
activation = "sigmoid"

[[layers]]
name = "output"
neurons = ["6", "7'"]
activation = "sigmoid"
weights = [["-3/10", 0.3], [-0.2, 0.2]]

[weights]
w14 = { from = 1, to = 4, value = 0.2 }
w15 = { from = "1", to = 5, value = -0.3 }
w24 = { from = 2, to = 4, value = 0.4 }
w25 = { from = 2, to = 5, value = 0.1 }

[biases]
b4 = { to = 4, value = -0.4 }
b5 = { to = [5], value = 0.2 }
b6 = { to = [6, "7'"], value = 0.1 }

[[samples]]
input = [1, 0]
target = [1, 0]
"""


@pytest.fixture(scope="module")
def numbered() -> Setup:
    return prepare(parse_preset(NUMBERED, "numbered.toml"))


def test_neurons_called_by_numbers_have_addresses(numbered: Setup) -> None:
    names = naming(numbered)
    for quantity in all_quantities(numbered):
        for text in (sign(quantity, names), symbol(quantity, names), str(quantity)):
            assert parse_quantity(text, numbered) == quantity, text


def test_neurons_called_by_numbers_are_traced_and_explained(
    numbered: Setup, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "numbered.toml"
    file.write_text(NUMBERED, encoding="utf-8")
    assert main(["trace", str(file), "--json"]) == 0
    traced = [json.loads(line)["quantities"] for line in capsys.readouterr().out.splitlines()]
    addresses = [str(quantity) for quantity in all_quantities(numbered)]
    assert set(traced[-1]) == set(addresses)
    assert main(["explain", str(file), *addresses, "--at", "1 update", "--format", "json"]) == 0
    cards = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {card["quantity"]: card["value"] for card in cards} == traced[-1]


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("input 1 = 1/2", "input 1 of sample 1 = 0.5"),
        ("1 = 0.5", "input 1 of sample 1 = 0.5"),
        ("target 7' = \u22121", "target 7' of sample 1 = -1.0"),
        ("w_4_6 = ½", "w_4_6 = 0.5"),
    ],
)
def test_what_if_of_neurons_called_by_numbers(numbered: Setup, text: str, change: str) -> None:
    assert str(parse_change(text, numbered, numbered.batch(1), 1)) == change


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("out 4 < 1/2", "out 4 < 0.5"),
        ("E 6 crosses \u22120.5", "E 6 crosses -0.5"),
        ("|δ 5| < 1e-3", "|dE/dnet 5| < 0.001"),
    ],
)
def test_conditions_on_neurons_called_by_numbers(
    numbered: Setup, text: str, condition: str
) -> None:
    assert str(parse_condition(text, numbered)) == condition


def test_a_number_in_an_expression_is_no_neuron(numbered: Setup) -> None:
    here = Moment.of(1, Phase.FORWARD)
    for text in ("1 - 4", "1-4", "(1) - 4"):
        assert not [*references(parse_expression(text, numbered, here))]
    (ref,) = references(parse_expression("4 * (1 - out 4)", numbered, here))
    assert str(ref.quantity) == "out 4"
