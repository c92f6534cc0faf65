"""Cards on the screen: every number opens one, none is cut, and notes are on theirs."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from msgspec import structs

from bptui.preset.find import shipped_presets
from bptui.session import messages as c
from bptui.session.key import By
from bptui.session.messages import Message, Panel
from bptui.session.parts import DIGITS
from bptui.session.session import Session, open_session
from bptui.story.address import Kind, Quantity, all_quantities, parse_quantity
from bptui.story.derivation import Derivation, derive
from bptui.story.moment import START, parse_moment
from bptui.view.adding_up import FINEST, upwards
from bptui.view.formula import numbers
from bptui.view.gradients_panel import table
from bptui.view.inspector_panel import inspector
from bptui.view.numbers import cell, show
from bptui.view.rows import Row, cells, row_cells, to_text
from bptui.view.screen import arrange, screen
from tests.networks import Layer, Parameter, Sketch, dense
from tests.sessions import NAMES, after, card_rows, made, session_of, shipped, stepped

SIZES = ((80, 24), (120, 40), (60, 20), (40, 12))
OTHERS = {"match", "last_digit", "carried", "wrong", "formula", "substituted"}
"""Roles of what is not the number itself: what an article prints for it, what it is made of."""


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
            text = re.sub("[•◀]", " ", span.text).strip()
            text = re.sub(r"^(target|t|E|=|Σ) ", "", text)
            if not span.address or OTHERS & set(span.role.split()):
                continue
            if re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", text):
                yield span.address, text


def meanings(session: Session, address: str) -> set[str]:
    """Return how the numbers are written that an address can stand beside on a session's screen.

    A parameter stands there as it was and as it is after the update; a part of a card as it was
    when the card's own number was computed.
    """
    setup = session.setup
    quantity = parse_quantity(address, setup)
    found = {session.value(quantity)}
    found |= {ref.value for ref in session.parts if ref.quantity == quantity}
    if quantity.kind is Kind.PARAMETER:
        found.add(float(session.state.before[setup.network.slots[address]]))
    written = {show(value, digits) for value in found for digits in (*range(4, 17), 20)}
    return written | {cell(value, 4).strip() for value in found}  # in a box, by its sign shorter


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
    text = to_text(card_rows(session, derivation, 200))
    asked = session.digits or 9
    assert any(show(value, digits) in text for digits in upwards(asked, FINEST))


@pytest.mark.parametrize("name", NAMES)
def test_cards_open_one_from_the_other_down_to_what_is_given_and_all_the_way_back(
    name: str,
) -> None:
    rng = random.Random(name)
    for _ in range(4):
        session = wandered(name, rng)
        size = rng.choice(SIZES)
        every = all_quantities(session.setup)
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
    while here.cursor is None:
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
        every = all_quantities(session.setup)
        session = after(session, c.Select(str(rng.choice(every))), c.Show(Panel.INSPECTOR))
        assert_full(session, size)
        assert_full(after(session, c.Flip("whole")), size)


# random keys: nothing breaks


def uneven() -> Session:
    """Return a session whose second batch is smaller than its first."""
    sketch = replace(dense((2, 3, 2), "tanh", samples=3), batch=2, reduction="mean")
    return open_session(sketch.setup())


COMMANDS: tuple[Message | By, ...] = (
    *(c.Step(1), c.Step(1), c.Step(-1), c.Refine(1), c.Refine(-1), c.Jump(START)),
    *(By(1), By(-1), By(99), c.Move(towards=1), c.Turn(1)),
    *(c.Show(Panel.INSPECTOR), c.Enter(), c.Enter(), c.Enter(), c.Back(), c.View(1), c.View(-1)),
    *(c.Sample(1), c.Sample(-1), c.Flip("whole"), c.NextDigits(), c.Close()),
)


@pytest.mark.parametrize("seed", range(8))
def test_no_keys_break_the_screen(seed: int) -> None:
    rng = random.Random(seed)
    session = rng.choice([session_of("mazur"), session_of("xor"), uneven()])
    every = all_quantities(session.setup)
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
    return set(re.findall(r"(?<![\w.…])-?\d+(?:\.\d+)?(?:e-?\d+)?(?![\w.…])", text))


def scrolled(session: Session, size: tuple[int, int]) -> str:
    """Return all that the inspector shows of a card when it is scrolled through, line by line."""
    session = after(session, c.Resize(*size), c.Show(Panel.INSPECTOR))
    place = next(p for p in arrange(session, *size) if p.panel is Panel.INSPECTOR)
    found = []
    while session.cursor is None or session.cursor < len(session.parts):
        rows, _ = inspector(session, place.width, place.height - 1)
        assert {row_cells(row) for row in rows} == {place.width}
        found.append(to_text(rows))
        below = after(session, By(1))
        if (below.cursor, below.scroll) == (session.cursor, session.scroll):
            break
        session = below
    return "\n".join(found)


def written(session: Session, derivation: Derivation) -> list[set[str]]:
    """Return the numbers that a card must show: its value, and those in its formula.

    Where no digits are asked for, those in its formula may have fewer: any one of a set will do.
    """
    value = session.value_at(derivation.quantity, derivation.moment)
    asked = session.digits or 9
    found = [{show(value, digits) for digits in upwards(asked, FINEST)}]
    if derivation.formula is not None and value is not None:
        choices = [*upwards(asked, FINEST), *(() if session.digits else (6, 5, 4))]
        texts = [numbers(derivation.formula, d, whole=session.whole) for d in choices]
        each = (re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", text) for text in texts)
        found += map(set, zip(*each, strict=True))
    return [{text.lstrip("-") for text in texts} for texts in found]


def assert_shows(session: Session, size: tuple[int, int]) -> None:
    """Fail unless all numbers of the open cards are seen whole when they are scrolled through."""
    seen = {text.lstrip("-") for text in whole_numbers(scrolled(session, size))}
    for derivation in session.cards:
        for texts in written(session, derivation):
            assert texts & seen, (str(derivation.quantity), session.digits, texts)


@pytest.mark.parametrize("size", SIZES, ids=size_name)
@pytest.mark.parametrize("name", NAMES)
def test_numbers_on_cards_are_never_cut(name: str, size: tuple[int, int]) -> None:
    rng = random.Random(name)
    session = stepped(session_of(name), 6)
    every = all_quantities(session.setup)
    for digits in range(len(DIGITS)):
        session = after(session, c.NextDigits())
        for quantity in rng.sample(every, 2):
            there = after(session, c.Select(str(quantity)))
            there = structs.replace(there, whole=digits == 1 and name != "wide")
            assert_shows(there, size)


LONG = "the_first_of_all_the_neurons_that_there_are"


@pytest.mark.parametrize("quantity", [f"input {LONG}", "net h1", "dE/dw1", "w1"])
@pytest.mark.parametrize("size", SIZES, ids=size_name)
def test_long_names_cut_no_numbers(size: tuple[int, int], quantity: str) -> None:
    session = stepped(made(named(LONG).toml()), 3)
    assert_shows(after(session, c.Select(quantity)), size)


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


def test_what_is_said_stands_on_the_card() -> None:
    session = after(stepped(shipped("mazur"), 2), c.Select("dE/db1"))
    text = to_text(card_rows(session, session.cards[0], 200))
    assert "! b1 is frozen: it has a gradient but is not updated." in text


# the author's notes


def has_note(session: Session, quantity: str, text: str) -> bool:
    """Return whether the card of a quantity has a note."""
    there = after(session, c.Select("o1"), c.Select(quantity))
    if not there.trail:  # a parameter's name only selects it
        setup = there.setup
        parsed = parse_quantity(quantity, setup)
        derivation = derive(there.timeline, parsed, there.moment)
    else:
        derivation = there.cards[0]
    return f"» {text}" in to_text(card_rows(there, derivation, 400))


def test_notes_are_on_the_card_of_their_moment_and_no_other() -> None:
    session = shipped("mazur")
    assert session.setup.preset.notes
    for phases in range(1, 8):
        here = stepped(session, phases)
        for note in session.setup.preset.notes:
            quantity = parse_quantity(note.quantity, session.setup)
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
            if set(span.role.split()) & {"number", "new", "unknown", "frozen"}:
                if "." in span.text and "e" not in span.text:
                    place = at + cells(span.text[: span.text.index(".")])
                    columns.setdefault(column, set()).add(place)
                column += 1
            at += cells(span.text)
    return list(columns.values())


def test_bars_of_the_table_show_signs_and_sizes() -> None:
    session = stepped(open_session(dense((2, 2, 2)).setup()), 2)
    assert session.state.backward is not None
    gradients = session.state.backward.gradient
    rows, _ = table(session, 120, 30)
    bars = [to_text([row]).split("│") for row in rows[1 : 1 + len(gradients)]]
    halves = {"━": 2, "╺": 1, "╸": 1}
    for gradient, (left, right) in zip(gradients, bars, strict=True):
        sizes = [sum(halves.get(sign, 0) for sign in side) for side in (left, right)]
        longest = 12 * abs(gradient) / float(np.abs(gradients).max())
        assert sizes[int(gradient < 0)] == 0
        assert abs(sizes[int(gradient > 0)] - max(longest, 1)) <= 0.5


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


def numbers_of(rows: list[Row], address: str) -> list[str]:
    """Return the numbers on a screen that have an address, without the marks of new ones."""
    spans = [span for row in rows for span in row if span.address == address]
    return [word for span in spans for word in span.text.split() if "." in word]


def test_what_an_optimizer_keeps_is_a_column_of_the_table_and_a_line_of_the_inspector() -> None:
    session = open_session(replace(dense((2, 2, 2)), optimizer="momentum").setup())
    session = after(session, c.Select("w5"))
    once, twice = (stepped(session, phases).values.all()["dE/dw5"] for phases in (2, 5))
    for phases, kept in ((2, "0.0"), (3, f"{once:.9f}"), (6, f"{0.9 * once + twice:.9f}")):
        rows, _ = table(stepped(session, phases), 90, 30)
        assert to_text(rows[:1]).split() == [
            "edge",
            "value",
            "gradient",
            "v",
            "step",
            "new",
            "value",
        ]
        assert numbers_of(rows, "v w5") == [kept]
        rows, _ = inspector(stepped(session, phases), 60, 60)
        assert kept in numbers_of(rows, "v w5")


def test_digits_go_round() -> None:
    session = shipped("mazur")
    asked = [after(session, *[c.NextDigits()] * k).digits for k in range(len(DIGITS) + 1)]
    assert asked == [*DIGITS, 0]
    assert set(DIGITS) >= {4, 6, 9, 20}


def test_with_all_digits_a_card_shows_the_very_float() -> None:
    session = after(stepped(shipped("mazur"), 2), *[c.NextDigits()] * 4, c.Select("dE/dw5"))
    value = session.value(Quantity(Kind.DE_DPARAMETER, parameter="w5"))
    assert repr(value) in to_text(card_rows(session, session.cards[0], 80))
