"""Keeping a session: as records from which it can be made again, in whatever way it ended.

The first record is the head: what the session is of. Each one after that is numbered and says what
a command changed; one that is marked whole says everything, so that the reader can go on from it
when records before it are lost. `restoring` reads them back.
"""

from __future__ import annotations

from typing import Any

import msgspec

from bptui import __version__
from bptui.session.session import Prompting, Session
from bptui.story.edits import Change

VERSION = 2
"""Of the records; those of another version are not read."""

Record = dict[str, Any]
"""What JSON can say."""


class SessionFileError(Exception):
    """A session that cannot be made again; the message says why, on one line."""


def head_of(session: Session) -> Record:
    """Return the record that a file begins with."""
    preset = session.branches[0].timeline.setup.preset
    return {
        "session": VERSION,
        "bptui": __version__,
        "file": preset.file,
        "text": preset.text,
    }


def state_of(session: Session) -> Record:
    """Return all of a session that its user would miss, but for the preset."""
    branches, prompt = session.branches, session.prompt
    return {
        "made": [[b.parent, _written(b.change), b.moment.at] for b in branches[1:]],
        "ran": {str(k): [b.reached, b.overrun, b.timeline.ran] for k, b in enumerate(branches)},
        "here": session.here,
        "other": session.other,
        "undone": list(session.undone),
        "moment": session.moment.at,
        "left": session.left,
        "granularity": session.granularity.value,
        "selected": session.selected,
        "trail": [[str(opened.quantity), opened.moment.at] for opened in session.trail],
        "cursor": session.cursor,
        "panel": session.panel.value,
        "second": session.second.value,
        "sample": session.sample,
        "log": session.log,
        "digits": session.digits,
        "whole": session.whole,
        "page": None if session.page is None else session.page.value,
        "line": session.line,
        "compared": session.compared,
        "zoomed": session.zoomed,
        "projector": session.projector,
        "aim": session.aim,
        "marks": {letter: [k, moment.at] for letter, (k, moment) in session.marks.items()},
        "condition": None if session.condition is None else str(session.condition),
        "prompt": None if prompt is None else _prompt_state(prompt),
        "answers": {ask.name: list(given) for ask, given in session.answers.items()},
        "speed": session.speed,
        "said": session.said,
    }


def _prompt_state(prompt: Prompting) -> Record:
    """Return a prompt without `sure`: an answer is given twice in the same sitting."""
    return {
        "ask": prompt.ask.name,
        "text": prompt.text,
        "caret": prompt.caret,
        "error": prompt.error,
        "picked": prompt.picked,
        "recalled": prompt.recalled,
    }


def _written(change: Change | None) -> object:
    assert change is not None  # a branch was made by a change
    return msgspec.to_builtins(change)


def record(state: Record, before: Record | None, number: int) -> Record | None:
    """Return what a state adds to the one before, as a numbered record; None if nothing.

    Without a state before it, the record is whole.
    """
    if before is None:
        return {"n": number, "all": True, **state}
    changed = {name: value for name, value in state.items() if value != before[name]}
    if not changed:
        return None
    if "made" in changed:
        changed["made"] = state["made"][len(before["made"]) :]
    if "ran" in changed:
        there = before["ran"]
        changed["ran"] = {k: ran for k, ran in state["ran"].items() if there.get(k) != ran}
    return {"n": number, **changed}


def end_record(number: int) -> Record:
    """Return the record of a session that its user has left."""
    return {"n": number, "ended": True}
