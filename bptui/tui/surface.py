"""The one widget: it shows rows of spans, and paints again only what is different."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from bptui.tui.palette import style_of
from bptui.view.text import Row, cells


class Surface(Widget, can_focus=False):
    """A whole screen of rows."""

    DEFAULT_CSS = "Surface { width: 100%; height: 100%; }"

    def __init__(self, colours: str, draw: Callable[[int, int], Sequence[Row]]) -> None:
        super().__init__()
        self._colours, self._draw = colours, draw
        self._rows: tuple[Row, ...] = ()
        self._strips: list[Strip] = []

    def redraw(self) -> None:
        """Ask for the rows again and repaint where they changed."""
        width, height = self.size
        rows = tuple(self._draw(width, height)) if width and height else ()
        before, self._rows = self._rows, rows
        if len(before) != len(rows):
            self._strips = [self._strip(row) for row in rows]
            self.refresh()
            return
        dirty = []
        for y, (old, new) in enumerate(zip(before, rows, strict=True)):
            if old != new:
                self._strips[y] = self._strip(new)
                left, right = _changed(old, new)
                dirty.append(Region(left, y, right - left, 1))
        if dirty:
            self.refresh(*dirty)

    def _strip(self, row: Row) -> Strip:
        segments = [Segment(span.text, style_of(self._colours, span.role)) for span in row]
        return Strip(segments).simplify()

    def render_line(self, y: int) -> Strip:
        """Return a painted line."""
        if y < len(self._strips):
            return self._strips[y]
        # always with a style: monochrome filters cannot do without
        return Strip.blank(self.size.width, style_of(self._colours, "text"))

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size."""
        self._rows = ()
        self.redraw()

    def address_at(self, x: int, y: int) -> str:
        """Return what stands at a cell: the address of its span, or nothing."""
        if 0 <= y < len(self._rows):
            for span in self._rows[y]:
                x -= cells(span.text)
                if x < 0:
                    return span.address
        return ""


def _changed(old: Row, new: Row) -> tuple[int, int]:
    """Return the cells between the first and the last span in which two rows differ."""
    left = _common(old, new)
    right = _common(old[::-1], new[::-1])
    width = sum(cells(span.text) for span in new)
    return left, max(left, width - right)


def _common(a: Row, b: Row) -> int:
    """Return how many cells two rows have in common from their beginning, in whole spans."""
    size = 0
    for x, y in zip(a, b, strict=False):
        if x[:2] != y[:2]:
            break
        size += cells(x.text)
    return size
