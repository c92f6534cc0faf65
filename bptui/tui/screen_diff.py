"""A shadow of the terminal's screen, which lets pass only what changes it.

Textual writes whole segments of lines with all their colours; over a slow link that is what a
key waits for. The shadow trusts nothing it does not know: such a sequence goes out as it is, and
whatever it may have changed is forgotten, so that the next of it is sent again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import compress
from operator import ne, or_
from typing import NamedTuple

from rich.cells import cell_len

from bptui.tui.sgr import PLAIN, UNKNOWN, Pen, change, on_blank, styled

_HARMLESS = (  # to what is on the screen, to the cursor's place and to the pen
    r"\x07",
    r"\x1b\[\?(?:7|12|25|100[0-6]|101[56]|2004|2026|2031|2048)[hl]",  # modes
    r"\x1b\[\?\d+\$p|\x1b\[\??\d+n|\x1b\[[>=]?\d*c|\x1b\[>\d*q",  # questions
    r"\x1b\[[<=>?][\d;]*u|\x1b\[\d* q|\x1b\[2[0-3][\d;]*t",  # keys, cursor's shape, titles
    r"\x1bP(?:[^\x1b]|\x1b[^\\])*\x1b\\",  # what tmux or screen shall pass on
    r"\x1b\](?:[0127]|9|10|11|12|22|52|777);[^\x07\x1b]*(?:\x07|\x1b\\)",
)
_TOKEN = re.compile(
    r"(?:\x1b\[(?P<sgr>[\d;]*)m)?(?P<text>[^\x00-\x1f\x7f-\x9f]+)(?P<reset>\x1b\[0m)?"
    r"|\x1b\[(?P<pen>[\d;]*)m"
    r"|(?P<move>\x1b\[(?:(?P<y>\d+);(?P<x>\d+))?H)"
    r"|(?P<lines>\n+)(?=\x1b\[(?:\d+;\d+)?H)"  # Textual places the cursor on every line
    rf"|(?P<harmless>{'|'.join(_HARMLESS)})"
    r"|(?P<clear>\x1b\[(?:\?1049h|2J))"
    r"|(?P<unknown>\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\)|.)",
    re.DOTALL,
)

_BRIDGE = 4
"""To send so many cells again is no longer than to jump over them."""

_FEW = 400
"""So many runs are worth the time to try which order of them is the shorter."""

_Cursor = tuple[int, int] | None
"""Line and column; None where they are not known."""


Piece = tuple[str, Pen]
"""Text, and what it is written with."""


class _Run(NamedTuple):
    """Cells to be sent in one piece."""

    y: int
    x: int
    end: int | None
    """The cursor's column after it; None where terminals differ."""
    text: str
    pen: Pen


class ScreenDiff:
    """What the terminal shows, has its cursor on and writes with; of one size for life.

    It knows nothing of the terminal to begin with, but takes the app's pen to be plain.
    """

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._lines: list[_Line] = []
        self._dirty: set[int] = set()
        self._at: _Cursor = None
        """Where the app's output has got to; `_cursor` is where the terminal's cursor is."""
        self._cursor: _Cursor = None
        self._pen = PLAIN
        """What the app's output writes with; `_ink` is what the terminal writes with."""
        self._ink = UNKNOWN
        self._out: list[str] = []
        self._forget()

    def filter(self, data: str) -> str:
        """The same effect as `data` on the terminal, in fewer bytes."""
        self._out = []
        for token in _TOKEN.finditer(data):
            kind = token.lastgroup
            if kind in ("text", "reset"):
                self._write(token)
            elif kind == "pen" and (pen := styled(self._pen, token["pen"])):
                self._pen = pen
            elif kind == "move":
                self._move(token)
            elif kind == "harmless":
                self._flush()
                self._out.append(token[0])
            elif not (kind == "lines" and self._at and self._at[0] + len(token[0]) < self._height):
                self._pass(token[0], self._pen if kind in ("lines", "clear") else UNKNOWN)
        self._flush()
        return "".join(self._out)

    def paint(self, lines: Iterable[tuple[int, Iterable[Piece]]]) -> str:
        """What it takes for lines to say something else, each by its number: the least bytes."""
        self._out = []
        for y, pieces in lines:
            self._lines[y].fill(pieces)
            self._dirty.add(y)
        self._at, self._pen = (0, 0), PLAIN
        self._flush()
        return "".join(self._out)

    def _write(self, token: re.Match[str]) -> None:
        sgr, text, reset = token.group("sgr", "text", "reset")
        pen = self._pen if sgr is None else styled(self._pen, sgr)
        after = PLAIN if reset else pen
        if self._at and pen:
            marks, cells = ("", text) if text.isascii() else split_cells(text)
            (y, x), line = self._at, self._lines[self._at[0]]
            end = x + len(cells)
            if end <= self._width and (not marks or line.attach(x, marks)):
                if cells:
                    line.put(x, end, cells, pen)
                self._dirty.add(y)
                self._at, self._pen = (y, end), after
                return
        self._pass(token[0], after)

    def _move(self, token: re.Match[str]) -> None:
        y, x = (max(1, int(number or 1)) for number in token.group("y", "x"))
        if x <= self._width and y <= self._height:
            self._at = y - 1, x - 1
        else:
            self._pass(token[0], self._pen)

    def _pass(self, token: str, pen: Pen) -> None:
        """Send what cannot be followed as it is; afterwards only the pen is known, if at all."""
        self._flush()
        self._out.append(token)
        self._forget()
        self._pen = self._ink = pen

    def _forget(self) -> None:
        self._lines = [_Line(self._width) for _ in range(self._height)]
        self._at = self._cursor = None

    def _flush(self) -> None:
        """Send what differs, and leave cursor and pen where the app's output has them."""
        runs = [run for y in sorted(self._dirty) for run in self._lines[y].runs(y)]
        self._dirty.clear()
        if runs:
            drawn = _draw(runs, self._cursor, self._ink)
            if len(runs) <= _FEW:
                drawn = min(drawn, _draw(_by_pen(runs), self._cursor, self._ink), key=_length)
            self._out.append(drawn[0])
            self._cursor, self._ink = drawn[1:]
        if self._at:
            y, x = self._at[0], min(self._at[1], self._width - 1)
            self._out.append(_jump(self._cursor, y, x))
            self._cursor = y, x
        if self._pen:
            self._out.append(change(self._ink, self._pen))
            self._ink = self._pen


class _Line:
    """A line as it shall be and as it is; the right half of a wide character is ""."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._chars, self._pens = ["\0"] * width, [UNKNOWN] * width
        self._shown = self._chars[:], self._pens[:]

    def attach(self, x: int, marks: str) -> bool:
        """Add zero-width marks to the character before a cell, if that is known."""
        x -= 2 if x > 1 and not self._chars[x - 1] else 1
        if x < 0 or self._pens[x] == UNKNOWN:
            return False
        self._chars[x] += marks
        return True

    def put(self, start: int, end: int, cells: Iterable[str], pen: Pen) -> None:
        """Write cells; if a wide character loses one half, blank the other."""
        if not self._chars[start]:
            self._chars[start - 1] = " "
        if end < self._width and not self._chars[end]:
            self._chars[end] = " "
        self._chars[start:end] = cells
        self._pens[start:end] = [pen] * (end - start)

    def fill(self, pieces: Iterable[Piece]) -> None:
        """Write the whole line; nothing of what is wider than it goes over the margin."""
        chars: list[str] = []
        pens: list[Pen] = []
        for text, pen in pieces:
            cells = text if text.isascii() else split_cells(text)[1]
            chars += cells
            pens += [pen] * len(cells)
        if (left := self._width - len(chars)) != 0:
            cut = left < 0 and not chars[self._width]  # a wide character
            chars[self._width - cut :] = " " * (left if left > 0 else cut)
            pens[self._width :] = [PLAIN] * left
        self._chars, self._pens = chars, pens

    def runs(self, y: int) -> Iterator[_Run]:
        """Yield what must be sent, and count it as sent."""
        chars, pens = self._chars, self._pens
        single = "" not in chars and len("".join(chars)) == self._width
        start = end = 0
        ink = UNKNOWN
        for x in self._changes():
            if x == end and single and pens[x] == ink:
                end = x + 1
                continue
            if x < end:  # the right half of a character that is sent
                continue
            if x > end or pens[x] != ink or len(chars[x - 1]) != 1:
                joined = self._join(start, end, x, ink) if x - end <= _BRIDGE and ink else UNKNOWN
                if not joined:
                    if ink:
                        yield self._run(y, start, end, ink)
                    start = x
                ink = joined or pens[x]
            end = x + 1 if chars[min(x + 1, self._width - 1)] else x + 2
        if ink:
            yield self._run(y, start, end, ink)

    def _changes(self) -> list[int]:
        """The cells that look different; a blank shows little of its pen."""
        (chars, pens), (were, had) = (self._chars, self._pens), self._shown
        self._shown = chars[:], pens[:]
        differ = map(or_, map(ne, chars, were), map(ne, pens, had))
        return [
            x
            for x in compress(range(self._width), differ)
            if chars[x] != " " or were[x] != " " or on_blank(pens[x]) != on_blank(had[x])
        ]

    def _join(self, start: int, end: int, x: int, ink: Pen) -> Pen:
        """The pen with which a run continues to another cell, UNKNOWN if it should end.

        It bridges a few unchanged cells by sending them again.
        """
        last, gap, pen = self._chars[end - 1], self._chars[end:x], self._pens[x]
        if len(last) != 1 or "" in gap or not "".join(gap).isascii():
            return UNKNOWN
        if self._writable(end, x + 1, ink):
            return ink
        return pen if self._writable(start, x, pen) else UNKNOWN

    def _writable(self, start: int, end: int, ink: Pen) -> bool:
        pens = self._pens[start:end]
        if pens.count(ink) == end - start:
            return True
        bare = on_blank(ink)
        return all(
            pen == ink or (char == " " and on_blank(pen) == bare)
            for char, pen in zip(self._chars[start:end], pens, strict=True)
        )

    def _run(self, y: int, start: int, end: int, pen: Pen) -> _Run:
        wide = not self._chars[end - 1]
        last = self._chars[end - 2 if wide else end - 1]
        sure = len(last) == 1 and (not wide or "\u2e80" <= last <= "\uffff")
        after = end if sure and end < self._width else None  # at the margin, terminals differ
        return _Run(y, start, after, "".join(self._chars[start:end]), pen)


def _draw(runs: Iterable[_Run], cursor: _Cursor, ink: Pen) -> tuple[str, _Cursor, Pen]:
    """What draws some runs, and where that leaves the terminal's cursor and pen."""
    out: list[str] = []
    for y, x, end, text, pen in runs:
        out.append(_jump(cursor, y, x))
        if pen != ink and not (text.isspace() and on_blank(pen) == on_blank(ink)):
            out.append(change(ink, pen))
            ink = pen
        out.append(text)
        cursor = None if end is None else (y, end)
    return "".join(out), cursor, ink


def _by_pen(runs: list[_Run]) -> list[_Run]:
    """Order runs so that each pen is used once."""
    order = {pen: place for place, pen in enumerate(dict.fromkeys(run.pen for run in runs))}
    return sorted(runs, key=lambda run: order[run.pen])


def _length(drawn: tuple[str, _Cursor, Pen]) -> int:
    return len(drawn[0])


@lru_cache(8192)
def _jump(cursor: _Cursor, y: int, x: int) -> str:
    """The shortest way to a cell."""
    if cursor == (y, x):
        return ""
    absolute = f"\x1b[{y + 1};{x + 1}H" if x else f"\x1b[{y + 1}H" if y else "\x1b[H"
    if cursor is None:
        return absolute
    down, right = _steps(y - cursor[0], "B", "A"), _steps(x - cursor[1], "C", "D")
    across = min(right, f"\x1b[{x + 1}G" if x else "\r", key=len)
    return min(absolute, down + across, key=len)


@lru_cache(1024)
def _steps(count: int, forth: str, back: str) -> str:
    far = "" if abs(count) == 1 else abs(count)
    return f"\x1b[{far}{forth if count > 0 else back}" if count else ""


@lru_cache(4096)
def split_cells(text: str) -> tuple[str, list[str]]:
    """The marks that a text begins with, and its cells, as wide as Textual takes them."""
    if all(map(_is_single, text)):
        return "", [*text]
    clusters = [("", 0)]
    for char in text:
        cluster, width = clusters[-1]
        wider = cell_len(cluster + char)
        if wider > width and cell_len(char):
            clusters.append((char, cell_len(char)))
        else:  # a mark, one that makes the character wide, or a character joined to it
            clusters[-1] = cluster + char, wider
    cells = [part for cluster, width in clusters[1:] for part in (cluster, *[""] * (width - 1))]
    return clusters[0][0], cells


@lru_cache(4096)
def _is_single(char: str) -> bool:
    return cell_len(char) == 1
