"""Signals, terminals that go away, full disks and failures inside, in a real terminal."""

from __future__ import annotations

import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from bptui.session.decode import restored
from bptui.tui.session_file import SessionFile, records_in
from tests.sessions import shipped, stepped
from tests.terminals import Forked, Terminal
from tests.waiting import PATIENCE, wait_until


def bptui(state: Path, *argv: str) -> Terminal:
    """Start this checkout's bptui in a terminal, with a state directory."""
    return Forked("-m", "bptui", *argv, XDG_STATE_HOME=str(state))


def is_restored(terminal: Terminal) -> bool:
    """Whether a terminal is as it was before the app, which has undone all that it did."""
    begun = terminal.raw.rindex(b"\x1b[?1049h")
    undone = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?2004l", b"\x1b[<u")
    return terminal.modes() == terminal.before and all(
        terminal.raw.rfind(sequence) > begun for sequence in undone
    )


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_ends_it_in_good_order_and_it_goes_on_from_there(
    name: str, tmp_path: Path
) -> None:
    terminal = bptui(tmp_path, "mazur", "--mouse")
    terminal.wait_for("w5")
    terminal.press("  h", "w5  weight")
    terminal.wait_idle()
    shown = terminal.text()
    number = signal.Signals[name]
    terminal.signal(number)
    assert terminal.ended() == 128 + number
    assert is_restored(terminal)
    assert terminal.raw.rindex(b"\x1b[?1000l") > terminal.raw.rindex(b"\x1b[?1000h")
    assert terminal.raw.rpartition(b"\x1b[?1004l")[2].count(b"\n") == 1
    assert b"to resume it: bptui --resume" in terminal.raw
    again = bptui(tmp_path, "--resume")
    again.wait_screen(shown)
    assert again.leave() == 0


def test_the_next_start_says_that_a_session_was_cut_off_but_not_that_it_was_left(
    tmp_path: Path,
) -> None:
    told = "Interrupted at iteration 1, backward; to resume: bptui mazur --resume"
    for leave, says in ((True, False), (False, True)):
        terminal = bptui(tmp_path, "mazur")
        terminal.wait_for("w5")
        terminal.press("  ", "● backward")
        if leave:
            assert terminal.leave() == 0
        else:
            terminal.signal(signal.SIGHUP)
            terminal.ended()
        after = bptui(tmp_path, "mazur")
        after.wait_for(told if says else "w5")
        after.wait_idle()
        assert (told in after.text()) is says
        assert after.leave() == 0


def test_killed_at_any_moment_it_has_lost_the_last_key_at_most(tmp_path: Path) -> None:
    terminal = bptui(tmp_path, "mazur")
    terminal.wait_for("w5")
    terminal.press("  ", "● backward")
    terminal.press("e", "what if")
    terminal.press("\x15w5 = 0.7\r", "branch 1")
    terminal.wait_idle()
    shown = terminal.text()
    terminal.signal(signal.SIGKILL)
    assert terminal.ended() == -signal.SIGKILL
    again = bptui(tmp_path, "mazur", "--resume")
    again.wait_screen(shown)
    again.send(" " * 200)
    again.wait_until(lambda: again.text() != shown)
    again.signal(signal.SIGKILL)  # in the middle of them
    again.ended()
    last = bptui(tmp_path, "--resume")
    last.wait_for("branch 1")
    assert last.leave() == 0


def went_on(terminal: Terminal, begun: int, modes: list[object]) -> bool:
    """Whether an app has taken the terminal again since so many bytes, and set it as before."""
    return b"\x1b[?1049h" in terminal.raw[begun:] and terminal.modes() == modes


def test_it_stops_and_goes_on_however_it_is_asked_to(tmp_path: Path) -> None:
    terminal = bptui(tmp_path, "mazur")
    terminal.wait_for("w5")
    terminal.wait_idle()
    shown = terminal.text()
    for stop, gives_back in ((signal.SIGTSTP, True), (signal.SIGSTOP, False), (None, False)):
        raw = terminal.modes()
        if stop is not None:
            terminal.signal(stop)
            terminal.wait_stopped()
        if gives_back:  # what a stopped app has written may still be on its way
            terminal.wait_until(partial(is_restored, terminal))
        terminal.screen.erase_in_display(2)  # so that what comes back has been painted anew
        begun = len(terminal.raw)
        terminal.signal(signal.SIGCONT)
        terminal.wait_until(partial(went_on, terminal, begun, raw))
        terminal.wait_screen(shown)
    terminal.press(" ", "● forward")  # one key is one step: nobody reads beside
    terminal.press(" ", "● backward")
    assert terminal.leave() == 0
    assert is_restored(terminal)


def test_stopped_it_can_be_ended_without_touching_the_terminal(tmp_path: Path) -> None:
    terminal = bptui(tmp_path, "mazur")
    terminal.wait_for("w5")
    terminal.press(" ", "● forward")
    terminal.signal(signal.SIGTSTP)
    terminal.wait_stopped()
    terminal.wait_until(partial(is_restored, terminal))
    begun = len(terminal.raw)
    terminal.signal(signal.SIGTERM)
    terminal.signal(signal.SIGCONT)
    assert terminal.ended() == 128 + signal.SIGTERM
    assert b"\x1b[?1049" not in terminal.raw[begun:]


class Unheard(Forked):
    """A terminal of which no signals come."""

    hears = False


@pytest.mark.parametrize("kind", [Forked, Unheard])
def test_a_terminal_that_closes_ends_it_soon(kind: type[Forked], tmp_path: Path) -> None:
    """With SIGHUP from the kernel, and where nobody sends a signal."""
    terminal = kind("-m", "bptui", "mazur", XDG_STATE_HOME=str(tmp_path))
    terminal.wait_for("w5")
    terminal.press(" ", "0.593270")
    terminal.file.close()
    assert terminal.process.wait(PATIENCE) == 128 + signal.SIGHUP
    (file,) = (tmp_path / "bptui" / "sessions").iterdir()
    assert str(restored(records_in(file.read_bytes())).moment) == "1 forward"


def test_a_terminal_that_takes_nothing_does_not_hold_up_the_end(tmp_path: Path) -> None:
    terminal = bptui(tmp_path, "mazur")
    terminal.wait_for("w5")

    def is_full() -> bool:
        terminal.send(" \t?")
        return terminal.is_asleep() and not terminal.has_room()

    wait_until(is_full)  # nobody reads what is painted
    terminal.signal(signal.SIGTERM)
    assert terminal.process.wait(PATIENCE) == 128 + signal.SIGTERM
    assert terminal.modes() == terminal.before


def test_several_sessions_are_a_list_the_newest_first(tmp_path: Path) -> None:
    begun = time.time() - 10
    for name, keys in (("pandey", 1), ("mazur", 2), ("mazur", 3)):
        session_file, session = SessionFile({"XDG_STATE_HOME": str(tmp_path)}), shipped(name)
        session_file.keep(stepped(session, keys))
        file = session_file.file
        session_file.close()
        assert file is not None
        os.utime(file, (begun + keys, begun + keys))
    terminal = bptui(tmp_path, "--resume")
    terminal.wait_for("resume a session")
    terminal.wait_idle()
    entries = [line for line in terminal.text().split("\n") if line.startswith((" ▸ ", "   "))]
    names = [line.split()[-2:] for line in entries if ": at iteration" in line]
    assert names == [["1,", "update"], ["1,", "backward"], ["1,", "forward"]]
    terminal.press("\x1b[B\r", "● backward")
    assert terminal.leave() == 0


def test_there_may_be_nothing_to_go_on_with(tmp_path: Path) -> None:
    for argv in (["--resume"], ["mazur", "--resume"]):
        terminal = bptui(tmp_path, *argv)
        assert terminal.ended() == 2
        assert terminal.raw.startswith(b"bptui: no session ")
        assert terminal.raw.count(b"\n") == 1


def test_a_damaged_session_is_one_line(tmp_path: Path) -> None:
    where = tmp_path / "bptui" / "sessions"
    where.mkdir(parents=True)
    (where / "x.jsonl").write_text('{"session": 3, "text": "title = 3", "file": "a\\u001b[2J"}\n')
    terminal = bptui(tmp_path, "--resume")
    assert terminal.ended() == 2
    assert terminal.raw.count(b"\n") == 1
    assert b"its preset is invalid" in terminal.raw
    assert b"\x1b" not in terminal.raw


FULL = """
import resource, signal, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
from bptui.cli import main
sys.exit(main(["mazur"]))
"""


def test_a_full_disk_is_told_once_and_it_goes_on(tmp_path: Path) -> None:
    terminal = Forked("-c", FULL, XDG_STATE_HOME=str(tmp_path))
    terminal.wait_for("w5")
    terminal.press(" ", "This session cannot be saved for --resume: File too large")
    terminal.press(" ", "● backward")
    assert "cannot be saved" not in terminal.text()
    assert terminal.leave() == 0


def test_a_full_disk_is_told_while_keys_keep_coming(tmp_path: Path) -> None:
    terminal = Forked("-c", FULL, XDG_STATE_HOME=str(tmp_path))
    terminal.wait_for("w5")
    for _ in range(30):
        terminal.send(" ")
        terminal.take(0.02)
    terminal.wait_until(lambda: b"cannot be saved" in terminal.raw)
    assert terminal.leave() == 0


@pytest.mark.parametrize("keys", ["f20000\rq", "t q", "a q", "f9000000\rf100\r\x03"])
def test_a_key_and_quit_in_the_same_breath_leave_nothing_behind(keys: str, tmp_path: Path) -> None:
    terminal = bptui(tmp_path, "pandey")
    terminal.wait_for("z1")
    terminal.send(keys)
    assert terminal.ended() == 0
    assert b"never awaited" not in terminal.raw
    assert not terminal.raw.rpartition(b"\x1b[?1004l")[2].strip()


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
    terminal = Forked("-c", CRASH, XDG_STATE_HOME=str(tmp_path), SECRET="SECRET")
    terminal.wait_for("w5")
    terminal.send(" ")
    assert terminal.ended() == 1
    assert is_restored(terminal)
    told = terminal.raw.rpartition(b"\x1b[?1004l")[2].decode()
    (file,) = (tmp_path / "bptui" / "crashes").iterdir()
    assert told.count("\n") == 1
    assert "bptui crashed: ZeroDivisionError: a bug; report: " in told
    assert file.name in told.replace("\r\n", "")
    assert told.strip().endswith("; to resume the session: bptui --resume")
    text = file.read_text(encoding="utf-8")
    assert "a bug" in text
    assert "A Step by Step Backpropagation" in text
    assert "SECRET" not in text
    again = bptui(tmp_path, "--resume")
    again.wait_for("0.593270")
    assert again.leave() == 0
