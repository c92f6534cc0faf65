"""Error carried forward: what the article's own printed figures give, right or wrong.

Each quantity is derived anew with the printed figure in the place of every quantity that the
article prints, recursively for those that it does not. Iterations without printed figures are run
by the engine from the parameters so far.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bptui.engine.functions import Array
from bptui.engine.network import frozen
from bptui.engine.passes import backward, forward, update
from bptui.story.address import Kind, Quantity
from bptui.story.derivation import Derivation, derive
from bptui.story.figures import Printed, decimals, origin
from bptui.story.formula import (
    Call,
    Const,
    Formula,
    Minus,
    Product,
    Quotient,
    Ref,
    Square,
    Sum,
    evaluate,
)
from bptui.story.moment import START, Moment, Phase
from bptui.story.quantities import value
from bptui.story.timeline import Timeline

LONG = 100
"""Iterations that are too many to be run again for each figure."""

Key = tuple[Quantity, Moment]
"""A quantity and the moment that computed it."""


@dataclass(frozen=True)
class Recomputed:
    """What the printed figures give for a quantity."""

    value: float
    derivation: Derivation
    formula: Formula | None
    """Its formula with the printed figures put in."""
    used: tuple[Printed, ...]
    """The printed figures that it is made of."""


class Book:
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
        self.network = timeline.problem.network
        self._printed: dict[Key, Printed] = {}
        for figure in figures:
            if figure is not without:
                self._printed.setdefault(self._key(figure.quantity, figure.moment), figure)
        self._values = {id(figure): figure.value for figure in figures}
        if moved is not None:
            self._values[id(moved[0])] += moved[1]
        self._iterations = sorted({moment.iteration for _, moment in self._printed})
        self._found: dict[Key, Recomputed] = {}
        self._runs: dict[int, tuple[Array, tuple[Printed, ...]]] = {}

    def _key(self, quantity: Quantity, moment: Moment) -> Key:
        """Return a quantity with the moment that its value comes from."""
        return quantity, origin(quantity, moment, self.network)

    def recompute(self, quantity: Quantity, moment: Moment) -> Recomputed:
        """Return what the printed figures give for a quantity, which may be printed itself."""
        key = self._key(quantity, moment)
        if key not in self._found:
            self._found[key] = self._work_out(derive(self.timeline, quantity, moment))
        return self._found[key]

    def with_printed(self, formula: Formula) -> Formula:
        """Return a formula with printed figures, or what follows from them, put in."""
        return self._substituted(formula, {})

    def without(self, figure: Printed) -> Book:
        """Return the book as if one figure were not printed."""
        return Book(self.timeline, self._figures, without=figure)

    def blur(self, found: Recomputed) -> float:
        """Return how far a recomputed value can be off for the rounding of what it is made of.

        Authors and their programs go on with more digits than they print.
        """
        if self.is_long(found.derivation.moment):
            return 0.0
        key = found.derivation
        total = 0.0
        for figure in found.used:
            half = 0.5 * 10.0 ** decimals(figure.text)
            other = Book(self.timeline, self._figures, moved=(figure, half))
            total += abs(other.recompute(key.quantity, key.moment).value - found.value)
        return total

    def is_long(self, moment: Moment) -> bool:
        """Whether many iterations lie between a moment and the printed figures before it."""
        last = max((k for k in self._iterations if k < moment.iteration), default=0)
        return moment.iteration - last > LONG

    def _work_out(self, derivation: Derivation) -> Recomputed:
        quantity, moment = derivation.quantity, derivation.moment
        jumped = self._by_engine(derivation)
        if jumped is not None:
            return jumped
        if derivation.formula is None:
            number = value(self.timeline.state(moment), quantity)
            assert number is not None
            return Recomputed(number, derivation, None, ())
        used: dict[Key, Printed] = {}
        formula = self._substituted(derivation.formula, used)
        return Recomputed(evaluate(formula), derivation, formula, tuple(used.values()))

    def _substituted(self, formula: Formula, used: dict[Key, Printed]) -> Formula:
        """Put printed or recomputed values in the place of a formula's quantities."""

        def put(part: Formula) -> Formula:
            return self._substituted(part, used)

        match formula:
            case Ref(quantity, moment):
                return replace(formula, value=self._value(quantity, moment, used))
            case Const():
                return formula
            case Sum(terms):
                return Sum(tuple(put(term) for term in terms))
            case Product(factors):
                return Product(tuple(put(factor) for factor in factors))
            case Minus(left, right):
                return Minus(None if left is None else put(left), put(right))
            case Quotient(upper, lower):
                return Quotient(put(upper), put(lower))
            case Square(base):
                return Square(put(base))
            case Call(name, arguments):
                return Call(name, tuple(put(argument) for argument in arguments))

    def _value(self, quantity: Quantity, moment: Moment, used: dict[Key, Printed]) -> float:
        key = self._key(quantity, moment)
        if key in self._printed and key[1] != START:
            used[key] = self._printed[key]
            return self._values[id(self._printed[key])]
        found = self.recompute(quantity, moment)
        for figure in found.used:
            used[self._key(figure.quantity, figure.moment)] = figure
        return found.value

    # long gaps

    def _by_engine(self, derivation: Derivation) -> Recomputed | None:
        """Return a parameter's value by running the iterations that have no printed figures."""
        if derivation.quantity.kind is not Kind.PARAMETER or derivation.formula is None:
            return None
        end = derivation.moment.iteration
        if end in self._iterations or derivation.moment.phase is not Phase.UPDATE:
            return None
        theta, used = self._run(end)
        slot = self.network.slots[derivation.quantity.parameter]
        return Recomputed(float(theta[slot]), derivation, None, used)

    def _run(self, end: int) -> tuple[Array, tuple[Printed, ...]]:
        """Run from the last iteration with printed figures to the end of one without."""
        if end not in self._runs:
            last = max((k for k in self._iterations if k < end), default=0)
            theta, used = self._parameters_after(last)
            problem = self.timeline.problem
            for iteration in range(last + 1, end + 1):
                batch = problem.batch(iteration)
                seen = forward(self.network, theta, batch.inputs, batch.targets, problem.rule)
                back = backward(self.network, theta, seen, batch.targets, problem.rule)
                theta = update(self.network, theta, back.gradient, problem.rule)
            self._runs[end] = theta, used
        return self._runs[end]

    def _parameters_after(self, iteration: int) -> tuple[Array, tuple[Printed, ...]]:
        """Return the parameters that the printed figures of an iteration leave behind."""
        problem = self.timeline.problem
        if iteration == 0:
            return problem.theta, ()
        used: dict[Key, Printed] = {}
        moment = Moment.of(iteration, Phase.UPDATE)
        values = [
            self._value(Quantity(Kind.PARAMETER, parameter=p.name), moment, used)
            for p in self.network.parameters
        ]
        return frozen(np.array(values)), tuple(used.values())
