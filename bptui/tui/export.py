"""Rows as a document: text, ANSI, SVG, HTML. To add a format is to add one table entry.

SVG and HTML stand alone, without fonts or scripts from elsewhere; what a preset says is escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from html import escape
from itertools import groupby
from pathlib import PurePath
from typing import NamedTuple, TypeVar

from rich.color import blend_rgb
from rich.terminal_theme import DEFAULT_TERMINAL_THEME as PAPER

from bptui.preset.errors import SaveError, listed
from bptui.tui.palette import BACKGROUNDS, style_of
from bptui.view.rows import Row, cells, to_text

_FONTS = "'DejaVu Sans Mono',Menlo,Consolas,'Liberation Mono',monospace"
_WIDTH, _HEIGHT, _BASE, _SIZE, _MARGIN = 12, 23, 18, 20, 12
"""An SVG's cell, the base line in it, its letters, and what is around the screen, in pixels."""
_DIM = 0.4
"""How far dim text goes towards its background."""


Look = TypeVar("Look")


class Pen(NamedTuple):
    """How a role looks on paper."""

    colour: str
    back: str
    css: str
    """Bold, italic and so on."""


def _text(rows: Sequence[Row], palette: str, title: str) -> str:
    return f"{to_text(rows)}\n"


def _ansi(rows: Sequence[Row], palette: str, title: str) -> str:
    """Lines that paint the screen on a terminal."""
    return "".join(f"{line}\n" for line in ansi_lines(rows, palette))


def ansi_lines(rows: Sequence[Row], palette: str) -> list[str]:
    """A row each, with the sequences that a terminal takes for styles; each ends in a reset."""
    look = partial(style_of, palette)
    return ["".join(style.render(text) for text, style in _joined(row, look)) for row in rows]


def _svg(rows: Sequence[Row], palette: str, title: str) -> str:
    width = max((sum(cells(span.text) for span in row) for row in rows), default=0) * _WIDTH
    size = f"{width + 2 * _MARGIN} {len(rows) * _HEIGHT + 2 * _MARGIN}"
    text = _pen(palette, "text")
    backs, letters = [], []
    for y, row in enumerate(rows):
        for x, piece, pen in _placed(row, palette):
            place = _WIDTH * x + _MARGIN, _HEIGHT * y + _MARGIN
            if pen.back != text.back:
                backs.append(_rect(*place, _WIDTH * cells(piece), pen.back))
            if piece.strip():
                letters.append(_letters(*place, piece, pen))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}">',
            f"<title>{escape(title)}</title>",
            f'<rect width="100%" height="100%" rx="8" fill="{text.back}"/>',
            *backs,
            f'<g font-family="{_FONTS}" font-size="{_SIZE}">',
            *letters,
            "</g>",
            "</svg>\n",
        ]
    )


def _rect(x: int, y: int, width: int, colour: str) -> str:
    place = f'x="{x}" y="{y}" width="{width}" height="{_HEIGHT}"'
    return f'<rect {place} fill="{colour}" shape-rendering="crispEdges"/>'


def _letters(x: int, y: int, text: str, pen: Pen) -> str:
    """A piece of a line, stretched to its cells whatever font there is."""
    left = cells(text) - cells(text.lstrip(" "))
    text = text.strip(" ")
    place = f'x="{x + left * _WIDTH}" y="{y + _BASE}" textLength="{cells(text) * _WIDTH}"'
    style = f' style="{pen.css}"' if pen.css else ""
    said = escape(text).replace(" ", "&#160;")
    return f'<text {place} lengthAdjust="spacingAndGlyphs" fill="{pen.colour}"{style}>{said}</text>'


def _html(rows: Sequence[Row], palette: str, title: str) -> str:
    text = _pen(palette, "text")
    page = f"color: {text.colour}; background: {text.back}"
    lines = []
    for row in rows:
        pieces = ((piece, pen) for _, piece, pen in _placed(row, palette))
        lines.append("".join(_span(piece, pen, text) for piece, pen in pieces))
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            '<meta charset="utf-8">',
            f"<title>{escape(title)}</title>",
            f'<body style="{page}">',
            f'<pre style="font-family: {_FONTS}; line-height: 1.17">',
            *lines,
            "</pre>",
            "</html>\n",
        ]
    )


def _span(text: str, pen: Pen, around: Pen) -> str:
    rules = [pen.css] if pen.css else []
    if pen.back != around.back:
        rules.append(f"background: {pen.back}")
    if pen.colour != around.colour and text.strip():
        rules.append(f"color: {pen.colour}")
    style = "; ".join(rules)
    return f'<span style="{style}">{escape(text)}</span>' if style else escape(text)


def _placed(row: Row, palette: str) -> Iterator[tuple[int, str, Pen]]:
    """Where the pieces of a row begin, and how they look."""
    x = 0
    for text, pen in _joined(row, partial(_pen, palette)):
        yield x, text, pen
        x += cells(text)


def _joined(row: Row, look: Callable[[str], Look]) -> Iterator[tuple[str, Look]]:
    """A row in as few pieces as look different."""
    for style, spans in groupby(row, lambda span: look(span.role)):
        yield "".join(span.text for span in spans), style


@lru_cache(maxsize=1024)
def _pen(palette: str, role: str) -> Pen:
    style = style_of(palette, role)
    colours = style.color, style.bgcolor
    if style.color is None and palette in BACKGROUNDS:
        colours = style_of(palette, "text").color, style.bgcolor
    fore, back = (
        plain if colour is None or colour.is_default else colour.get_truecolor(PAPER)
        for colour, plain in zip(
            colours, (PAPER.foreground_color, PAPER.background_color), strict=True
        )
    )
    if style.reverse:
        fore, back = back, fore
    if style.dim:
        fore = blend_rgb(fore, back, _DIM)
    rules = {"font-weight: bold": style.bold, "font-style: italic": style.italic}
    css = "; ".join(rule for rule, holds in rules.items() if holds)
    return Pen(fore.hex, back.hex, css)


class Format(NamedTuple):
    """A kind of document."""

    ending: str
    """What its files are called."""
    write: Callable[[Sequence[Row], str, str], str]
    """Its text, of rows in a palette, under a title."""


FORMATS = {
    "text": Format(".txt", _text),
    "ansi": Format(".ansi", _ansi),
    "svg": Format(".svg", _svg),
    "html": Format(".html", _html),
}


def format_of(file: str) -> Format:
    """The format that a file's name asks for.

    Raises:
        SaveError: it asks for none.
    """
    ending = PurePath(file).suffix.lower()
    for entry in FORMATS.values():
        if entry.ending == ending:
            return entry
    endings = listed([entry.ending for entry in FORMATS.values()])
    raise SaveError(f"a screen is saved as {endings}; give the name one of these endings", file)
