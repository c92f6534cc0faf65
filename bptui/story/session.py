"""All that a screen shows, as one frozen value; `update` makes the next one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from bptui.story.address import Kind, Quantity
from bptui.story.audit import Auditor, Finding
from bptui.story.commands import Page, Panel
from bptui.story.derivation import Derivation, derive
from bptui.story.formula import Ref
from bptui.story.moment import START, Moment, Phase
from bptui.story.problem import Problem
from bptui.story.quantities import Values, values_at
from bptui.story.schedule import Grain, Schedule, schedule_of
from bptui.story.subjects import facts, is_neuron
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

    @cached_property
    def schedule(self) -> Schedule:
        """Where steps of each size end."""
        return schedule_of(self.problem.network)

    @cached_property
    def position(self) -> int:
        """How many groups of quantities are done since the start."""
        return self.schedule.position(self.moment, self.left)

    @cached_property
    def begun(self) -> int:
        """How many groups were done before the last step."""
        return self.schedule.before(self.position, self.grain)

    @cached_property
    def state(self) -> State:
        """What is known when the moment's phase is done; `value` leaves out what is to come."""
        return self.timeline.state(self.moment)

    @cached_property
    def values(self) -> Values:
        """The quantities when the moment's phase is done."""
        return values_at(self.timeline, self.moment)

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
        return values_at(self.timeline, moment).get(quantity) if known else None

    @property
    def auditor(self) -> Auditor:
        """Who checks the article's figures."""
        return auditor_of(self.problem)

    def printed(self, quantity: Quantity, moment: Moment) -> tuple[Finding, ...]:
        """Return what the article prints for a quantity at a moment, and how that stands."""
        if not self.problem.preset.expected or not self.auditor.prints(quantity, moment):
            return ()
        known = self.value_at(quantity, moment) is not None
        return self.auditor.at(quantity, moment) if known else ()

    def notes(self, quantity: Quantity, moment: Moment) -> tuple[str, ...]:
        """Return what the preset's author has to say of a quantity, now or when it was computed."""
        notes, address = self.problem.notes, str(quantity)
        moments = dict.fromkeys((str(moment), str(self.moment)))
        return tuple(text for when in moments for text in notes.get((address, when), ()))

    @cached_property
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
        return tuple(self.derive(quantity) for quantity in self._telling())

    def derive(self, quantity: Quantity) -> Derivation:
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
        match quantity.kind:
            case Kind.INPUT | Kind.TARGET:
                first = (iteration - 1) * self.schedule.length
                turned = iteration > 1 and len(self.problem.batches) > 1
                return turned and self.begun <= first < self.position
            case Kind.PARAMETER:
                after, slot = self.state.after, self.problem.network.slots[quantity.parameter]
                if after is None or after[slot] == self.state.before[slot]:
                    return False
        return self.begun <= self.schedule.place(quantity, iteration) < self.position


@lru_cache(maxsize=8)
def auditor_of(problem: Problem) -> Auditor:
    """Return the auditor of a problem."""
    return Auditor(problem)


def open_session(problem: Problem) -> Session:
    """Return a session at the start, with the first computing neuron selected."""
    return Session(Timeline(problem), selected=problem.network.layers[0].neurons[0])
