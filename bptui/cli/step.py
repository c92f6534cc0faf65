"""`bptui [PRESET]`: stepping through a preset in the app."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Mapping, Set
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from bptui.cli.common import STDIN, Parser, UsageError, setup_of
from bptui.cli.streams import Progress, complain

if TYPE_CHECKING:
    from bptui.tui.run import Ending

EXAMPLES = """\
  bptui mazur
  bptui my.toml --light
"""
LOOKS = {
    "ascii": "draw in ASCII, whatever the locale",
    "utf8": "draw in Unicode, whatever the locale",
    "light": "colours for a light background (default: as COLORFGBG says, else dark)",
    "dark": "colours for a dark background",
    "projector": "high contrast, heavy lines, few decimals; P toggles it",
}
"""Options for the terminal and the look of the app."""


def add_arguments(parser: Parser) -> None:
    told = "a TOML file, or the name of a preset (see: bptui list)"
    parser.add_argument("preset", nargs="?", metavar="PRESET", help=told)
    told = "continue an earlier session, however it ended: the newest of PRESET, or "
    told += "one chosen from a list"
    parser.add_argument("--resume", action="store_true", help=told)
    told = "select by clicking (off by default; nothing needs a mouse)"
    parser.add_argument("--mouse", action="store_true", help=told)
    for look, told in LOOKS.items():
        parser.add_argument(f"--{look}", action="store_true", help=told)
    parser.add_argument("--version", action="store_true", help="show the version")


def run(options: argparse.Namespace) -> int:
    gc.disable()  # a tenth of the start; the app enables it after its first screen
    if options.preset == STDIN:
        raise UsageError("stepping cannot read a preset from standard input; save it as a file")
    looks = frozenset(look for look in LOOKS if getattr(options, look))
    begin = _resumed if options.resume else _opened
    ending = begin(options.preset, options.mouse, looks)
    if ending.told:
        complain(ending.told)
    return ending.status


def _opened(preset: str | None, mouse: bool, looks: Set[str]) -> Ending:
    # the preset is read first, so that an error in it leaves the terminal alone
    setup = None if preset is None else setup_of(preset)
    _check_terminal()
    from bptui.tui.run import run

    return run(setup, mouse=mouse, looks=looks)


def _resumed(preset: str | None, mouse: bool, looks: Set[str]) -> Ending:
    _check_terminal()
    from bptui.session.encode import SessionFileError
    from bptui.tui.run import resume

    try:
        return resume(preset, mouse=mouse, looks=looks, progress=Progress)
    except SessionFileError as error:
        raise UsageError(f"{error}") from None


def _check_terminal() -> None:
    from bptui.terminal import obstacle

    streams = {
        "stdin": sys.stdin,
        "stdout": sys.stdout,
        "stderr": sys.stderr,  # what Textual writes to
    }
    terminals = {name: stream.isatty() for name, stream in streams.items()}
    if told := obstacle(os.environ, terminals, posix=find_spec("termios") is not None):
        raise UsageError(f"{told}; to print the numbers instead: bptui trace PRESET")
    _check_settings(os.environ)


_COLOURS = ("auto", "standard", "256", "truecolor")


def _check_settings(environ: Mapping[str, str]) -> None:
    """Refuse settings of Textual that make it fail."""
    if (colours := environ.get("TEXTUAL_COLOR_SYSTEM", "auto")) not in _COLOURS:
        told = f'TEXTUAL_COLOR_SYSTEM cannot be "{colours}"; unset it, or give one of '
        raise UsageError(told + ", ".join(_COLOURS))
    if driver := environ.get("TEXTUAL_DRIVER"):
        module, _, name = driver.partition(":")
        try:
            getattr(import_module(module), name)
        except (ImportError, AttributeError, ValueError):
            told = f'TEXTUAL_DRIVER: no driver "{driver}"; unset it'
            raise UsageError(told) from None
    if log := environ.get("TEXTUAL_LOG"):
        try:
            with open(log, "a", encoding="utf-8"):
                pass
        except OSError as error:
            told = f"TEXTUAL_LOG: cannot write {log}: {error.strerror}; unset it"
            raise UsageError(told) from None
