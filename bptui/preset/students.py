"""The names of students."""

from __future__ import annotations

import csv

from bptui.preset.errors import PresetError, shortened
from bptui.preset.sheet_csv import delimiter


def names_in(text: str, file: str) -> list[str]:
    """The names of students, one a line, or the first cells of CSV; a header is left out.

    Raises:
        PresetError: there are none, or one is there twice, or a line is not CSV.
    """
    found: dict[str, int] = {}
    sign = delimiter(text)
    for line, row in enumerate(text.splitlines(), 1):
        try:
            cells = next(csv.reader([row], delimiter=sign), [""]) if sign else [row]
        except csv.Error as error:
            raise PresetError(f"not CSV: {error}; check the quotes", file, line) from None
        name = "".join(cells[:1]).strip()
        if not name or (not found and name.casefold() in ("name", "student", "names")):
            continue
        if name in found:
            told = f'"{shortened(name)}" is in line {found[name]} already; tell them apart'
            raise PresetError(told, file, line)
        found[name] = line
    if not found:
        raise PresetError("no names; write one a line", file)
    return [*found]
