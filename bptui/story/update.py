"""The one way from a session to the next: what each command means."""

from __future__ import annotations

from dataclasses import replace

from bptui.story import commands as c
from bptui.story.address import AddressError, Kind, Quantity, parse_quantity
from bptui.story.commands import Command, Page, Panel
from bptui.story.figures import parse_is
from bptui.story.moment import START, Moment
from bptui.story.schedule import Grain
from bptui.story.session import DIGITS, TOP, Opened, Session
from bptui.story.subjects import neighbour, next_parameter


def update(session: Session, command: Command) -> Session:
    """Return the session after a command: the only way from one to the next."""
    if session.page is not None:
        return _update_page(session, command)
    match command:
        case c.Step(steps):
            return _step(session, steps)
        case c.Refine(grains):
            order = list(Grain)
            place = min(max(order.index(session.grain) + grains, 0), len(order) - 1)
            return replace(session, grain=order[place])
        case c.Restart():
            return replace(session, moment=START, left=0, trail=(), cursor=TOP)
        case c.Move() | c.Select():
            return _point(session, command)
        case c.Turn(panels):
            order_of_panels = list(Panel)
            place = order_of_panels.index(session.panel) + panels
            return _show(session, order_of_panels[place % len(order_of_panels)])
        case c.Show(panel):
            return _show(session, panel)
        case c.Enter() | c.Back() | c.View():
            return _walk(session, command)
        case c.Why():
            return _why(session)
        case _:
            return _look(session, command)


def _look(session: Session, command: Command) -> Session:
    """Change how things are shown."""
    match command:
        case c.Sample(samples):
            count = len(session.state.batch.numbers)
            sample = (session.sample - 1 + samples) % count + 1
            return replace(session, sample=sample, trail=(), cursor=TOP)
        case c.ToggleLog():
            return replace(session, log=not session.log)
        case c.ToggleWhole():
            return replace(session, whole=not session.whole)
        case c.NextDigits():
            return replace(session, digits=DIGITS[(DIGITS.index(session.digits) + 1) % len(DIGITS)])
        case c.Toggle(page):
            return replace(session, page=page, line=0)
        case c.Close() if session.trail:
            return replace(session, trail=(), cursor=TOP)
        case c.Close():
            return _show(session, Panel.DIAGRAM)
        case _:
            return session


def _update_page(session: Session, command: Command) -> Session:
    match command:
        case c.Toggle(page):
            return replace(session, page=None if page is session.page else page, line=0)
        case c.Close():
            return replace(session, page=None, line=0)
        case c.Enter() if session.page is Page.FIGURES and session.line < len(session.findings):
            printed = session.findings[session.line].printed
            return _visit(replace(session, page=None, line=0), printed.quantity, printed.moment)
        case c.Move(along, _):
            return replace(session, line=max(0, session.line + along))
        case c.Step(pages):
            return replace(session, line=max(0, session.line + 10 * pages))
        case c.Restart():
            return replace(session, line=0)
        case c.NextDigits():
            return _look(session, command)
        case _:
            return session


def _step(session: Session, steps: int) -> Session:
    position = session.schedule.step(session.position, steps, session.grain)
    if position == session.position:
        return session
    moment, left = session.schedule.moment(position)
    selected = session.selected
    group = session.schedule.group(position)
    trail: tuple[Opened, ...] = ()
    if session.grain is Grain.NEURON and group is not None:
        # what was just computed is what its card shows; the loss is that of the outputs
        selected = group.subject or session.problem.network.outputs[-1]
        trail = () if group.subject else (Opened(Quantity(Kind.LOSS), moment),)
    return replace(session, moment=moment, left=left, selected=selected, trail=trail, cursor=TOP)


def _point(session: Session, command: c.Move | c.Select) -> Session:
    """Move the cursor or the selection."""
    network = session.problem.network
    match command:
        case c.Select(address):
            return _select_address(session, address)
        case c.Move(along, _) if session.panel is Panel.INSPECTOR and along:
            last = len(session.parts) + len(session.facts) - 1
            return replace(session, cursor=min(max(session.cursor + along, TOP), last))
        case c.Move(along, _) if session.panel is Panel.TABLE and along:
            return _select(session, next_parameter(network, session.selected, along))
        case c.Move(along, towards):
            return _select(session, neighbour(network, session.selected, along, towards))


def _select(session: Session, subject: str) -> Session:
    if subject == session.selected and not session.trail:
        return session
    return replace(session, selected=subject, trail=(), cursor=TOP)


def _select_address(session: Session, address: str) -> Session:
    network = session.problem.network
    if address in network.places or address in network.slots:
        return _select(session, address)
    try:
        quantity = parse_quantity(address, network, session.problem.batch_size)
    except AddressError:
        return session
    subject = quantity.parameter or quantity.neuron or session.selected
    return _open(
        replace(session, selected=subject, trail=(), cursor=TOP, second=Panel.INSPECTOR), quantity
    )


def _open(session: Session, quantity: Quantity) -> Session:
    """Open the card of a quantity as of this moment, if its sample is in the batch."""
    if quantity.sample > len(session.state.batch.numbers):
        return session
    moment = session.derive(quantity).moment
    return replace(session, trail=(*session.trail, Opened(quantity, moment)), cursor=TOP)


def _walk(session: Session, command: c.Enter | c.Back | c.View) -> Session:
    """Walk from card to card; elsewhere than in the inspector, enter goes there first."""
    elsewhere = session.panel is not Panel.INSPECTOR
    session = _show(session, Panel.INSPECTOR)
    match command:
        case c.Enter() if elsewhere:
            return session
        case c.Enter() if max(session.cursor, 0) < len(session.parts):
            part = session.parts[max(session.cursor, 0)]
            opened = Opened(part.quantity, part.moment)
            return replace(session, trail=(*session.trail, opened), cursor=TOP)
        case c.Enter():
            fact = session.facts[max(session.cursor, 0) - len(session.parts)]
            return _open(replace(session, trail=(), cursor=TOP), fact)
        case c.Back():
            return replace(session, trail=session.trail[:-1], cursor=TOP)
        case c.View(quantities):
            shown = session.trail[0].quantity if session.trail else session.cards[-1].quantity
            own = session.facts
            place = own.index(shown) + quantities if shown in own else 0
            return _open(replace(session, trail=(), cursor=TOP), own[place % len(own)])


def _why(session: Session) -> Session:
    """Go to what explains the figure on the card that is open, if that is wrong."""
    for card in session.cards:
        for finding in session.printed(card.quantity, card.moment):
            if finding.cause == "carried":
                source = finding.carried_from[0]
                return _visit(session, source.quantity, source.moment)
            if finding.cause == "is":
                text = str(finding.printed.figure.same_as)
                network, size = session.problem.network, session.problem.batch_size
                return _visit(session, *parse_is(text, network, size, finding.printed.moment))
    return session


def _visit(session: Session, quantity: Quantity, moment: Moment) -> Session:
    """Go to a moment and open the card of a quantity there."""
    subject = quantity.parameter or quantity.neuron or session.selected
    there = replace(session, moment=moment, left=0, selected=subject, trail=(), cursor=TOP)
    if quantity.sample:
        there = replace(there, sample=quantity.sample)
    return _open(_show(there, Panel.INSPECTOR), quantity)


def _show(session: Session, panel: Panel) -> Session:
    second = session.second if panel is Panel.DIAGRAM else panel
    return replace(session, panel=panel, second=second)
