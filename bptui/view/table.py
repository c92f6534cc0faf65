"""The gradient table: every parameter with its value, gradient, step and new value."""

from __future__ import annotations

from dataclasses import dataclass

from bptui.engine.network import Parameter
from bptui.story.address import Kind, Quantity
from bptui.story.session import Session
from bptui.view.numbers import NEW, cell, number_width, sign_role
from bptui.view.text import Row, Span, cells, fit_row, pad, plain, window

FROZEN = "frozen"


@dataclass(frozen=True)
class _Columns:
    """The widths that a panel has room for."""

    name: int
    path: int
    """0 where there is no room for it."""
    digits: int

    @property
    def number(self) -> int:
        """A number with a mark before it and a blank after."""
        return number_width(self.digits) + 2


def table(session: Session, width: int, height: int) -> tuple[list[Row], str]:
    """Return the table in a panel's size, and what is to be said of it in the panel's title."""
    parameters = session.problem.network.parameters
    columns = _columns(parameters, width)
    names = [p.name for p in parameters]
    chosen = names.index(session.selected) if session.selected in names else 0
    room = max(1, height - 1)
    first = window(chosen - room // 2, chosen, len(parameters), room)
    shown = parameters[first : first + room]
    rows = [_header(columns), *(_row(session, p, columns) for p in shown)]
    rows += [()] * (height - len(rows))
    said = f"{first + 1}-{first + len(shown)} of {len(names)}" if len(shown) < len(names) else ""
    return [fit_row(row, width) for row in rows[:height]], said


def table_height(session: Session) -> int:
    """Return how many rows the whole table has."""
    return 1 + len(session.problem.network.parameters)


def _columns(parameters: tuple[Parameter, ...], width: int) -> _Columns:
    """Choose as many decimals as fit; without room even for few, leave out where edges lead."""
    name = min(12, max(4, *(cells(plain(p.name)) for p in parameters)))
    path = min(16, max(cells(_path(p)) for p in parameters))
    for digits, place in ((9, path), (6, path), (4, path), (4, 0)):
        columns = _Columns(name, place, digits)
        if 2 + name + (place + 1 if place else 0) + 4 * columns.number <= width:
            break
    return columns


def _path(parameter: Parameter) -> str:
    targets = ",".join(plain(name) for name in parameter.targets)
    return f"{plain(parameter.source)}→{targets}" if parameter.source else f"→{targets}"


def _header(columns: _Columns) -> Row:
    few = columns.digits < 6
    words = ("value", "grad", "step", "new") if few else ("value", "gradient", "step", "new value")
    text = "  " + pad("name", columns.name)
    text += " " + pad("edge", columns.path) if columns.path else ""
    # a word begins where the numbers' first digits stand
    return (Span(text + "".join(pad("  " + word, columns.number) for word in words), "label"),)


def _row(session: Session, parameter: Parameter, columns: _Columns) -> Row:
    name, state = parameter.name, session.state
    slot = session.problem.network.slots[name]
    chosen = name == session.selected
    value = Quantity(Kind.PARAMETER, parameter=name)
    gradient = Quantity(Kind.DE_DPARAMETER, parameter=name)
    step = Quantity(Kind.STEP, parameter=name)
    new = session.values.get(value) if state.after is not None else None
    changed = session.is_new(value)
    head = [
        Span("▸ " if chosen else "  ", "pointer", name),
        Span(pad(plain(name), columns.name), "weight selected" if chosen else "weight", name),
    ]
    if columns.path:
        head.append(Span(" " + pad(_path(parameter), columns.path), "path", name))
    held = not parameter.trainable
    return (
        *head,
        *_number(float(state.before[slot]), value, columns, new=False),
        *_number(session.values.get(gradient), gradient, columns, new=session.is_new(gradient)),
        *(
            (Span(pad(f"  {FROZEN}", columns.number), "frozen", str(step)),)
            if held
            else _number(session.values.get(step), step, columns, new=session.is_new(step))
        ),
        *_number(new, value, columns, new=changed),
    )


def _number(
    value: float | None, quantity: Quantity, columns: _Columns, *, new: bool
) -> tuple[Span, ...]:
    role = sign_role(value) + (" new" if new else "")
    address = str(quantity)
    return (
        Span(NEW if new else " ", "mark", address),
        Span(cell(value, columns.digits) + " ", role, address),
    )
