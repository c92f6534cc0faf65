"""`bptui trace`: every quantity at every moment."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from bptui.cli.common import Parser, UsageError, add_preset, json_line, setup_of, whole
from bptui.cli.streams import Progress, out
from bptui.story.moment import LARGEST

MOST = 100_000
"""The most quantities a moment that are printed."""
EXAMPLES = """\
  bptui trace mazur
  bptui trace mazur --iterations 3 --json
"""


def add_arguments(parser: Parser) -> None:
    add_preset(parser)
    parser.add_argument(
        "--iterations",
        type=whole(1, LARGEST),
        default=1,
        metavar="N",
        help=f"trace N iterations (default 1, at most {LARGEST:,})",
    )
    told = 'one JSON object a line: "iteration", "phase", "quantities"'
    parser.add_argument("--json", action="store_true", help=told)


def run(options: argparse.Namespace) -> int:
    from bptui.view.numbers import aligned
    from bptui.view.rows import cells, filled

    name, iterations = options.preset, options.iterations
    with Progress(f"tracing {name}", prints=True) as progress:
        for iteration, phase, quantities in trace(name, iterations):
            if options.json:
                row = {"iteration": iteration, "phase": phase, "quantities": quantities}
                out(json_line(row))
            else:
                width = max(map(cells, quantities))
                lines = [f"  {filled(name, width)}  {aligned(n)}" for name, n in quantities.items()]
                out("\n".join([f"iteration {iteration} {phase}", *lines, ""]))
            progress(f"{name}: {iteration:,} of {iterations:,} iterations")
    return 0


def trace(name: str, iterations: int) -> Iterator[tuple[int, str, dict[str, float]]]:
    """Yield (iteration, phase, quantities by address) for each moment.

    Raises:
        PresetError: it does not exist or is invalid.
        UsageError: it has too many quantities.
    """
    from bptui.story.address import has_at_most
    from bptui.story.moment import Moment, Phase
    from bptui.story.timeline import Timeline
    from bptui.story.values import Values

    timeline = Timeline(setup_of(name))
    setup = timeline.setup
    if not has_at_most(setup, MOST):
        raise UsageError(
            f"{name}: too many quantities to trace (more than {MOST:,} at a moment); "
            f"for a single one: bptui explain {name} E"
        )
    for iteration in range(1, iterations + 1):
        for phase in Phase:
            state = timeline.state(Moment.of(iteration, phase))
            yield iteration, phase.label, Values(state).all()
