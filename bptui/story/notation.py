"""What quantities are called: the field's signs, in the article's own notation."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from bptui.engine.network import Network
from bptui.preset.model import Notation
from bptui.story.address import Kind, Quantity

if TYPE_CHECKING:
    from bptui.story.setup import Setup


DELTA = "δ"
"""What dE/dnet is called where there is little room."""


class Naming(Struct, frozen=True, eq=False):
    """What a preset calls things: its notation, and which neurons are of which kind."""

    notation: Notation
    outputs: tuple[str, ...]
    hidden: frozenset[str] = frozenset()
    inputs: frozenset[str] = frozenset()

    def pattern(self, kind: Kind, neuron: str) -> str:
        """How the article writes a number of a neuron: `net {}`, `a_{}`, or a name of its own."""
        given = self._given(kind, neuron)
        return given[self.outputs.index(neuron)] if isinstance(given, tuple) else with_place(given)

    def _given(self, kind: Kind, neuron: str) -> str | tuple[str, ...]:
        notation = self.notation
        match kind:
            case Kind.OUT if neuron in self.inputs:
                return "{}"
            case Kind.OUT if neuron in self.hidden:
                return notation.hidden or notation.out
            case Kind.OUT if neuron in self.outputs:
                return notation.outputs or notation.out
            case Kind.TARGET:
                return notation.target
            case Kind.DE_DNET:
                return notation.delta or DELTA
            case Kind.ERROR:
                return notation.error or "Err"
        return notation.net if kind is Kind.NET else notation.out

    def label(self, kind: Kind, neuron: str) -> str:
        """A number of a neuron as the article writes it: `net h1`, or `a_h1` for `a_{}`."""
        return self.pattern(kind, neuron).replace("{}", neuron)


def naming(setup: Setup) -> Naming:
    return _naming(setup.preset.notation, setup.network)


@lru_cache(maxsize=64)
def _naming(notation: Notation, network: Network) -> Naming:
    hidden = frozenset(name for names in network.neurons[1:-1] for name in names)
    return Naming(notation, network.outputs, hidden, frozenset(network.inputs))


def with_place(pattern: str) -> str:
    """A notation with its place for a name; after a word it is behind a blank."""
    return pattern if "{}" in pattern else f"{pattern} {{}}"


_SYMBOLS = {
    Kind.NET: "{net neuron}",
    Kind.OUT: "{out neuron}",
    Kind.TARGET: "{target neuron}",
    Kind.LOSS: "{loss}",
    Kind.RATE: "{rate} {parameter}",
    Kind.DE_DOUT: "∂{loss}/∂{out neuron}",
    Kind.DOUT_DNET: "∂{out neuron}/∂{net neuron}",
    Kind.DOUT_DNET_OF: "∂{out neuron}/∂{net source}",
    Kind.DE_DNET: "∂{loss}/∂{net neuron}",
    Kind.ERROR: "{error neuron}",
    Kind.DNET_DOUT: "∂{net neuron}/∂{out source}",
    Kind.DNET_DPARAMETER: "∂{net neuron}/∂{parameter}",
    Kind.DE_DPARAMETER: "∂{loss}/∂{parameter}",
    Kind.DE_DINPUT: "∂{loss}/∂{neuron}",
}
"""What is written otherwise than in its address: whose net, out, ... stands where."""
_KINDS = {"net": Kind.NET, "out": Kind.OUT, "target": Kind.TARGET, "error": Kind.ERROR}


def symbol(quantity: Quantity, names: Naming) -> str:
    """A quantity as a formula writes it: `∂E/∂w5`, `net h1 @2`, `∂E/∂b1 via h1`."""
    text = bare(quantity, names)
    if quantity.via and quantity.via not in names.outputs:
        text += f" via {quantity.via}"
    return text + (f" @{quantity.sample}" if quantity.sample else "")


@lru_cache(maxsize=4096)
def bare(quantity: Quantity, names: Naming) -> str:
    """The same without its sample, and without a way back through a hidden neuron.

    The share of a derivative via an output o is the derivative of that output's loss, E o.
    """
    if quantity.kind not in _SYMBOLS:
        return str(quantity._replace(sample=0))
    if quantity.kind is Kind.DE_DNET and names.notation.delta and not quantity.via:
        return names.label(Kind.DE_DNET, quantity.neuron)

    def written(found: re.Match[str]) -> str:
        word, _, of = found[1].partition(" ")
        if of:
            return names.label(_KINDS[word], getattr(quantity, of))
        if word in ("parameter", "neuron"):
            return str(getattr(quantity, word))
        if word == "rate":
            return names.notation.learning_rate
        return f"E {quantity.via}" if quantity.via in names.outputs else names.notation.loss

    return re.sub(r"{(.*?)}", written, _SYMBOLS[quantity.kind])
