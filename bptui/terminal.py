"""What kind of terminal this is: a pure function of the environment.

The only place that knows of TERM, COLORTERM, COLORFGBG, NO_COLOR, the locale and SSH.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from pathlib import Path

NO_POSIX = "needs Linux or macOS; on Windows, install bptui in WSL"
"""Why what needs a terminal as POSIX has it cannot run on Windows itself; all else can."""
FRAMES = "12"
"""Frames a second over SSH: while a key is held, a line of 16 kB a second keeps up."""


@dataclass(frozen=True)
class Terminal:
    """What the app may use of a terminal."""

    colours: str
    """`mono`, `16`, `rgb` (which Textual rounds to 256 colours if need be), or `light`: `rgb` for a
    light background."""
    signs: str
    """`all`, `console` (the Linux console's font) or `ascii`."""
    settings: Mapping[str, str]
    """Environment variables to set before Textual is imported; the user's own win."""


def obstacle(
    environ: Mapping[str, str], terminals: Mapping[str, bool], *, posix: bool = True
) -> str | None:
    """Why the app cannot run here, None if it can.

    Args:
        environ: the environment.
        terminals: whether each standard stream, by name, is a terminal.
        posix: whether terminals are as POSIX has them.
    """
    if not posix:
        return f"stepping {NO_POSIX}"
    for stream, is_terminal in terminals.items():
        if not is_terminal:
            return f"stepping needs a terminal; {stream} is not one"
    if environ.get("TERM", "") in ("", "dumb"):
        return f'cannot draw on a terminal of type "{environ.get("TERM", "")}"; set TERM correctly'
    return None


def terminal(environ: Mapping[str, str]) -> Terminal:
    """What the app may use of the terminal that an environment describes."""
    settings = {"TEXTUAL_ANIMATIONS": "none", "TEXTUAL_SMOOTH_SCROLL": "0"}
    colours = _colours(environ)
    if colours != "mono" and _has_all(environ):
        settings["TEXTUAL_COLOR_SYSTEM"] = "truecolor"
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        settings["TEXTUAL_FPS"] = FRAMES
        if not (environ.get("TMUX") or environ.get("STY")):  # they assemble keys themselves
            settings["ESCDELAY"] = "250"  # milliseconds until a lone escape byte is a key
    return Terminal(colours, _signs(environ), settings)


def asked(here: Terminal, looks: Set[str]) -> Terminal:
    """Apply the user's own options."""
    if "ascii" in looks or "utf8" in looks:
        here = replace(here, signs="ascii" if "ascii" in looks else "all")
    if here.colours in ("rgb", "light") and ("light" in looks or "dark" in looks):
        here = replace(here, colours="light" if "light" in looks else "rgb")
    return here


def user_environ() -> Mapping[str, str]:
    """The user's environment: in the locale C, Python sets LC_CTYPE itself."""
    try:
        given = Path("/proc/self/environ").read_bytes()
    except OSError:  # not on Linux
        return os.environ
    if any(part.startswith(b"LC_CTYPE=") and part[9:] for part in given.split(b"\0")):
        return os.environ
    return {name: value for name, value in os.environ.items() if name != "LC_CTYPE"}


_ALL = ("direct", "truecolor", "kitty", "ghostty", "alacritty", "foot", "wezterm")
"""How the names of terminals with all colours end; Textual does not know most of them."""


def _colours(environ: Mapping[str, str]) -> str:
    term = environ.get("TERM", "")
    if environ.get("NO_COLOR") or term.startswith("vt"):
        return "mono"
    if _has_all(environ) or term.rpartition("-")[2] == "256color":
        return "light" if _is_light(environ) else "rgb"
    return "16"


def _has_all(environ: Mapping[str, str]) -> bool:
    """Whether the terminal has all colours; SSH passes on its name, but not COLORTERM."""
    coloured = environ.get("COLORTERM", "").lower() in ("truecolor", "24bit")
    return coloured or environ.get("TERM", "").rpartition("-")[2] in _ALL


def _is_light(environ: Mapping[str, str]) -> bool:
    """Whether COLORFGBG (`foreground;background`) says that the background is light."""
    background = environ.get("COLORFGBG", "").rpartition(";")[2]
    return background in ("7", "15")


def _signs(environ: Mapping[str, str]) -> str:
    """The usable signs; with no locale set at all, a terminal has them all."""
    named = (environ.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next((name for name in named if name), "")
    coded = locale.lower().replace("-", "")
    term = environ.get("TERM", "")
    if term.startswith("vt") or (coded and "utf8" not in coded):
        return "ascii"
    return "console" if term == "linux" else "all"
