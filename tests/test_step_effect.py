"""What an update did to the loss: the engine's own numbers, with one parameter moved, and all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from bptui.session import messages as c
from bptui.session.session import Session, open_session
from bptui.story.address import Kind, Quantity
from bptui.story.moment import Moment, Phase
from bptui.story.step_effect import step_effect
from bptui.view.inspector_panel import inspector
from bptui.view.numbers import show
from bptui.view.rows import to_text
from tests.networks import dense
from tests.sessions import after, shipped, stepped

CASES = {
    "online": dense((2, 3, 2)),
    "batch": replace(dense((2, 3, 2), samples=3), batch="full", reduction="mean"),
    "adam": replace(dense((2, 3, 2)), optimizer="adam"),
    "sequential": replace(dense((2, 3, 2)), update="sequential"),
}


def with_one_moved(session: Session, parameter: str) -> float:
    """Return the loss of a session in which one parameter has its new value from the start."""
    value = session.value(Quantity(Kind.PARAMETER, parameter=parameter))
    assert value is not None
    state = session.state.begun.copy()
    state[0, session.setup.network.slots[parameter]] = value
    moved = open_session(structs.replace(session.setup, state=state))
    loss = stepped(moved, 1).value(Quantity(Kind.LOSS))
    assert loss is not None
    return loss


@pytest.mark.parametrize("name", CASES)
def test_a_step_alone_and_all_steps_give_the_losses_of_forward_passes(name: str) -> None:
    session = stepped(open_session(CASES[name].setup()), 3)
    parameter = session.setup.network.parameters[4].name
    effect = step_effect(session.timeline, 1, parameter)
    assert effect.before == session.value(Quantity(Kind.LOSS))
    assert effect.alone == with_one_moved(session, parameter)
    batches = len(session.setup.batches)
    if batches == 1:  # the next iteration has the same batch
        assert effect.together == session.timeline.losses(2)[1]
    gradient = session.value(Quantity(Kind.DE_DPARAMETER, parameter=parameter))
    step = session.value(Quantity(Kind.STEP, parameter=parameter))
    assert gradient is not None
    assert step is not None
    assert effect.foresaw == pytest.approx(gradient * step, rel=1e-15)


def test_the_card_of_an_update_says_what_the_step_did() -> None:
    session = after(stepped(shipped("mazur"), 3), c.Select("w5"))
    text = to_text(inspector(session, 60, 40)[0])
    effect = step_effect(session.timeline, 1, "w5")
    assert f"{effect.alone - effect.before:.6f}" == "-0.003386"
    for number in (effect.before, effect.alone, effect.foresaw, effect.together):
        assert show(number, 6) in text
    assert "Downhill: Eₜₒₜₐₗ rises with w₅, so w₅ goes down" in text.replace("\n", " ")


def test_steps_that_are_not_done_yet_are_not_counted() -> None:
    session = stepped(after(shipped("mazur"), c.Refine(2)), 5 + 14 + 6)
    assert (session.moment, session.left) == (Moment.of(1, Phase.UPDATE), 4)
    text = to_text(inspector(session, 60, 40)[0])
    assert "5 steps so far" in text
    assert show(session.timeline.losses(2)[1], 6) not in text


def test_where_a_forward_pass_takes_long_a_dash_stands_until_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bptui.story.step_effect.CHEAP", 1)
    session = stepped(shipped("mazur"), 3)
    assert "what the steps did to the loss: –" in to_text(inspector(session, 60, 40)[0])
    asked = after(session, c.Select("w6"))
    assert "all 8 steps" in to_text(inspector(asked, 60, 40)[0])
