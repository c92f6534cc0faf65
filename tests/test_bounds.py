"""What a session keeps is bounded over all its branches together, however long it lasts."""

from __future__ import annotations

import random

import pytest

from bptui.session import messages as c
from bptui.session import pruning
from bptui.session.messages import Ask
from bptui.session.pruning import numbers
from bptui.session.session import Session
from bptui.story import segment
from bptui.story.moment import START
from bptui.story.timeline import Timeline
from tests.edits import bits, small
from tests.sessions import done
from tests.walks import answered, edits_of, random_commands, wrong_in


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "BRANCHES", 12)
    monkeypatch.setattr("bptui.session.branches.BRANCHES", 12)
    monkeypatch.setattr(segment, "RECENT", 5)
    monkeypatch.setattr(segment, "LOOPS", 3)


def kept(session: Session) -> tuple[int, int]:
    """How many whole iterations and training loops all branches keep."""
    memory = session.timeline.segments[0].memory
    return len(memory.recent), len(memory.loops)


@pytest.mark.usefixtures("short_searches")
@pytest.mark.parametrize("seed", [1, 2])
def test_random_keys_keep_no_more_than_the_bounds_say(seed: int) -> None:
    rng, session, dropped = random.Random(seed), small(), False
    for _ in range(400):
        before = session.timelines
        for command in random_commands(rng, session):
            session = done(session, command)
        drops = not {*before} <= {*session.timelines}
        dropped = dropped or drops
        assert len(session.branches) == len(session.timelines) <= 12
        iterations, loops = kept(session)
        assert iterations <= 5
        assert loops <= 3
        if drops:  # nothing that the present branch builds on
            assert_as_fresh(session)
    assert dropped
    assert_as_fresh(session)


def assert_as_fresh(session: Session) -> None:
    fresh = Timeline(session.printed_setup)
    for moment, change in edits_of(session):
        fresh = fresh.edited(moment, change)
    assert bits(session.state) == bits(fresh.state(session.moment))


def test_all_branches_share_the_memory_for_keyframes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "KEYFRAME_BYTES", 30 * small().state.begun.nbytes)
    session = small()
    for place in range(5):
        session = answered(session, Ask.EDIT, f"w1 = {place}")
        session = answered(session, Ask.RUN, "1000")
        session = done(session, c.Jump(START))
        held = session.timeline.segments[0].memory.segments
        assert sum(s.frames.count for s in held) <= 30
        assert wrong_in(session) == []


def test_long_runs_cost_the_oldest_branches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "NUMBERS", 2500)
    session = small()
    for place in range(6):
        session = answered(session, Ask.EDIT, f"w1 = {place}")
        session = answered(session, Ask.RUN, "800")
        assert numbers(session) <= 2500 + 800
        assert str(session.branch.change) == f"w1 = {float(place)}"
        session = done(session, c.Undo(1))
    assert len(session.branches) < 6


def test_marks_and_parents_of_dropped_branches_are_renumbered() -> None:
    session = small()
    for place in range(11):
        session = answered(session, Ask.EDIT, f"w1 = {place}")
        if place in (0, 5):
            session = done(session, c.Prompt(Ask.MARK), c.Type("ab"[place > 0]))
        session = done(session, c.Undo(1))
    session = answered(session, Ask.EDIT, "w1 = 50")
    session = answered(session, Ask.EDIT, "w2 = 60")
    assert [str(branch.change) for branch in session.branches[1:]] == [
        *(f"w1 = {float(place)}" for place in (0, 3, 4, 5, 6, 7, 8, 9, 10)),
        "w1 = 50.0",
        "w2 = 60.0",
    ]
    assert session.branch.parent == 10
    assert {letter: place for letter, (place, _) in session.marks.items()} == {
        "a": 1,
        "b": 4,
    }


def test_edits_that_build_on_each_other_are_limited() -> None:
    session = small()
    for place in range(11):
        session = answered(session, Ask.EDIT, f"w1 = {place}")
    refused = answered(session, Ask.EDIT, "w1 = 99")
    assert refused.said == "No edit: 11 edits build on each other; u undoes one"
    assert refused.branches == session.branches
