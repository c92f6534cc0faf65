"""Schedules of the learning rate, each once, as one formula. To add one is to add one table entry.

Formulas are over eta, the rate that a parameter has without a schedule, t, and the entry's own
parameters. t counts the iterations, or the epochs, before this one: it is 0 in the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from bptui.engine.functions import Chosen, evaluate
from bptui.engine.optimizers import InForms
from bptui.engine.primitives import half, number_at, pi
from bptui.engine.trace import Array, Formula

cos, exp, floor, minimum = np.cos, np.exp, np.floor, np.minimum


class Schedule(InForms, frozen=True, dict=True):
    """How the learning rate changes in the course of training."""

    rate: Formula
    parameters: Mapping[str, Any] = {}
    """Names and defaults of what a preset may set; it must give a list if that is empty here."""
    counts: tuple[str, ...] = ()
    """Parameters that count something, from 1."""


SCHEDULES: dict[str, Schedule] = {
    "step": Schedule(
        lambda eta, t, every, factor: eta * factor ** floor(t / every),
        {"every": 10.0, "factor": 0.5},
        counts=("every",),
    ),
    "exponential": Schedule(
        lambda eta, t, gamma: eta * gamma**t,
        {"gamma": 0.95},
        form="power",
        other_forms={"natural": Schedule(lambda eta, t, k: eta * exp(-k * t), {"k": 0.05})},
    ),
    "inverse": Schedule(lambda eta, t, decay: eta / (1 + decay * t), {"decay": 0.05}, label="1/t"),
    "warmup": Schedule(
        lambda eta, t, steps: eta * minimum((t + 1) / steps, 1),
        {"steps": 10.0},
        label="warm-up",
        counts=("steps",),
    ),
    "cosine": Schedule(
        lambda eta, t, T_max, eta_min: (  # noqa: N803
            eta_min + half * (eta - eta_min) * (1 + cos(pi * t / T_max))
        ),
        {"T_max": 100.0, "eta_min": 0.0},
        label="cosine",
        counts=("T_max",),
    ),
    "list": Schedule(lambda t, rates: number_at(rates, t), {"rates": ()}, label="list of rates"),
}


class Rates(Struct, frozen=True, eq=False):
    """The learning rate of each parameter in each iteration."""

    bases: Array
    """(different rates,): what they are without a schedule."""
    places: NDArray[np.intp]
    """(parameters,): which of those each parameter has."""
    schedule: Chosen | None = None
    unit: int = 1
    """How many iterations the schedule counts as one."""
    before: int = 0
    """How many iterations there were before iteration 1."""

    def count(self, iteration: int) -> int:
        """The schedule's t in an iteration."""
        return (self.before + iteration - 1) // self.unit

    def now(self, iteration: int) -> Array:
        """(different rates,): what they are in an iteration."""
        if self.schedule is None:
            return self.bases
        numbers, arrays = given(self.schedule)
        t = np.array([float(self.count(iteration))])  # as the loop has it, for the same bits
        named = {**numbers, **arrays, "eta": self.bases, "t": t}
        with np.errstate(all="ignore"):
            found = evaluate(self.schedule.entry.rate, named)
        return np.broadcast_to(found, self.bases.shape)

    def of_each(self, iteration: int) -> Array:
        """(parameters,): the rate of each in an iteration."""
        return self.now(iteration)[self.places]


def given(schedule: Chosen) -> tuple[dict[str, float], dict[str, Array]]:
    """A schedule's parameters: those that are numbers, and those that are lists."""
    pairs: Mapping[str, Any] = schedule.parameters
    lists = {name: np.array(value) for name, value in pairs.items() if isinstance(value, tuple)}
    return {name: value for name, value in pairs.items() if name not in lists}, lists
