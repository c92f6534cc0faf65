"""`bptui show`: the screen, for slides and handouts."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from bptui.cli.common import Parser, UsageError, add_preset, is_unicode, one_of, setup_of
from bptui.cli.looks import add_looks, offscreen
from bptui.cli.streams import Progress, complain, out

if TYPE_CHECKING:
    from bptui.session.session import Session
    from bptui.story.moment import Moment
    from bptui.story.setup import Setup

FORMATS = ("text", "ansi", "svg", "html")
PANELS = ("network", "why", "gradients", "loss")
_ESCAPED = ("svg", "html")
"""Formats that can name any character in ASCII."""
EXAMPLES = """\
  bptui show mazur --at "1 backward"
  bptui show mazur --at 3 --panel why --select dE/dw5 --format svg > w5.svg
  bptui show my.toml --format html --palette light --projector > slide.html
"""


def add_arguments(parser: Parser) -> None:
    add_preset(parser)
    told = 'as after : in the app: 3, "1 backward", "epoch 2", "start" (default)'
    parser.add_argument("--at", default="start", metavar="MOMENT", help=told)
    told = f"only one panel, zoomed: {', '.join(PANELS)}"
    parser.add_argument("--panel", type=one_of(PANELS), metavar="PANEL", help=told)
    told = 'select a neuron or parameter, or open a quantity: h1, w5, dE/dw5, "net h1"'
    parser.add_argument("--select", metavar="QUANTITY", help=told)
    told = "text (default), ansi (for a terminal), svg or html"
    parser.add_argument(
        "--format", type=one_of(FORMATS), default="text", metavar="FORMAT", help=told
    )
    add_looks(parser)


def run(options: argparse.Namespace) -> int:
    """Exit status 1 if training diverges before that moment."""
    from bptui.session import messages as c
    from bptui.tui.export import FORMATS as WRITERS

    setup = setup_of(options.preset)
    app, name = offscreen(setup, options), setup.preset.name
    moment = _moment(app.session, options.at)
    aims: list[c.Message] = []
    if options.select is not None:
        aims.append(c.Select(_address(setup, options.select)))
    if options.panel is not None:
        panel = [*c.Panel][PANELS.index(options.panel)]
        aims += [c.Show(panel), c.Flip("zoomed")]
    with Progress(f"{name}: going to {moment}"):
        for message in (c.Jump(moment), *aims):
            app.receive(message)
        rows = app.rows()
    text = WRITERS[options.format].write(rows, app.palette, f"{name} at {app.session.moment}")
    if options.format in _ESCAPED and not is_unicode(sys.stdout.encoding):
        text = text.encode("ascii", "xmlcharrefreplace").decode()
    out(text, end="")
    if app.session.moment == moment:
        return 0
    complain(f"bptui: {name}: {app.session.said or f'{moment} cannot be reached'}")
    return 1


def _moment(session: Session, text: str) -> Moment:
    from bptui.audit.typed_answer import AnswerError
    from bptui.session.prompts import parse_place
    from bptui.story.moment import LARGEST, MomentError

    try:
        moment = parse_place(session, text.strip() or '""')
    except (AnswerError, MomentError) as error:
        raise UsageError(f"--at: {error}") from None
    if moment.iteration > LARGEST:
        raise UsageError(f"--at {moment}: the last possible iteration is {LARGEST:,}")
    return moment


def _address(setup: Setup, text: str) -> str:
    """The neuron, parameter or quantity that is to be selected."""
    from bptui.story.address import AddressError, parse_quantity

    if text in setup.network.places or text in setup.network.slots:
        return text
    try:
        return str(parse_quantity(text, setup))
    except AddressError as error:
        raise UsageError(f"--select: {error}") from None
