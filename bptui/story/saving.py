"""What is saved of a training: the preset that goes on where it stands."""

from __future__ import annotations

import re

from msgspec.structs import replace

from bptui.engine.functions import Array
from bptui.preset.check import MAX_TEXT
from bptui.preset.model import Layer, Preset, Sample, Training
from bptui.story.problem import Problem

_FROM = re.compile(r"(?: ?\(from iteration \d+\))+\Z")


def continuation(problem: Problem, theta: Array, iteration: int) -> Preset:
    """Return the preset whose iteration 1 is a problem's `iteration`, begun with `theta`.

    Everything is what the problem has now, whatever its preset said. The article's figures and
    notes belong to other iterations and are dropped.
    """
    preset, network = problem.preset, problem.network
    now = {
        parameter.name: {"value": value, "trainable": parameter.trainable}
        for parameter, value in zip(network.parameters, theta.tolist(), strict=True)
    }
    return Preset(
        title=_title(preset.title, iteration),
        source=preset.source,
        training=_training(problem, iteration),
        notation=preset.notation,
        layers=_layers(preset),
        weights={name: replace(w, **now[name]) for name, w in preset.weights.items()},
        biases={name: replace(b, **now[name]) for name, b in preset.biases.items()},
        samples=tuple(
            Sample(tuple(given), tuple(wanted))
            for given, wanted in zip(problem.inputs.tolist(), problem.targets.tolist(), strict=True)
        ),
        file="",
        text="",
    )


def _title(title: str, iteration: int) -> str:
    end = f" (from iteration {iteration})"
    return (_FROM.sub("", title)[: MAX_TEXT - len(end)] + end).lstrip()


def _training(problem: Problem, iteration: int) -> Training:
    said, rule = problem.preset.training, problem.rule
    unchanged = said.batch_size(len(problem.inputs)) == problem.batch_size
    return replace(
        said,
        learning_rate=rule.learning_rate,
        loss=rule.loss_name,
        batch=said.batch if unchanged else problem.batch_size,
        first_batch=problem.batch_number(iteration),
        reduction=rule.reduction,
        update=rule.update,
        frozen=(),  # each parameter says so itself
    )


def _layers(preset: Preset) -> tuple[Layer, ...]:
    """Return the layers without the numbers that their parameters began with."""
    return tuple(
        replace(layer, weights=None, biases=None, initializer=None) for layer in preset.layers
    )
