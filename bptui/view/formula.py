"""Formulas as text: in symbols, with numbers put in, as plain arithmetic, in LaTeX."""

from __future__ import annotations

import re
import unicodedata
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


_DIGITS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_RAISED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def _sunk(text: str) -> str:
    """Write the digits at the end of names as subscripts: `w5` as `w₅`."""
    return re.sub(r"(?<=[^\W\d_])\d+", lambda found: found[0].translate(_DIGITS), text)


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


# LaTeX


def latex(formula: Formula, names: Naming) -> str:
    match formula:
        case Ref(quantity, _, _, age):
            return latex_sign(quantity, names, age)
        case Const(value, text):
            return _latex_constant(text) if text else latex_number(value)
        case Quotient(upper, lower):
            return rf"\frac{{{latex(upper, names)}}}{{{latex(lower, names)}}}"
        case _:
            return _latex_compound(formula, lambda part: latex(part, names))


def latex_numbers(formula: Formula, digits: int) -> str:
    match formula:
        case Ref(_, _, value):
            text = latex_number(value, digits)
            return rf"\left({text}\right)" if text.startswith("-") else text
        case Const(value, text):
            return r"\tfrac{1}{2}" if text == "½" else latex_number(value)
        case Quotient(upper, lower):
            return rf"\frac{{{latex_numbers(upper, digits)}}}{{{latex_numbers(lower, digits)}}}"
        case _:
            return _latex_compound(formula, lambda part: latex_numbers(part, digits))


def _latex_constant(text: str) -> str:
    """A sign of a formula: ½, η, β₁."""
    if text == "½":
        return r"\tfrac{1}{2}"
    number = text[1:].translate(_RAISED)
    head = _latex_char(text[0]).strip() if len(text) == 1 or number.isdigit() else ""
    return (f"{head}_{number}" if number else head) if head else _latex_name(text)


def _latex_compound(formula: Formula, write: Callable[[Formula], str]) -> str:
    match formula:
        case Sum(terms):
            return " + ".join([write(terms[0]), *(_latex_factor(t, write) for t in terms[1:])])
        case Product(factors):
            return r" \cdot ".join(_latex_factor(factor, write) for factor in factors)
        case Minus(left, right):
            before = f"{write(left)} " if left is not None else ""
            return f"{before}- {_latex_factor(right, write)}"
        case Power(base, exponent):
            over = "2" if exponent == TWO else f"{{{write(exponent)}}}"
            if isinstance(base, Const):
                return f"{write(base)}^{over}"
            return rf"\left({_latex_inside(base, write)}\right)^{over}"
        case IfPositive(argument, then, otherwise):
            above = rf"{write(argument)} > 0"
            if (then, otherwise) == (ONE, ZERO):
                return rf"\left[{above}\right]"
            sides = f"{write(then)} & {above} \\\\ {write(otherwise)} & \\text{{else}}"
            return rf"\begin{{cases}} {sides} \end{{cases}}"
        case Call("sqrt", (argument,)):
            return rf"\sqrt{{{write(argument)}}}"
        case Call(name, arguments):
            inside = ", ".join(_latex_inside(a, write) for a in arguments)
            return rf"\{name}\left({inside}\right)"
    raise TypeError(formula)


def _latex_inside(formula: Formula, write: Callable[[Formula], str]) -> str:
    """Return what stands in parentheses; a negative number has none of its own there."""
    text = write(formula)
    if not isinstance(formula, Ref):
        return text
    return text.removeprefix(r"\left(").removesuffix(r"\right)")


def _latex_factor(formula: Formula, write: Callable[[Formula], str]) -> str:
    if isinstance(formula, Sum) and len(formula.terms) == 1:
        return _latex_factor(formula.terms[0], write)
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
        text = _latex_name(plain(quantity.neuron))
    else:
        text = _latex_fraction(symbol(names.notation, quantity._replace(via="", sample=0)))
    if quantity.via in names.outputs:
        loss = f"E_{{\\mathit{{{_latex_text(quantity.via)}}}}}"
        text = text.replace(r"\partial E", rf"\partial {loss}", 1)
    above = [rf"\mathrm{{{age}}}"] if age else []
    if quantity.via and quantity.via not in names.outputs:
        above.append(rf"\text{{via }}\mathit{{{_latex_text(quantity.via)}}}")
    above += [f"({quantity.sample})"] if quantity.sample else []
    return f"{{{text}}}^{{{', '.join(above)}}}" if above else text


def _latex_fraction(text: str) -> str:
    upper, slash, lower = text.partition("/")
    if slash and upper.startswith("∂"):
        over, under = _latex_name(upper[1:]), _latex_name(lower[1:])
        return rf"\frac{{\partial {over}}}{{\partial {under}}}"
    return _latex_name(text)


def _latex_name(text: str) -> str:
    """Return a name with its number or neuron as a subscript: w_{5}, \\mathit{net}_{h1}."""
    word, _, neuron = text.partition(" " if " " in text else "_")
    if not neuron and (found := re.fullmatch(r"([^\W\d]+)(\d+)", word)):
        word, neuron = found[1], found[2]
    word, hat = word.removesuffix("_hat"), word.endswith("_hat")
    head = word if len(word) == 1 and word.isascii() else rf"\mathit{{{_latex_text(word)}}}"
    head = rf"\hat{{{head}}}" if hat else head
    return f"{head}_{{\\mathit{{{_latex_text(neuron)}}}}}" if neuron else head


_LATEX_SPECIAL = {c: f"\\{c}" for c in "#$%&_{}"} | {
    "\\": r"\backslash ",
    "<": r"\text{\textless}",
    ">": r"\text{\textgreater}",
    "`": r"\text{\`{}}",
    "^": r"\text{\^{}}",
    "~": r"\text{\~{}}",
    "'": r"\text{'}",
}


def _latex_text(text: str) -> str:
    return "".join(_LATEX_SPECIAL.get(c) or _latex_char(c) for c in plain(text))


_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξπρστυφχψω",
        [
            "alpha",
            "beta",
            "gamma",
            "delta",
            "epsilon",
            "zeta",
            "eta",
            "theta",
            "iota",
            "kappa",
            "lambda",
            "mu",
            "nu",
            "xi",
            "pi",
            "rho",
            "sigma",
            "tau",
            "upsilon",
            "phi",
            "chi",
            "psi",
            "omega",
        ],
        strict=True,
    )
)


def _latex_char(char: str) -> str:
    """Return a letter as any LaTeX can print it: Greek by name, others by their base or number."""
    if char.isascii():
        return char
    if char in _GREEK:
        return rf"\{_GREEK[char]} "
    base = unicodedata.normalize("NFKD", char)[0]
    return base if base.isascii() else f"u{ord(char):04X}"
