"""The report of `bptui check`, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bptui.audit.claims import ClaimFound
from bptui.audit.figures import Printed
from bptui.audit.findings import Audit, Finding, Root
from bptui.audit.other_conventions import OtherConventions
from bptui.audit.verdicts import Verdict
from bptui.preset.errors import counted
from bptui.view.finding import MARKS, reason, standing, where
from bptui.view.rows import filled, plain

MOST_CONVENTIONS = 3
"""So many of the conventions that put figures right are told."""


def as_json(preset: str, audit: Audit) -> Iterator[dict[str, object]]:
    """Yield an object for each figure, for each convention that puts some right, and each claim."""
    for finding in audit.findings:
        yield {"preset": preset, "kind": "figure", **_figure(audit, finding)}
    for found in audit.conventions:
        yield {
            "preset": preset,
            "kind": "conventions",
            "under": dict(found.under),
            "right": [_place(printed) for printed in found.right],
            "wrong": found.wrong,
            "broken": found.broken,
        }
    for claim in audit.claims:
        yield {"preset": preset, "kind": "claim", **_claim(claim)}


def _figure(audit: Audit, finding: Finding) -> dict[str, object]:
    because, slips = finding.because, [s for s in (finding.slip, *finding.suggestions) if s]
    if because is None and slips:
        because = f"suggestion: {_bare(slips[0])}"
    return {
        **_place(finding.printed),
        "printed": finding.printed.text,
        "exact": finding.exact,
        "verdict": finding.verdict.value,
        "cause": finding.cause,
        "because": finding.failed or because,
        "carried_from": [str(p.quantity) for p in finding.carried_from],
        "off": finding.off,
        "coarse": finding.coarse,
        "slip": _bare(finding.slip) or None,
        "slips": [_bare(words) for words in slips],
        "root": finding.is_root,
        "explains": audit.explains(finding),
        "on_paper": finding.on_paper,
    }


def _place(printed: Printed) -> dict[str, object]:
    phase = printed.moment.phase
    return {
        "iteration": printed.moment.iteration,
        "phase": phase.label if phase is not None else "start",
        "quantity": str(printed.quantity),
    }


def _claim(found: ClaimFound) -> dict[str, object]:
    claim = found.claim
    return {
        "text": claim.text,
        "holds": claim.holds,
        "at": claim.at,
        "first": claim.first,
        "never": claim.never,
        "verdict": "right" if found.right else "wrong",
        "first_iteration": found.first,
        "searched": found.searched,
        "because": found.failed or claim.because,
    }


def _bare(words: str) -> str:
    return words.replace("`", "")


def report(name: str, audit: Audit) -> list[str]:
    """Return the report on one preset: a summary, then root mistakes with what they carry."""
    lines = [f"{plain(name)}: {_summary(audit)}"]
    lines += [f"  {told(found)}" for found in audit.conventions[:MOST_CONVENTIONS]]
    done: set[int] = set()
    for root in audit.roots:
        lines += _root(root)
        done |= {id(f) for f in root.carried}
    rest = [f for f in audit.findings if f.cause == "carried" and id(f) not in done]
    for finding in rest:
        lines += _block(finding)
    for finding in audit.findings:
        if finding.verdict is Verdict.WRONG:
            continue
        why = reason(finding)
        if finding.verdict is Verdict.LAST_DIGIT or finding.on_paper or finding.suggestions:
            lines += [_line(finding), *([f"      {why}"] if why else [])]
        lines += _failure(finding)
    for claim in audit.claims:
        lines += _of_claim(claim)
    return lines


def told(found: OtherConventions) -> str:
    """Return how many wrong figures come right with other conventions."""
    verb = "comes" if len(found.right) == 1 else "come"
    right = f"{len(found.right)} of {counted(found.wrong, 'wrong figure')} {verb} right"
    broken = f", {counted(found.broken, 'right one')} would be wrong" if found.broken else ""
    return f"{right} with {plain(found.words)}{broken}"


def _summary(audit: Audit) -> str:
    findings = audit.findings
    claims = counted(len(audit.claims), "claim") if audit.claims else ""
    if not findings:
        return claims or "no printed figures"
    counts = {word: sum(standing(f) == word for f in findings) for word in MARKS}
    parts = [counted(len(findings), "figure"), f"{counts['match']} match"]
    if counts["last-digit"]:
        parts.append(f"{counts['last-digit']} off in the last digit")
    if counts["wrong"] or counts["carried"]:
        parts.append(counted(len(audit.roots), "original mistake"))
        parts.append(f"{counts['carried']} carried")
    if claims:
        parts.append(claims)
    failed = sum(f.failed is not None for f in findings)
    failed += sum(claim.failed is not None for claim in audit.claims)
    return ", ".join(parts) + (f"; {failed} FAILED" if failed else "")


def _root(root: Root) -> Iterator[str]:
    """Yield a mistake: the figures that it shows in, why, and what it is carried into."""
    alike = root.findings
    for place, finding in enumerate(alike):
        last = place == len(alike) - 1
        same = not last and reason(finding) == reason(alike[place + 1])
        yield _line(finding)
        if not same:
            yield f"      {reason(finding)}"
        yield from _failure(finding)
    if root.carried:
        yield f"      carried into {_places(f.printed for f in root.carried)}"
    if root.explains > 1:
        yield f"      explains {root.explains} wrong figures"


def _block(finding: Finding) -> list[str]:
    return [_line(finding), f"      {reason(finding)}", *_failure(finding)]


def _failure(finding: Finding) -> list[str]:
    return [f"      fails: {plain(finding.failed)}"] if finding.failed is not None else []


def _line(finding: Finding) -> str:
    mark = MARKS[standing(finding)]
    place = filled(where(finding.printed), 34)
    return f"  {mark} {place} printed {finding.printed.text:>16}  exact {finding.exact:.12g}"


def _places(figures: Iterable[Printed]) -> str:
    return ", ".join(where(figure) for figure in figures)


def _of_claim(found: ClaimFound) -> list[str]:
    claim = found.claim
    mark = MARKS["match" if found.right else "wrong"]
    lines = [f'  {mark} "{plain(claim.text)}": {plain(claim_told(found))}']
    lines += [f"      {plain(claim.because)}"] if claim.because else []
    lines += [f"      fails: {found.failed}"] if found.failed is not None else []
    return lines


def claim_told(found: ClaimFound) -> str:
    """Return what is claimed and what is so."""
    claim = found.claim
    when = f"at {claim.at}" if claim.at else f"first at {claim.first}" if claim.first else "never"
    if found.first is None:
        so = f"it does not in the first {found.searched:,} iterations"
    else:
        so = f"it first does in iteration {found.first:,}"
    return f"{claim.holds} should hold {when}; {so}"
