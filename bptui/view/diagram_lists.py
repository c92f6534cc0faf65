"""A network too large to be drawn whole: layers as lists, and the edges of what is selected."""

from __future__ import annotations

from functools import lru_cache

from bptui.engine.network import Network, Parameter
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.moment import Phase
from bptui.story.notation import naming
from bptui.view.canvas import Canvas
from bptui.view.diagram_layout import in_box
from bptui.view.finding import cell_of
from bptui.view.numbers import marked, number_width
from bptui.view.rows import Row, around, cells, clip, pad, plain, widest

_DIGITS = 4
_HEADER = 1


def outline(session: Session, width: int, height: int) -> tuple[list[Row], str]:
    """Return the layers as columns of neurons, and what to say of it in the panel's title.

    Between the columns stand the weights of the selected neuron, or the selected weight alone. A
    neuron has its output beside it, and from the backward phase on its delta.
    """
    return _Outline(session, width, height).draw()


@lru_cache(maxsize=8)
def _widths(network: Network) -> tuple[int, int]:
    """Return the widths of a column of neurons and of the gap between two, with its weights."""
    number = number_width(_DIGITS)
    neurons, weights = min(widest(network.places), 10), min(widest(network.slots), 12)
    return neurons + 1 + number, weights + number + 5


class _Outline:
    def __init__(self, session: Session, width: int, height: int) -> None:
        self.session, self.width, self.height = session, width, height
        self.network, self.names = session.setup.network, naming(session.setup)
        self.canvas = Canvas(width, height)
        self.column_width, self.gap_width = _widths(self.network)
        self.ends = self._linked()
        self.phase = session.moment.phase
        self.deltas = self.phase in (Phase.BACKWARD, Phase.UPDATE)
        self.rows = max(1, height - _HEADER)
        self.first, self.lefts = self._columns()

    def draw(self) -> tuple[list[Row], str]:
        for place, x in self.lefts.items():
            self._draw_layer(place, x)
            if place + 1 in self.lefts:
                self._draw_edges(place, x)
        return self.canvas.rows(0, 0, self.width, self.height), (
            f"edges of {plain(self.session.selected)} only"
        )

    def _linked(self) -> dict[int, int]:
        places, selected = self.network.places, self.session.selected
        if selected in places:
            return dict([places[selected]])
        parameter = self.network.parameter(selected)
        names = (*parameter.targets[:1], *([parameter.source] if parameter.source else []))
        return dict(places[name] for name in names)

    def _columns(self) -> tuple[int, dict[int, int]]:
        layers = self.network.neurons
        step = self.column_width + self.gap_width
        room = max(1, (self.width + self.gap_width) // step)
        chosen = max(self.ends)
        first = around(chosen, len(layers), room)
        return first, {
            place: (place - first) * step for place in range(first, min(first + room, len(layers)))
        }

    def _top(self, place: int) -> int:
        total = len(self.network.neurons[place])
        chosen = self.ends.get(place, 0)
        return around(chosen, total, self.rows)

    def _y(self, name: str) -> int | None:
        place, index = self.network.places[name]
        y = index - self._top(place) + _HEADER
        return y if _HEADER <= y < self.height else None

    def _draw_layer(self, place: int, x: int) -> None:
        names = self.network.neurons[place]
        top = self._top(place)
        shown = names[top : top + self.rows]
        span = f" {top + 1}-{top + len(shown)} of {len(names)}" if len(shown) < len(names) else ""
        title = self.network.layers[place - 1].name if place else "input"
        what = f" {in_box(self.names, Kind.DE_DNET, names[0])}" if place and self.deltas else ""
        room = min(self.column_width + 8, self.width - x) - cells(what + span)
        self.canvas.put(x, 0, clip(plain(title), max(1, room)) + what + span, "label")
        for y, name in enumerate(shown, _HEADER):
            self._draw_neuron(x, y, name)

    def _draw_neuron(self, x: int, y: int, name: str) -> None:
        session = self.session
        kind = Kind.DE_DNET if self.deltas else Kind.OUT
        kind = Kind.INPUT if name in self.network.inputs else kind
        quantity = Quantity(kind, neuron=name, sample=session.shown_sample)
        value, new = session.value(quantity), session.new(quantity)
        role = "neuron selected" if name == session.selected else "neuron"
        label = pad(plain(name), self.column_width - 1 - number_width(_DIGITS))
        self.canvas.put(x, y, label, role, name)
        number = cell_of(session, quantity, value, _DIGITS, new=new)
        self.canvas.put_row(x + cells(label), y, number)

    def _draw_edges(self, place: int, x: int) -> None:
        """Draw the weights between a layer in view and the next that belong to the selection."""
        selected = self.session.selected
        left = x + self.column_width
        targets = self.network.neurons[place + 1]
        for parameter in self._shown_edges(selected, targets):
            assert parameter.source is not None
            source_y, target_y = self._y(parameter.source), self._y(parameter.targets[0])
            y = target_y if parameter.source == selected else source_y
            if y is not None:
                self._draw_edge(parameter, left, y)

    def _shown_edges(self, selected: str, targets: tuple[str, ...]) -> list[Parameter]:
        if selected not in self.network.places:
            edges = [self.network.parameter(selected)]
        else:
            edges = [*self.network.incoming(selected), *self.network.outgoing(selected)]
        return [p for p in edges if p.source is not None and p.targets[0] in targets]

    def _draw_edge(self, parameter: Parameter, left: int, y: int) -> None:
        session = self.session
        quantity = Quantity(Kind.PARAMETER, parameter=parameter.name)
        chosen = parameter.name == session.selected
        number, role = marked(session.value(quantity), _DIGITS, new=session.new(quantity))
        role = "edge selected" if chosen else role
        name_width = self.gap_width - number_width(_DIGITS) - 5
        self.canvas.put(left, y, " ─", "edge linked", parameter.name)
        if self.phase is Phase.BACKWARD:
            self.canvas.put(left + 1, y, "◀", "edge backward", parameter.name)
        label = pad(plain(parameter.name), name_width)
        self.canvas.put(left + 2, y, label, "edge selected" if chosen else "weight", parameter.name)
        self.canvas.put(left + 2 + name_width, y, number, role, parameter.name)
        self.canvas.put(left + self.gap_width - 2, y, "─", "edge linked", parameter.name)
        if self.phase is Phase.FORWARD:
            self.canvas.put(left + self.gap_width - 2, y, "▶", "edge forward", parameter.name)
