"""Conventions on which textbooks differ, each once. To add one is to add one table entry.

The page of conventions, edits, `under`, the header and saving read this table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from bptui.engine.functions import LOSSES
from bptui.engine.optimizers import OPTIMIZERS
from bptui.engine.penalties import PENALTIES
from bptui.engine.schedules import SCHEDULES
from bptui.preset.data import SCALES, with_scale
from bptui.preset.errors import did_you_mean
from bptui.preset.model import Data, Layout, Preset, choices, name_of, words_of
from bptui.preset.numbers import NumberError, number
from bptui.story.address import Kind, Quantity
from bptui.story.batching import (
    batch_choices,
    batch_label,
    batch_of,
    has_epochs,
    has_several,
    scale_label,
    scale_of,
    shuffle_label,
    shuffle_of,
    with_batch,
    with_training,
    wrong_batch,
    wrong_shuffle,
)
from bptui.story.choices import (
    PROBABILITIES,
    fitting_losses,
    lacks_targets,
    meant,
    misfit,
    optimizer_of,
    penalty_of,
    schedule_of,
)
from bptui.story.parameters import (
    ROWS,
    frozen_label,
    is_shared,
    square_matrices,
    trained_biases,
    with_layout,
    with_shared,
    with_trainable,
)
from bptui.story.shown_by import (
    first_bias,
    first_carried,
    first_input,
    first_penalized,
    first_rate,
    first_share,
    first_update,
)
from bptui.story.switches import of_forms, of_table

if TYPE_CHECKING:
    from bptui.story.setup import Setup

PLAIN = "sgd"
"""The optimizer that the header need not name."""
Choices = Callable[[Preset], tuple[str, ...]]


class ConventionError(ValueError):
    """An unknown convention; the message says what would be right."""


class Convention(Struct, frozen=True):
    """A choice that a preset makes, and how to make another."""

    name: str
    label: str
    get: Callable[[Preset], str]
    set: Callable[[Preset, str], Preset]
    choices: Choices
    """What it can be switched to; nothing if it is a number."""
    check: Callable[[Preset, str], str | None] | None = None
    """Why a value that is not among the choices cannot be; None if it can."""
    applies: Callable[[Preset], bool] = lambda preset: True
    word: Callable[[str], str] = lambda value: value
    """What a choice is called on the screen."""
    short: Callable[[str], str] | None = None
    """The same where there is little room."""
    shown_by: Callable[[Setup], tuple[Quantity, ...]] = lambda setup: ()
    """Quantities whose formulas show what the choice means."""
    header: Callable[[Preset], tuple[str, ...]] = lambda preset: ()
    """What the header says of it, and the same in shorter words."""
    types: tuple[type, ...] = (str,)
    """What its value may be in a figure's `under`."""
    aliases: Mapping[str, str] = {}
    """Other ways to write `name = value`, and the value that they mean."""
    is_guessed: Callable[[Preset], bool] = lambda preset: True
    """Whether a check tries its other choices; not those that want numbers of their own."""

    def parsed(self, preset: Preset, text: str) -> str:
        """The value that a text means; ConventionError if it means none."""
        valid = self.choices(preset)
        if text in valid:
            return text
        if self.check is None:
            raise ConventionError(f'{self.name} cannot be "{text}"; {did_you_mean(text, valid)}')
        if (wrong := self.check(preset, text)) is not None:
            raise ConventionError(wrong)
        return text if valid else self.get(self.set(preset, text))  # a number has one spelling


def _of_training(key: str) -> dict[str, Callable[..., object]]:
    return {
        "get": lambda preset: name_of(getattr(preset.training, key)),
        "set": lambda preset, value: with_training(preset, **{key: value}),
    }


# numbers and functions


def number_in(text: str) -> float:
    """A number as people type one; ConventionError if it is not one, or not finite."""
    try:
        return number(text)
    except NumberError as error:
        raise ConventionError(str(error)) from None


def _wrong_rate(preset: Preset, text: str) -> str | None:
    try:
        number_in(text)
    except ConventionError as error:
        return str(error)
    return None


def _wrong_loss(preset: Preset, text: str) -> str | None:
    if text not in LOSSES:
        return f'loss cannot be "{text}"; {meant(text, fitting_losses(preset))}'
    if lacks_targets(preset, text):
        return f"{text} compares the outputs with targets, and this preset has none"
    return misfit(text, name_of(preset.layers[-1].activation or "identity")) or PROBABILITIES


def _loss_label(preset: Preset) -> tuple[str, ...]:
    loss = LOSSES[name_of(preset.training.loss)]
    return loss.label, loss.short or loss.label


def _optimizer_label(preset: Preset) -> tuple[str, ...]:
    chosen = optimizer_of(preset)
    return () if chosen.name == PLAIN else (str(chosen),)


CONVENTIONS: dict[str, Convention] = {
    convention.name: convention
    for convention in (
        Convention(
            "learning_rate",
            "learning rate",
            get=lambda preset: repr(preset.training.learning_rate),
            set=lambda preset, v: with_training(preset, learning_rate=number_in(v)),
            choices=lambda preset: (),
            check=_wrong_rate,
            header=lambda preset: (
                f"{preset.notation.learning_rate} {preset.training.learning_rate:.6g}",
            ),
            types=(int, float),
        ),
        Convention(
            "loss",
            "loss",
            **_of_training("loss"),  # type: ignore[arg-type]
            choices=fitting_losses,
            check=_wrong_loss,
            word=lambda name: LOSSES[name].label,
            short=lambda name: LOSSES[name].short or LOSSES[name].label,
            shown_by=first_share,
            header=_loss_label,
        ),
        Convention(
            "update",
            "update",
            **_of_training("update"),  # type: ignore[arg-type]
            choices=lambda preset: words_of("update"),
            shown_by=first_carried,
            header=lambda preset: (preset.training.update,),
        ),
        Convention(
            "optimizer",
            "optimizer",
            **_of_training("optimizer"),  # type: ignore[arg-type]
            choices=lambda preset: tuple(OPTIMIZERS),
            word=lambda name: OPTIMIZERS[name].label or name,
            shown_by=first_update,
            header=_optimizer_label,
        ),
        Convention(
            "form",
            "its form",
            **of_forms("optimizer", OPTIMIZERS, optimizer_of),
        ),
        Convention(
            "schedule",
            "schedule",
            **of_table("schedule", SCHEDULES, schedule_of),
            shown_by=first_rate,
        ),
        Convention(
            "penalty",
            "penalty",
            **of_table("penalty", PENALTIES, penalty_of),
            shown_by=first_penalized,
        ),
        Convention(
            "penalty_form",
            "its form",
            **of_forms("penalty", PENALTIES, penalty_of),
        ),
        Convention(
            "reduction",
            "reduction",
            **_of_training("reduction"),  # type: ignore[arg-type]
            choices=lambda preset: words_of("reduction"),
            shown_by=lambda setup: (Quantity(Kind.LOSS),) if setup.batch_size > 1 else (),
            header=batch_label,
        ),
        Convention(
            "batch",
            "batch",
            get=batch_of,
            set=with_batch,
            choices=batch_choices,
            check=wrong_batch,
            applies=has_several,
            types=(int, str),
        ),
        Convention(
            "shuffle",
            "shuffle seed",
            get=shuffle_of,
            set=lambda preset, v: with_training(preset, shuffle=None if v == "off" else int(v)),
            choices=lambda preset: (),
            check=wrong_shuffle,
            applies=has_epochs,
            header=shuffle_label,
            types=(int, str),
        ),
        Convention(
            "scale",
            "inputs",
            get=scale_of,
            set=with_scale,
            choices=lambda preset: words_of("scale", Data),
            applies=lambda preset: preset.data is not None,
            word=lambda name: SCALES[name].label if name in SCALES else "as in the file",
            shown_by=first_input,
            header=scale_label,
        ),
        Convention(
            "biases",
            "biases",
            get=trained_biases,
            set=lambda preset, v: with_trainable(preset, preset.biases, v == "trainable"),
            choices=lambda preset: ("trainable", "frozen"),
            applies=lambda preset: bool(preset.biases),
            header=frozen_label,
        ),
        Convention(
            "shared",
            "bias",
            get=is_shared,
            set=with_shared,
            choices=lambda preset: ("true", "false"),
            applies=lambda preset: bool(preset.biases),
            word=lambda value: "one per layer" if value == "true" else "one per neuron",
            shown_by=first_bias,
            types=(bool,),
            aliases={"biases = shared": "true", "biases = own": "false"},
        ),
        Convention(
            "layout",
            "matrices",
            get=lambda preset: preset.layout,
            set=with_layout,
            choices=lambda preset: choices(Layout),
            applies=lambda preset: bool(square_matrices(preset)),
            word=lambda value: f"a row for each {ROWS[value]}",
        ),
    )
}


def conventions_of(preset: Preset) -> tuple[Convention, ...]:
    """The conventions that mean something in a preset."""
    return tuple(c for c in CONVENTIONS.values() if c.applies(preset))


# other conventions for a figure

Under = tuple[tuple[str, str | tuple[str, ...]], ...]
"""Conventions by name with their values, and `trainable` and `frozen` with names of parameters."""
LISTS = {"trainable": True, "frozen": False}


def parse_under(table: Mapping[str, object], preset: Preset) -> Under:
    """The conventions that a figure's `under` table names.

    Raises:
        ConventionError: an unknown key, a wrong value, or a parameter that is not there.
    """
    if not table:
        raise ConventionError('"under" is empty; name a convention, such as update = "sequential"')
    known = (*CONVENTIONS, *LISTS)
    for key in table:
        if key not in known:
            hint = did_you_mean(key, known)
            raise ConventionError(f'unknown convention "{key}" in under; {hint}')
    found: list[tuple[str, str | tuple[str, ...]]] = []
    for key in sorted(table, key=lambda k: k.endswith("form")):  # of what others say
        value = _under_value(key, table[key], preset)
        found.append((key, value))
        if f"{key}_form" in CONVENTIONS or key == "optimizer":
            preset = CONVENTIONS[key].set(preset, str(value))
    return tuple(found)


def _under_value(key: str, value: object, preset: Preset) -> str | tuple[str, ...]:
    if key in LISTS:
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise ConventionError(_no_such_value(key))
        parameters = (*preset.weights, *preset.biases)
        for name in value:
            if name not in parameters:
                hint = did_you_mean(name, parameters)
                raise ConventionError(f'no parameter "{name}" in under; {hint}')
        return tuple(value)
    is_bool = isinstance(value, bool)
    types = CONVENTIONS[key].types
    if not isinstance(value, types) or is_bool != (bool in types):
        raise ConventionError(_no_such_value(key))
    text = str(value).lower() if is_bool else str(value)
    if key == "loss":  # what it does not go with has an error of its own
        return text
    try:
        return CONVENTIONS[key].parsed(preset, text)
    except ConventionError:
        if key == "batch" and (text in ("full", "online") or (text.isdigit() and int(text) > 0)):
            return text  # too large a batch has an error of its own
        raise ConventionError(_no_such_value(key)) from None


def _no_such_value(key: str) -> str:
    return f'"{key}" in under must be a value that [training] allows'


def variant(preset: Preset, under: Under) -> Preset:
    """A preset under other conventions, without its figures and notes.

    Its first batch is that with the same sample: batches of another size are counted otherwise.
    """
    samples = len(preset.samples)
    size = preset.training.batch_size(samples)
    for key, value in under:
        if isinstance(value, tuple):
            preset = with_trainable(preset, value, LISTS[key])
        else:
            preset = CONVENTIONS[key].set(preset, value)
    if (new := preset.training.batch_size(samples)) != size:
        begun = (preset.training.first_batch - 1) * size
        preset = with_training(preset, first_batch=begun // new + 1)
    return replace(preset, expected=(), claims=(), notes=())
