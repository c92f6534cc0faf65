"""Starts the app: sets up what Textual reads while it is imported, and only then imports it."""

from __future__ import annotations

import os
import sys
from collections.abc import Set
from typing import TYPE_CHECKING

from bptui.story.problem import Problem
from bptui.terminal import asked, terminal, user_environ

if TYPE_CHECKING:
    from textual.driver import Driver


def _driver() -> type[Driver] | None:
    """Return the driver that sends only what changed, where that can be and is not unwanted."""
    if os.name != "posix" or os.environ.get("TEXTUAL_DRIVER") or os.environ.get("BPTUI_REPAINT"):
        return None
    from bptui.tui.driver import DiffDriver

    return DiffDriver


def run(problem: Problem | None, *, mouse: bool, looks: Set[str] = frozenset()) -> int:
    """Run the app until the user leaves; return the exit status."""
    here = asked(terminal(user_environ()), looks)
    for name in ("COLUMNS", "LINES"):  # exported by some shells, and wrong after a resize
        os.environ.pop(name, None)
    for name, value in here.settings.items():
        os.environ.setdefault(name, value)
    if sys.__stderr__ is not None and here.signs != "ascii":  # what Textual writes to
        sys.__stderr__.reconfigure(encoding="utf-8", errors="replace")
    from bptui.tui.app import Bptui

    projector = "projector" in looks
    app = Bptui(problem, here.colours, _driver(), signs=here.signs, projector=projector)
    app.run(mouse=mouse)
    return app.return_code or 0
