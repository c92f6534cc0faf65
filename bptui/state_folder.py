"""The folders where bptui keeps sessions and reports."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def state_folder(environ: Mapping[str, str]) -> Path:
    """Where bptui keeps everything; it may not exist.

    Raises:
        OSError: the home directory is unknown.
    """
    given = environ.get("XDG_STATE_HOME", "")
    if os.path.isabs(given):  # the standard says to ignore a relative one
        return Path(given) / "bptui"
    try:
        return Path.home() / ".local" / "state" / "bptui"
    except RuntimeError as error:
        raise OSError(f"no home directory: {error}") from None


def absolute(path: str) -> str:
    """A path from the root; as it is in a working directory that was deleted."""
    try:
        return os.path.abspath(path)
    except FileNotFoundError:
        return path


def folder(environ: Mapping[str, str], name: str) -> Path:
    """A folder that only the user can read; created if missing.

    Raises:
        OSError: it cannot be created.
    """
    there = state_folder(environ)
    for path in (there, there / name):
        os.makedirs(path, mode=0o700, exist_ok=True)
    return there / name


def files_in(environ: Mapping[str, str], name: str, suffix: str) -> list[tuple[Path, float]]:
    """A folder's files and when they changed (seconds since 1970), newest first."""
    try:
        with os.scandir(state_folder(environ) / name) as entries:
            found = [
                (Path(entry.path), entry.stat(follow_symlinks=False).st_mtime_ns)
                for entry in entries
                if entry.name.endswith(suffix)
            ]
    except OSError:
        return []
    found.sort(key=lambda pair: (pair[1], pair[0].name), reverse=True)
    return [(path, changed / 1e9) for path, changed in found]
