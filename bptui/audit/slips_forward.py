"""Slips on the way forward: in net inputs, outputs and losses."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from bptui.audit.spot import MOST_OTHERS, Found, Spot, activation_of, parameters_of
from bptui.engine.functions import ACTIVATIONS, LOSSES, every_form
from bptui.engine.network import Parameter
from bptui.story.address import Kind
from bptui.story.formula import (
    ONE,
    Call,
    Const,
    Formula,
    Minus,
    Product,
    Quotient,
    Sum,
)
from bptui.story.symbols import written


def _net_terms(spot: Spot) -> tuple[list[Parameter], Parameter | None]:
    """The weights that lead to a neuron, and its bias."""
    incoming = spot.graph.network.incoming(spot.quantity.neuron)
    weights = [p for p in incoming if not p.is_bias]
    return weights, next((p for p in incoming if p.is_bias), None)


def _net(spot: Spot, weights: Mapping[str, Formula], feeds: Mapping[str, Formula]) -> Formula:
    """A net input with other weights, or other numbers that they multiply, by source."""
    terms: list[Formula] = []
    own, bias = _net_terms(spot)
    for parameter in own:
        source = parameter.source
        assert source is not None
        weight = weights.get(source, spot.weight(parameter))
        terms.append(Product((weight, feeds.get(source, spot.out(source)))))
    if bias is None:
        return Sum(tuple(terms))
    held = spot.weight(bias)
    return Sum((*terms, Minus(None, held) if bias.threshold else held))


def nets_for_outs(spot: Spot) -> Iterator[Found]:
    sources = [p.source for p in _net_terms(spot)[0] if p.source]
    hidden = [s for s in sources if s not in spot.graph.network.inputs]
    if hidden:
        nets = {source: spot.ref(Kind.NET, source) for source in hidden}
        told = "net inputs are used in place of the outputs before"
        yield "nets", _net(spot, {}, nets), told


def other_bias(spot: Spot) -> Iterator[Found]:
    own = _net_terms(spot)[1]
    whole = spot.formulas[0]
    biases = [p for p in spot.graph.network.parameters if p.is_bias and p is not own]
    if own is not None:
        held = spot.weight(own)
        whole = Sum((whole, held)) if own.threshold else Minus(whole, held)
    for other in biases[:MOST_OTHERS]:
        value = spot.weight(other)
        total = Minus(whole, value) if other.threshold else Sum((whole, value))
        yield f"bias {other.name}", total, f"`{other.name}` is used as its bias"


def other_weight(spot: Spot) -> Iterator[Found]:
    """Another weight of the same layer, another's input, or those of another neuron."""
    weights = _net_terms(spot)[0]
    sources = [p.source for p in weights if p.source]
    others = [
        p
        for target in spot.layer(spot.quantity.neuron)
        for p in spot.graph.network.incoming(target)
        if not p.is_bias
    ]
    for own in weights:
        assert own.source is not None
        for other in others[:MOST_OTHERS]:
            if other is not own:
                told = f"`{other.name}` is used in place of `{own.name}`"
                yield f"{other.name}", _net(spot, {own.source: spot.weight(other)}, {}), told
        for source in sources[:MOST_OTHERS]:
            if source != own.source:
                told = f"the output of {source} is used, not that of {own.source}"
                yield f"{source}", _net(spot, {}, {own.source: spot.out(source)}), told


def transposed(spot: Spot) -> Iterator[Found]:
    """The weights of another column or row of the matrix."""
    neuron = spot.quantity.neuron
    layer, weights = spot.layer(neuron), _net_terms(spot)[0]
    sources = [p.source for p in weights if p.source]
    for other in layer:
        used = {s: spot.edge(s, other) for s in sources}
        if other != neuron and all(used.values()):
            refs: dict[str, Formula] = {s: spot.weight(p) for s, p in used.items() if p}
            yield f"of {other}", _net(spot, refs, {}), f"the weights of {other} are used"
    before = spot.layer(sources[0]) if sources else ()
    if len(before) == len(layer) > 1:
        row = before[layer.index(neuron)]
        turned = {s: spot.edge(row, layer[before.index(s)]) for s in sources}
        if all(turned.values()):
            refs = {s: spot.weight(p) for s, p in turned.items() if p}
            told = "the weight matrix is transposed"
            yield "transposed", _net(spot, refs, {}), told


def other_activation(spot: Spot) -> Iterator[Found]:
    net = spot.ref(Kind.NET, spot.quantity.neuron)
    chosen = activation_of(spot)
    plainest_first = sorted(every_form(ACTIVATIONS), key=lambda form: form[0] != "identity")
    for other, entry in plainest_first:
        if entry is chosen.entry or entry.other_slope is not None:
            continue
        formula = written(entry.out, {**parameters_of(entry.parameters), "net": net})
        if formula is not None:
            told = f"`{net.quantity}` itself is used, with no activation"
            yield other, formula, told if other == "identity" else f"the activation is {other}"
    if chosen.name == "sigmoid":
        yield "exp", Minus(ONE, spot.formulas[0]), "exp(net) is used, not exp(-net)"


def other_axis(spot: Spot) -> Iterator[Found]:
    """Softmax over the samples of a batch in place of the neurons of the layer."""
    neuron, samples = spot.quantity.neuron, spot.graph.setup.batch(spot.key[1].iteration).numbers
    if activation_of(spot).name != "softmax" or len(samples) < 2:
        return
    nets = [spot.ref(Kind.NET, neuron, sample=place + 1) for place in range(len(samples))]
    powers = [Call("exp", (net,)) for net in nets]
    formula = Quotient(powers[spot.quantity.sample - 1], Sum(tuple(powers)))
    yield "axis", formula, "softmax is taken over the samples, not over the neurons of the layer"


def other_loss(spot: Spot) -> Iterator[Found]:
    """The formula, or the slope, of another loss."""
    about = "share" if spot.quantity.kind is Kind.SHARE else "slope"
    neuron, rule = spot.quantity.neuron, spot.graph.setup.rule
    if neuron not in spot.graph.network.outputs or spot.quantity.via:
        return
    if not rule.loss.entry.has_targets:
        return
    names: dict[str, Formula] = {
        "out": spot.ref(Kind.OUT, neuron),
        "target": spot.ref(Kind.TARGET, neuron),
        "outputs": Const(float(len(spot.graph.network.outputs))),
    }
    for other, entry in LOSSES.items():
        if other != rule.loss.name and entry.has_targets:
            formula = written(getattr(entry, about), names | parameters_of(entry.parameters))
            if formula is not None:
                yield other, formula, f"the loss is {entry.label}"


def logarithm(spot: Spot) -> Iterator[Found]:
    if spot.graph.setup.rule.loss.entry.probabilities:
        for base in (10, 2):
            formula = Quotient(spot.formulas[0], Const(math.log(base)))
            yield f"log {base}", formula, f"log to base {base} is used, not ln"
