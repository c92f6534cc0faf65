"""Formulas in LaTeX; what is wider than a page is broken over lines."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

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
)
from bptui.story.notation import Naming, bare
from bptui.story.spellings import GREEK, RAISED
from bptui.view.formula import constant, sign
from bptui.view.numbers import show
from bptui.view.rows import cells, plain

LINE = 56
"""The characters that a line of a formula has room for on a page, as wide as digits."""
_COMMANDS = {char: name for char, name in GREEK.items() if char not in "ΑΒΕΖΗΙΚΜΝΟΡΤΧος"}
"""The Greek letters that have commands; the others look like Latin ones."""


class _Style(NamedTuple):
    """How the leaves of a formula are written, and how many characters wide they are."""

    leaf: Callable[[Ref | Const], str]
    width: Callable[[Ref | Const], int]


def latex(formula: Formula, names: Naming) -> list[str]:
    """Return the lines of a formula in symbols."""

    def leaf(part: Ref | Const) -> str:
        if isinstance(part, Ref):
            return latex_sign(part.quantity, names, part.age)
        return _constant(constant(part, names)) if part.symbol else latex_number(part.value)

    def width(part: Ref | Const) -> int:
        if isinstance(part, Const):
            return cells(constant(part, names) or show(part.value, 9))
        return max(map(cells, sign(part.quantity, names, part.age).split("/")))

    return _lines(formula, _Style(leaf, width))


def latex_numbers(formula: Formula, digits: int) -> list[str]:
    """Return the lines of a formula with its numbers put in."""

    def leaf(part: Ref | Const) -> str:
        if isinstance(part, Const):
            return _SIGNS["½"] if part.symbol == "½" else latex_number(part.value)
        text = latex_number(part.value, digits)
        return rf"\left({text}\right)" if text.startswith("-") else text

    return _lines(formula, _Style(leaf, lambda part: cells(show(part.value, digits))))


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
        case Sum((first, *others)):
            parts = _pieces(first, style)
            for term in others:
                (text, width), *more = _factor_pieces(term, style)
                parts += [(f"+ {text}", width + 3), *more]
            return parts
        case Product():
            return _factor_pieces(formula, style)
        case _:
            return [(_tex(formula, style), _width(formula, style))]


def _factor_pieces(formula: Formula, style: _Style) -> list[tuple[str, int]]:
    """Return a term of a sum in one piece, or a product that is too wide for a line in several."""
    if not isinstance(formula, Product) or _width(formula, style) <= LINE:
        return [(_factor(formula, style), _width(formula, style))]
    (text, width), *others = [(_factor(f, style), _width(f, style)) for f in formula.factors]
    return [(text, width), *((rf"\cdot {text}", width + 2) for text, width in others)]


def _width(formula: Formula, style: _Style) -> int:
    match formula:
        case Ref() | Const():
            return style.width(formula)
        case Sum(terms):
            return sum(_width(term, style) + 3 for term in terms) - 3
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


def _tex(formula: Formula, style: _Style) -> str:
    """Return a formula; a sum that is too wide, inside of another formula, stands in lines."""
    match formula:
        case Ref() | Const():
            return style.leaf(formula)
        case Quotient(upper, lower):
            return rf"\frac{{{_block(upper, style)}}}{{{_block(lower, style)}}}"
        case Sum(terms):
            return " + ".join([_tex(terms[0], style), *(_factor(t, style) for t in terms[1:])])
        case Product(factors):
            return r" \cdot ".join(_factor(factor, style) for factor in factors)
        case Minus(left, right):
            before = f"{_tex(left, style)} " if left is not None else ""
            return f"{before}- {_factor(right, style)}"
        case Power(base, exponent):
            over = "2" if exponent == TWO else f"{{{_tex(exponent, style)}}}"
            if isinstance(base, Const):
                return f"{_tex(base, style)}^{over}"
            return rf"\left({_inside(base, style)}\right)^{over}"
        case IfPositive(argument, then, otherwise):
            above = rf"{_tex(argument, style)} > 0"
            if (then, otherwise) == (ONE, ZERO):
                return rf"\left[{above}\right]"
            sides = f"{_tex(then, style)} & {above} \\\\ {_tex(otherwise, style)} & \\text{{else}}"
            return rf"\begin{{cases}} {sides} \end{{cases}}"
        case Call("sqrt", (argument,)):
            return rf"\sqrt{{{_block(argument, style)}}}"
        case Call(name, arguments):
            inside = ", ".join(_inside(argument, style) for argument in arguments)
            match name:
                case "abs":
                    return rf"\left|{inside}\right|"
                case "sign" | "erf" | "erfc":
                    name = rf"operatorname{{{name}}}"
                case "floor":
                    return rf"\left\lfloor {inside} \right\rfloor"
            return rf"\{name}\left({inside}\right)"


def _block(formula: Formula, style: _Style) -> str:
    """Return a formula inside of another, in lines if it is too wide."""
    lines = _lines(formula, style)
    if len(lines) == 1:
        return _tex(formula, style)
    inner = r" \\ ".join(f"&{line}" for line in lines)
    return rf"\begin{{aligned}} {inner} \end{{aligned}}"


def _inside(formula: Formula, style: _Style) -> str:
    """Return what stands in parentheses; a negative number has none of its own there."""
    text = _block(formula, style)
    if not isinstance(formula, Ref):
        return text
    return text.removeprefix(r"\left(").removesuffix(r"\right)")


def _factor(formula: Formula, style: _Style) -> str:
    if isinstance(formula, Sum) and len(formula.terms) == 1:
        return _factor(formula.terms[0], style)
    loose = isinstance(formula, Minus) or (isinstance(formula, Sum) and len(formula.terms) > 1)
    return rf"\left({_block(formula, style)}\right)" if loose else _tex(formula, style)


_SIGNS = {"½": r"\tfrac{1}{2}", "sqrt(2)": r"\sqrt{2}", "sqrt(2π)": r"\sqrt{2\pi}"}


def _constant(text: str) -> str:
    """A sign of a formula: ½, η, β₁."""
    if text in _SIGNS:
        return _SIGNS[text]
    number = text[1:].translate(RAISED)
    head = _char(text[0]).strip() if len(text) == 1 or number.isdigit() else ""
    return (f"{head}_{number}" if number else head) if head else _name(text)


def latex_number(value: float, digits: int = 9) -> str:
    text = show(value, digits).removesuffix(".0")
    mantissa, e, exponent = text.partition("e")
    if e:
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"
    return {"∞": r"\infty", "-∞": r"-\infty", "NaN": r"\mathrm{NaN}"}.get(text, text)


def latex_sign(quantity: Quantity, names: Naming, age: str = "") -> str:
    if quantity.kind is Kind.INPUT:
        text = _name(plain(quantity.neuron))
    else:
        text = _fraction(bare(quantity, names))
    if age == "new" and names.notation.new:
        age = _text(names.notation.new.replace("{}", "").strip(" _"))
    above = [rf"\mathrm{{{age}}}"] if age else []
    if quantity.via and quantity.via not in names.outputs:
        above.append(rf"\text{{via }}\mathit{{{_text(quantity.via)}}}")
    above += [f"({quantity.sample})"] if quantity.sample else []
    return f"{{{text}}}^{{{', '.join(above)}}}" if above else text


def _fraction(text: str) -> str:
    upper, slash, lower = text.partition("/")
    if slash and upper.startswith("∂"):
        over, under = _name(upper[1:]), _name(lower[1:])
        return rf"\frac{{\partial {over}}}{{\partial {under}}}"
    return _name(text)


def _name(text: str) -> str:
    """Return a name with its number or neuron as a subscript: w_{5}, \\mathit{net}_{h1}."""
    word, _, neuron = text.partition(" " if " " in text else "_")
    if not neuron and (found := re.fullmatch(r"([^\W\d]+)(\d+)", word)):
        word, neuron = found[1], found[2]
    word = unicodedata.normalize("NFD", word).replace("\u0302", "_hat")
    word, hat = unicodedata.normalize("NFC", word.removesuffix("_hat")), word.endswith("_hat")
    head = word if len(word) == 1 and word.isascii() else rf"\mathit{{{_text(word)}}}"
    head = rf"\hat{{{head}}}" if hat else head
    return f"{head}_{{\\mathit{{{_text(neuron)}}}}}" if neuron else head


_ESCAPED = {c: f"\\{c}" for c in "#$%&_{}"}
_SPECIAL = _ESCAPED | {
    "\\": r"\backslash ",
    "<": r"\text{\textless}",
    ">": r"\text{\textgreater}",
    "`": r"\text{\`{}}",
    "^": r"\text{\^{}}",
    "~": r"\text{\~{}}",
    "'": r"\text{'}",
}


def _text(text: str) -> str:
    return "".join(_SPECIAL.get(c) or _char(c) for c in plain(text))


def _char(char: str) -> str:
    """Return a letter as any LaTeX can print it: Greek by name, others by their base or number."""
    if char.isascii():
        return char
    if char in _COMMANDS:
        return rf"\{_COMMANDS[char]} "
    base = unicodedata.normalize("NFKD", char)[0]
    return base if base.isascii() else f"u{ord(char):04X}"


def latex_prose(text: str) -> str:
    """Return text as LaTeX prints it; signs that it lacks become mathematics or a question mark."""
    return "".join(_PROSE.get(c, c if c.isascii() else "?") for c in plain(text))


_PROSE = {
    **_ESCAPED,
    **{char: f"${char}$" for char in "<>|"},
    **{char: rf"$\{name}$" for char, name in _COMMANDS.items()},
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "½": r"$\frac{1}{2}$",
    "∂": r"$\partial$",
}
