"""Where numbers come from: every formula against the engine, down to what is given."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given

from bptui.audit.prepare import prepare
from bptui.preset.find import find_preset
from bptui.preset.read import read_preset
from bptui.story.address import Kind, Quantity, all_quantities, parse_quantity
from bptui.story.derivation import Derivation, derive
from bptui.story.formula import (
    Call,
    Const,
    Formula,
    Minus,
    Power,
    Product,
    Quotient,
    Ref,
    Sum,
    evaluate,
    references,
)
from bptui.story.moment import START, Moment, Phase
from bptui.story.notation import naming
from bptui.story.setup import Setup
from bptui.story.steps import steps_of
from bptui.story.timeline import Timeline
from bptui.story.values import Values
from bptui.view.formula import numbers, symbols
from tests.networks import PLAIN_ENDS, Layer, Parameter, Sketch, by_hand, dense, examples, networks
from tests.sessions import PLAIN, VARIED

ITERATIONS = 3
MOMENTS = [START, *(Moment.of(k, phase) for k in range(1, ITERATIONS + 1) for phase in Phase)]
EPOCH = MOMENTS[: 1 + 2 * len(Phase)]
"""Those of two iterations: of both batches, before any update and after one."""
TOLERANCE = 1e-12
"""Relative to the value, or to the magnitudes of the terms that it is the sum of.

Both books round each of at most a few dozen operations on the same numbers by 1.1e-16, so that
they differ by less than 1e-14 of those magnitudes; 1e-12 leaves room for another exp.
"""
GIVEN = (Kind.INPUT, Kind.TARGET, Kind.PARAMETER, Kind.DNET_DPARAMETER)
"""What can be given; the last only for a bias, which is added as it is."""

ORDER = [
    *(Kind.NET, Kind.OUT, Kind.SHARE, Kind.LOSS),
    *(Kind.DNET_DOUT, Kind.DE_DOUT, Kind.DOUT_DNET, Kind.DOUT_DNET_OF, Kind.DE_DNET),
    Kind.ERROR,
    *(Kind.DNET_DPARAMETER, Kind.DE_DPARAMETER, Kind.DE_DINPUT),
    *(Kind.PARAMETER, Kind.STEP),
]
"""In what order one finest step computes its numbers, as a calculation by hand does."""

Known = tuple[Quantity, Moment]


@cache
def shipped_timeline(name: str) -> Timeline:
    """Return the timeline of a shipped preset."""
    return Timeline(prepare(read_preset(find_preset(name))))


def known_at(timeline: Timeline, moment: Moment) -> Iterator[tuple[Quantity, float]]:
    """Yield every quantity that is known at a moment, with the engine's value."""
    setup, values = timeline.setup, Values(timeline.state(moment))
    for quantity in all_quantities(setup):
        value = values.get(quantity)
        if value is not None:
            yield quantity, value


def every_derivation(
    timeline: Timeline, moments: Sequence[Moment] = MOMENTS
) -> Iterator[tuple[Derivation, float]]:
    """Yield the derivation of every quantity at every moment, with the engine's value."""
    for moment in moments:
        for quantity, value in known_at(timeline, moment):
            yield derive(timeline, quantity, moment), value


def magnitude(timeline: Timeline, formula: Formula) -> float:
    """Return a formula's value with every term made positive: the same tree of absolute values.

    Where terms of opposite signs cancel, what is left of their rounding errors is small beside
    the terms, not beside their sum. A share `via` a neuron is itself a sum over paths, which the
    engine adds up in another order: its own terms count, not what is left of them.
    """
    match formula:
        case Ref(quantity, moment, value) if quantity.via:
            own = derive(timeline, quantity, moment).formula
            return abs(value) if own is None else magnitude(timeline, own)
        case Ref(_, _, value) | Const(value, _):
            return abs(value)
        case Sum(terms):
            return sum(magnitude(timeline, term) for term in terms)
        case Product(factors):
            return math.prod(magnitude(timeline, factor) for factor in factors)
        case Minus(left, right):
            before = 0.0 if left is None else magnitude(timeline, left)
            return before + magnitude(timeline, right)
        case Quotient(upper, lower):
            return magnitude(timeline, upper) / abs(evaluate(lower))
        case Power(base):
            return magnitude(timeline, base) ** 2
        case Call("ln"):  # a relative error of what is near 1 is an absolute one of its ln
            return max(1.0, abs(evaluate(formula)))
        case _:  # a function of one engine value as it is: nothing cancels before it
            return abs(evaluate(formula))


def differences(timeline: Timeline, derivation: Derivation, value: float) -> list[str]:
    """Return where a derivation disagrees with the engine: its formula, its sum over paths."""
    found = []
    for formula in (derivation.formula, derivation.paths):
        if formula is not None:
            own = evaluate(formula)
            if math.isclose(own, value, rel_tol=TOLERANCE):
                continue
            if not abs(own - value) <= TOLERANCE * magnitude(timeline, formula):
                found.append(f"{derivation.quantity} at {derivation.moment}: {own} != {value}")
    return found


def wrong_values(timeline: Timeline, moments: Sequence[Moment] = MOMENTS) -> list[str]:
    """Return all disagreements with the engine at the moments of a few iterations."""
    return [
        text
        for derivation, value in every_derivation(timeline, moments)
        for text in differences(timeline, derivation, value)
    ]


def wrong_parts(timeline: Timeline, moments: Sequence[Moment] = MOMENTS) -> list[str]:
    """Return the parts whose values are not the engine's at the parts' moments, bit for bit."""
    return [
        f"{derivation.quantity} of {ref.quantity} at {ref.moment}: {ref.value}"
        for derivation, _ in every_derivation(timeline, moments)
        for formula in (derivation.formula, derivation.paths)
        if formula is not None
        for ref in references(formula)
        if Values(timeline.state(ref.moment)).get(ref.quantity) != ref.value
    ]


def own_place(setup: Setup, derivation: Derivation) -> tuple[int, int, int]:
    """Return when a number comes to be: by groups, and in a group by kind, a whole after parts.

    What is about a whole batch comes after its samples, and a sum over ways after its shares.
    """
    quantity = derivation.quantity
    whole = 0 if quantity.sample else 2
    whole += 0 if quantity.via else 1
    place = steps_of(setup.network).place(quantity, derivation.moment.iteration)
    return place, ORDER.index(quantity.kind), whole


class Descent:
    """Follows parts down to what is given, each quantity of a moment once."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.finished: set[Known] = set()
        self.above: list[Known] = []

    def follow(self, derivation: Derivation) -> None:
        """Fail unless a derivation's parts end at what is given, without ever coming back."""
        here = (derivation.quantity, derivation.moment)
        assert here not in self.above, f"a circle: {[*self.above, here]}"
        if here in self.finished:
            return
        self.above.append(here)
        if derivation.formula is None:
            assert derivation.quantity.kind in GIVEN
            assert derivation.given
            assert not derivation.parts
        for ref in derivation.parts:
            part = derive(self.timeline, ref.quantity, ref.moment)
            assert_earlier(self.timeline.setup, derivation, part)
            self.follow(part)
        self.above.pop()
        self.finished.add(here)


def assert_earlier(setup: Setup, derivation: Derivation, part: Derivation) -> None:
    """Fail unless a part was known when its whole was computed."""
    told = f"{derivation.quantity} at {derivation.moment} of {part.quantity} at {part.moment}"
    if setup.rule.update == "sequential" and derivation.quantity.kind is Kind.DNET_DOUT:
        # the one that looks ahead: the new weight of a layer above, whose update has gone before
        assert part.quantity.kind is Kind.PARAMETER, told
        return
    assert part.moment <= derivation.moment, told
    if part.moment.iteration < derivation.moment.iteration:
        assert part.quantity.kind is Kind.PARAMETER, told
        return
    if part.formula is not None:
        assert own_place(setup, part) < own_place(setup, derivation), told


# every quantity, of presets and of any network


@pytest.mark.parametrize("name", VARIED)
def test_every_formula_of_a_shipped_preset_gives_the_engines_number(name: str) -> None:
    assert wrong_values(shipped_timeline(name)) == []


@pytest.mark.parametrize("name", VARIED)
def test_every_part_has_the_engines_value_at_its_moment(name: str) -> None:
    assert wrong_parts(shipped_timeline(name)) == []


@pytest.mark.parametrize("name", PLAIN)
def test_parts_of_a_shipped_preset_lead_down_to_what_is_given(name: str) -> None:
    timeline = shipped_timeline(name)
    descent = Descent(timeline)
    for derivation, _ in every_derivation(timeline):
        descent.follow(derivation)


@examples(5)
@given(networks())
def test_every_formula_of_any_network_gives_the_engines_number(sketch: Sketch) -> None:
    by_hand(sketch, ITERATIONS)  # rejects what is not tame
    assert wrong_values(Timeline(sketch.setup())) == []


@examples(5)
@given(networks())
def test_every_part_of_any_network_has_the_engines_value(sketch: Sketch) -> None:
    by_hand(sketch, ITERATIONS)
    assert wrong_parts(Timeline(sketch.setup())) == []


@examples(5)
@given(networks())
def test_parts_of_any_network_lead_down_to_what_is_given(sketch: Sketch) -> None:
    by_hand(sketch, ITERATIONS)
    timeline = Timeline(sketch.setup())
    descent = Descent(timeline)
    for derivation, _ in every_derivation(timeline, MOMENTS[-1:]):  # it leads to those before
        descent.follow(derivation)


def test_a_bias_shared_over_layers_is_the_sum_of_what_it_does_in_each() -> None:
    sketch = shared_over_layers()
    assert wrong_values(Timeline(sketch.setup())) == []


def shared_over_layers() -> Sketch:
    """Return a network whose one bias is added in the hidden neuron and in the output."""
    return Sketch(
        layers=(Layer(("i1",)), Layer(("h1",), "sigmoid"), Layer(("o1",), "sigmoid")),
        parameters=(
            Parameter("w1", ("h1",), 0.5, "i1"),
            Parameter("w2", ("o1",), -0.75, "h1"),
            Parameter("b1", ("h1", "o1"), 0.25),
        ),
        samples=(((1.0,), (0.0,)),),
    )


@pytest.mark.parametrize("sequential", [False, True])
@pytest.mark.parametrize(("output", "loss"), PLAIN_ENDS)
def test_conventions_do_not_matter_to_the_second_book(
    output: str, loss: str, sequential: bool
) -> None:
    sketch = dense((1, 2, 2), "tanh", output=output, loss=loss, samples=3)
    update = "sequential" if sequential else "simultaneous"
    sketch = replace(sketch, batch=2, reduction="mean", update=update)
    timeline = Timeline(sketch.setup())
    assert wrong_values(timeline, EPOCH) == []


# the moments that parts are of


@pytest.mark.parametrize("phase", [Phase.FORWARD, Phase.BACKWARD])
def test_before_an_update_a_parameter_comes_from_the_update_before(phase: Phase) -> None:
    derivation = explained("mazur", "w5", Moment.of(3, phase))
    assert derivation.moment == Moment.of(2, Phase.UPDATE)
    assert {(str(r.quantity), str(r.moment)) for r in derivation.parts} == {
        ("w5", "2 forward"),
        ("dE/dw5", "2 backward"),
    }


def test_a_first_parameter_and_a_frozen_one_are_given() -> None:
    first = explained("mazur", "w5", Moment.of(1, Phase.BACKWARD))
    frozen = explained("mazur", "b1", Moment.of(3, Phase.UPDATE))
    assert (first.formula, first.given) == (None, "from the preset")
    assert (frozen.formula, frozen.given) == (None, "from the preset, frozen")
    assert first.value() is frozen.value() is None


@pytest.mark.parametrize(
    ("address", "given"),
    [
        ("input i1", "from the preset"),
        ("target o2", "from the preset"),
        ("dnet/db1 h1", "a bias is added"),
    ],
)
def test_of_what_is_given_it_is_said_by_whom(address: str, given: str) -> None:
    assert explained("mazur", address, Moment.of(1, Phase.BACKWARD)).given == given


# the articles' own lines


def explained(name: str, address: str, moment: Moment) -> Derivation:
    """Return the derivation of a quantity of a shipped preset."""
    timeline = shipped_timeline(name)
    setup = timeline.setup
    return derive(timeline, parse_quantity(address, setup), moment)


def lines(name: str, address: str) -> list[str]:
    """Return the chain of equal things of a quantity after the first backward pass, and paths'."""
    derivation = explained(name, address, Moment.of(1, Phase.BACKWARD))
    names = naming(shipped_timeline(name).setup)
    found = []
    for formula in (derivation.formula, derivation.paths):
        if formula is not None:
            found += [symbols(formula, names), numbers(formula, 9), f"{evaluate(formula):.9f}"]
    return found


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (
            "dE/dw5",
            [
                "∂E_total/∂out_o₁ × ∂out_o₁/∂net_o₁ × ∂net_o₁/∂w₅",
                "0.741365070 × 0.186815602 × 0.593269992",
                "0.082167041",
            ],
        ),
        (
            "dE/dw1",
            [
                "∂E_total/∂out_h₁ × ∂out_h₁/∂net_h₁ × ∂net_h₁/∂w₁",
                "0.036350306 × 0.241300709 × 0.05",
                "0.000438568",
                "∂E_o₁/∂w₁ + ∂E_o₂/∂w₁",
                "0.000668396 + (-0.000229828)",
                "0.000438568",
            ],
        ),
        ("dE/dout o1", ["-(target_o₁ - out_o₁)", "-(0.01 - 0.751365070)", "0.741365070"]),
        ("dout/dnet o1", ["out_o₁ × (1 - out_o₁)", "0.751365070 × (1 - 0.751365070)"]),
        ("dnet/dw5 o1", ["out_h₁", "0.593269992", "0.593269992"]),
        ("net h1", ["w₁ × i₁ + w₂ × i₂ + b₁", "0.15 × 0.05 + 0.2 × 0.1 + 0.35", "0.377500000"]),
        ("out h1", ["1 / (1 + exp(-net_h₁))", "1 / (1 + exp(-0.3775))", "0.593269992"]),
        ("E o1", ["½ × (target_o₁ - out_o₁)²", "0.5 × (0.01 - 0.751365070)²", "0.274811083"]),
    ],
)
def test_mazurs_lines_are_as_in_the_article(address: str, expected: list[str]) -> None:
    assert lines("mazur", address)[: len(expected)] == expected


def test_mazurs_new_weight_is_the_old_one_less_eta_times_its_gradient() -> None:
    derivation = explained("mazur", "w5", Moment.of(1, Phase.UPDATE))
    assert derivation.formula is not None
    names = naming(shipped_timeline("mazur").setup)
    assert symbols(derivation.formula, names) == "w₅(old) - η × ∂E_total/∂w₅"
    assert numbers(derivation.formula, 9) == "0.4 - 0.5 × 0.082167041"
    assert f"{derivation.value():.9f}" == "0.358916480"


def test_pandeys_gradient_of_w1_shows_both_paths_where_the_article_has_one() -> None:
    assert lines("pandey", "dE/dw1")[3:] == [
        "∂E_z₃/∂w₁ + ∂E_z₄/∂w₁",
        "0.000694690 + (-0.000211326)",
        "0.000483365",
    ]
    paths = explained("pandey", "dE/dw1", Moment.of(1, Phase.BACKWARD)).paths
    assert paths is not None
    assert [ref.quantity.via for ref in references(paths)] == ["z3", "z4"]
    assert lines("pandey", "dE/dw1 via z3")[:2] == [
        "∂E_total/∂z₃ × ∂z₃/∂a_z₁ × ∂a_z₁/∂z₁ × ∂z₁/∂w₁",
        "0.145537253 × 0.4 × 0.238664035 × 0.05",
    ]
    assert lines("pandey", "dE/dw1 via z4")[:2] == [
        "∂E_total/∂z₄ × ∂z₄/∂a_z₁ × ∂a_z₁/∂z₁ × ∂z₁/∂w₁",
        "(-0.039353435) × 0.45 × 0.238664035 × 0.05",
    ]
