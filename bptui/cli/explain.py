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
FORMATS = ("text", "markdown", "latex", "html", "json")
EXAMPLES = """\
  bptui explain mazur dE/dw5
  bptui explain mazur "net o1" w5 --at 3
  bptui explain my.toml dE/dw1 --depth 9 --format latex > solution.tex
  bptui explain my.toml --all --format html > solution.html
"""


def add_arguments(parser: Parser) -> None:
    add_preset(parser)
    told = 'an address such as dE/dw5, E or "net h1"; quote one that has a space'
    parser.add_argument("quantities", nargs="*", metavar="QUANTITY", help=told)
    told = '"1 backward", "10000 update", "start", or 3: the phase of iteration 3 that '
    told += "computes it (default: as soon as it is known)"
    parser.add_argument("--at", metavar="MOMENT", help=told)
    told = "also explain what it is computed from, N levels deep (default 0); each "
    told += f"quantity once, at most {MOST:,} in all"
    parser.add_argument("--depth", type=whole(0), default=0, metavar="N", help=told)
    told = "a whole iteration, in the order of a calculation by hand"
    parser.add_argument("--all", action="store_true", help=told)
    told = "with --all: which iteration (default 1)"
    parser.add_argument("--iteration", type=whole(1, LARGEST), metavar="N", help=told)
    told = "text (default), markdown, latex, html or json (one object a line)"
    parser.add_argument(
        "--format", type=one_of(FORMATS), default="text", metavar="FORMAT", help=told
    )
    told = "with the article's own numbers: its figures, and what follows from them"
    parser.add_argument("--as-printed", action="store_true", help=told)


def run(options: argparse.Namespace) -> int:
    from bptui.audit.as_printed import PrintedTimeline
    from bptui.story.slices import run_to
    from bptui.story.timeline import Timeline

    _check(options)
    setup = setup_of(options.preset)
    if options.as_printed and not setup.preset.expected:
        raise UsageError(f"--as-printed: {setup.preset.name} has no printed figures")
    asked = [asked_quantity(setup, text, options.at) for text in options.quantities]
    timeline = Timeline(setup)
    name = setup.preset.name
    with Progress(name) as progress:
        # the last iteration is computed whole, and the first at once
        last = max((moment.iteration for _, moment in asked), default=options.iteration or 1)
        run_to(
            timeline,
            last - 1,
            lambda ran, _: progress(f"{name}: {ran:,} of {last:,} iterations"),
            perf_counter,
        )
        shown = PrintedTimeline(timeline) if options.as_printed else timeline
        figures = _Figures(setup, lambda doing: progress(f"{name}: {doing}"))

        def tell(cards: int) -> None:
            progress(f"{cards:,} cards")

        if options.all:
            parts = _solution(shown, last, options.format, figures, tell)
        else:
            parts = _cards(shown, asked, options, figures, tell)
    with Progress("0 cards written", prints=True) as progress:
        for place, text in enumerate(parts, 1):
            out(text, end="")
            progress(f"{place:,} cards written")
    return 0


def _check(options: argparse.Namespace) -> None:
    """Refuse options that do not go together."""
    if options.all and options.quantities:
        raise UsageError("--all explains every quantity; leave out the others, or --all")
    if options.all and (options.at is not None or options.depth):
        name = "--depth" if options.at is None else "--at"
        raise UsageError(f"{name} is not for --all; choose the iteration with --iteration N")
    if not options.all and options.iteration is not None:
        raise UsageError("--iteration is for --all; say --at for the moment of a quantity")
    if not options.all and not options.quantities:
        raise UsageError(f"name a quantity, as in bptui explain {options.preset} E, or add --all")


def _solution(
    timeline: Timeline,
    iteration: int,
    form: str,
    figures: _Figures,
    tell: Callable[[int], None],
) -> Iterator[str]:
    from bptui.view.explain_report import TooManyCardsError, as_json
    from bptui.view.solution import solution
    from bptui.view.solution_report import written

    try:
        found = solution(timeline, iteration, MOST, figures.printed, tell)
    except TooManyCardsError:
        told = f"--all gives more than {MOST:,} cards"
        raise UsageError(f"{told}; name the quantities to explain") from None
    if form == "json":
        return (f"{json_line(as_json(timeline, card))}\n" for card in found.cards)
    return written(found, form)


def _cards(
    timeline: Timeline,
    asked: list[tuple[Quantity, Moment]],
    options: argparse.Namespace,
    figures: _Figures,
    tell: Callable[[int], None],
) -> Iterator[str]:
    from bptui.view.explain_report import TooManyCardsError, explain

    try:
        cards = explain(timeline, asked, options.depth, MOST, figures.printed, tell)
    except TooManyCardsError:
        told = f"--depth {options.depth} gives more than {MOST:,} cards"
        raise UsageError(f"{told}; choose a smaller depth or fewer quantities") from None
    return _written(timeline, cards, options.format)


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
    from bptui.view import solution_html as html

    if form == "json":
        yield from (f"{json_line(e.as_json(timeline, card))}\n" for card in cards)
        return
    if form == "html":
        yield html.begin(timeline.setup.preset.title)
        yield from (html.card(timeline, card, e.said(timeline, card)) for card in cards)
        yield html.END
        return
    write = {"text": e.as_text, "markdown": e.as_markdown, "latex": e.as_latex}[form]
    yield from [f"{e.LATEX_BEGIN}\n"] if form == "latex" else []
    for place, card in enumerate(cards):
        yield ("\n" if place else "") + write(timeline, card)
    yield from [f"\n{e.LATEX_END}"] if form == "latex" else []
