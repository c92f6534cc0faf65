"""Formulas as text: in symbols, with numbers put in, as plain arithmetic."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from msgspec import Struct

from bptui.story.address import Kind, Quantity
from bptui.story.derivation import Derivation
from bptui.story.formula import (
    ONE,
    TWO,
    ZERO,
    Call,
    Const,
    Formula,
    IfPositive,
    Minus,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
    evaluate,
)
from bptui.story.notation import Naming, bare, naming, with_place
from bptui.story.setup import Setup
from bptui.story.spellings import SUNK
from bptui.view.numbers import show
from bptui.view.rows import plain

LONG = 8
"""A sum of more terms than this is shortened in the middle, unless asked for whole."""
KEPT = 3
"""How many terms of a shortened sum stand at its beginning; one stands at its end."""

SUM, PRODUCT, POWER, ATOM = 1, 2, 3, 4
"""How tightly an operator binds."""


Leaf = Callable[[Ref | Const], str]
"""How the leaves of a formula are written."""


class Script(Struct, frozen=True):
    """A way to write formulas: what a leaf looks like, and the signs between them."""

    leaf: Leaf
    times: str = " × "
    square: str = "²"
    power: str = "^"
    left_out: str = "…"
    above: str | None = "[{} > 0]"
    """How `1 if above 0` is written; None for its value."""
    most: int | None = LONG
    ln: str = "ln"


def symbols(formula: Formula, names: Naming, *, whole: bool = False) -> str:
    """Return a formula in symbols: `∂E/∂net_o1 × w5`."""
    return written(formula, lambda leaf: _sign(leaf, names), whole=whole)


def numbers(formula: Formula, digits: int, *, whole: bool = False) -> str:
    """Return a formula with its numbers put in: `0.138498562 × 0.4`."""
    return written(formula, as_number(digits), whole=whole)


def written(formula: Formula, leaf: Leaf, *, least: int = 0, whole: bool = False) -> str:
    """Return a formula in one line, in brackets if it binds less tightly than `least`."""
    return _bound(formula, Script(leaf, most=None if whole else LONG), least)


def as_number(digits: int) -> Leaf:
    """Return how leaves are written as numbers."""
    return lambda leaf: _number(leaf, digits)


def expression(formula: Formula) -> str:
    """Return a formula as arithmetic that any program can evaluate, with all digits."""
    script = Script(
        lambda leaf: repr(leaf.value),
        times=" * ",
        square=" ** 2",
        power=" ** ",
        above=None,
        most=None,
        ln="log",
    )
    return _write(formula, script)[0]


@lru_cache(maxsize=4096)
def sign(quantity: Quantity, names: Naming, age: str = "") -> str:
    """Return a quantity's symbol in a formula: blanks become low lines, digits at the end sink."""
    if quantity.kind is Kind.INPUT:
        text = _sunk(plain(quantity.neuron))
    else:
        text = subscripted(bare(quantity, names))
    if quantity.via and quantity.via not in names.outputs:
        text += f" via {_sunk(plain(quantity.via))}"
    text += f"@{quantity.sample}" if quantity.sample else ""
    if age == "new" and names.notation.new:
        return subscripted(with_place(names.notation.new)).replace("{}", text)
    return f"{text}({age})" if age else text


def age_of(derivation: Derivation, names: Naming) -> str:
    """Return `new` if a derivation is of what the article has a sign for: a parameter's update."""
    updated = derivation.quantity.kind is Kind.PARAMETER and derivation.formula is not None
    return "new" if updated and names.notation.new else ""


def head(derivation: Derivation, names: Naming) -> str:
    """Return what stands before a derivation's first equals sign."""
    return sign(derivation.quantity, names, age_of(derivation, names))


@lru_cache(maxsize=1024)
def label_of(kind: Kind, quantity: Quantity, names: Naming) -> str:
    """Return the short sign of a neuron's number of a kind, `δ_o₁` for ∂E/∂net_o₁."""
    text = subscripted(names.label(kind, quantity.neuron))
    return f"{text}@{quantity.sample}" if quantity.sample else text


def loss_sign(setup: Setup) -> str:
    """Return what the article calls the loss."""
    return sign(Quantity(Kind.LOSS), naming(setup))


def constant(leaf: Const, names: Naming) -> str:
    """Return the sign of a constant that has one."""
    return leaf.symbol.replace("η", plain(names.notation.learning_rate))


def subscripted(text: str) -> str:
    """Return a name in a formula: its blanks as low lines, the digits at its end as subscripts."""
    return _sunk(plain(text)).replace(" ", "_")


def _sunk(text: str) -> str:
    """Write the digits at the end of names as subscripts: `w5` as `w₅`."""
    return re.sub(r"(?<=[^\W\d_])\d+", lambda found: found[0].translate(SUNK), text)


def _sign(leaf: Ref | Const, names: Naming) -> str:
    if isinstance(leaf, Const):
        return constant(leaf, names) or show(leaf.value, 9).removesuffix(".0")
    return sign(leaf.quantity, names, leaf.age)


def _number(leaf: Ref | Const, digits: int) -> str:
    if isinstance(leaf, Const):
        few = digits if leaf.symbol and not leaf.counts else 9
        return show(leaf.value, few).removesuffix(".0")
    return show(leaf.value, digits)


def _write(formula: Formula, script: Script) -> tuple[str, int]:
    """Return a formula's text and how tightly it binds."""
    match formula:
        case Ref() | Const():
            text = script.leaf(formula)
            return text, SUM if text.startswith("-") else ATOM
        case Sum(terms):
            if len(terms) == 1:
                return _write(terms[0], script)
            return " + ".join(_terms(terms, script)), SUM
        case Product(factors):
            first, *others = factors
            # operators bind to the left: what is grouped to the right stays grouped
            texts = [_bound(first, script, PRODUCT)]
            texts += [_bound(factor, script, POWER) for factor in others]
            return script.times.join(texts), PRODUCT
        case Minus(None, right):
            return f"-{_bound(right, script, POWER)}", SUM
        case Minus(left, right):
            assert left is not None
            return f"{_bound(left, script, SUM)} - {_bound(right, script, PRODUCT)}", SUM
        case Quotient(upper, lower):
            above, below = _bound(upper, script, PRODUCT), _bound(lower, script, POWER)
            return f"{above} / {below}", PRODUCT
        case Power(base, exponent) if exponent == TWO:
            return f"{_base(base, script)}{script.square}", POWER
        case Power(base, exponent):
            over = _bound(exponent, script, ATOM)
            return f"{_base(base, script)}{script.power}{over}", POWER
        case IfPositive(argument, then, otherwise):
            return _one_of_two(formula, argument, then, otherwise, script)
        case Call("sign", _) if script.above is None:  # arithmetic has only its value
            return repr(evaluate(formula)), SUM
        case Call(name, arguments):
            inside = ", ".join(_write(a, script)[0] for a in arguments)
            return f"{script.ln if name == 'ln' else name}({inside})", ATOM


def _one_of_two(
    formula: Formula, argument: Formula, then: Formula, otherwise: Formula, script: Script
) -> tuple[str, int]:
    """A kink: as a bracket that is 1 or 0, or both of its sides; arithmetic has only its value."""
    if script.above is None:
        chosen = then if evaluate(argument) > 0 else otherwise
        return _write(chosen, script)
    above = script.above.format(_write(argument, script)[0])
    if (then, otherwise) == (ONE, ZERO):
        return above, ATOM
    sides = (_bound(then, script, PRODUCT), _bound(otherwise, script, PRODUCT))
    return f"{sides[0]} if {above[1:-1]} else {sides[1]}", SUM


def _bound(formula: Formula, script: Script, least: int) -> str:
    text, binding = _write(formula, script)
    return text if binding >= least else f"({text})"


def _base(formula: Formula, script: Script) -> str:
    """What is raised to a power: a derivative in brackets, not ∂E/∂w²."""
    text = _bound(formula, script, ATOM)
    return f"({text})" if isinstance(formula, Ref) and "/" in text else text


def _terms(terms: tuple[Formula, ...], script: Script) -> list[str]:
    """Return a sum's terms, negative numbers after the first in parentheses, the middle cut."""
    cut = script.most is not None and len(terms) > script.most
    shown = (*terms[:KEPT], terms[-1]) if cut else terms
    texts = [_write(shown[0], script)[0]]
    texts += [_bound(term, script, PRODUCT) for term in shown[1:]]
    return [*texts[:KEPT], script.left_out, texts[-1]] if cut else texts
