"""Which numbers of a session are what they are because of an edit."""

from __future__ import annotations

from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.moment import Moment, Phase


def is_what_if(session: Session, quantity: Quantity, moment: Moment) -> bool:
    """Whether a quantity has its value at a moment from an edit."""
    if len(session.branches) == 1:
        return False
    if quantity.kind in (Kind.INPUT, Kind.TARGET):
        return _is_edited(session, quantity)
    if not quantity.form.carried:
        return False
    by_hand, name = session.timeline.set_by_hand, str(quantity)
    if moment.phase is Phase.UPDATE or moment.phase is None:
        return by_hand(name, moment)
    before = Moment.of(moment.iteration, Phase.FORWARD)
    return by_hand(name, before) or by_hand(name, before.plus(-1))


def _is_edited(session: Session, quantity: Quantity) -> bool:
    """Whether an input or a target is not the preset's."""
    now, first = session.setup, session.printed_setup
    if now is first:
        return False
    sample = session.state.batch.numbers[max(quantity.sample - 1, 0)] - 1
    here, there = now.preset.samples[sample], first.preset.samples[sample]
    rows = (here.input, there.input)
    if quantity.kind is Kind.TARGET:  # of the preset: the first loss may have used none
        rows = (here.target or (), there.target or ())
    column = now.network.places[quantity.neuron][1]
    return rows[0][column : column + 1] != rows[1][column : column + 1]
