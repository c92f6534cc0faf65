"""Formulas and text as LaTeX."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

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
from bptui.view.formula import Naming
from bptui.view.glyphs import GREEK
from bptui.view.notation import symbol
from bptui.view.numbers import show
from bptui.view.rows import plain

_RAISED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_COMMANDS = {char: name for char, name in GREEK.items() if char not in "ΑΒΕΖΗΙΚΜΝΟΡΤΧος"}
"""The Greek letters that have commands; the others look like Latin ones."""


def latex(formula: Formula, names: Naming) -> str:
    """Return a formula in symbols."""

    def leaf(part: Ref | Const) -> str:
        if isinstance(part, Ref):
            return latex_sign(part.quantity, names, part.age)
        return _constant(part.symbol) if part.symbol else latex_number(part.value)

    return _written(formula, leaf)


def latex_numbers(formula: Formula, digits: int) -> str:
    """Return a formula with its numbers put in, negative ones in parentheses."""

    def leaf(part: Ref | Const) -> str:
        if isinstance(part, Const):
            return _HALF if part.symbol == "½" else latex_number(part.value)
        text = latex_number(part.value, digits)
        return rf"\left({text}\right)" if text.startswith("-") else text

    return _written(formula, leaf)


_HALF = r"\tfrac{1}{2}"


def _constant(text: str) -> str:
    """A sign of a formula: ½, η, β₁."""
    if text == "½":
        return _HALF
    number = text[1:].translate(_RAISED)
    head = _char(text[0]).strip() if len(text) == 1 or number.isdigit() else ""
    return (f"{head}_{number}" if number else head) if head else _name(text)


def _written(formula: Formula, leaf: Callable[[Ref | Const], str]) -> str:
    def write(part: Formula) -> str:
        return _written(part, leaf)

    match formula:
        case Ref() | Const():
            return leaf(formula)
        case Quotient(upper, lower):
            return rf"\frac{{{write(upper)}}}{{{write(lower)}}}"
        case Sum(terms):
            return " + ".join([write(terms[0]), *(_factor(t, write) for t in terms[1:])])
        case Product(factors):
            return r" \cdot ".join(_factor(factor, write) for factor in factors)
        case Minus(left, right):
            before = f"{write(left)} " if left is not None else ""
            return f"{before}- {_factor(right, write)}"
        case Power(base, exponent):
            over = "2" if exponent == TWO else f"{{{write(exponent)}}}"
            if isinstance(base, Const):
                return f"{write(base)}^{over}"
            return rf"\left({_inside(base, write)}\right)^{over}"
        case IfPositive(argument, then, otherwise):
            above = rf"{write(argument)} > 0"
            if (then, otherwise) == (ONE, ZERO):
                return rf"\left[{above}\right]"
            sides = f"{write(then)} & {above} \\\\ {write(otherwise)} & \\text{{else}}"
            return rf"\begin{{cases}} {sides} \end{{cases}}"
        case Call("sqrt", (argument,)):
            return rf"\sqrt{{{write(argument)}}}"
        case Call(name, arguments):
            inside = ", ".join(_inside(a, write) for a in arguments)
            return rf"\{name}\left({inside}\right)"


def _inside(formula: Formula, write: Callable[[Formula], str]) -> str:
    """Return what stands in parentheses; a negative number has none of its own there."""
    text = write(formula)
    if not isinstance(formula, Ref):
        return text
    return text.removeprefix(r"\left(").removesuffix(r"\right)")


def _factor(formula: Formula, write: Callable[[Formula], str]) -> str:
    if isinstance(formula, Sum) and len(formula.terms) == 1:
        return _factor(formula.terms[0], write)
    loose = isinstance(formula, Minus) or (isinstance(formula, Sum) and len(formula.terms) > 1)
    return rf"\left({write(formula)}\right)" if loose else write(formula)


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
        text = _fraction(symbol(names.notation, quantity._replace(via="", sample=0)))
    if quantity.via in names.outputs:
        loss = f"E_{{\\mathit{{{_text(quantity.via)}}}}}"
        text = text.replace(r"\partial E", rf"\partial {loss}", 1)
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
    word, hat = word.removesuffix("_hat"), word.endswith("_hat")
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
