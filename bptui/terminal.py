"""What kind of terminal this is: a pure function of the environment.

The only place that knows of TERM, COLORTERM, NO_COLOR and SSH.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Terminal:
    """What the app may use of a terminal."""

    colours: str
    """`mono`, `16` or `rgb` (which Textual rounds to 256 where there are no more)."""
    settings: Mapping[str, str]
    """Environment variables for Textual, to be set before it is imported; the user's own win."""


def obstacle(environ: Mapping[str, str], stdin_tty: bool, stdout_tty: bool) -> str | None:
    """Return why there can be no app here, None if there can."""
    if not (stdin_tty and stdout_tty):
        return "stepping needs a terminal, and this is none"
    if environ.get("TERM", "") in ("", "dumb"):
        return f'the terminal "{environ.get("TERM", "")}" cannot place text; set TERM to what it is'
    return None


def terminal(environ: Mapping[str, str]) -> Terminal:
    """Return what the app may use of the terminal that an environment describes."""
    settings = {"TEXTUAL_ANIMATIONS": "none", "TEXTUAL_SMOOTH_SCROLL": "0"}
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        # fewer frames while a key is held; more time until a lone escape byte counts as a key
        settings |= {"TEXTUAL_FPS": "20", "ESCDELAY": "250"}
    return Terminal(_colours(environ), settings)


def _colours(environ: Mapping[str, str]) -> str:
    term = environ.get("TERM", "")
    if environ.get("NO_COLOR") or term.startswith("vt"):
        return "mono"
    if environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "rgb"
    rich = term.rpartition("-")[2]
    return "rgb" if rich in ("256color", "kitty", "direct", "truecolor") else "16"
