"""Pictures of the loss around the parameters: over one with its tangent and step, over two."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.landscape import Grid, LossTask, Task, affordable, loss_with, pass_cost, spread
from bptui.story.moment import Moment, Phase
from bptui.story.neighbours import is_neuron
from bptui.story.timeline import Timeline
from bptui.view.dots import Plot, Range, shaded
from bptui.view.numbers import show
from bptui.view.rows import Row, plain

NOW, LANDED = "●", "○"
"""Where the parameters are, and where the step takes them."""
_REACH = 5.0
"""So far to either side a sigmoid's loss is a curve and no straight line."""
_CELL = 2
"""Columns of a map's field."""
_PATH = 200
"""Points of the path so far."""


def parameter_of(session: Session) -> str:
    """Return the parameter that is selected, or of the selected neuron the steepest."""
    network = session.setup.network
    if not is_neuron(network, session.selected):
        return session.selected
    own = network.incoming(session.selected) or network.outgoing(session.selected)
    names = [p.name for p in own if p.trainable] or [p.name for p in own]
    return _steepest(session, names or [p.name for p in network.parameters])


def pair_of(session: Session) -> tuple[str, ...]:
    """Return that parameter and the steepest other one that leads to the same neuron."""
    network, first = session.setup.network, parameter_of(session)
    targets = network.parameter(first).targets
    near = [p.name for target in targets for p in network.incoming(target) if p.name != first]
    others = near or [p.name for p in network.parameters if p.name != first]
    moving = [name for name in others if network.parameter(name).trainable] or others
    return (first, _steepest(session, moving)) if moving else (first,)


def _steepest(session: Session, names: list[str]) -> str:
    back = session.numbers.iteration(session.moment.iteration).backward
    slots = [session.setup.network.slots[name] for name in names]
    return names[int(np.nan_to_num(np.abs(back.gradient[slots])).argmax())]


def _begun(session: Session, name: str) -> float:
    return float(session.state.begun[0, session.setup.network.slots[name]])


def _around(value: float) -> Range:
    reach = max(_REACH, abs(value) / 2)
    return value - reach, value + reach


# over one parameter


def slope_tasks(session: Session, width: int, height: int) -> tuple[Task, ...]:
    iteration, name = session.moment.iteration, parameter_of(session)
    count = affordable(2 * width, pass_cost(session.timeline, iteration))
    xs = spread(*_around(_begun(session, name)), count)
    return (LossTask(session.timeline, iteration, (name,), xs),)


def slope(
    session: Session, width: int, height: int, found: tuple[Grid, ...]
) -> tuple[list[Row], str]:
    """Draw the loss over a parameter, its tangent, and where the step of this update lands."""
    name, losses = parameter_of(session), found[0][0]
    value = _begun(session, name)
    xs = spread(*_around(value), len(losses))
    plot = Plot((width, height), (xs[0], xs[-1]), _limits(losses), braille=session.braille)
    plot.curve(zip(xs, losses, strict=True), "chart_line")
    here = loss_with(session.timeline.state(_forward(session)), {})
    gradient = session.value(Quantity(Kind.DE_DPARAMETER, parameter=name))
    said = ""
    if gradient is not None and math.isfinite(gradient):
        ends = [(x, here + gradient * (x - value)) for x in (xs[0], xs[-1])]
        plot.curve(ends, "backward", gap=2)
        said = f"slope {show(gradient, 4)}"
    new = session.new_value(name)
    if new is not None and new != value and math.isfinite(new):
        slot = session.setup.network.slots[name]
        there = loss_with(session.timeline.state(_forward(session)), {slot: new})
        plot.mark(new, there, LANDED, "update")
        said += f", step {show(new - value, 4)}" if said else ""
    plot.mark(value, here, NOW, "chart_now")
    plot.tick(value, f"{plain(name)} {show(value, 4)}", "chosen")
    plot.tick(xs[0], show(xs[0], 2))
    plot.tick(xs[-1], show(xs[-1], 2))
    return plot.rows(), said


def _forward(session: Session) -> Moment:
    return Moment.of(session.moment.iteration, Phase.FORWARD)


def _limits(losses: tuple[float, ...]) -> Range:
    fine = [loss for loss in losses if math.isfinite(loss)]
    low, high = (min(fine), max(fine)) if fine else (0.0, 1.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


# over two parameters


def map_tasks(session: Session, width: int, height: int) -> tuple[Task, ...]:
    names, iteration = pair_of(session), session.moment.iteration
    columns, rows = _fields(width, height)
    shrink = math.sqrt(
        affordable(columns * rows, pass_cost(session.timeline, iteration)) / (columns * rows)
    )
    counts = [max(3, int(count * shrink)) for count in (columns, rows)]
    xs, ys = (spread(*span, n) for span, n in zip(_spans(session, names), counts, strict=True))
    return (LossTask(session.timeline, iteration, names, xs, ys),)


def _fields(width: int, height: int) -> tuple[int, int]:
    return max(3, (width - 10) // _CELL), max(3, height - 2)


def _spans(session: Session, names: tuple[str, ...]) -> list[Range]:
    """Return for either parameter what the map shows of it: the path so far, in its middle."""
    spans = []
    for name in names:
        path = [value for _, value in _path(session, name) if math.isfinite(value)]
        low, high = min(path, default=0.0), max(path, default=0.0)
        reach = max(_REACH / 2, (high - low) * 0.75)
        # in steps, so that the map does not move with every update
        middle = round((low + high) / 2 / reach * 4) * reach / 4
        spans.append((middle - reach, middle + reach))
    return spans


def _path(session: Session, name: str) -> list[tuple[int, float]]:
    past = _past(session.timeline, name, session.moment.iteration - 1)
    now = session.value(Quantity(Kind.PARAMETER, parameter=name))
    return [*past] if now is None else [*past, (session.moment.iteration, now)]


@lru_cache(maxsize=16)
def _past(timeline: Timeline, name: str, last: int) -> tuple[tuple[int, float], ...]:
    return tuple(timeline.history(name, last, _PATH))


def map_of_loss(
    session: Session, width: int, height: int, found: tuple[Grid, ...]
) -> tuple[list[Row], str]:
    """Draw the loss over two parameters as shades, with the path so far."""
    names, grid = pair_of(session), found[0]
    (left, right), (low, high) = _spans(session, names)
    plot = Plot((width, height), (left, right), (low, high), braille=session.braille, digits=2)
    plot.dots.shade(shaded(_ranks(grid)), "chart_axis")
    paths = [[value for _, value in _path(session, name)] for name in names]
    points = list(zip(paths[0], paths[1], strict=False))
    for place, (first, second) in enumerate(points, 1):
        last = place == len(points)
        plot.mark(first, second, NOW if last else "•", "chart_now" if last else "update")
    plot.tick((left + right) / 2, plain(names[0]), "chosen")
    plot.tick(left, show(left, 2))
    plot.tick(right, show(right, 2))
    return plot.rows(), f"█ high, · low; up: {plain(names[1])}"


def _ranks(grid: Grid) -> list[list[float]]:
    """Return for each number the share of smaller ones, so that every shade is seen."""
    flat = np.array(grid).ravel()
    order = np.sort(flat[np.isfinite(flat)])
    ranks = np.searchsorted(order, flat) / max(1, len(order) - 1)
    ranks[~np.isfinite(flat)] = math.nan
    ranked = iter(ranks.tolist())
    return [[next(ranked) for _ in row] for row in grid]
