"""Optimizers, each once, as named formulas of one update. To add one is to add one table entry.

The formulas are computed in their order, for every parameter at once, over these names: w the
parameter, g its gradient dE/dw, eta its learning rate, t the iteration from 1, the entry's own
parameters, and what was computed before. A name that also is its own argument is kept from update
to update, from 0 on. With eta = 0 no parameter may move: what is frozen is trained with that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from msgspec import Struct

from bptui.engine.functions import Chosen, evaluate
from bptui.engine.trace import Array, Formula, names_of

sqrt = np.sqrt


class InForms(Struct, frozen=True, dict=True, kw_only=True):
    """An entry that books may write in several forms."""

    label: str = ""
    """What the screen calls it, if not by its name."""
    form: str = ""
    """What this form is called, if there are several."""
    other_forms: Mapping[str, Any] = {}

    @cached_property
    def forms(self) -> dict[str, Any]:
        """All forms by name, this one first; empty if there is no other."""
        return {self.form: self, **self.other_forms} if self.other_forms else {}


class Optimizer(InForms, frozen=True, dict=True):
    """What an update computes; the last formula is that of w."""

    formulas: Mapping[str, Formula]
    parameters: Mapping[str, float] = {}
    """Names and defaults of what a preset may set."""

    @cached_property
    def kept(self) -> tuple[str, ...]:
        """The names of what is kept from update to update, besides the parameters."""
        return tuple(n for n, f in self.formulas.items() if n != "w" and n in names_of(f))

    @cached_property
    def named(self) -> tuple[str, ...]:
        """The names of all that an update computes besides the parameters."""
        return tuple(name for name in self.formulas if name != "w")

    @cached_property
    def counts(self) -> bool:
        """Whether it matters how many updates there were before."""
        return any("t" in names_of(formula) for formula in self.formulas.values())


_MOMENTS: dict[str, Formula] = {
    "m": lambda m, g, beta1: beta1 * m + (1 - beta1) * g,
    "v": lambda v, g, beta2: beta2 * v + (1 - beta2) * g**2,
}
_CORRECTED: dict[str, Formula] = {
    **_MOMENTS,
    "m_hat": lambda m, beta1, t: m / (1 - beta1**t),
    "v_hat": lambda v, beta2, t: v / (1 - beta2**t),
}
_BETAS = {"beta1": 0.9, "beta2": 0.999}

OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer({"w": lambda w, g, eta: w - eta * g}, label="gradient descent"),
    "momentum": Optimizer(
        {"v": lambda v, g, mu: mu * v + g, "w": lambda w, v, eta: w - eta * v},
        {"mu": 0.9},
        form="pytorch",
        other_forms={
            "keras": Optimizer(
                {"v": lambda v, g, mu, eta: mu * v - eta * g, "w": lambda w, v: w + v},
                {"mu": 0.9},
            ),
            "averaged": Optimizer(
                {
                    "v": lambda v, g, beta: beta * v + (1 - beta) * g,
                    "w": lambda w, v, eta: w - eta * v,
                },
                {"beta": 0.9},
            ),
        },
    ),
    "nesterov": Optimizer(
        {"v": lambda v, g, mu: mu * v + g, "w": lambda w, v, g, mu, eta: w - eta * (g + mu * v)},
        {"mu": 0.9},
        label="Nesterov momentum",
        form="pytorch",
        other_forms={
            "keras": Optimizer(
                {
                    "v": lambda v, g, mu, eta: mu * v - eta * g,
                    "w": lambda w, v, g, mu, eta: w + mu * v - eta * g,
                },
                {"mu": 0.9},
            ),
        },
    ),
    "adagrad": Optimizer(
        {
            "s": lambda s, g: s + g**2,
            "w": lambda w, s, g, eta, epsilon: w - eta * g / (sqrt(s) + epsilon),
        },
        {"epsilon": 1e-8},
        label="AdaGrad",
        form="pytorch",
        other_forms={
            "keras": Optimizer(
                {
                    "s": lambda s, g: s + g**2,
                    "w": lambda w, s, g, eta, epsilon: w - eta * g / sqrt(s + epsilon),
                },
                {"epsilon": 1e-7},
            ),
        },
    ),
    "rmsprop": Optimizer(
        {
            "s": lambda s, g, rho: rho * s + (1 - rho) * g**2,
            "w": lambda w, s, g, eta, epsilon: w - eta * g / (sqrt(s) + epsilon),
        },
        {"rho": 0.9, "epsilon": 1e-8},
        label="RMSProp",
        form="pytorch",
        other_forms={
            "keras": Optimizer(
                {
                    "s": lambda s, g, rho: rho * s + (1 - rho) * g**2,
                    "w": lambda w, s, g, eta, epsilon: w - eta * g / sqrt(s + epsilon),
                },
                {"rho": 0.9, "epsilon": 1e-7},
            ),
        },
    ),
    "adam": Optimizer(
        {
            **_CORRECTED,
            "w": lambda w, m_hat, v_hat, eta, epsilon: w - eta * m_hat / (sqrt(v_hat) + epsilon),
        },
        {**_BETAS, "epsilon": 1e-8},
        label="Adam",
        form="paper",
        other_forms={
            "keras": Optimizer(
                {
                    **_MOMENTS,
                    "w": lambda w, m, v, eta, t, beta1, beta2, epsilon_hat: (
                        w
                        - eta * (sqrt(1 - beta2**t) / (1 - beta1**t)) * m / (sqrt(v) + epsilon_hat)
                    ),
                },
                {**_BETAS, "epsilon_hat": 1e-7},
            ),
            "plain": Optimizer(
                {
                    **_MOMENTS,
                    "w": lambda w, m, v, eta, epsilon: w - eta * m / (sqrt(v) + epsilon),
                },
                {**_BETAS, "epsilon": 1e-8},
            ),
        },
    ),
    "adamw": Optimizer(
        {
            **_CORRECTED,
            "w": lambda w, m_hat, v_hat, eta, epsilon, decay: (
                w - eta * (m_hat / (sqrt(v_hat) + epsilon) + decay * w)
            ),
        },
        {**_BETAS, "epsilon": 1e-8, "decay": 0.01},
        label="AdamW",
        form="pytorch",
        other_forms={
            "keras": Optimizer(
                {
                    **_MOMENTS,
                    "w": lambda w, m, v, eta, t, beta1, beta2, epsilon_hat, decay: (
                        w
                        - eta
                        * (
                            sqrt(1 - beta2**t) / (1 - beta1**t) * m / (sqrt(v) + epsilon_hat)
                            + decay * w
                        )
                    ),
                },
                {**_BETAS, "epsilon_hat": 1e-7, "decay": 0.004},
            ),
        },
    ),
}


def computed(
    chosen: Chosen, state: Array, gradient: Array, eta: Any, t: int, given: Mapping[str, Any] = {}
) -> Iterator[tuple[str, Array]]:
    """What an update computes, by name and in order, each as an array (parameters,).

    Args:
        chosen: the optimizer and its parameters.
        state: (1 + kept, parameters): the parameters, then what the optimizer keeps.
        gradient: (parameters,)
        eta: the learning rate, or that of each parameter.
        t: the number of the update, from 1.
        given: what else formulas may be over.
    """
    optimizer: Optimizer = chosen.entry
    values: dict[str, Any] = {**given, **chosen.parameters, "g": gradient, "eta": eta}
    values["dE_dw"] = gradient  # which g is, too, unless a penalty has a part in it
    if optimizer.counts:
        values["t"] = np.array([float(t)])  # as the loop has it, for the same bits
    values |= zip(("w", *optimizer.kept), state, strict=True)
    for name, formula in optimizer.formulas.items():
        values[name] = evaluate(formula, values)
        yield name, values[name]


def stepped(
    chosen: Chosen, state: Array, gradient: Array, eta: Any, t: int, given: Mapping[str, Any] = {}
) -> Array:
    """What an update makes of a state (1 + kept, parameters)."""
    found = dict(computed(chosen, state, gradient, eta, t, given))
    return np.array([found[name] for name in ("w", *chosen.entry.kept)])


def first_state(chosen: Chosen, theta: Array) -> Array:
    """The state before the first update: the parameters, and nothing kept yet."""
    return np.vstack([theta, np.zeros((len(chosen.entry.kept), len(theta)))])
