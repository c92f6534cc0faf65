"""The parts of a drawing of the network: neurons, gaps between layers, edges.

Columns of neurons, one a layer; between two columns a gap, which lines cross. Every edge reaches
its neuron on a row of its own, and there its name and value stand: no label can meet another.
"""

from __future__ import annotations

from msgspec import Struct

from bptui.engine.network import Parameter
from bptui.story.address import Kind, Quantity
from bptui.story.notation import Naming
from bptui.view.numbers import number_width
from bptui.view.rows import plain

MAX_NAME = 14
"""Longer names are cut in the diagram; the inspector shows them whole."""
ARRIVAL_DIGITS = 4
ARRIVAL = 1 + number_width(ARRIVAL_DIGITS)
"""The width of what arrives at an edge's end: an arrowhead and a number."""
IN_BOX = (Kind.NET, Kind.OUT, Kind.DE_DNET)


class Room(Struct, frozen=True):
    """What there is to draw with."""

    width: int
    height: int
    braille: bool


class Form(Struct, frozen=True):
    """How much is written."""

    digits: int
    """The decimals of neurons' numbers."""
    edge_digits: int
    """The decimals of weights; 0 where only their names stand."""
    arrivals: bool
    """Whether there is room for what arrives at an edge's end."""
    named: bool = True
    """Whether edges have their names."""
    lead: int = 2
    """The least width that lines have before the labels."""
    tallest: int = 3
    """The most lines in a box; 0 for neurons without boxes."""

    @property
    def number(self) -> int:
        """The width of a neuron's number, with the mark before it."""
        return 1 + number_width(self.digits)

    @property
    def edge_number(self) -> int:
        return 1 + number_width(self.edge_digits) if self.edge_digits else 0


class Node(Struct, frozen=True):
    """A neuron: a box with lines of numbers in it, or one row without borders."""

    x: int
    y: int
    width: int
    lines: int
    """The lines in its box; 0 if it has none."""
    top: int
    bottom: int
    """The rows that it has to itself, with the labels of its edges: from top to before bottom."""
    clear: int
    """The first row below it that is the next neuron's, or outside."""

    @property
    def height(self) -> int:
        return self.lines + 2 if self.lines else 1

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def inside(self) -> range:
        """The rows on which lines can touch it."""
        return (
            range(self.y + 1, self.y + 1 + self.lines) if self.lines else range(self.y, self.y + 1)
        )

    @property
    def middle(self) -> int:
        return self.y + (self.height - 1) // 2


class Gap(Struct, frozen=True):
    """The space between two layers: lines, the edges' labels, and at last a turn to the neuron."""

    x: int
    width: int
    name_width: int
    label_width: int
    tail: int
    """The room behind labels for what arrives; without it they make room when it does."""
    turn: int

    @property
    def label_x(self) -> int:
        return self.end - self.tail - self.label_width

    @property
    def end(self) -> int:
        """Where the labels end."""
        return self.x + self.width - self.turn


class Edge(Struct, frozen=True):
    """A weight or a bias where it reaches a neuron."""

    parameter: Parameter
    target: str
    quantity: Quantity
    """Its value."""
    gap: Gap
    y: int
    """The row of its label."""
    start: float = 0.0
    """The row where its line begins, which may be between two."""
    back: int | None = None
    """The row for what comes back through it, if there is one."""


class Plan(Struct, frozen=True, eq=False):
    form: Form
    words: tuple[int, ...]
    """For each layer, the width of the words net and out in its boxes."""
    nodes: dict[str, Node]
    gaps: tuple[Gap, ...]
    edges: dict[tuple[str, str], Edge]
    """By the names of the parameter and of the neuron that it leads to."""
    width: int
    height: int


def in_box(names: Naming, kind: Kind, neuron: str) -> str:
    """Return what a number is called in its neuron's own box: `net`, or `a` for `a_{}`."""
    word = names.pattern(kind, neuron)
    for place in ("({})", "_{}", "{}"):
        word = word.replace(place, "")
    return plain(word.strip() or neuron)
