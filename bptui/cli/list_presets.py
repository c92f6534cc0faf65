"""`bptui list`: the presets that ship with bptui."""

from __future__ import annotations

import argparse

from bptui.cli.common import Parser, json_line
from bptui.cli.streams import out

EXAMPLES = """\
  bptui list
  bptui list --json
"""


def add_arguments(parser: Parser) -> None:
    told = 'one JSON object a line: "name", "title", "source", "file"'
    parser.add_argument("--json", action="store_true", help=told)


def run(options: argparse.Namespace) -> int:
    from bptui.preset.find import shipped_presets
    from bptui.preset.read import read_preset
    from bptui.view.rows import cells, filled, plain

    presets = [read_preset(path) for path in shipped_presets()]
    width = max((cells(preset.name) for preset in presets), default=0)
    for preset in presets:
        if options.json:
            row = {"name": preset.name, "title": preset.title, "source": preset.source}
            out(json_line(row | {"file": preset.file}))
        else:
            out(f"{filled(plain(preset.name), width)}  {plain(preset.title)}")
            out(f"{'':{width}}  {plain(preset.source)}")
    return 0
