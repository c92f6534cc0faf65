"""The page of the article's figures: all of them with their verdicts, root mistakes first."""

from __future__ import annotations

from bptui.story.audit import Finding
from bptui.story.session import Session
from bptui.view.audit import MARKS, ROLES, WORDS, reason, standing, where
from bptui.view.text import Row, Span, fit_row, pad, window, wrap

_REASON_ROWS = 3


def figures_page(session: Session, width: int, height: int) -> list[Row]:
    """Return the page in a size: a summary, the list, and the reason of what the cursor is on."""
    total = len(session.problem.preset.expected)
    if not total:
        rows = [_text(" This preset has no figures of its article.", "label")]
        return [fit_row(row, width) for row in (rows + [()] * height)[:height]]
    found = session.findings
    rows = [_summary(found, total)]
    room = max(1, height - 2 - _REASON_ROWS)
    first = window(session.line - room // 2, session.line, len(found), room)
    for place, finding in enumerate(found[first : first + room], first):
        rows.append(_row(finding, chosen=place == session.line, width=width))
    rows += [()] * (height - _REASON_ROWS - len(rows))
    chosen = found[session.line] if session.line < len(found) else None
    told = wrap(reason(chosen) or "It comes out.", width - 2) if chosen is not None else []
    rows += [_text(f" {line}", "status") for line in told[:_REASON_ROWS]]
    return [fit_row(row, width) for row in (rows + [()] * height)[:height]]


def _summary(found: tuple[Finding, ...], total: int) -> Row:
    if len(found) < total:
        return _text(f" checking: {len(found)} of {total} ...", "label")
    spans = [Span(f" {total} figures", "label")]
    for word, mark in MARKS.items():
        count = sum(standing(f) == word for f in found)
        spans.append(Span(f"   {mark} {count} {WORDS[word]}", ROLES[word]))
    return tuple(spans)


def _row(finding: Finding, *, chosen: bool, width: int) -> Row:
    stands, address = standing(finding), str(finding.printed.quantity)
    place = pad(where(finding.printed), max(20, min(36, width - 44)))
    return (
        Span(" ▸ " if chosen else "   ", "pointer"),
        Span(f"{MARKS[stands]} ", ROLES[stands]),
        Span(place, "fact selected" if chosen else "fact", address),
        Span(f" {finding.printed.text:>16}", ROLES[stands]),
        Span(f"  {finding.exact:.12g}", "path"),
    )


def _text(text: str, role: str) -> Row:
    return (Span(text, role),)
