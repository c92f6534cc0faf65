"""Gradients by central differences: slow, approximate, and independent of the backward pass."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from bptui.engine.network import frozen
from bptui.engine.passes import forward
from bptui.engine.trace import Array
from bptui.story.timeline import State


def step_size(value: float) -> float:
    """h for a parameter: the cube root of the float's precision, scaled to its size.

    The truncation error grows with h^2 and the rounding error with 1/h; there their sum is least.
    """
    return float(6e-6 * max(1.0, abs(value)))


@lru_cache(maxsize=1024)
def compare(state: State, parameter: str) -> tuple[float, float]:
    """A central difference of E by a parameter, and how far the gradient is from it.

    The error is relative to the larger of the two, or to the terms that the gradient is the sum of:
    where these cancel, only their rounding errors are left. Where all are tiny it is relative to
    1e-6 of the loss's scale, below which a difference of losses is only rounding.
    """
    assert state.backward is not None
    slot = state.setup.network.slots[parameter]
    h = step_size(float(state.before[slot]))
    up, down = _moved(state.before, slot, h), _moved(state.before, slot, -h)
    # what was really added, after rounding
    span = float(up[slot] - down[slot])
    difference = (_loss(state, up) - _loss(state, down)) / span
    gradient = float(state.backward.gradient[slot])
    sizes = abs(gradient), abs(difference), float(_terms(state)[slot])
    scale = max(*sizes, 1e-6 * max(1.0, _loss(state, state.before)))
    return difference, abs(gradient - difference) / scale


@lru_cache(maxsize=2)
def _terms(state: State) -> Array:
    """For each parameter the sum of the sizes of what its gradient adds up: samples and paths."""
    network, seen, back = state.setup.network, state.forward, state.backward
    assert seen is not None
    assert back is not None
    tables: list[Array] = []
    sizes = np.abs(back.dE_dnet[-1])
    with np.errstate(all="ignore"):
        for place in reversed(range(len(network.layers))):
            tables.append(np.abs(seen.fed[place]) @ sizes)
            if place:
                came = sizes @ np.abs(back.weights[place]).T
                own = np.abs(back.dE_dnet[place - 1])
                sizes = np.maximum(own, came * np.abs(back.dout_dnet[place - 1]))
    flat, count = np.concatenate([table.ravel() for table in tables]), len(network.parameters)
    return frozen(np.bincount(network.gradient_slots[-1], flat, count + 1)[:count].astype(float))


def _moved(theta: Array, slot: int, by: float) -> Array:
    moved = theta.copy()
    moved[slot] = float(theta[slot]) + by  # Python's: no warning where a float ends
    return moved


def _loss(state: State, theta: Array) -> float:
    setup, batch = state.setup, state.batch
    return forward(setup.network, theta, batch.inputs, batch.targets, setup.rule).loss
