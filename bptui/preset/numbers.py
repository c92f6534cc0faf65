"""Numbers in text, as people write and paste them: `0.1`, `1/3`, `−2/7`, `½`."""

from __future__ import annotations

import math
import re
import unicodedata
from fractions import Fraction

from bptui.preset.errors import shortened

MINUS = "\u2212\u2010\u2011\u2012\u2013\ufe63\uff0d"
"""Signs and dashes that stand for a minus in pasted text."""
_PLAIN = {ord(char): "-" for char in MINUS} | {ord(char): "/" for char in "\u2044\u2215\uff0f"}
_PLAIN |= {0xFF0B: "+", 0xFF0E: "."}
_ONE = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?"
_NUMBER = re.compile(rf"(?P<above>{_ONE})(?:\s*/\s*(?P<below>{_ONE}))?", re.ASCII)
_COMMA = re.compile(r"([+-]?\d+),(\d+)", re.ASCII)
_LONGEST = 400


class NumberError(ValueError):
    """A text that is no number; the message says what would be one."""


def plain(text: str) -> str:
    """A number's text in ASCII: the signs and digits that keyboards do not have as those they do.

    >>> plain("−0.5"), plain("１/３"), plain("½")
    ('-0.5', '1/3', '1/2')
    """
    text = text.strip().translate(_PLAIN)
    body = text.lstrip("+-")
    if len(body) == 1 and unicodedata.decomposition(body).startswith("<fraction>"):
        text = text[:-1] + unicodedata.normalize("NFKC", body).replace("\u2044", "/")
    return "".join(str(unicodedata.decimal(char, char)) for char in text)


def number(text: str) -> float:
    """The float nearest to a decimal number or a fraction.

    Raises:
        NumberError: it is neither, or too large for a float.
    """
    written, shown = plain(text), shortened(text.strip())
    found = _NUMBER.fullmatch(written) if len(written) <= _LONGEST else None
    if found is None:
        if comma := _COMMA.fullmatch(written):
            mend = f"write it with a point: {comma[1]}.{comma[2]}"
            raise NumberError(f'"{shown}" has a comma; {mend}')
        raise NumberError(f'"{shown}" is not a number; write it like 0.5 or 1/3')
    if found["below"] is None:
        value = float(written)
    elif below := Fraction(found["below"]):
        value = _nearest(Fraction(found["above"]) / below)
    else:
        raise NumberError(f'"{shown}" divides by 0; write a fraction like 1/3')
    if math.isinf(value):
        raise NumberError(f'"{shown}" is too large; give a number of at most 1.79e308')
    return value


def _nearest(fraction: Fraction) -> float:
    try:
        return float(fraction)
    except OverflowError:
        return math.inf
