"""Works out what the next step will show while nobody types, so that its key has only to paint it.

That is sound because all that is shown is one frozen value: the very same one and an equal message
have the same answer, and an answer has the same rows. So nothing can be out of date.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from bptui.session import messages as c
from bptui.session.effects import Effect
from bptui.session.messages import Message
from bptui.session.session import Session
from bptui.session.update import OF_ITSELF, Shown, update
from bptui.story.step_effect import is_cheap
from bptui.tui.drawing import rows_of
from bptui.view.rows import Row
from bptui.view.screen import panels

_PAUSE = 0.005
"""Seconds without a key after which it begins."""
_BREATH = 0.001
"""Seconds between two parts, in which keys come through."""


class Ahead:
    """The answer to the step that was asked for last, as if it came again."""

    def __init__(self, signs: str) -> None:
        self._signs = signs
        self._step: c.Step | None = None
        """What the next key will probably ask for."""
        self._before: tuple[Session, c.Step] | None = None
        self._answer: tuple[Shown, tuple[Effect, ...]] | None = None
        """What a step leads to from what was shown before it."""
        self._drawn: tuple[Sequence[Row], int, int] | None = None
        """The answer's rows, and their size."""
        self._turn: asyncio.Handle | None = None

    def answer(self, shown: Shown, message: Message) -> tuple[Shown, tuple[Effect, ...]] | None:
        """What `update` returns, if it was worked out; what is still being worked out is left."""
        if self._turn is not None:
            self._turn.cancel()
        if not isinstance(message, OF_ITSELF):
            self._step = message if isinstance(message, c.Step) else None
        return self._answer if self._before == (shown, message) else None

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
            self._go_on(self._parts(shown, self._step, width, height), _PAUSE)

    def _go_on(self, parts: Iterator[object], seconds: float) -> None:
        self._turn = asyncio.get_running_loop().call_later(seconds, self._work, parts)

    def _work(self, parts: Iterator[object]) -> None:
        try:
            next(parts)
        except StopIteration:
            return
        except Exception:  # the key will fail, too, and tell
            self._before = None
            return
        self._go_on(parts, _BREATH)

    def _parts(self, shown: Session, step: c.Step, width: int, height: int) -> Iterator[object]:
        self._answer = after, _ = update(shown, step)
        yield after
        if isinstance(after, Session) and after.job is None:
            yield from panels(after, width, height)
            self._drawn = rows_of(after, width, height, self._signs, _fail), width, height


def _fail(error: Exception) -> str:
    raise error
