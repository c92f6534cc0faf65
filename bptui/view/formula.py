"""Formulas as text: in symbols, with numbers put in, as plain arithmetic."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct

from bptui.preset.model import Notation
from bptui.story.address import Kind, Quantity
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
from bptui.story.setup import Setup
from bptui.story.spellings import SUNK
from bptui.view.notation import symbol
from bptui.view.numbers import show
from bptui.view.rows import plain

LONG = 8
"""A sum of more terms than this is shortened in the middle, unless asked for whole."""
KEPT = 3
"""How many terms of a shortened sum stand at its beginning; one stands at its end."""

_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 4
"""How tightly an operator binds."""


class Naming(NamedTuple):
    """What a preset calls things: its notation, and which neurons are its outputs."""

    notation: Notation
    outputs: tuple[str, ...]


def naming(setup: Setup) -> Naming:
    return Naming(setup.preset.notation, setup.network.outputs)


class Script(Struct, frozen=True):
    """A way to write formulas: what a leaf looks like, and the signs between them."""

    leaf: Callable[[Ref | Const], str]
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
    return _write(formula, Script(lambda leaf: _sign(leaf, names), most=_most(whole)))[0]


def numbers(formula: Formula, digits: int, *, whole: bool = False) -> str:
    """Return a formula with its numbers put in: `0.138498562 × 0.4`."""
    return _write(formula, Script(lambda leaf: _number(leaf, digits), most=_most(whole)))[0]


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
def sign(quantity: Quantity, names: Naming) -> str:
    """Return a quantity's symbol in a formula: blanks become low lines, digits at the end sink.

    The share of a derivative via an output o is the derivative of that output's loss, E_o.
    """
    if quantity.kind is Kind.INPUT:
        at = f"@{quantity.sample}" if quantity.sample else ""
        return _sunk(plain(quantity.neuron)) + at
    head, _, tail = symbol(names.notation, quantity._replace(via="", sample=0)).partition(" ")
    text = _sunk(f"{head}_{tail}" if tail else head).replace(" ", "_")
    if quantity.via in names.outputs:
        text = text.replace("∂E/", f"∂E_{_sunk(plain(quantity.via))}/", 1)
    elif quantity.via:
        text += f" via {_sunk(plain(quantity.via))}"
    return text + (f"@{quantity.sample}" if quantity.sample else "")


def _most(whole: bool) -> int | None:
    return None if whole else LONG


def _sunk(text: str) -> str:
    """Write the digits at the end of names as subscripts: `w5` as `w₅`."""
    return re.sub(r"(?<=[^\W\d_])\d+", lambda found: found[0].translate(SUNK), text)


def _sign(leaf: Ref | Const, names: Naming) -> str:
    if isinstance(leaf, Const):
        return leaf.symbol or show(leaf.value, 9).removesuffix(".0")
    return sign(leaf.quantity, names) + (f"({leaf.age})" if leaf.age else "")


def _number(leaf: Ref | Const, digits: int) -> str:
    if isinstance(leaf, Const) and (leaf.symbol in ("", "t")):
        return show(leaf.value, 9).removesuffix(".0")
    return show(leaf.value, digits)


def _write(formula: Formula, script: Script) -> tuple[str, int]:
    """Return a formula's text and how tightly it binds."""
    match formula:
        case Ref() | Const():
            text = script.leaf(formula)
            return text, _SUM if text.startswith("-") else _ATOM
        case Sum(terms):
            if len(terms) == 1:
                return _write(terms[0], script)
            return " + ".join(_terms(terms, script)), _SUM
        case Product(factors):
            first, *others = factors
            # operators bind to the left: what is grouped to the right stays grouped
            written = [_bound(first, script, _PRODUCT)]
            written += [_bound(factor, script, _POWER) for factor in others]
            return script.times.join(written), _PRODUCT
        case Minus(None, right):
            return f"-{_bound(right, script, _POWER)}", _SUM
        case Minus(left, right):
            assert left is not None
            return f"{_bound(left, script, _SUM)} - {_bound(right, script, _PRODUCT)}", _SUM
        case Quotient(upper, lower):
            above, below = _bound(upper, script, _PRODUCT), _bound(lower, script, _POWER)
            return f"{above} / {below}", _PRODUCT
        case Power(base, exponent) if exponent == TWO:
            return f"{_bound(base, script, _ATOM)}{script.square}", _POWER
        case Power(base, exponent):
            over = _bound(exponent, script, _ATOM)
            return f"{_bound(base, script, _ATOM)}{script.power}{over}", _POWER
        case IfPositive(argument, then, otherwise):
            return _one_of_two(formula, argument, then, otherwise, script)
        case Call(name, arguments):
            inside = ", ".join(_write(a, script)[0] for a in arguments)
            return f"{script.ln if name == 'ln' else name}({inside})", _ATOM


def _one_of_two(
    formula: Formula, argument: Formula, then: Formula, otherwise: Formula, script: Script
) -> tuple[str, int]:
    """A kink: as a bracket that is 1 or 0, or both of its sides; arithmetic has only its value."""
    if script.above is None:
        chosen = then if evaluate(argument) > 0 else otherwise
        return _write(chosen, script)
    above = script.above.format(_write(argument, script)[0])
    if (then, otherwise) == (ONE, ZERO):
        return above, _ATOM
    sides = (_bound(then, script, _PRODUCT), _bound(otherwise, script, _PRODUCT))
    return f"{sides[0]} if {above[1:-1]} else {sides[1]}", _SUM


def _bound(formula: Formula, script: Script, least: int) -> str:
    text, binding = _write(formula, script)
    return text if binding >= least else f"({text})"


def _terms(terms: tuple[Formula, ...], script: Script) -> list[str]:
    """Return a sum's terms, negative numbers after the first in parentheses, the middle cut."""
    written = [_write(terms[0], script)[0]]
    written += [_bound(term, script, _PRODUCT) for term in terms[1:]]
    if script.most is None or len(written) <= script.most:
        return written
    return [*written[:KEPT], script.left_out, written[-1]]
