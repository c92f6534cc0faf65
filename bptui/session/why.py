"""From a wrong figure to what explains it."""

from __future__ import annotations

from msgspec.structs import replace

from bptui.audit.figures import Printed, parse_is
from bptui.session.branches import edit
from bptui.session.jobs import go
from bptui.session.selecting import visit
from bptui.session.session import Session
from bptui.story.edits import SetConvention, SetTrainable
from bptui.story.moment import START
from bptui.story.under import Under, parse_under


def why(session: Session) -> Session:
    """Go to what explains the open card's figure, if something does.

    To the figure it follows from, to the quantity that it really is, to where a slip was made; or
    to a branch with the other conventions that it was computed under.
    """
    for card in session.cards:
        for finding in session.printed(card.quantity, card.moment):
            printed = finding.printed
            if finding.carried_from:
                source = finding.carried_from[0]
                return visit(session, source.quantity, source.moment)
            match finding.cause:
                case "is":
                    text = str(printed.figure.same_as)
                    return visit(session, *parse_is(text, session.setup, printed.moment))
                case "under":
                    under = parse_under(printed.figure.under or {}, session.printed_setup.preset)
                    return _branch_under(session, under, printed)
                case "unexplained" if finding.under:
                    return _branch_under(session, finding.under, printed)
                case "unexplained" if finding.made_in is not None:
                    return visit(session, *finding.made_in)
    return session


def _branch_under(session: Session, under: Under, printed: Printed) -> Session:
    """Make a branch with other conventions from the start, and go to a figure's moment on it."""
    there = go(replace(session, here=0, other=session.here), START)
    for name, value in under:
        if isinstance(value, tuple):
            for parameter in value:
                there = edit(there, SetTrainable(parameter, name == "trainable"))
        else:
            there = edit(there, SetConvention(name, value))
    return visit(there, printed.quantity, printed.moment)
