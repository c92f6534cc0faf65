"""The page of conventions: what can be switched, and what each choice means."""

from __future__ import annotations

from bptui.session.session import Session
from bptui.story.conventions import Convention, conventions_of
from bptui.story.derivation import derive
from bptui.story.moment import Moment, Phase
from bptui.story.notation import naming
from bptui.view.formula import head, symbols
from bptui.view.rows import (
    Row,
    Span,
    fit_rows,
    pad,
    pointer,
    row_cells,
    window,
    wrap,
)


def conventions_page(session: Session, width: int, height: int) -> list[Row]:
    preset = session.setup.preset
    there = conventions_of(preset)
    told = f"Changes apply from iteration {max(1, session.moment.iteration)}"
    undo = "; u to undo"
    told += undo if len(told + undo) < width else ""
    top: list[Row] = [(Span(f" {told}", "label"),), ()]
    versions = (
        (_all_choices, True, False),
        (_all_choices, True, True),
        (_first_choices, True, True),
        (_all_choices, False, False),
        (_first_choices, False, False),
    )
    for write, explained, short in versions:  # the first that has room for all
        rows = [*top]
        for place, convention in enumerate(there):
            now, values = convention.get(preset), convention.choices(preset)
            word = (convention.short if short else None) or convention.word
            words = [word(v) for v in (values if now in values else (now, *values))]
            named = _named(session, place, convention.label)
            rows += write(named, word(now), tuple(words), width)
            left = " " * (row_cells(named) + 2)
            for formula in _formulas(session, convention) if explained else ():
                lines = wrap(formula, width - len(left), hang=2)
                rows += [(Span(left + line, "formula"),) for line in lines]
        if len(rows) <= height:
            break
    else:
        body, room = rows[len(top) :], height - 1
        first = window(0, session.line, len(body), room)
        rows = [top[0], *body[first : first + room]]
    return fit_rows(rows, width, height)


def _formulas(session: Session, convention: Convention) -> list[str]:
    """Return what a convention's choice means, as equations."""
    names = naming(session.setup)
    moment = Moment.of(max(1, session.moment.iteration), Phase.UPDATE)
    found = [derive(session.timeline, q, moment) for q in convention.shown_by(session.setup)]
    return [f"{head(d, names)} = {symbols(d.formula, names)}" for d in found if d.formula]


def _named(session: Session, place: int, name: str) -> Row:
    chosen = place == session.line
    role = "fact selected" if chosen else "fact"
    return (pointer(chosen), Span(pad(name, 14), role))


def _choice(value: str, now: str) -> Span:
    here = value == now
    return Span(f"  {'●' if here else '○'} {value}", "lamp" if here else "lamp_off")


def _all_choices(begin: Row, now: str, values: tuple[str, ...], width: int) -> list[Row]:
    rows: list[Row] = [begin]
    for value in values:
        span = _choice(value, now)
        if row_cells(rows[-1]) + row_cells((span,)) > width and rows[-1] is not begin:
            rows.append((Span(" " * row_cells(begin)),))
        rows[-1] = (*rows[-1], span)
    return rows


def _first_choices(begin: Row, now: str, values: tuple[str, ...], width: int) -> list[Row]:
    """Return them on one line; where not all have room, that which is so is the first."""
    row = (*begin, *(_choice(value, now) for value in values))
    if row_cells(row) <= width:
        return [row]
    turn = values.index(now)  # what enter switches to stands next to what is so
    return [(*begin, *(_choice(value, now) for value in (*values[turn:], *values[:turn])))]
