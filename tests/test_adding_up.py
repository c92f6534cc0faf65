"""With few decimals what stands on a card adds up as it is written, and differences are seen."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.audit.verdicts import Verdict
from bptui.preset.find import shipped_presets
from bptui.session import messages as c
from bptui.session.session import Session
from bptui.story.formula import Const, Product, Sum
from bptui.view.adding_up import PLENTY, best_first, differ, enough, gives, off_by, upwards
from bptui.view.gradients_panel import table
from bptui.view.numbers import show
from bptui.view.rows import Row
from bptui.view.terms import term_lines
from tests.sessions import after, card_rows, shipped

WIDTH = 39
"""A column of the card on 80x24."""


def computed(text: str) -> float:
    """Work out a line of numbers as a reader would: `½(0.01-0.7514)²`."""
    text = re.sub(r"\[(.*?) ?> ?0\]", r"float(\1 > 0)", text)
    text = text.replace("½", "0.5").replace("×", "*").replace("²", "**2").replace("^", "**")
    text = re.sub(r"(?<=[\d.)])\s*\(", "*(", text)
    return float(eval(text, {"ln": math.log, **vars(math)}))


def off(text: str, result: str) -> float:
    """Return how far what a line gives is from its written result, in units of its last digit."""
    mantissa, _, exponent = result.partition("e")
    decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
    unit = 10.0 ** -(decimals if exponent else max(decimals, 4))
    away = abs(computed(text) - float(result))
    return away / unit if away > 1e-12 else 0.0  # what cancels leaves a rounding error


NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


def sums_of(session: Session) -> Iterator[tuple[str, str]]:
    """Yield each line of numbers on the card, and the result that stands with it."""
    derivation = session.cards[-1]
    rows = card_rows(session, derivation, WIDTH)
    results = [s.text for row in rows for s in row if s.role.startswith("value")]
    text = ""
    for row in rows:
        if row[0].role == "substituted":
            text += row[0].text
    for line in re.split(r"(?:^|(?<=\s))= ", text):
        if NUMBER.search(line) and results and not re.search("[₀-₉_…]| if ", line):
            yield line.strip(), results[0]
    result = ""
    for entry in term_lines(session, WIDTH):
        part: Row = entry.row() if callable(entry.row) else entry.row
        line = "".join(span.text for span in part)
        if entry.entry is not None:
            found = re.search(rf"({NUMBER.pattern})(?: \D*)?$", line.rstrip())
            result = found[1] if found else ""
        elif entry.joined and " = " in line:
            *_, text = line.split(" = ")
            if part[0].role == "backward":
                text, own = line.split(":", 1)[1].split(" = ")[-2:]
                result = own.strip()
            if result and not re.search("[₀-₉…]| if ", text):
                yield text.strip(), result


PRESETS = [file.stem for file in shipped_presets()]
_SUBJECTS = 4
"""So many neurons, from the outputs back, and parameters, from the last back, are looked at."""


def looked_at(session: Session) -> Iterator[Session]:
    network = session.setup.network
    neurons = [name for layer in reversed(network.neurons[1:]) for name in layer]
    for subject in (*neurons[:_SUBJECTS], *[*network.slots][: -_SUBJECTS - 1 : -1]):
        yield after(session, c.Select(subject))


@pytest.mark.parametrize("preset", PRESETS)
def test_for_a_projector_every_sum_adds_up_as_it_is_written(preset: str) -> None:
    session = after(shipped(preset), c.Flip("projector"))
    found = []
    for _ in range(6):
        session = after(session, c.Step(1))
        for there in looked_at(session):
            found += [(*told, off(*told)) for told in sums_of(there)]
    assert len(found) > 10
    assert [told for told in found if told[2] > 1.5 + 1e-6] == []
    last_digit = [told for told in found if told[2] > 0.5 + 1e-6]
    assert len(last_digit) <= 0.03 * len(found), last_digit


@pytest.mark.parametrize("preset", PRESETS)
def test_for_a_projector_a_parameter_that_moved_looks_so(preset: str) -> None:
    session = after(shipped(preset), c.Flip("projector"), *[c.Step(1)] * 3)
    before, now = session.state.before, session.state.after
    assert now is not None
    rows, _ = table(session, 120, 60)
    seen: dict[str, list[str]] = {}
    for row in rows:
        for span in row:
            text = span.text.strip(" •✓✗→≈")
            if span.address in session.setup.network.slots and NUMBER.fullmatch(text):
                seen.setdefault(span.address, []).append(text)
    assert seen
    for name, (old, new, *_) in seen.items():
        slot = session.setup.network.slots[name]
        assert (old == new) == bool(before[slot] == now[slot]), name


@pytest.mark.parametrize("preset", PRESETS)
def test_for_a_projector_a_wrong_figure_looks_wrong(preset: str) -> None:
    session = after(shipped(preset), c.Flip("projector"))
    for printed in session.auditor.figures:
        found = session.printed(printed.quantity, printed.moment)
        if any(finding.verdict is Verdict.WRONG for finding in found):
            there = after(session, c.Visit(str(printed.quantity), printed.moment))
            rows = card_rows(there, there.cards[-1], WIDTH)
            (value,) = (s.text for row in rows for s in row if s.role.startswith("value"))
            digits = len(value.partition("e")[0].partition(".")[2])
            assert show(printed.value, max(4, digits)) != value, printed


def test_what_cannot_be_checked_asks_for_no_more_decimals() -> None:
    long = Sum(tuple(Const(k / 7) for k in range(20)))
    assert gives(long, 190 / 7)(4) == 0  # shortened: nobody can add it up
    assert gives(long, 190 / 7, whole=True)(4) > 0
    assert gives(Const(math.inf), math.inf)(4) == 0
    assert gives(Const(0.1), 0.2)(4) == 0  # an article's own numbers
    assert differ(0.5, 0.5)(4) == 0
    assert enough(4, [differ(0.5, 0.5 + 1e-12)]) == 4  # more than nine would be too many
    assert enough(4, [differ(1 / 3, 1 / 3 + 1e-6)]) == 6


TERMS = st.lists(st.floats(-50, 50).filter(lambda x: abs(x) > 1e-6), min_size=2, max_size=4)


@given(TERMS, st.sampled_from([Sum, Product]))
def test_with_the_first_choice_random_terms_add_up_as_far_as_they_can(
    terms: list[float], kind: type[Sum | Product]
) -> None:
    formula = kind(tuple(Const(term, "x") for term in terms))
    value = math.fsum(terms) if kind is Sum else math.prod(terms)
    check = gives(formula, value)
    order = best_first(upwards(4), [check])
    assert sorted(order) == [*range(4, PLENTY + 1)]
    assert check(order[0]) <= 0.5 + 1e-6 or all(check(digits) > 0.5 for digits in order)
    written = [float(show(term, order[0])) for term in terms]
    total = math.fsum(written) if kind is Sum else math.prod(written)
    assert check(order[0]) == pytest.approx(off_by(total, value, order[0]), abs=1e-3)
