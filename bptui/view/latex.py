"""Formulas and texts in LaTeX, in ASCII, so that any LaTeX prints them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from bptui.story.address import Quantity
from bptui.story.formula import Formula
from bptui.story.notation import Naming
from bptui.story.spellings import GREEK
from bptui.view.numbers import show
from bptui.view.rows import plain
from bptui.view.typeset import LINE, Markup, constant_in, in_numbers, in_symbols, signed

__all__ = [
    "LINE",
    "latex",
    "latex_constant",
    "latex_number",
    "latex_numbers",
    "latex_prose",
    "latex_sign",
]

_COMMANDS = {char: name for char, name in GREEK.items() if char not in "ΑΒΕΖΗΙΚΜΝΟΡΤΧος"}
"""The Greek letters that have commands; the others look like Latin ones."""


class _Latex(Markup):
    plus, minus, times, comma = "+", "-", r"\cdot", ","
    signs = {  # noqa: RUF012
        "½": r"\tfrac{1}{2}",
        "sqrt(2)": r"\sqrt{2}",
        "sqrt(2π)": r"\sqrt{2\pi}",
        "…": r"\cdots",
    }

    def number(self, text: str) -> str:
        mantissa, e, exponent = text.partition("e")
        if e:
            return rf"{mantissa} \cdot 10^{{{int(exponent)}}}"
        return {"∞": r"\infty", "-∞": r"-\infty", "NaN": r"\mathrm{NaN}"}.get(text, text)

    def name(self, word: str) -> str:
        if len(word) == 1 and (word.isascii() or word in _COMMANDS):
            return _char(word).strip()
        return rf"\mathit{{{_text(word)}}}"

    def lowered(self, head: str, index: str) -> str:
        return f"{head}_{{\\mathit{{{_text(index)}}}}}"

    def numbered(self, head: str, number: str) -> str:
        return f"{head}_{number}" if len(number) == 1 else f"{head}_{{{number}}}"

    def raised(self, head: str, above: Sequence[str]) -> str:
        return f"{{{head}}}^{{{', '.join(above)}}}"

    def hat(self, head: str) -> str:
        return rf"\hat{{{head}}}"

    def partial(self, name: str) -> str:
        return rf"\partial {name}"

    def age(self, text: str) -> str:
        return rf"\mathrm{{{_text(text)}}}"

    def sample(self, number: int) -> str:
        return f"({number})"

    def via(self, neuron: str) -> str:
        return rf"\text{{via }}\mathit{{{_text(neuron)}}}"

    def fraction(self, upper: str, lower: str) -> str:
        return rf"\frac{{{upper}}}{{{lower}}}"

    def power(self, base: str, exponent: str) -> str:
        return f"{base}^2" if exponent == "2" else f"{base}^{{{exponent}}}"

    def fenced(self, inside: str) -> str:
        return rf"\left({inside}\right)"

    def root(self, inside: str) -> str:
        return rf"\sqrt{{{inside}}}"

    def function(self, name: str, inside: str) -> str:
        match name:
            case "abs":
                return rf"\left|{inside}\right|"
            case "floor":
                return rf"\left\lfloor {inside} \right\rfloor"
            case "sign" | "erf" | "erfc":
                name = rf"operatorname{{{name}}}"
        return rf"\{name}\left({inside}\right)"

    def positive(self, argument: str) -> str:
        return f"{argument} > 0"

    def indicator(self, condition: str) -> str:
        return rf"\left[{condition}\right]"

    def cases(self, then: str, condition: str, otherwise: str) -> str:
        sides = f"{then} & {condition} \\\\ {otherwise} & \\text{{else}}"
        return rf"\begin{{cases}} {sides} \end{{cases}}"

    def stacked(self, lines: Sequence[str]) -> str:
        inner = r" \\ ".join(f"&{line}" for line in lines)
        return rf"\begin{{aligned}} {inner} \end{{aligned}}"


_LATEX = _Latex()


def latex(formula: Formula, names: Naming, *, whole: bool = True) -> list[str]:
    """Return the lines of a formula in symbols."""
    return in_symbols(formula, names, _LATEX, whole=whole)


def latex_numbers(formula: Formula, digits: int, *, whole: bool = True) -> list[str]:
    """Return the lines of a formula with its numbers put in."""
    return in_numbers(formula, digits, _LATEX, whole=whole)


def latex_number(value: float, digits: int = 9) -> str:
    return _LATEX.number(show(value, digits).removesuffix(".0"))


def latex_sign(quantity: Quantity, names: Naming, age: str = "") -> str:
    return signed(quantity, names, _LATEX, age)


def latex_constant(text: str) -> str:
    """Return a constant's sign: η."""
    return constant_in(plain(text), _LATEX)


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
    return "".join(_prose(c) for c in plain(text))


def _prose(char: str) -> str:
    if char in _PROSE or char.isascii():
        return _PROSE.get(char, char)
    base, *marks = tuple(unicodedata.normalize("NFKD", char))
    if not base.isascii() or not base.isprintable():
        return "?"
    if not marks:  # a subscript, a ligature's first letter
        return _PROSE.get(base, base)
    if len(marks) > 1 or marks[0] not in _ACCENTS:
        return "".join(_prose(c) for c in (base, *marks) if not unicodedata.combining(c))
    return rf"{_ACCENTS[marks[0]]}{{{_DOTLESS.get(base, _PROSE.get(base, base))}}}"


_ACCENTS = {
    "\u0300": r"\`",
    "\u0301": r"\'",
    "\u0302": r"\^",
    "\u0303": r"\~",
    "\u0304": r"\=",
    "\u0306": r"\u",
    "\u0307": r"\.",
    "\u0308": r"\"",
    "\u030a": r"\r",
    "\u030b": r"\H",
    "\u030c": r"\v",
    "\u0327": r"\c",
}
_DOTLESS = {"i": r"\i", "j": r"\j"}
_PROSE = {
    **_ESCAPED,
    **{char: f"${char}$" for char in "<>|"},
    **{char: rf"$\{name}$" for char, name in _COMMANDS.items()},
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "½": r"$\frac{1}{2}$",
    "∂": r"$\partial$",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "−": "$-$",
    "±": r"$\pm$",
    "≈": r"$\approx$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "→": r"$\to$",
    "²": r"$^2$",
    "…": r"\dots{}",
    "–": "--",
    "—": "---",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "„": ",,",
    "ß": r"\ss{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "œ": r"\oe{}",
    "Œ": r"\OE{}",
    "ł": r"\l{}",
    "Ł": r"\L{}",
    "ı": r"\i{}",
}
