"""A quantity's card: its formula in symbols and numbers, its value, and what is to be said."""

from __future__ import annotations

from bptui.audit.findings import Finding
from bptui.audit.verdicts import Verdict
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.derivation import Derivation
from bptui.story.formula import Formula, Product, Ref, references
from bptui.story.insights import insights, notes
from bptui.view.adding_up import FINEST, best_first, differ, enough, gives, upwards
from bptui.view.finding import MARKS, ROLES, figure_told, standing
from bptui.view.formula import age_of, numbers, written
from bptui.view.formula_2d import set_out
from bptui.view.glosses import fed_by, glosses
from bptui.view.numbers import DASH, number_role, show
from bptui.view.rows import Row, Span, cells, plain, wrap
from bptui.view.signs import Signs, signs_of
from bptui.view.step_card import what_the_step_did

DIGITS = 9
"""Decimals on a card, unless others are asked for: it wraps rather than cut a number."""
FEWER = (6, 5, 4)
"""Decimals of numbers under their signs, where more have no room."""


def card(session: Session, derivation: Derivation, width: int) -> list[list[Row]]:
    """Return a card without the numbers that its own was computed from: rows that stay together."""
    quantity = derivation.quantity
    value = session.value_at(quantity, derivation.moment)
    signs, address = signs_of(session, quantity.sample), str(quantity)
    if session.conceals(derivation):
        begin = signs.of(quantity, age_of(derivation, signs.names))
        return [[(Span(f"{begin} = ", "formula", address), Span(DASH, "unknown", address))]]
    choices = decimals(session, derivation)
    if derivation.formula is None:
        begin = signs.of(quantity, age_of(derivation, signs.names))
        number = Span(show(value, choices[0]), f"value {number_role(value)}", address)
        rows: list[Row] = [(Span(f"{begin} = ", "formula", address), number)]
        if cells(begin) + 3 + cells(number.text) > width:
            rows = [*_lines(begin, width, "formula", address), (Span("  = "), number)]
    else:
        rows, indent, digits = _formula(session, derivation, signs, choices, width)
        if value is None:
            return [[*rows, (Span(f"{indent}= {DASH}", "unknown", address), _LATER)]]
        rows += _again(session, derivation, signs, indent, digits, width)
        digits = digits if session.digits else max(choices)
        number = Span(show(value, digits), f"value {number_role(value)}", address)
        rows.append((Span(f"{indent}= "), number))
    blocks = [rows]
    if derivation.given:
        blocks.append(_said(plain(derivation.given), width, "path"))
    blocks += figures(session, derivation, width)
    if session.predicts:
        return blocks  # the rest tells what comes next
    blocks += what_the_step_did(session, derivation, width)
    for sentence in insights(session.timeline, derivation):
        blocks.append(_said(f"! {plain(sentence)}", width, "callout"))
    for note in notes(session.setup, quantity, derivation.moment, session.moment):
        blocks.append(_said(f"» {plain(note)}", width, "note"))
    return blocks


def decimals(session: Session, derivation: Derivation) -> list[int]:
    """Return the decimals that a card may have, the best first.

    With the best its sums add up, and its number differs from a wrong figure. What was not asked
    for is as much as fits.
    """
    value = session.value_at(derivation.quantity, derivation.moment)
    asked = session.digits or DIGITS
    found = session.printed(derivation.quantity, derivation.moment) if value is not None else ()
    wrong = [
        differ(finding.exact, finding.printed.value)
        for finding in found
        if finding.verdict is Verdict.WRONG
    ]
    least = enough(asked, wrong, FINEST)
    again = delta_times_feed(session, derivation)
    formulas = [f for f in (derivation.formula, again) if f is not None]
    sums = [gives(formula, value, whole=session.whole) for formula in formulas]
    return best_first(upwards(least), sums) if session.digits else [least, *best_first(FEWER, sums)]


_LATER = Span("  not computed yet", "path")


def figures(session: Session, derivation: Derivation, width: int) -> list[list[Row]]:
    found = session.printed(derivation.quantity, derivation.moment)
    return [_verdict(session, finding, width) for finding in found]


def _verdict(session: Session, finding: Finding, width: int) -> list[Row]:
    stands = standing(finding)
    told = figure_told(finding, session.printed_setup)
    rows = _said(f"{MARKS[stands]} {told}", width, ROLES[stands])
    if finding.leads:
        rows.append((Span("  w: go to what explains it", "path"),))
    return rows


def _formula(
    session: Session, derivation: Derivation, signs: Signs, choices: list[int], width: int
) -> tuple[list[Row], str, int]:
    """Return a formula in symbols and in numbers, how far later lines hang in, and the decimals.

    It is in two dimensions if its signs fit, else in as many lines as it takes.
    """
    formula, quantity, address = derivation.formula, derivation.quantity, str(derivation.quantity)
    assert formula is not None
    known = session.value_at(quantity, derivation.moment) is not None
    head = signs.of(quantity, age_of(derivation, signs.names))
    heads = [[head]]
    if quantity.kind is Kind.DE_DNET and not quantity.via and not signs.names.notation.delta:
        heads.insert(0, [signs.delta(quantity), head])
    words = glosses(session, formula, signs) if quantity.kind is Kind.DE_DPARAMETER else []
    outs = [
        set_out(formula, left, signs.leaf, choices, width, words, whole=session.whole)
        for left in heads
    ]
    with_numbers = [out for out in outs if out is not None and (out.numbers or not known)]
    out = with_numbers[0] if with_numbers else outs[-1]
    if out is not None:
        rows: list[Row] = [(Span(line, "formula", address),) for line in out.symbols]
        if out.numbers and known:
            rows.append((Span(out.numbers, "substituted", address),))
            rows += [(Span(out.words, "path"),)] if out.words else []
            return rows, " " * (len(out.numbers) - len(out.numbers.lstrip())), out.digits
    else:
        text = written(formula, signs.leaf, whole=session.whole)
        rows = _lines(f"{head} = {text}", width, "formula", address)
    if known:
        text = numbers(formula, choices[0], whole=session.whole)
        rows += _lines(f"  = {text}", width, "substituted", address)
    return rows, "  ", choices[0]


def _again(
    session: Session, derivation: Derivation, signs: Signs, indent: str, digits: int, width: int
) -> list[Row]:
    """Return a gradient as its neuron's delta, which is computed already, times what feeds it.

    Without numbers where they have no room.
    """
    product, quantity = delta_times_feed(session, derivation), derivation.quantity
    if product is None:
        return []
    delta = next(references(product)).quantity
    network = session.timeline.setup_at(derivation.moment).network
    source = network.parameter(quantity.parameter).source
    in_symbols = f"= {signs.delta(delta)}"
    if source is not None:
        in_symbols += f" × {signs.of(fed_by(network, source, quantity.sample))}"
    choices = (digits,) if session.digits else (DIGITS, *FEWER)
    with_numbers = [f"{in_symbols} = {numbers(product, places)}" for places in choices]
    for line in (*with_numbers, in_symbols):
        if cells(indent + line) <= width:
            return [(Span(indent + line, "substituted", str(delta)),)]
    return []


def delta_times_feed(session: Session, derivation: Derivation) -> Product | None:
    """Return a gradient as a product of two, if it is one of three and delta is computed."""
    formula, quantity = derivation.formula, derivation.quantity
    if quantity.kind is not Kind.DE_DPARAMETER or quantity.via or not _is_chain(formula):
        return None
    assert isinstance(formula, Product)
    feed = formula.factors[-1]
    assert isinstance(feed, Ref)
    delta = Quantity(Kind.DE_DNET, neuron=feed.quantity.neuron, sample=quantity.sample)
    value = session.value_at(delta, feed.moment)
    return None if value is None else Product((Ref(delta, feed.moment, value), feed))


def _is_chain(formula: Formula | None) -> bool:
    """Whether a formula is the chain rule's product of three."""
    kinds = (Kind.DE_DOUT, Kind.DOUT_DNET, Kind.DNET_DPARAMETER)
    found = formula.factors if isinstance(formula, Product) else ()
    return tuple(f.quantity.kind for f in found if isinstance(f, Ref)) == kinds


def _lines(text: str, width: int, role: str, address: str) -> list[Row]:
    """Return a formula in lines that break between terms; within one only where it is too long."""
    glued = text.replace(" × ", f"{_GLUE}×{_GLUE}")
    if max(map(cells, glued.split())) + 4 > width:
        glued = text
    lines = wrap(glued, width, hang=4)
    return [(Span(line.replace(_GLUE, " "), role, address),) for line in lines]


_GLUE = "\0"
"""Stands for a blank at which a line does not break."""


def _said(text: str, width: int, role: str) -> list[Row]:
    return [(Span(f" {line}", role),) for line in wrap(text, max(8, width - 1), hang=3)]


def trail_row(session: Session, width: int) -> Row:
    signs = signs_of(session)
    steps = [signs.of(opened.quantity) for opened in session.trail]
    subject = f" {plain(session.selected)}"
    text = "".join(f" › {step}" for step in steps)
    while steps and cells(subject + text) > width:
        steps = steps[1:]
        text = " › …" + "".join(f" › {step}" for step in steps)
    return (Span(subject, "neuron"), Span(text, "heading"))
