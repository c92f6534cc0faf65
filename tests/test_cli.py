"""The commands without a screen."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bptui import __version__
from bptui.cli import main, one_line
from bptui.preset.find import shipped_presets

NAMES = [path.stem for path in shipped_presets()]


def test_list_names_every_preset_with_title_and_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()[::2]] == NAMES
    assert "Matt Mazur, 2015" in out


def test_list_as_json_is_an_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["name"] for row in rows] == NAMES
    assert all(row["title"] and row["source"] and row["file"] for row in rows)


def test_trace_as_text_has_the_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "mazur"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("iteration 1 forward\n")
    assert "0.5932699921071872" in out


def test_trace_as_json_has_a_line_for_each_moment(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "mazur", "--iterations", "2", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    moments = [(row["iteration"], row["phase"]) for row in rows]
    assert moments == [(k, p) for k in (1, 2) for p in ("forward", "backward", "update")]
    assert "dE/dw5" not in rows[0]["quantities"]
    assert "dE/dw5" in rows[1]["quantities"]


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([flag]) == 0
    assert capsys.readouterr().out.startswith("usage: bptui [PRESET]")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"bptui {__version__}\n"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["trace"], "the following arguments are required: preset"),
        (["trace", "mazur", "--iterations", "0"], 'argument --iterations: "0" must be a whole'),
        (["trace", "mazur", "--iterations", "-3"], 'argument --iterations: "-3" must be a whole'),
        (["trace", "mazur", "--iterations", "many"], '"many" must be a whole number from 1'),
        (["trace", "mazur", "--jsn"], "unrecognized arguments: --jsn"),
        (["mazur", "--mose"], '"--mose" is not understood; did you mean "--mouse"?'),
        (["mazur", "pandey"], '"pandey" is not understood'),
        (["mazr"], 'no preset of that name and no such file; did you mean "mazur"?'),
        (["mazur"], "stepping needs a terminal, and this is none; for the numbers"),
        ([], "stepping needs a terminal"),
    ],
)
def test_a_wrong_command_line_is_one_line_and_status_2(
    argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("bptui: ")
    assert err.count("\n") == 1
    assert message in err


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    command = f'"{sys.executable}" -m bptui trace mazur --iterations 300 | head -n 1'
    run = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, timeout=60)
    assert run.stdout == b"iteration 1 forward\n"
    assert run.stderr == b""


def test_an_error_is_one_line_whatever_is_in_it() -> None:
    assert one_line("a\x1b[31m\nb\u202e") == "a\\x1b[31m\\nb\\u202e"


def test_numbers_that_are_not_finite_are_null_in_json(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path_factory.mktemp("presets") / "diverges.toml"
    text = shipped_presets()[NAMES.index("hmkcode")].read_text(encoding="utf-8")
    file.write_text(text.replace("learning_rate = 0.05", "learning_rate = 1e200"), encoding="utf-8")
    assert main(["trace", str(file), "--iterations", "3", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert rows[-1]["quantities"]["E"] is None
