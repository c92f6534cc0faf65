"""A command in a real terminal, what it paints there, and how it ends."""

from __future__ import annotations

import os
import shutil
import sys
import time
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

pexpect = pytest.importorskip("pexpect")
pyte = pytest.importorskip("pyte")

BPTUI = shutil.which("bptui", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
QUIET = 0.4
ROOT = Path(__file__).parents[1]
PYTHON: dict[str, Any] = {"command": sys.executable, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
Cell = tuple[object, ...]


class Terminal:
    """A command in a pty, and what it has painted."""

    def __init__(
        self,
        *argv: str,
        command: str = str(BPTUI),
        size: tuple[int, int] = (80, 24),
        **environ: str,
    ) -> None:
        width, height = size
        self.screen = pyte.Screen(width, height)
        self.stream = pyte.ByteStream(self.screen)
        env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLORTERM")}
        env |= {"TERM": "xterm-256color", "LANG": "C.UTF-8"} | environ
        self.child = pexpect.spawn(
            command, list(argv), dimensions=(height, width), env=env, timeout=20
        )
        self.raw = b""

    def read(self, seconds: float = QUIET) -> None:
        """Read until nothing has come for a while."""
        quiet = time.monotonic() + seconds
        while time.monotonic() < quiet:
            try:
                data = self.child.read_nonblocking(65536, timeout=0.05)
            except pexpect.TIMEOUT:
                continue
            except pexpect.EOF:
                return
            self.raw += data
            self.paint(data)
            quiet = time.monotonic() + seconds

    def paint(self, data: bytes) -> None:
        """Do what a terminal does with a program's output."""
        # pyte does not know the queries of the kitty protocol and would print them
        self.stream.feed(data.replace(b"\x1b[>25u", b"").replace(b"\x1b[<u", b""))

    def wait_for(self, text: str, seconds: float = 20) -> None:
        """Read until a text is on the screen."""
        end = time.monotonic() + seconds
        while text not in self.text():
            assert time.monotonic() < end, f"no {text!r} on\n{self.text()}"
            self.read(0.1)

    def text(self) -> str:
        """Return the screen."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def press(self, keys: str, then: str) -> None:
        """Send keys, wait until a text is on the screen, and until the screen is quiet."""
        self.child.send(keys)
        self.wait_for(then)
        self.read()

    def leave(self) -> int:
        """Quit and return the exit status."""
        self.child.send("q")
        self.child.expect(pexpect.EOF)
        self.raw += self.child.before
        self.child.close()
        return int(self.child.exitstatus)


def ended(terminal: Terminal, seconds: float = 5) -> int:
    """Wait until a process has ended; return its exit status, below 0 for a signal."""
    end = time.monotonic() + seconds
    while terminal.child.isalive():
        assert time.monotonic() < end, "it does not end"
        terminal.read(0.1)
    terminal.read(0.1)
    status = terminal.child.exitstatus
    return -int(terminal.child.signalstatus) if status is None else int(status)


def seen(screen: Any) -> list[list[Cell]]:
    """Return what can be seen of a screen."""
    rows = []
    for y in range(screen.lines):
        line = [screen.buffer[y][x] for x in range(screen.columns)]
        halves = [is_right_half(char.data) for char in line] + [False]
        row = []
        for x, char in enumerate(line):
            # pyte leaves the other half of a wide character where one was overwritten
            whole = halves[x + 1] == (cell_len(char.data) == 2)
            lost = not whole or (halves[x] and (not x or cell_len(line[x - 1].data) != 2))
            row.append(look(char._replace(data=" ") if lost and not halves[x + 1] else char))
        rows.append(row)
    return rows


def is_right_half(data: str) -> bool:
    """Whether a cell of pyte's is the right half of a wide character, with its marks."""
    return not data or bool(unicodedata.combining(data[0]))


def look(char: Any) -> Cell:
    """Return a cell without what cannot be seen on a blank one."""
    if char.data == " " and not (char.underscore or char.strikethrough or char.reverse):
        return " ", char.bg
    return tuple(char)
