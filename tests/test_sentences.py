"""The sentence about a step: for every kind of step, true, and never the same twice in a row."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bptui.session import messages as c
from bptui.session.session import Session, open_session
from bptui.story.address import Kind, Quantity
from bptui.story.moment import Moment, Phase
from bptui.view import status as module
from bptui.view.numbers import show
from bptui.view.rows import cells, to_text
from bptui.view.status import sentence, status
from tests.networks import dense
from tests.sessions import XOR, after, made, shipped, stepped

SESSIONS = {
    "mazur": lambda: shipped("mazur"),
    "hmkcode": lambda: shipped("hmkcode"),
    "batch": lambda: made(XOR.replace('reduction = "mean"', 'reduction = "mean"\nbatch = 4')),
    "softmax": lambda: open_session(
        dense((2, 3, 2), "relu", output="softmax", loss="categorical_cross_entropy").setup()
    ),
    "adam": lambda: open_session(replace(dense((2, 4, 2)), optimizer="adam").setup()),
    "sequential": lambda: open_session(replace(dense((2, 3, 1)), update="sequential").setup()),
}


@pytest.mark.parametrize("grains", [-1, 0, 1, 2])
@pytest.mark.parametrize("name", SESSIONS)
def test_every_step_has_its_own_sentence(name: str, grains: int) -> None:
    session = after(SESSIONS[name](), c.Refine(grains))
    before = ""
    for _ in range(min(2 * session.steps.length, 40)):
        session = after(session, c.Step(1))
        versions = sentence(session)
        assert versions[0] != before
        before = versions[0]
        assert cells(versions[-1]) <= 38, versions[-1]
        for text in versions:
            assert text.endswith("."), text
            assert text[0].isupper() or text[0] in "δΔ∂" or re.match(r"\w", text), text
            assert not re.search(r"  | \.|\.\.|, \.|None|nan", text), text


def test_every_kind_of_step_is_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    met = set()
    for key, make in module._SENTENCES.items():

        def noted(session: Session, key: object = key, make: object = make) -> list[str]:
            met.add(key)
            return make(session)  # type: ignore[operator, no-any-return]

        monkeypatch.setitem(module._SENTENCES, key, noted)
    for grains in (0, 1, 2):
        session = after(shipped("mazur"), c.Refine(grains))
        for steps in range(1, session.steps.length if grains == 2 else 8):
            sentence(stepped(session, steps))
    assert met == set(module._SENTENCES)


def test_the_sentence_of_an_update_says_why_in_which_direction_and_how_far() -> None:
    session = stepped(after(shipped("mazur"), c.Refine(2)), 5 + 14 + 6)
    assert sentence(session)[0] == (
        "Eₜₒₜₐₗ rises with w₅, so w₅ goes down by η × its gradient, from 0.4 to 0.358916. Next: w₆."
    )
    frozen = after(session, c.Step(-1))
    assert sentence(frozen)[0].startswith("b₁ is frozen")


def test_the_sentence_of_a_hidden_delta_says_where_it_comes_from() -> None:
    session = stepped(after(shipped("mazur"), c.Refine(2)), 13)
    assert sentence(session)[0] == (
        "δₕ₁ = 0.008771, back from o₁ and o₂ along w₅ and w₇: Eₜₒₜₐₗ rises with netₕ₁. Next: h₂."
    )


def test_the_sentence_of_the_update_has_the_losses_of_before_and_after() -> None:
    session = stepped(shipped("mazur"), 3)
    losses = session.timeline.losses(2)
    assert f"Eₜₒₜₐₗ {show(losses[0], 6)} → {show(losses[1], 6)}." in sentence(session)[0]


def test_where_momentum_carries_a_weight_uphill_that_is_said() -> None:
    session = open_session(replace(dense((2, 3, 2)), optimizer="momentum").setup())
    session = after(session, c.Refine(2))
    told = set()
    for iteration in range(1, 40):
        at = after(session, c.Jump(Moment.of(iteration, Phase.BACKWARD)))
        for _ in session.setup.network.parameters:
            at = after(at, c.Step(1))
            name = at.selected
            gradient = at.value(Quantity(Kind.DE_DPARAMETER, parameter=name)) or 0.0
            step = at.value(Quantity(Kind.STEP, parameter=name)) or 0.0
            uphill = gradient * step > 0
            assert ("outweigh this one" in sentence(at)[0]) == uphill
            told.add(uphill)
        if told == {True, False}:
            return
    raise AssertionError("no step went uphill")


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_the_longest_version_that_fits_is_shown_whole(width: int) -> None:
    for steps in range(1, 4):
        session = stepped(shipped("mazur"), steps)
        text = to_text(status(session, width)).strip()
        assert text in sentence(session)
