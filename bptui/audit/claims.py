"""What an article says in words, as a condition: whether it holds, and since when it does."""

from __future__ import annotations

from collections.abc import Generator

from msgspec import Struct

from bptui.preset.model import Claim
from bptui.story.conditions import Condition, hits_in, parse_condition
from bptui.story.moment import Moment, parse_moment
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline

LIMIT = 10_000
"""Iterations that are searched, unless a claim is about a later one."""
_SLICE = 200


class ClaimFound(Struct, frozen=True):
    """What the audit says of a claim."""

    claim: Claim
    right: bool
    first: int | None
    """The first iteration in which the condition holds; None if none was found."""
    searched: int
    """How many iterations were searched."""
    failed: str | None = None
    """Why the check fails on this claim; None if all is as the preset says."""


def about(claim: Claim, setup: Setup) -> tuple[Condition, Moment | None]:
    """A claim's condition, and the moment at which it should hold, or hold first.

    Raises:
        ConditionError, MomentError: one of them means nothing.
    """
    condition = parse_condition(claim.holds, setup)
    when = claim.at or claim.first
    return condition, parse_moment(when, condition.phase) if when is not None else None


def check_claims(timeline: Timeline) -> Generator[None, None, tuple[ClaimFound, ...]]:
    """Check the claims of a preset; yield now and then."""
    found = []
    for claim in timeline.setup.preset.claims:
        found.append((yield from _check(claim, timeline)))
    return tuple(found)


def _check(claim: Claim, timeline: Timeline) -> Generator[None, None, ClaimFound]:
    condition, moment = about(claim, timeline.setup)
    last = max(LIMIT, moment.iteration if moment is not None else 0)
    first = yield from _first(timeline, condition, last)
    if claim.at is not None:
        assert moment is not None
        right = len(hits_in(timeline, condition, moment.iteration, moment.iteration)) > 0
    elif claim.first is not None:
        assert moment is not None
        right = first == moment.iteration
    else:
        right = first is None
    failed = None
    if right == claim.wrong:
        failed = "it is right: remove wrong" if right else "it is wrong: add wrong = true"
    return ClaimFound(claim, right, first, last, failed)


def _first(
    timeline: Timeline, condition: Condition, last: int
) -> Generator[None, None, int | None]:
    """The first iteration in which a condition holds."""
    for start in range(1, last + 1, _SLICE):
        end = min(start + _SLICE - 1, last)
        hits = hits_in(timeline, condition, start, end)
        if len(hits):
            return int(hits[0])
        yield
    return None
