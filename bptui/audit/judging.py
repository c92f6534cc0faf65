"""How an answer stands, whether it is typed in the app or written on a sheet."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from enum import Enum

from bptui.audit.figures import Printed, mended
from bptui.audit.follow_through import FollowThrough, Standing
from bptui.audit.graph import Graph
from bptui.audit.reach import Unit
from bptui.audit.scheme import FEWEST, PRECISIONS, ROUNDED, given_in, last_digit, unit_of
from bptui.audit.verdicts import Digits, Verdict, decimals, digits_of
from bptui.preset.model import Figure, Marking
from bptui.preset.numbers import NumberError, number, plain
from bptui.story.address import Quantity
from bptui.story.moment import Moment

FINEST = 9
"""So many digits of an answer count, where a scheme does not say."""
_FARTHEST = 24
"""Powers of ten from the digit that is asked for, beyond which nothing is rounded off."""
_HAIR = 1e-12
"""A unit is as large as another in spite of floats."""


class Stands(Enum):
    """How an answer stands, in words, and what that means."""

    RIGHT = "right", "right as far as it was asked for, or cut off there"
    FOLLOWS = "follow-through", "wrong, but right given an earlier wrong answer"
    REPEATED = "repeated", "wrong by the same slip as an earlier answer"
    SLIP = "slip", "wrong, by a slip that has a name"
    WRONG = "wrong", "wrong"
    COARSE = "too few digits", "right as far as it goes, but with too few digits"
    BLANK = "blank", "no answer"
    UNREADABLE = "unreadable", "not a number"

    _value_: str
    means: str

    def __new__(cls, words: str, means: str) -> Stands:
        stands = object.__new__(cls)
        stands._value_, stands.means = words, means
        return stands


def read_number(text: str) -> str | None:
    """An answer's number in plain digits, None if it has none.

    >>> read_number("0,3589"), read_number("1/8"), read_number("1.234,5"), read_number("12,5 %")
    ('0.3589', '0.125', '1234.5', '0.125')
    """
    if (share := text.strip()).endswith("%"):
        found = read_number(share[:-1])
        return None if found is None else str(Decimal(found).scaleb(-2))
    text = _ungrouped(text)
    if (found := mended(text)) is not None or "/" not in plain(text):
        return found
    try:
        return repr(number(text))
    except NumberError:
        return None


_GROUPED = (
    (re.compile(r"[+-]?\d{1,3}(?:,\d{3})+\.\d*"), ","),
    (re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+,\d*"), "."),
    (re.compile(r"[+-]?\d{1,3}(?:\.\d{3}){2,}"), "."),
    (re.compile(r"[+-]?\d{1,3}(?:,\d{3}){2,}"), ","),
    *((re.compile(rf"[+-]?\d{{1,3}}(?:{sign}\d{{3}})+(?:[.,]\d*)?"), sign) for sign in " '\u2019"),
)
"""Numbers with thousands set apart; `1,234` is not one of them, but has a decimal comma."""


def _ungrouped(text: str) -> str:
    """A number without what sets its thousands apart."""
    bare = re.sub(r"[\u00a0\u2007\u2009\u202f]", " ", plain(text))
    for pattern, sign in _GROUPED:
        if pattern.fullmatch(bare):
            return bare.replace(sign, "")
    return text


def as_figure(
    quantity: Quantity, moment: Moment, text: str, exact: float, marking: Marking
) -> Printed:
    """An answer as a figure that is judged as a scheme says."""
    return Printed(quantity, moment, Figure(text), judged=judged_by(text, exact, marking))


def judged_by(text: str, exact: float, marking: Marking) -> Digits:
    """What an answer is judged by: a number, and the unit of the last digit that it needs.

    As many digits as are needed of the right number are enough of a larger one, too; a plain 0 has
    none. An answer needs no zeros at its end: 0.5 is also 0.5000. Of one with more digits the
    others are rounded off, if it is right then; else it may be off by half a unit. (0.247149 is
    0.24715, and 0.2471; but 0.24715 would be rounded to 0.2472.)
    """
    given, finest = given_in(marking), 10.0 ** decimals(text)
    unit = unit_of(exact, marking)
    if float(text):
        unit = max(unit, unit_of(float(text), marking))
    if given is None:
        unit = min(unit, max(finest, last_digit(exact, FINEST)))
    elif given not in ROUNDED:
        return Digits(float(text), unit, cut=False)
    if finest >= unit * (1 - _HAIR):
        return Digits(float(text), unit)
    rounded = _rounded(text, unit)
    right = rounded is not None and rounded.judge(exact) is Verdict.MATCH
    return rounded if rounded and right else Digits(float(text), unit, cut=False)


def _rounded(text: str, unit: float) -> Digits | None:
    """An answer with what is smaller than a unit, a power of ten, rounded off."""
    number, place = Decimal(text), round(math.log10(unit))
    if number.adjusted() - place > _FARTHEST:
        return None
    return Digits(float(round(number.scaleb(-place)) * Decimal(1).scaleb(place)), unit)


def unit_between(digits: Digits, marking: Marking) -> Unit | None:
    """What numbers may be rounded to that an answer was computed from and that are not given.

    Honestly they are as exact as answers must be, or as this one. None where the scheme says how
    far off an answer may be: there is room for rounding in that.
    """
    given = given_in(marking)
    if given is None:
        own = len(str(round(abs(digits.value) / digits.unit)))
        return lambda number: last_digit(number, max(own, FEWEST))
    if given in ROUNDED:
        return lambda number: PRECISIONS[given].unit(number, getattr(marking, given))
    return None


def follow_through(graph: Graph, marking: Marking) -> FollowThrough:
    """How answers stand, each given the others."""
    return FollowThrough(graph, between=lambda digits: unit_between(digits, marking))


def stands(figure: Printed, standing: Standing) -> Stands:
    """How an answer stands; what is wrong with a wrong one is not looked for."""
    if standing.verdict is not Verdict.WRONG:
        return Stands.RIGHT
    if standing.follows:
        return Stands.FOLLOWS
    return Stands.COARSE if _is_coarse(figure, standing.exact) else Stands.WRONG


def _is_coarse(figure: Printed, exact: float) -> bool:
    """Whether a wrong answer is right as far as it goes, and has a digit of the right number."""
    own = digits_of(figure.text)
    some = figure.digits.unit < own.unit <= last_digit(exact, 1) * (1 + _HAIR)
    return some and own.judge(exact) is Verdict.MATCH
