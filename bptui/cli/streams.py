"""The standard streams: output, complaints, progress."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

_PATIENCE = 0.4
"""Seconds that work may take before it is shown."""
_EVERY = 0.1
"""Seconds between two looks at how far it is."""


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


def paged(text: str) -> None:
    """Write to standard output; what is longer than a terminal is high goes to the user's pager.

    Raises:
        OutputError: that cannot be.
    """
    if sys.stdout.isatty() and text.count("\n") >= os.get_terminal_size(sys.stdout.fileno()).lines:
        from pydoc import pager

        encoding = sys.stdout.encoding
        pager(text.encode(encoding, "bptui.signs").decode(encoding))
    else:
        out(text, end="")


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
    """What is going on: shown on a terminal's stderr if it takes longer than `_PATIENCE`.

    A thread shows it, so that work need not report to be seen. Hidden if the command prints
    meanwhile, perhaps to the same terminal. Ctrl-C leaves with what was going on.
    """

    def __init__(self, text: str, *, prints: bool = False) -> None:
        self._text, self._shown = text, ""
        self._hidden = not sys.stderr.isatty() or (prints and sys.stdout.isatty())
        self._ended = Event()
        self._thread = Thread(target=self._show, daemon=True)

    def __call__(self, text: str) -> None:
        """Change what is shown."""
        self._text = text

    def _show(self) -> None:
        wait = _PATIENCE
        while not self._ended.wait(wait):
            wait = _EVERY
            if self._shown != self._text:
                self._shown = self._text
                show_progress(self._shown)

    def __enter__(self) -> Progress:
        if not self._hidden:
            self._thread.start()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._ended.set()
        if not self._hidden:
            self._thread.join()
        if self._shown:
            show_progress("")
        if isinstance(error, KeyboardInterrupt) and not error.args:
            raise KeyboardInterrupt(f"; {self._text}") from None


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
