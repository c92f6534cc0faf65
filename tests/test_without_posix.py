"""What runs on Windows: all but the app itself, which says what it needs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from bptui.cli import COMMANDS
from tests.commands import ROOT

NEEDS = "needs Linux or macOS; on Windows, install bptui in WSL"
COMMAND_LINES = {
    "cast mazur --script j": "",
    "check mazur": "",
    "code mazur --for numpy": "",
    "completion bash": "",
    "config": "",
    "explain mazur w5": "",
    "help keys": "",
    "list": "",
    "mark mazur answers.txt": "",
    "new 2-3-1 -o new.toml": "",
    'record new.toml --at "1 forward"': "",
    "run mazur --iterations 2 --save saved.toml": "",
    "schema": "",
    "serve mazur": f"bptui: serving {NEEDS}\n",
    "show mazur": "",
    "trace mazur": "",
    "vary mazur --count 1 --seed 1 --out sheets": "",
    "mazur": f"bptui: stepping {NEEDS}; to print the numbers instead: bptui trace PRESET\n",
    "--resume": f"bptui: stepping {NEEDS}; to print the numbers instead: bptui trace PRESET\n",
}
HIDE = """
import contextlib, io, json, os, shlex, signal, sys

for module in ("curses", "fcntl", "grp", "pty", "pwd", "readline", "resource", "termios", "tty"):
    sys.modules[module] = None
windows = {"SIGABRT", "SIGFPE", "SIGILL", "SIGINT", "SIGSEGV", "SIGTERM", "SIG_DFL", "SIG_IGN"}
for name in {name for name in dir(signal) if name.startswith("SIG")} - windows:
    delattr(signal, name)
for name in ("O_CLOEXEC", "O_NOCTTY", "O_NOFOLLOW", "O_NONBLOCK", "fchmod", "fork", "getuid",
             "killpg", "mkfifo", "openpty", "set_blocking", "setsid", "uname"):
    delattr(os, name)
sys.platform = "win32"

from bptui.cli import main

for line in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        with contextlib.redirect_stderr(io.StringIO()) as told:
            status = main(shlex.split(line))
    print(json.dumps([line, status, bool(out.getvalue()), told.getvalue()]))
"""


def test_without_what_posix_has_all_but_the_app_runs(tmp_path: Path) -> None:
    assert {line.split()[0] for line in COMMAND_LINES} >= set(COMMANDS)
    (tmp_path / "answers.txt").write_text("net h1 = 0.3775", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", HIDE],
        input=json.dumps([*COMMAND_LINES]),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "BPTUI_CONFIG": str(tmp_path / "none.toml")},
        timeout=60,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    told = [[line, 2 if told else 0, not told, told] for line, told in COMMAND_LINES.items()]
    assert found == told, done.stderr
