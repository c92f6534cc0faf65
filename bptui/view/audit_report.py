"""What the audit says, in words: marks, reasons, the report of `bptui check`, and its JSON."""

from __future__ import annotations

from collections.abc import Iterable

from bptui.audit.figures import Printed, Verdict
from bptui.audit.findings import Audit, Finding
from bptui.preset.errors import counted
from bptui.view.rows import filled, plain

MARKS = {"match": "✓", "last-digit": "≈", "carried": "→", "wrong": "✗"}
"""The signs of a figure beside the exact number."""
WORDS = {stands: stands.replace("-", " ") for stands in MARKS}
ROLES = {stands: stands.replace("-", "_") for stands in MARKS}


def standing(finding: Finding) -> str:
    """Return how a figure stands: match, last-digit, carried or wrong."""
    return "carried" if finding.cause == "carried" else finding.verdict.value


def where(printed: Printed) -> str:
    """Return a figure's place: its quantity and moment."""
    return f"{printed.quantity} at {printed.moment}"


def mark_of(found: tuple[Finding, ...]) -> tuple[str, str]:
    if not found:
        return " ", "text"
    stands = standing(found[0])
    return MARKS[stands], ROLES[stands]


def reason(finding: Finding) -> str:
    said = plain(finding.because) if finding.because else ""
    figure = finding.printed.figure
    match finding.cause:
        case "carried":
            names = ", ".join(where(p) for p in finding.carried_from)
            kind = _kind(finding)
            return _joined(f"carried from {kind}{names}", said)
        case "is":
            return _joined(f"it is really {plain(str(figure.same_as))}", said)
        case "under":
            return _joined(f"you get this with {_conventions(figure.under or {})}", said)
        case "unexplained":
            maybe = "; ".join(finding.suggestions[:3])
            told = f"you get this if {maybe}" if maybe else "no common mistake explains it"
            return _joined(plain(told), said)
    if finding.verdict is Verdict.LAST_DIGIT:
        return _joined("off in the last digit: truncated, or computed from rounded values", said)
    return said


def _kind(finding: Finding) -> str:
    return "" if finding.from_wrong else "rounded figures: "


def _conventions(under: dict[str, object]) -> str:
    return plain(", ".join(f"{key} = {value}" for key, value in under.items()))


def _joined(told: str, said: str) -> str:
    return f"{told}. {said}" if said else f"{told}."


def as_json(preset: str, finding: Finding) -> dict[str, object]:
    printed = finding.printed
    phase = printed.moment.phase
    because = finding.because
    if because is None and finding.suggestions:
        because = f"suggestion: {finding.suggestions[0]}"
    return {
        "preset": preset,
        "iteration": printed.moment.iteration,
        "phase": phase.label if phase is not None else "start",
        "quantity": str(printed.quantity),
        "printed": printed.text,
        "exact": finding.exact,
        "verdict": finding.verdict.value,
        "cause": finding.cause,
        "because": finding.failed or because,
        "carried_from": [str(p.quantity) for p in finding.carried_from],
    }


def report(name: str, audit: Audit) -> list[str]:
    """Return the report on one preset: a summary, then root mistakes with what they carry."""
    lines = [f"{plain(name)}: {_summary(audit)}"]
    told: set[int] = set()
    for root in audit.roots:
        lines += _block(root)
        carried = audit.carries(root)
        if carried:
            lines.append(f"      carried into {_places(f.printed for f in carried)}")
        told |= {id(f) for f in carried}
    rest = [f for f in audit.findings if f.cause == "carried" and id(f) not in told]
    for finding in rest:
        lines += _block(finding)
    for finding in audit.findings:
        if finding.verdict is Verdict.LAST_DIGIT:
            lines.append(_line(finding))
        if finding.failed is not None and finding.verdict is not Verdict.WRONG:
            lines.append(f"      fails: {plain(finding.failed)}")
    return lines


def _summary(audit: Audit) -> str:
    findings = audit.findings
    if not findings:
        return "no printed figures"
    counts = {word: sum(standing(f) == word for f in findings) for word in MARKS}
    parts = [counted(len(findings), "figure"), f"{counts['match']} match"]
    if counts["last-digit"]:
        parts.append(f"{counts['last-digit']} off in the last digit")
    if counts["wrong"] or counts["carried"]:
        parts.append(counted(counts["wrong"], "original mistake"))
        parts.append(f"{counts['carried']} carried")
    failed = sum(f.failed is not None for f in findings)
    return ", ".join(parts) + (f"; {failed} FAILED" if failed else "")


def _block(finding: Finding) -> list[str]:
    lines = [_line(finding), f"      {reason(finding)}"]
    if finding.failed is not None:
        lines.append(f"      fails: {plain(finding.failed)}")
    return lines


def _line(finding: Finding) -> str:
    mark = MARKS[standing(finding)]
    place = filled(where(finding.printed), 34)
    return f"  {mark} {place} printed {finding.printed.text:>16}  exact {finding.exact:.12g}"


def _places(figures: Iterable[Printed]) -> str:
    return ", ".join(where(figure) for figure in figures)
