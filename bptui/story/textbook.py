"""Activations and losses as textbooks write them: formulas over quantities, not the engine's."""

from __future__ import annotations

from collections.abc import Sequence

from bptui.story.formula import (
    Call,
    Const,
    Formula,
    Minus,
    Positive,
    Product,
    Quotient,
    Ref,
    Square,
    Sum,
    evaluate,
)

_LARGE = 300
"""The exponentials of nets below this can be summed and divided; that of 710 overflows."""
_ONE = Const(1.0)


def activation(name: str, net: Ref, nets: Sequence[Ref]) -> Formula:
    """Return out of its net; `nets` are those of its whole layer."""
    match name:
        case "sigmoid":
            return Quotient(_ONE, Sum((_ONE, Call("exp", (Minus(None, net),)))))
        case "tanh":
            return Call("tanh", (net,))
        case "relu":
            return Call("max", (Const(0.0), net))
        case "softmax":
            return _softmax(net, nets)
        case _:
            return net


def _softmax(net: Ref, nets: Sequence[Ref]) -> Formula:
    """Return exp(net) over the sum of all in the layer; large nets less the largest of them."""
    exps = {other.quantity: Call("exp", (other,)) for other in nets}
    if max(abs(other.value) for other in nets) >= _LARGE:
        largest = max(nets, key=lambda other: other.value)
        exps = {other.quantity: Call("exp", (Minus(other, largest),)) for other in nets}
    return Quotient(exps[net.quantity], Sum(tuple(exps.values())))


def slope(name: str, net: Ref, out: Ref) -> Formula:
    """Return dout/dnet of a neuron's own net."""
    match name:
        case "sigmoid" | "softmax":
            return Product((out, Minus(_ONE, out)))
        case "tanh":
            return Minus(_ONE, Square(out))
        case "relu":
            return Positive(net)
        case _:
            return _ONE


def share(loss: str, target: Ref, out: Ref, outputs: int) -> Formula:
    """Return what one of so many outputs adds to its sample's loss."""
    square = Square(Minus(target, out))
    match loss:
        case "half_squared_error":
            return Product((Const(0.5, "½"), square))
        case "mean_squared_error":
            return mean(square, outputs)
        case "binary_cross_entropy":
            return _surprise((target, out), (Minus(_ONE, target), Minus(_ONE, out)))
        case "categorical_cross_entropy":
            return _surprise((target, out))
        case _:
            return square


def dshare_dout(loss: str, target: Ref, out: Ref, outputs: int) -> Formula:
    """Return how that changes with out; of 0 / 0 nothing is left to be learned."""
    twice = Product((Const(2.0), Minus(out, target)))
    learned = Minus(None, Quotient(target, out))
    match loss:
        case "half_squared_error":
            return Minus(None, Minus(target, out))
        case "mean_squared_error":
            return mean(twice, outputs)
        case "binary_cross_entropy":
            rest = Quotient(Minus(_ONE, target), Minus(_ONE, out))
            if target.value == out.value and target.value in (0, 1):
                return learned if target.value else rest
            return Sum((learned, rest))
        case "categorical_cross_entropy":
            return learned if target.value or out.value else Minus(None, target)
        case _:
            return twice


def mean(formula: Formula, count: int) -> Formula:
    """Return a formula over how many there are, if there are several."""
    return Quotient(formula, Const(float(count))) if count > 1 else formula


def _surprise(*pairs: tuple[Formula, Formula]) -> Formula:
    """Return minus the sum of t ln(p), in which 0 ln(0) is nothing."""
    kept = [(t, p) for t, p in pairs if evaluate(t) or evaluate(p)]
    if not kept:
        return pairs[0][0]
    terms = tuple(Product((t, Call("ln", (p,)))) for t, p in kept)
    return Minus(None, terms[0] if len(terms) == 1 else Sum(terms))
