"""What checking a preset's figures would take, so that what takes too long is refused beforehand.

Checking runs the iterations up to each figure, once for each convention that figures are right
under, and works out by hand the numbers of all iterations that figures are printed of.
"""

from __future__ import annotations

from bptui.preset.errors import Fault, KeyPath, counted
from bptui.preset.limits import MAX_BATCHES, MAX_CONVENTIONS, MAX_REACH, MAX_WORK, work
from bptui.preset.model import Preset
from bptui.story.batching import layer_sizes
from bptui.story.under import Under, variant

BY_HAND = 50_000
"""Numbers that are worked out by hand, at most."""
_FREE = 3_000
"""Work that takes no longer than the stops between iterations."""


class Budget:
    """Adds up what the figures of one preset take."""

    def __init__(self, preset: Preset) -> None:
        self._preset = preset
        self._sizes = layer_sizes(preset)
        self._ends: dict[Under | None, int] = {}
        self._left = MAX_REACH
        self._by_hand: set[int] = set()
        self._figures = 0

    def add(self, iteration: int, under: Under | None, path: KeyPath) -> None:
        """Count in that a figure is checked at an iteration under a convention, None for its own.

        Raises:
            Fault: that would be too much.
        """
        preset = self._preset if under is None else variant(self._preset, under)
        samples = len(preset.samples)
        load = work(self._sizes, preset.training.batch_size(samples))
        if load > MAX_WORK or preset.training.batches(samples) > MAX_BATCHES:
            raise Fault(path, "batches of this size cannot be checked with so many samples")
        if under is not None and under not in self._ends and len(self._ends) > MAX_CONVENTIONS:
            told = f"too many different conventions; at most {MAX_CONVENTIONS} can be checked"
            raise Fault(path, told)
        weight, begun = 1 + load // _FREE, self._ends.get(under, 0)
        most = begun + self._left // weight
        if iteration > most:
            whose = "" if under is None else " under other conventions"
            raise Fault(
                path,
                f"iteration {iteration} is too far to check{whose}; "
                f"figures up to iteration {most} can be checked",
            )
        self._ends[under] = max(begun, iteration)
        self._left -= weight * max(0, iteration - begun)

    def add_by_hand(self, iteration: int, path: KeyPath) -> None:
        """Count in that the numbers of an iteration are worked out by hand.

        Raises:
            Fault: that would be too much.
        """
        self._by_hand.add(iteration)
        self._figures += 1
        preset, count = self._preset, len(self._by_hand)
        parameters = len(preset.weights) + len(preset.biases)
        each = work(self._sizes, 1) * (1 + len(self._sizes) // 8)
        numbers = count * each + 3 * (count - 1) * parameters
        numbers *= preset.training.batch_size(len(preset.samples))
        if numbers + 2 * count * self._figures > BY_HAND:
            raise Fault(
                path,
                f"printed figures of {counted(count, 'iteration')} are too many to check in "
                "this network; leave some out, or use fewer neurons or samples",
            )
