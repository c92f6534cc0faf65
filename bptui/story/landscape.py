"""What the loss and the outputs would be elsewhere: at other parameters, at other inputs.

All of it is forward passes of the engine, at the beginning of an iteration. A task knows about how
long it takes before it is done.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from msgspec import Struct

from bptui.engine.passes import forward
from bptui.engine.trace import Array
from bptui.preset.limits import work
from bptui.story.moment import Moment, Phase
from bptui.story.timeline import State, Timeline

Grid = tuple[tuple[float, ...], ...]
"""For each place upwards, the numbers at each place to the right."""
_PASS = 30_000
"""What a forward pass costs besides its products: nanoseconds, as a product takes about one."""
_MOST = 300_000_000
"""Nanoseconds that a task should take at most."""


class LossTask(Struct, frozen=True):
    """The loss of an iteration's batch over one parameter, or two; the others as they are."""

    timeline: Timeline
    iteration: int
    parameters: tuple[str, ...]
    xs: tuple[float, ...]
    """Values of the first parameter."""
    ys: tuple[float, ...] = (0.0,)
    """Those of the second."""

    @property
    def cost(self) -> int:
        """About how many nanoseconds it takes."""
        return len(self.xs) * len(self.ys) * pass_cost(self.timeline, self.iteration)

    def result(self) -> Grid:
        return _losses(self)


class OutputTask(Struct, frozen=True):
    """An output of a network with two inputs, over these."""

    timeline: Timeline
    moment: Moment
    output: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]

    @property
    def cost(self) -> int:
        """About how many nanoseconds it takes."""
        return work(_sizes(self.timeline), len(self.xs) * len(self.ys))

    def result(self) -> Grid:
        return _outputs(self)


Task = LossTask | OutputTask


def pass_cost(timeline: Timeline, iteration: int) -> int:
    """About how many nanoseconds a forward pass of an iteration's batch takes."""
    return _PASS + work(_sizes(timeline), len(timeline.setup.batch(iteration).numbers))


def affordable(count: int, each: int) -> int:
    """So many passes, or as many as do not take too long; at least a few."""
    return max(5, min(count, _MOST // each))


def spread(low: float, high: float, count: int) -> tuple[float, ...]:
    """So many numbers from one to another."""
    return tuple(np.linspace(low, high, count).tolist())


@lru_cache(maxsize=32)
def _losses(task: LossTask) -> Grid:
    state = _begun(task.timeline, task.iteration)
    slots = [state.setup.network.slots[name] for name in task.parameters]
    return tuple(
        tuple(loss_with(state, dict(zip(slots, (x, y), strict=False))) for x in task.xs)
        for y in task.ys
    )


@lru_cache(maxsize=32)
def _outputs(task: OutputTask) -> Grid:
    state = task.timeline.state(task.moment)
    setup, network = state.setup, state.setup.network
    xs, ys = np.meshgrid(task.xs, task.ys)
    inputs = np.stack([xs.ravel(), ys.ravel()], axis=1)
    targets = np.zeros((len(inputs), len(network.outputs)))
    outs = forward(network, state.now[0], inputs, targets, setup.rule).outs[-1]
    column = outs[:, network.outputs.index(task.output)]
    return tuple(map(tuple, column.reshape(xs.shape).tolist()))


def loss_with(state: State, values: dict[int, float]) -> float:
    """The loss of a state's batch if some parameters, by slot, had other values before it."""
    theta = state.before.copy()
    for slot, value in values.items():
        theta[slot] = value
    return loss_at(state, theta)


def loss_at(state: State, theta: Array) -> float:
    """The loss of a state's batch at other parameters (parameters,)."""
    batch, setup = state.batch, state.setup
    return forward(setup.network, theta, batch.inputs, batch.targets, setup.rule).loss


def _begun(timeline: Timeline, iteration: int) -> State:
    return timeline.state(Moment.of(iteration, Phase.FORWARD))


def _sizes(timeline: Timeline) -> list[int]:
    return [len(names) for names in timeline.setup.network.neurons]
