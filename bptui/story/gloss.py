"""Where a factor of the chain rule comes from, in a few signs: `out × (1 - out)`."""

from __future__ import annotations

from functools import lru_cache

from bptui.engine.functions import Chosen
from bptui.engine.functions import Formula as Function
from bptui.engine.network import Network
from bptui.engine.passes import Rule
from bptui.story.address import Kind, Quantity
from bptui.story.formula import Const, Formula, Quotient, Ref, parts
from bptui.story.setup import Setup
from bptui.story.symbols import parameter_symbol, written

_BARE = {"net": 1.0, "out": 0.25, "target": 0.5}
"""Names of a neuron's own numbers, with values that make no term vanish."""


def gloss(setup: Setup, quantity: Quantity, samples: int = 1) -> Formula | None:
    """A slope over the neuron's own `net`, `out` and `target`; None for other quantities."""
    network = setup.network
    if quantity.kind is Kind.DOUT_DNET:
        return _activation_slope(network, network.places[quantity.neuron][0] - 1)
    if quantity.kind is Kind.DE_DOUT and quantity.neuron in network.outputs and not quantity.via:
        slope, divisor = _loss_slope(setup.rule, network), setup.rule.divisor(samples)
        return Quotient(slope, Const(divisor)) if divisor != 1 else slope
    return None


@lru_cache(maxsize=64)
def _activation_slope(network: Network, layer: int) -> Formula:
    chosen = network.layers[layer].chosen
    return _bare(chosen, chosen.entry.slope)


@lru_cache(maxsize=16)
def _loss_slope(rule: Rule, network: Network) -> Formula:
    """The slope of a loss, as it is taught or as it is computed, whichever is shorter."""
    entry, outputs = rule.loss.entry, float(len(network.outputs))
    both = [entry.slope, *([entry.computed["slope"]] if "slope" in entry.computed else [])]
    return min((_bare(rule.loss, formula, outputs) for formula in both), key=_size)


def _bare(chosen: Chosen, formula: Function, outputs: float = 1.0) -> Formula:
    names: dict[str, Formula] = {name: Const(value, name) for name, value in _BARE.items()}
    names |= {name: parameter_symbol(name, value) for name, value in chosen.parameters.items()}
    found = written(formula, {**names, "outputs": Const(outputs)})
    assert found is not None  # a slope is arithmetic
    return found


def _size(formula: Formula) -> int:
    if isinstance(formula, (Ref, Const)):
        return 1
    return 1 + sum(_size(part) for part in parts(formula))
