"""Recordings: what they paint is the screen that the keys lead to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyte
import pytest

from bptui.cli import main
from bptui.session import messages as c
from bptui.session.messages import Panel
from bptui.tui.cast import keys_of
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.sessions import after, shipped, stepped

SEARCH = '/ "E < 0.29" enter : "1 backward" enter'


def recorded(capsys: pytest.CaptureFixture[str], *argv: str) -> list[Any]:
    """Return the lines of a recording."""
    assert main(["cast", "mazur", *argv]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def painted(events: list[Any]) -> str:
    """Return what a terminal shows at the end of a recording."""
    terminal = pyte.Screen(80, 24)
    for _, kind, sent in events:
        assert kind == "o"
        pyte.Stream(terminal).feed(str(sent))
    return "\n".join(line.rstrip() for line in terminal.display)


def test_a_recording_ends_with_the_screen_that_the_keys_lead_to(
    capsys: pytest.CaptureFixture[str],
) -> None:
    header, *events = recorded(capsys, "--script", "space*2 tab wait", "--delay", "0.25")
    assert header == {"version": 2, "width": 80, "height": 24, "title": "bptui mazur"}
    assert [event[0] for event in events] == [0.0, 0.25, 0.5, 0.75, 1.0]
    session = after(stepped(shipped("mazur"), 2), c.Show(Panel.INSPECTOR))
    assert painted(events) == to_text(screen(session, 80, 24))
    assert events[-1][2] == ""


def test_words_are_typed_where_something_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    _, *events = recorded(capsys, "--script", SEARCH)
    assert "iteration 3" in painted(events[:4])
    last = painted(events)
    assert "iteration 1" in last
    assert "● backward" in last


def test_playing_goes_on_while_a_script_waits(capsys: pytest.CaptureFixture[str]) -> None:
    _, *events = recorded(capsys, "--script", "t wait*3 t q j j j")
    assert len(events) == 6
    assert "● update" in painted(events)


def test_a_recording_is_saved_whole_and_not_over_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "m.cast"
    line = ["cast", "mazur", "--script", "space", "-o", str(file)]
    assert main(line) == 0
    assert len(file.read_text(encoding="utf-8").splitlines()) == 3
    assert main(line) == 2
    told = f"bptui: {file} already exists; choose another name, or add --force\n"
    assert capsys.readouterr().err == told
    assert main([*line, "--force"]) == 0


def test_how_often_a_key_is_pressed() -> None:
    assert keys_of(["space*3", "j", "*", "+*2"]) == ["space"] * 3 + ["j", "*", "+", "+"]
