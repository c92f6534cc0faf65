"""What diverges stops before its numbers are none, and says which is the first."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from bptui.session import messages as c
from bptui.session.messages import Ask
from bptui.session.session import Session, open_session
from bptui.story.address import parse_quantity
from bptui.story.moment import START, Moment, Phase
from bptui.story.non_finite import first_non_finite
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline
from bptui.story.values import Values
from tests.networks import dense, problem_from
from tests.sessions import done, stepped
from tests.walks import (
    answered,
    look,
)


def unstable(rate: float = 10.0) -> Session:
    """Return a session of a network without bounds, which diverges."""
    return open_session(replace(UNBOUNDED, learning_rate=rate).setup())


UNBOUNDED = dense((2, 3, 2), "relu", output="identity", samples=3, seed=3)


def first_broken(setup: Setup) -> int:
    """Return the first iteration whose loss or new parameters are no numbers any more."""
    timeline = Timeline(setup)
    for k in range(1, 5000):
        state = timeline.state(Moment.of(k, Phase.UPDATE))
        assert state.forward is not None
        if not (np.isfinite(state.forward.loss) and np.isfinite(state.now[0]).all()):
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
    assert (
        "; try a smaller learning rate" in session.said or "; the inputs or weights" in session.said
    )
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
    assert parse_quantity(str(quantity), setup) == quantity
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
                    setup,
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
        ("1e200", "1", "1 update", "E y overflows in iteration 2 (forward)"),
        # w = -1.4e154: (w/2)² = 5e307, but eta w/4 = 1.9e308
        ("5.5e154", "0.5", "1 update", "w overflows in iteration 2 (update)"),
        # w = (-2)^k, (2^512)² = 2^1024 is the first that is too large
        ("3", "1", "512 update", "E y overflows in iteration 513 (forward)"),
    ],
)
def test_what_diverges_is_said_and_where(rate: str, given: str, stops: str, told: str) -> None:
    text = ONE_WEIGHT.replace("RATE", rate).replace("INPUT", given)
    session = open_session(problem_from(text))
    run = answered(session, Ask.RUN, "1000")
    assert str(run.moment) == stops
    assert run.said == f"Training diverges: {told}; try a smaller learning rate"
    assert run.timeline.diverged == run.moment.iteration + 1
    slower = answered(run, Ask.EDIT, "eta = 1")
    assert slower.timeline.diverged is None
    done_now = run.moment.iteration
    assert answered(slower, Ask.RUN, "100").moment == Moment.of(done_now + 100, Phase.UPDATE)


def test_derivatives_that_grow_too_large_are_named_from_the_last_layer_back() -> None:
    run = answered(open_session(problem_from(CHAIN)), Ask.RUN, "10")
    assert run.moment == START
    assert run.said.startswith(
        "Training diverges: dE/dout h overflows in iteration 1 (backward); the inputs"
    )


def test_a_sum_can_be_too_large_where_no_share_is() -> None:
    sketch = dense((1, 2), "identity", loss="squared_error")
    sketch = replace(sketch, learning_rate=1e200)  # new parameters are none either
    setup = replace(sketch, samples=(((0.0,), (1.2e154, 1.2e154)),)).setup()
    run = answered(open_session(setup), Ask.RUN, "10")
    assert run.moment == START
    assert run.said.startswith("Training diverges: E overflows in iteration 1 (forward)")


def test_an_edit_before_it_diverges_heals_the_branch_and_not_the_other() -> None:
    session = answered(unstable(2.5), Ask.RUN, "1000")
    stopped = session.moment
    assert stopped.iteration > 3
    healed = answered(answered(session, Ask.GO, "3 forward"), Ask.EDIT, "eta = 0.0001")
    healed = answered(healed, Ask.RUN, "1000")
    assert str(healed.moment) == "1002 update"
    back = answered(done(healed, c.Undo(1)), Ask.RUN, "1000")
    assert back.moment == stopped
