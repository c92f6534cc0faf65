"""Formulas in programming languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from bptui.engine.trace import Formula as Function
from bptui.story.formula import (
    Call,
    Const,
    Formula,
    IfPositive,
    Minus,
    Power,
    Product,
    Quotient,
    Sum,
    parts,
)
from bptui.story.statements import statements

_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 4
"""How tightly an operator binds."""


class Language(Struct, frozen=True):
    """How a language writes what a formula calls."""

    functions: Mapping[str, str]
    """By name, with {0}, {1} for the arguments."""
    other: str
    """Any other function; {} is its name."""
    choose: str
    """`{0}` is a comparison, then come both sides."""
    power: str
    number: Callable[[float], str] = repr


def number(value: float) -> str:
    """Return a number as Python reads it; a whole one without its `.0`."""
    return repr(value).removesuffix(".0")


def expression(formula: Formula, language: Language, names: Callable[[str], str] = str) -> str:
    """Return a formula of a program; `names` says what a name in it is called there."""
    return _write(formula, language, names)[0]


def can_write(formula: Function, language: Language) -> bool:
    """Return whether a language has all that a formula calls."""
    found = statements(formula)
    return found is not None and all(_is_known(s.value, language) for s in found)


def first_written(language: Language, *formulas: Function | None) -> Function:
    """Return the first of some formulas that a language can write; the last can be anyway."""
    given = [formula for formula in formulas if formula is not None]
    return next((f for f in given if can_write(f, language)), given[-1])


def _is_known(formula: Formula, language: Language) -> bool:
    if isinstance(formula, Call) and language.functions.get(formula.name) == "":
        return False
    return all(_is_known(part, language) for part in parts(formula))


def _write(formula: Formula, language: Language, names: Callable[[str], str]) -> tuple[str, int]:
    """Return a formula's text and how tightly it binds."""

    def bound(part: Formula, least: int) -> str:
        text, binding = _write(part, language, names)
        return text if binding >= least else f"({text})"

    match formula:
        case Const(value, symbol):
            text = names(symbol) if symbol else language.number(value)
            return text, _SUM if text.startswith("-") else _ATOM
        case Sum(terms):
            return _joined(" + ", terms, _SUM, bound), _SUM
        case Product(factors):
            return _joined(" * ", factors, _PRODUCT, bound), _PRODUCT
        case Minus(None, right):
            return f"-{bound(right, _POWER)}", _SUM
        case Minus(left, right):
            assert left is not None
            return f"{bound(left, _SUM)} - {bound(right, _PRODUCT)}", _SUM
        case Quotient(upper, lower):
            return f"{bound(upper, _PRODUCT)} / {bound(lower, _POWER)}", _PRODUCT
        case Power(base, exponent):
            is_call = "(" in language.power
            sides = [bound(side, _SUM if is_call else _ATOM) for side in (base, exponent)]
            return language.power.format(*sides), _ATOM if is_call else _POWER
        case IfPositive(argument, then, otherwise):
            sides = [bound(side, _SUM) for side in (then, otherwise)]
            return language.choose.format(_above(argument, bound), *sides), _ATOM
        case Call(name, arguments):
            inside = [bound(argument, _SUM) for argument in arguments]
            told = language.functions.get(name)
            if told is None:
                return f"{language.other.format(name)}({', '.join(inside)})", _ATOM
            return told.format(*inside), _ATOM
    raise AssertionError(formula)


def _joined(
    sign: str, terms: Sequence[Formula], least: int, bound: Callable[[Formula, int], str]
) -> str:
    first, *others = terms
    return sign.join([bound(first, least), *(bound(other, least + 1) for other in others)])


def _above(argument: Formula, bound: Callable[[Formula, int], str]) -> str:
    """Return the comparison of a kink: what is above 0, or one thing above another."""
    if isinstance(argument, Minus) and argument.left is not None:
        return f"{bound(argument.left, _SUM)} > {bound(argument.right, _SUM)}"
    return f"{bound(argument, _SUM)} > 0"
