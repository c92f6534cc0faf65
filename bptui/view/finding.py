"""What the audit says of one figure: its mark, how far off it is, and why."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from bptui.audit.figures import Printed
from bptui.audit.findings import Finding
from bptui.preset.errors import listed
from bptui.session.edited import is_what_if
from bptui.session.session import Session
from bptui.story.address import AddressError, Quantity, parse_quantity
from bptui.story.moment import Moment
from bptui.story.notation import naming
from bptui.story.setup import Setup
from bptui.view.formula import sign
from bptui.view.numbers import marked
from bptui.view.rows import Row, Span, plain

MARKS = {"match": "✓", "last-digit": "≈", "carried": "→", "wrong": "✗"}
"""The signs of a figure beside the exact number."""
WHAT_IF = "✎"
"""Stands beside what an edit has set."""
WORDS = {stands: stands.replace("-", " ") for stands in MARKS}
ROLES = {stands: stands.replace("-", "_") for stands in MARKS}
OTHERS = 2
"""So many other slips that fit are told."""
_FAR = 10
"""What is so many times too large is no longer told in per cent."""

_HUGE, _TINY = 1e6, 1e-9

Names = Callable[[Quantity], str]
"""What quantities are called."""


def names_in(setup: Setup) -> Names:
    """Return what quantities are called in the article's notation."""
    names = naming(setup)
    return lambda quantity: sign(quantity, names)


def standing(finding: Finding) -> str:
    """Return how a figure stands: match, last-digit, carried or wrong."""
    return "carried" if finding.cause == "carried" else finding.verdict.value


def where(printed: Printed, names: Names = str) -> str:
    """Return a figure's place: its quantity and moment."""
    return f"{names(printed.quantity)} at {printed.moment}"


def mark_of(found: tuple[Finding, ...]) -> tuple[str, str]:
    if not found:
        return " ", "text"
    stands = standing(found[0])
    return MARKS[stands], ROLES[stands]


def cell_of(
    session: Session,
    quantity: Quantity,
    value: float | None,
    digits: int,
    *,
    new: str = "",
    moment: Moment | None = None,
    more: int = 0,
) -> Row:
    """Return a number in a cell: before it how its figure stands, or whether it is new."""
    text, role = marked(value, digits, new=new, more=more)
    address, when = str(quantity), moment or session.moment
    if value is not None and is_what_if(session, quantity, when):
        return (Span(WHAT_IF, "callout", address), Span(text[1:], f"{role} callout", address))
    found = session.printed(quantity, when) if value is not None else ()
    mark, mark_role = mark_of(found)
    if mark == " ":
        return (Span(text, role, address),)
    return (Span(mark, mark_role, address), Span(text[1:], role, address))


def off(finding: Finding) -> str:
    """Return how far off a wrong figure is: `0.6 % off`."""
    if finding.off is None:
        return "it should be 0"
    ratio = finding.printed.value / finding.exact
    if ratio < 0:
        return "right but for its sign" if round(ratio, 2) == -1 else "wrong sign"
    if ratio >= _FAR:
        return f"{_two_digits(ratio)} times as large"
    return f"{_two_digits(100 * abs(ratio - 1))} % off"


def _two_digits(number: float) -> str:
    if _TINY < number < 99.5:
        return f"{number:.{max(0, 1 - math.floor(math.log10(number)))}f}"
    return f"{number:.0f}" if number < _HUGE and (number >= 99.5 or not number) else f"{number:.2g}"


def figure_told(finding: Finding, setup: Setup) -> str:
    """Return what is printed, how it stands and why: `article 0.35: match`."""
    told = reason(finding, setup)
    text = f"article {plain(finding.printed.text)}: {WORDS[standing(finding)]}"
    return f"{text}; {told}" if told else text


def reason(finding: Finding, setup: Setup | None = None) -> str:
    """Return why a figure is as it is, in the article's notation if a setup is given."""
    names = str if setup is None else names_in(setup)
    told = _told(finding, names)
    if setup is not None:
        told = in_notation(told, setup)
    told = plain(told.replace("`", ""))
    said = plain(finding.because) if finding.because else ""
    if not told:
        return said
    return f"{told}. {said}" if said else f"{told}."


def _told(finding: Finding, names: Names) -> str:
    figure = finding.printed.figure
    match finding.cause:
        case "cut":
            return _as_well(finding, "cut off, not rounded")
        case "rounded":
            return _as_well(finding, _rounded(finding, names))
        case "carried":
            told = ", ".join(where(p, names) for p in finding.carried_from)
            return f"{off(finding)}; carried from {told}"
        case "is":
            address, *moment = re.split(r"( at .*)", figure.same_as or "")
            return f"{off(finding)}; it is really `{address}`{''.join(moment)}"
        case "under":
            return f"{off(finding)}; you get this with {_conventions(figure.under or {})}"
        case "as":
            copied = f", but {finding.copied}" if finding.copied else ""
            return f"{off(finding)}; it is {figure.arithmetic}{copied}"
        case "unexplained":
            return f"{off(finding)}; {_slips(finding)}"
    if finding.on_paper:
        return "right on paper, where a net input is exactly 0; floats leave a rounding error"
    return _as_well(finding, "")


def _rounded(finding: Finding, names: Names) -> str:
    if not finding.carried_from:
        return "computed step by step from numbers rounded like it"
    figures = listed([names(printed.quantity) for printed in finding.carried_from])
    return f"computed from rounded figures: {figures}"


def _as_well(finding: Finding, told: str) -> str:
    """Add what else gives a coarse figure, or only that it is one."""
    if not finding.coarse:
        return told
    also = "coarse"
    if finding.suggestions:
        also += f": it would be the same if {' or if '.join(finding.suggestions[:OTHERS])}"
    return f"{told}; {also}" if told else also


def _slips(finding: Finding) -> str:
    others = [_if(words) for words in finding.suggestions[:OTHERS]]
    if finding.slip:
        return f"you get this {', or '.join((_if(finding.slip), *others))}"
    if others:
        return f"too few digits to tell why; you get this {', or '.join(others)}"
    return "no common mistake explains it"


def _if(words: str) -> str:
    return f"with {words}" if re.match(r"\w+ = ", words) else f"if {words}"


def _conventions(under: dict[str, object]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in under.items())


def in_notation(text: str, setup: Setup) -> str:
    """Write the addresses between backticks in the article's notation."""
    names = naming(setup)

    def written(found: re.Match[str]) -> str:
        try:
            return sign(parse_quantity(found[1], setup), names)
        except AddressError:
            return found[1]

    return re.sub(r"`([^`]*)`", written, text)
