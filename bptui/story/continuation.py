"""Saving a training: the preset that continues from where it stands."""

from __future__ import annotations

import re

from msgspec.structs import replace

from bptui.engine.trace import Array
from bptui.preset.limits import MAX_TEXT
from bptui.preset.model import Preset
from bptui.story.parameters import with_trainable
from bptui.story.setup import Setup, with_values

_FROM = re.compile(r"(?: ?\(from iteration \d+\))+\Z")


def continuation(setup: Setup, state: Array, iteration: int) -> Preset:
    """The preset whose iteration 1 is a setup's `iteration`, begun with a state.

    The article's figures and notes belong to other iterations and are dropped; so are the numbers
    that matrices and initializers began with: every parameter has a name and a value. So does the
    file of [data]: its samples are written as they are.
    """
    preset = with_values(setup, state)
    preset = with_trainable(preset, preset.training.frozen, False)
    counts = setup.rule.counts
    training = replace(
        preset.training,
        first_batch=setup.batch_number(iteration),
        first_epoch=1 if setup.shuffle is None else setup.epoch(iteration),
        updates_before=preset.training.updates_before + (iteration - 1 if counts else 0),
    )
    layers = tuple(
        replace(layer, weights=None, biases=None, initializer=None) for layer in preset.layers
    )
    return replace(
        preset,
        title=_title(preset.title, iteration),
        training=training,
        data=None,
        rows=None,
        layers=layers,
        expected=(),
        claims=(),
        notes=(),
        file="",
        text="",
    )


def _title(title: str, iteration: int) -> str:
    end = f" (from iteration {iteration})"
    return (_FROM.sub("", title)[: MAX_TEXT - len(end)] + end).lstrip()
