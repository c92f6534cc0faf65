"""Keeps the session and reports failures while the app runs."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from bptui.crash import brief, place_of, write_report
from bptui.session.encode import head_of, record, state_of
from bptui.session.messages import Audited, Continue, Listed
from bptui.session.picker import Picker
from bptui.session.session import Session
from bptui.tui.session_file import SessionFile

_LAST = 50
"""Commands in a report, the newest."""


class Supervisor:
    """Keeps what the app shows, and reports failures.

    Without an environment it writes nothing.
    """

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self._environ = environ
        self.session_file = SessionFile(environ) if environ is not None else None
        self.commands: deque[object] = deque(maxlen=_LAST)
        self._shown: Session | None = None
        self._reported: dict[tuple[object, ...], str] = {}
        self.size = (0, 0)

    def note(self, message: object, shown: Session | Picker, size: tuple[int, int]) -> None:
        """Note a message, and what was shown before it."""
        if not isinstance(message, Continue | Audited | Listed):
            self.commands.append(message)
        self._shown = shown if isinstance(shown, Session) else None
        self.size = size

    def keep(self, session: Session) -> str:
        """Keep a session; return what to tell the user if that fails."""
        if self.session_file is None:
            return ""
        self._shown = session
        try:
            return self.session_file.keep(session)
        except Exception as error:
            told, self.session_file = self.told("Saving the session for --resume", error), None
            return told

    def keep_anew(self, session: Session) -> None:
        """Keep a session where it is kept, though its preset is another."""
        if self.session_file is not None:
            self.session_file.move_to(session)

    def interrupted(self, session: Session) -> str:
        """A sentence about an interrupted session of the same preset, if there is one."""
        from bptui.tui.stored_sessions import interrupted

        preset = session.setup.preset
        found = interrupted(self._environ, preset.file) if self._environ is not None else None
        if found is None:
            return ""
        return f"Interrupted {found}; to resume: bptui {preset.name} --resume"

    def report(self, error: Exception) -> str:
        """Report a failure the first time it happens; return the report's path."""
        place = place_of(error)
        if place not in self._reported and self._environ is not None:
            file = self.write_report(self._environ, error, self._shown)
            self._reported[place] = shown_path(file) if file is not None else ""
        return self._reported.get(place, "")

    def write_report(
        self, environ: Mapping[str, str], error: BaseException, shown: Session | Picker | None
    ) -> Path | None:
        """Report a failure and what was shown; return the file, None if that fails."""
        state = partial(_told_of, shown) if isinstance(shown, Session) else None
        return write_report(environ, error, self.commands, self.size, state)

    def told(self, what: str, error: Exception) -> str:
        """A sentence about a failure, which is reported."""
        file = self.report(error)
        return f"{what} failed: {brief(error)}" + (f"; report: {file}" if file else "")


def _told_of(session: Session) -> str:
    """The session as it is kept, so that it can be resumed, and its preset."""
    head = head_of(session)
    kept = [json.dumps(head), json.dumps(record(state_of(session), None, 1))]
    return "\n".join(["the session:", *kept, "", f"the preset {head['file']!r}:", head["text"]])


def shown_path(file: Path) -> str:
    """A path as its owner would write it."""
    try:
        return f"~/{file.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        return str(file)
