"""How long a learner takes over answers; a break does not count."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from bptui.session.messages import Message
from bptui.session.predict import spent
from bptui.session.session import Session
from bptui.session.update import OF_ITSELF, Shown

BREAK = 120.0
"""Seconds between two keys, of which no more count."""


class Stopwatch:
    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now, self._last = now, now()

    def counted(self, shown: Shown, message: Message) -> Shown:
        """What is shown, with the time since the last key added if numbers are asked for."""
        if isinstance(message, OF_ITSELF):
            return shown
        before, self._last = self._last, self._now()
        if not (isinstance(shown, Session) and shown.predicts):
            return shown
        return spent(shown, min(self._last - before, BREAK))
