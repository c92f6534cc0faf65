"""What a network is measured by besides its loss, over all samples. To add one is to add an entry.

A metric is made of the sum of shares: one for each output of each sample, or one for each sample.
Arrays have a row for each output and a column for each sample.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from bptui.engine.functions import evaluate
from bptui.engine.primitives import size
from bptui.engine.trace import Array, Formula

sqrt = np.sqrt


def are_classes(targets: Array) -> bool:
    """Whether targets (samples, outputs) are classes: 1 for one output of each sample, 0 for the
    others; one output has 0 or 1. In the place of all 0 there may be -1."""
    ones = targets == 1
    others = targets[~ones]
    alike = bool((others == 0).all() or (others == -1).all())
    return alike and (targets.shape[1] == 1 or bool((ones.sum(axis=1) == 1).all()))


def right(outs: Any, targets: Any) -> Any:
    """1 for each sample whose largest output is that with the largest target, else 0.

    A single output must be on its target's side of 0.5, or of 0 where targets are 1 and -1.
    """
    if len(outs) > 1:
        found = np.argmax(outs, axis=0) == np.argmax(targets, axis=0)
    else:
        middle = 0.0 if (targets == -1).any() else 0.5
        found = ((outs > middle) == (targets > middle))[0]
    return np.where(np.isnan(outs).any(axis=0), 0.0, found)


class Metric(NamedTuple):
    share: Formula
    """Of outs and targets of all samples."""
    whole: Formula
    """What the total of the shares and their count make."""
    told: str
    """What these are, in words."""
    summary: str
    """What it is, for somebody who does not know it."""
    symbols: tuple[str, str] = ("S", "n")
    """How formulas write them."""
    applies: Callable[[Array], bool] = lambda targets: targets.size > 0
    """Whether it means something for these targets (samples, outputs)."""
    needs: str = "targets"
    headline: bool = False
    """Whether it stands beside the loss on every screen."""


METRICS: dict[str, Metric] = {
    "RMSE": Metric(
        share=lambda outs, targets: (targets - outs) ** 2,
        whole=lambda total, count: sqrt(total / count),
        told="S sums the squares of target - out, n = {count} outputs of all samples",
        summary="the root of the mean, over outputs and samples, of (target - out)²",
    ),
    "SAE": Metric(
        share=lambda outs, targets: size(targets - outs),
        whole=lambda total: total,
        told="S sums |target - out| over the {count} outputs of all samples",
        summary="the sum of |target - out| over outputs and samples",
    ),
    "accuracy": Metric(
        share=right,
        whole=lambda total, count: total / count,
        told="{total} of {count} samples are right",
        summary="the share of samples that are right",
        symbols=("right", "samples"),
        applies=are_classes,
        needs="targets that are classes: a 1 for each sample, and else 0 or -1",
        headline=True,
    ),
}


def shares(metric: Metric, outs: Array, targets: Array) -> tuple[float, int]:
    """The total of a metric's shares and their count; outs and targets are (samples, outputs)."""
    with np.errstate(all="ignore"):
        each = metric.share(outs.T, targets.T)
        return float(each.sum()), each.size


def measured(metric: Metric, outs: Array, targets: Array) -> float:
    """A metric's value; outs and targets are (samples, outputs)."""
    total, count = shares(metric, outs, targets)
    with np.errstate(all="ignore"):
        return float(evaluate(metric.whole, {"total": np.float64(total), "count": count}))
