"""`bptui help`: the commands, one of them, or a topic of the reference.

A topic is a page in `bptui/help`, in Markdown, and its entry in `TOPICS`; what the program's tables
know is filled in when it is printed.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from bptui.cli.common import Parser, UsageError
from bptui.cli.streams import paged
from bptui.preset.errors import did_you_mean

EXAMPLES = """\
  bptui help
  bptui help keys
  bptui help run
"""
PAGES = Path(__file__).parent.parent / "help"
HOLE = r"\{([a-z_]+)\}"
"""Where a page has what a table knows."""

TOPICS = {
    "screen": "what is on the screen",
    "keys": "every key of the app, by what it is for",
    "marks": "the signs on the screen",
    "moments": "how to get to a moment, and back",
    "whatif": "other numbers and conventions, undo, branches",
    "exercises": "predict the next numbers; find the mistake",
    "sessions": "what happens when bptui is interrupted",
    "terminal": "colours, ASCII, projector, SSH, clipboard",
    "browser": "the app in a browser, for others too",
    "configuration": "your own keys, colours and defaults",
    "quantities": "what every number is called, as in dE/dw5",
    "conditions": "what /, f and --until look for",
    "conventions": "what textbooks do differently",
    "preset": "how a preset is written",
    "data": "samples from a CSV file",
    "figures": "what an article prints, and why it is wrong",
    "activations": "activation functions and their slopes",
    "losses": "loss functions, and what E is",
    "optimizers": "update rules, each in the forms that books have",
    "schedules": "learning rates that change in the course of training",
    "penalties": "weight decay and the like",
    "limits": "how large a preset may be",
    "json": "what --json prints",
    "scripts": "the same network in numpy, PyTorch, Keras or C",
    "slides": "screens, recordings and formulas to take away",
}
"""What can be read about besides commands, each with what it is about, in the order of lists."""


def add_arguments(parser: Parser) -> None:
    told = "a command, or a topic (default: an overview of the commands, with all topics)"
    parser.add_argument("topic", nargs="?", metavar="TOPIC", help=told)


def run(options: argparse.Namespace) -> int:
    from bptui.cli import COMMANDS, help_of, overview

    name = options.topic
    if name is None:
        paged(overview())
    elif name in COMMANDS:
        paged(help_of(name))
    elif name in TOPICS:
        paged(topic(name))
    else:
        known = [*TOPICS, *COMMANDS]
        raise UsageError(f'no topic "{name}"; {did_you_mean(name, known, len(known))}')
    return 0


def topic(name: str) -> str:
    """A page as plain text."""
    from bptui.cli.markdown import plain_text

    return plain_text(page(name))


def page(name: str) -> str:
    """A page in Markdown, with what the tables know."""
    from bptui.cli.help_tables import PLACEHOLDERS

    text = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    return re.sub(HOLE, lambda found: PLACEHOLDERS[found[1]](), text)
