"""Formulas of learning rates and penalties, over quantities that have theirs."""

from __future__ import annotations

from collections.abc import Callable

from bptui.engine.functions import Chosen
from bptui.engine.penalties import Penalized
from bptui.engine.schedules import Rates, given
from bptui.engine.trace import Formula as Written
from bptui.story.formula import Const, Formula, Ref, Sum
from bptui.story.symbols import parameter_symbol, written

Old = Callable[[str], Ref]
"""A parameter's value before the update, by its name."""


def parameters_of(chosen: Chosen) -> dict[str, Formula]:
    """The parameters of an entry, as formulas write them."""
    return {name: parameter_symbol(name, value) for name, value in chosen.parameters.items()}


def count(symbol: str, number: float) -> Const:
    """A number of something."""
    return Const(float(number), symbol, counts=True)


def rate_formula(rates: Rates, slot: int, iteration: int) -> Formula:
    """The schedule's formula over the rate that a parameter has without it."""
    assert rates.schedule is not None  # else it is given
    names: dict[str, Formula | list[Formula]] = {
        "eta": Const(float(rates.bases[rates.places[slot]]), "η₀"),
        "t": count("t", rates.count(iteration)),
    }
    numbers, lists = given(rates.schedule)
    for name, value in numbers.items():
        symbol = count if name in rates.schedule.entry.counts else parameter_symbol
        names[name] = symbol(name, value)
    for name, values in lists.items():
        each = enumerate(values.tolist(), 1)
        names[name] = [parameter_symbol(f"{name}{k}", value) for k, value in each]
    return _arithmetic(rates.schedule.entry.rate, names)


def numbers_of(penalty: Penalized | None) -> dict[str, Formula]:
    """What a penalty's formulas are over besides parameters of the network."""
    if penalty is None:
        return {}
    return {**parameters_of(penalty.chosen), "n": count("n", penalty.samples)}


def penalty_formula(penalty: Penalized, names: list[str], old: Old) -> Formula:
    """The penalty's part of E: over all parameters that it is about; `names` are those of all."""
    about: list[Formula] = [old(names[slot]) for slot in penalty.slots]
    return _arithmetic(penalty.chosen.entry.value, {**numbers_of(penalty), "w": about})


def with_slope(formula: Formula, penalty: Penalized | None, slot: int, old: Ref) -> Formula:
    """A gradient of the loss, and what a penalty adds to it, if it is about that parameter."""
    if penalty is None or penalty.chosen.entry.slope is None or not penalty.about[slot]:
        return formula
    slope = _arithmetic(penalty.chosen.entry.slope, {**numbers_of(penalty), "w": old})
    return Sum((*(formula.terms if isinstance(formula, Sum) else (formula,)), slope))


def _arithmetic(formula: Written, names: dict[str, Formula | list[Formula]]) -> Formula:
    found = written(formula, names)
    assert found is not None  # these formulas have symbols for all that they call
    return found
