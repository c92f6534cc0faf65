"""Training without looking: many iterations in one go, bit for bit those of the passes."""

from __future__ import annotations

from collections.abc import Sequence

from bptui.engine.functions import Array
from bptui.engine.network import Network
from bptui.engine.passes import Rule, backward, forward, update


class Loop:
    """Trains many iterations; the same bits as the passes one by one."""

    def __init__(
        self, network: Network, rule: Rule, batches: Sequence[tuple[Array, Array]]
    ) -> None:
        self._network, self._rule, self._batches = network, rule, batches

    def run(self, theta: Array, first: int, losses: Array, thetas: Array | None = None) -> Array:
        """Run len(losses) iterations from batch number `first`; return the last parameters."""
        for k in range(len(losses)):
            inputs, targets = self._batches[(first + k) % len(self._batches)]
            seen = forward(self._network, theta, inputs, targets, self._rule)
            back = backward(self._network, theta, seen, targets, self._rule)
            theta = update(self._network, theta, back.gradient, self._rule)
            losses[k] = seen.loss
            if thetas is not None:
                thetas[k] = theta
        return theta
