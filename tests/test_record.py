"""Figures are recorded into an author's file: right, in their place, and nothing else changes."""

from __future__ import annotations

import difflib
import json
from pathlib import Path

import pytest
import tomli

from bptui.cli import main
from bptui.preset.find import shipped_presets
from bptui.preset.record import with_figures
from tests.presets import shipped

MAZUR = shipped("mazur").text
AT = (2, "backward")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "my.toml"
    file.write_text(MAZUR, "utf-8", newline="")
    return file


def record(file: Path, *words: str) -> int:
    return main(["record", str(file), *words])


def added(before: str, after: str) -> list[str]:
    """Return the lines that were added; assert that none was changed or taken away."""
    found = [*difflib.ndiff(before.splitlines(), after.splitlines())]
    assert not [line for line in found if line.startswith("- ")]
    return [line[2:] for line in found if line.startswith("+ ")]


def test_what_a_phase_computes_is_recorded_and_right(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert record(file, "--at", "2 backward") == 0
    lines = [line for line in added(MAZUR, file.read_text("utf-8")) if line]
    assert lines[0] == "[expected.2.backward]"
    assert f"{len(lines) - 1} figures at 2 backward recorded in {file}" in capsys.readouterr().out
    assert main(["check", str(file), "--json"]) == 0
    rows = map(json.loads, capsys.readouterr().out.splitlines())
    found = [row["verdict"] for row in rows if (row.get("iteration"), row.get("phase")) == AT]
    assert found == ["match"] * (len(lines) - 1)


def test_figures_that_are_there_are_kept_unless_forced(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--at", "1 backward", "dE/dw5", "dE/dw6", "--digits", "4")
    assert record(file, *words) == 0
    assert added(MAZUR, file.read_text("utf-8")) == ['"dE/dw6" = "0.0827"']
    assert capsys.readouterr().out.endswith("; 1 figure there already (--force replaces)\n")
    assert record(file, *words) == 0
    assert capsys.readouterr().out.startswith("Nothing to record; 2 figures there already")
    assert record(file, *words, "--force") == 0
    figures = tomli.loads(file.read_text("utf-8"))["expected"]["1"]["backward"]
    assert (figures["dE/dw5"], figures["dE/dw6"]) == ("0.0822", "0.0827")


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ("3", '--at: "3" is not a moment; moments look like "1 backward", or "start"'),
        ("start", '--at start: nothing is computed there; use --at "1 forward"'),
        ("10000001 update", "--at 10000001 update: the last possible iteration is 10,000,000"),
        ("1 forward", "dE/dw5 is not known at 1 forward; use 1 backward"),
        ("200000 update", "{file}: with these figures: iteration 200000 is too far to check; "),
    ],
)
def test_what_cannot_be_recorded_changes_nothing(
    file: Path, at: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert record(file, "--at", at, "dE/dw5") == 2
    assert capsys.readouterr().err.startswith(f"bptui: {message.format(file=file)}")
    assert file.read_text("utf-8") == MAZUR
    assert [*file.parent.iterdir()] == [file]


def test_a_number_that_is_not_finite_is_not_recorded(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = MAZUR.replace("learning_rate = 0.5", "learning_rate = 1e300").replace(
        "sigmoid", "linear"
    )
    text = text.partition("[expected")[0]
    file.write_text(text, "utf-8")
    assert record(file, "--at", "3 forward", "E") == 2
    assert "at 3 forward; record an earlier moment" in capsys.readouterr().err
    assert file.read_text("utf-8") == text


def test_windows_keeps_its_line_ends_and_its_mark(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + MAZUR.replace("\n", "\r\n").encode())
    assert record(file, "--at", "3 forward", "E") == 0
    data = file.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == data.count(b"\n") == MAZUR.count("\n") + 3


PATHS = [("expected", "1", "forward", "a b"), ("expected", "9", "update", "w9")]


@pytest.mark.parametrize("name", [file.stem for file in shipped_presets()])
def test_nothing_else_in_a_shipped_preset_changes(name: str) -> None:
    text = shipped(name).text
    once = with_figures(text, dict.fromkeys(PATHS, "1"))
    assert {"[expected.9.update]", '"a b" = "1"'} <= {*added(text, once)}
    again = with_figures(once, {("expected", "9", "forward", "E"): "2"})
    assert "[expected.9.forward]" in added(once, again)


def test_comments_stay_with_what_they_are_about() -> None:
    text = '[expected.1.forward] # here\nE = "1" # so\n\n# notes\n[[notes]]\nmoment = "start"\n'
    assert with_figures(text, dict.fromkeys(PATHS, "2")) == (
        '[expected.1.forward] # here\nE = "1" # so\n"a b" = "2"\n\n'
        '[expected.9.update]\nw9 = "2"\n\n# notes\n[[notes]]\nmoment = "start"\n'
    )


@pytest.mark.parametrize(
    "text", ['expected = {1 = {forward = {E = "2"}}}\n', 'expected.1.forward.E = "2"\nz = 1\n']
)
def test_figures_go_into_tables_of_any_kind(text: str) -> None:
    document = tomli.loads(with_figures(text, dict.fromkeys(PATHS, "1")))
    figures = {"1": {"forward": {"E": "2", "a b": "1"}}, "9": {"update": {"w9": "1"}}}
    assert document.pop("expected") == figures
    assert document in ({}, {"z": 1})


def test_tables_that_stand_apart_are_not_moved() -> None:
    text = '[expected.1]\nforward = {E = "1"}\n[[notes]]\na = 1\n[expected.1.backward]\nb = "1"\n'
    with pytest.raises(ValueError, match="stand apart"):
        with_figures(text, dict.fromkeys(PATHS, "1"))
