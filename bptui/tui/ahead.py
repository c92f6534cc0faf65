"""Works out what the next step will show while nobody types, so that its key has only to paint it.

That is sound because all that is shown is one frozen value: the very same one and an equal message
have the same answer, and an answer has the same rows. So nothing can be out of date.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from time import monotonic

from bptui.session import messages as c
from bptui.session.effects import Effect
from bptui.session.messages import Message
from bptui.session.session import Session
from bptui.session.update import OF_ITSELF, Shown, update
from bptui.story.landscape import Task
from bptui.story.step_effect import is_cheap
from bptui.tui.drawing import rows_of
from bptui.view.rows import Row
from bptui.view.screen import panels, wanted

_PAUSE = 0.002
"""Seconds without a key after which it begins."""
_TURN = 0.003
"""Seconds of work, or a part that takes longer, between looks at the keys."""
_BREATH = 0.001
"""Seconds in which they come through."""


class Ahead:
    """The answer to the step that was asked for last, as if it came again."""

    def __init__(self, signs: str, compute: Callable[[Task], None]) -> None:
        """Begin with nothing; `compute` is to lead to a message with a task's result."""
        self._signs, self._compute = signs, compute
        self._step: c.Step | None = None
        """What the next key will probably ask for."""
        self._before: tuple[Session, c.Step] | None = None
        self._answer: tuple[Shown, tuple[Effect, ...]] | None = None
        """What a step leads to from what was shown before it."""
        self._drawn: tuple[Sequence[Row], int, int] | None = None
        """The answer's rows, and their size."""
        self._parts: Iterator[object] = iter(())
        """The work that is left."""
        self._turn: asyncio.Handle | None = None
        self._waits_for: Task | None = None
        """What a picture of the answer needs computed before the work goes on."""

    def answer(self, shown: Shown, message: Message) -> tuple[Shown, tuple[Effect, ...]] | None:
        """What `update` returns, if it was worked out; what is still being worked out is left."""
        self._waits_for = None
        if self._turn is not None:
            self._turn.cancel()
        if not isinstance(message, OF_ITSELF):
            self._step = message if isinstance(message, c.Step) else None
        return self._answer if self._before == (shown, message) else None

    def took(self, message: Message) -> bool:
        """Whether a message is for the answer alone; then the work goes on."""
        if not isinstance(message, c.Pictured) or message.task != self._waits_for:
            return False
        assert self._answer is not None
        after, effects = self._answer
        self._answer, self._waits_for = (update(after, message)[0], effects), None
        self._go_on(_BREATH)
        return True

    def rows(self, shown: Shown, width: int, height: int) -> Sequence[Row] | None:
        """What `rows_of` returns, if it was worked out."""
        if self._answer is None or self._drawn is None or self._answer[0] is not shown:
            return None
        rows, *size = self._drawn
        return rows if size == [width, height] else None

    def begin(self, shown: Session, width: int, height: int) -> None:
        """Work in parts until a message comes or all is done; nothing goes on afterwards.

        Where an iteration takes long it would hold up a key, and nothing is done.
        """
        if self._step is None or shown.job is not None or shown.playing:
            return
        if self._before != (shown, self._step) and is_cheap(shown.state):
            self._before, self._answer, self._drawn = (shown, self._step), None, None
            self._parts = self._work(shown, self._step, width, height)
            self._go_on(_PAUSE)

    def _go_on(self, seconds: float) -> None:
        self._turn = asyncio.get_running_loop().call_later(seconds, self._take_turn)

    def _take_turn(self) -> None:
        end = monotonic() + _TURN
        try:
            for _ in self._parts:
                if self._waits_for is not None:
                    return
                if monotonic() > end:
                    self._go_on(_BREATH)
                    return
        except Exception:  # the key will fail, too, and tell
            self._before = None

    def _work(self, shown: Session, step: c.Step, width: int, height: int) -> Iterator[object]:
        self._answer = after, _ = update(shown, step)
        yield after
        while isinstance(after, Session) and after.job is None:
            self._waits_for = wanted(after, width, height)
            if self._waits_for is None:
                yield from panels(after, width, height)
                self._drawn = rows_of(after, width, height, self._signs, _fail), width, height
                return
            self._compute(self._waits_for)
            yield after
            after, _ = self._answer


def _fail(error: Exception) -> str:
    raise error
