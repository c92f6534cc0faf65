"""`bptui record`: computed figures go into the author's own file, all else of which stays."""

from __future__ import annotations

import argparse
from time import perf_counter
from typing import TYPE_CHECKING

from bptui.cli.common import STDIN, Parser, UsageError, add_preset, setup_of, whole
from bptui.cli.explain import asked_quantity
from bptui.cli.streams import Progress, one_line, out
from bptui.preset.errors import KeyPath, PresetError, counted
from bptui.preset.limits import MAX_FIGURES

if TYPE_CHECKING:
    from pathlib import Path

    from bptui.story.address import Quantity
    from bptui.story.moment import Moment
    from bptui.story.setup import Setup

EXAMPLES = """\
  bptui record my.toml --at "1 forward"
  bptui record my.toml --at "1 backward" --digits 4 dE/dw5 "dE/dnet h1"
"""
Places = dict["Quantity", list[KeyPath]]
"""Where each figure goes, or stands."""


def add_arguments(parser: Parser) -> None:
    add_preset(parser)
    told = 'what to record, such as dE/dw5 or "net h1" (default: all that '
    told += "the phase computes, without via)"
    parser.add_argument("quantities", nargs="*", metavar="QUANTITY", help=told)
    told = '"1 backward", "10000 update": the figures go into [expected.1.backward]'
    parser.add_argument("--at", required=True, metavar="MOMENT", help=told)
    told = "at most so many decimals (default 9); with 20, all digits"
    parser.add_argument("--digits", type=whole(1, 20), default=9, metavar="N", help=told)
    told = "replace figures that are there already"
    parser.add_argument("--force", action="store_true", help=told)


def run(options: argparse.Namespace) -> int:
    from bptui.preset.save import check_can_save, save

    file = _own_file(options.preset)
    setup = setup_of(str(file))
    moment = _moment(options.at)
    there = _there(setup, moment)
    asked = _asked(setup, moment, options)
    wanted = {
        q: there.get(q) or [_path(q, moment)] for q in asked if options.force or q not in there
    }
    text, kept = setup.preset.text, len(asked) - len(wanted)
    beside = f"; {counted(kept, 'figure')} there already (--force replaces)" if kept else ""
    if not wanted:
        out(f"Nothing to record{beside}")
        return 0
    # what would not be a preset is refused before anything runs
    _checked(text, setup, wanted, dict.fromkeys(wanted, "0"))
    check_can_save(file, overwrite=True)
    figures = _figures(setup, moment, wanted, options.digits)
    save(_as_in(file, _checked(text, setup, wanted, figures)), file, overwrite=True)
    told = f"{counted(len(wanted), 'figure')} at {moment} recorded in {file}{beside}"
    out(one_line(told))
    return 0


def _own_file(name: str) -> Path:
    from pathlib import Path

    from bptui.preset.find import find_preset

    if name == STDIN:
        raise UsageError("figures go into a file; give its name instead of -")
    file = find_preset(name)
    if file != Path(name):
        raise UsageError(f"{name} ships with bptui; give a file of your own, such as a copy of it")
    return file


def _moment(text: str) -> Moment:
    from bptui.story.moment import LARGEST, MomentError, parse_moment

    try:
        moment = parse_moment(text)
    except MomentError as error:
        raise UsageError(f"--at: {error}") from None
    if moment.phase is None:
        raise UsageError('--at start: nothing is computed there; use --at "1 forward"')
    if moment.iteration > LARGEST:
        raise UsageError(f"--at {moment}: the last possible iteration is {LARGEST:,}")
    return moment


def _there(setup: Setup, moment: Moment) -> Places:
    """Where the file has figures of a moment; of several in a list, where the list is."""
    from bptui.audit.figures import printed_figures

    found: Places = {}
    figures = zip(setup.preset.expected, printed_figures(setup), strict=True)
    for said, figure in figures:
        if figure.moment == moment:
            found.setdefault(figure.quantity, []).append(said.path)
    return {q: [paths[0][:-1]] if len(paths) > 1 else paths for q, paths in found.items()}


def _path(quantity: Quantity, moment: Moment) -> KeyPath:
    assert moment.phase is not None
    return ("expected", str(moment.iteration), moment.phase.label, str(quantity))


def _asked(setup: Setup, moment: Moment, options: argparse.Namespace) -> list[Quantity]:
    from bptui.story.address import all_quantities, has_at_most

    if options.quantities:
        asked = (asked_quantity(setup, text, str(moment))[0] for text in options.quantities)
        return [*dict.fromkeys(asked)]
    found = [*all_quantities(setup)] if has_at_most(setup, 10 * MAX_FIGURES) else []
    found = [q for q in found if q.form.set_in is moment.phase and not q.via]
    if not 0 < len(found) <= MAX_FIGURES:
        raise UsageError(f"more than {MAX_FIGURES} quantities at {moment}; name those to record")
    return found


def _figures(setup: Setup, moment: Moment, wanted: Places, digits: int) -> dict[Quantity, str]:
    """What to write of each quantity."""
    import math

    from bptui.story.slices import run_to
    from bptui.story.timeline import Timeline
    from bptui.story.values import values_at
    from bptui.view.numbers import show

    timeline, name, last = Timeline(setup), setup.preset.name, moment.iteration
    with Progress(name) as progress:
        run_to(
            timeline,
            last - 1,
            lambda ran, _: progress(f"{name}: {ran:,} of {last:,} iterations"),
            perf_counter,
        )
        values = values_at(timeline, moment)
        found = {quantity: values.get(quantity) for quantity in wanted}
    for quantity, value in found.items():
        if value is None or not math.isfinite(value):
            told = f"{quantity} is {value} at {moment}; record an earlier moment"
            raise UsageError(told)
    return {quantity: show(value, digits) for quantity, value in found.items()}


def _checked(text: str, setup: Setup, wanted: Places, figures: dict[Quantity, str]) -> str:
    """The text with figures; UsageError if that would be no preset."""
    from bptui.audit.prepare import prepare
    from bptui.preset.read import parse_preset
    from bptui.preset.record import with_figures

    file = setup.preset.file
    placed = {path: figures[q] for q, paths in wanted.items() for path in paths}
    try:
        new = with_figures(text, placed)
        prepare(parse_preset(new, file))
    except PresetError as error:
        raise UsageError(f"{file}: with these figures: {error.message}") from None
    except ValueError as error:
        raise UsageError(f"{file}: {error}") from None
    return new


def _as_in(file: Path, text: str) -> str:
    """A text with the line ends of a file, and its mark of UTF-8."""
    data = file.read_bytes()
    text = text.replace("\n", "\r\n") if b"\r\n" in data else text
    return f"\ufeff{text}" if data.startswith(b"\xef\xbb\xbf") else text
