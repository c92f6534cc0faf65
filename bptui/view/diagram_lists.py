"""A network too large to be drawn whole: layers as lists, and the edges of what is selected.

A layer that does not fit is sorted by |delta| once that is known; a square number of inputs is
shown as a picture.
"""

from __future__ import annotations

import math
from functools import lru_cache

from bptui.engine.network import Network, Parameter
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.moment import Phase
from bptui.story.notation import naming
from bptui.view.canvas import Canvas
from bptui.view.diagram_picture import picture, picture_side
from bptui.view.diagram_plan import in_box
from bptui.view.finding import cell_of
from bptui.view.numbers import marked, number_width
from bptui.view.rows import Row, around, cells, clip, pad, plain, widest

_DIGITS = 4
_HEADER = 1
_NO_EDGES = 2
"""The columns between two layers without an edge between them."""
_BARS = (12, 8, 4, 0)
"""The widths that a bar may have; the first that leaves room for all layers is taken."""


def outline(session: Session, width: int, height: int) -> tuple[list[Row], str]:
    """Return the layers as columns of neurons, and what to say of it in the panel's title.

    Between the columns stand the weights of the selected neuron, or the selected weight alone. A
    neuron has its output beside it, and from the backward phase on its delta, as a bar, too.
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
        self.rows = max(1, height - _HEADER)
        self.side = picture_side(self.network, width // 2, self.rows)
        self.label_width, self.gap_width = _widths(self.network)
        self.ends = self._linked()
        self.bias = session.selected not in self.network.places and len(self.ends) == 1
        self.phase = session.moment.phase
        self.deltas = self.phase in (Phase.BACKWARD, Phase.UPDATE)
        for self.bar in _BARS:
            self.lefts = self._columns()
            if len(self.lefts) == len(self.network.neurons):
                break
        self.shown = {place: self._in_view(place) for place in self.lefts}

    def draw(self) -> tuple[list[Row], str]:
        for place, x in self.lefts.items():
            self._draw_layer(place, x)
            if place + 1 in self.lefts and self._gap_width(place) > _NO_EDGES:
                self._draw_edges(place, x)
        return self.canvas.rows(0, 0, self.width, self.height), self._note()

    def _linked(self) -> dict[int, int]:
        places, selected = self.network.places, self.session.selected
        if selected in places:
            return dict([places[selected]])
        parameter = self.network.parameter(selected)
        names = (*parameter.targets[:1], *([parameter.source] if parameter.source else []))
        return dict(places[name] for name in names)

    def _column_width(self, place: int) -> int:
        if place == 0:
            return self.side or self.label_width
        return self.label_width + (self.bar and self.bar + 1)

    def _columns(self) -> dict[int, int]:
        """Return where each layer in view begins: that of the selection, and all that fit by it."""
        layers, chosen = range(len(self.network.neurons)), max(self.ends)
        shown = [chosen]
        for place in (*reversed(layers[:chosen]), *layers[chosen + 1 :]):
            wanted = sorted((*shown, place))
            beside = place in (shown[0] - 1, shown[-1] + 1)
            if beside and self._width_of(wanted) <= self.width:
                shown = wanted
        return {
            place: self._width_of(shown[: k + 1]) - self._column_width(place)
            for k, place in enumerate(shown)
        }

    def _width_of(self, places: list[int]) -> int:
        return sum(map(self._column_width, places)) + sum(map(self._gap_width, places[:-1]))

    def _gap_width(self, place: int) -> int:
        """Return the room between a layer and the next: little if no edge is shown there."""
        begins, ends = place in self.ends, place + 1 in self.ends
        if len(self.ends) > 1:  # a weight
            drawn = begins and ends
        else:  # a neuron, with edges on both sides, but for pixels; or a bias, with none
            drawn = not self.bias and (begins or (ends and not (place == 0 and self.side)))
        return self.gap_width if drawn else _NO_EDGES

    def _in_view(self, place: int) -> tuple[str, ...]:
        """Return the neurons of a layer that are in view, in their order."""
        names, chosen = self._order(place), self.ends.get(place)
        at = 0 if chosen is None else names.index(self.network.neurons[place][chosen])
        top = around(at, len(names), self.rows)
        return names[top : top + self.rows]

    def _order(self, place: int) -> tuple[str, ...]:
        """Return the neurons of a layer, sorted by |delta| if they are many and that is known."""
        names = self.network.neurons[place]
        sorts = place and self.deltas and len(names) > self.rows
        return tuple(sorted(names, key=self._rank)) if sorts else names

    def _rank(self, name: str) -> float:
        delta = self.session.value(self._quantity(name))
        return -abs(delta) if delta is not None and math.isfinite(delta) else -math.inf

    def _quantity(self, name: str) -> Quantity:
        kind = Kind.DE_DNET if self.deltas else Kind.OUT
        kind = Kind.INPUT if name in self.network.inputs else kind
        return Quantity(kind, neuron=name, sample=self.session.shown_sample)

    def _y(self, name: str) -> int | None:
        place = self.network.places[name][0]
        if (place == 0 and self.side) or name not in self.shown[place]:
            return None
        return self.shown[place].index(name) + _HEADER

    def _draw_layer(self, place: int, x: int) -> None:
        if place == 0 and self.side:
            self._draw_picture(x)
            return
        shown = self.shown[place]
        end = self.lefts.get(place + 1, self.width + 1) - 1
        self.canvas.put(x, 0, self._head(place, end - x), "label")
        largest = max(map(self._size, shown), default=0.0)
        for y, name in enumerate(shown, _HEADER):
            self._draw_neuron(x, y, name)
            if place and self.bar:
                self._draw_bar(x + self.label_width + 1, y, name, largest)

    def _head(self, place: int, room: int) -> str:
        """Return a layer's name, and which of its neurons are in view, in what order."""
        shown, total = self.shown[place], len(self.network.neurons[place])
        title = plain(self.network.layers[place - 1].name if place else "input")
        word = in_box(self.names, Kind.DE_DNET, shown[0]) if place and self.deltas else ""
        what = f" {word}" if word else ""
        forms = [what]
        if len(shown) < total:
            first = self._order(place).index(shown[0]) + 1
            what += f" {first}-{first + len(shown) - 1}"
            forms = [f"{what} of {total}", f"{what}/{total}"]
            forms = [f"{forms[0]} by |{word}|", *forms] if word else forms
        what = next((form for form in forms if cells(title + form) <= room), forms[-1])
        return clip(title, max(1, room - cells(what))) + what

    def _note(self) -> str:
        """Return what is missing: other edges, and layers that there is no room for."""
        selected, layers = self.session.selected, len(self.network.neurons)
        whose = "edges of " if selected in self.network.places else ""
        told = "no edges" if self.bias else f"{whose}{plain(selected)} only"
        notes = [told] if len(self.lefts) > 1 else []
        notes += [f"{len(self.lefts)} of {layers} layers"] if len(self.lefts) < layers else []
        return ", ".join(notes)

    def _draw_picture(self, x: int) -> None:
        selected = self.session.selected
        title = f"input {self.side}x{self.side}"
        self.canvas.put(x, 0, clip(title, self.side), "label")
        for y, row in enumerate(picture(self.session, self.side), _HEADER):
            self.canvas.put_row(x, y, row)
        if selected in self.network.inputs:
            down, across = divmod(self.network.places[selected][1], self.side)
            x, y = x + across, _HEADER + down // 2
            self.canvas.put(x, y, self.canvas.char(x, y), "selected", selected)

    def _size(self, name: str) -> float:
        value = self.session.value(self._quantity(name))
        return abs(value) if value is not None and math.isfinite(value) else 0.0

    def _draw_bar(self, x: int, y: int, name: str, largest: float) -> None:
        quantity, size = self._quantity(name), self._size(name)
        halves = round(2 * self.bar * size / largest) if largest else 0
        role = "falling" if (self.session.value(quantity) or 0.0) < 0 else "rising"
        self.canvas.put(x, y, "█" * (halves // 2) + "▌" * (halves % 2), role, str(quantity))

    def _draw_neuron(self, x: int, y: int, name: str) -> None:
        session, quantity = self.session, self._quantity(name)
        value, new = session.value(quantity), session.new(quantity)
        role = "neuron selected" if name == session.selected else "neuron"
        label = pad(plain(name), self.label_width - 1 - number_width(_DIGITS))
        self.canvas.put(x, y, label, role, name)
        number = cell_of(session, quantity, value, _DIGITS, new=new)
        self.canvas.put_row(x + cells(label), y, number)

    def _draw_edges(self, place: int, x: int) -> None:
        """Draw the weights between a layer in view and the next that belong to the selection."""
        selected = self.session.selected
        left = x + self._column_width(place)
        targets = self.network.neurons[place + 1]
        for parameter in self._shown_edges(selected, targets):
            assert parameter.source is not None
            in_picture = place == 0 and self.side
            at_target = in_picture or parameter.source == selected
            y = self._y(parameter.targets[0] if at_target else parameter.source)
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
