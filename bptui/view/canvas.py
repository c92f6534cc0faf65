"""A grid of cells to draw on, for what is not made of lines of text."""

from __future__ import annotations

from itertools import compress
from operator import ne

from bptui.view.rows import Row, Span, cells

_PLAIN = ("text", "")


class Canvas:
    """Cells with a character and a style, which is a role and an address.

    A wide character leaves an empty one behind it.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._chars = [[" "] * width for _ in range(height)]
        self._styles = [[_PLAIN] * width for _ in range(height)]
        self._under: Canvas | None = None
        """What was copied, for the lines that are as they were there."""
        self._own = set(range(height))
        """The lines that belong to this canvas alone."""
        self._kept: dict[tuple[int, int, int], Row] = {}

    def copy(self) -> Canvas:
        """Return a canvas with the same on it, to draw more on; to this one nothing is added."""
        over = Canvas(self.width, 0)
        over.height, over._under = self.height, self
        over._chars, over._styles = self._chars[:], self._styles[:]
        return over

    def put(self, x: int, y: int, text: str, role: str = "text", address: str = "") -> None:
        """Write text from (x, y) to the right; what lies outside is left out."""
        if not 0 <= y < self.height:
            return
        if y not in self._own:
            self._own.add(y)
            self._chars[y], self._styles[y] = self._chars[y][:], self._styles[y][:]
        style, size = (role, address), len(text)
        if x >= 0 and x + size <= self.width and cells(text) == size:
            self._free(x, y, size)
            self._chars[y][x : x + size] = text
            self._styles[y][x : x + size] = [style] * size
        else:
            self._put_chars(x, y, text, style)

    def put_row(self, x: int, y: int, row: Row) -> None:
        """Write spans one after the other."""
        for span in row:
            self.put(x, y, span.text, span.role, span.address)
            x += cells(span.text)

    def _free(self, x: int, y: int, size: int) -> None:
        """Blank the other halves of wide characters that will be written over in part."""
        chars, end = self._chars[y], x + size
        if 0 < x < self.width and not chars[x]:
            chars[x - 1] = chars[x] = " "
        if 0 < end < self.width and not chars[end]:
            chars[end - 1] = chars[end] = " "

    def _put_chars(self, x: int, y: int, text: str, style: tuple[str, str]) -> None:
        """Write text of which some characters are wide or outside."""
        chars, styles = self._chars[y], self._styles[y]
        for char in text:
            size = cells(char)
            if x >= 0 and x + size <= self.width:
                self._free(x, y, size)
                chars[x : x + size] = [char, ""][:size]
                styles[x : x + size] = [style] * size
            x += size

    def char(self, x: int, y: int) -> str:
        if 0 <= y < self.height and 0 <= x < self.width:
            return self._chars[y][x]
        return " "

    def rows(self, left: int, top: int, width: int, height: int) -> list[Row]:
        """Return a part of the canvas as rows; what lies outside of it is blank."""
        return [self._row(y, left, width) for y in range(top, top + height)]

    def _row(self, y: int, left: int, width: int) -> Row:
        if self._under is None or y in self._own:
            return self._made(y, left, width)
        place, kept = (y, left, width), self._under._kept
        if place not in kept:
            kept[place] = self._under._made(y, left, width)
        return kept[place]

    def _made(self, y: int, left: int, width: int) -> Row:
        if not 0 <= y < self.height:
            return (Span(" " * width),) if width else ()
        chars, styles = self._chars[y], self._styles[y]
        if left or width < self.width:
            chars, styles = _uncut(chars, styles, left, left + width)
        spans: list[Span] = []
        start = 0
        changes = compress(range(1, len(styles)), map(ne, styles, styles[1:]))
        for end in (*changes, len(styles)) if styles else ():
            role, address = styles[start]
            spans.append(Span("".join(chars[start:end]), role, address))
            start = end
        if start < width:
            spans.append(Span(" " * (width - start)))
        return tuple(spans)


_WORD = frozenset("0123456789.-+e•✓≈→✗")
_CUT = ("path", "")


def _uncut(
    chars: list[str], styles: list[tuple[str, str]], left: int, right: int
) -> tuple[list[str], list[tuple[str, str]]]:
    """Return a part of a line, a number or name that its ends would cut replaced by a sign."""
    part, part_styles = chars[left:right], styles[left:right]
    if part and 0 < left < len(chars) and _goes_on(chars, left):
        end = next((k for k, char in enumerate(part) if not _in_word(char)), len(part))
        part[:end] = ["‹", *" " * (end - 1)]
        part_styles[:end] = [_CUT, *[_PLAIN] * (end - 1)]
    if right < len(chars) and part and _goes_on(chars, right):
        size = len(part)
        begin = next((k for k in range(size, 0, -1) if not _in_word(part[k - 1])), 0)
        begin = min(begin, size - 1)  # of a word that is wider than the part the first cut is left
        if begin and not part[begin]:  # half of a wide sign that is no letter
            begin -= 1
        part[begin:] = [*" " * (size - begin - 1), "›"]
        part_styles[begin:] = [*[_PLAIN] * (size - begin - 1), _CUT]
    return _whole(part), part_styles


def _whole(part: list[str]) -> list[str]:
    """Return cells with a blank for each half of a wide character that lost the other."""
    if "" not in part and (not part or cells(part[-1]) < 2):
        return part
    wide = [cells(char) == 2 for char in part]
    left = [True, *(not wide_before for wide_before in wide)]
    right = [*part[1:], "?"]
    return [
        " " if (not char and left[k]) or (wide[k] and right[k]) else char
        for k, char in enumerate(part)
    ]


def _goes_on(chars: list[str], place: int) -> bool:
    return _in_word(chars[place - 1]) and _in_word(chars[place])


def _in_word(char: str) -> bool:
    return char in _WORD or char.isalnum() or not char  # what a wide letter leaves empty
