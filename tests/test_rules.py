"""Learning rates, schedules and penalties against plain floats from the published formulas.

`SCHEDULED` and `REGULARIZED` share no code with the engine.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

from bptui.audit.prepare import prepare
from bptui.engine import loop as engine_loop
from bptui.engine.passes import backward, forward
from bptui.engine.penalties import PENALTIES
from bptui.engine.schedules import SCHEDULES
from bptui.preset.read import parse_preset
from bptui.session import messages as c
from bptui.session.messages import Ask, Page
from bptui.story.address import parse_quantity
from bptui.story.conventions import CONVENTIONS, parse_under, variant
from bptui.story.derivation import derive
from bptui.story.finite_differences import compare
from bptui.story.moment import Moment, Phase
from bptui.story.notation import naming
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline
from bptui.story.values import Values
from bptui.view.formula import symbols
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.networks import Parameter, Sketch, dense
from tests.sessions import done, made
from tests.test_continuation import assert_goes_on
from tests.test_derivations import EPOCH, wrong_parts, wrong_values
from tests.test_loop import assert_like_passes
from tests.walks import answered

BASE = 0.4
PLAIN = replace(dense((2, 3, 2), "tanh", samples=5), batch=2, learning_rate=BASE)
"""Three batches an epoch."""


def text(sketch: Sketch = PLAIN, **training: str) -> str:
    """A preset's text with more keys in [training]."""
    lines = "".join(f"{key} = {value}\n" for key, value in training.items())
    plain = "".join(
        line
        for line in sketch.toml().splitlines(keepends=True)
        if line.split(" = ")[0] not in training
    )
    return plain.replace("[training]\n", f"[training]\n{lines}")


def setup_of(sketch: Sketch = PLAIN, **training: str) -> Setup:
    """The setup of such a preset."""
    return prepare(parse_preset(text(sketch, **training), "rules.toml"))


def values(timeline: Timeline, iteration: int, *addresses: str) -> list[float | None]:
    """Quantities after an iteration."""
    found = Values(timeline.state(Moment.of(iteration, Phase.UPDATE)))
    return [found.get(parse_quantity(address, timeline.setup)) for address in addresses]


# schedules

SCHEDULED: dict[str, Callable[[int], float]] = {
    # torch.optim.lr_scheduler.StepLR
    '{ name = "step", every = 3, factor = 0.1 }': lambda k: BASE * 0.1 ** (k // 3),
    # ExponentialLR
    '{ name = "exponential", gamma = 0.9 }': lambda k: BASE * 0.9**k,
    # Stanford's CS231n: exponential decay and 1/t decay
    '{ name = "exponential", form = "natural", k = 0.2 }': lambda k: BASE * math.e ** (-0.2 * k),
    '{ name = "inverse", decay = 0.5 }': lambda k: BASE / (1 + 0.5 * k),
    # Goyal et al. 2017: from eta/n in the first iteration linearly to eta
    '{ name = "warmup", steps = 4 }': lambda k: BASE * (k + 1) / 4 if k < 4 else BASE,
    # Loshchilov and Hutter 2017, equation 5
    '{ name = "cosine", T_max = 8, eta_min = 0.1 }': lambda k: (
        0.1 + (BASE - 0.1) / 2 * (1 + math.cos(math.pi * k / 8))
    ),
    '{ name = "list", rates = [0.3, 0.2, 0.1] }': lambda k: [0.3, 0.2, 0.1][min(k, 2)],
}
"""Each with the rate after k iterations or epochs."""


def with_unit(schedule: str, unit: str) -> str:
    """A schedule that counts this."""
    return schedule.replace(" }", f', by = "{unit}" }}')


@pytest.mark.parametrize("unit", ["iteration", "epoch"])
@pytest.mark.parametrize("schedule", SCHEDULED)
def test_ten_rates_are_those_of_the_published_formulas(schedule: str, unit: str) -> None:
    timeline = Timeline(setup_of(schedule=with_unit(schedule, unit)))
    for t in range(1, 11):
        k = t - 1 if unit == "iteration" else (t - 1) // 3
        rate = SCHEDULED[schedule](k)
        eta, gradient, step = values(timeline, t, "eta w1", "dE/dw1", "step w1")
        assert eta == pytest.approx(rate, rel=1e-14)
        assert step == pytest.approx(-rate * (gradient or 0.0), rel=1e-9)


# what all of it has in common

RULES: dict[str, dict[str, str]] = {
    "rates": {"rates": '{ "layer 1" = 0.1, w7 = 0.05, b5 = 0.0 }'},
    **{f"schedule {k}": {"schedule": schedule} for k, schedule in enumerate(SCHEDULED)},
    "rates in epochs": {
        "rates": "{ w7 = 0.05 }",
        "schedule": '{ name = "cosine", T_max = 7, by = "epoch" }',
    },
    "l1": {"penalty": '"l1"', "reduction": '"mean"'},
    "l2 mean": {"penalty": '{ name = "l2", form = "mean", lambda = 0.3, biases = true }'},
    "l2 keras": {"penalty": '{ name = "l2", form = "keras" }', "rates": '{ "layer 2" = 0.1 }'},
    "elastic net": {"penalty": '{ name = "elastic_net", lambda = 0.1, alpha = 0.3 }'},
    "weight decay": {"penalty": '{ name = "weight_decay", lambda = 0.1, biases = true }'},
    "decoupled": {
        "penalty": '{ name = "weight_decay", form = "decoupled", lambda = 0.1 }',
        "schedule": '{ name = "warmup", steps = 20 }',
    },
}
every_rule = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the loop fail where it would have the passes compute."""
    monkeypatch.setattr(engine_loop, "forward", None)


@every_rule
@pytest.mark.usefixtures("alone")
def test_the_loop_has_the_bits_of_the_passes(rule: dict[str, str]) -> None:
    frozen = tuple(replace(p, frozen="flag" * (k % 4 == 1)) for k, p in enumerate(PLAIN.parameters))
    for sketch in (
        replace(PLAIN, optimizer="adam"),
        replace(PLAIN, update="sequential", parameters=frozen),
    ):
        assert_like_passes(setup_of(sketch, **rule), 80)


@every_rule
def test_cards_and_saving_agree_with_the_engine(rule: dict[str, str]) -> None:
    setup = setup_of(replace(PLAIN, optimizer="momentum keras", first_batch=2), **rule)
    timeline = Timeline(setup)
    assert wrong_values(timeline, EPOCH) == []
    assert wrong_parts(timeline, EPOCH) == []
    assert_goes_on(setup, 7)


# learning rates by layer


def test_a_parameters_own_rate_comes_before_its_layers() -> None:
    shared = Parameter("s", ("o1", "h3"), 0.25)
    weights = tuple(p for p in PLAIN.parameters if p.source)
    sketch = replace(PLAIN, parameters=(*weights, shared))
    rates = '{ "layer 1" = 0.1, "layer 2" = 0.2, w7 = 0.05 }'
    timeline = Timeline(setup_of(sketch, rates=rates))
    names = ("eta w1", "eta w7", "eta w9", "eta s")
    assert values(timeline, 1, *names) == [0.1, 0.05, 0.2, 0.1]


# penalties

LAMBDA = 0.03
REGULARIZED: dict[str, tuple[Callable[..., object], Callable[[float], float]]] = {
    # Nielsen, Neural Networks and Deep Learning, equations 85 and 95, with n = 5 samples
    '{ name = "l2", form = "mean", lambda = 0.03 }': (
        lambda w: LAMBDA / (2 * 5) * anp.sum(w**2),
        lambda w: LAMBDA / 5 * w,
    ),
    '{ name = "l1", form = "mean", lambda = 0.03 }': (
        lambda w: LAMBDA / 5 * anp.sum(anp.abs(w)),
        lambda w: math.copysign(LAMBDA / 5, w),
    ),
    # Goodfellow, Bengio and Courville, Deep Learning, equations 7.2 and 7.18
    '{ name = "l2", lambda = 0.03 }': (
        lambda w: LAMBDA / 2 * anp.sum(w**2),
        lambda w: LAMBDA * w,
    ),
    '{ name = "l1", lambda = 0.03 }': (
        lambda w: LAMBDA * anp.sum(anp.abs(w)),
        lambda w: math.copysign(LAMBDA, w),
    ),
    # keras.regularizers.L2
    '{ name = "l2", form = "keras", lambda = 0.03 }': (
        lambda w: LAMBDA * anp.sum(w**2),
        lambda w: 2 * LAMBDA * w,
    ),
    # Friedman, Hastie and Tibshirani 2010, equation 2
    '{ name = "elastic_net", lambda = 0.03, alpha = 0.25 }': (
        lambda w: LAMBDA * (0.75 / 2 * anp.sum(w**2) + 0.25 * anp.sum(anp.abs(w))),
        lambda w: LAMBDA * (0.75 * w + math.copysign(0.25, w)),
    ),
}
"""Each with its term of E over all weights, and what that adds to a weight's gradient."""


@pytest.mark.parametrize("biases", [False, True])
@pytest.mark.parametrize("penalty", REGULARIZED)
def test_a_penalty_is_a_term_of_the_loss(penalty: str, biases: bool) -> None:
    term, slope = REGULARIZED[penalty]
    about = penalty.replace(" }", ", biases = true }") if biases else penalty
    plain, penalized = setup_of(), setup_of(penalty=about)
    theta = penalized.theta.copy()
    theta[[0, 8]] *= -1
    count = len(theta) if biases else len(penalized.preset.weights)
    batch = plain.batch(1)
    given = (batch.inputs, batch.targets)
    seen, alone = (forward(s.network, theta, *given, s.rule) for s in (penalized, plain))
    assert seen.penalty == pytest.approx(term(theta[:count]), rel=1e-14)
    assert seen.loss == pytest.approx(alone.loss + seen.penalty, rel=1e-14)
    back, without = (
        backward(s.network, theta[np.newaxis], f, batch.targets, s.rule)
        for s, f in ((penalized, seen), (plain, alone))
    )
    added = back.gradient - without.gradient
    assert added[:count] == pytest.approx([slope(w) for w in theta[:count]], rel=1e-9)
    assert added[:count] == pytest.approx(autograd.grad(term)(theta[:count]), rel=1e-9)
    assert not added[count:].any()


def decayed(w: float, g: float, rate: float) -> float:
    """torch.optim.SGD with weight_decay: g = g + lambda theta."""
    return w - rate * (g + LAMBDA * w)


def decayed_apart(w: float, g: float, rate: float) -> float:
    """Loshchilov and Hutter 2019, algorithm 1: theta = (1 - eta lambda) theta - eta g."""
    return (1 - rate * LAMBDA) * w - rate * g


@pytest.mark.parametrize("book", [decayed, decayed_apart])
def test_ten_iterations_with_weight_decay(book: Callable[..., float]) -> None:
    form = "gradient" if book is decayed else "decoupled"
    penalty = f'{{ name = "weight_decay", form = "{form}", lambda = {LAMBDA} }}'
    timeline = Timeline(setup_of(penalty=penalty))
    weights = timeline.setup.theta.tolist()
    spared = len(timeline.setup.preset.weights)
    for t in range(1, 11):
        state = timeline.state(Moment.of(t, Phase.UPDATE))
        assert state.backward is not None
        assert state.forward is not None
        assert state.forward.penalty == 0.0
        for k, g in enumerate(state.backward.gradient.tolist()):
            weights[k] = book(weights[k], g, BASE) if k < spared else weights[k] - BASE * g
        assert state.now[0].tolist() == pytest.approx(weights, rel=1e-12)


def test_weight_decay_is_a_named_term_of_the_update_only_where_it_is() -> None:
    frozen = tuple(replace(p, frozen="flag" * (p.name == "w2")) for p in PLAIN.parameters)
    sketch = replace(PLAIN, optimizer="adam", parameters=frozen)
    timeline = Timeline(setup_of(sketch, penalty='"weight_decay"'))
    assert written(timeline, "g w1", 2) == "∂E/∂w₁ + λ × w₁(old)"
    assert written(timeline, "m w1", 2) == "β₁ × m_w₁(old) + (1 - β₁) × g_w₁"
    assert written(timeline, "g b1", 2) == "∂E/∂b₁"
    assert wrong_values(timeline) == []


def written(timeline: Timeline, address: str, iteration: int) -> str:
    """The formula on a quantity's card."""
    quantity = parse_quantity(address, timeline.setup)
    derivation = derive(timeline, quantity, Moment.of(iteration, Phase.UPDATE))
    assert derivation.formula is not None
    return symbols(derivation.formula, naming(timeline.setup))


def test_the_gradients_card_has_the_penaltys_slope_and_its_shares_have_not() -> None:
    timeline = Timeline(setup_of(replace(PLAIN, batch="full"), penalty='"l2"'))
    assert written(timeline, "dE/dw1", 1).endswith("∂E/∂w₁@5 + λ × w₁")
    assert "λ" not in written(timeline, "dE/dw1 @2", 1)
    assert written(timeline, "E", 1) == "E@1 + E@2 + E@3 + E@4 + E@5 + penalty"
    assert "penalty" not in written(timeline, "E @2", 1)
    one = Timeline(setup_of(replace(PLAIN, batch="online"), penalty='"l2"'))
    paths = derive(one, parse_quantity("dE/dw1", one.setup), Moment.of(1, Phase.BACKWARD)).paths
    assert paths is not None
    assert symbols(paths, naming(one.setup)) == "∂E_o₁/∂w₁ + ∂E_o₂/∂w₁ + λ × w₁"


def test_an_l1_penalty_leaves_a_weight_of_zero_alone() -> None:
    zero = tuple(replace(p, value=0.0) if p.name == "w1" else p for p in PLAIN.parameters)
    sketch = replace(PLAIN, parameters=zero)
    with_it, without = (Timeline(setup_of(sketch, **t)) for t in ({"penalty": '"l1"'}, {}))
    assert values(with_it, 1, "dE/dw1") == values(without, 1, "dE/dw1")


@pytest.mark.parametrize("update", ["simultaneous", "sequential"])
def test_shared_biases_are_penalized_once(update: str) -> None:
    weights = tuple(p for p in PLAIN.parameters if p.source)[:-2]  # and edges are missing
    biases = (Parameter("s", ("h1", "h2", "o1"), -0.7), Parameter("b", ("h3", "o2"), 0.3))
    sketch = replace(PLAIN, parameters=(*biases, *weights), update=update)
    setup = setup_of(
        sketch, penalty='{ name = "l2", biases = true, lambda = 0.2 }', rates="{ s = 0.1 }"
    )
    timeline = Timeline(setup)
    if update == "simultaneous":  # else gradients are those of no one E
        assert compare(timeline.state(Moment.of(2, Phase.BACKWARD)), "s")[1] < 1e-6
    expected = 0.1 * sum(p.value**2 for p in sketch.parameters)
    assert values(timeline, 1, "penalty") == [pytest.approx(expected)]
    assert_like_passes(setup, 30)
    assert wrong_values(timeline) == []


def test_a_penalty_that_overflows_does_so_in_the_loop() -> None:
    assert_like_passes(setup_of(penalty='{ name = "l2", lambda = 1e80 }'), 30)


def test_what_says_nothing_is_not_listed() -> None:
    plain, ruled = (
        Values(Timeline(s).state(Moment.of(1, Phase.UPDATE))).all()
        for s in (setup_of(), setup_of(penalty='"l2"', schedule='"step"'))
    )
    more = {"penalty", *(f"eta {name}" for name in PLAIN_NAMES)}
    assert ruled.keys() - plain.keys() == more


PLAIN_NAMES = [p.name for p in PLAIN.parameters]


# on the screen, what-if, other conventions


def test_the_header_and_the_page_of_conventions_tell_of_them() -> None:
    preset = text(
        schedule='{ name = "step", every = 2, factor = 0.5 }',
        penalty='{ name = "l2", lambda = 0.02 }',
    )
    session = answered(done(made(preset), c.Resize(200, 40)), Ask.RUN, "2")
    session = done(session, c.Step(1))
    shown = to_text(screen(session, 200, 40))
    assert "η 0.2 " in shown
    assert "step every 2, factor 0.5" in shown
    assert "L2 λ 0.02" in shown
    page = to_text(screen(done(session, c.Toggle(Page.CONVENTIONS)), 200, 40))
    assert "λ / 2 × (w₁² + " in page
    assert "η₀ × factor^floor(t / every)" in page
    edited = answered(session, Ask.EDIT, "eta = 1")  # the base
    assert values(edited.timeline, 3, "eta w1") == [0.5]
    edited = answered(session, Ask.EDIT, "penalty_form = keras")
    training = edited.setup.preset.training
    assert training.penalty == {"name": "l2", "form": "keras", "lambda": 0.02}
    edited = answered(edited, Ask.EDIT, "penalty = weight_decay")
    assert edited.setup.preset.training.penalty == {"name": "weight_decay", "lambda": 0.02}
    edited = answered(edited, Ask.EDIT, "penalty = none")
    assert edited.setup.rule.penalty is None


def test_what_momentum_keeps_stays_when_a_penalty_comes() -> None:
    session = answered(made(text(replace(PLAIN, optimizer="momentum"))), Ask.RUN, "2")
    edited = answered(done(session, c.Step(1)), Ask.EDIT, "penalty = weight_decay")
    assert edited.state.begun[1].any()
    assert edited.state.begun.tobytes() == session.timeline.state(edited.moment).begun.tobytes()


def test_a_figure_can_be_right_under_a_penalty_whatever_is_named_first() -> None:
    preset = setup_of().preset
    for table in (
        {"penalty_form": "mean", "penalty": "l2"},
        {"penalty": "l2", "penalty_form": "mean"},
    ):
        training = variant(preset, parse_under(table, preset)).training
        assert training.penalty == {"name": "l2", "form": "mean"}
    under = parse_under({"schedule": "step"}, preset)
    assert variant(preset, under).training.schedule == "step"


def test_biases_that_are_joined_or_split_take_their_rates_along() -> None:
    preset = setup_of(rates="{ b1 = 0.1, b2 = 0.2 }").preset
    joined = CONVENTIONS["shared"].set(preset, "true")
    assert joined.training.rates == {"b1": 0.1}
    split = CONVENTIONS["shared"].set(joined, "false")
    assert split.training.rates == {"b1": 0.1, "b1_h2": 0.1, "b1_h3": 0.1}


def test_every_entry_has_a_book() -> None:
    schedules = {s.split('"')[1] for s in SCHEDULED}
    penalties = {s.split('"')[1] for s in REGULARIZED}
    assert schedules == {*SCHEDULES}
    assert penalties | {"weight_decay"} == {*PENALTIES}
