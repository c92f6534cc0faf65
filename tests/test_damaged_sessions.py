"""Kept sessions whose file is damaged: what is left of them, or one line."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from pathlib import Path

import pytest

from bptui.session import messages as c
from bptui.session.decode import restored, summary
from bptui.session.encode import (
    Record,
    SessionFileError,
    record,
    state_of,
)
from bptui.session.key import By
from bptui.session.messages import Ask
from bptui.tui.session_file import SessionFile, records_in
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.kept import unran, walk, whole
from tests.sessions import done, shipped

pytestmark = pytest.mark.usefixtures("short_searches")


def kept_file(tmp_path: Path, keys: int = 12) -> tuple[Path, list[Record]]:
    """Return the file of a session and its state after each key."""
    session_file = SessionFile({"XDG_STATE_HOME": str(tmp_path)})
    states = [state_of(shipped("mazur"))]
    for session in walk(shipped("mazur"), 5, keys):
        assert session_file.keep(session) == ""
        states.append(state_of(session))
    file = session_file.file
    session_file.release()
    assert file is not None
    return file, states


def test_a_file_cut_at_any_byte_has_lost_the_last_key_at_most(tmp_path: Path) -> None:
    file, states = kept_file(tmp_path)
    data = file.read_bytes()
    told = [unran(state) for state in states]
    seen: dict[int, int] = {}
    for cut in range(data.index(b"\n") + 1, len(data) + 1):
        complete = data[:cut].count(b"\n") - 1 + (data[cut : cut + 1] == b"\n")
        records = list(records_in(data[:cut]))
        assert len(records) == complete + 1
        if complete not in seen:  # the same records make the same session
            state = unran(state_of(restored(records)))
            seen[complete] = told.index(state) if state in told else -1
        assert seen[complete] >= 0
    places = [seen[key] for key in sorted(seen)]
    assert places == sorted(places)
    assert places[-1] == told.index(told[-1])
    # no key that changed something is passed over
    changes = [place for place, state in enumerate(told) if place == told.index(state)]
    assert set(changes) <= {0, *places}


def test_a_file_without_its_head_is_no_session(tmp_path: Path) -> None:
    file, _ = kept_file(tmp_path)
    data = file.read_bytes()
    for cut in (0, 1, 100, data.index(b"\n") - 1):
        with pytest.raises(SessionFileError, match="the first line is not that of a session"):
            restored(records_in(data[:cut]))


def test_after_a_lost_line_it_goes_on_at_the_next_whole_one(tmp_path: Path) -> None:
    file, states = kept_file(tmp_path)
    lines = file.read_bytes().split(b"\n")
    lines[4] = lines[4][:7]
    before = restored(records_in(b"\n".join(lines[:4])))
    assert state_of(restored(records_in(b"\n".join(lines)))) == state_of(before)
    again = record(states[-1], None, 999)
    lines.insert(-1, json.dumps(again).encode())
    after = state_of(restored(records_in(b"\n".join(lines))))
    assert unran(after) == unran(states[-1])


def change(**fields: object) -> object:
    """Return the branches of a state in which something was changed at the start."""
    edit = {"type": "SetParameter", "name": "w5", "value": 1.0} | fields
    return [{}, {"parent": 0, "change": edit, "moment": [0]}]


DAMAGED: dict[str, tuple[object, ...]] = {
    "branches": (
        5,
        [],
        [1],
        [{}, {"parent": 0, "moment": [0]}],
        [{}, {"parent": 3, "change": {"type": "SetParameter", "name": "w5", "value": 1}}],
        [{"parent": 0}],
        [{"reached": 10**9}],
        [{"overrun": -1}],
        change(moment=3, type="Nothing"),
        change(value="x"),
        change(value=float("inf")),
        change(value=10**400),
        change(name="w99"),
        change(name="w5 = 3; w6"),
        change(type="SetConvention", name="update", value="never"),
        change(type="SetTrainable", name="w99", trainable=True),
        change(type="SetGiven", kind="input {neuron}", neuron="i1", sample=9, value=1),
        change(type="SetGiven", kind="net {neuron}", neuron="h1", sample=1, value=1),
    ),
    "here": (1, -1, "0", 1.5),
    "other": (9,),
    "undone": ([4],),
    "moment": ([-1], [10**12], "3", []),
    "left": (-1, 10**30),
    "marks": ({"a": [7, [0]]}, {"a": [0, [-1]]}, []),
    "granularity": ("hour",),
    "panel": (None,),
    "digits": ("x",),
    "speed": (99,),
    "page": ("nonsense",),
    "trail": ([[1, 2]], [{"quantity": ["E"], "moment": [10**12]}]),
    "cursor": (10**12, -1),
    "selected": (4,),
    "sample": (0,),
    "prompt": ({}, {"ask": "go", "text": "x" * 401}, {"ask": "nothing"}),
    "answers": ({"go": [1]}, {"nothing": ["x"]}),
    "said": (4,),
    "ran": (7, [-1]),
}


def with_value(records: list[Record], name: str, value: object) -> list[Record]:
    """Return records with another value in the state."""
    records[1][name] = value
    return records


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in DAMAGED.items() for value in values]
)
def test_what_is_damaged_is_one_line(name: str, value: object) -> None:
    records = with_value(whole(shipped("mazur")), name, value)
    with pytest.raises(SessionFileError) as raised:
        restored(records)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("left", 40),
        ("condition", "what?"),
        ("condition", "\ud800"),
        ("marks", {"\ud800": [0, [0]], "ab": [0, [0]]}),
        ("selected", "nobody"),
        ("selected", "\ud800"),
        ("cursor", 10**6),
        ("trail", [{"quantity": ["dE/d{parameter}", "", "w99"], "moment": [2]}]),
        ("trail", [{"quantity": ["dE/d{parameter}"], "moment": [2]}]),
        ("trail", [{"quantity": ["E", "h1"], "moment": [3 * 10**6]}]),
        ("prompt", {"ask": "go", "text": "a\x1b[2J", "caret": 99, "picked": 50}),
        ("prompt", {"ask": "go", "text": "\ud800", "recalled": 9}),
        ("answers", {"go": ["\ud800"]}),
        ("digits", 5),
        ("aim", 10**7),
        ("line", 10**6),
        ("second", "network"),
        ("said", "\x1b]0;owned\x07"),
        ("said", "\ud800"),
        ("unknown", {"whatever": [1]}),
    ],
)
def test_what_does_not_matter_is_put_right(name: str, value: object) -> None:
    session = restored(with_value(whole(shipped("mazur")), name, value))
    for ask in (c.Enter(), By(1), c.Find(1), c.Prompt(Ask.GO), c.Recall(-1)):
        text = to_text(screen(session, 80, 24))
        assert "\x1b" not in text
        assert text.encode()
        assert json.dumps(state_of(session), ensure_ascii=False).encode()
        session = done(session, ask)


def test_random_damage_is_a_session_or_one_line(tmp_path: Path) -> None:
    file, _ = kept_file(tmp_path, 30)
    data = file.read_bytes()
    dice = random.Random(7)
    for _ in range(150):
        broken = bytearray(data)
        for _ in range(dice.randint(1, 3)):
            broken[dice.randrange(len(broken))] = dice.choice(b'0129",:[]{}xn\n\xff')
        with suppress(SessionFileError):
            screen(restored(records_in(bytes(broken))), 80, 24)


@pytest.mark.parametrize(
    "data", [b"[" * 100_000, b"1" * 10_000, b"null", b"{}", b"\x00" * 99, b"[]\n{}\n5", b"\xff\xfe"]
)
def test_what_is_no_session_at_all(data: bytes) -> None:
    with pytest.raises(SessionFileError):
        restored(records_in(data))


def test_another_version_is_not_read() -> None:
    records = whole(shipped("mazur"))
    records[0] |= {"session": 99, "bptui": "7.0"}
    with pytest.raises(SessionFileError, match=r"another version of bptui \(7\.0\)"):
        restored(records)
    with pytest.raises(SessionFileError, match="another version"):
        summary(records)


def test_lone_surrogates_in_a_file_are_no_harm() -> None:
    session = shipped("mazur")
    lines = [json.dumps(line).encode() for line in whole(session)]
    lines.append(b'{"n":2,"page":"\\ud800"}')
    with pytest.raises(SessionFileError, match="it is damaged"):
        restored(records_in(b"\n".join(lines)))
    lines[2] = b'{"n":2,"said":"\\ud800x"}'
    assert restored(records_in(b"\n".join(lines))).said == "x"


def test_a_preset_that_is_not_valid_is_said() -> None:
    records = whole(shipped("mazur"))
    records[0]["text"] = "title = 3"
    with pytest.raises(SessionFileError, match=r"its preset is invalid: .*mazur\.toml"):
        restored(records)
