"""`bptui new`: a first preset, to be filled with an article's numbers."""

from __future__ import annotations

import argparse
import os
import re
import shlex
from typing import TYPE_CHECKING

from bptui.cli.common import Parser, UsageError, whole
from bptui.cli.streams import one_line, out
from bptui.preset.errors import Fault, PresetError, counted

if TYPE_CHECKING:
    from bptui.preset.model import Column

EXAMPLES = """\
  bptui new 2-3-1 -o xor.toml
  bptui new 2-4-3 --activation tanh --output softmax --seed 7
  bptui new 4-8-3 --csv iris.csv --output softmax -o iris.toml
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
    told = "take the samples from a CSV file: inputs in its first columns, targets in its last"
    parser.add_argument("--csv", default="", metavar="FILE", help=told)
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
    told = f"Saved as {options.file}; to step through it: bptui {shlex.quote(options.file)}"
    out(one_line(told))
    return 0


def _text(options: argparse.Namespace) -> str:
    """The text of a preset that runs."""
    from bptui.audit.prepare import prepare
    from bptui.preset.read import parse_preset
    from bptui.story.new_preset import Wanted, new_preset

    shape = tuple(map(int, options.shape.split("-")))
    file = options.file or "new.toml"
    columns = _columns(options.csv, shape) if options.csv else ()
    csv = os.path.relpath(options.csv, os.path.dirname(file) or ".") if options.csv else ""
    wanted = Wanted(
        shape, options.activation, options.output, options.loss, options.seed, csv, columns
    )
    try:
        text = new_preset(wanted)
        prepare(parse_preset(text, file))
    except (PresetError, Fault) as error:
        of_csv = isinstance(error, PresetError) and error.file != file
        raise UsageError(str(error) if of_csv else error.message) from None
    return text


def _columns(csv: str, shape: tuple[int, ...]) -> tuple[Column, ...]:
    """The columns of a CSV file, if it has enough of them."""
    from bptui.preset.data import columns_of
    from bptui.preset.text import CSV, read_text

    columns = tuple(columns_of(read_text(csv, CSV), csv))
    if len(columns) <= shape[0]:
        told = f"{counted(shape[0], 'input')} and a target need {shape[0] + 1}"
        raise UsageError(f"{csv} has {counted(len(columns), 'column')}; {told}")
    return columns
