"""Penalties on large weights, each once, as a textbook writes it. To add one is to add one entry.

Formulas are over w, n (the number of all samples), and the entry's own parameters. Where all of
these parameters are 0 nothing may change: what a penalty spares is trained with that.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple, cast

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from bptui.engine.functions import Chosen, evaluate
from bptui.engine.optimizers import InForms, Optimizer
from bptui.engine.primitives import size, total
from bptui.engine.trace import Array, Formula, names_of

sign = np.sign


class Penalty(InForms, frozen=True, dict=True):
    """What keeps weights small: a term of E with its slope, or a part of the update."""

    value: Formula | None = None
    """What is added to E; w are here all weights that it is about, from the first to the last."""
    slope: Formula | None = None
    """How that changes with one of them: what is added to dE/dw."""
    gradient: Formula | None = None
    """What an update takes for the gradient g, over dE_dw: E knows nothing of it."""
    taken: Formula | None = None
    """What an update takes from w besides, over the old w and eta."""
    parameters: Mapping[str, float] = {}
    """Names and defaults of what a preset may set."""


_LAMBDA = {"lambda": 0.01}

PENALTIES: dict[str, Penalty] = {
    "l1": Penalty(
        value=lambda w, lambda_: lambda_ * total(size(w)),
        slope=lambda w, lambda_: lambda_ * sign(w),
        parameters=_LAMBDA,
        label="L1",
        form="sum",
        other_forms={
            "mean": Penalty(
                value=lambda w, lambda_, n: lambda_ / n * total(size(w)),
                slope=lambda w, lambda_, n: lambda_ / n * sign(w),
                parameters=_LAMBDA,
            ),
        },
    ),
    "l2": Penalty(
        value=lambda w, lambda_: lambda_ / 2 * total(w**2),
        slope=lambda w, lambda_: lambda_ * w,
        parameters=_LAMBDA,
        label="L2",
        form="sum",
        other_forms={
            "mean": Penalty(
                value=lambda w, lambda_, n: lambda_ / (2 * n) * total(w**2),
                slope=lambda w, lambda_, n: lambda_ / n * w,
                parameters=_LAMBDA,
            ),
            "keras": Penalty(
                value=lambda w, lambda_: lambda_ * total(w**2),
                slope=lambda w, lambda_: 2 * lambda_ * w,
                parameters=_LAMBDA,
            ),
        },
    ),
    "elastic_net": Penalty(
        value=lambda w, lambda_, alpha: (
            lambda_ * (alpha * total(size(w)) + (1 - alpha) / 2 * total(w**2))
        ),
        slope=lambda w, lambda_, alpha: lambda_ * (alpha * sign(w) + (1 - alpha) * w),
        parameters={**_LAMBDA, "alpha": 0.5},
        label="elastic net",
    ),
    "weight_decay": Penalty(
        gradient=lambda dE_dw, w, lambda_: dE_dw + lambda_ * w,  # noqa: N803
        parameters=_LAMBDA,
        label="weight decay",
        form="gradient",
        other_forms={
            "decoupled": Penalty(
                taken=lambda w, eta, lambda_: eta * lambda_ * w, parameters=_LAMBDA
            ),
        },
    ),
}


class Penalized(Struct, frozen=True, eq=False, dict=True):
    """A penalty, and which parameters of a network it is about."""

    chosen: Chosen
    about: NDArray[np.bool_]
    """(parameters,): whether it is about each."""
    samples: int
    """How many there are in all batches together."""

    @cached_property
    def slots(self) -> NDArray[np.intp]:
        """Where the parameters that it is about stand in the parameter vector."""
        return np.flatnonzero(self.about)

    @cached_property
    def numbers(self) -> dict[str, float]:
        """What its formulas are over besides the parameters of the network."""
        return {**self.chosen.parameters, "n": float(self.samples)}

    @cached_property
    def of_each(self) -> dict[str, Any]:
        """The same with (parameters,) for its own parameters: 0 for what is spared."""
        own = {k: np.where(self.about, v, 0.0) for k, v in self.chosen.parameters.items()}
        return {**self.numbers, **own}

    def value(self, theta: Array) -> float:
        """What is added to E."""
        formula = self.chosen.entry.value
        if formula is None:
            return 0.0
        return float(evaluate(formula, {**self.numbers, "w": theta[self.slots]})[0])

    def added(self, theta: Array, gradient: Array) -> Array:
        """The gradient (parameters,) of E from that of the loss."""
        formula = self.chosen.entry.slope
        if formula is None:
            return gradient
        found: Array = gradient + evaluate(formula, {**self.of_each, "w": theta})
        return found


class _Less(NamedTuple):
    """An optimizer's formula of w, less what a penalty takes from it."""

    formula: Formula
    taken: Formula

    @property
    def names(self) -> tuple[str, ...]:
        """See `names_of`."""
        return tuple(dict.fromkeys((*names_of(self.formula), *names_of(self.taken))))

    def __call__(self, *values: Any) -> Any:
        named = dict(zip(self.names, values, strict=True))
        return evaluate(self.formula, named) - evaluate(self.taken, named)


def with_penalty(optimizer: Chosen, penalty: Chosen | None) -> Chosen:
    """An optimizer whose formulas have the penalty's part in the update."""
    if penalty is None or (penalty.entry.gradient is None and penalty.entry.taken is None):
        return optimizer
    entry: Optimizer = optimizer.entry
    formulas = {**entry.formulas}
    if penalty.entry.gradient is not None:
        formulas = {"g": penalty.entry.gradient, **formulas}
    if penalty.entry.taken is not None:
        formulas["w"] = cast("Formula", _Less(formulas["w"], penalty.entry.taken))
    return optimizer._replace(entry=replace(entry, formulas=formulas))
