"""`bptui cast`: a recording of the app, without a terminal."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence

from bptui.cli.common import Parser, UsageError, add_preset, check_new, setup_of
from bptui.cli.looks import add_looks, offscreen
from bptui.cli.streams import Progress, one_line, out

EXAMPLES = """\
  bptui cast mazur --script "space*3 j enter" -o mazur.cast
  bptui cast mazur --script '/ "E < 0.1" enter wait*4' -o search.cast
"""


def add_arguments(parser: Parser) -> None:
    add_preset(parser)
    told = "keys by name or sign, separated by blanks: space, down, j, :, ctrl+p; space*3 is "
    told += "three times; wait presses nothing; other words are typed where a text is asked for"
    parser.add_argument("--script", required=True, metavar="KEYS", help=told)
    told = "seconds between two keys (default 0.5)"
    parser.add_argument("--delay", type=_seconds, default=0.5, metavar="SECONDS", help=told)
    add_looks(parser)
    told = "write it to a file (default: standard output)"
    parser.add_argument("-o", dest="file", metavar="FILE", help=told)
    parser.add_argument("--force", action="store_true", help="overwrite an existing file")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0.01 <= seconds <= 60:
        raise argparse.ArgumentTypeError(f'"{text}" must be a number of seconds from 0.01 to 60')
    return seconds


def run(options: argparse.Namespace) -> int:
    from pathlib import Path

    from bptui.preset.save import save
    from bptui.tui.cast import ScriptError, keys_of, recording

    setup = setup_of(options.preset)
    if options.file is not None:
        check_new(options.file, options.force)
    name = setup.preset.name
    try:
        words = keys_of(_words(options.script))
        app = offscreen(setup, options)
        with Progress(f"{name}: 0 of {len(words)} keys") as progress:
            lines = []
            for line in recording(app, f"bptui {name}", words, options.delay):
                lines.append(f"{line}\n")
                progress(f"{name}: {len(lines)} of {len(words)} keys")
    except ScriptError as error:
        raise UsageError(f"--script: {error}") from None
    if options.file is None:
        out("".join(lines), end="")
    else:
        save(lines, Path(options.file), options.force)
        out(one_line(f"Saved as {options.file}"))
    return 0


def _words(script: str) -> Sequence[str]:
    """The words of a script; quoted ones may have blanks in them."""
    try:
        return shlex.split(script)
    except ValueError:
        raise UsageError(
            "--script: a quote is not closed; the keys themselves are apostrophe and backslash"
        ) from None
