"""Straight lines in braille: each cell has two by four dots, and lines share cells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise

from msgspec import Struct

from bptui.view.canvas import Canvas
from bptui.view.dots import BITS, BRAILLE

ACROSS, DOWN = 2, 4
"""The dots of a cell."""
LEVEL = 2
"""The row of dots that lies level with the middle of a letter."""
_DASH, _BREAK = 4, 2
"""The dots of a broken line, and those it leaves out; larger breaks look like holes."""

Point = tuple[int, int]
"""A dot's column and row."""


class Line(Struct, frozen=True):
    """A line through points, with what it means; one of higher rank covers another's colour."""

    points: tuple[Point, ...]
    broken: bool
    thick: bool
    rank: int
    role: str
    address: str


def draw_lines(canvas: Canvas, lines: Iterable[Line]) -> None:
    """Draw lines, the dots of all of them in the cells that they share."""
    bits: dict[Point, int] = {}
    owners: dict[Point, Line] = {}
    for line in sorted(lines, key=lambda line: line.rank):
        for place, dots in _traced(line.points, line.broken, line.thick).items():
            bits[place] = bits.get(place, 0) | dots
            owners[place] = line
    for (x, y), dots in bits.items():
        line = owners[x, y]
        canvas.put(x, y, chr(BRAILLE | dots), line.role, line.address)


@lru_cache(maxsize=1024)
def _traced(points: tuple[Point, ...], broken: bool, thick: bool) -> Mapping[Point, int]:
    """Return the cells that a line goes through, and its dots in each; its end is always drawn."""
    cells: dict[Point, int] = {}
    dots = _dots(points)
    for k, (x, y) in enumerate(dots):
        if broken and k % (_DASH + _BREAK) >= _DASH and k < len(dots) - ACROSS:
            continue
        for below in range(1 + thick):
            row, dot = divmod(y - below, DOWN)
            place = (x // ACROSS, row)
            cells[place] = cells.get(place, 0) | BITS[dot][x % ACROSS]
    return cells


def _dots(points: tuple[Point, ...]) -> list[Point]:
    """Return a line's dots, each next to the one before."""
    found = [points[0]]
    for (x, y), (to_x, to_y) in pairwise(points):
        steps = max(abs(to_x - x), abs(to_y - y))
        found += [
            (round(x + (to_x - x) * k / steps), round(y + (to_y - y) * k / steps))
            for k in range(1, steps + 1)
        ]
    return found
