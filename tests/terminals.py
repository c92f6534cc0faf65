"""A command in a real terminal, what it paints there, and how it ends."""

from __future__ import annotations

import fcntl
import os
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from tests.forks import Fork
from tests.waiting import PATIENCE

pyte = pytest.importorskip("pyte")
pty = pytest.importorskip("pty")

BPTUI = shutil.which("bptui", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
ROOT = Path(__file__).parents[1]
PYTHON: dict[str, Any] = {"command": sys.executable, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
"""How this checkout's modules are run, whatever is installed."""
OPENS_ITS_TERMINAL = 'exec "$@" <"$0"'
"""A shell's script: the first terminal that a session opens is its own, whose signals it gets."""
ASKS, ANSWERS = b"\x1b[?2026$p", "\x1b[?2026;2$y"
"""A question for a terminal: whether it waits for the end of an update; and that it does."""
BEGINS, ENDS = b"\x1b[?2026h", b"\x1b[?2026l"
SILENT = (b"\x1b[>25u", b"\x1b[<u", ASKS)
"""What pyte does not know and would print."""
Cell = tuple[object, ...]


class Terminal:
    """A command in a pty, and what it has painted."""

    hears = True
    """Whether its session hears of the terminal: of keys that stop it, and of its end."""
    answers = True
    """Whether it says that it waits for the end of an update."""

    def __init__(
        self,
        *argv: str,
        command: str = str(BPTUI),
        size: tuple[int, int] = (80, 24),
        **environ: str,
    ) -> None:
        master, slave = pty.openpty()
        self.file, self.name = os.fdopen(master, "r+b", buffering=0), os.ttyname(slave)
        self.screen = pyte.Screen(*size)
        self.stream = pyte.ByteStream(self.screen)
        self.resize(*size)
        self.before = self.modes()
        env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLORTERM")}
        env |= {"TERM": "xterm-256color", "LANG": "C.UTF-8"} | environ
        self.process = self._started([command, *argv], slave, env)
        os.close(slave)
        self.left, self.raw = False, b""

    def _started(
        self, argv: list[str], slave: int, environ: dict[str, str]
    ) -> subprocess.Popen[bytes] | Fork:
        opening = ["/bin/sh", "-c", OPENS_ITS_TERMINAL, self.name] if self.hears else []
        return subprocess.Popen(
            [*opening, *argv],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            env=environ,
        )

    # what comes from the command

    def take(self, seconds: float = 0) -> bool:
        """Take what the command has written, or waits at most so long for; false if nothing."""
        if self.left or not select.select([self.file], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.file.fileno(), 65536)
        except OSError:  # nobody is at the other end any more
            data = b""
        self.left = not data
        asked = self.raw.count(ASKS)
        self.raw += data
        if self.answers and self.raw.count(ASKS) > asked:
            self.send(ANSWERS)
        self.paint(data)
        return bool(data)

    def paint(self, data: bytes) -> None:
        """Do what a terminal does with a program's output."""
        for sequence in SILENT:
            data = data.replace(sequence, b"")
        self.stream.feed(data)

    def text(self) -> str:
        """Return the screen."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    @property
    def is_whole(self) -> bool:
        """Whether the last update that was begun has ended."""
        return self.raw.rfind(BEGINS) <= self.raw.rfind(ENDS)

    # what is waited for

    def wait_until(self, true: Callable[[], object]) -> None:
        """Read until something is so of a whole screen."""
        end = time.monotonic() + PATIENCE
        while not (self.is_whole and true()):
            assert not self.left, f"it has ended, with\n{self.text()}"
            assert time.monotonic() < end, f"it never comes to that, but to\n{self.text()}"
            self.take(0.05)

    def wait_for(self, text: str) -> None:
        """Read until a text is on the screen."""
        self.wait_until(lambda: text in self.text())

    def wait_screen(self, text: str) -> None:
        """Read until this is on the screen, and nothing else."""
        self.wait_until(lambda: self.text() == text)

    def wait_idle(self) -> None:
        """Read until the command sleeps whenever it is looked at: it has done all it was told."""
        end, looks = time.monotonic() + PATIENCE, 0
        while looks < 15:
            assert time.monotonic() < end, f"it is never idle, with\n{self.text()}"
            looks = 0 if self.take(0.01) or not self.is_asleep() else looks + 1

    def is_asleep(self) -> bool:
        """Whether all threads of the command sleep; where that is not known, for all we see."""
        try:
            return {state(task) for task in Path(f"/proc/{self.process.pid}/task").iterdir()} == {
                "S"
            }
        except OSError:
            return not Path("/proc/self/task").exists()

    def has_room(self) -> bool:
        """Whether the command could write any more while nothing is taken."""
        with open(self.name, "wb", buffering=0, opener=_not_its_own) as slave:
            return bool(select.select([], [slave], [], 0)[1])

    def wait_stopped(self) -> None:
        """Read until the command is stopped, by itself or by others, perhaps while it paints.

        What it wrote last may still be on its way.
        """
        end = time.monotonic() + PATIENCE
        while state(Path(f"/proc/{self.process.pid}")) != "T":
            assert time.monotonic() < end, f"it does not stop, with\n{self.text()}"
            self.take(0.05)

    def ended(self) -> int | None:
        """Wait until the command has ended; return its exit status, below 0 for a signal."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None or not self.left:
            assert time.monotonic() < end, f"it does not end, with\n{self.text()}"
            self.take(0.05)
        return self.process.returncode

    # what goes to the command

    def send(self, keys: str) -> None:
        """Send keys, or a terminal's answers."""
        self.file.write(keys.encode())

    def press(self, keys: str, then: str) -> None:
        """Send keys and wait until a text is on the screen."""
        self.send(keys)
        self.wait_for(then)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the command."""
        os.kill(self.process.pid, number)

    def resize(self, width: int, height: int) -> None:
        """Give the terminal another size, of which the command is told."""
        self.screen.resize(height, width)
        self.resize_unseen(width, height)

    def resize_unseen(self, width: int, height: int) -> None:
        """Tell the command of another size, while what it paints is not looked at."""
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def modes(self) -> list[Any]:
        """Return how the terminal's line is set, but for its speed and its keys."""
        return termios.tcgetattr(self.file)[:4]

    def leave(self) -> int | None:
        """Quit and return the exit status."""
        self.send("q")
        return self.ended()


class Forked(Terminal):
    """Python in a pty, forked from a process that has imported the app."""

    def _started(self, argv: list[str], slave: int, environ: dict[str, str]) -> Fork:
        return Fork(argv[1:], self.name, environ, own=self.hears)


def _not_its_own(name: str, flags: int) -> int:
    return os.open(name, flags | os.O_NOCTTY)


def state(process: Path) -> str:
    """Return the letter of what a process or thread does: R for running, S for sleeping."""
    return (process / "stat").read_text().rpartition(")")[2].split()[0]


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
