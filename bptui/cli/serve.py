"""`bptui serve`: the app in a browser, for visitors who know its address."""

from __future__ import annotations

import argparse
import errno
import os
import shlex
import socket
import sys
from collections.abc import Mapping
from importlib.util import find_spec

from bptui.cli.common import STDIN, Parser, UsageError, setup_of, whole
from bptui.cli.step import LOOKS
from bptui.cli.streams import complain, flush, out
from bptui.terminal import NO_POSIX

EXAMPLES = """\
  bptui serve mazur
  bptui serve my.toml --port 9000 --visitors 30 --light
"""
HOST = "127.0.0.1"
"""The only address that is listened on: what is on the way is encrypted by SSH or not there."""


def add_arguments(parser: Parser) -> None:
    told = "a TOML file, or the name of a preset (see: bptui list)"
    parser.add_argument("preset", metavar="PRESET", help=told)
    told = "the port (default 8000); 0 for any that is free"
    parser.add_argument("--port", type=whole(0, 65_535), default=8000, metavar="N", help=told)
    told = "how many may look at once, each with a process of some 60 MB (default 10)"
    parser.add_argument("--visitors", type=whole(1, 1000), default=10, metavar="N", help=told)
    parser.add_argument("--mouse", action="store_true", help="select by clicking")
    parser.add_argument("--light", action="store_true", help="colours for a light background")
    parser.add_argument("--projector", action="store_true", help=LOOKS["projector"])


def run(options: argparse.Namespace) -> int:
    if options.preset == STDIN:
        raise UsageError("serving cannot read a preset from standard input; save it as a file")
    name = setup_of(options.preset).preset.name  # what is wrong with it is told here
    if find_spec("termios") is None:
        raise UsageError(f"serving {NO_POSIX}")
    if find_spec("textual_serve") is None:
        pip = f"{shlex.quote(sys.executable)} -m pip"
        raise UsageError(f"serving needs textual-serve; to install it: {pip} install textual-serve")
    listening = _listening(options.port)
    from bptui.tui.web_server import WebServer

    looks = [look for look in ("light", "projector", "mouse") if getattr(options, look)]
    server = WebServer(name, [options.preset, *looks], options.visitors)
    with listening:
        out(_announced(server.path, listening.getsockname()[1], options.visitors))
        flush()
        signal = server.run(listening)
    complain("bptui: stopped")
    return 128 + signal


def visit(words: list[str]) -> int:
    """Run the app for one visitor of a size: `_visit 80x24 PRESET light`."""
    from bptui.tui.run import visit

    size, preset, *looks = words
    width, height = map(int, size.split("x"))
    ending = visit(
        setup_of(preset), mouse="mouse" in looks, looks=frozenset(looks), size=(width, height)
    )
    if ending.told:
        complain(ending.told)
    return ending.status


def _listening(port: int) -> socket.socket:
    """A socket that listens on this machine only.

    Raises:
        UsageError: the port cannot be had.
    """
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        told = f"cannot listen on port {port}: {error.strerror}"
        if error.errno == errno.EADDRINUSE:
            told = f"port {port} is in use"
        raise UsageError(f"{told}; choose another, or any that is free: --port 0") from None


def _announced(path: str, port: int, visitors: int) -> str:
    from getpass import getuser

    return (
        f"http://{HOST}:{port}{path}\n"
        f"Whoever knows this address can look, {visitors} at once; ctrl+c stops.\n"
        f"From another machine, first run there: {tunnel(os.environ, port, getuser())}"
    )


def tunnel(environ: Mapping[str, str], port: int, user: str) -> str:
    """The command that makes the port reachable from another machine."""
    told = environ.get("SSH_CONNECTION", "").split()
    host, ssh_port = told[2:4] if len(told) == 4 else (socket.gethostname(), "22")
    option = "" if ssh_port == "22" else f" -p {ssh_port}"
    return f"ssh -N -L {port}:{HOST}:{port}{option} {user}@{host}"
