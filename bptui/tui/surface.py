"""The one widget: it shows rows of spans, and paints again only what is different."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from bptui.tui.palette import style_of
from bptui.view.rows import Row, cells


class Surface(Widget, can_focus=False):
    """A whole screen of rows."""

    DEFAULT_CSS = "Surface { width: 100%; height: 100%; }"

    def __init__(self, colours: str, draw: Callable[[int, int], Sequence[Row]]) -> None:
        super().__init__()
        self._colours, self._draw = colours, draw
        self._rows: tuple[Row, ...] = ()
        self._strips: list[Strip] = []
        self._drawn_for = Size(0, 0)
        self._style = lru_cache(maxsize=1024)(self._filtered)
        self._strip = lru_cache(maxsize=512)(self._painted)

    def use_palette(self, colours: str) -> None:
        if colours != self._colours:
            self._colours = colours
            self._style.cache_clear()
            self._strip.cache_clear()
            self._drawn_for = Size(0, 0)

    def redraw(self) -> None:
        """Ask for the rows again and repaint those that changed.

        Whole rows: Textual keeps what a strip is as bytes, but not what a part of it is.
        """
        if self._drawn_for != self.size:
            self._draw_all()
            self.refresh()
            return
        width, height = self.size
        rows = tuple(self._draw(width, height)) if width and height else ()
        before, self._rows = self._rows, rows
        dirty = [y for y, row in enumerate(rows) if row != before[y]]
        for y in dirty:
            self._strips[y] = self._strip(rows[y])
        if dirty:
            self.refresh(*[Region(0, y, width, 1) for y in dirty])

    def _draw_all(self) -> None:
        self._drawn_for = self.size
        self._rows = tuple(self._draw(*self.size)) if self.size else ()
        self._strips = [self._strip(row) for row in self._rows]

    def _painted(self, row: Row) -> Strip:
        """A row as Textual has it: in few pieces, as each is handled by itself down to the bytes.

        Neighbours that look the same are joined, and so are blanks with what is before them.
        """
        pieces: list[tuple[list[str], Style]] = []
        before = on_blank_before = None
        for text, role, _ in row:
            style, on_blank = self._style(role)
            if style is before or (on_blank == on_blank_before and text.isspace()):
                pieces[-1][0].append(text)
            elif text:
                pieces.append(([text], style))
                before, on_blank_before = style, on_blank
        segments = [Segment("".join(texts), style) for texts, style in pieces]
        return Strip(segments, self.size.width)

    def _filtered(self, role: str) -> tuple[Style, tuple[object, ...]]:
        """A role's style, after Textual's filters on every colour of the app.

        And the part of it that shows on a blank.
        """
        segments = [Segment(" ", style_of(self._colours, role))]
        for line_filter in self.get_line_filters():
            segments = line_filter.apply(segments, self.background_colors[1])
        style = segments[0].style or Style()
        return style, (style.bgcolor, style.reverse, style.underline, style.strike)

    def render_line(self, y: int) -> Strip:
        if y < len(self._strips):
            return self._strips[y]
        return Strip.blank(self.size.width, self._style("text")[0])

    def render_lines(self, crop: Region) -> list[Strip]:
        """The painted lines; nothing is drawn around them, so nothing else is to do."""
        if self._drawn_for != self.size:  # the first paint after a resize is the whole one
            self._draw_all()
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
