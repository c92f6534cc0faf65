"""The list of commands and things that a few typed letters leave."""

from __future__ import annotations

from bptui.session.key import signs
from bptui.session.keys import KEYS
from bptui.session.session import Session
from bptui.view.lookup import Found, look_up
from bptui.view.prompt import hint_rows, prompt_row
from bptui.view.rows import Row, Span, around, cells, fit_rows, over, pad, pointer

_LABEL = max(len(key.label) for key in KEYS)
_KEYS = 16


def commands_page(session: Session, width: int, height: int) -> list[Row]:
    prompt = session.prompt
    assert prompt is not None
    found, room = look_up(session, prompt.text), max(1, height - 3)
    line = min(session.line, max(0, len(found) - 1))
    first = around(line, len(found), room)
    rows: list[Row] = [(Span(" bptui ", "brand"), Span(" commands", "heading"))]
    for place, one in enumerate(found[first : first + room], first):
        rows.append(_found(one, chosen=place == line))
    if not found:
        rows.append((Span(" Nothing is called that.", "label"),))
    asked = [prompt_row(prompt, width), *hint_rows(session, prompt, width)]
    return over(fit_rows(rows, width, height), asked)


def _found(found: Found, *, chosen: bool) -> Row:
    keys = signs(found.key) if found.key is not None else ""
    label = pad(found.label, max(_LABEL, cells(found.label)))
    return (
        pointer(chosen),
        Span(label, "fact selected" if chosen else "fact"),
        Span("  " + keys + " " * max(1, _KEYS - cells(keys)), "key"),
        Span(found.help, "path"),
    )
