"""Conditions: how they are written, where they hold, and what they are held against."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.audit.prepare import prepare
from bptui.preset.find import find_preset
from bptui.preset.read import read_preset
from bptui.story.address import Kind, Quantity, all_quantities, parse_quantity
from bptui.story.conditions import Condition, ConditionError, history, parse_condition
from bptui.story.moment import Moment, Phase
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline
from bptui.story.values import Values
from tests.edits import HEAVY, SMALL, edited, random_edits
from tests.networks import dense, examples

NAN = math.nan


def mazur() -> Setup:
    """Return the shipped example."""
    return prepare(read_preset(find_preset("mazur")))


def parsed(text: str, setup: Setup | None = None) -> Condition:
    """Return the condition that a text means."""
    setup = setup or mazur()
    return parse_condition(text, setup)


def address(text: str) -> Quantity:
    """Return a quantity of the shipped example."""
    return parse_quantity(text, mazur())


# ---- how conditions are written ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "quantity", "relation", "bound", "absolute"),
    [
        ("E < 0.01", "E", "<", 0.01, False),
        ("E<=1e-4", "E", "<=", 1e-4, False),
        ("E ≤ 1", "E", "<=", 1.0, False),
        ("w5>0.6", "w5", ">", 0.6, False),
        ("w5 ≥ −0.6", "w5", ">=", -0.6, False),
        ("w5 = 0.4", "w5", "=", 0.4, False),
        ("w5 == 0.4", "w5", "=", 0.4, False),
        ("w5 != 0.4", "w5", "!=", 0.4, False),
        ("w5≠0.4", "w5", "!=", 0.4, False),
        ("|dE/dw5| < 1e-4", "dE/dw5", "<", 1e-4, True),
        ("  |step   w5|<1", "step w5", "<", 1.0, True),
        ("dE/dout h1 via o1 > 0", "dE/dout h1 via o1", ">", 0.0, False),
        ("dE/dw5 changes sign", "dE/dw5", "changes sign", 0.0, False),
        ("w5 changes", "w5", "changes", 0.0, False),
        ("out o1 crosses 0.5", "out o1", "crosses", 0.5, False),
        ("|net  h1| crosses -1", "net h1", "crosses", -1.0, True),
        ("E > inf", "E", ">", math.inf, False),
    ],
)
def test_all_forms_of_a_condition(
    text: str, quantity: str, relation: str, bound: float, absolute: bool
) -> None:
    assert parsed(text) == Condition(address(quantity), relation, bound, absolute)


@pytest.mark.parametrize(
    "text",
    ["E < 0.01", "|dE/dw5| >= 0.0001", "w5 changes", "dE/dw5 changes sign", "out o1 crosses 0.5"],
)
def test_a_condition_is_written_as_it_was_typed(text: str) -> None:
    assert parsed(str(parsed(text))) == parsed(text)
    assert str(parsed(text)).replace("1.0000000000000000e-4", "1e-4").split()[0] == text.split()[0]


@examples(25)
@given(st.floats(allow_nan=False))
def test_a_bound_is_written_with_all_its_digits(bound: float) -> None:
    condition = Condition(address("E"), "<", bound)
    assert parsed(str(condition)) == condition


FORMS = (
    'conditions look like "E < 0.01", "|dE/dw5| < 1e-4", "dE/dw5 changes sign", '
    '"out o1 crosses 0.5"'
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("E", f'"E" is not a condition; {FORMS}'),
        ("< 3", f'"< 3" is not a condition; {FORMS}'),
        ("E <", f'"E <" is not a condition; {FORMS}'),
        ("E < much", '"much" is not a number; write it like 0.5 or 1/3'),
        ("E < 1 < 2", '"1 < 2" is not a number; write it like 0.5 or 1/3'),
        ("E crosses", '"crosses" needs a number, as in "out o1 crosses 0.5"'),
        ("E < nan", '"nan" is not a number; write it like 0.5 or 1/3'),
        ("w5 changes a lot", '"changes" takes no number; leave out "a lot"'),
        ("w5 changes sign twice", '"changes sign" takes no number; leave out "twice"'),
        ("out o3 < 1", "no neuron o3; choose from h1, h2, o1, o2"),
        ("h1 > 1", "h1 is a neuron; name one of its numbers, as in net h1"),
    ],
)
def test_what_is_no_condition_is_said(text: str, message: str) -> None:
    with pytest.raises(ConditionError) as error:
        parsed(text)
    assert str(error.value) == message


def test_in_a_batch_the_sample_is_named() -> None:
    setup = SMALL.setup()
    assert parsed("out o1 @2 > 0", setup).quantity.sample == 2
    with pytest.raises(ConditionError, match="each of the 2 samples has its own out o1"):
        parsed("out o1 > 0", setup)


@pytest.mark.parametrize(
    ("text", "phase"),
    [
        ("E < 1", Phase.FORWARD),
        ("input i1 > 0", Phase.FORWARD),
        ("dE/dw5 < 1", Phase.BACKWARD),
        ("step w5 < 1", Phase.UPDATE),
        ("w5 < 1", Phase.UPDATE),
    ],
)
def test_a_condition_is_looked_at_after_the_phase_that_computes(text: str, phase: Phase) -> None:
    assert parsed(text).moment(7) == Moment.of(7, phase)


# ---- in which iterations they hold ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "before", "values", "found"),
    [
        ("E < 0", 0.0, [-1.0, 0.0, 1.0, NAN], [0]),
        ("E <= 0", 0.0, [-1.0, -0.0, 1.0, NAN], [0, 1]),
        ("E > 0", 0.0, [-1.0, 0.0, 1.0, NAN, math.inf], [2, 4]),
        ("E >= 0", 0.0, [-1.0, -0.0, 1.0, NAN], [1, 2]),
        ("E = 0", 0.0, [-1.0, -0.0, 0.0, NAN], [1, 2]),
        ("E != 0", 0.0, [-1.0, -0.0, 0.0, NAN], [0]),
        ("|E| < 1", 0.0, [-2.0, -0.5, 0.5, 1.0, NAN], [1, 2]),
        ("|E| > 1", 0.0, [-2.0, -math.inf, 0.5], [0, 1]),
        # 0 counts as positive
        ("E changes sign", 1.0, [1.0, 0.0, -1.0, -2.0, 0.0, -0.0, -3.0], [2, 4, 6]),
        ("E changes sign", -1.0, [1.0, NAN, -1.0, 1.0], [0, 3]),
        ("E changes sign", NAN, [1.0, -1.0], [1]),
        ("E changes", 1.0, [1.0, 2.0, 2.0, NAN, 3.0, 3.5], [1, 5]),
        ("E changes", NAN, [1.0, 1.0], []),
        ("E changes", 0.0, [-0.0], []),
        ("E crosses 0.5", 0.0, [0.5, 0.6, 0.4, 0.4, 0.5], [0, 2, 4]),
        ("E crosses 0.5", NAN, [0.6, NAN, 0.4, 0.6], [3]),
        ("|E| crosses 0.5", -1.0, [1.0, -0.1, 0.1, -0.5], [1, 3]),
        ("|E| changes", -1.0, [1.0, -2.0], [1]),
    ],
)
def test_where_a_condition_holds(
    text: str, before: float, values: list[float], found: list[int]
) -> None:
    mask = parsed(text).holds(before, np.array(values))
    assert np.flatnonzero(mask).tolist() == found
    assert mask.shape == (len(values),)


@examples(10)
@given(st.lists(st.sampled_from([-1.0, -0.0, 0.0, 0.5, 2.0, NAN, -math.inf]), max_size=9))
def test_it_does_not_matter_where_a_row_is_cut(values: list[float]) -> None:
    for relation in ("<", ">=", "!=", "changes", "changes sign", "crosses"):
        for absolute in (False, True):
            condition = Condition(address("E"), relation, 0.5, absolute)
            whole = condition.holds(NAN, np.array(values))
            one_by_one = [
                bool(condition.holds(before, np.array([now]))[0])
                for before, now in zip([NAN, *values], values, strict=False)
            ]
            assert whole.tolist() == one_by_one


# ---- the numbers that they are held against ------------------------------------------------------


def stepwise(timeline: Timeline, quantity: Quantity, first: int, last: int) -> list[bytes]:
    """Return a quantity at the end of each of some iterations, looked up one by one."""
    found = []
    for k in range(first, last + 1):
        state = timeline.state(Moment.of(k, Phase.UPDATE))
        gone = quantity.parameter not in ("", *state.setup.network.slots)
        value = None if gone else Values(state).get(quantity)
        found.append(np.float64(NAN if value is None else value).tobytes())
    return found


def bits(array: np.ndarray) -> list[bytes]:
    """Return numbers bit by bit; all NaN alike."""
    return [np.float64(NAN if np.isnan(x) else x).tobytes() for x in array]


@examples(12)
@given(st.integers(0, 2**32), st.data())
def test_history_is_what_is_seen_stepping_whatever_was_edited(
    seed: int, data: st.DataObject
) -> None:
    setup = HEAVY.setup()
    timeline = random_edits(random.Random(seed), setup, 5)[-1][1]
    first = data.draw(st.integers(1, 6))
    last = data.draw(st.integers(first, 8))
    every = all_quantities(setup)
    parameters = [quantity for quantity in every if quantity.kind is Kind.PARAMETER]
    some = random.Random(seed).sample(every, 8)
    for quantity in (Quantity(Kind.LOSS), *parameters, *some):
        found = history(timeline, quantity, first, last)
        assert bits(found) == stepwise(timeline, quantity, first, last), str(quantity)


def test_history_has_what_was_set_at_an_update() -> None:
    timeline = edited(mazur(), ("3 update", "w5 = 9"), ("5 forward", "w5 = 7"))
    found = history(timeline, address("w5"), 1, 6)
    assert found[2] == 9.0
    assert found[3] < 9.0
    assert 6.0 < found[4] != 7.0
    assert history(timeline, address("w5"), 3, 3).tolist() == [9.0]
    assert history(timeline, address("w5"), 1, 3).tolist() == found[:3].tolist()
    assert history(timeline, address("step w5"), 3, 3)[0] != 9.0 - found[1]


def test_history_leaves_the_timeline_as_it_is() -> None:
    timeline = Timeline(mazur())
    found = history(timeline, address("w5"), 1, 40)
    kept = timeline.state(Moment.of(20, Phase.UPDATE)).now[0].tobytes()
    found[:] = 0.0
    assert timeline.state(Moment.of(20, Phase.UPDATE)).now[0].tobytes() == kept
    assert history(timeline, address("w5"), 1, 40)[0] != 0.0


def test_a_parameter_that_is_not_there_any_more_is_not_there() -> None:
    setup = dense((2, 2, 1)).setup()
    timeline = edited(setup, ("3 forward", "biases = shared"))
    found = history(timeline, parse_quantity("b2", setup), 1, 5)
    assert np.isnan(found).tolist() == [False, False, True, True, True]
    split = edited(replace(SMALL).setup(), ("3 forward", "biases = own"))
    network = split.setup_at(Moment.of(3, Phase.FORWARD))
    found = history(split, parse_quantity("b1_h2", network), 1, 4)
    assert np.isnan(found).tolist() == [True, True, False, False]
    slope = history(split, parse_quantity("dE/db1_h2", network), 1, 4)
    assert np.isnan(slope).tolist() == [True, True, False, False]
