"""Saving what is on the screen: the answer to `save as`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bptui.preset.errors import SaveError
from bptui.preset.write import save, write_preset
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
    try:
        path = Path(name).expanduser()
        if path.is_file() and not prompt.sure:
            told = f"{name} is there already: enter once more writes over it"
            return replace(session, prompt=replace(prompt, error=told, sure=True))
        save(preset_text(session), path, overwrite=prompt.sure)
    except (SaveError, OSError, RuntimeError, ValueError) as error:
        return replace(session, prompt=replace(prompt, error=str(error)))
    return replace(session, prompt=None, said=f"Saved as {path}; to go on from here: bptui {path}")


def preset_text(session: Session) -> str:
    """Return the preset that goes on where a session stands."""
    done, state = completed(session.moment), session.state
    now = state.now if done == session.moment.iteration else state.begun
    now = state.now if session.moment.phase is None else now
    preset = continuation(session.setup, now, done + 1)
    name = session.setup.preset.name
    return write_preset(preset, f"{name} at {session.moment}, saved by bptui")
