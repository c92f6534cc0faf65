"""Where the boxes and lines of the network diagram stand, for a number of decimals and a height.

Columns of boxes, one a layer; between two columns a gap, in which every neuron has an upright line
(its trunk) that its edges branch from. Each edge reaches its neuron on a row of its own.
"""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from bptui.engine.network import Network, Parameter
from bptui.story.address import Kind, Quantity
from bptui.story.notation import Naming
from bptui.view.numbers import number_width
from bptui.view.rows import cells, plain

_FAR = 3
"""How many rows a box or a line may be moved out of the way."""
MAX_NAME = 14
"""Longer names are cut in the diagram; the inspector shows them whole."""


class Box(Struct, frozen=True):
    x: int
    y: int
    width: int
    height: int
    port: int = 0
    """The row on which its edges leave."""

    @property
    def middle(self) -> int:
        return self.y + (self.height - 1) // 2


class Gap(Struct, frozen=True):
    """The space between two layers: trunks, then the edges' labels."""

    x: int
    width: int
    trunk_step: int
    name_width: int
    """The width of the edges' names, before their numbers."""

    def label_x(self, digits: int) -> int:
        return self.x + self.width - 1 - number_width(digits) - 1 - self.name_width

    def trunk_x(self, index: int) -> int:
        return self.x + 1 + index * self.trunk_step


class Edge(Struct, frozen=True):
    """A weight or a bias where it reaches a neuron."""

    parameter: Parameter
    quantity: Quantity
    """Its value."""
    gap: Gap
    y: int


class Plan(Struct, frozen=True, eq=False):
    digits: int
    label_widths: tuple[int, ...]
    """For each layer, the width of the words net and out in its boxes."""
    boxes: dict[str, Box]
    gaps: tuple[Gap, ...]
    edges: dict[tuple[str, str], Edge]
    """By the names of the parameter and of the neuron that it leads to."""
    width: int
    height: int


@lru_cache(maxsize=64)
def make_plan(network: Network, names: Naming, digits: int, height: int, trunk_step: int) -> Plan:
    labels = tuple(_label_width(network, names, place) for place in range(len(network.neurons)))
    heights = [[_box_height(network, name) for name in layer] for layer in network.neurons]
    total = max(height, least_height(network))
    boxes: dict[str, Box] = {}
    gaps: list[Gap] = []
    x = 0
    for place, layer in enumerate(network.neurons):
        if place:
            gaps.append(_gap(network, place, x, digits, trunk_step))
            x += gaps[-1].width
        width = 2 + labels[place] + 1 + number_width(digits)
        for index, y in enumerate(_spread(heights[place], total)):
            boxes[layer[index]] = Box(x, y, width, heights[place][index])
        x += width
    for place in range(len(network.layers)):
        _set_ports(network, place, boxes, total)
    return Plan(digits, labels, boxes, tuple(gaps), _edges(network, boxes, gaps), x, total)


@lru_cache(maxsize=8)
def least_height(network: Network) -> int:
    return max(sum(_box_height(network, name) for name in names) for names in network.neurons)


def _edges(network: Network, boxes: dict[str, Box], gaps: list[Gap]) -> dict[tuple[str, str], Edge]:
    edges: dict[tuple[str, str], Edge] = {}
    for gap, layer in zip(gaps, network.layers, strict=True):
        for target in layer.neurons:
            for parameter in network.incoming(target):
                quantity = Quantity(Kind.PARAMETER, parameter=parameter.name)
                y = _edge_y(network, boxes, parameter, target)
                edges[parameter.name, target] = Edge(parameter, quantity, gap, y)
    return edges


def _edge_y(network: Network, boxes: dict[str, Box], parameter: Parameter, target: str) -> int:
    return boxes[target].y + 1 + network.incoming(target).index(parameter)


def _set_ports(network: Network, place: int, boxes: dict[str, Box], total: int) -> None:
    """Let each neuron's edges leave on a row where no earlier neuron's edge runs, nor a bias.

    Else its line to its trunk would seem to go on as the other's edge. An input's box, which has
    one row, is moved a little for that.
    """
    names = network.neurons[place]
    biases = {
        _edge_y(network, boxes, parameter, target)
        for target in network.neurons[place + 1]
        for parameter in network.incoming(target)
        if parameter.is_bias
    }
    taken: set[int] = set()
    for index, name in enumerate(names):
        box = boxes[name]
        if place == 0:
            above = boxes[names[index - 1]].y + box.height if index else 0
            below = boxes[names[index + 1]].y if index + 1 < len(names) else total
            rows = [y + 1 for y in range(above, below - box.height + 1)]
        else:
            rows = list(range(box.y + 1, box.y + box.height - 1))
        own = {_edge_y(network, boxes, e, e.targets[0]) for e in network.outgoing(name)}
        port = _free_row(rows, box.middle, taken, biases, own)
        y = port - 1 if place == 0 else box.y
        boxes[name] = replace(box, port=port, y=y)
        taken |= own


def _free_row(
    rows: list[int], middle: int, taken: set[int], biases: set[int], own: set[int]
) -> int:
    """Return the row next to the middle that is free, or at least not taken by an edge.

    Of two that are as near, the neuron's own edge's row makes the straighter line.
    """
    near = [y for y in rows if abs(y - middle) <= _FAR]
    near.sort(key=lambda y: (abs(y - middle), y not in own))
    for busy in (taken | biases, taken):
        for y in near:
            if y not in busy:
                return y
    return middle


def in_box(names: Naming, kind: Kind, neuron: str) -> str:
    """Return what a number is called in its neuron's own box: `net`, or `a` for `a_{}`."""
    word = names.pattern(kind, neuron)
    for place in ("({})", "_{}", "{}"):
        word = word.replace(place, "")
    return plain(word.strip() or neuron)


IN_BOX = (Kind.NET, Kind.OUT, Kind.DE_DNET)


def _label_width(network: Network, names: Naming, place: int) -> int:
    if place == 0:
        return 0
    words = [in_box(names, kind, name) for name in network.neurons[place] for kind in IN_BOX]
    # room for the target's word in the lower border, however short the notation
    return max(map(cells, ("out", *words)))


def _box_height(network: Network, name: str) -> int:
    return 3 if name in network.inputs else 2 + max(3, len(network.incoming(name)))


def _spread(heights: list[int], total: int) -> list[int]:
    spare = total - sum(heights)
    tops, y = [], 0.0
    for size in heights:
        y += spare / (len(heights) + 1)
        tops.append(round(y - 0.01))
        y += size
    return tops


def _gap(network: Network, place: int, x: int, digits: int, trunk_step: int) -> Gap:
    names = [plain(p.name) for name in network.neurons[place] for p in network.incoming(name)]
    name_width = min(MAX_NAME, max(map(cells, names)))
    trunks = len(network.neurons[place - 1]) * trunk_step
    width = 1 + trunks + 1 + name_width + 1 + number_width(digits) + 1
    return Gap(x, width, trunk_step, name_width)
