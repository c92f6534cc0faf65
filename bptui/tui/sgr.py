"""What a terminal writes with, and the shortest way from one such pen to another."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

Pen = str
"""For each of the twelve kinds of `_ENDS` the SGR parameters that set it, joined by commas."""

_ENDS = ("22", "22", "23", "24", "25", "27", "28", "29", "54", "55", "39", "49")
_KINDS = {"1": 0, "2": 1, "3": 2, "4": 3, "21": 3, "5": 4, "6": 4, "7": 5, "8": 6, "9": 7}
_KINDS |= {"51": 8, "52": 8, "53": 9, "38;": 10, "48;": 11}
_KINDS |= {str(colour): 10 for colour in (*range(30, 38), *range(90, 98))}
_KINDS |= {str(colour): 11 for colour in (*range(40, 48), *range(100, 108))}
_COLOURS = ("39", "49")
_SEEN_ON_BLANKS = (3, 5, 7, 8, 9)  # lines of any sort, and reverse
_PARAMETER = re.compile(r"([34]8;(?:5;\d+|2;\d+;\d+;\d+)|\d*);")

_SETS = re.compile(r"\x1b\[([\d;]*)m")

PLAIN: Pen = "," * (len(_ENDS) - 1)
"""The pen after a reset."""

UNKNOWN: Pen = ""
"""A pen of which nothing is known."""


@lru_cache(4096)
def styled(pen: Pen, parameters: str) -> Pen:
    """A pen after SGR parameters; unknown if they are, or if the pen was."""
    slots = pen.split(",") if pen else []
    for part in _PARAMETER.findall(parameters + ";"):
        kind = _KINDS.get(part[:3] if ";" in part else part)
        if not part.strip("0"):
            slots = PLAIN.split(",")
        elif slots and kind is not None:
            slots[kind] = part if _ENDS[kind] in _COLOURS else _joined(slots[kind], part)
        elif slots and part in _ENDS:
            slots = ["" if end == part else slot for slot, end in zip(slots, _ENDS, strict=True)]
        else:
            return UNKNOWN
    return ",".join(slots)


def pen_of(written: str) -> Pen:
    """The pen that a text is written with which begins with what sets it, or with nothing."""
    found = _SETS.match(written)
    return styled(PLAIN, found[1]) if found else PLAIN


def _joined(slot: str, part: str) -> str:
    """What sets, say, the underline after another way to: not every terminal knows a double one."""
    return ";".join([*(old for old in slot.split(";") if old and old != part), part])


@lru_cache(4096)
def change(old: Pen, new: Pen) -> str:
    """The shortest sequence from one pen to another; the new one must be known."""
    if old == new:
        return ""
    whole = _sgr(["0", *filter(None, new.split(","))] if new != PLAIN else [])
    if old == UNKNOWN:
        return whole
    slots = list(zip(old.split(","), new.split(","), _ENDS, strict=True))
    ends = {
        end: None  # a dict, as 22 ends two kinds
        for was, is_, end in slots
        if was and was != is_ and not (is_ and end in _COLOURS)
    }
    starts = [is_ for was, is_, end in slots if is_ and (was != is_ or end in ends)]
    return min(whole, _sgr([*ends, *starts]), key=len)


def _sgr(parameters: Iterable[str]) -> str:
    return f"\x1b[{';'.join(parameters)}m"


@lru_cache(4096)
def on_blank(pen: Pen) -> Pen:
    """The part of a pen that shows on a blank cell: mostly the background."""
    slots = pen.split(",")
    if pen in (PLAIN, UNKNOWN) or any(slots[kind] for kind in _SEEN_ON_BLANKS):
        return pen
    return PLAIN + slots[-1]
