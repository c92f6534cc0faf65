"""Where training diverges: the first non-finite number of an iteration."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bptui.engine.trace import Array
from bptui.story.address import Kind, Quantity
from bptui.story.moment import Moment, Phase
from bptui.story.segment import Iteration
from bptui.story.timeline import Timeline


def first_non_finite(timeline: Timeline, iteration: int) -> tuple[Quantity, float, Moment]:
    """The first quantity of an iteration that is not finite, its value, and when.

    Quantities are looked at in the order in which they are computed: nets and outs from the first
    layer on, the loss, derivatives from the last layer back, the new parameters.
    """
    whole = timeline.iteration(iteration)
    setup = timeline.setup_at(Moment.of(iteration, Phase.FORWARD))
    network, batched = setup.network, setup.batch_size > 1
    for phase, kind, layer, array in _arrays(whole):
        for place in np.argwhere(~np.isfinite(array))[:1]:
            *rows, column = (int(k) for k in place)
            sample = rows[0] + 1 if rows and batched else 0
            if kind in (Kind.PARAMETER, Kind.DE_DPARAMETER):
                quantity = Quantity(kind, parameter=network.parameters[column].name)
            else:
                name = network.neurons[layer][column]
                quantity = Quantity(kind, neuron=name, sample=sample)
            return quantity, float(array[tuple(place)]), Moment.of(iteration, phase)
    if not np.isfinite(whole.forward.penalty):
        at = Moment.of(iteration, Phase.FORWARD)
        return Quantity(Kind.PENALTY), whole.forward.penalty, at
    # every number is finite but the sum of the shares
    return Quantity(Kind.LOSS), whole.forward.loss, Moment.of(iteration, Phase.FORWARD)


def divergence(quantity: Quantity, value: float, moment: Moment) -> str:
    """A clause on what diverged, where, and what may help."""
    assert moment.phase is not None
    happens = "becomes NaN" if np.isnan(value) else "overflows"
    where = f"iteration {moment.iteration:,} ({moment.phase.label})"
    # before the first update the learning rate has had no effect
    untrained = moment.iteration == 1 and moment.phase is not Phase.UPDATE
    help_ = "the inputs or weights are too large" if untrained else "try a smaller learning rate"
    return f"{quantity} {happens} in {where}; {help_}"


def _arrays(whole: Iteration) -> Iterator[tuple[Phase, Kind, int, Array]]:
    """Yield what an iteration computes, in order, each with the layer it belongs to."""
    layers = len(whole.forward.nets)
    for k in range(layers):
        yield Phase.FORWARD, Kind.NET, k + 1, whole.forward.nets[k]
        yield Phase.FORWARD, Kind.OUT, k + 1, whole.forward.outs[k + 1]
    yield Phase.FORWARD, Kind.SHARE, layers, whole.forward.shares
    if not np.isfinite(whole.forward.loss):
        return
    for k in reversed(range(layers)):
        yield Phase.BACKWARD, Kind.DE_DOUT, k + 1, whole.backward.dE_dout[k]
        yield Phase.BACKWARD, Kind.DE_DNET, k + 1, whole.backward.dE_dnet[k]
    yield Phase.BACKWARD, Kind.DE_DPARAMETER, 0, whole.backward.gradient
    yield Phase.UPDATE, Kind.PARAMETER, 0, whole.ended[0]
