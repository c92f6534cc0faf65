"""What `update` asks to be done outside; whoever does it sends what came of it as a message."""

from __future__ import annotations

from msgspec import Struct


class Keep(Struct, frozen=True):
    """Keep the session as it is now."""


class GoOn(Struct, frozen=True):
    """Go on with the session's job, with `Continue`, until there is none."""


class TickIn(Struct, frozen=True):
    """Send a `Tick` after some seconds, instead of the one that was asked for before."""

    seconds: float


class Audit(Struct, frozen=True):
    """Check all figures of the article."""


class Save(Struct, frozen=True):
    """Save a text as a file."""

    path: str
    text: str
    overwrite: bool


class ListPresets(Struct, frozen=True):
    """Find the presets that can be opened."""


class Load(Struct, frozen=True):
    """Read a preset."""

    file: str


class Resume(Struct, frozen=True):
    """Leave, and resume the session that is kept in a file."""

    file: str


class Suspend(Struct, frozen=True):
    """Go back to the shell for a while."""


class Quit(Struct, frozen=True):
    """Leave."""


Effect = Struct
"""Any of the above."""
