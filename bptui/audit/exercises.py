"""Exercises: a network with other numbers, easy to type, and such that mistakes show.

The same seed draws the same numbers on every machine.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from itertools import combinations
from random import Random
from typing import TypeVar

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from bptui.audit.figures import Printed
from bptui.audit.graph import Graph
from bptui.audit.scheme import PRECISIONS, Asked, parse_asked, unit_of
from bptui.audit.trials import outcomes, trials
from bptui.engine.trace import Array
from bptui.preset.model import Bias, Figure, Marking, Preset, Sample, Weight
from bptui.story.address import Kind, all_quantities, has_at_most
from bptui.story.by_hand import by_hand
from bptui.story.moment import START, Moment
from bptui.story.setup import Setup, build_setup
from bptui.story.timeline import Timeline

DRAWS = 400
"""So many numbers are drawn before it is given up."""
FEW_DRAWS = 20
"""One of so many is good, if there are digits enough."""
DIGITS, FINEST = 4, 6
"""The digits that answers need, unless the preset or the command says so."""
MOST_QUANTITIES = 600
"""Of larger networks nobody works out an iteration by hand."""
MOST_ASKED = 60
TYPICAL = 2
"""Slips that cost no more than this are typical: each of them shows."""
LEAST = 0.1
"""The size of the smallest weight, bias and input; the largest is below 1."""
_SLOPE = 0.05
"""A neuron with a smaller slope is saturated, or dead."""
_SMALLEST = 1e-4
"""Gradients are not smaller: they would be tedious to type."""
_APART = 0.005
"""By how much of one two gradients differ, at least: in their first three digits."""
_SHOWS = 1.5
"""By how many units of the last digit a slip changes a number, at least."""
_SAME = 1e-9
"""A slip that changes a number by no more, relative to it, is none there."""
_NOTHING = 1e-12
"""What is no larger is 0 on paper, whatever the numbers are: so is a bias that softmax ignores."""

_DISTINCT = 60
"""Of so many weights and biases each has a number of its own; of more, some share one."""
_TRUTHS = {-1.0, 0.0, 1.0}
"""What classes and truths are written as."""

_Parameter = TypeVar("_Parameter", Weight, Bias)


class Exercise(Struct, frozen=True):
    """A preset with numbers of its own, and what is asked for."""

    setup: Setup
    graph: Graph
    asked: tuple[Asked, ...]
    """In the order of a calculation by hand."""

    @property
    def marking(self) -> Marking:
        return self.setup.preset.marking

    def exact(self, asked: Asked) -> float:
        return self.graph.exact(self.graph.key(*asked))

    def unit(self, asked: Asked) -> float:
        """The unit of the last digit that is asked for."""
        return unit_of(self.exact(asked), self.marking)


class NoExerciseError(Exception):
    """No numbers are found that make an exercise; the message says why."""


def check_can_vary(setup: Setup) -> None:
    """Refuse what makes no exercise.

    Raises:
        NoExerciseError: the network is too large, or its numbers cannot be others.
    """
    preset = setup.preset
    if preset.data is not None:
        told = "its samples stand in a CSV file, whose numbers stay; write them as [[samples]]"
        raise NoExerciseError(told)
    if not has_at_most(setup, MOST_QUANTITIES):
        told = f"more than {MOST_QUANTITIES} numbers an iteration are too many to work out by hand"
        raise NoExerciseError(f"{told}; use a smaller network")


def with_marking(preset: Preset, digits: int | None) -> Preset:
    """A preset whose answers need so many digits, or else as many as it says itself.

    If nobody says, it is `DIGITS`, or more where updates are so small that few would show.
    """
    marking = preset.marking
    if digits is None and any(getattr(marking, key) is not None for key in PRECISIONS):
        return preset
    none = dict.fromkeys(PRECISIONS)
    for number in range(digits or DIGITS, (digits or FINEST) + 1):
        found = replace(preset, marking=replace(marking, **{**none, "digits": number}))
        if digits is None and number < FINEST:
            try:
                exercise(found, "", FEW_DRAWS)
            except NoExerciseError:
                continue
        break
    return found


def exercise(preset: Preset, seed: str, draws: int | None = None) -> Exercise:
    """The exercise that a seed draws.

    Raises:
        NoExerciseError: none of many draws is any good.
    """
    random, why = Random(seed), Counter[str]()
    draws = draws or DRAWS
    for _ in range(draws):
        drawn = _drawn(preset, random)
        setup = build_setup(drawn)
        asked = asked_in(setup)
        found = Exercise(setup, _graph(setup, asked), asked)
        wrong = next(_faults(found), None)
        if wrong is None:
            return found
        why[wrong] += 1
    (reason, times), *_ = why.most_common()
    told = f"none of {draws} draws is any good; in {times} of them, {reason}"
    raise NoExerciseError(f"{told}; try more digits, or ask for other numbers")


def _graph(setup: Setup, asked: Sequence[Asked]) -> Graph:
    """The formulas of what is asked for, followed as if it were printed."""
    return Graph(Timeline(setup), [Printed(*one, Figure("")) for one in asked])


def asked_in(setup: Setup) -> tuple[Asked, ...]:
    """What `[marking]` asks for, or else every step of the first iteration.

    If the optimizer remembers, only the second shows whether that was done well.
    """
    if setup.preset.marking.ask:
        asked = [parse_asked(text, "", setup) for text in setup.preset.marking.ask]
    else:
        asked = [*_usual(setup, _STEPS)]
        if len(asked) > MOST_ASKED:
            asked = [*_usual(setup, _RESULTS)]
        if setup.rule.optimizer.entry.kept:
            asked += _usual(setup, _RESULTS, 2)
    return tuple(sorted(asked, key=lambda one: by_hand(one[0], one[1], setup)))


_RESULTS = (Kind.LOSS, Kind.DE_DPARAMETER, Kind.PARAMETER)
_STEPS = (Kind.NET, Kind.OUT, Kind.SHARE, Kind.DE_DNET, *_RESULTS)


def _usual(setup: Setup, kinds: Sequence[Kind], iteration: int = 1) -> Iterator[Asked]:
    for quantity in all_quantities(setup):
        parameter, total = quantity.parameter, quantity.form.total
        if quantity.kind not in kinds or quantity.via or (total and quantity.sample):
            continue
        if parameter and not setup.network.parameter(parameter).trainable:
            continue
        phase = quantity.form.set_in
        assert phase is not None  # none of these is given
        yield quantity, Moment.of(iteration, phase)


# drawing


def _drawn(preset: Preset, random: Random) -> Preset:
    keep = {t for sample in preset.samples for t in sample.target or ()} <= _TRUTHS
    draw_input = not _is_table(preset)
    used: set[float] = set()
    return replace(
        preset,
        weights=_parameters(preset.weights, random, used),
        biases=_parameters(preset.biases, random, used),
        samples=tuple(_sample(sample, random, draw_input, keep) for sample in preset.samples),
        state={},
        expected=(),
        claims=(),
        notes=(),
    )


def _parameters(
    some: Mapping[str, _Parameter], random: Random, used: set[float]
) -> dict[str, _Parameter]:
    """Weights or biases with other numbers, each another one if there are not too many."""
    found = {}
    for name, one in some.items():
        number = _number(random)
        while number in used and len(used) < _DISTINCT:
            number = _number(random)
        used.add(number)
        found[name] = replace(one, value=_sign(random) * number)
    return found


def _sign(random: Random) -> float:
    return -1.0 if random.random() < 0.3 else 1.0


def _number(random: Random) -> float:
    """A number of two decimals from `LEAST` to 0.99."""
    least = round(100 * LEAST)
    return (least + int(random.random() * (100 - least))) / 100


def _is_table(preset: Preset) -> bool:
    """Whether the inputs stay, as a table of truths such as that of exclusive or.

    One sample at a time they do not: with an input of 1, a weight's gradient is its bias's.
    """
    count = len(preset.samples)
    truths = {x for sample in preset.samples for x in sample.input} <= _TRUTHS
    return truths and count > 1 and preset.training.batch_size(count) == count


def _sample(sample: Sample, random: Random, draw_input: bool, keep_target: bool) -> Sample:
    """A sample with other numbers; classes stay as they are."""
    inputs = tuple(_number(random) for _ in sample.input) if draw_input else sample.input
    if sample.target is None or keep_target:
        return replace(sample, input=inputs)
    return replace(sample, input=inputs, target=tuple(_number(random) for _ in sample.target))


# what is wrong with a draw


def _faults(drawn: Exercise) -> Iterator[str]:
    """Yield why a draw makes a bad exercise, the quickest to find out first."""
    yield from _dull(drawn)
    yield from _still(drawn)
    yield from _alike(drawn)
    yield from _hidden(drawn)


def _dull(drawn: Exercise) -> Iterator[str]:
    setup = drawn.setup
    for asked in drawn.asked:
        if not math.isfinite(drawn.exact(asked)):
            yield f"{asked[0]} is not finite"
    first = Moment.of(1, Kind.DOUT_DNET.form.known)  # type: ignore[arg-type]
    for quantity in all_quantities(setup):
        if quantity.kind is Kind.DOUT_DNET and abs(drawn.exact((quantity, first))) < _SLOPE:
            yield f"{quantity.neuron} is saturated or dead"


def _still(drawn: Exercise) -> Iterator[str]:
    """Yield parameters whose update would not show."""
    for asked in drawn.asked:
        if asked[0].kind is Kind.PARAMETER and asked[1].iteration == 1:
            step = drawn.exact(asked) - drawn.exact((asked[0], START))
            if _NOTHING < abs(step) < _SHOWS * drawn.unit(asked):
                yield f"{asked[0]} hardly changes"


def _gradients(drawn: Exercise) -> list[tuple[Asked, float]]:
    """The gradients that are asked for, but for what is 0 whatever the numbers are."""
    return [
        (asked, value)
        for asked in drawn.asked
        if asked[0].kind is Kind.DE_DPARAMETER and abs(value := drawn.exact(asked)) > _NOTHING
    ]


def _alike(drawn: Exercise) -> Iterator[str]:
    """Yield inputs and gradients that could be mistaken for each other, and small gradients."""
    preset = drawn.setup.preset
    for sample in preset.samples:
        if len({*sample.input}) < len(sample.input) and not _is_table(preset):
            yield "two inputs are equal"
    gradients = _gradients(drawn)
    for asked, value in gradients:
        if abs(value) < _SMALLEST:
            yield f"{asked[0]} is nearly 0"
    for (one, value), (other, another) in combinations(gradients, 2):
        apart = max(drawn.unit(one), drawn.unit(other), _APART * abs(value))
        if one[1] == other[1] and abs(value - another) < apart:
            yield f"{one[0]} and {other[0]} are equal"


def _hidden(drawn: Exercise) -> Iterator[str]:
    """Yield typical slips that would show in no number that is asked for.

    A slip that changes nothing at all is none here: on paper, what is times 0 does not matter.
    """
    graph, asked = drawn.graph, [drawn.graph.key(*one) for one in drawn.asked]
    order = graph.order(asked, over_deltas=True)
    tried = [t for t in trials(graph, order) if t.cost <= TYPICAL and not t.everywhere]
    exact = np.array([[drawn.exact(one)] for one in drawn.asked])
    units = np.array([[drawn.unit(one)] for one in drawn.asked])
    off = np.abs(_finished(outcomes(graph, tried, asked, {}, order)) - exact)
    shows = (off >= _SHOWS * units).any(axis=0)
    matters = (off > _SAME * np.abs(exact) + _NOTHING).any(axis=0)
    for place in np.flatnonzero(matters & ~shows):
        (key,) = tried[place].keys
        yield f"it would not show if in {key[0]}, {tried[place].words.replace('`', '')}"


def _finished(work: Generator[None, None, Array]) -> Array:
    """What some work comes to that stops now and then."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: Array = end.value
            return found


def fixed(value: float, unit: float) -> str:
    """A number with the digits down to a unit, which may be any: then down to its size.

    >>> fixed(0.35899, 0.0001), fixed(1234.5, 10.0), fixed(-0.00001, 0.001)
    ('0.3590', '1230', '0.000')
    """
    places = -math.floor(math.log10(unit) + 1e-9)
    text = f"{round(value, places):.{max(0, places)}f}"
    return text.removeprefix("-") if not float(text) else text
