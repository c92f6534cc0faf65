"""Commands as a shell runs them, with each standard stream where a test wants it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


class OnATerminal:
    """A command whose errors go to a terminal, and whose output goes to a file."""

    def __init__(self, *argv: object) -> None:
        pty = pytest.importorskip("pty")
        self.terminal, theirs = pty.openpty()
        code = (
            "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
            "from bptui.cli import main; sys.exit(main(sys.argv[1:]))"
        )
        command = [sys.executable, "-c", code, *map(str, argv)]
        self.output = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        self.process = subprocess.Popen(command, stdout=self.output, stderr=theirs, cwd=ROOT)
        os.close(theirs)
        self.told = ""

    def read_until(self, text: str) -> None:
        """Read until the terminal was sent a text."""
        while text not in self.told:
            self.told += os.read(self.terminal, 4096).decode()

    def end(self) -> tuple[str, int]:
        """Return what came on standard output, and the exit status."""
        self.process.wait(timeout=60)
        while True:
            try:
                data = os.read(self.terminal, 4096)
            except OSError:  # nobody is at the other end any more
                data = b""
            if not data:
                break
            self.told += data.decode()
        os.close(self.terminal)
        with self.output as file:
            file.seek(0)
            return file.read(), self.process.returncode
