"""What an update computes, as formulas: new values, learning rates, penalties."""

from __future__ import annotations

from bptui.story.address import Kind, Quantity
from bptui.story.choices import optimizer_of
from bptui.story.formula import ZERO, Const, Formula, Minus, Ref
from bptui.story.moment import Moment, Phase
from bptui.story.rule_formulas import (
    count,
    numbers_of,
    parameters_of,
    penalty_formula,
    rate_formula,
    with_slope,
)
from bptui.story.symbols import written
from bptui.story.timeline import Timeline
from bptui.story.values import values_at


class UpdateDeriver:
    """Finds the formulas of an iteration's update, for one moment of it."""

    def __init__(self, timeline: Timeline, moment: Moment) -> None:
        self.timeline, self.moment = timeline, moment
        self.setup = timeline.setup_at(moment)
        self.network, self.rule = self.setup.network, self.setup.rule
        self.samples = len(self.setup.batch(moment.iteration).numbers)

    def _at(self, phase: Phase) -> Moment:
        return Moment.of(self.moment.iteration, phase)

    def _ref(self, kind: Kind, *, sample: int, neuron: str = "", **names: str) -> Ref:
        sample = sample if self.setup.batch_size > 1 else 0
        quantity = Quantity(kind, neuron=neuron, sample=sample, **names)
        phase = quantity.form.known
        moment = self._at(phase if phase is not None else Phase.FORWARD)
        return self._known(quantity, moment)

    def _known(self, quantity: Quantity, moment: Moment, age: str = "") -> Ref:
        value = values_at(self.timeline, moment).get(quantity)
        assert value is not None, f"{quantity} is not known at {moment}"
        return Ref(quantity, moment, value, age)

    def _step(self, quantity: Quantity) -> Formula:
        new = self._new(Quantity(Kind.PARAMETER, parameter=quantity.parameter), "new")
        return Minus(new, self._old(quantity.parameter, "old"))

    def _old(self, name: str, age: str = "") -> Ref:
        quantity = Quantity(Kind.PARAMETER, parameter=name)
        return self._known(quantity, self._at(Phase.FORWARD), age)

    def _new(self, quantity: Quantity, age: str = "") -> Formula:
        """What this iteration's update makes of a quantity; what an edit sets is later."""
        moment = self._at(Phase.UPDATE)
        held = quantity.name and not self.network.parameter(quantity.parameter).trainable
        if held or self.timeline.set_by_hand(str(quantity), moment):
            return self._updated(quantity)
        return self._known(quantity, moment, age)

    def _updated(self, quantity: Quantity) -> Formula:
        """The formula by which the update finds a parameter, or what it keeps or computes of it."""
        name, optimizer = quantity.parameter, self.rule.optimizer
        if (penalty := self.rule.penalty) and not penalty.about[self.network.slots[name]]:
            optimizer = optimizer_of(self.setup.preset)
        if not self.network.parameter(name).trainable and not quantity.name:
            return self._old(name, "old")
        about = quantity.name or "w"
        names: dict[str, Formula] = parameters_of(optimizer)
        names |= numbers_of(penalty)
        names["g"] = names["dE_dw"] = self._ref(Kind.DE_DPARAMETER, parameter=name, sample=0)
        if about not in optimizer.entry.formulas:  # what a penalty spares
            return names["g"]
        names["eta"] = self._rate_of(name)
        names["t"] = count("t", self.rule.updates_before + self.moment.iteration)
        done = list(optimizer.entry.formulas)
        for term in optimizer.entry.named:
            names[term] = self._term(name, term, after=done.index(term) < done.index(about))
        names["w"] = self._old(name, "old")
        formula = written(optimizer.entry.formulas[about], names)
        assert formula is not None  # an update is arithmetic
        return formula

    def _rate_of(self, name: str) -> Formula:
        if self.rule.rates is None:
            return Const(self.rule.learning_rate, "η")
        return self._ref(Kind.RATE, parameter=name, sample=0)

    def _rate(self, quantity: Quantity) -> Formula | None:
        """The schedule's formula; None for a rate that is given."""
        rates = self.rule.rates
        if rates is None or rates.schedule is None:
            return None
        slot = self.network.slots[quantity.parameter]
        return rate_formula(rates, slot, self.moment.iteration)

    def _penalty(self, quantity: Quantity) -> Formula:
        assert self.rule.penalty is not None  # else there is no such address
        return penalty_formula(self.rule.penalty, [*self.network.slots], self._old)

    def with_slope(self, formula: Formula, name: str) -> Formula:
        """A gradient of the loss, and what a penalty adds to it."""
        slot = self.network.slots[name]
        return with_slope(formula, self.rule.penalty, slot, self._old(name))

    def _term(self, name: str, term: str, *, after: bool) -> Formula:
        kept = term in self.rule.optimizer.entry.kept
        quantity = Quantity(Kind.KEPT if kept else Kind.TERM, parameter=name, name=term)
        if after:
            return self._new(quantity)
        return self._known(quantity, self._at(Phase.FORWARD), "old") if kept else ZERO
