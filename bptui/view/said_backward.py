"""What is said of a step of the backward phase: where the error comes from, and what E does."""

from __future__ import annotations

import numpy as np

from bptui.preset.errors import counted
from bptui.session.following import subjects
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.neighbours import is_neuron
from bptui.view.saying import (
    FEW,
    first_of,
    name_of,
    names,
    number,
    of_sample,
    say,
    upcoming,
    value_of,
)
from bptui.view.signs import signs_of


def delta_backward(session: Session) -> list[str]:
    """The delta of one neuron."""
    (neuron,) = subjects(session)
    value = value_of(session, Kind.DE_DNET, neuron)
    delta = signs_of(session).delta(Quantity(Kind.DE_DNET, neuron=neuron))
    is_number = f"{delta} = {number(session, value)}"
    begin = f"{is_number}{of_sample(session)}"
    following = upcoming(session)
    changes = _changes(session, neuron, value)
    if neuron in session.setup.network.outputs:
        why = [f": {_at_output(session, neuron, changes)}"]
    else:
        why = _at_hidden(session, neuron, changes)
    return [
        *(version for text in why for version in say(f"{begin}{text}.", following)),
        f"{is_number}.",
    ]


def _changes(session: Session, neuron: str, delta: float | None) -> str:
    """Return how the loss changes with a net input."""
    loss, net = name_of(session, Kind.LOSS), name_of(session, Kind.NET, neuron)
    if not delta:
        return f"{loss} does not change with {net}"
    return f"{loss} rises with {net}" if delta > 0 else f"{loss} falls as {net} rises"


def _at_output(session: Session, neuron: str, changes: str) -> str:
    out, target = (value_of(session, kind, neuron) for kind in (Kind.OUT, Kind.TARGET))
    name = names(session, [neuron])
    if out is None or target is None:
        return changes
    if out == target:
        return f"{name} is on target, and {changes}"
    return f"{name} is too {'high' if out > target else 'low'}, and {changes}"


def _at_hidden(session: Session, neuron: str, changes: str) -> list[str]:
    """Return where a delta comes back from, along which weights, and which way the loss goes."""
    network = session.setup.network
    edges = network.outgoing(neuron)
    targets = list(dict.fromkeys(p.targets[0] for p in edges))
    if not value_of(session, Kind.DOUT_DNET, neuron):
        return [f": nothing comes back through {names(session, [neuron])}, whose slope is 0"]
    new = "the new " if session.setup.rule.update == "sequential" else ""
    along = names(session, [p.name for p in edges]) if len(edges) <= FEW else "their weights"
    whom = names(session, targets) if len(targets) <= FEW else ""
    if not whom:
        whom = f"{len(targets)} {'outputs' if targets[0] in network.outputs else 'neurons'}"
    return [
        f", back from {whom} along {new}{along}: {changes}",
        f", back from {whom}: {changes}",
        f": {changes}",
    ]


def gradient_backward(session: Session) -> list[str]:
    """The gradient of one parameter."""
    (parameter,) = subjects(session)
    gradient = session.value(Quantity(Kind.DE_DPARAMETER, parameter=parameter))
    sign = name_of(session, Kind.DE_DPARAMETER, parameter=parameter)
    made_of = f"{sign} = {_made_of(session, parameter)}{number(session, gradient)}"
    told = e_with(session, parameter, gradient)
    if not session.setup.network.parameter(parameter).trainable:
        told += f"; {names(session, [parameter])} is frozen and will not move"
    return [
        *say(f"{made_of}: {told}.", upcoming(session)),
        *say(f"{sign} = {number(session, gradient)}: {told}."),
        f"{sign} = {number(session, gradient)}.",
    ]


def _made_of(session: Session, parameter: str) -> str:
    """Return the delta and what feeds the weight, which a gradient multiplies; of a batch, sums."""
    named, signs = session.setup.network.parameter(parameter), signs_of(session)
    if session.shown_sample:
        return f"the sum over {counted(len(session.state.batch.numbers), 'sample')} = "
    deltas = [signs.delta(Quantity(Kind.DE_DNET, neuron=target)) for target in named.targets]
    if len(deltas) > FEW:
        return ""
    if named.source is None:
        return f"{'-' if named.threshold else ''}{' + '.join(deltas)} = "
    inputs = named.source in session.setup.network.inputs
    feed = signs.of(Quantity(Kind.INPUT if inputs else Kind.OUT, neuron=named.source))
    return f"{deltas[0]} × {feed} = "


def e_with(session: Session, parameter: str, gradient: float | None) -> str:
    """Return how the loss changes with a parameter: `E rises with w5`."""
    loss, name = name_of(session, Kind.LOSS), name_of(session, Kind.PARAMETER, parameter=parameter)
    if not gradient:
        return f"{loss} does not change with {name}"
    return f"{loss} rises with {name}" if gradient > 0 else f"{loss} falls as {name} rises"


def layer_backward(session: Session) -> list[str]:
    """The deltas of one layer, and the gradients of its parameters."""
    computed, network = subjects(session), session.setup.network
    neurons = [name for name in computed if is_neuron(network, name)]
    signs = signs_of(session)
    texts = [
        f"{signs.delta(Quantity(Kind.DE_DNET, neuron=name))} = "
        f"{number(session, value_of(session, Kind.DE_DNET, name))}"
        for name in neurons
    ]
    gradients = counted(len(computed) - len(neurons), "gradient")
    steepest = _steepest(session, [name for name in computed if name not in network.places])
    found = []
    for count in (4, 3, 2, 1):
        deltas = f"{first_of(texts, count)}{of_sample(session)}"
        found += say(f"{deltas}; {gradients}{steepest}.", upcoming(session))
    return [*found, f"{texts[0]}."]


def _steepest(session: Session, parameters: list[str]) -> str:
    network, back = session.setup.network, session.state.backward
    assert back is not None
    slots = np.array([network.slots[name] for name in parameters], dtype=int)
    slots = slots[network.trainable[slots]]
    if len(slots) < 2:
        return ""
    steepest = network.parameters[int(slots[np.abs(back.gradient[slots]).argmax()])]
    return f", steepest {names(session, [steepest.name])}"


def phase_backward(session: Session) -> list[str]:
    """All deltas and gradients."""
    back, network = session.state.backward, session.setup.network
    assert back is not None
    count = int(network.trainable.sum())
    if not np.isfinite(back.gradient).all():
        return ["The gradients are NaN or infinite: training has diverged.", "Diverged."]
    if not count:
        return ["The gradients are computed, but every parameter is frozen."]
    slot = int(np.where(network.trainable, np.abs(back.gradient), -1.0).argmax())
    name, gradient = network.parameters[slot].name, float(back.gradient[slot])
    shown = names(session, [name])
    value = number(session, gradient)
    if not gradient:
        return ["All gradients are 0: this step will teach nothing.", "All gradients are 0."]
    downhill = f"downhill is to {'lower' if gradient > 0 else 'raise'} it"
    told = e_with(session, name, gradient)
    if count == 1:
        return [f"One gradient, {shown}'s {value}: {told}; {downhill}.", f"{told}."]
    steepest = f"the steepest is {shown}'s, {value}"
    return [
        f"{count} gradients; {steepest}: {told}, so {downhill}.",
        f"{count} gradients; {steepest}: {told}.",
        f"{count} gradients; {steepest}.",
        f"Steepest: {shown}, {value}.",
    ]
