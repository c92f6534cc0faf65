"""Recordings of the app for asciinema (version 2 of its format), made without a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from json import dumps

from bptui.preset.errors import did_you_mean
from bptui.session.session import Session
from bptui.tui.export import ansi_lines
from bptui.tui.offscreen import NAMES, Offscreen, key_named
from bptui.tui.screen_diff import ScreenDiff
from bptui.view.rows import Row

WAIT = "wait"
"""In a script: press nothing for one delay."""
MOST = 10_000
"""Keys of a script."""
_CLEAR = "\x1b[?25l\x1b[0m\x1b[H\x1b[2J"


class ScriptError(ValueError):
    """A script with a word that is no key; the message says what would be right."""


def keys_of(script: Sequence[str]) -> list[str]:
    """The words of a script, each as often as it says: `space*3` is three of `space`.

    Raises:
        ScriptError: it is too long.
    """
    words: list[str] = []
    for word in script:
        found = re.fullmatch(r"(.+)\*([0-9]{1,5})", word, re.DOTALL)
        words += [found[1]] * int(found[2]) if found else [word]
        if len(words) > MOST:
            raise ScriptError(f"more than {MOST:,} keys")
    return words


def recording(app: Offscreen, title: str, words: Sequence[str], delay: float) -> Iterator[str]:
    """The lines of a recording: a header, then what each key sends to the terminal.

    What is no key is typed if something is asked for.

    Raises:
        ScriptError: it is no key, and nothing is asked for.
    """
    width, height = app.shown.size
    header = {"version": 2, "width": width, "height": height, "title": title}
    yield dumps(header)
    shadow, time = ScreenDiff(width, height), 0.0
    yield _event(time, _CLEAR + shadow.filter(_frame(app.rows(), app.palette)))
    for word in words:
        time += delay
        _act(app, word)
        if app.ended:
            return
        sent = shadow.filter(_frame(app.rows(), app.palette))
        yield _event(time, sent)


def _event(time: float, sent: str) -> str:
    return dumps([round(time, 6), "o", sent])


def _frame(rows: Sequence[Row], palette: str) -> str:
    lines = enumerate(ansi_lines(rows, palette), 1)
    return "".join(f"\x1b[{y};1H\x1b[0m{line}\x1b[0m" for y, line in lines)


def _act(app: Offscreen, word: str) -> None:
    if word == WAIT:
        app.wait()
    elif key := key_named(word):
        app.press(key)
    elif isinstance(app.shown, Session) and app.shown.prompt is not None:
        for character in word:
            app.press(character)
    else:
        raise ScriptError(f'unknown key "{word}"; {did_you_mean(word, [*sorted(NAMES), WAIT])}')
