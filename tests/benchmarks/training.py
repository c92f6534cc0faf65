"""How long an iteration of training takes, next to a plain script.

Run as python -m tests.benchmarks.training; it takes a minute or two.

Every variant trains the same network from the same parameters and records the loss of each
iteration. They take turns, so that whatever else the machine does slows all of them, and the ratio
to the plain script is taken within each round. Shown are medians over the rounds.
"""

from __future__ import annotations

import importlib
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bptui.audit.prepare import prepare
from bptui.engine.loop import Loop
from bptui.engine.passes import backward, forward, update
from bptui.engine.trace import Array
from bptui.preset.find import find_preset
from bptui.preset.read import read_preset
from bptui.story.setup import Setup
from tests.networks import dense

ROUNDS = 5
AGREEMENT = 1e-9
"""By how much, relatively, the last losses may differ: orders of summation do."""


@dataclass(frozen=True, eq=False)
class Case:
    """A network of two sigmoid layers and half squared error, to be trained with full batches."""

    name: str
    setup: Setup
    iterations: int
    trains_biases: bool = True

    @property
    def matrices(self) -> tuple[Array, Array, Array, Array]:
        """W1, b1, W2, b2 at first."""
        theta, (hidden, output) = self.setup.theta, self.setup.network.layers
        slots = (hidden.weights, hidden.biases, output.weights, output.biases)
        return (theta[slots[0]], theta[slots[1]], theta[slots[2]], theta[slots[3]])


def cases() -> list[Case]:
    """Return the networks that are measured."""
    xor = replace(
        dense((2, 4, 1), samples=4, seed=3),
        samples=tuple(((a, b), (float(a != b),)) for a in (0.0, 1.0) for b in (0.0, 1.0)),
    )
    wide = replace(dense((64, 32, 10), samples=32), learning_rate=0.01)
    mazur = prepare(read_preset(find_preset("mazur")))
    return [
        Case("Mazur's 2-2-2", mazur, 10_000, trains_biases=False),
        Case("XOR 2-4-1, batch 4", xor.setup(), 10_000),
        Case("64-32-10, batch 32", wide.setup(), 1_000),
    ]


def sigmoid(x: Array) -> Array:
    """Return the logistic function, as scripts write it."""
    return 1 / (1 + np.exp(-x))


def plain(case: Case) -> list[float]:
    """Train as a blog post would."""
    x, t, rate = case.setup.inputs, case.setup.targets, case.setup.rule.learning_rate
    W1, b1, W2, b2 = case.matrices  # noqa: N806
    losses = []
    for _ in range(case.iterations):
        hidden = sigmoid(x @ W1 + b1)
        out = sigmoid(hidden @ W2 + b2)
        losses.append(float(0.5 * np.sum((t - out) ** 2)))
        delta2 = (out - t) * out * (1 - out)
        delta1 = delta2 @ W2.T * hidden * (1 - hidden)
        W2 -= rate * hidden.T @ delta2  # noqa: N806
        W1 -= rate * x.T @ delta1  # noqa: N806
        if case.trains_biases:
            b2 -= rate * delta2.sum(axis=0)
            b1 -= rate * delta1.sum(axis=0)
    return losses


def by_hand(case: Case) -> list[float]:
    """Train in straight code for this shape: arrays made once, biases in the last rows."""
    x, t = case.setup.inputs, np.ascontiguousarray(case.setup.targets.T)
    (m, n), k = case.matrices[0].shape, len(t)
    samples = len(x)
    theta = np.concatenate([a.ravel() for a in case.matrices])
    gradient, step = np.zeros((2, len(theta)))
    cut = (m + 1) * n
    W1, W2 = theta[:cut].reshape(-1, n), theta[cut:].reshape(-1, k)  # noqa: N806
    dW1, dW2 = gradient[:cut].reshape(-1, n), gradient[cut:].reshape(-1, k)  # noqa: N806
    feed, hidden = np.vstack([x.T, np.ones(samples)]), np.ones((n + 1, samples))
    h, (delta1, slope1) = hidden[:n], np.empty((2, n, samples))
    o, delta2, slope2 = np.empty((3, k, samples))
    one1, one2, rate = np.ones_like(h), np.ones_like(o), np.zeros_like(theta)
    rate[:] = case.setup.rule.learning_rate
    if not case.trains_biases:
        rate[m * n : cut] = rate[cut + n * k :] = 0.0
    through1, through2, back2, delta1_t, delta2_t = W1.T, W2.T, W2[:n], delta1.T, delta2.T
    outs = np.empty((case.iterations, *o.shape))
    dot, exp, add, negative = np.dot, np.exp, np.add, np.negative
    multiply, subtract, reciprocal = np.multiply, np.subtract, np.reciprocal
    for o in outs:
        dot(through1, feed, h)
        reciprocal(add(one1, exp(negative(h, h), h), h), h)
        dot(through2, hidden, o)
        reciprocal(add(one2, exp(negative(o, o), o), o), o)
        multiply(o, subtract(one2, o, slope2), slope2)
        multiply(subtract(o, t, delta2), slope2, delta2)
        dot(hidden, delta2_t, dW2)
        multiply(h, subtract(one1, h, slope1), slope1)
        multiply(dot(back2, delta2, delta1), slope1, delta1)
        dot(feed, delta1_t, dW1)
        subtract(theta, multiply(rate, gradient, step), theta)
    shares = 0.5 * (t - outs) ** 2
    losses: list[float] = shares.sum(axis=(1, 2)).tolist()
    return losses


def by_loop(case: Case) -> list[float]:
    """Train in bptui's loop."""
    setup, losses = case.setup, np.empty(case.iterations)
    batches = [(batch.inputs, batch.targets) for batch in setup.batches]
    Loop(setup.network, setup.rule, batches).run(setup.state, 0, losses)
    found: list[float] = losses.tolist()
    return found


def by_passes(case: Case) -> list[float]:
    """Train pass by pass, as bptui steps."""
    setup, state, losses = case.setup, case.setup.state, []
    network, rule, batch = setup.network, setup.rule, setup.batch(1)
    for _ in range(case.iterations):
        seen = forward(network, state[0], batch.inputs, batch.targets, rule)
        back = backward(network, state, seen, batch.targets, rule)
        state = update(network, state, back.gradient, rule)
        losses.append(seen.loss)
    return losses


def by_torch(torch: Any, case: Case) -> list[float]:
    """Train with PyTorch's eager mode and its own derivatives."""
    x, t = (torch.tensor(a) for a in (case.setup.inputs, case.setup.targets))
    W1, b1, W2, b2 = (torch.tensor(a) for a in case.matrices)  # noqa: N806
    trained = [W1, W2, b1, b2] if case.trains_biases else [W1, W2]
    for tensor in trained:
        tensor.requires_grad_()
    optimizer = torch.optim.SGD(trained, lr=case.setup.rule.learning_rate)
    losses = []
    for _ in range(case.iterations):
        out = torch.sigmoid(torch.sigmoid(x @ W1 + b1) @ W2 + b2)
        loss = 0.5 * ((t - out) ** 2).sum()
        losses.append(loss.detach())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return [float(loss) for loss in losses]


def variants() -> dict[str, Callable[[Case], list[float]] | None]:
    """Return the ways to train, the plain script first; None for what is not installed."""
    found: dict[str, Callable[[Case], list[float]] | None] = {
        "plain numpy script": plain,
        "numpy by hand": by_hand,
        "bptui's loop": by_loop,
        "bptui's passes": by_passes,
        "PyTorch eager": None,
    }
    try:
        torch = importlib.import_module("torch")
    except ImportError:
        return found
    return found | {"PyTorch eager": lambda case: by_torch(torch, case)}


def measure(case: Case, rounds: int = ROUNDS) -> dict[str, tuple[float, float] | None]:
    """Return microseconds an iteration, and the ratio to the plain script, of each variant."""
    ways = variants()
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        last: dict[str, float] = {}
        for name, way in ways.items():
            if way is not None:
                start = time.perf_counter()
                losses = way(case)
                times[name].append((time.perf_counter() - start) / case.iterations * 1e6)
                last[name] = float(losses[-1])
                assert len(losses) == case.iterations
        np.testing.assert_allclose(
            list(last.values()), last["plain numpy script"], rtol=AGREEMENT, err_msg=str(last)
        )
    base = times["plain numpy script"]
    return {
        name: (
            statistics.median(took),
            statistics.median(t / b for t, b in zip(took, base, strict=True)),
        )
        if took
        else None
        for name, took in times.items()
    }


def main() -> None:
    """Print a table for each network."""
    print(f"numpy {np.__version__}, Python {platform.python_version()}, {platform.machine()}")
    for case in cases():
        print(f"\n{case.name}: {case.iterations:,} iterations, median of {ROUNDS} rounds")
        for name, found in measure(case).items():
            line = f"{found[0]:10.2f} µs{found[1]:8.2f}" if found else "  not installed"
            print(f"  {name:<20}{line}")


if __name__ == "__main__":
    main()
