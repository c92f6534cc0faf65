"""A search finds the next moment, and the last one, that looking at every moment finds."""

from __future__ import annotations

import math

import pytest

from bptui.session import messages as c
from bptui.session.messages import Ask
from bptui.session.session import Session
from bptui.story.address import Kind
from bptui.story.conditions import Condition, parse_condition
from bptui.story.moment import START, Moment, parse_moment
from bptui.story.steps import Granularity
from bptui.story.timeline import Timeline
from bptui.story.values import Values
from tests.edits import SMALL, small
from tests.sessions import done, stepped
from tests.walks import (
    answered,
    edits_of,
)


def truth(condition: Condition, before: float, now: float) -> bool:
    """Whether a condition holds, written from its words."""
    if condition.absolute:
        before, now = abs(before), abs(now)
    bound, relation = condition.bound, condition.relation
    plain = {
        "<": now < bound,
        "<=": now <= bound,
        ">": now > bound,
        ">=": now >= bound,
        "=": now == bound,
        "!=": now != bound,
    }
    if math.isnan(now):
        return False
    if relation in plain:
        return plain[relation]
    limit = bound if relation == "crosses" else 0.0
    if math.isnan(before):
        return False
    return before != now if relation == "changes" else (before < limit) != (now < limit)


def all_hits(timeline: Timeline, condition: Condition, last: int) -> list[Moment]:
    """Return every moment of some iterations where a condition holds, by looking at each."""
    found, quantity = [], condition.quantity
    before = math.nan
    if quantity.kind is Kind.PARAMETER:
        before = Values(timeline.state(START)).get(quantity) or 0.0
    for k in range(1, last + 1):
        value = Values(timeline.state(condition.moment(k))).get(quantity)
        now = math.nan if value is None else value
        if truth(condition, before, now):
            found.append(condition.moment(k))
        before = now
    return found


@pytest.fixture(scope="module")
def edited_session() -> Session:
    """Return a session whose branch was edited at several places."""
    session = small()
    for when, text in (("5 update", "w1 = 0.9"), ("9 forward", "w5 = -1"), ("12 update", "w1=-1")):
        session = answered(answered(session, Ask.GO, when), Ask.EDIT, text)
    return session


@pytest.mark.usefixtures("short_searches")
@pytest.mark.parametrize(
    "text",
    [
        "w1 > 0.5",
        "w1 changes sign",
        "w5 crosses -0.3",
        "|w1| < 0.95",
        "E < 0.3",
        "E crosses 0.5",
        "dE/dw1 changes sign",
        "|dE/dw5| < 0.05",
        "out h1 @2 > 0.2",
        "input i1 @1 > 0",
        "step w1 changes sign",
        "b2 changes",
    ],
)
def test_a_search_finds_the_next_moment_and_the_last_one(
    edited_session: Session, text: str
) -> None:
    setup = edited_session.setup
    condition = parse_condition(text, setup)
    fresh = Timeline(SMALL.setup())
    for moment, change in edits_of(edited_session):
        fresh = fresh.edited(moment, change)
    hits = all_hits(fresh, condition, 80)
    for at in (*range(0, 60, 7), *range(13, 18), 25, 26, 36, 37):
        here = done(edited_session, c.Jump(Moment(at)))
        later = [hit for hit in hits if hit > here.moment]
        found = answered(here, Ask.SEARCH, text)
        first = condition.moment(here.moment.iteration)
        first_looked_at = here.moment.iteration + (first <= here.moment)
        if later and later[0].iteration < first_looked_at + 50:
            assert found.moment == later[0], here.moment
            assert found.said.startswith(f"{condition} holds: {condition.quantity} = ")
        else:
            assert found.moment == here.moment
            limit = first_looked_at + 49
            told = f"{condition} does not hold up to iteration {limit}"
            assert found.said == told
        earlier = [hit for hit in hits if hit < here.moment]
        found = answered(here, Ask.SEARCH_BACK, text)
        assert found.moment == (earlier[-1] if earlier else here.moment)
        if not earlier:
            assert found.said == f"{condition} does not hold before this moment"


def test_a_search_is_repeated_both_ways() -> None:
    session = done(small(), c.Find(1))
    assert session.said == "No search yet; / starts one"
    session = answered(session, Ask.SEARCH, "E changes")
    moments = [session.moment]
    for way in (1, 1, -1, -1):
        session = done(session, c.Find(way))
        moments.append(session.moment)
    assert [str(moment) for moment in moments] == [f"{k} forward" for k in (2, 3, 4, 3, 2)]
    again = done(session, c.Prompt(Ask.SEARCH), c.Enter())
    assert str(again.moment) == "3 forward"


def test_a_phase_of_which_some_is_to_come_is_searched_too() -> None:
    session = done(stepped(small(), 3), c.Refine(2), c.Step(1))
    assert session.granularity is Granularity.NEURON
    assert (str(session.moment), session.left > 0) == ("2 forward", True)
    assert str(answered(session, Ask.SEARCH, "E > 0").moment) == "2 forward"
    assert answered(session, Ask.SEARCH, "E > 0").left == 0
    assert str(answered(session, Ask.SEARCH_BACK, "w1 > -9").moment) == "1 update"
    session = done(session, c.Jump(parse_moment("2 backward")), c.Step(1))
    assert (str(session.moment), session.left > 0) == ("2 update", True)
    assert str(answered(session, Ask.RUN, "1").moment) == "2 update"
    assert answered(session, Ask.RUN, "1").left == 0
