"""A process that has imported the app and forks for whoever asks: what starts so is soon there.

For tests of what the app does once it runs; how it starts is tested with the installed command.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NoReturn

from bptui.terminal import terminal, user_environ

ROOT = Path(__file__).parents[1]
STATE = "XDG_STATE_HOME"
NUMBER = 20
"""How many bytes a number is sent in."""


class Fork:
    """A forked command: as much as tests need of what `subprocess.Popen` would be."""

    def __init__(
        self, argv: Sequence[str], terminal: str, environ: dict[str, str], *, own: bool
    ) -> None:
        """Start `-m bptui ...` or `-c CODE ...` in a terminal; only its own sends it signals."""
        state = environ.pop(STATE)
        server, _ = _server(tuple(sorted(environ.items())))
        self._link, theirs = socket.socketpair()
        with theirs:
            told = json.dumps([argv, terminal, state, own])
            socket.send_fds(server, [told.encode()], [theirs.fileno()])
        self.pid = int(self._link.recv(NUMBER))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit status once it has ended, below 0 for a signal."""
        return self.wait(0)

    def wait(self, timeout: float) -> int | None:
        """Wait for its end, but not for ever; return its exit status."""
        if self.returncode is None and select.select([self._link], [], [], timeout)[0]:
            with self._link as link:
                self.returncode = int(link.recv(NUMBER))
        return self.returncode


@cache
def _server(environ: tuple[tuple[str, str], ...]) -> tuple[socket.socket, object]:
    """Start a process that forks in an environment, of which the app reads even how it began."""
    ours, theirs = socket.socketpair()
    # only what has no threads can fork
    needed = {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.forks", str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            env=dict(environ) | needed,
            cwd=ROOT,
            pass_fds=[theirs.fileno()],
        )
    return ours, process


def serve(requests: socket.socket) -> None:
    """Fork for each request, until nobody can ask any more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # of those who wait below, nobody wants the end
    while (received := socket.recv_fds(requests, 9999, 1))[0]:
        message, (link,), *_ = received
        if os.fork():
            os.close(link)
        else:
            requests.close()
            _start(socket.socket(fileno=link), *json.loads(message))


def _start(link: socket.socket, argv: list[str], terminal: str, state: str, own: bool) -> NoReturn:
    """Run a command in a child that has the terminal; tell its number and how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if pid := os.fork():
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with suppress(BrokenPipeError):
            link.send(_number(status))
        os._exit(0)
    os.setsid()
    file = os.open(terminal, os.O_RDWR | (0 if own else os.O_NOCTTY))
    for number, (name, mode) in enumerate({"stdin": "r", "stdout": "w", "stderr": "w"}.items()):
        os.dup2(file, number)
        stream = open(number, mode, closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    os.close(file)
    os.environ[STATE] = state
    link.send(_number(os.getpid()))
    link.close()
    match argv:
        case ["-m", "bptui", *words]:
            sys.exit(main(words))
        case ["-c", code, *words]:
            sys.argv[1:] = words
            exec(code, {"__name__": "__main__"})
            sys.exit()
        case _:
            raise ValueError(argv)


def _number(number: int) -> bytes:
    return str(number).rjust(NUMBER).encode()


if __name__ == "__main__":
    # as the app does before it imports Textual
    os.environ.update(terminal(user_environ()).settings)
    import bptui.cli.step
    import bptui.tui.app
    import bptui.tui.diff_driver  # noqa: F401
    from bptui.cli import main

    serve(socket.socket(fileno=int(sys.argv[1])))
