"""What all commands share: reading a command line, and text that is safe on a terminal."""

from __future__ import annotations

import argparse
import codecs
import json
import math
import os
import sys
from typing import NoReturn


class UsageError(Exception):
    """A command line that means nothing; the message is for the user."""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see: bptui --help")


def whole(text: str) -> int:
    """Return the whole number from 0 that an argument is."""
    if text != "0" and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise argparse.ArgumentTypeError(f'"{text}" must be a whole number from 0')
    return int(text)


def positive(text: str) -> int:
    """Return the whole number from 1 that an argument is."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f'"{text}" must be a whole number from 1')
    return number


def one_line(text: str) -> str:
    """Return text that is safe on a terminal: one line, no control characters."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def json_line(value: object) -> str:
    """Return data as a line of JSON; what the output cannot have, or what steers, is escaped."""
    unicode = (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")
    text = json.dumps(finite(value), ensure_ascii=not unicode)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def spell_out_on_streams() -> None:
    """Let output spell out what it cannot encode, and what a terminal without UTF-8 cannot show."""
    codecs.register_error("bptui.signs", _spell_out)
    for stream in (sys.stdout, sys.stderr):
        if not hasattr(stream, "reconfigure"):  # a test's
            continue
        stream.reconfigure(errors="bptui.signs")
        if stream.isatty():
            from bptui.terminal import terminal, user_environ

            if terminal(user_environ()).signs == "ascii":
                stream.reconfigure(encoding="ascii", errors="bptui.signs")


def _spell_out(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    from bptui.view.glyphs import spelled_out

    return spelled_out(error.object[error.start : error.end]), error.end


def show_progress(text: str) -> None:
    """Show what a long command is doing, where somebody looks; an empty text wipes it away."""
    if sys.stderr.isatty():
        width = os.get_terminal_size(sys.stderr.fileno()).columns or 80
        line = one_line(text)[: width - 1]  # a line that wraps could not be wiped away
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)


def finite(value: object) -> object:
    """Return data for JSON, which has no NaN and no infinity."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    return [finite(item) for item in value] if isinstance(value, list) else value
