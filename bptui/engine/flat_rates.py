"""The learning rates of the loop's iterations, in arrays that are filled again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bptui.engine.functions import Chosen
from bptui.engine.passes import Rule
from bptui.engine.schedules import Rates, given
from bptui.engine.trace import Operation, constant, names_of, traced


class FlatRates:
    """The learning rates in the loop's order; 0 for what does not move."""

    def __init__(self, rule: Rule, slots: NDArray[np.intp], moved: NDArray[np.bool_]) -> None:
        self._rates = rates = rule.rates
        self.each = np.where(moved, rule.learning_rate, 0.0)
        """(slots,)"""
        self.operations: list[Operation] = []
        """What finds the rates of the next iteration."""
        self._position, self._t = np.zeros(1), np.zeros(1)
        if rates is None:
            if moved.all():  # one number for all is quicker to read
                self.each = np.broadcast_to(rule.learning_rate, len(moved))
            return
        places = np.append(rates.places, len(rates.bases))[slots]
        self._places = np.where(moved, places, len(rates.bases))
        self._different = np.append(rates.bases, 0.0)
        np.take(self._different, self._places, out=self.each)
        if rates.schedule is not None:
            self.operations = self._scheduled(rates, rates.schedule)

    def _scheduled(self, rates: Rates, schedule: Chosen) -> list[Operation]:
        formula, (numbers, arrays) = schedule.entry.rate, given(schedule)
        arrays |= {"eta": rates.bases, "t": self._t}
        needed = {name: arrays[name] for name in names_of(formula) if name in arrays}
        return [
            (np.add, (self._position, constant(1.0, 1), self._position)),
            (np.floor_divide, (self._position, constant(float(rates.unit), 1), self._t)),
            *traced(formula, numbers).bind(self._different[:-1], **needed),
            (np.take, (self._different, self._places, 0, self.each, "clip")),
        ]

    def load(self, iteration: int) -> None:
        """Begin an iteration."""
        if self._rates is not None:
            self._position[:] = self._rates.before + iteration - 2
