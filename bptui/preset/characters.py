"""Which characters every terminal shows alike, in one cell or two."""

from __future__ import annotations

import re
import unicodedata

_MARKS = frozenset({"Mn", "Mc", "Me"})
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_UNSTEADY = re.compile(
    "[\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff"  # Hangul in parts, which terminals join or do not
    "\u3164\uffa0\u2800"  # blank, but not blanks
    "\u0e33\u0eb3\uff9e\uff9f"  # joined to the letter before, or not
    "\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff"  # halves of flags, colours of skin
    "\u2630-\u2637\u268a-\u268f\u4dc0-\u4dff\U0001d300-\U0001d376]"  # as wide as Unicode is new
)


def is_steady(char: str) -> bool:
    """Whether a character is visible and stays where it is written, in all terminals.

    Control characters do not, nor those that change the character before them, nor those written
    from right to left, which reorder the numbers beside them.

    >>> [is_steady(char) for char in "aé漢½\\u0301\\u200b\\u202e\\ufe0fא"]
    [True, True, True, True, False, False, False, False, False]
    """
    if char.isascii():
        return char.isprintable()
    return (
        char.isprintable()
        and unicodedata.category(char) not in _MARKS
        and unicodedata.bidirectional(char) not in _RIGHT_TO_LEFT
        and _UNSTEADY.match(char) is None
    )
