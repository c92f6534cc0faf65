"""What a key means where it is pressed: the one way from keys to messages."""

from __future__ import annotations

from bptui.session import messages as c
from bptui.session.key import By, Context, sign
from bptui.session.key_table import PROMPT_KEYS
from bptui.session.keys import by_name, key_for
from bptui.session.messages import Ask, Message, Panel
from bptui.session.parts import Prompting
from bptui.session.picker import Picker
from bptui.session.session import Session
from bptui.session.update import LISTS, WHILE_BUSY, Shown
from bptui.view.copying import copied
from bptui.view.lookup import look_up
from bptui.view.picker_page import list_height
from bptui.view.screen import inspector_place, last_line

_IN_PICKER = (By, c.Enter, c.Close, c.Suspend, c.Quit)
_PREDICTION_KEYS = {"question_mark": c.Hint(), "space": c.Skip()}
"""What keys do while a number is asked for and nothing is typed."""
_SCROLLED = (Panel.INSPECTOR, Panel.TABLE)


def message_of(shown: Shown, key: str, character: str = "") -> Message:
    """Return what a key means.

    Args:
        shown: what is on the screen.
        key: the key as Textual names it.
        character: what it types, if that can be printed.
    """
    if isinstance(shown, Picker):
        return _in_picker(shown, key, character)
    if shown.prompt is not None:
        return _in_prompt(shown, shown.prompt, key, character)
    if shown.ignored and (character or key == "enter"):
        return c.Ignore(character)
    found, context = by_name(shown.preferences).get(key), context_of(shown)
    meaning = found.meaning(context) if found is not None else None
    if shown.job is not None and character and _is_refused(meaning):
        return c.Ignore(character)
    if meaning is None:
        return c.Meaningless(_told(shown, character or sign(key), known=found is not None))
    return scrolled(shown, meaning) if isinstance(meaning, By) else meaning


def context_of(session: Session) -> Context:
    if session.page is not None:
        return Context.LIST if session.page in LISTS else Context.TEXT
    return Context.SCROLLED if session.panel in _SCROLLED else Context.PANEL


def _is_refused(meaning: Message | None) -> bool:
    """Whether a key may begin a line that was meant for a prompt; steps are pressed repeatedly."""
    return not isinstance(meaning, (*WHILE_BUSY, c.Step))


def _told(session: Session, key: str, *, known: bool) -> str:
    preferences = session.preferences
    if not known:
        return f"{key} does nothing; {key_for(preferences, 'help')} lists the keys."
    return (
        f"{key} does nothing on this page; {key_for(preferences, 'close')} closes it"
        if context_of(session) in _PAGES
        else f"{key} does nothing here"
    )


_PAGES = (Context.LIST, Context.TEXT)


def scrolled(session: Session, by: By) -> Message:
    """Return how far something scrolls, of which the view alone knows how long it is."""
    width, height = session.size
    if session.page is not None:
        size = max(1, height - 3)
        return c.Scroll(by.lines + size * by.pages, last_line(session, session.page, width, height))
    if session.panel is Panel.INSPECTOR:
        last, size = inspector_place(session, width, height)
        return c.Scroll(by.lines + size * by.pages, last)
    last = len(session.setup.network.parameters) - 1
    return c.Scroll(by.lines + max(1, height // 2 - 4) * by.pages, last)


def _in_picker(picker: Picker, key: str, character: str) -> Message:
    found = by_name(picker.preferences).get(key)
    meaning = found.meaning(Context.LIST) if found is not None else None
    if not isinstance(meaning, _IN_PICKER):
        return c.Meaningless(f"{character or sign(key)} does nothing in this list")
    if isinstance(meaning, By):
        page = list_height(picker.size[1]) * meaning.pages
        return c.Scroll(meaning.lines + page, len(picker.entries) - 1)
    return meaning


def _in_prompt(session: Session, prompt: Prompting, key: str, character: str) -> Message:
    if prompt.ask is Ask.COMMAND and key in ("enter", "up", "down", "pageup", "pagedown"):
        return _in_commands(session, prompt, key)
    if prompt.ask is Ask.PREDICTION:
        found = _in_prediction(session, prompt, key, character)
        if found is not None:
            return found
    meaning = PROMPT_KEYS.get(key)
    if prompt.ask is Ask.COPY and character:
        return copied(session, character)
    if meaning is None and character:
        return c.Type(character)
    return meaning or c.Meaningless(f"{sign(key)} does nothing here; esc cancels")


def _in_prediction(session: Session, prompt: Prompting, key: str, character: str) -> Message | None:
    """Return what a key means while a number is asked for, None if it is part of the answer.

    Keys that type nothing look around, as in the panels.
    """
    if key in _PREDICTION_KEYS and (not prompt.text or prompt.picked == 0):
        return _PREDICTION_KEYS[key]
    if character or (key in PROMPT_KEYS and not isinstance(PROMPT_KEYS[key], c.Recall)):
        return None
    named = by_name(session.preferences).get(key)
    meaning = named.meaning(context_of(session)) if named is not None else None
    if isinstance(meaning, By):
        return scrolled(session, meaning)
    return meaning if isinstance(meaning, (c.Move, c.Turn)) else None


def _in_commands(session: Session, prompt: Prompting, key: str) -> Message:
    found = look_up(session, prompt.text)
    if key == "enter":
        if not found:
            return c.Meaningless("Nothing is called that; esc cancels.")
        chosen = found[min(session.line, len(found) - 1)]
        meaning = chosen.key.meaning(context_of(session)) if chosen.key is not None else None
        return c.Run(scrolled(session, meaning) if isinstance(meaning, By) else chosen.command)
    size = max(1, session.size[1] - 4)
    by = {"up": -1, "down": 1, "pageup": -size, "pagedown": size}[key]
    return c.Scroll(by, len(found) - 1)
