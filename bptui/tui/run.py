"""Starts the app: sets up what Textual reads while it is imported, and only then imports it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bptui.story.keeping import KeepingError
from bptui.story.picker import Entry, Picker
from bptui.story.problem import Problem
from bptui.story.session import Session
from bptui.terminal import asked, terminal, user_environ
from bptui.tui.aftercare import Aftercare, shown_path
from bptui.tui.crash import brief, write_report
from bptui.tui.keep import tidy

if TYPE_CHECKING:
    from textual.driver import Driver

    from bptui.tui.app import Bptui
    from bptui.tui.shelf import Shelved

Looks = Set[str]
"""What was said of how the app is to look: `ascii`, `light`, `projector` and so on."""


@dataclass(frozen=True)
class Ending:
    """How the app ended."""

    status: int
    """The exit status."""
    told: str = ""
    """What the user has to be told, on the terminal that the app has left."""
    chosen: str = ""
    """The kept session that was chosen from the list of them."""


def run(problem: Problem | None, *, mouse: bool, looks: Looks = frozenset()) -> Ending:
    """Run the app until the user leaves."""
    tidy(os.environ)
    return _run(problem, mouse, looks, Aftercare(os.environ))


def resume(
    preset: str | None, *, mouse: bool, looks: Looks, progress: Callable[[str], None]
) -> Ending:
    """Go on with a kept session, the newest one of a preset, or one chosen from a list.

    Raises:
        KeepingError: there is none, or the only one cannot be gone on with.
    """
    from bptui.tui.shelf import shelf

    tidy(os.environ)
    message = ""
    while True:
        found = shelf(os.environ, preset)
        if not found:
            of = f" of {preset}" if preset else ""
            raise KeepingError(f"no session{of} is kept that could be gone on with")
        file, several = found[0].path, len(found) > 1 and preset is None
        if several:
            ending = _run(_list(found, message), mouse, looks, Aftercare())
            if not ending.chosen:
                return ending
            file = Path(ending.chosen)
        aftercare = Aftercare(os.environ)
        try:
            session = _restored(file, aftercare, progress)
        except KeepingError as error:
            if not several:
                raise KeepingError(f"{file}: {error}") from None
            message = str(error)
            continue
        return _run(session, mouse, looks, aftercare)


def _restored(file: Path, aftercare: Aftercare, progress: Callable[[str], None]) -> Session:
    """Make a kept session again and have it kept in the same file."""
    from bptui.story.restoring import restored

    assert aftercare.keeper is not None
    begun = told = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told > 0.2:
            told = time.monotonic()
            progress(f"running iteration {done:,} of {total:,} again; ctrl+c stops")

    try:
        session = restored(aftercare.keeper.adopt(file), tell)
    finally:
        if told > begun:
            progress("")
    aftercare.keeper.resume(session)
    return session


def _list(found: list[Shelved], message: str) -> Picker:
    now = time.time()
    entries = []
    for kept in found:
        name = kept.summary.name if kept.summary is not None else "?"
        where = str(kept.summary) if kept.summary is not None else kept.trouble
        source = f"{_age(now - kept.changed)}; {shown_path(kept.path)}"
        entries.append(Entry(name, where, source, str(kept.path)))
    return Picker(tuple(entries), message=message, kept=True)


def _age(seconds: float) -> str:
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "just now"


def _run(
    begin: Problem | Session | Picker | None, mouse: bool, looks: Looks, aftercare: Aftercare
) -> Ending:
    """Run the app, whatever it begins with."""
    app = _app(begin, looks, aftercare)
    from bptui.tui.departure import Departure

    departure = Departure(app)
    error: BaseException | None = None
    try:
        departure.run(mouse)
    except Exception as raised:
        error = raised
    error = error or app.failure
    kept = _closed(aftercare, left=error is None and not departure.signal)
    if getattr(app._driver, "gone", False):
        _forget_terminal()
    if error is not None and not departure.signal:
        return _crashed(os.environ, error, app.shown, aftercare, kept)
    if departure.signal:
        told = f"the session is kept in {kept}; bptui --resume goes on" if kept else ""
        return Ending(128 + departure.signal, told)
    return Ending(app.return_code or 0, chosen=app.chosen)


def _app(begin: Problem | Session | Picker | None, looks: Looks, aftercare: Aftercare) -> Bptui:
    """Make the app for this terminal, once what Textual reads while it is imported is set."""
    here = asked(terminal(user_environ()), looks)
    for name in ("COLUMNS", "LINES"):  # exported by some shells, and wrong after a resize
        os.environ.pop(name, None)
    for name, value in here.settings.items():
        os.environ.setdefault(name, value)
    if sys.__stderr__ is not None and here.signs != "ascii":  # what Textual writes to
        sys.__stderr__.reconfigure(encoding="utf-8", errors="replace")
    from bptui.tui.app import Bptui

    projector = "projector" in looks
    driver = _driver(distant=here.distant)
    return Bptui(begin, here.colours, driver, aftercare, signs=here.signs, projector=projector)


def _driver(*, distant: bool) -> type[Driver] | None:
    """Return the driver that sends only what changed, where that can be and is not unwanted."""
    if os.name != "posix" or os.environ.get("TEXTUAL_DRIVER"):
        return None
    if os.environ.get("BPTUI_REPAINT"):
        from bptui.tui.sturdy import SturdyDriver

        return SturdyDriver
    if distant:
        from bptui.tui.distant import DistantDriver

        return DistantDriver
    from bptui.tui.driver import DiffDriver

    return DiffDriver


def _closed(aftercare: Aftercare, *, left: bool) -> str:
    """Close the file of the session; return its name if it is worth one."""
    keeper = aftercare.keeper
    if keeper is None:
        return ""
    file = keeper.file
    keeper.close(left=left)
    return shown_path(file) if file is not None and file.exists() else ""


def _crashed(
    environ: Mapping[str, str],
    error: BaseException,
    shown: Session | Picker,
    aftercare: Aftercare,
    kept: str,
) -> Ending:
    session = shown if isinstance(shown, Session) else None
    file = write_report(environ, error, session, aftercare.commands, aftercare.size)
    told = f"bptui failed: {brief(error)}"
    told += f"; the report is in {shown_path(file)}" if file is not None else ""
    told += "; bptui --resume goes on" if kept else ""
    return Ending(1, told)


def _forget_terminal() -> None:
    """Let what is still said go nowhere: there is no terminal any more."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
