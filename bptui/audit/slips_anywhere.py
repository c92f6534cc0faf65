"""Slips that are made in any formula: signs, factors, terms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

from bptui.audit.spot import Found, Spot, name, tag_of
from bptui.story.address import Kind
from bptui.story.formula import (
    TWO,
    Const,
    Formula,
    Minus,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
)

MOST_FACTORS = 6
"""In longer products no pairs are looked for."""


def sign(spot: Spot) -> Iterator[Found]:
    for formula in spot.formulas:
        yield "sign", Minus(None, formula), "the sign is wrong"


def half(spot: Spot) -> Iterator[Found]:
    for formula in spot.formulas:
        told = "a factor of 1/2 is missing, or a 2 is extra"
        if isinstance(formula, Product) and any(map(_is_half, formula.factors)):
            told = "the factor ½ is left out"
        yield "×2", Product((TWO, formula)), told
        yield "/2", Quotient(formula, TWO), "a factor of 2 is missing, or a 1/2 is extra"


def _is_half(factor: Formula) -> bool:
    return isinstance(factor, Const) and factor.value == 1 / 2


def batch(spot: Spot) -> Iterator[Found]:
    """The sum for the mean or the other way round; in one sample, what is its share of that."""
    samples = len(spot.graph.setup.batch(spot.key[1].iteration).numbers)
    shares = spot.quantity.kind is Kind.DE_DOUT and spot.quantity.neuron in _outputs(spot)
    if samples > 1 and (shares or not spot.quantity.sample):
        number, formula = Const(float(samples)), spot.formulas[0]
        alone = "it is not divided by the number of samples, as the batch's mean is"
        yield "mean", Quotient(formula, number), "the batch is averaged, not summed"
        summed = alone if spot.quantity.sample else "the batch is summed, not averaged"
        yield "sum", Product((formula, number)), summed


def _outputs(spot: Spot) -> tuple[str, ...]:
    return spot.graph.network.outputs


def average(spot: Spot) -> Iterator[Found]:
    outputs = len(_outputs(spot))
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


def terms(spot: Spot) -> Iterator[Found]:
    for around, terms in _sums(spot):
        for place, term in enumerate(terms):
            rest = tuple(t for k, t in enumerate(terms) if k != place)
            tag, said = tag_of(term, place), name(term)
            if rest:
                yield f"without {tag}", around(Sum(rest)), f"{said} is left out of the sum"
                turned = around(Sum((*rest, Minus(None, term))))
                told = f"{said} has the wrong sign"
                if isinstance(term, Minus) and term.left is None:
                    said = name(term.right)
                    told = f"{said} is added, not subtracted"
                yield f"turned {tag}", turned, told
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


def factors(spot: Spot) -> Iterator[Found]:
    for around, factors in _products(spot):
        for place, factor in enumerate(factors):
            rest = tuple(f for k, f in enumerate(factors) if k != place)
            tag, said = tag_of(factor, place), name(factor)
            if spot.quantity.kind in (Kind.SHARE, Kind.LOSS) and _is_half(factor):
                continue  # a slip of `half`
            if rest:
                yield f"without {tag}", around(Product(rest)), f"{said} is left out of the product"


def doubled(spot: Spot) -> Iterator[Found]:
    for around, factors in _products(spot):
        for place, factor in enumerate(factors):
            told = f"{name(factor)} is multiplied in twice"
            yield f"twice {tag_of(factor, place)}", around(Product((*factors, factor))), told


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


def two_factors(spot: Spot) -> Iterator[Found]:
    for around, factors in _whole_products(spot):
        if not 2 < len(factors) <= MOST_FACTORS:
            continue
        for one, other in combinations(range(len(factors)), 2):
            rest = tuple(f for k, f in enumerate(factors) if k not in (one, other))
            tag = f"without {tag_of(factors[one], one)} and {tag_of(factors[other], other)}"
            told = f"{name(factors[one])} and {name(factors[other])} are left out of the product"
            yield tag, around(Product(rest)), told


def squares(spot: Spot) -> Iterator[Found]:
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
