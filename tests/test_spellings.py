"""Whatever the screen writes for a quantity is understood as its address."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from bptui.preset.model import Notation
from bptui.story.address import AddressError, all_quantities, parse_quantity
from bptui.story.notation import naming, symbol
from bptui.story.setup import with_change
from bptui.view.formula import sign
from tests.networks import dense
from tests.sessions import NAMES, session_of

HEAVY = replace(dense((2, 2, 2), output="softmax", samples=2), optimizer="momentum", batch="full")
SETUPS = {name: session_of(name).setup for name in NAMES if name != "wide"}
SETUPS |= {"two samples": HEAVY.setup()}


@pytest.mark.parametrize("name", SETUPS)
def test_every_symbol_of_the_screen_is_read_back_as_its_quantity(name: str) -> None:
    setup = SETUPS[name]
    names = naming(setup)
    for quantity in all_quantities(setup):
        for text in (sign(quantity, names), symbol(quantity, names), str(quantity)):
            assert parse_quantity(text, setup) == quantity, text


@pytest.mark.parametrize("net", ["z", "z_{}", "net({})", "in", "s{}", "{}"])
def test_in_any_notation_too(net: str) -> None:
    setup, notation = session_of("mazur").setup, Notation(net=net, out="a_{}")
    own = with_change(setup, setup.state, lambda p: msgspec.structs.replace(p, notation=notation))[
        0
    ]
    for quantity in all_quantities(own):
        assert parse_quantity(sign(quantity, naming(own)), own) == quantity
        assert parse_quantity(symbol(quantity, naming(own)), own) == quantity


@pytest.mark.parametrize(
    ("spelling", "address"),
    [
        ("net_h1", "net h1"),
        ("net_h₁", "net h1"),
        ("netₕ₁", "net h1"),
        ("∂Eₒ₁/∂w₅", "dE/dw5 via o1"),
        ("δₕ₁", "dE/dnet h1"),
        ("∂E/∂w5", "dE/dw5"),
        ("dE_o1/dw1", "dE/dw1 via o1"),
        ("delta h1", "dE/dnet h1"),
        ("δ h1", "dE/dnet h1"),
        ("δ_h1", "dE/dnet h1"),
        ("i1", "input i1"),
        ("target_o1", "target o1"),
        ("E_o2", "E o2"),
        ("step_w5", "step w5"),
        ("∂net_o1/∂w5", "dnet/dw5 o1"),
        ("∂out_h1/∂net_h1", "dout/dnet h1"),
        ("∂E/∂out_h1 via o1", "dE/dout h1 via o1"),
        ("dE/di1", "dE/dinput i1"),
        ("∂E_o1/∂i₂", "dE/dinput i2 via o1"),
        ("∂net_h1/∂i1", "dnet/dout h1 i1"),
        ("∂net_h1/∂out_i1", "dnet/dout h1 i1"),
        ("z h1", "net h1"),
        ("z_h1", "net h1"),
        ("a(h1)", "out h1"),
        ("output o1", "out o1"),
        ("dZ_h1", "dE/dnet h1"),
        ("da h1", "dE/dout h1"),
        ("grad w5", "dE/dw5"),
        ("gradient of w5", "dE/dw5"),
        ("dw5", "dE/dw5"),
        ("∂b1 via o1", "dE/db1 via o1"),
        ("Δw5", "step w5"),
        ("delta w5", "step w5"),
        ("new w5", "w5"),
        ("w5⁺", "w5"),
        ("E(o1)", "E o1"),
        ("E_{o1}", "E o1"),
        ("error o2", "E o2"),
        ("E_total", "E"),
        ("Loss", "E"),
        ("J", "E"),
    ],
)
def test_the_usual_spellings_are_understood(spelling: str, address: str) -> None:
    setup = session_of("mazur").setup
    assert str(parse_quantity(spelling, setup)) == address


@pytest.mark.parametrize(
    ("spelling", "told"),
    [
        ("∂E/∂w99", "no parameter w99"),
        ("delta i1", "i1 is not a computing neuron"),
        ("δ_h9", "no neuron h9"),
        ("∂E/∂w1 via h9", "dE/dw1 does not come via h9"),
        ("∂x/∂w1", "is not the address of a quantity"),
        ("net_h9", "no quantity or parameter net_h9"),
        ("z h9", '"z h9" is not the address of a quantity'),
        ("dh1", "no quantity or parameter dh1"),
        ("E(h1)", "no quantity or parameter E\\(h1\\)"),
    ],
)
def test_what_is_wrong_with_a_spelling_is_said_of_its_address(spelling: str, told: str) -> None:
    with pytest.raises(AddressError, match=told):
        parse_quantity(spelling, session_of("mazur").setup)
