"""Addresses: what can be written can be read, and what is wrong is told in an author's words."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from msgspec.structs import replace as with_fields

from bptui.audit.prepare import prepare
from bptui.preset.find import find_preset
from bptui.preset.read import read_preset
from bptui.story.address import AddressError, Kind, all_quantities, parse_quantity
from bptui.story.moment import START, Moment, Phase
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline
from bptui.story.values import value
from tests.networks import Sketch, dense, examples, networks


def network(name: str = "mazur", batch_size: int = 1) -> Setup:
    """A shipped preset, with batches of this size."""
    return with_fields(prepare(read_preset(find_preset(name))), batch_size=batch_size)


# ---- reading what was written --------------------------------------------------------------------


@examples(60)
@given(networks())
def test_every_quantity_of_any_network_is_read_as_it_is_written(sketch: Sketch) -> None:
    setup = sketch.setup()
    quantities = all_quantities(setup)
    written = [str(quantity) for quantity in quantities]
    assert len(set(written)) == len(written)
    for quantity, text in zip(quantities, written, strict=True):
        assert parse_quantity(text, setup) == quantity


def test_every_kind_of_quantity_is_among_them() -> None:
    kinds = {quantity.kind for quantity in all_quantities(network())}
    seldom = {Kind.ERROR, Kind.PENALTY, Kind.RATE, Kind.KEPT, Kind.TERM, Kind.METRIC}
    assert kinds == set(Kind) - {Kind.DOUT_DNET_OF, *seldom}
    softmax = dense((2, 2, 2), output="softmax").setup()
    assert {quantity.kind for quantity in all_quantities(softmax)} == set(Kind) - seldom


@pytest.mark.parametrize(
    ("variant", "address"),
    [
        ("  net h1 ", "net h1"),
        ("net   h1", "net h1"),
        ("net\th1", "net h1"),
        ("dnet/dout  o1   h1", "dnet/dout o1 h1"),
        (" E", "E"),
        ("dE/dw1   via   o1", "dE/dw1 via o1"),
        ("step  w5", "step w5"),
        (" w5 ", "w5"),
    ],
)
def test_spaces_do_not_matter(variant: str, address: str) -> None:
    quantity = parse_quantity(variant, network())
    assert quantity == parse_quantity(address, network())
    assert str(quantity) == address


@pytest.mark.parametrize(
    ("variant", "address"),
    [
        ("net h1@2", "net h1 @2"),
        ("net h1  @ 2 ", "net h1 @2"),
        ("E@2", "E @2"),
        ("E o1@2", "E o1 @2"),
        ("dE/dw5@2", "dE/dw5 @2"),
        ("net h1 @02", "net h1 @2"),
        ("dE/dw1 via o1  @2", "dE/dw1 via o1 @2"),
    ],
)
def test_spaces_around_a_sample_do_not_matter(variant: str, address: str) -> None:
    quantity = parse_quantity(variant, network(batch_size=3))
    assert quantity == parse_quantity(address, network(batch_size=3))
    assert str(quantity) == address


def test_a_sample_may_follow_a_share_without_a_space() -> None:
    expected = parse_quantity("dE/dw1 via o1 @2", network(batch_size=3))
    assert parse_quantity("dE/dw1 via o1@2", network(batch_size=3)) == expected


def test_the_only_sample_of_a_batch_needs_no_number() -> None:
    assert parse_quantity("net h1 @1", network()) == parse_quantity("net h1", network())
    assert str(parse_quantity("net h1 @1", network())) == "net h1"


@pytest.mark.parametrize("address", ["E", "dE/dw5", "dE/dw1 via o1"])
def test_what_has_a_total_may_go_without_a_sample_in_a_larger_batch(address: str) -> None:
    total = parse_quantity(address, network(batch_size=3))
    assert total.sample == 0
    assert parse_quantity(f"{address} @3", network(batch_size=3)) == total._replace(sample=3)


# ---- what is wrong -------------------------------------------------------------------------------

FORMS = "net h1, out h1, E, E o1, dE/dout o1, dE/dnet o1, dE/dw5, w5, step w5"
PARAMETERS = "w1, w2, w3, w4, w5, w6, w7, w8, b1, b2"

WRONG = {
    "": f'"" is not the address of a quantity; addresses look like {FORMS}',
    "net": f"no quantity or parameter net; choose from {PARAMETERS}",
    "net h1 h2": f'"net h1 h2" is not the address of a quantity; addresses look like {FORMS}',
    "dX/dw5": f'"dX/dw5" is not the address of a quantity; addresses look like {FORMS}',
    "dE / dw5": f'"dE / dw5" is not the address of a quantity; addresses look like {FORMS}',
    # neurons
    "net h3": "no neuron h3; choose from h1, h2, o1, o2",
    "out i1": "i1 is not a computing neuron; choose from h1, h2, o1, o2",
    "net i1": "i1 is not a computing neuron; choose from h1, h2, o1, o2",
    "dE/dnet i2": "i2 is not a computing neuron; choose from h1, h2, o1, o2",
    "input h1": "h1 is not an input; choose from i1, i2",
    "input x": "no neuron x; choose from i1, i2",
    "target h1": "h1 is not an output; choose from o1, o2",
    "E i1": "i1 is not an output; choose from o1, o2",
    "E o3": "no neuron o3; choose from o1, o2",
    "net w1": "no neuron w1; choose from h1, h2, o1, o2",
    # parameters
    "dE/dw9": f"no parameter w9; choose from {PARAMETERS}",
    "step w11": 'no parameter w11; did you mean "w1"?',
    "w9": f"no quantity or parameter w9; choose from {PARAMETERS}",
    "W5": 'no quantity or parameter W5; did you mean "w5"?',
    "h1": "h1 is a neuron; name one of its numbers, as in net h1",
    "dE/dh1": f"no parameter h1; choose from {PARAMETERS}",
    "dnet/dw5 o2": "w5 does not lead to o2; it leads to o1",
    "dnet/db1 o1": "b1 does not lead to o1; it leads to h1, h2",
    "dnet/dout o1 o2": "no edge leads from o2 to o1; o1 has edges from h1, h2",
    "dnet/dout o1 i1": "no edge leads from i1 to o1; o1 has edges from h1, h2",
    "dnet/dout h1 x": "no edge leads from x to h1; h1 has edges from i1, i2",
    "dnet/dout o1": '"dnet/dout o1" needs a second neuron, as in dnet/dout o1 h1',
    # shares
    "E via o1": "E takes no via; only dE/d... does",
    "w5 via o1": "w5 takes no via; only dE/d... does",
    "net h1 via o1": "net h1 takes no via; only dE/d... does",
    "dE/dw5 via o2": "dE/dw5 does not come via o2; it comes via o1",
    "dE/dw1 via h2": "dE/dw1 does not come via h2; it comes via h1, o1, o2",
    "dE/dout h1 via h1": "dE/dout h1 does not come via h1; it comes via o1, o2",
    "dE/db1 via x": "dE/db1 does not come via x; it comes via h1, h2, o1, o2",
}


@pytest.mark.parametrize("address", WRONG)
def test_a_wrong_address_is_told_with_what_would_be_right(address: str) -> None:
    with pytest.raises(AddressError, match=f"^{re.escape(WRONG[address])}$"):
        parse_quantity(address, network())


WRONG_IN_A_BATCH = {
    "net h1": "each of the 3 samples has its own net h1; say net h1 @1",
    "dE/dout h1 via o1": (
        "each of the 3 samples has its own dE/dout h1 via o1; say dE/dout h1 via o1 @1"
    ),
    "net h1 @4": "no sample @4; the batch has 3 samples",
    "net h1 @0": "no sample @0; the batch has 3 samples",
    "net h1 @x": "no sample @x; the batch has 3 samples",
    "net h1 @-1": "no sample @-1; the batch has 3 samples",
    "net h1 @1.0": "no sample @1.0; the batch has 3 samples",
    "net h1 @²": "no sample @²; the batch has 3 samples",
    "net h1 @99999999999999999999": "no sample @99999999999999999999; the batch has 3 samples",
    "w5 @2": "w5 is the same for all samples; leave out @2",
    "step w5 @2": "step w5 is the same for all samples; leave out @2",
    "dnet/dout o1 h1 @2": "dnet/dout o1 h1 is the same for all samples; leave out @2",
}


@pytest.mark.parametrize("address", WRONG_IN_A_BATCH)
def test_a_wrong_sample_is_told_with_what_would_be_right(address: str) -> None:
    with pytest.raises(AddressError, match=f"^{re.escape(WRONG_IN_A_BATCH[address])}$"):
        parse_quantity(address, network(batch_size=3))


def test_a_single_neuron_is_told_in_the_singular() -> None:
    with pytest.raises(AddressError, match=r"^h1 is not an output; the only one is prediction$"):
        parse_quantity("target h1", network("hmkcode"))


# ---- not computed yet ----------------------------------------------------------------------------

SINCE: dict[Kind, Phase | None] = {
    Kind.INPUT: None,
    Kind.TARGET: None,
    Kind.PARAMETER: None,
    Kind.NET: Phase.FORWARD,
    Kind.OUT: Phase.FORWARD,
    Kind.SHARE: Phase.FORWARD,
    Kind.LOSS: Phase.FORWARD,
    Kind.DE_DOUT: Phase.BACKWARD,
    Kind.DOUT_DNET: Phase.BACKWARD,
    Kind.DE_DNET: Phase.BACKWARD,
    Kind.DNET_DOUT: Phase.BACKWARD,
    Kind.DNET_DPARAMETER: Phase.BACKWARD,
    Kind.DE_DPARAMETER: Phase.BACKWARD,
    Kind.DE_DINPUT: Phase.BACKWARD,
    Kind.STEP: Phase.UPDATE,
}


@pytest.mark.parametrize("moment", [START.plus(k) for k in range(7)], ids=str)
def test_a_quantity_is_known_from_the_phase_that_computes_it(moment: Moment) -> None:
    setup = replace(dense((2, 2, 2), samples=2), batch="full").setup()
    state = Timeline(setup).state(moment)
    for quantity in all_quantities(setup):
        since = SINCE[quantity.kind]
        known = since is None or (moment.phase is not None and moment.phase >= since)
        assert (value(state, quantity) is not None) == known, quantity


def test_a_quantity_of_a_sample_that_a_smaller_batch_lacks_is_not_there() -> None:
    setup = replace(dense((2, 2, 2), samples=3), batch=2).setup()
    timeline = Timeline(setup)
    full, smaller = (timeline.state(Moment.of(k, Phase.UPDATE)) for k in (1, 2))
    for quantity in all_quantities(setup):
        assert value(full, quantity) is not None
        assert (value(smaller, quantity) is None) == (quantity.sample == 2), quantity


def test_parameters_have_their_new_values_after_the_update_only() -> None:
    setup = dense((2, 2, 2)).setup()
    timeline = Timeline(setup)
    for name in ("w1", "b1"):
        address, step = (parse_quantity(text, setup) for text in (name, f"step {name}"))
        start, forward, backward, update = (
            value(timeline.state(START.plus(k)), address) for k in range(4)
        )
        assert start == forward == backward
        assert start is not None
        assert update is not None
        assert update - start == value(timeline.state(Moment.of(1, Phase.UPDATE)), step) != 0
