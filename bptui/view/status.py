"""The status line: one sentence on what the last step did, with numbers."""

from __future__ import annotations

import math

import numpy as np

from bptui.preset.errors import counted
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.conventions import CONVENTIONS
from bptui.story.gaps import gaps
from bptui.story.moment import Moment, Phase
from bptui.story.neighbours import facts
from bptui.story.notation import naming
from bptui.story.steps import Granularity
from bptui.view.formula import head, loss_sign
from bptui.view.numbers import ALL_DIGITS, show
from bptui.view.prompt import hint_rows, progress, prompt_row, told
from bptui.view.rows import Row, Span, cells, clip, fit_row, plain

_DIGITS = 6
_MANY = 3
_TOLD = (6, 4, 3, 2, 1)
"""How many numbers of a step are told, as there is room."""
"""More neurons than this are counted, not listed."""


def status(session: Session, width: int) -> list[Row]:
    """Return what is asked, going on or told, in as many rows as it takes.

    Else the sentence for the moment, the longest version that fits the width.
    """
    if session.prompt is not None:
        return [prompt_row(session.prompt, width), *hint_rows(session, session.prompt, width)]
    if session.job is not None:
        return progress(session.job, width, session.said)
    if session.said:
        return told(session.said, width)
    versions = _versions(session)
    text = next((t for t in versions if cells(t) + 2 <= width), versions[-1])
    return [fit_row((Span(f" {clip(text, width - 1)}", "status"),), width)]


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
    word, names = phase.label.capitalize(), naming(session.setup)
    subject = group.subject
    told = _computed_by(session, subject) if subject else [Quantity(Kind.LOSS)]
    digits = session.digits or 9
    numbers = [f"{head(session.derive(q), names)} = {show(session.value(q), digits)}" for q in told]
    step, total = _place(session, phase)
    count = f"; step {step} of {total}" if session.left else ""
    return [f"{word}: {', '.join(numbers)}{count}.", f"{word}: {numbers[-1]}.", f"{numbers[-1]}."]


def _some_groups(session: Session) -> list[str]:
    """Say which neurons or parameters a step of a layer computed, with a number for each."""
    phase = session.moment.phase
    if phase is None:
        return _start(session)
    begun = max(
        session.steps.before(session.position, session.granularity),
        session.steps.before(session.position, Granularity.PHASE),
    )
    last = min(begun + _TOLD[0], session.position)
    groups = [session.steps.group(k) for k in range(begun + 1, last + 1)]
    subjects = [group.subject for group in groups if group is not None]
    told = [_computed_by(session, name)[-1] if name else Quantity(Kind.LOSS) for name in subjects]
    names, digits = naming(session.setup), session.digits or _DIGITS
    numbers = [f"{head(session.derive(q), names)} = {show(session.value(q), digits)}" for q in told]
    word = phase.label.capitalize()
    step, total = _place(session, phase)
    more = f"; step {step} of {total} of this phase" if session.left else ""
    return [
        f"{word}: {', '.join(numbers[:count])}"
        f"{', ...' if count < session.position - begun else ''}{more}."
        for count in _TOLD
    ]


def _place(session: Session, phase: Phase) -> tuple[int, int]:
    """Which group of its phase was done last, from 1, and how many the phase has."""
    end = session.steps.position(Moment.of(session.moment.iteration, phase), 0)
    begun = session.steps.before(end, Granularity.PHASE)
    return session.position - begun, end - begun


def _computed_by(session: Session, subject: str) -> list[Quantity]:
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
    found = gaps(network)
    scale = CONVENTIONS["scale"].header(session.setup.preset)
    scaled = f" ({scale[-1]})" if scale else ""
    inputs = counted(len(network.inputs), "input") + scaled
    given = inputs, counted(len(network.parameters), "parameter")
    return [
        *(
            f"Start: {plain('; '.join(told))}. Is one missing?"
            for told in (found, found[:1])
            if told
        ),
        f"Start: {', '.join(given)}; nothing computed yet. space: step, ?: help",
        f"Start: {', '.join(given)}. space: step, ?: help",
        "Start. space: step, ?: help",
        "Start. space: step",
    ]


def _forward(session: Session) -> list[str]:
    loss = session.value(Quantity(Kind.LOSS))
    assert loss is not None  # the forward phase computes it
    fewer, name = show(loss, session.digits or _DIGITS), loss_sign(session.setup)
    if not math.isfinite(loss):
        diverged = f"Forward: {name} is {fewer}: training has diverged."
        return [f"{diverged} Try a smaller learning rate; ← goes back.", diverged]
    outs = _numbers(session, Kind.OUT)
    both = f"outputs {outs}"
    if session.setup.has_targets:
        both += f"; targets {_numbers(session, Kind.TARGET)}"
    full = f"{name} = {show(loss, session.digits or 9)}{_rose(session)}."
    short = f"{name} = {show(loss, 4)}."
    if session.shown_sample:
        sample, size = f"Forward, @{session.shown_sample}", len(session.state.batch.numbers)
        return [
            f"{sample}: {both}; over the batch of {size}, {full}",
            f"{sample}: outputs {outs}; batch {name} = {fewer}{_rose(session)}.",
            f"Forward: batch {name} = {fewer}.",
            short,
        ]
    return [
        f"Forward: inputs {_numbers(session, Kind.INPUT)}; {both}; {full}",
        f"Forward: {both}; {full}",
        f"Forward: {both}; {name} = {fewer}{_rose(session)}.",
        f"Forward: outputs {outs}; {full}",
        f"Forward: {name} = {show(loss, session.digits or 9)}.",
        f"Forward: {short}",
    ]


def _rose(session: Session) -> str:
    """Name the loss before if it was smaller: a sign that the learning rate is too large."""
    before = session.loss_before
    if before is None or (session.loss_change or 0.0) <= 0:
        return ""
    ago = " an epoch ago" if len(session.setup.batches) > 1 else ""
    return f", up from {show(before, session.digits or _DIGITS)}{ago}"


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
        return ["Backward: the gradients are NaN or infinite: training has diverged.", "Diverged."]
    if not count:
        return ["Backward: gradients computed, but every parameter is frozen."]
    slot = int(np.where(network.trainable, np.abs(back.gradient), -1.0).argmax())
    number = show(float(back.gradient[slot]), session.digits or 9)
    steepest = f"{plain(network.parameters[slot].name)}: {number}"
    if count == 1:
        return [f"Backward: one gradient, {steepest}.", f"{steepest}."]
    return [
        f"Backward: {count} gradients; the steepest is {steepest}.",
        f"Backward: steepest gradient {steepest}.",
        f"Steepest {steepest}.",
    ]


def _update(session: Session) -> list[str]:
    state, network = session.state, session.setup.network
    assert state.after is not None
    before, after = state.before, state.after
    if not np.isfinite(after).all():
        return ["Update: parameters are NaN or infinite: training has diverged.", "Diverged."]
    moved = int((after != before).sum())
    if not moved:
        return ["Update: nothing moved.", "Nothing moved."]
    with np.errstate(over="ignore"):
        slot = int(np.abs(after - before).argmax())
    most = plain(network.parameters[slot].name)
    way = _change(float(before[slot]), float(after[slot]), session.digits or 9)
    held = len(network.parameters) - int(network.trainable.sum())
    frozen = f" ({held} frozen)" if held else ""
    if moved == 1:
        return [f"Update: {most} stepped{frozen}: {way}.", f"{most}: {way}."]
    plural = f"{moved} parameters"
    downhill = " downhill" if not session.setup.rule.optimizer.entry.kept else ""
    return [
        f"Update: {plural} stepped{downhill}{frozen}; {most} moved most: {way}.",
        f"Update: {plural} moved; {most} most: {way}.",
        f"Update: {most} moved most: {way}.",
        f"{most}: {way}.",
    ]


def _change(before: float, after: float, digits: int) -> str:
    """Both values, with as many decimals as it takes to tell them apart."""
    both = [(show(before, d), show(after, d)) for d in (*range(digits, 17), ALL_DIGITS)]
    return " → ".join(next((pair for pair in both if pair[0] != pair[1]), both[-1]))
