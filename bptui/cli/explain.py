"""`bptui explain`: where do numbers come from?"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING

from bptui.cli.common import Parser, UsageError, add_preset, json_line, one_of, setup_of, whole
from bptui.cli.streams import Progress, out
from bptui.preset.errors import counted
from bptui.story.moment import LARGEST

if TYPE_CHECKING:
    from bptui.audit.findings import Finding
    from bptui.story.address import Quantity
    from bptui.story.moment import Moment
    from bptui.story.setup import Setup
    from bptui.story.timeline import Timeline
    from bptui.view.explain_report import Explained

MOST = 10_000
"""The most cards that are printed."""
FORMATS = ("text", "markdown", "latex", "json")
EXAMPLES = """\
  bptui explain mazur dE/dw5
  bptui explain mazur "net o1" w5 --at 3
  bptui explain my.toml dE/dw1 --depth 9 --format latex > solution.tex
"""


def add_arguments(parser: Parser) -> None:
    add_preset(parser)
    told = 'an address such as dE/dw5, E or "net h1"; quote one that has a space'
    parser.add_argument("quantities", nargs="+", metavar="QUANTITY", help=told)
    told = '"1 backward", "10000 update", "start", or 3: the phase of iteration 3 that '
    told += "computes it (default: as soon as it is known)"
    parser.add_argument("--at", metavar="MOMENT", help=told)
    told = "also explain what it is computed from, N levels deep (default 0); each "
    told += f"quantity once, at most {MOST:,} in all"
    parser.add_argument("--depth", type=whole(0), default=0, metavar="N", help=told)
    told = "text (default), markdown, latex or json (one object a line)"
    parser.add_argument(
        "--format", type=one_of(FORMATS), default="text", metavar="FORMAT", help=told
    )
    told = "with the article's own numbers: its figures, and what follows from them"
    parser.add_argument("--as-printed", action="store_true", help=told)


def run(options: argparse.Namespace) -> int:
    from bptui.audit.as_printed import PrintedTimeline
    from bptui.story.slices import run_to
    from bptui.story.timeline import Timeline
    from bptui.view.explain_report import TooManyCardsError, explain

    setup = setup_of(options.preset)
    if options.as_printed and not setup.preset.expected:
        raise UsageError(f"--as-printed: {setup.preset.name} has no printed figures")
    asked = [asked_quantity(setup, text, options.at) for text in options.quantities]
    timeline = Timeline(setup)
    name = setup.preset.name
    with Progress(name) as progress:
        # the last iteration is computed whole, and the first at once
        last = max(moment.iteration for _, moment in asked)
        run_to(
            timeline,
            last - 1,
            lambda ran, _: progress(f"{name}: {ran:,} of {last:,} iterations"),
            perf_counter,
        )
        shown = PrintedTimeline(timeline) if options.as_printed else timeline
        figures = _Figures(setup, lambda doing: progress(f"{name}: {doing}"))
        try:
            cards = explain(
                shown,
                asked,
                options.depth,
                MOST,
                figures.printed,
                lambda n: progress(f"{n:,} cards"),
            )
        except TooManyCardsError:
            told = f"--depth {options.depth} gives more than {MOST:,} cards"
            raise UsageError(f"{told}; choose a smaller depth or fewer quantities") from None
    with Progress("0 cards written", prints=True) as progress:
        for place, text in enumerate(_written(shown, cards, options.format), 1):
            out(text, end="")
            progress(f"{place:,} cards written")
    return 0


class _Figures:
    """The findings on printed figures; slips are looked for once a wrong one asks for it."""

    def __init__(self, setup: Setup, tell: Callable[[str], None]) -> None:
        from bptui.audit.findings import Auditor

        self._auditor, self._tell, self._done = Auditor(setup), tell, False

    def printed(self, quantity: Quantity, moment: Moment) -> tuple[Finding, ...]:
        auditor = self._auditor
        if not auditor.figures or not auditor.prints(quantity, moment):
            return ()
        found = auditor.at(quantity, moment)
        if not any(finding.cause == "unexplained" for finding in found):
            return found
        if not self._done:
            self._done = True
            for doing in auditor.work():
                self._tell(doing)
        return auditor.at(quantity, moment, auditor.audit)


def asked_quantity(setup: Setup, address: str, at: str | None) -> tuple[Quantity, Moment]:
    """A quantity and the moment to explain it at, by default the first that knows it.

    Whatever is invalid is refused here, before anything runs.
    """
    from bptui.audit.figures import is_known
    from bptui.story.address import AddressError, Kind, parse_quantity
    from bptui.story.moment import START, Moment, MomentError, Phase, parse_moment

    try:
        quantity = parse_quantity(address, setup)
        phase = quantity.form.known
        if at is None:
            return quantity, START if phase is None else Moment.of(1, phase)
        changes = quantity.kind in (Kind.PARAMETER, Kind.KEPT)
        given = Phase.UPDATE if changes else Phase.FORWARD
        moment = parse_moment(at, given if phase is None else phase)
    except (AddressError, MomentError) as error:
        raise UsageError(str(error)) from None
    if moment.iteration > LARGEST:
        raise UsageError(f"--at {moment}: the last possible iteration is {LARGEST:,}")
    if not is_known(quantity, moment):
        assert phase is not None  # what is given is known at any moment
        first = Moment.of(moment.iteration, phase)
        raise UsageError(f"{quantity} is not known at {moment}; use {first}")
    if quantity.sample > (there := len(setup.batch(moment.iteration).numbers)):
        told = f"no {quantity}: the batch of iteration {moment.iteration} has only"
        raise UsageError(f"{told} {counted(there, 'sample')}; try another moment with --at")
    return quantity, moment


def _written(timeline: Timeline, cards: Iterator[Explained], form: str) -> Iterator[str]:
    """Yield a document piece by piece."""
    from bptui.view import explain_report as e

    if form == "json":
        yield from (f"{json_line(e.as_json(timeline, card))}\n" for card in cards)
        return
    write = {"text": e.as_text, "markdown": e.as_markdown, "latex": e.as_latex}[form]
    yield from [f"{e.LATEX_BEGIN}\n"] if form == "latex" else []
    for place, card in enumerate(cards):
        yield ("\n" if place else "") + write(timeline, card)
    yield from [f"\n{e.LATEX_END}"] if form == "latex" else []
