"""What quantities are called on the screen: the field's signs, in the article's own notation."""

from __future__ import annotations

from functools import lru_cache

from bptui.preset.model import Notation
from bptui.story.address import Kind, Quantity
from bptui.view.rows import plain


def net_label(notation: Notation, neuron: str) -> str:
    """Return how the article writes a neuron's net input: `net h1`, or `z1`."""
    return _written(notation.net, neuron)


def out_label(notation: Notation, neuron: str) -> str:
    """Return how the article writes a neuron's output: `out h1`, or `a_z1`."""
    return _written(notation.out, neuron)


def short_net(notation: Notation, neuron: str) -> str:
    """Return the label of net inside the neuron's own box: `net`, or `z1`."""
    return _inside(notation.net, neuron)


def short_out(notation: Notation, neuron: str) -> str:
    """Return the label of out inside the neuron's own box: `out`, or `a`."""
    return _inside(notation.out, neuron)


def _written(pattern: str, neuron: str) -> str:
    pattern, neuron = plain(pattern), plain(neuron)
    return pattern.replace("{}", neuron) if "{}" in pattern else f"{pattern} {neuron}"


def _inside(pattern: str, neuron: str) -> str:
    word = plain(pattern)
    for place in ("({})", "_{}", "{}"):
        word = word.replace(place, "")
    return word.strip() or plain(neuron)


@lru_cache(maxsize=4096)
def symbol(notation: Notation, quantity: Quantity) -> str:
    """Return a quantity as a formula writes it: `∂E/∂w5`, `net h1`."""
    net, out = net_label(notation, quantity.neuron), out_label(notation, quantity.neuron)
    parameter = plain(quantity.parameter)
    tail = f" via {plain(quantity.via)}" if quantity.via else ""
    match quantity.kind:
        case Kind.NET:
            text = net
        case Kind.OUT:
            text = out
        case Kind.DE_DOUT:
            text = f"∂E/∂{out}"
        case Kind.DOUT_DNET:
            text = f"∂{out}/∂{net}"
        case Kind.DOUT_DNET_OF:
            text = f"∂{out}/∂{net_label(notation, quantity.source)}"
        case Kind.DE_DNET:
            text = f"∂E/∂{net}"
        case Kind.DNET_DOUT:
            text = f"∂{net}/∂{out_label(notation, quantity.source)}"
        case Kind.DNET_DPARAMETER:
            text = f"∂{net}/∂{parameter}"
        case Kind.DE_DPARAMETER:
            text = f"∂E/∂{parameter}"
        case _:
            return plain(str(quantity))
    return text + tail + (f" @{quantity.sample}" if quantity.sample else "")
