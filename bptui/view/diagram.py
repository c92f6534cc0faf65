"""The network diagram: neurons as boxes with their numbers, edges between them with their weights.

A positive weight's line is whole, a negative one's broken; the selected neuron or edge is drawn
heavy. Where a line meets a trunk that is not its own it passes behind it. A network too large to
be drawn whole is listed instead, see `outline`.
"""

from __future__ import annotations

from bptui.engine.network import Parameter
from bptui.story.address import Kind, Quantity
from bptui.story.moment import Phase
from bptui.story.session import Session
from bptui.view.canvas import Canvas
from bptui.view.numbers import NEW, cell, show, sign_role
from bptui.view.outline import outline
from bptui.view.plan import Box, Plan, make_plan
from bptui.view.text import Row, Span, clip, pad, plain, window
from bptui.view.words import short_net, short_out

MAX_FAN_IN = 9
MAX_SCREENS = 3
"""How many panels high a drawing may be before it becomes a list."""

DELTA = "δ"
_LIGHT, _HEAVY = tuple("╭╮╰╯─│"), tuple("┏┓┗┛━┃")


def diagram(session: Session, width: int, height: int) -> tuple[list[Row], str]:
    """Return the diagram in a panel's size, and what is to be said of it in the panel's title."""
    plan = _best_plan(session, width, height)
    if plan is None:
        return outline(session, width, height)
    canvas = Canvas(plan.width, plan.height)
    for place in range(len(plan.gaps)):
        _draw_gap(canvas, session, plan, place)
    for name, box in plan.boxes.items():
        _draw_box(canvas, session, plan, name, box)
    x, y = _center(session, plan)
    left = window(x - width // 2, x, plan.width, width) if plan.width > width else 0
    top = window(y - height // 2, y, plan.height, height)
    margin = Span(" " * max(0, (width - plan.width) // 2))
    rows = [(margin, *row) for row in canvas.rows(left, top, width - len(margin.text), height)]
    hidden = plan.height > height or plan.width > width
    return rows, f"scrolls: {plan.width}x{plan.height}" if hidden else ""


def needed_height(session: Session) -> int:
    """Return how many rows the drawing takes at least."""
    network = session.problem.network
    return make_plan(network, session.problem.preset.notation, 4, 0, 1).height


def _best_plan(session: Session, width: int, height: int) -> Plan | None:
    """Return the drawing with the most decimals that fits, or None for a list."""
    network = session.problem.network
    fan_in = max(len(network.incoming(name)) for layer in network.layers for name in layer.neurons)
    if fan_in > MAX_FAN_IN:
        return None
    asked = session.digits
    choices = ((asked, 2), (asked, 1)) if asked else ((9, 2), (6, 2), (6, 1), (4, 2), (4, 1))
    for digits, step in choices:
        plan = make_plan(network, session.problem.preset.notation, digits, height, step)
        if plan.width <= width:
            break
    return plan if plan.height <= MAX_SCREENS * height else None


def _center(session: Session, plan: Plan) -> tuple[int, int]:
    """Return the place on the canvas that must be in view: the middle of what is selected."""
    network = session.problem.network
    if session.selected in plan.boxes:
        box = plan.boxes[session.selected]
        return box.x + box.width // 2, box.middle
    parameter = network.parameter(session.selected)
    target = parameter.targets[0]
    return plan.boxes[target].x, plan.edge_y(network, parameter, target)


def _draw_box(canvas: Canvas, session: Session, plan: Plan, name: str, box: Box) -> None:
    chosen = name == session.selected
    tl, tr, bl, br, across, up = _HEAVY if chosen else _LIGHT
    role = "chosen" if chosen else "box linked" if name in session.lit else "box"
    inner = box.width - 2
    title = f" {clip(plain(name), inner - 2)} "
    canvas.put(box.x, box.y, tl + across * inner + tr, role, name)
    canvas.put(box.x + 1, box.y, title, "neuron selected" if chosen else "neuron", name)
    for y in range(box.y + 1, box.y + box.height - 1):
        canvas.put(box.x, y, up + " " * inner + up, role, name)
    canvas.put(box.x, box.y + box.height - 1, bl + across * inner + br, role, name)
    labels = plan.label_widths[session.problem.network.places[name][0]]
    for row, (label, quantity) in enumerate(_box_lines(session, name), 1):
        canvas.put(box.x + 1, box.y + row, pad(label, labels), "label", name)
        _put_number(canvas, session, box.x + 1 + labels, box.y + row, quantity, plan.digits)
    if name in session.problem.network.outputs:
        _put_target(canvas, session, box, name)


def _box_lines(session: Session, name: str) -> list[tuple[str, Quantity]]:
    notation, sample = session.problem.preset.notation, session.shown_sample
    if name in session.problem.network.inputs:
        return [("", Quantity(Kind.INPUT, neuron=name, sample=sample))]
    return [
        (short_net(notation, name), Quantity(Kind.NET, neuron=name, sample=sample)),
        (short_out(notation, name), Quantity(Kind.OUT, neuron=name, sample=sample)),
        (DELTA, Quantity(Kind.DE_DNET, neuron=name, sample=sample)),
    ]


def _put_number(
    canvas: Canvas, session: Session, x: int, y: int, quantity: Quantity, digits: int
) -> None:
    """Write a mark if the number is new, and the number."""
    value, new = session.value(quantity), session.is_new(quantity)
    role = sign_role(value) + (" new" if new else "")
    canvas.put(x, y, NEW if new else " ", "mark", str(quantity))
    canvas.put(x + 1, y, cell(value, digits), role, str(quantity))


def _put_target(canvas: Canvas, session: Session, box: Box, name: str) -> None:
    quantity = Quantity(Kind.TARGET, neuron=name, sample=session.shown_sample)
    number = show(session.value(quantity), 6)
    fits = len(f" target {number} ") <= box.width - 2
    text = f" target {number} " if fits else f" t {number} "
    canvas.put(box.x + 1, box.y + box.height - 1, text, "target", str(quantity))


def _draw_gap(canvas: Canvas, session: Session, plan: Plan, place: int) -> None:
    """Draw the edges between two layers: whole rows first, then trunks over them."""
    network = session.problem.network
    for target in network.neurons[place + 1]:
        for parameter in network.incoming(target):
            _draw_edge(canvas, session, plan, place, parameter, target)
    order = sorted(network.neurons[place], key=lambda n: _is_linked_source(session, n))
    for source in order:
        _draw_trunk(canvas, session, plan, place, source)


def _draw_edge(
    canvas: Canvas, session: Session, plan: Plan, place: int, parameter: Parameter, target: str
) -> None:
    network, gap = session.problem.network, plan.gaps[place]
    quantity = Quantity(Kind.PARAMETER, parameter=parameter.name)
    value = session.value(quantity)
    chosen = parameter.name == session.selected
    role = "chosen" if chosen else _edge_role(session, parameter)
    y, x = plan.edge_y(network, parameter, target), gap.label_x(plan.digits)
    line = _line(value, chosen)
    if parameter.source is not None:
        start = gap.trunk_x(network.places[parameter.source][1]) + 1
        canvas.put(start, y, line * (x - start), role, parameter.name)
    end = gap.x + gap.width
    name = pad(plain(parameter.name), gap.name_width)
    number = cell(value, plan.digits).rstrip()
    new = session.is_new(quantity)
    text_role = "edge selected" if chosen else sign_role(value) + (" new" if new else "")
    canvas.put(x, y, name, "edge selected" if chosen else "weight", parameter.name)
    canvas.put(x + gap.name_width, y, NEW if new else " ", "mark", parameter.name)
    canvas.put(x + gap.name_width + 1, y, number, text_role, parameter.name)
    begin = x + gap.name_width + 1 + len(number)
    canvas.put(begin, y, line * (end - begin), role, parameter.name)
    _draw_arrow(canvas, session, parameter, (x - 1, end - 1, y), role)


def _draw_arrow(
    canvas: Canvas,
    session: Session,
    parameter: Parameter,
    place: tuple[int, int, int],
    role: str,
) -> None:
    """Show which way the signal goes: towards the target, or back to the source."""
    before, after, y = place
    match session.moment.phase:
        case Phase.FORWARD:
            canvas.put(after, y, "▶", role, parameter.name)
        case Phase.BACKWARD:
            canvas.put(before, y, "◀", role, parameter.name)


def _line(value: float | None, chosen: bool) -> str:
    if value is not None and value < 0:
        return "╍" if chosen else "╌"
    return "━" if chosen else "─"


def _edge_role(session: Session, parameter: Parameter) -> str:
    phase = session.moment.phase
    role = f"edge {phase.label}" if phase is not None else "edge"
    return f"{role} linked" if parameter.name in session.lit else role


def _is_linked_source(session: Session, source: str) -> bool:
    """Whether the open card uses an edge from a neuron."""
    return any(p.name in session.lit for p in session.problem.network.outgoing(source))


def _draw_trunk(canvas: Canvas, session: Session, plan: Plan, place: int, source: str) -> None:
    """Draw a neuron's trunk: from its box to the column, up and down, a branch at every edge."""
    network, gap = session.problem.network, plan.gaps[place]
    edges = network.outgoing(source)
    if not edges:
        return
    box = plan.boxes[source]
    ys = [plan.edge_y(network, edge, edge.targets[0]) for edge in edges]
    x, start = gap.trunk_x(network.places[source][1]), box.port
    phase = session.moment.phase
    role = "edge" + (f" {phase.label}" if phase is not None else "")
    role += " linked" if _is_linked_source(session, source) else ""
    for column in range(box.x + box.width, x):
        if canvas.char(column, start) in " ─╌━╍":
            canvas.put(column, start, "─", role, source)
    for y in range(min(*ys, start), max(*ys, start) + 1):
        sides = (y > min(*ys, start), y < max(*ys, start), y == start, y in ys)
        canvas.put(x, y, _JOINTS[sides], role, source)


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
