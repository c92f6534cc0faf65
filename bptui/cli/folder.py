"""A folder of files that a command writes: each whole, and none over another unless told to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from bptui.preset.errors import SaveError
from bptui.preset.save import save

_MOST = 60
"""Characters of a file's name made of a person's."""


class Folder:
    """Where files go."""

    def __init__(self, name: str, *, force: bool) -> None:
        self.path, self._force = Path(name), force
        self._taken: dict[str, str] = {}

    def open(self) -> None:
        """Make the folder, before long work.

        Raises:
            SaveError: it cannot be made, or has files already that may not be overwritten.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if not self._force and any(self.path.iterdir()):
                told = "the folder is not empty; give another, or add --force"
                raise SaveError(told, str(self.path))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            told = f"cannot be made a folder: {reason}; give another"
            raise SaveError(told, str(self.path)) from None

    def write(self, name: str, text: str | Iterable[str]) -> None:
        save(text, self.path / name, self._force)

    def stem(self, name: str) -> str:
        """A file's name for a person's, which no other has."""
        plain = file_stem(name)
        stem, number = plain, 1
        while self._taken.setdefault(stem.casefold(), name) != name:
            number += 1
            stem = f"{plain}-{number}"
        return stem


def file_stem(name: str) -> str:
    """A name in letters, digits and hyphens, as any system has them.

    >>> file_stem("Zoë O'Hara"), file_stem("../../x"), file_stem("?")
    ('zoe-o-hara', 'x', 'unnamed')
    """
    base = unicodedata.normalize("NFKD", name).casefold()
    base = "".join(char for char in base if not unicodedata.combining(char))
    found: str = re.sub(r"[^\w]+", "-", base).strip("-_")[:_MOST]
    return found or "unnamed"
