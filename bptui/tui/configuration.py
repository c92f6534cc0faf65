"""A user's configuration: one small TOML file; what is wrong in it is ignored, and said."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from bptui.preset.errors import PresetError
from bptui.preset.text import read_text
from bptui.session.parts import Preferences
from bptui.tui.palette import LIGHT, RGB


class Problem(Struct, frozen=True):
    """Something that is ignored."""

    told: str
    line: int | None = None

    def __str__(self) -> str:
        return f"line {self.line}: {self.told}" if self.line else self.told


class Configuration(Struct, frozen=True):
    """What the file says, and the usual for the rest."""

    file: Path
    preferences: Preferences = Preferences()
    mouse: bool = False
    projector: bool = False
    colours: tuple[tuple[str, str], ...] = ()
    """Roles and their styles, on terminals with 256 colours or more."""
    problems: tuple[Problem, ...] = ()

    @property
    def notice(self) -> str:
        """What the status line says of the problems."""
        if not self.problems:
            return ""
        more = len(self.problems) - 1
        rest = f" ({more} more: bptui config)" if more else "; see bptui config"
        return f"Ignored in {self.file.name}, {self.problems[0]}{rest}"


def configuration_file(environ: Mapping[str, str]) -> Path:
    """Where the configuration is, if there is one."""
    if given := environ.get("BPTUI_CONFIG"):
        return Path(given)
    from platformdirs import user_config_dir

    return Path(user_config_dir("bptui", appauthor=False)) / "config.toml"


def configuration(environ: Mapping[str, str]) -> Configuration:
    """The user's configuration; without a file the usual one."""
    file = configuration_file(environ)
    if not os.path.lexists(file):
        told = "BPTUI_CONFIG names a file that is not there"
        missing = (Problem(told),) if environ.get("BPTUI_CONFIG") else ()
        return Configuration(file, problems=missing)
    from bptui.tui.configuration_text import FILE, parsed  # only who has one waits for this

    try:
        return parsed(read_text(file, FILE), file)
    except PresetError as error:
        return Configuration(file, problems=(Problem(error.message, error.line),))


def painted(colours: dict[str, str]) -> dict[str, dict[str, str]]:
    """The palettes that a user's colours change."""
    return {"rgb": RGB | colours, "light": LIGHT | colours}
