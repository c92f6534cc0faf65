"""Steps of every size: where they end, what they compute, and that all pass the same numbers."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from bptui.session import messages as c
from bptui.session.messages import Message, Panel
from bptui.session.session import Session, open_session
from bptui.story.address import Kind, Quantity, all_quantities
from bptui.story.moment import START, Moment, Phase
from bptui.story.steps import Granularity, Group, Steps, steps_of
from bptui.story.values import Values
from bptui.view.rows import row_cells
from bptui.view.screen import screen
from tests.networks import Sketch, dense, examples, networks
from tests.sessions import VARIED, WIDE, XOR, after, made, shipped, stepped

GRAINS = list(Granularity)
SIZES = ((80, 24), (120, 40))
NAMES = [*VARIED, "xor", "uneven"]


@cache
def sessions() -> dict[str, Session]:
    """Return sessions at the start, by name."""
    found = {name: shipped(name) for name in VARIED}
    uneven = replace(dense((2, 3, 2), "tanh", samples=3), batch=2, reduction="mean")
    return found | {"xor": made(XOR), "uneven": open_session(uneven.setup())}


def by(session: Session, granularity: Granularity) -> Session:
    """Return a session with steps of a size."""
    return after(session, c.Refine(GRAINS.index(granularity) - GRAINS.index(session.granularity)))


def quantities(session: Session) -> tuple[Quantity, ...]:
    """Return every quantity that a session's batch has; the last batch may be smaller."""
    setup, samples = session.setup, len(session.state.batch.numbers)
    every = all_quantities(setup)
    return tuple(quantity for quantity in every if quantity.sample <= samples)


def ends(schedule: Steps, granularity: Granularity, iterations: int = 2) -> list[int]:
    """Return the positions that steps of a size come by in some iterations."""
    found = [0]
    while found[-1] < iterations * schedule.length:
        found.append(schedule.step(found[-1], 1, granularity))
    return found


def subjects_of(schedule: Steps, phase: Phase) -> list[str]:
    """Return what the groups of a phase are about, in their order."""
    end = schedule.position(Moment.of(1, phase), 0)
    places = range(end - schedule.counts[phase] + 1, end + 1)
    return [group.subject for place in places if (group := schedule.group(place))]


# where steps end


@examples(10)
@given(networks())
def test_a_step_forward_and_one_back_return_to_the_same_place(sketch: Sketch) -> None:
    schedule = steps_of(sketch.setup().network)
    for granularity in Granularity:
        for position in ends(schedule, granularity):
            there = schedule.step(position, 1, granularity)
            assert there > position
            assert schedule.step(there, -1, granularity) == position


@examples(10)
@given(networks())
def test_from_between_two_ends_a_step_goes_to_the_next_end_on_either_side(sketch: Sketch) -> None:
    schedule = steps_of(sketch.setup().network)
    for granularity in Granularity:
        found = ends(schedule, granularity, 3)
        for position in range(1, 2 * schedule.length):
            onwards = min(end for end in found if end > position)
            backwards = max(end for end in found if end < position)
            assert schedule.step(position, 1, granularity) == onwards
            assert schedule.step(position, -1, granularity) == backwards


@examples(10)
@given(networks())
def test_where_a_coarse_step_ends_a_fine_one_does(sketch: Sketch) -> None:
    schedule = steps_of(sketch.setup().network)
    found = [set(ends(schedule, granularity)) for granularity in Granularity]
    assert found[0] < found[1] <= found[2] <= found[3]
    assert found[0] == {0, schedule.length, 2 * schedule.length}
    assert len(found[1]) == 1 + 2 * len(Phase)
    assert found[3] == set(range(2 * schedule.length + 1))


@examples(10)
@given(networks())
def test_a_position_and_its_moment_are_the_same_thing(sketch: Sketch) -> None:
    schedule = steps_of(sketch.setup().network)
    for position in range(3 * schedule.length):
        assert schedule.position(*schedule.moment(position)) == position
    for at in range(7):
        assert schedule.moment(schedule.position(Moment(at), 0)) == (Moment(at), 0)


@examples(10)
@given(networks())
def test_an_iteration_by_neuron_comes_by_every_group_once(sketch: Sketch) -> None:
    network = sketch.setup().network
    schedule = steps_of(network)
    found: dict[Phase, list[Group]] = {phase: [] for phase in Phase}
    for position in range(1, schedule.length + 1):
        phase, group = schedule.moment(position)[0].phase, schedule.group(position)
        assert phase is not None
        assert group is not None
        found[phase].append(group)
    neurons = [name for layer in network.layers for name in layer.neurons]
    names = [p.name for p in network.parameters]
    assert [group.subject for group in found[Phase.FORWARD]] == [*neurons, ""]
    assert sorted(g.subject for g in found[Phase.BACKWARD]) == sorted([*neurons, *names])
    assert sorted(g.subject for g in found[Phase.UPDATE]) == sorted(names)
    layers = [group.layer for group in found[Phase.BACKWARD]]
    assert layers == sorted(layers, reverse=True)


def test_mazur_backwards_is_the_outputs_deltas_then_their_weights_then_the_hidden_layer() -> None:
    schedule = shipped("mazur").steps
    subjects = subjects_of(schedule, Phase.BACKWARD)
    first, then = ["o1", "o2", "w5", "w6", "w7", "w8", "b2"], ["h1", "h2", "w1", "w2", "w3", "w4"]
    assert subjects == [*first, *then, "b1"]


@pytest.mark.parametrize("steps", [-1, -3])
@pytest.mark.parametrize("granularity", Granularity)
def test_there_is_no_step_before_the_start(granularity: Granularity, steps: int) -> None:
    session = by(shipped("mazur"), granularity)
    there = after(session, c.Step(steps))
    assert (there.moment, there.branches) == (session.moment, session.branches)
    assert there.said == "Already at the start"
    assert after(session, c.Step(1), c.Step(steps)).position == 0


@pytest.mark.parametrize("refine", [1, 99, -1, -99])
def test_steps_are_never_finer_than_a_neuron_nor_coarser_than_an_iteration(refine: int) -> None:
    session = after(shipped("mazur"), *[c.Refine(refine)] * 5)
    assert session.granularity is (Granularity.NEURON if refine > 0 else Granularity.ITERATION)
    assert session.position == 0


@pytest.mark.parametrize(
    ("granularity", "expected"),
    [
        (Granularity.ITERATION, ["1 update", "2 update"]),
        (Granularity.PHASE, ["1 forward", "1 backward", "1 update"]),
        (Granularity.LAYER, ["1 forward", "1 forward", "1 forward", "1 backward", "1 backward"]),
    ],
)
def test_steps_of_each_size_end_at_these_moments(
    granularity: Granularity, expected: list[str]
) -> None:
    session = by(shipped("mazur"), granularity)
    assert [str(stepped(session, k + 1).moment) for k in range(len(expected))] == expected


# what steps compute


@pytest.mark.parametrize("name", ["mazur", "pandey", "hmkcode-code", "xor", "uneven"])
def test_every_quantity_is_a_dash_before_its_group_and_a_number_from_then_on(name: str) -> None:
    session = by(sessions()[name], Granularity.NEURON)
    computed: dict[Quantity, list[int]] = {}
    iterations = (1,) if name == "xor" else (1, 2)
    for _ in range(len(iterations) * session.steps.length):
        before, session = session, after(session, c.Step(1))
        if before.moment.iteration != session.moment.iteration:
            # a new iteration begins with nothing
            before = structs.replace(before, moment=START, left=0)
        for quantity in quantities(session):
            if quantity.form.known is None:
                assert session.value(quantity) is not None
            elif session.value(quantity) is not None and before.value(quantity) is None:
                computed.setdefault(quantity, []).append(session.position)
            else:
                lost = before.value(quantity) is not None and session.value(quantity) is None
                assert not lost, f"{quantity} at {session.position}"
    length = session.steps.length
    for quantity in all_quantities(session.setup):
        if quantity.form.known is None:
            continue
        whole = [k for k in iterations if quantity.sample <= len(session.setup.batch(k).numbers)]
        places = [session.steps.place(quantity, k) + 1 for k in whole]
        assert computed[quantity] == places, str(quantity)
        assert {(place - 1) // length + 1 for place in places} == set(whole)


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_is_the_old_one_up_to_its_group_and_the_new_one_from_then_on(name: str) -> None:
    session = by(stepped(sessions()[name], 2), Granularity.NEURON)
    timeline, network = session.timeline, session.setup.network
    old = Values(timeline.state(Moment.of(1, Phase.BACKWARD)))
    new = Values(timeline.state(Moment.of(1, Phase.UPDATE)))
    order = subjects_of(session.steps, Phase.UPDATE)
    for done in range(len(order) + 1):
        for parameter in network.parameters:
            quantity = Quantity(Kind.PARAMETER, parameter=parameter.name)
            updated = parameter.name in order[:done]
            assert session.value(quantity) == (new if updated else old).get(quantity)
            expected = new.get(quantity) if updated else None
            assert session.new_value(parameter.name) == expected
        if done < len(order):
            session = after(session, c.Step(1))


@pytest.mark.parametrize("granularity", Granularity)
@pytest.mark.parametrize("name", NAMES)
def test_steps_of_any_size_end_in_the_very_same_numbers(
    name: str, granularity: Granularity
) -> None:
    coarse = stepped(sessions()[name], 6)
    fine = by(open_session(coarse.setup), granularity)
    while fine.position < coarse.position:
        fine = after(fine, c.Step(1))
    assert (fine.moment, fine.left) == (coarse.moment, 0)
    mine = {str(q): fine.value(q) for q in quantities(fine)}
    assert mine == {str(q): coarse.value(q) for q in quantities(coarse)}
    assert fine.losses.tolist() == coarse.losses.tolist()


@pytest.mark.parametrize("name", NAMES)
def test_by_neuron_the_card_shows_what_was_just_computed(name: str) -> None:
    session = by(sessions()[name], Granularity.NEURON)
    network = session.setup.network
    for _ in range(2 * session.steps.length):
        session = after(session, c.Step(1))
        group = session.steps.group(session.position)
        assert group is not None
        for card in session.cards:
            quantity = card.quantity
            assert (quantity.parameter or quantity.neuron) == group.subject
            if quantity.kind is Kind.NET and network.coupled(quantity.neuron):
                continue  # all nets of a softmax layer are there with its first out
            assert session.steps.place(quantity, session.moment.iteration) + 1 == (session.position)
            if quantity.kind is not Kind.PARAMETER:
                assert session.is_new(quantity)
            elif not network.parameter(quantity.parameter).trainable:
                assert not session.is_new(quantity)
            else:
                assert session.is_new(quantity) == (session.value(quantity) != _old(session))


def _old(session: Session) -> float:
    return float(session.state.before[session.setup.network.slots[session.selected]])


@pytest.mark.parametrize("granularity", Granularity)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_new_is_what_came_with_the_last_step(name: str, granularity: Granularity) -> None:
    session = by(sessions()[name], granularity)
    for _ in range(5):
        before, session = session, after(session, c.Step(1))
        for quantity in quantities(session):
            place = session.steps.place(quantity, session.moment.iteration)
            if quantity.form.known is not None:
                came = before.position <= place < session.position
                assert session.is_new(quantity) == came, str(quantity)


def test_a_weight_that_carries_an_error_back_comes_with_the_delta_that_it_is_carried_to() -> None:
    session = by(stepped(shipped("mazur"), 1), Granularity.NEURON)
    carrier = Quantity(Kind.DNET_DOUT, neuron="o1", source="h1")
    first = next(k for k in range(99) if stepped(session, k).value(carrier) is not None)
    assert stepped(session, first).selected == "h1"


def test_the_loss_is_not_told_before_its_step() -> None:
    session = by(stepped(shipped("mazur"), 3), Granularity.NEURON)
    told = [len(stepped(session, k).losses) for k in range(7)]
    assert told == [1, 1, 1, 1, 1, 2, 2]


# screens


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", ["mazur", "pandey", "xor"])
def test_three_fine_steps_and_three_back_give_the_same_screen(
    name: str, size: tuple[int, int]
) -> None:
    session = by(sessions()[name], Granularity.NEURON)
    for begun in (0, 4, 5, 6, session.steps.length - 2):
        here = after(session, *[c.Step(1)] * begun)
        there = after(here, *[c.Step(1)] * 3)
        back = after(there, *[c.Step(-1)] * 3)
        assert screen(back, *size) == screen(here, *size) != screen(there, *size)


def test_the_status_says_that_a_phase_is_not_done() -> None:
    session = after(stepped(by(shipped("mazur"), Granularity.NEURON), 2), c.Refine(-1))
    text = "".join(span.text for span in screen(session, 80, 24)[-2])
    assert "Next: o₁ and o₂." in text


# any steps in any order


walks = st.lists(
    st.one_of(
        st.builds(c.Step, st.sampled_from((1, 1, 1, 2, 5, -1, -1, -2, -7))),
        st.builds(c.Refine, st.sampled_from((1, -1, 2, -2))),
        st.just(c.Jump(START)),
        st.builds(c.Show, st.sampled_from(Panel)),
    ),
    max_size=20,
)


@examples(25)
@given(st.sampled_from(NAMES), walks)
def test_any_walk_ends_where_its_steps_lead(name: str, walk: list[Message]) -> None:
    session = sessions()[name]
    position, granularity = 0, Granularity.PHASE
    for command in walk:
        session = after(session, command)
        match command:
            case c.Step(steps):
                position = session.steps.step(position, steps, granularity)
            case c.Refine(grains):
                granularity = GRAINS[
                    min(max(GRAINS.index(granularity) + grains, 0), len(GRAINS) - 1)
                ]
            case c.Jump():
                position = 0
        assert (session.position, session.granularity) == (position, granularity)
    assert_as_if_never_walked(session)


def assert_as_if_never_walked(session: Session) -> None:
    """Fail unless a session shows what its position says, whichever way it came there."""
    state = Values(session.timeline.state(session.moment))
    for quantity in quantities(session):
        shown = session.value(quantity)
        place = session.steps.place(quantity, session.moment.iteration)
        if quantity.form.known is not None:
            assert shown == (state.get(quantity) if place < session.position else None)
    forward = Moment.of(session.moment.iteration, Phase.FORWARD)
    loss = session.steps.position(forward, 0) <= session.position
    assert len(session.losses) == session.moment.iteration - (0 if loss else 1)


@examples(10)
@given(st.sampled_from(["mazur", "xor", "uneven"]), walks)
def test_any_walk_has_a_screen_of_full_rows(name: str, walk: list[Message]) -> None:
    session = after(sessions()[name], *walk)
    for width, height in SIZES:
        rows = screen(session, width, height)
        assert [row_cells(row) for row in rows] == [width] * height


def test_a_large_network_is_stepped_by_neuron_too() -> None:
    session = stepped(by(made(WIDE), Granularity.NEURON), 35)
    assert session.steps.group(session.position) == Group("o1", 2)
    assert session.moment == Moment.of(1, Phase.BACKWARD)
