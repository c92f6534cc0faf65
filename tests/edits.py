"""Edits for tests, at random and as they are typed, and what a timeline has wrong after them."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
from msgspec.structs import asdict

from bptui.engine.passes import Backward, Forward
from bptui.session.session import Session, open_session
from bptui.story.address import Kind
from bptui.story.conventions import conventions_of
from bptui.story.edits import (
    Change,
    SetConvention,
    SetGiven,
    SetParameter,
    SetTrainable,
    parse_change,
)
from bptui.story.moment import START, Moment, Phase, parse_moment
from bptui.story.setup import Setup
from bptui.story.timeline import State, Timeline
from tests.networks import Parameter, dense
from tests.replay import Edit, Replay

LAST = 5
"""The last iteration of the walks."""


SHARED = replace(
    dense((2, 3, 2), "tanh", output="sigmoid", samples=3, seed=4),
    parameters=(
        *dense((2, 3, 2), seed=4).parameters[:12],
        Parameter("b1", ("h1", "h2", "h3"), 0.3),
        Parameter("b2", ("o1", "o2"), -0.2, frozen="flag"),
    ),
    batch=2,
)
"""A network with a bias for each layer, and batches of 2 and 1 samples."""
SMALL = replace(
    dense((2, 2, 2), "tanh", output="sigmoid", samples=3, seed=4),
    parameters=(
        *dense((2, 2, 2), seed=4).parameters[:8],
        Parameter("b1", ("h1", "h2"), 0.3),
        Parameter("b2", ("o1", "o2"), -0.2, frozen="flag"),
    ),
    batch=2,
)


HEAVY = replace(SMALL, optimizer="momentum")
"""The same, with momentum."""


UNKNOWN = ("schedule", "penalty", "penalty_form")
"""Conventions of which the second follow knows nothing."""


def conventions(setup: Setup) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Each convention that has choices: what it is now, and what it can be."""
    preset = setup.preset
    found = {c.name: (c.get(preset), c.choices(preset)) for c in conventions_of(preset)}
    return {name: pair for name, pair in found.items() if pair[1]}


def random_change(rng: random.Random, setup: Setup) -> Change:
    """Return some change that can be made of a setup."""
    value = round(rng.uniform(-1.0, 1.0), 2)
    match rng.randrange(10 if setup.kept else 9):
        case 0 | 1 | 2:
            return SetParameter(rng.choice(setup.network.parameters).name, value)
        case 3:
            kind = rng.choice((Kind.INPUT, Kind.TARGET))
            names = setup.network.inputs if kind is Kind.INPUT else setup.network.outputs
            return SetGiven(kind, rng.choice(names), rng.randint(1, len(setup.inputs)), value)
        case 4:
            return SetConvention("learning_rate", repr(rng.choice((0.0, 0.05, 0.3, 0.7))))
        case 5:
            return SetTrainable(rng.choice(setup.network.parameters).name, rng.random() < 0.5)
        case 9:
            name = rng.choice(setup.network.parameters).name
            return SetParameter(name, value, rng.choice(setup.kept))
        case _:
            there = conventions(setup)
            name = rng.choice([n for n in there if n not in UNKNOWN])
            others = ("3",) if name == "batch" else ()
            return SetConvention(name, rng.choice((*there[name][1], *others)))


def random_edits(rng: random.Random, setup: Setup, count: int) -> list[tuple[Edit, Timeline]]:
    """Return some edits, often at the moments of others, with the timelines that they make."""
    timeline, found = Timeline(setup), []
    moment = START
    for _ in range(count):
        if rng.random() < 0.6:
            moment = Moment(rng.randrange(3 * LAST + 1))
        elif rng.random() < 0.5:
            moment = moment.plus(rng.choice((-3, -1, 1, 2, 3)))
        change = random_change(rng, timeline.setup_at(moment))
        timeline = timeline.edited(moment, change)
        found.append(((moment, change), timeline))
    return found


def by_name(state: State, array: np.ndarray | None) -> dict[str, bytes] | None:
    """Return a state, or what there is one of for each parameter, bit by bit by address."""
    if array is None:
        return None
    names = [p.name for p in state.setup.network.parameters]
    heads = ("", *(f"{kept} " for kept in state.setup.kept))
    rows = zip(heads, array, strict=True) if array.ndim == 2 else [("", array)]
    return {
        f"{head}{name}": number.tobytes()
        for head, row in rows
        for name, number in zip(names, row, strict=True)
    }


def named_bits(values: dict[str, float]) -> dict[str, bytes]:
    """Return values by address, bit by bit."""
    return {name: np.float64(number).tobytes() for name, number in values.items()}


def wrong_at(timeline: Timeline, replay: Replay, moment: Moment) -> list[str]:
    """Return what a timeline and the second follow do not have the same bits of at a moment."""
    state, phase = timeline.state(moment), moment.phase
    pairs: dict[str, tuple[object, object]] = {
        "state": (by_name(state, state.now), named_bits(replay.values(moment)))
    }
    record = replay.record(moment.iteration)
    pairs["batch"] = (state.batch.numbers, tuple(k + 1 for k in record.batch))
    pairs["rule"] = (asdict(state.setup.rule), asdict(record.setting.rule))
    if phase is not None:
        pairs["before"] = (by_name(state, state.begun), named_bits(record.before))
        pairs["losses"] = (
            np.array(timeline.losses(moment.iteration)).tobytes(),
            np.array(replay.losses(moment.iteration)).tobytes(),
        )
        assert state.forward is not None
        for name in ("outs", "nets", "shares", "loss"):
            own, other = getattr(state.forward, name), getattr(record.forward, name)
            pairs[name] = (_bits(own), _bits(other))
    if phase in (Phase.BACKWARD, Phase.UPDATE):
        assert state.backward is not None
        for name in ("dE_dout", "dout_dnet", "dE_dnet", "weights"):
            own, other = getattr(state.backward, name), getattr(record.backward, name)
            pairs[name] = (_bits(own), _bits(other))
        names = record.setting.addresses[0]
        gradient = dict(zip(names, record.backward.gradient.tolist(), strict=True))
        pairs["gradient"] = (by_name(state, state.backward.gradient), named_bits(gradient))
    if phase is Phase.UPDATE:
        pairs["after"] = (by_name(state, state.ended), named_bits(record.after))
    return [f"{name} at {moment}" for name, (own, other) in pairs.items() if own != other]


def _bits(numbers: object) -> list[bytes]:
    arrays = numbers if isinstance(numbers, tuple) else (numbers,)
    return [np.asarray(array).tobytes() for array in arrays]


def edited(setup: Setup, *edits: tuple[str, str]) -> Timeline:
    """Return the timeline of some edits, each a moment and what is typed there."""
    timeline = Timeline(setup)
    for when, text in edits:
        moment = parse_moment(when)
        there = timeline.setup_at(moment)
        change = parse_change(text, there, there.batch(moment.iteration), 1)
        timeline = timeline.edited(moment, change)
    return timeline


def bits(state: State) -> list[bytes | None]:
    """Return all that a state holds, bit by bit; None for what is not computed yet."""
    seen, back = state.forward, state.backward
    return [
        state.now.tobytes(),
        state.begun.tobytes(),
        None if state.ended is None else state.ended.tobytes(),
        *_forward_bits(seen),
        *_backward_bits(back),
    ]


def _forward_bits(seen: Forward | None) -> list[bytes | None]:
    if seen is None:
        return [None]
    arrays = (*seen.outs, *seen.nets, seen.shares, np.float64(seen.loss))
    return [array.tobytes() for array in arrays]


def _backward_bits(back: Backward | None) -> list[bytes | None]:
    if back is None:
        return [None]
    arrays = (*back.dE_dout, *back.dout_dnet, *back.dE_dnet, *back.weights, back.gradient)
    return [array.tobytes() for array in arrays]


def small() -> Session:
    """Return a session of a network with shared biases and batches of 2 and 1 samples."""
    return open_session(SMALL.setup())
