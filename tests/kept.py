"""Kept sessions for tests: walks through one, the whole of it, and whether two are the same."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

from msgspec.structs import replace

from bptui.session import messages as c
from bptui.session.encode import (
    Record,
    head_of,
    record,
    state_of,
)
from bptui.session.key import By
from bptui.session.messages import Ask, Message, Page, Panel
from bptui.session.session import Session
from bptui.story.moment import START
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.sessions import done

EDITS = ("w5 = 0.6", "eta = 0.1", "input i1 = 0.3", "update = sequential", "b2 = trainable")
EDITS_XOR = ("w_a_h1 = 1e-3", "target y @2 = 0.5", "batch = 2", "batch = online", "biases = own")
ANSWERS = {
    Ask.GO: ("3", "+2", "end", "2 backward", "70", "nonsense"),
    Ask.SEARCH: ("E < 0.28", "E changes", "|E| > 5"),
    Ask.SEARCH_BACK: ("E changes",),
    Ask.RUN: ("5", "90", "20 until E < 0.2"),
    Ask.EDIT: (*EDITS, *EDITS_XOR),
}
SIMPLE: tuple[Message | By, ...] = (
    *[c.Step(1)] * 6,
    *[c.Step(-1)] * 2,
    c.Travel(1),
    c.Travel(-1),
    c.End(),
    c.Find(1),
    c.Find(-1),
    c.Jump(START),
    c.Faster(1),
    c.Undo(1),
    c.Undo(-1),
    c.Flip("compared"),
    c.Refine(1),
    c.Refine(-1),
    c.Turn(1),
    c.Turn(-1),
    c.Show(Panel.INSPECTOR),
    c.Show(Panel.CHART),
    *[c.Enter()] * 3,
    c.Back(),
    c.View(1),
    c.Why(),
    c.Sample(1),
    c.Flip("log"),
    c.Flip("whole"),
    c.NextDigits(),
    c.Toggle(Page.HELP),
    c.Toggle(Page.BRANCHES),
    c.Toggle(Page.CONVENTIONS),
    c.Toggle(Page.CHECK),
    c.Close(),
    c.Close(),
    *[By(1)] * 3,
    By(-1),
    c.Move(towards=1),
    c.Move(towards=-1),
    c.Prompt(Ask.GO),
    c.Type("12"),
    c.Erase("before"),
    c.Caret(-1),
    c.Recall(-1),
)


def walk(session: Session, seed: int, keys: int) -> Iterator[Session]:
    """Yield what random keys make of a session, one after the other."""
    dice = random.Random(seed)
    for _ in range(keys):
        commands: tuple[Message | By, ...] = (dice.choice(SIMPLE),)
        if dice.random() < 0.3:
            what = dice.choice(list(ANSWERS))
            text = c.Type(dice.choice(ANSWERS[what]))
            commands = (c.Close(), c.Prompt(what), c.Erase("all"), text, c.Enter())
        elif dice.random() < 0.1:
            letter = c.Type(dice.choice("ab"))
            commands = (c.Close(), c.Prompt(dice.choice((Ask.MARK, Ask.RETURN))), letter)
        for command in commands:
            session = done(session, command)
        yield session


def whole(session: Session) -> list[Record]:
    """Return a session as it is kept when it is kept for the first time."""
    line = record(state_of(session), None, 1)
    assert line is not None
    return json.loads(json.dumps([head_of(session), line]))  # type: ignore[no-any-return]


def unran(state: Record) -> Record:
    """Return a state without what was run ahead of what is shown, and written late."""
    return state | {"ran": []}


def assert_same(a: Session, b: Session) -> None:
    """Assert that two sessions show the same, to the last bit."""
    a, b = (
        replace(s, audit=None, size=(80, 24), prompt=s.prompt and replace(s.prompt, sure=False))
        for s in (a, b)
    )
    assert unran(state_of(a)) == unran(state_of(b))
    assert (a.moment, a.position) == (b.moment, b.position)
    assert {q: repr(v) for q, v in a.values.all().items()} == {
        q: repr(v) for q, v in b.values.all().items()
    }
    for size in ((80, 24), (120, 40)):
        assert to_text(screen(a, *size)) == to_text(screen(b, *size))
