"""A quantity's card: its formula in symbols and numbers, its value, and what is to be said."""

from __future__ import annotations

from bptui.session.session import Session
from bptui.story.derivation import Derivation, derive
from bptui.story.formula import Formula, references
from bptui.story.insights import insights, notes
from bptui.story.notation import naming
from bptui.view.finding import MARKS, ROLES, figure_told, standing
from bptui.view.formula import head, numbers, sign, symbols
from bptui.view.numbers import DASH, number_role, show
from bptui.view.rows import Row, Span, cells, plain, wrap

DIGITS = 9
"""Decimals on a card, unless others are asked for: it wraps rather than cut a number."""


def card(session: Session, derivation: Derivation, width: int) -> list[Row]:
    names, digits = naming(session.setup), session.digits or DIGITS
    quantity = derivation.quantity
    value = session.value_at(quantity, derivation.moment)
    begin, address = head(derivation, names), str(quantity)
    if derivation.formula is None:
        text = show(value, digits)
        rows: list[Row] = [
            (Span(f"{begin} = ", "formula", address), Span(text, number_role(value), address))
        ]
    else:
        in_symbols = symbols(derivation.formula, names, whole=session.whole)
        rows = _lines(f"{begin} = {in_symbols}", width, "formula", address)
        if value is None:
            dash = Span(f"  = {DASH}", "unknown", address)
            return [*rows, (dash, Span("  not computed yet", "path"))]
        rows += _with_numbers(session, derivation.formula, width, address)
        rows.append(
            (Span("  = "), Span(show(value, digits), f"value {number_role(value)}", address))
        )
    if derivation.given:
        rows += _said(plain(derivation.given), width, "path")
    rows += figures(session, derivation, width)
    if derivation.paths is not None:
        rows += _paths(session, derivation.paths, width)
    for sentence in insights(session.timeline, derivation):
        rows += _said(f"! {plain(sentence)}", width, "callout")
    for note in notes(session.setup, quantity, derivation.moment, session.moment):
        rows += _said(f"» {plain(note)}", width, "note")
    return rows


def figures(session: Session, derivation: Derivation, width: int) -> list[Row]:
    rows: list[Row] = []
    for finding in session.printed(derivation.quantity, derivation.moment):
        stands = standing(finding)
        told = figure_told(finding, session.printed_setup)
        rows += _said(f"{MARKS[stands]} {told}", width, ROLES[stands])
        if finding.leads:
            rows.append((Span("  w: go to what explains it", "path"),))
    return rows


def _with_numbers(session: Session, formula: Formula, width: int, address: str) -> list[Row]:
    digits = session.digits or DIGITS
    text = numbers(formula, digits, whole=session.whole)
    return _lines(f"  = {text}", width, "substituted", address)


def _paths(session: Session, paths: Formula, width: int) -> list[Row]:
    """Return the same value as a sum over paths, and each path with its factors."""
    names, digits = naming(session.setup), session.digits or DIGITS
    rows: list[Row] = [(Span("  summed over paths", "label"),)]
    rows += _lines(f"  = {symbols(paths, names, whole=session.whole)}", width, "formula", "")
    rows += _with_numbers(session, paths, width, "")
    for ref in list(references(paths))[: None if session.whole else 4]:
        path, address = derive(session.timeline, ref.quantity, ref.moment), str(ref.quantity)
        if path.formula is None:
            continue
        text = f"  {sign(ref.quantity, names)} = {symbols(path.formula, names)}"
        rows += _lines(text, width, "formula", address)
        text = f"  = {numbers(path.formula, digits)} = {show(ref.value, digits)}"
        rows += _lines(text, width, "substituted", address)
    return rows


def _lines(text: str, width: int, role: str, address: str) -> list[Row]:
    return [(Span(line, role, address),) for line in wrap(text, width, hang=4)]


def _said(text: str, width: int, role: str) -> list[Row]:
    return [(Span(f"  {line}", role),) for line in wrap(text, max(8, width - 2), hang=2)]


def trail_row(session: Session, width: int) -> Row:
    names = naming(session.setup)
    steps = [sign(opened.quantity, names) for opened in session.trail]
    subject = plain(session.selected)
    text = "".join(f" › {step}" for step in steps)
    while steps and cells(subject + text) > width:
        steps = steps[1:]
        text = " › …" + "".join(f" › {step}" for step in steps)
    return (Span(subject, "neuron"), Span(text, "heading"))
