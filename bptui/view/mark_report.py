"""Marks as text, as Markdown for a student, as CSV for a class, as data for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bptui.audit.findings import Finding
from bptui.audit.judging import Stands
from bptui.audit.marking import Mark, Marked, Question
from bptui.preset.errors import counted, listed, shortened
from bptui.preset.sheet_csv import csv_line
from bptui.story.setup import Setup
from bptui.view.explain_report import escaped, escaped_within
from bptui.view.finding import MARKS, OTHERS, off
from bptui.view.rows import cells, filled, plain

SIGNS = {
    Stands.RIGHT: MARKS["match"],
    Stands.FOLLOWS: MARKS["carried"],
    Stands.REPEATED: MARKS["carried"],
    Stands.COARSE: MARKS["last-digit"],
    Stands.SLIP: MARKS["wrong"],
    Stands.WRONG: MARKS["wrong"],
    Stands.BLANK: "",
    Stands.UNREADABLE: "?",
}


MOST_LINES = 100
"""Of more answers, the right ones are not listed."""
_SHOWN = 6
"""Digits of a right number."""


def should_be(mark: Mark) -> str:
    return f"{mark.question.exact:.{_SHOWN}g}"


def why(mark: Mark) -> str:
    """Return what is to be said of an answer besides what it should be; nothing if it is clear."""
    finding = mark.finding
    if finding is None:
        return ""
    match mark.stands:
        case Stands.RIGHT:
            return _ALMOST.get(finding.cause or "", "")
        case Stands.COARSE:
            return "right as far as it goes, but more digits are needed"
        case Stands.REPEATED:
            return f"the same mistake as in {mark.like}, so it costs no more points"
        case Stands.FOLLOWS:
            return f"right given your {_named(finding)}"
        case Stands.SLIP:
            return f"you get this if {slip_told(finding)}"
    return f"{off(finding)}; {_unnamed(finding)}"


_ALMOST = {
    "cut": "cut off where it should be rounded",
    "rounded": "a little off, as numbers before it were rounded",
}


def _named(finding: Finding) -> str:
    """The earlier answers that an answer follows from; with their moments if they are older."""
    here = finding.printed.moment.iteration
    return listed(
        [
            f"{p.quantity}" + (f" at {p.moment}" if p.moment.iteration != here else "")
            for p in finding.carried_from
        ]
    )


def slip_told(finding: Finding) -> str:
    """Return the slip behind a wrong answer, and the likeliest other."""
    some = [finding.slip, *finding.suggestions[: OTHERS - 1]] if finding.slip else []
    return ", or if ".join(_plain_slip(words) for words in some)


def _plain_slip(words: str) -> str:
    words, everywhere = words.replace("`", ""), "everywhere, "
    if words.startswith(everywhere):
        return f"{words.removeprefix(everywhere)} (everywhere)"
    return words


def _unnamed(finding: Finding) -> str:
    others = finding.suggestions[:OTHERS]
    if not others:
        return "no common mistake gives this"
    told = ", or ".join(map(_plain_slip, others))
    return f"too few digits to tell why; perhaps {told}"


def as_text(marked: Marked) -> list[str]:
    """Return the lines of one sheet: the first mistake, then every answer."""
    lines = [f"{plain(marked.sheet.name)}: {_total(marked)}"]
    if marked.first is not None:
        lines.append(f"  First mistake: {_first(marked.first)}.")
    many = len(marked.marks) > MOST_LINES
    shown = [mark for mark in marked.marks if not many or mark.stands is not Stands.RIGHT]
    width = max((len(mark.question.name) for mark in shown), default=0)
    wide = min(14, max((cells(_answer(mark)) for mark in shown), default=1))
    for mark in shown[:MOST_LINES]:
        sign, name = SIGNS[mark.stands] or " ", filled(mark.question.name, width)
        earned = f"{mark.points:g}/{mark.question.points:g}"
        text = filled(_answer(mark), wide)
        lines.append(f"  {sign} {name}  {text} {earned:>5}  {_told(mark)}".rstrip())
    if len(shown) > MOST_LINES:
        lines.append(f"    and {counted(len(shown) - MOST_LINES, 'more answer')}")
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
    return f"{mark.question.name} = {_answer(mark)} should be {should_be(mark)}; {why(mark)}"


def _answer(mark: Mark) -> str:
    return plain(shortened(mark.text)) or "-"


def _told(mark: Mark) -> str:
    said = why(mark)
    match mark.stands:
        case Stands.RIGHT:
            return said
        case Stands.BLANK:
            return f"no answer; it is {should_be(mark)}"
        case Stands.UNREADABLE:
            return f"not a number; it is {should_be(mark)}"
        case Stands.COARSE:
            return f"{said}: {should_be(mark)}"
    return f"should be {should_be(mark)}; {said}"


def as_markdown(marked: Marked, setup: Setup) -> str:
    """Return feedback for one student."""
    rows = [
        f"| {escaped_within(mark.question.name)} | {escaped_within(_answer(mark))} "
        f"| {mark.points:g} / {mark.question.points:g} "
        f"| {f'{SIGNS[mark.stands]} {escaped_within(_told(mark))}'.strip()} |"
        for mark in marked.marks
    ]
    total = f"**{escaped_within(marked.sheet.name)}**: {_total(marked)}."
    parts = [f"# {escaped(setup.preset.title)}", total, escaped(_summary(marked))]
    parts.append("\n".join(["| number | your answer | points | |", "|---|---|---|---|", *rows]))
    if marked.broken:
        told = (f"- line {b.line}: {escaped_within(b.told)}" for b in marked.broken)
        parts.append("\n".join(["These lines could not be read:", "", *told]))
    return "\n\n".join(parts) + "\n"


def _summary(marked: Marked) -> str:
    """What a student should know first."""
    stand = [mark.stands for mark in marked.marks]
    first = marked.first
    if first is None:
        if all(how is Stands.RIGHT for how in stand):
            return "Everything is right. Well done!"
        if not {Stands.RIGHT, Stands.COARSE}.isdisjoint(stand):
            return "What you computed is right; see below what is missing or needs more digits."
        return "No number can be read here; see below what is missing."
    told = f"Look at {first.question.name} first: you wrote {_answer(first)}, and it should be "
    told += f"{should_be(first)}. {_sentence(first)}"
    follows = sum(mark.stands is Stands.FOLLOWS and mark.points > 0 for mark in marked.marks)
    if follows:
        one = follows == 1
        told += f" {counted(follows, 'later answer')} {'is' if one else 'are'} right given earlier "
        told += f"mistakes, so {'it still earns its' if one else 'they still earn their'} points."
    return told


def _sentence(mark: Mark) -> str:
    told = why(mark)
    return f"{told[:1].upper()}{told[1:]}."


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
    return csv_line(map(plain, cells)).rstrip("\n")


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
