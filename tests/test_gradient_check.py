"""The gradient check says which gradients agree with finite differences."""

from __future__ import annotations

import warnings
from dataclasses import replace

import pytest
from msgspec import structs

from bptui.session import messages as c
from bptui.session.messages import Ask
from bptui.session.session import Session, open_session
from bptui.story.finite_differences import compare
from bptui.story.moment import Moment, Phase
from bptui.story.steps import Granularity
from bptui.view.finite_differences_page import CLOSE, check_page
from bptui.view.rows import to_text
from tests.networks import dense
from tests.sessions import NAMES, after, session_of, shipped, stepped
from tests.walks import answered


def checked(session: Session, width: int) -> tuple[str, dict[str, str]]:
    """Return the check page's introduction, and its mark of each parameter."""
    rows = [row() if callable(row) else row for row in check_page(session, width)]
    marks = {
        row[0].address: row[0].text.strip() for row in rows if row and row[0].text.strip() in "=!"
    }
    marks.pop("", None)
    return to_text(rows), marks


def is_sequential(name: str) -> bool:
    """Return whether a preset is trained sequentially."""
    return session_of(name).setup.rule.update == "sequential"


@pytest.mark.parametrize("phases", [2, 3, 5])
@pytest.mark.parametrize("name", [name for name in NAMES if not is_sequential(name)])
def test_the_gradient_check_agrees_and_says_so(name: str, phases: int) -> None:
    session = stepped(session_of(name), phases)
    text, marks = checked(session, 80)
    names = {p.name for p in session.setup.network.parameters}
    assert marks == dict.fromkeys(names, "=")
    assert f"All {len(names)} gradients agree, to" in text
    assert "= agrees, ! differs" in " ".join(text.split())


@pytest.mark.parametrize("width", [40, 80, 120])
def test_the_gradient_check_marks_what_a_sequential_update_makes_of_hidden_gradients(
    width: int,
) -> None:
    sketch = replace(dense((2, 2, 2), "sigmoid"), update="sequential")
    session = stepped(open_session(sketch.setup()), 2)
    text, marks = checked(session, width)
    hidden = {"w1", "w2", "w3", "w4", "b1", "b2"}
    assert {name for name, mark in marks.items() if mark == "!"} == hidden
    assert {name for name, mark in marks.items() if mark == "="} == {*marks} - hidden
    assert "so they differ" in " ".join(text.split())
    assert f"6 of {len(marks)} gradients differ: w1, w2, w3, w4, b1, b2." in " ".join(text.split())


@pytest.mark.parametrize("name", [name for name in NAMES if is_sequential(name)])
def test_the_gradient_check_marks_hidden_weights_of_a_sequential_preset(name: str) -> None:
    session = stepped(session_of(name), 2)
    network = session.setup.network
    _, marks = checked(session, 80)
    for parameter in network.parameters:
        last = all(target in network.outputs for target in parameter.targets)
        assert marks[parameter.name] == ("=" if last else "!")


def test_the_gradient_check_waits_for_the_backward_phase() -> None:
    for session in (shipped("mazur"), stepped(shipped("mazur"), 1)):
        text, marks = checked(session, 80)
        assert "not all gradients are computed" in text
        assert not marks
    fine = after(stepped(shipped("mazur"), 1), c.Refine(2), c.Step(1))
    assert fine.granularity is Granularity.NEURON
    assert fine.moment == Moment.of(1, Phase.BACKWARD)
    assert not checked(fine, 80)[1]


def test_the_gradient_check_goes_on_where_floats_end() -> None:
    session = answered(stepped(shipped("mazur"), 2), Ask.EDIT, "b1 = -1.79769e308")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it would be written over the screen
        assert len(checked(session, 80)[1]) == 10


def test_where_a_gradients_terms_cancel_a_rounding_error_agrees_and_a_real_one_shows() -> None:
    state = stepped(shipped("postnetwork"), 2).state
    back, slot = state.backward, state.setup.network.slots["b2"]
    assert back is not None
    assert 0 < abs(back.gradient[slot]) < 1e-15  # of 0.4329 - 0.4329
    for size, agrees in ((1e-10, True), (1e-5, False)):
        wrong = back.gradient.copy()
        wrong[slot] = size
        other = structs.replace(state, backward=structs.replace(back, gradient=wrong))
        assert (compare(other, "b2")[1] < CLOSE) is agrees
