"""The value of every quantity at a moment, or that it is not computed yet."""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np

from bptui.engine.functions import evaluate
from bptui.engine.optimizers import computed
from bptui.engine.passes import Backward, Forward
from bptui.engine.trace import Array
from bptui.story.address import FORMS, Kind, Quantity, all_quantities
from bptui.story.moment import Moment, Phase
from bptui.story.timeline import State, Timeline


def value(state: State, quantity: Quantity) -> float | None:
    return Values(state).get(quantity)


_FORWARD = frozenset(kind for kind in Kind if FORMS[kind].known is Phase.FORWARD)
_BACKWARD = frozenset(kind for kind in Kind if FORMS[kind].known is Phase.BACKWARD)
_KEPT = frozenset(Kind) - {Kind.STEP, Kind.DE_DPARAMETER}
"""What a state holds ready, at least without a via."""


@lru_cache(maxsize=64)
def values_at(timeline: Timeline, moment: Moment) -> Values:
    return Values(timeline.state(moment))


class Values:
    """Looks up quantities in one state; what several of them need is computed once."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.network = state.setup.network
        self._jacobians: dict[tuple[str, str], Array] = {}
        self._found: dict[Quantity, float | None] = {}

    def get(self, quantity: Quantity) -> float | None:
        """A quantity's value, None if it is not computed yet or its sample is not there.

        The last batch of an epoch can be smaller than the others.
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
        state, row = self.state, max(quantity.sample - 1, 0)
        layer, index = self.network.places.get(quantity.neuron, (0, 0))
        slot = self.network.slots.get(quantity.parameter, 0)
        if quantity.kind in _FORWARD:
            return self._forward(quantity, row, layer, index)
        if quantity.kind in _BACKWARD:
            return self._backward(quantity, row, layer, index)
        match quantity.kind:
            case Kind.PARAMETER:
                return float(state.theta[slot])
            case Kind.KEPT:
                return float(state.now[1 + state.setup.kept.index(quantity.name), slot])
            case Kind.TERM:
                return float(self._terms[quantity.name][slot])
            case Kind.STEP:
                assert state.after is not None
                return float(state.after[slot] - state.before[slot])
            case Kind.INPUT:
                return float(state.batch.inputs[row, index])
            case _:  # a target
                return float(state.batch.targets[row, index])

    @cached_property
    def _terms(self) -> dict[str, Array]:
        """What the update computes, by name; of what is frozen what it would be."""
        state, rule = self.state, self.state.setup.rule
        t, gradient = rule.updates_before + state.moment.iteration, self._back.gradient
        return dict(computed(rule.optimizer, state.begun, gradient, rule.learning_rate, t))

    def _forward(self, quantity: Quantity, row: int, layer: int, index: int) -> float:
        seen = self._seen
        match quantity.kind:
            case Kind.NET:
                return float(seen.nets[layer - 1][row, index])
            case Kind.OUT:
                return float(seen.outs[layer][row, index])
            case Kind.SHARE:
                return float(seen.shares[row, index])
            case _:
                return float(seen.shares[row].sum()) if quantity.sample else seen.loss

    def _backward(self, quantity: Quantity, row: int, layer: int, index: int) -> float:
        back = self._back
        match quantity.kind:
            case Kind.DE_DOUT:
                if quantity.via:
                    return float(self._via(quantity.neuron, quantity.via)[row])
                return float(back.dE_dout[layer - 1][row, index])
            case Kind.DOUT_DNET:
                return float(back.dout_dnet[layer - 1][row, index])
            case Kind.DOUT_DNET_OF:
                return self._slope_of_another(quantity, row)
            case Kind.DE_DNET:
                return float(self._delta(quantity.neuron, quantity.via)[row])
            case Kind.DNET_DOUT:
                return float(
                    back.weights[layer - 1][self.network.places[quantity.source][1], index]
                )
            case Kind.DNET_DPARAMETER:
                return float(self._feeds(quantity.parameter)[row])
            case _:
                return self._gradient(quantity, row)

    def _slope_of_another(self, quantity: Quantity, row: int) -> float:
        layer, index = self.network.places[quantity.neuron]
        outs = self._seen.outs[layer][row]
        formula = self.network.layers[layer - 1].activation.other_slope
        assert formula is not None  # such an address is of a layer that has one
        other = outs[self.network.places[quantity.source][1]]
        return float(evaluate(formula, {"out": outs[index], "other": other}))

    def _gradient(self, quantity: Quantity, row: int) -> float:
        """dE/dw: delta * dnet/dw, summed over samples and over the neurons of a bias."""
        back = self._back
        if not quantity.via and not quantity.sample:
            return float(back.gradient[self.network.slots[quantity.parameter]])
        feeds = self._feeds(quantity.parameter)
        terms = sum(
            self._delta(target, quantity.via) * feeds
            for target in self.network.parameter(quantity.parameter).targets
        )
        assert isinstance(terms, np.ndarray)
        return float(terms[row]) if quantity.sample else float(terms.sum())

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
