"""Reports of internal failures: what it takes to reproduce them, in the user's state folder.

Needs only the standard library, so that it works where nothing else can be imported.
"""

from __future__ import annotations

import os
import platform
import re
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bptui import __version__
from bptui.state_folder import files_in, folder

MOST = 10
"""Reports that are kept, the newest."""
_TOLD = ("TERM", "COLORTERM", "LANG")
"""The environment variables that are reported."""


def brief(error: BaseException) -> str:
    """`ZeroDivisionError: division by zero`."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__


def crash_line(error: BaseException, report: object, *, resumable: bool = False) -> str:
    """What the user is told of a crash, on one line."""
    told = f"bptui crashed: {brief(error)}"
    told += f"; report: {report}" if report else ""
    return told + ("; to resume the session: bptui --resume" if resumable else "")


def place_of(error: BaseException) -> tuple[object, ...]:
    """Where a failure was raised: the same place again is the same failure."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    return (type(error).__name__, *((frame.filename, frame.lineno) for frame in last))


def broken_import(error: BaseException) -> str | None:
    """The package whose import failed, None if something else did."""
    here = str(Path(__file__).parent) + os.sep
    ours = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(here)]
    found = re.match(r"(?:from|import) (\w+)", ours[-1].line or "") if ours else None
    if found is None or found[1] in ("bptui", *sys.stdlib_module_names):
        return None
    return found[1]


def told_of_import(package: str, error: BaseException) -> str:
    """Name the package that cannot be imported, and how to install it."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        wanted = [need for need in requires("bptui") or () if re.match(rf"{package}\b", need)]
    except PackageNotFoundError:  # a checkout that is not installed
        wanted = []
    absent = isinstance(error, ModuleNotFoundError) and error.name == package
    again = "" if absent else "--force-reinstall "
    return (
        f"bptui: cannot import {package}: {brief(error)}; to install it: "
        f'pip install {again}"{wanted[0] if wanted else package}"'
    )


def write_report(
    environ: Mapping[str, str],
    error: BaseException,
    commands: Sequence[object] = (),
    size: tuple[int, int] = (0, 0),
    state: Callable[[], str] | None = None,
) -> Path | None:
    """Write a report and return its file, None if that fails; never raise.

    Args:
        environ: names the folder of the reports.
        commands: the last ones, the newest last.
        size: of the terminal.
        state: describes the program's state; it may fail.
    """
    try:
        where = folder(environ, "crashes")
        stem = f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
        file = where / f"{stem}-{time.monotonic_ns() % 1_000_000:06}.txt"
        text = "".join(map(_harmless, _report(environ, error, commands, size, state)))
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        descriptor = os.open(file, flags, 0o600)
        with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
        for path, _ in files_in(environ, "crashes", ".txt")[MOST:]:
            path.unlink(missing_ok=True)
    except Exception:  # what failed before is told all the same
        return None
    return file


def _report(
    environ: Mapping[str, str],
    error: BaseException,
    commands: Sequence[object],
    size: tuple[int, int],
    state: Callable[[], str] | None,
) -> str:
    parts = [
        f"bptui {__version__}, Python {sys.version.split()[0]}, {platform.platform()}",
        " ".join(f"{name}={environ.get(name, '')!r}" for name in _TOLD),
        f"size {size[0]}x{size[1]}",
        "",
        "".join(traceback.format_exception(type(error), error, error.__traceback__)),
        "the last commands, newest last:",
        *(f"  {command!r}" for command in commands),
        "",
    ]
    if state is not None:
        try:
            parts.append(state())
        except Exception as failure:
            parts.append(f"describing the state failed: {brief(failure)}")
    return "\n".join(parts) + "\n"


def _harmless(char: str) -> str:
    """Escape what a terminal would obey: a preset can contain anything."""
    shown = char.isprintable() or char == "\n"
    return char if shown else char.encode("unicode_escape").decode()
