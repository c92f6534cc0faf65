"""The files of kept sessions: who may read them, when they are written anew, tidied, locked."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from bptui.cli.streams import Progress
from bptui.session import messages as c
from bptui.session.decode import restored
from bptui.session.encode import (
    SessionFileError,
)
from bptui.session.messages import Page
from bptui.tui import session_file as k
from bptui.tui.run import resume
from bptui.tui.session_file import SessionFile, tidy
from bptui.tui.stored_sessions import interrupted, stored_sessions
from tests.kept import assert_same
from tests.sessions import shipped, told


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


def test_what_an_older_version_kept_is_left_alone_and_named(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    new = stepped(environ)
    old = new.with_name("20200101-000000-1-1.jsonl")
    head, *lines = new.read_bytes().split(b"\n")
    old.write_bytes(b"\n".join([head.replace(b'"session":3', b'"session":1'), *lines]))
    assert [kept.path for kept in stored_sessions(environ, "mazur")] == [new, old]
    new.unlink()
    (kept,) = stored_sessions(environ, "mazur")
    assert kept.problem == "it comes from an older version of bptui"
    monkeypatch.setattr(os, "environ", os.environ | environ)
    with pytest.raises(SessionFileError, match=r"^cannot resume .* older version") as raised:
        resume("mazur", mouse=False, progress=Progress, looks=frozenset())
    assert str(old) in str(raised.value)
    assert interrupted(environ, "mazur") is None
    tidy(environ)
    assert old.exists()
