"""What a preset's names of activations, losses and optimizers mean: entries of tables."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from bptui.engine.functions import ACTIVATIONS, LOSSES, Chosen, choose
from bptui.engine.optimizers import OPTIMIZERS, Optimizer
from bptui.preset.errors import Fault, KeyPath, did_you_mean
from bptui.preset.model import Layer, Named, Preset, name_of
from bptui.preset.numbers import NumberError
from bptui.preset.numbers import number as in_text

ALIASES = {
    "logistic": ("sigmoid",),
    "logsig": ("sigmoid",),
    "tansig": ("tanh",),
    "purelin": ("identity",),
    "swish": ("silu",),
    "lrelu": ("leaky_relu",),
    "gelu_tanh": ("gelu",),
    "gelu_new": ("gelu",),
    "none": ("identity",),
    "hyperbolic_tangent": ("tanh",),
    "mse": ("mean_squared_error",),
    "mse_2": ("half_squared_error",),
    "half_mse": ("half_squared_error",),
    "sse": ("squared_error",),
    "sum_of_squares": ("squared_error", "half_squared_error"),
    "sum_squared_error": ("squared_error", "half_squared_error"),
    "mae": ("mean_absolute_error",),
    "l1": ("absolute_error",),
    "l2": ("squared_error",),
    "smooth_l1": ("huber",),
    "quadratic": ("half_squared_error",),
    "logcosh": ("log_cosh",),
    "output": ("none",),
    "nll": ("categorical_cross_entropy",),
    "bce": ("binary_cross_entropy",),
    "cce": ("categorical_cross_entropy",),
    "cross_entropy": ("binary_cross_entropy", "categorical_cross_entropy"),
    "log_loss": ("binary_cross_entropy",),
    "gradient_descent": ("sgd",),
}
"""What books and libraries call some entries, in small letters."""
PROBABILITIES = "cross-entropy needs targets from 0 to 1"


def activation_of(layer: Layer, path: KeyPath = ()) -> Chosen:
    return _chosen(ACTIVATIONS, layer.activation or "identity", (*path, "activation"))


def loss_of(preset: Preset) -> Chosen:
    return _chosen(LOSSES, preset.training.loss, ("training", "loss"))


def optimizer_of(preset: Preset) -> Chosen:
    return _chosen(OPTIMIZERS, preset.training.optimizer, ("training", "optimizer"))


def form_of(preset: Preset) -> str:
    """In which of its forms a preset has its optimizer; empty if that has but one."""
    chosen = optimizer_of(preset)
    return chosen.form or str(chosen.entry.form)


def with_form(optimizer: Named, form: str) -> Named:
    """An optimizer in another form, with those of its parameters that this form has, too."""
    name = name_of(optimizer)
    entry: Optimizer = OPTIMIZERS[name].forms.get(form, OPTIMIZERS[name])
    given = {} if isinstance(optimizer, str) else optimizer
    kept = {key: number for key, number in given.items() if key in entry.parameters}
    if form == OPTIMIZERS[name].form:
        return {"name": name, **kept} if kept else name
    return {"name": name, "form": form, **kept}


def _chosen(table: Mapping[str, Any], value: Named, path: KeyPath) -> Chosen:
    what, name = str(path[-1]), name_of(value)
    if name not in table:
        raise Fault(path, f'unknown {what} "{name}"; {meant(name, table)}')
    given = {} if isinstance(value, str) else {k: v for k, v in value.items() if k != "name"}
    forms = getattr(table[name], "forms", {})
    form = _form(name, forms, given.pop("form"), path) if forms and "form" in given else ""
    known, found = (forms[form] if form else table[name]).parameters, {}
    words = (*known, "form") if forms else tuple(known)
    for key, number in given.items():
        if key not in known:
            hint = did_you_mean(key, words) if words else "it takes none"
            others = [other for other, entry in forms.items() if key in entry.parameters]
            if others:
                hint = f'with form = "{others[0]}" it has'
            raise Fault((*path, key), f'{name} has no parameter "{key}"; {hint}')
        if isinstance(number, str):
            number = _read((*path, key), number)
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise Fault((*path, key), f'"{key}" must be a number')
        if not math.isfinite(number):
            raise Fault((*path, key), f'"{key}" must be a finite number')
        found[key] = float(number)
    return choose(table, name, form, **found)


def _read(path: KeyPath, text: str) -> float:
    try:
        return in_text(text)
    except NumberError as error:
        raise Fault(path, str(error)) from None


def _form(name: str, forms: Mapping[str, Any], form: object, path: KeyPath) -> str:
    if not isinstance(form, str) or form not in forms:
        hint = did_you_mean(str(form), forms)
        raise Fault((*path, "form"), f'{name} has no form "{form}"; {hint}')
    return form


def meant(name: str, table: Iterable[str]) -> str:
    """Say what a name that is in no table probably means, or all that there is."""
    known = list(table)
    aliases = ALIASES.get(re.sub(r"\W", "_", name.casefold()), ())
    if found := [f'"{alias}"' for alias in aliases if alias in known]:
        return f"did you mean {' or '.join(found)}?"
    return did_you_mean(name, known, most=len(known))


def misfit(loss: str, activation: str) -> str | None:
    """Why a loss does not go with the last layer's activation; None if it does."""
    if not LOSSES[loss].probabilities or ACTIVATIONS[activation].probabilities:
        return None
    fitting = " or ".join(name for name, entry in ACTIVATIONS.items() if entry.probabilities)
    return f"cross-entropy needs outputs from 0 to 1: {fitting}, not {activation}"


def lacks_targets(preset: Preset, loss: str) -> bool:
    """Whether a loss compares with targets that a preset has not."""
    return LOSSES[loss].has_targets and any(s.target is None for s in preset.samples)


def fitting_losses(preset: Preset) -> tuple[str, ...]:
    """The losses that go with a preset's last layer and its targets."""
    last = name_of(preset.layers[-1].activation or "identity")
    fit = all(0 <= target <= 1 for sample in preset.samples for target in sample.target or ())
    losses = (n for n in LOSSES if misfit(n, last) is None and not lacks_targets(preset, n))
    return tuple(name for name in losses if fit or not LOSSES[name].probabilities)


def check_loss(preset: Preset, loss: Named, path: KeyPath) -> None:
    """Refuse a loss that is not in the table, or does not go with the outputs or targets."""
    chosen = _chosen(LOSSES, loss, (*path, "loss"))
    if (unfit := misfit(chosen.name, activation_of(preset.layers[-1]).name)) is not None:
        raise Fault((*path, "loss"), unfit)
    for place, sample in enumerate(preset.samples):
        if sample.target is None and chosen.entry.has_targets:
            told = f'sample {place + 1} has no "target"; add target = ..., or use loss = "none"'
            raise Fault(("samples", place), told)
    if not chosen.entry.probabilities:
        return
    for place, sample in enumerate(preset.samples):
        for k, target in enumerate(sample.target or ()):
            if not 0 <= target <= 1:
                at = ("samples", place, "target", k)
                raise Fault(at, f"a target of {target:g}; {PROBABILITIES}")
