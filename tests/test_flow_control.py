"""A terminal at the far end of a line: it is asked whether frames have arrived."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.terminals import PYTHON, Terminal

if os.name != "posix":
    pytest.skip("no terminals of that kind", allow_module_level=True)

from bptui.tui.flow_control import Receipts

QUESTION, ANSWER = b"\x1b[5n", "\x1b[0n"


class Line:
    """Receipts over a line whose time is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.receipts = Receipts(lambda: self.now)

    def ask(self) -> bool:
        """Ask, if that is to be."""
        return bool(self.receipts.question())

    def wait(self, seconds: float) -> None:
        """Let time go by."""
        self.now += seconds

    def round(self, seconds: float) -> None:
        """Ask and be answered after so long."""
        assert self.ask()
        self.wait(seconds)
        self.receipts.answer()


def test_a_terminal_that_never_answers_is_asked_once_and_not_waited_for() -> None:
    line = Line()
    assert line.ask()
    for _ in range(5):
        assert not line.ask()
        assert not line.receipts.behind
        line.wait(2)
    assert not line.receipts.pending
    assert not line.ask()


def test_on_a_line_that_is_far_but_not_slow_more_and_more_frames_are_under_way() -> None:
    line = Line()
    line.round(0.6)
    arrivals: list[float] = []
    most = 0
    for _ in range(200):
        if not line.receipts.behind:
            line.ask()
            arrivals.append(line.now + 0.6)
            most = max(most, len(arrivals))
        line.wait(0.05)
        if arrivals[0] <= line.now:
            line.receipts.answer()
            del arrivals[0]
    assert most == 13  # all that there is room for: nothing is held back any more


def test_on_a_slow_line_frames_go_one_at_a_time() -> None:
    line = Line()
    line.round(0.1)
    for _ in range(3):
        assert not line.receipts.behind  # nothing is under way
        line.ask()
        assert line.receipts.behind
        line.wait(0.9)
        assert line.receipts.behind
        line.receipts.answer()


def test_where_the_line_becomes_slow_frames_go_one_at_a_time_again() -> None:
    line = Line()
    line.round(0.1)
    for _ in range(5):
        while not line.receipts.behind:
            line.ask()
        line.wait(0.2)
        for _ in range(len(line.receipts._asked)):
            line.receipts.answer()
    many = 0
    while not line.receipts.behind:
        line.ask()
        many += 1
    assert many > 4
    line.wait(0.4)
    for _ in range(many):
        assert line.receipts.behind
        line.receipts.answer()
    line.ask()
    assert line.receipts.behind


def test_keys_now_and_then_say_nothing_of_how_many_frames_may_be_under_way() -> None:
    line = Line()
    line.round(0.1)
    line.round(0.1)  # that two may is not known before
    for _ in range(9):
        line.round(0.1)
    line.ask()
    line.ask()
    assert line.receipts.behind


def test_an_answer_that_is_lost_is_not_waited_for_for_ever() -> None:
    line = Line()
    line.round(0.1)
    line.ask()
    line.wait(4)
    assert line.receipts.behind
    line.wait(2)
    assert not line.receipts.behind
    assert not line.receipts.pending
    line.receipts.answer()  # it comes at last
    line.round(0.1)
    assert not line.receipts.pending


class Mute(Terminal):
    """A terminal that answers nothing."""

    answers = False


def remote(tmp_path: Path, kind: type[Terminal] = Terminal) -> Terminal:
    """Start this checkout's bptui as if over SSH."""
    terminal = kind(
        "-m", "bptui", "mazur", XDG_STATE_HOME=str(tmp_path), SSH_TTY="/dev/pts/0", **PYTHON
    )
    terminal.wait_for("w5")
    return terminal


def test_where_nobody_answers_all_is_as_it_was(tmp_path: Path) -> None:
    terminal = remote(tmp_path, Mute)
    for lamp in ("● forward", "● backward", "● update"):
        terminal.press(" ", lamp)
    assert terminal.raw.count(QUESTION) == 1
    assert terminal.leave() == 0


def test_a_frame_waits_for_the_one_before_and_the_last_one_is_shown(tmp_path: Path) -> None:
    terminal = remote(tmp_path)
    terminal.send(ANSWER)
    terminal.press(" ", "● forward")
    asked = terminal.raw.count(QUESTION)
    assert asked == 2
    for _ in range(5):
        terminal.send(" ")
        terminal.wait_idle()
    assert terminal.raw.count(QUESTION) == asked  # held back
    assert "● forward" in terminal.text()
    terminal.press(ANSWER, "iteration 2")
    assert "● update" in terminal.text()
    assert terminal.raw.count(QUESTION) == asked + 1
    terminal.send(ANSWER)
    assert terminal.leave() == 0


def test_an_answer_in_pieces_is_no_key(tmp_path: Path) -> None:
    terminal = remote(tmp_path)
    for character in ANSWER:
        terminal.send(character)
        terminal.take(0.02)
    terminal.press(" ", "● forward")
    assert terminal.raw.count(QUESTION) == 2
    terminal.send(ANSWER)
    terminal.wait_idle()
    assert "● forward" in terminal.text()  # n would be a step
    assert terminal.leave() == 0


def test_it_leaves_when_the_answer_is_there_which_the_shell_would_take_for_keys(
    tmp_path: Path,
) -> None:
    terminal = remote(tmp_path)
    terminal.send(ANSWER)
    terminal.press(" ", "● forward")
    terminal.send("q")
    terminal.wait_idle()
    assert b"\x1b[?1049l" not in terminal.raw
    terminal.send(ANSWER)
    assert terminal.ended() == 0
    assert b"\x1b[?1049l" in terminal.raw


def test_a_terminal_that_is_near_is_not_asked(tmp_path: Path) -> None:
    terminal = Terminal("-m", "bptui", "mazur", XDG_STATE_HOME=str(tmp_path), **PYTHON)
    terminal.wait_for("w5")
    terminal.press(" ", "● forward")
    assert QUESTION not in terminal.raw
    assert terminal.leave() == 0
