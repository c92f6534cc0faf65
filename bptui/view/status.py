"""The status line: one sentence on what the last step did, why and in which direction."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from bptui.preset.errors import counted
from bptui.session.following import subjects
from bptui.session.keys import key_for
from bptui.session.session import Session
from bptui.story.conventions import CONVENTIONS
from bptui.story.gaps import gaps
from bptui.story.moment import Phase
from bptui.story.neighbours import is_neuron
from bptui.view.prompt import asked_rows, progress, told
from bptui.view.rows import Row, Span, cells, clip, fit_row, plain
from bptui.view.said_backward import (
    delta_backward,
    gradient_backward,
    layer_backward,
    phase_backward,
)
from bptui.view.said_forward import layer_forward, loss_forward, neuron_forward
from bptui.view.said_update import parameter_update, phase_update


class Computed(Enum):
    """What a step computed."""

    NEURON = "one neuron"
    PARAMETER = "one parameter"
    SOME = "a layer, or what is left of it"
    ALL = "all of the phase, or its last part"


_SENTENCES: dict[tuple[Phase, Computed], Callable[[Session], list[str]]] = {
    (Phase.FORWARD, Computed.NEURON): neuron_forward,
    (Phase.FORWARD, Computed.SOME): layer_forward,
    (Phase.FORWARD, Computed.ALL): loss_forward,
    (Phase.BACKWARD, Computed.NEURON): delta_backward,
    (Phase.BACKWARD, Computed.PARAMETER): gradient_backward,
    (Phase.BACKWARD, Computed.SOME): layer_backward,
    (Phase.BACKWARD, Computed.ALL): phase_backward,
    (Phase.UPDATE, Computed.PARAMETER): parameter_update,
    (Phase.UPDATE, Computed.SOME): phase_update,
    (Phase.UPDATE, Computed.ALL): phase_update,
}
"""What is said of a step, in versions from long to short."""


def status(session: Session, width: int) -> list[Row]:
    """Return what is asked, going on or told, in as many rows as it takes.

    Else the sentence for the moment, the longest version that fits the width.
    """
    if session.prompt is not None:
        return asked_rows(session, session.prompt, width)
    if session.job is not None:
        return progress(session.job, width, key_for(session.preferences, "close"), session.said)
    if session.said:
        return told(session.said, width)
    versions = sentence(session)
    text = next((t for t in versions if cells(t) + 2 <= width), versions[-1])
    return [fit_row((Span(f" {clip(text, width - 1)}", "status"),), width)]


def sentence(session: Session) -> list[str]:
    """Return what is said of the last step, in versions from long to short."""
    phase = session.moment.phase
    if phase is None:
        return _start(session)
    return _SENTENCES[phase, _computed(session, phase)](session)


def _computed(session: Session, phase: Phase) -> Computed:
    computed, network = subjects(session), session.setup.network
    if "" in computed or len(computed) == session.steps.counts[phase] > 1:
        return Computed.ALL
    if len(computed) == 1:
        return Computed.NEURON if is_neuron(network, computed[0]) else Computed.PARAMETER
    if phase is Phase.BACKWARD and not any(is_neuron(network, name) for name in computed):
        return Computed.ALL
    return Computed.SOME


def _start(session: Session) -> list[str]:
    network = session.setup.network
    found = gaps(network)
    scale = CONVENTIONS["scale"].header(session.setup.preset)
    scaled = f" ({scale[-1]})" if scale else ""
    inputs = counted(len(network.inputs), "input") + scaled
    given = inputs, counted(len(network.parameters), "parameter")
    step, help_ = (key_for(session.preferences, action) for action in ("step", "help"))
    return [
        *(
            f"Start: {plain('; '.join(told))}. Is one missing?"
            for told in (found, found[:1])
            if told
        ),
        f"Start: {', '.join(given)}; nothing computed yet. {step}: step, {help_}: help",
        f"Start: {', '.join(given)}. {step}: step, {help_}: help",
        f"Start. {step}: step, {help_}: help",
        f"Start. {step}: step",
    ]
