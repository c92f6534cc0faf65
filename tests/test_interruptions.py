"""Signals, terminals that go away, full disks and failures inside, in a real terminal."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from bptui.crash import MOST, write_report
from bptui.session import messages as c
from bptui.session.decode import restored
from bptui.session.session import Session
from bptui.tui import app as app_module
from bptui.tui.app import Bptui
from bptui.tui.session_file import SessionFile, records_in
from bptui.tui.supervisor import Supervisor
from bptui.view import screen as screen_module
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.sessions import after, shipped, stepped
from tests.terminals import PYTHON, ROOT, Terminal, ended


def bptui(state: Path, *argv: str) -> Terminal:
    """Start this checkout's bptui in a terminal, with a state directory."""
    return Terminal("-m", "bptui", *argv, XDG_STATE_HOME=str(state), **PYTHON)


def assert_restored(terminal: Terminal, before: list[object]) -> None:
    """Assert that a terminal is as it was before the app."""
    assert termios.tcgetattr(terminal.child.child_fd)[:4] == before[:4]
    assert_modes_left(terminal)


def assert_modes_left(terminal: Terminal) -> None:
    """Assert that an app has undone what it had the terminal do."""
    begun = terminal.raw.rindex(b"\x1b[?1049h")
    for sequence in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?2004l", b"\x1b[<u"):
        assert terminal.raw.rindex(sequence) > begun


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_ends_it_in_good_order_and_it_goes_on_from_there(
    name: str, tmp_path: Path
) -> None:
    terminal = bptui(tmp_path, "mazur", "--mouse")
    before = termios.tcgetattr(terminal.child.child_fd)
    terminal.wait_for("w5")
    terminal.press("  l", "▸w5")
    terminal.read()
    shown = terminal.text()
    number = getattr(signal, name)
    os.kill(terminal.child.pid, number)
    assert ended(terminal) == 128 + number
    assert_restored(terminal, before)
    assert terminal.raw.rindex(b"\x1b[?1000l") > terminal.raw.rindex(b"\x1b[?1000h")
    assert terminal.raw.rpartition(b"\x1b[?1004l")[2].count(b"\n") == 1
    assert b"bptui --resume goes on" in terminal.raw
    again = bptui(tmp_path, "--resume")
    again.wait_for("▸w5")
    again.read()
    assert again.text() == shown
    assert again.leave() == 0


def test_the_next_start_says_that_a_session_was_cut_off_but_not_that_it_was_left(
    tmp_path: Path,
) -> None:
    told = "cut off at 1 backward; bptui mazur --resume goes on"
    for leave, says in ((True, False), (False, True)):
        terminal = bptui(tmp_path, "mazur")
        terminal.wait_for("w5")
        terminal.press("  ", "● backward")
        if leave:
            assert terminal.leave() == 0
        else:
            os.kill(terminal.child.pid, signal.SIGHUP)
            ended(terminal)
        after = bptui(tmp_path, "mazur")
        after.wait_for(told if says else "w5")
        after.read(0.5)
        assert (told in after.text()) is says
        assert after.leave() == 0


def test_killed_at_any_moment_it_has_lost_the_last_key_at_most(tmp_path: Path) -> None:
    terminal = bptui(tmp_path, "mazur")
    terminal.wait_for("w5")
    terminal.press("  ", "● backward")
    terminal.child.send("e")
    terminal.wait_for("what if")
    terminal.press("\x15w5 = 0.7\r", "branch 1")
    terminal.read()
    shown = terminal.text()
    terminal.child.kill(signal.SIGKILL)
    assert ended(terminal) == -signal.SIGKILL
    again = bptui(tmp_path, "mazur", "--resume")
    again.wait_for("branch 1")
    again.read()
    assert again.text() == shown
    again.child.send(" " * 200)
    time.sleep(0.3)
    again.child.kill(signal.SIGKILL)
    ended(again)
    last = bptui(tmp_path, "--resume")
    last.wait_for("branch 1")
    assert last.leave() == 0


def test_it_stops_and_goes_on_however_it_is_asked_to(tmp_path: Path) -> None:
    terminal = bptui(tmp_path, "mazur")
    before = termios.tcgetattr(terminal.child.child_fd)
    terminal.wait_for("w5")
    terminal.read()
    shown = terminal.text()
    for stop, gives_back in ((signal.SIGTSTP, True), (signal.SIGSTOP, False), (None, False)):
        raw = termios.tcgetattr(terminal.child.child_fd)
        if stop is not None:
            os.kill(terminal.child.pid, stop)
            terminal.read()
            assert _state(terminal.child.pid) == "T"
        if gives_back:
            assert_restored(terminal, before)
        begun = len(terminal.raw)
        os.kill(terminal.child.pid, signal.SIGCONT)
        terminal.read(0.6)
        assert b"\x1b[?1049h" in terminal.raw[begun:]
        assert termios.tcgetattr(terminal.child.child_fd)[:4] == raw[:4]
        assert terminal.text() == shown
    terminal.press(" ", "● forward")  # one key is one step: nobody reads beside
    terminal.press(" ", "● backward")
    terminal.child.send("q")
    assert ended(terminal) == 0
    assert_restored(terminal, before)


def test_stopped_it_can_be_ended_without_touching_the_terminal(tmp_path: Path) -> None:
    terminal = bptui(tmp_path, "mazur")
    terminal.wait_for("w5")
    terminal.press(" ", "● forward")
    os.kill(terminal.child.pid, signal.SIGTSTP)
    terminal.read()
    begun = len(terminal.raw)
    os.kill(terminal.child.pid, signal.SIGTERM)
    os.kill(terminal.child.pid, signal.SIGCONT)
    assert ended(terminal) == 128 + signal.SIGTERM
    assert b"\x1b[?1049" not in terminal.raw[begun:]


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.mark.parametrize("hears", [True, False])
def test_a_terminal_that_closes_ends_it_soon(hears: bool, tmp_path: Path) -> None:
    """With SIGHUP from the kernel, and where nobody sends a signal."""
    master, slave = os.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "bptui", "mazur"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=_take_terminal if hears else None,
        env=os.environ
        | {"XDG_STATE_HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"},
    )
    os.close(slave)
    seen = b""
    for keys, shown in ((b" ", b"w5"), (b"", b"0.593270")):
        while shown not in seen:
            seen += os.read(master, 65536)
        os.write(master, keys)
    os.close(master)
    assert child.wait(5) == 128 + signal.SIGHUP
    (file,) = (tmp_path / "bptui" / "sessions").iterdir()
    assert str(restored(records_in(file.read_bytes())).moment) == "1 forward"


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_a_terminal_that_takes_nothing_does_not_hold_up_the_end(tmp_path: Path) -> None:
    terminal = bptui(tmp_path, "mazur")
    before = termios.tcgetattr(terminal.child.child_fd)
    terminal.wait_for("w5")
    for _ in range(60):  # nobody reads what is painted
        terminal.child.send(" \t?")
        time.sleep(0.02)
    os.kill(terminal.child.pid, signal.SIGTERM)
    end = time.monotonic() + 6
    while terminal.child.isalive():
        assert time.monotonic() < end
        time.sleep(0.05)
    assert terminal.child.exitstatus == 128 + signal.SIGTERM
    assert termios.tcgetattr(terminal.child.child_fd)[:4] == before[:4]


def test_several_sessions_are_a_list_the_newest_first(tmp_path: Path) -> None:
    for name, keys in (("pandey", 1), ("mazur", 2), ("mazur", 3)):
        session_file, session = SessionFile({"XDG_STATE_HOME": str(tmp_path)}), shipped(name)
        session_file.keep(stepped(session, keys))
        session_file.close()
        time.sleep(0.02)
    terminal = bptui(tmp_path, "--resume")
    terminal.wait_for("go on with a session")
    terminal.read()
    names = [line.split()[-2:] for line in terminal.text().split("\n") if "  at " in line]
    assert names == [["1", "update"], ["1", "backward"], ["1", "forward"]]
    terminal.press("\x1b[B\r", "● backward")
    assert terminal.leave() == 0


def test_there_may_be_nothing_to_go_on_with(tmp_path: Path) -> None:
    for argv in (["--resume"], ["mazur", "--resume"]):
        terminal = bptui(tmp_path, *argv)
        assert ended(terminal) == 2
        assert terminal.raw.startswith(b"bptui: no session ")
        assert terminal.raw.count(b"\n") == 1


def test_a_damaged_session_is_one_line(tmp_path: Path) -> None:
    where = tmp_path / "bptui" / "sessions"
    where.mkdir(parents=True)
    (where / "x.jsonl").write_text('{"session": 2, "text": "title = 3", "file": "a\\u001b[2J"}\n')
    terminal = bptui(tmp_path, "--resume")
    assert ended(terminal) == 2
    assert terminal.raw.count(b"\n") == 1
    assert b"its preset is not valid" in terminal.raw
    assert b"\x1b" not in terminal.raw


FULL = """
import resource, signal, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
from bptui.cli import main
sys.exit(main(["mazur"]))
"""


def test_a_full_disk_is_told_once_and_it_goes_on(tmp_path: Path) -> None:
    terminal = Terminal("-c", FULL, XDG_STATE_HOME=str(tmp_path), **PYTHON)
    terminal.wait_for("w5")
    terminal.press(" ", "This session cannot be kept: File too large.")
    terminal.press(" ", "● backward")
    assert "cannot be kept" not in terminal.text()
    assert terminal.leave() == 0


def test_a_full_disk_is_told_while_keys_keep_coming(tmp_path: Path) -> None:
    terminal = Terminal("-c", FULL, XDG_STATE_HOME=str(tmp_path), **PYTHON)
    terminal.wait_for("w5")
    for _ in range(30):
        terminal.child.send(" ")
        terminal.read(0.02)
    assert b"cannot be kept" in terminal.raw
    assert terminal.leave() == 0


@pytest.mark.parametrize("keys", ["f20000\rq", "t q", "a q", "f9000000\rf100\r\x03"])
def test_a_key_and_quit_in_the_same_breath_leave_nothing_behind(keys: str, tmp_path: Path) -> None:
    terminal = bptui(tmp_path, "pandey")
    terminal.wait_for("z1")
    terminal.child.send(keys)
    assert ended(terminal) == 0
    assert b"never awaited" not in terminal.raw
    assert not terminal.raw.rpartition(b"\x1b[?1004l")[2].strip()


# failures inside


def broken(*_: object, **__: object) -> object:
    """Fail as a bug does."""
    raise ZeroDivisionError("division by zero\x1b[2J")


def test_a_panel_that_fails_says_so_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    session, reported = stepped(shipped("mazur"), 2), []
    views = dict.fromkeys(screen_module._VIEWS, broken)
    for panel in screen_module._VIEWS:
        whole = to_text(screen(session, 120, 40))
        with monkeypatch.context() as patch:
            patch.setitem(screen_module._VIEWS, panel, views[panel])
            screen_module._panel.cache_clear()

            def report(error: Exception) -> str:
                reported.append(error)
                return "~/report.txt"

            rows = screen(session, 120, 40, report=report)
        text = to_text(rows)
        assert len(rows) == 40
        assert {sum(map(len, (span.text for span in row))) for row in rows} == {120}
        assert "! This panel failed:" in text
        assert "zero?[2J" in text
        assert "~/report.txt" in text
        same = sum(x == y for x, y in zip(text.split("\n"), whole.split("\n"), strict=True))
        assert same > 4
        screen_module._panel.cache_clear()
    assert len(reported) == 4


def drive(app: Bptui, steps: Callable[[Pilot[None]], object]) -> None:
    """Run an app without a terminal."""

    async def main() -> None:
        async with app.run_test(size=(80, 24)) as pilot:
            await steps(pilot)  # type: ignore[misc]

    asyncio.run(main())


def test_a_key_that_fails_changes_nothing_and_is_reported_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Bptui(shipped("mazur").setup, "rgb", supervisor=Supervisor(_environ(tmp_path)))

    async def steps(pilot: Pilot[None]) -> None:
        await pilot.press("space", "space")
        with monkeypatch.context() as patch:
            patch.setattr(app_module, "update", broken)
            await pilot.press("space", "space")
        assert isinstance(app.shown, Session)
        assert str(app.shown.moment) == "1 backward"
        assert "That key failed: ZeroDivisionError: division by zero" in app.shown.said
        assert "\x1b" not in to_text(app.rows(80, 24))
        await pilot.press("space")
        assert str(app.shown.moment) == "1 update"

    drive(app, steps)
    (file,) = (tmp_path / "bptui" / "crashes").iterdir()
    text = file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "Traceback" in text
    assert "Step(phases=1)" in text
    assert "SECRET" not in text
    assert "\x1b" not in text
    lines = [line.encode() for line in text.split("\n") if line.startswith("{")]
    assert str(restored(records_in(b"\n".join(lines))).moment) == "1 backward"


def _environ(state: Path) -> dict[str, str]:
    return {"XDG_STATE_HOME": str(state), "TERM": "xterm", "PASSWORD": "SECRET"}


def test_a_job_that_fails_ends_and_the_session_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Bptui(shipped("mazur").setup, "rgb", supervisor=Supervisor(_environ(tmp_path)))

    async def steps(pilot: Pilot[None]) -> None:
        await pilot.press("f", *"9000000", "enter")
        monkeypatch.setattr(app_module, "update", broken)
        await pilot.pause(0.2)
        assert isinstance(app.shown, Session)
        assert app.shown.job is None
        assert "failed: ZeroDivisionError" in app.shown.said

    drive(app, steps)


def test_only_the_newest_reports_are_kept(tmp_path: Path) -> None:
    for _ in range(MOST + 3):
        assert write_report(_environ(tmp_path), ValueError("x")) is not None
    assert len(list((tmp_path / "bptui" / "crashes").iterdir())) == MOST


def test_a_report_that_cannot_be_written_is_no_harm(tmp_path: Path) -> None:
    (tmp_path / "bptui").write_text("in the way")
    assert write_report(_environ(tmp_path), ValueError("x")) is None
    told = Supervisor(_environ(tmp_path)).told("That key", ValueError("no\nway"))
    assert told == "That key failed: ValueError: no way."


def test_keeping_that_fails_is_told_and_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    care, session = Supervisor(_environ(tmp_path)), after(shipped("mazur"), c.Step(1))
    monkeypatch.setattr(SessionFile, "keep", broken)
    assert "Keeping the session failed" in care.keep(session)
    assert care.keep(session) == ""


def test_a_package_of_the_app_that_cannot_be_imported_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "textual").mkdir()
    (tmp_path / "textual" / "__init__.py").write_text("raise ImportError('broken')")
    path = {**PYTHON, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    terminal = Terminal("-m", "bptui", "mazur", XDG_STATE_HOME=str(tmp_path / "state"), **path)
    assert ended(terminal) == 1
    assert terminal.raw.startswith(b"bptui needs textual, which cannot be imported: ImportError: b")
    assert terminal.raw.count(b"\n") == 1
    assert not (tmp_path / "state").exists()


CRASH = """
import sys
from bptui.tui import surface
from bptui.cli import main
painted = surface.Surface.redraw
def redraw(self):
    painted(self)
    if "● forward" in "".join(span.text for row in self._rows for span in row):
        raise ZeroDivisionError("a bug")
surface.Surface.redraw = redraw
sys.exit(main(["mazur"]))
"""


def test_a_crash_restores_the_terminal_and_says_where_the_report_is(tmp_path: Path) -> None:
    terminal = Terminal("-c", CRASH, XDG_STATE_HOME=str(tmp_path), SECRET="SECRET", **PYTHON)
    before = termios.tcgetattr(terminal.child.child_fd)
    terminal.wait_for("w5")
    terminal.child.send(" ")
    assert ended(terminal) == 1
    assert_restored(terminal, before)
    told = terminal.raw.rpartition(b"\x1b[?1004l")[2].decode()
    (file,) = (tmp_path / "bptui" / "crashes").iterdir()
    assert told.count("\n") == 1
    assert "bptui failed: ZeroDivisionError: a bug; the report is in " in told
    assert file.name in told.replace("\r\n", "")
    assert told.strip().endswith("bptui --resume goes on")
    text = file.read_text(encoding="utf-8")
    assert "a bug" in text
    assert "A Step by Step Backpropagation" in text
    assert "SECRET" not in text
    again = bptui(tmp_path, "--resume")
    again.wait_for("0.593270")
    assert again.leave() == 0
