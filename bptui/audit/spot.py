"""A number that may have been computed wrongly, and what slips need to know of it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from bptui.audit.graph import Graph, Key
from bptui.engine.functions import Chosen
from bptui.engine.network import Parameter
from bptui.story.address import Kind, Quantity
from bptui.story.formula import (
    Call,
    Const,
    Formula,
    Minus,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
)
from bptui.story.moment import Moment, Phase
from bptui.story.symbols import parameter_symbol

MOST_OTHERS = 12
"""So many other weights or neurons are tried in the place of one."""

Found = tuple[str, Formula, str]
"""What it is that went wrong, in one word for the same elsewhere; the formula; and in words."""


class Spot(Struct, frozen=True):
    """A number that may have been computed wrongly."""

    graph: Graph
    key: Key
    formulas: tuple[Formula, ...]

    @property
    def quantity(self) -> Quantity:
        return self.key[0]

    def ref(
        self,
        kind: Kind,
        neuron: str = "",
        *,
        parameter: str = "",
        source: str = "",
        sample: int | None = None,
    ) -> Ref:
        """Another number of the same iteration, and sample if none is said."""
        sample = self.quantity.sample if sample is None else sample
        about = Quantity(kind, neuron, parameter, source, sample=sample)
        if not about.form.sampled:
            about = about._replace(sample=0)
        known = about.form.known
        moment = Moment.of(self.key[1].iteration, known if known is not None else Phase.FORWARD)
        return Ref(about, moment, self.graph.exact(self.graph.key(about, moment)))

    def weight(self, parameter: Parameter) -> Ref:
        return self.ref(Kind.PARAMETER, parameter=parameter.name)

    def out(self, neuron: str) -> Ref:
        kind = Kind.INPUT if neuron in self.graph.network.inputs else Kind.OUT
        return self.ref(kind, neuron)

    def layer(self, neuron: str) -> tuple[str, ...]:
        """The neurons of a neuron's layer."""
        network = self.graph.network
        return tuple(network.neurons[network.places[neuron][0]])

    def edge(self, source: str, target: str) -> Parameter | None:
        edges = self.graph.network.incoming(target)
        return next((p for p in edges if p.source == source), None)


def activation_of(spot: Spot) -> Chosen:
    network = spot.graph.network
    layer = network.places[spot.quantity.neuron][0]
    return network.layers[layer - 1].chosen


def parameters_of(parameters: Mapping[str, float]) -> dict[str, Formula]:
    """The parameters of a function with the values that they have if nothing is said."""
    return {name: parameter_symbol(name, value) for name, value in parameters.items()}


def name(formula: Formula) -> str:
    """A part of a formula in words."""
    match formula:
        case Ref(quantity):
            return f"`{quantity}`"
        case Const(value, symbol):
            return symbol or f"{value:.9g}"
        case Call(function, values):
            told = ", ".join(map(name, values))
            return function + (told if told.startswith("(") else f"({told})")
        case Product(factors):
            return " × ".join(map(name, factors))
        case Sum(terms):
            return f"({' + '.join(map(name, terms))})"
        case Power(base):
            return f"{name(base)} squared"
        case Minus(None, right):
            return f"-{name(right)}"
        case Minus(left, right):
            assert left is not None
            return f"({name(left)} - {name(right)})"
        case Quotient(upper, lower):
            return f"{name(upper)} / {name(lower)}"
    return "it"


def tag_of(formula: Formula, place: int) -> str:
    """What a part is called in formulas of the same kind."""
    match formula:
        case Ref(quantity):
            return quantity.kind.name
        case Product((Ref(quantity), *_)):
            return f"{quantity.kind.name} {place}"
    return f"{type(formula).__name__} {place}"
