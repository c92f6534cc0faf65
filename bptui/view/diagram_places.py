"""Where everything stands in a drawing of the network: neurons, labels, the ends of lines."""

from __future__ import annotations

import math

from msgspec.structs import replace

from bptui.engine.network import Network
from bptui.story.address import Kind, Quantity
from bptui.story.notation import Naming
from bptui.view.diagram_plan import (
    ARRIVAL,
    IN_BOX,
    MAX_NAME,
    Edge,
    Form,
    Gap,
    Node,
    Plan,
    Room,
    in_box,
)
from bptui.view.rows import cells, plain

_WIDEST_GAP = 56
_FEW, _ROOM_EACH = 6, 0.75
"""More lines than these few need so many columns each, to be told apart."""


def rows_needed(network: Network, layer: tuple[str, ...], lines: int, *, named: bool) -> int:
    return sum(_need(network, name, lines, named=named) for name in layer)


def _need(network: Network, name: str, lines: int, *, named: bool) -> int:
    """Return how many rows a neuron needs: its box, or the labels of its edges if they are more."""
    lines = min(lines, 1) if name in network.inputs else lines
    return max(lines + 2 if lines else 1, len(network.incoming(name)) if named else 0)


def make_plan(network: Network, names: Naming, form: Form, room: Room) -> Plan:
    """Place everything; the plan comes out larger than asked, if there is no room."""
    width, height = room.width, room.height
    words = tuple(_word_width(network, names, place) for place in range(len(network.neurons)))
    columns = [_column(network, layer, form, height) for layer in network.neurons]
    widths = [
        _node_width(network, layer, form, words[place], lines)
        for place, (layer, (lines, _)) in enumerate(zip(network.neurons, columns, strict=True))
    ]
    bare = [
        _gap(network, names, form, place, columns[place], room)
        for place in range(1, len(network.neurons))
    ]
    spare = width - sum(widths) - sum(gap.width for gap in bare)
    nodes: dict[str, Node] = {}
    gaps: list[Gap] = []
    x = 0
    for place, (layer, (lines, tops)) in enumerate(zip(network.neurons, columns, strict=True)):
        if place:
            gaps.append(_widened(bare[place - 1], x, spare // len(bare), form))
            x += gaps[-1].width
        ends = [*(top for top, _ in tops[1:]), max(height, tops[-1][1])]
        for name, rows, clear in zip(layer, tops, ends, strict=True):
            inner = min(lines, 1) if place == 0 else lines
            nodes[name] = _node(x, widths[place], inner, rows, clear)
        x += widths[place]
    edges = _edges(network, nodes, gaps, form)
    total = max(height, *(tops[-1][1] for _, tops in columns))
    return Plan(form, words, nodes, tuple(gaps), edges, x, total)


def _column(
    network: Network, layer: tuple[str, ...], form: Form, height: int
) -> tuple[int, list[tuple[int, int]]]:
    """Return the lines that a layer's boxes have room for, and the rows that each neuron gets."""
    lines = next(
        (
            lines
            for lines in range(form.tallest, 0, -1)
            if rows_needed(network, layer, lines, named=form.named) <= height
        ),
        0,
    )
    needs = [_need(network, name, lines, named=form.named) for name in layer]
    spare, tops, y = max(0, height - sum(needs)), [], 0.0
    for need in needs:
        y += spare / (len(needs) + 1)
        tops.append((round(y - 0.01), round(y - 0.01) + need))
        y += need
    return lines, tops


def _node(x: int, width: int, lines: int, rows: tuple[int, int], clear: int) -> Node:
    top, bottom = rows
    size = lines + 2 if lines else 1
    return Node(x, top + (bottom - top - size) // 2, width, lines, top, bottom, clear)


def _node_width(
    network: Network, layer: tuple[str, ...], form: Form, words: int, lines: int
) -> int:
    if lines:
        return 2 + words + form.number
    return min(MAX_NAME, max(cells(plain(name)) for name in layer)) + form.number


def _word_width(network: Network, names: Naming, place: int) -> int:
    if place == 0:
        return 0
    words = [in_box(names, kind, name) for name in network.neurons[place] for kind in IN_BOX]
    # room for the target's word in the lower border, however short the notation
    return max(map(cells, ("out", *words)))


def _gap(
    network: Network,
    names: Naming,
    form: Form,
    place: int,
    column: tuple[int, list[tuple[int, int]]],
    room: Room,
) -> Gap:
    """Return a gap that is as narrow as can be."""
    layer, lines = network.neurons[place], column[0]
    name_width = max(cells(plain(p.name)) for name in layer for p in network.incoming(name))
    name_width = min(MAX_NAME, name_width) if form.named else 0
    label = name_width + form.edge_number
    most = max(len(network.incoming(name)) for name in layer)
    turn = int(form.named and most > max(1, lines))
    head = ARRIVAL if form.arrivals else 0
    if room.braille:
        edges = int(network.layers[place - 1].edges.sum())
        untangled = math.ceil(_ROOM_EACH * edges) if edges > _FEW and form.named else 0
        lead = max(form.lead, head + 1, untangled)
        return Gap(0, lead + label + turn, name_width, label, 0, turn)
    lead = head + max(form.lead, 2 + len(network.neurons[place - 1]))
    return Gap(0, lead + label + head + turn, name_width, label, head, turn)


def _widened(gap: Gap, x: int, spare: int, form: Form) -> Gap:
    width = max(gap.width, min(gap.width + spare, _WIDEST_GAP))
    roomy = form.arrivals and width - gap.label_width >= 4 * ARRIVAL
    return replace(gap, x=x, width=width, tail=ARRIVAL if roomy else gap.tail)


def _edges(
    network: Network, nodes: dict[str, Node], gaps: list[Gap], form: Form
) -> dict[tuple[str, str], Edge]:
    edges: dict[tuple[str, str], Edge] = {}
    for gap, layer in zip(gaps, network.layers, strict=True):
        for target in layer.neurons:
            incoming, node = network.incoming(target), nodes[target]
            inside = len(incoming) <= node.lines
            first = node.inside[0] if inside else node.middle - (len(incoming) - 1) // 2
            first = max(node.top, min(first, node.bottom - len(incoming)))
            for index, parameter in enumerate(incoming):
                y = (
                    first + index
                    if form.named
                    else node.inside[index * node.lines // len(incoming)]
                )
                quantity = Quantity(Kind.PARAMETER, parameter=parameter.name)
                edges[parameter.name, target] = Edge(parameter, target, quantity, gap, y)
    for source, node in nodes.items():
        outgoing = network.outgoing(source)
        for index, parameter in enumerate(outgoing):
            key = parameter.name, parameter.targets[0]
            start, back = _leaves(node, index, len(outgoing))
            edges[key] = replace(edges[key], start=start, back=back)
    return edges


def _leaves(node: Node, index: int, total: int) -> tuple[float, int | None]:
    """Return where one of a neuron's edges begins, and the row of what comes back through it."""
    inside = node.inside
    first = node.middle - (total - 1) // 2
    if total == 1:
        return node.middle, node.middle
    start = inside[0] + index * (len(inside) - 1) / (total - 1)
    if total <= len(inside):
        return round(start), round(start)
    room = node.top <= first and first + total <= node.bottom
    return start, first + index if room else None
