"""Wrong figures under other conventions, alone and in pairs: which of them come right together."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from itertools import combinations

from msgspec import Struct

from bptui.audit.figures import Printed
from bptui.audit.figures import under as figure_under
from bptui.audit.follow_through import FollowThrough
from bptui.audit.graph import Graph
from bptui.audit.verdicts import Verdict, decimals
from bptui.preset.errors import PresetError
from bptui.story.address import AddressError, Kind, Quantity, parse_quantity
from bptui.story.conventions import ConventionError, conventions_of
from bptui.story.setup import build_setup
from bptui.story.timeline import Timeline
from bptui.story.under import Under, variant
from bptui.story.values import value

SELDOM = ("optimizer", "form", "schedule", "penalty", "penalty_form")
"""Conventions whose pairs come last, if there is time: articles say which optimizer it is."""
REACH = 20_000
"""Figures of later iterations are not looked at."""
NEAR = 100
"""Figures that are more iterations after the first wrong one are looked at for the best only."""
BEST = 2
ALONE = 100
"""In so many times the room that a figure leaves there is no other learning rate as round."""
TRIED = 60
"""So many conventions and pairs are tried: one takes some milliseconds."""
CHECKS = 3_000
"""Figures that are looked at under other conventions, all together."""
WORK = 100_000
"""Iterations that are run under other conventions, all together."""
SURE = 4
"""A figure of so many digits does not come right by chance."""
ROUND = 2
"""A learning rate that a figure betrays has no more digits than these."""


class OtherConventions(Struct, frozen=True):
    """Conventions under which wrong figures come right."""

    under: Under
    right: tuple[Printed, ...]
    """The wrong figures that come right."""
    wrong: int
    """How many wrong figures there were."""
    broken: int
    """How many right figures would be wrong."""

    @property
    def gained(self) -> int:
        """How many more figures are right."""
        return len(self.right) - self.broken

    @property
    def words(self) -> str:
        return " and ".join(f"{name} = {_quoted(value)}" for name, value in self.under)


def _quoted(value: object) -> str:
    try:
        float(str(value))
    except ValueError:
        return str(value) if value in ("true", "false") else f'"{value}"'
    return str(value)


def other_conventions(
    graph: Graph, wrong: Sequence[Printed], right: Sequence[Printed]
) -> Generator[None, None, tuple[OtherConventions, ...]]:
    """The conventions that put wrong figures right, the best first: more right, fewer broken.

    It yields now and then.
    """
    wrong, right = ([f for f in fs if f.moment.iteration <= REACH] for fs in (wrong, right))
    if not wrong:
        return ()
    first = min(f.moment.iteration for f in wrong)
    near, near_right = (
        [f for f in fs if f.moment.iteration <= first + NEAR] for fs in (wrong, right)
    )
    choices = list(_choices(graph))
    alone: list[Under] = [(one,) for one in (*choices, *_rates(graph, near))]
    usual = [choice for choice in choices if choice[0] not in SELDOM]
    pairs: list[Under] = [(a, b) for a in usual for b in _rates_under(graph, a, near)]
    pairs += [(a, b) for a, b in combinations(choices, 2) if a[0] != b[0]]
    pairs.sort(key=lambda pair: any(name in SELDOM for name, _ in pair))
    most = max(1, WORK // max(f.moment.iteration for f in near))
    most = min(most, TRIED, max(len(alone), CHECKS // (len(near) + len(near_right))))
    found = yield from _best(graph, [*alone, *pairs][:most], near, near_right)
    if len(near) < len(wrong):
        most = max(1, WORK // max(f.moment.iteration for f in wrong))
        far = [o.under for o in found[:BEST]] or alone
        found = yield from _best(graph, far[:most], wrong, right)
    return tuple(o for o in _without_lesser(found) if not _by_chance(o))


def _without_lesser(found: Sequence[OtherConventions]) -> Iterator[OtherConventions]:
    """Yield conventions but those that put right only some of what better ones do."""
    for place, outcome in enumerate(found):
        own = set(map(id, outcome.right))
        if not any(own < set(map(id, better.right)) for better in found[:place]):
            yield outcome


def _by_chance(found: OtherConventions) -> bool:
    """Whether it is only one figure that comes right, and that has few digits."""
    if found.gained > 1:
        return False
    least = SURE if len(found.under) > 1 or found.gained < found.wrong else SURE - 1
    digits = [figure.digits for figure in found.right]
    return all(abs(d.value) < d.unit * 10 ** (least - 1) for d in digits)


def _best(
    graph: Graph, tried: Sequence[Under], wrong: Sequence[Printed], right: Sequence[Printed]
) -> Generator[None, None, list[OtherConventions]]:
    """The conventions of some that put figures right, unless a part of them does as much."""
    found: list[OtherConventions] = []
    for under in tried:
        yield
        if any(set(o.under) <= set(under) and len(o.right) == len(wrong) for o in found):
            continue
        outcome = _under(graph, under, wrong, right)
        if outcome is None or outcome.gained <= 0:
            continue
        parts = [o for o in found if set(o.under) < set(under)]
        if all(outcome.gained > part.gained for part in parts):
            found.append(outcome)
    return sorted(found, key=lambda o: (-o.gained, len(o.under)))


def _choices(graph: Graph) -> Iterator[tuple[str, str]]:
    preset = graph.setup.preset
    for convention in filter(lambda c: c.is_guessed(preset), conventions_of(preset)):
        for choice in convention.choices(preset):
            if choice != convention.get(preset):
                yield convention.name, choice


def _rates(graph: Graph, wrong: Sequence[Printed]) -> Iterator[tuple[str, str]]:
    """Yield the round learning rates that wrong new weights and steps betray.

    Of a rate that one figure alone betrays, there must be no other as round anywhere near.
    """
    rate, sure = graph.setup.rule.learning_rate, set[str]()
    found: dict[str, int] = {}
    for figure in wrong:
        for text, width in _betrayed(graph, figure):
            found[text] = found.get(text, 0) + 1
            if width < 10.0 ** decimals(text) / ALONE:
                sure.add(text)
    for text, times in found.items():
        if float(text) != rate and (times > 1 or text in sure):
            yield "learning_rate", text


def _rates_under(
    graph: Graph, choice: tuple[str, str], wrong: Sequence[Printed]
) -> list[tuple[str, str]]:
    """The learning rates that wrong figures betray where something else is chosen, too."""
    try:
        timeline = Timeline(build_setup(variant(graph.setup.preset, (choice,))))
        if timeline.setup.network.slots != graph.network.slots:
            return []
        return [*_rates(Graph(timeline, wrong), wrong)]
    except (PresetError, ConventionError, AddressError):
        return []


def _betrayed(graph: Graph, figure: Printed) -> Iterator[tuple[str, float]]:
    """Yield the roundest learning rate that gives a figure, and how much room there is for it."""
    rate, quantity = graph.setup.rule.learning_rate, figure.quantity
    key = graph.key(quantity, figure.moment)
    if quantity.kind not in (Kind.PARAMETER, Kind.STEP) or not graph.formulas(key):
        return
    taken = graph.exact((Quantity(Kind.STEP, parameter=quantity.parameter), key[1]))
    if not rate or not taken:
        return
    old = graph.exact(key) - taken if quantity.kind is Kind.PARAMETER else 0.0
    digits = figure.digits
    ends = (digits.value + side * digits.half - old for side in (-1, 1))
    low, high = sorted(end / taken * rate for end in ends)
    for places in range(1, ROUND + 1):
        text = f"{(low + high) / 2:.{places}g}"
        if 0 < low <= float(text) <= high < math.inf:
            yield repr(float(text)), high - low
            return


def _under(
    graph: Graph, under: Under, wrong: Sequence[Printed], right: Sequence[Printed]
) -> OtherConventions | None:
    """What other conventions put right, by themselves or given the printed figures before it."""
    try:
        preset = variant(graph.setup.preset, under)
        timeline = Timeline(build_setup(preset))
        there = [figure_under(f, graph.setup.preset, preset) for f in (*wrong, *right)]
        fails = [_verdict(timeline, f) is Verdict.WRONG for f in there]
        if all(fails[: len(wrong)]):
            return None
        if timeline.setup.network.slots == graph.network.slots:
            follow = FollowThrough(Graph(timeline, there), only_verdicts=True)
            fails = [follow.is_wrong(f) for f in there]
    except (PresetError, ConventionError, AddressError):
        return None
    came = tuple(f for f, fail in zip(wrong, fails, strict=False) if not fail)
    return OtherConventions(under, came, len(wrong), sum(fails[len(wrong) :]))


def _verdict(timeline: Timeline, figure: Printed) -> Verdict:
    quantity = parse_quantity(str(figure.quantity), timeline.setup)
    return figure.digits.judge(value(timeline.state(figure.moment), quantity))
