"""The page of the article's figures: all of them with their verdicts, root mistakes first."""

from __future__ import annotations

from typing import NamedTuple

from bptui.audit.claims import ClaimFound
from bptui.audit.findings import Audit, Finding
from bptui.preset.errors import counted
from bptui.session.keys import key_for
from bptui.session.session import Session
from bptui.story.derivation import derive
from bptui.story.notation import naming
from bptui.view.audit_report import claim_told, told
from bptui.view.finding import (
    MARKS,
    ROLES,
    WORDS,
    figure_told,
    names_in,
    standing,
    where,
)
from bptui.view.formula import head, symbols
from bptui.view.numbers import around_points, pointed
from bptui.view.rows import Row, Span, around, clip, pad, plain, pointer, row_cells, wrap

_CLAIM_ROWS = 2
_SAID_SHARE = 3
"""What is said of all figures has at most the page's rows divided by this."""
_PLACE = 20
"""The least width for a quantity and its moment."""


def figures_page(session: Session, width: int, height: int) -> list[Row]:
    total = len(session.setup.preset.expected)
    if not total:
        return [_text(" This preset has no printed figures.", "label")]
    found = session.findings
    if session.audit is None:
        return [_text(f" checking: {session.auditing} ...", "label")]
    rows = [_summary(found, total, width), *_said_of_all(session.audit, width, height)]
    if session.auditing:
        rows.append(_text(f" {session.auditing} ...", "label"))
    columns = _columns(found, width)
    rows.append(_heads(columns))
    room = max(1, height - len(rows))
    first = around(session.line, len(found), room)
    for place, finding in enumerate(found[first : first + room], first):
        rows.append(_row(finding, columns, chosen=place == session.line))
    return rows


def about(session: Session, width: int, height: int) -> list[Row]:
    """Return how the selected figure stands and why, with its formula where it is at hand."""
    found = session.findings
    if session.line >= len(found):
        return []
    finding = found[session.line]
    printed, setup = finding.printed, session.printed_setup
    stands = standing(finding)
    names = naming(setup)
    told = f"exact value {_exact(finding)} for {where(printed, names_in(setup))}"
    rows = [_text(line, "fact") for line in wrap(told, width)]
    verdict = f"{MARKS[stands]} {figure_told(finding, setup)}"
    rows += [_text(line, ROLES[stands]) for line in wrap(verdict, width, hang=2)]
    timeline = session.timelines[0]
    if printed.moment.iteration <= timeline.ran + 1:
        derivation = derive(timeline, printed.quantity, printed.moment)
        if derivation.formula is not None:
            line = f"{head(derivation, names)} = {symbols(derivation.formula, names)}"
            rows += [_text(part, "formula") for part in wrap(line, width, hang=2)]
    if finding.leads:
        opens, why = (key_for(session.preferences, a) for a in ("open", "why_wrong"))
        rows.append(_text(f"{opens}, then {why}: to what explains it", "path"))
    return rows


def _said_of_all(audit: Audit, width: int, height: int) -> list[Row]:
    """Return which other conventions put figures right, and how the claims stand."""
    rows = [_text(f" {told(found)}", "status") for found in audit.conventions[:1]]
    claims = [row for found in audit.claims for row in _claim(found, width)]
    if claims and len(rows) + len(claims) > height // _SAID_SHARE:
        claims = [_claims_counted(audit)]
    return rows + claims


def _claim(found: ClaimFound, width: int) -> list[Row]:
    """Return a claim and what is so, in so many rows, with a sign where it goes on."""
    stands = "match" if found.right else "wrong"
    text = f'"{plain(found.claim.text)}": {plain(claim_told(found))}'
    lines = list(wrap(text, width - 6))
    if len(lines) > _CLAIM_ROWS:
        lines = [*lines[: _CLAIM_ROWS - 1], clip(" ".join(lines[_CLAIM_ROWS - 1 :]), width - 6)]
    first, *more = lines
    rows = [(Span(f"   {MARKS[stands]} ", ROLES[stands]), Span(first, "fact"))]
    return [*rows, *(_text(f"     {line}", "fact") for line in more)]


def _claims_counted(audit: Audit) -> Row:
    right = sum(found.right for found in audit.claims)
    counts = {"match": right, "wrong": len(audit.claims) - right}
    return (
        Span(f" {counted(len(audit.claims), 'claim')}", "label"),
        *(Span(f"   {MARKS[word]} {count}", ROLES[word]) for word, count in counts.items()),
    )


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
