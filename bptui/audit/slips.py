"""Slips: the mistakes that people make in each formula. To add one is to add an entry to `SLIPS`.

A slip is tried on every number that a wrong figure was computed from (`trials`). In what it says,
addresses stand between backticks, so that they can be shown in the article's notation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations

from msgspec import Struct

from bptui.audit.graph import Graph, Key
from bptui.engine.functions import ACTIVATIONS, LOSSES
from bptui.engine.network import Parameter
from bptui.story.address import Kind, Quantity
from bptui.story.formula import (
    ONE,
    TWO,
    Call,
    Const,
    Formula,
    Minus,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
    replaced,
)
from bptui.story.moment import Moment, Phase
from bptui.story.symbols import parameter_symbol, written

MOST_FACTORS = 6
"""In longer products no pairs are looked for."""
MOST_OTHERS = 12
"""So many other weights or neurons are tried in the place of one."""

Found = tuple[str, Formula, str]
"""What it is that went wrong, in one word for the same elsewhere; the formula; and in words."""


class Spot(Struct, frozen=True):
    """A number that may have been computed wrongly."""

    graph: Graph
    key: Key
    formulas: tuple[Formula, ...]

    @property
    def quantity(self) -> Quantity:
        return self.key[0]

    def ref(self, kind: Kind, neuron: str = "", *, parameter: str = "", source: str = "") -> Ref:
        """Another number of the same iteration and sample."""
        sample = self.quantity.sample
        about = Quantity(kind, neuron, parameter, source, sample=sample)
        if not about.form.sampled:
            about = about._replace(sample=0)
        known = about.form.known
        moment = Moment.of(self.key[1].iteration, known if known is not None else Phase.FORWARD)
        return Ref(about, moment, self.graph.exact(self.graph.key(about, moment)))

    def weight(self, parameter: Parameter) -> Ref:
        return self.ref(Kind.PARAMETER, parameter=parameter.name)

    def out(self, neuron: str) -> Ref:
        kind = Kind.INPUT if neuron in self.graph.network.inputs else Kind.OUT
        return self.ref(kind, neuron)

    def layer(self, neuron: str) -> tuple[str, ...]:
        """The neurons of a neuron's layer."""
        network = self.graph.network
        return tuple(network.neurons[network.places[neuron][0]])

    def edge(self, source: str, target: str) -> Parameter | None:
        edges = self.graph.network.incoming(target)
        return next((p for p in edges if p.source == source), None)


class Slip(Struct, frozen=True):
    """A kind of mistake."""

    cost: int
    """The plainest are the cheapest; of several that fit the cheapest is named."""
    kinds: frozenset[Kind]
    """The numbers that it is made in."""
    find: Callable[[Spot], Iterator[Found]]


def name(formula: Formula) -> str:
    """A part of a formula in words."""
    match formula:
        case Ref(quantity):
            return f"`{quantity}`"
        case Const(value, symbol):
            return symbol or f"{value:.9g}"
        case Call(function, values):
            told = ", ".join(map(name, values))
            return function + (told if told.startswith("(") else f"({told})")
        case Product(factors):
            return " × ".join(map(name, factors))
        case Sum(terms):
            return f"({' + '.join(map(name, terms))})"
        case Power(base):
            return f"{name(base)} squared"
        case Minus(None, right):
            return f"-{name(right)}"
        case Minus(left, right):
            assert left is not None
            return f"({name(left)} - {name(right)})"
        case Quotient(upper, lower):
            return f"{name(upper)} / {name(lower)}"
    return "it"


def _tag(formula: Formula, place: int) -> str:
    """What a part is called in formulas of the same kind."""
    match formula:
        case Ref(quantity):
            return quantity.kind.name
        case Product((Ref(quantity), *_)):
            return f"{quantity.kind.name} {place}"
    return f"{type(formula).__name__} {place}"


# any formula


def _sign(spot: Spot) -> Iterator[Found]:
    yield "sign", Minus(None, spot.formulas[0]), "the sign is wrong"


def _half(spot: Spot) -> Iterator[Found]:
    formula = spot.formulas[0]
    yield "×2", Product((TWO, formula)), "a factor of 1/2 is missing, or a 2 is extra"
    yield "/2", Quotient(formula, TWO), "a factor of 2 is missing, or a 1/2 is extra"


def _batch(spot: Spot) -> Iterator[Found]:
    samples = len(spot.graph.setup.batch(spot.key[1].iteration).numbers)
    if samples > 1 and not spot.quantity.sample:
        number, formula = Const(float(samples)), spot.formulas[0]
        yield "mean", Quotient(formula, number), "the batch is averaged, not summed"
        yield "sum", Product((formula, number)), "the batch is summed, not averaged"


def _average(spot: Spot) -> Iterator[Found]:
    outputs = len(spot.graph.network.outputs)
    if outputs > 1:
        formula = Quotient(spot.formulas[0], Const(float(outputs)))
        yield "mean", formula, "it is averaged over the outputs"


def _sums(spot: Spot) -> Iterator[tuple[Callable[[Formula], Formula], tuple[Formula, ...]]]:
    """Yield the sums among a number's formulas, and what stands around them."""
    for formula in spot.formulas:
        match formula:
            case Sum(terms):
                yield (lambda inner: inner), terms
            case Minus(None, Sum(terms)):
                yield (lambda inner: Minus(None, inner)), terms
            case Minus(Sum(terms), threshold):
                yield (lambda inner: inner), (*terms, Minus(None, threshold))
            case Quotient(Sum(terms), lower):
                yield (lambda inner, lower=lower: Quotient(inner, lower)), terms  # type: ignore[misc]


def _terms(spot: Spot) -> Iterator[Found]:
    for around, terms in _sums(spot):
        for place, term in enumerate(terms):
            rest = tuple(t for k, t in enumerate(terms) if k != place)
            tag, said = _tag(term, place), name(term)
            if rest:
                yield f"without {tag}", around(Sum(rest)), f"{said} is left out of the sum"
                turned = around(Sum((*rest, Minus(None, term))))
                yield f"turned {tag}", turned, f"{said} has the wrong sign"
                yield f"twice {tag}", around(Sum((*terms, term))), f"{said} is counted twice"
            if len(rest) > 1:
                told = f"only {said} is counted, not the rest of the sum"
                yield f"only {tag}", around(term), told


def _products(spot: Spot) -> Iterator[tuple[Callable[[Formula], Formula], tuple[Formula, ...]]]:
    """Yield the products among a number's formulas, and what stands around them."""
    for formula in spot.formulas:
        match formula:
            case Product(factors):
                yield (lambda inner: inner), factors
            case Minus(None, Product(factors)):
                yield (lambda inner: Minus(None, inner)), factors


def _factors(spot: Spot) -> Iterator[Found]:
    for around, factors in _products(spot):
        for place, factor in enumerate(factors):
            rest = tuple(f for k, f in enumerate(factors) if k != place)
            tag, said = _tag(factor, place), name(factor)
            if rest:
                yield f"without {tag}", around(Product(rest)), f"{said} is left out of the product"


def _doubled(spot: Spot) -> Iterator[Found]:
    for around, factors in _products(spot):
        for place, factor in enumerate(factors):
            told = f"{name(factor)} is multiplied in twice"
            yield f"twice {_tag(factor, place)}", around(Product((*factors, factor))), told


def _whole_products(
    spot: Spot,
) -> Iterator[tuple[Callable[[Formula], Formula], tuple[Formula, ...]]]:
    """Yield the products among a number's formulas, slopes taken apart into their own factors."""
    for around, factors in _products(spot):
        found: list[Formula] = []
        for factor in factors:
            slope = isinstance(factor, Ref) and factor.quantity.kind is Kind.DOUT_DNET
            inner = _formula_of(spot, factor) if slope else None
            found += inner.factors if isinstance(inner, Product) else (factor,)
        yield around, tuple(found)


def _formula_of(spot: Spot, ref: Formula) -> Formula | None:
    assert isinstance(ref, Ref)
    formulas = spot.graph.formulas(spot.graph.key(ref.quantity, ref.moment))
    return formulas[0] if formulas else None


def _two_factors(spot: Spot) -> Iterator[Found]:
    for around, factors in _whole_products(spot):
        if not 2 < len(factors) <= MOST_FACTORS:
            continue
        for one, other in combinations(range(len(factors)), 2):
            rest = tuple(f for k, f in enumerate(factors) if k not in (one, other))
            tag = f"without {_tag(factors[one], one)} and {_tag(factors[other], other)}"
            told = f"{name(factors[one])} and {name(factors[other])} are left out of the product"
            yield tag, around(Product(rest)), told


def _squares(spot: Spot) -> Iterator[Found]:
    formula = spot.formulas[0]
    factors = formula.factors if isinstance(formula, Product) else (formula,)
    for place, factor in enumerate(factors):
        if isinstance(factor, Power) and factor.exponent == TWO:
            base, before, after = factor.base, factors[:place], factors[place + 1 :]
            plain = Product((*before, base, *after))
            yield "unsquared", plain, f"{name(base)} is not squared"
            absolute = Product((*before, Minus(None, base), *after))
            yield "absolute", absolute, f"{name(base)} is made positive, not squared"
            if len(factors) > 1:
                for error in (base, Minus(None, base)):
                    yield "error", error, "it is the error itself, not squared and not halved"


# forward


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


def _nets_for_outs(spot: Spot) -> Iterator[Found]:
    sources = [p.source for p in _net_terms(spot)[0] if p.source]
    hidden = [s for s in sources if s not in spot.graph.network.inputs]
    if hidden:
        nets = {source: spot.ref(Kind.NET, source) for source in hidden}
        told = "net inputs are used in place of the outputs before"
        yield "nets", _net(spot, {}, nets), told


def _other_bias(spot: Spot) -> Iterator[Found]:
    own = _net_terms(spot)[1]
    whole = spot.formulas[0]
    biases = [p for p in spot.graph.network.parameters if p.is_bias and p is not own]
    if own is not None:
        held = spot.weight(own)
        if own.threshold:
            told = f"the threshold `{own.name}` is added, not subtracted"
            yield "threshold", Sum((whole, held, held)), told
        whole = Sum((whole, held)) if own.threshold else Minus(whole, held)
    for other in biases[:MOST_OTHERS]:
        value = spot.weight(other)
        total = Minus(whole, value) if other.threshold else Sum((whole, value))
        yield f"bias {other.name}", total, f"`{other.name}` is used as its bias"


def _other_weight(spot: Spot) -> Iterator[Found]:
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


def _transposed(spot: Spot) -> Iterator[Found]:
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


def _other_activation(spot: Spot) -> Iterator[Found]:
    net = spot.ref(Kind.NET, spot.quantity.neuron)
    own = _activation(spot)
    for other, entry in ACTIVATIONS.items():
        if other == own or entry.other_slope is not None:
            continue
        formula = written(entry.out, {**_symbols(entry.parameters), "net": net})
        if formula is not None:
            told = f"`{net.quantity}` itself is used, with no activation"
            yield other, formula, told if other == "identity" else f"the activation is {other}"
    if own == "sigmoid":
        yield "exp", Minus(ONE, spot.formulas[0]), "exp(net) is used, not exp(-net)"


def _activation(spot: Spot) -> str:
    network = spot.graph.network
    layer = network.places[spot.quantity.neuron][0]
    return network.layers[layer - 1].chosen.name


def _other_loss(spot: Spot) -> Iterator[Found]:
    """The formula, or the slope, of another loss."""
    about = "share" if spot.quantity.kind is Kind.SHARE else "slope"
    neuron, rule = spot.quantity.neuron, spot.graph.setup.rule
    if neuron not in spot.graph.network.outputs or spot.quantity.via:
        return
    names: dict[str, Formula] = {
        "out": spot.ref(Kind.OUT, neuron),
        "target": spot.ref(Kind.TARGET, neuron),
        "outputs": Const(float(len(spot.graph.network.outputs))),
    }
    for other, entry in LOSSES.items():
        if other != rule.loss.name:
            formula = written(getattr(entry, about), names | _symbols(entry.parameters))
            if formula is not None:
                yield other, formula, f"the loss is {entry.label}"


def _symbols(parameters: Mapping[str, float]) -> dict[str, Formula]:
    """The parameters of a function with the values that they have if nothing is said."""
    return {name: parameter_symbol(name, value) for name, value in parameters.items()}


def _logarithm(spot: Spot) -> Iterator[Found]:
    if spot.graph.setup.rule.loss.entry.probabilities:
        for base in (10, 2):
            formula = Quotient(spot.formulas[0], Const(math.log(base)))
            yield f"log {base}", formula, f"log to base {base} is used, not ln"


# backward


def _other_slope(spot: Spot) -> Iterator[Found]:
    """Another activation's slope, or that at the net input."""
    neuron, own = spot.quantity.neuron, _activation(spot)
    net, out = spot.ref(Kind.NET, neuron), spot.ref(Kind.OUT, neuron)
    formula = spot.formulas[0]
    at_net = replaced(formula, lambda ref: net if ref.quantity.kind is Kind.OUT else ref)
    if at_net != formula:
        yield "net", at_net, f"the slope is taken at `{net.quantity}`, not at `{out.quantity}`"
    again = written(ACTIVATIONS[own].out, {"net": out}) if own in ("sigmoid", "tanh") else None
    if again is not None:
        twice = replaced(formula, lambda ref: again if ref.quantity.kind is Kind.OUT else ref)
        yield "twice", twice, f"the activation is applied to `{out.quantity}` again"
    for other, entry in ACTIVATIONS.items():
        if other == own or entry.other_slope is not None:
            continue
        slope = written(entry.slope, {**_symbols(entry.parameters), "net": net, "out": out})
        if slope is not None:
            yield other, slope, f"the slope is that of {other}"


def _back_weight(spot: Spot) -> Iterator[Found]:
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


def _back_transposed(spot: Spot) -> Iterator[Found]:
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


def _other_feed(spot: Spot) -> Iterator[Found]:
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


def _other_delta(spot: Spot) -> Iterator[Found]:
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


# update


def _taken(spot: Spot) -> tuple[Formula | None, Formula, Formula] | None:
    """The old value, what is subtracted from it, and that without the learning rate."""
    match spot.formulas[0]:
        case Minus(left, Product((Const(_, "η"), *rest)) as right):
            return left, right, rest[0] if len(rest) == 1 else Product(tuple(rest))
    return None


def _rate(spot: Spot) -> Iterator[Found]:
    """The step added, the learning rate forgotten."""
    if (found := _taken(spot)) is None:
        return
    left, right, gradient = found
    if left is not None:
        yield "added", Sum((left, right)), "the gradient step is added, not subtracted"
    yield "no rate", Minus(left, gradient), "the learning rate is missing"


def _odd_rate(spot: Spot) -> Iterator[Found]:
    """Another learning rate by a power of ten; the step in the place of the new value."""
    if (found := _taken(spot)) is None:
        return
    left, right, gradient = found
    rate = spot.graph.setup.rule.learning_rate
    for times, told in ((10.0, "10 times too large"), (0.1, "10 times too small")):
        formula = Minus(left, Product((Const(rate * times), gradient)))
        yield told, formula, f"the learning rate is {told} ({rate * times:g})"
    if left is not None:
        told = "it is only the step, not the new value"
        yield "step", Minus(None, right), told
        yield "step up", right, "it is only what is subtracted, not the new value"


def _not_updated(spot: Spot) -> Iterator[Found]:
    found = _taken(spot)
    if found is not None and found[0] is not None:
        parameter = spot.graph.network.parameter(spot.quantity.parameter)
        what = "bias" if parameter.is_bias else "weight"
        yield what, found[0], f"the {what} is not updated"


def _kinds(*kinds: Kind) -> frozenset[Kind]:
    return frozenset(kinds)


_FORWARD = _kinds(Kind.NET, Kind.OUT, Kind.SHARE, Kind.LOSS)
_SLOPES = _kinds(Kind.DE_DOUT, Kind.DOUT_DNET, Kind.DOUT_DNET_OF, Kind.DE_DNET, Kind.DE_DPARAMETER)
_UPDATED = _kinds(Kind.PARAMETER, Kind.STEP, Kind.KEPT)
_COMPUTED = _FORWARD | _SLOPES | _UPDATED
SLIPS: tuple[Slip, ...] = (
    Slip(1, _SLOPES | _kinds(Kind.STEP, Kind.NET), _sign),
    Slip(1, _kinds(Kind.SHARE, Kind.LOSS, Kind.DE_DOUT, Kind.DE_DPARAMETER, Kind.DE_DNET), _half),
    Slip(1, _kinds(Kind.LOSS, Kind.DE_DPARAMETER), _batch),
    Slip(1, _kinds(Kind.PARAMETER, Kind.STEP), _rate),
    Slip(1, _kinds(Kind.PARAMETER), _not_updated),
    Slip(2, _COMPUTED, _terms),
    Slip(2, _COMPUTED, _factors),
    Slip(2, _kinds(Kind.SHARE), _squares),
    Slip(2, _kinds(Kind.NET), _nets_for_outs),
    Slip(2, _kinds(Kind.DNET_DPARAMETER), _other_feed),
    Slip(2, _kinds(Kind.SHARE, Kind.LOSS), _logarithm),
    Slip(2, _kinds(Kind.DOUT_DNET), _other_slope),
    Slip(2, _kinds(Kind.LOSS), _average),
    Slip(3, _kinds(Kind.PARAMETER, Kind.STEP), _odd_rate),
    Slip(3, _COMPUTED, _doubled),
    Slip(3, _kinds(Kind.OUT), _other_activation),
    Slip(3, _kinds(Kind.SHARE, Kind.DE_DOUT), _other_loss),
    Slip(3, _kinds(Kind.NET), _other_bias),
    Slip(3, _kinds(Kind.NET), _transposed),
    Slip(3, _kinds(Kind.DE_DOUT), _back_transposed),
    Slip(4, _COMPUTED, _two_factors),
    Slip(4, _kinds(Kind.NET), _other_weight),
    Slip(4, _kinds(Kind.DE_DOUT), _back_weight),
    Slip(4, _kinds(Kind.DE_DPARAMETER), _other_delta),
)
"""Every kind of slip, the plainest first."""
