"""A grid of cells to draw on, for what is not made of lines of text."""

from __future__ import annotations

from bptui.view.text import Row, Span, cells

_BLANK = (" ", "text", "")


class Canvas:
    """Cells of (character, role, address); a wide character leaves an empty one behind it."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._cells = [[_BLANK] * width for _ in range(height)]

    def put(self, x: int, y: int, text: str, role: str = "text", address: str = "") -> None:
        """Write text from (x, y) to the right; what lies outside is left out."""
        if not 0 <= y < self.height:
            return
        row = self._cells[y]
        for char in text:
            size = cells(char)
            if x >= 0 and x + size <= self.width:
                row[x] = (char, role, address)
                if size == 2:
                    row[x + 1] = ("", role, address)
            x += size

    def char(self, x: int, y: int) -> str:
        """Return the character at a place, a blank outside."""
        if 0 <= y < self.height and 0 <= x < self.width:
            return self._cells[y][x][0]
        return " "

    def rows(self, left: int, top: int, width: int, height: int) -> list[Row]:
        """Return a part of the canvas as rows; what lies outside of it is blank."""
        return [self._row(y, left, width) for y in range(top, top + height)]

    def _row(self, y: int, left: int, width: int) -> Row:
        whole = self._cells[y] if 0 <= y < self.height else []
        line = _uncut(whole, left, left + width)
        spans: list[Span] = []
        start = 0
        for end in range(1, len(line) + 1):
            if end == len(line) or line[end][1:] != line[start][1:]:
                text = "".join(cell[0] for cell in line[start:end])
                spans.append(Span(text, line[start][1], line[start][2]))
                start = end
        if len(line) < width:
            spans.append(Span(" " * (width - len(line))))
        return tuple(spans)


_WORD = frozenset("0123456789.-+e•")


def _uncut(line: list[tuple[str, str, str]], left: int, right: int) -> list[tuple[str, str, str]]:
    """Return a part of a line, a number or name that its ends would cut replaced by a sign."""
    part = line[left:right]
    if 0 < left < len(line) and _goes_on(line, left):
        end = next((k for k, c in enumerate(part) if not _in_word(c[0])), len(part))
        part[:end] = [("‹", "path", ""), *[_BLANK] * (end - 1)]
    if right < len(line) and part and _goes_on(line, right):
        size = len(part)
        begin = next((k for k in range(size, 0, -1) if not _in_word(part[k - 1][0])), 0)
        part[begin:] = [*[_BLANK] * (size - begin - 1), ("›", "path", "")]
    return part


def _goes_on(line: list[tuple[str, str, str]], place: int) -> bool:
    return _in_word(line[place - 1][0]) and _in_word(line[place][0])


def _in_word(char: str) -> bool:
    return char in _WORD or char.isalnum()
