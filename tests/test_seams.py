"""One entry in a table is all it takes to add a function, an optimizer or a convention."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from bptui.audit.prepare import prepare
from bptui.cli import main
from bptui.engine.functions import ACTIVATIONS, LOSSES, Activation, Loss
from bptui.engine.optimizers import OPTIMIZERS, Optimizer
from bptui.preset.errors import PresetError
from bptui.preset.read import parse_preset
from bptui.session import messages as c
from bptui.session.decode import restored
from bptui.session.encode import head_of, record, state_of
from bptui.session.messages import Ask, Page
from bptui.session.session import Session
from bptui.story.conventions import CONVENTIONS, Convention, with_training
from bptui.story.finite_differences import compare
from bptui.story.moment import Moment, Phase
from bptui.story.timeline import Timeline
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.sessions import done, made
from tests.test_continuation import assert_goes_on, run
from tests.test_derivations import wrong_parts, wrong_values
from tests.walks import answered

SWISH = Activation(
    out=lambda net, beta: net / (1 + np.exp(-beta * net)),
    slope=lambda net, out, beta: beta * out + (1 - beta * out) / (1 + np.exp(-beta * net)),
    parameters={"beta": 1.0},
)
PSEUDO_HUBER = Loss(
    label="pseudo-Huber",
    share=lambda out, target, delta: (
        delta**2 * (np.sqrt(1 + ((out - target) / delta) ** 2) - 1)
    ),
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
FIRST_BATCH = Convention(
    "first_batch",
    "first batch",
    get=lambda preset: str(preset.training.first_batch),
    set=lambda preset, value: with_training(preset, first_batch=int(value)),
    choices=lambda preset: tuple(
        str(k) for k in range(1, preset.training.batches(len(preset.samples)) + 1)
    ),
    applies=lambda preset: preset.training.batches(len(preset.samples)) > 1,
    words={"1": "begin with the first", "2": "begin with the second"},
    formulas={"2": "the first batch comes last"},
    header=lambda preset: (f"from batch {preset.training.first_batch}",),
    aliases={"first_batch = second": "2"},
)

PLAIN = """
title = "with entries of a test"

[training]
learning_rate = 0.1
loss = LOSS
optimizer = OPTIMIZER
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
    activation: str = '"sigmoid"', loss: str = '"squared_error"', optimizer: str = '"sgd"'
) -> str:
    """The text of a preset with these functions."""
    text = PLAIN.replace("ACTIVATION", activation).replace("LOSS", loss)
    return text.replace("OPTIMIZER", optimizer)


PRESETS = {
    "activation": preset(activation='{ name = "swish", beta = 1.5 }'),
    "loss": preset(loss='{ name = "pseudo_huber", delta = 0.5 }'),
    "optimizer": preset(optimizer='{ name = "test_adam", beta1 = 0.8 }'),
    "all": preset('"swish"', '"pseudo_huber"', '"test_adam"'),
}
every_preset = pytest.mark.parametrize("text", PRESETS.values(), ids=PRESETS)


@pytest.fixture(autouse=True)
def _entries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add one entry to each table: all that this file does to bptui."""
    monkeypatch.setitem(ACTIVATIONS, "swish", SWISH)
    monkeypatch.setitem(LOSSES, "pseudo_huber", PSEUDO_HUBER)
    monkeypatch.setitem(OPTIMIZERS, "test_adam", ADAM)
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
    "out h1": ("activation", ("out_h₁ = net_h₁ / (1 + exp(-β × net_h₁))", "1.5")),
    "dout/dnet h1": ("activation", ("β × out_h₁ + (1 - β × out_h₁) / (1 + exp(-β × net_h₁))",)),
    "E o1": ("loss", ("δ² × (√(1 + ((out_o₁ - target_o₁) / δ)²) - 1)", "0.5²")),
    "dE/dout o1": ("loss", ("(out_o₁ - target_o₁) / √(1 + ((out_o₁ - target_o₁) / δ)²)",)),
    "m w_i1_h1": ("optimizer", ("β₁ × ", "(1 - β₁) × ", "0.8")),
    "m_hat w_i1_h1": ("optimizer", (" / (1 - β₁",)),
    "w_i1_h1": ("optimizer", ("√", " + ε)")),
}
"""Quantities, the entry that they come from, and what their cards say."""


def printed(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """What a command prints."""
    assert main(list(argv)) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


@pytest.fixture
def files(tmp_path: Path) -> Callable[[str], str]:
    """A file with the preset of an entry, by the entry's table."""

    def write(table: str) -> str:
        path = tmp_path / f"{table}.toml"
        path.write_text(PRESETS[table], encoding="utf-8")
        return str(path)

    return write


@pytest.mark.parametrize("address", EXPLAINED)
def test_a_card_has_the_formula_of_the_entry_in_every_format(
    address: str, files: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    table, said = EXPLAINED[address]
    asked = ["explain", files(table), address, "--at", "3 update"]
    if "@" not in address and table != "optimizer":
        asked[2] += " @1"
    text = printed(capsys, *asked)
    for part in said:
        assert part.replace("₁", "₁") in text.replace(" @1", ""), text
    row = json.loads(printed(capsys, *asked, "--format", "json"))
    assert eval_expression(row["expression"]) == pytest.approx(row["value"], rel=1e-9)
    latex = printed(capsys, *asked, "--format", "latex")
    assert latex.count("{") == latex.count("}")
