"""Keeping a session, as records from which `decode` rebuilds it.

The first record is the head, with the preset. Each later one is numbered and has the fields that a
key changed; one marked "all" is a whole state, from which a reader can continue if earlier records
are lost.

A state is what msgspec makes of `Kept`. Timelines are not kept but run again.
"""

from __future__ import annotations

from typing import Any

import msgspec

from bptui import __version__
from bptui.session.parts import Iterations, Lasting
from bptui.session.session import Session

VERSION = 3
"""Of the records; no other version is read."""

Record = dict[str, Any]
"""JSON data."""


class SessionFileError(Exception):
    """A session that cannot be rebuilt; the message says why, on one line."""


class Kept(Lasting, frozen=True):
    """All that is kept of a session, besides the preset."""

    ran: tuple[Iterations, ...] = ()
    """How far each branch was run."""
    ended: bool = False
    """Whether the user quit, as opposed to a crash or a signal."""


def head_of(session: Session) -> Record:
    preset = session.printed_setup.preset
    return {
        "session": VERSION,
        "bptui": __version__,
        "file": preset.file,
        "text": preset.text,
        **({} if preset.rows is None else {"table": preset.rows.text}),
    }


def state_of(session: Session) -> Record:
    """A session's state as JSON data."""
    kept = Kept(
        **{name: getattr(session, name) for name in Lasting.__struct_fields__},
        ran=tuple(timeline.ran for timeline in session.timelines),
    )
    state: Record = msgspec.to_builtins(kept, str_keys=True)
    return state


def record(state: Record, before: Record | None, number: int) -> Record | None:
    """What changed since a state, as a numbered record; None if nothing did.

    The first one is whole.
    """
    if before is None:
        return {"n": number, "all": True, **state}
    changed = {key: value for key, value in state.items() if before[key] != value}
    return {"n": number, **changed} if changed else None


def end_record(number: int) -> Record:
    """The record that its user has left the session."""
    return {"n": number, "ended": True}
