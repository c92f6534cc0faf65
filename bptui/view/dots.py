"""Curves in braille: two by four dots a cell; where there is no braille, a square a cell."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from operator import itemgetter

from bptui.view.glyphs import DOT
from bptui.view.numbers import show
from bptui.view.rows import Row, Span, cells, fit_row

Range = tuple[float, float]
Point = tuple[float, float]

BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each dot in a braille letter, by row and column."""
BRAILLE = 0x2800


class Dots:
    """A grid of cells to draw lines and signs on, each cell with one role: the last one's."""

    def __init__(self, width: int, height: int, *, braille: bool) -> None:
        self.width, self.height, self._braille = width, height, braille
        self._dots = [[0] * width for _ in range(height)]
        self._signs = [[""] * width for _ in range(height)]
        self._roles = [["text"] * width for _ in range(height)]

    def dot(self, x: int, y: int, role: str) -> None:
        """Set a dot, counted from the left and from the top; outside, none."""
        column, row = x // 2, y // 4
        if x >= 0 and column < self.width and y >= 0 and row < self.height:
            self._dots[row][column] |= BITS[y % 4][x % 2]
            self._roles[row][column] = role

    def line(self, x0: float, y0: float, x1: float, y1: float, role: str, gap: int = 1) -> None:
        """Draw a straight line between two dots; with a gap only every so many dots of it."""
        steps = max(1, math.ceil(max(abs(x1 - x0), abs(y1 - y0))))
        for k in range(0, steps + 1, gap):
            self.dot(round(x0 + (x1 - x0) * k / steps), round(y0 + (y1 - y0) * k / steps), role)

    def sign(self, column: int, row: int, sign: str, role: str) -> None:
        """Put a sign of one cell over whatever is there."""
        if 0 <= column < self.width and 0 <= row < self.height:
            self._signs[row][column], self._roles[row][column] = sign, role

    def shade(self, shades: Sequence[Sequence[str]], role: str) -> None:
        """Fill the grid with shades, the first row of them at the bottom; each as often as fits."""
        for y in range(self.height):
            line = shades[(self.height - 1 - y) * len(shades) // self.height]
            self._signs[y] = [line[x * len(line) // self.width] for x in range(self.width)]
            self._roles[y] = [role] * self.width

    def row(self, y: int, address: str = "") -> Row:
        """Return a row of cells as spans."""
        signs, dots, roles = self._signs[y], self._dots[y], self._roles[y]
        chars = [sign or self._char(dot) for sign, dot in zip(signs, dots, strict=True)]
        return tuple(
            Span("".join(char for char, _ in run), role, address)
            for role, run in groupby(zip(chars, roles, strict=True), itemgetter(1))
        )

    def _char(self, dots: int) -> str:
        if not dots:
            return " "
        return chr(BRAILLE + dots) if self._braille else DOT


class Plot:
    """Curves within axes, with a few numbers at them."""

    def __init__(
        self, size: tuple[int, int], xs: Range, ys: Range, *, braille: bool, digits: int = 4
    ) -> None:
        """Lay out a plot of a size (width, height) for ranges of numbers, each not empty."""
        self._labels = [show(y, digits) for y in (ys[1], ys[0])]
        self._margin = max(cells(label) for label in self._labels) + 1
        self._width, height = size
        self.xs, self.ys, self._digits = xs, ys, digits
        self.dots = Dots(self._width - self._margin - 1, height - 2, braille=braille)
        self._ticks: list[tuple[float, str, str]] = []

    def _place(self, x: float, y: float) -> Point:
        """Return where a point's dot is; what is far outside is just outside."""
        across = (x - self.xs[0]) / (self.xs[1] - self.xs[0])
        up = (y - self.ys[0]) / (self.ys[1] - self.ys[0])
        right, top = 2 * self.dots.width - 1, 4 * self.dots.height - 1
        return min(max(across, -2.0), 3.0) * right, top - min(max(up, -2.0), 3.0) * top

    def curve(self, points: Iterable[Point], role: str, gap: int = 1) -> None:
        """Draw lines from point to point; what is not finite leaves a hole."""
        for (x0, y0), (x1, y1) in pairwise(points):
            if all(map(math.isfinite, (x0, y0, x1, y1))):
                self.dots.line(*self._place(x0, y0), *self._place(x1, y1), role, gap)

    def mark(self, x: float, y: float, sign: str, role: str) -> None:
        """Put a sign at a point."""
        if math.isfinite(x) and math.isfinite(y):
            column, row = self._place(x, y)
            self.dots.sign(round(column) // 2, round(row) // 4, sign, role)

    def tick(self, x: float, text: str, role: str = "label") -> None:
        """Write something below the axis; what would touch what is there already is left out."""
        self._ticks.append((x, text, role))

    def rows(self) -> list[Row]:
        """Return the plot with its axes."""
        rows: list[Row] = []
        for y in range(self.dots.height):
            at = {0: 0, self.dots.height - 1: 1}.get(y)
            label = "" if at is None else self._labels[at]
            axis = (Span(f"{label:>{self._margin - 1}} ", "label"), Span("│", "chart_axis"))
            rows.append(fit_row((*axis, *self.dots.row(y)), self._width))
        line = " " * self._margin + "└" + "─" * self.dots.width
        return [*rows, (Span(line, "chart_axis"),), self._below()]

    def _below(self) -> Row:
        line: list[tuple[str, str]] = [(" ", "label")] * self._width
        free = [True] * self._width
        for x, text, role in self._ticks:
            column = round(self._place(x, self.ys[0])[0]) // 2 + self._margin + 1
            begin = min(max(0, column - cells(text) // 2), self._width - cells(text))
            around = slice(max(0, begin - 1), begin + cells(text) + 1)
            if begin >= 0 and all(free[around]):
                line[begin : begin + cells(text)] = [(char, role) for char in text]
                free[around] = [False] * len(free[around])
        spans = groupby(line, lambda pair: pair[1])
        return tuple(Span("".join(char for char, _ in run), role) for role, run in spans)


SHADES = " ·░▒▓█"


def shaded(
    values: Sequence[Sequence[float]], low: float = 0.0, high: float = 1.0
) -> list[list[str]]:
    """Return a shade for each number of a table, light for low; a blank if it is not finite."""
    steps = len(SHADES) - 2

    def shade(value: float) -> str:
        if not math.isfinite(value):
            return SHADES[0]
        share = (value - low) / (high - low) if high > low else 0.5
        return SHADES[1 + round(min(max(share, 0.0), 1.0) * steps)]

    return [[shade(value) for value in row] for row in values]
