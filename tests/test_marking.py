"""Marks: nobody loses points twice or for honest rounding, or has them for a wrong number."""

from __future__ import annotations

import json
import random
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from bptui.audit.judging import Stands, read_number
from bptui.audit.marking import Marked, Marker
from bptui.audit.prepare import prepare
from bptui.cli import main
from bptui.preset.read import parse_preset
from bptui.preset.sheets import read_sheets
from bptui.view.mark_report import as_markdown, why
from tests.audits import preset
from tests.students import Write, by_hand


def marked(answers: str, scheme: str = "", *, text: str = "") -> Marked:
    """Return the marks of a sheet about the small network."""
    setup = prepare(parse_preset(f"{text or preset()}\n[marking]\n{scheme}", "made.toml"))
    sheets = read_sheets(answers, "sheet.txt")
    return Marker(setup, sheets).mark(sheets[0])


def verdicts(sheet: Marked) -> dict[str, str]:
    return {mark.question.name: mark.stands.value for mark in sheet.marks}


def lost(sheet: Marked) -> list[str]:
    return [m.question.name for m in sheet.marks if m.points < m.question.points]


def written(number: float, unit: int, rounding: str) -> str:
    """Return a number to a power of ten, without zeros at its end."""
    told = f"{Decimal(f'{number:.12g}').quantize(Decimal(1).scaleb(unit), rounding=rounding):f}"
    return (told.rstrip("0").rstrip(".") if "." in told else told) or "0"


def to_digits(digits: int, rounding: str = ROUND_HALF_UP) -> Write:
    return lambda x: written(x, Decimal(f"{x:.12g}").adjusted() + 1 - digits, rounding)


def to_decimals(decimals: int, rounding: str = ROUND_HALF_UP) -> Write:
    return lambda x: written(x, -decimals, rounding)


def lines(sheet: dict[str, str]) -> str:
    return "\n".join(f"{name} = {text}" for name, text in sheet.items())


HONEST = {
    **{f"digits = {n}": to_digits(n) for n in (3, 4, 5, 6)},
    **{f"decimals = {n}": to_decimals(n) for n in (2, 3, 4, 6)},
    "digits = 4 # cut": to_digits(4, ROUND_DOWN),
    "decimals = 4 # cut": to_decimals(4, ROUND_DOWN),
    "digits = 3 # with more": to_digits(5),
    "": to_digits(4),
}
"""How students write numbers, by what they are asked for."""


@pytest.mark.parametrize("scheme", HONEST)
def test_honest_rounding_costs_nothing(scheme: str) -> None:
    sheet = by_hand(HONEST[scheme])
    every = marked(lines(sheet).replace(".", ","), scheme)
    assert lost(every) == []
    rng = random.Random(scheme)  # and the numbers between are not told, but were rounded, too
    some = {name: text for name, text in sheet.items() if rng.random() < 0.4}
    assert lost(marked(lines(some), scheme)) == []


SLIPS = {
    "net h1": (lambda x: x - 0.35, "`b1` is left out of the sum"),
    "E o1": (lambda x: 2 * x, "the factor ½ is left out"),
    "dE/dout o1": (lambda x: -x, "the sign is wrong"),
    "dE/dnet h1": (lambda x: x * 1.5, ""),
    "dE/dw5": (lambda x: -x, "the sign is wrong"),
    "w5": (lambda x: 2 * 0.4 - x, "the gradient step is added, not subtracted"),
}


def test_a_plain_zero_is_not_what_follows_from_a_mistake_unless_that_is_zero() -> None:
    answers = "dE/dnet o1 = 0.0137\ndE/dnet o2 = -0.0143\ndE/dnet h1 = {}"
    assert lost(marked(answers.format("0"))) == ["dE/dnet o1", "dE/dnet o2", "dE/dnet h1"]
    assert lost(marked(answers.format("-0.000403"))) == ["dE/dnet o1", "dE/dnet o2"]


def test_a_slip_is_not_told_twice_in_other_words() -> None:
    sheet = marked("dE/dw5 = 0.4398")
    assert why(sheet.marks[0]) == "you get this if dout/dnet o1 is left out of the product"


def test_new_weights_in_the_backward_phase_are_named_where_a_program_first_prints_them() -> None:
    sheet = by_hand(to_digits(8))
    new = sheet["w5"], sheet["w6"]
    some = marked(f"dnet/dout o1 h1 = {new[0]}\ndnet/dout o1 h2 = {new[1]}")
    assert list(verdicts(some).values()) == ["slip", "repeated"]
    assert "the new weights of this update are used" in why(some.marks[0])


@pytest.mark.parametrize("digits", [4, 6])
@pytest.mark.parametrize("name", SLIPS)
def test_one_mistake_costs_its_points_once_and_is_named(name: str, digits: int) -> None:
    change, words = SLIPS[name]
    sheet = marked(lines(by_hand(to_digits(digits), {name: change})), f"digits = {digits}")
    assert lost(sheet) == [name]
    assert sheet.first is not None
    assert sheet.first.finding is not None
    assert sheet.first.finding.slip == words


def test_two_mistakes_cost_two_points_and_what_follows_can_cost_its_own() -> None:
    changes = {name: SLIPS[name][0] for name in ("net h1", "dE/dnet h1")}
    text = lines(by_hand(to_digits(5), changes))
    assert lost(marked(text, "digits = 5")) == ["net h1", "dE/dnet h1"]
    strict = marked(text, "digits = 5\nfollow_through = false")
    assert "out h1" in lost(strict)
    assert "net h2" not in lost(strict)


def test_a_random_number_has_no_points() -> None:
    rng, right = random.Random(5), by_hand(to_digits(5))
    for name in rng.sample([*right], 8):
        wrong = float(right[name]) * rng.choice((-1, 1)) * rng.uniform(1.1, 3)
        assert lost(marked(lines({**right, name: f"{wrong:.5g}"}), "digits = 5")) == [name]


def test_numbers_copied_from_the_key_after_a_mistake_cost_nothing_and_are_flagged() -> None:
    sheet = marked(lines({**by_hand(to_digits(5)), "net h1": "0.0275"}), "digits = 5")
    assert lost(sheet) == ["net h1"]
    assert sheet.flags == (
        "net h1: out h1 is computed from it, but right: copied, or found out later?",
    )


PROGRAMS = {
    "no slope": ("dout/dnet o1", "everywhere, the activation's slope is left out, as if it were 1"),
    "factor 2": ("dE/dout o1", "everywhere, a factor of 1/2 is missing, or a 2 is extra"),
    "added": ("w1", "everywhere, the gradient step is added, not subtracted"),
    "sequential": (
        "dE/dout h1",
        "everywhere, the new weights of this update are used, not the old ones",
    ),
}


@pytest.mark.parametrize("fault", PROGRAMS)
def test_the_first_number_where_a_program_is_wrong_is_named(fault: str) -> None:
    numbers = {name: float(text) for name, text in by_hand(repr, fault=fault).items()}
    row = {"iteration": 1, "phase": "update", "quantities": numbers}
    sheet = marked(json.dumps(row))
    assert sheet.first is not None
    assert sheet.first.finding is not None
    assert (sheet.first.question.name, sheet.first.finding.slip) == PROGRAMS[fault]


def test_one_fault_of_a_program_costs_its_points_once_in_all_iterations(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "program.toml"
    program.write_text(preset(training='update = "sequential"'), "utf-8")
    assert main(["trace", str(program), "--iterations", "3", "--json"]) == 0
    sheet = marked(capsys.readouterr().out)
    assert len(sheet.marks) > 300
    assert lost(sheet) == ["dnet/dout o1 h1 at 1 backward"]


SOFTMAX = """
[training]
learning_rate = 0.5
loss = "categorical_cross_entropy"
reduction = "mean"
[[layers]]
name = "in"
neurons = ["i"]
[[layers]]
name = "out"
neurons = ["a", "b"]
activation = "softmax"
weights = [[0.3, -0.8]]
[[samples]]
input = [0.5]
target = [1, 0]
[[samples]]
input = [-1.5]
target = [0, 1]
"""


@pytest.mark.parametrize(
    ("answers", "slip"),
    [
        # exp(0.15) / (exp(0.15) + exp(-0.45)), exp(-0.4) / (exp(-0.4) + exp(1.2))
        ("out a @1 = 0.645656\nout b @1 = 0.167982", "everywhere, softmax is taken over the"),
        # -1 / out a @1, without 1/2
        ("dE/dout a @1 = -1.57695\ndE/dout b @2 = -1.19205", "everywhere, it is not divided by"),
    ],
)
def test_slips_of_programs_with_batches(answers: str, slip: str) -> None:
    sheet = marked(answers, "digits = 5", text=SOFTMAX)
    assert sheet.first is not None
    assert sheet.first.finding is not None
    assert sheet.first.finding.slip.startswith(slip)


def test_how_answers_stand() -> None:
    sheet = marked("net h1 = 0.3775\nout h1 = 0.61\nout o1 = 1\nE =\nw5 = x\nE o1 = 0.27")
    assert verdicts(sheet) == {
        "net h1": "right",
        "out h1": "wrong",
        "out o1": "wrong",
        "E o1": "too few digits",
        "E": "blank",
        "w5": "unreadable",
    }
    assert sheet.points == 1


def test_what_is_trivially_gained_is_flagged() -> None:
    sheet = marked("dE/dnet o1 = 0\ndE/dw5 = 0\ndE/dw6 = 0", "digits = 4")
    assert sheet.points == 2
    assert len(sheet.flags) == 3


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0,3589", "0.3589"),
        ("−1/8", "-0.125"),
        ("½", "0.5"),
        ("1.234,5", "1234.5"),
        ("1,234.5", "1234.5"),
        ("1 234 567", "1234567"),
        ("1’234.5", "1234.5"),
        ("1,234", "1.234"),
        ("12,5 %", "0.125"),
        ("1,2·10⁻³", "1.2e-3"),
        ("much", None),
        ("1,2,3", None),
        ("nan", None),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, number: str | None) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "net h1 = 0,3775; E at 1 forward = 0.2984\n[1 update]\nw5: 0,3589",
        "address;value;phase\nnet h1;0,3775;\nE;0,2984;forward\nw5;0,3589;",
        "name;net h1;E;w5;\r\nAnna;0,3775;0,2984;0,3589;;\r\n",
        '{"iteration": 1, "phase": "update", "quantities": {"net h1": 0.3775, "E": 0.2984, '
        '"w5": 0.3589}}',
        '[expected.1.forward]\n"net h1" = "0.3775"\nE = "0.2984"\n'
        '[expected.1.update]\nw5 = "0.3589"',
        '[expected.1.forward]\nnet h1 = 0,3775\n"E" = 0,2984\n[expected.1.update]\nw5 = "0.3589"',
    ],
)
def test_every_form_of_answers_is_read(text: str) -> None:
    sheet = marked(text, "digits = 4")
    assert (sheet.points, sheet.of, sheet.broken) == (3, 3, ())


@pytest.mark.parametrize(
    "text",
    [
        "[expected-x]\nE = x",
        f"[expected.1.forward]\nE = {'9' * 5000}",
        f'{{"E": {"9" * 5000}}}',
        '{"E": 1e999, "w5": [NaN]}',
        f"E = 1e{'9' * 5000}\nw5 = 9**9**9",
        "[" * 100_000,
        "E = x at" + " " * 100_000 + "!",
        "E = " + "a at " * 50_000 + "!",
        "\n" * 500_000 + "E = x",
        "net" + " " * 100_000 + "h1 = 1",
    ],
    ids=lambda text: text[:16],
)
def test_nonsense_is_no_number(text: str) -> None:
    sheet = marked(text, "digits = 4")
    assert sheet.points == 0
    assert all(mark.stands is Stands.UNREADABLE for mark in sheet.marks)


def test_a_broken_row_costs_that_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = ["name,mail,net h1,E", "Anna,a@b,0.3775,0.2984", "Bert,c@d,0,3775,0.2984"]
    rows += ['Cy,e@f,"0.3775,0.2984', "Anna,g@h,0.3775,0.2984"]
    Path("class.csv").write_text("\n".join(rows))
    Path("other.csv").write_bytes(b"\xff\xfe")
    assert main(["mark", "mazur", "other.csv", "class.csv", "--format", "csv"]) == 1
    out, err = capsys.readouterr()
    cells = [line.split(",") for line in out.splitlines()]
    assert [(c[0], c[3]) for c in cells] == [
        *(("name", "total"), ("Anna", "2"), ("Bert", "0")),
        *(("Anna (line 5)", "2"), ("line 4", "0")),
    ]
    told = [line.split(";")[0].split(", ")[0] for line in err.splitlines()]
    assert told == [
        "bptui: other.csv:1: not UTF-8",
        "bptui: class.csv:1: no quantity or parameter mail",
        "bptui: class.csv:3: 5 cells",
        'bptui: class.csv:5: another "Anna" is in line 2',
        "bptui: class.csv:4: a quote is not closed",
    ]


def test_feedback_says_what_to_look_at_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = prepare(parse_preset(preset(), "made.toml"))
    (sheet,) = read_sheets("net h1 = 0.0275\nout h1 = 0.507\nE = *1*", "Zoë.txt")
    told = as_markdown(Marker(setup, [sheet]).mark(sheet), setup)
    assert "**Zoë**: 1 of 3 points, 0 of 3 answers right." in told
    assert "Look at net h1 first: you wrote 0.0275, and it should be 0.3775. " in told
    assert r"| E | \*1\* | 0 / 1 | ? not a number; it is 0.298371 |" in told
    monkeypatch.chdir(tmp_path)
    for folder in ("a", "b"):  # two sheets of one name
        Path(folder).mkdir()
        Path(folder, "Zoë.txt").write_text("E = 0.298")
    assert (
        main(
            ["mark", "mazur", "a/Zoë.txt", "b/Zoë.txt", "--format", "markdown", "--out", "feedback"]
        )
        == 0
    )
    assert sorted(file.name for file in Path("feedback").iterdir()) == ["zoe-2.md", "zoe.md"]


def test_the_same_seed_makes_the_same_exercises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
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
