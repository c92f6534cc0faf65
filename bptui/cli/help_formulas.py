"""Formulas of the engine's tables as a help page has them: as one would type them."""

from __future__ import annotations

import math

from bptui.engine import primitives
from bptui.engine.trace import Formula as Function
from bptui.story.formula import Call, Formula, Product, Quotient, parts, with_parts
from bptui.story.statements import statements
from bptui.view.code_formula import Language, expression

_SHORT = 10
"""What is used twice is written twice if it is that short; else it has a name."""
_SIGNS = {
    float(number): number.sign
    for number in vars(primitives).values()
    if isinstance(number, primitives.Written) and number != 0.5
} | {math.sqrt(2 / math.pi): "sqrt(2/π)"}


def _number(value: float) -> str:
    return _SIGNS.get(value) or f"{value:.12g}"


_TYPED = Language(
    functions={
        "abs": "|{0}|",
        "total": "sum({0})",
        "number_at": "{0}[{1}]",
    },
    other="{}",
    choose="({1} if {0}, else {2})",
    power="{}^{}",
    number=_number,
)


def typed(formula: Function) -> str:
    """Return a formula in one line."""
    found = statements(formula)
    assert found is not None, formula  # those of the tables have symbols for all that they call
    names: dict[str, str] = {}
    where = []
    for name, value, _ in found:
        text = expression(_plain(value), _TYPED, lambda word: names.get(word, _name(word)))
        if len(text) <= _SHORT:
            names[name] = text
        elif name:
            where.append(f"{name} = {text}")
    return ", where ".join([_bare(text), *where])


def _name(word: str) -> str:
    """What people call a quantity, where Python needs `lambda_` or `dE_dw`."""
    return word.rstrip("_").replace("dE_d", "dE/d")


def _plain(formula: Formula) -> Formula:
    """The formula with plain arithmetic for what minds only a 0."""
    found = tuple([_plain(part) for part in parts(formula)])
    match formula:
        case Call("weighted", _):
            return Product(found)
        case Call("share_of", _):
            return Quotient(*found)
    return with_parts(formula, found)


def _bare(text: str) -> str:
    """A choice needs no brackets where it is the whole."""
    inside = text[1:-1]
    alone = text.startswith("(") and " if " in text and inside.count("(") == inside.count(")")
    return inside if alone and _is_balanced(inside) else text


def _is_balanced(text: str) -> bool:
    depth = 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return False
    return depth == 0
