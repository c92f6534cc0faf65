"""[data]: the rows of a CSV file as samples, and what is said of them."""

from __future__ import annotations

import re
import statistics
from pathlib import Path

import pytest

from bptui.audit.prepare import prepare
from bptui.cli import main
from bptui.preset.errors import PresetError
from bptui.preset.model import Preset
from bptui.preset.read import parse_preset, read_preset
from bptui.session import messages as c
from bptui.session.decode import restored
from bptui.session.encode import head_of, record, state_of
from bptui.session.session import open_session
from bptui.story.address import parse_quantity
from bptui.story.derivation import BY_HAND, derive
from bptui.story.moment import Moment, Phase
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.sessions import after
from tests.test_preset_errors import blocks, edited, meant, told

TABLE = Path(__file__).parent / "data" / "data_errors.txt"
FLOWERS = """\
length,width,kind
5.1,3.5,setosa
4.9,3.0,setosa
7.0,3.2,versicolor

6.3,3.3,virginica
"""


def write(folder: Path, data: str, rows: str = FLOWERS, outputs: int = 3) -> Path:
    """Write a preset with these lines in [data] and its CSV file; return the preset's."""
    (folder / "rows.csv").write_text(rows, "utf-8")
    file = folder / "made.toml"
    layer = '[[layers]]\nname = "{}"\nneurons = {}\n'
    file.write_text(
        '[training]\nlearning_rate = 0.5\nloss = "half_squared_error"\nbatch = 2\n'
        f'[data]\ncsv = "rows.csv"\n{data}\n'
        + layer.format("in", 2)
        + layer.format("out", outputs)
        + 'activation = "sigmoid"\ninitializer = { name = "uniform", seed = 1 }\n',
        "utf-8",
    )
    return file


def samples(preset: Preset) -> tuple[list[tuple[float, ...]], list[tuple[float, ...]]]:
    return [s.input for s in preset.samples], [s.target or () for s in preset.samples]


USUAL = 'input = ["length", "width"]\ntarget = "kind"'


def cases() -> list[tuple[str, str, str]]:
    """Return the name of each wrong case, its preset and CSV file in one, and what is said."""
    (_, *right), *wrong = blocks(TABLE.read_text("utf-8"))
    lines = edited([""] * (len(right) + 1), right)
    return [
        (name, "".join(edited(lines, edits)), meant(said.removeprefix("    => ")))
        for name, *edits, said in wrong
    ]


@pytest.mark.parametrize(("text", "said"), [case[1:] for case in cases()])
def test_wrong_data_gets_its_line_and_what_would_be_right(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    preset, rows = text.split("----\n")
    (tmp_path / "bad.toml").write_text(preset, "utf-8")
    (tmp_path / "data.csv").write_text(rows, "utf-8")
    place = said if said.startswith("data.csv") else f"bad.toml:{said}"
    assert told(tmp_path / "bad.toml", capsys) == f"bptui: {tmp_path}/{place}"


def test_rows_become_samples_and_classes_one_hot(tmp_path: Path) -> None:
    preset = read_preset(write(tmp_path, USUAL))
    inputs = [(5.1, 3.5), (4.9, 3.0), (7.0, 3.2), (6.3, 3.3)]
    assert samples(preset) == (inputs, [(1, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)])
    assert preset.rows is not None
    assert preset.rows.lines == (2, 3, 4, 6)
    own = f'{USUAL}\nclasses = ["virginica", "setosa", "versicolor"]\nrows = [2, 3]'
    assert samples(read_preset(write(tmp_path, own))) == (inputs[1:3], [(0, 1, 0), (0, 0, 1)])


@pytest.mark.parametrize(
    ("data", "rows", "outputs", "targets"),
    [
        # two classes and one neuron; a column by number, and no header
        ("input = [1, 2]\ntarget = 3", "1,2,no\n3,4,yes\n", 1, [(0,), (1,)]),
        # numbers for one neuron are numbers, with any decimal sign
        ('input = ["a", "b"]\ntarget = "c"', "a;b;c\n1;2;0,5\n3;4;−1,5e1\n", 1, [(0.5,), (-15,)]),
        ("input = [1, 2]\ntarget = [3, 1]", "1\t2\t0,5\n3\t4\t6\n", 2, [(0.5, 1), (6, 3)]),
        ("input = [1, 2]\ntarget = [3]", 'a,b,"c;\td"\n1,2, 5\n3,4, 6\n', 1, [(5,), (6,)]),
        # numbers for several neurons are classes, in their order
        ("input = [1, 2]\ntarget = 3", "1,2,10\n3,4,9\n", 2, [(0, 1), (1, 0)]),
        ("input = [1, 2]\ntarget = 3\nclasses = [10, 9]", "1,2,10\n3,4,9.0\n", 2, [(1, 0), (0, 1)]),
        # a header of numbers, and none of text
        ("input = [1, 2]\ntarget = 3\nheader = true", "1,2,3\n1,2,5\n3,4,6\n", 1, [(5,), (6,)]),
        (
            "input = [1, 2]\ntarget = 3\nheader = false",
            "1,2,no\r\n3,4,yes\r\n,,\r\n",
            1,
            [(0,), (1,)],
        ),
    ],
)
def test_tables_of_all_kinds_are_read(
    data: str, rows: str, outputs: int, targets: list[tuple[float, ...]], tmp_path: Path
) -> None:
    preset = read_preset(write(tmp_path, data, rows, outputs))
    assert samples(preset) == ([(1, 2), (3, 4)], targets)


def test_columns_are_scaled_and_a_constant_one_becomes_0(tmp_path: Path) -> None:
    rows = "a,b,c\n0.1,3,0\n0.1,5,0\n0.1,10,1\n"
    data = 'input = ["a", "b"]\ntarget = "c"\nscale = '
    standard = read_preset(write(tmp_path, f'{data}"standard"', rows, 1))
    mean, sd = statistics.mean((3, 5, 10)), statistics.pstdev((3, 5, 10))
    for (constant, found), b in zip(samples(standard)[0], (3, 5, 10), strict=True):
        assert constant == 0
        assert found == pytest.approx((b - mean) / sd, rel=1e-15)
    between = read_preset(write(tmp_path, f'{data}"min_max"', rows, 1))
    assert samples(between)[0] == [(0, 0), (0, 2 / 7), (0, 1)]


def test_cards_say_how_an_input_was_scaled_and_where_it_stands(tmp_path: Path) -> None:
    session = open_session(prepare(read_preset(write(tmp_path, f'{USUAL}\nscale = "standard"'))))
    assert "inputs standardized" in to_text(screen(session, 160, 40))
    assert "2 inputs (standardized)" in to_text(screen(session, 80, 24))
    session = after(session, c.Jump(Moment.of(2, Phase.FORWARD)), c.Select("i1"))
    shown = to_text(screen(session, 120, 40))
    assert "x - mean" in shown
    assert re.search(r"7 - 5\.825", shown)
    assert "0.864" in shown
    assert "x is length, from rows.csv, line" in shown
    timeline = session.timeline
    target = parse_quantity("target o3 @2", session.setup)
    card = derive(timeline, target, session.moment)
    assert card.given == "from rows.csv, line 6, sample 4: virginica"
    one = parse_quantity("input i1 @1", session.setup)
    for answer, given in (("scale = none", "from rows.csv, line 4, sample 3"), ("i1 = 9", BY_HAND)):
        session = after(session, c.Prompt(c.Ask.EDIT), c.Erase("all"), c.Type(answer), c.Enter())
        card = derive(session.timeline, one, session.moment)
        assert (card.formula, card.given) == (None, given)


def test_a_kept_session_has_the_rows_as_they_were(tmp_path: Path) -> None:
    session = open_session(prepare(read_preset(write(tmp_path, USUAL))))
    session = after(session, c.Step(3))
    kept = [head_of(session), record(state_of(session), None, 1)]
    (tmp_path / "rows.csv").write_text(FLOWERS.replace("5.1", "8.1"), "utf-8")
    again = restored([line for line in kept if line is not None])
    assert again.setup.preset.samples == session.setup.preset.samples
    assert (again.state.now == session.state.now).all()


def test_what_is_saved_needs_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path, f'{USUAL}\nscale = "min_max"')
    saved = tmp_path / "elsewhere" / "saved.toml"
    saved.parent.mkdir()
    assert main(["run", str(file), "--iterations", "3", "--save", str(saved)]) == 0
    capsys.readouterr()
    preset = read_preset(saved)
    assert preset.data is None
    assert preset.samples == read_preset(file).samples


def test_a_preset_without_a_folder_finds_its_rows_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = write(tmp_path, USUAL).read_text("utf-8")
    monkeypatch.chdir(tmp_path)
    assert len(parse_preset(text, "<stdin>").samples) == 4


def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    rows = "1,2,3\n" * 4_001
    data = "input = [1, 2]\ntarget = 3"
    limit = r"rows\.csv:4001: too many rows; the limit is 4000 samples: choose some, as in rows = "
    with pytest.raises(PresetError, match=limit):
        read_preset(write(tmp_path, data, rows, 1))
    assert len(read_preset(write(tmp_path, f"{data}\nrows = [2, 11]", rows, 1)).samples) == 10
    with pytest.raises(PresetError, match=r"rows\.csv:40001: too many rows; the limit is 40000"):
        read_preset(write(tmp_path, f"{data}\nrows = [2, 11]", rows * 10, 1))
