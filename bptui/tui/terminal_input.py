"""Makes keys of what a terminal sends. What cannot be read is ignored, and takes no key with it.

Textual's parser is not asked where a sequence ends: it types one that it does not know, sign by
sign, and ends the app over some.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from textual._keyboard_protocol import FUNCTIONAL_KEYS
from textual._xterm_parser import XTermParser
from textual.events import Paste
from textual.keys import Keys
from textual.message import Message
from textual.messages import TerminalSupportsSynchronizedOutput

_WHOLE = re.compile(
    r"[^\x1b]"
    r"|\x1b\[(?:\[[A-E]|\d+\$|[0-?]*[ -/]*[@-Z\\-~])"  # the first two: Linux console, rxvt
    r"|\x1bO[\d;]*[@-~]"
    r"|\x1b[]P^_X][^\x00-\x1f]*(?:\x07|\x1b\\)"  # answers in words, such as a colour
    r"|\x1b[^\x1b[O\]P^_X]"
)
_BEGUN = re.compile(r"\x1b(?:\[\[?[0-?]*[ -/]*|O[\d;]*|[]P^_X][^\x00-\x1f]*(?:\x1b\Z)?)?")
_FUNCTION_KEY = re.compile(r"\x1b\[(\d*)[\d:;]*([~A-HP-S])")
_CLICK = "\x1b[M"
"""As terminals tell it that do not know the newer way; three more signs belong to it."""
_PASTE, _PASTED = "\x1b[200~", "\x1b[201~"
_SYNCHRONIZES = re.compile(r"\x1b\[\?2026;[1-4]\$y")


class TerminalInput:
    """Text as it comes -> keys, clicks and so on."""

    def __init__(self, *, mouse: bool) -> None:
        self._mouse = mouse
        self._decoder = XTermParser()
        self._text = ""
        """What has come of a sequence that is not whole."""

    def feed(self, text: str) -> Iterator[Message]:
        """Yield the messages in a text, given all text before it."""
        self._text += text
        while sequence := self._next():
            yield from self._read(sequence)

    def flush(self) -> Iterator[Message]:
        """Yield what a pause means: a lone escape is a key."""
        if not self._text.startswith(_PASTE):
            text, self._text = self._text, ""
            if text == "\x1b":
                yield from self._read(text)

    def _next(self) -> str:
        """Take the next whole sequence from the text, "" if there is none yet."""
        while text := self._text:
            if text.startswith(_PASTE):
                end = text.find(_PASTED)
                return self._take(end + len(_PASTED)) if end >= 0 else ""
            if self._mouse and text.startswith(_CLICK):
                return self._take(6) if len(text) >= 6 else ""
            if found := _WHOLE.match(text):
                return self._take(found.end())
            found = _BEGUN.match(text)
            assert found is not None
            if found[0] == text:
                return ""
            broken = self._take(found.end())
            if broken == "\x1b":
                return broken
        return ""

    def _take(self, length: int) -> str:
        taken, self._text = self._text[:length], self._text[length:]
        return taken

    def _read(self, sequence: str) -> list[Message]:
        if sequence.startswith(_PASTE):
            text = sequence[len(_PASTE) : -len(_PASTED)].replace("\0", "")
            return [Paste(text)]
        if _SYNCHRONIZES.fullmatch(sequence):
            return [TerminalSupportsSynchronizedOutput()]
        try:
            if sequence.startswith("\x1b[<"):
                click = self._decoder.parse_mouse_code(sequence)
                return [click] if click is not None else []
            return self._keys(sequence)
        except (ValueError, OverflowError):
            return []

    def _keys(self, sequence: str) -> list[Message]:
        function = _FUNCTION_KEY.fullmatch(sequence)
        if function and f"{function[1] or 1}{function[2]}" not in FUNCTIONAL_KEYS:
            return []  # Textual takes the number for a letter's
        keys = [*self._decoder._sequence_to_key_events(sequence)]
        if not keys and len(sequence) == 2:  # escape and another key, which came at once
            return self._keys(sequence[0]) + self._keys(sequence[1])
        return [key for key in keys if key.key != Keys.Ignore]
