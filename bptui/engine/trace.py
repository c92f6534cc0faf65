"""A formula as a list of operations: the passes make new arrays by them, the loop fills its own.

A formula is called once with tracers in the place of arrays; they note which ufuncs it calls, and
in which order. Those very ufuncs, on arrays of the same layout, give the same bits as the formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

Array = NDArray[np.float64]
Formula = Callable[..., Any]
"""A Python function whose parameters are names of quantities."""
Operation = tuple[Callable[..., Any], tuple[Any, ...]]
"""A function that fills an array, and its arguments."""

_KEYWORD_OUT = (np.maximum, np.minimum, np.power)
"""Ufuncs whose last positional argument is not taken for `out` everywhere."""
_EXACT = {np.add, np.subtract, np.multiply, np.divide, np.negative, np.positive}
_EXACT |= {np.square, np.sqrt, np.greater, np.sign, np.floor}


def names_of(formula: Formula) -> tuple[str, ...]:
    """The names of a formula's parameters: the quantities that it is made of.

    `lambda_` is lambda: Python has a word like that. A formula made of others has its `names`.
    """
    if (names := getattr(formula, "names", None)) is not None:
        found: tuple[str, ...] = names
        return found
    code = formula.__code__  # inspect.signature takes a hundred times as long
    return tuple([name.removesuffix("_") for name in code.co_varnames[: code.co_argcount]])


def primitive(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of arrays be traced, and written with symbols, like one of numpy's."""

    def call(*arguments: Any) -> Any:
        for argument in arguments:
            take = getattr(argument, "take_primitive", None)
            if take is not None:
                return take(call, arguments)
        return function(*arguments)

    call.on_arrays = function  # type: ignore[attr-defined]
    call.__doc__ = function.__doc__
    return call


def over_neurons(function: Callable[..., Any]) -> Callable[..., Any]:
    """A primitive that makes one row (1, samples) of the rows (neurons, samples) of a layer."""
    call = primitive(function)
    call.over_neurons = True  # type: ignore[attr-defined]
    return call


def over_layer(function: Callable[..., Any]) -> Callable[..., Any]:
    """A primitive whose numbers depend on those of all neurons of a layer."""
    call = primitive(function)
    call.over_layer = True  # type: ignore[attr-defined]
    return call


class _Tracer(NDArrayOperatorsMixin):
    """Stands for an array while a formula is traced."""

    def __init__(self, name: str, tape: Trace) -> None:
        self.name, self.tape = name, tape

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **_: Any) -> _Tracer:
        assert method == "__call__"
        if ufunc is np.power and not isinstance(inputs[1], _Tracer) and inputs[1] == 2:
            # numpy squares arrays so, too
            ufunc, inputs = np.square, inputs[:1]
        return self.tape.add(ufunc, inputs)

    def take_primitive(self, call: Callable[..., Any], arguments: Sequence[Any]) -> _Tracer:
        return self.tape.add(call, arguments)


class Trace:
    """The steps of a formula, each once, however often the formula writes it."""

    def __init__(self, formula: Formula, names: Mapping[str, str | float]) -> None:
        """Trace a formula; `names` says for each of its parameters an array's name, or a number."""
        self.steps: list[tuple[Any, tuple[str | float, ...]]] = []
        self._places: dict[tuple[Any, ...], int] = {}
        given = [names[parameter] for parameter in names_of(formula)]
        found = formula(*[_Tracer(n, self) if isinstance(n, str) else n for n in given])
        if not isinstance(found, _Tracer) or not self.steps:  # a constant, or an array as it is
            operand = found.name if isinstance(found, _Tracer) else float(found)
            self.steps.append((np.positive, (operand,)))
        elif found.name != f"#{len(self.steps) - 1}":
            self.steps.append((np.positive, (found.name,)))

    def add(self, function: Any, inputs: Sequence[Any]) -> _Tracer:
        operands = tuple(i.name if isinstance(i, _Tracer) else float(i) for i in inputs)
        place = self._places.setdefault((function, *operands), len(self.steps))
        if place == len(self.steps):
            self.steps.append((function, operands))
        return _Tracer(f"#{place}", self)

    @property
    def coupled(self) -> bool:
        """Whether the neurons of a layer have a part in each other's results."""
        marks = ("over_neurons", "over_layer")
        return any(hasattr(function, mark) for function, _ in self.steps for mark in marks)

    @property
    def exact(self) -> bool:
        """Whether IEEE 754 rounds all of it alike, wherever a number stands in an array."""
        return all(function in _EXACT for function, _ in self.steps)

    def compiled(self, names: str) -> Callable[..., Any]:
        """The steps as a function of arrays with these names, compiled as a namedtuple is.

        It takes half the formula's time: ufuncs are slow with numbers that are no arrays.
        """
        known: dict[str, Any] = {}
        lines = [f"def run({names}):"]
        for place, (function, operands) in enumerate(self.steps):
            known[f"f{place}"] = getattr(function, "on_arrays", function)
            arguments = []
            for k, operand in enumerate(operands):
                name = f"n{place}_{k}" if isinstance(operand, float) else operand.replace("#", "_")
                arguments.append(name)
                if isinstance(operand, float):
                    known[name] = np.array(operand)
            lines.append(f" _{place} = f{place}({', '.join(arguments)})")
        exec("\n".join([*lines, f" return _{len(self.steps) - 1}"]), known)
        found: Callable[..., Any] = known["run"]
        return found

    def bind(self, result: Array, **arrays: Array) -> list[Operation]:
        """The operations that fill `result` from these arrays; what they need between is made here.

        `result` may be one of the arrays: it is then filled in place.
        """
        return _Binder(self.steps, result, arrays).operations()


WHOLE = {"nets": "net", "outs": "out", "targets": "target"}
"""What formulas call the numbers of a whole layer, and the arrays that have them."""


def traced(formula: Formula, numbers: Mapping[str, float]) -> Trace:
    """A formula's trace; whatever is not a number here is an array by its own name."""
    return Trace(formula, {n: numbers.get(n, WHOLE.get(n, n)) for n in names_of(formula)})


class _Binder:
    """Finds an array for each step: a free one, or the result's own while nobody needs it."""

    def __init__(
        self,
        steps: Sequence[tuple[Any, tuple[str | float, ...]]],
        result: Array,
        arrays: Mapping[str, Array],
    ) -> None:
        self._steps, self._result, self._arrays = steps, result, dict(arrays)
        self._last_use = {
            operand: place
            for place, (_, operands) in enumerate(steps)
            for operand in operands
            if isinstance(operand, str)
        }
        self._free: list[Array] = []
        holders = [name for name, array in arrays.items() if array is result]
        self._result_free_from = max((self._last_use.get(name, -1) for name in holders), default=-1)

    def operations(self) -> list[Operation]:
        found: list[Operation] = []
        for place, (function, operands) in enumerate(self._steps):
            values = [self._arrays[o] if isinstance(o, str) else o for o in operands]
            shape = _shape(function, values)
            in_place = not hasattr(function, "on_arrays")
            if in_place:
                self._release(place, operands)
            filled = self._result if place == len(self._steps) - 1 else self._room(place, shape)
            if not in_place:
                self._release(place, operands)
            self._arrays[f"#{place}"] = filled
            found.append(_operation(function, values, filled))
        return found

    def _room(self, place: int, shape: tuple[int, ...]) -> Array:
        for k, array in enumerate(self._free):
            if array.shape == shape:
                return self._free.pop(k)
        free = self._result_free_from <= place and self._result.shape == shape
        if free and not any(self._arrays[n] is self._result for n in self._arrays if n[0] == "#"):
            return self._result
        return np.empty(shape)

    def _release(self, place: int, operands: Sequence[str | float]) -> None:
        for name in set(operands):
            if isinstance(name, str) and name[0] == "#" and self._last_use[name] == place:
                array = self._arrays.pop(name)
                if array is not self._result:
                    self._free.append(array)


def _shape(function: Any, values: Sequence[Any]) -> tuple[int, ...]:
    shapes = [v.shape for v in values if isinstance(v, np.ndarray)]
    if hasattr(function, "over_neurons"):
        return (1, *shapes[0][1:])
    return np.broadcast_shapes(*shapes)


def _operation(function: Any, values: Sequence[Any], filled: Array) -> Operation:
    if hasattr(function, "on_arrays"):
        return _fill, (filled, function.on_arrays, *values)
    numbers = [v if isinstance(v, np.ndarray) else constant(v, filled.shape) for v in values]
    if function in _KEYWORD_OUT:
        return partial(function, out=filled), tuple(numbers)
    return function, (*numbers, filled)


def _fill(filled: Array, function: Callable[..., Any], *values: Any) -> None:
    filled[...] = function(*values)


@lru_cache(maxsize=256)
def constant(number: float, shape: int | tuple[int, ...]) -> Array:
    """A number as an array: a ufunc takes a float much slower."""
    array = np.full(shape, number)
    array.setflags(write=False)
    return array
