"""The list of commands: those of the table of keys that a few typed letters leave."""

from __future__ import annotations

from bptui.session import messages as c
from bptui.session.messages import Ask
from bptui.session.session import Session
from bptui.view.key import Key, signs
from bptui.view.key_table import KEYS
from bptui.view.prompt import hint_rows, prompt_row
from bptui.view.rows import Row, Span, around, cells, fit_rows, over, pad, pointer

_LABEL = max(len(key.label) for key in KEYS)
_KEYS = 16


def matching(text: str) -> list[Key]:
    """Return the keys of which the label, or else the help, has what is typed."""
    text = " ".join(text.lower().split())
    words = text.split()

    def rank(key: Key) -> int:
        if key.label.startswith(text):
            return key.label != text
        if all(word in key.label for word in words):
            return 2
        return 3 if all(word in key.help.lower() for word in words) else 4

    keys = [key for key in KEYS if key.command != c.Prompt(Ask.COMMAND) and rank(key) < 4]
    return sorted(keys, key=rank)


def commands_page(session: Session, width: int, height: int) -> list[Row]:
    prompt = session.prompt
    assert prompt is not None
    found, room = matching(prompt.text), max(1, height - 3)
    line = min(session.line, max(0, len(found) - 1))
    first = around(line, len(found), room)
    rows: list[Row] = [(Span(" bptui ", "brand"), Span(" commands", "heading"))]
    for place, key in enumerate(found[first : first + room], first):
        rows.append(_command(key, chosen=place == line))
    if not found:
        rows.append((Span(" No command matches.", "label"),))
    asked = [prompt_row(prompt, width), *hint_rows(session, prompt, width)]
    return over(fit_rows(rows, width, height), asked)


def _command(key: Key, *, chosen: bool) -> Row:
    keys = signs(key)
    return (
        pointer(chosen),
        Span(pad(key.label, _LABEL), "fact selected" if chosen else "fact"),
        Span("  " + keys + " " * max(1, _KEYS - cells(keys)), "key"),
        Span(key.help, "path"),
    )
