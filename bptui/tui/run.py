"""Starts the app: sets up what Textual reads while it is imported, and only then imports it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Set
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from bptui.crash import crash_line
from bptui.session.encode import SessionFileError
from bptui.session.messages import Entry
from bptui.session.picker import Picker
from bptui.session.session import Session
from bptui.story.setup import Setup
from bptui.terminal import asked, terminal, user_environ
from bptui.tui.configuration import Configuration, configuration, painted
from bptui.tui.palette import PALETTES
from bptui.tui.session_file import tidy
from bptui.tui.supervisor import Supervisor, shown_path

if TYPE_CHECKING:
    from textual.driver import Driver

    from bptui.tui.app import Bptui
    from bptui.tui.stored_sessions import StoredSession

Looks = Set[str]
"""The options for how the app looks: `ascii`, `light`, `projector` and so on."""


Progress = Callable[[str], AbstractContextManager[Callable[[str], None]]]
"""Shows a text while something goes on, and then other texts."""


class Ending(Struct, frozen=True):
    """How the app ended."""

    status: int
    """The exit status."""
    told: str = ""
    """A line for the terminal after the app has left it."""
    chosen: str = ""
    """The kept session chosen from the list."""


def run(setup: Setup | None, *, mouse: bool, looks: Looks = frozenset()) -> Ending:
    """Run the app until the user leaves."""
    tidy(os.environ)
    return _run(setup, mouse, looks, Supervisor(os.environ))


def visit(setup: Setup, *, mouse: bool, looks: Looks, size: tuple[int, int]) -> Ending:
    """Run the app for a visitor, in a browser of some size; nothing is kept."""
    return _run(setup, mouse, looks, Supervisor(), size)


def resume(preset: str | None, *, mouse: bool, looks: Looks, progress: Progress) -> Ending:
    """Resume a kept session: a preset's newest, or one chosen from a list.

    Raises:
        SessionFileError: there is none, or the only one cannot be resumed.
    """
    from bptui.tui.stored_sessions import stored_sessions

    tidy(os.environ)
    message = ""
    while True:
        found = stored_sessions(os.environ, preset)
        if not found:
            of = f" of {preset}" if preset else ""
            raise SessionFileError(f"no session{of} to resume")
        file, several = found[0].path, len(found) > 1 and preset is None
        if several:
            ending = _run(_list(found, message), mouse, looks, Supervisor())
            if not ending.chosen:
                return ending
            file = Path(ending.chosen)
        supervisor = Supervisor(os.environ)
        try:
            session = _restored(file, supervisor, progress)
        except SessionFileError as error:
            message = f"cannot resume {shown_path(file)}: {error}"
            if not several:
                raise SessionFileError(message) from None
            continue
        return _run(session, mouse, looks, supervisor)


def _restored(file: Path, supervisor: Supervisor, progress: Progress) -> Session:
    """Rebuild a kept session, and keep it in the same file."""
    from bptui.session.decode import restored

    assert supervisor.session_file is not None
    with progress(f"recomputing {shown_path(file)}") as show:

        def tell(done: int, total: int) -> None:
            show(f"recomputing: iteration {done:,} of {total:,}; ctrl+c stops")

        session = restored(supervisor.session_file.adopt(file), tell, time.monotonic)
    supervisor.session_file.resume(session)
    return session


def _list(found: list[StoredSession], message: str) -> Picker:
    now = time.time()
    entries = []
    for kept in found:
        name = kept.summary.name if kept.summary is not None else "?"
        where = str(kept.summary) if kept.summary is not None else kept.problem
        title = f"{_age(now - kept.changed)}: {where}"
        entries.append(Entry(name, title, shown_path(kept.path), str(kept.path)))
    return Picker(entries=tuple(entries), message=message, kept=True)


def _age(seconds: float) -> str:
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "just now"


def _run(
    begin: Setup | Session | Picker | None,
    mouse: bool,
    looks: Looks,
    supervisor: Supervisor,
    browser: tuple[int, int] | None = None,
) -> Ending:
    configured = configuration(os.environ)
    looks = looks | {"projector"} if configured.projector else looks
    app = _app(begin, looks, supervisor, configured, served=browser is not None)
    from bptui.tui.signals import SignalHandler

    signals = SignalHandler(app)
    error: BaseException | None = None
    try:
        signals.run(mouse or configured.mouse, browser)
    except Exception as raised:
        error = raised
    error = error or app.failure
    kept = _closed(supervisor, left=error is None and not signals.signal)
    if getattr(app._driver, "gone", False):
        _forget_terminal()
    if error is not None and not signals.signal:
        return _crashed(os.environ, error, app.shown, supervisor, kept)
    if signals.signal:
        told = f"bptui: session kept in {kept}; to resume it: bptui --resume" if kept else ""
        return Ending(128 + signals.signal, told)
    return Ending(app.return_code or 0, chosen=app.chosen)


def _app(
    begin: Setup | Session | Picker | None,
    looks: Looks,
    supervisor: Supervisor,
    configured: Configuration,
    *,
    served: bool,
) -> Bptui:
    """Create the app, once the variables that Textual reads on import are set."""
    here = asked(terminal(user_environ()), looks)
    for name in ("COLUMNS", "LINES"):  # exported by some shells, and wrong after a resize
        os.environ.pop(name, None)
    for name, value in here.settings.items():
        os.environ.setdefault(name, value)
    if sys.__stderr__ is not None and here.signs != "ascii":  # what Textual writes to
        sys.__stderr__.reconfigure(encoding="utf-8", errors="replace")
    from bptui.tui.app import Bptui

    PALETTES.update(painted(dict(configured.colours)))
    return Bptui(
        begin,
        here.colours,
        _driver(served=served),
        supervisor,
        signs=here.signs,
        projector="projector" in looks,
        preferences=configured.preferences,
        served=served,
        notice=configured.notice or (_SERVED if served else ""),
    )


_SERVED = "In a browser: nothing is saved, and closing the page ends the session"


def _driver(*, served: bool) -> type[Driver] | None:
    """The driver that sends only what changed, where possible and wanted."""
    if served:
        from bptui.tui.web_driver import VisitorDriver

        return VisitorDriver
    if os.name != "posix" or os.environ.get("TEXTUAL_DRIVER"):
        return None
    if os.environ.get("BPTUI_REPAINT"):
        from bptui.tui.posix_driver import PosixDriver

        return PosixDriver
    from bptui.tui.diff_driver import DiffDriver

    return DiffDriver


def _closed(supervisor: Supervisor, *, left: bool) -> str:
    """Close the session's file; return its name if it still exists."""
    session_file = supervisor.session_file
    if session_file is None:
        return ""
    file = session_file.file
    session_file.close(left=left)
    return shown_path(file) if file is not None and file.exists() else ""


def _crashed(
    environ: Mapping[str, str],
    error: BaseException,
    shown: Session | Picker,
    supervisor: Supervisor,
    kept: str,
) -> Ending:
    file = supervisor.write_report(environ, error, shown)
    return Ending(1, crash_line(error, file and shown_path(file), resumable=bool(kept)))


def _forget_terminal() -> None:
    """Send further output nowhere: the terminal is gone."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
