"""Formulas in MathML, which browsers print without fonts, scripts or pictures of their own."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from bptui.view.rows import plain
from bptui.view.typeset import Markup


def _operator(text: str) -> str:
    return f"<mo>{text}</mo>"


class _MathML(Markup):
    plus, minus, times, comma = (_operator(sign) for sign in "+−·,")
    signs = {  # noqa: RUF012
        "½": "<mfrac><mn>1</mn><mn>2</mn></mfrac>",
        "sqrt(2)": "<msqrt><mn>2</mn></msqrt>",
        "sqrt(2π)": "<msqrt><mn>2</mn><mi>π</mi></msqrt>",
        "…": _operator("…"),
    }

    def number(self, text: str) -> str:
        mantissa, e, exponent = text.removeprefix("-").partition("e")
        found = f"<mn>{mantissa}</mn>"
        if e:
            over = self.number(str(int(exponent)))
            found += f"{self.times}<msup><mn>10</mn>{over}</msup>"
        return _row(f'<mo form="prefix">−</mo>{found}') if text.startswith("-") else found

    def name(self, word: str) -> str:
        return f"<mi>{escape(plain(word))}</mi>"

    def lowered(self, head: str, index: str) -> str:
        return f"<msub>{head}{self._index(index)}</msub>"

    def numbered(self, head: str, number: str) -> str:
        return self.lowered(head, number)

    def _index(self, text: str) -> str:
        return f"<mn>{text}</mn>" if text.isascii() and text.isdigit() else self.name(text)

    def raised(self, head: str, above: Sequence[str]) -> str:
        return f"<msup>{_row(head)}{_row(self.comma.join(above))}</msup>"

    def hat(self, head: str) -> str:
        return f"<mover>{head}<mo>^</mo></mover>"

    def partial(self, name: str) -> str:
        return f"{_operator('∂')}{name}"

    def age(self, text: str) -> str:
        return f"<mtext>{escape(plain(text))}</mtext>"

    def sample(self, number: int) -> str:
        return f"<mtext>({number})</mtext>"

    def via(self, neuron: str) -> str:
        return f"<mtext>via {escape(plain(neuron))}</mtext>"

    def fraction(self, upper: str, lower: str) -> str:
        return f"<mfrac>{_row(upper)}{_row(lower)}</mfrac>"

    def power(self, base: str, exponent: str) -> str:
        return f"<msup>{_row(base)}{_row(exponent)}</msup>"

    def fenced(self, inside: str) -> str:
        return _row(f"<mo>(</mo>{_row(inside)}<mo>)</mo>")

    def root(self, inside: str) -> str:
        return f"<msqrt>{inside}</msqrt>"

    def function(self, name: str, inside: str) -> str:
        match name:
            case "abs":
                return _row(f"<mo>|</mo>{inside}<mo>|</mo>")
            case "floor":
                return _row(f"<mo>⌊</mo>{inside}<mo>⌋</mo>")
        return _row(f"<mi>{name}</mi>{self.fenced(inside)}")

    def positive(self, argument: str) -> str:
        return f"{argument} <mo>&gt;</mo> <mn>0</mn>"

    def indicator(self, condition: str) -> str:
        return _row(f"<mo>[</mo>{condition}<mo>]</mo>")

    def cases(self, then: str, condition: str, otherwise: str) -> str:
        rows = [(then, condition), (otherwise, "<mtext>else</mtext>")]
        table = "".join(f"<mtr>{_cell(side)}{_cell(when)}</mtr>" for side, when in rows)
        return _row(f"<mo>{{</mo><mtable>{table}</mtable>")

    def stacked(self, lines: Sequence[str]) -> str:
        return f"<mtable>{''.join(f'<mtr>{_cell(line)}</mtr>' for line in lines)}</mtable>"


def _row(inside: str) -> str:
    return f"<mrow>{inside}</mrow>"


def _cell(inside: str) -> str:
    return f"<mtd>{inside}</mtd>"


MATHML = _MathML()


def inline(text: str) -> str:
    return f"<math>{text}</math>"


def equations(rows: Sequence[tuple[str, str]]) -> str:
    """Return what is left of equals signs, or nothing, and what is right, as lines of a page."""
    lines = []
    for left, right in rows:
        equals = "" if right.startswith(CONTINUED) else _operator("=")
        lines.append(f"<mtr>{_cell(left)}{_cell(equals)}{_cell(right)}</mtr>")
    inner = "\n".join(lines)
    return f'<math display="block"><mtable displaystyle="true">\n{inner}\n</mtable></math>'


CONTINUED = '<mspace width="2em"></mspace>'
"""What a line begins with that goes on with the one before."""
