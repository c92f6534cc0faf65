"""Formulas as text: what is written means what is calculated, in every notation."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Iterator
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.preset.model import Notation
from bptui.story.address import Kind, Quantity, all_quantities, parse_quantity
from bptui.story.derivation import Derivation, derive
from bptui.story.formula import (
    TWO,
    Call,
    Const,
    Formula,
    Minus,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
    evaluate,
)
from bptui.story.moment import Moment, Phase
from bptui.story.notation import Naming, naming
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline
from bptui.view.explain_report import Explained, as_latex, as_markdown, explain
from bptui.view.formula import (
    expression,
    numbers,
    sign,
    symbols,
)
from bptui.view.latex import LINE, latex, latex_numbers, latex_sign
from bptui.view.numbers import ALL_DIGITS
from tests.networks import dense, examples, problem_from
from tests.sessions import WIDE, XOR, made, shipped

NAMES = Naming(Notation(), ("o1", "o2"))
HERE = Moment.of(1, Phase.BACKWARD)


# an evaluator that knows nothing of bptui


def python_value(text: str) -> float:
    """Return what Python makes of arithmetic, in the order in which Python groups it.

    Its own `eval` would do but for two things: where exp overflows this is infinite, and a square
    is one multiplication, which is rounded in the same way on every machine.
    """
    return _value(ast.parse(text, mode="eval").body)


def _value(node: ast.expr) -> float:
    match node:
        case ast.Constant(float() | int() as value):
            return float(value)
        case ast.Name("inf" | "nan" as name):
            return float(name)
        case ast.UnaryOp(ast.USub(), operand):
            return -_value(operand)
        case ast.BinOp(base, ast.Pow(), ast.Constant(2)):
            return _value(base) * _value(base)
        case ast.BinOp(base, ast.Pow(), exponent):
            return math.pow(_value(base), _value(exponent))
        case ast.BinOp(left, operator, right):
            return _OPERATORS[type(operator)](_value(left), _value(right))
        case ast.Call(ast.Name(name), arguments, []):
            return _FUNCTIONS[name](*map(_value, arguments))
    raise AssertionError(ast.dump(node))


def _exp(x: float) -> float:
    return math.exp(x) if x < 709.7 else math.inf


_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}
_FUNCTIONS: dict[str, Callable[..., float]] = {
    "exp": _exp,
    "erf": math.erf,
    "erfc": math.erfc,
    "sqrt": math.sqrt,
    "log": math.log,
    "tanh": math.tanh,
    "max": max,
    **{name: getattr(math, name) for name in ("cos", "cosh", "floor", "log")},
    "is_positive": lambda x: 1.0 if x > 0 else 0.0,
}


def as_arithmetic(text: str) -> str:
    """Return a formula with its numbers put in as Python writes it."""
    replaced = text.replace("×", "*").replace("²", "**2").replace("½", "0.5").replace("∞", "inf")
    return re.sub(r"\[(.*) > 0\]", r"is_positive(\1)", replaced.replace("NaN", "nan"))


def bits(number: float) -> str:
    """Return a float so that two are equal only if every bit is."""
    return number.hex()


def unsigned(number: float) -> str:
    """Return a float's bits, those of -0 like those of 0: readers are shown no negative zero."""
    return bits(number + 0.0)


# random formulas

values = st.one_of(
    st.integers(-300, 300).map(lambda n: n / 100),
    st.floats(-1e6, 1e6, allow_nan=False),
    st.floats(1e-320, 1e-5),
    st.floats(-1e-5, -1e-320),
)
refs = values.map(lambda value: Ref(Quantity(Kind.NET, neuron="h1"), HERE, value))
whole_numbers = st.integers(0, 9).map(lambda n: Const(float(n)))
signed_numbers = st.integers(-9, -1).map(lambda n: Const(float(n)))
named = st.one_of(st.just(Const(0.5, "½")), values.map(lambda value: Const(abs(value), "η")))


def formulas(leaves: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    """Return a strategy for formulas of every form, each in every place."""
    return st.recursive(leaves, _grown, max_leaves=12)


def _grown(parts: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    several = st.lists(parts, min_size=1, max_size=4).map(tuple)
    return st.one_of(
        several.map(Sum),
        several.map(Product),
        st.builds(Minus, st.none() | parts, parts),
        st.builds(Quotient, parts, parts.filter(lambda part: math.isfinite(1 / _nonzero(part)))),
        st.builds(lambda base: Power(base, TWO), parts),
        parts.map(lambda part: Call("exp", (part,))),
        parts.map(lambda part: Call("tanh", (part,))),
        parts.map(lambda part: Call("max", (Const(0.0), part))),
    )


def _nonzero(formula: Formula) -> float:
    """Return a value to divide by; a tiny one where that would be 0."""
    return evaluate(formula) or 5e-324


random_formulas = formulas(st.one_of(refs, whole_numbers, signed_numbers, named))


@cache
def derivations() -> tuple[Derivation, ...]:
    """Return all derivations of some networks at the end of their second iteration."""
    found: list[Derivation] = []
    presets = [shipped(name).setup for name in ("mazur", "pandey", "hmkcode")]
    relus = dense((2, 4, 1), "relu", loss="mean_squared_error").setup()
    for setup in (*presets, made(XOR).setup, relus):
        timeline = Timeline(setup)
        found += [
            derive(timeline, quantity, Moment.of(2, Phase.UPDATE))
            for quantity in all_quantities(setup)
        ]
    return tuple(found)


def derived() -> Iterator[Formula]:
    """Yield the formulas of those derivations, and their sums over paths."""
    for derivation in derivations():
        yield from (f for f in (derivation.formula, derivation.paths) if f is not None)


# arithmetic


@examples(100)
@given(random_formulas)
def test_any_formula_as_arithmetic_has_its_value_to_the_last_bit(formula: Formula) -> None:
    assert bits(python_value(expression(formula))) == bits(evaluate(formula))


@examples(100)
@given(random_formulas)
def test_any_formula_with_all_digits_of_its_numbers_has_its_value(formula: Formula) -> None:
    text = numbers(formula, ALL_DIGITS, whole=True)
    assert unsigned(python_value(as_arithmetic(text))) == unsigned(evaluate(formula))


def test_every_derived_formula_as_arithmetic_has_its_value_to_the_last_bit() -> None:
    for formula in derived():
        assert bits(python_value(expression(formula))) == bits(evaluate(formula))
        text = as_arithmetic(numbers(formula, ALL_DIGITS, whole=True))
        assert unsigned(python_value(text)) == unsigned(evaluate(formula))


def number(value: float) -> Ref:
    """Return a leaf with a value."""
    return Ref(Quantity(Kind.NET, neuron="h1"), HERE, value)


A, B, C = number(0.1), number(0.2), number(0.3)


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (Product((Sum((A, B)), C)), "(0.1 + 0.2) * 0.3"),
        (Product((Minus(A, B), C)), "(0.1 - 0.2) * 0.3"),
        (Product((A, number(-0.2))), "0.1 * (-0.2)"),
        (Minus(A, Minus(B, C)), "0.1 - (0.2 - 0.3)"),
        (Minus(A, Sum((B, C))), "0.1 - (0.2 + 0.3)"),
        (Minus(Minus(A, B), C), "0.1 - 0.2 - 0.3"),
        (Minus(A, Product((B, C))), "0.1 - 0.2 * 0.3"),
        (Minus(None, Minus(A, B)), "-(0.1 - 0.2)"),
        (Minus(None, number(-0.1)), "-(-0.1)"),
        (Power(Minus(A, B), TWO), "(0.1 - 0.2) ** 2"),
        (Power(number(-0.1), TWO), "(-0.1) ** 2"),
        (Minus(Const(1.0), Power(A, TWO)), "1.0 - 0.1 ** 2"),
        (Quotient(Sum((A, B)), C), "(0.1 + 0.2) / 0.3"),
        (Quotient(A, Product((B, C))), "0.1 / (0.2 * 0.3)"),
        (Quotient(Quotient(A, B), C), "0.1 / 0.2 / 0.3"),
        (Quotient(A, Quotient(B, C)), "0.1 / (0.2 / 0.3)"),
        (Sum((A,)), "0.1"),
        (Sum((A, B, C)), "0.1 + 0.2 + 0.3"),
        (Quotient(C, Sum((B, Call("exp", (Minus(None, A),))))), "0.3 / (0.2 + exp(-0.1))"),
    ],
)
def test_parentheses_stand_where_they_are_needed(formula: Formula, text: str) -> None:
    assert expression(formula) == text


@pytest.mark.parametrize(
    "formula",
    [
        Sum((A, Sum((B, C)))),
        Sum((A, Minus(B, C))),
        Product((A, Product((B, C)))),
        Product((number(5e-324), Quotient(number(0.5), number(0.5)))),
        Power(Power(A, TWO), TWO),
        Power(number(-0.0), TWO),
    ],
    ids=["sum in sum", "minus in sum", "product in product", "quotient in product", "square", "-0"],
)
def test_what_is_grouped_is_written_grouped(formula: Formula) -> None:
    assert bits(python_value(expression(formula))) == bits(evaluate(formula))


def test_a_negative_constant_is_in_parentheses_like_any_negative_number() -> None:
    assert numbers(Power(Const(-2.0), TWO), 9) == "(-2)²"
    assert numbers(Minus(A, Const(-2.0)), 9) == "0.1 - (-2)"


# long sums


def long_sum(terms: int) -> Sum:
    """Return a sum of 0.1, 0.2, 0.3 and so on."""
    return Sum(tuple(number(k / 10) for k in range(1, terms + 1)))


def test_a_long_sum_is_shortened_in_the_middle_and_whole_on_request() -> None:
    formula = long_sum(9)
    assert numbers(formula, 9) == "0.1 + 0.2 + 0.3 + … + 0.9"
    assert numbers(formula, 9, whole=True).count(" + ") == 8
    assert symbols(formula, NAMES).count("net") == 4
    assert symbols(formula, NAMES, whole=True).count("net") == 9


def test_a_sum_of_eight_terms_is_not_long() -> None:
    assert numbers(long_sum(8), 9) == numbers(long_sum(8), 9, whole=True)


def test_arithmetic_and_latex_are_never_shortened() -> None:
    formula = long_sum(30)
    assert expression(formula).count("+") == 29
    assert tex_numbers(formula).count("+") == 29
    assert tex(formula).count("+") == 29


def test_a_wide_networks_net_input_is_shortened_in_symbols_and_numbers_alike() -> None:
    session = made(WIDE)
    net = Quantity(Kind.NET, neuron="h25")
    formula = derive(session.timeline, net, Moment.of(1, Phase.FORWARD)).formula
    assert formula is not None
    names = naming(session.timeline.setup)
    assert symbols(formula, names) == ("w_i₁_h₂₅ × i₁ + w_i₂_h₂₅ × i₂ + w_i₃_h₂₅ × i₃ + … + b_h₂₅")
    assert numbers(formula, 9).count(" + ") == 4


# signs


@pytest.mark.parametrize(
    ("name", "quantity", "text"),
    [
        ("mazur", Quantity(Kind.DE_DNET, neuron="o1"), "∂E_total/∂net_o₁"),
        ("mazur", Quantity(Kind.DE_DPARAMETER, parameter="w1", via="o2"), "∂E_o₂/∂w₁"),
        ("mazur", Quantity(Kind.INPUT, neuron="i1"), "i₁"),
        ("mazur", Quantity(Kind.SHARE, neuron="o1"), "E_o₁"),
        ("mazur", Quantity(Kind.NET, neuron="h1", sample=3), "net_h₁@3"),
        ("pandey", Quantity(Kind.DNET_DOUT, neuron="z3", source="z1"), "∂z₃/∂a_z₁"),
        ("simplified", Quantity(Kind.NET, neuron="h1"), "in_h₁"),
        ("afteracademy", Quantity(Kind.OUT, neuron="h1"), "H(h₁)"),
    ],
)
def test_signs_are_the_articles(name: str, quantity: Quantity, text: str) -> None:
    assert sign(quantity, naming(shipped(name).timeline.setup)) == text


# LaTeX


def unbalanced(text: str) -> str:
    r"""Return what is wrong with braces and \left ... \right, empty if nothing is."""
    depth = 0
    for brace in re.findall(r"\\[\\{}]|[{}]", text):
        depth += {"{": 1, "}": -1}.get(brace, 0)
        if depth < 0:
            return f"a brace is closed that is not open: {text}"
    if depth:
        return f"{depth} braces stay open: {text}"
    inside = 0
    for word in re.findall(r"\\(left|right)(?![a-z])", text):
        inside += 1 if word == "left" else -1
        if inside < 0:
            return rf"a \right without a \left: {text}"
    return rf"a \left without a \right: {text}" if inside else ""


def tex(formula: Formula) -> str:
    """Return a formula's LaTeX in symbols, on one line."""
    return " ".join(latex(formula, NAMES))


def tex_numbers(formula: Formula) -> str:
    """Return a formula's LaTeX with its numbers, on one line."""
    return " ".join(latex_numbers(formula, 9))


def wide(text: str) -> int:
    """Return how many characters a line of LaTeX prints, about: a fraction's wider half."""
    text = re.sub(r"\\(left|right|mathit|partial)(?![a-z])", "", text)
    halves = re.compile(r"\\frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}")
    text = halves.sub(lambda found: max(found[1], found[2], key=len), text)
    return len(re.sub(r"[{}_&]|\\(begin|end)\{aligned\}", "", text.replace(r"\cdot", ".")))


@pytest.mark.parametrize("terms", [2, 4, 9, 30])
def test_a_long_sum_is_broken_over_lines_that_fit_on_a_page(terms: int) -> None:
    formula = long_sum(terms)
    around = number(0.125)
    for lines in (latex(formula, NAMES), latex_numbers(formula, 9)):
        assert all(wide(line) <= LINE for line in lines)
        assert [wide(" ".join(lines)) > LINE] == [len(lines) > 1]
    for nested in (
        Product((formula, around)),
        Quotient(around, formula),
        Call("exp", (formula,)),
        Power(formula, TWO),
    ):
        text = "\\\\".join(latex_numbers(nested, 9))
        inner = re.sub(r"\\(begin|end)\{aligned\}", r"\\\\", text).split(r"\\")
        assert all(wide(line) <= LINE + 20 for line in inner)
        assert unbalanced(text) == ""


def test_what_the_largest_shipped_network_explains_fits_on_a_page() -> None:
    timeline = made(WIDE).timeline
    for name in ("net h1", "net o1", "dE/dout h1", "dE/dw_i1_h1", "E", "dE/db_h1"):
        derivation = derive(timeline, parse_quantity(name, timeline.setup), HERE)
        for formula in (derivation.formula, derivation.paths):
            if formula is None:
                continue
            for line in (*latex(formula, NAMES), *latex_numbers(formula, 9)):
                assert max(map(wide, line.split(r"\\"))) <= LINE + 20


@examples(100)
@given(random_formulas)
def test_latex_of_any_formula_is_balanced(formula: Formula) -> None:
    assert unbalanced(tex(formula)) == ""
    assert unbalanced(tex_numbers(formula)) == ""


@examples(100)
@given(formulas(st.one_of(refs, whole_numbers, named)))
def test_latex_of_any_formula_has_no_sign_after_another(formula: Formula) -> None:
    for text in (tex(formula), tex_numbers(formula)):
        assert not re.search(r"(\\cdot|[-+]) *-", text), text


def test_latex_of_every_derived_formula_is_balanced_ascii() -> None:
    for formula in derived():
        for text in (tex(formula), tex_numbers(formula)):
            assert unbalanced(text) == ""
            assert text.isascii()


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (Product((A, Minus(None, B))), r"0.1 \cdot \left(- 0.2\right)"),
        (Product((A, Sum((B, C)))), r"0.1 \cdot \left(0.2 + 0.3\right)"),
        (Product((A, Sum((Minus(None, B),)))), r"0.1 \cdot \left(- 0.2\right)"),
        (Minus(A, Sum((Minus(B, C),))), r"0.1 - \left(0.2 - 0.3\right)"),
        (Product((number(-0.1), B)), r"\left(-0.1\right) \cdot 0.2"),
    ],
)
def test_latex_has_parentheses_where_they_are_needed(formula: Formula, text: str) -> None:
    assert tex_numbers(formula) == text


def test_in_latex_a_negative_number_has_no_parentheses_within_those_of_a_function() -> None:
    net = Ref(Quantity(Kind.NET, neuron="o1"), HERE, -0.25)
    assert tex_numbers(Call("exp", (net,))) == r"\exp\left(-0.25\right)"
    assert tex_numbers(Power(net, TWO)) == r"\left(-0.25\right)^2"


def test_latex_writes_the_chain_rule_as_a_textbook_does() -> None:
    timeline = shipped("mazur").timeline
    names = naming(timeline.setup)
    formula = derive(timeline, Quantity(Kind.OUT, neuron="h1"), HERE).formula
    assert formula is not None
    assert tex_numbers(formula) == r"\frac{1}{1 + \exp\left(- 0.3775\right)}"
    gradient = Quantity(Kind.DE_DPARAMETER, parameter="w1")
    assert (
        latex_sign(gradient, names)
        == r"\frac{\partial E_{\mathit{total}}}{\partial w_{\mathit{1}}}"
    )


def test_a_small_number_is_a_power_of_ten_in_latex() -> None:
    assert tex_numbers(number(4.386e-12)) == r"4.386 \cdot 10^{-12}"


NAMES_TO_WRITE = {
    "low lines": "a_b_c",
    "primes": "h''",
    "brackets": "h[1](x).y",
    "umlaut": "größe",
    "greek": "δ1",
    "CJK": "漢字",
    "math letter": "𝑤1",
    "superscript": "x²",
}
"""All that a name may have in it, besides ASCII letters and digits."""

NOTATIONS = {
    "backslash": "\\\\z {}",
    "hash": "#{}",
    "percent": "%{}",
    "dollar": "$z_{}$",
    "ampersand": "net & {}",
    "circumflex": "z^{}",
    "tilde": "z~{}",
    "greek": "ζ_{}",
}
"""Labels of net inputs; what an author may write there is free."""


def network_of(name: str, notation: str = "net") -> Setup:
    """Return a network whose names all have this in them, and whose nets are labelled so."""
    return problem_from(
        f"""
title = "names"
[notation]
net = "{notation}"
[training]
learning_rate = 0.5
loss = "half_squared_error"
[[layers]]
name = "input"
neurons = ["i{name}"]
[[layers]]
name = "hidden"
neurons = ["{name}", "h2"]
activation = "sigmoid"
[[layers]]
name = "output"
neurons = ["o{name}"]
activation = "sigmoid"
[weights]
"w{name}" = {{ from = "i{name}", to = "{name}", value = 0.5 }}
w2 = {{ from = "i{name}", to = "h2", value = 0.25 }}
"v{name}" = {{ from = "{name}", to = "o{name}", value = -0.5 }}
v2 = {{ from = "h2", to = "o{name}", value = -0.5 }}
[biases]
"b{name}" = {{ to = ["{name}", "h2"], value = 0.1 }}
[[samples]]
input = [1]
target = [0]
"""
    )


def every_card(setup: Setup) -> Iterator[tuple[Timeline, Explained]]:
    """Yield the cards of all quantities after the first update."""
    timeline, moment = Timeline(setup), Moment.of(1, Phase.UPDATE)
    for quantity in all_quantities(setup):
        for card in explain(timeline, [(quantity, moment)], 0, 1, lambda *_: (), lambda _: None):
            yield timeline, card


def assert_reads(text: str) -> None:
    """Fail if LaTeX has what a plain one lacks, or a special character that is not escaped."""
    assert unbalanced(text) == "", text
    assert text.isascii(), "".join(sorted({c for c in text if not c.isascii()}))
    mathematics = "\n".join(re.findall(r"(?s)\\\[\n(.*?)\n\\\]", text))
    assert mathematics
    prime = r"\\text\{'\}"
    bare = re.sub(rf"{prime}|\\[#$%&_{{}}^~\\]|&=|&\\qquad", "", mathematics)
    assert not re.search("[#$%&~']", bare), text


@pytest.mark.parametrize("name", NAMES_TO_WRITE.values(), ids=NAMES_TO_WRITE.keys())
def test_names_give_latex_that_any_latex_reads(name: str) -> None:
    for timeline, card in every_card(network_of(name)):
        assert_reads(as_latex(timeline, card))


@pytest.mark.parametrize("notation", NOTATIONS.values(), ids=NOTATIONS.keys())
def test_notations_give_latex_that_any_latex_reads(notation: str) -> None:
    for timeline, card in every_card(network_of("h1", notation)):
        assert_reads(as_latex(timeline, card))


@pytest.mark.parametrize("name", NAMES_TO_WRITE.values(), ids=NAMES_TO_WRITE.keys())
def test_names_give_markdown_of_balanced_mathematics(name: str) -> None:
    for timeline, card in every_card(network_of(name)):
        blocks = as_markdown(timeline, card).split("$$")[1::2]
        assert blocks
        assert [unbalanced(block) for block in blocks] == [""] * len(blocks)


def test_names_that_differ_differ_in_latex() -> None:
    for name in NAMES_TO_WRITE.values():
        network = network_of(name)
        found = [latex_sign(q, NAMES) for q in all_quantities(network)]
        assert len(set(found)) == len(found), name
