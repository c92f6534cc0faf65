"""`bptui help`: the commands, one of them, or a topic of the reference."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bptui.cli.common import Parser, UsageError
from bptui.cli.streams import out
from bptui.preset.errors import did_you_mean

EXAMPLES = """\
  bptui help
  bptui help keys
  bptui help run
"""


def add_arguments(parser: Parser) -> None:
    topics = ", ".join(TOPICS)
    told = f"a command, or one of {topics} (default: an overview of the commands)"
    parser.add_argument("topic", nargs="?", metavar="TOPIC", help=told)


def run(options: argparse.Namespace) -> int:
    from bptui.cli import COMMANDS, help_of, overview

    name = options.topic
    if name is None:
        out(overview(), end="")
    elif name in COMMANDS:
        out(help_of(name), end="")
    elif name in TOPICS:
        out(TOPICS[name].text(), end="")
    else:
        known = [*TOPICS, *COMMANDS]
        raise UsageError(f'no topic "{name}"; {did_you_mean(name, known, len(known))}')
    return 0


def _listed(rows: list[tuple[str, str]]) -> str:
    """A table of terms and what they mean."""
    from bptui.cli.markdown import table

    return table([[term, told] for term, told in rows])


def _keys() -> str:
    from bptui.view.key import signs
    from bptui.view.key_table import GROUPS

    parts = (
        f"{group}\n{_listed([(f'  {signs(key)}', key.help) for key in keys])}"
        for group, keys in GROUPS.items()
    )
    return "\n\n".join(parts) + "\n"


def _marks() -> str:
    from bptui.view.help_page import MARKS

    return _listed([*MARKS]) + "\n"


def _conventions() -> str:
    """Each convention and its choices; some have them only beside others, as a form has."""
    from bptui.preset.find import find_preset
    from bptui.preset.read import read_preset
    from bptui.story.conventions import CONVENTIONS

    first = read_preset(find_preset("xor"))
    there = [entry for entry in CONVENTIONS.values() if entry.applies(first)]
    presets = [first, *(entry.set(first, to) for entry in there for to in entry.choices(first))]
    rows = []
    for name, entry in CONVENTIONS.items():
        choices = dict.fromkeys(word for preset in presets for word in entry.choices(preset))
        number = {"a number": None} if int in entry.types else {}
        rows.append((name, ", ".join(choices | number)))
    return f"{_listed(rows)}\n\nC lists those that a preset can have.\n"


def _part(name: str) -> str:
    """The part of README that has a name."""
    from bptui.cli.markdown import plain_text

    text = _readme().read_text(encoding="utf-8")
    found = re.search(rf"<!-- help {name} -->\n(.*?) *<!-- end -->", text, re.DOTALL)
    assert found is not None, name
    return plain_text(found[1])


def _readme() -> Path:
    """README in an installed package, or in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "README.md"
    return inside if inside.is_file() else package.parent / "README.md"


class Topic(NamedTuple):
    """What can be read about besides commands."""

    summary: str
    text: Callable[[], str]


TOPICS = {
    "keys": Topic("every key of the app", _keys),
    "marks": Topic("the signs on the screen", _marks),
    "quantities": Topic("addresses, as in dE/dw5", partial(_part, "quantities")),
    "conditions": Topic("for /, f and --until", partial(_part, "conditions")),
    "conventions": Topic("what books do differently", _conventions),
    "preset": Topic("how a preset is written", partial(_part, "preset")),
    "data": Topic("samples from a CSV file", partial(_part, "data")),
    "optimizers": Topic("and their formulas", partial(_part, "optimizers")),
    "schedules": Topic("of the learning rate", partial(_part, "schedules")),
    "penalties": Topic("weight decay and the like", partial(_part, "penalties")),
    "figures": Topic("what an article prints, and its causes", partial(_part, "figures")),
    "json": Topic("what --json prints", partial(_part, "json")),
}
