"""The gradient check: every gradient beside a central difference of the loss."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.finite_differences import compare, step_size
from bptui.story.landscape import pass_cost
from bptui.view.numbers import cell, number_role, number_width
from bptui.view.rows import Row, Span, fit_row, pad, plain, wrap

CLOSE = 1e-6
"""A relative error below this is what a central difference in double precision can do."""
_NAME = 12
_QUICK = 50_000_000
"""Nanoseconds that the page may take to compare all."""
_FEW = 8
"""So many gradients that differ are named on top."""


def check_page(session: Session, width: int) -> list[Row | Callable[[], Row]]:
    """Return the page; each comparison is made when its row comes into view."""
    if session.state.backward is None or session.left:
        told = "Step to the end of the backward phase first: not all gradients are computed."
        return [fit_row((Span(f" {line}", "label"),), width) for line in wrap(told, width - 1)]
    rows: list[Row | Callable[[], Row]] = [*_verdict(session, width)]
    rows += [
        fit_row((Span(f" {line}", "label"),), width)
        for line in wrap(_introduction(session), width - 1)
    ]
    digits = 9 if width >= 2 + _NAME + 2 * (number_width(9) + 2) + 18 else 4
    size = number_width(digits) + 2
    head = "  " + pad("name", _NAME) + pad("  gradient", size) + pad("  difference", size)
    rows += [(), fit_row((Span(head + "  relative error", "label"),), width)]
    rows += [
        partial(_compared, session, p.name, digits, width) for p in session.setup.network.parameters
    ]
    return rows


def _verdict(session: Session, width: int) -> list[Row]:
    """Say whether all gradients agree, where it does not take long to compare them."""
    names = [*session.setup.network.slots]
    if 2 * len(names) * pass_cost(session.timeline, session.moment.iteration) > _QUICK:
        return []
    errors = {name: compare(session.state, name)[1] for name in names}
    wrong = [name for name in names if not errors[name] < CLOSE]
    if not wrong:
        worst = f"{max(errors.values()):.0e}".replace("e-0", "e-")
        told, role = f"All {len(names)} gradients agree, to {worst} or better.", "match"
    elif len(wrong) == len(names):
        told, role = "No gradient agrees.", "wrong"
    else:
        listed = f": {', '.join(map(plain, wrong))}" if len(wrong) <= _FEW else ""
        told, role = f"{len(wrong)} of {len(names)} gradients differ{listed}.", "wrong"
    return [*(fit_row((Span(f" {line}", role),), width) for line in wrap(told, width - 1)), ()]


def _introduction(session: Session) -> str:
    text = "Central difference: (E(w + h) - E(w - h)) / 2h with h about "
    text += f"{step_size(1.0):.0e}, from the parameters before this iteration's update. "
    if session.setup.rule.update == "sequential":
        text += (
            "In a sequential update hidden gradients are not exactly those of E, so they differ. "
        )
    return text + "= agrees, ! differs."


def _compared(session: Session, name: str, digits: int, width: int) -> Row:
    quantity = Quantity(Kind.DE_DPARAMETER, parameter=name)
    gradient = session.value_at(quantity, session.moment) or 0.0
    difference, error = compare(session.state, name)
    agrees = error < CLOSE
    row = (
        Span(" = " if agrees else " ! ", "number" if agrees else "wrong", name),
        Span(pad(plain(name), _NAME), "weight", name),
        Span(cell(gradient, digits) + "  ", number_role(gradient), str(quantity)),
        Span(cell(difference, digits) + "  ", number_role(difference)),
        Span(f"{error:.1e}", "path" if agrees else "wrong"),
    )
    return fit_row(row, width)
