"""The network in one row a neuron, and between two layers a matrix of its weights as squares.

A square's shade tells how heavy a weight is beside the heaviest of its layer, the sign before it
that it is below 0. The bias is the last row. By small steps only what a step used has its colour.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct

from bptui.engine.network import Network
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.moment import Phase
from bptui.story.notation import Naming, naming
from bptui.view.canvas import Canvas
from bptui.view.diagram_flow import Flow, flow_of, is_coarse
from bptui.view.diagram_plan import IN_BOX, MAX_NAME, in_box
from bptui.view.dots import SHADES
from bptui.view.finding import cell_of
from bptui.view.numbers import number_width, show
from bptui.view.rows import cells, clip, plain

_STEPS = (0.05, 0.25, 0.5, 0.75)
"""From which parts of the heaviest weight on a square looks heavier."""
_BARE = 2
"""The width of a square with its sign."""
_SHORT = 3
"""The length of names that a matrix is soonest made wider for."""
_BIAS = "bias"
_TARGET_DIGITS = 2


class Grid(Struct, frozen=True):
    """How much of a network is written, and where."""

    digits: int
    lines: int
    """How many numbers each neuron has."""
    names: tuple[int, ...]
    """The widths of each layer's names."""
    steps: tuple[int, ...]
    """The widths of the matrices' columns."""
    lefts: tuple[int, ...]
    """Where each layer begins."""
    targets: bool
    """Whether the outputs have their targets beside them."""
    margin: int
    """The blanks beside a matrix."""
    width: int
    height: int

    @property
    def number(self) -> int:
        return 1 + number_width(self.digits)


@lru_cache(maxsize=64)
def best_grid(network: Network, asked: int, width: int, height: int) -> Grid | None:
    """Return the grid of the whole network that says most, None if none fits."""
    needed = max(1 + len(layer) + _has_bias(network, k) for k, layer in enumerate(network.neurons))
    if needed > height or max(map(len, network.neurons)) * _BARE > width:
        return None
    for choice in _choices(asked):
        grid = _grid(network, choice, height)
        if grid.width <= width:
            return grid
    return None


class _Choice(NamedTuple):
    digits: int
    lines: int
    """How many numbers a neuron has."""
    named: int
    """How long names may be that all stand above their columns."""
    targets: bool
    margin: int = 2


def _choices(asked: int) -> Iterator[_Choice]:
    """Yield what can be written, the most first."""
    for named, targets in ((MAX_NAME, True), (_SHORT, True), (0, True), (0, False)):
        for lines in (3, 2, 1):
            for digits in (asked,) if asked else (6, 4):
                yield _Choice(digits, lines, named, targets)
    yield _Choice(asked or 4, 1, named=0, targets=False, margin=1)


def _grid(network: Network, choice: _Choice, height: int) -> Grid:
    bare = [max(cells(plain(name)) for name in layer) for layer in network.neurons]
    names = tuple(
        min(MAX_NAME, max(width, len(_BIAS) * _has_bias(network, k)))
        for k, width in enumerate(bare)
    )
    steps = tuple(max(_BARE, name + 1) if name <= choice.named else _BARE for name in bare[1:])
    lefts, x = [], 0
    for place, layer in enumerate(network.neurons):
        if place:
            x += 2 * choice.margin + steps[place - 1] * len(layer)
        lefts.append(x)
        x += names[place] + (1 + number_width(choice.digits)) * (choice.lines if place else 1)
    x += (len(" → ") + number_width(_TARGET_DIGITS)) * choice.targets
    return Grid(
        choice.digits,
        choice.lines,
        names,
        steps,
        tuple(lefts),
        choice.targets,
        choice.margin,
        x,
        height,
    )


def _has_bias(network: Network, place: int) -> bool:
    """Whether the layer after a place has biases."""
    following = network.neurons[place + 1] if place + 1 < len(network.neurons) else ()
    return any(p.is_bias for name in following for p in network.incoming(name))


def draw_grid(session: Session, grid: Grid) -> Canvas:
    network, names = session.setup.network, naming(session.setup)
    canvas = Canvas(grid.width, grid.height)
    flow = None if is_coarse(session) else flow_of(session, arrivals=False)
    for place, layer in enumerate(network.neurons):
        top = _top(network, grid, place)
        _put_heads(canvas, session, names, grid, place, top)
        for y, name in enumerate(layer, top + 1):
            _put_neuron(canvas, session, grid, place, name, y)
        if place + 1 < len(network.neurons):
            _put_matrix(canvas, session, grid, flow, place, top)
    return canvas


def _top(network: Network, grid: Grid, place: int) -> int:
    rows = 1 + len(network.neurons[place]) + _has_bias(network, place)
    return (grid.height - rows) // 2


def _kinds(grid: Grid, place: int, phase: Phase | None) -> tuple[Kind, ...]:
    if place == 0:
        return (Kind.INPUT,)
    if grid.lines > 1:
        return IN_BOX[-grid.lines :]
    return (Kind.DE_DNET if phase in (Phase.BACKWARD, Phase.UPDATE) else Kind.OUT,)


def _put_heads(
    canvas: Canvas, session: Session, names: Naming, grid: Grid, place: int, top: int
) -> None:
    name = session.setup.network.neurons[place][0]
    x = grid.lefts[place] + grid.names[place]
    for kind in _kinds(grid, place, session.moment.phase):
        word = "" if kind is Kind.INPUT else in_box(names, kind, name)
        canvas.put(x + 2, top, clip(word, grid.number - 2), "label")
        x += grid.number


def _put_neuron(
    canvas: Canvas, session: Session, grid: Grid, place: int, name: str, y: int
) -> None:
    x, width = grid.lefts[place], grid.names[place]
    role = "neuron selected" if name == session.selected else "neuron"
    canvas.put(x, y, clip(plain(name), width), role, name)
    x += width
    for kind in _kinds(grid, place, session.moment.phase):
        quantity = Quantity(kind, neuron=name, sample=session.shown_sample)
        value, new = session.value(quantity), session.new(quantity)
        canvas.put_row(x, y, cell_of(session, quantity, value, grid.digits, new=new))
        x += grid.number
    has_target = grid.targets and session.setup.has_targets
    if has_target and name in session.setup.network.outputs:
        target = Quantity(Kind.TARGET, neuron=name, sample=session.shown_sample)
        text = f" → {show(session.value(target), _TARGET_DIGITS)}"
        canvas.put(x, y, text, "target", str(target))


def _put_matrix(
    canvas: Canvas, session: Session, grid: Grid, flow: Flow | None, place: int, top: int
) -> None:
    network = session.setup.network
    sources, targets = network.neurons[place], network.neurons[place + 1]
    edges = [(p, target) for target in targets for p in network.incoming(target)]
    values = [session.value(Quantity(Kind.PARAMETER, parameter=p.name)) for p, _ in edges]
    heaviest = max((abs(v) for v in values if v is not None and math.isfinite(v)), default=0.0)
    step = grid.steps[place]
    x = grid.lefts[place + 1] - grid.margin - step * len(targets)
    _put_names(canvas, session, grid, place, x, top)
    last = top + 1 + len(sources)
    if _has_bias(network, place):
        canvas.put(grid.lefts[place], last, clip(_BIAS, grid.names[place]), "label")
    for (parameter, target), value in zip(edges, values, strict=True):
        left = x + step * network.places[target][1]
        y = last if parameter.source is None else top + 1 + network.places[parameter.source][1]
        text, role = _square(value, heaviest, max(1, step - _BARE))
        name = parameter.name
        if flow is not None and (name, target) not in flow.used:
            role = "edge"
        if name == session.selected:
            role = "edge selected"
        canvas.put(left, y, text, role, name)


def _put_names(canvas: Canvas, session: Session, grid: Grid, place: int, x: int, top: int) -> None:
    """Put the targets' names above their columns; without room that of the selection alone."""
    network, step, selected = session.setup.network, grid.steps[place], session.selected
    chosen = selected if selected in network.places else network.parameter(selected).targets[0]
    for index, name in enumerate(network.neurons[place + 1]):
        if step > cells(plain(name)) or name == chosen:
            role = "neuron selected" if name == selected else "neuron"
            room = canvas.width - x - step * index
            canvas.put(x + step * index, top, clip(plain(name), min(MAX_NAME, room)), role, name)


def _square(value: float | None, heaviest: float, width: int) -> tuple[str, str]:
    if value is None or not math.isfinite(value):
        return "?" * (1 + width), "wrong"
    part = abs(value) / heaviest if heaviest else 0.0
    shade = SHADES[1 + bisect_right(_STEPS, part)]
    return ("-" if value < 0 else " ") + shade * width, "falling" if value < 0 else "rising"
