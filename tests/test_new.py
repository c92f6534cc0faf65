"""A new preset runs, is what was asked for, and overwrites nothing by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from bptui.audit.prepare import prepare
from bptui.cli import main
from bptui.engine.functions import ACTIVATIONS, LOSSES
from bptui.preset.read import parse_preset, read_preset
from bptui.story.new_preset import Wanted, new_preset
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline


def made(wanted: Wanted) -> Setup:
    """Return the setup of a new preset."""
    return prepare(parse_preset(new_preset(wanted), "new.toml"))


@pytest.mark.parametrize("shape", [(1, 1), (2, 3, 1), (2, 2, 2, 2), (6, 7, 1), (10, 9, 2)])
def test_a_new_preset_has_its_shape(shape: tuple[int, ...]) -> None:
    assert made(Wanted(shape)).preset.shape == shape


@pytest.mark.parametrize("name", [name for name, a in ACTIVATIONS.items() if a.other_slope is None])
def test_hidden_layers_and_outputs_have_any_activation(name: str) -> None:
    layers = made(Wanted((2, 2, 2), activation=name, output=name)).preset.layers
    assert [layer.activation for layer in layers] == [None, name, name]


@pytest.mark.parametrize("loss", LOSSES)
def test_the_outputs_go_with_the_loss(loss: str) -> None:
    setup = made(Wanted((2, 2, 2), loss=loss))
    assert setup.preset.training.loss == loss
    assert Timeline(setup).losses(3).shape == (3,)


def test_the_loss_goes_with_softmax() -> None:
    assert made(Wanted((2, 2), output="softmax")).preset.training.loss == (
        "categorical_cross_entropy"
    )


def test_another_seed_gives_other_numbers_and_the_same_the_same() -> None:
    texts = [new_preset(Wanted((2, 2), seed=seed)) for seed in (1, 2, 1)]
    assert texts[0] != texts[1]
    assert texts[0] == texts[2]


def test_it_is_printed_or_saved_but_overwrites_nothing_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "2-1"]) == 0
    text = capsys.readouterr().out
    assert main(["new", "2-1", "-o", "my new.toml"]) == 0
    told = "Saved as my new.toml; to step through it: bptui 'my new.toml'\n"
    assert capsys.readouterr().out == told
    assert main(["new", "2-2", "-o", "my new.toml"]) == 2
    assert "my new.toml already exists" in capsys.readouterr().err
    assert Path("my new.toml").read_text("utf-8") == text
    assert main(["new", "2-2", "-o", "my new.toml", "--force"]) == 0
    assert "2-2" in Path("my new.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("shape", "rows", "target"),
    [
        ("2-1", ["a,b,c", "1,2,0.5"], ('input = ["a", "b"]', 'target = "c"')),
        ("2-2", ["a,b,kind", "1,2,x", "3,4,y"], ('input = ["a", "b"]', 'target = "kind"')),
        ("1-2", ["a;b;c", "1;2;3,5"], ('input = ["a"]', 'target = ["b", "c"]')),
        ("2-1", ["1,2,0.5", "1,2,0.25"], ("input = [1, 2]", "target = 3")),
    ],
)
def test_samples_come_from_a_file(
    shape: str,
    rows: list[str],
    target: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sub").mkdir()
    Path("d.csv").write_text("\n".join(rows), "utf-8")
    assert main(["new", shape, "--csv", "d.csv", "-o", "sub/new.toml"]) == 0
    text = Path("sub/new.toml").read_text("utf-8")
    assert "\n".join(['csv = "../d.csv"', *target]) in text
    assert prepare(read_preset("sub/new.toml")).inputs.shape[1] == int(shape[0])


def test_a_file_with_too_few_columns_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "d.csv"
    file.write_text("a,b\n1,2\n", "utf-8")
    assert main(["new", "2-1", "--csv", str(file)]) == 2
    told = f"bptui: {file} has 2 columns; 2 inputs and a target need 3\n"
    assert capsys.readouterr().err == told
