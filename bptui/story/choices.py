"""What a preset's names of activations, losses and optimizers mean: entries of tables."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from bptui.engine.functions import ACTIVATIONS, LOSSES, Chosen, choose
from bptui.engine.optimizers import OPTIMIZERS, InForms
from bptui.engine.penalties import PENALTIES
from bptui.engine.schedules import SCHEDULES, Schedule
from bptui.engine.trace import names_of
from bptui.preset.errors import Fault, KeyPath, did_you_mean, named
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
    "lasso": ("l1",),
    "ridge": ("l2",),
    "steplr": ("step",),
    "exponentiallr": ("exponential",),
    "1_t": ("inverse",),
    "inversetimedecay": ("inverse",),
    "cosineannealinglr": ("cosine",),
}
"""What books and libraries call some entries, in small letters."""
PROBABILITIES = "cross-entropy needs targets from 0 to 1"


def activation_of(layer: Layer, path: KeyPath = ()) -> Chosen:
    return _chosen(ACTIVATIONS, layer.activation or "identity", (*path, "activation"))


def loss_of(preset: Preset) -> Chosen:
    return _chosen(LOSSES, preset.training.loss, ("training", "loss"))


def optimizer_of(preset: Preset) -> Chosen:
    return _chosen(OPTIMIZERS, preset.training.optimizer, ("training", "optimizer"))


UNITS = ("iteration", "epoch")
"""What a schedule's t may count."""


def schedule_of(preset: Preset) -> Chosen | None:
    """A preset's schedule of the learning rate, if it has one."""
    value, path = preset.training.schedule, ("training", "schedule")
    if value is None:
        return None
    chosen = _chosen(SCHEDULES, value, path, ("by",))
    entry: Schedule = chosen.entry
    _check_signs(chosen, path, entry.counts)
    if preset.training.rates and "eta" not in names_of(entry.rate):
        told = f'"rates" mean nothing with the schedule {chosen.name}; remove one of the two'
        raise Fault(("training", "rates"), told)
    if (unit := counted_by(value)) not in UNITS:
        raise Fault((*path, "by"), f'no unit "{unit}"; {did_you_mean(str(unit), UNITS)}')
    return chosen


def counted_by(schedule: Named) -> object:
    """What a schedule's t counts."""
    return UNITS[0] if isinstance(schedule, str) else schedule.get("by", UNITS[0])


def penalty_of(preset: Preset) -> Chosen | None:
    """A preset's penalty on large weights, if it has one."""
    value, path = preset.training.penalty, ("training", "penalty")
    if value is None:
        return None
    chosen = _chosen(PENALTIES, value, path, ("biases",))
    _check_signs(chosen, path)
    if not isinstance(is_on_biases(value), bool):
        raise Fault((*path, "biases"), '"biases" must be true or false')
    return chosen


def is_on_biases(penalty: Named) -> object:
    """Whether a penalty is about biases, too."""
    return False if isinstance(penalty, str) else penalty.get("biases", False)


def _check_signs(chosen: Chosen, path: KeyPath, positive: tuple[str, ...] = ()) -> None:
    given: Mapping[str, Any] = chosen.parameters
    for key, value in given.items():
        for number in value if isinstance(value, tuple) else (value,):
            if number < 0 or (number == 0 and key in positive):
                least = "above 0" if key in positive else "at least 0"
                raise Fault((*path, key), f'"{key}" must be {least}, not {number:g}')


def form_in(chosen: Chosen | None) -> str:
    """In which of its forms an entry is; empty if it has but one."""
    return "" if chosen is None else chosen.form or str(chosen.entry.form)


def with_form(table: Mapping[str, InForms], value: Named, form: str) -> Named:
    """An entry of a table in another form, with those of its parameters that this has, too."""
    name = name_of(value)
    return switched(table, value, name, "" if form == table[name].form else form)


def switched(table: Mapping[str, Any], value: Named | None, name: str, form: str = "") -> Named:
    """Another entry of a table, with those of a value's parameters that this has, too.

    What is no parameter, such as `by` or `biases`, stays.
    """
    entry = table[name].forms.get(form, table[name])
    given = value if isinstance(value, dict) else {}
    old = table.get(name_of(given), table[name])
    own = old.forms.get(given.get("form"), old)
    lost = {"name", "form", *own.parameters} - {*entry.parameters}
    kept = {key: item for key, item in given.items() if key not in lost}
    told = {"form": form} if form else {}
    return {"name": name, **told, **kept} if told or kept else name


def _chosen(
    table: Mapping[str, Any], value: Named, path: KeyPath, others: tuple[str, ...] = ()
) -> Chosen:
    """What a value means; it may also have `others` than parameters, which the caller checks."""
    what, name = str(path[-1]), name_of(value)
    if name not in table:
        raise Fault(path, f'unknown {what} "{name}"; {meant(name, table)}')
    given = {} if isinstance(value, str) else {k: v for k, v in value.items() if k != "name"}
    forms = getattr(table[name], "forms", {})
    form = _form(name, forms, given.pop("form"), path) if forms and "form" in given else ""
    known, found = (forms[form] if form else table[name]).parameters, {}
    words = (*known, *others, "form") if forms else (*known, *others)
    for key in others:
        given.pop(key, None)
    for key, number in given.items():
        if key not in known:
            hint = did_you_mean(key, words) if words else "it takes none"
            has = [other for other, entry in forms.items() if key in entry.parameters]
            if has:
                hint = f'with form = "{has[0]}" it has'
            raise Fault((*path, key), f'{name} has no parameter "{key}"; {hint}')
        found[key] = _value(key, number, known[key], (*path, key))
    for key in known:
        if known[key] == () and key not in found:
            raise Fault(path, f'{name} needs "{key}"; give a list, {key} = [0.5, 0.1]')
    return choose(table, name, form, **found)


def _value(key: str, value: object, default: object, path: KeyPath) -> Any:
    """The value of a parameter: a number, or a list where the table has one."""
    if isinstance(default, tuple):
        if not isinstance(value, list) or not value:
            raise Fault(path, f'"{key}" must be a list of numbers: [0.5, 0.1]')
        return tuple([_value(key, item, None, (*path, k)) for k, item in enumerate(value)])
    if isinstance(value, str):
        value = _read(path, value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Fault(path, f"{named(path)} must be a number")
    if not math.isfinite(value):
        raise Fault(path, f"{named(path)} must be a finite number")
    return float(value)


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
