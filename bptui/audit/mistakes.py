"""An article's first mistake as an exercise: what went wrong, among what might have."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence

from bptui.audit.findings import Audit, Auditor, Finding
from bptui.audit.graph import Key
from bptui.audit.trials import trials
from bptui.audit.verdicts import digits_of

COUNT = 4
"""So many causes are offered, the true one among them."""


def first_mistake(audit: Audit) -> int | None:
    """The place of the first figure that is wrong by itself; None if there is none."""
    return next((place for place, f in enumerate(audit.findings) if f.is_root), None)


def causes(auditor: Auditor, finding: Finding) -> tuple[tuple[str, ...], int]:
    """What may have gone wrong in a figure, in words, and the place of what did.

    The others are slips that are made in such a number and do not give this figure. The order is
    the same each time.
    """
    true, others = cause(finding), dict[str, None]()
    for words in _slips(auditor, finding):
        if words not in (true, finding.slip, *finding.suggestions):
            others.setdefault(words)
    chance = random.Random(f"{finding.printed.quantity} {finding.printed.text}")
    chosen = chance.sample([*others], min(COUNT - 1, len(others)))
    place = chance.randrange(len(chosen) + 1)
    return (*chosen[:place], true, *chosen[place:]), place


def cause(finding: Finding) -> str:
    """The cause of a wrong figure in words, addresses between backticks."""
    figure = finding.printed.figure
    match finding.cause:
        case "is":
            return f"it is another number: {figure.same_as}"
        case "under":
            under = ", ".join(f"{key} = {value}" for key, value in (figure.under or {}).items())
            return f"another convention is used: {under}"
        case "as":
            return f"it is worked out as {figure.arithmetic}"
    if finding.under and not finding.slip:
        return "another convention is used: " + ", ".join(f"{k} = {v}" for k, v in finding.under)
    if finding.slip:
        return finding.slip
    if finding.suggestions:
        return finding.suggestions[0]
    return "none of the usual mistakes"


def _slips(auditor: Auditor, finding: Finding) -> Iterator[str]:
    """Yield slips that do not give a figure: in such numbers, then in any that are printed."""
    graph, printed = auditor.graph, finding.printed
    own = graph.key(printed.quantity, printed.moment)
    yield from _not_giving(auditor, finding, [own])
    found = list(graph.printed)
    yield from _not_giving(auditor, finding, [key for key in found if key[0].kind is own[0].kind])


def _not_giving(auditor: Auditor, finding: Finding, keys: Sequence[Key]) -> Iterator[str]:
    digits, graph = digits_of(finding.printed.text), auditor.graph
    for trial in trials(graph, keys):
        if trial.everywhere:
            continue
        value = float(graph.work_out(trial.changes[trial.keys[0]], {}))
        if math.isfinite(value) and not digits.rounds(value):
            yield trial.words
