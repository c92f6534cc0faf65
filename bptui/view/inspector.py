"""The inspector: all numbers of the selected neuron or parameter, as far as they are known."""

from __future__ import annotations

from bptui.engine.network import Parameter
from bptui.story.address import Kind, Quantity
from bptui.story.commands import Panel
from bptui.story.session import Session
from bptui.story.subjects import is_neuron
from bptui.view.numbers import NEW, cell, number_width, show, sign_role
from bptui.view.text import Row, Span, cells, fit_row, pad, plain, window
from bptui.view.words import symbol

_COLUMN = 39
"""A column of lines; where there is room for two, and need, there are two."""


def inspector(session: Session, width: int, height: int) -> tuple[list[Row], str]:
    """Return the inspector in a panel's size, and what is to be said of it in the panel's title."""
    columns = 2 if width >= 2 * _COLUMN and height < _line_count(session) else 1
    room = width // columns
    lines = _lines(session, room)
    chosen = next(k for k, (place, _) in enumerate(lines) if place == session.fact)
    capacity = height * columns
    first = window(0, chosen, len(lines), capacity)
    rows = [fit_row(row, room) for _, row in lines[first : first + capacity]]
    rows += [fit_row((), room)] * (capacity - len(rows))
    more = len(lines) > capacity
    said = f"{first + 1}-{min(first + capacity, len(lines))} of {len(lines)}" if more else ""
    beside = [
        tuple(span for k in range(columns) for span in rows[y + k * height]) for y in range(height)
    ]
    return [fit_row(row, width) for row in beside], said


def _line_count(session: Session) -> int:
    return len(_lines(session, _COLUMN))


def _lines(session: Session, width: int) -> list[tuple[int | None, Row]]:
    """Return the inspector's lines, each with the place of the quantity that it shows."""
    lines: list[tuple[int | None, Row]] = [(None, _title(session))]
    heading = ""
    digits = _digits(session, width)
    for place, quantity in enumerate(session.facts):
        group = _heading(session, quantity)
        if group and group != heading:
            lines.append((None, (Span(f" {group}", "label"),)))
        heading = group or heading
        lines.append((place, _fact(session, place, quantity, width, digits)))
    return lines + [(None, row) for row in _remarks(session)]


def _title(session: Session) -> Row:
    network, subject = session.problem.network, session.selected
    if is_neuron(network, subject):
        place = network.places[subject][0]
        if place == 0:
            kind = "input"
        else:
            layer = network.layers[place - 1]
            kind = f"{plain(layer.name)}, {layer.activation_name}"
    else:
        parameter = network.parameter(subject)
        targets = ", ".join(plain(name) for name in parameter.targets)
        kind = f"weight, {plain(parameter.source)} → {targets}" if parameter.source else ""
        kind = kind or f"bias of {targets}"
        kind += "" if parameter.trainable else ", frozen"
    return (Span(plain(subject), "neuron"), Span(f"  {kind}", "path"))


def _digits(session: Session, width: int) -> int:
    """Return the most decimals with which the longest line fits."""
    longest = max(cells(_label(session, q)) for q in session.facts)
    for digits in (9, 6):
        if 2 + min(longest, 16) + 1 + number_width(digits) <= width:
            return digits
    return 4


def _heading(session: Session, quantity: Quantity) -> str:
    """Return the group of lines that a quantity belongs to."""
    if not is_neuron(session.problem.network, session.selected):
        return ""
    if quantity.kind is Kind.PARAMETER:
        parameter = session.problem.network.parameter(quantity.parameter)
        return "to" if parameter.source == session.selected else "from"
    if quantity.kind in (Kind.INPUT, Kind.NET, Kind.OUT, Kind.TARGET, Kind.SHARE):
        return "forward"
    return "backward"


def _label(session: Session, quantity: Quantity) -> str:
    notation = session.problem.preset.notation
    if not is_neuron(session.problem.network, session.selected):
        return _parameter_label(session, quantity)
    if quantity.kind is Kind.PARAMETER:
        return _edge_label(session, session.problem.network.parameter(quantity.parameter))
    if quantity.via:
        return f"  via {plain(quantity.via)}"
    if quantity.kind is Kind.DE_DNET:
        return f"δ = {symbol(notation, quantity)}"
    return symbol(notation, quantity)


def _edge_label(session: Session, parameter: Parameter) -> str:
    name = plain(parameter.name)
    if parameter.source == session.selected:
        return f"{name} → {plain(parameter.targets[0])}"
    return f"{name} × {plain(parameter.source)}" if parameter.source else name


def _parameter_label(session: Session, quantity: Quantity) -> str:
    notation = session.problem.preset.notation
    text = symbol(notation, quantity)
    match quantity.kind:
        case Kind.PARAMETER:
            return "new value" if session.state.after is not None else "value"
        case Kind.DE_DPARAMETER if quantity.via:
            return f"  via {plain(quantity.via)}"
        case Kind.DE_DPARAMETER if quantity.sample:
            return f"  of sample {quantity.sample}"
        case Kind.DE_DOUT:
            return f"= {text}"
        case Kind.DOUT_DNET | Kind.DNET_DPARAMETER:
            return f"× {text}"
    return text


def _fact(session: Session, place: int, quantity: Quantity, width: int, digits: int) -> Row:
    value, new = session.values.get(quantity), session.is_new(quantity)
    chosen = place == session.fact
    here = chosen and session.panel is Panel.INSPECTOR
    address = str(quantity)
    label_width = max(1, min(width - 3 - number_width(digits), 22))
    role = "fact selected" if here else "fact"
    room = width - 3 - label_width - number_width(digits)
    return (
        Span("▸ " if chosen else "  ", "pointer", address),
        Span(pad(_label(session, quantity), label_width), role, address),
        Span(NEW if new else " ", "mark", address),
        Span(cell(value, digits), sign_role(value) + (" new" if new else ""), address),
        *_aside(session, quantity, room),
    )


def _aside(session: Session, quantity: Quantity, room: int) -> Row:
    """Say what an incoming weight is multiplied with, where there is room for the whole number."""
    network, subject = session.problem.network, session.selected
    if quantity.kind is not Kind.PARAMETER or not is_neuron(network, subject):
        return ()
    source_name = network.parameter(quantity.parameter).source
    if source_name is None or source_name == subject:
        return ()
    kind = Kind.INPUT if source_name in network.inputs else Kind.OUT
    source = Quantity(kind, neuron=source_name, sample=session.shown_sample)
    value = session.values.get(source)
    number = show(value, 9)
    if len(number) + 3 > room:
        return ()
    return (Span(" × ", "path", str(source)), Span(number, sign_role(value), str(source)))


def _remarks(session: Session) -> list[Row]:
    """Say of a parameter what its step is made of."""
    network, subject = session.problem.network, session.selected
    if is_neuron(network, subject):
        return []
    return [(Span(f"  {text}", "path"),) for text in _rule(session, network.parameter(subject))]


def _rule(session: Session, parameter: Parameter) -> list[str]:
    name, rate = plain(parameter.name), session.problem.rule.learning_rate
    before = float(session.state.before[session.problem.network.slots[parameter.name]])
    if not parameter.trainable:
        return [f"{name} is frozen: it keeps {show(before, 9)}"]
    lines = [f"new {name} = {name} - η ∂E/∂{name}"]
    gradient = session.values.get(Quantity(Kind.DE_DPARAMETER, parameter=parameter.name))
    if gradient is not None:
        sign = "-" if gradient >= 0 else "+"
        lines.append(f"= {show(before, 9)} {sign} {show(rate, 6)} × {show(abs(gradient), 9)}")
    return lines
