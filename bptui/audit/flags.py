"""What a person should look at on a marked sheet, because no rule can decide it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from bptui.audit.findings import Audit
from bptui.audit.follow_through import FollowThrough
from bptui.audit.graph import Key
from bptui.audit.judging import Stands
from bptui.audit.scheme import is_zero
from bptui.audit.verdicts import Verdict
from bptui.preset.errors import listed, shortened
from bptui.story.setup import Setup

if TYPE_CHECKING:
    from bptui.audit.marking import Mark

ROUGH = 0.05
"""What is farther off than this, though right within the rounding before it, is looked at."""
MOST_NAMED = 3
"""So many other answers are named in a flag."""


class Marks(Struct, frozen=True):
    """The marks of a sheet, and what they come from."""

    setup: Setup
    marks: Sequence[Mark]
    audit: Audit
    follow: FollowThrough


Flags = Iterator[tuple[Key, str]]


def flags(sheet: Marks) -> dict[Key, str]:
    """What is flagged, by the answer that it is said of."""
    found: dict[Key, list[str]] = {}
    for flag in FLAGS:
        for key, told in flag(sheet):
            found.setdefault(key, []).append(told)
    return {key: "; ".join(told) for key, told in found.items()}


def unreadable(sheet: Marks) -> Flags:
    for mark in sheet.marks:
        if mark.stands is Stands.UNREADABLE:
            yield mark.question.key, f'"{shortened(mark.text)}" is not a number'


def easy(sheet: Marks) -> Flags:
    """Points for what follows from a 0 or a saturated output, which takes no skill."""
    by_figure = {id(m.finding.printed): m for m in sheet.marks if m.finding}
    for root in sheet.audit.roots:
        first = by_figure.get(id(root.findings[0].printed))
        gained = sum(by_figure[id(f.printed)].points for f in root.carried)
        if first and gained and _is_trivial(sheet, first):
            counted = "1 point was" if gained == 1 else f"{gained:g} points were"
            yield first.question.key, f"{counted} easy to gain after this {first.text}"
    for mark in sheet.marks:
        if mark.stands is Stands.FOLLOWS and mark.points and _is_trivial(sheet, mark):
            yield mark.question.key, f"{mark.text} follows from a mistake; were its points earned?"


def _is_trivial(sheet: Marks, mark: Mark) -> bool:
    finding = mark.finding
    return finding is not None and is_zero(finding.printed.quantity, finding.printed.digits)


def repeated(sheet: Marks) -> Flags:
    for mark in sheet.marks:
        if mark.stands is Stands.REPEATED:
            yield mark.question.key, f"the same mistake as in {mark.like}; it cost nothing here"


def right_all_the_same(sheet: Marks) -> Flags:
    """Right answers that were not computed from the wrong one before them."""
    follow, graph = sheet.follow, sheet.follow.graph
    wrong = {m.question.key for m in sheet.marks if m.stands in (Stands.SLIP, Stands.WRONG)}
    found: dict[Key, list[str]] = {}
    for mark in sheet.marks if wrong else ():
        key, finding = mark.question.key, mark.finding
        formula = graph.best(key) if mark.stands is Stands.RIGHT and finding else None
        if formula is None or finding is None:
            continue
        before = [operand for operand in follow.operands(formula) if operand in wrong]
        follows = follow.printed_value(key)
        if before and finding.printed.digits.judge(follows) is Verdict.WRONG:
            found.setdefault(before[0], []).append(mark.question.name)
    for key, names in found.items():
        some = names[:MOST_NAMED]
        if len(names) > MOST_NAMED:
            some = [*names[: MOST_NAMED - 1], f"{len(names) - MOST_NAMED + 1} more"]
        one = len(names) == 1
        told = f"{listed(some)} {'is' if one else 'are'} computed from it, but right: "
        yield key, f"{told}copied, or found out later?"


def rough(sheet: Marks) -> Flags:
    """What is right only because numbers before it were rounded so early."""
    for mark in sheet.marks:
        finding = mark.finding
        if mark.stands is not Stands.RIGHT or finding is None or finding.cause != "rounded":
            continue
        off = abs(finding.off or 0.0)
        if off > ROUGH:
            told = "within the rounding of the numbers before it"
            yield mark.question.key, f"{100 * off:.0f} % off, but {told}"


FLAGS: tuple[Callable[[Marks], Flags], ...] = (
    unreadable,
    easy,
    repeated,
    right_all_the_same,
    rough,
)
"""All that is looked for."""
