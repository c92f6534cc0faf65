"""How the sentence about a step is put together: what matters first, as much as has room."""

from __future__ import annotations

from collections.abc import Sequence

from bptui.preset.errors import counted
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.view.numbers import show
from bptui.view.rows import plain
from bptui.view.signs import signs_of

DIGITS = 6
FEW = 3
"""More names than this are counted, not listed."""


def say(main: str, *more: str, shorter: Sequence[str] = ()) -> list[str]:
    """Return a sentence in versions, the longest first: with all that follows, down to itself."""
    clauses = [clause for clause in more if clause]
    longest = [" ".join((main, *clauses[:count])) for count in range(len(clauses), -1, -1)]
    return [*longest, *shorter]


def number(session: Session, value: float | None, digits: int = DIGITS) -> str:
    return show(value, session.digits or digits)


def name_of(session: Session, kind: Kind, neuron: str = "", parameter: str = "") -> str:
    """Return a quantity's sign, without the sample that is shown."""
    return signs_of(session).of(Quantity(kind, neuron=neuron, parameter=parameter))


def value_of(session: Session, kind: Kind, neuron: str) -> float | None:
    """Return a neuron's number, of the sample that is shown."""
    return session.value(Quantity(kind, neuron=neuron, sample=session.shown_sample))


def names(session: Session, subjects: Sequence[str]) -> str:
    """Return neurons or parameters in a sentence: `w₅ and w₇`."""
    signs = signs_of(session)
    *others, last = [signs.name(subject) for subject in subjects]
    return f"{', '.join(others)} and {last}" if others else last


def upcoming(session: Session) -> str:
    """Return `Next: h2.` for what the next step of this size computes in the phase."""
    if not session.left:
        return ""
    steps, here = session.steps, session.position
    there = steps.step(here, 1, session.granularity)
    end = min(there, here + session.left)
    subjects, first = steps.subjects(here, end), steps.group(here + 1)
    assert first is not None
    if "" in subjects:
        return f"Next: {name_of(session, Kind.LOSS)}."
    if len(subjects) > FEW:
        layer = session.setup.network.layers[first.layer - 1]
        return f"Next: the {plain(layer.name)} layer."
    return f"Next: {names(session, subjects)}."


def first_of(texts: Sequence[str], count: int) -> str:
    """Return the first of some clauses, and how many others there are."""
    left = len(texts) - count
    return ", ".join(texts[:count]) + (f" and {left} more" if left > 0 else "")


def of_sample(session: Session) -> str:
    """Return what a number of a neuron is one of several of: ` on sample 2`."""
    return f" on sample {session.shown_sample}" if session.shown_sample else ""


def of_the_batch(session: Session) -> str:
    """Return what a gradient is of a batch: `mean of 4 samples`."""
    samples = len(session.state.batch.numbers)
    mean = session.setup.rule.reduction == "mean"
    whole = f"{'mean' if mean else 'sum'} of {counted(samples, 'sample')}"
    return whole if session.setup.batch_size > 1 else ""
