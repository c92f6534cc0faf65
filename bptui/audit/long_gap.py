"""Many iterations without figures, run by the engine from what the printed ones left."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bptui.audit.graph import Graph, Key
from bptui.engine.network import frozen
from bptui.engine.trace import Array
from bptui.story.address import Kind, Quantity
from bptui.story.edits import place_of
from bptui.story.moment import START, Moment, Phase

LONGEST = 20_000
"""More iterations are not run."""


class LongGap:
    """The parameters after iterations that are not worked out by hand."""

    def __init__(self, graph: Graph, as_printed: Callable[[Key], float]) -> None:
        self._graph, self._as_printed = graph, as_printed
        self._after: dict[int, Array] = {}

    def begins(self, key: Key) -> int:
        """The last iteration with figures before a number that is beyond a gap; 0 for others."""
        quantity, moment = key
        if not quantity.form.carried or moment == START or self._graph.formulas(key):
            return 0
        before = max((k for k in self._graph.followed if k < moment.iteration), default=0)
        return before if moment.iteration - before <= LONGEST else 0

    def value(self, key: Key) -> float:
        """A parameter, or what is kept of it, beyond a gap."""
        end = key[1].iteration
        if end not in self._after:
            self._after[end] = self._run(self.begins(key), end)
        return float(self._after[end][place_of(self._graph.setup, str(key[0]))])

    def _run(self, first: int, last: int) -> Array:
        setup, moment = self._graph.setup, Moment.of(first, Phase.UPDATE)
        about = [Quantity(Kind.PARAMETER), *(Quantity(Kind.KEPT, name=name) for name in setup.kept)]
        state = [
            [
                self._as_printed(self._graph.key(q._replace(parameter=p.name), moment))
                for p in setup.network.parameters
            ]
            for q in about
        ]
        place, losses = setup.place(first + 1), np.empty(last - first)
        return setup.loop().run(frozen(np.array(state)), place, losses, iteration=first + 1)
