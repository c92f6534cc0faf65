"""An audited article as an exercise: point at its first mistake, then say what went wrong."""

from __future__ import annotations

from msgspec.structs import replace

from bptui.audit.findings import Finding
from bptui.audit.mistakes import causes, first_mistake
from bptui.preset.errors import counted
from bptui.session.messages import Page
from bptui.session.parts import Hunt
from bptui.session.selecting import visit
from bptui.session.session import Session

_HINT = 2
"""After so many wrong figures it is said how many come before the mistake."""


def mistake(session: Session) -> Finding | None:
    """The finding on the article's first mistake, None if it has none, or is not checked yet."""
    audit = session.audit
    if audit is None or session.auditing:
        return None
    place = first_mistake(audit)
    return None if place is None else audit.findings[place]


def offered(session: Session) -> tuple[tuple[str, ...], int]:
    """The causes to choose from, and the place of the true one."""
    found = mistake(session)
    assert found is not None
    return causes(session.auditor, found)


def begin(session: Session) -> Session:
    """Open the exercise, where it was left."""
    if not session.printed_setup.preset.expected:
        return replace(session, said="This preset has no printed figures")
    hunt = session.hunt
    if hunt is None or hunt.solved:
        hunt = Hunt()
    return replace(session, hunt=hunt, page=Page.MISTAKE, line=0)


def lines(session: Session) -> int:
    """How many lines there are to choose from."""
    if mistake(session) is None or session.hunt is None:
        return 0
    if session.hunt.solved:
        return 0
    return len(offered(session)[0]) if session.hunt.found else len(session.auditor.figures)


def choose(session: Session, line: int) -> Session:
    """Take the line under the cursor for the mistake, or for its cause; then go to its card."""
    hunt, found = session.hunt, mistake(session)
    if hunt is None or found is None:
        return session
    if hunt.solved:
        closed = replace(session, page=None, line=0)
        if not closed.timeline.is_original(found.printed.moment):
            closed = replace(closed, here=0, other=session.here)
        return visit(closed, found.printed.quantity, found.printed.moment)
    if line >= lines(session):
        return session
    return _blame(session, hunt, line) if hunt.found else _point(session, hunt, line)


def _point(session: Session, hunt: Hunt, line: int) -> Session:
    audit = session.audit
    assert audit is not None
    right = first_mistake(audit)
    if line == right:
        return replace(session, hunt=replace(hunt, found=True), line=0, said="")
    pointed = tuple(dict.fromkeys((*hunt.pointed, line)))
    finding = audit.findings[line]
    if finding.is_root:
        told = "That is a mistake too, but not the first one"
    elif finding.cause == "carried":
        told = "That follows from another figure; the mistake was made elsewhere"
    else:
        told = "That figure is right"
    if len(pointed) >= _HINT and right is not None:
        told += f"; {_before(right)} the first mistake"
    return replace(session, hunt=replace(hunt, pointed=pointed[-100:]), said=told)


def _before(count: int) -> str:
    if not count:
        return "no figure comes before"
    return f"{counted(count, 'figure')} {'comes' if count == 1 else 'come'} before"


def _blame(session: Session, hunt: Hunt, line: int) -> Session:
    if line == offered(session)[1]:
        return replace(session, hunt=replace(hunt, solved=True), line=0, said="")
    blamed = tuple(dict.fromkeys((*hunt.blamed, line)))
    told = "That would give another number"
    return replace(session, hunt=replace(hunt, blamed=blamed), said=told)
