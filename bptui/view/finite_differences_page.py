"""The gradient check: every gradient beside a central difference of the loss."""

from __future__ import annotations

from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.finite_differences import compare, losses_around
from bptui.story.landscape import pass_cost
from bptui.story.notation import naming
from bptui.view.formula import loss_sign, sign
from bptui.view.numbers import cell, number_role, number_width, show
from bptui.view.rows import Row, Span, around, pad, plain, pointer, wrap

CLOSE = 1e-6
"""A relative error below this is what a central difference in double precision can do."""
_NAME, _SHORT_NAME = 12, 7
_HEADS = ("  gradient", "  difference", "  relative error")
_SHORT_HEADS = (" gradient", " differ.", " error")
_ENOUGH = 8
"""In fewer rows there is only the list."""
_QUICK = 50_000_000
"""Nanoseconds that it may take to compare all."""
_FEW = 8
"""So many gradients that differ are named on top."""


def total(session: Session) -> int:
    """Return how many gradients there are to check, 0 before they are computed."""
    if session.state.backward is None or session.left:
        return 0
    return len(session.setup.network.parameters)


def check_page(session: Session, width: int, height: int) -> list[Row]:
    """Return the page; only what is in view is compared."""
    if not total(session):
        told = "Step to the end of the backward phase first: not all gradients are computed."
        return [(Span(f" {line}", "label"),) for line in wrap(told, width - 1)]
    rows: list[Row] = []
    if height >= _ENOUGH:
        said = [*_agreement(session), (_introduction(session), "label")]
        rows = [(Span(f" {line}", role),) for text, role in said for line in wrap(text, width - 1)]
        rows.append(())
    wide = width >= 5 + _NAME + 2 * (number_width(9) + 2) + 16
    digits, name, words = (9, _NAME, _HEADS) if wide else (4, _SHORT_NAME, _SHORT_HEADS)
    size = number_width(digits) + 2
    head = "     " + pad("name", name) + "".join(pad(word, size) for word in words[:2])
    rows.append((Span(head + words[2], "label"),))
    parameters, room = session.setup.network.parameters, max(1, height - len(rows))
    first = around(session.line, len(parameters), room)
    for place, parameter in enumerate(parameters[first : first + room], first):
        chosen = place == session.line
        rows.append(_compared(session, parameter.name, name, digits, chosen=chosen))
    return rows


def _agreement(session: Session) -> list[tuple[str, str]]:
    """Say whether all gradients agree, where it does not take long to compare them."""
    names = [*session.setup.network.slots]
    if 2 * len(names) * pass_cost(session.timeline, session.moment.iteration) > _QUICK:
        return []
    errors = {name: compare(session.state, name)[1] for name in names}
    wrong = [name for name in names if not errors[name] < CLOSE]
    if not wrong:
        worst = f"{max(errors.values()):.0e}".replace("e-0", "e-")
        return [(f"All {len(names)} gradients agree, to {worst} or better.", "match")]
    if len(wrong) == len(names):
        return [("No gradient agrees.", "wrong")]
    listed = f": {', '.join(map(plain, wrong))}" if len(wrong) <= _FEW else ""
    return [(f"{len(wrong)} of {len(names)} gradients differ{listed}.", "wrong")]


def _introduction(session: Session) -> str:
    text = "Gradients beside central differences of the loss; = agrees, ! differs."
    if session.setup.rule.update == "sequential":
        text += (
            " In a sequential update hidden gradients are not exactly those of E, so they differ."
        )
    return text


def _compared(session: Session, name: str, width: int, digits: int, *, chosen: bool) -> Row:
    quantity = Quantity(Kind.DE_DPARAMETER, parameter=name)
    gradient = session.value_at(quantity, session.moment) or 0.0
    difference, error = compare(session.state, name)
    agrees = error < CLOSE
    return (
        pointer(chosen, name),
        Span("= " if agrees else "! ", "number" if agrees else "wrong", name),
        Span(pad(plain(name), width), "weight selected" if chosen else "weight", name),
        Span(cell(gradient, digits) + "  ", number_role(gradient), str(quantity)),
        Span(cell(difference, digits) + "  ", number_role(difference)),
        Span(f"{error:.1e}", "path" if agrees else "wrong"),
    )


def about(session: Session, width: int, height: int) -> list[Row]:
    """Return how the selected gradient's difference is computed."""
    if not total(session):
        return []
    name = session.setup.network.parameters[session.line].name
    h, up, down = losses_around(session.state, name)
    difference, error = compare(session.state, name)
    loss, quantity = loss_sign(session.setup), Quantity(Kind.DE_DPARAMETER, parameter=name)
    called = plain(name)
    gradient = session.value_at(quantity, session.moment)
    rows = [
        (f"{loss}({called} + h) = {up:.15g}", "number"),
        (f"{loss}({called} - h) = {down:.15g}", "number"),
        (f"their difference / 2h = {show(difference, 9)}", "number"),
        (f"{sign(quantity, naming(session.setup))} = {show(gradient, 9)}", "number"),
        (_verdict(error), "number" if error < CLOSE else "wrong"),
        (f"h = {h:.0e}; {called} as it was before this iteration's update.", "path"),
    ]
    return [(Span(line, role),) for text, role in rows for line in wrap(text, width, hang=2)]


def _verdict(error: float) -> str:
    if error < CLOSE:
        return f"They agree: relative error {error:.1e}, below {CLOSE:g}."
    return f"They differ: relative error {error:.1e}, not below {CLOSE:g}."
