"""`bptui code`: the same network as a script."""

from __future__ import annotations

import argparse

from bptui.cli.common import Parser, UsageError, add_preset, one_of, setup_of, whole
from bptui.cli.streams import out
from bptui.story.moment import LARGEST
from bptui.view.code import TARGETS

EXAMPLES = """\
  bptui code mazur --for numpy
  bptui code mazur --for c --iterations 10000 > mazur.c
"""


def add_arguments(parser: Parser) -> None:
    add_preset(parser)
    names = [*TARGETS]
    told = f"what the script is for: {', '.join(names[:-1])} or {names[-1]}"
    parser.add_argument(
        "--for", dest="target", type=one_of(names), required=True, metavar="TARGET", help=told
    )
    told = f"how many iterations it trains (default 1, at most {LARGEST:,})"
    parser.add_argument("--iterations", type=whole(1, LARGEST), default=1, metavar="N", help=told)


def run(options: argparse.Namespace) -> int:
    from bptui.view.code import LackError, script

    setup = setup_of(options.preset)
    try:
        text = script(setup, options.target, options.iterations)
    except LackError as error:
        raise UsageError(str(error)) from None
    out(text, end="")
    return 0
