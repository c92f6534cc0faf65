"""Finds the line of a key in a TOML document, which tomli does not tell.

A reader of text that tomli has already accepted: it follows the structure and skips the values, so
it checks nothing. It runs only when there is an error to report, and goes down only where the key
is, so that nothing in a file can make it deep or slow.
"""

from __future__ import annotations

import re

from bptui.preset.errors import KeyPath

_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_BARE = re.compile(r"[^\s=.\[\]{},#\"']+")
_STRING = re.compile(
    r'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*"{3,5}'
    r"|'''[^']*(?:'(?!'')[^']*)*'{3,5}"
    r'|"[^"\\\n]*(?:\\.[^"\\\n]*)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]*")
_TOKEN = re.compile(rf"(?:{_STRING.pattern}|#[^\n]*|[^\[\]{{}}\"'#]+){{1,1000}}|.", re.DOTALL)
"""A bracket, or much of what stands between two."""
_TO_VALUE = re.compile(r"[^=\n]*=?")
_TO_CLOSE = re.compile(r"[^\]\n]*\]{0,2}")
_OFF = -1


def line_of(text: str, path: KeyPath) -> int:
    """The line, counted from 1, of the value at `path` or of what is nearest around it."""
    reader = _Reader(text, path)
    while reader.reached < len(path) and reader.statement():
        pass
    return _line(text, reader.place)


def statement_before(text: str, end: int) -> tuple[str, int]:
    """The key and the line of the statement that ends at an offset, or goes on there."""
    reader = _Reader(text[:end], ())
    while reader.statement():
        pass
    return ".".join(reader.key), _line(text, reader.start)


def line_of_depth(text: str, most: int) -> int | None:
    """The line on which lists and tables are nested more than `most` deep."""
    level = 0
    for token in _TOKEN.finditer(text):
        level += (token[0] in ("[", "{")) - (token[0] in ("]", "}"))
        if level > most:
            return _line(text, token.start())
    return None


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


class _Reader:
    """Reads statements and keeps the place of the longest part of `path` that it has met.

    Where it is, is said by a depth: how many parts of `path` lead there; _OFF if others do.
    """

    def __init__(self, text: str, path: KeyPath) -> None:
        self.text, self.path, self.at = text, path, 0
        self.place = self.reached = 0
        self.key: tuple[str, ...] = ()
        """The key of the last statement, and where that starts."""
        self.start = 0
        self.table = 0
        """The depth of the table that the next pair belongs to."""
        self.lengths: dict[int, int] = {}
        """How many tables each array of tables on the way has so far, by the depth of the array."""

    def statement(self) -> bool:
        """Read a table's header or a pair; return whether there was one."""
        if self._skip(_BLANK) == len(self.text):
            return False
        self.start = self.at
        if self.text[self.at] != "[":
            self.key = self._pair(self.table)
            return True
        array = self.text.startswith("[[", self.at)
        self.at += 2 if array else 1
        self.key = self._key()
        self.table = self._header(array)
        self._skip(_TO_CLOSE)
        return True

    def _header(self, array: bool) -> int:
        """Resolve a table's name: a part that is an array of tables means its last table."""
        depth = 0
        for part in self.key[:-1]:
            depth = self._step(depth, part, self.start)
            if depth in self.lengths:
                depth = self._step(depth, self.lengths[depth] - 1, self.start)
        depth = self._step(depth, self.key[-1], self.start)
        if array and depth != _OFF:
            self.lengths[depth] = self.lengths.get(depth, 0) + 1
            depth = self._step(depth, self.lengths[depth] - 1, self.start)
        return depth

    def _step(self, depth: int, part: str | int, start: int) -> int:
        """Go to a part of what is at `depth`, and note where it starts if it is nearer."""
        if depth == _OFF or self.path[depth : depth + 1] != (part,):
            return _OFF
        if depth == self.reached:
            self.reached, self.place = depth + 1, start
        return depth + 1

    def _pair(self, depth: int) -> tuple[str, ...]:
        start = self._skip(_BLANK)
        key = self._key()
        for part in key:
            depth = self._step(depth, part, start)
        if depth == len(self.path) and self.path:  # all is found that is looked for
            self.at = len(self.text)
            return key
        self._skip(_TO_VALUE)
        self._value(depth)
        return key

    def _key(self) -> tuple[str, ...]:
        parts = []
        while True:
            start = self._skip(_SPACE)
            if self.text.startswith(('"', "'"), start):
                parts.append(_unquoted(self.text[start : self._skip(_STRING)]))
            else:
                parts.append(self.text[start : self._skip(_BARE)])
            if not self.text.startswith(".", self._skip(_SPACE)):
                return tuple(parts)
            self.at += 1

    def _value(self, depth: int) -> None:
        self._skip(_BLANK)
        match self.text[self.at : self.at + 1]:
            case "[" | "{" if _OFF < depth < len(self.path):
                self._items(depth)
            case "[" | "{":
                self._pass_over()
            case '"' | "'":
                self._skip(_STRING)
            case _:
                self._skip(_SCALAR)

    def _items(self, depth: int) -> None:
        """Read an array's values or an inline table's pairs."""
        array = self.text[self.at] == "["
        self.at += 1
        index = 0
        while self._skip(_BLANK) < len(self.text) and self.text[self.at] not in "]}":
            if array:
                self._value(self._step(depth, index, self.at))
            else:
                self._pair(depth)
            index += 1
            if self.text.startswith(",", self._skip(_BLANK)):
                self.at += 1
        self.at += 1

    def _pass_over(self) -> None:
        """Skip an array or an inline table, however much is nested in it."""
        level = 0
        for found in _TOKEN.finditer(self.text, self.at):
            token, self.at = found[0], found.end()
            level += (token in ("[", "{")) - (token in ("]", "}"))
            if level == 0:
                return

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at


def _unquoted(key: str) -> str:
    """A quoted key's name; TOML itself resolves its escapes."""
    import tomli

    return str(tomli.loads(f"key = {key}")["key"])
