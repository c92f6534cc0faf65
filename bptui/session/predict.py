"""Learning by answering: the next step's numbers are asked for before they are shown.

The session stands before the step, where its numbers are not computed yet, so that nothing shows
them; each opens once it is answered.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from bptui.audit.expressions import ExpressionError
from bptui.audit.figures import Printed
from bptui.audit.graph import Key
from bptui.audit.judging import Stands
from bptui.audit.typed_answer import AnswerError, Judged, Named, judged, read_answer
from bptui.preset.errors import did_you_mean
from bptui.preset.model import Figure
from bptui.session import messages as c
from bptui.session.jobs import arrive
from bptui.session.messages import Ask, Message, Page
from bptui.session.parts import (
    LONGEST,
    QUESTIONS,
    About,
    Answered,
    Asking,
    Outcome,
    Predicting,
    Prompting,
    Question,
    Wrong,
)
from bptui.session.questions import Round, moves_most, round_from, to_review, truth
from bptui.session.session import Session
from bptui.story.address import has_at_most
from bptui.story.moment import Moment

MOST = 3_000
"""Networks with more quantities are not asked about."""
LAST_HINT = 2
"""After so many hints comes the answer."""
_WAYS = {
    **dict.fromkeys(("up", "u", "+", "rises", "increases", "grows", "positive"), 1),
    **dict.fromkeys(("down", "d", "-", "falls", "decreases", "shrinks", "negative"), -1),
}


def choices(session: Session) -> list[Asking]:
    """Which questions can be asked; a review only of what was wrong."""
    return [way for way in Asking if way is not Asking.REVIEW or to_review(session)]


def first_choice(session: Session) -> str:
    """The questions asked the last time, if they can still be asked."""
    asking = (session.predicting or Predicting()).asking
    return (asking if asking in choices(session) else Asking.EVERY).value


def next_choice(session: Session, prompt: Prompting, by: int) -> Prompting:
    """The prompt with the next of the choices."""
    ways = [way.value for way in choices(session)]
    place = ways.index(prompt.text) + by if prompt.text in ways else 0
    text = ways[place % len(ways)]
    return Prompting(prompt.ask, text, len(text), picked=0)


def begin(session: Session, text: str) -> Session:
    """Ask the questions that an answer names.

    Raises:
        AnswerError: it names none.
    """
    ways = choices(session)
    asking = next((way for way in ways if way.value.startswith(text.lower())), None)
    if asking is None:
        meant = did_you_mean(text, [w.value for w in ways])
        raise AnswerError(f'no questions are called "{text}"; {meant}')
    if not has_at_most(session.setup, MOST):
        told = f"This network has more than {MOST:,} numbers: too many to ask about"
        return replace(session, said=told)
    asked = replace(session.predicting or Predicting(), asking=asking, on=True)
    position = session.position
    there = replace(session, predicting=asked, as_printed=False, compared=False, playing=False)
    return _to_round(there, position)


def current(session: Session) -> tuple[Round, Question]:
    """The questions of this step, and the one that is asked now."""
    assert session.predicting is not None
    found = round_from(session, session.position)
    assert found is not None
    return found, found.questions[min(session.predicting.done, len(found.questions) - 1)]


def spent(session: Session, seconds: float) -> Session:
    """Add to the time that was taken over answers."""
    asked = session.predicting
    assert asked is not None
    return replace(session, predicting=replace(asked, seconds=asked.seconds + seconds))


def can_ask(session: Session) -> bool:
    """Whether a session stands where there is something to ask."""
    asked = session.predicting
    if asked is None or not has_at_most(session.setup, MOST) or not session.setup.network.slots:
        return False
    found = round_from(session, session.position)
    here = found is not None and found.begin == session.position
    return found is not None and here and asked.done < len(found.questions)


def _to_round(session: Session, position: int) -> Session:
    """Go to before the next step that is asked about, and ask."""
    assert session.predicting is not None
    found = round_from(session, position)
    if found is None:
        done = session.predicting.asking is Asking.REVIEW
        told = "Nothing left to review" if done else "Nothing left to ask about"
        return leave(replace(session, said=told))
    steps = session.steps
    moment = steps.moment(found.end)[0]
    session.timeline.run(moment.iteration)
    left = steps.position(moment, 0) - found.begin
    there = arrive(replace(session, by_hand=True), moment, left)
    asked = replace(session.predicting, done=0, tries=0, hints=0, wrong=None)
    return ask_next(replace(there, predicting=asked))


def ask_next(session: Session) -> Session:
    """Ask the question that is next, with its subject selected."""
    quantity = current(session)[1].quantity
    subject = quantity.parameter or quantity.neuron or session.setup.network.outputs[0]
    return replace(
        session, selected=subject, trail=(), cursor=None, scroll=0, prompt=Prompting(Ask.PREDICTION)
    )


def leave(session: Session) -> Session:
    """Stop asking; what was answered is told, and can be gone on with."""
    asked = session.predicting
    assert asked is not None
    moment, left = session.steps.moment(session.position)
    off = replace(asked, on=False, done=0, tries=0, hints=0, wrong=None)
    there = replace(session, predicting=off, prompt=None, moment=moment, left=left, by_hand=True)
    page = Page.PREDICTIONS if asked.answered else None
    return replace(there, page=page, line=0, trail=(), cursor=None, scroll=0)


def update_prediction(session: Session, prompt: Prompting, message: Message) -> Session | None:
    """The session after a message to the question asked; None if it is about something else."""
    match message:
        case c.Close():
            return leave(session)
        case c.Hint():
            return _hint(session)
        case c.Skip():
            return _ended(session, Outcome.SKIPPED, "")
        case c.Enter():
            return _answer(session, prompt)
    return None


def has_hints(session: Session, question: Question) -> bool:
    """Whether there is a hint to a question, before the answer."""
    asked = session.predicting
    return question.about is About.NUMBER and asked is not None and asked.hints < LAST_HINT


def _hint(session: Session) -> Session:
    asked = session.predicting
    assert asked is not None
    question = current(session)[1]
    if not has_hints(session, question):
        return _ended(session, Outcome.SHOWN, "")
    more = replace(asked, hints=asked.hints + 1, wrong=None)
    return replace(session, predicting=more)


def _answer(session: Session, prompt: Prompting) -> Session:
    asked = session.predicting
    assert asked is not None
    text = prompt.text.strip()
    if not text:
        return _not_understood(session, prompt, "Type an answer first")
    wrong = asked.wrong
    if wrong is not None and text == wrong.typed and not wrong.coarse:
        return _ended(session, Outcome.KEPT, wrong.text)
    question = current(session)[1]
    try:
        if question.about is About.NUMBER:
            return _answer_number(session, question, text)
        return _answer_word(session, question, text)
    except (AnswerError, ExpressionError) as error:
        return _not_understood(session, prompt, str(error))


def _not_understood(session: Session, prompt: Prompting, told: str) -> Session:
    return replace(session, prompt=replace(prompt, error=told, picked=None))


def _answer_number(session: Session, question: Question, text: str) -> Session:
    quantity, moment = question.quantity, question.moment
    given = read_answer(
        text,
        session.setup,
        moment.iteration,
        session.shown_sample,
        session.value_at,
        lambda number: _is_shown(session, number),
    )
    earlier = _earlier(session, moment)
    found = judged(
        session.timeline,
        session.setup,
        earlier,
        (quantity, moment),
        given,
        lambda key: _is_hidden(session, key),
    )
    match found.stands:
        case Stands.RIGHT:
            return _ended(session, _rightly(session), given.text)
        case Stands.FOLLOWS:
            return _ended(session, Outcome.FOLLOWS, given.text)
    return _wrong(session, text, given.text, found)


def _is_shown(session: Session, number: float) -> bool:
    """Whether a number is given exactly so: an input, a target, a parameter as it begins."""
    setup = session.setup
    given = (setup.inputs, setup.targets, session.state.begun[0])
    return number == setup.rule.learning_rate or any(
        bool((array == number).any()) for array in given
    )


def _earlier(session: Session, moment: Moment) -> list[Printed]:
    """The numbers answered in this iteration and the one before."""
    asked = session.predicting
    assert asked is not None
    return [
        Printed(a.question.quantity, a.question.moment, Figure(printed=a.text))
        for a in asked.answered
        if a.text and a.question.about is About.NUMBER
        if moment.iteration - 1 <= a.question.moment.iteration <= moment.iteration
        if a.question.moment <= moment
    ]


def _is_hidden(session: Session, key: Key) -> bool:
    return session.value_at(*key) is None


def _answer_word(session: Session, question: Question, text: str) -> Session:
    """Judge `up` or `down`, or the name of what moves most."""
    if question.about is About.MOST:
        slots = session.setup.network.slots
        if text not in slots:
            raise AnswerError(f'no parameter "{text}"; {did_you_mean(text, slots)}')
        right = text in moves_most(session, question.moment)
    else:
        way = _WAYS.get(text.lower())
        if way is None:
            raise AnswerError("type up or down")
        right = way * truth(session, question) > 0
    if right:
        return _ended(session, _rightly(session), text)
    label = "the wrong parameter" if question.about is About.MOST else "the wrong direction"
    return _wrong(session, text, text, Judged(Stands.WRONG), label)


def _rightly(session: Session) -> Outcome:
    asked = session.predicting
    assert asked is not None
    if asked.hints:
        return Outcome.HINTED
    return Outcome.AGAIN if asked.tries else Outcome.RIGHT


def _wrong(
    session: Session, typed: str, text: str, found: Judged, label: str = "no common mistake"
) -> Session:
    """Keep a wrong answer; `label` is what it is counted as if no slip gives it."""
    asked = session.predicting
    assert asked is not None
    coarse = found.stands is Stands.COARSE
    wrong = Wrong(typed, text[:LONGEST], coarse, tuple(slip.words for slip in found.slips))
    slips = asked.slips if coarse else _counted(asked.slips, found.slips, label)
    more = replace(asked, wrong=wrong, tries=asked.tries + (not coarse), slips=slips)
    prompt = Prompting(Ask.PREDICTION, typed, len(typed), picked=0)
    return replace(session, predicting=more, prompt=prompt)


def _counted(slips: dict[str, int], found: Sequence[Named], label: str) -> dict[str, int]:
    label = found[0].label if found else label
    return {**slips, label: slips.get(label, 0) + 1}


def _ended(session: Session, outcome: Outcome, text: str) -> Session:
    """Go on after a question; after the last one of a step, the step is shown."""
    asked, (found, question) = session.predicting, current(session)
    assert asked is not None
    answered = (*asked.answered, Answered(question, outcome, text[:LONGEST]))[-QUESTIONS:]
    more = replace(asked, answered=answered, done=asked.done + 1, tries=0, hints=0, wrong=None)
    there = replace(session, predicting=more)
    if more.done < len(found.questions):
        return ask_next(there)
    return _to_round(there, found.end)
