"""The value of every quantity at a moment, or that it is not computed yet."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from bptui.engine.functions import evaluate
from bptui.engine.metrics import METRICS, measured, shares
from bptui.engine.passes import Backward, Forward, terms
from bptui.engine.trace import Array
from bptui.story.address import Kind, Quantity, all_quantities
from bptui.story.moment import Moment
from bptui.story.timeline import State, Timeline


def value(state: State, quantity: Quantity) -> float | None:
    return Values(state).get(quantity)


_KEPT = frozenset(Kind) - {Kind.STEP, Kind.DE_DPARAMETER, Kind.METRIC}
"""What a state holds ready, at least without a via."""


@lru_cache(maxsize=64)
def values_at(timeline: Timeline, moment: Moment) -> Values:
    return Values(timeline.state(moment))


class _Place(NamedTuple):
    """Where the engine has a quantity's number."""

    row: int
    layer: int
    column: int
    slot: int


class Values:
    """Looks up quantities in one state; what several of them need is computed once."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.network = state.setup.network
        self._jacobians: dict[tuple[str, str], Array] = {}
        self._found: dict[Quantity, float | None] = {}

    def get(self, quantity: Quantity) -> float | None:
        """A quantity's value, None if it is not computed yet or is not there.

        The last batch of an epoch can be smaller than the others, and a loss may have no targets.
        """
        if quantity not in self._found:
            self._found[quantity] = self._find(quantity)
        return self._found[quantity]

    @property
    def _seen(self) -> Forward:
        assert self.state.forward is not None
        return self.state.forward

    @property
    def _back(self) -> Backward:
        assert self.state.backward is not None
        return self.state.backward

    def _find(self, quantity: Quantity) -> float | None:
        known, phase = quantity.form.known, self.state.moment.phase
        if known is not None and (phase is None or phase < known):
            return None
        if quantity.sample > len(self.state.batch.inputs):
            return None
        if quantity.kind is Kind.TARGET and not self.state.setup.has_targets:
            return None
        if self.state.others is not None:
            return self.state.others(quantity)
        if quantity.kind in _KEPT and not quantity.via:
            return self._get(quantity)
        with np.errstate(all="ignore"):  # inf and NaN are shown, not warned of
            return self._get(quantity)

    def all(self) -> dict[str, float]:
        """Every quantity that is known, by address."""
        found = {}
        for quantity in all_quantities(self.state.setup):
            number = self.get(quantity)
            if number is not None:
                found[str(quantity)] = number
        return found

    def _get(self, quantity: Quantity) -> float:
        layer, index = self.network.places.get(quantity.neuron, (0, 0))
        row, slot = max(quantity.sample - 1, 0), self.network.slots.get(quantity.parameter, 0)
        return float(_VALUES[quantity.kind](self, quantity, _Place(row, layer, index, slot)))

    @cached_property
    def _terms(self) -> dict[str, Array]:
        """What the update computes, by name; of what is frozen what it would be."""
        state, iteration = self.state, self.state.moment.iteration
        return dict(terms(state.begun, self._back.gradient, state.setup.rule, iteration))

    @cached_property
    def _rates(self) -> Array:
        """(parameters,): the learning rate of each."""
        rate = self.state.setup.rule.eta(self.state.moment.iteration)
        return np.broadcast_to(rate, len(self.network.parameters))

    @cached_property
    def _outs_of_all(self) -> Array:
        """(samples, outputs): the outputs for all samples of the preset, not of the batch alone."""
        setup = self.state.setup
        if len(self.state.batch.numbers) == len(setup.inputs):
            return self._seen.outs[-1]
        return setup.outs_of_all(self.state.before)

    def shares(self, metric: str) -> tuple[float, int]:
        """The total of a metric's shares, and their count."""
        return shares(METRICS[metric], self._outs_of_all, self.state.setup.targets)

    def _metric(self, quantity: Quantity, place: _Place) -> float:
        return measured(METRICS[quantity.name], self._outs_of_all, self.state.setup.targets)

    def _loss(self, quantity: Quantity, place: _Place) -> float:
        return float(self._seen.shares[place.row].sum()) if quantity.sample else self._seen.loss

    def _step(self, quantity: Quantity, place: _Place) -> float:
        assert self.state.after is not None
        return float(self.state.after[place.slot] - self.state.before[place.slot])

    def _slope_of_out(self, quantity: Quantity, place: _Place) -> float:
        if quantity.via:
            return float(self._via(quantity.neuron, quantity.via)[place.row])
        return float(self._back.dE_dout[place.layer - 1][place.row, place.column])

    def _slope_of_input(self, quantity: Quantity, place: _Place) -> float:
        if quantity.via:
            return self._slope_of_out(quantity, place)
        return float(self._back.dE_dinput[place.row, place.column])

    def _carrier(self, quantity: Quantity, place: _Place) -> float:
        source = self.network.places[quantity.source][1]
        return float(self._back.weights[place.layer - 1][source, place.column])

    def _slope_of_another(self, quantity: Quantity, place: _Place) -> float:
        outs = self._seen.outs[place.layer][place.row]
        formula = self.network.layers[place.layer - 1].activation.other_slope
        assert formula is not None  # such an address is of a layer that has one
        other = outs[self.network.places[quantity.source][1]]
        return float(evaluate(formula, {"out": outs[place.column], "other": other}))

    def _gradient(self, quantity: Quantity, place: _Place) -> float:
        """dE/dw: delta * dnet/dw, summed over samples and over the neurons of a bias."""
        back = self._back
        if not quantity.via and not quantity.sample:
            return float(back.gradient[place.slot])  # with the penalty's slope
        feeds = self._feeds(quantity.parameter)
        terms = sum(
            self._delta(target, quantity.via) * feeds
            for target in self.network.parameter(quantity.parameter).targets
        )
        assert isinstance(terms, np.ndarray)
        return float(terms[place.row]) if quantity.sample else float(terms.sum())

    def _feeds(self, parameter: str) -> Array:
        seen, named = self._seen, self.network.parameter(parameter)
        if named.source is None:
            return np.full(len(seen.outs[0]), named.bias_feed)
        layer, index = self.network.places[named.source]
        return seen.outs[layer][:, index]

    def _delta(self, neuron: str, via: str) -> Array:
        """dE/dnet (samples,) of a neuron, or its share that comes back via another."""
        back = self._back
        layer, index = self.network.places[neuron]
        if not via or via == neuron:
            return back.dE_dnet[layer - 1][:, index]
        return self._via(neuron, via) * back.dout_dnet[layer - 1][:, index]

    def _via(self, neuron: str, via: str) -> Array:
        """The share of dE/dout (samples,) that comes back via a neuron of a later layer.

        It is delta of `via` times d net(via) / d out(neuron) over all paths between them; 0 where
        there is no path.
        """
        back = self._back
        layer, index = self.network.places[via]
        if layer <= self.network.places[neuron][0]:
            return np.zeros(len(back.dE_dnet[0]))
        return back.dE_dnet[layer - 1][:, index] * self._jacobian(neuron, via)

    def _jacobian(self, neuron: str, via: str) -> Array:
        """d net(via) / d out(neuron), (samples,), carried forward layer by layer."""
        back = self._back
        if (neuron, via) not in self._jacobians:
            start, index = self.network.places[neuron]
            samples = len(back.dE_dnet[0])
            slopes = np.tile(back.weights[start][index], (samples, 1))
            for layer in range(start, len(self.network.layers)):
                if layer > start:
                    slopes = (slopes * back.dout_dnet[layer - 1]) @ back.weights[layer]
                for place, name in enumerate(self.network.layers[layer].neurons):
                    self._jacobians[neuron, name] = slopes[:, place]
        return self._jacobians[neuron, via]


_VALUES: dict[Kind, Callable[[Values, Quantity, _Place], float]] = {
    Kind.INPUT: lambda values, _, at: values.state.batch.inputs[at.row, at.column],
    Kind.TARGET: lambda values, _, at: values.state.batch.targets[at.row, at.column],
    Kind.NET: lambda values, _, at: values._seen.nets[at.layer - 1][at.row, at.column],
    Kind.OUT: lambda values, _, at: values._seen.outs[at.layer][at.row, at.column],
    Kind.SHARE: lambda values, _, at: values._seen.shares[at.row, at.column],
    Kind.LOSS: Values._loss,
    Kind.PENALTY: lambda values, _, at: values._seen.penalty,
    Kind.METRIC: Values._metric,
    Kind.DE_DOUT: Values._slope_of_out,
    Kind.DOUT_DNET: lambda values, _, at: values._back.dout_dnet[at.layer - 1][at.row, at.column],
    Kind.DOUT_DNET_OF: Values._slope_of_another,
    Kind.DE_DNET: lambda values, q, at: values._delta(q.neuron, q.via)[at.row],
    Kind.ERROR: lambda values, q, at: -values._delta(q.neuron, "")[at.row],
    Kind.DNET_DOUT: Values._carrier,
    Kind.DNET_DPARAMETER: lambda values, q, at: values._feeds(q.parameter)[at.row],
    Kind.DE_DPARAMETER: Values._gradient,
    Kind.DE_DINPUT: Values._slope_of_input,
    Kind.RATE: lambda values, _, at: values._rates[at.slot],
    Kind.STEP: Values._step,
    Kind.PARAMETER: lambda values, _, at: values.state.now[0, at.slot],
    Kind.KEPT: lambda v, q, at: v.state.now[1 + v.state.setup.kept.index(q.name), at.slot],
    Kind.TERM: lambda values, q, at: values._terms[q.name][at.slot],
}
