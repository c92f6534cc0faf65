"""Kept sessions: made again with the same numbers and screens, from any part of their file."""

from __future__ import annotations

import errno
import json
import os
import random
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct, to_builtins
from msgspec.structs import replace

from bptui.session import jobs as travel
from bptui.session import messages as c
from bptui.session.decode import restored, summary
from bptui.session.encode import (
    Record,
    SessionFileError,
    difference,
    head_of,
    patched,
    record,
    state_of,
)
from bptui.session.messages import Ask, Message, Page, Panel
from bptui.session.session import Session, evolve
from bptui.tui import session_file as k
from bptui.tui.run import resume
from bptui.tui.session_file import SessionFile, records_in, tidy
from bptui.tui.stored_sessions import interrupted, stored_sessions
from bptui.view.key import By
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.sessions import WIDE, XOR, done, made, shipped, told

EDITS = ("w5 = 0.6", "eta = 0.1", "input i1 = 0.3", "update = sequential", "b2 = trainable")
EDITS_XOR = ("w_a_h1 = 1e-3", "target y @2 = 0.5", "batch = 2", "batch = online", "biases = own")
ANSWERS = {
    Ask.GO: ("3", "+2", "end", "2 backward", "70", "nonsense"),
    Ask.SEARCH: ("E < 0.28", "E changes", "|E| > 5"),
    Ask.SEARCH_BACK: ("E changes",),
    Ask.RUN: ("5", "90", "20 until E < 0.2"),
    Ask.EDIT: (*EDITS, *EDITS_XOR),
}
SIMPLE: tuple[Message | By, ...] = (
    *[c.Step(1)] * 6,
    *[c.Step(-1)] * 2,
    c.Travel(1),
    c.Travel(-1),
    c.End(),
    c.Find(1),
    c.Find(-1),
    c.Restart(),
    c.Faster(1),
    c.Undo(1),
    c.Undo(-1),
    c.Compare(),
    c.Refine(1),
    c.Refine(-1),
    c.Turn(1),
    c.Turn(-1),
    c.Show(Panel.INSPECTOR),
    c.Show(Panel.CHART),
    *[c.Enter()] * 3,
    c.Back(),
    c.View(1),
    c.Why(),
    c.Sample(1),
    c.ToggleLog(),
    c.ToggleWhole(),
    c.NextDigits(),
    c.Toggle(Page.HELP),
    c.Toggle(Page.BRANCHES),
    c.Toggle(Page.CONVENTIONS),
    c.Toggle(Page.CHECK),
    c.Close(),
    c.Close(),
    *[By(1)] * 3,
    By(-1),
    c.Move(towards=1),
    c.Move(towards=-1),
    c.Prompt(Ask.GO),
    c.Type("12"),
    c.Erase("before"),
    c.Caret(-1),
    c.Recall(-1),
)


@pytest.fixture(autouse=True)
def _short_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(travel, "LIMIT", 200)


def walk(session: Session, seed: int, keys: int) -> Iterator[Session]:
    """Yield what random keys make of a session, one after the other."""
    dice = random.Random(seed)
    for _ in range(keys):
        commands: tuple[Message | By, ...] = (dice.choice(SIMPLE),)
        if dice.random() < 0.3:
            what = dice.choice(list(ANSWERS))
            text = c.Type(dice.choice(ANSWERS[what]))
            commands = (c.Close(), c.Prompt(what), c.Erase("all"), text, c.Enter())
        elif dice.random() < 0.1:
            letter = c.Type(dice.choice("ab"))
            commands = (c.Close(), c.Prompt(dice.choice((Ask.MARK, Ask.RETURN))), letter)
        for command in commands:
            session = done(session, command)
        yield session


def whole(session: Session) -> list[Record]:
    """Return a session as it is kept when it is kept for the first time."""
    line = record(state_of(session), None, 1)
    assert line is not None
    return json.loads(json.dumps([head_of(session), line]))  # type: ignore[no-any-return]


def unran(state: Record) -> Record:
    """Return a state without what was run ahead of what is shown, and written late."""
    return state | {"ran": []}


def assert_same(a: Session, b: Session) -> None:
    """Assert that two sessions show the same, to the last bit."""
    a, b = (
        evolve(s, findings=(), size=(80, 24), prompt=s.prompt and replace(s.prompt, sure=False))
        for s in (a, b)
    )
    assert unran(state_of(a)) == unran(state_of(b))
    assert (a.moment, a.position) == (b.moment, b.position)
    assert {q: repr(v) for q, v in a.values.all().items()} == {
        q: repr(v) for q, v in b.values.all().items()
    }
    for size in ((80, 24), (120, 40)):
        assert to_text(screen(a, *size)) == to_text(screen(b, *size))


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
    "history.branches": (
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
    "history.here": (1, -1, "0", 1.5),
    "history.other": (9,),
    "history.undone": ([4],),
    "history.moment": ([-1], [10**12], "3", []),
    "history.left": (-1, 10**30),
    "history.marks": ({"a": [7, [0]]}, {"a": [0, [-1]]}, []),
    "look.granularity": ("hour",),
    "look.panel": (None,),
    "look.digits": ("x",),
    "look.speed": (99,),
    "look.page": ("nonsense",),
    "selection.trail": ([[1, 2]], [{"quantity": ["E"], "moment": [10**12]}]),
    "selection.cursor": (10**12, -1),
    "selection.selected": (4,),
    "selection.sample": (0,),
    "prompt": ({}, {"ask": "go", "text": "x" * 401}, {"ask": "nothing"}),
    "answers": ({"go": [1]}, {"nothing": ["x"]}),
    "said": (4,),
    "ran": (7, [-1]),
}


def with_value(records: list[Record], name: str, value: object) -> list[Record]:
    """Return records with another value somewhere in the state."""
    *parts, last = name.split(".")
    where = records[1]
    for part in parts:
        where = where[part]
    where[last] = value
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
        ("history.left", 40),
        ("history.condition", "what?"),
        ("history.condition", "\ud800"),
        ("history.marks", {"\ud800": [0, [0]], "ab": [0, [0]]}),
        ("selection.selected", "nobody"),
        ("selection.selected", "\ud800"),
        ("selection.cursor", 10**6),
        ("selection.trail", [{"quantity": ["dE/d{parameter}", "", "w99"], "moment": [2]}]),
        ("selection.trail", [{"quantity": ["dE/d{parameter}"], "moment": [2]}]),
        ("selection.trail", [{"quantity": ["E", "h1"], "moment": [3 * 10**6]}]),
        ("prompt", {"ask": "go", "text": "a\x1b[2J", "caret": 99, "picked": 50}),
        ("prompt", {"ask": "go", "text": "\ud800", "recalled": 9}),
        ("answers", {"go": ["\ud800"]}),
        ("look.digits", 5),
        ("look.aim", 10**7),
        ("look.line", 10**6),
        ("look.second", "network"),
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


def test_what_an_older_version_kept_is_left_alone_and_named(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    new = stepped(environ)
    old = new.with_name("20200101-000000-1-1.jsonl")
    head, *lines = new.read_bytes().split(b"\n")
    old.write_bytes(b"\n".join([head.replace(b'"session":2', b'"session":1'), *lines]))
    assert [kept.path for kept in stored_sessions(environ, "mazur")] == [new, old]
    new.unlink()
    (kept,) = stored_sessions(environ, "mazur")
    assert kept.problem == "it comes from an older version of bptui"
    monkeypatch.setattr(os, "environ", os.environ | environ)
    with pytest.raises(SessionFileError, match=r"^cannot resume .* older version") as raised:
        resume("mazur", mouse=False, progress=print, looks=frozenset())
    assert str(old) in str(raised.value)
    assert interrupted(environ, "mazur") is None
    tidy(environ)
    assert old.exists()


def test_lone_surrogates_in_a_file_are_no_harm() -> None:
    session = shipped("mazur")
    lines = [json.dumps(line).encode() for line in whole(session)]
    lines.append(b'{"n":2,"look":{"page":"\\ud800"}}')
    with pytest.raises(SessionFileError, match="it is damaged"):
        restored(records_in(b"\n".join(lines)))
    lines[2] = b'{"n":2,"said":"\\ud800x"}'
    assert restored(records_in(b"\n".join(lines))).said == "x"


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


def test_a_preset_that_is_not_valid_is_said() -> None:
    records = whole(shipped("mazur"))
    records[0]["text"] = "title = 3"
    with pytest.raises(SessionFileError, match=r"its preset is invalid: .*mazur\.toml"):
        restored(records)


def test_what_takes_long_is_told() -> None:
    session = shipped("mazur")
    session = done(session, c.Prompt(Ask.RUN), c.Type("20000"), c.Enter())
    heard: list[tuple[int, int]] = []
    again = restored(whole(session), lambda ran, total: heard.append((ran, total)))
    assert heard[-1] == (20_000, 20_000)
    assert_same(session, again)


# files


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Return an environment with a state directory of its own."""
    return {"XDG_STATE_HOME": str(tmp_path)}


def stepped(environ: dict[str, str], steps: int = 3, name: str = "mazur") -> Path:
    """Keep a session after some steps and return its file, which is free."""
    session_file, session = SessionFile(environ), shipped(name)
    for _ in range(steps):
        session = told(session, c.Step(1))
        session_file.keep(session)
    file = session_file.file
    session_file.close()
    assert file is not None
    return file


def test_only_the_user_can_read_it(environ: dict[str, str], tmp_path: Path) -> None:
    file = stepped(environ)
    assert file.parent == tmp_path / "bptui" / "sessions"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [p.stat().st_mode & 0o777 for p in (file.parent, file.parent.parent)] == [0o700] * 2


def test_a_session_in_which_nothing_was_done_is_not_kept(environ: dict[str, str]) -> None:
    session_file, session = SessionFile(environ), shipped("mazur")
    session_file.keep(session)
    assert session_file.file is None
    session_file.keep(opened := told(session, c.Toggle(Page.HELP)))
    file = session_file.file
    assert file is not None
    session_file.keep(told(opened, c.Close()))
    session_file.close()
    assert not file.exists()


def test_another_preset_is_another_file(environ: dict[str, str]) -> None:
    session_file = SessionFile(environ)
    for name in ("mazur", "pandey"):
        session_file.keep(told(shipped(name), c.Step(1)))
    session_file.close()
    names = [kept.summary and kept.summary.name for kept in stored_sessions(environ)]
    assert sorted(map(str, names)) == ["mazur", "pandey"]
    assert [str(kept.summary) for kept in stored_sessions(environ, "pandey")] == [
        "at iteration 1, forward"
    ]
    assert stored_sessions(environ, "presets/nothing.toml") == []


def test_a_long_session_is_written_anew_short(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(k, "GROWS", 3000)
    session_file, session, sizes = SessionFile(environ), shipped("mazur"), []
    for _ in range(300):
        session = told(session, c.Step(1))
        assert session_file.keep(session) == ""
        assert session_file.file is not None
        sizes.append(session_file.file.stat().st_size)
    assert max(sizes) < sizes[0] + 3500
    assert sizes != sorted(sizes)
    assert [p.suffix for p in session_file.file.parent.iterdir()] == [".jsonl"]  # type: ignore[union-attr]
    other = SessionFile(environ)
    with pytest.raises(SessionFileError, match="another bptui"):
        other.adopt(session_file.file)  # type: ignore[arg-type]
    file = session_file.file
    session_file.close()
    assert_same(restored(other.adopt(file)), session)  # type: ignore[arg-type]


def test_it_is_gone_on_with_in_the_same_file(environ: dict[str, str]) -> None:
    file = stepped(environ)
    session_file = SessionFile(environ)
    session = restored(session_file.adopt(file))
    session_file.resume(session)
    session_file.keep(session := told(session, c.Step(1)))
    assert session_file.file == file
    assert stored_sessions(environ) == []  # while it is in use
    session_file.close()
    assert [kept.path for kept in stored_sessions(environ)] == [file]
    assert_same(restored(SessionFile(environ).adopt(file)), session)


def test_a_full_disk_is_said_once_and_later_lines_can_be_read(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    session_file, session = SessionFile(environ), told(shipped("mazur"), c.Step(1))
    session_file.keep(session)
    write, said = os.write, []
    for _ in range(3):
        session = told(session, c.Step(1))
        room = [9, 0]

        def full(fd: int, data: bytes, room: list[int] = room) -> int:
            if not (size := room.pop(0)):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return write(fd, data[:size])

        monkeypatch.setattr(os, "write", full)
        said.append(session_file.keep(session))
    assert said == ["This session cannot be saved for --resume: No space left on device", "", ""]
    monkeypatch.setattr(os, "write", write)
    session_file.keep(session := told(session, c.Step(1)))
    session_file.keep(session := told(session, c.Step(1)))
    file = session_file.file
    session_file.release()
    assert file is not None
    assert file.read_bytes().count(b'{"n":2') == 4  # one cut short, two, and one whole
    assert_same(restored(SessionFile(environ).adopt(file)), session)


def test_a_folder_that_cannot_be_made_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "bptui").write_text("a file is in the way")
    session_file, session = SessionFile({"XDG_STATE_HOME": str(tmp_path)}), shipped("mazur")
    said = [session_file.keep(session := told(session, c.Step(1))) for _ in range(3)]
    assert said[0].startswith("This session cannot be saved for --resume: ")
    assert said[1:] == ["", ""]
    session_file.close()
    assert stored_sessions({"XDG_STATE_HOME": str(tmp_path)}) == []
    tidy({"XDG_STATE_HOME": str(tmp_path)})


def test_a_file_that_was_deleted_is_written_again(environ: dict[str, str]) -> None:
    session_file, session = SessionFile(environ), told(shipped("mazur"), c.Step(1))
    session_file.keep(session)
    assert session_file.file is not None
    session_file.file.unlink()
    session_file.keep(session := told(session, c.Step(1)))
    assert session_file.file.exists()


def test_old_sessions_are_tidied_away_and_those_in_use_are_not(environ: dict[str, str]) -> None:
    now = time.time()
    files = [stepped(environ, 1) for _ in range(k.MOST + 5)]
    for place, file in enumerate(files):
        os.utime(file, (now - place, now - place))
    os.utime(files[3], (now - 31 * 86_400,) * 2)
    held = SessionFile(environ)
    held.adopt(files[-1])
    tidy(environ, now)
    left = [file for file in files if file.exists()]
    assert left == [file for file in files[: k.MOST + 1] if file != files[3]] + [files[-1]]


def test_what_stands_in_the_way_on_the_shelf_is_no_harm(environ: dict[str, str]) -> None:
    where = stepped(environ).parent
    (where / "folder.jsonl").mkdir()
    os.mkfifo(where / "fifo.jsonl")
    (where / "link.jsonl").symlink_to("/dev/zero")
    (where / "empty.jsonl").write_bytes(b"")
    kept = stored_sessions(environ)
    assert len([one for one in kept if one.summary is not None]) == 1
    assert all(one.summary is not None or one.problem for one in kept)
    (link,) = [one for one in kept if one.path.name == "link.jsonl"]
    assert link.problem == "cannot read it: symbolic link"
    tidy(environ)


def test_a_key_is_one_short_line(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    session_file, session = SessionFile(environ), told(shipped("mazur"), c.Step(1))
    session_file.keep(session)
    write, written = os.write, []

    def noted(descriptor: int, data: bytes) -> int:
        written.append(data)
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", noted)
    for _ in range(300):
        session_file.keep(session := told(session, c.Step(1)))
    assert len(written) == 300
    assert all(line.count(b"\n") == 1 and len(line) < 200 for line in written)


def test_a_session_that_its_user_left_was_not_cut_off(environ: dict[str, str]) -> None:
    assert interrupted(environ, "mazur") is None
    stepped(environ)
    assert interrupted(environ, "mazur") is None
    session_file = SessionFile(environ)
    session_file.keep(told(shipped("mazur"), c.Step(1)))
    assert interrupted(environ, "mazur") is None  # it is in use
    session_file.close(left=False)
    assert str(interrupted(environ, "mazur")) == "at iteration 1, forward"
    assert interrupted(environ, "pandey") is None
    file = keeper_file(environ)
    session_file.resume(session := restored(session_file.adopt(file)))
    session_file.keep(told(session, c.Step(1)))
    session_file.close()
    assert interrupted(environ, "mazur") is None


def test_a_session_gone_on_with_and_killed_was_cut_off_again(environ: dict[str, str]) -> None:
    file, session_file = stepped(environ), SessionFile(environ)
    session_file.resume(session := restored(session_file.adopt(file)))
    session_file.keep(told(session, c.Step(1)))
    session_file.release()
    assert str(interrupted(environ, "mazur")) == "at iteration 2, forward"


def keeper_file(environ: dict[str, str]) -> Path:
    """Return the file of the newest kept session."""
    return stored_sessions(environ)[0].path


def test_a_wide_network_is_kept_as_well() -> None:
    session = told(made(WIDE), c.Step(1))
    assert_same(session, restored(whole(session)))
