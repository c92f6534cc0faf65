"""Learners' slips, tried one by one on a wrong figure without a cause."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations, product

from bptui.audit.figures import Printed, Verdict, judge
from bptui.audit.follow_through import FollowThrough, Recomputed
from bptui.story.address import Kind, Quantity
from bptui.story.derivation import derive
from bptui.story.formula import (
    TWO,
    Call,
    Formula,
    Minus,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
    evaluate,
)
from bptui.story.moment import Moment, Phase

MOST_FACTORS = 7
"""Longer products are not searched for forgotten factors."""

Candidate = tuple[float, str]
"""What a slip gives, and what it is in words."""


def slips(follow: FollowThrough, figure: Printed, exact: float) -> tuple[str, ...]:
    """In words each slip that gives the printed figure, the plainest first.

    If none rounds to it, those that give it cut off instead of rounded.
    """
    found: dict[Verdict, dict[str, None]] = {verdict: {} for verdict in Verdict}
    for value, words in _candidates(follow, figure, exact):
        found[judge(value, figure.text)].setdefault(words)
    return tuple(found[Verdict.MATCH] or found[Verdict.LAST_DIGIT])


def _candidates(follow: FollowThrough, figure: Printed, exact: float) -> Iterator[Candidate]:
    recomputed = follow.recompute(figure.quantity, figure.moment)
    samples = len(follow.timeline.setup.batch(figure.moment.iteration).numbers)
    for base in (exact, recomputed.value):
        yield from _scaled(base, samples)
        if figure.quantity.kind in (Kind.SHARE, Kind.LOSS):
            yield from _of_logarithm(follow, base)
    for formula in _formulas(follow, recomputed):
        yield from _of_sum(formula)
        yield from _of_product(follow, formula)
        yield from _of_delta(follow, formula)
    yield from _of_net(follow, figure)
    yield from _of_update(recomputed)
    yield from _mixed_up(follow, figure)


def _scaled(base: float, samples: int) -> Iterator[Candidate]:
    yield -base, "the sign is wrong"
    yield 2 * base, "a factor of 1/2 is missing, or a 2 is extra"
    yield base / 2, "a factor of 2 is missing, or a 1/2 is extra"
    if samples > 1:
        yield base / samples, "the batch is averaged, not summed"
        yield base * samples, "the batch is summed, not averaged"


def _of_logarithm(follow: FollowThrough, loss: float) -> Iterator[Candidate]:
    if follow.timeline.setup.rule.loss.entry.probabilities:
        for base in (10, 2):
            yield loss / math.log(base), f"log to base {base} is used, not ln"


def _formulas(follow: FollowThrough, recomputed: Recomputed) -> Iterator[Formula]:
    derivation = recomputed.derivation
    if recomputed.formula is not None:
        yield recomputed.formula
    if derivation.formula is not None:
        yield derivation.formula
        match derivation.formula:
            case Sum((Ref(quantity, moment),)):  # the loss of one output is that output's share
                yield from filter(None, (derive(follow.timeline, quantity, moment).formula,))
    if derivation.paths is not None:
        yield follow.with_printed(derivation.paths)
        yield derivation.paths


def _of_sum(formula: Formula) -> Iterator[Candidate]:
    """Yield what a sum gives with one of its terms alone, left out, or of the wrong sign."""
    sign = 1.0
    if isinstance(formula, Minus) and formula.left is None:
        sign, formula = -1.0, formula.right
    if not isinstance(formula, Sum) or len(formula.terms) < 2:
        return
    whole = sign * evaluate(formula)
    terms = [(sign * evaluate(term), _name(term)) for term in formula.terms]
    for value, name in terms:
        yield value, f"only {name} is counted, not the rest of the sum"
    for value, name in terms:
        yield whole - value, f"{name} is left out of the sum"
        yield whole - 2 * value, f"{name} has the wrong sign"


def _of_product(follow: FollowThrough, formula: Formula) -> Iterator[Candidate]:
    """Yield what a product gives with one or two of its factors forgotten, or a square left out."""
    factors = list(_factors(follow, formula))
    if not 1 < len(factors) <= MOST_FACTORS:
        return
    for count in (1, 2):
        for left_out in combinations(range(len(factors)), count):
            rest = [f for k, f in enumerate(factors) if k not in left_out]
            if rest:
                names = " and ".join(_name(factors[k]) for k in left_out)
                verb = "is" if count == 1 else "are"
                yield evaluate(Product(tuple(rest))), f"{names} {verb} left out of the product"
    for place, factor in enumerate(factors):
        if isinstance(factor, Power) and factor.exponent == TWO:
            plain = (*factors[:place], factor.base, *factors[place + 1 :])
            yield evaluate(Product(plain)), f"{_name(factor.base)} is not squared"


def _of_delta(follow: FollowThrough, formula: Formula) -> Iterator[Candidate]:
    """Yield what a product gives where only one of the outs that a delta comes over counts."""
    factors = formula.factors if isinstance(formula, Product) else ()
    for place, delta in enumerate(factors):
        if not isinstance(delta, Ref) or delta.quantity.kind is not Kind.DE_DNET:
            continue
        whole = derive(follow.timeline, delta.quantity, delta.moment).formula
        for term in whole.terms if isinstance(whole, Sum) else ():
            only = (*factors[:place], follow.with_printed(term), *factors[place + 1 :])
            words = f"only {_name(term)} is counted in {_name(delta)}, not the rest of the sum"
            yield evaluate(Product(only)), words


def _factors(follow: FollowThrough, formula: Formula) -> Iterator[Formula]:
    if isinstance(formula, Product):
        for factor in formula.factors:
            yield from _inner_factors(follow, factor)


def _inner_factors(follow: FollowThrough, factor: Formula) -> Iterator[Formula]:
    if isinstance(factor, Ref) and factor.quantity.form.known is Phase.BACKWARD:
        inner = derive(follow.timeline, factor.quantity, factor.moment).formula
        if isinstance(inner, Product):
            for each in inner.factors:
                yield from _inner_factors(follow, follow.with_printed(each))
            return
    yield factor


def _of_update(recomputed: Recomputed) -> Iterator[Candidate]:
    formula = recomputed.formula
    if recomputed.derivation.quantity.kind is not Kind.PARAMETER or not isinstance(formula, Minus):
        return
    left, right = formula.left, formula.right
    assert left is not None  # an update subtracts from the old value
    yield evaluate(left) + evaluate(right), "the gradient step is added, not subtracted"
    if isinstance(right, Product):
        yield evaluate(left) - evaluate(right.factors[-1]), "the learning rate is missing"


def _of_net(follow: FollowThrough, figure: Printed) -> Iterator[Candidate]:
    """Yield a net input with net inputs for outputs, with another bias, or with none."""
    network, quantity = follow.timeline.setup.network, figure.quantity
    if quantity.kind is not Kind.NET:
        return
    terms = _terms(derive(follow.timeline, quantity, figure.moment).formula)
    printed = [follow.with_printed(term) for term in terms]
    whole = sum(evaluate(term) for term in printed)
    nets = [follow.with_printed(_by_net(term, figure)) for term in terms]
    yield (
        sum(evaluate(term) for term in nets),
        "net inputs are used in place of the outputs before",
    )
    biases = [p for p in network.parameters if p.is_bias]
    own = next((p for p in biases if quantity.neuron in p.targets), None)
    state = follow.timeline.state(figure.moment)
    held = 0.0 if own is None else own.bias_feed * float(state.before[network.slots[own.name]])
    if own is not None and own.threshold:
        yield whole - 2 * held, f"the threshold {own.name} is added, not subtracted"
    for other in biases:
        value = other.bias_feed * float(state.before[network.slots[other.name]])
        if own is None or value != held:
            yield whole - held + value, f"{other.name} is used as its bias"


def _terms(formula: Formula | None) -> tuple[Formula, ...]:
    """The terms of a net input, a threshold as its negative."""
    match formula:
        case Sum(terms):
            return terms
        case Minus(Sum(terms), threshold):
            return (*terms, Minus(None, threshold))
    return ()


def _by_net(term: Formula, figure: Printed) -> Formula:
    """A term of a net input with the net of the neuron before in place of its output."""
    match term:
        case Product((weight, Ref(quantity))) if quantity.kind is Kind.OUT:
            return Product((weight, _ref(quantity._replace(kind=Kind.NET), figure)))
    return term


def _mixed_up(follow: FollowThrough, figure: Printed) -> Iterator[Candidate]:
    """Yield a gradient or an update with the delta or the output of another neuron."""
    setup, quantity = follow.timeline.setup, figure.quantity
    network, name = setup.network, quantity.parameter
    wanted = quantity.kind in (Kind.DE_DPARAMETER, Kind.PARAMETER)
    if not wanted or quantity.via or setup.batch_size > 1:
        return
    parameter = network.parameter(name)
    source, own = parameter.source, parameter.targets[0]
    if source is None:
        return
    old = float(follow.timeline.state(figure.moment).before[network.slots[name]])
    feeds, deltas = network.places[source][0], network.places[own][0]
    feed_kind = Kind.OUT if feeds else Kind.INPUT
    for neuron, target in product(network.neurons[feeds], network.neurons[deltas]):
        if (neuron == source) == (target == own):
            continue
        used = (Quantity(feed_kind, neuron=neuron), Quantity(Kind.DE_DNET, neuron=target))
        refs = tuple([_ref(each, figure) for each in used])
        number = evaluate(follow.with_printed(Product(refs)))
        words = (
            f"the delta of {target} is used, not that of {own}"
            if neuron == source
            else f"the output of {neuron} is used, not that of {source}"
        )
        if quantity.kind is Kind.PARAMETER:
            number = old - setup.rule.learning_rate * number
        yield number, words


def _ref(quantity: Quantity, figure: Printed) -> Ref:
    known, moment = quantity.form.known, figure.moment
    return Ref(quantity, moment if known is None else Moment.of(moment.iteration, known), 0.0)


def _name(formula: Formula) -> str:
    match formula:
        case Ref(quantity):
            return str(quantity)
        case Product(factors):
            return " x ".join(_name(factor) for factor in factors)
        case Power(base):
            return f"{_name(base)} squared"
        case Minus(None, right):
            return f"-({_name(right)})"
        case Quotient(upper, lower):
            return f"{_name(upper)} / {_name(lower)}"
        case Call(name, arguments):
            return f"{name}({', '.join(map(_name, arguments))})"
        case Minus(left, right):
            assert left is not None
            return f"({_name(left)} - {_name(right)})"
        case _:
            return f"{evaluate(formula):.9g}"
