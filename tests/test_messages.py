"""What is said is said whole: no message, error, hint or sentence is cut at 80 columns."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bptui.session import messages as c
from bptui.session.messages import Ask, Page, Panel
from bptui.session.parts import DIGITS
from bptui.session.picker import Entry, Picker
from bptui.session.session import Session
from bptui.session.update import Shown, update
from bptui.story.steps import Granularity
from bptui.view.picker_page import picker_screen
from bptui.view.prompt import HINTS
from bptui.view.rows import to_text
from bptui.view.screen import screen
from bptui.view.status import status
from tests.networks import examples
from tests.sessions import NAMES, after, session_of, shipped, stepped, told


def running() -> Session:
    return after(shipped("mazur"), c.Prompt(Ask.RUN), c.Type("50000"), c.Enter())


def asking(ask: Ask) -> Session:
    return after(shipped("mazur"), c.Prompt(ask))


KEYS = (*map(c.Show, Panel), *map(c.Toggle, Page), *map(c.Prompt, (Ask.EDIT, Ask.GO, Ask.COMMAND)))
PLACES: dict[str, Shown] = {
    **{str(key): after(shipped("mazur"), key) for key in KEYS},
    "running": running(),
    "list": Picker(entries=tuple(Entry(name, name, "", name) for name in "abcdefgh" * 3)),
}
"""Wherever something can be said."""


def shown(there: Shown, text: str, width: int, height: int) -> str:
    """Return the screen after a message, without the blanks between its words."""
    there, _ = update(there, c.Resize(width, height))
    there, _ = update(there, c.Meaningless(text))
    draw = picker_screen if isinstance(there, Picker) else screen
    rows = draw(there, width, height)  # type: ignore[arg-type]
    assert len(rows) == height
    return "".join(to_text(rows).split())


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
def test_a_message_of_any_length_is_shown_whole(place: str, size: tuple[int, int]) -> None:
    there = PLACES[place]
    for words in (1, 12, 13, 25, 40):
        text = " ".join(f"word{k}" for k in range(words))
        assert text.replace(" ", "") in shown(there, text, *size)


@examples(20)
@given(st.lists(st.text("abc漢é,;:=", min_size=1, max_size=70), min_size=1, max_size=9))
def test_words_of_any_length_are_broken_and_not_lost(words: list[str]) -> None:
    assert "".join(words) in shown(shipped("mazur"), " ".join(words), 80, 24)


@pytest.mark.parametrize("ask", HINTS)
def test_an_example_of_an_answer_is_whole_or_not_there(ask: Ask) -> None:
    session = asking(ask)
    for width in (80, 40):
        hint = to_text(status(session, width)).split("\n")[1]
        examples_shown = hint.partition("cancel")[2].strip().split("   ")
        assert set(examples_shown) <= {*HINTS[ask].split("   "), ""}


@pytest.mark.parametrize("name", NAMES)
def test_no_sentence_about_a_moment_is_cut_at_80_columns(name: str) -> None:
    for phases, grain, digits in product((0, 1, 2, 3, 5, 6), Granularity, DIGITS):
        session = replace(
            stepped(replace(session_of(name), granularity=grain), phases), digits=digits
        )
        (row,) = status(session, 80)
        assert "…" not in to_text([row]), (phases, grain, digits)


def test_a_job_and_what_was_said_of_a_key_meanwhile_are_shown_together() -> None:
    session = told(running(), c.Continue(32, 0.1))
    text = to_text(screen(told(session, c.Step(1)), 80, 24))
    assert "Running; esc stops it" in text
    assert "0%" in text
