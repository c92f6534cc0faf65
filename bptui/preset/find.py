"""Where presets are: those that ship with bptui, and files by path."""

from __future__ import annotations

import os.path
import re
from pathlib import Path

import bptui
from bptui.preset.errors import PresetError, did_you_mean
from bptui.preset.limits import MAX_BYTES


def shipped_folder() -> Path:
    """The folder of shipped presets: in an installed package, or beside it in a checkout."""
    package = Path(bptui.__file__).parent
    inside = package / "presets"
    return inside if inside.is_dir() else package.parent / "presets"


def shipped_presets() -> list[Path]:
    """The files of the presets that ship with bptui, by name."""
    return sorted(shipped_folder().glob("*.toml"), key=lambda file: file.stem)


def files_here() -> list[Path]:
    """The TOML files of the current folder, by name, but for shipped presets."""
    try:
        files = [file for file in Path().glob("*.toml") if file.is_file()]
    except OSError:  # the folder is gone
        return []
    inside = Path().resolve() == shipped_folder().resolve()
    return [] if inside else sorted(files)


def seems_preset(file: Path) -> bool:
    """Whether a TOML file that is no valid preset was meant as one."""
    try:
        with open(file, "rb") as stream:
            return _TABLE.search(stream.read(MAX_BYTES)) is not None
    except OSError:
        return True


_TABLE = re.compile(rb"(?m)^\s*\[*\s*(training|layers|weights|samples)\b")


def find_preset(name: str) -> Path:
    """The file that NAME on a command line means: a shipped preset or a path.

    Raises:
        PresetError: a plain name that is neither.
    """
    path = Path(name)
    if path.name != name or name.endswith(".toml"):
        return path
    shipped = {file.stem: file for file in shipped_presets()}
    if name in shipped:
        return shipped[name]
    if os.path.lexists(name):
        return path
    raise PresetError(
        f"neither a shipped preset nor a file; {did_you_mean(name, shipped)}", name or '""'
    )
