"""What an update's step did: why it went that way, and how far E fell."""

from __future__ import annotations

import math

import numpy as np

from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.derivation import Derivation
from bptui.story.moment import Phase
from bptui.story.step_effect import StepEffect, is_cheap, step_effect
from bptui.view.adding_up import adds_to, best_first, differ, upwards
from bptui.view.numbers import DASH, show
from bptui.view.rows import Row, Span, cells, wrap
from bptui.view.signs import signs_of

_DIGITS, _FEWEST = 6, 4


def what_the_step_did(session: Session, derivation: Derivation, width: int) -> list[list[Row]]:
    """Return what is said of the update that a parameter's card is about, if it is that of now.

    In rows that stay together.
    """
    quantity, moment = derivation.quantity, derivation.moment
    here = moment == session.moment and moment.phase is Phase.UPDATE
    if quantity.kind is not Kind.PARAMETER or not here or derivation.formula is None:
        return []
    told = why_so(session, quantity.parameter)
    if goes_downhill(session, quantity.parameter):
        told = f"Downhill: {told}"
    why: list[Row] = [(Span(f" {line}", "update"),) for line in wrap(told, width - 1, hang=3)]
    effect = effect_of(session, quantity.parameter)
    if effect is None:
        return [why, [(Span(f"  what the steps did to the loss: {DASH}", "path"),)]]
    moved, _ = steps_done(session)
    signs = signs_of(session)
    table = [
        ("before", effect.before, None),
        (f"{signs.of(quantity)} alone", effect.alone, effect.alone - effect.before),
        ("its slope foresaw", None, effect.foresaw),
    ]
    if moved > 1:
        all_of_them = f"all {moved} steps" if moved > 2 else "both steps"
        steps = f"{moved} steps so far" if session.left else all_of_them
        table.append((steps, effect.together, effect.together - effect.before))
    heading = (Span(f"what it did to {signs.of(Quantity(Kind.LOSS))}", "label"),)
    return [why, [heading, *_aligned(table, session.digits, width)]]


def _aligned(
    table: list[tuple[str, float | None, float | None]], asked: int, width: int
) -> list[Row]:
    """Return lines of a word, a loss and how much it changed, with as many decimals as fit.

    With those that are asked for, or more, the loss and its changes add up, and show.
    """
    words = max(cells(word) for word, _, _ in table)
    before = table[0][1] or 0.0
    later = [(after, change) for _, after, change in table if after is not None if change]
    checks = [adds_to((before, change), after) for after, change in later]
    checks += [differ(before, after) for after, _ in later]
    for digits in (*best_first(upwards(asked or _DIGITS), checks), asked or _FEWEST):
        texts = [[word, *(_shown(n, digits) for n in numbers)] for word, *numbers in table]
        wide = [max(cells(text[k]) for text in texts) for k in (1, 2)]
        lines = [f" {w.ljust(words)} {a.ljust(wide[0])} {b.rjust(wide[1])}" for w, a, b in texts]
        if cells(lines[0]) <= width:
            break
    return [(Span(line.rstrip(), "text"),) for line in lines]


def _shown(number: float | None, digits: int) -> str:
    return "" if number is None else show(number, digits)


def goes_downhill(session: Session, parameter: str) -> bool:
    """Whether a parameter's step goes against its gradient."""
    gradient = session.value(Quantity(Kind.DE_DPARAMETER, parameter=parameter)) or 0.0
    step = session.value(Quantity(Kind.STEP, parameter=parameter)) or 0.0
    return (gradient > 0 > step) or (gradient < 0 < step)


def why_so(session: Session, parameter: str) -> str:
    """Return in words why a step went up or down."""
    signs = signs_of(session)
    name = signs.of(Quantity(Kind.PARAMETER, parameter=parameter))
    loss = signs.of(Quantity(Kind.LOSS))
    gradient = session.value(Quantity(Kind.DE_DPARAMETER, parameter=parameter)) or 0.0
    step = session.value(Quantity(Kind.STEP, parameter=parameter)) or 0.0
    if math.isnan(gradient) or math.isnan(step):
        return f"The step of {name} is not a number."
    way = {1: "goes up", 0: "stays", -1: "goes down"}[(step > 0) - (step < 0)]
    if not gradient:
        changes = f"{loss} does not change with {name}"
        return (
            f"{changes}: it {way}" if not step else f"{changes}, yet it {way}: {_carried(session)}"
        )
    rises = f"{loss} rises with {name}" if gradient > 0 else f"{loss} falls as {name} rises"
    if not step:
        return f"{rises}, but its step is 0"
    if goes_downhill(session, parameter):
        return f"{rises}, so {name} {way}"
    return f"{rises}, yet {name} {way}: {_carried(session)}"


def _carried(session: Session) -> str:
    """Return what moves a parameter otherwise than its gradient does."""
    kept = session.setup.rule.optimizer.entry.kept
    return (
        f"earlier gradients ({', '.join(kept)}) outweigh this one"
        if kept
        else "the rule adds to it"
    )


def steps_done(session: Session) -> tuple[int, tuple[bool, ...] | None]:
    """Return how many parameters have moved, and which have made their step; None for all."""
    state, network = session.state, session.setup.network
    assert state.after is not None
    moved = state.after != state.before
    if not session.left:
        return int(moved.sum()), None
    begun = session.position - (session.steps.counts[Phase.UPDATE] - session.left)
    names = session.steps.subjects(begun, session.position)
    made = np.zeros(len(moved), dtype=bool)
    made[[network.slots[name] for name in names]] = True
    return int((made & moved).sum()), tuple(made.tolist())


def effect_of(session: Session, parameter: str) -> StepEffect | None:
    """Return what a step did; None where that takes long, unless it was asked for."""
    if session.state.others is not None or not (session.by_hand or is_cheap(session.state)):
        return None
    _, done = steps_done(session)
    return step_effect(session.timeline, session.moment.iteration, parameter, done)


def changed(before: float, after: float, digits: int) -> str:
    """Return a number before and after, with as many decimals as tell them apart."""
    for places in range(digits, max(digits, 16) + 1):
        texts = show(before, places), show(after, places)
        if texts[0] != texts[1] or before == after:
            break
    return " → ".join(texts)
