"""Saving what there is now: the network as a preset, or the screen."""

from __future__ import annotations

import shlex

from msgspec.structs import replace

from bptui.preset.errors import SaveError
from bptui.preset.write import write_preset
from bptui.session.effects import Effect, Save, SaveScreen
from bptui.session.jobs import completed
from bptui.session.keys import key_for
from bptui.session.messages import Ask, Enter, Meaningless, Message, Prompt, Suspend
from bptui.session.parts import Display
from bptui.session.session import Session
from bptui.story.continuation import continuation

_ASKED = (Ask.SAVE, Ask.SCREEN)
"""Prompts for the name of a file."""


def allowed(shown: Display, message: Message) -> Message:
    """What a message means, wherever it is shown: in a browser nothing is written."""
    match message:
        case Prompt(what) if shown.served and what in _ASKED:
            copies = key_for(shown.preferences, "copy")
            return Meaningless(f"Nothing can be saved from a browser; {copies} copies a number")
        case Suspend() if shown.served:
            return Meaningless("There is no shell behind a browser")
        case _:
            return message


def asks_to_save(session: Session, message: Message) -> bool:
    prompt = session.prompt
    return prompt is not None and prompt.ask in _ASKED and isinstance(message, Enter)


def told_saved(session: Session, path: str) -> str:
    """What is said once a file is saved."""
    if session.prompt is not None and session.prompt.ask is Ask.SCREEN:
        return f"Saved as {path}"
    return f"Saved as {path}; to continue from here: bptui {shlex.quote(path)}"


def save(session: Session) -> tuple[Session, tuple[Effect, ...]]:
    """Save under the name typed; the prompt stays open until the result arrives."""
    prompt = session.prompt
    assert prompt is not None
    name = prompt.text.strip()
    if not name:
        return replace(session, prompt=None), ()
    if prompt.ask is Ask.SCREEN:
        return session, (SaveScreen(name, prompt.sure),)
    try:
        text = preset_text(session)
    except SaveError as error:
        return replace(session, prompt=replace(prompt, error=str(error))), ()
    return session, (Save(name, text, prompt.sure),)


def preset_text(session: Session) -> str:
    """The preset that continues from where a session stands.

    Raises:
        SaveError: it would be larger than a preset may be.
    """
    done, state = completed(session.moment), session.state
    now = state.now if done == session.moment.iteration else state.begun
    now = state.now if session.moment.phase is None else now
    preset = continuation(session.setup, now, done + 1)
    name = session.setup.preset.name
    return write_preset(preset, f"{name} at {session.moment}, saved by bptui")
