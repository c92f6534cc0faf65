"""Kept sessions: made again with the same numbers and screens, and written as differences."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct, to_builtins

from bptui.session import messages as c
from bptui.session.decode import restored
from bptui.session.encode import (
    Record,
    difference,
    head_of,
    patched,
    record,
    state_of,
)
from bptui.session.messages import Ask
from tests.kept import assert_same, walk, whole
from tests.sessions import WIDE, XOR, done, made, shipped, told

pytestmark = pytest.mark.usefixtures("short_searches")


@pytest.mark.parametrize("begin", ["mazur", "pandey", XOR])
@pytest.mark.parametrize("seed", [1, 2, 3])
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


class Values(Struct):
    """Values of all kinds that a state is made of."""

    names: dict[str, int]
    rows: list[tuple[int, list[int]]]
    one: int | None


states = st.builds(
    Values,
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 2)),
    st.lists(st.tuples(st.integers(0, 2), st.lists(st.integers(0, 2), max_size=3)), max_size=4),
    st.none() | st.integers(0, 2),
).map(to_builtins)


@given(states, states)
def test_a_difference_makes_one_state_of_another(before: Record, now: Record) -> None:
    change = json.loads(json.dumps(difference(before, now)))
    as_read = json.loads(json.dumps(before))
    assert patched(as_read, change) == json.loads(json.dumps(now))
    assert difference(now, now) == {}


def test_of_a_list_that_grew_only_its_tail_is_written() -> None:
    before = {"rows": [[1, [2]], [3, [4]]], "names": {"a": 1}}
    now = {"rows": [[1, [2]], [3, [5]], [6, []]], "names": {"a": 1, "b": 2}}
    assert difference(before, now) == {"names": {"b": 2}, "rows": {"1": [3, [5]], "+": [[6, []]]}}


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
