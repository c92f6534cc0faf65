"""Which number is computed from which, so that figures can be worked out anew with others put in.

Values may be arrays: one number for each case that is tried, all of them worked out at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from itertools import pairwise
from operator import add, mul, neg, sub, truediv
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bptui.audit.figures import Printed, origin
from bptui.story.address import Kind, Quantity
from bptui.story.derivation import Derivation, derive
from bptui.story.formula import (
    FUNCTIONS,
    Call,
    Const,
    Formula,
    IfPositive,
    Minus,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
    parts,
    references,
    replaced,
)
from bptui.story.moment import Moment, Phase
from bptui.story.rule_formulas import with_slope
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline
from bptui.story.values import values_at

if TYPE_CHECKING:
    from bptui.audit.slips import Slip
    from bptui.audit.spot import Found

GAP = 100
"""More iterations without figures than these are not worked out by hand."""
MOST = 20_000
"""So many numbers of such iterations are not, either."""
MOST_READY = 100_000
"""Formulas that are kept ready."""
_PRINTED_FIRST = (Kind.DE_DNET, Kind.ERROR, Kind.STEP)
"""What an article prints to go on with."""
ENDS = (Kind.SHARE, Kind.LOSS, Kind.PENALTY)
"""What nothing is computed from that comes later."""

Key = tuple[Quantity, Moment]
"""A quantity and the moment that computed it."""
Value = Any
"""A number, or an array of one for each case."""
Look = Callable[[Key], Value]


class _Ready(NamedTuple):
    """A formula made ready to be worked out again and again."""

    formula: Formula
    keys: tuple[Key, ...]
    """What it is computed from."""
    value: Callable[[Look], Value]


class _Formulas:
    """What does not depend on which numbers are printed, but for those that formulas start from."""

    def __init__(self) -> None:
        self.all: dict[Key, tuple[Formula, ...]] = {}
        self.best: dict[Key, Formula | None] = {}
        self.parts: dict[Key, tuple[Key, ...]] = {}
        self.slips: dict[Key, list[tuple[Slip, Found]]] = {}
        self.ready: dict[int, _Ready] = {}
        """By a formula's identity: to compare two takes longer than to work one out."""


class Shared:
    """What the graphs of one timeline have in common, whatever is printed: each is found once."""

    def __init__(self) -> None:
        self.exact: dict[Key, float] = {}
        self._formulas: dict[object, _Formulas] = {}

    def formulas(self, followed: frozenset[int], printed: Iterable[Key]) -> _Formulas:
        starts = frozenset(key for key in printed if key[0].kind in _PRINTED_FIRST)
        return self._formulas.setdefault((followed, starts), _Formulas())


class Graph:
    """The formulas of one timeline's numbers, as far back as its printed figures reach."""

    def __init__(
        self,
        timeline: Timeline,
        figures: Iterable[Printed],
        setup: Setup | None = None,
        shared: Shared | None = None,
    ) -> None:
        """Args:
        timeline: where the exact numbers are from.
        figures: what is printed.
        setup: that of the figures' moments, if edits have changed the timeline's first one.
        shared: what other graphs of the timeline have found.
        """
        self.timeline, self.setup = timeline, setup or timeline.setup
        self.network = self.setup.network
        self.figures = tuple(figures)
        self.printed: dict[Key, list[Printed]] = {}
        for figure in self.figures:
            self.printed.setdefault(self.key(figure.quantity, figure.moment), []).append(figure)
        self.followed = self._iterations()
        shared = Shared() if shared is None else shared
        found = shared.formulas(self.followed, self.printed)
        self._exact, self._formulas, self._best = shared.exact, found.all, found.best
        self._parts, self.slips, self._ready = found.parts, found.slips, found.ready

    def _iterations(self) -> frozenset[int]:
        """The iterations that are worked out by hand: from figure to figure, if it is not far."""
        # a loss has no part in what comes after it
        found = {m.iteration for q, m in self.printed if q.kind not in ENDS}
        stops = sorted(found | {moment.iteration for _, moment in self.printed})
        sizes = sum(map(len, self.network.neurons)) * self.setup.batch_size
        each = sizes + len(self.network.parameters)
        followed = set(stops)
        for before, after in pairwise(stops):
            room = (len(followed) + after - before) * each <= MOST
            if found and before >= min(found) and after - before <= GAP and room:
                followed.update(range(before, after))
        return frozenset(followed)

    def key(self, quantity: Quantity, moment: Moment) -> Key:
        return quantity, origin(quantity, moment, self.network)

    def keys_in(self, formula: Formula) -> tuple[Key, ...]:
        """What a formula is computed from."""
        return self._made_ready(formula).keys

    def _made_ready(self, formula: Formula) -> _Ready:
        found = self._ready.get(id(formula))
        if found is None:
            if len(self._ready) >= MOST_READY:
                self._ready.clear()
            keys = tuple([self.key(ref.quantity, ref.moment) for ref in references(formula)])
            found = self._ready[id(formula)] = _Ready(formula, keys, self._value_of(formula))
        return found

    def exact(self, key: Key) -> float:
        if key not in self._exact:
            number = values_at(self.timeline, key[1]).get(key[0])
            assert number is not None, f"{key[0]} is not known at {key[1]}"
            self._exact[key] = number
        return self._exact[key]

    def formulas(self, key: Key) -> tuple[Formula, ...]:
        """The formulas that give a number, the main one first; none for what is given."""
        if key not in self._formulas:
            far = key[0].form.carried and key[1].iteration not in self.followed
            found = () if far else tuple(self._find_formulas(derive(self.timeline, *key)))
            if key[0].kind is not Kind.ERROR:
                found = tuple([replaced(formula, self._as_error) for formula in found])
            self._formulas[key] = found
        return self._formulas[key]

    def _as_error(self, ref: Ref) -> Formula:
        """A delta as minus its Err, if that is what the article prints and so goes on with."""
        if ref.quantity.kind is not Kind.DE_DNET or ref.quantity.via:
            return ref
        error = ref.quantity._replace(kind=Kind.ERROR)
        if self.key(error, ref.moment) not in self.printed:
            return ref
        return Minus(None, Ref(error, ref.moment, -ref.value))

    def _find_formulas(self, derivation: Derivation) -> Iterator[Formula]:
        quantity, moment, formula = derivation.quantity, derivation.moment, derivation.formula
        if formula is None:
            return
        yield self._taken(quantity, moment) or formula
        if derivation.paths is not None:
            yield derivation.paths
        one = quantity.sample or self.setup.batch_size == 1
        if quantity.kind is Kind.DE_DPARAMETER and not quantity.via and one:
            yield self._from_delta(quantity, moment)
        if quantity.kind is Kind.PARAMETER and isinstance(formula, Minus):
            assert formula.left is not None  # an update subtracts from the old value
            step = Quantity(Kind.STEP, parameter=quantity.parameter)
            if self.key(step, moment) in self.printed:
                yield Sum((formula.left, Ref(step, moment, 0.0)))

    def _taken(self, quantity: Quantity, moment: Moment) -> Formula | None:
        """A step by the formula of the update: the new value comes from it, not it from that."""
        if quantity.kind is not Kind.STEP:
            return None
        if not self.network.parameter(quantity.parameter).trainable:
            return None
        new = Quantity(Kind.PARAMETER, parameter=quantity.parameter)
        match derive(self.timeline, new, moment).formula:
            case Minus(Ref(), taken):
                return Minus(None, taken)
        return None

    def _from_delta(self, quantity: Quantity, moment: Moment) -> Formula:
        """A gradient as delta times what the weight multiplies, over its neurons."""
        parameter, sample = self.network.parameter(quantity.parameter), quantity.sample
        terms: list[Formula] = []
        for target in parameter.targets:
            delta = Ref(Quantity(Kind.DE_DNET, neuron=target, sample=sample), moment, 0.0)
            feed = Quantity(Kind.DNET_DPARAMETER, target, parameter.name, sample=sample)
            terms.append(Product((delta, Ref(feed, moment, 0.0))))
        slot, old = (
            self.network.slots[parameter.name],
            Quantity(Kind.PARAMETER, parameter=parameter.name),
        )
        if sample:
            return Sum(tuple(terms))
        begun = Ref(old, Moment.of(moment.iteration, Phase.FORWARD), 0.0)
        return with_slope(Sum(tuple(terms)), self.setup.rule.penalty, slot, begun)

    def best(self, key: Key) -> Formula | None:
        """The formula that starts from what the article prints, a delta or a step, if it does."""
        if key not in self._best:
            main, *others = self.formulas(key) or (None,)
            self._best[key] = next(filter(self._starts_printed, others), main)
        return self._best[key]

    def over_deltas(self, key: Key) -> Formula | None:
        """The formula that goes over the deltas, where there is one: a slip in a delta goes on."""
        found = self.formulas(key)
        if key[0].kind is Kind.DE_DPARAMETER and len(found) > 1 and _is_over_deltas(found[-1]):
            return found[-1]
        return self.best(key)

    def parts(self, key: Key) -> tuple[Key, ...]:
        """What a number is computed from, by its best formula."""
        if key not in self._parts:
            formula = self.best(key)
            self._parts[key] = () if formula is None else self.keys_in(formula)
        return self._parts[key]

    def _starts_printed(self, formula: Formula) -> bool:
        match formula:
            case Sum(terms):
                return all(self._starts_printed(term) for term in terms)
            case Product((first, *_)) | Minus(None, first):
                return self._starts_printed(first)
            case Ref(quantity, moment) if quantity.kind in _PRINTED_FIRST:
                return self.key(quantity, moment) in self.printed
            case Ref(quantity):
                return quantity.kind is Kind.PARAMETER
            case Const():
                return True
        return False

    def order(
        self, ends: Iterable[Key], ready: Iterable[Key] = (), *, over_deltas: bool = False
    ) -> list[Key]:
        """Some numbers and all that they are computed from, each after its own parts.

        What is ready is not gone through.
        """
        found: dict[Key, None] = {}
        seen = set(ready)
        for end in ends:
            pending = [(end, False)]
            while pending:
                key, done = pending.pop()
                if done:
                    found.setdefault(key)
                elif key not in seen:
                    seen.add(key)
                    pending.append((key, True))
                    formula = self.over_deltas(key) if over_deltas else None
                    parts = self.parts(key) if formula is None else self.keys_in(formula)
                    pending += [(part, False) for part in parts]
        return list(found)

    def work_out(self, formula: Formula, known: Mapping[Key, Value]) -> Value:
        """A formula's value where some numbers are known; the others are worked out from them."""
        found: dict[Key, Value] = dict(known)
        for key in self.order(self.keys_in(formula), found):
            inner = self.best(key)
            found[key] = (
                self.exact(key) if inner is None else self.compute(inner, found.__getitem__)
            )
        return self.compute(formula, found.__getitem__)

    def compute(self, formula: Formula, look: Look) -> Value:
        """A formula's value over the numbers that `look` gives; NaN and infinity are let be."""
        with np.errstate(all="ignore"):
            return self._made_ready(formula).value(look)

    def _value_of(self, formula: Formula) -> Callable[[Look], Value]:
        if isinstance(formula, Ref):
            key = self.key(formula.quantity, formula.moment)
            return lambda look: look(key)
        if isinstance(formula, Const):
            number = np.float64(formula.value)
            return lambda look: number
        inner = [self._value_of(part) for part in parts(formula)]
        match formula:
            case Minus(None, _):
                return lambda look: neg(inner[0](look))
            case Call(name):
                function = FUNCTIONS[name].of_arrays
                return lambda look: function(*[part(look) for part in inner])
        operation = _OPERATIONS[type(formula)]
        return lambda look: operation([part(look) for part in inner])


def _is_over_deltas(formula: Formula) -> bool:
    match formula:
        case Sum((Product((Ref(quantity), *_)), *_)):
            return quantity.kind is Kind.DE_DNET
    return False


def _power(base: Value, exponent: Value) -> Value:
    return base * base if np.ndim(exponent) == 0 and exponent == 2 else np.power(base, exponent)


_OPERATIONS: dict[type, Callable[[list[Value]], Value]] = {
    Sum: lambda values: reduce(add, values),
    Product: lambda values: reduce(mul, values),
    Minus: lambda values: sub(*values),
    Quotient: lambda values: truediv(np.asarray(values[0], dtype=float), values[1]),
    Power: lambda values: _power(*values),
    IfPositive: lambda values: np.where(values[0] > 0, values[1], values[2]),
}
