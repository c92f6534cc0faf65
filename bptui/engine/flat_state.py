"""The loop's parameters in one flat array, and the operations that update them."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from bptui.engine.flat_rates import FlatRates
from bptui.engine.network import Network
from bptui.engine.optimizers import Optimizer, stepped
from bptui.engine.passes import Rule
from bptui.engine.trace import Array, Operation, constant, names_of, traced


class FlatState:
    """Parameters and what the optimizer keeps of them, in the loop's order.

    That is the tables of the layers, the last layer's first, as the passes sum the gradients of
    what is shared. Where there is no parameter, there is a 0 with a learning rate of 0, and what is
    frozen has that rate, too: w - 0 * gradient is w, unless the gradient is not finite or w -0.0.
    """

    def __init__(self, network: Network, rule: Rule) -> None:
        count = self._count = len(network.parameters)
        placed = np.concatenate([layer.table.ravel() for layer in reversed(network.layers)])
        unplaced = np.ones(count + 1, dtype=bool)
        unplaced[placed] = unplaced[count] = False
        self._slots = np.concatenate([placed, np.flatnonzero(unplaced)])
        self._places = np.empty(count + 1, dtype=np.intp)
        self._places[self._slots] = np.arange(len(self._slots))
        moved = np.append(network.trainable, False)[self._slots]
        self._whole = bool(moved.all())
        self._fixed = ~moved
        self._is_shared = bool(np.bincount(self._slots[moved], minlength=1).max() > 1)
        self._rule, self._sequential = rule, rule.update == "sequential"
        self._rates = FlatRates(rule, self._slots, moved)
        self._can_freeze = self._whole or _stays_without_rate(rule)
        self._is_exact = True
        self._penalties = _by_slot(rule, self._slots)
        rows = 1 + len(rule.optimizer.entry.kept)
        self._state, self._begun = np.zeros((2, rows, len(self._slots)))
        self._gradient, self._t = np.zeros(len(self._slots)), np.zeros(1)
        self.tables: list[Array] = []
        """For each layer, (W, b)."""
        self.gradients: list[Array] = []
        """For each layer, dE/d(W, b)."""
        self.updates: list[list[Operation]] = []
        """For each layer, what changes parameters when the gradients down to it are there."""
        stop = len(placed)
        for place, layer in enumerate(network.layers):
            span = slice(stop - layer.table.size, stop)
            self.tables.append(self._state[0, span].reshape(layer.table.shape))
            self.gradients.append(self._gradient[span].reshape(layer.table.shape))
            if self._sequential:
                self.updates.append(self._update(span))
            else:
                self.updates.append([] if place else self._update(slice(None)))
            stop = span.start
        self.transposed = [table.T for table in self.tables]
        self.weights = [table[:-1] for table in self.tables]

    @property
    def count_update(self) -> list[Operation]:
        """What an iteration begins with, if its number matters."""
        counts = self._rule.optimizer.entry.counts
        found = [(np.add, (self._t, constant(1.0, 1), self._t))] if counts else []
        return [*found, *self._rates.operations]

    def penalize(self, result: Array) -> list[Operation]:
        """What fills `result` (1,) with the penalty's part of E."""
        penalty = self._rule.penalty
        if penalty is None or (formula := penalty.chosen.entry.value) is None:
            return []
        places, weights = self._places[penalty.slots], np.empty(len(penalty.slots))
        taken = (np.take, (self._state[0], places, 0, weights, "clip"))
        return [taken, *traced(formula, penalty.numbers).bind(result, w=weights)]

    def suits(self, state: Array) -> bool:
        """Whether the loop's operations do with this state what the passes do."""
        if (self._is_shared and self._sequential) or not (self._can_freeze and self._is_exact):
            return False
        if np.signbit(state[0][state[0] == 0]).any():
            return False
        return self._whole or bool(np.isfinite(state).all())

    def holds(self) -> bool:
        """Whether they did, as far as iterations have come.

        An out or a delta that is infinite or NaN makes gradients in its table so; with any rate,
        even 0, these make numbers of w so, even one that is no parameter; and those stay so.
        """
        return self._whole or bool(np.isfinite(self._state).all())

    def load(self, state: Array, iteration: int) -> None:
        """Begin an iteration with this state."""
        if not self._whole:  # there may be places without a parameter
            padded = np.zeros((len(state), self._count + 1))
            padded[:, :-1] = state
            state = padded
        np.take(state, self._slots, axis=1, out=self._state, mode="clip")
        self._begun[:] = self._state
        self._t[:] = self._rule.updates_before + iteration - 1
        self._rates.load(iteration)

    def now(self) -> Array:
        """A copy of the state (1 + kept, parameters), in the network's order."""
        return np.take(self._state, self._places[: self._count], axis=1)

    def _update(self, span: slice) -> list[Operation]:
        chosen, optimizer = self._rule.optimizer, self._rule.optimizer.entry
        found: list[Operation] = [(self._share, ())] if self._is_shared else []
        gradient, weights = self._gradient[span], self._state[0, span]
        found += self._add_slope(span, gradient, weights)
        rows = dict(zip(("w", *optimizer.kept), self._state[:, span], strict=True))
        arrays = {name: array[span] for name, array in self._penalties.items()}
        arrays |= {"dE_dw": gradient, "eta": self._rates.each[span], "t": self._t, **rows}
        arrays.setdefault("g", np.empty_like(gradient) if "g" in optimizer.formulas else gradient)
        numbers = {**self._numbers, **chosen.parameters}
        for name, formula in optimizer.formulas.items():
            arrays.setdefault(name, np.empty_like(gradient))
            trace = traced(formula, numbers)
            needed = {n: arrays[n] for n in names_of(formula) if n in arrays}
            found += trace.bind(arrays[name], **needed)
        if not self._whole:
            for row in range(1, len(self._state)):
                keep = partial(np.copyto, where=self._fixed[span])
                found.append((keep, (self._state[row, span], self._begun[row, span])))
        return found

    @property
    def _numbers(self) -> dict[str, float]:
        """What a penalty's formulas are over that is the same for every parameter."""
        numbers = self._rule.penalty.numbers if self._rule.penalty else {}
        return {name: v for name, v in numbers.items() if name not in self._penalties}

    def _add_slope(self, span: slice, gradient: Array, weights: Array) -> list[Operation]:
        """The penalty's slope, added to the gradient of the loss."""
        penalty = self._rule.penalty
        if penalty is None or (formula := penalty.chosen.entry.slope) is None:
            return []
        trace, slope = traced(formula, self._numbers), np.empty_like(gradient)
        self._is_exact = self._is_exact and trace.exact  # elements stand elsewhere than in passes
        arrays = {name: array[span] for name, array in self._penalties.items()}
        arrays = {n: a for n, a in (arrays | {"w": weights}).items() if n in names_of(formula)}
        return [*trace.bind(slope, **arrays), (np.add, (gradient, slope, gradient))]

    def _share(self) -> None:
        sums = np.bincount(self._slots, self._gradient, self._count + 1)
        np.take(sums, self._slots, out=self._gradient)


def _by_slot(rule: Rule, slots: NDArray[np.intp]) -> dict[str, Array]:
    """The penalty's own parameters in the loop's order; 0 for what it spares."""
    if rule.penalty is None:
        return {}
    own = {name: rule.penalty.of_each[name] for name in rule.penalty.chosen.parameters}
    return {name: np.append(array, 0.0)[slots] for name, array in own.items()}


def _stays_without_rate(rule: Rule) -> bool:
    """Whether an optimizer moves nothing whose learning rate is 0."""
    optimizer: Optimizer = rule.optimizer.entry
    state = np.linspace(0.5, 1.5, 3 * (1 + len(optimizer.kept))).reshape(-1, 3)
    numbers = rule.penalty.numbers if rule.penalty else {}
    after = stepped(rule.optimizer, state, np.array([-0.3, 0.1, 2.0]), 0.0, 3, numbers)
    return bool((after[0] == state[0]).all())
