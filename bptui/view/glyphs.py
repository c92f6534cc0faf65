"""The signs that a terminal can show: rows as the views draw them, in what its font has.

The views use whatever Unicode has for a purpose. This is the one place that knows what stands for
it elsewhere; a row keeps its width and its addresses.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from bptui.story.spellings import GREEK
from bptui.view.rows import Row, Span, cells

DOT = "▪"
"""A point of the loss chart, where there is no braille."""

_FROM = (
    "─│╭╮╰╯┌┐└┘├┤┬┴┼"  # light lines: positive weights, boxes, rules
    "━┃┏┓┗┛"  # heavy ones: what is selected, the panel that has the keys
    "╌╍"  # broken lines, light and heavy: negative weights
    "╸╺"  # halves of a bar's last cell
    "░▒▓█"  # shades of a map, weights as squares
    "▀▄▌"  # inputs as a picture, a bar's last half
    "←→↑↓◀▶▼▲▸"
    "●○•◆·▪"
    "✓≈✗✎–−‹›»×"
    "₀₁₂₃₄₅₆₇₈₉"
    "∂δη½²…∞≤≥≠"
)
_TO = '-|+++++++++++++=#####~:--:+%#"_|<>^v<>v^>@o*&.*=~X%--<>"x0123456789ddnh2.I<>!'
ASCII = dict(zip(_FROM, _TO, strict=True))
"""One ASCII character for each sign that the views use."""

LONG = {"½": "1/2", "²": "^2", "…": "...", "∞": "inf", "η": "eta", "≤": "<=", "≥": ">=", "≠": "!="}
"""Better still, where blanks beside it make room."""

_LETTERS = {
    **{char: name[0] for char, name in GREEK.items()},
    **dict(zip("øØłŁđĐı∇∑∏√⋅∗÷±‘’“”‐‑—", "oOlLdDiDSPV**/+''\"\"---", strict=True)),
}
"""What stands for a letter or sign in one cell, if it is not one letter with a mark."""

_CP437 = bytes(range(128, 256)).decode("cp437") + "♦•○►◄↑↓→←▲▼"
_CONSOLE = {
    **{sign: sign for sign in _CP437},
    **dict(zip("━┃┏┓┗┛╭╮╰╯▶◀▸●◆✓▪", "═║╔╗╚╝┌┐└┘►◄►■♦√∙", strict=True)),
}
"""What the font of the Linux console has, by name or for what it has not."""

LARGE = dict(
    zip(
        "─│╭╮╰╯┌┐└┘├┤┬┴┼━┃┏┓┗┛╌╍•▸",
        "━┃┏┓┗┛┏┓┗┛┣┫┳┻╋═║╔╗╚╝╍▬■►",
        strict=True,
    )
)
"""Every line heavy, what is heavy otherwise double: for a projector."""

_BORDERS = frozenset("│┃║")
_STYLE = itemgetter(1, 2)


def with_glyphs(rows: Iterable[Row], signs: str) -> list[Row]:
    """Return rows in `all` signs, `large` ones, those of the Linux `console`, or `ascii`.

    A row keeps its width; in ASCII a letter that it has nothing for becomes `?`.
    """
    return list(rows) if signs == "all" else [_signed(row, signs) for row in rows]


@lru_cache(maxsize=1024)
def _signed(row: Row, signs: str) -> Row:
    if all(span.text.isascii() for span in row):
        return row
    missing = _missing(signs)
    if any(char in missing for span in row for char in span.text):
        row = _spelled(row, missing)
    return tuple(Span(translated(text, signs), role, address) for text, role, address in row)


@lru_cache
def _missing(signs: str) -> frozenset[str]:
    if signs == "large":
        return frozenset()
    return frozenset(LONG) - frozenset(_CONSOLE if signs == "console" else ())


def translated(text: str, signs: str) -> str:
    """Return a text of the same width in the signs that there are."""
    if signs == "all" or text.isascii():
        return text
    return "".join(_sign(char, signs) for char in text)


@lru_cache(maxsize=4096)
def _sign(char: str, signs: str) -> str:
    if signs == "large":
        return LARGE.get(char, char)
    if signs == "console" and char in _CONSOLE:
        return _CONSOLE[char]
    return char if char.isascii() else ASCII.get(char) or _alike(char)


def _alike(char: str) -> str:
    """Return the ASCII letter that a letter is made of, `e` for `é`, as wide as it."""
    width = cells(char)
    letter = (_LETTERS.get(char) or unicodedata.normalize("NFKD", char))[0]
    return letter.ljust(width) if letter.isascii() else "?" * width


def spelled_out(text: str) -> str:
    """Return a text in ASCII that may become longer."""
    return "".join(LONG.get(char) or GREEK.get(char) or _sign(char, "ascii") for char in text)


def _spelled(row: Row, missing: frozenset[str]) -> Row:
    """Spell out what takes more than a cell, between two borders, where blanks can be left out."""
    styled = [(char, role, address) for text, role, address in row for char in text]
    chars = [char for char, _, _ in styled]
    begin = 0
    for end in (*(k for k, char in enumerate(chars) if char in _BORDERS), len(chars)):
        for k in range(begin, end):
            if chars[k] in missing:
                _spell(chars, k, begin, end)
        begin = end + 1
    spelled = [(new, role, address) for new, (_, role, address) in zip(chars, styled, strict=True)]
    return tuple(
        Span("".join(text for text, _, _ in run), *style) for style, run in groupby(spelled, _STYLE)
    )


def _spell(chars: list[str], k: int, begin: int, end: int) -> None:
    """Spell out one sign, if so many blanks follow that one is left between words, or better two.

    What was left out already is no blank any more, but it counts as one before another. `½` alone
    would be nothing that can be read: for it, blanks between the words before it do as well.
    """
    long = LONG[chars[k]]
    first = next((j for j in range(begin, k) if chars[j].strip()), k) if long == "1/2" else k
    for places, left in ((range(k + 1, end), 2), (range(k + 1, end), 1), (range(first, k), 1)):
        spare = [
            j
            for j in places[left:]
            if chars[j] == " " and not "".join(chars[j - left : j]).strip(" ")
        ]
        if len(spare) >= len(long) - 1:
            chars[k] = long
            for j in spare[: len(long) - 1]:
                chars[j] = ""
            return
