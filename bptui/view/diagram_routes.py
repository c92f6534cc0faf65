"""Orthogonal lines, where there is no braille: every neuron has a trunk that its edges branch from.

Where a line meets a trunk that is not its own it passes behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from bptui.engine.network import Network
from bptui.view.canvas import Canvas
from bptui.view.diagram_plan import Edge, Gap, Node, Plan

_FAR = 3
"""How many rows a line may be moved out of the way."""
Style = Callable[[Edge], tuple[str, str]]
"""What an edge's line is made of, and its role."""


def draw_routes(canvas: Canvas, network: Network, plan: Plan, style: Style) -> None:
    for edge in plan.edges.values():
        _draw_edge(canvas, network, plan, edge, style)
    for layer in network.neurons[:-1]:
        for source in sorted(layer, key=lambda name: _role(network, plan, name, style) != "edge"):
            _draw_trunk(canvas, network, plan, source, style)


def _draw_edge(canvas: Canvas, network: Network, plan: Plan, edge: Edge, style: Style) -> None:
    gap, source = edge.gap, edge.parameter.source
    start = gap.label_x if source is None else _trunk_x(network, plan, gap, source) + 1
    line, role = style(edge)
    canvas.put(start, edge.y, line * (gap.end - start), role, edge.parameter.name)


def _trunk_x(network: Network, plan: Plan, gap: Gap, source: str) -> int:
    place, index = network.places[source]
    begin = gap.x + gap.tail  # which is as wide as what comes back to the source
    room = gap.label_x - begin - 2
    return begin + 1 + index * max(1, min(2, room // len(network.neurons[place])))


def _role(network: Network, plan: Plan, source: str, style: Style) -> str:
    """Return a trunk's role: that of its edge which stands out most."""
    roles = [style(plan.edges[p.name, p.targets[0]])[1] for p in network.outgoing(source)]
    return max(roles, key=lambda role: (role == "chosen", role != "edge"), default="edge")


def _draw_trunk(canvas: Canvas, network: Network, plan: Plan, source: str, style: Style) -> None:
    """Draw a neuron's trunk: from its box to the column, up and down, a branch at every edge."""
    edges = [plan.edges[p.name, p.targets[0]] for p in network.outgoing(source)]
    if not edges:
        return
    node, x = plan.nodes[source], _trunk_x(network, plan, edges[0].gap, source)
    start = ports(network, plan)[source]
    ys = {edge.y for edge in edges}
    top, bottom = min(*ys, start), max(*ys, start)
    role = _role(network, plan, source, style)
    for column in range(node.right, x):
        if canvas.char(column, start) in " ─╌━╍":
            canvas.put(column, start, "─", role, source)
    for y in range(top, bottom + 1):
        canvas.put(x, y, JOINTS[y > top, y < bottom, y == start, y in ys], role, source)


JOINTS = {
    # (up, down, to the left, to the right)
    (True, True, False, False): "│",
    (True, True, True, False): "┤",
    (True, True, False, True): "├",
    (True, True, True, True): "┼",
    (True, False, True, False): "╯",
    (True, False, False, True): "╰",
    (True, False, True, True): "┴",
    (False, True, True, False): "╮",
    (False, True, False, True): "╭",
    (False, True, True, True): "┬",
    (False, False, True, True): "─",
}
"""What an upright line looks like at a row, by what it is joined to there."""


@lru_cache(maxsize=64)
def ports(network: Network, plan: Plan) -> dict[str, int]:
    """Return the row on which each neuron's edges leave: one where no earlier neuron's edge runs.

    Nor a bias. Else its line to its trunk would seem to go on as the other's edge.
    """
    found: dict[str, int] = {}
    for layer, following in zip(network.neurons, network.layers, strict=False):
        biases = {
            e.y
            for e in plan.edges.values()
            if e.parameter.is_bias and e.target in following.neurons
        }
        taken: set[int] = set()
        for name in layer:
            own = {plan.edges[p.name, p.targets[0]].y for p in network.outgoing(name)}
            found[name] = _free_row(plan.nodes[name], taken, biases, own)
            taken |= own
    return found


def _free_row(node: Node, taken: set[int], biases: set[int], own: set[int]) -> int:
    """Return the row next to the middle that is free, or at least not taken by an edge.

    Of two that are as near, the neuron's own edge's row makes the straighter line.
    """
    near = [y for y in node.inside if abs(y - node.middle) <= _FAR]
    near.sort(key=lambda y: (abs(y - node.middle), y not in own))
    near += [y for y in (node.y, node.y + node.height - 1) if y not in near]
    for busy in (taken | biases, taken):
        for y in near:
            if y not in busy:
                return y
    return node.middle
