"""`bptui explain`: where numbers come from, as text, Markdown, LaTeX and data."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bptui.audit.prepare import prepare
from bptui.cli import main
from bptui.preset.find import find_preset
from bptui.preset.read import read_preset
from bptui.story.address import all_quantities, parse_quantity
from bptui.story.moment import parse_moment
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline
from bptui.story.values import value
from bptui.view.explain_report import DIGITS
from bptui.view.latex import latex_number
from bptui.view.numbers import show
from tests.commands import OnATerminal
from tests.networks import dense
from tests.sessions import VARIED
from tests.test_formula_text import python_value, unbalanced

Explain = Callable[..., str]
KEYS = ["quantity", "at", "symbols", "numbers", "expression", "value", "parts", "figures"]


@pytest.fixture
def explain(capsys: pytest.CaptureFixture[str]) -> Explain:
    """Return the command: its arguments in, what it prints out."""

    def run(*argv: str) -> str:
        assert main(["explain", *argv]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        return out

    return run


def rows_of(text: str) -> list[dict[str, object]]:
    """Return the objects of a text with one a line, in JSON that has no NaN."""
    return [json.loads(line, parse_constant=pytest.fail) for line in text.splitlines()]


def problem_of(name: str) -> Setup:
    """Return a shipped preset as a setup."""
    return prepare(read_preset(find_preset(name)))


# text


def test_text_is_the_formula_the_numbers_and_the_value(explain: Explain) -> None:
    lines = explain("mazur", "dE/dw5").splitlines()
    assert lines[:4] == [
        "dE/dw5 at 1 backward",
        "  ∂E_total/∂w₅ = ∂E_total/∂out_o₁ × ∂out_o₁/∂net_o₁ × ∂net_o₁/∂w₅",
        "    = 0.741365070 × 0.186815602 × 0.593269992",
        "    = 0.082167041",
    ]


def test_text_has_the_sum_over_paths_and_what_is_to_be_said(explain: Explain) -> None:
    text = explain("pandey", "dE/dw1")
    assert "  ∂E_total/∂w₁ = ∂E_z₃/∂w₁ + ∂E_z₄/∂w₁\n" in text
    assert "    = 0.000694690 + (-0.000211326)\n" in text
    assert text.count("    = 0.000483365\n") == 2
    assert "  ! Uses w5 and w6 from before" in text


def test_the_authors_notes_are_told(explain: Explain) -> None:
    assert "The minus sign comes from the inner derivative" in explain("mazur", "dE/dout o1")
    later = explain("mazur", "dE/dout o1", "--at", "2 backward")
    assert "The minus sign" not in later


@pytest.mark.parametrize(
    ("quantity", "at", "told"),
    [
        ("input i1", "start", "0.05, from the preset"),
        ("target o2", "start", "0.99, from the preset"),
        ("w5", "start", "0.4, from the preset"),
        ("b1", "start", "0.35, from the preset, frozen"),
        ("b1", "7 update", "0.35, from the preset, frozen"),
        ("dnet/db1 h1", "1 backward", "1.0, a bias is added"),
    ],
)
def test_what_is_given_is_said_to_be(explain: Explain, quantity: str, at: str, told: str) -> None:
    text = explain("mazur", quantity, "--at", at)
    assert text.startswith(f"{quantity} at {at}\n")
    assert text.splitlines()[1].endswith(f" = {told}")


def test_several_quantities_are_explained_in_their_order(explain: Explain) -> None:
    text = explain("mazur", "E", "net h1", "w5", "E")
    heads = [line for line in text.splitlines() if line and not line.startswith(" ")]
    assert heads == ["E at 1 forward", "net h1 at 1 forward", "w5 at start", "E at 1 forward"]


# moments


@pytest.mark.parametrize(
    ("quantity", "at"),
    [
        ("input i1", "start"),
        ("w5", "start"),
        ("net h1", "1 forward"),
        ("E", "1 forward"),
        ("dE/dw5", "1 backward"),
        ("dnet/dout o1 h1", "1 backward"),
        ("step w5", "1 update"),
    ],
)
def test_without_a_moment_it_is_the_first_at_which_the_quantity_is_known(
    explain: Explain, quantity: str, at: str
) -> None:
    (row,) = rows_of(explain("mazur", quantity, "--format", "json"))
    assert row["at"] == at


@pytest.mark.parametrize(
    ("quantity", "at", "moment"),
    [
        ("E", "3", "3 forward"),
        ("net h1", "3", "3 forward"),
        ("input i1", "3", "3 forward"),
        ("dE/dw5", "1,000", "1000 backward"),
        ("step w5", "3", "3 update"),
        ("w5", "3", "3 update"),
        ("b1", "12", "12 update"),
        ("w5", "0", "start"),
    ],
)
def test_a_number_alone_is_the_phase_that_first_knows_the_quantity(
    explain: Explain, quantity: str, at: str, moment: str
) -> None:
    (row,) = rows_of(explain("mazur", quantity, "--at", at, "--format", "json"))
    (same,) = rows_of(explain("mazur", quantity, "--at", moment, "--format", "json"))
    assert row["at"] == moment
    assert row == same


@pytest.mark.parametrize("at", ["1 update", "2 forward", "30 backward", "1000 update"])
def test_any_moment_can_be_asked_for(explain: Explain, at: str) -> None:
    setup = problem_of("mazur")
    (row,) = rows_of(explain("mazur", "w5", "--at", at, "--format", "json"))
    state = Timeline(setup).state(parse_moment(at))
    assert row["at"] == at
    assert row["value"] == value(state, parse_quantity("w5", setup))


# depth


def test_depth_explains_the_parts_and_theirs_each_once(explain: Explain) -> None:
    sets = []
    for depth in ("0", "1", "2", "99"):
        rows = rows_of(explain("mazur", "dE/dw1", "--depth", depth, "--format", "json"))
        keys = [(row["quantity"], row["at"]) for row in rows]
        assert len(set(keys)) == len(keys)
        sets.append(set(keys))
    assert len(sets[0]) == 1
    assert sets[0] < sets[1] < sets[2] < sets[3]


def test_each_part_is_explained_once_over_all_that_is_asked_for(explain: Explain) -> None:
    asked = ["dE/dw1", "E", "dE/dout h1", "net o1"]
    rows = rows_of(explain("mazur", *asked, "--depth", "99", "--format", "json"))
    keys = [(row["quantity"], row["at"]) for row in rows]
    assert len(set(keys)) == len(keys)
    alone = set()
    for quantity in asked:
        rows = rows_of(explain("mazur", quantity, "--depth", "99", "--format", "json"))
        alone |= {(row["quantity"], row["at"]) for row in rows}
    assert set(keys) == alone


def test_what_is_asked_for_stands_at_the_top_though_it_is_a_part(explain: Explain) -> None:
    asked = ["dE/dw5", "out o1", "net o1"]
    heads = [
        line for line in explain("mazur", *asked, "--depth", "9").splitlines() if " at " in line
    ]
    assert [head for head in heads if head[0] != " "] == [
        "dE/dw5 at 1 backward",
        "out o1 at 1 forward",
        "net o1 at 1 forward",
    ]


def test_a_part_stands_where_it_is_least_deep(explain: Explain) -> None:
    # net o1 is a part of dE/dw5 two levels down, and by another way three
    depths = []
    for depth in range(6):
        rows = rows_of(explain("mazur", "dE/dw1", "--depth", str(depth), "--format", "json"))
        depths.append({(row["quantity"], row["at"]) for row in rows})
    for line in explain("mazur", "dE/dw1", "--depth", "5").splitlines():
        if found := re.fullmatch(r"( *)(\S.*) at (\d+ \w+|start)", line):
            level, key = len(found[1]) // 2, (found[2], found[3])
            assert key in depths[level]
            assert level == 0 or key not in depths[level - 1]


def test_too_many_cards_are_refused_before_the_first(
    explain: Explain, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["mazur", "dE/dw1", "E", "--depth", "99", "--format", "json"]
    cards = len(rows_of(explain(*argv)))
    monkeypatch.setattr("bptui.cli.explain.MOST", cards)
    assert len(rows_of(explain(*argv))) == cards
    monkeypatch.setattr("bptui.cli.explain.MOST", cards - 1)
    assert main(["explain", *argv]) == 2
    told = (
        f"--depth 99 gives more than {cards - 1} cards; choose a smaller depth or fewer quantities"
    )
    assert capsys.readouterr() == ("", f"bptui: {told}\n")


def test_deep_enough_everything_leads_to_what_is_given(explain: Explain) -> None:
    rows = rows_of(explain("mazur", "w1", "--at", "2 update", "--depth", "99", "--format", "json"))
    told = {row["quantity"] for row in rows}
    assert {"input i1", "input i2", "target o1", "target o2", "w1", "w5", "b1", "b2"} <= told
    # a parameter that is the same at several moments is explained once
    known = {(row["quantity"], row["value"]) for row in rows}
    for row in rows:
        parts = row["parts"]
        assert isinstance(parts, list)
        assert {(part["quantity"], part["value"]) for part in parts} <= known
    ends = [row["quantity"] for row in rows if not row["parts"]]
    # parameters end where they are the first ones, which were given
    assert {str(end).split()[0] for end in ends} <= {
        *("input", "target", "b1", "b2", "dnet/db1", "dnet/db2"),
        *(f"w{k}" for k in range(1, 9)),
    }


def test_parts_stand_indented_below_what_they_are_parts_of(explain: Explain) -> None:
    lines = explain("mazur", "dE/dw5", "--depth", "1").splitlines()
    heads = [line for line in lines if re.fullmatch(r" *\S.* at \d+ \w+", line)]
    assert heads == [
        "dE/dw5 at 1 backward",
        "  dE/dout o1 at 1 backward",
        "  dout/dnet o1 at 1 backward",
        "  dnet/dw5 o1 at 1 backward",
    ]


# data


def test_json_is_an_object_a_quantity_with_exactly_these_keys(explain: Explain) -> None:
    rows = rows_of(explain("mazur", "dE/dw5", "w5", "--format", "json"))
    assert [list(row) for row in rows] == [KEYS, KEYS]
    parts = rows[0]["parts"]
    assert isinstance(parts, list)
    assert parts == [
        {"quantity": "dE/dout o1", "at": "1 backward", "value": 0.7413650695523157},
        {"quantity": "dout/dnet o1", "at": "1 backward", "value": 0.18681560180895948},
        {"quantity": "dnet/dw5 o1", "at": "1 backward", "value": 0.5932699921071872},
    ]
    assert rows[0] == rows[0] | {
        "quantity": "dE/dw5",
        "symbols": "∂E_total/∂out_o₁ × ∂out_o₁/∂net_o₁ × ∂net_o₁/∂w₅",
        "numbers": "0.741365070 × 0.186815602 × 0.593269992",
        "expression": "0.7413650695523157 * 0.18681560180895948 * 0.5932699921071872",
    }


@pytest.mark.parametrize("name", VARIED)
def test_one_number_has_one_value_everywhere(explain: Explain, name: str) -> None:
    timeline = Timeline(problem_of(name))
    state = timeline.state(parse_moment("2 update"))
    every = all_quantities(timeline.setup)
    argv = [name, *map(str, every), "--at", "2 update"]
    rows = rows_of(explain(*argv, "--format", "json"))
    assert [row["quantity"] for row in rows] == [str(quantity) for quantity in every]
    text, latex = explain(*argv), explain(*argv, "--format", "latex")
    for row, quantity in zip(rows, every, strict=True):
        number = value(state, quantity)
        assert number is not None
        assert row["value"] == number, quantity
        # what a program makes of the formula may differ by the rounding of its few dozen terms
        assert python_value(str(row["expression"])) == pytest.approx(number, rel=1e-12, abs=0)
        assert f" = {show(number, DIGITS)}" in text
        assert latex_number(number, DIGITS) in latex


def test_json_of_what_is_given_is_its_number(explain: Explain) -> None:
    (row,) = rows_of(explain("mazur", "input i1", "--format", "json"))
    assert row == {
        "quantity": "input i1",
        "at": "start",
        "symbols": "i₁",
        "numbers": "0.05",
        "expression": "0.05",
        "value": 0.05,
        "parts": [],
        "figures": [],
    }


def test_json_writes_null_for_what_is_no_number(explain: Explain, tmp_path: Path) -> None:
    path = tmp_path / "diverges.toml"
    sketch = replace(dense((2, 2, 2), "identity"), learning_rate=1000)
    path.write_text(sketch.toml(), encoding="utf-8")
    (row,) = rows_of(explain(str(path), "step w1", "--at", "12 update", "--format", "json"))
    assert row["value"] is None


# far away


def test_the_way_to_a_far_moment_is_shown_and_can_be_stopped() -> None:
    command = OnATerminal("explain", "mazur", "w5", "--at", "10000000 update")
    command.read_until(" of 10,000,000 iterations")
    command.process.send_signal(signal.SIGINT)
    assert command.end() == ("", 130)
    assert command.told.rpartition("\r\x1b[K")[2].startswith("bptui: stopped; mazur: ")


# documents


def test_markdown_has_a_title_the_moment_and_mathematics(explain: Explain) -> None:
    text = explain("mazur", "dE/dw1", "--format", "markdown")
    assert text.startswith("## dE/dw1\n\nat 1 backward\n\n$$\n\\begin{aligned}\n")
    assert text.count("$$") == 4  # the three factors, and the sum over paths
    assert r"\frac{\partial E_{\mathit{total}}}{\partial w_{\mathit{1}}}" in text
    assert "\n> " in text


def test_markdown_titles_sink_with_the_depth(explain: Explain) -> None:
    text = explain("mazur", "dE/dw1", "--depth", "9", "--format", "markdown")
    titles = {line.split()[0] for line in text.splitlines() if line.startswith("#")}
    assert titles == {"##", "###", "####", "#####", "######"}


def test_latex_is_a_whole_document_in_ascii(explain: Explain) -> None:
    text = explain("mazur", "dE/dw1", "E", "w5", "--depth", "2", "--format", "latex")
    assert text.startswith("\\documentclass")
    assert text.rstrip().endswith("\\end{document}")
    assert text.isascii()
    assert text.count("\\begin{") == text.count("\\end{")
    assert unbalanced(text) == ""


@pytest.mark.parametrize("name", VARIED)
def test_every_card_of_a_preset_can_be_a_document(explain: Explain, name: str) -> None:
    every = [str(quantity) for quantity in all_quantities(problem_of(name))]
    for form in ("latex", "markdown"):
        text = explain(name, *every, "--at", "1 update", "--format", form)
        assert unbalanced(text.replace("\\{", "").replace("\\}", "")) == ""
        assert form == "markdown" or text.isascii()


# batches


BATCH = replace(dense((2, 2, 1), samples=3), batch=2)


@pytest.fixture
def batch_file(tmp_path: Path) -> str:
    """Return a preset of which the second batch is smaller than the first."""
    path = tmp_path / "batch.toml"
    path.write_text(BATCH.toml(), encoding="utf-8")
    return str(path)


def test_a_batchs_gradient_is_the_sum_over_its_samples(explain: Explain, batch_file: str) -> None:
    for at, samples in (("1 backward", 2), ("2 backward", 1)):
        (row,) = rows_of(explain(batch_file, "dE/dw1", "--at", at, "--format", "json"))
        parts = row["parts"]
        assert isinstance(parts, list)
        assert [part["quantity"] for part in parts] == [f"dE/dw1 @{k + 1}" for k in range(samples)]


def test_a_sample_that_a_batch_does_not_have_is_one_line_and_status_2(
    batch_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", batch_file, "net h1 @2", "--at", "2 forward"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "bptui: no net h1 @2: the batch of iteration 2 has only 1 sample; "
        "try another moment with --at\n"
    )
