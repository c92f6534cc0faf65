"""Kept sessions: made again with the same numbers and screens, each key as what it changed."""

from __future__ import annotations

import json

import pytest

from bptui.session import messages as c
from bptui.session.decode import restored
from bptui.session.encode import (
    Record,
    head_of,
    record,
    state_of,
)
from bptui.session.messages import Ask
from tests.kept import assert_same, walk, whole
from tests.sessions import WIDE, XOR, done, made, shipped, told

pytestmark = pytest.mark.usefixtures("short_searches")


@pytest.mark.parametrize("begin", ["mazur", "pandey", XOR])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_session_is_the_same_after_it_was_kept(begin: str, seed: int) -> None:
    session = made(begin) if "\n" in begin else shipped(begin)
    before: Record | None = None
    kept: list[Record] = [head_of(session)]
    for place, later in enumerate(walk(session, seed, 80)):
        session = later
        state = state_of(session)
        line = record(state, before, len(kept))
        if line is not None:
            kept.append(json.loads(json.dumps(line)))
            before = state
        if place % 16 == 0:
            assert_same(session, restored(kept))
            assert_same(session, restored(whole(session)))
    assert_same(session, restored(kept))


def test_what_takes_long_is_told() -> None:
    session = shipped("mazur")
    session = done(session, c.Prompt(Ask.RUN), c.Type("20000"), c.Enter())
    heard: list[tuple[int, int]] = []
    again = restored(whole(session), lambda ran, total: heard.append((ran, total)))
    assert heard[-1] == (20_000, 20_000)
    assert_same(session, again)


def test_a_wide_network_is_kept_as_well() -> None:
    session = told(made(WIDE), c.Step(1))
    assert_same(session, restored(whole(session)))
