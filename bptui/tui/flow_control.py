"""A driver for a terminal at the far end of a line, where what was sent may wait unseen.

Over SSH the kernel takes every frame at once; on a thin line they queue up in the buffers behind
it, and the screen comes to be many seconds late. So the terminal itself is asked: after a frame
it is to say that it is well (DSR 5), which every terminal can, and by then it has got the frame.
For POSIX only: import this module where there is `termios`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from textual import events
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.keys import Keys

from bptui.tui.diff_driver import DiffDriver

_QUESTION, _ANSWER = "\x1b[5n", "\x1b[0n"
_SLACK, _SHARE = 0.25, 1.5
"""An answer is late that takes so many seconds more than the quickest, and half as long again."""
_LOST = 5.0
"""Seconds after which an answer is not waited for any more."""
_SHORTLY = 1.0
"""Seconds to wait for answers before leaving, where they may not come or there is a hurry."""


class Receipts:
    """What the terminal was asked and has yet to answer; nothing waits before it answered once.

    As many frames may be under way as have shown to be no slower than one: at first one, twice as
    many with an answer that comes soon while they are all used, and half as many after a late one;
    from then on they grow by one.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asked: deque[float] = deque()
        self._allowed = 0  # the first answer, before there are frames, makes it one
        self._was_late = False
        self._quickest: float | None = None
        """How long the line alone takes; None before the first answer."""

    @property
    def known(self) -> bool:
        """Whether this terminal answers."""
        return self._quickest is not None

    @property
    def pending(self) -> bool:
        """Whether an answer may still come."""
        return self._age() is not None

    @property
    def behind(self) -> bool:
        """Whether more had better wait."""
        age = self._age()
        if age is None or self._quickest is None:
            return False
        return len(self._asked) >= self._allowed or age > self._quickest * _SHARE + _SLACK

    def question(self) -> str:
        """Return what to ask; nothing while it is open whether this terminal answers at all."""
        if self._asked and not self.known:
            return ""
        self._asked.append(self._clock())
        return _QUESTION

    def answer(self) -> None:
        """Take note of an answer, in any thread."""
        if not self._asked:
            return
        all_used = len(self._asked) >= self._allowed
        took = self._clock() - self._asked.popleft()
        self._quickest = took if self._quickest is None else min(took, self._quickest)
        if took > self._quickest * _SHARE + _SLACK:
            self._allowed, self._was_late = max(1, self._allowed // 2), True
        elif all_used:
            self._allowed += 1 if self._was_late else max(1, self._allowed)

    def forget(self) -> None:
        """Wait for no answer, and begin anew."""
        self._asked.clear()
        self._allowed = 0

    def _age(self) -> float | None:
        """Return how long the oldest question has been open, None if none is."""
        asked = list(self._asked)  # another thread takes from it
        age = self._clock() - asked[0] if asked else _LOST
        if age < _LOST:
            return age
        if self.known:
            self._asked.clear()
        return None


class _Parser(XTermParser):
    """Textual's, that takes the terminal's answers for no keys."""

    def __init__(self, answer: Callable[[], None], *, debug: bool) -> None:
        super().__init__(debug)
        self._answer = answer

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[events.Key]:
        if sequence != _ANSWER:
            return super()._sequence_to_key_events(sequence, alt)
        self._answer()
        return (events.Key(Keys.Ignore, sequence),)


class FlowControlDriver(DiffDriver):
    """The driver that sends what changed, and no more than the line keeps up with."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._receipts = Receipts()

    @property
    def backlog(self) -> bool:
        """Whether the terminal has yet to show output."""
        return super().backlog or self._receipts.behind

    def _filtered(self, data: str) -> str:
        """Return what has to be sent, and behind a frame the question whether it has arrived."""
        sent = super()._filtered(data)
        if sent and data.endswith("H"):  # Textual places the cursor after a frame
            sent += self._receipts.question()
        return sent

    def start_application_mode(self) -> None:
        """Take the terminal, and see how long the line takes before there is much on it."""
        super().start_application_mode()
        self._receipts.forget()
        if self._active:
            self.write(self._receipts.question())

    def stop_application_mode(self) -> None:
        """Give the terminal back once it has answered: the shell would take that for keys."""
        patient = self._receipts.known and not self.leaving
        end = time.monotonic() + (_LOST if patient else _SHORTLY)
        while self._active and not self.gone and self._receipts.pending and time.monotonic() < end:
            time.sleep(0.01)
        super().stop_application_mode()

    def _new_parser(self) -> XTermParser:
        return _Parser(self._receipts.answer, debug=self._debug)
