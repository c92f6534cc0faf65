"""The network as people draw it: lines from neuron to neuron, with weights, and numbers in boxes.

A positive weight's line is whole, a negative one's broken; the heavier the weight the brighter. The
selected neuron or edge is drawn heavy. What does not change with every step is drawn once for each
plan and look.
"""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from bptui.engine.network import Network
from bptui.session.session import Session
from bptui.story.moment import Phase
from bptui.story.notation import Naming, naming
from bptui.view.canvas import Canvas
from bptui.view.diagram_boxes import draw_node, put_numbers, put_sum, words_of
from bptui.view.diagram_flow import Flow, Key, arriving, flow_of
from bptui.view.diagram_plan import ARRIVAL, ARRIVAL_DIGITS, Edge, Node, Plan
from bptui.view.diagram_raster import ACROSS, DOWN, LEVEL, Line, Point, draw_lines
from bptui.view.diagram_routes import JOINTS, draw_routes, ports
from bptui.view.finding import cell_of
from bptui.view.numbers import show
from bptui.view.rows import clip, pad, plain, row_cells

_STRENGTHS = ((2 / 3, "edge_strong"), (1 / 3, "edge"), (0.0, "edge_faint"))
"""From which part of the heaviest weight on an edge looks so."""


class _Look(Struct, frozen=True):
    """All that a drawing depends on besides its plan, but for the numbers in it."""

    selected: str
    linked: frozenset[str]
    """The neurons and parameters that the open card uses."""
    flow: Flow
    negative: frozenset[str]
    """The parameters below 0."""
    strengths: tuple[str, ...]
    """The role of each edge, by the weight on it, in the plan's order."""
    braille: bool

    def line(self, edge: Edge, strength: str) -> tuple[int, str]:
        """Return how far in front an edge's line stands, and its role."""
        name = edge.parameter.name
        if name == self.selected:
            return 4, "chosen"
        if (name, edge.target) in self.flow.used and not self.flow.coarse:
            return 3, self.flow.role
        return (2, "edge linked") if name in self.linked else (1, strength)


def draw_network(session: Session, plan: Plan) -> Canvas:
    network, names = session.setup.network, naming(session.setup)
    weights = {key: session.value(edge.quantity) for key, edge in plan.edges.items()}
    look = _look(session, plan, weights)
    canvas = _without_numbers(network, names, plan, look).copy()
    for key, edge in plan.edges.items():
        label_end = _put_weight(canvas, session, plan, look, edge, weights[key])
        _put_arrow(canvas, session, plan, look, edge, label_end)
    for name, node in plan.nodes.items():
        put_numbers(canvas, session, plan, name, node)
        if look.flow.phase is Phase.BACKWARD and (not look.flow.coarse or name == look.selected):
            put_sum(canvas, session, plan, name, node)
    return canvas


def _look(session: Session, plan: Plan, weights: dict[Key, float | None]) -> _Look:
    heaviest = max((abs(value or 0.0) for value in weights.values()), default=0.0) or 1.0
    parts = (abs(value or 0.0) / heaviest for value in weights.values())
    return _Look(
        session.selected,
        session.lit,
        flow_of(session, arrivals=plan.form.arrivals),
        frozenset(name for (name, _), value in weights.items() if (value or 0.0) < 0),
        tuple(
            [next((role for least, role in _STRENGTHS if part >= least), "edge") for part in parts]
        ),
        session.braille,
    )


# numbers, which change with every step


def _label_x(plan: Plan, look: _Look, edge: Edge) -> int:
    """Return where an edge's label begins: further back where something arrives behind it."""
    moved = plan.form.arrivals and not edge.gap.tail and edge.target in look.flow.making_room
    return edge.gap.label_x - ARRIVAL * moved


def _put_weight(
    canvas: Canvas, session: Session, plan: Plan, look: _Look, edge: Edge, value: float | None
) -> int:
    """Put a weight behind its name; return where it ends."""
    name, x, y = edge.parameter.name, _label_x(plan, look, edge) + edge.gap.name_width, edge.y
    if not plan.form.edge_digits:
        return x
    new = session.new(edge.quantity)
    *mark, number = cell_of(session, edge.quantity, value, plan.form.edge_digits, new=new)
    number = number._replace(text=number.text.rstrip())
    if name == look.selected:
        number = number._replace(role="edge selected")
    canvas.put_row(x, y, (*mark, number))
    return x + row_cells((*mark, number))


def _put_arrow(
    canvas: Canvas, session: Session, plan: Plan, look: _Look, edge: Edge, label_end: int
) -> None:
    """Put what arrives where it does: at the target going forward, at the source going back."""
    flow, gap, name = look.flow, edge.gap, edge.parameter.name
    key = name, edge.target
    if key not in flow.used or flow.phase is None:
        return
    back, told = flow.phase is Phase.BACKWARD, key in flow.told
    found = arriving(session, edge.parameter, edge.target) if back or told else None
    if back:
        y = _back_row(session, plan, look, edge, told=told)
        if found and y is not None:
            number = show(found[1], ARRIVAL_DIGITS) if told else ""
            canvas.put(gap.x, y, f"◀{number}", flow.role, found[0] if told else name)
        return
    head = "▶" if flow.phase is Phase.FORWARD else ""
    room = gap.end - label_end - len(head)
    number = _number_in(room - 1, found[1], flow.phase) if found else ""
    text = (f" {number}" if number else "") + head
    if text and room >= 0:
        canvas.put(gap.end - len(text), edge.y, text, flow.role, found[0] if found else name)


def _number_in(width: int, value: float, phase: Phase) -> str:
    """Return a number that arrives with as many decimals as there is room for; a step's with +."""
    plus = "+" if phase is Phase.UPDATE and value >= 0 else ""
    shown = (plus + show(value, digits) for digits in range(ARRIVAL_DIGITS, 0, -1))
    return next((number for number in shown if len(number) <= width), "")


def _back_row(session: Session, plan: Plan, look: _Look, edge: Edge, *, told: bool) -> int | None:
    """Return the row of an arrow back: a number's own, or where the edge's line begins."""
    if told:
        return edge.back
    if look.braille:
        return round(edge.start)
    return ports(session.setup.network, plan).get(edge.parameter.source or "")


# the drawing that they are put on, which changes with what is used and with what is selected


@lru_cache(maxsize=64)
def _without_numbers(network: Network, names: Naming, plan: Plan, look: _Look) -> Canvas:
    """Draw the edges, then the boxes over their ends, then the words."""
    canvas = Canvas(plan.width, plan.height)
    strengths = dict(zip(plan.edges, look.strengths, strict=True))
    if look.braille:
        draw_lines(
            canvas, [_line(plan, look, edge, strengths[key]) for key, edge in plan.edges.items()]
        )
    else:
        draw_routes(canvas, network, plan, lambda edge: _route(look, edge))
    for name, node in plan.nodes.items():
        _draw_turn(canvas, network, plan, look, name, node)
        words = words_of(network, names, name, node.lines, look.flow.phase)
        role = "box linked" if name in look.linked else "box"
        role = "chosen" if name == look.selected else role
        draw_node(canvas, node, name, role, words, plan.words[network.places[name][0]])
    for edge in plan.edges.values() if plan.form.named else ():
        name = edge.parameter.name
        fit = pad if plan.form.edge_digits else clip  # the line goes on right behind a bare name
        label = fit(plain(name), edge.gap.name_width)
        role = "edge selected" if name == look.selected else "weight"
        canvas.put(_label_x(plan, look, edge), edge.y, label, role, name)
    return canvas


def _line(plan: Plan, look: _Look, edge: Edge, strength: str) -> Line:
    gap, name, source = edge.gap, edge.parameter.name, edge.parameter.source
    rank, role = look.line(edge, strength)
    y = edge.y * DOWN + LEVEL
    end = (gap.end + _reach(plan, edge)) * ACROSS - 1, y
    begin: tuple[Point, ...] = ((gap.x * ACROSS, round(edge.start * DOWN) + LEVEL),)
    if source is None:
        begin = ()
    label = (gap.label_x * ACROSS - (source is not None), y) if plan.form.named or source else end
    points = (*begin, label, end)
    return Line(points, name in look.negative, name == look.selected, rank, role, name)


def _reach(plan: Plan, edge: Edge) -> int:
    """Return how much of the turn an edge crosses: all of it, if it leads straight to its box."""
    return edge.gap.turn if edge.y in plan.nodes[edge.target].inside else 0


def _route(look: _Look, edge: Edge) -> tuple[str, str]:
    _, role = look.line(edge, "edge")
    negative = edge.parameter.name in look.negative
    if edge.parameter.name == look.selected:
        return "╍" if negative else "━", role
    return "╌" if negative else "─", role


def _draw_turn(
    canvas: Canvas, network: Network, plan: Plan, look: _Look, name: str, node: Node
) -> None:
    """Gather the edges that arrive above and below a neuron in an upright line before it."""
    edges = [plan.edges[p.name, name] for p in network.incoming(name)]
    if not edges or not edges[0].gap.turn:
        return
    gap, ys, inside = edges[0].gap, [edge.y for edge in edges], node.inside
    top, bottom = min(*ys, inside[0]), max(*ys, inside[-1])
    roles = [look.line(edge, "edge") for edge in edges]
    for y in range(top, bottom + 1):
        if top >= inside[0] and bottom <= inside[-1]:
            canvas.put(gap.end, y, "─" * (y in ys), "edge", name)
            continue
        canvas.put(
            gap.end, y, JOINTS[y > top, y < bottom, y in ys, y in inside], max(roles)[1], name
        )
