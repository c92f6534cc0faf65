"""Conventions on which textbooks differ, each once. To add one is to add one table entry.

The page of conventions, edits, `under`, the header and saving read this table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from bptui.engine.functions import LOSSES
from bptui.engine.optimizers import OPTIMIZERS
from bptui.engine.penalties import PENALTIES
from bptui.engine.schedules import SCHEDULES
from bptui.preset.data import SCALES, with_scale
from bptui.preset.errors import did_you_mean
from bptui.preset.model import Data, Layout, Preset, choices, name_of, words_of
from bptui.preset.numbers import NumberError, number
from bptui.story.address import Quantity
from bptui.story.batching import (
    another_shuffle,
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
    first_bias_update,
    first_carried,
    first_input,
    first_loss,
    first_net,
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
    meaning: str = ""
    """What it decides, in a sentence."""
    examples: Choices = lambda preset: ()
    """Of a number: other values, to show what they would change."""
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
            meaning="How far a step goes: the gradient times this.",
            examples=lambda preset: (repr(2 * preset.training.learning_rate),),
            shown_by=first_update,
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
            meaning="How far outputs are from their targets, as one number.",
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
            meaning="Whether errors come back through the old weights, or those just updated.",
            **_of_training("update"),  # type: ignore[arg-type]
            choices=lambda preset: words_of("update"),
            shown_by=first_carried,
            header=lambda preset: (preset.training.update,),
        ),
        Convention(
            "optimizer",
            "optimizer",
            meaning="What an update makes of the gradients.",
            **_of_training("optimizer"),  # type: ignore[arg-type]
            choices=lambda preset: tuple(OPTIMIZERS),
            word=lambda name: OPTIMIZERS[name].label or name,
            shown_by=first_update,
            header=_optimizer_label,
        ),
        Convention(
            "form",
            "its form",
            meaning="Which of the ways to write this optimizer: books and libraries differ.",
            **of_forms("optimizer", OPTIMIZERS, optimizer_of),
        ),
        Convention(
            "schedule",
            "schedule",
            meaning="How the learning rate changes from iteration to iteration.",
            **of_table("schedule", SCHEDULES, schedule_of),
            shown_by=first_rate,
        ),
        Convention(
            "penalty",
            "penalty",
            meaning="What large weights cost.",
            **of_table("penalty", PENALTIES, penalty_of),
            shown_by=first_penalized,
        ),
        Convention(
            "penalty_form",
            "its form",
            meaning="Which of the ways to write this penalty: books and libraries differ.",
            **of_forms("penalty", PENALTIES, penalty_of),
        ),
        Convention(
            "reduction",
            "reduction",
            meaning="Whether the losses of a batch are added up, or their mean is taken.",
            **_of_training("reduction"),  # type: ignore[arg-type]
            choices=lambda preset: words_of("reduction"),
            shown_by=first_loss,
            header=batch_label,
        ),
        Convention(
            "batch",
            "batch",
            meaning="How many samples there are to an update.",
            shown_by=first_loss,
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
            meaning="Which order the samples come in, anew in each epoch; off: as they are listed.",
            examples=another_shuffle,
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
            meaning="What is done to the inputs before they are used.",
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
            meaning="Whether training changes the biases.",
            shown_by=first_bias_update,
            get=trained_biases,
            set=lambda preset, v: with_trainable(preset, preset.biases, v == "trainable"),
            choices=lambda preset: ("trainable", "frozen"),
            applies=lambda preset: bool(preset.biases),
            header=frozen_label,
        ),
        Convention(
            "shared",
            "bias",
            meaning="Whether all neurons of a layer have one bias between them.",
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
            meaning="Whether a row of a weight matrix is where weights come from, or lead to.",
            shown_by=first_net,
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
