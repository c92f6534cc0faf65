"""Marks as text, as Markdown for a student, as CSV for a class, as data for JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from bptui.audit.judging import Stands
from bptui.audit.marking import Mark, Marked, Question
from bptui.preset.errors import counted
from bptui.story.setup import Setup
from bptui.view.explain_report import escaped
from bptui.view.finding import MARKS, off, reason
from bptui.view.rows import filled, plain

_SIGNS = {
    Stands.RIGHT: MARKS["match"],
    Stands.FOLLOWS: MARKS["carried"],
    Stands.REPEATED: MARKS["carried"],
    Stands.COARSE: MARKS["last-digit"],
    Stands.SLIP: MARKS["wrong"],
    Stands.WRONG: MARKS["wrong"],
    Stands.BLANK: " ",
    Stands.UNREADABLE: "?",
}


MOST_LINES = 100
"""Of more answers, the right ones are not listed."""
_ROUNDED = {"cut": "cut off, not rounded", "rounded": "rounded on the way"}


def why(mark: Mark) -> str:
    """Return what is to be said of an answer besides its verdict."""
    if mark.finding is None:
        return ""
    match mark.stands:
        case Stands.RIGHT:
            return _ROUNDED.get(mark.finding.cause or "", "")
        case Stands.COARSE:
            return "give more digits"
        case Stands.REPEATED:
            return f"{off(mark.finding)}; the same mistake as in {mark.like}"
    return reason(mark.finding).rstrip(".")


def as_text(marked: Marked) -> list[str]:
    """Return the lines of one sheet: the first mistake, then every answer."""
    lines = [f"{plain(marked.sheet.name)}: {_total(marked)}"]
    if marked.first is not None:
        lines.append(f"  first mistake: {_first(marked.first)}")
    many = len(marked.marks) > MOST_LINES
    shown = [mark for mark in marked.marks if not many or mark.stands is not Stands.RIGHT]
    width = max((len(mark.question.name) for mark in shown), default=0)
    for mark in shown:
        sign, name = _SIGNS[mark.stands], filled(mark.question.name, width)
        earned = f"{mark.points:g}/{mark.question.points:g}"
        text = filled(plain(mark.text) or "-", 14)
        lines.append(f"  {sign} {name}  {text} {earned:>5}  {_told(mark)}".rstrip())
    lines += [f"  ! {plain(flag)}" for flag in marked.flags]
    lines += [f"  line {b.line}: {plain(b.told)}" for b in marked.broken]
    return lines


def _total(marked: Marked) -> str:
    right = sum(mark.stands is Stands.RIGHT for mark in marked.marks)
    told = f"{marked.points:g} of {counted_points(marked.of)}"
    return f"{told}, {right} of {counted(len(marked.marks), 'answer')} right"


def counted_points(points: float) -> str:
    return "1 point" if points == 1 else f"{points:g} points"


def _first(mark: Mark) -> str:
    return f"{mark.question.name} = {plain(mark.text)}: {why(mark)}"


def _told(mark: Mark) -> str:
    said, exact = why(mark), f"right is {mark.question.exact:.6g}"
    match mark.stands:
        case Stands.RIGHT:
            return said
        case Stands.SLIP | Stands.WRONG | Stands.COARSE:
            return f"{exact}; {said}"
        case Stands.BLANK | Stands.UNREADABLE:
            return f"{mark.stands.value}; {exact}"
    return f"{mark.stands.value}; {said}"


def as_markdown(marked: Marked, setup: Setup) -> str:
    """Return feedback for one student."""
    rows = [
        f"| {escaped(mark.question.name)} | {escaped(mark.text) or '-'} "
        f"| {mark.points:g} / {mark.question.points:g} | {_SIGNS[mark.stands].strip()} "
        f"{escaped(_told(mark))} |"
        for mark in marked.marks
    ]
    parts = [f"# {escaped(setup.preset.title)}", f"**{escaped(marked.sheet.name)}**: "]
    parts[1] += escaped(_total(marked))
    if marked.first is not None:
        parts.append(f"Your first mistake: {escaped(_first(marked.first))}")
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


def as_json(marked: Marked) -> dict[str, object]:
    first = marked.first
    return {
        "name": marked.sheet.name,
        "line": marked.sheet.line,
        "points": marked.points,
        "of": marked.of,
        "first": first.question.name if first else None,
        "answers": list(_answers(marked)),
        "flags": list(marked.flags),
        "broken": [{"line": b.line, "told": b.told} for b in marked.broken],
    }


def _answers(marked: Marked) -> Iterator[dict[str, object]]:
    for mark in marked.marks:
        quantity, moment = mark.question.key
        finding = mark.finding
        yield {
            "quantity": str(quantity),
            "at": str(moment),
            "answer": mark.text,
            "exact": mark.question.exact,
            "verdict": mark.stands.value,
            "points": mark.points,
            "of": mark.question.points,
            "slip": (finding.slip.replace("`", "") or None) if finding else None,
            "carried_from": [str(p.quantity) for p in finding.carried_from] if finding else [],
            "because": why(mark) or None,
            "flag": mark.flag or None,
        }
