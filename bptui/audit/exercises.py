"""Exercises: a network with other numbers, easy to type, and such that mistakes show.

The same seed draws the same numbers on every machine.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from bptui.audit.graph import Graph, Key
from bptui.audit.scheme import PRECISIONS, Asked, parse_asked, unit_of
from bptui.audit.trials import trials
from bptui.preset.errors import PresetError
from bptui.preset.model import Bias, Marking, Preset, Sample, Weight
from bptui.story.address import Kind, Quantity, all_quantities, has_at_most
from bptui.story.by_hand import by_hand
from bptui.story.moment import Moment
from bptui.story.setup import Setup, build_setup
from bptui.story.timeline import Timeline

DRAWS = 400
"""So many numbers are drawn before it is given up."""
DIGITS = 4
"""How exact answers are, unless the preset or the command says so."""
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
_SHOWS = 1.5
"""By how many units of the last digit a slip changes a number, at least."""
_SAME = 1e-9
"""A slip that changes a number by no more, relative to it, is none there."""
_NOTHING = 1e-12
"""What is no larger is 0 on paper, whatever the numbers are: so is a bias that softmax ignores."""

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
        PresetError: the network is too large, or its numbers cannot be others.
    """
    preset = setup.preset
    if preset.data is not None:
        told = "its samples stand in a CSV file, whose numbers stay; write them as [[samples]]"
        raise PresetError(told, preset.file)
    if not has_at_most(setup, MOST_QUANTITIES):
        told = f"more than {MOST_QUANTITIES} numbers an iteration are too many to work out by hand"
        raise PresetError(f"{told}; use a smaller network", preset.file)


def with_marking(preset: Preset, digits: int | None) -> Preset:
    """A preset whose answers need so many digits, or else as many as it says itself."""
    marking = preset.marking
    if digits is None and any(getattr(marking, key) is not None for key in PRECISIONS):
        return preset
    none = dict.fromkeys(PRECISIONS)
    return replace(preset, marking=replace(marking, **{**none, "digits": digits or DIGITS}))


def exercise(preset: Preset, seed: str) -> Exercise:
    """The exercise that a seed draws.

    Raises:
        NoExerciseError: none of many draws is any good.
    """
    random, why = Random(seed), Counter[str]()
    for _ in range(DRAWS):
        drawn = _drawn(preset, random)
        setup = build_setup(drawn)
        asked = asked_in(setup)
        found = Exercise(setup, Graph(Timeline(setup), ()), asked)
        wrong = next(_faults(found), None)
        if wrong is None:
            return found
        why[wrong] += 1
    (reason, times), *_ = why.most_common()
    told = f"none of {DRAWS} draws is any good; in {times} of them, {reason}"
    raise NoExerciseError(f"{told}; try more digits, or ask for other numbers")


def asked_in(setup: Setup) -> tuple[Asked, ...]:
    """What `[marking]` asks for, or else every step of the first iteration."""
    if setup.preset.marking.ask:
        asked = [parse_asked(text, "", setup) for text in setup.preset.marking.ask]
    else:
        asked = [*_usual(setup, _STEPS)]
        if len(asked) > MOST_ASKED:
            asked = [*_usual(setup, _RESULTS)]
    return tuple(sorted(asked, key=lambda one: by_hand(one[0], one[1], setup)))


_RESULTS = (Kind.LOSS, Kind.DE_DPARAMETER, Kind.PARAMETER)
_STEPS = (Kind.NET, Kind.OUT, Kind.SHARE, Kind.DE_DNET, *_RESULTS)


def _usual(setup: Setup, kinds: Sequence[Kind]) -> Iterator[Asked]:
    for quantity in all_quantities(setup):
        parameter, total = quantity.parameter, quantity.form.total
        if quantity.kind not in kinds or quantity.via or (total and quantity.sample):
            continue
        if parameter and not setup.network.parameter(parameter).trainable:
            continue
        phase = quantity.form.set_in
        assert phase is not None  # none of these is given
        yield quantity, Moment.of(1, phase)


# drawing


def _drawn(preset: Preset, random: Random) -> Preset:
    keep = {t for sample in preset.samples for t in sample.target or ()} <= {-1.0, 0.0, 1.0}
    return replace(
        preset,
        weights=_parameters(preset.weights, random),
        biases=_parameters(preset.biases, random),
        samples=tuple(_sample(sample, random, keep) for sample in preset.samples),
        state={},
        expected=(),
        claims=(),
        notes=(),
    )


def _parameters(some: Mapping[str, _Parameter], random: Random) -> dict[str, _Parameter]:
    return {name: replace(one, value=_sign(random) * _number(random)) for name, one in some.items()}


def _sign(random: Random) -> float:
    return -1.0 if random.random() < 0.3 else 1.0


def _number(random: Random) -> float:
    """A number of two decimals from `LEAST` to 0.99."""
    least = round(100 * LEAST)
    return (least + int(random.random() * (100 - least))) / 100


def _sample(sample: Sample, random: Random, keep_target: bool) -> Sample:
    """A sample with other numbers; classes stay as they are."""
    inputs = tuple(_number(random) for _ in sample.input)
    if sample.target is None or keep_target:
        return replace(sample, input=inputs)
    return replace(sample, input=inputs, target=tuple(_number(random) for _ in sample.target))


# what is wrong with a draw


def _faults(drawn: Exercise) -> Iterator[str]:
    """Yield why a draw makes a bad exercise, the quickest to find out first."""
    yield from _dull(drawn)
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


def _gradients(drawn: Exercise) -> list[tuple[Quantity, float]]:
    return [
        (asked[0], drawn.exact(asked))
        for asked in drawn.asked
        if asked[0].kind is Kind.DE_DPARAMETER
    ]


def _alike(drawn: Exercise) -> Iterator[str]:
    """Yield inputs and gradients that could be mistaken for each other, and small gradients."""
    for sample in drawn.setup.preset.samples:
        if len({*sample.input}) < len(sample.input):
            yield "two inputs are equal"
    seen: dict[str, Quantity] = {}
    for quantity, value in _gradients(drawn):
        if abs(value) <= _NOTHING:
            continue
        if abs(value) < _SMALLEST:
            yield f"{quantity} is nearly 0"
        other = seen.setdefault(f"{value:.2e}", quantity)
        if other != quantity:
            yield f"{other} and {quantity} are equal"


def _hidden(drawn: Exercise) -> Iterator[str]:
    """Yield typical slips that would show in no number that is asked for."""
    graph, asked = drawn.graph, {drawn.graph.key(*one): one for one in drawn.asked}
    shown_by: dict[Key, list[Key]] = {key: [key] for key in asked}
    for key in asked:
        between = graph.order([key], [other for other in asked if other != key])
        for part in between:
            if part not in asked:
                shown_by.setdefault(part, []).append(key)
    for trial in trials(graph, shown_by):
        if trial.cost > TYPICAL or trial.everywhere:
            continue
        (key,) = trial.keys
        wrong = float(graph.work_out(trial.changes[key], {}))
        if abs(wrong - graph.exact(key)) <= _SAME * abs(graph.exact(key)) + _NOTHING:
            continue
        if not any(_shows(drawn, asked[end], key, wrong) for end in shown_by[key]):
            yield f"it would not show if in {key[0]}, {trial.words.replace('`', '')}"


def _shows(drawn: Exercise, asked: Asked, key: Key, wrong: float) -> bool:
    """Whether an answer is another in the digits that are asked for, if a number is wrong."""
    graph, own = drawn.graph, drawn.graph.key(*asked)
    formula = graph.best(own)
    value = wrong if own == key or formula is None else graph.work_out(formula, {key: wrong})
    return abs(float(value) - graph.exact(own)) >= _SHOWS * drawn.unit(asked)


def fixed(value: float, unit: float) -> str:
    """A number with the digits down to a unit, which may be any: then down to its size.

    >>> fixed(0.35899, 0.0001), fixed(1234.5, 10.0), fixed(-0.00001, 0.001)
    ('0.3590', '1230', '0.000')
    """
    places = -math.floor(math.log10(unit) + 1e-9)
    text = f"{round(value, places):.{max(0, places)}f}"
    return text.removeprefix("-") if not float(text) else text
