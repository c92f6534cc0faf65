"""What enter does on a page with a cursor."""

from __future__ import annotations

from msgspec.structs import replace

from bptui.session import hunt
from bptui.session.branches import edit, switch
from bptui.session.messages import Ask, Page
from bptui.session.prompts import ask
from bptui.session.selecting import visit
from bptui.session.session import Session
from bptui.story.conventions import conventions_of
from bptui.story.edits import SetConvention


def choose(session: Session) -> Session:
    """Do what the page's line under the cursor stands for."""
    closed, line = replace(session, page=None, line=0), session.line
    match session.page:
        case Page.FIGURES if line < len(session.findings):
            printed = session.findings[line].printed
            if not closed.timeline.is_original(printed.moment):
                closed = replace(closed, here=0, other=session.here)
            return visit(closed, printed.quantity, printed.moment)
        case Page.BRANCHES if line < len(session.branches):
            return switch(closed, line)
        case Page.CONVENTIONS:
            return _switch_convention(session, line)
        case Page.MISTAKE:
            return hunt.choose(session, line)
        case _:
            return session


def _switch_convention(session: Session, line: int) -> Session:
    """Switch a convention to its next value; ask for a number."""
    convention = conventions_of(session.setup.preset)[line]
    now, values = convention.get(session.setup.preset), convention.choices(session.setup.preset)
    if not values:
        return ask(session, Ask.EDIT, f"{convention.name} = {now}")
    following = values[(values.index(now) + 1) % len(values)] if now in values else values[0]
    changed = edit(session, SetConvention(convention.name, following))
    return replace(changed, page=session.page, line=line)
