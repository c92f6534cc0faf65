"""Finds the line of a key in a TOML document, which tomli does not tell.

A scanner for text that tomli has already accepted: it follows the structure and skips the values,
so it checks nothing. It runs only when there is an error to report.
"""

from __future__ import annotations

import re

from bptui.preset.errors import KeyPath

_SPACE = re.compile(r"[ \t]*")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[^\s=.\[\]{},#\"']+")
_STRINGS = (
    re.compile(r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}', re.DOTALL),
    re.compile(r"'''(?:[^']|'(?!''))*'{3,5}", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)
_SCALAR = re.compile(r"[^,\]}#\n]*")


def line_of(text: str, path: KeyPath) -> int:
    """Return the line, counted from 1, of the value at `path` or of what is nearest around it."""
    places = _Scanner(text).places
    while path and path not in places:
        path = path[:-1]
    return text.count("\n", 0, places.get(path, 0)) + 1


class _Scanner:
    """Reads a document once and notes at which offset each key path begins."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.places: dict[KeyPath, int] = {}
        self.lengths: dict[KeyPath, int] = {}
        """How many tables each array of tables has so far."""
        self._document()

    def _document(self) -> None:
        table: KeyPath = ()
        while self._skip(_BLANK) < len(self.text):
            start = self.at
            if self.text[self.at] == "[":
                array = self.text.startswith("[[", self.at)
                self.at += 2 if array else 1
                table = self._header(self._key(), array)
                self.at = self.text.index("]", self.at) + (2 if array else 1)
                self.places.setdefault(table, start)
            else:
                self._pair(table)

    def _header(self, key: tuple[str, ...], array: bool) -> KeyPath:
        """Resolve a table's name: a part that is an array of tables means its last table."""
        path: KeyPath = ()
        for part in key[:-1]:
            path = (*path, part)
            if path in self.lengths:
                path = (*path, self.lengths[path] - 1)
        path = (*path, key[-1])
        if array:
            self.lengths[path] = self.lengths.get(path, 0) + 1
            self.places.setdefault(path, self.at)
            path = (*path, self.lengths[path] - 1)
        return path

    def _pair(self, table: KeyPath) -> None:
        start = self._skip(_BLANK)
        path = table
        for part in self._key():
            path = (*path, part)
            self.places.setdefault(path, start)
        self.at = self.text.index("=", self.at) + 1
        self._value(path)

    def _key(self) -> tuple[str, ...]:
        parts = []
        while True:
            self._skip(_SPACE)
            if self.text[self.at] in "\"'":
                start = self.at
                self._string()
                parts.append(_unquoted(self.text[start : self.at]))
            else:
                start = self.at
                parts.append(self.text[start : self._skip(_BARE)])
            self._skip(_SPACE)
            if self.text[self.at] != ".":
                return tuple(parts)
            self.at += 1

    def _value(self, path: KeyPath) -> None:
        self._skip(_BLANK)
        self.places.setdefault(path, self.at)
        match self.text[self.at]:
            case "[":
                self._items(path, "]")
            case "{":
                self._items(path, "}")
            case '"' | "'":
                self._string()
            case _:
                self._skip(_SCALAR)

    def _items(self, path: KeyPath, end: str) -> None:
        """Read an array's values or an inline table's pairs."""
        self.at += 1
        index = 0
        while self.text[self._skip(_BLANK)] != end:
            if end == "]":
                self._value((*path, index))
            else:
                self._pair(path)
            index += 1
            if self.text[self._skip(_BLANK)] == ",":
                self.at += 1
        self.at += 1

    def _string(self) -> None:
        for pattern in _STRINGS:
            if found := pattern.match(self.text, self.at):
                self.at = found.end()
                return

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at


def _unquoted(key: str) -> str:
    """Return a quoted key's name; TOML itself resolves its escapes."""
    import tomli

    return str(tomli.loads(f"key = {key}")["key"])
