"""`bptui run`: training without the app."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING

from bptui.cli.common import Parser, UsageError, add_preset, check_new, json_line, setup_of, whole
from bptui.cli.streams import Progress, one_line, out
from bptui.preset.errors import SaveError
from bptui.story.moment import LARGEST

if TYPE_CHECKING:
    from bptui.story.conditions import Condition
    from bptui.story.headless import Outcome
    from bptui.story.setup import Setup

EXAMPLES = """\
  bptui run mazur --iterations 10000 --until "E < 0.001"
  bptui run my.toml --iterations 500 --losses losses.csv --save trained.toml
"""


def add_arguments(parser: Parser) -> None:
    add_preset(parser)
    told = f"train for at most N iterations (1 to {LARGEST:,})"
    parser.add_argument(
        "--iterations", type=whole(1, LARGEST), required=True, metavar="N", help=told
    )
    told = 'stop after the first iteration where it holds: "E < 0.01", "w5 > 0.6", '
    told += '"|dE/dw5| < 1e-4", "dE/dw5 changes sign", "out o1 crosses 0.5"'
    parser.add_argument("--until", metavar="CONDITION", help=told)
    told = "save the loss of each iteration as CSV"
    parser.add_argument("--losses", metavar="FILE", help=told)
    told = "save a preset that continues from there, bit for bit"
    parser.add_argument("--save", metavar="FILE", help=told)
    parser.add_argument("--force", action="store_true", help="overwrite existing files")
    parser.add_argument("--json", action="store_true", help="print one JSON object on one line")


def run(options: argparse.Namespace) -> int:
    from bptui.view import run_report as view

    setup = setup_of(options.preset)
    condition = None if options.until is None else _condition(options.until, setup)
    _check_files(options, setup)
    outcome = _train(setup, options.iterations, condition)
    with Progress("writing"):
        told, failed = _write_files(options, outcome)
    if options.json:
        out(json_line(view.as_json(outcome)))
    else:
        out("\n".join(one_line(line) for line in [*view.report(outcome, condition), *told]))
    if failed:
        raise UsageError("; ".join(failed))
    return 1 if outcome.stopped == "diverged" else 0


def _condition(text: str, setup: Setup) -> Condition:
    from bptui.story.conditions import ConditionError, parse_condition

    try:
        return parse_condition(text, setup)
    except ConditionError as error:
        raise UsageError(f"--until: {error}") from None


def _check_files(options: argparse.Namespace, setup: Setup) -> None:
    """Refuse, before anything runs, what could not be written afterwards."""
    from bptui.story.headless import preset_text

    names = [name for name in (options.losses, options.save) if name is not None]
    for name in names:
        if name == "-":
            raise UsageError("standard output is for the report; give a file name instead of -")
        check_new(name, options.force)
    if len({os.path.realpath(name) for name in names}) < len(names):
        raise UsageError(f"{options.save}: --losses and --save need different files")
    if options.save is not None:  # one that will be too large is too large now
        with _about(options.save):
            preset_text(setup, setup.state, 0)


def _train(setup: Setup, iterations: int, condition: Condition | None) -> Outcome:
    from bptui.story.headless import train
    from bptui.view.run_report import progress

    name, begun, ran = setup.preset.name, perf_counter(), 0
    try:
        with Progress(name) as show:

            def tell(done: int) -> None:
                nonlocal ran
                ran = done
                show(progress(name, done, iterations, perf_counter() - begun))

            return train(setup, iterations, condition, tell)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f" after iteration {ran}; nothing saved") from None


def _write_files(options: argparse.Namespace, outcome: Outcome) -> tuple[list[str], list[str]]:
    """Write the files asked for; return what was written and what failed.

    After a long run, one file that fails takes neither the other nor the report with it.
    """
    from pathlib import Path

    from bptui.preset.save import save
    from bptui.story.headless import losses_csv, preset_text

    told, failed = [], []
    if options.losses is not None:
        try:
            save(losses_csv(outcome.losses), Path(options.losses), options.force)
            told.append(f"Losses saved as {options.losses}")
        except SaveError as error:
            failed.append(str(error))
    if options.save is not None:
        try:
            with _about(options.save):
                text = preset_text(outcome.setup, outcome.state, outcome.iterations)
            save(text, Path(options.save), options.force)
            name = shlex.quote(options.save)
            told.append(f"Saved as {options.save}; to continue from there: bptui {name}")
        except SaveError as error:
            failed.append(str(error))
    return told, failed


@contextmanager
def _about(name: str) -> Iterator[None]:
    """Add the file's name to an error about its text."""
    try:
        yield
    except SaveError as error:
        raise SaveError(error.message, name) from None
