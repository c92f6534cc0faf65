"""The gradient check says which gradients agree with finite differences."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace

import pytest
from msgspec import structs

from bptui.session import messages as c
from bptui.session.key import By
from bptui.session.messages import Ask, Page, Panel
from bptui.session.session import Session, open_session
from bptui.story.finite_differences import compare, step_size
from bptui.story.moment import Moment, Phase
from bptui.story.steps import Granularity
from bptui.view.finite_differences_page import CLOSE, check_page
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.networks import dense
from tests.sessions import NAMES, after, session_of, shipped, stepped
from tests.walks import answered


def checked(session: Session, width: int) -> tuple[str, dict[str, str]]:
    """Return the check page's introduction, and its mark of each parameter."""
    rows = check_page(session, width, 1000)
    spans = (span for row in rows for span in row)
    marks = {span.address: span.text.strip() for span in spans if span.text.strip() in ("=", "!")}
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
    told = " ".join(text.split())
    assert f"All {len(names)} gradients agree, to" in told
    assert "= agrees, ! differs" in told


def test_the_selected_gradient_is_told_in_numbers_and_enter_opens_its_card() -> None:
    session = after(stepped(shipped("mazur"), 2), c.Toggle(Page.CHECK), By(4))
    page = to_text(screen(session, 120, 40))
    assert "5 of 10" in page
    up, down = (float(found) for found in re.findall(r"w5 [+-] h\) = (0\.\d+)", page))
    h = step_size(0.4)
    assert (up - down) / (2 * h) == pytest.approx(0.082167041, rel=1e-6)
    assert "They agree" in page
    opened = after(session, c.Enter())
    assert (opened.page, opened.panel) == (None, Panel.INSPECTOR)
    assert str(opened.trail[-1].quantity) == "dE/dw5"
    early = after(shipped("mazur"), c.Toggle(Page.CHECK), c.Enter())
    assert early.said == "Step to the end of the backward phase first"


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
