"""The command `bptui run`: training without a screen."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from bptui.cli.common import Parser, UsageError, json_line, one_line, show_progress
from bptui.preset.errors import SaveError

if TYPE_CHECKING:
    from bptui.story.conditions import Condition
    from bptui.story.headless import Outcome
    from bptui.story.setup import Setup


def run(argv: list[str]) -> int:
    """Train as a command line says, print what came of it, and return the exit status."""
    parser = Parser(prog="bptui run", add_help=False)
    parser.add_argument("preset")
    parser.add_argument("--iterations", type=_runnable, required=True)
    for option in ("--until", "--losses", "--save"):
        parser.add_argument(option)
    for option in ("--force", "--json"):
        parser.add_argument(option, action="store_true")
    options = parser.parse_args(argv)
    from bptui.audit.prepare import open_preset
    from bptui.view import run_report as view

    setup = open_preset(options.preset)
    condition = None if options.until is None else _condition(options.until, setup)
    _check_files(options, setup)
    outcome = _train(setup, options.iterations, condition)
    told, failed = _write_files(options, outcome)
    if options.json:
        print(json_line(view.as_json(outcome)))
    else:
        print("\n".join(one_line(line) for line in [*view.report(outcome, condition), *told]))
    sys.stdout.flush()
    if failed:
        raise UsageError("; ".join(failed))
    return 1 if outcome.stopped == "diverged" else 0


def _condition(text: str, setup: Setup) -> Condition:
    from bptui.story.conditions import ConditionError, parse_condition

    try:
        return parse_condition(text, setup.network, setup.batch_size)
    except ConditionError as error:
        raise UsageError(f"--until: {error}") from None


def _check_files(options: argparse.Namespace, setup: Setup) -> None:
    """Refuse, before anything is run, what could not be written afterwards."""
    from bptui.preset.save import check_can_save
    from bptui.story.headless import preset_text

    names = [name for name in (options.losses, options.save) if name is not None]
    for name in names:
        if name == "-":
            raise UsageError("standard output is for the report; give the name of a file, not -")
        if os.path.isfile(name) and not options.force:
            told = "there is such a file already; give another name, or --force to overwrite it"
            raise UsageError(f"{name}: {told}")
        check_can_save(Path(name), options.force)
    if len({os.path.realpath(name) for name in names}) < len(names):
        raise UsageError(f"{options.save}: --losses and --save need a file each")
    if options.save is not None:  # a preset that would be too large is so from the start
        with _about(options.save):
            preset_text(setup, setup.theta, 0)


def _train(setup: Setup, iterations: int, condition: Condition | None) -> Outcome:
    """Train with a progress line, where somebody looks."""
    from bptui.story.headless import train
    from bptui.view.run_report import progress

    name, begun = setup.preset.name, perf_counter()
    shown, ran = begun, 0

    def tell(done: int) -> None:
        nonlocal shown, ran
        ran, now = done, perf_counter()
        if now - shown >= 0.1:
            shown = now
            show_progress(progress(name, done, iterations, now - begun))

    try:
        outcome = train(setup, iterations, condition, tell)
    except KeyboardInterrupt:
        show_progress("")
        print(f"bptui: stopped after iteration {ran}; nothing was written", file=sys.stderr)
        raise
    show_progress("")
    return outcome


def _write_files(options: argparse.Namespace, outcome: Outcome) -> tuple[list[str], list[str]]:
    """Write the files that were asked for; return what was written, and what went wrong.

    After a long run, one file that fails takes neither the other nor the report with it.
    """
    from bptui.preset.save import save
    from bptui.story.headless import losses_csv, preset_text

    told, failed = [], []
    if options.losses is not None:
        try:
            save(losses_csv(outcome.losses), Path(options.losses), options.force)
            told.append(f"Losses written to {options.losses}")
        except SaveError as error:
            failed.append(str(error))
    if options.save is not None:
        try:
            with _about(options.save):
                text = preset_text(outcome.setup, outcome.theta, outcome.iterations)
            save(text, Path(options.save), options.force)
            name = shlex.quote(options.save)
            told.append(f"Saved as {options.save}; to go on from there: bptui {name}")
        except SaveError as error:
            failed.append(str(error))
    return told, failed


@contextmanager
def _about(name: str) -> Iterator[None]:
    """Name the file in an error that only says what is wrong with its text."""
    try:
        yield
    except SaveError as error:
        raise SaveError(error.message, name) from None


def _runnable(text: str) -> int:
    """Return how many iterations are to be run."""
    from bptui.session.jobs import LARGEST

    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= number <= LARGEST:
        told = f'"{text}" must be a whole number from 1 to {LARGEST:,}'
        raise argparse.ArgumentTypeError(told)
    return number
