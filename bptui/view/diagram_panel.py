"""The network diagram: neurons as boxes with their numbers, edges between them with their weights.

A positive weight's line is whole, a negative one's broken; the selected neuron or edge is drawn
heavy. Where a line meets a trunk that is not its own it passes behind it. A network too large to
be drawn whole is listed instead, see `outline`.
"""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from bptui.engine.network import Network
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.moment import Phase
from bptui.story.notation import Naming, naming
from bptui.view.canvas import Canvas
from bptui.view.diagram_layout import IN_BOX, Box, Edge, Plan, in_box, least_height, make_plan
from bptui.view.diagram_lists import outline
from bptui.view.finding import cell_of, mark_of
from bptui.view.numbers import marked, show
from bptui.view.rows import Row, Span, around, clip, pad, plain

MAX_FAN_IN = 9
MAX_SCREENS = 3
"""How many panels high a drawing may be before it becomes a list."""

_LIGHT, _HEAVY = tuple("╭╮╰╯─│"), tuple("┏┓┗┛━┃")


class _Look(Struct, frozen=True):
    """All that a drawing depends on besides its plan, but for the numbers in it."""

    selected: str
    lit: frozenset[str]
    phase: Phase | None
    negative: frozenset[str]
    """The parameters below 0."""

    @property
    def flow(self) -> str:
        return f"edge {self.phase.label}" if self.phase is not None else "edge"

    def edge(self, name: str) -> tuple[str, str]:
        """Return what an edge's line is made of, and its role."""
        if name == self.selected:
            return "╍" if name in self.negative else "━", "chosen"
        line = "╌" if name in self.negative else "─"
        return line, "edge linked" if name in self.lit else "edge"


def diagram(session: Session, width: int, height: int) -> tuple[list[Row], str]:
    network, names = session.setup.network, naming(session.setup)
    plan = _best_plan(network, names, session.digits, width, height)
    if plan is None:
        return outline(session, width, height)
    weights = [(edge, session.value(edge.quantity)) for edge in plan.edges.values()]
    negative = frozenset(edge.parameter.name for edge, value in weights if (value or 0.0) < 0)
    look = _Look(session.selected, session.lit, session.moment.phase, negative)
    canvas = _without_numbers(network, names, plan, look).copy()
    for edge, value in weights:
        _put_weight(canvas, session, plan, look, edge, value)
    for name, box in plan.boxes.items():
        _put_numbers(canvas, session, plan, name, box)
    x, y = _center(session, plan)
    left = around(x, plan.width, width) if plan.width > width else 0
    top = around(y, plan.height, height)
    margin = Span(" " * max(0, (width - plan.width) // 2))
    rows = [(margin, *row) for row in canvas.rows(left, top, width - len(margin.text), height)]
    hidden = plan.height > height or plan.width > width
    return rows, "partial view, ↑↓ scrolls" if hidden else ""


def needed_height(session: Session) -> int:
    return least_height(session.setup.network)


@lru_cache(maxsize=64)
def _best_plan(network: Network, names: Naming, asked: int, width: int, height: int) -> Plan | None:
    """Return the drawing with the most decimals that fits, or None for a list."""
    fan_in = max(len(network.incoming(name)) for layer in network.layers for name in layer.neurons)
    if fan_in > MAX_FAN_IN:
        return None
    choices = ((asked, 2), (asked, 1)) if asked else ((9, 2), (6, 2), (6, 1), (4, 2), (4, 1))
    for digits, step in choices:
        plan = make_plan(network, names, digits, height, step)
        if plan.width <= width:
            break
    return plan if plan.height <= MAX_SCREENS * height else None


def _center(session: Session, plan: Plan) -> tuple[int, int]:
    """Return the place on the canvas that must be in view: the middle of what is selected."""
    if session.selected in plan.boxes:
        box = plan.boxes[session.selected]
        return box.x + box.width // 2, box.middle
    target = session.setup.network.parameter(session.selected).targets[0]
    return plan.boxes[target].x, plan.edges[session.selected, target].y


# numbers, which change with every step


def _put_weight(
    canvas: Canvas, session: Session, plan: Plan, look: _Look, edge: Edge, value: float | None
) -> None:
    name, y = edge.parameter.name, edge.y
    line, role = look.edge(name)
    x = edge.gap.label_x(plan.digits) + edge.gap.name_width
    new = session.new(edge.quantity)
    text, text_role = marked(value, plan.digits, new=new)
    number = text.rstrip()
    mark, mark_role = mark_of(session.printed(edge.quantity, session.moment))
    first = (number[:1], text_role) if mark == " " else (mark, mark_role)
    canvas.put(x, y, *first, name)
    canvas.put(x + 1, y, number[1:], "edge selected" if name == look.selected else text_role, name)
    begin, end = x + len(number), edge.gap.x + edge.gap.width
    canvas.put(begin, y, line * (end - begin), role, name)
    if look.phase is Phase.FORWARD:  # the way the signal goes: towards the target
        canvas.put(end - 1, y, "▶", look.flow, name)


def _put_numbers(canvas: Canvas, session: Session, plan: Plan, name: str, box: Box) -> None:
    network, names = session.setup.network, naming(session.setup)
    x = box.x + 1 + plan.label_widths[network.places[name][0]]
    lines = _box_lines(network, names, name, session.shown_sample)
    for y, (_, quantity) in enumerate(lines, box.y + 1):
        value, new = session.value(quantity), session.new(quantity)
        canvas.put_row(x, y, cell_of(session, quantity, value, plan.digits, new=new))
    if name in network.outputs and session.setup.has_targets:
        _put_target(canvas, session, box, name)


@lru_cache(maxsize=1024)
def _box_lines(
    network: Network, names: Naming, name: str, sample: int
) -> tuple[tuple[str, Quantity], ...]:
    """Return the lines in a neuron's box: a word, and the quantity whose number stands by it."""
    if name in network.inputs:
        return (("", Quantity(Kind.INPUT, neuron=name, sample=sample)),)
    return tuple(
        (in_box(names, kind, name), Quantity(kind, neuron=name, sample=sample)) for kind in IN_BOX
    )


def _put_target(canvas: Canvas, session: Session, box: Box, name: str) -> None:
    quantity = Quantity(Kind.TARGET, neuron=name, sample=session.shown_sample)
    number = show(session.value(quantity), 6)
    word = in_box(naming(session.setup), Kind.TARGET, name)
    words = (f" {word} {number} ", f"{word} {number}", f" t {number} ")
    text = next((word for word in words if len(word) <= box.width - 2), words[-1])
    canvas.put(box.x + 1, box.y + box.height - 1, text, "target", str(quantity))


# the drawing that they are put on, which changes with the phase and with what is selected


@lru_cache(maxsize=8)
def _without_numbers(network: Network, names: Naming, plan: Plan, look: _Look) -> Canvas:
    """Draw the edges, then the trunks over them, then the boxes and the words in them."""
    canvas = Canvas(plan.width, plan.height)
    for edge in plan.edges.values():
        _draw_edge(canvas, network, plan, look, edge)
    for layer in network.neurons[:-1]:
        for source in sorted(layer, key=lambda name: _is_linked_source(network, look, name)):
            _draw_trunk(canvas, network, plan, look, source)
    for name, box in plan.boxes.items():
        _draw_box(canvas, look, name, box)
        labels = plan.label_widths[network.places[name][0]]
        for y, (label, _) in enumerate(_box_lines(network, names, name, 0), box.y + 1):
            canvas.put(box.x + 1, y, pad(label, labels), "label", name)
    return canvas


def _draw_box(canvas: Canvas, look: _Look, name: str, box: Box) -> None:
    chosen = name == look.selected
    tl, tr, bl, br, across, up = _HEAVY if chosen else _LIGHT
    role = "chosen" if chosen else "box linked" if name in look.lit else "box"
    inner = box.width - 2
    title = f" {clip(plain(name), inner - 2)} "
    canvas.put(box.x, box.y, tl + across * inner + tr, role, name)
    canvas.put(box.x + 1, box.y, title, "neuron selected" if chosen else "neuron", name)
    for y in range(box.y + 1, box.y + box.height - 1):
        canvas.put(box.x, y, up + " " * inner + up, role, name)
    canvas.put(box.x, box.y + box.height - 1, bl + across * inner + br, role, name)


def _draw_edge(canvas: Canvas, network: Network, plan: Plan, look: _Look, edge: Edge) -> None:
    parameter, gap, y = edge.parameter, edge.gap, edge.y
    name, x = parameter.name, gap.label_x(plan.digits)
    line, role = look.edge(name)
    if parameter.source is not None:
        start = gap.trunk_x(network.places[parameter.source][1]) + 1
        canvas.put(start, y, line * (x - start), role, name)
    label = pad(plain(name), gap.name_width)
    canvas.put(x, y, label, "edge selected" if name == look.selected else "weight", name)
    if look.phase is Phase.BACKWARD:  # the way the error goes: back to the source
        canvas.put(x - 1, y, "◀", look.flow, name)


def _is_linked_source(network: Network, look: _Look, source: str) -> bool:
    return any(edge.name in look.lit for edge in network.outgoing(source))


def _draw_trunk(canvas: Canvas, network: Network, plan: Plan, look: _Look, source: str) -> None:
    """Draw a neuron's trunk: from its box to the column, up and down, a branch at every edge."""
    edges = network.outgoing(source)
    if not edges:
        return
    place, index = network.places[source]
    box, x = plan.boxes[source], plan.gaps[place].trunk_x(index)
    ys, start = {plan.edges[edge.name, edge.targets[0]].y for edge in edges}, box.port
    top, bottom = min(*ys, start), max(*ys, start)
    role = "edge linked" if _is_linked_source(network, look, source) else "edge"
    for column in range(box.x + box.width, x):
        if canvas.char(column, start) in " ─╌━╍":
            canvas.put(column, start, "─", role, source)
    for y in range(top, bottom + 1):
        canvas.put(x, y, _JOINTS[y > top, y < bottom, y == start, y in ys], role, source)


_JOINTS = {
    # (up, down, from the box, to an edge)
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
"""What a trunk looks like at a row, by what it is joined to there."""
