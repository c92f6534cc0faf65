"""`bptui schema`: the JSON Schema of presets, which editors complete and check them by."""

from __future__ import annotations

import argparse

from bptui.cli.common import Parser
from bptui.cli.streams import out

EXAMPLES = """\
  bptui schema > preset.schema.json
"""


def add_arguments(parser: Parser) -> None:
    pass


def run(options: argparse.Namespace) -> int:
    from bptui.view.preset_schema import schema_text

    out(schema_text(), end="")
    return 0
