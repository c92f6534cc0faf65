"""The one line of text that can be typed: where to go, what to find, what if, under what name."""

from __future__ import annotations

from msgspec.structs import replace

from bptui.audit.answers import AnswerError
from bptui.session import jobs as travel
from bptui.session import messages as c
from bptui.session.branches import edit, subject_of_edit
from bptui.session.keys import key_for
from bptui.session.messages import Ask, Message
from bptui.session.parts import LONGEST, Prompting
from bptui.session.predict import begin, first_choice, next_choice
from bptui.session.selecting import pointed_at
from bptui.session.session import Session
from bptui.story.conditions import Condition, ConditionError, parse_condition
from bptui.story.edits import EditError, is_idle, parse_change
from bptui.story.moment import Moment, MomentError, Phase, parse_moment

_MARKS = 100
"""Marks that are kept, the newest."""
_KEPT = 50
"""Answers of each kind that can be recalled."""


def ask(session: Session, what: Ask, text: str = "") -> Session:
    """Open a prompt, filled with a text or else with the likeliest answer."""
    if what is Ask.PREDICTION:
        return begin(session, first_choice(session))
    if what is Ask.RETURN and not session.marks:
        sets = key_for(session.preferences, "mark")
        return replace(session, said=f"No mark yet; {sets} and a letter sets one")
    if what is Ask.EDIT:
        text = text or subject_of_edit(session)
    elif what is Ask.SAVE:
        text = f"{session.setup.preset.name}-{travel.completed(session.moment) + 1}.toml"
    elif what is Ask.SCREEN:
        text = f"{session.setup.preset.name}-{str(session.moment).replace(' ', '-')}.svg"
    elif what is Ask.COPY:
        text = str(pointed_at(session)[0])[:LONGEST]
    prompt = edit_prompt(text) if what is Ask.EDIT else Prompting(what, text, len(text))
    if what is Ask.QUESTIONS:
        text = first_choice(session)
        prompt = Prompting(what, text, len(text), picked=0)
    return replace(session, prompt=prompt, page=None, line=0, playing=False, said="")


def edit_prompt(text: str) -> Prompting:
    """A prompt for an edit; typing replaces the value after the equals sign."""
    return Prompting(Ask.EDIT, text, len(text), picked=text.index("=") + 2)


def update_prompt(session: Session, prompt: Prompting, command: Message) -> Session:
    match command:
        case c.Type(text) if prompt.ask in (Ask.MARK, Ask.RETURN):
            return _mark(session, prompt.ask, text)
        case c.Type() | c.Erase() | c.Caret() | c.Enter() if prompt.ask is Ask.COPY:
            return session
        case c.Close():
            return replace(session, prompt=None)
        case c.Enter():
            return _answer(session, prompt)
        case c.Type() | c.Erase() | c.Caret():
            line = 0 if prompt.ask is Ask.COMMAND else session.line
            return replace(session, prompt=edited(prompt, command), line=line)
        case c.Recall(answers) if prompt.ask is Ask.QUESTIONS:
            return replace(session, prompt=next_choice(session, prompt, answers))
        case c.Recall(answers):
            return replace(session, prompt=_recalled(session, prompt, answers))
        case c.Meaningless(told):
            return replace(session, prompt=replace(prompt, error=told))
        case c.Scroll(by, last) if prompt.ask is Ask.COMMAND:
            return replace(session, line=min(max(session.line + by, 0), max(last, 0)))
        case _:
            return session


def edited(prompt: Prompting, command: c.Type | c.Erase | c.Caret) -> Prompting:
    """The prompt after a key that edits its text."""
    text, caret, picked = prompt.text, prompt.caret, prompt.picked
    match command:
        case c.Caret(characters):
            caret = min(max(caret + characters, 0), len(text))
            return replace(prompt, caret=caret, picked=None)
        case c.Type(typed):
            typed = "".join(char for char in typed if char.isprintable())
            if picked is not None:
                text, caret = text[:picked], picked
            text = (text[:caret] + typed + text[caret:])[:LONGEST]
            caret = min(caret + len(typed), len(text))
            if prompt.ask is Ask.EDIT and text.count("=") > 1:
                text, caret = _last_assignment(text, caret)
        case c.Erase("all"):
            text, caret = text[caret:], 0
        case c.Erase("after"):
            text = text[:caret] + text[caret + 1 :]
        case c.Erase() if picked is not None:
            text, caret = text[:picked], picked
        case c.Erase():
            text, caret = text[: max(caret - 1, 0)] + text[caret:], max(caret - 1, 0)
    return Prompting(prompt.ask, text, caret)


def _last_assignment(text: str, caret: int) -> tuple[str, int]:
    """`b1 = ` for `w3 = b1 = `: the user named another quantity than the one offered."""
    kept = text[text.index("=") + 1 :].lstrip()
    return kept, max(0, caret - (len(text) - len(kept)))


def _recalled(session: Session, prompt: Prompting, answers: int) -> Prompting:
    given = session.answers.get(prompt.ask, ())
    back = min(max(prompt.recalled - answers, 0), len(given))
    if back == prompt.recalled:
        return prompt
    text = given[-back] if back else ""
    return Prompting(prompt.ask, text, len(text), recalled=back)


def _mark(session: Session, what: Ask, letter: str) -> Session:
    closed = replace(session, prompt=None)
    if not letter.isalnum() or len(letter) != 1:
        return replace(closed, said=f'"{letter}" is not a letter; marks are a to z')
    if what is Ask.MARK:
        marks = {**session.marks, letter: (session.here, session.moment)}
        marks = dict([*marks.items()][-_MARKS:])
        returns = key_for(session.preferences, "back_to_mark")
        returns += " " * (len(returns) > 1)
        said = f"Marked as {letter} ({returns}{letter} to return)"
        return replace(closed, marks=marks, said=said)
    if letter not in session.marks:
        there = ", ".join(sorted(session.marks))
        return replace(closed, said=f"No mark {letter}; marks: {there}")
    branch, moment = session.marks[letter]
    if branch != session.here:
        closed = replace(closed, here=branch, other=session.here, undone=())
    return travel.arrive(closed, moment)


def _answer(session: Session, prompt: Prompting) -> Session:
    text = prompt.text.strip()
    given = session.answers.get(prompt.ask, ())
    if not text and given and prompt.ask in (Ask.SEARCH, Ask.SEARCH_BACK, Ask.RUN):
        text = given[-1]
    if not text:
        return replace(session, prompt=None)
    others = tuple(answer for answer in given if answer != text)
    answers = {**session.answers, prompt.ask: (*others, text)[-_KEPT:]}
    closed = replace(session, prompt=None, answers=answers)
    try:
        return _follow(closed, prompt.ask, text)
    except (AnswerError, ConditionError, EditError, MomentError) as error:
        return replace(session, prompt=replace(prompt, error=str(error), picked=None))


def _follow(session: Session, what: Ask, text: str) -> Session:
    match what:
        case Ask.GO:
            return travel.go(session, parse_place(session, text))
        case Ask.RUN:
            return travel.run(session, *_parse_run(session, text))
        case Ask.EDIT:
            return _edit(session, text)
        case Ask.QUESTIONS:
            return begin(session, text)
        case Ask.SEARCH | Ask.SEARCH_BACK:
            condition = parse_condition(text, session.setup)
            return travel.search(session, condition, forwards=what is Ask.SEARCH)
        case _:
            return session


def _edit(session: Session, text: str) -> Session:
    sample = session.shown_sample
    change = parse_change(text, session.setup, session.state.batch, sample)
    if is_idle(session.setup, session.state.now, change):
        return replace(session, said=f"No change: {change} already")
    return edit(session, change)


def parse_place(session: Session, text: str) -> Moment:
    """The moment that an answer names: `120`, `+50`, `10 backward`, `epoch 3`, `start`, `end`.

    Raises:
        AnswerError, MomentError: it means none.
    """
    if text == "end":
        return travel.end(session)
    if text.startswith("epoch "):
        return _epoch(session, text.removeprefix("epoch ").strip())
    digits = text.lstrip("+-").replace(",", "").replace("_", "")
    if text[0] in "+-" and digits.isascii() and digits.isdigit():
        number = int(digits[:12])
        return session.moment.plus(3 * (number if text[0] == "+" else -number))
    phase = session.moment.phase
    return parse_moment(text, Phase.UPDATE if phase is None else phase)


def _epoch(session: Session, text: str) -> Moment:
    """The first iteration of an epoch, in this phase."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    first, phase = session.setup.first_of_epoch(number), session.moment.phase
    if number < 1 or first < 1:
        now = session.setup.epoch(session.moment.iteration)
        raise AnswerError(f'no epoch "{text}" begins here; this is epoch {now}')
    return Moment.of(first, Phase.UPDATE if phase is None else phase)


def _parse_run(session: Session, text: str) -> tuple[int, Condition | None]:
    """How many iterations, and until when: `1000`, `E < 0.01`, or both."""
    count, until, condition = text.partition("until ")
    if not until and not (text[0].isdigit() and text.replace(",", "").replace("_", "").isdigit()):
        count, condition = "", text
    count = count.strip().replace(",", "").replace("_", "")
    if count and not (count.isascii() and count.isdigit() and int(count[:12]) > 0):
        raise AnswerError(f'"{count}" is not a number of iterations; try 1000 until E < 0.01')
    number = int(count[:12]) if count else travel.LIMIT
    return number, parse_condition(condition, session.setup) if condition else None
