"""What is said of a step of the update: which way parameters went, why, and what E became."""

from __future__ import annotations

import numpy as np

from bptui.session.following import subjects
from bptui.session.session import Session
from bptui.story.address import Kind
from bptui.story.step_effect import is_cheap, loss_after
from bptui.view.rows import plain
from bptui.view.saying import DIGITS, name_of, names, say, upcoming
from bptui.view.step_card import changed, goes_downhill, why_so


def parameter_update(session: Session) -> list[str]:
    """One parameter's step."""
    (parameter,) = subjects(session)
    state, network = session.state, session.setup.network
    assert state.after is not None
    slot, name = network.slots[parameter], name_of(session, Kind.PARAMETER, parameter=parameter)
    before, after = float(state.before[slot]), float(state.after[slot])
    following = upcoming(session)
    if not network.parameter(parameter).trainable:
        frozen = f"{name} is frozen"
        return say(
            f"{frozen}: it has a gradient, but keeps its value.", following, shorter=[f"{frozen}."]
        )
    if not np.isfinite(after):
        return [f"{name} is NaN or infinite: training has diverged.", "Diverged."]
    way = _from_to(session, before, after)
    told = why_so(session, parameter)
    if before == after:
        return say(f"{told}.", following)
    return [
        *say(f"{told}{_by_rule(session, parameter)}, from {way}.", following),
        f"{told}, from {way}.",
        f"{name} goes from {way}.",
        f"{name}: {way}.",
    ]


def _by_rule(session: Session, parameter: str) -> str:
    """Return by how much a parameter moves, where the rule is short enough to be said."""
    if not goes_downhill(session, parameter):
        return ""
    optimizer = session.setup.rule.optimizer
    if optimizer.name == "sgd":
        return f" by {plain(session.setup.preset.notation.learning_rate)} × its gradient"
    label = optimizer.entry.label or optimizer.name
    return f" by {label}'s rule"


def _from_to(session: Session, before: float, after: float) -> str:
    return changed(before, after, session.digits or DIGITS).replace("→", "to")


def phase_update(session: Session) -> list[str]:
    """All steps, or those of a layer."""
    state, network = session.state, session.setup.network
    assert state.after is not None
    before, after = state.before, state.after
    if not np.isfinite(after).all():
        return ["Parameters are NaN or infinite: training has diverged.", "Diverged."]
    computed = subjects(session)
    done = np.full(len(before), len(computed) == len(before))
    if not done.all():
        done[[network.slots[name] for name in computed]] = True
    moved = int((done & (after != before)).sum())
    if not moved:
        return [f"Nothing moved. {upcoming(session)}".rstrip(), "Nothing moved."]
    with np.errstate(over="ignore"):
        slot = int(np.where(done, np.abs(after - before), -1.0).argmax())
    most = names(session, [network.parameters[slot].name])
    way = changed(float(before[slot]), float(after[slot]), session.digits or DIGITS)
    held = int((done & ~network.trainable).sum())
    frozen = f" ({held} frozen)" if held else ""
    effect, short = _effect(session)
    if moved == 1:
        return [
            *say(f"{most} stepped{frozen}: {way}{effect}.", upcoming(session)),
            f"{most}: {way}.",
        ]
    downhill_told = " downhill" if not session.setup.rule.optimizer.entry.kept else ""
    return [
        *say(
            f"{moved} parameters stepped{downhill_told}{frozen}; {most} moved most, {way}{effect}.",
            upcoming(session),
        ),
        f"{moved} parameters moved; {most} most, {way}{short}.",
        f"{moved} moved; {most} most, {way}.",
        f"{most}: {way}.",
    ]


def _effect(session: Session) -> tuple[str, str]:
    """Return what all steps did to the loss, once they are done; and the same shortly."""
    state = session.state
    if session.left or state.others is not None or not is_cheap(state) or state.forward is None:
        return "", ""
    now = loss_after(session.timeline, session.moment.iteration)
    before, loss = state.forward.loss, name_of(session, Kind.LOSS)
    way = changed(before, now, session.digits or DIGITS)
    if now > before:
        return f"; {loss} rose, {way}: too long a step", f"; {loss} rose"
    return f"; {loss} {way}", f"; {loss} {way}"
