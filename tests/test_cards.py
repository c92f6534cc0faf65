"""Cards on the screen: every number opens one, none is cut, and what is said of it is true."""

from __future__ import annotations

import random
import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from bptui.preset.find import shipped_presets
from bptui.session import messages as c
from bptui.session.messages import Ask, Message, Panel
from bptui.session.parts import DIGITS
from bptui.session.session import Session, evolve, open_session
from bptui.story.address import Kind, Quantity, all_quantities, parse_quantity
from bptui.story.derivation import Derivation, derive
from bptui.story.insights import insights
from bptui.story.moment import Moment, Phase, parse_moment
from bptui.story.steps import Granularity
from bptui.story.timeline import Timeline
from bptui.view.card import card
from bptui.view.finite_differences_page import check_page
from bptui.view.formula import numbers
from bptui.view.gradient_table import table
from bptui.view.inspector import inspector
from bptui.view.key import By
from bptui.view.numbers import show
from bptui.view.rows import Row, cells, row_cells, to_text
from bptui.view.screen import arrange, screen
from tests.networks import Layer, Parameter, Sketch, dense
from tests.sessions import WIDE, XOR, after, made, shipped, stepped
from tests.walks import answered

NAMES = [*(path.stem for path in shipped_presets()), "xor", "wide"]
SIZES = ((80, 24), (120, 40), (60, 20), (40, 12))
OTHERS = {"match", "last_digit", "carried", "wrong", "formula", "substituted"}
"""Roles of what is not the number itself: what an article prints for it, what it is made of."""


@cache
def session_of(name: str) -> Session:
    """Return a session at the start: of a shipped preset, or one made for the tests."""
    return made({"xor": XOR, "wide": WIDE}[name]) if name in ("xor", "wide") else shipped(name)


def size_name(size: tuple[int, int]) -> str:
    """Return what a test with a size is called."""
    return f"{size[0]}x{size[1]}"


# every number on the screen


def wandered(name: str, rng: random.Random) -> Session:
    """Return a session at a random moment, by steps of random sizes, with something selected."""
    session = session_of(name)
    for _ in range(rng.randint(1, 4)):
        session = after(session, c.Refine(rng.choice((-2, -1, 1, 2))))
        session = after(session, *[c.Step(1)] * rng.randint(0, 4))
    network = session.setup.network
    session = after(session, c.Select(rng.choice([*network.places, *network.slots])))
    session = after(session, c.Show(rng.choice(list(Panel))), c.Sample(rng.randint(0, 3)))
    return after(session, *[c.NextDigits()] * rng.randint(0, len(DIGITS) - 1))


def numbers_on(rows: list[Row]) -> Iterator[tuple[str, str]]:
    """Yield the address and the text of every number on a screen that stands alone."""
    for row in rows:
        for span in row:
            text = span.text.replace("•", " ").strip()
            text = re.sub(r"^(target|t|E|=) ", "", text)
            if not span.address or OTHERS & set(span.role.split()):
                continue
            if re.fullmatch(r"-?\d+(\.\d+)?(e[-+]\d+)?", text):
                yield span.address, text


def meanings(session: Session, address: str) -> set[str]:
    """Return how the numbers are written that an address can stand beside on a session's screen.

    A parameter stands there as it was and as it is after the update; a part of a card as it was
    when the card's own number was computed.
    """
    setup = session.setup
    quantity = parse_quantity(address, setup.network, setup.batch_size)
    found = {session.value(quantity)}
    found |= {ref.value for ref in session.parts if ref.quantity == quantity}
    if quantity.kind is Kind.PARAMETER:
        found.add(float(session.state.before[setup.network.slots[address]]))
    return {show(value, digits) for value in found for digits in (4, 6, 9, 20)}


@pytest.mark.parametrize("name", NAMES)
def test_every_number_on_the_screen_opens_a_card_with_that_value(name: str) -> None:
    rng = random.Random(name)
    for _ in range(4):
        session = wandered(name, rng)
        width, height = rng.choice(SIZES)
        found = list(numbers_on(screen(session, width, height)))
        assert found or session.panel is Panel.CHART or height < 24 or session.position == 0
        for address, text in rng.sample(found, min(40, len(found))):
            there = after(session, c.Select(address))
            assert text in meanings(session, address), (address, text, str(session.moment))
            assert_opened(there, address)


def assert_opened(session: Session, address: str) -> None:
    """Fail unless the card of an address is open, with the number that the session has."""
    if address in session.setup.network.slots:
        assert session.selected == address
        return
    assert [str(derivation.quantity) for derivation in session.cards] == [address]
    derivation = session.cards[0]
    value = session.value_at(derivation.quantity, derivation.moment)
    assert value == session.value(derivation.quantity)
    text = to_text(card(session, derivation, 200))
    assert show(value, session.digits or 9) in text


@pytest.mark.parametrize("name", NAMES)
def test_cards_open_one_from_the_other_down_to_what_is_given_and_all_the_way_back(
    name: str,
) -> None:
    rng = random.Random(name)
    for _ in range(4):
        session = wandered(name, rng)
        size = rng.choice(SIZES)
        every = all_quantities(session.setup.network, session.setup.batch_size)
        known = [str(quantity) for quantity in every if session.value(quantity) is not None]
        session = after(session, c.Select(rng.choice(known)), c.Show(Panel.INSPECTOR))
        way = [session]
        while way[-1].parts:
            way.append(opened_part(way[-1], rng, size))
            assert_full(way[-1], size)
        for below, above in zip(way[::-1], way[-2::-1], strict=False):
            back = after(below, c.Back())
            assert back.trail == above.trail
            assert [d.quantity for d in back.cards] == [d.quantity for d in above.cards]
        assert after(way[-1], c.Close()).trail == ()


def opened_part(session: Session, rng: random.Random, size: tuple[int, int]) -> Session:
    """Return a session with a random part of its card opened by the keys."""
    here = after(session, c.Resize(*size))
    place = rng.randrange(len(session.parts))
    part = session.parts[place]
    while here.selection.cursor is None:
        here = after(here, By(1))
    there = after(here, By(place), c.Enter())
    assert [derivation.quantity for derivation in there.cards] == [part.quantity]
    assert there.trail[-1].moment == part.moment
    value = there.value_at(part.quantity, part.moment)
    assert value in (part.value, None)  # None for a part of what is still to come
    return there


def assert_full(session: Session, size: tuple[int, int]) -> None:
    """Fail unless a screen has rows of exactly its width."""
    rows = screen(session, *size)
    assert [row_cells(row) for row in rows] == [size[0]] * size[1]


@pytest.mark.parametrize("size", SIZES, ids=size_name)
@pytest.mark.parametrize("name", NAMES)
def test_rows_keep_the_panels_width_whatever_card_is_open(name: str, size: tuple[int, int]) -> None:
    rng = random.Random(name)
    for _ in range(2):
        session = wandered(name, rng)
        every = all_quantities(session.setup.network, session.setup.batch_size)
        session = after(session, c.Select(str(rng.choice(every))), c.Show(Panel.INSPECTOR))
        assert_full(session, size)
        assert_full(after(session, c.ToggleWhole()), size)


# random keys: nothing breaks


def uneven() -> Session:
    """Return a session whose second batch is smaller than its first."""
    sketch = replace(dense((2, 3, 2), "tanh", samples=3), batch=2, reduction="mean")
    return open_session(sketch.setup())


COMMANDS: tuple[Message | By, ...] = (
    *(c.Step(1), c.Step(1), c.Step(-1), c.Refine(1), c.Refine(-1), c.Restart()),
    *(By(1), By(-1), By(99), c.Move(towards=1), c.Turn(1)),
    *(c.Show(Panel.INSPECTOR), c.Enter(), c.Enter(), c.Enter(), c.Back(), c.View(1), c.View(-1)),
    *(c.Sample(1), c.Sample(-1), c.ToggleWhole(), c.NextDigits(), c.Close()),
)


@pytest.mark.parametrize("seed", range(8))
def test_no_keys_break_the_screen(seed: int) -> None:
    rng = random.Random(seed)
    session = rng.choice([session_of("mazur"), session_of("xor"), uneven()])
    every = all_quantities(session.setup.network, session.setup.batch_size)
    for _ in range(25):
        command = rng.choice([*COMMANDS, *[c.Select(str(rng.choice(every)))] * 4])
        session = after(session, command)
        assert_full(session, (80, 24))


def test_a_sample_that_a_smaller_batch_does_not_have_opens_no_card_and_breaks_nothing() -> None:
    session = stepped(uneven(), 4)  # iteration 2, whose batch has one sample
    assert len(session.state.batch.numbers) == 1
    assert_full(after(session, c.Select("net h1 @2")), (80, 24))


@pytest.mark.parametrize("begun", ["w1", "h1", "o2", "E", "dE/dout h1", "dE/db1"])
@pytest.mark.parametrize("asked", ["input i1 @2", "net h1 @2", "dE/dw1 @2", "dnet/dw1 h1 @2"])
def test_after_a_sample_that_is_not_there_the_cursor_is_still_on_something(
    asked: str, begun: str
) -> None:
    session = after(stepped(uneven(), 5), c.Select(begun), c.Show(Panel.INSPECTOR))
    last = after(session, By(10**7))
    assert_full(after(last, c.Select(asked), c.Enter()), (80, 24))


def test_entering_after_turning_to_another_sample_breaks_nothing() -> None:
    session = after(stepped(session_of("xor"), 2), c.Select("E"), c.Show(Panel.INSPECTOR))
    session = after(session, By(10**7), c.Sample(1), c.Enter())
    assert_full(session, (80, 24))


# numbers are never cut


def whole_numbers(text: str) -> set[str]:
    """Return the numbers in a text that stand whole: no letter, digit or sign of a cut beside."""
    return set(re.findall(r"(?<![\w.…])-?\d+(?:\.\d+)?(?:e[-+]\d+)?(?![\w.…])", text))


def scrolled(session: Session, size: tuple[int, int]) -> str:
    """Return all that the inspector shows of a card when it is scrolled through, line by line."""
    session = after(session, c.Resize(*size), c.Show(Panel.INSPECTOR))
    place = next(p for p in arrange(session, *size) if p.panel is Panel.INSPECTOR)
    found = []
    while session.selection.cursor is None:
        rows, _ = inspector(session, place.width, place.height - 1)
        assert {row_cells(row) for row in rows} == {place.width}
        found.append(to_text(rows))
        below = after(session, By(1))
        if below.selection == session.selection:
            break
        session = below
    return "\n".join(found)


def written(session: Session, derivation: Derivation) -> set[str]:
    """Return the numbers that a card must show: its value, and those in its formula."""
    digits = session.digits or 9
    value = session.value_at(derivation.quantity, derivation.moment)
    found = {show(value, digits)}
    if derivation.formula is not None and value is not None:
        found |= whole_numbers(numbers(derivation.formula, digits, whole=session.look.whole))
    return {text.lstrip("-") for text in found}


@pytest.mark.parametrize("size", SIZES, ids=size_name)
@pytest.mark.parametrize("name", NAMES)
def test_numbers_on_cards_are_never_cut(name: str, size: tuple[int, int]) -> None:
    rng = random.Random(name)
    session = stepped(session_of(name), 6)
    every = all_quantities(session.setup.network, session.setup.batch_size)
    for digits in range(len(DIGITS)):
        session = after(session, c.NextDigits())
        for quantity in rng.sample(every, 2):
            there = after(session, c.Select(str(quantity)))
            there = evolve(there, whole=digits == 1 and name != "wide")
            seen = {text.lstrip("-") for text in whole_numbers(scrolled(there, size))}
            for derivation in there.cards:
                assert written(there, derivation) <= seen, (str(quantity), session.digits)


LONG = "the_first_of_all_the_neurons_that_there_are"


@pytest.mark.parametrize("quantity", [f"input {LONG}", "net h1", "dE/dw1", "w1"])
@pytest.mark.parametrize("size", SIZES, ids=size_name)
def test_long_names_cut_no_numbers(size: tuple[int, int], quantity: str) -> None:
    session = stepped(made(named(LONG).toml()), 3)
    there = after(session, c.Select(quantity))
    seen = {text.lstrip("-") for text in whole_numbers(scrolled(there, size))}
    for derivation in there.cards:
        assert written(there, derivation) <= seen


def named(name: str) -> Sketch:
    """Return a small network whose first input has this name."""
    return Sketch(
        layers=(Layer((name,)), Layer(("h1",), "sigmoid"), Layer(("o1",), "sigmoid")),
        parameters=(
            Parameter("w1", ("h1",), 0.123456789, name),
            Parameter("w2", ("o1",), -0.75, "h1"),
        ),
        samples=(((0.987654321,), (0.0,)),),
    )


# what is said of a number


def chain(
    activation: str = "identity",
    weights: tuple[float, ...] = (0.5,),
    *,
    bias: float | None = None,
    inputs: tuple[float, ...] = (1.0,),
    targets: tuple[float, ...] = (0.0,),
    frozen: str = "",
    learning_rate: float = 0.5,
    loss: str = "half_squared_error",
    update: str = "simultaneous",
    batch: str = "full",
) -> Timeline:
    """Return a network that is a chain of one neuron a layer: i1, h1 and so on, and last o1."""
    names = ["i1", *(f"h{k}" for k in range(1, len(weights))), "o1"]
    parameters = [
        Parameter(f"w{k}", (target,), value, source, "flag" if f"w{k}" == frozen else "")
        for k, (source, target, value) in enumerate(zip(names, names[1:], weights, strict=False), 1)
    ]
    if bias is not None:
        parameters.append(Parameter("b1", ("o1",), bias, "", "flag" if frozen == "b1" else ""))
    layers = [Layer((name,), activation if place else "") for place, name in enumerate(names)]
    sketch = Sketch(
        layers=tuple(layers),
        parameters=tuple(parameters),
        samples=tuple(((x,), (t,)) for x, t in zip(inputs, targets, strict=True)),
        learning_rate=learning_rate,
        loss=loss,
        update=update,
        batch=batch,
    )
    return Timeline(sketch.setup())


def said(timeline: Timeline, address: str, at: str) -> str:
    """Return all that is said of a quantity at a moment."""
    setup = timeline.setup
    quantity = parse_quantity(address, setup.network, setup.batch_size)
    return "\n".join(insights(timeline, derive(timeline, quantity, parse_moment(at))))


@pytest.mark.parametrize("address", ["out o1", "dout/dnet o1", "dE/dnet o1", "dE/dw1"])
@pytest.mark.parametrize(
    ("activation", "flat", "steep"),
    [
        # s (1 - s) is 0.01 where net is ±4.58497, and 1 - tanh² where it is ±2.99322
        ("sigmoid", 4.59, 4.58),
        ("sigmoid", -4.59, -4.58),
        ("tanh", 3.0, 2.99),
        ("tanh", -3.0, -2.99),
    ],
)
def test_a_saturated_neuron_is_one_whose_slope_is_below_a_hundredth(
    activation: str, flat: float, steep: float, address: str
) -> None:
    assert "o1 is saturated" in said(chain(activation, (flat,)), address, "1 backward")
    assert "saturated" not in said(chain(activation, (steep,)), address, "1 backward")


@pytest.mark.parametrize("address", ["out o1", "dout/dnet o1", "dE/dnet o1", "dE/dw1"])
def test_cross_entropy_makes_up_for_a_flat_output(address: str) -> None:
    timeline = chain("sigmoid", (4.59,), loss="binary_cross_entropy")
    assert "saturated" not in said(timeline, address, "1 backward")
    hidden = chain("sigmoid", (4.59, 0.5), loss="binary_cross_entropy")
    assert "h1 is saturated" in said(hidden, "dE/dw1", "1 backward")


@pytest.mark.parametrize("activation", ["relu", "identity"])
def test_only_sigmoid_and_tanh_saturate(activation: str) -> None:
    assert "saturated" not in said(chain(activation, (100.0,)), "dE/dw1", "1 backward")


@pytest.mark.parametrize("address", ["out o1", "dout/dnet o1", "dE/dnet o1", "dE/dw1"])
def test_a_dead_relu_is_one_whose_net_input_is_not_above_0(address: str) -> None:
    for dead in (-0.5, 0.0):
        assert "o1 is a dead ReLU" in said(chain("relu", (dead,)), address, "1 backward")
    for activation, weight in (("relu", 0.001), ("identity", -0.5), ("sigmoid", -0.5)):
        assert "dead" not in said(chain(activation, (weight,)), address, "1 backward")


@pytest.mark.parametrize(
    ("zero", "near", "because"),
    [
        (chain(inputs=(0.0,), targets=(1.0,)), chain(inputs=(1e-9,)), "dnet/dw1 o1 is 0"),
        (chain(targets=(0.5,)), chain(targets=(0.5000001,)), "dE/dout o1 is 0"),
        (chain("relu", (-0.5,)), chain("relu", (0.5,)), "dout/dnet o1 is 0"),
        (
            chain("relu", (-0.5,), inputs=(1.0,), targets=(-0.0,)),
            chain("relu", (0.5,)),
            "dE/dout o1 and dout/dnet o1 is 0",
        ),
        (
            chain(inputs=(1.0, 1.0), targets=(0.0, 1.0)),
            chain(inputs=(1.0, 1.0), targets=(0.0, 1.001)),
            "its terms are 0 or cancel",
        ),
    ],
    ids=["input", "target", "relu", "both", "cancel"],
)
def test_of_a_gradient_that_is_exactly_0_the_factor_is_named(
    zero: Timeline, near: Timeline, because: str
) -> None:
    told = said(zero, "dE/dw1", "1 backward")
    assert "The gradient of w1 is exactly 0" in told
    assert because in told
    assert "exactly 0" not in said(near, "dE/dw1", "1 backward")


def test_a_bias_that_is_0_has_a_gradient_all_the_same() -> None:
    sentence = "b1 is 0, but its gradient is not"
    assert sentence in said(chain(bias=0.0), "dE/db1", "1 backward")
    assert sentence not in said(chain(bias=0.01), "dE/db1", "1 backward")
    assert sentence not in said(chain(bias=0.0, targets=(0.5,)), "dE/db1", "1 backward")


def test_a_frozen_bias_has_a_gradient_that_no_update_follows() -> None:
    sentence = "b1 is frozen: it has a gradient, but no update follows it"
    assert sentence in said(chain(bias=0.3, frozen="b1"), "dE/db1", "1 backward")
    assert sentence not in said(chain(bias=0.3), "dE/db1", "1 backward")
    assert sentence not in said(
        chain(bias=0.3, frozen="b1", targets=(0.8,)), "dE/db1", "1 backward"
    )


@pytest.mark.parametrize("address", ["dnet/dout o1 h1", "dE/dout h1", "dE/dout h1 via o1"])
def test_deltas_are_carried_back_over_old_weights_or_new_ones_if_sequential(address: str) -> None:
    old = said(chain("sigmoid", (0.5, 0.5)), address, "1 backward")
    assert "Old weights are used here: w2 as before" in old
    new = said(chain("sigmoid", (0.5, 0.5), update="sequential"), address, "1 backward")
    assert "The new weights are used here (w2)" in new
    assert "Old" not in new
    frozen = said(chain("sigmoid", (0.5, 0.5), frozen="w2"), address, "1 backward")
    assert "weights are used here" not in frozen


def test_of_a_delta_at_the_output_nothing_is_said_about_weights() -> None:
    timeline = chain("sigmoid", (0.5, 0.5))
    for address in ("dE/dout o1", "dE/dnet o1", "dE/dw2"):
        assert "weights are used" not in said(timeline, address, "1 backward")


@pytest.mark.parametrize("address", ["out o1", "E o1"])
def test_an_output_overshoots_when_it_has_passed_its_target(address: str) -> None:
    # out goes from 0 to the learning rate times the target, which is 1
    there = "2 forward"
    long = said(chain(weights=(0.0,), targets=(1.0,), learning_rate=1.25), address, there)
    assert "o1 is already beyond its target 1: it began below it and is now above" in long
    for rate in (0.75, 1):
        short = chain(weights=(0.0,), targets=(1.0,), learning_rate=rate)
        assert "beyond" not in said(short, address, there)
    before = chain(weights=(0.0,), targets=(1.0,), learning_rate=1.25)
    assert "beyond" not in said(before, address, "1 forward")


def test_an_output_can_overshoot_from_above() -> None:
    timeline = chain(weights=(2.0,), targets=(1.0,), learning_rate=1.25)
    assert "it began above it and is now below" in said(timeline, "out o1", "2 forward")


def test_a_loss_that_is_larger_than_before_rose() -> None:
    # each step multiplies the error by 1 - the learning rate, and E by its square
    longer = chain(weights=(0.0,), targets=(1.0,), learning_rate=2.25)
    assert "E rose, from 0.5: the step was too long" in said(longer, "E", "2 forward")
    assert "rose" not in said(longer, "E", "1 forward")
    same = chain(weights=(0.0,), targets=(1.0,), learning_rate=2)
    assert "rose" not in said(same, "E", "2 forward")


def test_a_loss_can_rise_because_the_batch_is_another_one() -> None:
    timeline = chain(inputs=(1.0, 1.0), targets=(0.5, 3.0), batch="online")
    assert "this batch is another one" in said(timeline, "E", "2 forward")


def test_what_is_said_stands_on_the_card() -> None:
    session = after(stepped(shipped("mazur"), 2), c.Select("dE/db1"))
    text = to_text(card(session, session.cards[0], 200))
    assert "! b1 is frozen: it has a gradient, but no update follows it." in text


# the author's notes


def has_note(session: Session, quantity: str, text: str) -> bool:
    """Return whether the card of a quantity has a note."""
    there = after(session, c.Select("o1"), c.Select(quantity))
    if not there.trail:  # a parameter's name only selects it
        setup = there.setup
        parsed = parse_quantity(quantity, setup.network, setup.batch_size)
        derivation = derive(there.timeline, parsed, there.moment)
    else:
        derivation = there.cards[0]
    return f"» {text}" in to_text(card(there, derivation, 400))


def test_notes_are_on_the_card_of_their_moment_and_no_other() -> None:
    session = shipped("mazur")
    network = session.setup.network
    assert session.setup.preset.notes
    for phases in range(1, 8):
        here = stepped(session, phases)
        for note in session.setup.preset.notes:
            quantity = parse_quantity(note.quantity, network)
            of = derive(here.timeline, quantity, here.moment).moment
            known = here.value_at(quantity, of) is not None
            expected = known and str(of) == note.moment
            assert has_note(here, note.quantity, note.text) == expected, (note, phases)


@pytest.mark.parametrize(
    ("moment", "quantity"),
    [
        ("1 forward", "net h1"),
        ("1 forward", "w5"),
        ("2 backward", "w5"),
        ("1 backward", "net h1"),
        ("1 backward", "input i1"),
        ("1 update", "b1"),
        ("1 update", "dE/dw5"),
    ],
)
def test_a_note_is_shown_at_its_moment_whatever_it_is_about(moment: str, quantity: str) -> None:
    note = f'[[notes]]\nmoment = "{moment}"\nquantity = "{quantity}"\ntext = "Look here."\n'
    text = next(path for path in shipped_presets() if path.stem == "mazur").read_text("utf-8")
    session = stepped(made(text + "\n" + note), parse_moment(moment).at)
    assert has_note(session, quantity, "Look here.")


# digits, the same everywhere


def points(rows: list[Row]) -> list[set[int]]:
    """Return for each column of numbers in the table where its decimal points stand."""
    columns: dict[int, set[int]] = {}
    for row in rows[1:]:
        at, column = 0, 0
        for span in row:
            if set(span.role.split()) & {"positive", "negative", "unknown", "frozen"}:
                if "." in span.text and "e" not in span.text:
                    place = at + cells(span.text[: span.text.index(".")])
                    columns.setdefault(column, set()).add(place)
                column += 1
            at += cells(span.text)
    return list(columns.values())


@pytest.mark.parametrize("name", [name for name in NAMES if name != "wide"])
@pytest.mark.parametrize("digits", DIGITS)
def test_columns_of_the_table_stand_by_their_decimal_points(name: str, digits: int) -> None:
    session = after(session_of(name), *[c.NextDigits()] * DIGITS.index(digits))
    assert session.digits == digits
    for phases in range(7):
        rows, _ = table(stepped(session, phases), 200, 30)
        found = points(rows)
        assert found
        assert all(len(places) == 1 for places in found), found


def test_digits_go_round() -> None:
    session = shipped("mazur")
    asked = [after(session, *[c.NextDigits()] * k).digits for k in range(len(DIGITS) + 1)]
    assert asked == [*DIGITS, 0]
    assert set(DIGITS) >= {4, 6, 9, 20}


def test_with_all_digits_a_card_shows_the_very_float() -> None:
    session = after(stepped(shipped("mazur"), 2), *[c.NextDigits()] * 4, c.Select("dE/dw5"))
    value = session.value(Quantity(Kind.DE_DPARAMETER, parameter="w5"))
    assert repr(value) in to_text(card(session, session.cards[0], 80))


# the gradient check


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
    assert "= marks what agrees" in " ".join(text.split())


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
    assert "must differ" in " ".join(text.split())


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
        assert "not all computed yet" in text
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
