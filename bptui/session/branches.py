"""What-if: an edit makes a branch; undo and redo go from one branch to another."""

from __future__ import annotations

from msgspec.structs import replace

from bptui.session.jobs import arrive, spelled
from bptui.session.keys import key_for
from bptui.session.parts import Branch
from bptui.session.pruning import BRANCHES, pruned
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.edits import Change
from bptui.story.moment import Moment, Phase


def edit(session: Session, change: Change) -> Session:
    """Make a new branch on which something changes at this moment."""
    # an update that is only half done does not count
    moment = session.complete if session.moment.phase is Phase.UPDATE else session.moment
    session = pruned(session, room=1)
    if len(session.branches) >= BRANCHES:
        return replace(
            session,
            said=f"No edit: {BRANCHES - 1} edits build on each other; "
            f"{key_for(session.preferences, 'undo')} undoes one",
        )
    timeline = session.timeline.edited(moment, change)
    overrun = min(session.branch.overrun, session.computed_losses)
    branch = Branch(session.here, change, moment, overrun=overrun)
    same_groups = timeline.setup_at(session.moment).network.slots == session.setup.network.slots
    there = replace(
        session,
        timelines=(*session.timelines, timeline),
        branches=(*session.branches, branch),
        here=len(session.branches),
        other=session.here,
        undone=(),
        said=f"What if {change}: new branch from {spelled(moment)} "
        f"({key_for(session.preferences, 'undo')} to undo)",
    )
    return arrive(there, session.moment, session.left if same_groups else 0)


def undo(session: Session) -> Session:
    """Return to the parent branch, at the moment of the edit."""
    branch = session.branch
    if branch.parent is None:
        return replace(session, said="Nothing to undo")
    there = replace(
        session,
        here=branch.parent,
        other=session.here,
        undone=(*session.undone, session.here),
    )
    said = f"Undone: {branch.change} ({key_for(session.preferences, 'redo')} to redo)"
    return replace(arrive(there, branch.moment), said=said)


def redo(session: Session) -> Session:
    if not session.undone:
        return replace(session, said="Nothing to redo")
    place = session.undone[-1]
    branch = session.branches[place]
    there = replace(session, here=place, other=session.here, undone=session.undone[:-1])
    said = f"Redone: {branch.change} ({key_for(session.preferences, 'undo')} to undo)"
    return replace(arrive(there, branch.moment), said=said)


def switch(session: Session, place: int) -> Session:
    """Go to the same moment on another branch, or to its end if it is shorter."""
    if place == session.here:
        return session
    ran = Moment.of(max(session.branches[place].reached, 1), Phase.UPDATE)
    there = replace(session, here=place, other=session.here, undone=())
    known = session.moment.iteration <= there.timeline.ran
    return arrive(there, session.moment if known else ran)


def compare(session: Session) -> Session:
    """Show the differences to the branch shown before, or hide them."""
    if session.compared:
        return replace(session, compared=False, said="No longer compared")
    return compare_with(session, session.here if session.other is None else session.other)


def compare_with(session: Session, place: int) -> Session:
    """Show the differences to a branch."""
    if len(session.branches) == 1:
        edits = key_for(session.preferences, "edit")
        return replace(session, said=f"Only one branch; {edits} makes another")
    if place == session.here:
        told = "This is the branch shown; choose another to compare it with"
        return replace(session, said=told)
    there = replace(session, other=place, compared=True)
    loss = Quantity(Kind.LOSS)
    here, other = there.value(loss), there.value_there(loss)
    losses = " in the table"
    if here is not None and other is not None:
        losses = f": E is {here:.9g} here, {other:.9g} there"
    return replace(there, said=f"Compared with branch {place}{losses}")


def subject_of_edit(session: Session) -> str:
    """The edit that the user most likely means, as it is typed: `w5 = 0.4`."""
    quantity = _opened(session) or _own_quantity(session)
    if quantity is None:
        return f"learning_rate = {session.setup.rule.learning_rate!r}"
    return f"{quantity} = {session.value(quantity)!r}"


def _opened(session: Session) -> Quantity | None:
    """The quantity of the open card, if it exists here and can be edited."""
    quantity = session.trail[-1].quantity if session.trail else None
    if quantity is None:
        return None
    if quantity.form.carried:
        return quantity if quantity.parameter in session.setup.network.slots else None
    given = quantity.kind in (Kind.INPUT, Kind.TARGET)
    here = bool(quantity.sample) == bool(session.shown_sample)
    return quantity if given and here and session.value(quantity) is not None else None


def _own_quantity(session: Session) -> Quantity | None:
    """What can be edited of the selected neuron or parameter."""
    name, network = session.selected, session.setup.network
    if name in network.slots:
        return Quantity(Kind.PARAMETER, parameter=name)
    if name in network.inputs:
        return Quantity(Kind.INPUT, neuron=name, sample=session.shown_sample)
    if name in network.outputs and session.setup.has_targets:
        return Quantity(Kind.TARGET, neuron=name, sample=session.shown_sample)
    biases = [p.name for p in network.incoming(name) if p.is_bias]
    return Quantity(Kind.PARAMETER, parameter=biases[0]) if biases else None
