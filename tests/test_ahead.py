"""What is worked out ahead of a key is what the key does, and nothing else is ever shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import repeat

import pytest
from msgspec.structs import replace

from bptui.session import messages as c
from bptui.session.messages import Message
from bptui.session.session import Session
from bptui.session.update import update
from bptui.story.landscape import LossTask, Task
from bptui.tui import ahead as ahead_module
from bptui.tui.ahead import Ahead
from bptui.tui.drawing import rows_of
from tests.sessions import after, session_of, stepped
from tests.waiting import until

SIZE = (120, 40)


def worked(begin: Session, done: Callable[[Ahead], object], step: Message) -> Ahead:
    """Return what works ahead after a step until something is so."""
    ahead = Ahead("all", print)

    async def main() -> None:
        ahead.answer(begin, step)
        ahead.begin(begin, *SIZE)
        await until(lambda: done(ahead))

    asyncio.run(main())
    return ahead


def is_done(ahead: Ahead) -> bool:
    """Whether the rows are there."""
    return ahead._drawn is not None


@pytest.mark.parametrize("name", ["mazur", "xor", "iris"])
@pytest.mark.parametrize("step", [c.Step(1), c.Step(-1)])
def test_the_answer_and_its_rows_are_those_of_the_key(name: str, step: c.Step) -> None:
    for phases in (1, 2, 3):
        begin = stepped(session_of(name), phases)
        ahead = worked(begin, is_done, step)
        found = ahead.answer(begin, c.Step(step.phases))
        assert found is not None
        shown, effects = found
        expected, same = update(begin, step)
        assert effects == same
        assert isinstance(shown, Session)
        assert isinstance(expected, Session)
        assert (shown.moment, shown.selected) == (expected.moment, expected.selected)
        assert ahead.rows(shown, *SIZE) == rows_of(expected, *SIZE, "all")


def test_it_answers_only_that_message_to_the_very_same_session_at_that_size() -> None:
    begin = stepped(session_of("mazur"), 2)
    ahead = worked(begin, is_done, c.Step(1))
    (found, _) = ahead.answer(begin, c.Step(1)) or (None, ())
    assert found is not None
    assert ahead.answer(begin, c.Step(-1)) is None
    assert ahead.answer(begin, c.Said("hello")) is None
    assert ahead.answer(stepped(session_of("mazur"), 2), c.Step(1)) is None
    assert ahead.rows(found, 80, 24) is None
    assert ahead.rows(begin, *SIZE) is None


def test_a_message_stops_it_and_what_is_done_by_then_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ahead_module, "panels", lambda *_: repeat(()))
    begin = stepped(session_of("mazur"), 2)
    ahead = worked(begin, lambda ahead: ahead._answer is not None, c.Step(1))
    found = ahead.answer(begin, c.Step(1))
    assert found is not None
    assert ahead._turn is not None
    assert ahead._turn.cancelled()
    assert ahead.rows(found[0], *SIZE) is None


def test_pictures_of_the_answer_are_computed_and_are_nobody_elses() -> None:
    size, step = (220, 60), c.Step(1)
    begin, tasks = after(stepped(session_of("mazur"), 3), c.Resize(*size)), list[Task]()
    ahead = Ahead("all", tasks.append)

    async def main() -> None:
        ahead.answer(begin, step)
        ahead.begin(begin, *size)
        await until(lambda: tasks)
        assert isinstance(tasks[0], LossTask)
        assert not ahead.took(step)
        assert not ahead.took(c.Pictured(replace(tasks[0], xs=()), ()))
        assert ahead.took(c.Pictured(tasks[0], tasks[0].result()))
        await until(lambda: is_done(ahead))

    asyncio.run(main())
    expected = after(begin, step, c.Pictured(tasks[0], tasks[0].result()))
    shown, effects = ahead.answer(begin, step) or (None, ())
    assert shown is not None
    assert effects == update(begin, step)[1]
    assert ahead.rows(shown, *size) == rows_of(expected, *size, "all")
    assert not ahead.took(c.Pictured(tasks[0], ()))


@pytest.mark.parametrize(
    "before", [c.Move(along=1), c.Resize(80, 24), c.Step(1), c.Travel(1), c.Play()]
)
def test_only_a_step_is_expected_again(before: Message) -> None:
    ahead, begin = Ahead("all", print), after(session_of("mazur"), before)

    async def main() -> None:
        ahead.answer(begin, before)
        ahead.begin(begin, *SIZE)

    asyncio.run(main())
    assert (ahead._turn is not None) == isinstance(before, c.Step)


def test_a_failure_is_left_to_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ahead_module, "rows_of", broken)
    begin = stepped(session_of("mazur"), 2)
    ahead = worked(begin, lambda ahead: ahead._before is None, c.Step(1))
    assert ahead.answer(begin, c.Step(1)) is None
