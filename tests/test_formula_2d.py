"""Formulas in two dimensions: blocks are rectangles, no wider than asked, numbers under signs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bptui.story.address import Kind, Quantity, parse_quantity
from bptui.story.formula import Formula, Minus, Product, Quotient, Ref, Sum
from bptui.view.formula_2d import SetOut, leaf_block, set_out
from bptui.view.glosses import tight
from bptui.view.rows import cells
from bptui.view.signs import signs_of, sunk
from tests.networks import examples
from tests.sessions import session_of, shipped, stepped
from tests.test_formula_text import HERE, formulas, named, refs, whole_numbers

SIGNS = signs_of(shipped("mazur"))
LEAVES = formulas(st.one_of(refs, whole_numbers, named))


@examples(60)
@given(LEAVES, st.integers(8, 70), st.lists(st.sampled_from(["", "out", "1-out²"]), max_size=5))
def test_what_is_set_out_is_a_rectangle_no_wider_than_asked(
    formula: Formula, width: int, words: list[str]
) -> None:
    out = set_out(formula, ["∂E/∂w₅"], SIGNS.leaf, (9, 4), width)
    if out is None:
        return
    assert len({cells(row) for row in out.symbols}) == 1
    assert all(cells(line) <= width for line in (*out.symbols, out.numbers, out.words))


def mazur_set_out(address: str, width: int = 38, words: tuple[str, ...] = ()) -> SetOut:
    session = stepped(shipped("mazur"), 3)
    derivation = session.derive(parse_quantity(address, session.setup))
    assert derivation.formula is not None
    left = [SIGNS.of(derivation.quantity)]
    out = set_out(derivation.formula, left, SIGNS.leaf, (9, 6, 4), width, words)
    assert out is not None
    return out


def test_a_gradient_stands_in_fractions_with_its_numbers_below() -> None:
    out = mazur_set_out("dE/dw5", words=("out-target", "out(1-out)", "outₕ₁"))
    assert [row.rstrip() for row in (*out.symbols, out.numbers, out.words)] == [
        "∂Eₜₒₜₐₗ   ∂Eₜₒₜₐₗ   ∂outₒ₁   ∂netₒ₁",
        "─────── = ─────── × ────── × ──────",
        "  ∂w₅     ∂outₒ₁    ∂netₒ₁    ∂w₅",
        "        = 0.7414  × 0.1868 × 0.5933",
        "     out-target  out(1-out)  outₕ₁",
    ]


def test_numbers_have_as_many_decimals_as_fit() -> None:
    assert "0.741365070" in mazur_set_out("dE/dw5", 60).numbers
    assert "0.741365 " in mazur_set_out("dE/dw5", 42).numbers


def test_words_that_have_no_room_are_left_out() -> None:
    assert mazur_set_out("dE/dw5", words=("out-target", "x" * 30, "out")).words == ""


def test_a_quotient_has_a_bar_and_brackets_where_they_are_needed() -> None:
    a, b = (Ref(Quantity(Kind.INPUT, neuron=name), HERE, 0.5) for name in "ab")
    out = set_out(Product((a, Quotient(Sum((a, b)), b))), ["x"], SIGNS.leaf, (4,), 40)
    assert out is not None
    assert [row.split() for row in out.symbols] == [
        ["a", "+", "b"],
        ["x", "=", "a", "×", "─────"],
        ["b"],
    ]
    assert out.numbers.endswith("0.5 × ((0.5 + 0.5) / 0.5)")
    out = set_out(Product((Minus(a, b), a)), ["x"], SIGNS.leaf, (4,), 40)
    assert out is not None
    assert "(a - b)" in out.symbols[0]
    assert "(0.5 - 0.5)" in out.numbers


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("∂E/∂w₅", ("∂E ", "───", "∂w₅")),
        ("∂E/∂b₁ via h₁", ("∂E        ", "─── via h₁", "∂b₁       ")),
        ("outₕ₁", ("outₕ₁",)),
        ("½", ("½",)),
    ],
)
def test_a_derivative_is_a_fraction_and_a_name_is_not(text: str, rows: tuple[str, ...]) -> None:
    assert leaf_block(text).rows == rows


@pytest.mark.parametrize(
    ("text", "low"),
    [
        ("∂E_total/∂net_h₁", "∂Eₜₒₜₐₗ/∂netₕ₁"),
        ("net_z₁", "net_z₁"),  # there is no subscript z
        ("m_hat_w₅", "m_hat_w₅"),
        ("H(h₁)", "H(h₁)"),
    ],
)
def test_names_sink_where_there_are_letters_for_it(text: str, low: str) -> None:
    assert sunk(text) == low


def test_a_parameters_own_name_does_not_sink() -> None:
    signs = replace(signs_of(session_of("xor")), alike=True)
    gradient = Quantity(Kind.DE_DPARAMETER, parameter="w_a_h1")
    assert signs.of(gradient) == "∂E/∂w_a_h₁"
    assert signs.of(Quantity(Kind.NET, neuron="h1")) == "netₕ₁"


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("out × (1 - out)", "out(1-out)"),
        ("2 × (out - target) / 4", "2(out-target)/4"),
        ("0.0625 × (-0.5783)", "0.0625×(-0.5783)"),
    ],
)
def test_a_word_has_no_blanks_around_signs(text: str, short: str) -> None:
    assert tight(text) == short


def test_names_are_subscripts_all_or_none_in_a_network() -> None:
    def sign_of(preset: str, address: str) -> str:
        session = shipped(preset)
        return signs_of(session).of(parse_quantity(address, session.setup))

    assert sign_of("mazur", "dE/dout o1") == "∂Eₜₒₜₐₗ/∂outₒ₁"
    assert sign_of("iris", "out setosa @1") == "out_setosa@1"  # beside out_versicolor
    assert sign_of("iris", "net h1 @1") == "net_h₁@1"
    assert sign_of("pandey", "E") == "Eₜₒₜₐₗ"  # the loss stands by itself
