"""What-if: an edit makes a branch; edits are undone and done again by going from one to another."""

from __future__ import annotations

from dataclasses import replace

from bptui.story.address import Kind, Quantity
from bptui.story.edits import Change, SetGiven, SetParameter
from bptui.story.moment import Moment, Phase
from bptui.story.session import Branch, Session
from bptui.story.travel import arrive


def edit(session: Session, change: Change) -> Session:
    """Return the session on a new branch, on which something is changed at this moment."""
    timeline = session.timeline.edited(session.moment, change)
    branch = Branch(timeline, session.here, change, session.moment)
    same_groups = timeline.problem_at(session.moment).network.slots == session.problem.network.slots
    there = replace(
        session,
        branches=(*session.branches, branch),
        here=len(session.branches),
        other=session.here,
        undone=(),
        said=f"What if {change}: a new branch from {session.moment} on; u takes it back.",
    )
    return arrive(there, session.moment, session.left if same_groups else 0)


def undo(session: Session) -> Session:
    """Return to the branch that the present one was made from, where it was made."""
    branch = session.branch
    if branch.parent is None:
        return replace(session, said="There is no edit to take back.")
    there = replace(
        session, here=branch.parent, other=session.here, undone=(*session.undone, session.here)
    )
    said = f"Taken back: {branch.change}; ctrl+r makes it again."
    return replace(arrive(there, branch.moment), said=said)


def redo(session: Session) -> Session:
    """Make the edit again that was undone last."""
    if not session.undone:
        return replace(session, said="There is no edit to make again.")
    place = session.undone[-1]
    branch = session.branches[place]
    there = replace(session, here=place, other=session.here, undone=session.undone[:-1])
    return replace(arrive(there, branch.moment), said=f"Made again: {branch.change}.")


def switch(session: Session, place: int) -> Session:
    """Go to a branch: to the same moment there, or to its end if it does not go that far."""
    if place == session.here:
        return session
    ran = Moment.of(max(session.branches[place].reached, 1), Phase.UPDATE)
    there = replace(session, here=place, other=session.here, undone=())
    known = session.moment.iteration <= there.timeline.ran
    return arrive(there, session.moment if known else ran)


def subject_of_edit(session: Session) -> str:
    """Return what an edit is likely to be of, as an edit is written: `w5 = 0.4`."""
    name, network = session.selected, session.problem.network
    opened = session.trail[-1].quantity if session.trail else None
    if opened is not None and opened.kind in (Kind.PARAMETER, Kind.INPUT, Kind.TARGET):
        quantity = opened
    elif name in network.slots:
        quantity = Quantity(Kind.PARAMETER, parameter=name)
    elif name in network.inputs:
        quantity = Quantity(Kind.INPUT, neuron=name, sample=session.shown_sample)
    elif name in network.outputs:
        quantity = Quantity(Kind.TARGET, neuron=name, sample=session.shown_sample)
    else:
        biases = [p.name for p in network.incoming(name) if p.is_bias]
        if not biases:
            return f"learning_rate = {session.problem.rule.learning_rate!r}"
        quantity = Quantity(Kind.PARAMETER, parameter=biases[0])
    return f"{quantity} = {session.value(quantity)!r}"


def is_idle(session: Session, change: Change) -> bool:
    """Whether a change leaves everything as it is."""
    match change:
        case SetParameter(name, value):
            return session.value(Quantity(Kind.PARAMETER, parameter=name)) == value
        case SetGiven(kind, neuron, sample, value):
            problem = session.problem
            is_input = kind is Kind.INPUT
            table = problem.inputs if is_input else problem.targets
            names = problem.network.inputs if is_input else problem.network.outputs
            return bool(table[sample - 1, names.index(neuron)] == value)
        case _:
            return False
