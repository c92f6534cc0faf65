"""The commands and their exit codes: 0 fine, 1 the check found something, 2 the input is wrong.

Each command imports what it needs when it runs; only stepping on a screen imports Textual.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NoReturn

from bptui import __version__
from bptui.preset.errors import PresetError, did_you_mean

if TYPE_CHECKING:
    from bptui.story.timeline import Timeline
    from bptui.view.explain import Explained

COMMANDS = ("check", "explain", "list", "trace")

_OVERVIEW = """\
usage: bptui [PRESET] [--mouse]                       step through it, or choose from a list
       bptui trace PRESET [--iterations N] [--json]   every quantity of every moment, as text
       bptui explain PRESET QUANTITY... [--at MOMENT] [--depth N] [--format FORMAT]
       bptui check [PRESET...] [--json]               audit the figures that the articles print
       bptui list [--json]                            the presets that ship with bptui
       bptui --help | --version

PRESET is a TOML file or the name of a preset that ships with bptui (see: bptui list).
In the app, ? explains every key and every mark on the screen.

options:
  --mouse            a click selects (off by default: nothing needs a mouse)
  --iterations N     how many iterations to trace, from the first (default 1)
  --at MOMENT        "1 backward", "10000 update", "start" (default: when it is first known)
  --depth N          explain the parts of the quantity, too, and theirs, N deep (default 0)
  --format FORMAT    text (default), markdown, latex or json (one object a quantity)
  --json             one JSON object a line

exit status: 0 fine; 1 a checked figure is wrong and has no verified cause; 2 the preset or the
             command line is wrong (one line on stderr says how)
"""


class UsageError(Exception):
    """A command line that means nothing; the message is for the user."""


class _Parser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see: bptui --help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return the exit status."""
    try:
        return _dispatch(list(sys.argv[1:] if argv is None else argv))
    except (PresetError, UsageError) as error:
        print(one_line(f"bptui: {error}"), file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def one_line(text: str) -> str:
    """Return text that is safe on a terminal: one line, no control characters."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _dispatch(argv: list[str]) -> int:
    if "--help" in argv or "-h" in argv:
        print(_OVERVIEW, end="")
        return 0
    if "--version" in argv:
        print(f"bptui {__version__}")
        return 0
    match argv:
        case ["list", *rest]:
            return _list(rest)
        case ["trace", *rest]:
            return _trace(rest)
        case ["check", *rest]:
            return _check(rest)
        case ["explain", *rest]:
            return _explain(rest)
        case _:
            return _step(argv)


def _list(argv: list[str]) -> int:
    from bptui.preset.find import shipped_presets
    from bptui.preset.read import read_preset

    parser = _Parser(prog="bptui list", add_help=False)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    presets = [read_preset(path) for path in shipped_presets()]
    width = max((len(preset.name) for preset in presets), default=0)
    for preset in presets:
        if options.json:
            row = {"name": preset.name, "title": preset.title, "source": preset.source}
            print(json.dumps(row | {"file": preset.file}))
        else:
            print(one_line(f"{preset.name:{width}}  {preset.title}"))
            print(one_line(f"{'':{width}}  {preset.source}"))
    return 0


def _trace(argv: list[str]) -> int:
    parser = _Parser(prog="bptui trace", add_help=False)
    parser.add_argument("preset")
    parser.add_argument("--iterations", type=_positive, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    for iteration, phase, quantities in trace(options.preset, options.iterations):
        if options.json:
            row = {"iteration": iteration, "phase": phase, "quantities": quantities}
            print(json.dumps(_finite(row), ensure_ascii=False))
        else:
            width = max(map(len, quantities))
            lines = [f"  {name:{width}}  {_aligned(number)}" for name, number in quantities.items()]
            print("\n".join([f"iteration {iteration} {phase}", *lines, ""]))
    sys.stdout.flush()
    return 0


def _aligned(number: float) -> str:
    """Return all digits of a number, with a column for the points of such numbers."""
    whole, point, rest = repr(number).partition(".")
    return f"{whole:>6}{point}{rest}"


def trace(name: str, iterations: int) -> Iterator[tuple[int, str, dict[str, float]]]:
    """Yield (iteration, phase, quantities by address) of each moment of some iterations.

    Raises:
        PresetError: there is no such preset, or it is not valid.
    """
    from bptui.preset.find import find_preset
    from bptui.preset.read import read_preset
    from bptui.story.moment import Moment, Phase
    from bptui.story.problem import pose
    from bptui.story.quantities import Values
    from bptui.story.timeline import Timeline

    timeline = Timeline(pose(read_preset(find_preset(name))))
    for iteration in range(1, iterations + 1):
        for phase in Phase:
            state = timeline.state(Moment.of(iteration, phase))
            yield iteration, phase.label, Values(state).all()


def _check(argv: list[str]) -> int:
    parser = _Parser(prog="bptui check", add_help=False)
    parser.add_argument("presets", nargs="*")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    from bptui.preset.find import find_preset, shipped_presets
    from bptui.preset.read import read_preset
    from bptui.story.audit import Audit, findings
    from bptui.story.problem import pose
    from bptui.view.audit import as_json, report

    files = [find_preset(name) for name in options.presets] or shipped_presets()
    # all are read before the first is checked, so that an error is the only thing said
    problems = [pose(read_preset(file)) for file in files]
    passes = True
    for place, problem in enumerate(problems):
        name = problem.preset.name
        found = []
        for finding in findings(problem):
            found.append(finding)
            _progress(f"{name}: {len(found)} of {len(problem.preset.expected)} figures")
            if options.json:
                print(json.dumps(_finite(as_json(name, finding)), ensure_ascii=False))
        _progress("")
        audit = Audit(tuple(found))
        passes = passes and audit.passes
        if not options.json:
            print("\n".join(one_line(line) for line in report(name, audit)))
            print(end="" if place + 1 == len(problems) else "\n")
    return 0 if passes else 1


def _progress(text: str) -> None:
    """Show what a long command is doing, where somebody looks; an empty text wipes it away."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{one_line(text)}", end="", file=sys.stderr, flush=True)


def _explain(argv: list[str]) -> int:
    parser = _Parser(prog="bptui explain", add_help=False)
    parser.add_argument("preset")
    parser.add_argument("quantities", nargs="+")
    parser.add_argument("--at")
    parser.add_argument("--depth", type=_whole, default=0)
    parser.add_argument("--format", choices=("text", "markdown", "latex", "json"), default="text")
    options = parser.parse_args(argv)
    from bptui.view import explain as e

    timeline, cards = _cards(options.preset, options.quantities, options.at, options.depth)
    if options.format == "json":
        for card in cards:
            print(json.dumps(_finite(e.as_json(timeline, card)), ensure_ascii=False))
        return 0
    write = {"text": e.as_text, "markdown": e.as_markdown, "latex": e.as_latex}[options.format]
    parts = [write(timeline, card) for card in cards]
    if options.format == "latex":
        parts = [e.LATEX_BEGIN, *parts, e.LATEX_END]
    print("\n".join(parts), end="")
    return 0


def _cards(
    name: str, addresses: list[str], at: str | None, depth: int
) -> tuple[Timeline, list[Explained]]:
    """Return the cards of quantities at a moment, or each at the first at which it is known."""
    from bptui.preset.find import find_preset
    from bptui.preset.read import read_preset
    from bptui.story.address import AddressError, parse_quantity
    from bptui.story.derivation import derive
    from bptui.story.moment import START, Moment, MomentError, parse_moment
    from bptui.story.problem import pose
    from bptui.story.quantities import value
    from bptui.story.timeline import Timeline
    from bptui.view.explain import explain

    timeline = Timeline(pose(read_preset(find_preset(name))))
    problem = timeline.problem
    cards: list[Explained] = []
    try:
        asked = [parse_quantity(text, problem.network, problem.batch_size) for text in addresses]
        moment = parse_moment(at) if at is not None else None
    except (AddressError, MomentError) as error:
        raise UsageError(str(error)) from None
    for quantity in asked:
        phase = quantity.form.known
        first = START if phase is None else Moment.of(1, phase)
        here = moment if moment is not None else first
        if value(timeline.state(here), quantity) is None:
            raise UsageError(f"{quantity} is not known at {here}, but first at {first}")
        cards += explain(timeline, derive(timeline, quantity, here), here, depth)
    return timeline, cards


def _finite(value: object) -> object:
    """Return data for JSON, which has no NaN and no infinity."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list) else value


def _whole(text: str) -> int:
    if text != "0" and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise argparse.ArgumentTypeError(f'"{text}" must be a whole number from 0')
    return int(text)


def _positive(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f'"{text}" must be a whole number from 1')
    return number


def _step(argv: list[str]) -> int:
    parser = _Parser(prog="bptui", add_help=False)
    parser.add_argument("preset", nargs="?")
    parser.add_argument("--mouse", action="store_true")
    options, rest = parser.parse_known_args(argv)
    if rest:
        known = ("--mouse", "--help", "--version", *COMMANDS)
        raise UsageError(f'"{rest[0]}" is not understood; {did_you_mean(rest[0], known)}')
    from bptui.preset.find import find_preset
    from bptui.preset.read import read_preset
    from bptui.story.problem import pose

    # the preset is read first, so that its errors leave the terminal as it was
    problem = pose(read_preset(find_preset(options.preset))) if options.preset else None
    from bptui.terminal import obstacle

    if reason := obstacle(os.environ, sys.stdin.isatty(), sys.stdout.isatty()):
        raise UsageError(f"{reason}; for the numbers without one: bptui trace PRESET")
    from bptui.tui.run import run

    return run(problem, mouse=options.mouse)
