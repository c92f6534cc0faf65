"""An article's own numbers: its printed figures, and what follows from them by its arithmetic."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from bptui.audit.figures import printed_figures
from bptui.audit.follow_through import FollowThrough
from bptui.audit.graph import Graph
from bptui.engine.network import frozen
from bptui.engine.trace import Array
from bptui.story.address import Kind, Quantity
from bptui.story.moment import Moment, Phase
from bptui.story.timeline import State, Timeline


class PrintedTimeline(Timeline):
    """A timeline whose numbers are the printed ones, in the iterations that figures reach."""

    def __init__(self, exact: Timeline) -> None:
        super().__init__(exact.setup)
        self._exact = exact
        self._graph = Graph(exact, printed_figures(exact.setup))
        self._follow = FollowThrough(self._graph)
        self._near = {moment.iteration for _, moment in self._graph.printed}

    def state(self, moment: Moment) -> State:
        exact = self._exact.state(moment)
        if self._near.isdisjoint((moment.iteration, moment.iteration - 1)):
            return exact
        return replace(
            exact,
            begun=self._row(Moment.of(moment.iteration, Phase.FORWARD), exact.begun),
            ended=None if exact.ended is None else self._row(moment, exact.ended),
            backward=exact.backward and replace(exact.backward, gradient=self._gradient(moment)),
            others=lambda quantity: self._number(quantity, moment),
        )

    def _number(self, quantity: Quantity, moment: Moment) -> float:
        return self._follow.as_printed(self._graph.key(quantity, moment))

    def _row(self, moment: Moment, exact: Array) -> Array:
        """The parameters at a moment, and what the optimizer keeps of them."""
        parameters = self.setup.network.parameters
        about = [
            Quantity(Kind.PARAMETER),
            *(Quantity(Kind.KEPT, name=name) for name in self.setup.kept),
        ]
        rows = [
            [self._number(q._replace(parameter=p.name), moment) for p in parameters] for q in about
        ]
        return frozen(np.array(rows, dtype=float).reshape(exact.shape))

    def _gradient(self, moment: Moment) -> Array:
        names = (p.name for p in self.setup.network.parameters)
        found = [self._number(Quantity(Kind.DE_DPARAMETER, parameter=n), moment) for n in names]
        return frozen(np.array(found))
