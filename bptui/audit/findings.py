"""The audit: which printed figures are right, which are wrong, which went wrong first, and why.

A cause is never believed. `carried` is found here, by recomputing a figure from the article's own
others; `is` and `under` are what the author says, and count only if they give the figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from msgspec import Struct

from bptui.audit.figures import Printed, Verdict, decimals, judge, parse_is
from bptui.audit.follow_through import FollowThrough
from bptui.audit.slips import slips
from bptui.story.address import AddressError, Quantity, parse_quantity
from bptui.story.conventions import Under, parse_under, variant
from bptui.story.moment import START, Moment, parse_moment
from bptui.story.setup import Setup, build_setup
from bptui.story.timeline import Timeline
from bptui.story.values import value

OTHER_RULE = {"simultaneous": "sequential", "sequential": "simultaneous"}


class Finding(Struct, frozen=True):
    """What the audit says of one figure."""

    printed: Printed
    exact: float
    verdict: Verdict
    cause: str | None = None
    """`carried`, `is`, `under` or `unexplained`; None for a figure that is not wrong."""
    because: str | None = None
    """The author's reason, or what to say of a cause that fails."""
    carried_from: tuple[Printed, ...] = ()
    """The wrong figures that a carried one was computed from."""
    suggestions: tuple[str, ...] = ()
    """Slips that would give the figure exactly."""
    failed: str | None = None
    """Why the check fails on this figure; None if all is as the preset says."""
    from_wrong: bool = False
    """Whether a carried figure was computed from figures that are wrong themselves."""

    @property
    def is_root(self) -> bool:
        """Whether the mistake was made here, and not before."""
        return self.verdict is Verdict.WRONG and self.cause != "carried"


class Audit(Struct, frozen=True, dict=True):
    """The findings on all figures, in the order of the preset."""

    findings: tuple[Finding, ...]

    @property
    def passes(self) -> bool:
        """Whether every wrong figure has a verified cause or is said to be unexplained."""
        return all(finding.failed is None for finding in self.findings)

    @cached_property
    def roots(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.is_root)

    def carries(self, root: Finding) -> tuple[Finding, ...]:
        """The figures that a root mistake is carried into, directly or by others."""
        carried = [f for f in self.findings if f.cause == "carried"]
        reached, before = {id(root.printed)}, 0
        while len(reached) > before:
            before = len(reached)
            for finding in carried:
                if not reached.isdisjoint(map(id, finding.carried_from)):
                    reached.add(id(finding.printed))
        return tuple(f for f in carried if id(f.printed) in reached and f is not root)


def audit(setup: Setup) -> Audit:
    return Audit(tuple(findings(setup)))


def findings(setup: Setup) -> Iterator[Finding]:
    """Yield the finding on each printed figure, one by one: some take a while."""
    auditor = Auditor(setup)
    for figure in auditor.figures:
        yield auditor.find(figure)


def printed_figures(setup: Setup) -> tuple[Printed, ...]:
    return tuple(
        Printed(
            parse_quantity(e.address, setup),
            parse_moment(f"{e.iteration} {e.phase}"),
            e.figure,
        )
        for e in setup.preset.expected
    )


def ranked(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings with the root mistakes first, then what they carry, then the rest."""

    def rank(finding: Finding) -> int:
        if finding.verdict is Verdict.WRONG:
            return 0 if finding.is_root else 1
        return 2 if finding.verdict is Verdict.LAST_DIGIT else 3

    return tuple(sorted(found, key=rank))


class Auditor:
    """Checks the figures of one preset; what several need is computed once."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.timeline = Timeline(setup)
        self.figures = printed_figures(setup)
        self.follow = FollowThrough(self.timeline, self.figures)
        self._variants: dict[Under, Timeline] = {}
        self._verdicts: dict[int, Verdict] = {}
        self._findings: dict[int, Finding] = {}
        self._by_key: dict[tuple[Quantity, Moment], list[Printed]] = {}
        for figure in self.figures:
            self._by_key.setdefault(self._key(figure), []).append(figure)
        self._iterations = {when.iteration for _, when in self._by_key}

    def _key(self, figure: Printed) -> tuple[Quantity, Moment]:
        return self.follow.key(figure.quantity, figure.moment)

    def prints(self, quantity: Quantity, moment: Moment) -> bool:
        if quantity.parameter and quantity.parameter not in self.setup.network.slots:
            return False  # an edit has given a neuron a bias of its own
        near = not self._iterations.isdisjoint((moment.iteration - 1, moment.iteration))
        if not near and (quantity, START) not in self._by_key:
            return False  # a number on the screen is from this iteration, the last or the start
        return self.follow.key(quantity, moment) in self._by_key

    def at(self, quantity: Quantity, moment: Moment) -> tuple[Finding, ...]:
        """The findings on the figures printed for a value on the screen."""
        key = self.follow.key(quantity, moment)
        return tuple(self.find(figure) for figure in self._by_key.get(key, ()))

    def _verdict(self, figure: Printed) -> Verdict:
        if id(figure) not in self._verdicts:
            self._verdicts[id(figure)] = judge(self._exact(figure), figure.text)
        return self._verdicts[id(figure)]

    def _exact(self, figure: Printed) -> float:
        number = value(self.timeline.state(figure.moment), figure.quantity)
        assert number is not None  # posing the setup checks that it is known by then
        return number

    def find(self, figure: Printed) -> Finding:
        if id(figure) not in self._findings:
            self._findings[id(figure)] = self._find(figure)
        return self._findings[id(figure)]

    def _find(self, figure: Printed) -> Finding:
        exact, verdict = self._exact(figure), self._verdict(figure)
        because = figure.figure.because
        given, wrong = self._given(figure)
        if verdict is not Verdict.WRONG:
            has = given or ("unexplained" if figure.figure.unexplained else None)
            needless = f"it needs no cause: remove {has}" if has else None
            return Finding(figure, exact, verdict, None, because, failed=needless)
        if given and wrong is None:
            return Finding(figure, exact, verdict, given, because)
        sources = self._carried(figure)
        if sources:
            bad = self._verdict(sources[0]) is Verdict.WRONG
            return Finding(figure, exact, verdict, "carried", because, sources, (), wrong, bad)
        found = slips(self.follow, figure, exact) + self._other_rule(figure)
        failed = wrong
        if not given and not figure.figure.unexplained:
            failed = "no cause given: add is, under or unexplained"
        return Finding(figure, exact, verdict, "unexplained", because, (), found, failed)

    def _carried(self, figure: Printed) -> tuple[Printed, ...]:
        """The figures that a figure was carried from, none if it was not.

        It was if it is one that was printed before; or if the printed figures give it: just so by
        any of its formulas, or but for one of them that is a misprint and was right in the
        author's own notes, or but for the digits that were not printed.
        """
        again = self._printed_before(figure)
        if again is not None:
            return (again,)
        for way in self.follow.ways(figure.quantity, figure.moment):
            if way.used and judge(way.value, figure.text) is not Verdict.WRONG:
                return self._sources(way.used)
        found = self.follow.recompute(figure.quantity, figure.moment)
        if not found.used or self.follow.is_long(found):
            return ()
        for misprint in found.used:
            if self._verdict(misprint) is Verdict.WRONG:
                other = self.follow.without(misprint).recompute(figure.quantity, figure.moment)
                if other.used and judge(other.value, figure.text) is not Verdict.WRONG:
                    return self._sources(other.used)
        away = abs(found.value - figure.value)
        unit = 10.0 ** decimals(figure.text)
        close = away <= unit + self.follow.blur(found, self._units)
        return self._sources(found.used) if close else ()

    def _printed_before(self, figure: Printed) -> Printed | None:
        """An earlier wrong figure of the same number that this one repeats or rounds."""
        for other in self._by_key[self._key(figure)]:
            if other is figure:
                return None
            wrong = self._verdict(other) is Verdict.WRONG
            if wrong and judge(other.value, figure.text) is not Verdict.WRONG:
                return other
        return None

    def _units(self, figure: Printed) -> float:
        """By how much a figure may be off: half a unit if rounded, one if cut."""
        return 1.0 if self._verdict(figure) is Verdict.LAST_DIGIT else 0.5

    def _sources(self, used: tuple[Printed, ...]) -> tuple[Printed, ...]:
        """The figures a mistake was carried from: wrong ones, else cut, else rounded."""
        for kind in (Verdict.WRONG, Verdict.LAST_DIGIT):
            found = tuple(f for f in used if self._verdict(f) is kind)
            if found:
                return found
        return used

    def _given(self, figure: Printed) -> tuple[str | None, str | None]:
        """Which cause the author gives, and what is wrong with it, if anything."""
        said = figure.figure
        if said.same_as is not None:
            return "is", self._check_is(figure, said.same_as)
        if said.under is not None:
            return "under", self._check_under(figure, said.under)
        return None, None

    def _check_is(self, figure: Printed, text: str) -> str | None:
        quantity, moment = parse_is(text, self.setup, figure.moment)
        if self.follow.key(quantity, moment) == self._key(figure):
            return f"is = {text} names the figure itself"
        other = value(self.timeline.state(moment), quantity)
        if other is None:
            return f"{text} is not known at {moment}"
        # the author may have made it from rounded factors
        found = self.follow.recompute(quantity, moment).value
        if all(judge(number, figure.text) is Verdict.WRONG for number in (other, found)):
            return f"is = {text} gives {other:.12g}, not {figure.text}"
        return None

    def _check_under(self, figure: Printed, table: dict[str, object]) -> str | None:
        under = parse_under(table, self.setup.preset)
        try:
            other = self._under(figure, under)
        except AddressError as error:
            return f"under these conventions: {error}"
        if other is None:
            return f"under these conventions it is not known at {figure.moment}"
        if judge(other, figure.text) is Verdict.WRONG:
            return f"under these conventions it is {other:.12g}, not {figure.text}"
        return None

    def _under(self, figure: Printed, under: Under) -> float | None:
        if under not in self._variants:
            self._variants[under] = Timeline(build_setup(variant(self.setup.preset, under)))
        timeline = self._variants[under]
        quantity = parse_quantity(str(figure.quantity), timeline.setup)
        return value(timeline.state(figure.moment), quantity)

    def _other_rule(self, figure: Printed) -> tuple[str, ...]:
        rule = OTHER_RULE[self.setup.rule.update]
        number = self._under(figure, (("update", rule),))
        fits = judge(number, figure.text) is Verdict.MATCH
        return (f'update = "{rule}"',) if fits else ()
