"""What is selected after a step: what the step computed, and of that what matters most."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from bptui.session.parts import Opened
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.moment import Phase
from bptui.story.neighbours import is_neuron
from bptui.story.steps import Granularity


def followed(session: Session) -> Session:
    """The session with what its last step computed selected; after the loss, its card is open."""
    network = session.setup.network
    if session.moment.phase is None:
        return replace(session, selected=network.layers[0].neurons[0])
    computed = subjects(session)
    if "" in computed:
        selected = _largest(session, network.outputs, Kind.SHARE)
        return replace(
            session, selected=selected, trail=(Opened(Quantity(Kind.LOSS), session.moment),)
        )
    return replace(session, selected=_foremost(session, computed))


def subjects(session: Session) -> Sequence[str]:
    """The neurons and parameters that the last step of this size computed; "" is the loss.

    A step of an iteration ends with the update, which is what can be seen of it.
    """
    steps, position = session.steps, session.position
    begun = max(
        steps.before(position, session.granularity), steps.before(position, Granularity.PHASE)
    )
    return steps.subjects(begun, position)


def _foremost(session: Session, computed: Sequence[str]) -> str:
    """The first neuron of a forward step; the largest delta of the last layer; the longest step."""
    network = session.setup.network
    if session.moment.phase is Phase.UPDATE:
        return _longest_step(session, computed)
    if session.granularity is Granularity.NEURON or session.moment.phase is Phase.FORWARD:
        return computed[-1] if session.granularity is Granularity.NEURON else computed[0]
    neurons = [name for name in computed if is_neuron(network, name)]
    layer = network.places[neurons[0]][0]
    same = [name for name in neurons if network.places[name][0] == layer]
    return _largest(session, same, Kind.DE_DNET)


def _largest(session: Session, names: Sequence[str], kind: Kind) -> str:
    """The one with the largest number of a kind; the first of equal ones."""

    def size(name: str) -> float:
        value = session.value(Quantity(kind, neuron=name, sample=session.shown_sample))
        return -1.0 if value is None or math.isnan(value) else abs(value)

    return max(names, key=size)


def _longest_step(session: Session, parameters: Sequence[str]) -> str:
    """The parameter that moved most."""
    state, slots = session.state, session.setup.network.slots
    assert state.after is not None
    with np.errstate(all="ignore"):
        steps = np.nan_to_num(np.abs(state.after - state.before), nan=-1.0)
    if len(parameters) == len(steps):
        return session.setup.network.parameters[int(steps.argmax())].name
    return parameters[int(steps[[slots[name] for name in parameters]].argmax())]
