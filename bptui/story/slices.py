"""Long work in slices, so that other work gets its turn in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bptui.story.timeline import Timeline

Clock = Callable[[], float]
Tell = Callable[[int, int], None]
"""Told how many iterations are done, of how many."""
SLICE = 0.05
"""Roughly the seconds between calls of `tell`."""


class Slices:
    """How many iterations to do next: as many as take about some seconds."""

    def __init__(self, first: int, seconds: float, least: int = 1) -> None:
        """Begin with `first` iterations; never do fewer than `least`, however long they take."""
        self.size, self.worked = first, 0.0
        self._seconds, self._least = seconds, least

    def turn(self, clock: Clock, seconds: float = float("inf")) -> Iterator[int]:
        """Yield the sizes of slices, one after the other, for some seconds."""
        end = clock() + seconds
        while (begun := clock()) < end:
            yield self.size
            self.took(clock() - begun)

    def took(self, seconds: float) -> None:
        self.worked += seconds
        if seconds < self._seconds / 2:
            self.size *= 2
        elif seconds > self._seconds:
            self.size = max(min(self.size, self._least), self.size // 2)


def run_to(timeline: Timeline, last: int, tell: Tell, clock: Clock) -> None:
    """Run a timeline up to an iteration, if that was not done before."""
    if timeline.ran < last:
        for size in Slices(timeline.pace, SLICE).turn(clock):
            timeline.run(min(timeline.ran + size, last))
            tell(timeline.ran, last)
            if timeline.ran >= last:
                return
