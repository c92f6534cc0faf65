"""Long work in slices, so that other work gets its turn in between."""

from __future__ import annotations


class Slices:
    """How many iterations to do next, so that they take about a given time.

    The caller does them and says how long they took; this class reads no clock.
    """

    def __init__(self, first: int, seconds: float, least: int = 1) -> None:
        """Begin with so many iterations, and later do at least some, however long they take."""
        self.size = first
        self._seconds, self._least = seconds, least

    def took(self, seconds: float) -> None:
        if seconds < self._seconds / 2:
            self.size *= 2
        elif seconds > self._seconds:
            self.size = max(min(self.size, self._least), self.size // 2)
