"""Training without a screen: a number of iterations, or until a condition holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Literal

from msgspec import Struct

from bptui.engine.trace import Array
from bptui.preset.write import write_preset
from bptui.story.address import Kind, Quantity
from bptui.story.conditions import Condition, history, hits_in
from bptui.story.continuation import continuation
from bptui.story.moment import Moment
from bptui.story.non_finite import first_non_finite
from bptui.story.setup import Setup
from bptui.story.slices import SLICE, Slices
from bptui.story.timeline import Timeline

_LINES = 10_000
"""Lines of losses written at a time."""


class Outcome(Struct, frozen=True, eq=False):
    setup: Setup
    stopped: Literal["count", "condition", "diverged"]
    """Why it went no further."""
    losses: Array
    """(iterations,): E of each iteration that was done whole, with its update; all finite."""
    state: Array
    """The state after the last of them; the first values if there is none."""
    metrics: dict[str, float]
    """What else is measured in the forward phase of the last of them, by name."""
    first_non_finite: tuple[Quantity, float, Moment] | None = None
    """What is not finite in the iteration that was to follow, its value, and when."""

    @property
    def iterations(self) -> int:
        return len(self.losses)


def train(
    setup: Setup, iterations: int, condition: Condition | None, tell: Callable[[int], None]
) -> Outcome:
    """Train a number of iterations; stop after the first in which a condition holds.

    Training that diverges stops before the first iteration with a loss or a new parameter that is
    not finite, and no condition holds in that one. `tell` is called with how many are done.
    """
    timeline = Timeline(setup)
    done = 0
    for size in Slices(timeline.pace, SLICE).turn(perf_counter):
        if done == iterations:
            break
        first, last = done + 1, min(done + size, iterations)
        timeline.run(last)
        broken = timeline.diverged
        sound = last if broken is None else broken - 1
        if condition is not None and len(hits := hits_in(timeline, condition, first, sound)):
            return _outcome(timeline, int(hits[0]), "condition")
        if broken is not None:
            return _outcome(timeline, sound, "diverged")
        done = last
        tell(done)
    return _outcome(timeline, done, "count")


def _outcome(
    timeline: Timeline, done: int, stopped: Literal["count", "condition", "diverged"]
) -> Outcome:
    return Outcome(
        timeline.setup,
        stopped,
        timeline.some_losses(1, done),
        timeline.before(done + 1),
        _metrics(timeline, done),
        first_non_finite(timeline, done + 1) if stopped == "diverged" else None,
    )


def _metrics(timeline: Timeline, iteration: int) -> dict[str, float]:
    if not iteration:
        return {}
    names = timeline.setup.shown_metrics
    found = [Quantity(Kind.METRIC, name=name) for name in names]
    return {q.name: float(history(timeline, q, iteration, iteration)[0]) for q in found}


def losses_csv(losses: Array) -> Iterator[str]:
    """Yield the text of a CSV file of the losses of iterations 1, 2, ..., many lines at a time."""
    yield "iteration,E\n"
    for start in range(0, len(losses), _LINES):
        rows = enumerate(losses[start : start + _LINES].tolist(), start + 1)
        yield "".join(f"{iteration},{loss!r}\n" for iteration, loss in rows)


def preset_text(setup: Setup, state: Array, done: int) -> str:
    """The preset that continues after a number of iterations, bit for bit.

    Raises:
        SaveError: it would be larger than a preset may be.
    """
    preset = continuation(setup, state, done + 1)
    return write_preset(preset, f"{setup.preset.name} after iteration {done}, saved by bptui run")
