"""An article's first mistake as an exercise: what went wrong, among what might have."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from bptui.audit.figures import Printed
from bptui.audit.findings import Audit, Auditor, Finding
from bptui.audit.graph import Graph, Key
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
    true = cause(finding)
    not_these = (true, finding.slip, *finding.suggestions)
    others = [
        words
        for words in _slips(auditor, auditor.figures.index(finding.printed))
        if words not in not_these
    ]
    chance = random.Random(f"{finding.printed.quantity} {finding.printed.text}")
    chosen = chance.sample(others, min(COUNT - 1, len(others)))
    place = chance.randrange(len(chosen) + 1)
    return (*chosen[:place], true, *chosen[place:]), place


def cause(finding: Finding) -> str:
    """The cause of a wrong figure in words, addresses between backticks."""
    figure = finding.printed.figure
    under: dict[str, object] = dict(finding.under)
    match finding.cause:
        case "is":
            return f"it is another number: {figure.same_as}"
        case "under":
            under = figure.under or {}
    if under:
        return "another convention is used: " + ", ".join(f"{k} = {v}" for k, v in under.items())
    if finding.slip or finding.because:
        return finding.slip or _inside(str(finding.because))
    if finding.cause == "as":
        return f"it is worked out as {figure.arithmetic}"
    return finding.suggestions[0] if finding.suggestions else "none of the usual mistakes"


def _inside(sentence: str) -> str:
    """A sentence as one of several answers: with neither a capital nor a stop of its own."""
    is_word = re.match(r"[A-Z][a-z]* ", sentence)
    return (sentence[0].lower() if is_word else sentence[0]) + sentence[1:].removesuffix(".")


@lru_cache(maxsize=8)
def _slips(auditor: Auditor, place: int) -> tuple[str, ...]:
    """Slips that do not give a figure: such as are made in it, or in the same kind of number."""
    graph, figure = auditor.graph, auditor.figures[place]
    key = graph.key(figure.quantity, figure.moment)
    alike = [other for other in graph.printed if other[0].kind is key[0].kind]
    for keys in ([key], alike, list(graph.printed)):
        found = tuple(dict.fromkeys(_not_giving(graph, figure, keys)))
        if len(found) >= COUNT:
            break
    return found


def _not_giving(graph: Graph, figure: Printed, keys: Sequence[Key]) -> Iterator[str]:
    digits = digits_of(figure.text)
    for trial in trials(graph, keys):
        if trial.everywhere:
            continue
        value = float(graph.work_out(trial.changes[trial.keys[0]], {}))
        if math.isfinite(value) and not digits.rounds(value):
            yield trial.words
