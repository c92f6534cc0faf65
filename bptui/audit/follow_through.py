"""Error carried forward: what the article's own printed figures give, right or wrong.

Each quantity is derived anew with the printed figure in the place of every quantity that the
article prints, recursively for those that it does not. Iterations without figures that shape the
next one are run by the engine from the parameters so far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from bptui.audit.figures import Printed, decimals, origin
from bptui.engine.loop import Loop
from bptui.engine.network import frozen
from bptui.engine.trace import Array
from bptui.story.address import Kind, Quantity
from bptui.story.derivation import Derivation, derive
from bptui.story.edits import place_of
from bptui.story.formula import (
    Formula,
    Minus,
    Product,
    Ref,
    Sum,
    evaluate,
    references,
    replaced,
)
from bptui.story.moment import START, Moment, Phase
from bptui.story.timeline import Timeline
from bptui.story.values import value

LONG = 100
"""Iterations that are too many to be run again for each figure."""
EFFORT = 400
"""Numbers that are too many to be worked out again for each figure: it takes half a second."""
WHOLE_EFFORT = 40_000
"""The same for all figures together."""
DEEP = 8
"""Layers that are too many to go down through by recursion."""

Key = tuple[Quantity, Moment]
"""A quantity and the moment that computed it."""


class Recomputed(Struct, frozen=True):
    """What the printed figures give for a quantity."""

    value: float
    derivation: Derivation
    formula: Formula | None
    """Its formula with the printed figures put in."""
    used: tuple[Printed, ...]
    """The printed figures it is computed from."""


class FollowThrough:
    """The printed figures of a preset, and what follows from them."""

    def __init__(
        self,
        timeline: Timeline,
        figures: tuple[Printed, ...],
        *,
        without: Printed | None = None,
        moved: tuple[Printed, float] | None = None,
    ) -> None:
        """Take figures as they are printed, but one left out, or one moved a little."""
        self.timeline, self._figures = timeline, figures
        self.network = timeline.setup.network
        self._printed: dict[Key, Printed] = {}
        self._keys = {id(f): self.key(f.quantity, f.moment) for f in figures}
        for figure in figures:
            if figure is not without:
                self._printed.setdefault(self._keys[id(figure)], figure)
        self._values = {id(figure): figure.value for figure in figures}
        if moved is not None:
            self._values[id(moved[0])] += moved[1]
        # a loss has no part in what comes after it
        shaping = {m.iteration for q, m in self._printed if q.kind not in (Kind.SHARE, Kind.LOSS)}
        self._iterations = sorted(shaping)
        self._next = 0
        """The first of them that is not settled."""
        self._found: dict[Key, Recomputed] = {}
        self._after: dict[int, tuple[Array, tuple[Printed, ...]]] = {}

    def key(self, quantity: Quantity, moment: Moment) -> Key:
        return quantity, origin(quantity, moment, self.network)

    def recompute(self, quantity: Quantity, moment: Moment) -> Recomputed:
        """What the printed figures give for a quantity, which may be printed itself."""
        key = self.key(quantity, moment)
        if key not in self._found:
            self._settle(key[1].iteration)
            derivation = derive(self.timeline, quantity, moment)
            if len(self.network.layers) > DEEP:
                self._settle_parts(derivation)
            self._found[key] = self._work_out(derivation)
        return self._found[key]

    def _settle_parts(self, derivation: Derivation) -> None:
        """Work out all that a derivation goes back to, from the bottom, in place of recursion."""
        pending = [derivation]
        while pending:
            above = pending[-1]
            missing = [
                derive(self.timeline, ref.quantity, ref.moment) for ref in self._missing(above)
            ]
            if missing:
                pending += missing
                continue
            pending.pop()
            if above is not derivation:
                self._found[self.key(above.quantity, above.moment)] = self._work_out(above)

    def _missing(self, derivation: Derivation) -> Iterator[Ref]:
        """Yield the quantities in a derivation's formula that are neither printed nor found."""
        if derivation.formula is not None and not self._is_run(derivation):
            for ref in references(self._best_formula(derivation)):
                key = self.key(ref.quantity, ref.moment)
                if key not in self._found and key not in self._printed:
                    yield ref

    def ways(self, quantity: Quantity, moment: Moment) -> Iterator[Recomputed]:
        """Yield what the printed figures give for a quantity by each of its formulas."""
        yield self.recompute(quantity, moment)
        derivation = derive(self.timeline, quantity, moment)
        for formula in (self._main_formula(derivation), *self._other_formulas(derivation)):
            if formula is not None:
                yield self._by_formula(derivation, formula)

    def _main_formula(self, derivation: Derivation) -> Formula | None:
        """A quantity's formula; a step's is that of the update.

        The new value comes from the step, not the step from the new value less the old.
        """
        quantity, moment = derivation.quantity, derivation.moment
        moves = quantity.parameter and self.network.parameter(quantity.parameter).trainable
        if quantity.kind is not Kind.STEP or not moves:
            return derivation.formula
        match derive(self.timeline, Quantity(Kind.PARAMETER, parameter=quantity.parameter), moment):
            case Derivation(formula=Minus(Ref(), taken)):
                return Minus(None, taken)
        return derivation.formula

    def _other_formulas(self, derivation: Derivation) -> Iterator[Formula]:
        """Yield other ways to a quantity: by paths, from the delta, from the step."""
        if derivation.paths is not None:
            yield derivation.paths
        quantity, moment = derivation.quantity, derivation.moment
        one = quantity.sample or self.timeline.setup.batch_size == 1
        if quantity.kind is Kind.DE_DPARAMETER and not quantity.via and one:
            yield self._from_delta(quantity, moment)
        if quantity.kind is Kind.PARAMETER and isinstance(derivation.formula, Minus):
            old = derivation.formula.left
            assert old is not None  # an update subtracts from the old value
            step = Quantity(Kind.STEP, parameter=quantity.parameter)
            if self.key(step, moment) in self._printed:
                yield Sum((old, Ref(step, moment, 0.0)))

    def _from_delta(self, quantity: Quantity, moment: Moment) -> Formula:
        """A gradient as delta times what the weight multiplies, over its neurons."""
        parameter, sample = self.network.parameter(quantity.parameter), quantity.sample
        terms: list[Formula] = []
        for target in parameter.targets:
            delta = Ref(Quantity(Kind.DE_DNET, neuron=target, sample=sample), moment, 0.0)
            feed = Quantity(Kind.DNET_DPARAMETER, target, parameter.name, sample=sample)
            if parameter.is_bias:
                terms.append(Minus(None, delta) if parameter.threshold else delta)
            else:
                terms.append(Product((delta, Ref(feed, moment, 0.0))))
        return Sum(tuple(terms))

    def _work_out(self, derivation: Derivation) -> Recomputed:
        quantity, moment = derivation.quantity, derivation.moment
        if self._is_run(derivation):
            state, used = self._state_after(moment.iteration)
            place = place_of(self.timeline.setup, str(quantity))
            return Recomputed(float(state[place]), derivation, None, used)
        if derivation.formula is None:
            number = value(self.timeline.state(moment), quantity)
            assert number is not None
            return Recomputed(number, derivation, None, ())
        return self._by_formula(derivation, self._best_formula(derivation))

    def _best_formula(self, derivation: Derivation) -> Formula:
        """The formula that starts from what the article prints: a delta, a step."""
        main = self._main_formula(derivation)
        assert main is not None
        for formula in self._other_formulas(derivation):
            if formula is not derivation.paths and self._starts_printed(formula):
                return formula
        return main

    def _starts_printed(self, formula: Formula) -> bool:
        """Whether the deltas or the step of a formula are printed."""
        match formula:
            case Sum(terms):
                return all(self._starts_printed(term) for term in terms)
            case Product((first, *_)) | Minus(None, first):
                return self._starts_printed(first)
            case Ref(quantity, moment) if quantity.kind in (Kind.DE_DNET, Kind.STEP):
                return self.key(quantity, moment) in self._printed
            case Ref(quantity):
                return quantity.kind is Kind.PARAMETER
        return False

    def _by_formula(self, derivation: Derivation, formula: Formula) -> Recomputed:
        used: dict[Key, Printed] = {}
        put_in = self._substituted(formula, used)
        return Recomputed(evaluate(put_in), derivation, put_in, tuple(used.values()))

    def with_printed(self, formula: Formula) -> Formula:
        return self._substituted(formula, {})

    def without(self, figure: Printed) -> FollowThrough:
        return FollowThrough(self.timeline, self._figures, without=figure)

    def blur(self, found: Recomputed, units: Callable[[Printed], float]) -> float:
        """How far a recomputed value can be off because its figures were rounded.

        Authors and their programs go on with more digits than they print; `units` says by how
        many units of its last digit a figure may be off.
        """
        about, total = found.derivation, 0.0
        for figure in found.used:
            off = units(figure) * 10.0 ** decimals(figure.text)
            other = FollowThrough(self.timeline, self._figures, moved=(figure, off))
            total += abs(other.recompute(about.quantity, about.moment).value - found.value)
        return total

    def is_long(self, found: Recomputed) -> bool:
        """Whether it takes long to recompute a quantity once for each of its figures.

        It does if many iterations must be run between printed figures, or if these are many.
        """
        last = found.derivation.moment.iteration
        stops = [0, *(k for k in self._iterations if k < last), last]
        if any(b - a > LONG for a, b in pairwise(stops)):
            return True
        setup = self.timeline.setup
        numbers = setup.batch_size * sum(map(len, self.network.neurons))
        numbers += len(self.network.parameters)
        most = min(EFFORT, WHOLE_EFFORT // len(self._figures))
        return len(found.used) * (len(stops) - 1) * numbers > most

    def _substituted(self, formula: Formula, used: dict[Key, Printed]) -> Formula:
        return replaced(
            formula, lambda ref: replace(ref, value=self._value(ref.quantity, ref.moment, used))
        )

    def _value(self, quantity: Quantity, moment: Moment, used: dict[Key, Printed]) -> float:
        key = self.key(quantity, moment)
        if key in self._printed:
            used[key] = self._printed[key]
            return self._values[id(self._printed[key])]
        found = self.recompute(quantity, moment)
        for figure in found.used:
            used[self._keys[id(figure)]] = figure
        return found.value

    # from iteration to iteration

    def _settle(self, iteration: int) -> None:
        """Work out the parameters of all iterations with figures before one, in their order.

        So no derivation goes back through more than one of them.
        """
        while self._next < len(self._iterations) and self._iterations[self._next] < iteration:
            self._next += 1
            self._state_after(self._iterations[self._next - 1])

    def _is_run(self, derivation: Derivation) -> bool:
        """Whether it is the value of a parameter after an iteration without printed figures."""
        if not derivation.quantity.form.carried or derivation.formula is None:
            return False
        moment = derivation.moment
        return moment.iteration not in self._iterations and moment.phase is Phase.UPDATE

    def _state_after(self, end: int) -> tuple[Array, tuple[Printed, ...]]:
        if end not in self._after:
            printed = end in self._iterations
            self._after[end] = self._by_figures(end) if printed else self._run(end)
        return self._after[end]

    def _run(self, end: int) -> tuple[Array, tuple[Printed, ...]]:
        """Run from the last iteration with figures, or one run before, to one without."""
        setup = self.timeline.setup
        known = [k for k in self._after if k < end]
        last = max([*known, *(k for k in self._iterations if k < end)], default=0)
        state, used = self._state_after(last) if last else self._given()
        batches = [(batch.inputs, batch.targets) for batch in setup.batches]
        loop = Loop(self.network, setup.rule, batches)
        place, losses = setup.batch_number(last + 1) - 1, np.empty(end - last)
        return loop.run(state, place, losses, iteration=last + 1), used

    def _given(self) -> tuple[Array, tuple[Printed, ...]]:
        """The first state, as the article prints it where it does."""
        setup = self.timeline.setup
        state, used = setup.state.copy(), []
        for (quantity, moment), figure in self._printed.items():
            if quantity.form.carried and moment == START:
                state[place_of(setup, str(quantity))] = self._values[id(figure)]
                used.append(figure)
        return frozen(state), tuple(used)

    def _by_figures(self, iteration: int) -> tuple[Array, tuple[Printed, ...]]:
        used: dict[Key, Printed] = {}
        moment, kept = Moment.of(iteration, Phase.UPDATE), self.timeline.setup.kept
        names = [p.name for p in self.network.parameters]
        about = [Quantity(Kind.PARAMETER), *(Quantity(Kind.KEPT, name=name) for name in kept)]
        rows = [[self._value(q._replace(parameter=n), moment, used) for n in names] for q in about]
        return frozen(np.array(rows, dtype=float)), tuple(used.values())
