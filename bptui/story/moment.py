"""Moments: (iteration, phase), totally ordered, counted from iteration 1 after the start."""

from __future__ import annotations

import enum
from typing import NamedTuple


class Phase(enum.IntEnum):
    FORWARD = 0
    BACKWARD = 1
    UPDATE = 2

    @property
    def label(self) -> str:
        """Its name on screen, in JSON and in presets."""
        return self.name.lower()


_IN_ORDER = tuple(Phase)


class Moment(NamedTuple):
    """A place in the story. `at` 0 is the start, 1 the forward phase of iteration 1, and so on."""

    at: int

    @classmethod
    def of(cls, iteration: int, phase: Phase) -> Moment:
        """The moment at which a phase of an iteration (from 1) has been computed."""
        return cls(3 * (iteration - 1) + phase + 1)

    @property
    def phase(self) -> Phase | None:
        """The phase just computed; None at the start."""
        return _IN_ORDER[(self.at - 1) % 3] if self.at else None

    @property
    def iteration(self) -> int:
        """The iteration it belongs to; 1 at the start, whose next phase is that of iteration 1."""
        return (self.at - 1) // 3 + 1 if self.at else 1

    def plus(self, steps: int) -> Moment:
        """The moment some phases on or back, the start at the earliest."""
        return Moment(max(0, self.at + steps))

    def __str__(self) -> str:
        return "start" if self.phase is None else f"{self.iteration} {self.phase.label}"


START = Moment(0)

_PHASES = {phase.label: phase for phase in Phase}
LAST = 1_000_000_000
"""The last iteration that can be named."""
LARGEST = 10_000_000
"""The last iteration that one can go to."""


class MomentError(ValueError):
    """A text that names no moment; the message says what would be right."""


def parse_moment(text: str, phase: Phase | None = None) -> Moment:
    """The moment that a text names: `start`, `1 forward`, `10000 update`.

    With a phase, a number alone names that phase of an iteration, and 0 the start.

    Raises:
        MomentError: it names none.
    """
    number = text.strip().replace(",", "").replace("_", "")
    if phase is not None and number.isascii() and number.isdigit():
        return Moment.of(int(number[:12]), phase) if int(number[:12]) else START
    match text.split():
        case ["start"]:
            return START
        case [number, name] if name in _PHASES:
            if number.isascii() and number.isdigit() and 1 <= int(number[:12]) <= LAST:
                return Moment.of(int(number[:12]), _PHASES[name])
            raise MomentError(f'no iteration "{number}"; iterations are counted from 1')
        case [_, name]:
            raise MomentError(f'no phase "{name}"; the phases are {", ".join(_PHASES)}')
    raise MomentError(f'"{text}" is not a moment; moments look like "1 backward", or "start"')
