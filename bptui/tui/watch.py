"""Notices that the files of the open preset were saved."""

from __future__ import annotations

import os
from pathlib import Path

from bptui.preset.find import shipped_folder
from bptui.preset.model import Preset

Stamp = tuple[int, int, int]
"""When a file was changed, which one it is, and its size: editors write anew, or put in place."""


class Watch:
    """Looks at the files of a preset, if it is the user's own."""

    def __init__(self) -> None:
        self._shipped = str(shipped_folder())
        self._stamps: dict[str, Stamp | None] = {}

    def sees_change(self, preset: Preset) -> bool:
        """Whether a file has changed since the last look; the first look sees none."""
        files = [preset.file, *([preset.rows.file] if preset.rows is not None else [])]
        if preset.file.startswith(self._shipped):
            files = []
        before, found = self._stamps, {file: _stamp(file) for file in files}
        # a file that is not there is being put in place
        self._stamps = {file: stamp or before.get(file) for file, stamp in found.items()}
        return any(
            stamp is not None and before.get(file, stamp) not in (None, stamp)
            for file, stamp in found.items()
        )


def _stamp(file: str) -> Stamp | None:
    try:
        found = os.stat(Path(file))
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
