"""A short word under a factor: where it comes from, `out(1-out)`."""

from __future__ import annotations

import re

from bptui.engine.network import Network
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.formula import Const, Formula, Product, Ref
from bptui.story.gloss import gloss
from bptui.view.formula import Leaf, sign, written
from bptui.view.rows import cells
from bptui.view.signs import Signs

_LONGEST = 16
"""A longer one says less than its card."""
_KINDS = {"net": Kind.NET, "out": Kind.OUT, "target": Kind.TARGET}


def glosses(session: Session, formula: Formula, signs: Signs) -> list[str]:
    """Return a word for each factor of a product over derivatives; nothing for other formulas."""
    if not isinstance(formula, Product) or not all(isinstance(f, Ref) for f in formula.factors):
        return []
    refs = [factor for factor in formula.factors if isinstance(factor, Ref)]
    if not any(ref.quantity.kind in (Kind.DOUT_DNET, Kind.DNET_DPARAMETER) for ref in refs):
        return []
    return [_word(session, ref, signs) for ref in refs]


def _word(session: Session, ref: Ref, signs: Signs) -> str:
    """Return where a factor of the chain rule comes from; nothing if that is long."""
    quantity, setup = ref.quantity, session.timeline.setup_at(ref.moment)
    text = in_few_signs(setup.network, ref.quantity, signs)
    if quantity.kind is Kind.DE_DOUT and quantity.neuron not in setup.network.outputs:
        return "Σ δ×w" if len(setup.network.outgoing(quantity.neuron)) > 1 else "δ×w"
    found = gloss(setup, quantity, len(setup.batch(ref.moment.iteration).numbers))
    if found is not None:
        text = tight(written(found, bare_leaf(signs, quantity.neuron)))
    return text if cells(text) <= _LONGEST else ""


def in_few_signs(network: Network, quantity: Quantity, signs: Signs) -> str:
    """Return what a derivative of a net input simply is, a weight or what it weighs; or a delta.

    Nothing for other quantities.
    """
    match quantity.kind:
        case Kind.DNET_DPARAMETER:
            source = network.parameter(quantity.parameter).source
            return "" if source is None else signs.of(fed_by(network, source, quantity.sample))
        case Kind.DNET_DOUT:
            edges = network.incoming(quantity.neuron)
            name = next(p.name for p in edges if p.source == quantity.source)
            return signs.of(Quantity(Kind.PARAMETER, parameter=name))
        case Kind.DE_DNET if not quantity.via:
            return signs.delta(quantity)
    return ""


def fed_by(network: Network, source: str, sample: int) -> Quantity:
    """Return what a weight from a neuron multiplies."""
    kind = Kind.INPUT if source in network.inputs else Kind.OUT
    return Quantity(kind, neuron=source, sample=sample)


def tight(text: str) -> str:
    """Return a formula without the blanks around its signs.

    >>> tight("out × (1 - out)"), tight("0.25 × (-0.5)")
    ('out(1-out)', '0.25×(-0.5)')
    """
    text = re.sub(r" ([-+×/>]) ", r"\1", text)
    return re.sub(r"×(?=\([^()-])", "", text)


def bare_leaf(signs: Signs, neuron: str) -> Leaf:
    """Return how a formula over a neuron's own numbers is written, without its name."""

    def leaf(part: Ref | Const) -> str:
        assert isinstance(part, Const)
        if part.symbol in _KINDS:
            return _bare(signs, _KINDS[part.symbol], neuron)
        return part.symbol or f"{part.value:g}"

    return leaf


def _bare(signs: Signs, kind: Kind, neuron: str) -> str:
    """Return what an article calls a number of any neuron: `out` of `out h1`, `a` of `a_h1`.

    Where it has names of its own for each neuron, that of this one.
    """
    own = signs.names.label(kind, neuron)
    if neuron not in own:
        return signs.sunk(sign(Quantity(kind, neuron=neuron), signs.names))
    return own.replace(neuron, "").strip(" _()[]{}") or kind.value.split()[0]
