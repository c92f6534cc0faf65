"""`bptui check`: are the figures printed in articles right?"""

from __future__ import annotations

import argparse

from bptui.cli.common import STDIN, Parser, UsageError, add_preset, json_line, setup_of
from bptui.cli.streams import Progress, complain, one_line, out

EXAMPLES = """\
  bptui check pandey
  bptui check my.toml --json
  bptui check - < my.toml
"""


def add_arguments(parser: Parser) -> None:
    add_preset(parser, "*", " (default: all presets of bptui)")
    parser.add_argument(
        "--json",
        action="store_true",
        help="one JSON object a line for each figure, convention and claim",
    )


def run(options: argparse.Namespace) -> int:
    """Exit status 1 if a figure fails."""
    from bptui.audit.findings import Auditor
    from bptui.preset.find import shipped_presets
    from bptui.story.gaps import gaps
    from bptui.view.audit_report import as_json, report

    if options.preset.count(STDIN) > 1:
        raise UsageError("standard input can be read only once")
    files = options.preset or [str(path) for path in shipped_presets()]
    # all are read before the first is checked, so that an error is the only output
    setups = [setup_of(file) for file in files]
    passes = True
    for place, setup in enumerate(setups):
        name, auditor = setup.preset.name, Auditor(setup)
        for gap in gaps(setup.network):
            complain(f"bptui: {name}: {gap}; is one missing?")
        with Progress(f"{name}: 0 of {len(setup.preset.expected)} figures") as progress:
            for doing in auditor.work():
                progress(f"{name}: {doing}")
        audit = auditor.audit
        passes = passes and audit.passes
        if options.json:
            for found in as_json(name, audit):
                out(json_line(found))
            continue
        out("\n".join(one_line(line) for line in report(name, audit)))
        out("", end="" if place + 1 == len(setups) else "\n")
    return 0 if passes else 1
