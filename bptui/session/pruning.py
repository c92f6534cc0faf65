"""Keeping the branches within a bound: the oldest ones that nothing builds on are dropped."""

from __future__ import annotations

from msgspec.structs import replace

from bptui.session.session import Session

BRANCHES = 256
"""The most branches of a session."""
NUMBERS = 40_000_000
"""The most losses and samples' numbers that all branches hold together, 8 bytes each."""


def pruned(session: Session, room: int = 0) -> Session:
    """Drop branches until the others are within the bounds, with room for some more.

    Branches that lead to the one shown, or to the one it is compared with, stay.
    """
    while len(session.branches) + room > BRANCHES or numbers(session) > NUMBERS:
        place = _expendable(session)
        if place is None:
            return session
        session = _without(session, place)
    return session


def numbers(session: Session) -> int:
    """How many numbers all branches hold: a segment or a setup that they share counts once."""
    segments = {segment for timeline in session.timelines for segment in timeline.segments}
    setups = {segment.setup for segment in segments}
    return sum(len(segment.losses) for segment in segments) + sum(
        setup.inputs.size + setup.targets.size for setup in setups
    )


def _expendable(session: Session) -> int | None:
    """The oldest branch without children, if possible one without a mark."""
    needed = {branch.parent for branch in session.branches} | {session.here, session.other, 0}
    marked = {place for place, _ in session.marks.values()}
    places = [k for k in range(len(session.branches)) if k not in needed]
    return min(places, key=lambda place: (place in marked, place), default=None)


def _without(session: Session, place: int) -> Session:
    """Drop a branch; the later ones move up by one place."""

    def moved(k: int) -> int:
        return k - (k > place)

    rest = [branch for k, branch in enumerate(session.branches) if k != place]
    branches = tuple(
        branch if branch.parent is None else replace(branch, parent=moved(branch.parent))
        for branch in rest
    )
    marks = {
        letter: (moved(k), moment) for letter, (k, moment) in session.marks.items() if k != place
    }
    return replace(
        session,
        timelines=(*session.timelines[:place], *session.timelines[place + 1 :]),
        branches=branches,
        here=moved(session.here),
        other=None if session.other is None else moved(session.other),
        undone=tuple(moved(k) for k in session.undone if k != place),
        marks=marks,
    )
