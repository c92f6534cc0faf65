"""What `update` wants done outside; the results come back as messages."""

from __future__ import annotations

from msgspec import Struct


class Keep(Struct, frozen=True):
    """Keep the session as it is now."""


class GoOn(Struct, frozen=True):
    """Send `Continue` until the job is done."""


class TickIn(Struct, frozen=True):
    """Send a `Tick` after some seconds; it replaces a pending one."""

    seconds: float


class Audit(Struct, frozen=True):
    """Check all figures of the article."""


class Save(Struct, frozen=True):
    """Save a text as a file."""

    path: str
    text: str
    overwrite: bool


class SaveScreen(Struct, frozen=True):
    """Save the screen as a file, in the format that its name ends in."""

    path: str
    overwrite: bool


class Copy(Struct, frozen=True):
    """Put a text on the terminal's clipboard."""

    text: str


class ListPresets(Struct, frozen=True):
    """Find the shipped presets."""


class Load(Struct, frozen=True):
    """Read a preset."""

    file: str


class KeepAnew(Struct, frozen=True):
    """Keep the session where it is kept, with another text of its preset."""


class Resume(Struct, frozen=True):
    """Quit, and resume the session kept in a file."""

    file: str


Effect = Struct
"""Any of the above, or the message `Suspend`, `Quit` or `Reread` itself."""
