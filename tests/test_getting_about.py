"""Getting about: anything is found by a few letters, and one comes back to where one was."""

from __future__ import annotations

import pytest

from bptui.session import messages as c
from bptui.session.messages import Ask, Page
from bptui.session.session import Session
from bptui.story.moment import Moment, Phase, parse_moment
from bptui.view.key_meaning import message_of
from bptui.view.lookup import look_up
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.sessions import WIDE, after, audited, made, shipped, stepped


def chosen(session: Session, text: str) -> Session:
    """Return a session after ctrl+p, a text and enter."""
    session = after(session, c.Prompt(Ask.COMMAND), c.Type(text))
    return after(session, message_of(session, "enter"))


@pytest.mark.parametrize(
    ("text", "card"),
    [
        ("w5", "w5"),
        ("dE/dw5", "dE/dw5"),
        ("0.0822", "dE/dw5"),
        ("0.08216", "dE/dw5"),
        ("delta o1", "dE/dnet o1"),
        ("out h2", "out h2"),
    ],
)
def test_a_name_or_a_number_opens_the_card_of_what_has_it(text: str, card: str) -> None:
    session = chosen(stepped(shipped("mazur"), 2), text)
    assert session.prompt is None
    shown = session.trail[-1].quantity if session.trail else session.selected
    assert str(shown) == card


def test_a_printed_figure_is_found_where_it_is_printed() -> None:
    session = chosen(stepped(shipped("mazur"), 1), "0.35891648")
    assert session.moment == Moment.of(1, Phase.UPDATE)
    assert str(session.trail[-1].quantity) == "w5"


def test_a_convention_is_found_by_what_people_call_it() -> None:
    for text in ("eta", "lr", "learning rate", "rate"):
        session = chosen(shipped("mazur"), text)
        assert session.prompt is not None
        assert session.prompt.ask is Ask.EDIT
        assert session.prompt.text == "learning_rate = 0.5"
        assert after(session, c.Type("0.1")).prompt.text == "learning_rate = 0.1"  # type: ignore[union-attr]


def test_commands_called_so_come_first_and_show_their_keys() -> None:
    session = shipped("mazur")
    assert look_up(session, "zoom")[0].label == "zoom"
    assert look_up(session, "")[0].label == "step"
    assert not look_up(session, "no such thing")
    page = to_text(screen(after(session, c.Prompt(Ask.COMMAND), c.Type("zoom")), 100, 24))
    assert " ▸ zoom" in page
    assert "  z " in page
    assert "Nothing is called that" in to_text(
        screen(after(session, c.Prompt(Ask.COMMAND), c.Type("no such thing")), 100, 24)
    )


def test_in_a_large_network_an_address_is_found_all_the_same() -> None:
    session = made(WIDE)
    found = [one.label for one in look_up(session, "net h30")]
    assert found[0] == "net h30"


def test_one_comes_back_from_jumps_and_forward_again() -> None:
    start = after(stepped(shipped("mazur"), 2), c.Select("w5"))
    away = after(start, c.Prompt(Ask.GO), c.Type("40 forward"), c.Enter())
    further = chosen(away, "net o2")
    back = after(further, c.Return(1))
    assert (back.moment, back.selected) == (parse_moment("40 forward"), "w5")
    home = after(back, c.Return(1))
    assert (home.moment, home.selected) == (start.moment, "w5")
    assert after(home, c.Return(-1), c.Return(-1)).selected == "o2"
    assert after(home, c.Return(1), c.Return(1)).said == "No earlier place to go back to"
    stepped_on = after(home, c.Step(1))
    assert stepped_on.later  # a step is no jump
    assert not after(home, c.Jump(Moment(0))).later


def test_lists_keep_their_cursors_and_say_where_they_are() -> None:
    session = stepped(shipped("simplified"), 2)
    session = after(session, c.Audited(session.printed_setup, "", audited("simplified")))
    there = after(session, c.Toggle(Page.FIGURES), c.Scroll(7, 40))
    text = to_text(screen(there, 80, 24))
    assert "8 of " in text
    assert "quantity" in text
    again = after(there, c.Close(), c.Toggle(Page.FIGURES))
    assert again.line == 7
