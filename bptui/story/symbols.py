"""The engine's formulas, called with symbols: out comes the formula that a card shows.

A table says what each of numpy's ufuncs and of the engine's primitives makes of formulas.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from bptui.engine import primitives as f
from bptui.engine.trace import names_of
from bptui.story.formula import (
    ONE,
    ZERO,
    Call,
    Const,
    Formula,
    IfPositive,
    Minus,
    Power,
    Product,
    Quotient,
    Sum,
    evaluate,
)
from bptui.story.spellings import LETTERS, SUNK

CLOSE = 1e-6
"""So near to the engine's number, relatively, is a formula that can be shown for it."""


def parameter_symbol(name: str, value: float) -> Const:
    """How formulas write a parameter of a function or an optimizer: `β₁` for `beta1`."""
    word = name.rstrip("0123456789")
    letter = LETTERS.get(word)
    return Const(value, name if letter is None else letter + name[len(word) :].translate(SUNK))


def written(
    formula: Callable[..., Any], names: Mapping[str, Formula | Sequence[Formula]]
) -> Formula | None:
    """A formula of the engine over these; None if it calls what has no symbols.

    A sequence stands for the numbers of a whole layer.
    """
    given = [names[name] for name in names_of(formula)]
    symbols = [
        _Layer([_Symbol(n) for n in g]) if isinstance(g, Sequence) else _Symbol(g) for g in given
    ]
    try:
        return _node(formula(*symbols))
    except KeyError:
        return None


def taught(
    names: Mapping[str, Formula | Sequence[Formula]],
    value: float,
    first: Callable[..., Any],
    *others: Callable[..., Any],
) -> Formula:
    """The first of some formulas that gives a value in floats; if none does, the first.

    The one that is taught can overflow where the one that is computed does not.
    """
    found = [w for w in (written(formula, names) for formula in (first, *others)) if w is not None]
    return next((w for w in found if is_close(evaluate(w), value)), found[0])


def is_close(number: float, value: float) -> bool:
    """Whether a formula's number can be shown for the engine's; any can if that is not finite."""
    return not math.isfinite(value) or abs(number - value) <= CLOSE * abs(value)


def applied(function: Any, operands: Sequence[Formula]) -> Formula:
    """What an operation of a trace makes of formulas, whatever their values.

    Raises:
        KeyError: it has no symbol.
    """
    if (name := _BY_NAME.get(function)) is not None:
        return Call(name, tuple(operands))
    operate = _UFUNCS.get(function) or _PRIMITIVES[function]
    return _node(operate(*map(_Symbol, operands)))


class _Written(NDArrayOperatorsMixin):
    """Stands for numbers while a formula is written."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **_: Any) -> Any:
        return _operated(_UFUNCS[ufunc], inputs)

    def take_primitive(self, call: Any, arguments: Sequence[Any]) -> Any:
        if hasattr(call, "over_neurons"):
            return _OVER_NEURONS[call](arguments[0].symbols)
        if hasattr(call, "over_layer"):
            return _OVER_LAYER[call](*arguments)
        return _operated(_PRIMITIVES[call], arguments)


class _Symbol(_Written):
    __array_priority__ = 1

    def __init__(self, node: Formula, *, nothing: bool = False) -> None:
        self.node = node
        self.nothing = nothing
        """Whether it is 0 because something infinite was left out: it is not added to others."""


class _Layer(_Written):
    def __init__(self, symbols: Sequence[_Symbol]) -> None:
        self.symbols = symbols


def _operated(operate: Callable[..., Any], inputs: Sequence[Any]) -> Any:
    """Apply an operation, neuron by neuron if some of its inputs are a layer's."""
    layer = next((i for i in inputs if isinstance(i, _Layer)), None)
    if layer is None:
        return operate(*inputs)
    each = [
        [i.symbols[k] if isinstance(i, _Layer) else i for i in inputs]
        for k in range(len(layer.symbols))
    ]
    return _Layer([operate(*one) for one in each])


def _node(x: Any) -> Formula:
    if isinstance(x, _Symbol):
        return x.node
    return Const(float(x), getattr(x, "sign", ""))


def _add(a: Any, b: Any) -> _Symbol:
    for one, other in ((a, b), (b, a)):
        if isinstance(one, _Symbol) and one.nothing:
            return _Symbol(_node(other), nothing=getattr(other, "nothing", False))
    left, right = _node(a), _node(b)
    terms = left.terms if isinstance(left, Sum) else (left,)
    return _Symbol(Sum((*terms, right)))


def _subtract(a: Any, b: Any) -> _Symbol:
    if isinstance(b, _Symbol) and b.nothing:
        return _Symbol(_node(a))
    if isinstance(a, _Symbol) and a.nothing:
        return _negative(b)
    return _Symbol(Minus(_node(a), _node(b)))


def _multiply(a: Any, b: Any) -> _Symbol:
    left, right = _node(a), _node(b)
    factors = left.factors if isinstance(left, Product) else (left,)
    return _Symbol(Product((*factors, right)))


def _divide(a: Any, b: Any) -> _Symbol:
    lower = _node(b)
    return _Symbol(_node(a) if lower == ONE else Quotient(_node(a), lower))


def _built(kind: Callable[..., Formula]) -> Callable[..., _Symbol]:
    return lambda *arguments: _Symbol(kind(*map(_node, arguments)))


_power = _built(Power)


def _negative(a: Any) -> _Symbol:
    """A negative; of what was left out, its weight of 0 stays."""
    return a if getattr(a, "nothing", False) else _Symbol(Minus(None, _node(a)))


def _absolute(a: Any) -> _Symbol:
    return a if evaluate(_node(a)) >= 0 else _negative(a)


def _extreme(name: str) -> Callable[[Any, Any], _Symbol]:
    def operate(a: Any, b: Any) -> _Symbol:
        pair = sorted((_node(a), _node(b)), key=lambda n: not isinstance(n, Const))
        return _Symbol(Call(name, tuple(pair)))  # the number first, as in max(0, net)

    return operate


def _call(name: str) -> Callable[[Any], _Symbol]:
    return _built(lambda a: Call(name, (a,)))


def _weighted(weight: Any, value: Any) -> _Symbol:
    number = evaluate(_node(value))
    if evaluate(_node(weight)) == 0 and not math.isfinite(number):
        return _Symbol(_node(weight), nothing=True)
    return _multiply(weight, value)


def _share_of(part: Any, whole: Any) -> _Symbol:
    if evaluate(_node(part)) == 0 == evaluate(_node(whole)):
        return _Symbol(_node(part), nothing=True)
    return _divide(part, whole)


def _largest(symbols: Sequence[_Symbol]) -> _Symbol:
    return max(symbols, key=lambda s: evaluate(s.node))


def _total(symbols: Sequence[_Symbol]) -> _Symbol:
    return _Symbol(Sum(tuple([s.node for s in symbols])))


def _total_of_others(symbols: Sequence[_Symbol]) -> _Symbol:
    best = _largest(symbols)
    rest = [s for s in symbols if s is not best]
    return _total(rest) if rest else _Symbol(ZERO)


def _other_surprise(own: _Symbol, layer: _Layer) -> _Symbol:
    """ln(1 + exp(x)), where x is the net less the logarithm of the others' sum."""
    others = [s for s in layer.symbols if s.node != own.node]
    top = _largest(others)
    sum_ = _total([_call("exp")(_subtract(s, top)) for s in others])
    x = _subtract(_subtract(own, top), _call("ln")(sum_))
    softplus = np.log1p(np.exp(-abs(x)))
    return _add(x, softplus) if evaluate(x.node) > 0 else softplus


def _binary_delta(
    net: _Symbol,
    nets: _Layer,
    out: _Symbol,
    outs: _Layer,
    target: _Symbol,
    targets: _Layer,
) -> Any:
    """As the engine's docstring has it, with out_j odds_k as out_k exp(net_j) / (the sum but k)."""
    found = out * _total(targets.symbols) - target + (1 - target) * out
    for k, other in enumerate(nets.symbols):
        if other.node != net.node:
            rest = [s for place, s in enumerate(nets.symbols) if place != k]
            top = _largest(rest)
            share = np.exp(net - top) / _total([np.exp(s - top) for s in rest])
            found = found - (1 - targets.symbols[k]) * outs.symbols[k] * share
    return found


def _number_at(numbers: _Layer, place: _Symbol) -> _Symbol:
    return numbers.symbols[min(int(evaluate(place.node)), len(numbers.symbols) - 1)]


_UFUNCS: dict[Any, Callable[..., Any]] = {
    np.add: _add,
    np.subtract: _subtract,
    np.multiply: _multiply,
    np.divide: _divide,
    np.power: _power,
    np.square: lambda a: _power(a, 2),
    np.negative: _negative,
    np.positive: lambda a: a,
    np.absolute: _absolute,
    np.maximum: _extreme("max"),
    np.minimum: _extreme("min"),
    np.exp: _call("exp"),
    np.log: _call("ln"),
    np.expm1: lambda a: _subtract(_call("exp")(a), 1.0),
    np.log1p: lambda a: _Symbol(Call("ln", (_add(1.0, a).node,))),
    np.tanh: _call("tanh"),
    np.sinh: _call("sinh"),
    np.cosh: _call("cosh"),
    np.sign: _call("sign"),
    np.sqrt: _call("sqrt"),
    np.cos: _call("cos"),
    np.floor: _call("floor"),
}
_PRIMITIVES: dict[Any, Callable[..., Any]] = {
    f.if_positive: _built(IfPositive),
    f.size: _call("abs"),
    f.erf: _call("erf"),
    f.erfc: _call("erfc"),
    f.weighted: _weighted,
    f.share_of: _share_of,
}
_OVER_LAYER: dict[Any, Callable[..., Any]] = {
    f.other_surprise: _other_surprise,
    f.binary_delta: _binary_delta,
    f.number_at: _number_at,
}
_OVER_NEURONS: dict[Any, Callable[..., Any]] = {
    f.total: _total,
    f.largest: _largest,
    f.total_of_others: _total_of_others,
}
_BY_NAME: dict[Any, str] = {
    np.absolute: "abs",
    np.expm1: "expm1",
    np.log1p: "log1p",
    f.weighted: "weighted",
    f.share_of: "share_of",
    f.total: "total",
    f.largest: "largest",
    f.total_of_others: "total_of_others",
    f.number_at: "number_at",
}
"""What depends on values where these are known, or is a sum written out, as a call."""
