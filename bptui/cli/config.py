"""`bptui config`: where the configuration is, and what it says."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from bptui.cli.common import Parser, UsageError
from bptui.cli.streams import one_line, out

if TYPE_CHECKING:
    from bptui.tui.configuration import Configuration

EXAMPLES = """\
  bptui config
  bptui config --write
"""


def add_arguments(parser: Parser) -> None:
    told = "write a commented file with all that is usual, to be changed"
    parser.add_argument("--write", action="store_true", help=told)


def run(options: argparse.Namespace) -> int:
    from bptui.tui.configuration import configuration, configuration_file

    if options.write:
        return _write(str(configuration_file(os.environ)))
    found = configuration(os.environ)
    there = os.path.lexists(found.file)
    out(one_line(f"{found.file}{'' if there else ' (not there; bptui config --write makes it)'}"))
    preferred = found.preferences
    said = {
        "digits": preferred.digits,
        "steps": preferred.granularity.value,
        "panel": preferred.second.value,
        "mouse": str(found.mouse).lower(),
        "projector": str(found.projector).lower(),
    }
    for key, value in said.items():
        out(f"  {key} = {value}")
    for line in _differences(found):
        out(one_line(f"  {line}"))
    for problem in found.problems:
        out(one_line(f"  ignored: {problem}"))
    return 0


def _differences(found: Configuration) -> list[str]:
    """The keys and colours that are not the usual ones."""
    from bptui.session.key import sign

    keys = (
        f"keys.{action} = {' '.join(map(sign, names)) or 'none'}"
        for action, names in found.preferences.keys
    )
    return [*keys, *(f"colours.{role} = {style}" for role, style in found.colours)]


def _write(name: str) -> int:
    from pathlib import Path

    from bptui.preset.errors import SaveError
    from bptui.preset.save import save
    from bptui.tui.configuration_text import template

    if os.path.lexists(name):
        raise UsageError(f"{name} already exists; edit it, or remove it first")
    try:
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    except OSError as error:
        raise SaveError(f"its folder cannot be made: {error.strerror}", name) from None
    save(template(), Path(name), overwrite=False)
    out(one_line(f"Written: {name}"))
    return 0
