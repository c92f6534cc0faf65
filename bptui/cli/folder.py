"""A folder of files that a command writes: each whole, and none over another unless told to."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from bptui.preset.errors import SaveError
from bptui.preset.save import save
from bptui.preset.sheet_csv import as_cell, csv_line

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

    def stem(self, name: str, suffixes: Sequence[str] = ("",)) -> str:
        """A file's name for a person's, such that no other person has one of its files.

        Args:
            name: the person's.
            suffixes: what the names of the files have after it.
        """
        plain = file_stem(name)
        stem, number = plain, 1
        while any(self._taken.get(f"{stem}{suffix}", name) != name for suffix in suffixes):
            number += 1
            stem = f"{plain}-{number}"
        self._taken.update((f"{stem}{suffix}", name) for suffix in suffixes)
        return stem


def file_stem(name: str) -> str:
    """A name in small letters, digits and hyphens, as any system has them.

    >>> file_stem("Zoë O'Hara"), file_stem("../../x"), file_stem("?"), file_stem("CON")
    ('zoe-o-hara', 'x', 'unnamed', 'con-')
    """
    base = unicodedata.normalize("NFKD", name).casefold()
    base = "".join(char for char in base if not unicodedata.combining(char))
    base = unicodedata.normalize("NFC", base)
    found: str = re.sub(r"[^\w]+", "-", base).strip("-_")[:_MOST]
    return f"{found}-" if _OF_WINDOWS.fullmatch(found) else found or "unnamed"


_OF_WINDOWS = re.compile("con|prn|aux|nul|com[0-9]|lpt[0-9]")
"""What Windows takes for a device, whatever ending a name has."""


def people(stems: Mapping[str, str]) -> str:
    """The list of a folder of exercises, from what each person's files are called."""
    return "".join(map(csv_line, [("name", "file"), *stems.items()]))


def of_person(folder: Path, name: str, suffix: str) -> Path:
    """The file that a folder of exercises has for a person: as its list says, else by the name."""
    cell = as_cell(unicodedata.normalize("NFC", name))
    stem = _listed(folder).get(cell, file_stem(name))
    return folder / f"{stem}{suffix}"


LIST = "list.csv"
"""Says in a folder of exercises whose files are called what."""


@lru_cache(maxsize=4)
def _listed(folder: Path) -> dict[str, str]:
    try:
        text = (folder / LIST).read_text(encoding="utf-8")
        rows = [row for row in csv.reader(text.splitlines()) if len(row) == 2]
    except (OSError, UnicodeDecodeError, csv.Error):
        return {}
    return dict(rows[1:])
