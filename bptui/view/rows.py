"""Rows of spans: text that knows what it means and which quantity it is.

Everything measures in terminal cells. Text that comes from a preset is data: it goes through
`plain` first, so that it can be neither markup nor a control sequence.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from bptui.preset.characters import is_steady


class Span(NamedTuple):
    text: str
    role: str = "text"
    """What the text means: one or more of the palette's roles, separated by blanks."""
    address: str = ""
    """The quantity, neuron or parameter that it shows."""


Row = tuple[Span, ...]


def plain(text: str) -> str:
    """Return a preset's text made harmless: one line, nothing invisible, nothing that steers."""
    return text if text.isascii() and text.isprintable() else _plain(text)


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    return "".join(c if is_steady(c) else " " if c.isspace() else "?" for c in composed)


def cells(text: str) -> int:
    return len(text) if text.isascii() else _cells(text)


def widest(texts: Iterable[str]) -> int:
    """Return the cells of the widest of a preset's texts, made harmless."""
    texts = tuple(texts)
    if (all_of_them := "".join(texts)).isascii() and all_of_them.isprintable():
        return max(map(len, texts), default=0)  # at once for the many names of a large network
    return max((cells(plain(text)) for text in texts), default=0)


@lru_cache(maxsize=4096)
def _cells(text: str) -> int:
    return sum(map(_char_cells, text))


@lru_cache(maxsize=4096)
def _char_cells(char: str) -> int:
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def clip(text: str, width: int) -> str:
    """Return a text cut to a width, with a sign that it was."""
    if cells(text) <= width:
        return text
    kept, left = 0, width - 1
    for char in text:
        left -= _char_cells(char)
        if left < 0:
            break
        kept += 1
    return text[:kept] + "…" if width > 0 else ""


def pad(text: str, width: int) -> str:
    """Return a text cut or filled to exactly a width."""
    text = clip(text, width)
    return text + " " * (width - cells(text))


def filled(text: str, width: int) -> str:
    """Return a text filled to at least a width, never cut."""
    return text + " " * (width - cells(text))


def row_cells(row: Iterable[Span]) -> int:
    return sum([cells(text) for text, _, _ in row])


def fit_row(row: Iterable[Span], width: int, fill: str = "text") -> Row:
    """Return a row cut or filled to exactly a width."""
    spans = tuple(row)
    left = width - row_cells(spans)
    if left > 0:
        return (*spans, Span(" " * left, fill))
    return spans if left == 0 else _cut_row(spans, width, fill)


def fit_rows(rows: Iterable[Iterable[Span]], width: int, height: int) -> list[Row]:
    """Return rows cut or filled to exactly a size."""
    fitted = [fit_row(row, width) for row in [*rows][:height]]
    return [*fitted, *[fit_row((), width)] * (height - len(fitted))]


def pointer(chosen: bool, address: str = "") -> Span:
    """Return what a line of a list begins with."""
    return Span(" ▸ " if chosen else "   ", "pointer", address)


def _cut_row(row: Row, width: int, fill: str) -> Row:
    fitted: list[Span] = []
    left = width
    for span in row:
        if left <= 0:
            break
        text = clip(span.text, left)
        fitted.append(Span(text, span.role, span.address))
        left -= cells(text)
    if left > 0:
        fitted.append(Span(" " * left, fill))
    return tuple(fitted)


@lru_cache(maxsize=512)
def wrap(text: str, width: int, hang: int = 0) -> tuple[str, ...]:
    """Break text between words; lines after the first hang in by some blanks.

    A word that is wider than a line is broken anywhere, unless it is a number.
    """
    lead = len(text) - len(text.lstrip(" "))
    lines, line = [], " " * lead
    for word in text.split():
        blank = "" if not line.strip() else " "
        if line.strip() and cells(line) + 1 + cells(word) > width:
            lines.append(line)
            line, blank = " " * hang, ""
        line += blank + word
        while cells(line) > width > hang + 1 and not word.strip("()-").replace(".", "").isdigit():
            cut = next(k for k in range(min(len(line), width), 0, -1) if cells(line[:k]) <= width)
            lines.append(line[:cut])
            line = " " * hang + line[cut:]
    return (*lines, line)


def over(rows: list[Row], last: list[Row]) -> list[Row]:
    """Return rows of which others cover the last, but never the first two."""
    kept = min(len(rows), max(2, len(rows) - len(last)))
    return [*rows[:kept], *last[: len(rows) - kept]]


def to_text(rows: Iterable[Row]) -> str:
    """Return rows as plain text, without blanks at the ends of lines."""
    return "\n".join("".join(span.text for span in row).rstrip() for row in rows)


def around(chosen: int, total: int, height: int) -> int:
    """Return the first line of a view of `height` lines that has line `chosen` in its middle."""
    return window(chosen - height // 2, chosen, total, height)


def window(first: int, chosen: int, total: int, height: int) -> int:
    """Return the first line of a view of `height` lines that shows line `chosen`, near `first`."""
    first = min(first, chosen)
    first = max(first, chosen - height + 1)
    return max(0, min(first, total - height))
