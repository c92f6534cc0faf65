"""Choosing a preset from a list, as one frozen value and its update."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bptui.session import messages as c
from bptui.session.messages import Command
from bptui.session.session import Session


@dataclass(frozen=True)
class Entry:
    """A preset in the list."""

    name: str
    title: str
    source: str
    file: str


@dataclass(frozen=True, eq=False)
class Picker:
    """The list and what the cursor is on."""

    entries: tuple[Entry, ...]
    chosen: int = 0
    message: str = ""
    """Why the last choice could not be opened."""
    behind: Session | None = None
    """The session to return to, if there is one."""
    kept: bool = False
    """Whether the list is one of kept sessions, not of presets."""


def update_picker(picker: Picker, command: Command) -> Picker:
    """Return the picker after a command."""
    match command:
        case c.Move(along, _):
            chosen = min(max(picker.chosen + along, 0), len(picker.entries) - 1)
            return replace(picker, chosen=chosen, message="")
        case c.Select(name):
            names = [name_of(picker, entry) for entry in picker.entries]
            return replace(picker, chosen=names.index(name)) if name in names else picker
        case _:
            return picker


def name_of(picker: Picker, entry: Entry) -> str:
    """Return what an entry is selected by: kept sessions are often of the same preset."""
    return entry.file if picker.kept else entry.name
