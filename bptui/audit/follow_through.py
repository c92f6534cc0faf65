"""How each figure stands: right, off by a rounding before it, following from a wrong one, or wrong.

A figure excuses another only as far as the numbers between what it is and what was printed give
that one. So a right figure counts for all from its exact value to the printed one, and a wrong one
for all that would be printed like it: authors go on with more digits than they print.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from itertools import islice, product
from typing import Any, NamedTuple

import numpy as np
from msgspec import Struct

from bptui.audit.figures import Printed
from bptui.audit.graph import Graph, Key
from bptui.audit.long_gap import LongGap
from bptui.audit.reach import Unit, drift, reach
from bptui.audit.verdicts import ULPS, Digits, Verdict, digits_of
from bptui.story.formula import Formula
from bptui.story.kinks import noisy_nets
from bptui.story.moment import Moment, Phase

NEAR = 100
"""Figures of later iterations do not show how an author rounds: they take long to compute."""
FARTHEST = 1000
"""Rounding on the way does not change a number by so many units of its last digit."""
MOST_WAYS = 48
"""So many ways to choose among wrong figures, as printed or put right, are tried."""
FEWEST_WAYS = 4
"""So many are tried however many numbers lie before a figure."""
WORK = 150_000
"""Numbers that are worked out for all figures and ways, about."""


class Standing(Struct, frozen=True):
    """How a figure stands by itself and by the figures before it."""

    verdict: Verdict
    exact: float
    sources: tuple[Printed, ...] = ()
    """The printed figures that it follows from: wrong ones, or else ones that were rounded."""
    follows: bool = False
    """Whether a wrong figure is right given earlier wrong ones."""
    on_paper: bool = False
    """Whether it is right where a net input is 0 that is rounding noise in floats."""


class _Span(NamedTuple):
    """From where to where the number behind a printed figure can be."""

    low: float
    high: float
    figure: Printed


class _Case(NamedTuple):
    """A way to take the figures that a formula leads to."""

    formula: Formula
    wrong: Mapping[Key, _Span]
    right: Mapping[Key, _Span]
    unused: frozenset[Key] = frozenset()
    """What is taken as what follows from the figures before it, not as it is printed."""


class FollowThrough:
    """The standings of all figures, each found once those before it are."""

    def __init__(
        self,
        graph: Graph,
        *,
        only_verdicts: bool = False,
        between: Callable[[Digits], Unit | None] | None = None,
    ) -> None:
        """Args:
        graph: the figures, and what they are computed from.
        only_verdicts: whether what a wrong figure follows from is not looked for.
        between: where answers are marked: for one of them, what the numbers before it may be
            rounded to that are not given. An answer may also be cut off.
        """
        self.graph = graph
        self._only_verdicts = only_verdicts
        self._between = between or (lambda digits: None)
        self._marks = between is not None
        self._standings: dict[int, Standing] = {}
        self._settled: set[Key] = set()
        self._as_printed: dict[Key, float] = {}
        self._gap = LongGap(graph, self.as_printed)

    def standing(self, figure: Printed) -> Standing:
        """How a figure stands: a right one by itself, a wrong one after those before it."""
        if id(figure) not in self._standings:
            key = self.graph.key(figure.quantity, figure.moment)
            exact = self.graph.exact(key)
            verdict = figure.digits.judge(exact)
            if verdict is not Verdict.WRONG and not self.noise(key[1].iteration):
                self._standings[id(figure)] = Standing(verdict, exact)
            else:
                self._settle(key)
        return self._standings[id(figure)]

    def _settle(self, end: Key) -> None:
        """Find how all figures before a number stand, in their order, and those of it."""
        for key in self.graph.order([end], self._settled):
            self._settled.add(key)
            for figure in self.graph.printed.get(key, ()):
                self._standings[id(figure)] = self._stand(figure, key)

    def is_wrong(self, figure: Printed) -> bool:
        return self.standing(figure).verdict is Verdict.WRONG

    def _stand(self, figure: Printed, key: Key) -> Standing:
        exact = self.graph.exact(key)
        verdict = figure.digits.judge(exact)
        if self._right_on_paper(figure, key, exact):
            return Standing(Verdict.MATCH, exact, on_paper=True)
        if verdict is not Verdict.WRONG:
            return Standing(verdict, exact)
        digits = figure.digits
        if (sources := self.from_rounded(key, digits)) is not None:
            return Standing(Verdict.LAST_DIGIT, exact, sources)
        if self._only_verdicts:
            return Standing(verdict, exact)
        if (repeated := self._repeated(figure, key)) is not None:
            return Standing(verdict, exact, (repeated,), follows=True)
        sources = self.from_wrong(key, digits)
        return Standing(verdict, exact, sources, follows=bool(sources))

    def _repeated(self, figure: Printed, key: Key) -> Printed | None:
        """An earlier wrong figure of the same number that this one repeats or rounds."""
        for other in self.graph.printed[key]:
            if other is figure:
                return None
            if self.is_wrong(other) and figure.digits.judge(other.value) is not Verdict.WRONG:
                return other
        return None

    def from_rounded(self, key: Key, digits: Digits) -> tuple[Printed, ...] | None:
        """The right figures whose roundings give a number; None if they do not."""
        formulas = self.graph.formulas(key)
        cases = [_Case(f, {}, self._right(self.operands(f))) for f in formulas]
        for case in cases:
            figures = tuple(span.figure for span in case.right.values())
            if figures and self._gives(case, digits):
                return figures
            near = abs(self.graph.exact(key) - digits.value) <= FARTHEST * digits.unit
            shortened = (digits.to_decimals, digits.to_digits) if digits.fine and near else ()
            if any(digits.rounds(self._step_by_step(case, shorten)) for shorten in shortened):
                return figures
        if (between := self._between(digits)) is not None:
            for case in cases:
                if self._gives(case, digits, between):
                    return tuple(span.figure for span in case.right.values())
        return None

    def _step_by_step(self, case: _Case, shorten: Callable[[float], float]) -> float:
        """A number by way of others that are all rounded as it is."""
        graph = self.graph
        known: dict[Key, Any] = {k: span.figure.value for k, span in case.right.items()}
        for key in graph.order(graph.keys_in(case.formula), known):
            formula = graph.best(key)
            if formula is None:
                known[key] = graph.exact(key)
            else:
                number = float(graph.compute(formula, known.__getitem__))
                known[key] = shorten(number) if math.isfinite(number) else number
        return float(graph.compute(case.formula, known.__getitem__))

    def from_wrong(self, key: Key, digits: Digits) -> tuple[Printed, ...]:
        """The wrong figures that give a number as they are printed; as few as it takes."""
        for between in dict.fromkeys((None, self._between(digits))):
            for formula in self._ways(key):
                for case in islice(self._cases(formula), self._room(key)):
                    if self._gives(case, digits, between):
                        needed = self._needed(case, digits, between)
                        return tuple(span.figure for span in needed.values())
        return self._from_before_a_gap(key, digits)

    def _from_before_a_gap(self, key: Key, digits: Digits) -> tuple[Printed, ...]:
        """The wrong figures before many iterations without any that give a number after them."""
        begun = max(map(self._gap.begins, self.graph.order([key])))
        wrong = [
            figure
            for (quantity, moment), figures in self.graph.printed.items()
            if quantity.form.carried and moment.iteration <= begun
            for figure in figures
            if self.is_wrong(figure)
        ]
        if not wrong or not digits.rounds(self.printed_value(key)):
            return ()
        last = max(figure.moment for figure in wrong)
        return tuple(figure for figure in wrong if figure.moment == last)

    def _room(self, key: Key) -> int:
        """In how many ways the wrong figures before one are taken."""
        numbers = len(self.graph.printed) * len(self.graph.order([key]))
        return max(FEWEST_WAYS, min(MOST_WAYS, WORK // numbers))

    def _ways(self, key: Key) -> list[Formula]:
        best, found = self.graph.best(key), self.graph.formulas(key)
        return [] if best is None else [best, *(f for f in found if f is not best)]

    def _needed(self, case: _Case, digits: Digits, between: Unit | None) -> Mapping[Key, _Span]:
        """Those wrong figures without which a number would not come out."""
        wrong = case.wrong
        for operand in tuple(wrong):
            fewer = {k: span for k, span in wrong.items() if k != operand}
            if fewer and self._gives(case._replace(wrong=fewer), digits, between):
                wrong = fewer
        return wrong

    def operands(self, formula: Formula, unused: frozenset[Key] = frozenset()) -> list[Key]:
        """The printed numbers that a formula leads to, over others that are not printed or used."""
        graph, found = self.graph, dict[Key, None]()
        printed = [key for key in graph.printed if key not in unused]
        between = graph.order(graph.keys_in(formula), printed)
        for parts in (graph.keys_in(formula), *map(graph.parts, between)):
            found.update((k, None) for k in parts if k in graph.printed)
        return [key for key in found if key not in unused]

    def _right(self, operands: Iterable[Key]) -> dict[Key, _Span]:
        """The right figures among some numbers, unless they are exact as printed."""
        found: dict[Key, _Span] = {}
        for key in operands:
            exact = self.graph.exact(key)
            for figure in self.graph.printed[key]:
                if not self.is_wrong(figure) and figure.value != exact:
                    low, high = sorted((exact, figure.value))
                    if key in found:
                        low, high = min(low, found[key].low), max(high, found[key].high)
                    found[key] = _Span(low, high, figure)
        return found

    def _cases(self, formula: Formula) -> Iterator[_Case]:
        """Yield ways to take the wrong figures that a formula leads to.

        All as they are printed, first; then some of them left out: what was printed is a misprint,
        and the author went on with what follows from the figures before it.
        """
        pending, seen = [frozenset[Key]()], set[frozenset[Key]]()
        while pending:
            unused = pending.pop(0)
            if unused in seen:
                continue
            seen.add(unused)
            operands = self.operands(formula, unused)
            bad = {k: [f for f in self.graph.printed[k] if self.is_wrong(f)] for k in operands}
            bad = {key: figures for key, figures in bad.items() if figures}
            right = self._right(operands)
            for figures in product(*bad.values()):
                spans = zip(bad, figures, strict=True)
                wrong = {key: self._around(figure, exactly=bool(unused)) for key, figure in spans}
                if wrong:
                    yield _Case(formula, wrong, right, unused)
            pending += [unused | {key} for key in bad]

    def _around(self, figure: Printed, *, exactly: bool) -> _Span:
        """All numbers that would be printed like a wrong figure, or that alone."""
        if exactly:
            return _Span(figure.value, figure.value, figure)
        unit = min(digits_of(figure.text).unit, figure.digits.unit)
        low, high = figure.value - unit / 2, figure.value + unit / 2
        if self.cuts:
            low = min(low, figure.value - unit * (figure.value < 0))
            high = max(high, figure.value + unit * (figure.value > 0))
        return _Span(low, high, figure)

    @cached_property
    def cuts(self) -> bool:
        """Whether the author cuts numbers off, as some figure shows that can be nothing else."""
        return self._marks or any(
            figure.digits.judge(self.graph.exact(key)) is Verdict.LAST_DIGIT
            for key, figures in self.graph.printed.items()
            for figure in figures
            if key[1].iteration <= NEAR and figure.digits.fine
        )

    def _gives(self, case: _Case, digits: Digits, between: Unit | None = None) -> bool:
        """Whether numbers within the spans of a case give what is printed."""
        spans = {key: (span.low, span.high) for key, span in {**case.right, **case.wrong}.items()}
        operands = self.operands(case.formula, case.unused)
        exact = [key for key in operands if key not in spans]  # as they are printed
        if between is None:
            return self._meets(*reach(self.graph, case.formula, spans, exact), digits)
        for key, span in case.right.items():  # it may have been rounded only where it was written
            around = self._around(span.figure, exactly=False)
            spans[key] = min(span.low, around.low), max(span.high, around.high)
        low, high = reach(self.graph, case.formula, spans, exact)
        known = {key: (low + high) / 2 for key, (low, high) in spans.items()}
        known |= {key: self.graph.exact(key) for key in exact}
        spread, cut = drift(self.graph, case.formula, known, between)
        low, high = low - spread, high + spread
        return self._meets(low, high, digits) or self._meets(low + cut, high + cut, digits)

    def _meets(self, low: float, high: float, digits: Digits) -> bool:
        """Whether a number from one to another would be printed so."""
        if low <= digits.value + digits.half and high >= digits.value - digits.half:
            return True
        if not (self.cuts and digits.cut):
            return False
        noise = ULPS * np.spacing(abs(digits.value) + digits.unit)
        least, most = abs(digits.value), abs(digits.value) + digits.unit - noise
        if digits.value < 0:
            low, high = -high, -low
        return bool(low < most and high >= least)

    def printed_value(self, key: Key) -> float:
        """What the printed figures give for a number, printed itself or not."""
        formula = self.graph.best(key)
        if formula is not None:
            return float(self.graph.compute(formula, self.as_printed))
        return self._gap.value(key) if self._gap.begins(key) else self.graph.exact(key)

    def as_printed(self, key: Key) -> float:
        """A number as the article has it: printed, or by its own arithmetic from what is."""
        for part in self.graph.order([key], self._as_printed):
            printed = self.graph.printed.get(part)
            self._as_printed[part] = printed[0].value if printed else self.printed_value(part)
        return self._as_printed[key]

    # net inputs that are 0 on paper

    def noise(self, iteration: int) -> tuple[Key, ...]:
        """The net inputs at a kink of an iteration that are 0 but for rounding noise in floats."""
        moment = Moment.of(iteration, Phase.FORWARD)
        return tuple((net, moment) for net in noisy_nets(self.graph.timeline, iteration))

    def _right_on_paper(self, figure: Printed, key: Key, exact: float) -> bool:
        """Whether a figure is right where nets that are noise are 0, and better so than exactly."""
        nets = self.noise(key[1].iteration)
        formula = self.graph.best(key)
        if not nets or formula is None or key in nets:
            return False
        value = float(self.graph.work_out(formula, dict.fromkeys(nets, 0.0)))
        away = abs(exact - figure.value)
        better = away > figure.digits.unit * 1e-6 and abs(value - figure.value) < away
        return better and figure.digits.judge(value) is Verdict.MATCH
