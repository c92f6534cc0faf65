"""Marks: nobody loses points twice or for honest rounding, or has them for a wrong number."""

from __future__ import annotations

import pytest

from bptui.audit.marking import Marked, Marker
from bptui.audit.prepare import prepare
from bptui.cli import main
from bptui.preset.answers import read_answers
from bptui.preset.read import parse_preset
from tests.audits import exact, preset, sigmoid

WAY = ("net h1", "net h2", "out h1", "out h2", "net o1", "net o2", "out o1", "out o2", "E o1", "E")
BACK = ("dE/dnet o1", "dE/dw5", "dE/dw6", "dE/dnet h1", "dE/dw1", "w5", "w6")


def marked(answers: str, scheme: str = "") -> Marked:
    """Return the marks of a sheet about the small network."""
    setup = prepare(parse_preset(f"{preset()}\n[marking]\n{scheme}", "made.toml"))
    sheets = read_answers(answers, "sheet.txt")
    return Marker(setup, sheets).mark(sheets[0])


def verdicts(sheet: Marked) -> dict[str, str]:
    return {mark.question.name: mark.verdict for mark in sheet.marks}


def lines(numbers: dict[str, float], digits: int) -> str:
    return "\n".join(f"{name} = {value:.{digits}g}" for name, value in numbers.items())


@pytest.mark.parametrize("digits", [3, 4, 6])
def test_honest_rounding_costs_nothing(digits: int) -> None:
    numbers = {name: exact(preset())[name] for name in (*WAY, *BACK)}
    sheet = marked(lines(numbers, digits), f"digits = {digits}")
    assert sheet.points == sheet.of == len(numbers)


@pytest.mark.parametrize("digits", [4, 6])
def test_one_mistake_costs_its_points_once(digits: int) -> None:
    numbers = {name: exact(preset())[name] for name in WAY}
    numbers["net h1"] -= 0.35  # the bias is left out
    numbers["out h1"] = sigmoid(numbers["net h1"])
    numbers["net o1"] = 0.4 * numbers["out h1"] + 0.45 * numbers["out h2"] + 0.6
    numbers["out o1"] = sigmoid(numbers["net o1"])
    del numbers["net o2"], numbers["out o2"], numbers["E"]
    numbers["E o1"] = (0.01 - numbers["out o1"]) ** 2 / 2
    sheet = marked(lines(numbers, digits), f"digits = {digits}")
    assert sheet.first is not None
    assert sheet.first.question.name == "net h1"
    assert "slip" in verdicts(sheet).values()
    assert sheet.points == sheet.of - 1
    strict = marked(lines(numbers, digits), f"digits = {digits}\nfollow_through = false")
    assert strict.points == 2


def test_a_wrong_number_has_no_points() -> None:
    sheet = marked("net h1 = 0.3775\nout h1 = 0.61\nout o1 = 0.7\nE =\nw5 = x", "digits = 4")
    assert verdicts(sheet) == {
        "net h1": "right",
        "out h1": "wrong",
        "out o1": "wrong",
        "E": "blank",
        "w5": "unreadable",
    }
    assert sheet.points == 1


def test_too_few_digits_and_zeros_at_the_end() -> None:
    assert verdicts(marked("out h1 = 0.6", "digits = 4")) == {"out h1": "too few digits"}
    assert verdicts(marked("input x1 = 0.05", 'digits = 4\nask = ["input x1"]')) == {
        "input x1": "right"
    }


def test_what_follows_from_0_is_flagged() -> None:
    sheet = marked("dE/dnet o1 = 0\ndE/dw5 = 0\ndE/dw6 = 0", "digits = 4")
    assert sheet.points == 2
    assert len(sheet.flags) == 3


@pytest.mark.parametrize(
    "text",
    [
        "net h1 = 0,3775; E at 1 forward = 0.2984\n[1 update]\nw5: 0,3589",
        "address;value;phase\nnet h1;0,3775;\nE;0,2984;forward\nw5;0,3589;",
        "name;net h1;E;w5\nAnna;0,3775;0,2984;0,3589",
        '{"iteration": 1, "phase": "update", "quantities": {"net h1": 0.3775, "E": 0.2984, '
        '"w5": 0.3589}}',
        '[expected.1.forward]\n"net h1" = "0.3775"\nE = "0.2984"\n'
        '[expected.1.update]\nw5 = "0.3589"',
    ],
)
def test_every_form_of_answers_is_read(text: str) -> None:
    sheet = marked(text, "digits = 4")
    assert (sheet.points, sheet.of, sheet.broken) == (3, 3, ())


def test_a_broken_row_costs_that_row(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(str(tmp_path))
    with open("class.csv", "w") as stream:
        stream.write("name,net h1,E\nAnna,0.3775,0.2984\nBert,0,3775,0.2984\nCy,0.3775,0.2984\n")
    assert main(["mark", "mazur", "class.csv", "--format", "csv"]) == 1
    out, err = capsys.readouterr()
    assert [line.split(",")[3] for line in out.splitlines()] == ["total", "2", "0", "2"]
    assert err.startswith("bptui: Bert: line 3: 4 cells")


def test_the_same_seed_makes_the_same_exercises(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pathlib import Path

    monkeypatch.chdir(str(tmp_path))
    for folder in ("a", "b"):
        assert main(f"vary mazur --count 2 --seed 7 --out {folder}".split()) == 0
    files = sorted(file.name for file in Path("a").iterdir())
    assert len(files) == 13  # with the list of who has which
    assert all((Path("a") / f).read_bytes() == (Path("b") / f).read_bytes() for f in files)
    assert main(["vary", "mazur", "--count", "2", "--seed", "7", "--out", "a"]) == 2
    assert main(["check", "a/1-key.toml"]) == 0
    capsys.readouterr()
    Path("1.toml").write_bytes(Path("a/1-key.toml").read_bytes())
    assert main(["mark", "a", "1.toml"]) == 0
    assert "31 of 31 points" in capsys.readouterr().out
