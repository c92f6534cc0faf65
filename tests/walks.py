"""Random walks through a session: all that can be done to it, and what must hold after it."""

from __future__ import annotations

import random
from functools import lru_cache

from bptui.session import messages as c
from bptui.session.key import By
from bptui.session.messages import Ask, Message, Page, Panel
from bptui.session.session import Session
from bptui.story.address import Kind, all_quantities
from bptui.story.conditions import history
from bptui.story.edits import SetConvention, SetGiven
from bptui.story.moment import START, Moment
from bptui.story.setup import Setup
from bptui.view.rows import row_cells
from bptui.view.screen import screen
from tests.edits import UNKNOWN, random_change, wrong_at
from tests.replay import Edit, Replay
from tests.sessions import done

FAR = 40
"""About how many iterations walks go."""
SIZES = ((80, 24), (120, 40))


def typed(ask: Ask, text: str) -> list[Message | By]:
    """Return the commands that answer a prompt with a text."""
    return [c.Prompt(ask), c.Caret(1_000_000), c.Erase("all"), c.Type(text), c.Enter()]


def answered(session: Session, ask: Ask, text: str) -> Session:
    """Return a session after a prompt was answered and all that followed is done."""
    return done(session, *typed(ask, text))


def edits_of(session: Session, place: int | None = None) -> tuple[Edit, ...]:
    """Return the edits that made a branch, the first one first."""
    branch = session.branches[session.here if place is None else place]
    if branch.parent is None:
        return ()
    assert branch.change is not None
    return (*edits_of(session, branch.parent), (branch.moment, branch.change))


@lru_cache(maxsize=256)
def replay_of(setup: Setup, edits: tuple[Edit, ...]) -> Replay:
    """Return the second follow of some edits."""
    return Replay(setup, list(edits))


def wrong_in(session: Session) -> list[str]:
    """Return what a session shows that is not so in a fresh run to its moment."""
    replay = replay_of(session.printed_setup, edits_of(session))
    wrong = wrong_at(session.timeline, replay, session.moment)
    count = session.computed_losses
    if session.losses.tolist() != replay.losses(count) and not any(
        loss != loss for loss in replay.losses(count)
    ):
        wrong.append("losses")
    names = {*session.setup.network.places, *session.setup.network.slots}
    if session.selected not in names:
        wrong.append(f"{session.selected} is selected")
    if not session.charted >= count:
        wrong.append("charted")
    if not session.branch.reached >= count:
        wrong.append("reached")
    return wrong


def look(session: Session) -> None:
    """Fail unless both screens can be drawn and have exactly their sizes."""
    for width, height in SIZES:
        rows = screen(session, width, height)
        assert [row_cells(row) for row in rows] == [width] * height


def random_commands(rng: random.Random, session: Session) -> list[Message | By]:
    """Return what is done next: a key or two, or an answer to a prompt."""
    if session.prompt is not None:
        return [c.Close()]
    if session.moment.iteration > FAR:
        return [c.Close(), rng.choice((c.Jump(START), c.Travel(-rng.randint(5, FAR))))]
    kind = rng.random()
    if kind < 0.35:
        return [*[c.Close()] * (session.page is not None), _moving(rng)]
    if kind < 0.5:
        return _asking(rng, session)
    if kind < 0.6:
        return typed(Ask.EDIT, some_edit(rng, session))
    if kind < 0.66:
        return [c.Undo(rng.choice((1, 1, -1, -1, -1)))]
    if kind < 0.72:
        page = rng.choice((Page.BRANCHES, Page.CONVENTIONS))
        moves = [By(rng.choice((-3, -1, 1, 2)))] * rng.randint(0, 3)
        return [c.Toggle(page), *moves, c.Enter(), *[c.Undo(1)] * rng.randint(0, 1), c.Close()]
    return [_looking(rng, session)]


def _moving(rng: random.Random) -> Message | By:
    choices: tuple[Message | By, ...] = (
        *[c.Step(rng.choice((1, 1, 1, -1, -1, 4)))] * 4,
        *[c.Travel(rng.choice((1, -1, 10, -10)))] * 3,
        c.Jump(Moment(rng.randrange(3 * FAR))),
        c.End(),
        c.Jump(START),
        c.Find(rng.choice((1, -1))),
        c.Refine(rng.choice((1, -1))),
        c.Play(),
        c.Tick(),
    )
    return rng.choice(choices)


def _asking(rng: random.Random, session: Session) -> list[Message | By]:
    letter = rng.choice("abc")
    number = rng.randint(1, FAR)
    last = max(1, session.moment.iteration)
    choices: tuple[list[Message | By], ...] = (
        typed(Ask.GO, rng.choice((f"{number}", f"+{number}", f"-{number}", "end", "start"))),
        typed(Ask.GO, f"{number} {rng.choice(('forward', 'backward', 'update'))}"),
        typed(Ask.RUN, f"{rng.randint(1, 30)}"),
        typed(Ask.RUN, f"{rng.randint(1, 30)} until {some_condition(rng, session, last)}"),
        typed(Ask.SEARCH, some_condition(rng, session, last + rng.randint(0, 8))),
        typed(Ask.SEARCH_BACK, some_condition(rng, session, last)),
        [c.Prompt(Ask.MARK), c.Type(letter)],
        [c.Prompt(Ask.RETURN), c.Type(letter)],
    )
    return rng.choice(choices)


def _looking(rng: random.Random, session: Session) -> Message | By:
    network = session.setup.network
    quantities = all_quantities(session.setup)
    choices: tuple[Message | By, ...] = (
        c.Select(rng.choice([*network.places, *network.slots])),
        *[c.Select(str(rng.choice(quantities)))] * 2,
        *[c.Enter()] * 4,
        c.Back(),
        c.View(rng.choice((1, -1))),
        By(rng.choice((-1, 1, 5))),
        *[c.Move(rng.choice((-1, 1, 5)), 0)] * 2,
        c.Move(0, rng.choice((-1, 1))),
        *[c.Show(rng.choice([*Panel, *[Panel.INSPECTOR] * 4]))] * 2,
        c.Sample(1),
        c.Flip("compared"),
        c.Flip("log"),
        c.Flip("whole"),
        c.NextDigits(),
        c.Why(),
        c.Close(),
    )
    return rng.choice(choices)


def some_edit(rng: random.Random, session: Session) -> str:
    """Return an edit as it is typed."""
    change = random_change(rng, session.setup)
    if not isinstance(change, SetGiven):
        return str(change)
    place = rng.randint(1, len(session.state.batch.numbers))
    at = f" @{place}" if session.setup.batch_size > 1 else ""
    return f"{change.kind.name.lower()} {change.neuron}{at} = {change.value}"


def some_condition(rng: random.Random, session: Session, near: int) -> str:
    """Return a condition that comes true about some iteration, or not so far."""
    setup = session.setup
    every = [q for q in all_quantities(setup) if not q.via]
    weights = [q for q in every if q.kind in (Kind.PARAMETER, Kind.DE_DPARAMETER, Kind.LOSS)]
    quantity = rng.choice((rng.choice(weights), rng.choice(every)))
    value = history(session.timeline, quantity, near, near)[0]
    if value != value:
        value = 0.0
    relation = rng.choice(("<", "<=", ">", ">=", "=", "!=", "crosses"))
    text = f"{quantity} {relation} {value:.17g}"
    if relation == "=" or rng.random() < 0.3:
        # seldom true: the search would go on to its limit
        return f"E != {value:.17g}"
    return text if rng.random() < 0.8 else f"|{quantity}| > -1"


def can_be_replayed(session: Session) -> bool:
    """Return whether the replay knows all conventions that a branch has changed."""
    changes = [change for _, change in edits_of(session)]
    return not any(isinstance(ch, SetConvention) and ch.name in UNKNOWN for ch in changes)


def walk(rng: random.Random, session: Session, steps: int, every: int) -> Session:
    """Walk for some steps, checking each, and looking at the whole screen now and then."""
    log: list[str] = []
    for step in range(steps):
        for command in random_commands(rng, session):
            log.append(str(command))
            session = done(session, command)
            assert session.job is None
        if not can_be_replayed(session):
            session = done(session, c.Undo(1))
            continue
        assert wrong_in(session) == [], (step, str(session.moment), log[-30:])
        if step % every == 0:
            look(session)
    return session
