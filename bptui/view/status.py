"""The status line: one sentence on what the last step did, with numbers."""

from __future__ import annotations

import math

import numpy as np

from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.moment import Phase
from bptui.story.neighbours import facts
from bptui.story.steps import Granularity
from bptui.view.card import naming
from bptui.view.formula import sign
from bptui.view.numbers import show
from bptui.view.prompt import progress, prompt_row
from bptui.view.rows import Row, Span, cells, clip, fit_row, plain

_DIGITS = 6
_MANY = 3
"""More neurons than this are counted, not listed."""


def status(session: Session, width: int) -> Row:
    """Return the sentence for a moment, the longest version that fits the width."""
    if session.prompt is not None:
        return prompt_row(session.prompt, width)
    if session.job is not None:
        return progress(session.job, width, session.said)
    if session.said:
        return fit_row((Span(f" {clip(plain(session.said), width - 1)}", "status"),), width)
    versions = _versions(session)
    text = next((t for t in versions if cells(t) + 2 <= width), versions[-1])
    return fit_row((Span(f" {clip(text, width - 1)}", "status"),), width)


def _versions(session: Session) -> list[str]:
    if session.granularity is Granularity.NEURON and session.moment.phase is not None:
        return _one_group(session)
    if session.granularity is Granularity.LAYER or session.left:
        return _some_groups(session)
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
    phase, group = session.moment.phase, session.steps.group(session.position)
    assert phase is not None
    assert group is not None
    word, names = phase.label.capitalize(), naming(session)
    subject = group.subject
    told = _told(session, subject) if subject else [Quantity(Kind.LOSS)]
    digits = session.digits or 9
    numbers = [f"{sign(q, names)} = {show(session.value(q), digits)}" for q in told]
    left = f"; {session.left} more to come" if session.left else ""
    return [f"{word}: {', '.join(numbers)}{left}.", f"{word}: {numbers[-1]}.", f"{numbers[-1]}."]


def _some_groups(session: Session) -> list[str]:
    """Say which neurons or parameters a step of a layer computed, with a number for each."""
    phase = session.moment.phase
    if phase is None:
        return _start(session)
    begun = max(
        session.steps.before(session.position, session.granularity),
        session.steps.before(session.position, Granularity.PHASE),
    )
    groups = [session.steps.group(k) for k in range(begun + 1, session.position + 1)]
    subjects = [group.subject for group in groups if group is not None]
    told = [_told(session, name)[-1] if name else Quantity(Kind.LOSS) for name in subjects]
    names, digits = naming(session), session.digits or _DIGITS
    numbers = [f"{sign(q, names)} = {show(session.value(q), digits)}" for q in told]
    word = phase.label.capitalize()
    more = "; more of this phase to come" if session.left else ""
    return [
        f"{word}: {', '.join(numbers[:count])}{', ...' if count < len(numbers) else ''}{more}."
        for count in (6, 4, 3, 2, 1)
    ]


def _told(session: Session, subject: str) -> list[Quantity]:
    own = facts(session.setup.network, subject, session.shown_sample)
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
    network = session.setup.network
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
            f"Forward: E is {show(loss, session.digits or _DIGITS)}: training has diverged. "
            "A smaller learning rate may help; left goes back.",
            f"Forward: E is {show(loss, session.digits or _DIGITS)}: training has diverged.",
        ]
    outs = _numbers(session, Kind.OUT)
    targets = _numbers(session, Kind.TARGET)
    rose = _rose(session)
    if session.shown_sample:
        size = len(session.state.batch.numbers)
        return [
            f"Forward: sample @{session.shown_sample} gave {outs} for {targets}; over the batch "
            f"of {size}, E = {show(loss, session.digits or 9)}{rose}.",
            f"Forward: sample @{session.shown_sample} gave {outs}; E of the batch = "
            f"{show(loss, session.digits or _DIGITS)}{rose}.",
            f"Forward: E of the batch = {show(loss, session.digits or _DIGITS)}.",
            f"E = {show(loss, 4)}.",
        ]
    return [
        f"Forward: inputs {_numbers(session, Kind.INPUT)} gave {outs} for {targets}: "
        f"E = {show(loss, session.digits or 9)}{rose}.",
        f"Forward: out {outs} for {targets}: E = {show(loss, session.digits or 9)}{rose}.",
        f"Forward: out {outs}; E = {show(loss, session.digits or 9)}{rose}.",
        f"Forward: E = {show(loss, session.digits or 9)}.",
        f"Forward: E = {show(loss, 4)}.",
    ]


def _rose(session: Session) -> str:
    """Say that the loss rose, if it did: a sign of a learning rate that is too large."""
    return ", more than before" if (session.loss_change or 0.0) > 0 else ""


def _numbers(session: Session, kind: Kind) -> str:
    network = session.setup.network
    names = network.inputs if kind is Kind.INPUT else network.outputs
    values = [
        session.value(Quantity(kind, neuron=name, sample=session.shown_sample)) for name in names
    ]
    if len(values) > _MANY:
        return f"{show(values[0], session.digits or _DIGITS)}, ... ({len(values)})"
    return ", ".join(show(value, session.digits or _DIGITS) for value in values)


def _backward(session: Session) -> list[str]:
    back, network = session.state.backward, session.setup.network
    assert back is not None
    count = int(network.trainable.sum())
    if not np.isfinite(back.gradient).all():
        return ["Backward: gradients are no numbers any more: training has diverged.", "Diverged."]
    if not count:
        return ["Backward: the gradients are there, but every parameter is frozen."]
    slot = int(np.where(network.trainable, np.abs(back.gradient), -1.0).argmax())
    number = show(float(back.gradient[slot]), session.digits or 9)
    steepest = f"∂E/∂{plain(network.parameters[slot].name)} = {number}"
    return [
        f"Backward: the error went back along the edges; the largest of the {count} gradients "
        f"that the update follows is {steepest}.",
        f"Backward: the largest of the {count} gradients to follow is {steepest}.",
        f"Backward: the largest gradient is {steepest}.",
        f"Largest: {steepest}.",
    ]


def _update(session: Session) -> list[str]:
    state, network = session.state, session.setup.network
    assert state.after is not None
    before, after = state.before, state.after
    if not np.isfinite(after).all():
        return ["Update: parameters are no numbers any more: training has diverged.", "Diverged."]
    moved = int((after != before).sum())
    if not moved:
        return ["Update: nothing moved.", "Nothing moved."]
    with np.errstate(over="ignore"):
        slot = int(np.abs(after - before).argmax())
    most = network.parameters[slot].name
    digits = session.digits or 9
    way = f"from {show(float(before[slot]), digits)} to {show(float(after[slot]), digits)}"
    held = len(network.parameters) - int(network.trainable.sum())
    frozen = f", {held} {'is' if held == 1 else 'are'} frozen" if held else ""
    return [
        f"Update: {moved} parameters moved by -η times their gradients{frozen}; "
        f"{plain(most)} most, {way}.",
        f"Update: {moved} parameters moved; {plain(most)} most, {way}.",
        f"Update: {plain(most)} moved most, {way}.",
        f"{plain(most)} {way}.",
    ]
