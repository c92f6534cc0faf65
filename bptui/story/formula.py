"""Formulas over quantities, as data: they can be evaluated here, and written in any notation.

Evaluation is in plain Python floats, independently of the engine: the second follow.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

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
    """A number that has no address: a factor of the loss, the learning rate."""

    value: float
    symbol: str = ""
    """How formulas write it, if not as a number."""


class Sum(Struct, frozen=True):
    """Terms added from left to right."""

    terms: tuple[Formula, ...]


class Product(Struct, frozen=True):
    """Factors multiplied from left to right."""

    factors: tuple[Formula, ...]


class Minus(Struct, frozen=True):
    """A difference; with nothing to subtract from, a negative."""

    left: Formula | None
    right: Formula


class Quotient(Struct, frozen=True):
    """A fraction."""

    upper: Formula
    lower: Formula


class Square(Struct, frozen=True):
    """A square."""

    base: Formula


class Positive(Struct, frozen=True):
    """1 where its argument is above 0, else 0: the slope of a ReLU."""

    argument: Formula


class Call(Struct, frozen=True):
    """A function of arguments: exp, ln, tanh, max."""

    name: str
    arguments: tuple[Formula, ...]


Formula = Ref | Const | Sum | Product | Minus | Quotient | Square | Positive | Call


def evaluate(formula: Formula) -> float:
    """Return a formula's value in floats; what overflows is infinite, what means nothing is NaN."""
    match formula:
        case Ref(_, _, value) | Const(value, _):
            return value
        case Sum(terms):
            total = evaluate(terms[0])
            for term in terms[1:]:
                total += evaluate(term)
            return total
        case Product(factors):
            product = evaluate(factors[0])
            for factor in factors[1:]:
                product *= evaluate(factor)
            return product
        case Minus(None, right):
            return -evaluate(right)
        case Minus(left, right):
            assert left is not None
            return evaluate(left) - evaluate(right)
        case Quotient(upper, lower):
            return _ratio(evaluate(upper), evaluate(lower))
        case Square(base):
            value = evaluate(base)
            return value * value
        case Positive(argument):
            return 1.0 if evaluate(argument) > 0 else 0.0
        case Call(name, arguments):
            return _call(name, [evaluate(argument) for argument in arguments])


def _ratio(upper: float, lower: float) -> float:
    if lower == 0:
        zero = upper == 0 or math.isnan(upper)
        return math.nan if zero else math.copysign(math.inf, upper) * math.copysign(1, lower)
    return upper / lower


def _call(name: str, values: list[float]) -> float:
    match name:
        case "exp":
            try:
                return math.exp(values[0])
            except OverflowError:
                return math.inf
        case "ln":
            value = values[0]
            return math.log(value) if value > 0 else -math.inf if value == 0 else math.nan
        case "tanh":
            return math.tanh(values[0])
        case "max":
            return math.nan if any(map(math.isnan, values)) else max(values)
    raise ValueError(f"no function {name}")


def references(formula: Formula) -> Iterator[Ref]:
    """Yield the quantities that a formula is made of, from left to right."""
    match formula:
        case Ref():
            yield formula
        case Sum(parts) | Product(parts) | Call(_, parts):
            for part in parts:
                yield from references(part)
        case Minus(left, right):
            if left is not None:
                yield from references(left)
            yield from references(right)
        case Quotient(upper, lower):
            yield from references(upper)
            yield from references(lower)
        case Square(inner) | Positive(inner):
            yield from references(inner)
