"""A formula of the engine as a program has it: over names, whatever their values."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from keyword import iskeyword
from string import ascii_lowercase
from typing import NamedTuple

from bptui.engine.trace import WHOLE, Trace, names_of, traced
from bptui.engine.trace import Formula as Function
from bptui.story.formula import Const, Formula
from bptui.story.symbols import applied


class Statement(NamedTuple):
    """A variable, and what it is; the last one, which is the result, has no name."""

    name: str
    value: Formula
    over_neurons: bool = False
    """Whether it is one number of all neurons of a layer."""


def symbol(name: str) -> Const:
    """A name in the place of a number."""
    return Const(math.nan, variable(name))


def variable(name: str) -> str:
    """What a program can call a quantity: `lambda` is a word of Python."""
    return f"{name}_" if iskeyword(name) else name


def needs(formula: Function) -> tuple[str, ...]:
    """The quantities of a formula, each once: `nets` are all the numbers of `net`."""
    return tuple(dict.fromkeys(variable(WHOLE.get(name, name)) for name in names_of(formula)))


def is_coupled(formula: Function) -> bool:
    """Whether it needs the numbers of a whole layer."""
    return traced(formula, {}).coupled


def statements(formula: Function, *, totals: bool = False) -> list[Statement] | None:
    """What a formula computes, one thing after another; None if it has no symbols.

    What it needs twice has a variable; or with `totals`, what is one number of a whole layer.
    """
    trace = traced(formula, {})
    try:
        return [*_statements(trace, set(names_of(formula)), totals)]
    except KeyError:
        return None


def _statements(trace: Trace, taken: set[str], totals: bool) -> Iterator[Statement]:
    found: dict[str, Formula] = {}
    letters = (letter for letter in ascii_lowercase if letter not in taken)
    uses = Counter(o for _, operands in trace.steps for o in operands if isinstance(o, str))
    for place, (function, operands) in enumerate(trace.steps):
        given = [found.get(o) or symbol(o) if isinstance(o, str) else Const(o) for o in operands]
        name, value = f"#{place}", applied(function, given)
        over_neurons = hasattr(function, "over_neurons")
        if over_neurons if totals else uses[name] > 1:
            found[name] = own = symbol(next(letters))
            yield Statement(own.symbol, value, over_neurons)
        else:
            found[name] = value
    yield Statement("", found[f"#{len(trace.steps) - 1}"])
