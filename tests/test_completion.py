"""Completion: what a command line can go on with, and that shells take it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bptui.cli import COMMANDS
from bptui.cli.candidates import candidates
from bptui.cli.completion import SHELLS
from bptui.preset.find import shipped_presets

PRESETS = [file.stem for file in shipped_presets()]
ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], [*COMMANDS, *PRESETS]),
        (["ch"], ["check"]),
        (["maz"], ["mazur"]),
        (["mazur", "--pro"], ["--projector"]),
        (["check", "mazur", "pan"], ["pandey"]),
        (["explain", "mazur", "net h"], ["net h1", "net h2"]),
        (["explain", "mazur", '"net h'], ["net h1", "net h2"]),
        (["explain", "mazur", "E", "--depth", "2", "step\\ w5"], ["step w5"]),
        (["explain", "nope", "E"], []),
        (["explain", "-", "E"], []),
        (["explain", "mazur", "E", "--format", ""], ["text", "markdown", "latex", "html", "json"]),
        (["explain", "mazur", "--at", ""], []),
        (["show", "--select", "E o", "mazur"], ["mazur"]),
        (["show", "mazur", "--select", "E o"], ["E o1", "E o2"]),
        (["run", "mazur", "--save", ""], []),
        (["run", "mazur", "--sa"], ["--save"]),
        (["help", "cond"], ["conditions"]),
        (["completion", ""], [*SHELLS]),
        (["list", ""], []),
        (["trace", "mazur", ""], []),
    ],
)
def test_what_a_command_line_can_go_on_with(
    words: list[str], found: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert candidates(words) == found


def test_presets_of_the_folder_are_offered_but_no_other_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text("[training]\n", encoding="utf-8")
    Path("minor.toml").write_text("[tool]\n", encoding="utf-8")
    assert candidates(["trace", "min"]) == ["mine.toml"]


ASKED = {
    "bash": "source {}; COMP_WORDS=(bptui {}); COMP_CWORD={}; _bptui; "
    "printf '%s\\n' \"${{COMPREPLY[@]}}\"",
    "zsh": "compdef() {{}}; source {}; compadd() {{ print -l -- ${{(P)2}} }}; "
    "words=(bptui {}); CURRENT=$(({} + 1)); _bptui",
    "fish": "source {}; complete -C 'bptui {}' # {}",
}


@pytest.mark.parametrize(("shell", "blank"), [("bash", "\\ "), ("zsh", " "), ("fish", "\\ ")])
def test_a_shell_completes(shell: str, blank: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    script, command = tmp_path / "script", tmp_path / "bptui"
    script.write_text(SHELLS[shell], encoding="utf-8")
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m bptui "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    environ = os.environ | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
    }
    for line, place, found in (
        ("explain mazur dE/dout\\ o", 3, ["dE/dout o1", "dE/dout o2"]),
        ("show mazur --format h", 4, ["html"]),
    ):
        asked = ASKED[shell].format(script, line, place)
        run = subprocess.run(
            [shell, "-c", asked], capture_output=True, text=True, timeout=60, env=environ, cwd="/"
        )
        told = [word for word in run.stdout.splitlines() if "/" not in word.replace("dE/", "")]
        assert [word.replace(blank, " ") for word in told] == found, run.stderr
