"""The app without a terminal, of a size and with a look that options choose."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from bptui.cli.common import Parser, one_of

if TYPE_CHECKING:
    from bptui.story.setup import Setup
    from bptui.tui.offscreen import Offscreen

PALETTES = {"dark": "rgb", "light": "light", "16": "16", "mono": "mono"}
_LARGEST = 500
"""Columns or rows."""


def add_looks(parser: Parser) -> None:
    told = "columns and rows (default 80x24)"
    parser.add_argument("--size", type=_size, default=(80, 24), metavar="SIZE", help=told)
    told = f"colours: {', '.join(PALETTES)} (default dark)"
    parser.add_argument(
        "--palette", type=one_of(PALETTES), default="dark", metavar="PALETTE", help=told
    )
    parser.add_argument("--ascii", action="store_true", help="draw in ASCII")
    told = "high contrast, heavy lines, few decimals"
    parser.add_argument("--projector", action="store_true", help=told)


def _size(text: str) -> tuple[int, int]:
    from bptui.view.screen import MIN_HEIGHT, MIN_WIDTH

    found = re.fullmatch(r"(\d{1,4})[x×](\d{1,4})", text, re.ASCII)
    width, height = map(int, found.groups()) if found else (0, 0)
    if not (MIN_WIDTH <= width <= _LARGEST and MIN_HEIGHT <= height <= _LARGEST):
        bounds = f"from {MIN_WIDTH}x{MIN_HEIGHT} to {_LARGEST}x{_LARGEST}"
        raise argparse.ArgumentTypeError(f'"{text}" must be a size such as 80x24, {bounds}')
    return width, height


def offscreen(setup: Setup, options: argparse.Namespace) -> Offscreen:
    """The app at the start, as the options have it look."""
    from bptui.session.parts import Display
    from bptui.session.session import open_session
    from bptui.session.update import projected
    from bptui.tui.offscreen import Offscreen

    session = open_session(setup, Display(braille=not options.ascii), options.size)
    if options.projector:
        session = projected(session, on=True)
    return Offscreen(session, PALETTES[options.palette], "ascii" if options.ascii else "all")
