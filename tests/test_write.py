"""What is written of a preset reads back the same, bit for bit."""

from __future__ import annotations

import re
from dataclasses import replace as with_fields
from pathlib import Path

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bptui.preset.find import shipped_presets
from bptui.preset.limits import MAX_BYTES
from bptui.preset.model import Bias, Layer, Notation, Preset, Sample, Weight
from bptui.preset.read import parse_preset, read_preset
from bptui.preset.validate import RESERVED
from bptui.preset.write import write_preset
from tests.networks import Sketch, dense, examples, networks, problem_from
from tests.presets import MATRIX, assert_same, bare, message, reread, shipped

HARSH = (-0.0, 0.0, 1e-320, 5e-324, -5e-324, 1e300, -1.79e308, 1e16, 1e15, 123456.0, 0.1 + 0.2)
numbers = st.sampled_from(HARSH) | st.floats(allow_nan=False, allow_infinity=False)
HOSTILE = (
    *('"', "'", "\\", '"""', "\\u0041", "\n", "\r\n", "\t", "\b\f", "\0", "\x1b[2J", "\x7f"),
    *("\x85", "\u2028", "\u202e", "\ufeff", "\U000e0041", "# no", "[x]", "{}", "é", "中", "😀"),
)
texts = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=4), max_size=4).map("".join)
names = (
    st.tuples(st.sampled_from("abwxyz_é中Ж"), st.text("abc019_'.()[]é३", max_size=5))
    .map("".join)
    .filter(lambda name: name not in RESERVED)
)


@pytest.mark.parametrize(
    "file",
    [file for file in shipped_presets() if "initializer" not in file.read_text("utf-8")],
    ids=lambda file: file.stem,
)
def test_a_shipped_preset_is_written_as_it_stands(file: Path) -> None:
    preset = read_preset(file)
    by_hand = re.split(r"\n(?=\[expected\.|\[\[claims|\[\[notes)", preset.text)[0]
    by_hand = re.sub(r" +#.*", "", by_hand)
    by_hand = re.sub(r"(\.\d+?)0+\b", r"\1", by_hand)
    assert write_preset(preset) == by_hand
    assert_same(reread(preset), preset)


@examples(60)
@given(networks())
def test_any_network_reads_back_the_same(sketch: Sketch) -> None:
    preset = sketch.setup().preset
    assert_same(reread(preset), preset)


notations = texts.map(lambda text: text.replace("{", "").replace("}", "")).flatmap(
    lambda text: st.sampled_from((f"x{text}", f"{text}{{}}"))
)


@st.composite
def hostile(draw: st.DrawFn) -> Preset:
    """Draw a preset with all that names, texts and numbers may be."""
    preset = _renamed(draw, draw(networks()).setup().preset)
    rate = abs(draw(numbers))
    titles = draw(st.lists(texts, min_size=len(preset.layers), unique=True))

    def some(row: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(draw(numbers) for _ in row)

    return replace(
        preset,
        title=draw(texts),
        topic=draw(texts),
        summary=draw(texts),
        source=draw(texts),
        training=replace(preset.training, learning_rate=rate),
        notation=replace(preset.notation, net=draw(notations), out=draw(notations)),
        layers=tuple(
            replace(layer, name=title) for layer, title in zip(preset.layers, titles, strict=False)
        ),
        weights={name: replace(w, value=draw(numbers)) for name, w in preset.weights.items()},
        biases={name: replace(b, value=draw(numbers)) for name, b in preset.biases.items()},
        samples=tuple(Sample(some(s.input), some(s.target or ())) for s in preset.samples),
        file="",
    )


def _renamed(draw: st.DrawFn, preset: Preset) -> Preset:
    """Return a preset with other names of neurons and parameters."""
    neurons = [name for layer in preset.layers for name in _names(layer)]
    old = (*neurons, *preset.weights, *preset.biases)
    drawn = draw(st.lists(names, min_size=len(old), max_size=len(old), unique=True))
    new = dict(zip(old, drawn, strict=True))

    def to(bias: Bias) -> str | tuple[str, ...]:
        return new[bias.to] if isinstance(bias.to, str) else tuple(new[n] for n in bias.to)

    frozen_too = tuple(new[name] for name in preset.training.frozen)
    return replace(
        preset,
        training=replace(preset.training, frozen=frozen_too),
        layers=tuple(
            replace(layer, neurons=tuple(new[n] for n in _names(layer))) for layer in preset.layers
        ),
        weights={
            new[name]: replace(w, source=new[w.source], to=new[w.to])
            for name, w in preset.weights.items()
        },
        biases={new[name]: replace(b, to=to(b)) for name, b in preset.biases.items()},
    )


def _names(layer: Layer) -> tuple[str, ...]:
    assert isinstance(layer.neurons, tuple)
    return layer.neurons


@examples(60)
@given(hostile(), texts)
def test_hostile_texts_names_and_numbers_read_back_the_same(preset: Preset, comment: str) -> None:
    assert_same(reread(preset, comment), preset)
    assert write_preset(reread(preset)) == write_preset(preset)


@given(st.text(max_size=40))
@examples(60)
def test_what_is_written_can_be_shown_on_any_terminal(text: str) -> None:
    preset = replace(shipped(), title=text, source=text)
    assert all(line.isprintable() for line in write_preset(preset, text).split("\n"))


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0.15, "0.15"),
        (2.0, "2.0"),
        (-0.0, "-0.0"),
        (1e-320, "1e-320"),
        (1e300, "1e+300"),
        (0.1 + 0.2, "0.30000000000000004"),
    ],
)
def test_a_parameter_has_all_digits(number: float, written: str) -> None:
    preset = shipped()
    weights = preset.weights | {"w1": replace(preset.weights["w1"], value=number)}
    text = write_preset(replace(preset, weights=weights))
    assert f'\nw1 = {{ from = "i1", to = "h1", value = {written} }}\n' in text


@pytest.mark.parametrize(
    ("row", "written"),
    [
        ((0.0, 1.0), "[0, 1]"),
        ((0.5, 1.0), "[0.5, 1.0]"),
        ((-0.0, 1.0), "[-0.0, 1.0]"),
        ((1e16, 1.0), "[1e+16, 1.0]"),
        ((-3.0, 1e15), "[-3, 1000000000000000]"),
    ],
)
def test_whole_numbers_of_a_sample_are_written_without_a_point(
    row: tuple[float, ...], written: str
) -> None:
    preset = replace(shipped(), samples=(Sample(row, (0.5, 0.5)),))
    assert f"input  = {written}\n" in write_preset(preset)
    assert_same(reread(preset), preset)


def test_only_what_differs_from_the_defaults_is_written() -> None:
    preset = replace(shipped("pandey"), source="", topic="", summary="")
    preset = replace(preset, notation=Notation(out="a_{}", outputs=("ŷ1", 'y"2'), new="{}⁺"))
    training = replace(preset.training, batch=1, first_batch=2, reduction="mean", frozen=("w1",))
    preset = replace(preset, training=training, samples=preset.samples * 2)
    assert write_preset(preset).split("\n[[layers]]")[0] == (
        'title = "Training a Neural Network with Backpropagation - Mathematics"\n\n'
        '[notation]\nout = "a_{}"\noutputs = ["ŷ1", "y\\"2"]\nnew = "{}⁺"\n\n'
        '[training]\nlearning_rate = 0.01\nloss = "half_squared_error"\nbatch = 1\n'
        'first_batch = 2\nreduction = "mean"\nfrozen = ["w1"]\n'
    )
    assert_same(reread(preset), preset)


def test_many_parameters_stand_in_columns_and_long_lists_in_lines() -> None:
    text = write_preset(dense((40, 1, 1)).setup().preset)
    assert '\nw9  = { from = "i9", to = "h1", value = ' in text
    assert '\nw10 = { from = "i10", to = "h1", value = ' in text
    assert '\nneurons = [\n    "i1", "i2", ' in text
    assert max(map(len, text.split("\n"))) <= 100
    assert text.count('"i40"') == 2


def test_a_parameter_stands_in_one_line() -> None:
    sketch = dense((1, 40))
    (*weights, first) = sketch.parameters[:41]
    shared = with_fields(first, targets=sketch.layers[1].neurons)
    preset = with_fields(sketch, parameters=(*weights, shared)).setup().preset
    assert re.search(r'\nb1 = { to = \["o1", .*, "o40"\], value = .* }\n', write_preset(preset))
    assert_same(reread(preset), preset)


def test_a_long_name_does_not_widen_all_others() -> None:
    preset = shipped()
    weights = {"w" * 9999: preset.weights["w1"], "w2": preset.weights["w2"]}
    text = write_preset(replace(preset, weights=weights, biases={}))
    assert len(text) < 11_000
    assert "\n\n[weights]\nwww" in text
    assert "[biases]" not in text


@pytest.mark.parametrize(
    ("comment", "first"),
    [
        ("", "title"),
        (" \r\n", "title"),
        ("by bptui", "# by bptui\n\ntitle"),
        ("a\nb = 1\r[c]\u2028\x1b\ud800", "# a b = 1 [c]\n\ntitle"),
        ("# é", "# # é\n\ntitle"),
    ],
)
def test_the_comment_is_one_line_at_the_top(comment: str, first: str) -> None:
    preset = shipped()
    assert write_preset(preset, comment).startswith(f"{first}   = ")
    assert_same(reread(preset, comment), preset)


def test_a_title_of_a_file_name_that_is_not_unicode_can_still_be_read() -> None:
    assert reread(replace(shipped(), title="a\udc80b")).title == "a\ufffdb"


def test_a_preset_has_the_numbers_of_its_matrices_by_name() -> None:
    text = write_preset(problem_from(MATRIX).preset)
    assert 'w_i2_o1 = { from = "i2", to = "o1", value = 0.5 }\n\n[biases]' in text
    assert "seed" not in text
    assert_same(parse_preset(text, "drawn.toml"), problem_from(MATRIX).preset)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_what_is_not_finite_cannot_be_written(number: float) -> None:
    preset = shipped()
    weights = preset.weights | {"w3": Weight("i1", "h2", number)}
    biases = preset.biases | {"b2": replace(preset.biases["b2"], value=number)}
    training = replace(preset.training, learning_rate=number)
    mend = "but a preset holds only finite numbers; go back to an earlier iteration"
    for wrong, said in (
        (replace(preset, weights=weights), f"w3 is {number}, {mend}"),
        (replace(preset, biases=biases), f"b2 is {number}, {mend}"),
        (
            replace(preset, training=training),
            f"the learning rate is {number}; give a finite number",
        ),
        (_sampled((number, 1.0), (0.0, 0.0)), f"sample 2 has {number}; give a finite number"),
        (_sampled((1.0, 1.0), (0.0, number)), f"sample 2 has {number}; give a finite number"),
    ):
        assert message(lambda wrong=wrong: write_preset(wrong)) == said  # type: ignore[misc]


def _sampled(given: tuple[float, ...], wanted: tuple[float, ...]) -> Preset:
    preset = shipped()
    return replace(preset, samples=(*preset.samples, Sample(given, wanted)))


def test_a_negative_learning_rate_cannot_be_written() -> None:
    preset = shipped()
    wrong = replace(preset, training=replace(preset.training, learning_rate=-0.5))
    said = "the learning rate is -0.5, but a preset needs a positive one; edit it"
    assert message(lambda: write_preset(wrong)) == said


def test_names_made_of_the_longest_ones_can_be_read_again() -> None:
    long = "n" * 59
    text = MATRIX.replace("neurons = 2", f'neurons = ["{long}1", "{long}2"]')
    preset = parse_preset(text.replace("neurons = 1", f'neurons = ["{long}3"]'), "f.toml")
    assert min(map(len, (*preset.weights, *preset.biases))) > 60
    assert bare(reread(preset)) == bare(preset)


def test_more_than_can_be_read_again_is_not_written() -> None:
    sample = Sample((0.1234567890123456,) * 1000, (1.0,))
    preset = replace(shipped(), samples=(sample,) * 450)
    assert message(lambda: write_preset(preset)) == (
        "over the limit of 4 MiB for a preset; save a smaller network or fewer samples"
    )
    assert len(write_preset(replace(preset, samples=(sample,) * 150)).encode()) <= MAX_BYTES


def test_characters_that_cannot_be_seen_are_escaped() -> None:
    title = 'a"b\\c\b\t\n\f\r\0\x7f\u2028\U000e0041é'
    said = r'"a\"b\\c\b\t\n\f\r\u0000\u007f\u2028\U000e0041é"'
    assert f"title   = {said}\n" in write_preset(replace(shipped(), title=title))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_one_toml_string(text: str) -> None:
    said = {"title": text, "source": "", "topic": text, "summary": text}
    written = write_preset(replace(shipped(), **said))
    assert [tomli.loads(written)[key] for key in ("title", "topic", "summary")] == [text] * 3
    assert written.split("\n")[3:5] == ["", "[notation]"]
