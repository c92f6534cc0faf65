"""How numbers look: fixed decimals in columns, a dash for what is not computed yet."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import lru_cache

ALL_DIGITS = 20
"""As many decimals as the longest float has: every digit is shown."""
DASH = "–"
_NOISE = 1e-14
"""What sums and products of short decimals are off by, as floats: 0.9000000000000001 is 0.9."""
_FEW = 4
"""With so few decimals a small number has one more; with even fewer it may show two digits."""
_WHOLE = 2
"""What a cell has before the point: a sign and a digit."""
NEW = "•"
"""Stands beside what the last step computed or changed."""


def number_width(digits: int) -> int:
    return _WHOLE + 1 + digits


def whole_width(text: str) -> int:
    """Return how much of a number, as it is written, stands before its point.

    >>> whole_width("-0.25"), whole_width("12"), whole_width("5e-3")
    (2, 2, 1)
    """
    return len(text.partition(".")[0].partition("e")[0].partition("E")[0])


def around_points(numbers: Iterable[str]) -> tuple[int, int]:
    """Return the most that numbers have before their points, and from them on."""
    widths = [(whole, len(text) - whole) for text in numbers for whole in (whole_width(text),)]
    return max((a for a, _ in widths), default=0), max((b for _, b in widths), default=0)


def pointed(text: str, around: tuple[int, int]) -> str:
    """Return a number with blanks before and after, its point where all have theirs."""
    before, after = around
    return (" " * (before - whole_width(text)) + text).ljust(before + after)


def aligned(number: float) -> str:
    """Return all digits of a number, with a column for the points of such numbers."""
    whole, point, rest = repr(number).partition(".")
    return f"{whole:>6}{point}{rest}"


@lru_cache(maxsize=4096)
def show(value: float | None, digits: int) -> str:
    """Return a number with at most `digits` decimals, in about `number_width` characters.

    An exact number is not filled with zeros. Another that would show too few digits, or does not
    fit, is written with a decimal more or with a power of ten; of few decimals it may be wider by
    its sign.

    >>> show(0.3775, 9), show(0.5932699921071872, 9), show(4.386e-8, 6), show(None, 4)
    ('0.3775', '0.593269992', '4.386e-8', '–')
    >>> show(-0.008771354, 4), show(-0.0008771354, 4)
    ('-0.00877', '-8.77e-4')
    """
    return _shown(value, digits, number_width(digits) + room_for_more(digits))


def unit_of(value: float, digits: int) -> float:
    """Return what one more in the last digit of a number, as it is written, is worth.

    >>> unit_of(0.5, 4), unit_of(0.00877135, 4), unit_of(-0.000877135, 4), unit_of(12345.678, 4)
    (0.0001, 1e-05, 1e-06, 0.01)
    """
    text = show(value, digits)
    mantissa, _, exponent = text.partition("e")
    decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
    if float(text) == value and digits != ALL_DIGITS:  # its zeros are left out
        decimals = max(decimals, digits)
    return float(10.0**-decimals)


def _shown(value: float | None, digits: int, width: int) -> str:
    if value is None:
        return DASH
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "-∞"
    value += 0.0  # no negative zero
    if digits == ALL_DIGITS:
        return _compact(repr(value))
    text = _shortest(value, digits, width, "f")
    if float(text) == value:
        return text
    least = 3 if digits >= _FEW else 2
    needed = least - 1 - math.floor(math.log10(abs(value)))
    if needed <= digits:
        return text
    more = f"{value:.{needed}f}"
    if needed == digits + 1 and digits <= _FEW:
        return more if len(more) <= width else text
    return _shortest(value, digits, width, "e")


def _shortest(value: float, digits: int, width: int, form: str) -> str:
    for decimals in range(digits, -1, -1):
        text = _compact(f"{value:.{decimals}{form}}")
        if len(text) <= width:
            return _trimmed(text, value)
    return _compact(f"{value:.0e}") if form == "e" else _shortest(value, digits, width, "e")


def _compact(text: str) -> str:
    """Return a number with no more in its power of ten than it needs: `1e-8`, `2e5`."""
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if e else text


def _trimmed(text: str, value: float) -> str:
    """Drop the zeros at the end of a number that is exact as written, but for a float's noise."""
    if abs(float(text) - value) > _NOISE * max(1.0, abs(value)):
        return text
    mantissa, e, exponent = text.partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0")
        mantissa += "0" if mantissa.endswith(".") and not e else ""
    return mantissa.rstrip(".") + e + exponent if e else mantissa


@lru_cache(maxsize=4096)
def cell(value: float | None, digits: int, more: int = 0) -> str:
    """Return a number in a cell of `number_width`, so that points stand below one another.

    Where there is room for `more`, no small number has fewer digits than `show` gives it.
    """
    width = number_width(digits) + more
    text = show(value, digits)
    text = text if len(text) <= width else _shown(value, digits, width)
    if text in (DASH, "∞", "-∞"):  # where the last digit before the point would be
        return text.rjust(_WHOLE).ljust(width)
    if "e" in text or text == "NaN":
        return text.rjust(width)
    whole = text.index(".") if "." in text else len(text)
    before = min(_WHOLE - whole, width - len(text))
    return (" " * before + text).ljust(width)[:width]


def marked(value: float | None, digits: int, *, new: str = "", more: int = 0) -> tuple[str, str]:
    """Return a number in a cell, and its role; `new` is the phase that has just made it."""
    role, text = number_role(value), cell(value, digits, more)
    if not new:
        return f" {text}", role
    return NEW + text, f"{new} new" if role == "number" else f"{role} new"


def room_for_more(digits: int) -> int:
    """Return how much wider than a cell a small number may be."""
    return int(digits <= _FEW)


def number_role(value: float | None) -> str:
    if value is None:
        return "unknown"
    return "number" if math.isfinite(value) else "wrong"
