"""What quantities are called on the screen: the field's signs, in the article's own notation."""

from __future__ import annotations

from functools import lru_cache

from bptui.preset.model import Notation
from bptui.story.address import Kind, Quantity
from bptui.view.rows import plain


def label(pattern: str, neuron: str) -> str:
    """Return how the article writes a neuron's net or output: `net h1`, or `a_h1` for `a_{}`."""
    pattern, neuron = plain(pattern), plain(neuron)
    return pattern.replace("{}", neuron) if "{}" in pattern else f"{pattern} {neuron}"


def label_inside(pattern: str, neuron: str) -> str:
    """Return the same inside the neuron's own box: `net`, or `a`."""
    word = plain(pattern)
    for place in ("({})", "_{}", "{}"):
        word = word.replace(place, "")
    return word.strip() or plain(neuron)


_SYMBOLS = {
    Kind.NET: "{net}",
    Kind.OUT: "{out}",
    Kind.DE_DOUT: "∂E/∂{out}",
    Kind.DOUT_DNET: "∂{out}/∂{net}",
    Kind.DOUT_DNET_OF: "∂{out}/∂{source_net}",
    Kind.DE_DNET: "∂E/∂{net}",
    Kind.DNET_DOUT: "∂{net}/∂{source_out}",
    Kind.DNET_DPARAMETER: "∂{net}/∂{parameter}",
    Kind.DE_DPARAMETER: "∂E/∂{parameter}",
}
"""What is written otherwise than in its address."""


@lru_cache(maxsize=4096)
def symbol(notation: Notation, quantity: Quantity) -> str:
    """Return a quantity as a formula writes it: `∂E/∂w5`, `net h1`."""
    if quantity.kind not in _SYMBOLS:
        return plain(str(quantity))
    text = _SYMBOLS[quantity.kind].format(
        net=label(notation.net, quantity.neuron),
        out=label(notation.out, quantity.neuron),
        source_net=label(notation.net, quantity.source),
        source_out=label(notation.out, quantity.source),
        parameter=plain(quantity.parameter),
    )
    tail = f" via {plain(quantity.via)}" if quantity.via else ""
    return text + tail + (f" @{quantity.sample}" if quantity.sample else "")
