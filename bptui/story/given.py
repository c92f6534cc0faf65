"""Where inputs and targets stand, and what metrics are made of: what no other address explains."""

from __future__ import annotations

from bptui.engine.metrics import METRICS
from bptui.preset.data import scalings
from bptui.story.address import Kind
from bptui.story.formula import Const, Formula, evaluate
from bptui.story.setup import Setup
from bptui.story.symbols import written


def origin_of(setup: Setup, kind: Kind, number: int, place: int) -> tuple[Formula | None, str]:
    """How an input was scaled, if it was, and where a sample's input or target stands.

    Args:
        setup: what has the sample.
        kind: INPUT or TARGET.
        number: the sample, from 1.
        place: which of its inputs or targets, from 0.

    Returns:
        A formula or None, and words, which are empty for an input that the file does not have.
    """
    preset = setup.preset
    rows, which = preset.rows, f", sample {number}" if len(setup.inputs) > 1 else ""
    if rows is None or preset.data is None:
        return None, f"from the preset{which}"
    given = f"from {preset.data.csv}, line {rows.lines[number - 1]}{which}"
    if kind is Kind.TARGET:
        return None, given + (f": {rows.classes[number - 1]}" if rows.classes else "")
    scaled, x = None, rows.inputs[number - 1][place]
    if scales := scalings(rows, preset.data.scale):
        formula, numbers = scales[place]
        names = {name: Const(value, name) for name, value in {"x": x, **numbers}.items()}
        scaled = written(formula, names)
        given = f"x is {rows.columns[place]}, {given}"
    if setup.inputs[number - 1, place] != (x if scaled is None else evaluate(scaled)):
        return None, ""
    return scaled, given


def metric_formula(name: str, total: float, count: int) -> tuple[Formula | None, str]:
    """A metric over the total of its shares and their count, and what these are in words."""
    metric = METRICS[name]
    sum_, number = metric.symbols
    names = {"total": Const(total, sum_), "count": Const(float(count), number)}
    return written(metric.whole, names), metric.told.format(total=f"{total:g}", count=count)
