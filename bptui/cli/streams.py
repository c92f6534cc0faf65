"""The standard streams: output, complaints, progress."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import perf_counter

_EVERY = 0.1
"""The least number of seconds between two progress lines."""


class OutputError(Exception):
    """Standard output cannot be written; the message says why."""


def open_missing() -> None:
    """Open the standard streams that our caller has closed.

    Otherwise the next file opened would take their place. Reading standard input and writing
    standard output then fail; what is written to standard error is lost.
    """
    if sys.stdin is None:
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_WRONLY), closefd=False)
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", closefd=False)


def out(text: str, end: str = "\n") -> None:
    """Write to standard output.

    Raises:
        OutputError: that cannot be.
    """
    with _output():
        print(text, end=end)


def flush() -> None:
    """See to it that all has been written to standard output.

    Raises:
        OutputError: that cannot be.
    """
    with _output():
        sys.stdout.flush()


@contextmanager
def _output() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # the rest of the text must go somewhere when Python exits
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # the reader of the pipe is gone
            raise
        raise OutputError(f"cannot write to standard output: {error.strerror}") from None


def complain(text: str) -> None:
    """Write a line to standard error, if possible."""
    with suppress(OSError):
        print(one_line(text), file=sys.stderr, flush=True)


def one_line(text: str) -> str:
    """Make text safe on a terminal: one line, no control characters."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def show_progress(text: str) -> None:
    """Show progress if stderr is a terminal; an empty text clears the line."""
    if sys.stderr.isatty():
        width = os.get_terminal_size(sys.stderr.fileno()).columns or 80
        line = one_line(text)[: width - 1]  # a wrapped line could not be cleared
        with suppress(OSError):
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)


class Progress:
    """A progress line on a terminal; `with` clears it at the end.

    Hidden if the command prints meanwhile, perhaps to the same terminal.
    """

    def __init__(self, *, prints: bool = False) -> None:
        self._hidden = prints and sys.stdout.isatty()
        self._begun = self._last = perf_counter()

    def __call__(self, text: str) -> None:
        """Show progress, but not twice within `_EVERY`."""
        now = perf_counter()
        if not self._hidden and now - self._last >= _EVERY:
            self._last = now
            show_progress(text)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._last > self._begun:
            show_progress("")


def spell_out() -> None:
    """Spell out what output cannot encode and what a terminal without UTF-8 cannot show."""
    codecs.register_error("bptui.signs", _spelled)
    for stream in (sys.stdout, sys.stderr):
        if not hasattr(stream, "reconfigure"):  # a test's
            continue
        stream.reconfigure(errors="bptui.signs")
        if stream.isatty():
            from bptui.terminal import terminal, user_environ

            if terminal(user_environ()).signs == "ascii":
                stream.reconfigure(encoding="ascii", errors="bptui.signs")


def _spelled(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    from bptui.view.glyphs import spelled_out

    return spelled_out(error.object[error.start : error.end]), error.end
