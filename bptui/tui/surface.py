"""The one widget: it shows rows of spans, and paints again only what is different."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from bptui.tui.palette import style_of
from bptui.tui.screen_diff import Piece
from bptui.tui.sgr import Pen, pen_of
from bptui.view.rows import Row, cells


class _Look(NamedTuple):
    """How a role looks."""

    style: Style
    on_blank: tuple[object, ...]
    """The part of it that shows on a blank."""
    pen: Pen


class Surface(Widget, can_focus=False):
    """A whole screen of rows."""

    DEFAULT_CSS = "Surface { width: 100%; height: 100%; }"

    def __init__(self, colours: str, draw: Callable[[int, int], Sequence[Row]]) -> None:
        super().__init__()
        self._colours, self._draw = colours, draw
        self._rows: tuple[Row, ...] = ()
        self._drawn_for = Size(0, 0)
        self._waits = False
        """Whether Textual is to paint all of it."""
        self._look = lru_cache(maxsize=1024)(self._filtered)
        self._strip = lru_cache(maxsize=512)(self._painted)

    def use_palette(self, colours: str) -> None:
        if colours != self._colours:
            self._colours = colours
            self._look.cache_clear()
            self._strip.cache_clear()
            self._drawn_for = Size(0, 0)

    def redraw(self) -> None:
        """Ask for the rows again and repaint those that changed."""
        if self._drawn_for != self.size or self._waits:
            self._draw_all()
            self.refresh()
            self._waits = True
            return
        before, self._rows = self._rows, self._drawn()
        dirty = [y for y, row in enumerate(self._rows) if row != before[y]]
        if not dirty:
            return
        paint = getattr(self.app._driver, "paint", None)
        if paint is not None and self.size == self.app.size:
            paint([(y, self._written(self._rows[y])) for y in dirty])
        else:
            self.refresh(*[Region(0, y, self.size.width, 1) for y in dirty])

    def _drawn(self) -> tuple[Row, ...]:
        return tuple(self._draw(*self.size)) if self.size else ()

    def _draw_all(self) -> None:
        self._drawn_for, self._rows = self.size, self._drawn()

    def _written(self, row: Row) -> list[Piece]:
        """A row as the driver has it."""
        return [(text, look.pen) for text, look in self._pieces(row)]

    def _painted(self, row: Row) -> Strip:
        """A row as Textual has it."""
        segments = [
            Segment("".join(text for text, _ in run), look.style)
            for look, run in groupby(self._pieces(row), itemgetter(1))
        ]
        return Strip(segments, self.size.width)

    def _pieces(self, row: Row) -> Iterator[tuple[str, _Look]]:
        """Yield the texts of a row, blanks in the look of what is before them if none shows."""
        before = None
        for text, role, _ in row:
            look = self._look(role)
            if before is None or look.on_blank != before.on_blank or not text.isspace():
                before = look
            yield text, before

    def _filtered(self, role: str) -> _Look:
        """A role's look, after Textual's filters on every colour of the app."""
        segments = [Segment(" ", style_of(self._colours, role))]
        for line_filter in self.get_line_filters():
            segments = line_filter.apply(segments, self.background_colors[1])
        style = segments[0].style or Style()
        on_blank = (style.bgcolor, style.reverse, style.underline, style.strike)
        return _Look(style, on_blank, pen_of(Strip(segments).render(self.app.console)))

    def render_line(self, y: int) -> Strip:
        if y < len(self._rows):
            return self._strip(self._rows[y])
        return Strip.blank(self.size.width, self._look("text").style)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The painted lines; nothing is drawn around them, so nothing else is to do."""
        if self._drawn_for != self.size:  # the first paint after a resize is the whole one
            self._draw_all()
        self._waits = False
        left, right = crop.column_span
        return [self.render_line(y).crop(left, right) for y in crop.line_range]

    def on_resize(self, event: events.Resize) -> None:
        """Redraw for the new size, unless painting has done so."""
        if self._drawn_for != self.size:
            self.redraw()

    def address_at(self, x: int, y: int) -> str:
        """The address of the span at a cell, or nothing."""
        if 0 <= y < len(self._rows):
            for span in self._rows[y]:
                x -= cells(span.text)
                if x < 0:
                    return span.address
        return ""
