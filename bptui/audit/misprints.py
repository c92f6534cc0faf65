"""Digits copied wrongly: one that is another, one lost, one too many, two swapped."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from bptui.audit.verdicts import decimals

FEW = 3
"""In numbers of fewer digits one of them is often another by chance."""
MOST = 20
"""Numbers of more digits than floats have are not looked at."""


def misprint(exact: float, printed: str) -> str | None:
    """What happened to the digits of a number, if one such thing gives what was printed.

    The last digit says nothing: arithmetic that is not exact enough changes it, too.
    """
    number, figure, unit = Decimal(exact), Decimal(printed), decimals(printed)
    if not number.is_finite() or max(number.adjusted(), figure.adjusted()) - unit > MOST:
        return None
    for extra in (0, 1, -1):
        for rounding in (ROUND_HALF_UP, ROUND_DOWN):
            right = _digits(number, unit - extra, rounding)
            told = _compared(right, _digits(figure, unit, rounding), extra)
            if told is not None and (exact < 0) == (figure < 0):
                return told
    return None


def _digits(number: Decimal, exponent: int, rounding: str) -> str:
    """A number's digits up to a power of ten, without sign and point."""
    whole = abs(number).quantize(Decimal(1).scaleb(exponent), rounding=rounding)
    return str(int(whole.scaleb(-exponent)))


def _compared(right: str, wrong: str, extra: int) -> str | None:
    if len(right) < (FEW if extra == 0 else FEW + 1):
        return None
    width = max(len(right) - extra, len(wrong))
    right, wrong = right.zfill(width + extra), wrong.zfill(width)
    if extra > 0:
        for place, digit in enumerate(right):
            if right[:place] + right[place + 1 :] == wrong and place < len(right) - 1:
                return f"a digit is lost: {digit}"
        return None
    if extra < 0:
        for place, digit in enumerate(wrong):
            if wrong[:place] + wrong[place + 1 :] == right and place < len(wrong) - 1:
                return f"there is a digit too many: {digit}"
        return None
    changed = [k for k, (a, b) in enumerate(zip(right, wrong, strict=True)) if a != b]
    match changed:
        case [place] if place < len(right) - 1:
            return f"one digit is wrong: {wrong[place]} for {right[place]}"
        case [one, other] if (
            other == one + 1 and right[one] + right[other] == wrong[other] + wrong[one]
        ):
            return f"two digits are swapped: {wrong[one : other + 1]} for {right[one : other + 1]}"
    return None
