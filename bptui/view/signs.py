"""The signs of quantities on cards: names as subscripts, and no sample where the card names it."""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

from bptui.engine.network import Network
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.formula import Const, Ref
from bptui.story.notation import Naming, naming
from bptui.story.spellings import DEEP
from bptui.view.formula import Leaf, constant, label_of, sign, subscripted
from bptui.view.numbers import show

_NAME = re.compile(r"_([aehijklmnoprstuvx]+)([₀-₉]*)(?!\w)")


class Signs(Struct, frozen=True):
    """How a card writes quantities."""

    names: Naming
    deep: bool = True
    """Whether the font has letters as subscripts."""
    sample: int = 0
    """The sample that the card is about, which its signs need not name."""
    alike: bool = True
    """Whether every neuron's name has letters as subscripts; else none is written so."""

    def of(self, quantity: Quantity, age: str = "") -> str:
        if quantity.sample == self.sample:
            quantity = quantity._replace(sample=0)
        text = sign(quantity, self.names, age)
        return self.sunk(text, quantity.parameter)

    def name(self, subject: str) -> str:
        """Return the name of a neuron or parameter, its digits as subscripts."""
        return sign(Quantity(Kind.PARAMETER, parameter=subject), self.names)

    def delta(self, quantity: Quantity) -> str:
        """Return the short sign of a derivative ∂E/∂net: `δₒ₁`."""
        quantity = quantity._replace(sample=quantity.sample * (quantity.sample != self.sample))
        text = label_of(Kind.DE_DNET, quantity, self.names)
        return self.sunk(text)

    def sunk(self, text: str, parameter: str = "") -> str:
        """Write names as subscripts where all can be, but not the parts of a parameter's own name.

        That of the loss stands by itself.
        """
        if not self.deep:
            return text
        if not self.alike:
            loss = subscripted(self.names.notation.loss)
            return text.replace(loss, sunk(loss))
        own = subscripted(parameter)
        return own.join(map(sunk, text.split(own))) if "_" in own else sunk(text)

    @property
    def leaf(self) -> Leaf:
        return self._leaf

    def _leaf(self, leaf: Ref | Const) -> str:
        if isinstance(leaf, Const):
            return constant(leaf, self.names) or show(leaf.value, 9).removesuffix(".0")
        return self.of(leaf.quantity, leaf.age)


def signs_of(session: Session, sample: int = 0) -> Signs:
    alike = _all_sink(session.setup.network)
    return Signs(naming(session.setup), session.braille, sample, alike)


@lru_cache(maxsize=8)
def _all_sink(network: Network) -> bool:
    """Whether there are subscripts for the names of all neurons but the inputs.

    So `out_versicolor` never stands beside another name in subscripts.
    """
    names = (name for layer in network.neurons[1:] for name in layer)
    return all(_NAME.fullmatch(f"_{subscripted(name)}") for name in names)


@lru_cache(maxsize=4096)
def sunk(text: str) -> str:
    """Write names after low lines as subscripts, if there is one for each of their letters.

    >>> sunk("∂E_o₁/∂net_h₁"), sunk("net_z₁")
    ('∂Eₒ₁/∂netₕ₁', 'net_z₁')
    """
    return _NAME.sub(lambda found: found[1].translate(DEEP) + found[2], text)
