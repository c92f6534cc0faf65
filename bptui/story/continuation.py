"""What is saved of a training: the preset that goes on where it stands."""

from __future__ import annotations

import re

from msgspec.structs import replace

from bptui.engine.functions import Array
from bptui.preset.limits import MAX_TEXT
from bptui.preset.model import Bias, Layer, Preset, Sample, Training, Weight
from bptui.story.setup import Setup

_FROM = re.compile(r"(?: ?\(from iteration \d+\))+\Z")


def continuation(setup: Setup, theta: Array, iteration: int) -> Preset:
    """Return the preset whose iteration 1 is a setup's `iteration`, begun with `theta`.

    Everything is what the setup has now, whatever its preset said. The article's figures and
    notes belong to other iterations and are dropped.
    """
    preset, network = setup.preset, setup.network
    now = list(zip(network.parameters, theta.tolist(), strict=True))
    return Preset(
        title=_title(preset.title, iteration),
        source=preset.source,
        training=_training(setup, iteration),
        notation=preset.notation,
        layers=_layers(preset),
        weights={
            p.name: Weight(p.source, p.targets[0], value, p.trainable)
            for p, value in now
            if p.source is not None
        },
        biases={
            p.name: Bias(_alone(p.targets), value, p.trainable, p.threshold)
            for p, value in now
            if p.is_bias
        },
        samples=tuple(
            Sample(tuple(given), tuple(wanted))
            for given, wanted in zip(setup.inputs.tolist(), setup.targets.tolist(), strict=True)
        ),
        file="",
        text="",
    )


def _alone(targets: tuple[str, ...]) -> str | tuple[str, ...]:
    return targets[0] if len(targets) == 1 else targets


def _title(title: str, iteration: int) -> str:
    end = f" (from iteration {iteration})"
    return (_FROM.sub("", title)[: MAX_TEXT - len(end)] + end).lstrip()


def _training(setup: Setup, iteration: int) -> Training:
    said, rule = setup.preset.training, setup.rule
    unchanged = said.batch_size(len(setup.inputs)) == setup.batch_size
    return replace(
        said,
        learning_rate=rule.learning_rate,
        loss=rule.loss_name,
        batch=said.batch if unchanged else setup.batch_size,
        first_batch=setup.batch_number(iteration),
        reduction=rule.reduction,
        update=rule.update,
        frozen=(),  # each parameter says so itself
    )


def _layers(preset: Preset) -> tuple[Layer, ...]:
    """Return the layers without the numbers that their parameters began with."""
    return tuple(
        replace(layer, weights=None, biases=None, initializer=None) for layer in preset.layers
    )
