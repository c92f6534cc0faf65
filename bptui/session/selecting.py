"""What is pointed at: subjects, cards opened one from the other, panels; and steps."""

from __future__ import annotations

from msgspec.structs import replace

from bptui.session import messages as c
from bptui.session.jobs import arrive, go
from bptui.session.messages import Panel, Picture
from bptui.session.parts import DEEPEST, Opened
from bptui.session.session import Session
from bptui.story.address import AddressError, Kind, Quantity, parse_quantity
from bptui.story.moment import Moment, Phase
from bptui.story.neighbours import is_neuron, neighbour, next_parameter
from bptui.story.steps import Granularity


def step(session: Session, steps: int) -> Session:
    position = session.steps.step(session.position, steps, session.granularity)
    if position == session.position:
        return session
    moment, left = session.steps.moment(position)
    if session.granularity is Granularity.NEURON:
        session = replace(session, by_hand=False)
    return arrive(session, moment, left)


def point(session: Session, message: c.Move | c.Select | c.Scroll) -> Session:
    network = session.setup.network
    match message:
        case c.Select(address):
            return _select_address(session, address)
        case c.Scroll(by, last) if session.panel is Panel.INSPECTOR:
            return _scroll_card(session, by, last)
        case c.Scroll(by, _):
            return _select(session, next_parameter(network, session.selected, by))
        case c.Move(along, towards) if aims(session):
            return _aim(session, along + towards)
        case c.Move(along, towards):
            return _select(session, neighbour(network, session.selected, along, towards))


def aims(session: Session) -> bool:
    """Whether arrows move the loss chart's cursor."""
    return session.panel is Panel.CHART and session.shown_picture is Picture.LOSS


def _scroll_card(session: Session, by: int, last: int) -> Session:
    """Scroll the card; below its last screenful, move the cursor over the entries."""
    tops = max(1, last + 1 - len(session.parts) - len(session.others))
    """So many lines of the card can be the first in view before an entry is pointed at."""
    place = min(session.scroll, tops - 1)
    if session.cursor is not None:
        place = tops + session.cursor
    place = min(max(place + by, 0), last)
    cursor = place - tops if place >= tops else None
    return replace(session, cursor=cursor, scroll=min(place, tops - 1))


def _aim(session: Session, steps: int) -> Session:
    """Move the loss chart's cursor by about a column."""
    last = max(session.charted, 1)
    before = session.aim or session.moment.iteration
    aim = min(max(before + steps * max(1, last // 50), 1), last)
    return session if aim == before else replace(session, aim=aim)


def _select(session: Session, subject: str) -> Session:
    if subject == session.selected and not session.trail:
        return session
    return replace(session, selected=subject, by_hand=True, trail=(), cursor=None, scroll=0)


def _select_address(session: Session, address: str) -> Session:
    network = session.setup.network
    if address in network.places or address in network.slots:
        return replace(_select(session, address), by_hand=True)
    try:
        quantity = parse_quantity(address, session.setup)
    except AddressError:
        return session
    subject = quantity.parameter or quantity.neuron or session.selected
    there = replace(session, selected=subject, by_hand=True, trail=(), cursor=None, scroll=0)
    return _open(replace(there, second=Panel.INSPECTOR), quantity)


def _open(session: Session, quantity: Quantity) -> Session:
    """Open the card of a quantity as of this moment, if its sample is in the batch."""
    if quantity.sample > len(session.state.batch.numbers):
        return session
    moment = session.derive(quantity).moment
    return _opened(session, Opened(quantity, moment))


def _opened(session: Session, card: Opened) -> Session:
    trail = (*session.trail, card)[-DEEPEST:]
    return replace(session, trail=trail, cursor=None, scroll=0)


def walk(session: Session, message: c.Enter | c.Back | c.View) -> Session:
    """Walk from card to card; from another panel, enter first goes to the inspector."""
    if session.panel is Panel.CHART and session.aim and isinstance(message, c.Enter):
        return go(session, Moment.of(session.aim, session.moment.phase or Phase.UPDATE))
    elsewhere = session.panel is not Panel.INSPECTOR
    session, cursor = show(session, Panel.INSPECTOR), session.cursor or 0
    match message:
        case c.Enter() if elsewhere:
            return session
        case c.Enter() if session.cursor is None and not session.parts:
            return session
        case c.Enter() if cursor < len(session.parts):
            part = session.parts[cursor]
            return _opened(session, Opened(part.quantity, part.moment))
        case c.Enter():
            return _open(replace(session, trail=()), session.others[cursor - len(session.parts)])
        case c.Back():
            return replace(session, trail=session.trail[:-1], cursor=None, scroll=0)
        case c.View(quantities):
            shown = session.trail[0].quantity if session.trail else session.cards[-1].quantity
            own = _own(session)
            place = own.index(shown) + quantities if shown in own else 0
            return _open(replace(session, trail=()), own[place % len(own)])


def pointed_at(session: Session) -> tuple[Quantity, Moment]:
    """The quantity under the cursor and when: an entry of the inspector's, or the open card."""
    cursor, parts = session.cursor, session.parts
    if session.panel is not Panel.INSPECTOR or cursor is None:
        card = session.cards[-1]
    elif cursor < len(parts):
        return parts[cursor].quantity, parts[cursor].moment
    else:
        card = session.derive(session.others[cursor - len(parts)])
    return card.quantity, card.moment


def _own(session: Session) -> list[Quantity]:
    """The listed quantities of the selection itself: the weights around a neuron have their own."""
    if not is_neuron(session.setup.network, session.selected):
        return [*session.facts]
    return [fact for fact in session.facts if fact.kind is not Kind.PARAMETER]


def visit(session: Session, quantity: Quantity, moment: Moment) -> Session:
    """Go to a moment and open a quantity's card there."""
    subject = quantity.parameter or quantity.neuron or session.selected
    there = replace(session, selected=subject, by_hand=True)
    if quantity.sample:
        there = replace(there, sample=quantity.sample)
    there = go(there, moment)
    if there.moment != moment:  # the way there is long, or ends before: no card this time
        return there
    return _open(show(there, Panel.INSPECTOR), quantity)


def show(session: Session, panel: Panel) -> Session:
    """Focus a panel; in the table and the loss chart there is a cursor at once."""
    second = session.second if panel is Panel.DIAGRAM else panel
    session = replace(session, panel=panel, second=second)
    if panel is Panel.TABLE and is_neuron(session.setup.network, session.selected):
        there = _select(session, next_parameter(session.setup.network, session.selected, 0))
        return replace(there, by_hand=session.by_hand)
    if aims(session) and session.charted and not session.aim:
        return replace(session, aim=min(session.moment.iteration, session.charted))
    return session
