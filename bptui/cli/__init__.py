"""The commands and their exit codes: 0 fine, 1 the check found something, 2 the input is wrong.

Each command imports what it needs when it runs; only stepping on a screen imports Textual.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator, Sequence, Set
from typing import TYPE_CHECKING

from bptui import __version__
from bptui.cli.common import (
    Parser,
    UsageError,
    json_line,
    one_line,
    positive,
    show_progress,
    spell_out_on_streams,
    whole,
)
from bptui.preset.errors import PresetError, SaveError, counted, did_you_mean

if TYPE_CHECKING:
    from bptui.story.timeline import Timeline
    from bptui.tui.run import Ending
    from bptui.view.explain_report import Explained

__all__ = ["COMMANDS", "main", "one_line", "trace"]

MAX_TRACED = 100_000
"""Quantities of a moment that `trace` prints, at most."""
COMMANDS = ("check", "explain", "list", "run", "trace")

_LOOKS = ("--ascii", "--utf8", "--light", "--dark", "--projector")
"""What can be said of the terminal and of how the app looks on it."""

_OVERVIEW = """\
usage: bptui [PRESET] [--mouse] [LOOK...]             step through it, or choose from a list
       bptui [PRESET] --resume [--mouse] [LOOK...]    go on with a session that ended
       bptui trace PRESET [--iterations N] [--json]   every quantity of every moment, as text
       bptui run PRESET --iterations N [--until CONDITION] [--losses FILE] [--save FILE]
                 [--force] [--json]                   train without a screen
       bptui explain PRESET QUANTITY... [--at MOMENT] [--depth N] [--format FORMAT]
       bptui check [PRESET...] [--json]               audit the figures that the articles print
       bptui list [--json]                            the presets that ship with bptui
       bptui --help | --version

PRESET is a TOML file or the name of a preset that ships with bptui (see: bptui list).
In the app, ? explains every key and every mark on the screen.

options:
  --resume           go on where a session ended, however that was: the newest of PRESET, the only
                     one that is kept, or one from a list
  --mouse            a click selects (off by default: nothing needs a mouse)
  --ascii, --utf8    LOOK: draw with ASCII only, or with all signs, whatever the locale says
  --light, --dark    LOOK: colours for a light or a dark background (chosen by COLORFGBG, or dark)
  --projector        LOOK: high contrast, heavy lines and four digits; P switches it
  --iterations N     how many iterations, from the first: to trace (default 1), or to run at most
  --until CONDITION  stop after the first iteration in which it holds: "E < 0.01", "w5 > 0.6",
                     "|dE/dw5| < 1e-4", "dE/dw5 changes sign", "out o1 crosses 0.5"
  --losses FILE      write the loss of each iteration as CSV
  --save FILE        write the preset that goes on from there, bit for bit
  --force            write over files that are there
  --at MOMENT        "1 backward", "10000 update", "start" (default: when it is first known)
  --depth N          explain the parts of the quantity, too, and theirs, N deep (default 0)
  --format FORMAT    text (default), markdown, latex or json (one object a quantity)
  --json             one JSON object a line

exit status: 0 fine; 1 a checked figure is wrong and has no verified cause, a run diverged, or bptui
             itself failed (one line on stderr names the report); 2 the preset, the command line or
             a kept session is wrong, or a file cannot be written (one line on stderr says how);
             128+n ended by signal n (130: by Ctrl-C)
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return the exit status."""
    spell_out_on_streams()
    try:
        return _dispatch(list(sys.argv[1:] if argv is None else argv))
    except (PresetError, SaveError, UsageError) as error:
        print(one_line(f"bptui: {error}"), file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        from bptui.crash import brief, write_report

        file = write_report(os.environ, error, commands=[argv or sys.argv[1:]])
        where = f"; the report is in {file}" if file is not None else ""
        print(one_line(f"bptui: bptui failed: {brief(error)}{where}"), file=sys.stderr)
        return 1


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
        case ["run", *rest]:
            from bptui.cli.run import run

            return run(rest)
        case ["check", *rest]:
            return _check(rest)
        case ["explain", *rest]:
            return _explain(rest)
        case _:
            return _step(argv)


def _list(argv: list[str]) -> int:
    from bptui.preset.find import shipped_presets
    from bptui.preset.read import read_preset
    from bptui.view.rows import cells, filled, plain

    parser = Parser(prog="bptui list", add_help=False)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    presets = [read_preset(path) for path in shipped_presets()]
    width = max((cells(preset.name) for preset in presets), default=0)
    for preset in presets:
        if options.json:
            row = {"name": preset.name, "title": preset.title, "source": preset.source}
            print(json_line(row | {"file": preset.file}))
        else:
            print(f"{filled(plain(preset.name), width)}  {plain(preset.title)}")
            print(f"{'':{width}}  {plain(preset.source)}")
    return 0


def _trace(argv: list[str]) -> int:
    parser = Parser(prog="bptui trace", add_help=False)
    parser.add_argument("preset")
    parser.add_argument("--iterations", type=positive, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    from bptui.view.numbers import aligned
    from bptui.view.rows import cells, filled

    for iteration, phase, quantities in trace(options.preset, options.iterations):
        if options.json:
            row = {"iteration": iteration, "phase": phase, "quantities": quantities}
            print(json_line(row))
        else:
            width = max(map(cells, quantities))
            lines = [f"  {filled(name, width)}  {aligned(n)}" for name, n in quantities.items()]
            print("\n".join([f"iteration {iteration} {phase}", *lines, ""]))
    sys.stdout.flush()
    return 0


def trace(name: str, iterations: int) -> Iterator[tuple[int, str, dict[str, float]]]:
    """Yield (iteration, phase, quantities by address) of each moment of some iterations.

    Raises:
        PresetError: there is no such preset, or it is not valid.
        UsageError: it has too many quantities.
    """
    from bptui.audit.prepare import open_preset
    from bptui.story.address import most_quantities
    from bptui.story.moment import Moment, Phase
    from bptui.story.timeline import Timeline
    from bptui.story.values import Values

    timeline = Timeline(open_preset(name))
    setup = timeline.setup
    if (most := most_quantities(setup.network, setup.batch_size)) > MAX_TRACED:
        raise UsageError(
            f"{name}: up to {most:,} quantities a moment are too many to trace; "
            f"for one of them: bptui explain {name} E"
        )
    for iteration in range(1, iterations + 1):
        for phase in Phase:
            state = timeline.state(Moment.of(iteration, phase))
            yield iteration, phase.label, Values(state).all()


def _check(argv: list[str]) -> int:
    parser = Parser(prog="bptui check", add_help=False)
    parser.add_argument("presets", nargs="*")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    from bptui.audit.findings import Audit, findings
    from bptui.audit.prepare import open_preset
    from bptui.preset.find import shipped_presets
    from bptui.view.audit_report import as_json, report

    files = options.presets or [str(path) for path in shipped_presets()]
    # all are read before the first is checked, so that an error is the only thing said
    setups = [open_preset(file) for file in files]
    passes = True
    for place, setup in enumerate(setups):
        name = setup.preset.name
        found = []
        for finding in findings(setup):
            found.append(finding)
            show_progress(f"{name}: {len(found)} of {len(setup.preset.expected)} figures")
            if options.json:
                print(json_line(as_json(name, finding)))
        show_progress("")
        audit = Audit(tuple(found))
        passes = passes and audit.passes
        if not options.json:
            print("\n".join(one_line(line) for line in report(name, audit)))
            print(end="" if place + 1 == len(setups) else "\n")
    return 0 if passes else 1


def _explain(argv: list[str]) -> int:
    parser = Parser(prog="bptui explain", add_help=False)
    parser.add_argument("preset")
    parser.add_argument("quantities", nargs="+")
    parser.add_argument("--at")
    parser.add_argument("--depth", type=whole, default=0)
    parser.add_argument("--format", choices=("text", "markdown", "latex", "json"), default="text")
    options = parser.parse_args(argv)
    from bptui.view import explain_report as e

    timeline, cards = _cards(options.preset, options.quantities, options.at, options.depth)
    if options.format == "json":
        for card in cards:
            print(json_line(e.as_json(timeline, card)))
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
    from bptui.audit.prepare import open_preset
    from bptui.session.jobs import LARGEST
    from bptui.story.address import AddressError, parse_quantity
    from bptui.story.derivation import derive
    from bptui.story.moment import START, Moment, MomentError, parse_moment
    from bptui.story.timeline import Timeline
    from bptui.story.values import value
    from bptui.view.explain_report import explain

    timeline = Timeline(open_preset(name))
    setup = timeline.setup
    cards: list[Explained] = []
    try:
        asked = [parse_quantity(text, setup.network, setup.batch_size) for text in addresses]
        moment = parse_moment(at) if at is not None else None
    except (AddressError, MomentError) as error:
        raise UsageError(str(error)) from None
    if moment is not None and moment.iteration > LARGEST:
        raise UsageError(f"--at {moment}: at most {LARGEST:,} iterations can be run")
    for quantity in asked:
        phase = quantity.form.known
        first = START if phase is None else Moment.of(1, phase)
        here = moment if moment is not None else first
        state = timeline.state(here)
        if quantity.sample > (there := len(state.batch.numbers)):
            told = f"{quantity} is not there: the batch of iteration {max(here.iteration, 1)} has"
            raise UsageError(f"{told} only {counted(there, 'sample')}; --at says another moment")
        if value(state, quantity) is None:
            raise UsageError(f"{quantity} is not known at {here}, but first at {first}")
        cards += explain(timeline, derive(timeline, quantity, here), here, depth)
    return timeline, cards


def _step(argv: list[str]) -> int:
    gc.disable()  # a tenth of the start; the app switches it on when its first screen is there
    parser = Parser(prog="bptui", add_help=False)
    parser.add_argument("preset", nargs="?")
    for option in ("--mouse", "--resume", *_LOOKS):
        parser.add_argument(option, action="store_true")
    options, rest = parser.parse_known_args(argv)
    if rest:
        known = ("--mouse", "--resume", *_LOOKS, "--help", "--version", *COMMANDS)
        raise UsageError(f'"{rest[0]}" is not understood; {did_you_mean(rest[0], known)}')
    from bptui.terminal import obstacle

    told = obstacle(os.environ, sys.stdin.isatty(), sys.stdout.isatty())
    reason = f"{told}; for the numbers without one: bptui trace PRESET" if told else ""
    looks = frozenset(name.strip("-") for name in _LOOKS if getattr(options, name.strip("-")))
    begin = _resumed if options.resume else _opened
    ending = begin(options.preset, options.mouse, looks, reason)
    if ending.told:
        print(one_line(f"bptui: {ending.told}"), file=sys.stderr)
    return ending.status


def _opened(preset: str | None, mouse: bool, looks: Set[str], reason: str) -> Ending:
    """Step through a preset, or show the list, if there is no reason why not."""
    from bptui.audit.prepare import open_preset

    # the preset is read first, so that its errors leave the terminal as it was
    setup = None if preset is None else open_preset(preset)
    if reason:
        raise UsageError(reason)
    from bptui.tui.run import run

    return run(setup, mouse=mouse, looks=looks)


def _resumed(preset: str | None, mouse: bool, looks: Set[str], reason: str) -> Ending:
    """Go on with a kept session, if there is no reason why not."""
    if reason:
        raise UsageError(reason)
    from bptui.session.encode import SessionFileError
    from bptui.tui.run import resume

    try:
        return resume(preset, mouse=mouse, looks=looks, progress=show_progress)
    except SessionFileError as error:
        raise UsageError(f"{error}") from None
