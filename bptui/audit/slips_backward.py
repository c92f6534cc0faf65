"""Slips on the way back and in updates: slopes, deltas, gradients, steps."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from bptui.audit.spot import MOST_OTHERS, Found, Spot, activation_of, parameters_of
from bptui.engine.functions import ACTIVATIONS, every_form
from bptui.story.address import Kind
from bptui.story.formula import (
    Const,
    Formula,
    Minus,
    Product,
    Ref,
    Sum,
    replaced,
)
from bptui.story.moment import Moment, Phase
from bptui.story.symbols import written


def other_slope(spot: Spot) -> Iterator[Found]:
    """Another activation's slope, or that at the net input."""
    neuron, chosen = spot.quantity.neuron, activation_of(spot)
    net, out = spot.ref(Kind.NET, neuron), spot.ref(Kind.OUT, neuron)
    formula = spot.formulas[0]
    at_net = replaced(formula, lambda ref: net if ref.quantity.kind is Kind.OUT else ref)
    if at_net != formula:
        yield "net", at_net, f"the slope is taken at `{net.quantity}`, not at `{out.quantity}`"
    own = chosen.name
    again = written(chosen.entry.out, {"net": out}) if own in ("sigmoid", "tanh") else None
    if again is not None:
        twice = replaced(formula, lambda ref: again if ref.quantity.kind is Kind.OUT else ref)
        yield "twice", twice, f"the activation is applied to `{out.quantity}` again"
    plainest_first = sorted(every_form(ACTIVATIONS), key=lambda form: form[0] != "identity")
    for other, entry in plainest_first:
        if entry is chosen.entry or entry.other_slope is not None:
            continue
        slope = written(entry.slope, {**parameters_of(entry.parameters), "net": net, "out": out})
        if slope is not None:
            told = "the activation's slope is left out, as if it were 1"
            yield other, slope, told if other == "identity" else f"the slope is that of {other}"


def back_weight(spot: Spot) -> Iterator[Found]:
    """A delta carried back over another weight, or another delta over the weight."""
    quantity, network = spot.quantity, spot.graph.network
    match spot.formulas[0]:
        case Product((Ref(delta), Ref(carrier))) if delta.kind is Kind.DE_DNET:
            for other in spot.layer(delta.neuron)[:MOST_OTHERS]:
                if other != delta.neuron:
                    used = spot.ref(Kind.DE_DNET, other)
                    formula = Product(
                        (used, spot.ref(carrier.kind, carrier.neuron, source=carrier.source))
                    )
                    told = f"the delta of {other} is used, not that of {delta.neuron}"
                    yield f"delta {other}", formula, told
            own = spot.edge(quantity.neuron, delta.neuron)
            edges = [
                p
                for target in spot.layer(delta.neuron)
                for p in network.incoming(target)
                if not p.is_bias and p is not own
            ]
            for edge in edges[:MOST_OTHERS]:
                told = f"`{edge.name}` is used in place of `{own.name if own else '?'}`"
                formula = Product((spot.ref(Kind.DE_DNET, delta.neuron), spot.weight(edge)))
                yield edge.name, formula, told


def back_transposed(spot: Spot) -> Iterator[Found]:
    """All deltas carried back over the weights of another neuron, or the transposed matrix."""
    quantity, network = spot.quantity, spot.graph.network
    neuron = quantity.neuron
    if quantity.via or neuron in network.outputs:
        return
    layer, followers = spot.layer(neuron), [p.targets[0] for p in network.outgoing(neuron)]
    tries = {
        f"the weights of {o} are used": [(o, f) for f in followers] for o in layer if o != neuron
    }
    after = spot.layer(followers[0]) if followers else ()
    if len(after) == len(layer) > 1:
        column = after[layer.index(neuron)]
        pairs = [(layer[after.index(f)], column) for f in followers]
        tries["the weight matrix is transposed, or should be"] = pairs
    for told, pairs in tries.items():
        edges = [spot.edge(*pair) for pair in pairs]
        if all(edges):
            terms = [
                Product((spot.ref(Kind.DE_DNET, f), spot.weight(edge)))
                for f, edge in zip(followers, edges, strict=True)
                if edge
            ]
            yield told, Sum(tuple(terms)), told


def other_time(spot: Spot) -> Iterator[Found]:
    """Weights of the wrong moment, before an update or after it, also as deltas' factors."""
    quantity, network = spot.quantity, spot.graph.network
    new = spot.graph.setup.rule.update != "sequential"
    moment = Moment.of(spot.key[1].iteration, Phase.UPDATE if new else Phase.FORWARD)
    told = "the new weights of this update are used, not the old ones"
    told = told if new else "the old weights are used, not the new ones of this update"
    if quantity.kind is Kind.DNET_DOUT:
        if edge := spot.edge(quantity.source, quantity.neuron):
            yield "time", replace(spot.weight(edge), moment=moment), told
        return
    if not quantity.neuron or quantity.neuron in network.outputs or quantity.via:
        return
    edges = network.outgoing(quantity.neuron)
    deltas = [spot.ref(Kind.DE_DNET, edge.targets[0]) for edge in edges]
    weights = [replace(spot.weight(edge), moment=moment) for edge in edges]
    terms = [Product(pair) for pair in zip(deltas, weights, strict=True)]
    if terms:
        yield "time", Sum(tuple(terms)), told


def other_feed(spot: Spot) -> Iterator[Found]:
    """What a weight multiplies, or what a bias is taken for."""
    quantity, network = spot.quantity, spot.graph.network
    parameter = network.parameter(quantity.parameter)
    source = parameter.source
    if source is None:
        told = f"it is multiplied by `{parameter.name}`"
        yield "bias", spot.weight(parameter), told
        return
    own = spot.out(source)
    if own.quantity.kind is Kind.OUT:
        net = spot.ref(Kind.NET, source)
        told = f"`{net.quantity}` is used, not `{own.quantity}`"
        yield "net", net, told
    yield "weight", spot.weight(parameter), f"`{parameter.name}` is used, not `{own.quantity}`"
    for other in spot.layer(source)[:MOST_OTHERS]:
        if other != source:
            told = f"the output of {other} is used, not that of {source}"
            yield f"out {other}", spot.out(other), told


def other_delta(spot: Spot) -> Iterator[Found]:
    """A gradient with the delta of another neuron."""
    quantity, network = spot.quantity, spot.graph.network
    parameter = network.parameter(quantity.parameter)
    if len(parameter.targets) > 1 or quantity.via:
        return
    own = parameter.targets[0]
    feed = spot.ref(Kind.DNET_DPARAMETER, own, parameter=parameter.name)
    for other in spot.layer(own)[:MOST_OTHERS]:
        if other != own:
            told = f"the delta of {other} is used, not that of {own}"
            yield f"delta {other}", Product((spot.ref(Kind.DE_DNET, other), feed)), told


def _taken(spot: Spot) -> tuple[Formula | None, Formula, Formula, float] | None:
    """The old value, what is subtracted from it, that without the learning rate, and the rate."""
    match spot.formulas[0]:
        case Minus(left, Product((Const() | Ref() as rate, *rest)) as right) if _is_rate(rate):
            gradient = rest[0] if len(rest) == 1 else Product(tuple(rest))
            return left, right, gradient, rate.value
    return None


def _is_rate(leaf: Const | Ref) -> bool:
    if isinstance(leaf, Ref):
        return leaf.quantity.kind is Kind.RATE
    return leaf.symbol == "η"


def rate(spot: Spot) -> Iterator[Found]:
    """The step added, the learning rate forgotten."""
    if (found := _taken(spot)) is None:
        return
    left, right, gradient, _ = found
    if left is not None:
        yield "added", Sum((left, right)), "the gradient step is added, not subtracted"
    yield "no rate", Minus(left, gradient), "the learning rate is missing"


def odd_rate(spot: Spot) -> Iterator[Found]:
    """Another rate by a power of ten, or taken twice; the step in the place of the new value."""
    if (found := _taken(spot)) is None:
        return
    left, right, gradient, rate = found
    for times, told in ((10.0, "10 times too large"), (0.1, "10 times too small")):
        formula = Minus(left, Product((Const(rate * times), gradient)))
        yield told, formula, f"the learning rate is {told} ({rate * times:g})"
    twice = Minus(left, Product((Const(rate * rate), gradient)))
    yield "twice", twice, "the learning rate is multiplied in twice"
    if left is not None:
        told = "it is only the step, not the new value"
        yield "step", Minus(None, right), told
        yield "step up", right, "it is only what is subtracted, not the new value"


def not_updated(spot: Spot) -> Iterator[Found]:
    found = _taken(spot)
    if found is not None and found[0] is not None:
        parameter = spot.graph.network.parameter(spot.quantity.parameter)
        what = "bias" if parameter.is_bias else "weight"
        yield what, found[0], f"the {what} is not updated"
