"""The network diagram: the form that says most of the whole network in the room that there is."""

from __future__ import annotations

from bptui.session.session import Session
from bptui.story.notation import naming
from bptui.view.canvas import Canvas
from bptui.view.diagram_boxes import words_of
from bptui.view.diagram_fit import best_plan, partial_plan, whole_height
from bptui.view.diagram_lines import draw_network
from bptui.view.diagram_lists import outline
from bptui.view.diagram_matrix import best_grid, draw_grid
from bptui.view.diagram_plan import Plan, Room
from bptui.view.rows import Row, Span, around


def diagram(session: Session, width: int, height: int) -> tuple[list[Row], str]:
    """Return the panel's rows, and what to say in its title."""
    network, names = session.setup.network, naming(session.setup)
    if whole := _whole(session, width, height):
        return whole
    if plan := partial_plan(network, names, session.digits, Room(width, height, session.braille)):
        return _scrolled(session, plan, width, height), "partial view, ↑↓ scrolls"
    return outline(session, width, height)


def small_diagram(session: Session, width: int, height: int) -> list[Row]:
    """Return the whole network in little room, or a list of its neurons."""
    rows, _ = _whole(session, width, height) or outline(session, width, height)
    while rows and not any(span.text.strip() for span in rows[-1]):
        rows.pop()
    return rows


def _whole(session: Session, width: int, height: int) -> tuple[list[Row], str] | None:
    network, names = session.setup.network, naming(session.setup)
    asked, room = session.digits, Room(width, height, session.braille)
    if plan := best_plan(network, names, asked, room):
        return _centred(draw_network(session, plan), width, height), _shown(session, plan)
    if grid := best_grid(network, asked, width, height):
        return _centred(draw_grid(session, grid), width, height), "█ ▓ ▒ ░ · by |w|"
    if plan := best_plan(network, names, asked, room, named=False):
        return _centred(draw_network(session, plan), width, height), "weights in the table"
    return None


def needed_height(session: Session) -> int:
    """Return how many rows the whole network has a use for."""
    return whole_height(session.setup.network)


def _shown(session: Session, plan: Plan) -> str:
    """Return what the numbers beside the neurons are, where no words in their boxes say so."""
    network = session.setup.network
    bare = [n for layer in network.layers for n in layer.neurons if not plan.nodes[n].lines]
    words = [words_of(network, naming(session.setup), n, 0, session.moment.phase) for n in bare[:1]]
    return "".join(word for found in words for word in found)


def _centred(canvas: Canvas, width: int, height: int) -> list[Row]:
    margin = Span(" " * ((width - canvas.width) // 2))
    return [(margin, *row) for row in canvas.rows(0, 0, width - len(margin.text), height)]


def _scrolled(session: Session, plan: Plan, width: int, height: int) -> list[Row]:
    x, y = _center(session, plan)
    left = around(x, plan.width, width) if plan.width > width else 0
    canvas = draw_network(session, plan)
    return canvas.rows(left, around(y, plan.height, height), width, height)


def _center(session: Session, plan: Plan) -> tuple[int, int]:
    """Return the place on the canvas that must be in view: the middle of what is selected."""
    if session.selected in plan.nodes:
        node = plan.nodes[session.selected]
        return node.x + node.width // 2, node.middle
    target = session.setup.network.parameter(session.selected).targets[0]
    return plan.nodes[target].x, plan.edges[session.selected, target].y
