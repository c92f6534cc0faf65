"""All that a screen shows, as one frozen value; `update` makes the next one."""

from __future__ import annotations

from functools import cached_property, lru_cache

from bptui.audit.as_printed import PrintedTimeline
from bptui.audit.findings import Audit, Auditor, Finding, ranked
from bptui.engine.trace import Array
from bptui.session.messages import Picture
from bptui.session.parts import Branch, Display, Job, Lasting, Visited
from bptui.story.address import Kind, Quantity, unlisted
from bptui.story.derivation import Derivation, derive
from bptui.story.edits import place_of
from bptui.story.formula import Ref
from bptui.story.landscape import Grid, Task
from bptui.story.moment import Moment, Phase
from bptui.story.neighbours import facts, is_neuron
from bptui.story.setup import Setup
from bptui.story.steps import Steps, steps_of
from bptui.story.timeline import State, Timeline
from bptui.story.values import Values, values_at


class Session(Lasting, frozen=True, eq=False, dict=True, kw_only=True):
    """The one value from which the screen is drawn."""

    timelines: tuple[Timeline, ...]
    """Those of the branches."""
    job: Job | None = None
    """The work that is running."""
    playing: bool = False
    ignored: str = ""
    """Text typed during a job, ignored up to the end of the line."""
    audit: Audit | None = None
    """What the audit of all figures has found, once it is done."""
    auditing: str = ""
    """What it is doing until then."""
    earlier: tuple[Visited, ...] = ()
    """Where one was before each jump, the latest last."""
    later: tuple[Visited, ...] = ()
    """Where one went back from, the latest last."""
    pictured: tuple[tuple[Task, Grid], ...] = ()
    """What was computed for pictures, the latest first."""
    size: tuple[int, int] = (80, 24)
    """The screen's width and height."""

    @property
    def branch(self) -> Branch:
        return self.branches[self.here]

    @property
    def timeline(self) -> Timeline:
        return self.timelines[self.here]

    @cached_property
    def numbers(self) -> Timeline:
        """The timeline whose numbers are shown: the right ones, or the article's own."""
        printed = self.as_printed and self.timelines[0].setup.preset.expected
        if printed and self.timeline.is_original(self.moment):
            return printed_timeline(self.timelines[0])
        return self.timeline

    @cached_property
    def setup(self) -> Setup:
        """The setup as the edits up to this moment left it."""
        return self.timeline.setup_at(self.moment)

    @cached_property
    def steps(self) -> Steps:
        return steps_of(self.setup.network)

    @cached_property
    def position(self) -> int:
        """How many groups of quantities are done since the start."""
        return self.steps.position(self.moment, self.left)

    @property
    def complete(self) -> Moment:
        """The last complete moment."""
        return self.moment.plus(-1) if self.left else self.moment

    @cached_property
    def begun(self) -> int:
        """How many groups were done before the last step."""
        return self.steps.before(self.position, self.granularity)

    @cached_property
    def state(self) -> State:
        """The state at the end of the moment's phase; `value` hides what is not computed yet."""
        return self.numbers.state(self.moment)

    @cached_property
    def values(self) -> Values:
        """The values at the end of the moment's phase."""
        return values_at(self.numbers, self.moment)

    def value(self, quantity: Quantity) -> float | None:
        """A quantity's value now, None if it is not computed yet."""
        if quantity in self.opened:
            return values_at(self.numbers, self.opened[quantity]).get(quantity)
        if self.left and quantity.form.known is self.moment.phase and not self._done(quantity):
            return None
        if quantity.form.carried and self.left and not self._done(quantity):
            return float(self.state.begun[place_of(self.setup, str(quantity))])
        return self.values.get(quantity)

    def new_value(self, parameter: str) -> float | None:
        """A parameter's value after this iteration's update, None if that is not computed yet."""
        quantity = Quantity(Kind.PARAMETER, parameter=parameter)
        done = self.state.after is not None and self._done(quantity)
        return self.value(quantity) if done else None

    def _done(self, quantity: Quantity) -> bool:
        return self.steps.place(quantity, self.moment.iteration) < self.position

    def value_at(self, quantity: Quantity, moment: Moment) -> float | None:
        """A quantity's value at a moment, None if it is not computed yet."""
        given = quantity.form.known is None
        if self.opened.get(quantity) == moment:
            known = True
        elif moment.iteration != self.moment.iteration:
            known = moment.iteration < self.moment.iteration
        elif given and not (quantity.form.carried and moment.phase is Phase.UPDATE):
            known = True
        else:
            known = self.steps.place(quantity, moment.iteration) < self.position
        return values_at(self.numbers, moment).get(quantity) if known else None

    def conceals(self, derivation: Derivation) -> bool:
        """Whether a card would tell how to compute what is being asked for, or comes after it."""
        known = self.value_at(derivation.quantity, derivation.moment) is not None
        return self.predicts and not known

    def difference(self, quantity: Quantity) -> float | None:
        """A quantity here minus the same on the other branch at this moment.

        None if it is computed on one of them only, or if the other was not run this far.
        """
        value, there = self.value(quantity), self.value_there(quantity)
        return None if value is None or there is None else value - there

    def value_there(self, quantity: Quantity) -> float | None:
        """A quantity's value on the other branch at this moment, None if it is not known there."""
        others = self._others
        if others is None:
            return None
        if quantity.parameter and quantity.parameter not in others.network.slots:
            return None
        return others.get(quantity)

    @property
    def other_is_here(self) -> bool:
        """Whether the other branch was run as far as this moment."""
        return self._others is not None

    @cached_property
    def _others(self) -> Values | None:
        if self.other is None:
            return None
        timeline = self.timelines[self.other]
        if self.moment.iteration > timeline.ran + timeline.pace:
            return None
        return Values(timeline.state(self.moment))

    @property
    def printed_setup(self) -> Setup:
        """The setup as the article has it, without any edit."""
        return self.timelines[0].setup

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What the audit has found, original mistakes first."""
        return ranked(self.audit.findings) if self.audit is not None else ()

    @property
    def auditor(self) -> Auditor:
        return auditor_of(self.printed_setup)

    def printed(self, quantity: Quantity, moment: Moment) -> tuple[Finding, ...]:
        """What the article prints for a quantity at a moment, with the verdicts.

        It prints nothing for what an edit has changed.
        """
        if not self.setup.preset.expected or not self.auditor.prints(quantity, moment):
            return ()
        if self.value_at(quantity, moment) is None or not self.timeline.is_original(moment):
            return ()
        return self.auditor.at(quantity, moment, self.audit)

    @property
    def wonders(self) -> bool:
        """Whether a card is open of a wrong figure that nothing explains yet."""
        return any(
            finding.cause == "unexplained"
            for card in self.cards
            for finding in self.printed(card.quantity, card.moment)
        )

    @property
    def computed_losses(self) -> int:
        """How many iterations have their loss at this moment."""
        if self.moment.phase is None:
            return 0
        # the loss is the last that the forward phase computes
        return self.moment.iteration - (self.moment.phase is Phase.FORWARD and self.left > 0)

    @property
    def charted(self) -> int:
        """How many iterations the loss chart shows: up to here, and all that were run at once.

        What was only stepped through is gone from it when it is stepped back.
        """
        return max(0 if self.predicts else self.branch.overrun, self.computed_losses)

    @property
    def shown_picture(self) -> Picture:
        """The chart panel's first picture: if nobody chose one, the loss once it is a curve."""
        return self.picture or (Picture.LOSS if self.charted > 1 else Picture.SLOPE)

    @property
    def losses(self) -> Array:
        """(iterations,): the losses known at this moment, read-only."""
        return self.timeline.losses(self.computed_losses)

    @cached_property
    def loss_change(self) -> float | None:
        """How much the last loss rose since the same batch had its turn; None the first time."""
        before = self.loss_before
        if before is None or self.numbers is not self.timeline:
            return None
        return float(self.losses[-1]) - before

    @property
    def loss_before(self) -> float | None:
        """The loss of the same batch an epoch ago: that of another one says nothing."""
        before = self.setup.batch_before(self.computed_losses)
        return None if before is None else float(self.losses[before - 1])

    @property
    def shown_sample(self) -> int:
        """The sample that addresses name: 0 where each batch has one."""
        return min(self.sample, len(self.state.batch.numbers)) if self._batched else 0

    @property
    def _batched(self) -> bool:
        return self.setup.batch_size > 1

    @cached_property
    def facts(self) -> tuple[Quantity, ...]:
        """The quantities that the why panel lists for the selected neuron or parameter."""
        kept = self.setup.rule.optimizer.entry.kept
        left_out, metrics = unlisted(self.setup), self.setup.shown_metrics
        return facts(self.setup.network, self.selected, self.shown_sample, kept, left_out, metrics)

    @cached_property
    def cards(self) -> tuple[Derivation, ...]:
        """What the inspector explains: the card opened last, or the selection's own."""
        if self.trail:
            last = self.trail[-1]
            return (derive(self.numbers, last.quantity, last.moment),)
        return tuple(self.derive(quantity) for quantity in self._telling())

    def derive(self, quantity: Quantity) -> Derivation:
        """Derive a quantity as of this iteration, even if it is not computed yet."""
        moment = self.moment
        if moment.phase is None and not quantity.form.carried:
            moment = Moment.of(1, Phase.FORWARD)
        if quantity.form.carried and self.left and not self._done(quantity):
            moment = Moment.of(moment.iteration, Phase.BACKWARD)
        return derive(self.numbers, quantity, moment)

    def _telling(self) -> tuple[Quantity, ...]:
        """The quantities of the selection that matter at this moment."""
        network, phase, sample = self.setup.network, self.moment.phase, self.shown_sample
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
            if self.conceals(card):
                continue
            for ref in card.parts:
                if ref.quantity not in own or ref.quantity.kind is Kind.PARAMETER:
                    found.setdefault((ref.quantity, ref.moment), ref)
        return tuple(found.values())

    @cached_property
    def others(self) -> tuple[Quantity, ...]:
        """Those of `facts` that the open cards do not show already."""
        shown = {card.quantity for card in self.cards}
        now = max(1, self.moment.iteration)
        shown |= {ref.quantity for ref in self.parts if ref.moment.iteration == now}
        return tuple(
            fact
            for fact in self.facts
            if fact not in shown and not (fact.via and fact._replace(via="") in shown)
        )

    @cached_property
    def lit(self) -> frozenset[str]:
        """The neurons and parameters that a card opened from another uses."""
        names: set[str] = set()
        if not self.trail:
            return frozenset()
        for ref in self.parts:
            names |= {ref.quantity.neuron, ref.quantity.parameter, ref.quantity.source}
            if ref.quantity.kind is Kind.DNET_DOUT:
                names |= {
                    p.name
                    for p in self.setup.network.incoming(ref.quantity.neuron)
                    if p.source == ref.quantity.source
                }
        return frozenset(names - {""})

    def new(self, quantity: Quantity) -> str:
        """The phase whose last step computed or changed a quantity, "" if it did not."""
        phase = self.moment.phase
        return phase.label if phase is not None and self.is_new(quantity) else ""

    def is_new(self, quantity: Quantity) -> bool:
        """Whether the last step computed or changed a quantity."""
        phase, iteration = self.moment.phase, self.moment.iteration
        if phase is None:
            return False
        match quantity.kind:
            case Kind.INPUT | Kind.TARGET:
                first = (iteration - 1) * self.steps.length
                turned = iteration > 1 and len(self.setup.batches) > 1
                return turned and self.begun <= first < self.position
            case Kind.PARAMETER | Kind.KEPT:
                ended, place = self.state.ended, place_of(self.setup, str(quantity))
                if ended is None or ended[place] == self.state.begun[place]:
                    return False
        return self.begun <= self.steps.place(quantity, iteration) < self.position


@lru_cache(maxsize=4)
def printed_timeline(exact: Timeline) -> PrintedTimeline:
    return PrintedTimeline(exact)


@lru_cache(maxsize=8)
def auditor_of(setup: Setup) -> Auditor:
    return Auditor(setup)


_USUAL = Display()


def open_session(
    setup: Setup, display: Display = _USUAL, size: tuple[int, int] = (80, 24)
) -> Session:
    """A session at the start, with the first computing neuron selected."""
    shown = {name: getattr(display, name) for name in Display.__struct_fields__}
    preferred = display.preferences
    return Session(
        timelines=(Timeline(setup),),
        selected=setup.network.layers[0].neurons[0],
        size=size,
        granularity=preferred.granularity,
        second=preferred.second,
        **shown,
    )
