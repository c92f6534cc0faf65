"""What-if: what edits mean, how they are written, and that they leave the bits of a fresh run."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.audit.prepare import prepare
from bptui.engine.optimizers import OPTIMIZERS
from bptui.engine.penalties import PENALTIES
from bptui.engine.schedules import SCHEDULES
from bptui.preset.find import find_preset
from bptui.preset.read import read_preset
from bptui.story.address import Kind, all_quantities
from bptui.story.derivation import BY_HAND, Derivation, derive
from bptui.story.edits import (
    Change,
    EditError,
    SetConvention,
    SetGiven,
    SetParameter,
    SetTrainable,
    parse_change,
)
from bptui.story.moment import START, Moment, parse_moment
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline
from bptui.story.values import Values
from tests.edits import (
    HEAVY,
    LAST,
    SHARED,
    SMALL,
    conventions,
    edited,
    random_change,
    random_edits,
    wrong_at,
)
from tests.networks import (
    CROSS_ENTROPIES,
    LOSSES,
    OPTIMIZERS_IN_FORMS,
    Sketch,
    dense,
    examples,
    networks,
)
from tests.replay import Replay
from tests.test_derivations import differences


def mazur() -> Setup:
    """Return the shipped example."""
    return prepare(read_preset(find_preset("mazur")))


# ---- how an edit is written ----------------------------------------------------------------------


def parsed(text: str, setup: Setup, iteration: int = 1, sample: int = 1) -> Change:
    """Return the change that a text asks for in an iteration."""
    return parse_change(text, setup, setup.batch(iteration), sample)


def test_every_kind_of_edit_can_be_written() -> None:
    setup = mazur()
    for text, change in {
        "w5 = 0.6": SetParameter("w5", 0.6),
        " b1=-1e3 ": SetParameter("b1", -1000.0),
        "w1 = −2": SetParameter("w1", -2.0),
        "input i1 = 0.3": SetGiven(Kind.INPUT, "i1", 1, 0.3),
        "i1 = 0.3": SetGiven(Kind.INPUT, "i1", 1, 0.3),
        "target_o2 = 1": SetGiven(Kind.TARGET, "o2", 1, 1.0),
        "target o2 = 1": SetGiven(Kind.TARGET, "o2", 1, 1.0),
        "eta = 0.1": SetConvention("learning_rate", "0.1"),
        "lr = 2": SetConvention("learning_rate", "2.0"),
        "learning rate = 2": SetConvention("learning_rate", "2.0"),
        "η = 0": SetConvention("learning_rate", "0.0"),
        "learning_rate = 10": SetConvention("learning_rate", "10.0"),
        "w5 = frozen": SetTrainable("w5", False),
        "b1 = trainable": SetTrainable("b1", True),
        "update = sequential": SetConvention("update", "sequential"),
        "loss = squared_error": SetConvention("loss", "squared_error"),
        "reduction = mean": SetConvention("reduction", "mean"),
        "biases = frozen": SetConvention("biases", "frozen"),
        "biases = own": SetConvention("shared", "false"),
        "biases = shared": SetConvention("shared", "true"),
    }.items():
        assert parsed(text, setup) == change, text


def test_in_a_batch_a_sample_is_named_or_that_which_is_shown() -> None:
    setup = SHARED.setup()
    assert parsed("input i2 = 1", setup, sample=2) == SetGiven(Kind.INPUT, "i2", 2, 1.0)
    assert parsed("input i2 @1 = 1", setup, sample=2) == SetGiven(Kind.INPUT, "i2", 1, 1.0)
    # the second batch has the third sample alone
    assert parsed("target o1 = 1", setup, 2) == SetGiven(Kind.TARGET, "o1", 3, 1.0)
    for size in ("full", "online", "2", "17"):
        assert parsed(f"batch = {size}", setup) == SetConvention("batch", size)


def test_without_batches_the_sample_is_that_of_the_iteration() -> None:
    setup = replace(SHARED, batch=1).setup()
    for iteration, number in ((1, 1), (3, 3), (4, 1)):
        change = parsed("input i1 = 1", setup, iteration, sample=0)
        assert change == SetGiven(Kind.INPUT, "i1", number, 1.0)


NO_FORM = "type name = value, for example w5 = 0.6, input i1 = 0.3 or eta = 0.1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", NO_FORM),
        ("w5", NO_FORM),
        ("w5 =", NO_FORM),
        ("= 3", NO_FORM),
        ("w5 = much", '"much" is not a number; write it like 0.5 or 1/3'),
        ("w5 == 3", '"= 3" is not a number; write it like 0.5 or 1/3'),
        ("w5 = nan", '"nan" is not a number; write it like 0.5 or 1/3'),
        ("eta = 1e999", '"1e999" is too large; give a number of at most 1.79e308'),
        ("eta = -inf", '"-inf" is not a number; write it like 0.5 or 1/3'),
        ("out o1 = 1", "out o1 is computed; its target is edited as target o1 = 1"),
        (
            "E = 0",
            "E is computed; edit what leads to it: w1, w2, w3, w4, ... (10 in all), as in w1 = 0",
        ),
        (
            "net h1 = 2",
            "net h1 is computed; edit what leads to it: w1, w2, b1, as in w1 = 2",
        ),
        ("dE/dw5 = 1", "dE/dw5 is computed; w5 itself is edited as w5 = 1"),
        ("step b1 = 1", "step b1 is computed; b1 itself is edited as b1 = 1"),
        ("o1 = 1", "o1 is a neuron; its target is edited as target o1 = 1"),
        ("w55 = 1", 'nothing to edit is called w55; did you mean "w5"?'),
        (
            "learning_rat = 1",
            'nothing to edit is called learning_rat; did you mean "learning_rate"?',
        ),
        (
            "mu = 1",
            "nothing to edit is called mu; choose from w1, w2, w3, w4, ... (10 in all), and "
            "learning_rate, loss, update, optimizer, schedule, penalty, reduction, biases, shared",
        ),
        ("target = 1", "say which target is meant, as in target o1 = 1"),
        ("input = 1", "say which input is meant, as in input i1 = 1"),
        ("update = later", 'update cannot be "later"; choose from simultaneous, sequential'),
        ("loss = squared_eror", 'loss cannot be "squared_eror"; did you mean "squared_error"?'),
        ("biases = gone", 'biases cannot be "gone"; choose from trainable, frozen'),
        ("input i1 @2 = 1", "no sample @2; the batch has 1 sample"),
        ("target i1 = 1", "i1 is not an output; choose from o1, o2"),
        ("h1 = 1", "h1 is a neuron; edit what leads to it: w1, w2, b1, as in w1 = 1"),
    ],
)
def test_what_cannot_be_changed_is_said(text: str, message: str) -> None:
    with pytest.raises(EditError) as error:
        parsed(text, mazur())
    assert str(error.value) == message


def test_no_quantity_and_no_neuron_is_a_dead_end() -> None:
    for setup in (mazur(), SHARED.setup(), HEAVY.setup()):
        names = [*setup.network.places, *map(str, all_quantities(setup))]
        assert len(names) > 50
        computed = [name for name in names if refusal(f"{name} = 0.5", setup)]
        assert len(computed) > 20
        for name in computed:
            _, edit = re.split(" as in | edited as ", refusal(f"{name} = 0.5", setup))
            assert refusal(edit, setup) == ""


def refusal(text: str, setup: Setup) -> str:
    """Return why an edit cannot be made, nothing if it can."""
    try:
        parsed(text, setup)
    except EditError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("input i1 @2 = 1", "no sample @2; this batch has 1 sample"),
        ("target o1 @3 = 1", "no sample @3; the batch has 2 samples"),
        ("batch = 0", 'batch cannot be "0"; choose from full, online, 2'),
        ("batch = some", 'batch cannot be "some"; choose from full, online, 2'),
    ],
)
def test_what_is_not_there_in_a_batch_is_said(text: str, message: str) -> None:
    with pytest.raises(EditError) as error:
        parsed(text, SHARED.setup(), 2)
    assert str(error.value) == message


def test_a_network_without_biases_has_none_to_switch() -> None:
    sketch = dense((2, 2, 1))
    bare = replace(sketch, parameters=tuple(p for p in sketch.parameters if p.source)).setup()
    usual = {"update", "loss", "reduction", "optimizer", "schedule", "penalty"}
    assert set(conventions(bare)) == usual
    with pytest.raises(EditError, match="this network has no shared"):
        parsed("biases = own", bare)


def test_a_change_is_written_as_it_can_be_typed() -> None:
    setup, rng = replace(SHARED, optimizer="momentum").setup(), random.Random(5)
    for _ in range(200):
        change = random_change(rng, setup)
        if isinstance(change, SetGiven):
            assert str(change).endswith(
                f"{change.neuron} of sample {change.sample} = {change.value!r}"
            )
        else:
            assert parsed(str(change), setup) == change


def test_conventions_say_what_holds_now() -> None:
    assert conventions(SHARED.setup()) == {
        "update": ("simultaneous", ("simultaneous", "sequential")),
        "loss": (
            "half_squared_error",
            LOSSES,
        ),
        "optimizer": ("sgd", tuple(OPTIMIZERS)),
        "schedule": ("none", ("none", *(name for name in SCHEDULES if name != "list"))),
        "penalty": ("none", ("none", *PENALTIES)),
        "reduction": ("sum", ("sum", "mean")),
        "batch": ("2", ("full", "online", "2")),
        "biases": ("partly frozen", ("trainable", "frozen")),
        "shared": ("true", ("true", "false")),
    }


def test_a_loss_must_go_with_the_outputs_and_targets() -> None:
    for output in ("sigmoid", "softmax"):
        setup = dense((2, 2, 2), output=output, loss="binary_cross_entropy").setup()
        assert conventions(setup)["loss"][1] == (*LOSSES, *CROSS_ENTROPIES)
    for output in ("tanh", "identity", "relu"):
        setup = dense((2, 2, 2), output=output).setup()
        assert conventions(setup)["loss"][1] == LOSSES
    with pytest.raises(EditError, match="needs outputs from 0 to 1: sigmoid or softmax, not relu"):
        parsed("loss = binary_cross_entropy", setup)


def test_a_target_of_a_cross_entropy_stays_a_probability() -> None:
    setup = dense((2, 2, 2), loss="binary_cross_entropy").setup()
    assert parsed("target o1 = 1", setup) == SetGiven(Kind.TARGET, "o1", 1, 1.0)
    with pytest.raises(EditError, match="cross-entropy needs targets from 0 to 1"):
        parsed("target o1 = 1.5", setup)
    squared = dense((2, 2, 2), loss="squared_error").setup()
    beyond = edited(squared, ("1 forward", "target o1 = 1.5")).setup_at(parse_moment("1 forward"))
    assert "binary_cross_entropy" not in conventions(beyond)["loss"][1]
    with pytest.raises(EditError, match="cross-entropy needs targets from 0 to 1"):
        parsed("loss = binary_cross_entropy", beyond)


# ---- what an edit does ---------------------------------------------------------------------------


@examples(40)
@given(networks(), st.sampled_from(OPTIMIZERS_IN_FORMS), st.integers(0, 2**32), st.integers(1, 8))
def test_after_any_edits_every_moment_has_the_bits_of_a_walk_from_the_first_iteration(
    sketch: Sketch, optimizer: str, seed: int, count: int
) -> None:
    rng, setup = random.Random(seed), replace(sketch, optimizer=optimizer).setup()
    made = random_edits(rng, setup, count)
    replay = Replay(setup, [edit for edit, _ in made])
    timeline = made[-1][1]
    moments = [Moment(at) for at in range(3 * LAST + 1)]
    rng.shuffle(moments)
    for moment in moments:
        assert wrong_at(timeline, replay, moment) == [], [str(edit) for edit in made]


@examples(8)
@given(st.integers(0, 2**32))
def test_an_edit_leaves_the_timeline_that_it_was_made_on_as_it_is(seed: int) -> None:
    setup = replace(SHARED, optimizer="momentum").setup()
    made = random_edits(random.Random(seed), setup, 5)
    for count in range(1, 6):
        replay = Replay(setup, [edit for edit, _ in made[:count]])
        for at in (0, 1, 3, 8, 9, 3 * LAST):
            assert wrong_at(made[count - 1][1], replay, Moment(at)) == []


def number(timeline: Timeline, when: str, address: str) -> float | None:
    """Return a quantity at a moment."""
    return Values(timeline.state(parse_moment(when))).all().get(address)


def test_a_weight_set_at_an_update_holds_from_there_on() -> None:
    plain, timeline = Timeline(mazur()), edited(mazur(), ("2 update", "w5 = 0.9"))
    assert number(timeline, "2 backward", "w5") == number(plain, "2 backward", "w5")
    assert number(timeline, "2 update", "step w5") == number(plain, "2 update", "step w5")
    assert number(timeline, "2 update", "w5") == number(timeline, "3 backward", "w5") == 0.9


def test_a_weight_set_within_an_iteration_is_what_it_begins_with() -> None:
    for when in ("2 forward", "2 backward"):
        timeline = edited(mazur(), (when, "w5 = 0.9"))
        assert number(timeline, "1 update", "w5") == number(Timeline(mazur()), "1 update", "w5")
        assert number(timeline, "2 forward", "w5") == number(timeline, "2 backward", "w5") == 0.9
        assert number(timeline, "2 update", "w5") != 0.9


def test_a_weight_set_in_the_first_iteration_leaves_the_start() -> None:
    timeline = edited(mazur(), ("1 backward", "w5 = 0.9"))
    assert number(timeline, "start", "w5") == 0.4
    assert number(timeline, "1 forward", "w5") == 0.9
    timeline = edited(mazur(), ("start", "w5 = 0.9"))
    assert number(timeline, "start", "w5") == number(timeline, "1 forward", "w5") == 0.9


def test_two_edits_at_the_same_update_are_both_kept() -> None:
    for edits in (("w5 = 0.9", "eta = 0.1"), ("eta = 0.1", "w5 = 0.9")):
        timeline = edited(mazur(), *(("2 update", text) for text in edits))
        assert number(timeline, "2 update", "w5") == 0.9
        assert timeline.set_by_hand("w5", parse_moment("2 update"))
        w6 = number(edited(mazur(), ("2 forward", "eta = 0.1")), "2 update", "w6")
        assert number(timeline, "2 update", "w6") == w6
        assert number(timeline, "3 forward", "w6") == w6


def test_a_bias_set_at_an_update_is_still_set_when_it_is_split_there() -> None:
    edits = (("2 update", "b1 = 0.9"), ("2 update", "biases = own"))
    timeline = edited(SHARED.setup(), *edits)
    for name in ("b1", "b1_h2", "b1_h3"):
        assert number(timeline, "2 update", name) == 0.9
        assert timeline.set_by_hand(name, parse_moment("2 update"))
    assert not timeline.set_by_hand("b2", parse_moment("2 update"))


def test_what_is_kept_of_a_bias_is_kept_of_its_parts_when_it_is_split() -> None:
    timeline = edited(HEAVY.setup(), ("3 forward", "biases = own"))
    assert number(timeline, "3 forward", "v b1") == number(timeline, "2 update", "v b1") != 0
    assert number(timeline, "3 forward", "v b1_h2") == number(timeline, "2 update", "v b1")
    joined = edited(HEAVY.setup(), ("3 forward", "biases = own"), ("4 forward", "biases = shared"))
    assert number(joined, "4 forward", "v b1") == number(timeline, "3 update", "v b1")


def test_another_optimizer_has_kept_nothing_whatever_was_kept_before() -> None:
    edits = [("2 forward", "w1 = frozen"), ("3 forward", "optimizer = sgd")]
    timeline = edited(HEAVY.setup(), *edits, ("4 forward", "optimizer = momentum"))
    assert number(timeline, "2 update", "v w2") != 0
    assert number(timeline, "3 update", "w2") is not None
    assert number(timeline, "4 forward", "v w2") == 0


def test_biases_of_the_first_iteration_can_be_joined_and_split() -> None:
    setup = dense((2, 2, 2)).setup()
    for when in ("start", "1 forward", "1 backward", "1 update"):
        timeline = edited(setup, (when, "biases = shared"))
        assert [p.name for p in timeline.setup.network.parameters][-2:] == ["b1", "b3"]
        first = dict(zip(setup.network.slots, setup.theta.tolist(), strict=True))
        for name in timeline.setup.network.slots:
            assert number(timeline, "start", name) == first[name]


def test_what_was_set_in_the_first_iteration_is_not_set_at_the_start_by_a_split() -> None:
    edits = (("1 forward", "w1 = 0.9"), ("1 forward", "biases = own"))
    timeline = edited(SHARED.setup(), *edits)
    assert number(timeline, "start", "w1") == SHARED.parameters[0].value
    assert number(timeline, "1 forward", "w1") == 0.9
    assert timeline.set_by_hand("w1", parse_moment("1 forward"))


def test_a_later_edit_belongs_to_the_other_branch() -> None:
    edits = (("3 update", "w5 = 0.9"), ("2 forward", "w6 = 0.1"))
    timeline, alone = edited(mazur(), *edits), edited(mazur(), edits[1])
    for at in range(16):
        moment = Moment(at)
        assert Values(timeline.state(moment)).all() == Values(alone.state(moment)).all()
    assert not timeline.set_by_hand("w5", parse_moment("3 update"))


@pytest.mark.parametrize(
    ("when", "text", "first"),
    [
        ("start", "w5 = 1", "start"),
        ("2 backward", "w5 = 1", "2 forward"),
        ("2 update", "w5 = 1", "2 update"),
        ("2 update", "eta = 1", "2 forward"),
        ("3 backward", "input i1 = 1", "3 forward"),
    ],
)
def test_a_moment_is_original_until_an_edit_has_to_do_with_it(
    when: str, text: str, first: str
) -> None:
    timeline, touched = edited(mazur(), (when, text)), parse_moment(first)
    for at in range(20):
        assert timeline.is_original(Moment(at)) == (Moment(at) < touched), Moment(at)
    assert Timeline(mazur()).is_original(Moment(20))


def test_set_by_hand_is_what_was_set_exactly_there() -> None:
    timeline = edited(
        mazur(), ("1 update", "w5 = 1"), ("1 update", "w6 = 1"), ("3 forward", "w7=2")
    )
    found = {
        (str(Moment(at)), p.name)
        for at in range(20)
        for p in timeline.setup.network.parameters
        if timeline.set_by_hand(p.name, Moment(at))
    }
    assert found == {("1 update", "w5"), ("1 update", "w6"), ("3 forward", "w7")}


# ---- where edited numbers come from --------------------------------------------------------------


class Reader:
    """Opens cards and all that they are made of, each once."""

    def __init__(self, timeline: Timeline, first: dict[str, float]) -> None:
        self.timeline, self.first = timeline, first
        self.wrong: list[str] = []
        self._read: set[tuple[object, Moment]] = set()

    def read(self, derivation: Derivation, value: float) -> None:
        """Note where a card, or one of its parts, disagrees with the engine."""
        pending = [(derivation, value)]
        while pending:
            card, value = pending.pop()
            if (card.quantity, card.moment) not in self._read:
                self._read.add((card.quantity, card.moment))
                self.wrong += differences(self.timeline, card, value)
                self._check_given(card, value)
                pending += [
                    (derive(self.timeline, ref.quantity, ref.moment), ref.value)
                    for ref in card.parts
                ]

    def _check_given(self, card: Derivation, value: float) -> None:
        name = card.quantity.parameter
        if card.formula is not None or card.quantity.kind is not Kind.PARAMETER:
            return
        engine = Values(self.timeline.state(card.moment)).get(card.quantity)
        if engine != value:
            self.wrong.append(f"{card.quantity} at {card.moment}: {engine} != {value}")
        if card.given == BY_HAND:
            if not self.timeline.set_by_hand(name, card.moment):
                self.wrong.append(f"{name} was not set at {card.moment}")
        elif self.first.get(name) != value or card.moment != START:
            self.wrong.append(f"{name} = {value} is not {card.given}")


def wrong_cards(timeline: Timeline, setup: Setup, last: int) -> list[str]:
    """Return the disagreements of all cards of a timeline, and of all that they lead to."""
    first = dict(zip(setup.network.slots, setup.theta.tolist(), strict=True))
    reader = Reader(timeline, first)
    for at in range(3 * last + 1):
        state = timeline.state(Moment(at))
        values = Values(state)
        for quantity in all_quantities(state.setup):
            value = values.get(quantity)
            if value is not None:
                reader.read(derive(timeline, quantity, Moment(at)), value)
    return reader.wrong


@pytest.mark.parametrize(
    "edits",
    [
        ["2 update: w5 = 0.9", "2 update: update = sequential"],
        ["1 forward: w5 = 0.9", "1 forward: biases = own", "2 forward: b1 = 1"],
        ["2 update: b1 = 0.9", "2 update: w5 = frozen", "3 backward: biases = shared"],
        ["2 forward: batch = online", "3 update: biases = own", "3 update: b1_h2 = 3"],
        ["start: b2 = 0.9", "1 update: b2 = trainable", "1 update: b2 = 0.1"],
        ["start: w1 = 0.9", "1 forward: w1 = 0.8", "2 forward: w1 = frozen"],
        ["2 update: b2 = 0.9", "3 forward: w1 = 0.5"],
    ],
)
def test_cards_of_edited_numbers_agree_with_the_engine(edits: list[str]) -> None:
    setup = SMALL.setup()
    pairs = [(when, text) for when, _, text in (edit.partition(": ") for edit in edits)]
    assert wrong_cards(edited(setup, *pairs), setup, 3) == []


@examples(3)
@given(st.integers(0, 2**32))
def test_cards_agree_with_the_engine_after_any_edits(seed: int) -> None:
    setup = HEAVY.setup()
    made = random_edits(random.Random(seed), setup, 6)
    assert wrong_cards(made[-1][1], setup, 3) == [], [str(edit) for edit, _ in made]
