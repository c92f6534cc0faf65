"""Making a kept session again from its records; they are checked like a preset, for damage."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from bptui.audit.prepare import prepare
from bptui.preset.errors import PresetError
from bptui.preset.limits import MAX_BYTES
from bptui.preset.read import parse_preset
from bptui.session.encode import VERSION, Record, SessionFileError
from bptui.session.messages import Ask, Page, Panel
from bptui.session.prompts import LONGEST
from bptui.session.session import DIGITS, SPEEDS, TOP, Branch, Opened, Prompting, Session
from bptui.story.address import AddressError, Kind, parse_quantity
from bptui.story.conditions import Condition, ConditionError, parse_condition
from bptui.story.edits import Change, EditError, SetConvention, SetGiven, parse_change
from bptui.story.moment import LARGEST, Moment
from bptui.story.neighbours import is_neuron
from bptui.story.setup import Setup
from bptui.story.steps import Granularity, steps_of
from bptui.story.timeline import Timeline

Tell = Callable[[int, int], None]
"""Is told while iterations are run again: how many are done, of how many."""

_Whole = Annotated[int, Meta(ge=0, le=2**53)]
_Iteration = Annotated[int, Meta(ge=0, le=LARGEST + 1)]
_At = Annotated[int, Meta(ge=0, le=3 * LARGEST)]
_Text = Annotated[str, Meta(max_length=LONGEST)]


class _Head(msgspec.Struct):
    session: int
    text: Annotated[str, Meta(max_length=MAX_BYTES)]
    file: str = "?"
    bptui: str = "?"


class _Prompt(msgspec.Struct):
    ask: str
    text: _Text = ""
    caret: _Whole = 0
    error: str = ""
    picked: _Whole | None = None
    recalled: _Whole = 0


class _State(msgspec.Struct):
    """A state, its types and limits; whatever else a record says is ignored."""

    made: list[tuple[_Whole, dict[str, Any], _At]] = []
    ran: dict[str, tuple[_Iteration, _Iteration, _Iteration]] = {}
    here: _Whole = 0
    other: _Whole | None = None
    undone: list[_Whole] = []
    moment: _At = 0
    left: _Whole = 0
    granularity: Granularity = Granularity.PHASE
    selected: str = ""
    trail: list[tuple[str, _At]] = []
    cursor: Annotated[int, Meta(ge=TOP, le=2**31)] = TOP
    panel: Panel = Panel.DIAGRAM
    second: Panel = Panel.TABLE
    sample: Annotated[int, Meta(ge=1, le=2**31)] = 1
    log: bool = False
    digits: int = 0
    whole: bool = False
    page: Page | None = None
    line: Annotated[int, Meta(ge=0, le=2**31)] = 0
    compared: bool = False
    zoomed: bool = False
    projector: bool = False
    aim: _Iteration = 0
    marks: dict[str, tuple[_Whole, _At]] = {}
    condition: str | None = None
    prompt: _Prompt | None = None
    answers: dict[str, list[_Text]] = {}
    speed: Annotated[int, Meta(ge=0, lt=len(SPEEDS))] = 1
    said: str = ""
    ended: bool = False


@dataclass(frozen=True)
class Summary:
    """What a list says of a kept session."""

    name: str
    """The preset's."""
    file: str
    """Where the preset was read."""
    moment: Moment
    branches: int
    ended: bool
    """Whether its user left it, and nothing else ended it."""

    def __str__(self) -> str:
        at = "at the start" if self.moment.phase is None else f"at {self.moment}"
        return at if self.branches < 2 else f"{at}, {self.branches} branches"


def summary(records: Iterable[Record]) -> Summary:
    """Return what a list says of a session, without making it again.

    Raises:
        SessionFileError: the records are not those of a session.
    """
    head, state = _read(records)
    name = PurePath(head.file).name.removesuffix(".toml")
    return Summary(name, head.file, Moment(state.moment), len(state.made) + 1, state.ended)


def restored(records: Iterable[Record], tell: Tell = lambda done, total: None) -> Session:
    """Return the session that records were made of, with the very same numbers.

    Raises:
        SessionFileError: the records are damaged, or are those of another version.
    """
    head, state = _read(records)
    try:
        setup = prepare(parse_preset(head.text, head.file))
    except PresetError as error:
        raise SessionFileError(f"its preset is not valid: {error}") from None
    branches = _branches(setup, state, tell)
    numbers = [state.here, *state.undone, *(k for k, _ in state.marks.values())]
    if max([*numbers, state.other or 0]) >= len(branches):
        raise SessionFileError("it is damaged: it names a branch that is not there")
    moment, timeline = Moment(state.moment), branches[state.here].timeline
    _run(timeline, moment.iteration, tell)
    here = timeline.setup_at(moment)
    session = Session(
        branches=branches,
        here=state.here,
        other=state.other,
        undone=tuple(state.undone),
        moment=moment,
        left=_left(here, moment, state.left),
        selected=_selected(here, state.selected),
        trail=_trail(timeline, moment, state.trail),
        marks={letter: (k, Moment(at)) for letter, (k, at) in state.marks.items()},
        condition=_condition(state.condition, here, branches),
        prompt=_prompt(state.prompt),
        answers=_answers(state.answers),
        said=_harmless(state.said),
    )
    return _shown(session, state)


def _shown(session: Session, state: _State) -> Session:
    """Return a session shown as it was."""
    return replace(
        session,
        granularity=state.granularity,
        cursor=state.cursor,
        panel=state.panel,
        second=state.second if state.second is not Panel.DIAGRAM else Panel.TABLE,
        sample=state.sample,
        log=state.log,
        digits=state.digits if state.digits in DIGITS else 0,
        whole=state.whole,
        page=state.page,
        line=state.line,
        compared=state.compared and state.other is not None,
        zoomed=state.zoomed,
        projector=state.projector,
        aim=state.aim,
        speed=state.speed,
    )


def _read(records: Iterable[Record]) -> tuple[_Head, _State]:
    """Return the head and the last state that can be told from the records."""
    records = list(records)
    try:
        version = records[0].get("session") if records else None
        if version is not None and version != VERSION:
            made = records[0].get("bptui")
            raise SessionFileError(f"it was kept by another version of bptui: {made}")
        if version is None:
            raise SessionFileError("it is damaged: it does not begin as a session does")
        head = msgspec.convert(records[0], _Head)
        return head, msgspec.convert(_folded(records[1:]), _State)
    except msgspec.ValidationError as error:
        raise SessionFileError(f"it is damaged: {error}") from None


def _folded(records: Iterable[Record]) -> Record:
    """Put records together, as far as none between them is missing."""
    state: Record = {}
    last: object = None
    for line in records:
        number = line.get("n")
        if line.get("all") is True:
            state = dict(line)
        elif isinstance(last, int) and number == last + 1:
            state = _merged(state, line)
        else:  # something before it was lost: not before the next whole one is all known again
            continue
        last = number
    return state


def _merged(state: Record, line: Record) -> Record:
    made, ran = line.get("made", []), line.get("ran", {})
    there, reached = state.get("made", []), state.get("ran", {})
    if not (isinstance(made, list) and isinstance(there, list)):
        raise SessionFileError("it is damaged: its branches are none")
    if not (isinstance(ran, dict) and isinstance(reached, dict)):
        raise SessionFileError("it is damaged: what was run is not told")
    return {**state, **line, "made": [*there, *made], "ran": {**reached, **ran}}


def _branches(setup: Setup, state: _State, tell: Tell) -> tuple[Branch, ...]:
    """Make every edit again, in order, and run what was run."""
    branches = [Branch(Timeline(setup))]
    for parent, written, at in state.made:
        if parent >= len(branches):
            raise SessionFileError("it is damaged: a branch comes from one that is not there")
        moment, timeline = Moment(at), branches[parent].timeline
        _run(timeline, moment.iteration, tell)
        change = _change(written, timeline.setup_at(moment), timeline, moment)
        branches.append(Branch(timeline.edited(moment, change), parent, change, moment))
    for place, branch in enumerate(branches):
        reached, overrun, ran = state.ran.get(str(place), (0, 0, 0))
        # what was only looked through in a search is looked through again when it is asked for
        _run(branch.timeline, max(reached, overrun, min(ran, Moment(state.moment).iteration)), tell)
        branches[place] = Branch(
            branch.timeline, branch.parent, branch.change, branch.moment, reached, overrun
        )
    return tuple(branches)


def _run(timeline: Timeline, last: int, tell: Tell) -> None:
    """Run up to an iteration, in pieces between which it is told how far that is."""
    piece = timeline.pace
    while timeline.ran < last:
        timeline.run(min(timeline.ran + piece, last))
        piece = min(2 * piece, 64 * timeline.pace)
        tell(timeline.ran, last)


def _change(written: Any, setup: Setup, timeline: Timeline, moment: Moment) -> Change:
    """A change, if it can be made in a setup."""
    try:
        change: Change = msgspec.convert(written, Change)
        text = str(change)
        if isinstance(change, SetConvention):
            text = f"{change.name} = {change.value}"
        elif isinstance(change, SetGiven):
            given = change.kind in (Kind.INPUT, Kind.TARGET) and change.sample >= 1
            _ = setup.inputs[change.sample - 1], setup.network.places[change.neuron]
            if given and math.isfinite(change.value):
                return change
        if parse_change(text, setup, timeline.state(moment).batch, 1) == change:
            return change
    except (msgspec.ValidationError, EditError, LookupError):
        pass
    raise SessionFileError("it is damaged: an edit cannot be made in its preset")


def _left(setup: Setup, moment: Moment, left: int) -> int:
    if moment.phase is None:
        return 0
    return left if left < len(steps_of(setup.network).groups[moment.phase]) else 0


def _selected(setup: Setup, name: str) -> str:
    network = setup.network
    known = is_neuron(network, name) or name in network.slots
    return name if known else network.layers[0].neurons[0]


def _trail(timeline: Timeline, now: Moment, trail: list[tuple[str, int]]) -> tuple[Opened, ...]:
    """Return the open cards, up to the first that cannot be."""
    found: list[Opened] = []
    for address, at in trail:
        moment = Moment(at)
        if moment.iteration > now.iteration:
            break
        setup = timeline.setup_at(moment)
        try:
            quantity = parse_quantity(address, setup)
        except AddressError:
            break
        if quantity.sample > len(timeline.state(moment).batch.numbers):
            break
        found.append(Opened(quantity, moment))
    return tuple(found)


def _condition(text: str | None, here: Setup, branches: Iterable[Branch]) -> Condition | None:
    """Return what was searched for last, in the first network that has it."""
    if text is None:
        return None
    for setup in (here, *(b.timeline.setup_at(b.moment) for b in branches)):
        try:
            return parse_condition(text, setup)
        except ConditionError:
            continue
    return None


def _prompt(kept: _Prompt | None) -> Prompting | None:
    if kept is None or kept.ask not in Ask.__members__:
        return None
    text = _harmless(kept.text)
    caret, picked = min(kept.caret, len(text)), kept.picked
    if picked is not None and picked > len(text):
        picked = None
    error = _harmless(kept.error)
    return Prompting(Ask[kept.ask], text, caret, error, False, picked, kept.recalled)


def _answers(kept: Mapping[str, list[str]]) -> dict[Ask, tuple[str, ...]]:
    known = {name: given for name, given in kept.items() if name in Ask.__members__}
    return {Ask[name]: tuple(map(_harmless, given)) for name, given in known.items()}


def _harmless(text: str) -> str:
    """Return a text with nothing in it that a terminal would obey."""
    return "".join(c for c in text if c.isprintable())
