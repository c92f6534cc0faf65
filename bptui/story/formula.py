"""Formulas over quantities, as data: they can be evaluated here, and written in any notation.

Evaluation is in plain Python floats, independently of the engine: the second book.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial, reduce
from operator import add, mul
from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct

from bptui.story.address import Quantity
from bptui.story.moment import Moment


class Ref(Struct, frozen=True):
    """A quantity at a moment, with its value."""

    quantity: Quantity
    moment: Moment
    value: float
    age: str = ""
    """`old` or `new` where a formula must say which value of a parameter it means."""


class Const(Struct, frozen=True):
    value: float
    symbol: str = ""
    """How formulas write it, if not as a number."""
    counts: bool = False
    """Whether it is a number of something: 10, not 10.0."""


class Sum(Struct, frozen=True):
    terms: tuple[Formula, ...]


class Product(Struct, frozen=True):
    factors: tuple[Formula, ...]


class Minus(Struct, frozen=True):
    """A difference; with nothing to subtract from, a negative."""

    left: Formula | None
    right: Formula


class Quotient(Struct, frozen=True):
    upper: Formula
    lower: Formula


class Power(Struct, frozen=True):
    """A power; the usual one is a square."""

    base: Formula
    exponent: Formula


class IfPositive(Struct, frozen=True):
    """One of two formulas: the first where its argument is above 0, else the second."""

    argument: Formula
    then: Formula
    otherwise: Formula


class Call(Struct, frozen=True):
    """A function of arguments: one of `FUNCTIONS`."""

    name: str
    arguments: tuple[Formula, ...]


Formula = Ref | Const | Sum | Product | Minus | Quotient | Power | IfPositive | Call

TWO, ZERO, ONE = Const(2.0), Const(0.0), Const(1.0)


def parts(formula: Formula) -> tuple[Formula, ...]:
    """The formulas directly inside a formula, from left to right."""
    match formula:
        case Sum(found) | Product(found) | Call(_, found):
            return found
        case Minus(None, right):
            return (right,)
        case Minus(a, b) | Quotient(a, b) | Power(a, b):
            assert a is not None
            return a, b
        case IfPositive(argument, then, otherwise):
            return argument, then, otherwise
    return ()


def with_parts(formula: Formula, found: tuple[Formula, ...]) -> Formula:
    """A formula with others in the place of its `parts`."""
    match formula:
        case Sum() | Product():
            return type(formula)(found)
        case Call(name):
            return Call(name, found)
        case Minus(None, _):
            return Minus(None, *found)
        case Minus() | Quotient() | Power() | IfPositive():
            return type(formula)(*found)
    return formula


def replaced(formula: Formula, change: Callable[[Ref], Formula]) -> Formula:
    """A formula with its quantities changed."""
    if isinstance(formula, Ref):
        return change(formula)
    return with_parts(formula, tuple([replaced(part, change) for part in parts(formula)]))


def references(formula: Formula) -> Iterator[Ref]:
    """Yield the quantities in a formula, from left to right."""
    if isinstance(formula, Ref):
        yield formula
    for part in parts(formula):
        yield from references(part)


def evaluate(formula: Formula) -> float:
    """A formula's value in floats; what overflows is infinite, what means nothing is NaN."""
    if isinstance(formula, (Ref, Const)):
        return formula.value
    values = [evaluate(part) for part in parts(formula)]
    match formula:
        case Sum():
            return reduce(add, values)
        case Product():
            return reduce(mul, values)
        case Minus(None, _):
            return -values[0]
        case Minus():
            return values[0] - values[1]
        case Quotient():
            return _ratio(*values)
        case Power():
            return values[0] * values[0] if values[1] == 2 else _power(*values)
        case IfPositive():
            return values[1] if values[0] > 0 else values[2]
        case Call(name):
            return FUNCTIONS[name].of_numbers(*values)


def _ratio(upper: float, lower: float) -> float:
    if lower == 0:
        zero = upper == 0 or math.isnan(upper)
        return math.nan if zero else math.copysign(math.inf, upper) * math.copysign(1, lower)
    return upper / lower


def _power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def _each(function: Callable[[float], float], x: Any) -> Any:
    return np.array([*map(function, np.ravel(x))]).reshape(np.shape(x))


class Function(NamedTuple):
    """What a formula calls: of numbers, independently of the engine, and of arrays."""

    of_numbers: Callable[..., float]
    of_arrays: Callable[..., Any]


FUNCTIONS = {
    "exp": Function(_exp, np.exp),
    "ln": Function(lambda x: math.log(x) if x > 0 else -math.inf if x == 0 else math.nan, np.log),
    "tanh": Function(math.tanh, np.tanh),
    "sinh": Function(lambda x: (_exp(x) - _exp(-x)) / 2, np.sinh),
    "cosh": Function(lambda x: (_exp(x) + _exp(-x)) / 2, np.cosh),
    "erf": Function(math.erf, partial(_each, math.erf)),
    "erfc": Function(math.erfc, partial(_each, math.erfc)),
    "abs": Function(abs, np.absolute),
    "sign": Function(lambda x: math.nan if math.isnan(x) else float((x > 0) - (x < 0)), np.sign),
    "cos": Function(lambda x: math.cos(x) if math.isfinite(x) else math.nan, np.cos),
    "floor": Function(lambda x: float(math.floor(x)) if math.isfinite(x) else x, np.floor),
    "sqrt": Function(lambda x: math.sqrt(x) if x >= 0 else math.nan, np.sqrt),
    "max": Function(
        lambda *values: math.nan if any(map(math.isnan, values)) else max(values),
        lambda *values: reduce(np.maximum, values),
    ),
    "min": Function(
        lambda *values: math.nan if any(map(math.isnan, values)) else min(values),
        lambda *values: reduce(np.minimum, values),
    ),
}
"""What formulas can call."""
