"""Whatever takes long on the command line shows how far it is, and Ctrl-C stops it in one line."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from msgspec.structs import replace

from bptui.session.encode import head_of, record, state_of
from bptui.story.moment import Moment, Phase
from tests.commands import OnATerminal
from tests.networks import dense
from tests.sessions import shipped
from tests.terminals import Terminal

FAR = 199_000


def figures() -> str:
    """A network with wrong figures that are far on."""
    names = ("dE/dw1", "dE/dw2", "dE/dw3", "dE/dnet h1", "E")
    text = dense((2, 2, 1)).toml()
    for iteration in range(FAR, FAR + 20):
        lines = "".join(f'"{name}" = "7.{iteration}"\n' for name in names)
        text += f"\n[expected.{iteration}.backward]\n{lines}"
    return text


WORK = {
    "run mazur --iterations 10000000": "iterations, ",
    "trace mazur --iterations 10000000 --json": " of 10,000,000 iterations",
    "explain mazur w5 --at 10000000": " of 10,000,000 iterations",
    "explain many.toml dE/dw1 --depth 1": " cards",
    "check far.toml": "far: 0 of 100 figures",
}
"""Commands that take long, and what they show meanwhile."""


@pytest.mark.parametrize("command", WORK)
def test_it_shows_how_far_it_is_and_ctrl_c_stops_it_in_one_line(
    command: str, tmp_path: Path
) -> None:
    (tmp_path / "far.toml").write_text(figures(), encoding="utf-8")
    (tmp_path / "many.toml").write_text(dense((2, 3, 2), samples=4000).toml(), encoding="utf-8")
    words = [str(tmp_path / word) if word.endswith(".toml") else word for word in command.split()]
    work = OnATerminal(*words)
    work.read_until(WORK[command])
    work.process.send_signal(signal.SIGINT)
    _, status = work.end()
    last = work.told.rpartition("\r\x1b[K")[2]
    assert last.startswith("bptui: stopped")
    assert last.count("\n") == 1
    assert status == 130


def test_the_way_back_to_a_far_moment_is_shown_and_can_be_stopped(tmp_path: Path) -> None:
    far = replace(shipped("mazur"), moment=Moment.of(9_000_000, Phase.UPDATE))
    lines = head_of(far), record(state_of(far), None, 1)
    sessions = tmp_path / "bptui" / "sessions"
    sessions.mkdir(parents=True)
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    (sessions / "far.jsonl").write_text(text, encoding="utf-8")
    terminal = Terminal("mazur", "--resume", XDG_STATE_HOME=str(tmp_path))
    terminal.wait_for("of 9,000,000; ctrl+c stops")
    terminal.send("\x03")
    assert terminal.ended() == 130
    assert terminal.text().startswith("bptui: stopped; recomputing: iteration ")
    assert (sessions / "far.jsonl").read_text(encoding="utf-8") == text
