"""A preset that was saved while it is open: the session goes on with it where it stands."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from bptui.session import messages as c
from bptui.session.effects import Effect, KeepAnew
from bptui.session.encode import Kept, SessionFileError
from bptui.session.jobs import go
from bptui.session.messages import Message
from bptui.session.parts import Lasting
from bptui.session.picker import Picker
from bptui.session.session import Session
from bptui.story.moment import START
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline


def rebuilt(session: Session, setup: Setup, run: Callable[[Timeline, int], None]) -> Message:
    """Run on a changed preset what a session has run; its edits are repeated, if they fit."""
    from bptui.session.decode import timelines_of  # who saves no preset does not wait for this

    lasting = {name: getattr(session, name) for name in Lasting.__struct_fields__}
    kept = Kept(**lasting, ran=tuple(timeline.ran for timeline in session.timelines))
    try:
        return c.Rebuilt(session.timelines, timelines_of(setup, kept, run))
    except SessionFileError:
        alone = replace(kept, branches=(replace(kept.branches[0], reached=kept.moment.iteration),))
        return c.Rebuilt(session.timelines, timelines_of(setup, alone, run))


def reread(
    shown: Session | Picker, message: c.Rebuilt
) -> tuple[Session | Picker, tuple[Effect, ...]]:
    """What is shown on the timelines of the changed preset."""
    if isinstance(shown, Session):
        return _reread(shown, message)
    if shown.behind is None:
        return shown, ()
    behind, effects = _reread(shown.behind, message)
    return replace(shown, behind=behind), effects


def _reread(session: Session, message: c.Rebuilt) -> tuple[Session, tuple[Effect, ...]]:
    """The session, or itself and the effect once more if it was edited meanwhile."""
    if message.before is not session.timelines:
        return session, (c.Reread(),)
    file = message.timelines[0].setup.preset.file
    told = "" if session.job is None else "; the run was stopped"
    there = replace(
        session,
        timelines=message.timelines,
        job=None,
        audit=None,
        auditing="",
        pictured=(),
        earlier=(),
        later=(),
        line=0,
        lines={},
    )
    if len(message.timelines) < len(session.branches):
        there = _without_edits(there)
        told += "; the edits no longer fit it"
    there = _arrived(there)
    if there.job is None:
        there = replace(there, said=f"{file} was saved, and is read again{told}")
    return there, (KeepAnew(),)


def _without_edits(session: Session) -> Session:
    marks = {letter: place for letter, place in session.marks.items() if place[0] == 0}
    first = session.branches[:1]
    return replace(session, branches=first, here=0, other=None, undone=(), marks=marks)


def _arrived(session: Session) -> Session:
    """The session at its moment, if that is near enough and the network does not diverge."""
    from bptui.session.decode import repaired

    timeline, moment = session.timeline, session.moment
    far = moment.iteration > timeline.ran + timeline.pace
    if not far and (timeline.diverged is None or timeline.diverged > moment.iteration):
        return repaired(session)
    return go(repaired(replace(session, moment=START, left=0, trail=())), moment)
