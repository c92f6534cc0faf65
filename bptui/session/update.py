"""The one way from a session to the next: what each command means."""

from __future__ import annotations

from dataclasses import replace

from bptui.audit.figures import parse_is
from bptui.session import messages as c
from bptui.session.branches import edit, redo, switch, undo
from bptui.session.jobs import arrive, end, go, search, stop
from bptui.session.messages import Ask, Command, Page, Panel
from bptui.session.prompts import ask, edit_prompt, update_prompt
from bptui.session.session import DIGITS, SPEEDS, TOP, Opened, Session
from bptui.story.address import AddressError, Kind, Quantity, parse_quantity
from bptui.story.conventions import conventions_of
from bptui.story.edits import SetConvention
from bptui.story.moment import START, Moment, Phase
from bptui.story.neighbours import neighbour, next_parameter
from bptui.story.steps import Granularity

PROJECTED_DIGITS = 4
_WHILE_BUSY = (
    c.Close,
    c.Turn,
    c.Show,
    c.ToggleLog,
    c.ToggleWhole,
    c.NextDigits,
    c.Zoom,
    c.Project,
    c.Compare,
    c.Tell,
    c.Sample,
)
"""What can be done while a job is going on: looking at it, and stopping it."""


def update(session: Session, command: Command) -> Session:
    """Return the session after a command: the only way from one to the next."""
    if session.said:
        session = replace(session, said="")
    if session.prompt is not None:
        return update_prompt(session, session.prompt, command)
    if session.job is not None and not isinstance(command, _WHILE_BUSY):
        told = "Esc stops what is going on; until then only looking is possible."
        return replace(session, said=told)
    if session.page is not None and not isinstance(command, c.Prompt | c.Tell):
        return _update_page(session, command)
    match command:
        case c.Step() | c.Travel() | c.Jump() | c.End() | c.Find() | c.Restart():
            return _travel(stop(session) if session.playing else session, command)
        case c.Tick():
            return _step(session, 1)
        case c.Play() | c.Faster():
            return _play(session, command)
        case c.Undo(edits):
            return undo(session) if edits > 0 else redo(session)
        case c.Prompt(ask_for):
            return ask(session, ask_for)
        case c.Refine(grains):
            order = list(Granularity)
            place = min(max(order.index(session.granularity) + grains, 0), len(order) - 1)
            return replace(session, granularity=order[place])
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


def _travel(session: Session, command: Command) -> Session:
    """Go to another moment."""
    match command:
        case c.Step(steps):
            return _step(session, steps)
        case c.Travel(iterations):
            return go(session, session.moment.plus(3 * iterations))
        case c.Jump(moment):
            return go(session, moment)
        case c.End():
            return go(session, end(session))
        case c.Find(moments) if session.condition is not None:
            return search(session, session.condition, forwards=moments > 0)
        case c.Find():
            return replace(session, said="Nothing was searched for yet: / asks for a condition.")
        case _:
            return arrive(session, START)


def _play(session: Session, command: c.Play | c.Faster) -> Session:
    if isinstance(command, c.Play):
        return replace(session, playing=not session.playing)
    speed = min(max(session.speed + command.grades, 0), len(SPEEDS) - 1)
    return replace(session, speed=speed, said=f"Plays {SPEEDS[speed]:g} phases a second.")


def _look(session: Session, command: Command) -> Session:
    """Change how things are shown."""
    match command:
        case c.Tell(text):
            return replace(session, said=text)
        case c.Compare() if session.other is None:
            return replace(session, said="There is no other branch yet: e edits something.")
        case c.Compare():
            return replace(session, compared=not session.compared)
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
        case c.Zoom():
            return replace(session, zoomed=not session.zoomed)
        case c.Project():
            return projected(session, on=not session.projector)
        case c.Toggle(page):
            return replace(session, page=page, line=session.here if page is Page.BRANCHES else 0)
        case c.Close() if session.job is not None or session.playing:
            return stop(session)
        case c.Close() if session.trail:
            return replace(session, trail=(), cursor=TOP)
        case c.Close():
            return _show(session, Panel.DIAGRAM)
        case _:
            return session


def projected(session: Session, *, on: bool) -> Session:
    """Return the session for a projector, which has four digits everywhere, or for a screen."""
    if on == session.projector:
        return replace(session, digits=PROJECTED_DIGITS) if on else session
    if on:
        before = session.digits
        return replace(session, projector=True, digits=PROJECTED_DIGITS, digits_before=before)
    return replace(session, projector=False, digits=session.digits_before)


def _update_page(session: Session, command: Command) -> Session:
    match command:
        case c.Toggle(page):
            return replace(session, page=None if page is session.page else page, line=0)
        case c.Close():
            return replace(session, page=None, line=0)
        case c.Project():
            return projected(session, on=not session.projector)
        case c.Enter():
            return _choose(session)
        case c.Move(along, _):
            return replace(session, line=max(0, session.line + along))
        case c.Step(pages):
            return replace(session, line=max(0, session.line + 10 * pages))
        case c.Restart():
            return replace(session, line=0)
        case c.NextDigits():
            return _look(session, command)
        case c.Undo(edits) if session.page in (Page.BRANCHES, Page.CONVENTIONS):
            there = undo(session) if edits > 0 else redo(session)
            return replace(there, line=there.here) if there.page is Page.BRANCHES else there
        case _:
            return session


def _choose(session: Session) -> Session:
    """Do what the line of a page stands for that the cursor is on."""
    closed, line = replace(session, page=None, line=0), session.line
    match session.page:
        case Page.FIGURES if line < len(session.findings):
            printed = session.findings[line].printed
            if not closed.timeline.is_original(printed.moment):
                closed = replace(closed, here=0, other=session.here)
            return _visit(closed, printed.quantity, printed.moment)
        case Page.BRANCHES if line < len(session.branches):
            return switch(closed, line)
        case Page.CONVENTIONS:
            return _switch_convention(session, line)
        case _:
            return session


def _switch_convention(session: Session, line: int) -> Session:
    """Switch a convention to its next value; a number is asked for."""
    convention = conventions_of(session.setup.preset)[line]
    now, values = convention.get(session.setup.preset), convention.choices(session.setup.preset)
    if not values:
        asked = ask(session, Ask.EDIT)
        return replace(asked, prompt=edit_prompt(f"{convention.name} = {now}"))
    following = values[(values.index(now) + 1) % len(values)] if now in values else values[0]
    changed = edit(session, SetConvention(convention.name, following))
    return replace(changed, page=session.page, line=line)


def _step(session: Session, steps: int) -> Session:
    position = session.steps.step(session.position, steps, session.granularity)
    if position == session.position:
        return session
    moment, left = session.steps.moment(position)
    selected = session.selected
    group = session.steps.group(position)
    trail: tuple[Opened, ...] = ()
    if session.granularity is Granularity.NEURON and group is not None:
        # what was just computed is what its card shows; the loss is that of the outputs
        selected = group.subject or session.setup.network.outputs[-1]
        trail = () if group.subject else (Opened(Quantity(Kind.LOSS), moment),)
    return replace(arrive(replace(session, selected=selected), moment, left), trail=trail)


def _point(session: Session, command: c.Move | c.Select) -> Session:
    """Move the cursor or the selection."""
    network = session.setup.network
    match command:
        case c.Select(address):
            return _select_address(session, address)
        case c.Move(along, _) if session.panel is Panel.INSPECTOR and along:
            last = len(session.parts) + len(session.facts) - 1
            return replace(session, cursor=min(max(session.cursor + along, TOP), last))
        case c.Move(along, towards) if session.panel is Panel.CHART:
            return _aim(session, along + towards)
        case c.Move(along, _) if session.panel is Panel.TABLE and along:
            return _select(session, next_parameter(network, session.selected, along))
        case c.Move(along, towards):
            return _select(session, neighbour(network, session.selected, along, towards))


def _aim(session: Session, steps: int) -> Session:
    """Move the loss chart's cursor, which enter goes to, by about a column."""
    last = max(session.charted, 1)
    aim = session.aim or session.moment.iteration
    return replace(session, aim=min(max(aim + steps * max(1, last // 50), 1), last))


def _select(session: Session, subject: str) -> Session:
    if subject == session.selected and not session.trail:
        return session
    return replace(session, selected=subject, trail=(), cursor=TOP)


def _select_address(session: Session, address: str) -> Session:
    network = session.setup.network
    if address in network.places or address in network.slots:
        return _select(session, address)
    try:
        quantity = parse_quantity(address, session.setup)
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
    if session.panel is Panel.CHART and session.aim and isinstance(command, c.Enter):
        return go(session, Moment.of(session.aim, session.moment.phase or Phase.UPDATE))
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
                return _visit(session, *parse_is(text, session.setup, finding.printed.moment))
    return session


def _visit(session: Session, quantity: Quantity, moment: Moment) -> Session:
    """Go to a moment and open the card of a quantity there."""
    subject = quantity.parameter or quantity.neuron or session.selected
    there = replace(session, selected=subject)
    if quantity.sample:
        there = replace(there, sample=quantity.sample)
    there = go(there, moment)
    if there.moment != moment:  # the way there is long, or ends before: no card this time
        return there
    return _open(_show(there, Panel.INSPECTOR), quantity)


def _show(session: Session, panel: Panel) -> Session:
    second = session.second if panel is Panel.DIAGRAM else panel
    return replace(session, panel=panel, second=second)
