"""The page of conventions: what can be switched, and what the selected one means here."""

from __future__ import annotations

from collections.abc import Iterator

from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.conventions import Convention, conventions_of
from bptui.story.derivation import derive
from bptui.story.moment import Moment, Phase
from bptui.story.notation import naming
from bptui.story.switching import ITERATIONS, Difference, SwitchTask, difference
from bptui.view.audit_report import told
from bptui.view.formula import head, symbols
from bptui.view.numbers import show
from bptui.view.pictures import result_of
from bptui.view.rows import Row, Span, cells, pad, plain, pointer, row_cells, window, wrap

_DIGITS = 9
_TWO_COLUMNS = 72
"""From this width on, other choices stand in two columns."""


def conventions_page(session: Session, width: int, height: int) -> list[Row]:
    preset = session.setup.preset
    there = conventions_of(preset)
    told = f"Changes apply from iteration {max(1, session.moment.iteration)}"
    undo = "; u to undo"
    told += undo if len(told + undo) < width else ""
    top: list[Row] = [(Span(f" {told}", "label"),), ()]
    versions = ((_all_choices, False), (_all_choices, True), (_first_choices, False))
    for write, short in versions:  # the first that has room for all
        rows = [*top]
        for place, convention in enumerate(there):
            now, values = convention.get(preset), convention.choices(preset)
            word = (convention.short if short else None) or convention.word
            words = [word(v) for v in (values if now in values else (now, *values))]
            named = _named(session, place, convention.label)
            rows += write(named, word(now), tuple(words), width)
        if len(rows) <= height:
            return rows
    body, room = rows[len(top) :], height - 1
    first = window(0, session.line, len(body), room)
    return [top[0], *body[first : first + room]]


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


# what is selected


def about(session: Session, width: int, height: int) -> list[Row]:
    """Return what the selected convention means, and what its other choices would change."""
    convention = _selected(session)
    rows: list[Row] = [(Span(line, "text"),) for line in wrap(convention.meaning, width)]
    for formula in _formulas(session, convention):
        rows += [(Span(line, "formula"),) for line in wrap(formula, width, hang=2)]
    return [*rows, *_right_with(session, convention, width), *_others(session, convention, width)]


def _selected(session: Session) -> Convention:
    there = conventions_of(session.setup.preset)
    return there[min(session.line, len(there) - 1)]


def _formulas(session: Session, convention: Convention) -> list[str]:
    """Return what a convention's choice means, as equations."""
    names = naming(session.setup)
    moment = Moment.of(max(1, session.moment.iteration), Phase.UPDATE)
    found = [derive(session.timeline, q, moment) for q in convention.shown_by(session.setup)]
    return [f"{head(d, names)} = {symbols(d.formula, names)}" for d in found if d.formula]


def _right_with(session: Session, convention: Convention, width: int) -> Iterator[Row]:
    """Yield how many of the article's figures come right with another choice."""
    for found in session.audit.conventions if session.audit is not None else ():
        if any(name == convention.name for name, _ in found.under):
            for line in wrap(told(found), width, hang=2):
                yield (Span(line, "callout"),)


def wanted(session: Session) -> SwitchTask | None:
    """Return what is to be computed of the selected convention, if it is not yet."""
    task = _task(session, _selected(session))
    return task if task.choices and result_of(session, task) is None else None


def _task(session: Session, convention: Convention) -> SwitchTask:
    preset = session.setup.preset
    values = convention.choices(preset) or convention.examples(preset)
    now = convention.get(preset)
    turn = values.index(now) if now in values else 0  # what enter switches to comes first
    others = tuple(value for value in (*values[turn:], *values[:turn]) if value != now)
    return SwitchTask(session.timeline, max(1, session.moment.iteration), convention.name, others)


def _others(session: Session, convention: Convention, width: int) -> Iterator[Row]:
    """Yield for each other choice the first number that it would change."""
    task = _task(session, convention)
    if not task.choices or session.predicts:
        return
    yield (Span("What another choice would change first:", "label"),)
    found = result_of(session, task)
    if found is None:
        yield (Span("computing ...", "path"),)
        return
    words = [convention.word(choice) for choice in task.choices]
    columns = 2 if width >= _TWO_COLUMNS else 1
    each = width // columns
    size = min(max(map(cells, words)), each // 2)
    drawn = [
        _other(session, word, difference(task, row), size, each - 1)
        for word, row in zip(words, found, strict=True)
    ]
    for place in range(0, len(drawn), columns):
        yield tuple(span for row in drawn[place : place + columns] for span in row)


def _other(session: Session, word: str, one: Difference | None, size: int, width: int) -> Row:
    """Return a choice in so many columns, and what it would change in the rest of a width."""
    versions = _changed(session, one) if one is not None else _UNCHANGED
    room = width - size - 2
    text = next((text for text in versions if cells(text) <= room), versions[-1])
    role = "number" if one is not None else "path"
    return (Span(f"{pad(word, size)}  ", "fact"), Span(pad(text, room + 1), role))


_UNCHANGED = (f"nothing in {ITERATIONS} iterations", "nothing")


def _changed(session: Session, one: Difference) -> tuple[str, ...]:
    """Return a difference in words, from long to short."""
    kind = Kind.DE_DPARAMETER if one.moment.phase is Phase.BACKWARD else Kind.PARAMETER
    name = plain(str(Quantity(kind, parameter=one.parameter)))
    where = f" at {one.moment}" if one.moment.iteration != session.moment.iteration else ""
    digits = session.digits or _DIGITS
    longest = f"{name}{where}: {show(one.now, digits)} → {show(one.then, digits)}"
    return (
        longest,
        f"{name}: {show(one.now, 6)} → {show(one.then, 6)}",
        (f"{name} {show(one.then, 4)}"),
    )
