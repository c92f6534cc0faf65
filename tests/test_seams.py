"""One entry in a table is all it takes to add a function, an optimizer, a convention or a slip."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from bptui.audit.prepare import prepare
from bptui.audit.slips import SLIPS, Slip
from bptui.audit.spot import Found, Spot
from bptui.cli import main
from bptui.engine.functions import ACTIVATIONS, LOSSES, Activation, Loss
from bptui.engine.optimizers import OPTIMIZERS, Optimizer
from bptui.engine.penalties import PENALTIES, Penalty
from bptui.engine.primitives import total
from bptui.engine.schedules import SCHEDULES, Schedule
from bptui.preset.errors import PresetError
from bptui.preset.read import parse_preset
from bptui.session import messages as c
from bptui.session.decode import restored
from bptui.session.encode import head_of, record, state_of
from bptui.session.messages import Ask, Page
from bptui.story.address import Kind, parse_quantity
from bptui.story.batching import with_training
from bptui.story.conventions import (
    CONVENTIONS,
    Convention,
    ConventionError,
    parse_under,
    variant,
)
from bptui.story.edits import place_of
from bptui.story.finite_differences import compare
from bptui.story.formula import Const, Product
from bptui.story.moment import Moment, Phase, parse_moment
from bptui.story.timeline import Timeline
from bptui.story.values import Values
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests import audits
from tests.sessions import done, made
from tests.test_continuation import assert_goes_on, run
from tests.test_derivations import wrong_parts, wrong_values
from tests.test_formula_text import python_value, unbalanced
from tests.walks import answered

SWISH = Activation(
    out=lambda net, beta: net / (1 + np.exp(-beta * net)),
    slope=lambda net, out, beta: beta * out + (1 - beta * out) / (1 + np.exp(-beta * net)),
    parameters={"beta": 1.0},
)
PSEUDO_HUBER = Loss(
    label="pseudo-Huber",
    share=lambda out, target, delta: delta**2 * (np.sqrt(1 + ((out - target) / delta) ** 2) - 1),
    slope=lambda out, target, delta: (out - target) / np.sqrt(1 + ((out - target) / delta) ** 2),
    parameters={"delta": 1.0},
)
ADAM = Optimizer(
    {
        "m": lambda m, g, beta1: beta1 * m + (1 - beta1) * g,
        "s": lambda s, g, beta2: beta2 * s + (1 - beta2) * (g * g),
        "m_hat": lambda m, beta1, t: m / (1 - beta1**t),
        "s_hat": lambda s, beta2, t: s / (1 - beta2**t),
        "w": lambda w, m_hat, s_hat, eta, epsilon: w - eta * m_hat / (np.sqrt(s_hat) + epsilon),
    },
    {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    label="Adam of a test",
)
POLYNOMIAL = Schedule(
    lambda eta, t, beta, alpha: eta * (beta * t + 1) ** -alpha,
    {"beta": 0.1, "alpha": 0.5},
    label="polynomial decay",
)
CURVED = Penalty(  # near 0 it is like L2, far away like L1; its slope is not rounded alike anywhere
    value=lambda w, lambda_: lambda_ * total(np.log(np.cosh(w))),
    slope=lambda w, lambda_: lambda_ * np.tanh(w),
    parameters={"lambda": 0.05},
    label="log-cosh penalty",
)
FIRST_BATCH = Convention(
    "first_batch",
    "first batch",
    get=lambda preset: str(preset.training.first_batch),
    set=lambda preset, value: with_training(preset, first_batch=int(value)),
    choices=lambda preset: tuple(
        str(k) for k in range(1, preset.training.batches(len(preset.samples)) + 1)
    ),
    applies=lambda preset: preset.training.batches(len(preset.samples)) > 1,
    word=lambda value: f"begin with the {'first' if value == '1' else 'second'}",
    types=(int, str),
    header=lambda preset: (f"from batch {preset.training.first_batch}",),
    aliases={"first_batch = second": "2"},
)

PLAIN = """
title = "with entries of a test"

[training]
learning_rate = 0.1
loss = LOSS
optimizer = OPTIMIZER
MORE
batch = 2

[[layers]]
name = "in"
neurons = ["i1", "i2"]

[[layers]]
name = "hidden"
neurons = ["h1", "h2"]
activation = ACTIVATION
weights = [[0.15, -0.25], [0.6, 0.3]]
biases = [0.35, -0.1]

[[layers]]
name = "out"
neurons = ["o1", "o2"]
activation = "tanh"
weights = [[0.4, 0.5], [-0.45, 0.55]]
biases = [0.6, 0.2]

[[samples]]
input = [0.5, -1.0]
target = [0.1, 0.9]

[[samples]]
input = [-0.3, 0.8]
target = [0.7, -0.2]

[[samples]]
input = [1.2, 0.4]
target = [-0.5, 0.3]
"""


def preset(
    activation: str = '"sigmoid"',
    loss: str = '"squared_error"',
    optimizer: str = '"sgd"',
    more: str = "",
) -> str:
    """The text of a preset with these functions."""
    text = PLAIN.replace("ACTIVATION", activation).replace("LOSS", loss)
    return text.replace("OPTIMIZER", optimizer).replace("MORE", more)


PRESETS = {
    "activation": preset(activation='{ name = "swish", beta = 1.5 }'),
    "loss": preset(loss='{ name = "pseudo_huber", delta = 0.5 }'),
    "optimizer": preset(optimizer='{ name = "test_adam", beta1 = 0.8 }'),
    "schedule": preset(more='schedule = { name = "polynomial", beta = 0.2 }'),
    "penalty": preset(more='penalty = { name = "curved", lambda = 0.2 }'),
    "all": preset(
        '"swish"',
        '"pseudo_huber"',
        '"test_adam"',
        'schedule = "polynomial"\npenalty = { name = "curved", biases = true }',
    ),
}
every_preset = pytest.mark.parametrize("text", PRESETS.values(), ids=PRESETS)


@pytest.fixture(autouse=True)
def _entries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add one entry to each table: all that this file does to bptui."""
    monkeypatch.setitem(ACTIVATIONS, "swish", SWISH)
    monkeypatch.setitem(LOSSES, "pseudo_huber", PSEUDO_HUBER)
    monkeypatch.setitem(OPTIMIZERS, "test_adam", ADAM)
    monkeypatch.setitem(SCHEDULES, "polynomial", POLYNOMIAL)
    monkeypatch.setitem(PENALTIES, "curved", CURVED)
    monkeypatch.setitem(CONVENTIONS, "first_batch", FIRST_BATCH)


def timeline_of(text: str) -> Timeline:
    """The timeline of a preset's text."""
    return Timeline(prepare(parse_preset(text, "seams.toml")))


# numbers


@every_preset
def test_gradients_are_those_of_finite_differences(text: str) -> None:
    timeline = timeline_of(text)
    for iteration in (1, 2, 5):
        state = timeline.state(Moment.of(iteration, Phase.UPDATE))
        for name in timeline.setup.network.slots:
            assert compare(state, name)[1] < 1e-6, (iteration, name)


@pytest.mark.parametrize("at", [-3.0, -0.5, 0.0, 0.7, 4.0])
def test_slopes_are_those_of_automatic_differentiation(at: float) -> None:
    out = SWISH.out(at, 1.5)
    expected = autograd.grad(lambda net: net / (1 + anp.exp(-1.5 * net)))(at)
    assert SWISH.slope(at, out, 1.5) == pytest.approx(expected, rel=1e-12)
    expected = autograd.grad(lambda o: 0.25 * (anp.sqrt(1 + ((o - 0.3) / 0.5) ** 2) - 1))(at)
    assert PSEUDO_HUBER.slope(at, 0.3, 0.5) == pytest.approx(expected, rel=1e-12)


def test_the_optimizer_is_that_of_the_paper() -> None:
    timeline = timeline_of(PRESETS["optimizer"])
    w, m, s = 0.15, 0.0, 0.0
    for t in range(1, 6):
        state = timeline.state(Moment.of(t, Phase.UPDATE))
        assert state.backward is not None
        g = float(state.backward.gradient[0])
        m, s = 0.8 * m + 0.2 * g, 0.999 * s + 0.001 * g * g
        w -= 0.1 * (m / (1 - 0.8**t)) / ((s / (1 - 0.999**t)) ** 0.5 + 1e-8)
        assert state.now[:, 0] == pytest.approx([w, m, s], rel=1e-12)


@every_preset
def test_a_run_has_the_bits_of_steps(text: str) -> None:
    stepped, ran = timeline_of(text), timeline_of(text)
    ran.run(150)
    states = ran.states_after(1, 150)
    for k in range(1, 151):
        whole = stepped.iteration(k)
        assert whole.ended.tobytes() == states[k - 1].tobytes()
        assert whole.forward.loss == ran.losses(150)[k - 1]


@every_preset
def test_what_is_saved_goes_on_with_the_same_bits(text: str) -> None:
    for k in (1, 2, 67):
        assert_goes_on(prepare(parse_preset(text, "seams.toml")), k)


@every_preset
def test_a_kept_session_is_read_again(text: str) -> None:
    session = answered(made(text), Ask.RUN, "12")
    session = done(session, c.Step(1), c.Step(1), c.Step(1))
    line = record(state_of(session), None, 1)
    again = restored(json.loads(json.dumps([head_of(session), line])))
    assert again.state.now.tobytes() == session.state.now.tobytes()
    assert to_text(screen(again, 120, 40)) == to_text(screen(session, 120, 40))


# words and formulas


@every_preset
def test_every_card_agrees_with_the_engine(text: str) -> None:
    timeline = timeline_of(text)
    assert wrong_values(timeline) == []
    assert wrong_parts(timeline) == []


EXPLAINED = {
    "out h1 @1": ("activation", "net_h₁@1 / (1 + exp((-β) × net_h₁@1))", r"\exp"),
    "dout/dnet h1 @1": ("activation", "β × out_h₁@1 + (1 - β × out_h₁@1) / (1 + ", r"\beta"),
    "E o1 @1": ("loss", "δ² × (sqrt(1 + ((out_o₁@1 - target_o₁@1) / δ)²) - 1)", r"\delta^2"),
    "dE/dout o1 @1": ("loss", " / sqrt(1 + ((out_o₁@1 - target_o₁@1) / δ)²)", r"\sqrt"),
    "m w_i1_h1": ("optimizer", "β₁ × m_w_i₁_h₁(old) + (1 - β₁) × ∂E/∂w_i₁_h₁", r"\beta_1"),
    "m_hat w_i1_h1": ("optimizer", "m_w_i₁_h₁ / (1 - β₁^t)", r"\hat{m}_{\mathit{w\_i1\_h1}}"),
    "eta w_i1_h1": ("schedule", "η₀ × (β × t + 1)^(-α)", r"\eta_0 \cdot"),
    "step b_o1": ("schedule", "b_o₁(new) - b_o₁(old)", r"\mathrm{new}"),
    "penalty": ("penalty", "λ × (ln(cosh(w_i₁_h₁)) + ln(cosh(w_i₁_h₂))", r"\lambda"),
    "dE/dw_i1_h1": ("penalty", "@2 + λ × tanh(w_i₁_h₁)", r"\tanh"),
    "w_i1_h1": ("optimizer", "η × m_hat_w_i₁_h₁ / (sqrt(s_hat_w_i₁_h₁) + ε)", r"\hat{s}"),
}
"""Quantities, which entry they come from, and what is on their cards, and in LaTeX."""
Print = Callable[..., str]


@pytest.fixture
def printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Print:
    """A command on the preset of an entry: what it prints."""

    def run(command: str, entry: str, *argv: str) -> str:
        path = tmp_path / f"{entry}.toml"
        path.write_text(PRESETS[entry], encoding="utf-8")
        assert main([command, str(path), *argv]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        return out

    return run


@pytest.mark.parametrize("address", EXPLAINED)
def test_a_card_is_the_entry_in_every_format(address: str, printed: Print) -> None:
    entry, formula, latex = EXPLAINED[address]
    asked = ("explain", entry, address, "--at", "3 update", "--format")
    assert formula in printed(*asked, "text")
    assert latex in (written := printed(*asked, "latex"))
    assert unbalanced(written) == ""
    row = json.loads(printed(*asked, "json"))
    assert python_value(row["expression"]) == pytest.approx(row["value"], rel=1e-12)
    timeline = timeline_of(PRESETS[entry])
    quantity = parse_quantity(address, timeline.setup)
    assert row["value"] == Values(timeline.state(parse_moment("3 update"))).get(quantity)


@pytest.mark.parametrize("entry", PRESETS)
def test_trace_has_its_numbers(entry: str, printed: Print) -> None:
    rows = [json.loads(line) for line in printed("trace", entry, "--json").splitlines()]
    timeline = timeline_of(PRESETS[entry])
    for phase, row in zip(Phase, rows, strict=True):
        expected = Values(timeline.state(Moment.of(1, phase))).all()
        assert row["quantities"] == {str(q): v for q, v in expected.items()}
    found = rows[-1]["quantities"].keys()
    assert len({"m w_i1_h1", "s b_o2", "m_hat b_h1"} & found) == 3 * (entry in ("optimizer", "all"))
    assert ("eta b_o1" in found) == (entry in ("schedule", "all"))
    assert ("penalty" in found) == (entry in ("penalty", "all"))


@pytest.mark.parametrize("entry", PRESETS)
def test_run_saves_what_goes_on(entry: str, printed: Print, tmp_path: Path) -> None:
    saved = tmp_path / "saved.toml"
    printed("run", entry, "--iterations", "10", "--save", str(saved))
    again = timeline_of(saved.read_text(encoding="utf-8"))
    straight = timeline_of(PRESETS[entry])
    assert run(again.setup, 1, 8) == run(straight.setup, 11, 18)


@every_preset
def test_the_screen_names_it(text: str) -> None:
    shown = to_text(screen(done(made(text), c.Resize(120, 40)), 120, 40))
    names = {"swish": "swish", "pseudo_huber": "pseudo-Huber", "test_adam": "test_adam"}
    names |= {"polynomial": "polynomial", "curved": "log-cosh"} if "swish" not in text else {}
    for name, label in names.items():
        assert (label in shown) == (f'"{name}"' in text), (name, shown)


# errors


def message(text: str) -> str:
    """What is said of a preset that is not valid."""
    with pytest.raises(PresetError) as error:
        prepare(parse_preset(text, "seams.toml"))
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (preset('"swiss"'), 'unknown activation "swiss"; did you mean "swish"?'),
        (preset(loss='"pseudo_hubert"'), 'unknown loss "pseudo_hubert"; did you mean'),
        (preset(optimizer='"test_adm"'), 'unknown optimizer "test_adm"; did you mean "test_adam"?'),
        (preset('"xyz"'), "softmax, swish"),
        (preset(loss='"xyz"'), "categorical_cross_entropy, pseudo_huber"),
        (preset(optimizer='"xyz"'), "choose from sgd, momentum"),
        (
            preset('{ name = "swish", bet = 1 }'),
            'swish has no parameter "bet"; did you mean "beta"',
        ),
        (preset(more='schedule = "polynom"'), 'unknown schedule "polynom"; did you mean'),
        (preset(more='penalty = "curvd"'), 'unknown penalty "curvd"; did you mean "curved"?'),
        (preset(loss='{ name = "pseudo_huber", d = 1 }'), 'pseudo_huber has no parameter "d"'),
        (preset(optimizer='{ name = "test_adam", beta1 = true }'), '"beta1" must be a number'),
        (preset(optimizer='"test_adam"') + "[state.M]\nb_o1 = 1\n", 'no "M" in the state; '),
    ],
)
def test_errors_name_it(text: str, said: str) -> None:
    assert said in message(text)


# what-if


def test_what_an_optimizer_keeps_can_be_edited_and_undone() -> None:
    session = done(made(PRESETS["optimizer"]), *[c.Step(1)] * 3)
    edited = answered(session, Ask.EDIT, "s b_o1 = 0.5")
    place = place_of(edited.setup, "s b_o1")
    assert edited.state.now[place] == 0.5
    assert done(edited, c.Undo(1)).state.now[place] == session.state.now[place]


def test_the_optimizer_can_be_switched_to_and_keeps_nothing_yet() -> None:
    session = answered(done(made(preset()), *[c.Step(1)] * 6), Ask.EDIT, "optimizer = test_adam")
    assert session.setup.kept == ("m", "s")
    assert not session.state.begun[1:].any()
    assert session.state.now[1:].all()


def test_a_convention_is_a_row_of_the_page_a_choice_of_e_and_a_part_of_the_header() -> None:
    session = done(made(preset()), c.Resize(120, 40))
    assert "from batch 1" in to_text(screen(session, 120, 40))
    page = to_text(screen(done(session, c.Toggle(Page.CONVENTIONS)), 120, 40))
    assert "first batch" in page
    assert "begin with the second" in page
    assert "○ pseudo-Huber" in page
    assert "○ Adam of a test" in page
    assert "○ polynomial decay" in page
    assert "○ log-cosh penalty" in page
    for text in ("first_batch = 2", "first_batch = second"):
        edited = answered(session, Ask.EDIT, text)
        assert edited.state.batch.numbers == (3,), text
        assert "from batch 2" in to_text(screen(edited, 120, 40))
    assert done(edited, c.Undo(1)).state.batch.numbers == (1, 2)
    refused = answered(session, Ask.EDIT, "first_batch = 9")
    assert 'first_batch cannot be "9"; choose from 1, 2' in to_text(screen(refused, 120, 40))
    line = record(state_of(edited), None, 1)
    again = restored(json.loads(json.dumps([head_of(edited), line])))
    assert again.setup.first_batch == 2


@pytest.mark.parametrize("value", ["2", '"2"'])
def test_a_figure_can_be_right_under_a_convention(value: str) -> None:
    text = preset() + "".join(
        [
            "[expected.1.forward]\n",
            f'E = {{ printed = "0.6", under = {{ first_batch = {value} }} }}\n',
        ]
    )
    setup = prepare(parse_preset(text, "seams.toml"))
    (expected,) = setup.preset.expected
    under = parse_under(expected.figure.under or {}, setup.preset)
    assert variant(setup.preset, under).training.first_batch == 2


def test_a_convention_that_there_is_not_is_corrected_to_it() -> None:
    with pytest.raises(ConventionError, match='did you mean "first_batch"'):
        parse_under({"first_batsh": "2"}, parse_preset(preset(), "seams.toml"))


def _too_large(spot: Spot) -> Iterator[Found]:
    """A slip that nobody makes."""
    yield "large", Product((Const(3.137), spot.formulas[0])), "it is much too large"


def test_a_slip_is_named_by_the_audit_on_the_screen_and_by_check(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slip = Slip(1, frozenset({Kind.DE_DNET}), _too_large, "much too large")
    monkeypatch.setattr("bptui.audit.trials.SLIPS", (*SLIPS, slip))
    made_wrong = 0.40 - 0.5 * 3.137 * audits.exact(audits.preset())["dE/dw5"]
    text = audits.preset({"1 update": {"w5": f"{made_wrong:.9f}"}})
    assert audits.only(text).slip == "in `dE/dnet o1`, it is much too large"
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    assert main(["check", str(file)]) == 1
    assert "you get this if in dE/dnet o1, it is much too large" in capsys.readouterr().out
