"""The page of an article's figures without their verdicts: which is wrong first, and why?"""

from __future__ import annotations

from bptui.session.hunt import mistake, offered
from bptui.session.keys import key_for
from bptui.session.parts import Hunt
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.view.finding import figure_told, in_notation, names_in, where
from bptui.view.header import conventions
from bptui.view.numbers import around_points, pointed, show
from bptui.view.rows import Row, Span, around, fit_rows, pad, plain, pointer, wrap

_PLACE = 40
_GIVEN_ROWS = 4


def mistake_page(session: Session, width: int, height: int) -> list[Row]:
    hunt, found = session.hunt, mistake(session)
    if hunt is None or found is None:
        told = " checking the figures ..." if session.audit is None or session.auditing else ""
        told = told or " This article has no mistake: every figure is right."
        return fit_rows([(Span(told, "label"),)], width, height)
    if not hunt.found:
        return _figures(session, hunt, width, height)
    names = names_in(session.printed_setup)
    rows: list[Row] = [
        (
            Span(f" {plain(found.printed.text)}", "wrong"),
            Span(f" for {where(found.printed, names)} is the first wrong figure.", "status"),
        ),
        (),
    ]
    if hunt.solved:
        told = figure_told(found, session.printed_setup)
        rows += [(Span(f" {line}", "fact"),) for line in wrap(told, width - 2)]
        carried = _carried(session)
        rows += [(), (Span(f" {carried}", "status"),)] if carried else []
        opens = key_for(session.preferences, "open")
        return fit_rows([*rows, (), (Span(f" {opens}: its card", "path"),)], width, height)
    rows.append((Span(" What went wrong?", "heading"),))
    for place, words in enumerate(offered(session)[0]):
        rows += _cause(session, hunt, place, words, width)
    return fit_rows(rows, width, height)


def _cause(session: Session, hunt: Hunt, place: int, words: str, width: int) -> list[Row]:
    chosen, tried = place == session.line, place in hunt.blamed
    role = "path" if tried else "fact selected" if chosen else "fact"
    text = plain(in_notation(words, session.printed_setup).replace("`", ""))
    first, *more = wrap(f"{'no: ' if tried else ''}{text}", width - 5)
    return [
        (pointer(chosen), Span(first, role)),
        *((Span("     " + line, role),) for line in more),
    ]


def _carried(session: Session) -> str:
    found, audit = mistake(session), session.audit
    assert found is not None
    assert audit is not None
    count = audit.explains(found)
    return f"With what follows from it, that is {count} wrong figures." if count > 1 else ""


def _figures(session: Session, hunt: Hunt, width: int, height: int) -> list[Row]:
    figures, names = session.auditor.figures, names_in(session.printed_setup)
    opens = key_for(session.preferences, "open")
    rows = [
        (Span(f" Which is the first wrong figure? Go to it and press {opens}.", "heading"),),
        *_given(session, width),
    ]
    columns = around_points([figure.text for figure in figures])
    room = max(1, height - len(rows))
    first = around(session.line, len(figures), room)
    for place, figure in enumerate(figures[first : first + room], first):
        chosen, tried = place == session.line, place in hunt.pointed
        role = "path" if tried else "fact selected" if chosen else "fact"
        label = pad(where(figure, names), min(_PLACE, max(12, width - sum(columns) - 10)))
        number = pointed(figure.text, columns)
        rows.append(
            (pointer(chosen), Span(label, role), Span(f"  {number}", "path" if tried else "number"))
        )
    return fit_rows(rows, width, height)


def _given(session: Session, width: int) -> list[Row]:
    """Return what the figures are computed from: inputs, targets, first parameters, the rule."""
    setup, names = session.printed_setup, names_in(session.printed_setup)
    network, values = setup.network, []
    for names_of, kind, numbers in (
        (network.inputs, Kind.INPUT, setup.inputs[0]),
        (network.outputs, Kind.TARGET, setup.targets[0] if setup.has_targets else ()),
    ):
        for name, number in zip(names_of, numbers, strict=False):
            values.append(f"{names(Quantity(kind, neuron=name))} = {show(float(number), 6)}")
    for parameter, number in zip(network.parameters, setup.state[0], strict=True):
        about = Quantity(Kind.PARAMETER, parameter=parameter.name)
        values.append(f"{names(about)} = {show(float(number), 6)}")
    values += [words for words, *_ in conventions(session)]
    lines = wrap("Given: " + ", ".join(values), width - 2)
    return [(Span(f" {line}", "label"),) for line in lines[:_GIVEN_ROWS]]
