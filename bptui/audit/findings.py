"""The audit: which printed figures are right, which are wrong, which went wrong first, and why.

A cause is never believed. What follows from what is found here, by recomputing a figure from the
article's own others; `is`, `under` and `as` are what the author says, and count only if they give
the figure.
"""

from __future__ import annotations

from collections.abc import Container, Generator, Iterable, Iterator
from functools import cached_property
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from bptui.audit.causes import Causes
from bptui.audit.claims import ClaimFound, check_claims
from bptui.audit.figures import Printed, printed_figures
from bptui.audit.follow_through import FollowThrough, Standing
from bptui.audit.graph import Graph, Key
from bptui.audit.other_conventions import OtherConventions, other_conventions
from bptui.audit.search import Explained, SlipSearch
from bptui.audit.trials import finished
from bptui.audit.verdicts import Verdict
from bptui.story.address import Quantity
from bptui.story.moment import START, Moment
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline
from bptui.story.under import Under

_Result = TypeVar("_Result")
NEEDED = "no cause given: add is, under, as or unexplained"


class Finding(Struct, frozen=True):
    """What the audit says of one figure."""

    printed: Printed
    exact: float
    verdict: Verdict
    cause: str | None = None
    """Of a wrong figure `carried`, `is`, `under`, `as` or `unexplained`; `cut` or `rounded` of one
    that is off in the last digit."""
    because: str | None = None
    """The author's reason."""
    carried_from: tuple[Printed, ...] = ()
    """The figures that a carried one follows from: wrong ones; or that it was rounded with."""
    copied: str = ""
    """What happened to a digit of what `as` gives."""
    slip: str = ""
    """The slip that gives a wrong figure, if one is named; addresses between backticks."""
    suggestions: tuple[str, ...] = ()
    """Other slips that would give a figure, a right one as well as the truth does."""
    failed: str | None = None
    """Why the check fails on this figure; None if all is as the preset says."""
    under: Under = ()
    """The conventions that explain a wrong figure, if they do best."""
    made_in: Key | None = None
    """The number that the slip was made in, if it is another one."""
    on_paper: bool = False
    """Whether it is right where a net input is 0 on paper and rounding noise in floats."""

    @property
    def is_root(self) -> bool:
        """Whether the mistake was made here, and not before."""
        return self.verdict is Verdict.WRONG and self.cause != "carried"

    @property
    def leads(self) -> bool:
        """Whether there is something else to look at that explains it."""
        other = self.carried_from or self.under or self.made_in
        return bool(other) or self.cause in ("is", "under")

    @property
    def coarse(self) -> bool:
        return not self.printed.digits.fine

    @property
    def off(self) -> float | None:
        """How far off it is, relative to the exact number; None if that is 0."""
        return (self.printed.value - self.exact) / abs(self.exact) if self.exact else None


class Root(Struct, frozen=True):
    """A mistake that was made, and what it led to."""

    findings: tuple[Finding, ...]
    """The figures in which it shows."""
    carried: tuple[Finding, ...]
    """The wrong figures that follow from them."""

    @property
    def explains(self) -> int:
        return len(self.findings) + len(self.carried)


class Audit(Struct, frozen=True, dict=True):
    """The findings on all figures, in the order of the preset."""

    findings: tuple[Finding, ...]
    conventions: tuple[OtherConventions, ...] = ()
    """Other conventions under which wrong figures come right together, the best first."""
    claims: tuple[ClaimFound, ...] = ()

    @property
    def passes(self) -> bool:
        """Whether every wrong figure and claim has a verified cause or is said to be wrong."""
        right = all(finding.failed is None for finding in self.findings)
        return right and all(claim.failed is None for claim in self.claims)

    @cached_property
    def roots(self) -> tuple[Root, ...]:
        """The mistakes, each with what follows from it; what shows in several figures is one."""
        alike: dict[object, list[Finding]] = {}
        for finding in self.findings:
            if finding.is_root:
                alike.setdefault(_mistake(finding), []).append(finding)
        return tuple(Root(tuple(found), self._carried(found)) for found in alike.values())

    def _carried(self, roots: Iterable[Finding]) -> tuple[Finding, ...]:
        """The figures that mistakes are carried into, directly or by others."""
        carried = [f for f in self.findings if f.cause == "carried"]
        reached, before = {id(root.printed) for root in roots}, 0
        while len(reached) > before:
            before = len(reached)
            for finding in carried:
                if not reached.isdisjoint(map(id, finding.carried_from)):
                    reached.add(id(finding.printed))
        return tuple(f for f in carried if id(f.printed) in reached)

    def explains(self, finding: Finding) -> int:
        """How many wrong figures the mistake of a figure explains, itself counted in."""
        return next((r.explains for r in self.roots if finding in r.findings), 0)


def _mistake(finding: Finding) -> object:
    """What is the same in figures that one mistake explains."""
    if finding.cause == "under":
        return tuple(sorted((k, str(v)) for k, v in (finding.printed.figure.under or {}).items()))
    return finding.slip or id(finding.printed)


def audit(setup: Setup) -> Audit:
    """The whole audit of a preset, at once."""
    auditor = Auditor(setup)
    for _ in auditor.work():
        pass
    return auditor.audit


def ranked(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings with the root mistakes first, then what they carry, then the rest."""

    def rank(finding: Finding) -> int:
        if finding.verdict is Verdict.WRONG:
            return 0 if finding.is_root else 1
        return 2 if finding.verdict is Verdict.LAST_DIGIT else 3

    return tuple(sorted(found, key=rank))


class Auditor:
    """Checks the figures of one preset: each by itself at once, all together step by step."""

    def __init__(self, setup: Setup, follow: FollowThrough | None = None) -> None:
        """Args:
        setup: the preset's.
        follow: how the figures stand, if they are not those of the preset.
        """
        self.setup = setup
        if follow is None:
            follow = FollowThrough(Graph(Timeline(setup), printed_figures(setup)))
        self.follow, self.graph = follow, follow.graph
        self.figures = self.graph.figures
        self._causes = Causes(self.graph, self.follow)
        self._findings: dict[int, Finding] = {}
        self._places = {id(figure): place for place, figure in enumerate(self.figures)}
        self._iterations = {moment.iteration for _, moment in self.graph.printed}
        self.audit = Audit(())
        """The verdicts once they are all found, and the rest once the work is done."""

    def prints(self, quantity: Quantity, moment: Moment) -> bool:
        if quantity.parameter and quantity.parameter not in self.setup.network.slots:
            return False  # an edit has given a neuron a bias of its own
        near = not self._iterations.isdisjoint((moment.iteration - 1, moment.iteration))
        if not near and (quantity, START) not in self.graph.printed:
            return False  # a number on the screen is from this iteration, the last or the start
        return self.graph.key(quantity, moment) in self.graph.printed

    def at(
        self, quantity: Quantity, moment: Moment, audit: Audit | None = None
    ) -> tuple[Finding, ...]:
        """The findings on the figures printed for a value on the screen.

        They are those of an audit, if it is done; else they are found now, without slips.
        """
        figures = self.graph.printed.get(self.graph.key(quantity, moment), ())
        if audit is None:
            return tuple(map(self.find, figures))
        return tuple(audit.findings[self._places[id(figure)]] for figure in figures)

    def find(self, figure: Printed) -> Finding:
        if id(figure) not in self._findings:
            self._findings[id(figure)] = self._find(figure, self.follow.standing(figure))
        return self._findings[id(figure)]

    @property
    def found(self) -> tuple[Finding, ...]:
        """How each figure stands, without slips and conventions."""
        return tuple(map(self.find, self.figures))

    def _find(self, figure: Printed, stands: Standing) -> Finding:
        said, because = figure.figure, figure.figure.because
        given, wrong, copied = self._causes.given(figure)
        finding = Finding(figure, stands.exact, stands.verdict, None, because)
        if stands.verdict is not Verdict.WRONG:
            cause = None
            if stands.verdict is Verdict.LAST_DIGIT:
                cut = figure.digits.judge(stands.exact) is Verdict.LAST_DIGIT
                cause = "cut" if cut else "rounded"
            has = given or ("unexplained" if said.unexplained else None)
            failed = f"it needs no cause: remove {has}" if has else None
            return replace(
                finding,
                cause=cause,
                carried_from=stands.sources,
                failed=failed,
                on_paper=stands.on_paper,
            )
        if given and wrong is None:
            return replace(finding, cause=given, copied=copied)
        if stands.follows:
            return replace(finding, cause="carried", carried_from=stands.sources, failed=wrong)
        if not given and not said.unexplained:
            wrong = NEEDED
        return replace(finding, cause="unexplained", failed=wrong)

    def work(self) -> Iterator[str]:
        """Audit everything; yield now and then, with what is being done."""
        total = len(self.figures)
        for place, figure in enumerate(self.figures, 1):
            self.find(figure)
            yield f"{place} of {total} figures"
        found = self.found
        self.audit = Audit(found)
        wrong = [f.printed for f in found if f.cause in ("unexplained", "carried")]
        right = [f.printed for f in found if f.verdict is not Verdict.WRONG]
        roots = [f.printed for f in found if f.is_root and f.cause != "under"]
        search = SlipSearch(self.graph, self.follow)
        explained = yield from _saying("looking for slips", search.explain(roots, right))
        conventions = yield from _saying(
            "trying other conventions", other_conventions(self.graph, wrong, right)
        )
        told = []
        for finding in found:
            slips = explained.get(id(finding.printed))
            if finding.cause == "unexplained":
                slips = _or_conventions(finding.printed, slips, conventions)
            told.append(self._with_slips(finding, slips, search))
            yield "looking for slips"
        claims = yield from _saying("checking claims", check_claims(self.graph.timeline))
        self.audit = Audit(tuple(told), conventions, claims)

    def with_first_slips(self, most: int, skip: Container[Printed] = ()) -> Audit:
        """An audit at once, of marks: only the slips of the first root mistakes are looked for.

        They are looked for in the wrong numbers themselves, and between them and those printed.
        """
        found = self.found
        roots = [f.printed for f in found if f.is_root and f.printed not in skip][:most]
        right = [f.printed for f in found if f.verdict is not Verdict.WRONG]
        search = SlipSearch(self.graph, self.follow, marks=True)
        explained = finished(search.explain(roots, right))
        told = (self._with_slips(f, explained.get(id(f.printed)), search) for f in found)
        return Audit(tuple(told))

    def _with_slips(
        self, finding: Finding, explained: Explained | None, search: SlipSearch
    ) -> Finding:
        known = finding.is_root and finding.cause != "unexplained"
        if explained is not None and known:  # one slip for several of them is one mistake
            alike = len(explained.figures) > 1
            return replace(finding, slip=explained.words if alike else "")
        if explained is not None:
            own = self.graph.key(finding.printed.quantity, finding.printed.moment)
            made_in = explained.key if explained.words and explained.key != own else None
            return replace(
                finding,
                slip=explained.words,
                suggestions=explained.others,
                under=explained.under,
                made_in=made_in,
            )
        right = finding.verdict is not Verdict.WRONG
        if right and finding.coarse and not finding.on_paper:
            return replace(finding, suggestions=search.as_well(finding.printed))
        return finding


def _or_conventions(
    figure: Printed, slips: Explained | None, conventions: tuple[OtherConventions, ...]
) -> Explained | None:
    """What explains a figure: conventions, if they put more figures right than a slip does."""
    best = next((c for c in conventions if figure in c.right), None)
    if best is None or (slips is not None and len(slips.figures) > best.gained):
        return slips
    if slips is None:
        return Explained(best.words, None, (), best.right, best.under)
    if best.gained < 2 and slips.words:
        return replace(slips, others=(*slips.others, best.words))
    others = tuple(word for word in (slips.words, *slips.others) if word)
    return Explained(best.words, None, others, best.right, best.under)


def _saying(words: str, work: Generator[None, None, _Result]) -> Generator[str, None, _Result]:
    """Go through some work, with what is being done."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            result: _Result = end.value
            return result
        yield words
