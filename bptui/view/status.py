"""The status line: one sentence on what the last step did, with numbers."""

from __future__ import annotations

import math

from bptui.story.address import Kind, Quantity
from bptui.story.moment import Phase
from bptui.story.schedule import Grain
from bptui.story.session import Session
from bptui.story.subjects import facts
from bptui.view.card import naming
from bptui.view.formula import sign
from bptui.view.numbers import show
from bptui.view.text import Row, Span, cells, clip, fit_row, plain

_DIGITS = 6
_MANY = 3
"""More neurons than this are counted, not listed."""


def status(session: Session, width: int) -> Row:
    """Return the sentence for a moment, the longest version that fits the width."""
    versions = _versions(session)
    text = next((t for t in versions if cells(t) + 2 <= width), versions[-1])
    return fit_row((Span(f" {clip(text, width - 1)}", "status"),), width)


def _versions(session: Session) -> list[str]:
    """Return the same sentence in several lengths, the longest first."""
    if session.grain is Grain.NEURON and session.moment.phase is not None:
        return _one_group(session)
    if session.left:
        phase, left = session.moment.phase, session.left
        assert phase is not None  # nothing is left of the start
        word = phase.label.capitalize()
        return [f"{word}, so far: {left} of its small steps are still to come.", f"{word}, so far."]
    match session.moment.phase:
        case Phase.FORWARD:
            return _forward(session)
        case Phase.BACKWARD:
            return _backward(session)
        case Phase.UPDATE:
            return _update(session)
        case _:
            return _start(session)


def _one_group(session: Session) -> list[str]:
    """Say what a finest step computed: each new number of the card's subject."""
    phase, group = session.moment.phase, session.schedule.group(session.position)
    assert phase is not None
    assert group is not None
    word, names = phase.label.capitalize(), naming(session)
    subject = group.subject
    told = _told(session, subject) if subject else [Quantity(Kind.LOSS)]
    digits = session.digits or 9
    numbers = [f"{sign(q, names)} = {show(session.value(q), digits)}" for q in told]
    left = f"; {session.left} more to come" if session.left else ""
    return [f"{word}: {', '.join(numbers)}{left}.", f"{word}: {numbers[-1]}.", f"{numbers[-1]}."]


def _told(session: Session, subject: str) -> list[Quantity]:
    own = facts(session.problem.network, subject, session.shown_sample)
    kinds = {
        Phase.FORWARD: (Kind.NET, Kind.OUT),
        Phase.BACKWARD: (Kind.DE_DNET, Kind.DE_DPARAMETER),
        Phase.UPDATE: (Kind.PARAMETER,),
    }
    phase = session.moment.phase
    assert phase is not None
    whole = (Kind.DE_DPARAMETER, Kind.PARAMETER)
    return [
        q
        for q in own
        if q.kind in kinds[phase]
        and not q.via
        and (q.kind not in whole or (q.parameter == subject and not q.sample))
    ]


def _start(session: Session) -> list[str]:
    network = session.problem.network
    given = f"{len(network.inputs)} inputs and {len(network.parameters)} parameters are given"
    return [
        f"Start: {given}, nothing is computed yet. Space goes forward, ? explains the screen.",
        f"Start: {given}; space goes forward, ? explains.",
        "Start: nothing is computed yet; space goes on.",
        "Start: space goes on.",
    ]


def _forward(session: Session) -> list[str]:
    loss = session.value(Quantity(Kind.LOSS))
    assert loss is not None  # the forward phase computes it
    if not math.isfinite(loss):
        return [
            f"Forward: E is {show(loss, _DIGITS)}: training has diverged. "
            "A smaller learning rate may help; left goes back.",
            f"Forward: E is {show(loss, _DIGITS)}: training has diverged.",
        ]
    outs = _numbers(session, Kind.OUT)
    targets = _numbers(session, Kind.TARGET)
    sample = f"sample {session.shown_sample}: " if session.shown_sample else ""
    whole = " over the batch" if session.shown_sample else ""
    return [
        f"Forward: {sample}inputs {_numbers(session, Kind.INPUT)} gave {outs}; "
        f"the targets are {targets}, so E = {show(loss, 9)}{whole}.",
        f"Forward: {sample}out {outs} for targets {targets}; E = {show(loss, 9)}{whole}.",
        f"Forward: out {outs}; E = {show(loss, 9)}.",
        f"Forward: E = {show(loss, 9)}.",
        f"Forward: E = {show(loss, 4)}.",
    ]


def _numbers(session: Session, kind: Kind) -> str:
    network = session.problem.network
    names = network.inputs if kind is Kind.INPUT else network.outputs
    values = [
        session.value(Quantity(kind, neuron=name, sample=session.shown_sample)) for name in names
    ]
    if len(values) > _MANY:
        return f"{show(values[0], _DIGITS)}, ... ({len(values)})"
    return ", ".join(show(value, _DIGITS) for value in values)


def _backward(session: Session) -> list[str]:
    back, network = session.state.backward, session.problem.network
    assert back is not None
    name = max(
        (p.name for p in network.parameters if p.trainable),
        key=lambda n: _size(float(back.gradient[network.slots[n]])),
        default=None,
    )
    count = int(network.trainable.sum())
    if name is None:
        return ["Backward: the gradients are there, but every parameter is frozen."]
    steepest = f"∂E/∂{plain(name)} = {show(float(back.gradient[network.slots[name]]), 9)}"
    return [
        f"Backward: the error went back along the edges; of {count} gradients to follow "
        f"the steepest is {steepest}.",
        f"Backward: of {count} gradients to follow the steepest is {steepest}.",
        f"Backward: steepest is {steepest}.",
        f"{steepest}.",
    ]


def _size(number: float) -> float:
    return abs(number) if math.isfinite(number) else math.inf


def _update(session: Session) -> list[str]:
    state, network = session.state, session.problem.network
    assert state.after is not None
    before, after = state.before, state.after
    moved = [p.name for p in network.parameters if session.is_new(_parameter(p.name))]
    if not moved:
        return ["Update: nothing moved.", "Nothing moved."]
    most = max(moved, key=lambda n: _size(float((after - before)[network.slots[n]])))
    slot = network.slots[most]
    way = f"from {show(float(before[slot]), 9)} to {show(float(after[slot]), 9)}"
    held = len(network.parameters) - int(network.trainable.sum())
    frozen = f", {held} are frozen" if held else ""
    return [
        f"Update: {len(moved)} parameters moved by -η times their gradients{frozen}; "
        f"{plain(most)} most, {way}.",
        f"Update: {len(moved)} parameters moved; {plain(most)} most, {way}.",
        f"Update: {plain(most)} moved most, {way}.",
        f"{plain(most)} {way}.",
    ]


def _parameter(name: str) -> Quantity:
    return Quantity(Kind.PARAMETER, parameter=name)
