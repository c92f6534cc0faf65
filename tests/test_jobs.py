"""Going anywhere in any way shows what a fresh run to that moment shows, to the last bit."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.session import messages as c
from bptui.session.key import By
from bptui.session.messages import Ask, Page
from bptui.session.session import Session, open_session
from bptui.story.moment import START, Moment, Phase, parse_moment
from bptui.story.slices import Slices
from bptui.story.timeline import Timeline
from bptui.story.values import Values
from tests.edits import HEAVY, SMALL, bits, small
from tests.networks import examples
from tests.sessions import XOR, after, done, made, shipped, stepped, told
from tests.walks import (
    answered,
    can_be_replayed,
    edits_of,
    look,
    random_commands,
    typed,
    walk,
    wrong_in,
)


@pytest.mark.usefixtures("short_searches")
@pytest.mark.parametrize("name", ["mazur", "XOR", "small", "momentum"])
def test_a_long_walk_always_shows_the_numbers_of_a_fresh_run(name: str) -> None:
    begin: dict[str, Callable[[], Session]] = {
        "mazur": lambda: shipped("mazur"),
        "XOR": lambda: made(XOR),
        "small": small,
        "momentum": lambda: open_session(HEAVY.setup()),
    }
    session = walk(random.Random(name), begin[name](), 150, 30)
    assert len(session.branches) > 10
    replayed = 0
    for place in range(0, len(session.branches), 5):
        there = done(session, c.Toggle(Page.BRANCHES), By(-999), By(place))
        there = done(there, c.Enter())
        assert there.here == place
        if can_be_replayed(there):
            assert wrong_in(there) == []
            replayed += 1
    assert replayed > 1


@pytest.mark.usefixtures("short_searches")
@examples(2)  # the walks above have more of them
@given(st.integers(0, 2**32))
def test_a_session_is_what_its_edits_make_of_a_fresh_timeline(seed: int) -> None:
    rng, session = random.Random(seed), small()
    for _ in range(30):
        for command in random_commands(rng, session):
            session = done(session, command)
        fresh = Timeline(SMALL.setup())
        for moment, change in edits_of(session):
            fresh = fresh.edited(moment, change)
        state = fresh.state(session.moment)
        assert bits(session.state) == bits(state)
        assert repr(session.values.all()) == repr(Values(state).all())
        count = session.computed_losses
        assert session.losses.tobytes() == fresh.losses(count).tobytes()
    look(session)


# ---- moving --------------------------------------------------------------------------------------


def test_iterations_are_travelled_to_the_same_phase() -> None:
    session = stepped(small(), 2)
    assert str(done(session, c.Travel(1)).moment) == "2 backward"
    assert str(done(session, c.Travel(10)).moment) == "11 backward"
    assert str(done(session, c.Travel(10), c.Travel(-1)).moment) == "10 backward"
    assert done(session, c.Travel(-1)).moment == START
    assert str(done(session, c.Travel(10), c.Jump(START), c.End()).moment) == "11 update"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("120", "120 forward"),
        ("1,200", "1200 forward"),
        ("+50", "52 forward"),
        ("-1", "1 forward"),
        ("-20", "start"),
        ("0", "start"),
        ("start", "start"),
        ("10 backward", "10 backward"),
        ("end", "9 update"),
    ],
)
def test_places_can_be_typed(text: str, moment: str) -> None:
    session = answered(answered(shipped("mazur"), Ask.RUN, "9"), Ask.GO, "2 forward")
    assert str(answered(session, Ask.GO, text).moment) == moment


def test_from_the_start_a_number_is_the_end_of_an_iteration() -> None:
    assert str(answered(shipped("mazur"), Ask.GO, "7").moment) == "7 update"


def test_there_is_a_last_iteration() -> None:
    for text in ("10000001", "+10000001", "99999999999999999999"):
        session = answered(shipped("mazur"), Ask.GO, text)
        assert (session.moment, session.said) == (
            START,
            "The last possible iteration is 10,000,000",
        )
    assert answered(shipped("mazur"), Ask.RUN, "10000001").said == session.said


def test_a_mark_is_come_back_to_on_its_branch() -> None:
    session = done(stepped(small(), 5), c.Prompt(Ask.MARK), c.Type("x"))
    assert session.said == "Marked as x ('x to return)"
    session = answered(done(session, c.Travel(10)), Ask.EDIT, "w1 = 1")
    back = done(session, c.Prompt(Ask.RETURN), c.Type("x"))
    assert (back.here, str(back.moment), back.other) == (0, "2 backward", 1)
    wrong = done(session, c.Prompt(Ask.RETURN), c.Type("y"))
    assert (wrong.moment, wrong.said) == (session.moment, "No mark y; marks: x")
    assert done(small(), c.Prompt(Ask.RETURN)).prompt is None


# ---- runs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("begin", ["start", "1 forward", "4 backward", "4 update"])
def test_a_run_goes_on_for_so_many_iterations(begin: str) -> None:
    moment = parse_moment(begin)
    session = answered(done(small(), c.Jump(moment)), Ask.RUN, "200")
    completed = 4 if begin == "4 update" else 3 if begin == "4 backward" else 0
    assert session.moment == Moment.of(completed + 200, Phase.UPDATE)
    assert session.charted == completed + 200
    assert wrong_in(session) == []


def test_a_run_ends_where_its_condition_comes_true() -> None:
    session = answered(shipped("mazur"), Ask.RUN, "2000 until E < 0.2")
    losses = Timeline(session.setup).losses(100)
    first = int(np.flatnonzero(losses < 0.2)[0]) + 1
    assert session.moment == Moment.of(first, Phase.FORWARD)
    value = f"{losses[first - 1]:.9g}"
    bound = "0.2"
    assert session.said == f"E < {bound} holds: E = {value} at iteration {first}, forward"
    never = answered(shipped("mazur"), Ask.RUN, "30 until E < -1")
    assert str(never.moment) == "30 update"
    assert never.said == "Stopped after iteration 30; E < -1 never held"


def test_a_run_can_be_stopped_and_keeps_what_was_done() -> None:
    session = small()
    for command in typed(Ask.RUN, "5000"):
        session = told(session, command)
    session = told(session, c.Continue(64, 0.1))
    assert session.job is not None
    ran = session.job.done
    assert 0 < ran < 5000
    busy = told(session, c.Step(1))
    assert busy.moment == session.moment
    assert busy.said == "Running; esc stops it"
    look(session)
    stopped = told(session, c.Close())
    assert stopped.job is None
    assert stopped.moment == Moment.of(ran, Phase.UPDATE)
    assert stopped.said == f"Stopped after iteration {ran:,}"
    assert stopped.charted == ran
    assert wrong_in(stopped) == []


def test_a_stopped_search_stays_where_it_was() -> None:
    session = stepped(small(), 4)
    for command in typed(Ask.SEARCH, "E < -1"):
        session = told(session, command)
    assert session.job is not None
    stopped = told(session, c.Close())
    assert stopped.moment == session.moment == parse_moment("2 forward")
    assert stopped.said.startswith("Search stopped after iteration ")


def ended(session: Session, ask: Ask, text: str, ticks: Sequence[float]) -> Session:
    """Return a session after an answer, worked off in slices that took so many seconds each."""
    session, place = after(session, *typed(ask, text)), 0
    slices = Slices(session.timeline.pace, 0.004)
    while session.job is not None:
        session = told(session, c.Continue(slices.size, 0.0))
        slices.took(ticks[place % len(ticks)])
        place += 1
    return session


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        (Ask.GO, "300"),
        (Ask.RUN, "257"),
        (Ask.RUN, "400 until w1 > 0.5"),
        (Ask.SEARCH, "E < 0.4"),
        (Ask.SEARCH, "dE/dw1 changes sign"),
        (Ask.SEARCH_BACK, "w1 crosses 0.3"),
        (Ask.SEARCH_BACK, "E < -1"),
    ],
)
def test_it_does_not_matter_in_what_slices_work_is_done(ask: Ask, text: str) -> None:
    begin = answered(answered(small(), Ask.GO, "40 backward"), Ask.EDIT, "w2 = 0.5")
    begin = answered(begin, Ask.GO, "90 forward")
    found = set()
    for ticks in ([0.0], [1.0], [0.0] * 9 + [1.0], [0.003], [1.0] * 40 + [0.0] * 400):
        session = ended(begin, ask, text, ticks)
        found.add((session.moment, session.said, session.branch.reached, session.charted))
        assert wrong_in(session) == []
    assert len(found) == 1


def test_a_run_that_ends_on_a_slice_of_one_iteration_is_all_on_the_chart() -> None:
    session = done(answered(small(), Ask.RUN, "17"), c.Travel(-5))
    assert session.charted == 17
    session = done(answered(small(), Ask.RUN, "2"), c.Step(-3))
    assert session.charted == 2
