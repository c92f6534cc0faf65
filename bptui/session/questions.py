"""What can be asked about the next step, before it is shown."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from bptui.session.parts import About, Asking, Outcome, Question
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity, all_quantities
from bptui.story.moment import Moment, Phase
from bptui.story.setup import Setup
from bptui.story.steps import Granularity, Steps, steps_of
from bptui.story.values import values_at

_MOST = 12
"""So many neurons or parameters of a phase are asked about, at most."""
_FAR = 3
"""So many iterations on a question is looked for."""
SETTLED = (Outcome.RIGHT, Outcome.FOLLOWS, Outcome.SKIPPED)
"""How a question ends that does not come again."""


class Round(NamedTuple):
    """Questions asked before the same step."""

    begin: int
    """How many groups are done before it."""
    end: int
    questions: tuple[Question, ...]


def to_review(session: Session) -> tuple[Question, ...]:
    """The questions that were answered wrongly the last time, the one asked longest ago first."""
    answered = session.predicting.answered if session.predicting is not None else ()
    last: dict[Question, Outcome] = {}
    for answer in answered:
        last.pop(answer.question, None)
        last[answer.question] = answer.outcome
    network = session.setup.network
    return tuple(
        question
        for question, outcome in last.items()
        if outcome not in SETTLED
        if question.quantity.parameter in ("", *network.slots)
    )


def round_from(session: Session, position: int) -> Round | None:
    """The questions before the first step from a position on that has any."""
    asked = session.predicting
    assert asked is not None
    if asked.asking is Asking.REVIEW:
        return _review(session)
    begin, last = position, position + _FAR * session.steps.length
    by_phase = asked.asking in (Asking.PHASE, Asking.DIRECTIONS)
    granularity = Granularity.PHASE if by_phase else Granularity.NEURON
    while begin < last:
        end = session.steps.step(begin, 1, granularity)
        questions = _of_phase if by_phase else _of_group
        moment = session.steps.moment(end)[0]
        found = tuple(
            question
            for question in questions(session, asked.asking, moment, end)
            if session.steps.place(question.quantity, moment.iteration) >= begin
            and is_finite(session, question)
        )
        if found:
            return Round(begin, end, found)
        begin = end
    return None


def _review(session: Session) -> Round | None:
    left = to_review(session)
    if not left:
        return None
    question = left[0]
    begin = session.steps.place(question.quantity, question.moment.iteration)
    granularity = Granularity.NEURON
    if question.about is not About.NUMBER:
        granularity = Granularity.PHASE
        begin = session.steps.before(begin + 1, granularity)
    return Round(begin, session.steps.step(begin, 1, granularity), (question,))


def truth(session: Session, question: Question) -> float:
    """The number that is asked for; of a direction one with its sign."""
    values = values_at(session.timeline, question.moment)
    quantity, iteration = question.quantity, question.moment.iteration
    if question.about is not About.NUMBER and quantity.kind is Kind.PARAMETER:
        quantity = Quantity(Kind.STEP, parameter=quantity.parameter)
    number = values.get(quantity)
    assert number is not None
    if question.about is About.DIRECTION and quantity.kind is Kind.LOSS:
        before = values_at(session.timeline, Moment.of(iteration - 1, Phase.FORWARD)).get(quantity)
        return number - (before or 0.0)
    return number


def is_finite(session: Session, question: Question) -> bool:
    number = truth(session, question)
    return math.isfinite(number) and (question.about is not About.DIRECTION or number != 0)


def moves_most(session: Session, moment: Moment) -> frozenset[str]:
    """The parameter that an update moves most, or those that it moves equally far."""
    state = session.timeline.state(moment)
    assert state.after is not None
    with np.errstate(all="ignore"):
        steps = np.nan_to_num(np.abs(state.after - state.before))
    furthest = steps >= steps.max() * (1 - 1e-12)
    names = [p.name for p in session.setup.network.parameters]
    return frozenset(name for name, far in zip(names, furthest, strict=True) if far)


# groups: a neuron's numbers, the loss, a parameter's


def _of_group(session: Session, asking: Asking, moment: Moment, end: int) -> Iterator[Question]:
    group = session.steps.group(end)
    assert group is not None
    every = asking is Asking.EVERY
    for quantity in _asked_of(session, moment, group.subject, every=every):
        yield Question(About.NUMBER, quantity, moment)


def _asked_of(session: Session, moment: Moment, subject: str, *, every: bool) -> Iterator[Quantity]:
    network, sample = session.setup.network, session.shown_sample
    if not subject:
        yield from _losses(session, every=every)
    elif subject in network.places:
        for kind in _kinds(session, moment, subject) if every else _last_kind(moment):
            yield Quantity(kind, neuron=subject, sample=sample)
    else:
        parameter = network.parameter(subject)
        first = network.incoming(parameter.targets[0])[0] is parameter
        if not parameter.trainable or not (every or first):
            return
        if moment.phase is Phase.BACKWARD:
            yield Quantity(Kind.DE_DPARAMETER, parameter=subject, sample=sample)
        else:
            yield Quantity(Kind.PARAMETER, parameter=subject)


def _losses(session: Session, *, every: bool) -> Iterator[Quantity]:
    outputs, sample = session.setup.network.outputs, session.shown_sample
    if not session.setup.has_targets:
        return
    if every and len(outputs) > 1:
        yield from (Quantity(Kind.SHARE, neuron=name, sample=sample) for name in outputs[:_MOST])
    yield Quantity(Kind.LOSS, sample=sample)


def _kinds(session: Session, moment: Moment, neuron: str) -> tuple[Kind, ...]:
    if moment.phase is Phase.FORWARD:
        return Kind.NET, Kind.OUT
    if session.setup.network.coupled(neuron):
        return (Kind.DE_DNET,)
    return Kind.DE_DOUT, Kind.DOUT_DNET, Kind.DE_DNET


def _last_kind(moment: Moment) -> tuple[Kind, ...]:
    return (Kind.OUT if moment.phase is Phase.FORWARD else Kind.DE_DNET,)


# phases


def _of_phase(session: Session, asking: Asking, moment: Moment, end: int) -> Iterator[Question]:
    about = _directions if asking is Asking.DIRECTIONS else _one
    return about(session, moment)


def _one(session: Session, moment: Moment) -> Iterator[Question]:
    """Yield the loss, or a gradient or a new value: each time another parameter's."""
    network, sample = session.setup.network, session.shown_sample
    moving = [p.name for p in network.parameters if p.trainable]
    match moment.phase:
        case Phase.FORWARD if session.setup.has_targets:
            quantity = Quantity(Kind.LOSS, sample=sample)
        case Phase.FORWARD:
            quantity = Quantity(Kind.OUT, neuron=network.outputs[0], sample=sample)
        case _ if not moving:
            return
        case phase:
            name = moving[(moment.iteration - 1) % len(moving)]
            quantity = Quantity(Kind.PARAMETER, parameter=name)
            if phase is Phase.BACKWARD:
                quantity = Quantity(Kind.DE_DPARAMETER, parameter=name, sample=sample)
    yield Question(About.NUMBER, quantity, moment)


def _directions(session: Session, moment: Moment) -> Iterator[Question]:
    network, sample = session.setup.network, session.shown_sample
    match moment.phase:
        case Phase.FORWARD:
            if moment.iteration > 1 and len(session.setup.batches) == 1:
                yield Question(About.DIRECTION, Quantity(Kind.LOSS), moment)
        case Phase.BACKWARD:
            neurons = [name for layer in reversed(network.layers) for name in layer.neurons]
            for name in neurons[:_MOST]:
                delta = Quantity(Kind.DE_DNET, neuron=name, sample=sample)
                yield Question(About.DIRECTION, delta, moment)
        case _:
            moving = [p.name for p in network.parameters if p.trainable]
            if len(moving) > 1:
                first = Quantity(Kind.PARAMETER, parameter=moving[0])
                yield Question(About.MOST, first, moment)
            for name in moving[:_MOST]:
                yield Question(About.DIRECTION, Quantity(Kind.PARAMETER, parameter=name), moment)


@lru_cache(maxsize=16)
def computed_between(setup: Setup, begin: int, end: int) -> frozenset[Quantity]:
    """The quantities that the groups after one position up to another compute."""
    steps: Steps = steps_of(setup.network)
    iteration = steps.moment(end)[0].iteration
    return frozenset(
        quantity
        for quantity in all_quantities(setup)
        if quantity.form.set_in is not None and begin <= steps.place(quantity, iteration) < end
    )
