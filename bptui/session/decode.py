"""Rebuilding a kept session from its records, which are checked for damage like a preset.

Types and limits are those of the session's parts. The edits are repeated one by one, and what was
run is run again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import takewhile
from pathlib import PurePath
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from bptui.audit.prepare import prepare
from bptui.preset.errors import PresetError
from bptui.preset.limits import MAX_BYTES
from bptui.preset.read import parse_preset
from bptui.session.encode import VERSION, Kept, Record, SessionFileError
from bptui.session.jobs import spelled
from bptui.session.messages import Ask, Panel
from bptui.session.parts import DIGITS, Lasting, Opened, Predicting, Prompting, Question
from bptui.session.predict import can_ask
from bptui.session.session import Session
from bptui.story.address import AddressError, parse_quantity
from bptui.story.edits import Change, EditError, SetGiven, parse_change
from bptui.story.moment import LARGEST, Moment
from bptui.story.neighbours import is_neuron
from bptui.story.setup import Setup
from bptui.story.slices import Clock, Tell, run_to
from bptui.story.steps import steps_of
from bptui.story.timeline import Timeline

_Run = Callable[[Timeline, int], None]


class _Head(Struct):
    session: int
    text: Annotated[str, Meta(max_length=MAX_BYTES)]
    file: str = "?"
    table: Annotated[str, Meta(max_length=MAX_BYTES)] | None = None
    """The CSV file of its [data]."""
    bptui: str = "?"


class Summary(Struct, frozen=True):
    """What a list says of a kept session."""

    name: str
    """The preset's."""
    file: str
    """The preset's file."""
    moment: Moment
    branches: int
    ended: bool
    """Whether the user quit, as opposed to a crash or a signal."""

    def __str__(self) -> str:
        at = f"at {spelled(self.moment)}"
        return at if self.branches < 2 else f"{at}, {self.branches} branches"


def summary(records: Iterable[Record]) -> Summary:
    """What a list says of a session, without rebuilding it.

    Raises:
        SessionFileError: the records are damaged or come from another version.
    """
    head, kept = _read(records)
    name = PurePath(head.file).name.removesuffix(".toml")
    return Summary(name, head.file, kept.moment, len(kept.branches), kept.ended)


def restored(
    records: Iterable[Record],
    tell: Tell = lambda done, total: None,
    clock: Clock = lambda: 0.0,
) -> Session:
    """Rebuild a session from its records, with the same numbers to the last bit.

    Raises:
        SessionFileError: the records are damaged or come from another version.
    """
    head, kept = _read(records)
    try:
        setup = prepare(parse_preset(head.text, head.file, head.table))
    except PresetError as error:
        raise SessionFileError(f"its preset is invalid: {error}") from None
    except UnicodeError:
        raise SessionFileError("it is damaged: its preset is not text") from None
    run = partial(run_to, tell=tell, clock=clock)
    timelines = timelines_of(setup, kept, run)
    run(timelines[kept.here], kept.moment.iteration)
    lasting = {name: getattr(kept, name) for name in Lasting.__struct_fields__}
    return repaired(Session(timelines=timelines, **lasting))


def _read(records: Iterable[Record]) -> tuple[_Head, Kept]:
    """The head and the last state that the records tell."""
    records = list(records)
    version = records[0].get("session") if records else None
    if isinstance(version, int) and version < VERSION:
        raise SessionFileError("it comes from an older version of bptui")
    if version is not None and version != VERSION:
        made = records[0].get("bptui")
        raise SessionFileError(f"it comes from another version of bptui ({made})")
    if version is None:
        raise SessionFileError("it is damaged: the first line is not that of a session")
    try:
        head = msgspec.convert(records[0], _Head)
        kept = msgspec.convert(_harmless(_folded(records[1:])), Kept)
    except (msgspec.ValidationError, ValueError, TypeError, RecursionError) as error:
        raise SessionFileError(f"it is damaged: {_harmless(str(error))}") from None
    _check(kept)
    return head, kept


def _folded(records: Iterable[Record]) -> Record:
    """Combine records up to the first gap, and from the next whole one on."""
    state: Record = {}
    last: object = None
    for line in records:
        number = line.get("n")
        change = {key: value for key, value in line.items() if key not in ("n", "all")}
        if line.get("all") is True:
            state = change
        elif isinstance(last, int) and number == last + 1:
            state |= change
        else:  # something before it was lost: wait for the next whole one
            continue
        last = number
    return state


def _check(kept: Kept) -> None:
    """Refuse a state that refers to something impossible."""
    marks = kept.marks.values()
    places = [kept.here, kept.other or 0, *kept.undone, *(k for k, _ in marks)]
    moments = [kept.moment, *(moment for _, moment in marks)]
    moments += [opened.moment for opened in kept.trail]
    moments += [branch.moment for branch in kept.branches]
    moments += [a.question.moment for a in (kept.predicting or Predicting()).answered]
    if max(places) >= len(kept.branches):
        raise SessionFileError("it is damaged: it names a missing branch")
    if not all(0 <= moment.at <= 3 * LARGEST for moment in moments):
        raise SessionFileError("it is damaged: it names an impossible moment")
    first, *others = kept.branches
    sound = first.parent is None and first.change is None
    for place, branch in enumerate(others, 1):
        parent, change = branch.parent, branch.change
        sound = sound and parent is not None and parent < place and change is not None
    if not sound:
        raise SessionFileError("it is damaged: a branch has no parent")


# running again


def timelines_of(setup: Setup, kept: Kept, run: _Run) -> tuple[Timeline, ...]:
    """Repeat every edit in order, and run what was run."""
    timelines = [Timeline(setup)]
    branches, here = kept.branches, kept.moment.iteration
    for branch in branches[1:]:
        assert branch.parent is not None  # `_check` has seen to it
        assert branch.change is not None
        timeline = timelines[branch.parent]
        run(timeline, branch.moment.iteration)
        _check_change(branch.change, timeline, branch.moment)
        timelines.append(timeline.edited(branch.moment, branch.change))
    ran = (*kept.ran, *[0] * len(branches))
    for timeline, branch, far in zip(timelines, branches, ran, strict=False):
        # what only a search went through is run again when needed
        run(timeline, max(branch.reached, branch.overrun, min(far, here)))
    return tuple(timelines)


def _check_change(change: Change, timeline: Timeline, moment: Moment) -> None:
    """Refuse a change that could not have been typed at its moment."""
    setup, batch = timeline.setup_at(moment), timeline.state(moment).batch
    text = str(change)
    if isinstance(change, SetGiven) and change.sample in batch.numbers:
        at = f" @{batch.numbers.index(change.sample) + 1}" if setup.batch_size > 1 else ""
        text = f"{change.kind.name.lower()} {change.neuron}{at} = {change.value!r}"
    try:
        if parse_change(text, setup, batch, 1) == change:
            return
    except EditError:
        pass
    raise SessionFileError("it is damaged: one of its edits does not fit its preset")


# minor damage is repaired


def repaired(session: Session) -> Session:
    """Put right what refers to nothing, and move every cursor to something that exists."""
    network, phase = session.setup.network, session.moment.phase
    groups = 0 if phase is None else steps_of(network).counts[phase]
    known = is_neuron(network, session.selected) or session.selected in network.slots
    marks = session.marks.items()
    session = replace(
        session,
        left=session.left if session.left < groups + session.predicts else 0,
        marks={letter: to for letter, to in marks if len(letter) == 1 and letter.isalnum()},
        second=Panel.INSPECTOR if session.second is Panel.DIAGRAM else session.second,
        digits=session.digits if session.digits in DIGITS else 0,
        digits_before=session.digits_before if session.digits_before in DIGITS else 0,
        compared=session.compared and session.other is not None,
        selected=session.selected if known else network.layers[0].neurons[0],
        trail=tuple(takewhile(partial(_can_open, session), session.trail)),
        prompt=session.prompt and _repaired_prompt(session.prompt),
    )
    session = _repaired_predicting(session)
    cursor, entries = session.cursor, len(session.parts) + len(session.others)
    return replace(
        session,
        cursor=cursor if cursor is None or cursor < entries else None,
        aim=session.aim if session.aim <= session.charted else 0,
    )


def _repaired_predicting(session: Session) -> Session:
    """Forget answers about what is not there, and go on asking only where there is a question."""
    asked, prompt = session.predicting, session.prompt
    if asked is not None:
        answered = tuple(a for a in asked.answered if _can_ask_again(session, a.question))
        whole = len(answered) == len(asked.answered)
        asked = replace(asked, answered=answered, on=asked.on and whole)
        session = replace(session, predicting=asked)
    asking = prompt is not None and prompt.ask is Ask.PREDICTION
    if session.predicts and asking and can_ask(session):
        return replace(session, page=None)
    moment, left = session.steps.moment(session.position)
    if asked is not None:
        asked = replace(asked, on=False, done=0)
    prompt = None if asking else prompt
    return replace(session, predicting=asked, prompt=prompt, moment=moment, left=left)


def _can_ask_again(session: Session, question: Question) -> bool:
    ran = max(timeline.ran for timeline in session.timelines)
    if not 1 <= question.moment.iteration <= max(ran, session.moment.iteration):
        return False
    try:
        same = parse_quantity(str(question.quantity), session.setup) == question.quantity
    except AddressError:
        return False
    known = question.quantity.form.set_in
    return same and known is not None and question.moment.phase is known


def _can_open(session: Session, card: Opened) -> bool:
    if card.moment.iteration > session.moment.iteration:
        return False
    try:
        setup = session.timeline.setup_at(card.moment)
        same = parse_quantity(str(card.quantity), setup) == card.quantity
    except AddressError:
        return False
    return same and card.quantity.sample <= len(session.timeline.state(card.moment).batch.numbers)


def _repaired_prompt(prompt: Prompting) -> Prompting:
    length = len(prompt.text)
    picked = prompt.picked if prompt.picked is not None and prompt.picked <= length else None
    # overwriting takes two enters in the same run
    return replace(prompt, caret=min(prompt.caret, length), sure=False, picked=picked)


def _harmless(value: Any) -> Any:
    """Drop every character that a terminal would obey from all text in JSON data."""
    match value:
        case str():
            return "".join(c for c in value if c.isprintable())
        case dict():
            return {_harmless(key): _harmless(item) for key, item in value.items()}
        case list() | tuple():
            return [_harmless(item) for item in value]
    return value
