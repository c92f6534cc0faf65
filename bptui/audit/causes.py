"""Causes that an author gives for a wrong figure, each calculated: `is`, `under` and `as`."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bptui.audit.expressions import PRINTED, parse_expression
from bptui.audit.figures import Printed, parse_is
from bptui.audit.figures import under as figure_under
from bptui.audit.follow_through import FollowThrough
from bptui.audit.graph import Graph
from bptui.audit.misprints import misprint
from bptui.audit.verdicts import Verdict
from bptui.story.address import AddressError, parse_quantity
from bptui.story.formula import Const, Formula, Ref, references, replaced
from bptui.story.setup import build_setup
from bptui.story.timeline import Timeline
from bptui.story.under import Under, parse_under, variant
from bptui.story.values import value


class Given(NamedTuple):
    """The cause that an author gives."""

    cause: str | None = None
    """`is`, `under` or `as`; None if there is none."""
    wrong: str | None = None
    """What is wrong with it, if anything."""
    copied: str = ""
    """What happened to a digit afterwards."""


class Causes:
    """Checks the causes that the figures of one preset give."""

    def __init__(self, graph: Graph, follow: FollowThrough) -> None:
        self._graph, self._follow = graph, follow
        self._setup = graph.setup
        self._variants: dict[Under, Timeline] = {}

    def given(self, figure: Printed) -> Given:
        """Which cause the author gives, and what is wrong with it, if anything."""
        said = figure.figure
        if said.same_as is not None:
            return Given("is", self._check_is(figure, said.same_as))
        if said.under is not None:
            return Given("under", self._check_under(figure, said.under))
        if said.arithmetic is not None:
            return self._check_as(figure, said.arithmetic)
        return Given()

    def _check_is(self, figure: Printed, text: str) -> str | None:
        graph = self._graph
        quantity, moment = parse_is(text, self._setup, figure.moment)
        key = graph.key(quantity, moment)
        if key == graph.key(figure.quantity, figure.moment):
            return f"is = {text} names the figure itself"
        other = value(graph.timeline.state(moment), quantity)
        if other is None:
            return f"{text} is not known at {moment}"
        if figure.digits.judge(other) is not Verdict.WRONG:
            return None
        # the author may have computed it from rounded or wrong figures
        digits = figure.digits
        if self._follow.from_rounded(key, digits) or self._follow.from_wrong(key, digits):
            return None
        return f"is = {text} gives {other:.12g}, not {figure.text}"

    def _check_under(self, figure: Printed, table: dict[str, object]) -> str | None:
        under = parse_under(table, self._setup.preset)
        try:
            other = self._under(figure, under)
        except AddressError as error:
            return f"under these conventions: {error}"
        if other is None:
            return f"under these conventions it is not known at {figure.moment}"
        if figure.digits.judge(other) is Verdict.WRONG:
            return f"under these conventions it is {other:.12g}, not {figure.text}"
        return None

    def _under(self, figure: Printed, under: Under) -> float | None:
        if under not in self._variants:
            self._variants[under] = Timeline(build_setup(variant(self._setup.preset, under)))
        timeline = self._variants[under]
        figure = figure_under(figure, self._setup.preset, timeline.setup.preset)
        quantity = parse_quantity(str(figure.quantity), timeline.setup)
        return value(timeline.state(figure.moment), quantity)

    def _check_as(self, figure: Printed, text: str) -> Given:
        formula = parse_expression(text, self._setup, figure.moment)
        for number in range(self._most_printed(formula)):
            given = float(self._graph.work_out(replaced(formula, self._put_in(number)), {}))
            if figure.digits.judge(given) is not Verdict.WRONG:
                needless = "it needs no misprint: remove misprint"
                return Given("as", needless if figure.figure.misprint else None)
            copied = misprint(given, figure.text) if figure.figure.misprint else None
            if copied is not None:
                return Given("as", None, copied)
        return Given("as", f"as = {text} gives {given:.12g}, not {figure.text}")

    def _most_printed(self, formula: Formula) -> int:
        """How many values are printed, at most, for what is taken as printed; 1 if nothing is."""
        counts = [len(self._printed(ref)) for ref in _taken_as_printed(formula)]
        return max(counts, default=1)

    def _printed(self, ref: Ref) -> list[Printed]:
        return self._graph.printed[self._graph.key(ref.quantity, ref.moment)]

    def _put_in(self, number: int) -> Callable[[Ref], Formula]:
        """The value of each quantity: as it is, or that of its printed values."""

        def change(ref: Ref) -> Formula:
            if ref.age != PRINTED:
                return ref
            figures = self._printed(ref)
            return Const(figures[min(number, len(figures) - 1)].value)

        return change


def _taken_as_printed(formula: Formula) -> list[Ref]:
    return [ref for ref in references(formula) if ref.age == PRINTED]
