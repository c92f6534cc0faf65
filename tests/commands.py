"""Commands: as a shell runs them, with each standard stream where a test wants it; as texts
name them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest

from bptui.cli import COMMANDS, parser_of
from bptui.cli.help import TOPICS

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


def commands_in(text: str) -> Iterator[str]:
    """Yield the commands of bptui in Markdown, in examples and between backticks."""
    examples = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    yield from re.findall(r"^bptui .*", "\n".join(examples), re.MULTILINE)
    yield from re.findall(r"`(bptui [^`]+)`", text)


def check_command(line: str) -> None:
    """Check that a command is there, with its options; words in capitals stand for others."""
    words = takewhile(lambda word: word not in ("<", ">", "|", "&&"), shlex.split(line, True))
    _, name, *rest = (re.sub("^N$", "1", word) for word in words)
    if name == "help" and rest:
        assert rest[0] in (*TOPICS, *COMMANDS, "TOPIC"), line
    if name in COMMANDS and rest:
        parser_of(name).read(rest)
    elif name not in COMMANDS and not name.isupper():
        parser_of("").read([name, *rest])
