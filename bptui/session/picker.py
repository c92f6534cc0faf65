"""Choosing a preset or a kept session from a list, as one frozen value and its update."""

from __future__ import annotations

from msgspec.structs import replace

from bptui.session import effects as e
from bptui.session import messages as c
from bptui.session.effects import Effect
from bptui.session.keys import key_for
from bptui.session.messages import Entry, Message
from bptui.session.parts import Display
from bptui.session.session import Session, open_session

__all__ = ["Entry", "Picker", "update_picker"]


class Picker(Display, frozen=True, eq=False, kw_only=True):
    """A list and its cursor."""

    entries: tuple[Entry, ...]
    chosen: int = 0
    message: str = ""
    """Why the last choice cannot be opened, or the last key does nothing."""
    behind: Session | None = None
    """The session to return to, if any."""
    kept: bool = False
    """Whether it lists kept sessions rather than presets."""
    size: tuple[int, int] = (80, 24)
    """The screen's width and height."""


def update_picker(picker: Picker, message: Message) -> tuple[Session | Picker, tuple[Effect, ...]]:
    match message:
        case c.Scroll(by, _):
            chosen = min(max(picker.chosen + by, 0), max(0, len(picker.entries) - 1))
            edge = "Already at the top" if by < 0 else "Already at the end"
            return replace(picker, chosen=chosen, message=edge * (chosen == picker.chosen)), ()
        case c.Select(file):
            return replace(picker, chosen=_place(picker.entries, file, picker.chosen)), ()
        case c.Enter() if picker.chosen < len(picker.entries):
            file = picker.entries[picker.chosen].file
            return picker, (e.Resume(file) if picker.kept else e.Load(file),)
        case c.Close() if picker.behind is not None:
            return replace(picker.behind, size=picker.size), ()
        case c.Enter():
            return replace(picker, message="Nothing to open"), ()
        case c.Close():
            quits = key_for(picker.preferences, "quit")
            return replace(picker, message=f"No preset is open; {quits} quits"), ()
        case c.Loaded(setup):
            return open_session(setup, picker, picker.size), ()
        case c.Listed(entries):
            return replace(picker, entries=entries, chosen=_chosen(picker, entries)), ()
        case c.Meaningless(told) | c.Said(told) | c.Failed(told):
            return replace(picker, message=told), ()
        case _:
            return picker, ()


def _chosen(picker: Picker, entries: tuple[Entry, ...]) -> int:
    """Where the cursor goes in a new list: to what it was on, at first to the open preset."""
    if picker.entries:
        return _place(entries, picker.entries[picker.chosen].file, 0)
    if picker.behind is None:
        return 0
    preset = picker.behind.setup.preset
    named = next((entry.file for entry in entries if entry.name == preset.name), "")
    return _place(entries, preset.file, _place(entries, named, 0))


def _place(entries: tuple[Entry, ...], file: str, otherwise: int) -> int:
    return next((k for k, entry in enumerate(entries) if entry.file == file), otherwise)
