"""The why panel: the card of what is selected, its parts, and the subject's other numbers."""

from __future__ import annotations

from functools import lru_cache, partial
from itertools import pairwise

from bptui.engine.network import Network
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.moment import Phase
from bptui.story.neighbours import is_neuron
from bptui.story.notation import DELTA, Naming, naming, symbol
from bptui.view.card import card, trail_row
from bptui.view.rows import Row, Span, fit_row, plain, window
from bptui.view.signs import signs_of
from bptui.view.terms import Line, entry, term_lines

_COLUMN = 39
"""A column of lines; where there is room for two, and need, there are two."""


def inspector(session: Session, width: int, height: int) -> tuple[list[Row], str]:
    lines, columns = _laid_out(session, width, height)
    room = width // columns
    first = _first_line(session, lines, columns, height)
    begins = [first, *([_column_break(lines, first, height)] if columns == 2 else []), len(lines)]
    begins[-1] = min(begins[-1], begins[-2] + height)
    drawn = [
        [fit_row(line.row() if callable(line.row) else line.row, room) for line in lines[a:b]]
        for a, b in pairwise(begins)
    ]
    for rows in drawn:
        rows += [fit_row((), room)] * (height - len(rows))
    more = begins[-1] - first < len(lines)
    said = f"{first + 1}-{begins[-1]} of {len(lines)}" if more else ""
    if columns == 1:
        return drawn[0], said
    beside = [(*left, *right) for left, right in zip(*drawn, strict=True)]
    return [fit_row(row, width) for row in beside], said


def _first_line(session: Session, lines: list[Line], columns: int, height: int) -> int:
    """Return the first line in view: the top, or what the cursor asks for."""
    capacity = height * columns
    before = _before_entries(lines, capacity)
    if session.cursor is None:
        return min(session.scroll, max(0, before - 1))
    cursor = session.cursor
    chosen = next((k for k, line in enumerate(lines) if line.entry == cursor), 0)
    last = _last_of_entry(lines, chosen, capacity)
    first = window(before, last, len(lines), capacity)
    first = window(first, chosen, len(lines), capacity)
    while columns == 2 and chosen >= _column_break(lines, first, height) + height:
        first += 1
    return first


def _last_of_entry(lines: list[Line], chosen: int, capacity: int) -> int:
    """Return the last line before the next entry, or as many lines down as are in view."""
    following = (k for k in range(chosen + 1, len(lines)) if lines[k].entry is not None)
    return min(next(following, len(lines)) - 1, chosen + capacity - 1)


def _column_break(lines: list[Line], first: int, height: int) -> int:
    """Return the line that the second column begins with: none that belongs to the one above.

    A heading goes with the line below it.
    """
    for begin in range(min(first + height, len(lines)), first + height // 4, -1):
        if begin == len(lines) or not (lines[begin].joined or _is_heading(lines, begin - 1)):
            return begin
    return min(first + height, len(lines))


def _is_heading(lines: list[Line], k: int) -> bool:
    """Whether a line stands above an entry without being one."""
    follows = k + 1 < len(lines) and lines[k + 1].entry is not None
    return lines[k].entry is None and not lines[k].joined and follows


def last_place(session: Session, width: int, height: int) -> int:
    """Return how far one can scroll: over the card's lines in view first, then over the entries."""
    lines, columns = _laid_out(session, width, height)
    entries = sum(line.entry is not None for line in lines)
    return max(1, _before_entries(lines, height * columns)) + entries - 1


def _laid_out(session: Session, width: int, height: int) -> tuple[list[Line], int]:
    """Return the lines, and in how many columns they stand."""
    if width >= 2 * _COLUMN:
        lines = _lines(session, min(width, 2 * _COLUMN))
        if len(lines) > height:
            return _lines(session, width // 2 - 1), 2
    return _lines(session, width), 1


def _before_entries(lines: list[Line], capacity: int) -> int:
    """Return the first line in view when the first entry is the last one in view."""
    first = next((k for k, line in enumerate(lines) if line.entry is not None), 0)
    return max(0, first - capacity + 1)


@lru_cache(maxsize=8)
def _lines(session: Session, width: int) -> list[Line]:
    """Return all lines: a title, the cards and what they were computed from, other numbers.

    The loss comes after its shares, as their sum.
    """
    cards = [
        line for shown in session.cards for line in _card_lines(card(session, shown, width - 1))
    ]
    terms = term_lines(session, width)
    if session.cards[0].quantity.kind is Kind.LOSS:
        cards, terms = terms, cards
    return [*_title(session, width), *cards, *terms, *_facts(session, width)]


def _card_lines(blocks: list[list[Row]]) -> list[Line]:
    return [
        Line((Span(" "), *row), joined=place > 0)
        for rows in blocks
        for place, row in enumerate(rows)
    ]


def _title(session: Session, width: int) -> list[Line]:
    if session.trail:
        title = trail_row(session, width)
    else:
        title = (Span(f" {plain(session.selected)}", "neuron"), Span(f"  {_what(session)}", "path"))
    told = _of_the_batch(session)
    return [Line(title), *([Line((Span(told, "label"),))] if told else [])]


def _what(session: Session) -> str:
    """Return what is selected: `hidden, sigmoid`, `weight, h1 → o1`."""
    network, subject = session.setup.network, session.selected
    if is_neuron(network, subject):
        place = network.places[subject][0]
        layer = network.layers[place - 1]
        return f"{plain(layer.name)}, {layer.chosen}" if place else "input"
    parameter = network.parameter(subject)
    targets = ", ".join(plain(name) for name in parameter.targets)
    kind = f"weight, {plain(parameter.source)} → {targets}" if parameter.source else ""
    bias = "threshold, subtracted from net of" if parameter.threshold else "bias of"
    return (kind or f"{bias} {targets}") + ("" if parameter.trainable else ", frozen")


def _of_the_batch(session: Session) -> str:
    """Return whether a card is about one sample of a batch, or all of it."""
    samples, quantity = len(session.state.batch.numbers), session.cards[0].quantity
    if session.setup.batch_size == 1:
        return ""
    if quantity.sample:
        return f" sample {quantity.sample} of the batch's {samples}"
    if quantity.kind not in (Kind.DE_DPARAMETER, Kind.LOSS):
        return ""
    mean = session.setup.rule.reduction == "mean"
    if quantity.kind is Kind.LOSS:
        return f" the batch: {'mean' if mean else 'sum'} of {samples} samples"
    divided = f", each ÷ {samples}" if mean else ""
    return f" the batch: sum of {samples} samples{divided}"


def _facts(session: Session, width: int) -> list[Line]:
    network, subject = session.setup.network, session.selected
    heading = ""
    lines: list[Line] = []
    for place, quantity in enumerate(session.others, len(session.parts)):
        group = _heading(network, subject, quantity)
        if group != heading:
            lines.append(Line((Span(group, "label"),)))
            heading = group
        lines.append(Line(partial(_fact, session, place, quantity, width), place))
    return lines


def _fact(session: Session, place: int, quantity: Quantity, width: int) -> Row:
    network, names, subject = session.setup.network, naming(session.setup), session.selected
    value, new = session.value(quantity), session.new(quantity)
    label = _label(network, names, subject, quantity)
    if not quantity.via and "∂" in label:
        own = signs_of(session, session.shown_sample).of(quantity)
        label = label.replace(plain(symbol(quantity, names)), own)
    if quantity.kind is Kind.PARAMETER and quantity.parameter == subject:
        label = "value" if session.new_value(subject) is None else "new value"
    return entry(session, place, label, quantity, value, width, new=new)


def _heading(network: Network, subject: str, quantity: Quantity) -> str:
    name = plain(subject)
    if not is_neuron(network, subject):
        return f" more of {name}"
    if quantity.kind is Kind.PARAMETER:
        parameter = network.parameter(quantity.parameter)
        return f" from {name} to" if parameter.source == subject else f" into {name}"
    if quantity.form.known in (None, Phase.FORWARD):
        return f" {name} forward"
    return f" {name} backward"


@lru_cache(maxsize=512)
def _label(network: Network, names: Naming, subject: str, quantity: Quantity) -> str:
    text = plain(symbol(quantity, names))
    if quantity.via:
        return f"  via {plain(quantity.via)}"
    if is_neuron(network, subject):
        if quantity.kind is Kind.PARAMETER:
            parameter = network.parameter(quantity.parameter)
            if parameter.source == subject:
                return f"{plain(parameter.name)} to {plain(parameter.targets[0])}"
            source = f" from {plain(parameter.source)}" if parameter.source else ""
            return plain(parameter.name) + source
        own = quantity.kind is not Kind.DE_DNET or names.notation.delta
        return text if own else f"{DELTA} = {text}"
    match quantity.kind:
        case Kind.DE_DPARAMETER if quantity.sample:
            return f"  of sample {quantity.sample}"
        case Kind.DE_DOUT | Kind.DE_DNET:
            return f"= {text}"
        case Kind.DOUT_DNET | Kind.DNET_DPARAMETER:
            return f"× {text}"
    return text
