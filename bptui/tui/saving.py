"""Saving what is on the screen: the answer to `save as`."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from pathlib import Path

from bptui.preset.errors import SaveError
from bptui.preset.save import save
from bptui.preset.write import write_preset
from bptui.session.jobs import completed
from bptui.session.session import Session
from bptui.story.continuation import continuation


def save_answer(session: Session) -> Session:
    """Save the network as it is now under the name that was typed; never over a file unasked."""
    prompt = session.prompt
    assert prompt is not None
    name = prompt.text.strip()
    if not name:
        return replace(session, prompt=None)
    path = os.path.expanduser(name)
    if os.path.isfile(path) and not prompt.sure:
        told = f"{name} is there already: enter once more writes over it"
        return replace(session, prompt=replace(prompt, error=told, sure=True))
    try:
        save(preset_text(session), Path(path), overwrite=prompt.sure)
    except SaveError as error:
        return replace(session, prompt=replace(prompt, error=error.message))
    said = f"Saved as {path}; to go on from here: bptui {shlex.quote(path)}"
    return replace(session, prompt=None, said=said)


def preset_text(session: Session) -> str:
    """Return the preset that goes on where a session stands."""
    done, state = completed(session.moment), session.state
    theta = state.theta if done == session.moment.iteration else state.before
    theta = state.theta if session.moment.phase is None else theta
    preset = continuation(session.setup, theta, done + 1)
    name = session.setup.preset.name
    return write_preset(preset, f"{name} at {session.moment}, saved by bptui")
