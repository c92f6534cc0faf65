"""How many decimals numbers have that stand together: as many as it takes to check them.

A reader computes with what is written. So a sum or product of the written numbers should round to
the written result, and numbers that differ should look different.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from bptui.story.formula import (
    Const,
    Formula,
    Ref,
    Sum,
    evaluate,
    parts,
    with_parts,
)
from bptui.view.formula import LONG, as_number
from bptui.view.numbers import show, unit_of

PLENTY = 9
"""With so many decimals nobody computes in their head."""
FINEST = 16

Check = Callable[[int], float]
"""How far numbers of so many decimals are from being right, in units of the last written digit."""
_ROUNDED, _NEXT = 0.5 + 1e-6, 1.5 + 1e-6
"""So far off is what rounds to the written result, and to its neighbour."""


def upwards(asked: int, most: int = PLENTY) -> range:
    """Return the decimals that numbers may have, if these are not enough."""
    return range(asked, max(asked, most) + 1)


def best_first(choices: Iterable[int], checks: Sequence[Check]) -> list[int]:
    """Sort decimals: those with which all is right come first.

    Those follow with which the last digit of a result is off by one, then the others.
    """

    def how_wrong(digits: int) -> int:
        off = max((check(digits) for check in checks), default=0.0)
        return 0 if off <= _ROUNDED else 1 if off <= _NEXT else 2

    return sorted(choices, key=how_wrong)


def enough(asked: int, checks: Sequence[Check], most: int = PLENTY) -> int:
    """Return as many decimals as are asked for, or the fewest with which all is right."""
    if all(check(asked) <= _ROUNDED for check in checks):  # seldom are more needed
        return asked
    return best_first(upwards(asked, most), checks)[0]


def gives(formula: Formula, value: float | None, *, whole: bool = False) -> Check:
    """Return whether a formula gives a value when one computes it with the written numbers.

    A sum that is shortened cannot be added up, and what is not finite cannot be computed.
    """
    if value is None or (not whole and _is_shortened(formula)):
        return _fine
    exact = evaluate(formula)
    if not math.isclose(exact, value, rel_tol=1e-6, abs_tol=1e-12):
        return _fine  # an article's own figures need not agree
    return lambda digits: off_by(evaluate(_as_written(formula, digits)), value, digits)


def adds_to(terms: Iterable[float], total: float) -> Check:
    """Return whether written numbers add up to a written total."""
    terms = [*terms]
    return lambda digits: off_by(sum(_seen(term, digits) for term in terms), total, digits)


def differ(a: float, b: float) -> Check:
    """Return whether two numbers look different, if they are."""
    same = a == b or math.isnan(a) or math.isnan(b)
    if same:
        return _fine
    return lambda digits: math.inf if show(a, digits) == show(b, digits) else 0.0


def off_by(computed: float, value: float, digits: int) -> float:
    """Return how far a computed number is from a written one, in units of its last digit."""
    if not (math.isfinite(computed) and math.isfinite(value)):
        return 0.0
    return abs(computed - _seen(value, digits)) / unit_of(value, digits)


def _fine(digits: int) -> float:
    return 0.0


def _is_shortened(formula: Formula) -> bool:
    long = isinstance(formula, Sum) and len(formula.terms) > LONG
    return long or any(_is_shortened(part) for part in parts(formula))


def _as_written(formula: Formula, digits: int) -> Formula:
    if isinstance(formula, (Ref, Const)):
        if not math.isfinite(formula.value):
            return Const(formula.value)
        return Const(float(as_number(digits)(formula)))
    return with_parts(formula, tuple([_as_written(part, digits) for part in parts(formula)]))


def _seen(value: float, digits: int) -> float:
    return float(show(value, digits)) if math.isfinite(value) else value
