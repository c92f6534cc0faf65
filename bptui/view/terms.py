"""What a card's number was computed from: entries that open, and below some how each came about."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from msgspec.structs import replace

from bptui.engine.network import Network
from bptui.session.messages import Panel
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.derivation import Derivation, derive
from bptui.story.formula import Const, Formula, Product, Ref, references
from bptui.story.moment import Moment
from bptui.view.adding_up import enough, gives
from bptui.view.card import decimals, delta_times_feed
from bptui.view.finding import cell_of
from bptui.view.formula import Leaf, as_number, written
from bptui.view.glosses import in_few_signs, tight
from bptui.view.numbers import number_width, room_for_more, show
from bptui.view.rows import Row, Span, cells, pad, plain
from bptui.view.saying import of_the_batch
from bptui.view.signs import Signs, signs_of

_LABEL = 22
_MANY = 60
"""Of more parts than this, only the first ones are worked out."""
HALF = Const(0.5, "½")
_FEW = 4
"""Decimals in a line that shows how a number came about, or more; so many lines for one number."""


class Line(NamedTuple):
    """A line of the panel."""

    row: Row | Callable[[], Row]
    """An entry's is drawn when it is in view."""
    entry: int | None = None
    """Which entry it is, if the cursor can stand on it."""
    joined: bool = False
    """Whether it belongs to the line above."""


def term_lines(session: Session, width: int) -> list[Line]:
    """Return the parts of the open cards, each with how it came about where that teaches."""
    card, parts = session.cards[-1], session.parts
    signs = signs_of(session, card.quantity.sample)
    few = parts[:_MANY]
    room = max([cells(_part_label(session, ref, signs)) for ref in few], default=0) + 1
    direct = {(ref.quantity, ref.moment) for c in session.cards for ref in _direct(c)}
    least = decimals(session, card)[0] if session.digits else 0
    lines: list[Line] = []
    heading = ""
    for place, ref in enumerate(parts):
        along_paths = (ref.quantity, ref.moment) not in direct
        group = " the same, summed over paths" if along_paths else _heading(session, card)
        if group != heading:
            lines.append(Line((Span(group, "label"),)))
            heading = group
        work = _work(card, ref, along_paths=along_paths) if place < _MANY else None
        value = session.value_at(ref.quantity, ref.moment)
        digits = least
        rows: list[Row] = []
        if work is not None and value is not None:
            part = derive(session.numbers, ref.quantity, ref.moment)
            digits = _decimals(session, part, digits or _FEW)
            rows = work(session, part, signs, digits, width) if part.formula is not None else []
        in_row = digits if session.digits else 0
        lines.append(Line(partial(_part, session, card, place, signs, width, room, in_row), place))
        lines += [Line(row, joined=True) for row in rows]
    return lines


def _part(
    session: Session,
    card: Derivation,
    place: int,
    signs: Signs,
    width: int,
    room: int,
    digits: int,
) -> Row:
    ref = session.parts[place]
    label, value = _part_label(session, ref, signs), session.value_at(ref.quantity, ref.moment)
    row = entry(session, place, label, ref.quantity, value, width, room, digits, moment=ref.moment)
    return (*row, *_remark(session, card, ref, width, row))


def _direct(card: Derivation) -> Iterator[Ref]:
    return references(card.formula) if card.formula is not None else iter(())


def _heading(session: Session, card: Derivation) -> str:
    samples = len(session.state.batch.numbers)
    shares = card.quantity.kind in (Kind.LOSS, Kind.DE_DPARAMETER) and not card.quantity.sample
    if session.setup.batch_size > 1 and shares:
        return f" the shares of the batch's {samples} samples"
    return " output by output" if card.quantity.kind is Kind.LOSS else " computed from"


def _part_label(session: Session, ref: Ref, signs: Signs) -> str:
    label = signs.of(ref.quantity, ref.age)
    if ref.moment.iteration != max(1, session.moment.iteration):
        label += f" at {ref.moment.iteration}"
    return label


def _as_many_as_fit(width: int) -> int:
    return next((d for d in (9, 6) if 3 + 16 + number_width(d) <= width), 4)


def entry(
    session: Session,
    place: int,
    label: str,
    quantity: Quantity,
    value: float | None,
    width: int,
    room: int = _LABEL,
    digits: int = 0,
    *,
    new: str = "",
    moment: Moment | None = None,
) -> Row:
    """Return an entry: a word in so much room, and a number with as many decimals as fit.

    If `digits` or those of the session are given, it has these.
    """
    digits, address = digits or session.digits or _as_many_as_fit(width), str(quantity)
    chosen = place == session.cursor
    here = chosen and session.panel is Panel.INSPECTOR
    more = room_for_more(digits)
    most = width - 3 - number_width(digits) - more
    room = max(min(max(room, cells(label)), most), 4)
    return (
        Span("▸ " if chosen else "  ", "pointer", address),
        Span(pad(label, room), "fact selected" if here else "fact", address),
        *cell_of(session, quantity, value, digits, new=new, moment=moment, more=more),
    )


def _remark(session: Session, card: Derivation, ref: Ref, width: int, row: Row) -> Row:
    """Return a word beside an entry: whether an output is too high, which sample is shown."""
    text = ""
    if ref.quantity.kind is Kind.SHARE:
        text = off_target(session, ref.quantity.neuron, ref.quantity.sample)
    elif ref.quantity.kind is Kind.DE_DPARAMETER and not (ref.quantity.sample or ref.quantity.via):
        text = of_the_batch(session)
    elif ref.quantity.sample and not card.quantity.sample and session.shown_sample:
        text = "shown" if ref.quantity.sample == session.shown_sample else ""
    used = sum(cells(span.text) for span in row)
    return (Span(f" {text}", "path"),) if text and used + cells(text) < width else ()


def off_target(session: Session, neuron: str, sample: int) -> str:
    """Return `o1 too high` for an output above its target; what it is as compared to it."""
    out, target = (
        session.value(Quantity(kind, neuron=neuron, sample=sample))
        for kind in (Kind.OUT, Kind.TARGET)
    )
    if out is None or target is None or math.isnan(out):
        return ""
    name = plain(neuron)
    return (
        f"{name} too {'high' if out > target else 'low'}" if out != target else f"{name} on target"
    )


Work = Callable[[Session, Derivation, Signs, int, int], list[Row]]


def _work(card: Derivation, ref: Ref, *, along_paths: bool) -> Work | None:
    """Return what says how a part of a card came about, where that is the heart of the matter."""
    work = _WORKINGS.get((card.quantity.kind, ref.quantity.kind))
    shared = bool(ref.quantity.via) and not ref.quantity.sample
    if work is None or card.quantity.kind is not Kind.DE_DPARAMETER or along_paths or shared:
        return work
    return _of_shown_sample if ref.quantity.sample else None


def _decimals(session: Session, part: Derivation, least: int) -> int:
    """Return the decimals of a part and of how it came about: so many that it adds up."""
    value = session.value_at(part.quantity, part.moment)
    formulas = [f for f in (part.formula, delta_times_feed(session, part)) if f is not None]
    checks = [*(gives(f, value, whole=session.whole) for f in formulas)]
    checks += [gives(product, ref.value) for ref, product in _back_along(session, part)]
    return enough(least, checks)


def _back_along(session: Session, part: Derivation) -> list[tuple[Ref, Product]]:
    """Return what comes back to a hidden neuron, and each as a product; the largest, if many."""
    network = session.timeline.setup_at(part.moment).network
    kind, neuron, via = part.quantity.kind, part.quantity.neuron, part.quantity.via
    if kind is not Kind.DE_DOUT or neuron in network.outputs or via:
        return []
    refs = [*_direct(part)]
    shown = refs if session.whole or len(refs) <= _FEW else _largest(refs)[:_FEW]
    found = [(ref, derive(session.numbers, ref.quantity, ref.moment).formula) for ref in shown]
    return [(ref, formula) for ref, formula in found if isinstance(formula, Product)]


def _largest(refs: list[Ref]) -> list[Ref]:
    return sorted(refs, key=lambda ref: -abs(ref.value))


def _back_along_paths(
    session: Session, part: Derivation, signs: Signs, digits: int, width: int
) -> list[Row]:
    """What comes back to a hidden neuron: over each weight its target's delta times the weight."""
    network = session.timeline.setup_at(part.moment).network
    if part.quantity.neuron in network.outputs or part.quantity.via:
        return _own_slope(session, part, signs, digits, width)
    found, count = _back_along(session, part), len([*_direct(part)])
    if not found:
        return []
    lines = [
        (
            ref,
            _in_signs(network, product.factors, signs),
            _multiplied(product.factors, digits),
            show(ref.value, digits),
        )
        for ref, product in found
    ]
    rows: list[Row] = [(Span("    what comes back through", "path"),)]
    rows += _columns(lines, signs, width)
    left = count - len(found)
    return [*rows, *([(Span(f"    … and {left} more", "path"),)] if left else [])]


def _columns(lines: list[tuple[Ref, str, str, str]], signs: Signs, width: int) -> Iterator[Row]:
    """Yield lines whose equals signs stand below one another, as long as there is room."""
    begins = [signs.of(Quantity(Kind.INPUT, neuron=ref.quantity.via)) for ref, *_ in lines]
    wide = [max(map(cells, column)) for column in zip(*(line[1:] for line in lines), strict=True)]
    names = max(map(cells, begins)) + 1
    for (ref, in_symbols, numbers, value), name in zip(lines, begins, strict=True):
        last = value.rjust(wide[2])
        texts = (
            f"{in_symbols.ljust(wide[0])} = {numbers.rjust(wide[1])} = {last}",
            f"{numbers.rjust(wide[1])} = {last}",
            f"{in_symbols.ljust(wide[0])} = {last}",
            last,
        )
        text = next((t for t in texts if 5 + names + cells(t) <= width), texts[-1])
        begin = f"    {(name + ':').ljust(names)} "
        yield (Span(begin + text, "backward", str(ref.quantity)),)


def _in_signs(network: Network, factors: Sequence[Formula], signs: Signs) -> str:
    """Return factors in few signs: deltas, weights, what these weigh."""
    refs = [factor for factor in factors if isinstance(factor, Ref)]
    return "×".join(
        in_few_signs(network, ref.quantity, signs)
        or ("1" if ref.quantity.kind is Kind.DNET_DPARAMETER else signs.of(ref.quantity))
        for ref in refs
    )


def _multiplied(factors: Sequence[Formula], digits: int) -> str:
    """Return numbers multiplied, negative ones after the first in brackets."""
    leaf = _worked(digits)
    first, *others = [leaf(f) for f in factors if isinstance(f, (Ref, Const))]
    return "×".join([first, *(f"({text})" if text.startswith("-") else text for text in others)])


def _worked(digits: int) -> Leaf:
    """Return how numbers are written in a line that shows how one came about: ½ stays ½."""
    in_numbers = as_number(digits)
    return lambda leaf: leaf.symbol if leaf == HALF else in_numbers(leaf)


def _own_slope(
    session: Session, part: Derivation, signs: Signs, digits: int, width: int
) -> list[Row]:
    """A slope as a formula of the neuron's own numbers, and these put in."""
    assert part.formula is not None
    text = tight(written(part.formula, signs.leaf, whole=session.whole))
    numbers = _numbers_put_in(session, part, digits)
    if text == numbers:  # a constant: nothing was put in
        return []
    return _fitting((f"    = {text} = {numbers}", f"    = {numbers}"), width)


def _put_in(session: Session, part: Derivation, signs: Signs, digits: int, width: int) -> list[Row]:
    return _fitting((f"    = {_numbers_put_in(session, part, digits)}",), width)


def _numbers_put_in(session: Session, part: Derivation, digits: int) -> str:
    assert part.formula is not None
    leaf = _worked(digits)
    return tight(written(part.formula, leaf, whole=session.whole))


def _along_a_path(
    session: Session, part: Derivation, signs: Signs, digits: int, width: int
) -> list[Row]:
    """A path's factors, in signs and in numbers."""
    assert part.formula is not None
    network = session.timeline.setup_at(part.moment).network
    factors = part.formula.factors if isinstance(part.formula, Product) else ()
    if not factors or not all(isinstance(factor, Ref) for factor in factors):
        return _put_in(session, part, signs, digits, width)
    in_symbols = _in_signs(network, factors, signs)
    numbers = _multiplied(factors, digits)
    both = _fitting((f"    = {in_symbols} = {numbers}",), width)
    return both or [
        *_fitting((f"    = {in_symbols}",), width),
        *_fitting((f"    = {numbers}",), width),
    ]


def _of_shown_sample(
    session: Session, part: Derivation, signs: Signs, digits: int, width: int
) -> list[Row]:
    """The share of the sample that is shown, as its delta times what feeds the weight."""
    product = delta_times_feed(session, part)
    if product is None or part.quantity.sample != session.shown_sample:
        return []
    network = session.timeline.setup_at(part.moment).network
    own = replace(signs, sample=part.quantity.sample)
    numbers = _multiplied(product.factors, digits)
    return _fitting((f"    = {_in_signs(network, product.factors, own)} = {numbers}",), width)


def _fitting(texts: tuple[str, ...], width: int) -> list[Row]:
    """Return the first of some lines that fits, nothing if none does."""
    return next(([(Span(text, "path"),)] for text in texts if cells(text) <= width), [])


_WORKINGS: dict[tuple[Kind, Kind], Work] = {
    (Kind.LOSS, Kind.SHARE): _put_in,
    (Kind.DE_DNET, Kind.DE_DOUT): _back_along_paths,
    (Kind.DE_DNET, Kind.DOUT_DNET): _own_slope,
    (Kind.DE_DOUT, Kind.DE_DOUT): _along_a_path,
    (Kind.DE_DINPUT, Kind.DE_DINPUT): _along_a_path,
    (Kind.DE_DPARAMETER, Kind.DE_DPARAMETER): _along_a_path,
}
"""How a part of a card is worked out below it, by the kinds of the card and of the part."""
