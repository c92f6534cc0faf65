"""An article's figures as an exercise: its first mistake, and what went wrong."""

from __future__ import annotations

import pytest

from bptui.audit.mistakes import COUNT, cause, causes, first_mistake
from bptui.session import effects as e
from bptui.session import messages as c
from bptui.session.decode import restored
from bptui.session.encode import head_of, record, state_of
from bptui.session.hunt import offered
from bptui.session.messages import Page
from bptui.session.session import Session
from bptui.session.update import update
from bptui.view.finding import MARKS
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.sessions import after, audited, shipped, told

WITH_MISTAKES = ("afteracademy", "hmkcode", "mazur", "pandey", "simplified")


def hunting(name: str) -> Session:
    session = told(shipped(name), c.Toggle(Page.MISTAKE))
    return told(session, c.Audited(session.printed_setup, "", audited(name)))


def pointing(session: Session, line: int) -> Session:
    return after(session, c.Scroll(-999, 999), c.Scroll(line, 999), c.Enter())


def seen(session: Session) -> str:
    return to_text(screen(session, 80, 24))


@pytest.mark.parametrize("name", WITH_MISTAKES)
def test_pointing_then_the_cause_then_its_card(name: str) -> None:
    session = hunting(name)
    place = first_mistake(audited(name))
    assert place is not None
    assert not any(mark in seen(session) for mark in MARKS.values())
    session = pointing(session, place)
    assert session.hunt is not None
    assert session.hunt.found
    words, true = offered(session)
    assert len(set(words)) == COUNT
    session = pointing(session, true)
    assert session.hunt is not None
    assert session.hunt.solved
    assert audited(name).findings[place].printed.text in seen(session)
    session = told(session, c.Enter())
    assert session.page is None
    assert session.trail[-1].quantity == audited(name).findings[place].printed.quantity


def test_a_wrong_figure_tells_neither_which_is_right_nor_its_number() -> None:
    session = pointing(hunting("pandey"), 0)
    assert session.said == "That figure is right"
    session = pointing(session, 1)
    assert session.said.endswith("; 14 figures come before the first mistake")
    carried = next(k for k, f in enumerate(audited("pandey").findings) if f.cause == "carried")
    assert "follows from another" in pointing(session, carried).said
    other = [k for k, f in enumerate(audited("pandey").findings) if f.is_root][-1]
    assert "not the first" in pointing(session, other).said
    assert session.hunt is not None
    assert not session.hunt.found


def test_a_wrong_cause_is_crossed_out_and_another_can_be_chosen() -> None:
    session = pointing(hunting("mazur"), first_mistake(audited("mazur")) or 0)
    true = offered(session)[1]
    session = pointing(session, (true + 1) % COUNT)
    assert session.said == "That would give another number"
    assert "no: " in seen(session)
    assert pointing(session, true).hunt.solved  # type: ignore[union-attr]


def test_the_other_causes_do_not_give_the_figure_and_their_order_stays() -> None:
    session = hunting("afteracademy")
    finding = audited("afteracademy").findings[first_mistake(audited("afteracademy")) or 0]
    words, true = causes(session.auditor, finding)
    assert words[true] == cause(finding)
    assert causes(session.auditor, finding) == (words, true)


def test_an_article_without_a_mistake_says_so_and_one_without_figures_too() -> None:
    assert "has no mistake" in seen(hunting("byu"))
    assert told(shipped("xor"), c.Toggle(Page.MISTAKE)).page is None


def test_the_figures_are_checked_meanwhile() -> None:
    session, effects = update(shipped("mazur"), c.Toggle(Page.MISTAKE))
    assert e.Audit() in effects
    assert isinstance(session, Session)
    assert "checking" in seen(session)


def test_a_kept_session_resumes_it() -> None:
    session = pointing(hunting("pandey"), 3)
    first = record(state_of(session), None, 0)
    assert first is not None
    again = restored([head_of(session), first])
    assert (again.page, again.hunt) == (session.page, session.hunt)
    again = told(again, c.Audited(again.printed_setup, "", audited("pandey")))
    assert seen(again) == seen(session)
