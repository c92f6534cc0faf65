"""The loss `none`: the outputs themselves are differentiated, and no target is anywhere."""

from __future__ import annotations

import json

import pytest

from bptui.audit.prepare import prepare
from bptui.cli import main
from bptui.preset.read import parse_preset
from bptui.session import messages as c
from bptui.session.messages import Ask, Page
from bptui.session.session import Session
from bptui.story.address import AddressError, all_quantities, parse_quantity
from bptui.story.continuation import continuation
from bptui.story.conventions import CONVENTIONS
from bptui.story.derivation import derive
from bptui.story.edits import EditError, parse_change
from bptui.story.moment import Moment, Phase, parse_moment
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline
from bptui.story.values import Values
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.presets import reread
from tests.sessions import done, made, stepped
from tests.walks import answered

NEURON = """
[training]
learning_rate = 0.1
loss = "none"

[[layers]]
name = "input"
neurons = ["x1", "x2"]

[[layers]]
name = "output"
neurons = ["o"]
activation = "tanh"

[weights]
w1 = { from = "x1", to = "o", value = -3.0 }
w2 = { from = "x2", to = "o", value = 1.0 }

[biases]
b = { to = "o", value = 6.8813735870195432 }

[[samples]]
input = [2.0, 0.0]
"""
"""The neuron of Karpathy's micrograd lecture."""
AIMED = NEURON + "target = [0.5]\n"
"""The same, with a target that the loss has no use for."""


def setup_of(text: str) -> Setup:
    return prepare(parse_preset(text, "made.toml"))


def texts(session: Session) -> list[str]:
    """Every panel and page, at two sizes, in every phase and with every neuron selected."""
    found = []
    for phases in range(4):
        for selected in ("x1", "o", "w1"):
            here = done(stepped(session, phases), c.Select(selected))
            for size in ((80, 24), (120, 40)):
                found.append(to_text(screen(here, *size)))
                found.append(to_text(screen(done(here, c.Toggle(Page.CONVENTIONS)), *size)))
    return found


def test_the_gradients_are_those_of_the_lecture() -> None:
    values = Values(Timeline(setup_of(NEURON)).state(parse_moment("1 backward"))).all()
    told = {"out o": 0.7071, "dE/dout o": 1.0, "dE/dnet o": 0.5, "E": 0.7071}
    told |= {"dE/dw1": 1.0, "dE/dw2": 0.0, "dE/dinput x1": -1.5, "dE/dinput x2": 0.5}
    assert {key: round(values[key], 4) for key in told} == told


@pytest.mark.parametrize("text", [NEURON, AIMED])
def test_no_target_is_anywhere(text: str) -> None:
    setup = setup_of(text)
    assert not [q for q in all_quantities(setup) if "target" in str(q)]
    assert not [shown for shown in texts(made(text)) if "target" in shown]
    for address in ("target o", "target_o"):
        with pytest.raises(AddressError, match='the loss "none" compares with no target'):
            parse_quantity(address, setup)
    for change in ("target o = 1", "target = 1"):
        with pytest.raises(EditError, match='the loss "none" compares with no target'):
            parse_change(change, setup, setup.batch(1), 1)
    with pytest.raises(EditError, match="out o is computed; edit what leads to it: w1, w2, b,"):
        parse_change("out o = 1", setup, setup.batch(1), 1)


def test_formulas_and_header_say_what_the_loss_is() -> None:
    timeline = Timeline(setup_of(NEURON))
    for address, parts in (("E", ["E o"]), ("E o", ["out o"]), ("dE/dout o", [])):
        quantity = parse_quantity(address, timeline.setup)
        derivation = derive(timeline, quantity, Moment.of(1, Phase.BACKWARD))
        assert [str(ref.quantity) for ref in derivation.parts] == parts
    assert "  E = out" in to_text(screen(made(NEURON), 80, 24))


def test_only_losses_whose_targets_there_are_can_be_chosen() -> None:
    assert CONVENTIONS["loss"].choices(setup_of(NEURON).preset) == ("none",)
    assert "squared_error" in CONVENTIONS["loss"].choices(setup_of(AIMED).preset)
    setup = setup_of(NEURON)
    with pytest.raises(EditError, match="huber compares the outputs with targets, and this preset"):
        parse_change("loss = huber", setup, setup.batch(1), 1)


def test_a_target_shows_while_a_loss_compares_with_it() -> None:
    session = answered(stepped(made(AIMED), 1), Ask.EDIT, "loss = squared_error")
    assert any("target 0.5" in text for text in texts(session))
    session = answered(session, Ask.EDIT, "loss = none")
    assert not [text for text in texts(session) if "target 0.5" in text]


@pytest.mark.parametrize("text", [NEURON, AIMED])
def test_what_is_saved_is_read_again(text: str) -> None:
    setup = setup_of(text)
    state = Timeline(setup).state(parse_moment("3 update"))
    saved = reread(continuation(setup, state.now, 3))
    assert saved.samples == setup.preset.samples
    assert saved.training == setup.preset.training


def test_trace_and_check_know_no_target(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path_factory.mktemp("none") / "neuron.toml"
    file.write_text(NEURON + '\n[expected.1.backward]\n"dE/dx2" = "0.5"\n', "utf-8")
    assert main(["check", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "match"
    assert main(["trace", str(file), "--json"]) == 0
    assert "target" not in capsys.readouterr().out
