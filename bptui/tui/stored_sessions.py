"""The kept sessions, and which of them can be resumed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePath

from msgspec import Struct

from bptui.session.decode import Summary, summary
from bptui.session.encode import Record, SessionFileError
from bptui.state_folder import absolute, files_in
from bptui.tui.session_file import SUFFIX, InUseError, SessionFile


class StoredSession(Struct, frozen=True):
    """A kept session, as a list shows it."""

    path: Path
    changed: float
    """The time of its last key, in seconds since 1970."""
    summary: Summary | None
    problem: str = ""
    """Why it has no summary."""


def stored_sessions(environ: Mapping[str, str], preset: str | None = None) -> list[StoredSession]:
    """The kept sessions that are not in use, of one preset or of all, newest first.

    Of one preset, those that cannot be resumed come last.
    """
    found = []
    for path, changed in files_in(environ, "sessions", SUFFIX):
        session_file = SessionFile(environ)
        told: Summary | None = None
        problem, records = "", []
        try:
            records = session_file.adopt(path)
            told = summary(records)
        except InUseError:
            continue
        except SessionFileError as error:
            problem = str(error)
        finally:
            session_file.release()
        if preset is None or (records and _is_of(records[0], preset)):
            found.append(StoredSession(path, changed, told, problem))
    return found if preset is None else sorted(found, key=lambda kept: kept.summary is None)


def interrupted(environ: Mapping[str, str], preset: str) -> Summary | None:
    """The newest kept session of a preset, unless its user left it."""
    for kept in stored_sessions(environ, preset):
        return None if kept.summary is None or kept.summary.ended else kept.summary
    return None


def _is_of(head: Record, preset: str) -> bool:
    file = str(head.get("file"))
    if absolute(preset) in (head.get("path"), absolute(file)):
        return True
    return preset in (PurePath(file).name.removesuffix(".toml"), file)
