"""Going anywhere in any way shows what a fresh run to that moment shows, to the last bit."""

from __future__ import annotations

import math
import random
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.engine.functions import Array
from bptui.engine.loop import Loop
from bptui.engine.network import Network
from bptui.engine.passes import Rule
from bptui.session import jobs as travel
from bptui.session import messages as c
from bptui.session.messages import Ask, Page
from bptui.session.session import Session, open_session
from bptui.story import segment
from bptui.story.address import Kind, all_quantities, parse_quantity
from bptui.story.conditions import Condition, parse_condition
from bptui.story.moment import START, Moment, Phase, parse_moment
from bptui.story.non_finite import first_non_finite
from bptui.story.setup import Setup
from bptui.story.slices import Slices
from bptui.story.steps import Granularity
from bptui.story.timeline import Timeline
from bptui.story.values import Values
from bptui.view.key import By
from tests.networks import dense, examples, problem_from
from tests.sessions import XOR, after, done, made, shipped, stepped, told
from tests.test_edits import SMALL, random_edits
from tests.test_timeline import bits
from tests.walks import (
    answered,
    edits_of,
    look,
    random_commands,
    typed,
    walk,
    wrong_in,
)


def small() -> Session:
    """Return a session of a network with shared biases and batches of 2 and 1 samples."""
    return open_session(SMALL.setup())


def unstable(rate: float = 10.0) -> Session:
    """Return a session of a network without bounds, which diverges."""
    return open_session(replace(UNBOUNDED, learning_rate=rate).setup())


UNBOUNDED = dense((2, 3, 2), "relu", output="identity", samples=3, seed=3)


# ---- the random walk -----------------------------------------------------------------------------


@pytest.fixture
def short_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let searches give up early."""
    monkeypatch.setattr(travel, "LIMIT", 50)


@pytest.mark.usefixtures("short_searches")
@pytest.mark.parametrize("name", ["mazur", "XOR", "small"])
def test_a_long_walk_always_shows_the_numbers_of_a_fresh_run(name: str) -> None:
    begin = {"mazur": lambda: shipped("mazur"), "XOR": lambda: made(XOR), "small": small}[name]
    rng = random.Random(name)
    session = walk(rng, begin(), 300, 60)
    assert len(session.branches) > 20
    for place in range(0, len(session.branches), 7):
        there = done(session, c.Toggle(Page.BRANCHES), By(-999), By(place))
        there = done(there, c.Enter())
        assert there.here == place
        assert wrong_in(there) == []


@pytest.mark.usefixtures("short_searches")
@examples(3)
@given(st.integers(0, 2**32))
def test_a_session_is_what_its_edits_make_of_a_fresh_timeline(seed: int) -> None:
    rng, session = random.Random(seed), small()
    for _ in range(30):
        for command in random_commands(rng, session):
            session = done(session, command)
        fresh = Timeline(SMALL.setup())
        for moment, change in edits_of(session):
            fresh = fresh.edited(moment, change)
        state = fresh.state(session.moment)
        assert bits(session.state) == bits(state)
        assert repr(session.values.all()) == repr(Values(state).all())
        count = session.computed_losses
        assert session.losses.tobytes() == fresh.losses(count).tobytes()
    look(session)


# ---- moving --------------------------------------------------------------------------------------


def test_iterations_are_travelled_to_the_same_phase() -> None:
    session = stepped(small(), 2)
    assert str(done(session, c.Travel(1)).moment) == "2 backward"
    assert str(done(session, c.Travel(10)).moment) == "11 backward"
    assert str(done(session, c.Travel(10), c.Travel(-1)).moment) == "10 backward"
    assert done(session, c.Travel(-1)).moment == START
    assert str(done(session, c.Travel(10), c.Restart(), c.End()).moment) == "11 update"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("120", "120 forward"),
        ("1,200", "1200 forward"),
        ("+50", "52 forward"),
        ("-1", "1 forward"),
        ("-20", "start"),
        ("0", "start"),
        ("start", "start"),
        ("10 backward", "10 backward"),
        ("end", "9 update"),
    ],
)
def test_places_can_be_typed(text: str, moment: str) -> None:
    session = answered(answered(shipped("mazur"), Ask.RUN, "9"), Ask.GO, "2 forward")
    assert str(answered(session, Ask.GO, text).moment) == moment


def test_from_the_start_a_number_is_the_end_of_an_iteration() -> None:
    assert str(answered(shipped("mazur"), Ask.GO, "7").moment) == "7 update"


def test_there_is_a_last_iteration() -> None:
    for text in ("10000001", "+10000001", "99999999999999999999"):
        session = answered(shipped("mazur"), Ask.GO, text)
        assert (session.moment, session.said) == (
            START,
            "At most 10,000,000 iterations can be run.",
        )
    assert answered(shipped("mazur"), Ask.RUN, "10000001").said == session.said


def test_a_mark_is_come_back_to_on_its_branch() -> None:
    session = done(stepped(small(), 5), c.Prompt(Ask.MARK), c.Type("x"))
    assert session.said == "This moment is marked x: 'x comes back to it."
    session = answered(done(session, c.Travel(10)), Ask.EDIT, "w1 = 1")
    back = done(session, c.Prompt(Ask.RETURN), c.Type("x"))
    assert (back.here, str(back.moment), back.other) == (0, "2 backward", 1)
    wrong = done(session, c.Prompt(Ask.RETURN), c.Type("y"))
    assert (wrong.moment, wrong.said) == (session.moment, "There is no mark y; there are: x.")
    assert done(small(), c.Prompt(Ask.RETURN)).prompt is None


# ---- runs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("begin", ["start", "1 forward", "4 backward", "4 update"])
def test_a_run_goes_on_for_so_many_iterations(begin: str) -> None:
    moment = parse_moment(begin)
    session = answered(done(small(), c.Jump(moment)), Ask.RUN, "200")
    completed = 4 if begin == "4 update" else 3 if begin == "4 backward" else 0
    assert session.moment == Moment.of(completed + 200, Phase.UPDATE)
    assert session.charted == completed + 200
    assert wrong_in(session) == []


def test_a_run_ends_where_its_condition_comes_true() -> None:
    session = answered(shipped("mazur"), Ask.RUN, "2000 until E < 0.2")
    losses = Timeline(session.setup).losses(100)
    first = int(np.flatnonzero(losses < 0.2)[0]) + 1
    assert session.moment == Moment.of(first, Phase.FORWARD)
    value = f"{losses[first - 1]:.9g}"
    bound = "0.2"
    assert session.said == f"Here E < {bound}: E = {value} at {first} forward."
    never = answered(shipped("mazur"), Ask.RUN, "30 until E < -1")
    assert str(never.moment) == "30 update"
    assert never.said == "Stopped after iteration 30: never E < -1."


def test_a_run_can_be_stopped_and_keeps_what_was_done() -> None:
    session = small()
    for command in typed(Ask.RUN, "5000"):
        session = told(session, command)
    session = told(session, c.Continue(64, 0.1))
    assert session.job is not None
    ran = session.job.done
    assert 0 < ran < 5000
    busy = told(session, c.Step(1))
    assert busy.moment == session.moment
    assert busy.said == "Esc stops what is going on; until then only looking is possible."
    look(session)
    stopped = told(session, c.Close())
    assert stopped.job is None
    assert stopped.moment == Moment.of(ran, Phase.UPDATE)
    assert stopped.said == f"Stopped after iteration {ran:,}."
    assert stopped.charted == ran
    assert wrong_in(stopped) == []


def test_a_stopped_search_stays_where_it_was() -> None:
    session = stepped(small(), 4)
    for command in typed(Ask.SEARCH, "E < -1"):
        session = told(session, command)
    assert session.job is not None
    stopped = told(session, c.Close())
    assert stopped.moment == session.moment == parse_moment("2 forward")
    assert stopped.said.startswith("Stopped the search after iteration ")


def ended(session: Session, ask: Ask, text: str, ticks: Sequence[float]) -> Session:
    """Return a session after an answer, worked off in slices that took so many seconds each."""
    session, place = after(session, *typed(ask, text)), 0
    slices = Slices(session.timeline.pace, 0.004)
    while session.job is not None:
        session = told(session, c.Continue(slices.size, 0.0))
        slices.took(ticks[place % len(ticks)])
        place += 1
    return session


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        (Ask.GO, "300"),
        (Ask.RUN, "257"),
        (Ask.RUN, "400 until w1 > 0.5"),
        (Ask.SEARCH, "E < 0.4"),
        (Ask.SEARCH, "dE/dw1 changes sign"),
        (Ask.SEARCH_BACK, "w1 crosses 0.3"),
        (Ask.SEARCH_BACK, "E < -1"),
    ],
)
def test_it_does_not_matter_in_what_slices_work_is_done(ask: Ask, text: str) -> None:
    begin = answered(answered(small(), Ask.GO, "40 backward"), Ask.EDIT, "w2 = 0.5")
    begin = answered(begin, Ask.GO, "90 forward")
    found = set()
    for ticks in ([0.0], [1.0], [0.0] * 9 + [1.0], [0.003], [1.0] * 40 + [0.0] * 400):
        session = ended(begin, ask, text, ticks)
        found.add((session.moment, session.said, session.branch.reached, session.charted))
        assert wrong_in(session) == []
    assert len(found) == 1


def test_a_run_that_ends_on_a_slice_of_one_iteration_is_all_on_the_chart() -> None:
    session = done(answered(small(), Ask.RUN, "17"), c.Travel(-5))
    assert session.charted == 17
    session = done(answered(small(), Ask.RUN, "2"), c.Step(-3))
    assert session.charted == 2


# ---- searches against looking everywhere ---------------------------------------------------------


def truth(condition: Condition, before: float, now: float) -> bool:
    """Whether a condition holds, written from its words."""
    if condition.absolute:
        before, now = abs(before), abs(now)
    bound, relation = condition.bound, condition.relation
    plain = {
        "<": now < bound,
        "<=": now <= bound,
        ">": now > bound,
        ">=": now >= bound,
        "=": now == bound,
        "!=": now != bound,
    }
    if math.isnan(now):
        return False
    if relation in plain:
        return plain[relation]
    limit = bound if relation == "crosses" else 0.0
    if math.isnan(before):
        return False
    return before != now if relation == "changes" else (before < limit) != (now < limit)


def all_hits(timeline: Timeline, condition: Condition, last: int) -> list[Moment]:
    """Return every moment of some iterations where a condition holds, by looking at each."""
    found, quantity = [], condition.quantity
    before = math.nan
    if quantity.kind is Kind.PARAMETER:
        before = Values(timeline.state(START)).get(quantity) or 0.0
    for k in range(1, last + 1):
        value = Values(timeline.state(condition.moment(k))).get(quantity)
        now = math.nan if value is None else value
        if truth(condition, before, now):
            found.append(condition.moment(k))
        before = now
    return found


@pytest.fixture(scope="module")
def edited_session() -> Session:
    """Return a session whose branch was edited at several places."""
    session = small()
    for when, text in (("5 update", "w1 = 0.9"), ("9 forward", "w5 = -1"), ("12 update", "w1=-1")):
        session = answered(answered(session, Ask.GO, when), Ask.EDIT, text)
    return session


@pytest.mark.usefixtures("short_searches")
@pytest.mark.parametrize(
    "text",
    [
        "w1 > 0.5",
        "w1 changes sign",
        "w5 crosses -0.3",
        "|w1| < 0.95",
        "E < 0.3",
        "E crosses 0.5",
        "dE/dw1 changes sign",
        "|dE/dw5| < 0.05",
        "out h1 @2 > 0.2",
        "input i1 @1 > 0",
        "step w1 changes sign",
        "b2 changes",
    ],
)
def test_a_search_finds_the_next_moment_and_the_last_one(
    edited_session: Session, text: str
) -> None:
    setup = edited_session.setup
    condition = parse_condition(text, setup.network, setup.batch_size)
    fresh = Timeline(SMALL.setup())
    for moment, change in edits_of(edited_session):
        fresh = fresh.edited(moment, change)
    hits = all_hits(fresh, condition, 80)
    for at in (*range(0, 60, 7), *range(13, 18), 25, 26, 36, 37):
        here = done(edited_session, c.Jump(Moment(at)))
        later = [hit for hit in hits if hit > here.moment]
        found = answered(here, Ask.SEARCH, text)
        first = condition.moment(here.moment.iteration)
        first_looked_at = here.moment.iteration + (first <= here.moment)
        if later and later[0].iteration < first_looked_at + 50:
            assert found.moment == later[0], here.moment
            assert found.said.startswith(f"Here {condition}: {condition.quantity} = ")
        else:
            assert found.moment == here.moment
            limit = first_looked_at + 49
            told = f"There is no moment up to iteration {limit} where {condition}."
            assert found.said == told
        earlier = [hit for hit in hits if hit < here.moment]
        found = answered(here, Ask.SEARCH_BACK, text)
        assert found.moment == (earlier[-1] if earlier else here.moment)
        if not earlier:
            assert found.said == f"There is no moment before this where {condition}."


def test_a_search_is_repeated_both_ways() -> None:
    session = done(small(), c.Find(1))
    assert session.said == "Nothing was searched for yet: / asks for a condition."
    session = answered(session, Ask.SEARCH, "E changes")
    moments = [session.moment]
    for way in (1, 1, -1, -1):
        session = done(session, c.Find(way))
        moments.append(session.moment)
    assert [str(moment) for moment in moments] == [f"{k} forward" for k in (2, 3, 4, 3, 2)]
    again = done(session, c.Prompt(Ask.SEARCH), c.Enter())
    assert str(again.moment) == "3 forward"


def test_a_phase_of_which_some_is_to_come_is_searched_too() -> None:
    session = done(stepped(small(), 3), c.Refine(2), c.Step(1))
    assert session.granularity is Granularity.NEURON
    assert (str(session.moment), session.left > 0) == ("2 forward", True)
    assert str(answered(session, Ask.SEARCH, "E > 0").moment) == "2 forward"
    assert answered(session, Ask.SEARCH, "E > 0").left == 0
    assert str(answered(session, Ask.SEARCH_BACK, "w1 > -9").moment) == "1 update"
    session = done(session, c.Jump(parse_moment("2 backward")), c.Step(1))
    assert (str(session.moment), session.left > 0) == ("2 update", True)
    assert str(answered(session, Ask.RUN, "1").moment) == "2 update"
    assert answered(session, Ask.RUN, "1").left == 0


# ---- divergence ----------------------------------------------------------------------------------


def first_broken(setup: Setup) -> int:
    """Return the first iteration whose loss or new parameters are no numbers any more."""
    timeline = Timeline(setup)
    for k in range(1, 5000):
        state = timeline.state(Moment.of(k, Phase.UPDATE))
        assert state.forward is not None
        if not (np.isfinite(state.forward.loss) and np.isfinite(state.theta).all()):
            return k
    raise AssertionError("it does not diverge")


@pytest.mark.parametrize("rate", [2.5, 10.0, 1e3, 1e200])
@pytest.mark.parametrize("way", ["run", "near", "far", "travel", "until"])
def test_what_goes_on_stops_before_the_numbers_are_none(rate: float, way: str) -> None:
    session = unstable(rate)
    broken = first_broken(session.setup)
    before = START if broken == 1 else Moment.of(broken - 1, Phase.UPDATE)
    match way:
        case "run":
            session = answered(session, Ask.RUN, "100000")
        case "near":
            session = answered(session, Ask.GO, str(broken))
        case "far":
            session = answered(session, Ask.GO, "90000")
        case "travel":
            session = done(session, *[c.Travel(1)] * (broken + 3))
        case "until":
            session = answered(session, Ask.RUN, "E < -1")
    assert session.job is None
    assert session.moment == before
    assert session.said.startswith("Training diverges: ")
    assert session.said.endswith(". A smaller learning rate may help.")
    look(session)
    into = done(session, c.Step(1))
    assert into.moment == before.plus(1)
    look(done(into, c.Step(5), c.Travel(1)))


def test_a_search_stays_before_what_diverges() -> None:
    session = stepped(unstable(), 2)
    found = answered(session, Ask.SEARCH, "E < -1")
    assert found.moment == session.moment
    assert found.said.startswith("Training diverges: ")
    assert answered(session, Ask.SEARCH, "E > 1e100").moment.phase is Phase.FORWARD


@pytest.mark.parametrize("rate", [2.5, 10.0, 1e3, 1e200, 1e308])
@pytest.mark.parametrize("update_rule", ["simultaneous", "sequential"])
@pytest.mark.parametrize("batch", ["full", "online"])
def test_the_first_number_that_is_none_is_named(rate: float, update_rule: str, batch: str) -> None:
    sketch = replace(UNBOUNDED, learning_rate=rate, update=update_rule, batch=batch)
    setup = sketch.setup()
    broken, timeline = first_broken(setup), Timeline(setup)
    quantity, value, moment = first_non_finite(timeline, broken)
    assert moment.iteration == broken
    assert not math.isfinite(value)
    found = Values(timeline.state(moment)).get(quantity)
    assert repr(found) == repr(value)
    assert parse_quantity(str(quantity), setup.network, setup.batch_size) == quantity
    # the phase before is whole
    earlier = Values(timeline.state(moment.plus(-1))).all()
    kinds = {Phase.FORWARD: "none", Phase.BACKWARD: "net out E", Phase.UPDATE: "dE/dnet dE/dw"}
    assert moment.phase is not None
    for address, number in earlier.items():
        if address.startswith(tuple(kinds[moment.phase].split())):
            assert math.isfinite(number), address
    # and what was computed before it in the same phase
    same = Values(timeline.state(moment))
    for k in range(1, setup.network.places.get(quantity.neuron, (0, 0))[0]):
        for name in setup.network.neurons[k]:
            if moment.phase is Phase.FORWARD:
                out = parse_quantity(
                    f"out {name} @1" if batch == "full" else f"out {name}",
                    setup.network,
                    setup.batch_size,
                )
                assert math.isfinite(same.get(out) or 0.0)


ONE_WEIGHT = """
title = "out = x w, so that E = (x w)²/2, dE/dw = x² w, and an update makes w - eta x² w of it"
[training]
learning_rate = RATE
loss = "half_squared_error"
[[layers]]
name = "in"
neurons = ["x"]
[[layers]]
name = "out"
neurons = ["y"]
activation = "identity"
[weights]
w = { from = "x", to = "y", value = 1 }
[[samples]]
input = [INPUT]
target = [0]
"""
CHAIN = """
title = "all outs are 0, and derivatives grow on the way back: 1e150, 1e350, ..."
[training]
learning_rate = 1
loss = "half_squared_error"
[[layers]]
name = "in"
neurons = ["x"]
[[layers]]
name = "first"
neurons = ["g"]
activation = "identity"
[[layers]]
name = "second"
neurons = ["h"]
activation = "identity"
[[layers]]
name = "out"
neurons = ["y"]
activation = "identity"
[weights]
u = { from = "x", to = "g", value = 0 }
v = { from = "g", to = "h", value = 1e200 }
w = { from = "h", to = "y", value = 1e200 }
[[samples]]
input = [1]
target = [-1e150]
"""


@pytest.mark.parametrize(
    ("rate", "given", "stops", "told"),
    [
        # w = -1e200, of which the square is too large
        ("1e200", "1", "1 update", "E y becomes inf at 2 forward"),
        # w = -1.4e154: (w/2)² = 5e307, but eta w/4 = 1.9e308
        ("5.5e154", "0.5", "1 update", "w becomes inf at 2 update"),
        # w = (-2)^k, (2^512)² = 2^1024 is the first that is too large
        ("3", "1", "512 update", "E y becomes inf at 513 forward"),
    ],
)
def test_what_diverges_is_said_and_where(rate: str, given: str, stops: str, told: str) -> None:
    text = ONE_WEIGHT.replace("RATE", rate).replace("INPUT", given)
    session = open_session(problem_from(text))
    run = answered(session, Ask.RUN, "1000")
    assert str(run.moment) == stops
    assert run.said == f"Training diverges: {told}. A smaller learning rate may help."
    assert run.timeline.diverged == run.moment.iteration + 1
    slower = answered(run, Ask.EDIT, "eta = 1")
    assert slower.timeline.diverged is None
    done_now = run.moment.iteration
    assert answered(slower, Ask.RUN, "100").moment == Moment.of(done_now + 100, Phase.UPDATE)


def test_derivatives_that_grow_too_large_are_named_from_the_last_layer_back() -> None:
    run = answered(open_session(problem_from(CHAIN)), Ask.RUN, "10")
    assert run.moment == START
    assert run.said.startswith("Training diverges: dE/dout h becomes inf at 1 backward.")


def test_a_sum_can_be_too_large_where_no_share_is() -> None:
    sketch = dense((1, 2), "identity", loss="squared_error")
    sketch = replace(sketch, learning_rate=1e200)  # new parameters are none either
    setup = replace(sketch, samples=(((0.0,), (1.2e154, 1.2e154)),)).setup()
    run = answered(open_session(setup), Ask.RUN, "10")
    assert run.moment == START
    assert run.said.startswith("Training diverges: E becomes inf at 1 forward.")


def test_an_edit_before_it_diverges_heals_the_branch_and_not_the_other() -> None:
    session = answered(unstable(2.5), Ask.RUN, "1000")
    stopped = session.moment
    assert stopped.iteration > 3
    healed = answered(answered(session, Ask.GO, "3 forward"), Ask.EDIT, "eta = 0.0001")
    healed = answered(healed, Ask.RUN, "1000")
    assert str(healed.moment) == "1002 update"
    back = answered(done(healed, c.Undo(1)), Ask.RUN, "1000")
    assert back.moment == stopped


# ---- what is kept --------------------------------------------------------------------------------


class Fast:
    """Stands in for the training loop: what it makes is nonsense, but made quickly."""

    def __init__(
        self, network: Network, rule: Rule, batches: Sequence[tuple[Array, Array]]
    ) -> None:
        pass

    def run(self, theta: Array, first: int, losses: Array, thetas: Array | None = None) -> Array:
        """Count iterations in the parameters."""
        losses[:] = 1.0
        if thetas is not None:
            thetas[:] = theta
        return theta + len(losses)


def test_a_million_iterations_take_less_than_64_mib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "Loop", Fast)
    setup = shipped("mazur").setup
    tracemalloc.start()
    try:
        timeline = Timeline(setup)
        timeline.run(1_000_000)
        assert timeline.ran == 1_000_000
        assert len(timeline.losses(1_000_000)) == 1_000_000
        theta = timeline.before(777_777)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert theta[0] == setup.theta[0] + 777_776
    assert peak < 40 * 2**20


def test_keyframes_of_a_large_network_are_thinned_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "Loop", Fast)
    setup = dense((20, 40, 10)).setup()
    tracemalloc.start()
    try:
        timeline = Timeline(setup)
        timeline.run(400_000)
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 48 * 2**20
    assert peak < 64 * 2**20
    for number in (1, 2, 12_345, 399_999, 400_000):
        assert round(timeline.before(number)[0] - setup.theta[0]) == number - 1


@pytest.mark.parametrize("room", [1, 3, 8])
def test_fewer_keyframes_are_the_same_bits(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    setup, last = SMALL.setup(), 80
    plain = Timeline(setup)
    expected = [plain.state(Moment.of(k, Phase.UPDATE)) for k in range(1, last + 1)]
    monkeypatch.setattr(segment, "KEYFRAME", 2)
    monkeypatch.setattr(segment, "KEYFRAME_BYTES", room * 8 * len(setup.theta))
    monkeypatch.setattr(segment, "RECENT", 1)
    timeline = Timeline(setup)
    timeline.run(last)
    for k in random.Random(room).sample(range(1, last + 1), last):
        assert bits(timeline.state(Moment.of(k, Phase.UPDATE))) == bits(expected[k - 1])
    losses = [state.forward.loss for state in expected if state.forward is not None]
    assert timeline.losses(last).tolist() == losses


def test_a_jump_within_what_was_run_calculates_little_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted = []

    class Counting(Loop):
        def run(
            self, theta: Array, first: int, losses: Array, thetas: Array | None = None
        ) -> Array:
            counted.append(len(losses))
            return super().run(theta, first, losses, thetas)

    monkeypatch.setattr(segment, "Loop", Counting)
    timeline = Timeline(SMALL.setup())
    timeline.run(1000)
    for number in random.Random(1).sample(range(1, 1000), 60):
        counted.clear()
        timeline.state(Moment.of(number, Phase.UPDATE))
        assert sum(counted) < segment.KEYFRAME


def test_another_branch_is_gone_to_without_being_run(monkeypatch: pytest.MonkeyPatch) -> None:
    session = answered(stepped(small(), 6), Ask.EDIT, "w1 = 0.9")
    session = answered(session, Ask.RUN, "3000")
    for back in (
        done(session, c.Undo(1)),
        done(session, c.Toggle(Page.BRANCHES), By(-1), c.Enter()),
    ):
        assert (back.here, str(back.moment)) == (0, "2 update")
        assert back.timeline.ran < 100


def test_quantities_are_those_of_the_network_that_an_edit_made() -> None:
    for seed in range(5):
        timeline = random_edits(random.Random(seed), SMALL.setup(), 4)[-1][1]
        for at in range(12):
            state = timeline.state(Moment(at))
            setup = state.setup
            names = {str(q) for q in all_quantities(setup.network, setup.batch_size)}
            assert set(Values(state).all()) <= names
