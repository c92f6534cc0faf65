"""Reports of failures inside: what is needed to see them again, in the user's state directory."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from bptui import __version__
from bptui.session.encode import head_of, record, state_of
from bptui.session.session import Session
from bptui.tui.state_folder import files_in, folder

MOST = 10
"""So many reports are kept, the newest."""
_TOLD = ("TERM", "COLORTERM", "LANG")
"""All of the environment that is reported."""


def brief(error: BaseException) -> str:
    """Return a failure in a few words: `ZeroDivisionError: division by zero`."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__


def place_of(error: BaseException) -> tuple[object, ...]:
    """Return where a failure was raised: the same again is the same failure."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    return (type(error).__name__, *((frame.filename, frame.lineno) for frame in last))


def write_report(
    environ: Mapping[str, str],
    error: BaseException,
    session: Session | None = None,
    commands: Sequence[object] = (),
    size: tuple[int, int] = (0, 0),
) -> Path | None:
    """Write a report and return its file, None if it cannot be written; never raise."""
    try:
        where = folder(environ, "crashes")
        stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
        file = where / f"{stem}-{time.monotonic_ns() % 1_000_000:06}.txt"
        text = report(environ, error, session, commands, size)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        descriptor = os.open(file, flags, 0o600)
        with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
        for path, _ in files_in(environ, "crashes", ".txt")[MOST:]:
            path.unlink(missing_ok=True)
    except Exception:
        return None
    return file


def report(
    environ: Mapping[str, str],
    error: BaseException,
    session: Session | None,
    commands: Sequence[object],
    size: tuple[int, int],
) -> str:
    """Return what a report says."""
    parts = [
        f"bptui {__version__}, Python {sys.version.split()[0]}, {platform.platform()}",
        " ".join(f"{name}={environ.get(name, '')!r}" for name in _TOLD),
        f"size {size[0]}x{size[1]}",
        "",
        "".join(traceback.format_exception(type(error), error, error.__traceback__)),
        "the last commands, the newest last:",
        *(f"  {command!r}" for command in commands),
        "",
    ]
    if session is not None:
        parts += _of_session(session)
    return "".join(map(_harmless, "\n".join(parts) + "\n"))


def _harmless(char: str) -> str:
    """Return a character as a terminal may get it: a preset can say what it likes."""
    shown = char.isprintable() or char == "\n"
    return char if shown else char.encode("unicode_escape").decode()


def _of_session(session: Session) -> list[str]:
    """Return the session as it is kept, so that it can be gone on with, and its preset."""
    try:
        head = head_of(session)
        state = json.dumps(record(state_of(session), None, 1))
    except Exception as error:
        return [f"the session cannot be told: {brief(error)}"]
    text = head["text"]
    return ["the session:", json.dumps(head), state, "", f"the preset {head['file']!r}:", text]
