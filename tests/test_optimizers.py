"""Every optimizer in each form against ten iterations in plain floats, from the published formulas.

`BOOKS` shares no code with the engine: it has numbers, not arrays, and names of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from msgspec.structs import replace as with_fields

from bptui.audit.prepare import prepare
from bptui.engine.optimizers import OPTIMIZERS
from bptui.preset.errors import PresetError
from bptui.preset.read import parse_preset
from bptui.session import messages as c
from bptui.session.messages import Ask, Page
from bptui.story.continuation import continuation
from bptui.story.conventions import CONVENTIONS, ConventionError, parse_under, variant
from bptui.story.edits import EditError
from bptui.story.moment import Moment, Phase
from bptui.story.setup import build_setup
from bptui.story.timeline import Timeline
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.networks import OPTIMIZERS_IN_FORMS, Sketch, dense
from tests.presets import reread
from tests.sessions import done, made
from tests.test_continuation import assert_goes_on
from tests.test_derivations import EPOCH, wrong_parts, wrong_values
from tests.test_edits import parsed
from tests.test_loop import assert_like_passes
from tests.walks import answered

SKETCHES = {
    "sigmoids": dense((2, 3, 2)),
    "batches": replace(dense((3, 4, 2), "tanh", output="softmax", samples=3), batch=2),
}
Kept = dict[str, float]
Book = Callable[[float, float, float, int, Kept], float]
"""(weight, gradient, rate, iteration, what it keeps of the weight) -> new weight."""


def sgd(w: float, g: float, rate: float, t: int, kept: Kept) -> float:
    """Step against the gradient."""
    return w - rate * g


def momentum_pytorch(w: float, g: float, rate: float, t: int, kept: Kept) -> float:
    """PyTorch's documentation of torch.optim.SGD: b = mu b + g, theta = theta - gamma b."""
    kept["v"] = 0.9 * kept.get("v", 0.0) + g
    return w - rate * kept["v"]


def momentum_keras(w: float, g: float, rate: float, t: int, kept: Kept) -> float:
    """Rumelhart, Hinton and Williams 1986: dw(t) = -epsilon dE/dw + alpha dw(t-1); Keras's SGD."""
    kept["v"] = 0.9 * kept.get("v", 0.0) - rate * g
    return w + kept["v"]


def momentum_averaged(w: float, g: float, rate: float, t: int, kept: Kept) -> float:
    """Ng's Deep Learning course: v = beta v + (1 - beta) dW, W = W - alpha v."""
    kept["v"] = 0.9 * kept.get("v", 0.0) + 0.1 * g
    return w - rate * kept["v"]


def nesterov_pytorch(w: float, g: float, rate: float, t: int, kept: Kept) -> float:
    """PyTorch's documentation of torch.optim.SGD with nesterov: theta - gamma (g + mu b)."""
    kept["v"] = 0.9 * kept.get("v", 0.0) + g
    return w - rate * (g + 0.9 * kept["v"])


def nesterov_keras(w: float, g: float, rate: float, t: int, kept: Kept) -> float:
    """Keras's documentation of SGD with nesterov: w = w + momentum * velocity - rate * g."""
    kept["v"] = 0.9 * kept.get("v", 0.0) - rate * g
    return w + 0.9 * kept["v"] - rate * g


def adagrad(w: float, g: float, rate: float, t: int, kept: Kept) -> float:
    """Goodfellow, Bengio and Courville, Deep Learning, algorithm 8.4: delta outside the root."""
    kept["s"] = kept.get("s", 0.0) + g * g
    return w - rate / (1e-8 + math.sqrt(kept["s"])) * g


def rmsprop(w: float, g: float, rate: float, t: int, kept: Kept) -> float:
    """PyTorch's documentation of torch.optim.RMSprop, not centered, without momentum."""
    kept["s"] = 0.9 * kept.get("s", 0.0) + 0.1 * g * g
    return w - rate * g / (math.sqrt(kept["s"]) + 1e-8)


def adagrad_keras(w: float, g: float, rate: float, t: int, kept: Kept) -> float:
    """Keras 3's Adagrad, but that its accumulator begins with 0: epsilon in the root."""
    kept["s"] = kept.get("s", 0.0) + g * g
    return w - rate * g / math.sqrt(kept["s"] + 1e-7)


def rmsprop_keras(w: float, g: float, rate: float, t: int, kept: Kept) -> float:
    """Keras 3's RMSprop, not centered, without momentum: epsilon in the root."""
    kept["s"] = 0.9 * kept.get("s", 0.0) + 0.1 * g * g
    return w - rate * g / math.sqrt(kept["s"] + 1e-7)


def moments(g: float, kept: Kept) -> tuple[float, float]:
    """Kingma and Ba 2015, algorithm 1: the estimates of the first and the second moment."""
    kept["m"] = 0.9 * kept.get("m", 0.0) + (1 - 0.9) * g
    kept["v"] = 0.999 * kept.get("v", 0.0) + (1 - 0.999) * g * g
    return kept["m"], kept["v"]


def adam_paper(w: float, g: float, rate: float, t: int, kept: Kept) -> float:
    """Kingma and Ba 2015, algorithm 1."""
    m, v = moments(g, kept)
    return w - rate * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)


def adam_keras(w: float, g: float, rate: float, t: int, kept: Kept) -> float:
    """Kingma and Ba 2015, end of section 2, epsilon hat; Keras's Adam computes this."""
    m, v = moments(g, kept)
    now = rate * math.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    return w - now * m / (math.sqrt(v) + 1e-7)


def adam_plain(w: float, g: float, rate: float, t: int, kept: Kept) -> float:
    """Kingma and Ba 2015, section 6.4: without bias correction."""
    m, v = moments(g, kept)
    return w - rate * m / (math.sqrt(v) + 1e-8)


def adamw(w: float, g: float, rate: float, t: int, kept: Kept) -> float:
    """PyTorch's documentation of torch.optim.AdamW; Loshchilov and Hutter 2019, algorithm 2."""
    return adam_paper(w - rate * 0.01 * w, g, rate, t, kept)


def adamw_keras(w: float, g: float, rate: float, t: int, kept: Kept) -> float:
    """Keras 3's AdamW: the weights decay, and then its Adam."""
    return adam_keras(w - rate * 0.004 * w, g, rate, t, kept)


BOOKS: dict[str, Book] = {
    "sgd": sgd,
    "momentum pytorch": momentum_pytorch,
    "momentum keras": momentum_keras,
    "momentum averaged": momentum_averaged,
    "nesterov pytorch": nesterov_pytorch,
    "nesterov keras": nesterov_keras,
    "adagrad pytorch": adagrad,
    "adagrad keras": adagrad_keras,
    "rmsprop pytorch": rmsprop,
    "rmsprop keras": rmsprop_keras,
    "adam paper": adam_paper,
    "adam keras": adam_keras,
    "adam plain": adam_plain,
    "adamw pytorch": adamw,
    "adamw keras": adamw_keras,
}


@pytest.mark.parametrize("sketch", SKETCHES.values(), ids=SKETCHES)
@pytest.mark.parametrize("name", OPTIMIZERS_IN_FORMS)
def test_ten_iterations_are_those_of_the_published_formulas(name: str, sketch: Sketch) -> None:
    setup = replace(sketch, optimizer=name, learning_rate=0.1).setup()
    timeline = Timeline(setup)
    weights = setup.theta.tolist()
    kept: list[Kept] = [{} for _ in weights]
    for t in range(1, 11):
        state = timeline.state(Moment.of(t, Phase.UPDATE))
        assert state.backward is not None
        gradient = state.backward.gradient.tolist()
        for k, (w, g) in enumerate(zip(weights, gradient, strict=True)):
            weights[k] = BOOKS[name](w, g, 0.1, t, kept[k])
        rows = [weights, *([its[key] for its in kept] for key in setup.kept)]
        for row, expected in zip(state.now.tolist(), rows, strict=True):
            assert row == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS_IN_FORMS)
def test_cards_loop_and_saving_agree_in_every_form(name: str) -> None:
    setup = replace(SKETCHES["batches"], optimizer=name, learning_rate=0.1).setup()
    timeline = Timeline(setup)
    assert wrong_values(timeline, EPOCH) == []
    assert wrong_parts(timeline, EPOCH) == []
    assert_like_passes(setup, 40)
    assert_goes_on(setup, 7)


def test_the_square_of_a_derivative_has_brackets() -> None:
    page = done(made(text('"rmsprop"')), c.Resize(100, 40), c.Toggle(Page.CONVENTIONS))
    assert "(1 - ρ) × (∂E/∂w₁)²" in to_text(screen(page, 100, 40))


def text(optimizer: str) -> str:
    """The text of a preset with this optimizer."""
    plain = SKETCHES["sigmoids"].toml()
    return plain.replace('optimizer = "sgd"', f"optimizer = {optimizer}")


@pytest.mark.parametrize(
    ("optimizer", "said"),
    [
        ('{ name = "momentum", form = "kears" }', 'no form "kears"; did you mean "keras"?'),
        ('{ name = "momentum", form = 3 }', 'no form "3"; choose from pytorch, keras, averaged'),
        ('{ name = "momentum", fomr = "keras" }', 'no parameter "fomr"; did you mean "form"?'),
        (
            '{ name = "momentum", beta = 0.5 }',
            'no parameter "beta"; with form = "averaged" it has',
        ),
        ('{ name = "sgd", form = "keras" }', 'sgd has no parameter "form"; it takes none'),
    ],
)
def test_a_form_that_there_is_not_is_corrected(optimizer: str, said: str) -> None:
    with pytest.raises(PresetError) as error:
        prepare(parse_preset(text(optimizer), "forms.toml"))
    assert said in str(error.value)


def test_the_usual_form_can_be_named_and_is_not_told() -> None:
    named, plain = made(text('{ name = "momentum", form = "pytorch" }')), made(text('"momentum"'))
    assert named.setup.rule.optimizer == plain.setup.rule.optimizer
    assert to_text(screen(named, 120, 40)) == to_text(screen(plain, 120, 40))


def test_another_form_is_told_saved_and_switched_with_its_parameters() -> None:
    session = made(text('{ name = "momentum", mu = 0.5, form = "keras" }'))
    assert "momentum (keras, mu 0.5)" in to_text(screen(session, 120, 40))
    saved = reread(continuation(session.setup, session.state.now, 1))
    assert build_setup(saved).rule.optimizer == session.setup.rule.optimizer
    session = answered(done(session, *[c.Step(1)] * 3), Ask.EDIT, "form = pytorch")
    assert session.setup.preset.training.optimizer == {"name": "momentum", "mu": 0.5}
    assert not session.state.begun[1:].any()  # what one form keeps means nothing to another
    session = answered(session, Ask.EDIT, "form = averaged")
    assert session.setup.rule.optimizer.parameters == {"beta": 0.9}
    assert CONVENTIONS["form"].choices(session.setup.preset) == ("pytorch", "keras", "averaged")


def test_an_optimizer_of_one_form_has_none_to_switch() -> None:
    with pytest.raises(EditError, match="this network has no form"):
        parsed("form = keras", SKETCHES["sigmoids"].setup())


def test_a_figure_can_be_right_under_a_form_whatever_is_named_first() -> None:
    preset = parse_preset(text('"sgd"'), "forms.toml")
    for table in (
        {"form": "keras", "optimizer": "momentum"},
        {"optimizer": "momentum", "form": "keras"},
    ):
        training = variant(preset, parse_under(table, preset)).training
        assert training.optimizer == {"name": "momentum", "form": "keras"}
    alone = with_fields(preset, training=with_fields(preset.training, optimizer="momentum"))
    under = parse_under({"form": "averaged"}, alone)
    assert build_setup(variant(alone, under)).rule.optimizer.form == "averaged"
    with pytest.raises(ConventionError, match='"form" in under'):
        parse_under({"form": "keras"}, preset)


def test_every_form_has_a_book() -> None:
    assert set(BOOKS) == set(OPTIMIZERS_IN_FORMS)
    assert all(entry.form in entry.forms for entry in OPTIMIZERS.values() if entry.forms)
