"""The why panel: the card of what is selected, its parts, and the subject's other numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from itertools import pairwise

from bptui.engine.network import Network
from bptui.session.messages import Panel
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.formula import Ref
from bptui.story.moment import Moment, Phase
from bptui.story.neighbours import is_neuron
from bptui.story.notation import DELTA, Naming, naming, symbol
from bptui.story.timeline import Timeline
from bptui.view.card import card, trail_row
from bptui.view.finding import cell_of
from bptui.view.formula import sign
from bptui.view.numbers import number_width
from bptui.view.rows import Row, Span, cells, fit_row, pad, plain, window

_COLUMN = 39
"""A column of lines; where there is room for two, and need, there are two."""
_LABEL = 22
_STEADY = 18
"""From this height on, what stands below the card keeps its place from phase to phase."""
_BLANK = 4
"""So many rows may stay empty for that."""

Line = tuple[int | None, Row | Callable[[], Row]]
"""A line, and which entry it is, if the cursor can stand on it; then it is drawn when in view."""


def inspector(session: Session, width: int, height: int) -> tuple[list[Row], str]:
    lines, columns = _laid_out(session, width, height)
    room = width // columns
    first = _first_line(session, lines, columns, height)
    begins = [first, *([_column_break(lines, first, height)] if columns == 2 else []), len(lines)]
    begins[-1] = min(begins[-1], begins[-2] + height)
    drawn = [
        [fit_row(row() if callable(row) else row, room) for _, row in lines[begin:end]]
        for begin, end in pairwise(begins)
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
    chosen = next((k for k, (place, _) in enumerate(lines) if place == cursor), 0)
    first = window(before, chosen, len(lines), capacity)
    while columns == 2 and chosen >= _column_break(lines, first, height) + height:
        first += 1
    return first


def _column_break(lines: list[Line], first: int, height: int) -> int:
    """Return the line that the second column begins with: no rest of a sentence.

    A heading goes with the line below it.
    """
    for begin in range(min(first + height, len(lines)), first + height // 4, -1):
        if begin == len(lines) or not (_goes_on(lines[begin]) or _is_heading(lines, begin - 1)):
            return begin
    return min(first + height, len(lines))


def _goes_on(line: Line) -> bool:
    """Whether a line goes on with the sentence or the formula above it."""
    place, row = line
    if place is not None or callable(row):
        return False
    return "".join(span.text for span in row[:1]).startswith("    ")


def _is_heading(lines: list[Line], k: int) -> bool:
    """Whether a line stands above an entry without being one."""
    return lines[k][0] is None and k + 1 < len(lines) and lines[k + 1][0] is not None


def last_place(session: Session, width: int, height: int) -> int:
    """Return how far one can scroll: over the card's lines in view first, then over the entries."""
    lines, columns = _laid_out(session, width, height)
    entries = sum(place is not None for place, _ in lines)
    return max(1, _before_entries(lines, height * columns)) + entries - 1


def _laid_out(session: Session, width: int, height: int) -> tuple[list[Line], int]:
    """Return the lines, and in how many columns they stand."""
    card_lines, facts = _card_lines(session, width), _facts(session, width)
    lines = [*card_lines, *facts]
    if width >= 2 * _COLUMN and len(lines) > height:
        room = width // 2 - 1
        return [*_card_lines(session, room), *_facts(session, room)], 2
    if height < _STEADY or session.trail:
        return lines, 1
    missing = _most_before_facts(session, width) - len(card_lines)
    blank: list[Line] = [(None, ())] * min(missing, _BLANK)
    return [*card_lines, *blank, *facts], 1


def _most_before_facts(session: Session, width: int) -> int:
    """Return the most lines that the subject's card has in a phase of this iteration.

    So many are left for it in all of them, and the numbers below keep their places.
    """
    asked = session.digits, session.whole, width
    about = session.selected, session.sample
    return _most(session.timelines, session.here, session.moment.iteration, *about, *asked)


@lru_cache(maxsize=16)
def _most(
    timelines: tuple[Timeline, ...],
    here: int,
    iteration: int,
    selected: str,
    sample: int,
    digits: int,
    whole: bool,
    width: int,
) -> int:
    most = 0
    for phase in Phase:
        session = Session(
            timelines=timelines,
            here=here,
            moment=Moment.of(iteration, phase),
            digits=digits,
            whole=whole,
            selected=selected,
            sample=sample,
        )
        most = max(most, len(_card_lines(session, width)))
    return most


def _before_entries(lines: list[Line], capacity: int) -> int:
    """Return the first line in view when the first entry is the last one in view."""
    entry = next((k for k, (place, _) in enumerate(lines) if place is not None), 0)
    return max(0, entry - capacity + 1)


@lru_cache(maxsize=8)
def _card_lines(session: Session, width: int) -> list[Line]:
    lines: list[Line] = [(None, _title(session, width))]
    for derivation in session.cards:
        lines += [(None, row) for row in card(session, derivation, width)]
    parts = session.parts
    if parts:
        lines.append((None, (Span(" computed from", "label"),)))
    lines += [(k, partial(_part, session, k, ref, width)) for k, ref in enumerate(parts)]
    return lines


def _title(session: Session, width: int) -> Row:
    if session.trail:
        return trail_row(session, width)
    network, subject = session.setup.network, session.selected
    if is_neuron(network, subject):
        place = network.places[subject][0]
        layer = network.layers[place - 1]
        kind = f"{plain(layer.name)}, {layer.chosen}" if place else "input"
    else:
        parameter = network.parameter(subject)
        targets = ", ".join(plain(name) for name in parameter.targets)
        kind = f"weight, {plain(parameter.source)} → {targets}" if parameter.source else ""
        bias = "threshold, subtracted from net of" if parameter.threshold else "bias of"
        kind = (kind or f"{bias} {targets}") + ("" if parameter.trainable else ", frozen")
    return (Span(plain(subject), "neuron"), Span(f"  {kind}", "path"))


@lru_cache(maxsize=64)
def _digits(asked: int, width: int) -> int:
    """Return the decimals asked for, or as many as fit beside a word."""
    return asked or next((d for d in (9, 6) if 3 + 16 + number_width(d) <= width), 4)


def _part(session: Session, place: int, ref: Ref, width: int) -> Row:
    label = sign(ref.quantity, naming(session.setup), ref.age)
    if ref.moment.iteration != max(1, session.moment.iteration):
        label += f" at {ref.moment.iteration}"
    value = session.value_at(ref.quantity, ref.moment)
    return _entry(session, place, label, ref.quantity, value, width, new="", moment=ref.moment)


@lru_cache(maxsize=8)
def _facts(session: Session, width: int) -> list[Line]:
    network, subject = session.setup.network, session.selected
    heading = ""
    lines: list[Line] = []
    for place, quantity in enumerate(session.facts, len(session.parts)):
        group = _heading(network, subject, quantity)
        if group != heading:
            lines.append((None, (Span(group, "label"),)))
            heading = group
        lines.append((place, partial(_fact, session, place, quantity, width)))
    return lines


def _fact(session: Session, place: int, quantity: Quantity, width: int) -> Row:
    network, names, subject = session.setup.network, naming(session.setup), session.selected
    value, new = session.value(quantity), session.new(quantity)
    label = _label(network, names, subject, quantity)
    if quantity.kind is Kind.PARAMETER and quantity.parameter == subject:
        label = "value" if session.new_value(subject) is None else "new value"
    return _entry(session, place, label, quantity, value, width, new=new)


def _heading(network: Network, subject: str, quantity: Quantity) -> str:
    name = plain(subject)
    if not is_neuron(network, subject):
        return f" {name} in full"
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


def _entry(
    session: Session,
    place: int,
    label: str,
    quantity: Quantity,
    value: float | None,
    width: int,
    *,
    new: str,
    moment: Moment | None = None,
) -> Row:
    digits, address = _digits(session.digits, width), str(quantity)
    chosen = place == session.cursor
    here = chosen and session.panel is Panel.INSPECTOR
    room = max(4, min(_LABEL, width - 3 - number_width(digits)))
    room = max(room, min(cells(label), width - 3 - number_width(digits)))
    return (
        Span("▸ " if chosen else "  ", "pointer", address),
        Span(pad(label, room), "fact selected" if here else "fact", address),
        *cell_of(session, quantity, value, digits, new=new, moment=moment),
    )
