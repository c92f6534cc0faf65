"""The page of the article's figures: all of them with their verdicts, root mistakes first."""

from __future__ import annotations

from typing import NamedTuple

from bptui.audit.findings import Audit, Finding
from bptui.preset.errors import counted
from bptui.session.session import Session
from bptui.view.audit_report import claim_told, told
from bptui.view.finding import MARKS, ROLES, WORDS, reason, standing, where
from bptui.view.numbers import around_points, pointed
from bptui.view.rows import Row, Span, around, fit_rows, pad, plain, pointer, row_cells, wrap

_REASON_ROWS = 3
_CLAIM_ROWS = 2
_PLACE = 20
"""The least width for a quantity and its moment."""


def figures_page(session: Session, width: int, height: int) -> list[Row]:
    total = len(session.setup.preset.expected)
    if not total:
        rows = [_text(" This preset has no printed figures.", "label")]
        return fit_rows(rows, width, height)
    found = session.findings
    if session.audit is None:
        return fit_rows([_text(f" checking: {session.auditing} ...", "label")], width, height)
    rows = [_summary(found, total, width), *_said_of_all(session.audit, width)]
    if session.auditing:
        rows.append(_text(f" {session.auditing} ...", "label"))
    columns = _columns(found, width)
    rows.append(_heads(columns))
    room = max(1, height - 1 - len(rows) - _REASON_ROWS)
    first = around(session.line, len(found), room)
    for place, finding in enumerate(found[first : first + room], first):
        rows.append(_row(finding, columns, chosen=place == session.line))
    rows = fit_rows(rows, width, height - _REASON_ROWS)
    chosen = found[session.line] if session.line < len(found) else None
    told = wrap(_told(session, chosen, columns), width - 2) if chosen is not None else []
    rows += [_text(f" {line}", "status") for line in told[:_REASON_ROWS]]
    return fit_rows(rows, width, height)


def _said_of_all(audit: Audit, width: int) -> list[Row]:
    """Return which other conventions put figures right, and how the claims stand."""
    rows = [_text(f" {told(found)}", "status") for found in audit.conventions[:1]]
    for found in audit.claims:
        stands = "match" if found.right else "wrong"
        text = f' "{plain(found.claim.text)}": {plain(claim_told(found))}'
        first, *more = wrap(text.strip(), width - 6)[:_CLAIM_ROWS]
        rows.append((Span(f"   {MARKS[stands]} ", ROLES[stands]), Span(first, "fact")))
        rows += [_text(f"     {line}", "fact") for line in more]
    return rows


class _Columns(NamedTuple):
    """The widths of a row: its place, and of both numbers what stands before and from the point."""

    place: int
    printed: tuple[int, int]
    exact: tuple[int, int]
    """Nothing where there is no room for it; then it is told below."""


def _columns(found: tuple[Finding, ...], width: int) -> _Columns:
    printed = around_points([finding.printed.text for finding in found])
    exact = around_points([_exact(finding) for finding in found])
    room = width - 5 - 1 - sum(printed)
    both = room - 2 - sum(exact)
    if both >= _PLACE:
        return _Columns(min(36, both), printed, exact)
    return _Columns(max(10, min(36, room)), printed, (0, 0))


def _exact(finding: Finding) -> str:
    return f"{finding.exact:.12g}"


def _told(session: Session, finding: Finding, columns: _Columns) -> str:
    told = reason(finding, session.printed_setup) or "It is right."
    return told if sum(columns.exact) else f"exact value {_exact(finding)}; {told}"


def _summary(found: tuple[Finding, ...], total: int, width: int) -> Row:
    counts = {word: sum(standing(f) == word for f in found) for word in MARKS}
    versions: list[Row] = [
        (
            Span(f" {counted(total, 'figure')}", "label"),
            *(
                Span(f"   {MARKS[word]} {count}{f' {WORDS[word]}' if told else ''}", ROLES[word])
                for word, count in counts.items()
            ),
        )
        for told in (True, False)
    ]
    return next((row for row in versions if row_cells(row) <= width), versions[-1])


def _row(finding: Finding, columns: _Columns, *, chosen: bool) -> Row:
    stands, address = standing(finding), str(finding.printed.quantity)
    place = pad(where(finding.printed), columns.place)
    exact = pointed(_exact(finding), columns.exact) if sum(columns.exact) else ""
    return (
        pointer(chosen),
        Span(f"{MARKS[stands]} ", ROLES[stands]),
        Span(place, "fact selected" if chosen else "fact", address),
        Span(" " + pointed(finding.printed.text, columns.printed), ROLES[stands]),
        Span(f"  {exact}", "path"),
    )


def _heads(columns: _Columns) -> Row:
    """Return what stands over the columns."""
    text = "     " + pad("quantity", columns.place)
    text += " " + "article".rjust(sum(columns.printed))
    text += "  " + "exact".rjust(sum(columns.exact)) if sum(columns.exact) else ""
    return _text(text, "label")


def _text(text: str, role: str) -> Row:
    return (Span(text, role),)
