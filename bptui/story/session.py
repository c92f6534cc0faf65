"""All that a screen shows, as one frozen value, and the one function that makes the next one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from bptui.story import commands as c
from bptui.story.address import AddressError, Kind, Quantity, parse_quantity
from bptui.story.audit import Auditor, Finding
from bptui.story.commands import Command, Page, Panel
from bptui.story.derivation import Derivation, derive
from bptui.story.figures import parse_is
from bptui.story.formula import Ref
from bptui.story.moment import START, Moment, Phase
from bptui.story.problem import Problem
from bptui.story.quantities import Values
from bptui.story.schedule import Grain, Schedule, schedule_of
from bptui.story.subjects import facts, is_neuron, neighbour, next_parameter
from bptui.story.timeline import State, Timeline

DIGITS = (0, 4, 6, 9, 20)
"""The choices of decimals: as many as fit, some, all that a float has."""


TOP = -1_000_000
"""A cursor that is on the first line of the card, however long that is."""


@dataclass(frozen=True)
class Opened:
    """A quantity at a moment whose card is open."""

    quantity: Quantity
    moment: Moment


@dataclass(frozen=True, eq=False)
class Session:
    """What is looked at: a timeline, a moment in it, a subject, and how it is shown."""

    timeline: Timeline
    moment: Moment = START
    left: int = 0
    """How many groups of the moment's phase are still to come, when steps are fine."""
    grain: Grain = Grain.PHASE
    """How far a step goes."""
    selected: str = ""
    """The selected neuron or parameter, by name."""
    trail: tuple[Opened, ...] = ()
    """The cards opened one from the other; empty while the subject's own is shown."""
    cursor: int = TOP
    """Which of the inspector's entries is pointed at; below 0 so many lines before the first."""
    panel: Panel = Panel.DIAGRAM
    """The panel that has the keys."""
    second: Panel = Panel.TABLE
    """The panel beside the diagram where there is room for two."""
    sample: int = 1
    """Which sample of the batch is shown."""
    log: bool = False
    """Whether the loss chart is logarithmic."""
    digits: int = 0
    """How many decimals are shown, 0 for as many as fit."""
    whole: bool = False
    """Whether long sums are written whole."""
    page: Page | None = None
    """What lies over the panels."""
    line: int = 0
    """The first line of that page, or the line of its cursor."""
    findings: tuple[Finding, ...] = ()
    """What the audit of all figures has found so far, root mistakes first."""

    @property
    def problem(self) -> Problem:
        """The problem that the timeline is of."""
        return self.timeline.problem

    @property
    def schedule(self) -> Schedule:
        """Where steps of each size end."""
        return schedule_of(self.problem.network)

    @cached_property
    def position(self) -> int:
        """How many groups of quantities are done since the start."""
        return self.schedule.position(self.moment, self.left)

    @cached_property
    def state(self) -> State:
        """What is known when the moment's phase is done; `value` leaves out what is to come."""
        return self.timeline.state(self.moment)

    @cached_property
    def values(self) -> Values:
        """The quantities when the moment's phase is done."""
        return Values(self.state)

    def value(self, quantity: Quantity) -> float | None:
        """Return a quantity's value now, None if it is not computed yet."""
        if self.left and quantity.form.known is self.moment.phase and not self._done(quantity):
            return None
        if quantity.kind is Kind.PARAMETER and self.left and not self._done(quantity):
            return float(self.state.before[self.problem.network.slots[quantity.parameter]])
        return self.values.get(quantity)

    def new_value(self, parameter: str) -> float | None:
        """Return what this iteration's update made of a parameter, None if it is still to come."""
        quantity = Quantity(Kind.PARAMETER, parameter=parameter)
        done = self.state.after is not None and self._done(quantity)
        return self.value(quantity) if done else None

    def _done(self, quantity: Quantity) -> bool:
        return self.schedule.place(quantity, self.moment.iteration) < self.position

    def value_at(self, quantity: Quantity, moment: Moment) -> float | None:
        """Return a quantity's value at a moment, None if that is still to come."""
        given = quantity.form.known is None
        if given and not (quantity.kind is Kind.PARAMETER and moment.phase is Phase.UPDATE):
            known = moment.iteration <= self.moment.iteration
        else:
            known = self.schedule.place(quantity, moment.iteration) < self.position
        return Values(self.timeline.state(moment)).get(quantity) if known else None

    @property
    def auditor(self) -> Auditor:
        """Who checks the article's figures."""
        return auditor_of(self.problem)

    def printed(self, quantity: Quantity, moment: Moment) -> tuple[Finding, ...]:
        """Return what the article prints for a quantity at a moment, and how that stands."""
        if not self.problem.preset.expected or self.value_at(quantity, moment) is None:
            return ()
        return self.auditor.at(quantity, moment)

    def notes(self, quantity: Quantity, moment: Moment) -> tuple[str, ...]:
        """Return what the preset's author has to say of a quantity, now or when it was computed."""
        notes, address = self.problem.notes, str(quantity)
        moments = dict.fromkeys((str(moment), str(self.moment)))
        return tuple(text for when in moments for text in notes.get((address, when), ()))

    @property
    def losses(self) -> list[float]:
        """The losses of all iterations whose forward phase is done."""
        losses = list(self.timeline.losses(self.moment))
        return losses[:-1] if self.value(Quantity(Kind.LOSS)) is None else losses

    @property
    def shown_sample(self) -> int:
        """The sample that addresses name: 0 where each batch has one."""
        return min(self.sample, len(self.state.batch.numbers)) if self._batched else 0

    @property
    def _batched(self) -> bool:
        return self.problem.batch_size > 1

    @cached_property
    def facts(self) -> tuple[Quantity, ...]:
        """The quantities of the selected subject, as the inspector lists them."""
        return facts(self.problem.network, self.selected, self.shown_sample)

    @cached_property
    def cards(self) -> tuple[Derivation, ...]:
        """What the inspector explains: the card opened last, or the subject's at this moment."""
        if self.trail:
            last = self.trail[-1]
            return (derive(self.timeline, last.quantity, last.moment),)
        return tuple(self._derive(quantity) for quantity in self._telling())

    def _derive(self, quantity: Quantity) -> Derivation:
        """Derive a quantity as of this iteration, even if it is still to come."""
        moment = self.moment
        if moment.phase is None:
            moment = Moment.of(1, Phase.FORWARD)
        if quantity.kind is Kind.PARAMETER and self.left and not self._done(quantity):
            moment = Moment.of(moment.iteration, Phase.BACKWARD)
        return derive(self.timeline, quantity, moment)

    def _telling(self) -> tuple[Quantity, ...]:
        """Return the quantities of the subject that matter at this moment."""
        network, phase, sample = self.problem.network, self.moment.phase, self.shown_sample
        name = self.selected
        if not is_neuron(network, name):
            gradient = Quantity(Kind.DE_DPARAMETER, parameter=name)
            value = Quantity(Kind.PARAMETER, parameter=name)
            return (gradient,) if phase is Phase.BACKWARD else (value,)
        if name in network.inputs:
            return (Quantity(Kind.INPUT, neuron=name, sample=sample),)
        if phase in (Phase.BACKWARD, Phase.UPDATE):
            return (Quantity(Kind.DE_DNET, neuron=name, sample=sample),)
        return tuple(Quantity(kind, neuron=name, sample=sample) for kind in (Kind.NET, Kind.OUT))

    @cached_property
    def parts(self) -> tuple[Ref, ...]:
        """The parts of the open cards, each once, without the cards themselves."""
        own = {card.quantity for card in self.cards}
        found: dict[tuple[Quantity, Moment], Ref] = {}
        for card in self.cards:
            for ref in card.parts:
                if ref.quantity not in own or ref.quantity.kind is Kind.PARAMETER:
                    found.setdefault((ref.quantity, ref.moment), ref)
        return tuple(found.values())

    @cached_property
    def lit(self) -> frozenset[str]:
        """The neurons and parameters that the open cards use."""
        names = {self.selected}
        for ref in self.parts:
            names |= {ref.quantity.neuron, ref.quantity.parameter, ref.quantity.source}
            if ref.quantity.kind is Kind.DNET_DOUT:
                names |= {
                    p.name
                    for p in self.problem.network.incoming(ref.quantity.neuron)
                    if p.source == ref.quantity.source
                }
        return frozenset(names - {""})

    def is_new(self, quantity: Quantity) -> bool:
        """Whether the last step computed or changed a quantity."""
        phase, iteration = self.moment.phase, self.moment.iteration
        if phase is None:
            return False
        begun = self.schedule.before(self.position, self.grain)
        match quantity.kind:
            case Kind.INPUT | Kind.TARGET:
                first = (iteration - 1) * self.schedule.length
                turned = iteration > 1 and len(self.problem.batches) > 1
                return turned and begun <= first < self.position
            case Kind.PARAMETER:
                after, slot = self.state.after, self.problem.network.slots[quantity.parameter]
                if after is None or after[slot] == self.state.before[slot]:
                    return False
        return begun <= self.schedule.place(quantity, iteration) < self.position


@lru_cache(maxsize=8)
def auditor_of(problem: Problem) -> Auditor:
    """Return the auditor of a problem."""
    return Auditor(problem)


def open_session(problem: Problem) -> Session:
    """Return a session at the start, with the first computing neuron selected."""
    return Session(Timeline(problem), selected=problem.network.layers[0].neurons[0])


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
    return _open(replace(session, selected=subject, trail=(), second=Panel.INSPECTOR), quantity)


def _open(session: Session, quantity: Quantity) -> Session:
    """Open the card of a quantity as of this moment, if its sample is in the batch."""
    if quantity.sample > len(session.state.batch.numbers):
        return session
    moment = session._derive(quantity).moment
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
            return _open(replace(session, trail=()), fact)
        case c.Back():
            return replace(session, trail=session.trail[:-1], cursor=TOP)
        case c.View(quantities):
            shown = session.trail[0].quantity if session.trail else session.cards[-1].quantity
            own = session.facts
            place = own.index(shown) + quantities if shown in own else 0
            return _open(replace(session, trail=()), own[place % len(own)])


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
    there = replace(session, moment=moment, left=0, selected=subject, trail=())
    if quantity.sample:
        there = replace(there, sample=quantity.sample)
    return _open(_show(there, Panel.INSPECTOR), quantity)


def _show(session: Session, panel: Panel) -> Session:
    second = session.second if panel is Panel.DIAGRAM else panel
    return replace(session, panel=panel, second=second)
