"""The tables' formulas on arrays: what a layer and a loss compute."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from bptui.engine.functions import Activation, Chosen, Formula, FromNets, Loss
from bptui.engine.trace import Array, traced


class LayerFunctions(NamedTuple):
    """An activation's formulas with their parameters, on arrays of a layer."""

    out: Callable[[Array], Array]
    """(net) -> out"""
    slope: Callable[[Array, Array], Array]
    """(net, out) -> dout/dnet of each neuron's own net"""
    delta: Callable[[Array, Array, Array], Array]
    """(dE/dout, slope, out) -> dE/dnet"""


def layer_functions(chosen: Chosen) -> LayerFunctions:
    """What a layer computes with its activation."""
    entry: Activation = chosen.entry
    delta = entry.computed.get("delta", lambda dE_dout, slope: dE_dout * slope)  # noqa: N803
    return LayerFunctions(
        _fitted(entry.computed.get("out", entry.out), "net", chosen.parameters),
        _fitted(entry.computed.get("slope", entry.slope), "net, out", chosen.parameters),
        _fitted(delta, "dE_dout, slope, out", {}),
    )


def end_function(formula: Formula, loss: Chosen, outputs: int) -> Callable[..., Array]:
    """A loss's formula with its parameters: (net, out, target) of the output layer -> array."""
    return _fitted(formula, "net, out, target", {**loss.parameters, "outputs": outputs})


def _fitted(formula: Formula, names: str, numbers: Mapping[str, float]) -> Callable[..., Array]:
    """A formula as a function of arrays of one shape, with these names, in this order."""
    run = traced(formula, numbers).compiled(names)

    def fitted(array: Array, *others: Array) -> Array:
        found: Array = run(array, *others)
        return found if found.shape == array.shape else np.full(array.shape, found)

    return fitted


def loss_formulas(loss: Chosen, outputs: Chosen) -> FromNets | Loss:
    """The formulas of a loss over outputs with an activation, as they are computed."""
    entry: Loss = loss.entry
    return entry.from_nets.get(outputs.name) or entry._replace(
        share=entry.computed.get("share", entry.share),
        slope=entry.computed.get("slope", entry.slope),
    )
