"""Whether a number is what was printed: rounded, cut, or neither."""

from __future__ import annotations

import math
from decimal import Decimal
from enum import Enum
from typing import Any

import numpy as np
from msgspec import Struct

ULPS = 8
"""By how many of its last bits a float may be off: what is a tie on paper is seldom one in it."""
COARSE = 2
"""A figure of no more digits than these says little."""


class Verdict(Enum):
    """How a printed figure stands to the number that the network gives."""

    MATCH = "match"
    LAST_DIGIT = "last-digit"
    WRONG = "wrong"


class Digits(Struct, frozen=True):
    """A printed figure as what it says: a number, and the unit of its last digit."""

    value: float
    unit: float
    cut: bool = True
    """Whether a number that is cut off there counts as well."""

    @property
    def fine(self) -> bool:
        """Whether it has so many digits that little else would be printed the same."""
        return bool(abs(self.value) >= self.unit * (10**COARSE - 0.5))

    @property
    def half(self) -> float:
        return self.unit / 2

    def to_decimals(self, number: float) -> float:
        """Another number, rounded to as many decimals."""
        return round(number, round(-math.log10(self.unit)))

    def to_digits(self, number: float) -> float:
        """Another number, rounded to as many digits."""
        digits = len(str(round(abs(self.value) / self.unit)))
        return float(f"{number:.{digits - 1}e}")

    def rounds(self, number: Any) -> Any:
        """Whether numbers (an array, or one) round to the figure; a tie may go either way."""
        return np.abs(number - self.value) <= self.half + _noise(number)

    def cuts(self, number: Any) -> Any:
        """Whether numbers (an array, or one) are the figure once their last digits are cut off."""
        noise = _noise(number)
        size = np.abs(number) * np.where(
            self.value == 0, 1.0, np.sign(number) * np.sign(self.value)
        )
        least, most = abs(self.value) - noise, abs(self.value) + self.unit
        return (size >= least) & (size + noise < most) & self.cut

    def judge(self, exact: float | None) -> Verdict:
        """How the figure stands to an exact number: rounded, cut, or wrong."""
        if exact is None or not math.isfinite(exact):
            return Verdict.WRONG
        if self.rounds(exact):
            return Verdict.MATCH
        return Verdict.LAST_DIGIT if self.cuts(exact) else Verdict.WRONG


def _noise(number: Any) -> Any:
    """How far a float may be from the number that it stands for."""
    with np.errstate(over="ignore"):  # beside the largest float there is no other
        return ULPS * np.spacing(np.abs(number))


def digits_of(printed: str) -> Digits:
    return Digits(float(printed), 10.0 ** decimals(printed))


def decimals(printed: str) -> int:
    """The power of ten of a printed figure's last digit.

    >>> decimals("0.3775"), decimals("1.5e-3")
    (-4, -4)
    """
    exponent = Decimal(printed).as_tuple().exponent
    assert isinstance(exponent, int)  # `printed_error` lets only finite numbers in
    return exponent


def judge(exact: float | None, printed: str) -> Verdict:
    """How a printed figure stands to an exact number: rounded, cut, or wrong.

    A cut is towards zero, so that it never makes a number larger, and changes nothing that has no
    more digits.

    >>> judge(0.2543253, "0.254325"), judge(0.2543258, "0.254325"), judge(0.2543242, "0.254325")
    (<Verdict.MATCH: 'match'>, <Verdict.LAST_DIGIT: 'last-digit'>, <Verdict.WRONG: 'wrong'>)
    """
    return digits_of(printed).judge(exact)
