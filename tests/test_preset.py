"""What a preset's file says is what the preset is: names, numbers, defaults, and where it is."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pytest
import tomli

from bptui.audit.prepare import prepare
from bptui.preset.errors import PresetError
from bptui.preset.find import find_preset, shipped_folder, shipped_presets
from bptui.preset.initializers import INITIALIZERS
from bptui.preset.model import Bias, Initializer, Preset, Sample, Weight
from bptui.preset.read import parse_preset, read_preset
from bptui.preset.validate import RESERVED
from bptui.story.under import parse_under, variant

TRAINING = '[training]\nlearning_rate = 0.5\nloss = "squared_error"\n'
SAMPLE = "[[samples]]\ninput = [1, 2]\ntarget = [0]\n"


def layer(name: str, neurons: str, *lines: str) -> str:
    """Return one of the `[[layers]]`; it has an activation unless it is the inputs."""
    activation = [] if name == "input" else ['activation = "tanh"']
    parts = ["[[layers]]", f'name = "{name}"', f"neurons = {neurons}", *activation, *lines]
    return "\n".join(parts) + "\n"


def drawn(name: str = "normal", seed: int = 1) -> str:
    """Return the line of an initializer."""
    return f'initializer = {{ name = "{name}", seed = {seed} }}'


def parse(*parts: str) -> Preset:
    """Return a preset of the usual training and sample, and of layers and whatever else."""
    return parse_preset("\n".join((TRAINING, *parts, SAMPLE)), "made.toml")


def refused(text: str) -> str:
    """Return what is said of a preset that is refused."""
    with pytest.raises(PresetError) as error:
        prepare(parse_preset(text, "p.toml"))
    return str(error.value)


SMALL = (
    layer("input", "2"),
    layer("hidden", "2", "weights = [[1, 2], [3, 4]]", "biases = [5, 6]"),
    layer("output", "1", "weights = [[7], [8]]"),
)


@pytest.mark.parametrize("file", shipped_presets(), ids=lambda file: file.stem)
def test_every_shipped_preset_is_valid_and_says_what_it_is_and_whose(file: Path) -> None:
    preset = read_preset(file)
    prepare(preset)
    assert preset.name == file.stem
    assert preset.title not in ("", preset.name)
    assert preset.source
    document = tomli.loads(file.read_text("utf-8"))
    assert preset.title == document["title"]
    if "weights" in document:  # else an initializer names them
        assert list(preset.weights) == list(document["weights"])
    if "samples" in document:  # else they are in a file of their own
        inputs = [list(sample.input) for sample in preset.samples]
        assert inputs == [sample["input"] for sample in document["samples"]]


def test_presets_are_shipped() -> None:
    assert {"mazur", "hmkcode", "pandey"} <= {file.stem for file in shipped_presets()}


def test_mazurs_example_is_as_the_article_has_it() -> None:
    preset = read_preset(shipped_folder() / "mazur.toml")
    assert preset.training.learning_rate == 0.5
    assert [layer.name for layer in preset.layers] == ["input", "hidden", "output"]
    assert preset.weights["w5"] == Weight("h1", "o1", 0.4)
    assert preset.biases["b1"] == Bias(("h1", "h2"), 0.35, trainable=False)
    assert preset.samples == (Sample((0.05, 0.1), (0.01, 0.99)),)


def test_what_a_preset_leaves_out_has_its_default() -> None:
    preset = parse(*SMALL)
    assert (preset.title, preset.source, preset.name) == ("made", "", "made")
    training = preset.training
    assert (training.batch, training.reduction, training.update) == ("full", "sum", "simultaneous")
    assert training.frozen == ()
    assert (preset.notation.net, preset.notation.out) == ("net", "out")


def test_a_matrix_has_a_row_for_each_source_and_a_column_for_each_target() -> None:
    preset = parse(*SMALL)
    assert preset.weights == {
        "w_i1_h1": Weight("i1", "h1", 1.0),
        "w_i1_h2": Weight("i1", "h2", 2.0),
        "w_i2_h1": Weight("i2", "h1", 3.0),
        "w_i2_h2": Weight("i2", "h2", 4.0),
        "w_h1_o1": Weight("h1", "o1", 7.0),
        "w_h2_o1": Weight("h2", "o1", 8.0),
    }
    assert preset.biases == {"b_h1": Bias("h1", 5.0), "b_h2": Bias("h2", 6.0)}
    network = prepare(preset).network
    assert network.parameters[network.layers[0].weights[1, 0]].name == "w_i2_h1"


def test_several_hidden_layers_say_which_they_are_in_their_neurons_names() -> None:
    layers = (
        layer("input", "2"),
        layer("first", "2", drawn()),
        layer("second", "1", drawn()),
        layer("output", "1", drawn()),
    )
    preset = parse(*layers)
    assert [layer.neurons for layer in preset.layers] == [
        ("i1", "i2"),
        ("h1_1", "h1_2"),
        ("h2_1",),
        ("o1",),
    ]
    assert "w_h1_2_h2_1" in preset.weights
    assert list(preset.biases) == ["b_h1_1", "b_h1_2", "b_h2_1", "b_o1"]


def test_names_that_are_given_are_used_in_the_names_that_are_made() -> None:
    preset = parse(layer("input", '["x", "y"]'), layer("output", '["z"]', drawn()))
    assert list(preset.weights) == ["w_x_z", "w_y_z"]
    assert list(preset.biases) == ["b_z"]


def test_matrices_and_named_edges_go_together_in_different_layers() -> None:
    preset = parse(
        *SMALL[:2],
        layer("output", "1"),
        "[weights]",
        'u = { from = "h1", to = "o1", value = 1 }',
        'v = { from = "h2", to = "o1", value = 1 }',
        "[biases]",
        'b = { to = "o1", value = 1 }',
    )
    assert list(preset.weights) == ["u", "v", "w_i1_h1", "w_i1_h2", "w_i2_h1", "w_i2_h2"]
    assert list(preset.biases) == ["b", "b_h1", "b_h2"]


def test_biases_may_be_given_without_a_matrix() -> None:
    preset = parse(
        layer("input", "2"),
        layer("output", "1", "biases = [3]"),
        "[weights]",
        'w = { from = "i1", to = "o1", value = 1 }',
    )
    assert preset.biases == {"b_o1": Bias("o1", 3.0)}


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_same_seed_draws_the_same_weights(name: str) -> None:
    def values(seed: int) -> list[float]:
        preset = parse(
            layer("input", "2"), layer("h", "3", drawn(name, seed)), layer("o", "1", drawn())
        )
        assert all(preset.biases[f"b_h{k}"].value == 0 for k in (1, 2, 3))
        return [preset.weights[f"w_i{i}_h{k}"].value for i in (1, 2) for k in (1, 2, 3)]

    assert values(1) == values(1)
    if name == "zeros":
        assert values(1) == [0] * 6
    else:
        assert values(1) != values(2)
        assert len(set(values(1))) == 6


def test_a_seed_draws_the_same_weights_on_every_machine() -> None:
    preset = parse(layer("input", "2"), layer("output", "1", drawn("uniform", 7)))
    assert [w.value for w in preset.weights.values()] == [
        -0.17616723516683763,
        -0.34915082607549807,
    ]


def test_an_initializers_biases_can_be_given() -> None:
    preset = parse(layer("input", "2"), layer("output", "1", drawn(), "biases = [9]"))
    assert preset.biases["b_o1"].value == 9


def test_an_initializer_is_kept_with_its_layer() -> None:
    preset = parse(layer("input", "2"), layer("output", "1", drawn("zeros", 3)))
    assert preset.layers[1].initializer == Initializer("zeros", 3)


@pytest.mark.parametrize("where", ["list", "flag"])
def test_what_is_frozen_is_not_trainable(where: str) -> None:
    text = (shipped_folder() / "mazur.toml").read_text("utf-8")
    if where == "list":
        text = text.replace("[training]", '[training]\nfrozen = ["w1"]')
    else:
        text = text.replace("value = 0.15", "value = 0.15, trainable = false")
    setup = prepare(parse_preset(text, "frozen.toml"))
    network = setup.network
    still = [p.name for p in network.parameters if not network.trainable[network.slots[p.name]]]
    assert still == ["w1", "b1", "b2"]


def test_a_generated_name_can_be_frozen() -> None:
    text = "\n".join(
        (TRAINING.replace("\n", '\nfrozen = ["w_i2_h1", "b_h2"]\n', 1), *SMALL, SAMPLE)
    )
    network = prepare(parse_preset(text, "made.toml")).network
    assert [p.name for p in network.parameters if not p.trainable] == ["w_i2_h1", "b_h2"]


@pytest.mark.parametrize(
    ("batch", "sizes"), [('"full"', [3]), ('"online"', [1, 1, 1]), ("2", [2, 1]), ("9", [3])]
)
def test_a_batch_is_all_samples_or_one_or_so_many(batch: str, sizes: list[int]) -> None:
    text = "\n".join((TRAINING + f"batch = {batch}", *SMALL, SAMPLE * 3))
    assert [len(b.inputs) for b in prepare(parse_preset(text, "made.toml")).batches] == sizes


FIVE = "".join(
    SAMPLE.replace("1, 2", f"{k}, {k}") for k in range(1, 6)
)  # samples that are told apart by their inputs


def batches(text: str, count: int) -> list[tuple[int, ...]]:
    """Return the numbers of the samples of so many iterations; the inputs must agree."""
    setup = prepare(parse_preset(text, "made.toml"))
    found = [setup.batch(iteration) for iteration in range(1, count + 1)]
    assert [b.inputs[:, 0].tolist() for b in found] == [list(b.numbers) for b in found]
    return [batch.numbers for batch in found]


@pytest.mark.parametrize(
    ("first", "numbers"),
    [
        ("", [(1, 2), (3, 4), (5,), (1, 2)]),
        ("first_batch = 1", [(1, 2), (3, 4), (5,), (1, 2)]),
        ("first_batch = 2", [(3, 4), (5,), (1, 2), (3, 4)]),
        ("first_batch = 3", [(5,), (1, 2), (3, 4), (5,)]),
    ],
)
def test_the_first_iteration_uses_the_first_batch_that_is_asked_for(
    first: str, numbers: list[tuple[int, ...]]
) -> None:
    assert batches("\n".join((TRAINING, "batch = 2", first, *SMALL, FIVE)), 4) == numbers


@pytest.mark.parametrize("first", [1, 2, 3])
def test_a_figure_of_a_sample_is_refused_where_the_batch_has_no_such_sample(first: int) -> None:
    text = "\n".join((TRAINING, "batch = 2", f"first_batch = {first}", *SMALL, FIVE))
    for iteration in range(1, 8):
        figure = f'[expected.{iteration}.forward]\n"net h1 @2" = "1"'
        if len(batches(text, iteration)[-1]) == 2:
            prepare(parse_preset(text + figure, "p.toml"))
        else:
            told = f"net h1 @2 is not there: the batch of iteration {iteration} has only 1 sample"
            assert refused(text + figure).endswith(told)


@pytest.mark.parametrize(
    ("first", "under", "numbers"),
    [
        (1, {"update": "sequential"}, [(1, 2), (3, 4), (5,)]),
        (3, {"update": "sequential"}, [(5,), (1, 2), (3, 4)]),
        (2, {"batch": "online"}, [(3,), (4,), (5,)]),
        (3, {"batch": 3}, [(4, 5), (1, 2, 3), (4, 5)]),
        (2, {"batch": 4}, [(1, 2, 3, 4), (5,), (1, 2, 3, 4)]),
        (3, {"batch": "full"}, [(1, 2, 3, 4, 5)] * 3),
    ],
)
def test_another_convention_begins_at_the_same_place_of_the_epoch(
    first: int, under: dict[str, object], numbers: list[tuple[int, ...]]
) -> None:
    text = "\n".join((TRAINING, "batch = 2", f"first_batch = {first}", *SMALL, FIVE))
    preset = parse_preset(text, "made.toml")
    other = prepare(variant(preset, parse_under(under, preset)))
    assert [other.batch(k).numbers for k in (1, 2, 3)] == numbers


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1", 1.0),
        ("-0.0", 0.0),
        ("+1.5", 1.5),
        ("1_000.5", 1000.5),
        ("5e-1", 0.5),
        ("0x10", 16.0),
        ("0o17", 15.0),
        ("0b11", 3.0),
        ("1.79e308", 1.79e308),
        ("5e-324", 5e-324),
        ("1e-400", 0.0),
        ("123456789012345678901234567890", 123456789012345678901234567890.0),
        ("1" + "0" * 308, 1e308),
    ],
)
def test_a_number_may_be_written_in_any_way_that_toml_has(written: str, value: float) -> None:
    preset = parse(layer("input", "2"), layer("output", "1", f"weights = [[{written}], [0]]"))
    assert preset.weights["w_i1_o1"].value == value
    assert isinstance(prepare(preset).theta[0], np.float64)


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_ends_and_a_byte_order_mark_make_no_difference(
    ending: str, mark: bytes, tmp_path: Path
) -> None:
    text = (shipped_folder() / "mazur.toml").read_text("utf-8")
    file = tmp_path / "mazur.toml"
    file.write_bytes(mark + text.replace("\n", ending).encode())
    assert read_preset(file).weights == parse_preset(text, "mazur.toml").weights
    file.write_bytes(mark + text.replace('"sigmoid"', '"sig"').replace("\n", ending).encode())
    with pytest.raises(PresetError) as error:
        prepare(read_preset(file))
    assert error.value.line == 21


@pytest.mark.parametrize(
    ("date", "kind"),
    [
        ("2015-03-17", datetime.date),
        ("2015-03-17 07:30:00", datetime.datetime),
        ("2015-03-17T07:30:00Z", datetime.datetime),
        ("07:30:00", datetime.time),
    ],
)
def test_a_date_or_a_time_is_refused_as_what_it_is(date: str, kind: type) -> None:
    text = (shipped_folder() / "mazur.toml").read_text("utf-8")
    assert isinstance(tomli.loads(f"x = {date}")["x"], kind)
    what = "a time" if kind is datetime.time else "a date"
    assert refused(text.replace("learning_rate = 0.5", f"learning_rate = {date}")) == (
        f'p.toml:11: "learning_rate" must be a number, not {what}'
    )
    assert refused(text.replace('["i1", "i2"]', f"[{date}]")) == (
        f'p.toml:16: item 1 of "neurons" must be text in quotes, not {what}'
    )
    assert refused(text.replace("title   =", f"title = {date} #")) == (
        f'p.toml:1: "title" must be text in quotes, not {what}'
    )


@pytest.mark.parametrize("name", ["w'", "w(1)", "w[1]", "w.1", "wähler", "重み", "θ1", "_w", "x²"])
def test_a_name_may_look_like_the_fields_own(name: str) -> None:
    text = (shipped_folder() / "mazur.toml").read_text("utf-8").partition("[expected.")[0]
    setup = prepare(parse_preset(text.replace("w1 =", f'"{name}" ='), "named.toml"))
    assert name in setup.network.slots


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_word_of_the_addresses_is_no_name(name: str) -> None:
    text = (shipped_folder() / "mazur.toml").read_text("utf-8")
    assert refused(text.replace("w1 =", f"{name} =")) == (
        f'p.toml:29: the weight name "{name}" is reserved for addresses such as net h1 and dE/dw1; '
        f"call it {name}1, for example"
    )


@pytest.mark.parametrize("char", ["\u200b", "\u3164", "\ufeff", "\u00ad", "\u202e", "\u0301", "🧠"])
def test_a_name_has_no_characters_that_cannot_be_seen_or_typed(char: str) -> None:
    text = (shipped_folder() / "mazur.toml").read_text("utf-8")
    assert refused(text.replace("w1 =", f'"w{char}1" =')).startswith("p.toml:29: ")


@pytest.mark.parametrize(
    "title", ["Schritt für Schritt", "l\u2019\u00a0\u00e9tude", "👩\u200d🏫", "逆伝播"]
)
def test_a_title_may_be_in_any_language(title: str) -> None:
    text = (shipped_folder() / "mazur.toml").read_text("utf-8")
    text = text.replace("A Step by Step Backpropagation Example", title)
    assert parse_preset(text, "p.toml").title == title


@pytest.mark.parametrize("net", ["z", "net({})", "{}", "a_{}", "in"])
def test_a_notation_is_a_word_or_has_a_place_for_the_neuron(net: str) -> None:
    assert parse(f'[notation]\nnet = "{net}"', *SMALL).notation.net == net


def test_a_plain_name_is_that_of_a_shipped_preset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mazur").write_text("not the one")
    (tmp_path / "mazur.toml").write_text("nor this one")
    assert find_preset("mazur") == shipped_folder() / "mazur.toml"


def test_a_plain_name_may_be_a_file_without_a_suffix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").write_text("")
    assert find_preset("mine") == Path("mine")


@pytest.mark.parametrize("path", ["mazur.toml", "./mazur", "presets/mazur", "/mazur", "x/y.toml"])
def test_a_path_or_a_name_with_the_suffix_is_a_file_there_or_not(path: str) -> None:
    assert find_preset(path) == Path(path)


def test_a_plain_name_of_nothing_is_refused_with_the_nearest_of_all() -> None:
    with pytest.raises(PresetError, match='did you mean "mazur"') as error:
        find_preset("MAZURR")
    assert error.value.line is None
    names = ", ".join(file.stem for file in shipped_presets()[:12])
    with pytest.raises(PresetError, match=f"choose from {names}"):
        find_preset("nothing of the kind")
