"""`bptui list`: the presets that ship with bptui."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from bptui.cli.common import Parser, json_line
from bptui.cli.streams import out

if TYPE_CHECKING:
    from bptui.preset.model import Preset

EXAMPLES = """\
  bptui list
  bptui list --json
"""


KEYS = ("name", "title", "source", "file", "topic", "summary", "shape")


def add_arguments(parser: Parser) -> None:
    keys = ", ".join(f'"{key}"' for key in KEYS)
    parser.add_argument("--json", action="store_true", help=f"one JSON object a line: {keys}")


def run(options: argparse.Namespace) -> int:
    from bptui.preset.find import shipped_presets
    from bptui.preset.read import read_preset
    from bptui.preset.topics import in_order

    presets = [read_preset(path) for path in shipped_presets()]
    if options.json:
        for preset in presets:
            out(json_line({key: getattr(preset, key) for key in KEYS}))
    else:
        _tell(in_order(presets))
    return 0


def _tell(presets: Sequence[Preset]) -> None:
    from bptui.preset.topics import heading
    from bptui.view.rows import cells, filled, plain

    names = max((cells(preset.name) for preset in presets), default=0)
    blocks = []
    for topic, group in groupby(presets, lambda preset: preset.topic):
        lines = [plain(heading(topic))]
        for preset in group:
            shape = "-".join(map(str, preset.shape))
            told = (f"{shape}  {preset.title}", preset.summary, preset.source)
            for lead, text in zip((preset.name, "", ""), told, strict=True):
                lines.append(f"  {filled(plain(lead), names)}  {plain(text)}")
        blocks.append("\n".join(lines))
    out("\n\n".join(blocks))
