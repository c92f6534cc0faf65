"""The card follows the step; what was selected by hand stays."""

from __future__ import annotations

import pytest

from bptui.session import messages as c
from bptui.session.messages import Panel
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.view.inspector_panel import inspector, last_place
from bptui.view.numbers import show
from bptui.view.rows import to_text
from tests.sessions import XOR, after, made, shipped, stepped


def shown(session: Session) -> str:
    """Return what is selected, or the card that is open on top."""
    return str(session.trail[-1].quantity) if session.trail else session.selected


@pytest.mark.parametrize(
    ("grains", "subjects"),
    [
        (-1, ["w6", "w6"]),
        (0, ["E", "o1", "w6", "E"]),
        (1, ["h1", "o1", "E", "o1", "h2", "w4", "w6", "h1"]),
        (2, ["h1", "h2", "o1", "o2", "E", "o1", "o2", "w5"]),
    ],
)
def test_a_step_selects_what_it_computed(grains: int, subjects: list[str]) -> None:
    session = after(shipped("mazur"), c.Refine(grains))
    assert [shown(stepped(session, steps)) for steps in range(1, len(subjects) + 1)] == subjects


def test_what_was_selected_by_hand_stays_until_esc() -> None:
    session = after(shipped("mazur"), c.Select("w1"))
    for steps in range(4):
        assert shown(stepped(session, steps)) == "w1"
    there = after(stepped(session, 2), c.Close())
    assert "selected again" in there.said
    assert shown(stepped(there, 1)) == "w6"


def test_steps_by_neuron_lead_the_selection_again() -> None:
    session = after(shipped("mazur"), c.Select("w1"), c.Refine(2), c.Step(1))
    assert shown(session) == "h1"
    assert shown(after(session, c.Refine(-1), c.Step(1), c.Step(1))) == "o1"


def test_at_an_end_of_a_column_a_key_selects_nothing_by_hand() -> None:
    session = stepped(shipped("mazur"), 2)
    assert not after(session, c.Move(along=-1)).by_hand
    assert after(session, c.Move(along=1)).by_hand


def test_a_jump_follows_too() -> None:
    session = after(stepped(shipped("mazur"), 3), c.Travel(5))
    assert session.moment.iteration == 6
    steps = {
        name: abs(session.value(Quantity(Kind.STEP, parameter=name)) or 0.0)
        for name in session.setup.network.slots
    }
    assert shown(session) == max(steps, key=lambda name: steps[name])


def card(session: Session, *, width: int = 44, height: int = 40) -> str:
    return to_text(inspector(session, width, height)[0])


def test_after_the_forward_phase_the_loss_stands_output_by_output_then_as_their_sum() -> None:
    text = card(stepped(shipped("mazur"), 1))
    places = [text.index(part) for part in ("o1 too high", "½(0.01-0.7514)²", "Eₜₒₜₐₗ = ")]
    assert places == sorted(places)
    assert "o2 too low" in text


def test_of_a_hidden_neuron_the_sum_over_paths_is_written_out() -> None:
    session = after(stepped(shipped("mazur"), 2), c.Select("h1"))
    text = card(session)
    assert "o₁: δₒ₁×w₅ =  0.1385×0.4 =  0.0554" in text
    assert "o₂: δₒ₂×w₇ = -0.0381×0.5 = -0.0190" in text
    assert "outₕ₁(1-outₕ₁) = 0.5933(1-0.5933)" in text


def test_a_gradient_is_its_neurons_delta_times_what_feeds_the_weight() -> None:
    assert "δₒ₁ × outₕ₁ = 0.138499 × 0.593270" in card(
        after(stepped(shipped("mazur"), 2), c.Select("w5"))
    )
    # the article's own sign
    assert "Δₕ₁ × i₁ = -0.12576 × 2.0" in card(
        after(stepped(shipped("hmkcode"), 2), c.Select("w1"))
    )


@pytest.mark.parametrize(("rule", "told"), [("sum", "sum of 4"), ("mean", "each ÷ 4")])
def test_of_a_batch_the_card_adds_up_the_samples_shares(rule: str, told: str) -> None:
    batch = f'reduction = "{rule}"\nbatch = 4'
    session = stepped(made(XOR.replace('reduction = "mean"', batch)), 2)
    session = after(session, c.Select("w_h1_y"), c.Sample(1))
    text = card(session)
    assert told in text
    assert "the shares of the batch's 4 samples" in text
    shares = [ref.value for ref in session.parts]
    assert sum(shares) == pytest.approx(session.value(session.cards[0].quantity))
    assert all(show(share, 9) in text for share in shares)
    (line,) = (line for line in text.split("\n") if "shown" in line)
    assert "@2" in line
    assert "sample 2 of the batch's 4" in card(after(session, c.Select("y")))


def test_no_number_is_listed_twice() -> None:
    for subject in ("w5", "h1", "o1", "b2"):
        for phases in (1, 2, 3):
            session = after(stepped(shipped("mazur"), phases), c.Select(subject))
            parts = {ref.quantity for ref in session.parts if ref.moment.iteration == 1}
            own = {derivation.quantity for derivation in session.cards}
            assert not set(session.others) & (parts | own)
            assert not any(q.via and q._replace(via="") in parts for q in session.others)


def test_the_delta_of_softmax_is_computed_from_numbers_that_are_listed() -> None:
    softmax = XOR.replace('["y"]\nactivation = "sigmoid"', '["y", "z"]\nactivation = "softmax"')
    softmax = softmax.replace("mean_squared_error", "categorical_cross_entropy")
    softmax = softmax.replace("target = [0]", "target = [0, 1]")
    softmax = softmax.replace("target = [1]", "target = [1, 0]")
    session = stepped(after(made(softmax), c.Refine(2)), 8)
    assert (session.selected, session.left > 0) == ("y", True)
    assert None not in [session.value_at(ref.quantity, ref.moment) for ref in session.parts]


@pytest.mark.parametrize("size", [(39, 9), (80, 8), (80, 12), (39, 20)])
@pytest.mark.parametrize("preset", ["mazur", "pandey"])
def test_every_line_of_a_card_comes_into_view(preset: str, size: tuple[int, int]) -> None:
    for phases in (1, 2, 3):
        session = after(stepped(shipped(preset), phases), c.Show(Panel.INSPECTOR))
        whole = to_text(inspector(session, size[0] if size[0] < 78 else 39, 400)[0]).split("\n")
        seen, last = "", last_place(session, *size)
        for lines in range(last + 1):
            here = after(session, c.Scroll(lines, last))
            seen += to_text(inspector(here, *size)[0]) + "\n"
        for line in whole:
            assert line.strip().split("  ")[0][:30] in seen.replace("▸", " "), line
