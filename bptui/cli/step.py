"""`bptui [PRESET]`: stepping through a preset on a screen."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Set
from typing import TYPE_CHECKING

from bptui.cli.common import STDIN, Parser, UsageError, setup_of
from bptui.cli.streams import complain, show_progress

if TYPE_CHECKING:
    from bptui.tui.run import Ending

EXAMPLES = """\
  bptui mazur
  bptui my.toml --light
"""
_LOOKS = {
    "ascii": "draw with ASCII only, whatever the locale says",
    "utf8": "draw with all signs, whatever the locale says",
    "light": "colours for a light background (default: what COLORFGBG says, or dark)",
    "dark": "colours for a dark background",
    "projector": "high contrast, heavy lines and four digits; P switches it",
}
"""What can be said of the terminal and of how the app looks on it."""


def add_arguments(parser: Parser) -> None:
    told = "a TOML file, or the name of a preset that ships with bptui (see: bptui list)"
    parser.add_argument("preset", nargs="?", metavar="PRESET", help=told)
    told = "go on where a session ended, however that was: the newest of PRESET, the "
    told += "only one that is kept, or one from a list"
    parser.add_argument("--resume", action="store_true", help=told)
    told = "a click selects (off by default: nothing needs a mouse)"
    parser.add_argument("--mouse", action="store_true", help=told)
    for look, told in _LOOKS.items():
        parser.add_argument(f"--{look}", action="store_true", help=told)
    parser.add_argument("--version", action="store_true", help="show the version")


def run(options: argparse.Namespace) -> int:
    gc.disable()  # a tenth of the start; the app switches it on when its first screen is there
    if options.preset == STDIN:
        told = "stepping reads its keys from the terminal, so a preset cannot come from "
        raise UsageError(f"{told}standard input; save it in a file")
    looks = frozenset(look for look in _LOOKS if getattr(options, look))
    begin = _resumed if options.resume else _opened
    ending = begin(options.preset, options.mouse, looks)
    if ending.told:
        complain(f"bptui: {ending.told}")
    return ending.status


def _opened(preset: str | None, mouse: bool, looks: Set[str]) -> Ending:
    # the preset is read first, so that its errors leave the terminal as it was
    setup = None if preset is None else setup_of(preset)
    _check_terminal()
    from bptui.tui.run import run

    return run(setup, mouse=mouse, looks=looks)


def _resumed(preset: str | None, mouse: bool, looks: Set[str]) -> Ending:
    _check_terminal()
    from bptui.session.encode import SessionFileError
    from bptui.tui.run import resume

    try:
        return resume(preset, mouse=mouse, looks=looks, progress=show_progress)
    except SessionFileError as error:
        raise UsageError(f"{error}") from None


def _check_terminal() -> None:
    from bptui.terminal import obstacle

    streams = {
        "standard input": sys.stdin,
        "standard output": sys.stdout,
        "standard error": sys.stderr,  # what Textual writes to
    }
    terminals = {name: stream.isatty() for name, stream in streams.items()}
    if told := obstacle(os.environ, terminals):
        raise UsageError(f"{told}; for the numbers without one: bptui trace PRESET")
