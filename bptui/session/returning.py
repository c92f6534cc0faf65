"""Back to where one was before a jump, and forward again."""

from __future__ import annotations

from msgspec.structs import replace

from bptui.session import messages as c
from bptui.session.messages import Ask, Message
from bptui.session.parts import Visited
from bptui.session.session import Session

_MOST = 50
"""Places that are remembered."""
_JUMPS = (c.Jump, c.End, c.Find, c.Select, c.Visit, c.Why, c.Enter)
_MOVES = (Ask.GO, Ask.SEARCH, Ask.SEARCH_BACK, Ask.RETURN)


def remembered(before: Session, after: Session, message: Message) -> Session:
    """Remember where a jump began; a step, or a walk from card to card, is none."""
    asked = before.prompt.ask if before.prompt is not None else None
    jumps = isinstance(message, _JUMPS) if asked is None else asked in _MOVES
    if not jumps or after.earlier is not before.earlier or not _went(before, after):
        return after
    return replace(after, earlier=(*before.earlier, _place(before))[-_MOST:], later=())


def _went(before: Session, after: Session) -> bool:
    """Whether one is elsewhere, or on the way there."""
    now, then = _place(after), _place(before)
    moved = (now.here, now.moment, now.selected) != (then.here, then.moment, then.selected)
    return moved or (after.job is not None and before.job is None)


def _place(session: Session) -> Visited:
    return Visited(
        session.here,
        session.moment,
        session.left,
        session.selected,
        session.trail,
        session.panel,
    )


def returned(session: Session, jumps: int) -> Session:
    """Go back over some jumps, or forward again if negative."""
    for _ in range(abs(jumps)):
        source, other = ("earlier", "later") if jumps > 0 else ("later", "earlier")
        places = getattr(session, source)
        while places and places[-1].here >= len(session.branches):
            places = places[:-1]  # a branch that is gone
        if not places:
            return session
        back: Visited = places[-1]
        stacks = {source: places[:-1], other: (*getattr(session, other), _place(session))}
        session = replace(
            session,
            here=back.here,
            moment=back.moment,
            left=back.left,
            trail=back.trail,
            panel=back.panel,
            cursor=None,
            scroll=0,
            **stacks,
        )
        known = session.setup.network
        if back.selected in known.places or back.selected in known.slots:
            session = replace(session, selected=back.selected)
    return session
