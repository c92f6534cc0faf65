"""Neurons in the diagram: their boxes, the words in these, and the numbers of the moment."""

from __future__ import annotations

from bptui.engine.network import Network
from bptui.session.edited import is_what_if
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.moment import Phase
from bptui.story.notation import Naming, naming
from bptui.view.canvas import Canvas
from bptui.view.diagram_plan import ARRIVAL, ARRIVAL_DIGITS, IN_BOX, Node, Plan, in_box
from bptui.view.finding import WHAT_IF, cell_of
from bptui.view.formula import sign
from bptui.view.numbers import show
from bptui.view.rows import cells, clip, pad, plain

_LIGHT, _HEAVY = tuple("╭╮╰╯─│"), tuple("┏┓┗┛━┃")


def words_of(
    network: Network, names: Naming, name: str, lines: int, phase: Phase | None
) -> list[str]:
    """Return what stands before a neuron's numbers: net, out, delta; nothing before an input."""
    kinds = kinds_of(network, name, lines, phase)
    return ["" if kind is Kind.INPUT else in_box(names, kind, name) for kind in kinds]


def draw_node(
    canvas: Canvas, node: Node, name: str, role: str, words: list[str], width: int
) -> None:
    """Draw a neuron without its numbers, its words padded to a width."""
    chosen = role == "chosen"
    title_role = "neuron selected" if chosen else "neuron"
    if not node.lines:
        canvas.put(node.x, node.y, pad(plain(name), node.width), title_role, name)
        return
    tl, tr, bl, br, across, up = _HEAVY if chosen else _LIGHT
    inner = node.width - 2
    canvas.put(node.x, node.y, tl + across * inner + tr, role, name)
    canvas.put(node.x + 1, node.y, f" {clip(plain(name), inner - 2)} ", title_role, name)
    for y, word in zip(node.inside, words, strict=True):
        canvas.put(node.x, y, up + " " * inner + up, role, name)
        canvas.put(node.x + 1, y, pad(word, width), "label", name)
    canvas.put(node.x, node.y + node.height - 1, bl + across * inner + br, role, name)


def put_numbers(canvas: Canvas, session: Session, plan: Plan, name: str, node: Node) -> None:
    network, sample = session.setup.network, session.shown_sample
    place = network.places[name][0]
    x = node.x + 1 + plan.words[place] if node.lines else node.right - plan.form.number
    kinds = kinds_of(network, name, node.lines, session.moment.phase)
    for y, kind in zip(node.inside, kinds, strict=True):
        quantity = Quantity(kind, neuron=name, sample=sample)
        value, new = session.value(quantity), session.new(quantity)
        canvas.put_row(x, y, cell_of(session, quantity, value, plan.form.digits, new=new))
    if name in network.outputs and node.lines and session.setup.has_targets:
        _put_target(canvas, session, node, name)


def kinds_of(network: Network, name: str, lines: int, phase: Phase | None) -> tuple[Kind, ...]:
    """Return the quantities that a neuron shows in so many lines."""
    if name in network.inputs:
        return (Kind.INPUT,)
    if lines > 1:
        return IN_BOX[-lines:]
    return (Kind.DE_DNET if phase in (Phase.BACKWARD, Phase.UPDATE) else Kind.OUT,)


def _put_target(canvas: Canvas, session: Session, node: Node, name: str) -> None:
    quantity = Quantity(Kind.TARGET, neuron=name, sample=session.shown_sample)
    what_if = is_what_if(session, quantity, session.moment)
    number = WHAT_IF * what_if + show(session.value(quantity), 6)
    word = in_box(naming(session.setup), Kind.TARGET, name)
    words = (f" {word} {number} ", f"{word} {number}", f" t {number} ")
    text = next((word for word in words if len(word) <= node.width - 2), words[-1])
    role = "callout" if what_if else "target"
    canvas.put(node.x + 1, node.y + node.height - 1, text, role, str(quantity))


def put_sum(canvas: Canvas, session: Session, plan: Plan, name: str, node: Node) -> None:
    """Put below a box what all that comes back to it adds up to, where there is room."""
    y, network = node.y + node.height, session.setup.network
    quantity = Quantity(Kind.DE_DOUT, neuron=name, sample=session.shown_sample)
    if not node.lines or y >= node.clear or len(network.outgoing(name)) < 2:
        return
    if name in network.inputs:
        return
    if session.is_new(quantity):
        number = show(session.value(quantity), ARRIVAL_DIGITS)
        words = (f"Σ {number} = {sign(quantity, naming(session.setup))}", f"Σ {number}")
        room = node.width + (ARRIVAL if plan.form.arrivals else 0)
        text = next((word for word in words if cells(word) <= room), "")
        canvas.put(node.x + 1, y, text, "edge backward", str(quantity))
