"""Marks as text, as Markdown for a student, as CSV for a class, as data for JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from bptui.audit.marking import (
    BLANK,
    COARSE,
    FOLLOWS,
    REPEATED,
    RIGHT,
    SLIP,
    UNREADABLE,
    WRONG,
    Mark,
    Marked,
    Question,
)
from bptui.preset.errors import counted
from bptui.story.setup import Setup
from bptui.view.explain_report import escaped
from bptui.view.finding import MARKS, off, reason
from bptui.view.rows import filled, plain

_SIGNS = {
    RIGHT: MARKS["match"],
    FOLLOWS: MARKS["carried"],
    REPEATED: MARKS["carried"],
    COARSE: MARKS["last-digit"],
    SLIP: MARKS["wrong"],
    WRONG: MARKS["wrong"],
    BLANK: " ",
    UNREADABLE: "?",
}


def why(mark: Mark, setup: Setup) -> str:
    """Return what is to be said of an answer besides its verdict."""
    if mark.finding is None:
        return ""
    if mark.verdict == COARSE:
        return f"give more digits: {mark.question.exact:.6g}"
    if mark.verdict == REPEATED:
        return f"{off(mark.finding)}; the same mistake as in {mark.like}."
    return reason(mark.finding, setup)


def as_text(marked: Marked, setup: Setup) -> list[str]:
    """Return the lines of one sheet: the first mistake, then every answer."""
    lines = [f"{plain(marked.sheet.name)}: {_total(marked)}"]
    if marked.first is not None:
        lines.append(f"  first mistake: {_first(marked.first, setup)}")
    width = max((len(mark.question.name) for mark in marked.marks), default=0)
    for mark in marked.marks:
        sign, name = _SIGNS[mark.verdict], filled(mark.question.name, width)
        earned = f"{mark.points:g}/{mark.question.points:g}"
        text = filled(plain(mark.text) or "-", 14)
        lines.append(f"  {sign} {name}  {text} {earned:>5}  {_told(mark, setup)}".rstrip())
    lines += [f"  ! {plain(flag)}" for flag in marked.flags]
    lines += [f"  line {b.line}: {plain(b.told)}" for b in marked.broken]
    return lines


def _total(marked: Marked) -> str:
    right = sum(mark.verdict == RIGHT for mark in marked.marks)
    told = f"{marked.points:g} of {counted_points(marked.of)}"
    return f"{told}, {right} of {counted(len(marked.marks), 'answer')} right"


def counted_points(points: float) -> str:
    return "1 point" if points == 1 else f"{points:g} points"


def _first(mark: Mark, setup: Setup) -> str:
    return f"{mark.question.name} = {plain(mark.text)}: {why(mark, setup)}"


def _told(mark: Mark, setup: Setup) -> str:
    said = why(mark, setup)
    if mark.verdict in (RIGHT, SLIP, WRONG):
        right = f"right is {mark.question.exact:.6g}; " if mark.verdict != RIGHT else ""
        return f"{right}{said}"
    return f"{mark.verdict}: {said}" if said else mark.verdict


def as_markdown(marked: Marked, setup: Setup) -> str:
    """Return feedback for one student."""
    rows = [
        f"| {escaped(mark.question.name)} | {escaped(mark.text) or '-'} "
        f"| {mark.points:g} / {mark.question.points:g} | {_SIGNS[mark.verdict].strip()} "
        f"{escaped(_told(mark, setup))} |"
        for mark in marked.marks
    ]
    parts = [f"# {escaped(setup.preset.title)}", f"**{escaped(marked.sheet.name)}**: "]
    parts[1] += escaped(_total(marked))
    if marked.first is not None:
        parts.append(f"Your first mistake: {escaped(_first(marked.first, setup))}")
    parts.append("\n".join(["| number | answer | points | |", "|---|---|---|---|", *rows]))
    if marked.broken:
        told = (f"- line {b.line}: {escaped(b.told)}" for b in marked.broken)
        parts.append("\n".join(["Not understood:", "", *told]))
    return "\n\n".join(parts) + "\n"


# a class


def csv_head(questions: Sequence[Question]) -> str:
    names = [question.name for question in questions]
    return _row(["name", *names, "total", "of", "first mistake", "slip", "flags", "broken"])


def csv_row(marked: Marked, questions: Sequence[Question]) -> str:
    points = {mark.question.key: mark for mark in marked.marks}
    first = marked.first
    slip = first.finding.slip.replace("`", "") if first and first.finding else ""
    broken = "; ".join(f"line {b.line}: {b.told}" for b in marked.broken)
    cells = [f"{points[q.key].points:g}" if q.key in points else "" for q in questions]
    return _row(
        [
            marked.sheet.name,
            *cells,
            f"{marked.points:g}",
            f"{marked.of:g}",
            first.question.name if first else "",
            slip,
            "; ".join(marked.flags),
            broken,
        ]
    )


def _row(cells: Sequence[str]) -> str:
    """A line of CSV; no cell is taken for a formula by a spreadsheet."""
    stream = io.StringIO()
    safe = [f"'{cell}" if cell[:1] in tuple("=+@") else plain(cell) for cell in cells]
    csv.writer(stream, lineterminator="\n").writerow(safe)
    return stream.getvalue().rstrip("\n")


def as_json(marked: Marked, setup: Setup) -> dict[str, object]:
    first = marked.first
    return {
        "name": marked.sheet.name,
        "line": marked.sheet.line,
        "points": marked.points,
        "of": marked.of,
        "first": first.question.name if first else None,
        "answers": list(_answers(marked, setup)),
        "flags": list(marked.flags),
        "broken": [{"line": b.line, "told": b.told} for b in marked.broken],
    }


def _answers(marked: Marked, setup: Setup) -> Iterator[dict[str, object]]:
    for mark in marked.marks:
        quantity, moment = mark.question.key
        finding = mark.finding
        yield {
            "quantity": str(quantity),
            "at": str(moment),
            "answer": mark.text,
            "exact": mark.question.exact,
            "verdict": mark.verdict,
            "points": mark.points,
            "of": mark.question.points,
            "slip": (finding.slip.replace("`", "") or None) if finding else None,
            "carried_from": [str(p.quantity) for p in finding.carried_from] if finding else [],
            "because": why(mark, setup) or None,
            "flag": mark.flag or None,
        }
