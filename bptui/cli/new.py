"""`bptui new`: a first preset, to be filled with an article's numbers."""

from __future__ import annotations

import argparse
import os
import re
import shlex

from bptui.cli.common import Parser, UsageError, whole
from bptui.cli.streams import out
from bptui.preset.errors import Fault, PresetError

EXAMPLES = """\
  bptui new 2-3-1 -o my.toml
  bptui new 2-4-3 --activation tanh --output softmax --seed 7
"""
_SHAPE = re.compile(r"[1-9]\d{0,5}(-[1-9]\d{0,5})+", re.ASCII)


def add_arguments(parser: Parser) -> None:
    told = "the neurons of each layer, inputs first: 2-3-1"
    parser.add_argument("shape", metavar="SHAPE", help=told)
    told = "of hidden layers (default sigmoid)"
    parser.add_argument("--activation", default="sigmoid", metavar="NAME", help=told)
    told = "the activation of the outputs (default: what goes with the loss)"
    parser.add_argument("--output", default="", metavar="NAME", help=told)
    told = "the loss (default: half_squared_error, or what goes with the outputs)"
    parser.add_argument("--loss", default="", metavar="NAME", help=told)
    told = "the weights and inputs are drawn with it (default 1)"
    parser.add_argument("--seed", type=whole(0), default=1, metavar="N", help=told)
    parser.add_argument("-o", dest="file", metavar="FILE", help="write a file, not to the screen")
    parser.add_argument("--force", action="store_true", help="overwrite an existing file")


def run(options: argparse.Namespace) -> int:
    from pathlib import Path

    from bptui.preset.save import save

    if not _SHAPE.fullmatch(options.shape):
        told = "write the neurons of each layer, inputs first: 2-3-1"
        raise UsageError(f'"{options.shape}" is not a shape; {told}')
    text = _text(options)
    if options.file is None:
        out(text, end="")
        return 0
    if os.path.isfile(options.file) and not options.force:
        raise UsageError(f"{options.file} already exists; choose another name, or add --force")
    save(text, Path(options.file), options.force)
    out(f"Saved as {options.file}; to step through it: bptui {shlex.quote(options.file)}")
    return 0


def _text(options: argparse.Namespace) -> str:
    """The text of a preset that runs."""
    from bptui.audit.prepare import prepare
    from bptui.preset.read import parse_preset
    from bptui.story.new_preset import Wanted, new_preset

    shape = tuple(map(int, options.shape.split("-")))
    wanted = Wanted(shape, options.activation, options.output, options.loss, options.seed)
    try:
        text = new_preset(wanted)
        prepare(parse_preset(text, options.file or "new.toml"))
    except (PresetError, Fault) as error:
        raise UsageError(error.message) from None
    return text
