"""Formulas as they are printed, with fraction bars, in any markup; wide ones are broken over lines.

A markup, LaTeX or MathML, says how each part of a formula is written in it.
"""

from __future__ import annotations

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import NamedTuple

from bptui.story.address import Kind, Quantity
from bptui.story.formula import (
    ONE,
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
)
from bptui.story.notation import Naming, bare
from bptui.story.spellings import RAISED
from bptui.view.formula import KEPT, LONG, constant, sign
from bptui.view.numbers import show
from bptui.view.rows import cells, plain

LINE = 56
"""The characters that a line of a formula has room for on a page, as wide as digits."""
_DOTS = Const(0.0, "…")
"""Stands for the terms of a sum that are left out."""


class Markup(ABC):
    """How the parts of a formula are written."""

    plus: str
    minus: str
    times: str
    comma: str
    signs: dict[str, str]
    """Constants that are no letter: ½, sqrt(2), and … for what is left out."""

    @abstractmethod
    def number(self, text: str) -> str:
        """Write a number as `show` does: 0.25, 4e-12, ∞."""

    @abstractmethod
    def name(self, word: str) -> str:
        """Write a letter or a word."""

    @abstractmethod
    def lowered(self, head: str, index: str) -> str:
        """Write a name with the number or neuron that stands below."""

    @abstractmethod
    def numbered(self, head: str, number: str) -> str:
        """Write a constant with its number: β₁."""

    @abstractmethod
    def raised(self, head: str, above: Sequence[str]) -> str:
        """Write a name with what stands above: (2), new."""

    @abstractmethod
    def hat(self, head: str) -> str: ...

    @abstractmethod
    def partial(self, name: str) -> str: ...

    @abstractmethod
    def age(self, text: str) -> str: ...

    @abstractmethod
    def sample(self, number: int) -> str: ...

    @abstractmethod
    def via(self, neuron: str) -> str: ...

    @abstractmethod
    def fraction(self, upper: str, lower: str) -> str: ...

    @abstractmethod
    def power(self, base: str, exponent: str) -> str: ...

    @abstractmethod
    def fenced(self, inside: str) -> str: ...

    @abstractmethod
    def root(self, inside: str) -> str: ...

    @abstractmethod
    def function(self, name: str, inside: str) -> str: ...

    @abstractmethod
    def positive(self, argument: str) -> str:
        """Write that something is above 0."""

    @abstractmethod
    def indicator(self, condition: str) -> str:
        """Write what is 1 if a condition holds, else 0."""

    @abstractmethod
    def cases(self, then: str, condition: str, otherwise: str) -> str: ...

    @abstractmethod
    def stacked(self, lines: Sequence[str]) -> str:
        """Write the lines of a formula that stands inside of another."""


class _Style(NamedTuple):
    """How leaves are written, how many characters wide they are, and whether they have a minus."""

    markup: Markup
    leaf: Callable[[Ref | Const], str]
    width: Callable[[Ref | Const], int]
    is_negative: Callable[[Ref | Const], bool]
    whole: bool

    def terms(self, terms: tuple[Formula, ...]) -> tuple[Formula, ...]:
        """Return the terms of a sum that are written, dots for the middle of a long one."""
        if self.whole or len(terms) <= LONG:
            return terms
        return (*terms[:KEPT], _DOTS, terms[-1])


def in_symbols(formula: Formula, names: Naming, markup: Markup, *, whole: bool) -> list[str]:
    """Return the lines of a formula in symbols."""

    def leaf(part: Ref | Const) -> str:
        if isinstance(part, Ref):
            return signed(part.quantity, names, markup, part.age)
        if part.symbol:
            return constant_in(constant(part, names), markup)
        return markup.number(_number(part.value, 9))

    def width(part: Ref | Const) -> int:
        if isinstance(part, Const):
            return cells(constant(part, names) or show(part.value, 9))
        return max(map(cells, sign(part.quantity, names, part.age).split("/")))

    return _lines(formula, _Style(markup, leaf, width, lambda part: False, whole))


def in_numbers(formula: Formula, digits: int, markup: Markup, *, whole: bool) -> list[str]:
    """Return the lines of a formula with its numbers put in."""

    def leaf(part: Ref | Const) -> str:
        if isinstance(part, Const):
            known = part.symbol in ("½", _DOTS.symbol)
            return markup.signs[part.symbol] if known else markup.number(_number(part.value, 9))
        return markup.number(_number(part.value, digits))

    def is_negative(part: Ref | Const) -> bool:
        return isinstance(part, Ref) and show(part.value, digits).startswith("-")

    style = _Style(markup, leaf, lambda part: cells(show(part.value, digits)), is_negative, whole)
    return _lines(formula, style)


def _number(value: float, digits: int) -> str:
    return show(value, digits).removesuffix(".0")


# lines


def _lines(formula: Formula, style: _Style) -> list[str]:
    """Fill lines with the pieces of a formula, as many as fit."""
    lines, room = [""], LINE
    for text, width in _pieces(formula, style):
        if lines[-1] and width > room:
            lines, room = [*lines, ""], LINE
        lines[-1] += f" {text}" if lines[-1] else text
        room -= width
    return lines


def _pieces(formula: Formula, style: _Style) -> list[tuple[str, int]]:
    """Return the parts between which a formula can be broken, each with its width."""
    match formula:
        case Sum((term,)):
            return _pieces(term, style)
        case Sum(terms):
            first, *others = style.terms(terms)
            parts = _pieces(first, style)
            for term in others:
                (text, width), *more = _factor_pieces(term, style)
                parts += [(f"{style.markup.plus} {text}", width + 3), *more]
            return parts
        case Product():
            return _factor_pieces(formula, style)
        case _:
            return [(_text(formula, style), _width(formula, style))]


def _factor_pieces(formula: Formula, style: _Style) -> list[tuple[str, int]]:
    """Return a term of a sum in one piece, or a product that is too wide for a line in several."""
    if not isinstance(formula, Product) or _width(formula, style) <= LINE:
        return [(_factor(formula, style), _width(formula, style))]
    (text, width), *others = [(_factor(f, style), _width(f, style)) for f in formula.factors]
    times = style.markup.times
    return [(text, width), *((f"{times} {text}", width + 2) for text, width in others)]


def _width(formula: Formula, style: _Style) -> int:
    match formula:
        case Ref() | Const():
            return style.width(formula)
        case Sum(terms):
            return sum(_width(term, style) + 3 for term in style.terms(terms)) - 3
        case Product(factors):
            return sum(_width(factor, style) + 2 for factor in factors) - 2
        case Minus(left, right):
            return 3 + _width(right, style) + (_width(left, style) if left is not None else 0)
        case Quotient(upper, lower):
            return max(_width(upper, style), _width(lower, style))
        case Power(base, exponent):
            return 2 + _width(base, style) + _width(exponent, style)
        case IfPositive(argument, then, otherwise):
            sides = max(_width(then, style), _width(otherwise, style))
            return 6 + sides + _width(argument, style)
        case Call(name, arguments):
            return len(name) + 2 + sum(_width(argument, style) for argument in arguments)


# texts


def _text(formula: Formula, style: _Style) -> str:
    """Return a formula; a sum that is too wide, inside of another formula, stands in lines."""
    markup = style.markup
    match formula:
        case Ref() | Const():
            text = style.leaf(formula)
            return markup.fenced(text) if style.is_negative(formula) else text
        case Quotient(upper, lower):
            return markup.fraction(_block(upper, style), _block(lower, style))
        case Sum(terms):
            first, *others = style.terms(terms)
            texts = [_text(first, style), *(_factor(term, style) for term in others)]
            return f" {markup.plus} ".join(texts)
        case Product(factors):
            return f" {markup.times} ".join(_factor(factor, style) for factor in factors)
        case Minus(left, right):
            before = f"{_text(left, style)} " if left is not None else ""
            return f"{before}{markup.minus} {_factor(right, style)}"
        case Power(base, exponent):
            over, const = _text(exponent, style), isinstance(base, Const)
            inside = _text(base, style) if const else markup.fenced(_inside(base, style))
            return markup.power(inside, over)
        case IfPositive(argument, then, otherwise):
            above = markup.positive(_text(argument, style))
            if (then, otherwise) == (ONE, ZERO):
                return markup.indicator(above)
            return markup.cases(_text(then, style), above, _text(otherwise, style))
        case Call("sqrt", (argument,)):
            return markup.root(_block(argument, style))
        case Call(name, arguments):
            inside = f"{markup.comma} ".join(_inside(argument, style) for argument in arguments)
            return markup.function(name, inside)


def _block(formula: Formula, style: _Style) -> str:
    """Return a formula inside of another, in lines if it is too wide."""
    lines = _lines(formula, style)
    return _text(formula, style) if len(lines) == 1 else style.markup.stacked(lines)


def _inside(formula: Formula, style: _Style) -> str:
    """Return what stands in parentheses; a negative number has none of its own there."""
    return style.leaf(formula) if isinstance(formula, Ref) else _block(formula, style)


def _factor(formula: Formula, style: _Style) -> str:
    if isinstance(formula, Sum) and len(formula.terms) == 1:
        return _factor(formula.terms[0], style)
    loose = isinstance(formula, Minus) or (isinstance(formula, Sum) and len(formula.terms) > 1)
    return style.markup.fenced(_block(formula, style)) if loose else _text(formula, style)


# signs


def constant_in(text: str, markup: Markup) -> str:
    """Return the sign of a constant: ½, η, β₁."""
    if text in markup.signs:
        return markup.signs[text]
    number = text[1:].translate(RAISED)
    if len(text) == 1 or number.isdigit():
        head = markup.name(text[0])
        return markup.numbered(head, number) if number else head
    return _named(text, markup)


def signed(quantity: Quantity, names: Naming, markup: Markup, age: str = "") -> str:
    """Return a quantity's sign, with its sample and age above it."""
    if quantity.kind is Kind.INPUT:
        text = _named(plain(quantity.neuron), markup)
    else:
        text = _derivative(bare(quantity, names), markup)
    if age == "new" and names.notation.new:
        age = names.notation.new.replace("{}", "").strip(" _")
    above = [markup.age(age)] if age else []
    if quantity.via and quantity.via not in names.outputs:
        above.append(markup.via(quantity.via))
    above += [markup.sample(quantity.sample)] if quantity.sample else []
    return markup.raised(text, above) if above else text


def _derivative(text: str, markup: Markup) -> str:
    upper, slash, lower = text.partition("/")
    if slash and upper.startswith("∂"):
        over, under = (markup.partial(_named(part[1:], markup)) for part in (upper, lower))
        return markup.fraction(over, under)
    return _named(text, markup)


def _named(text: str, markup: Markup) -> str:
    """Return a name with its number or neuron below it: w5, net h1."""
    word, _, neuron = text.partition(" " if " " in text else "_")
    if not neuron and (found := re.fullmatch(r"([^\W\d]+)(\d+)", word)):
        word, neuron = found[1], found[2]
    word = unicodedata.normalize("NFD", word).replace("\u0302", "_hat")
    word, hat = unicodedata.normalize("NFC", word.removesuffix("_hat")), word.endswith("_hat")
    head = markup.hat(markup.name(word)) if hat else markup.name(word)
    return markup.lowered(head, neuron) if neuron else head
