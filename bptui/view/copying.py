"""What can be copied of the quantity under the cursor. To add a form is to add one table entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bptui.session.messages import Copy, Meaningless
from bptui.session.selecting import pointed_at
from bptui.session.session import Session
from bptui.story.derivation import derive
from bptui.view.card import DIGITS
from bptui.view.explain_report import Explained, as_equations, as_formula, as_text
from bptui.view.numbers import show
from bptui.view.rows import plain

MOST = 74_994
"""Bytes that terminals take at once; some would drop more without a word."""


class Form(NamedTuple):
    """A way to copy a quantity."""

    word: str
    text: Callable[[Session, Explained], str]


COPIES = {
    "n": Form("number", lambda session, it: show(it.value, session.digits or DIGITS)),
    "f": Form("formula", lambda session, it: as_formula(session.numbers, it)),
    "l": Form("LaTeX", lambda session, it: as_equations(session.numbers, it)),
    "a": Form("address", lambda session, it: str(it.derivation.quantity)),
    "c": Form("card", lambda session, it: as_text(session.numbers, it)),
}


def copied(session: Session, letter: str) -> Copy | Meaningless:
    """Return what a letter copies, or why it copies nothing."""
    quantity, moment = pointed_at(session)
    if letter not in COPIES:
        return Meaningless(f"{letter} copies nothing; esc cancels")
    value = session.value_at(quantity, moment)
    if value is None:
        return Meaningless(f"{quantity} is not computed yet")
    figures = session.printed(quantity, moment)
    derivation = derive(session.numbers, quantity, moment)
    form = COPIES[letter]
    text = form.text(session, Explained(derivation, moment, value, 0, figures))
    if len(text.encode()) > MOST:
        return Meaningless(f"The {form.word} of {quantity} is too long for a terminal's clipboard")
    told = f"Copied the {form.word} of {plain(str(quantity))}"
    return Copy(text, told if "\n" in text else f"{told}: {text}")
