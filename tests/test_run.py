"""`bptui run`: training without a screen."""

from __future__ import annotations

import errno
import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bptui.audit.prepare import prepare
from bptui.cli import main
from bptui.cli.trace import trace
from bptui.engine.loop import Loop
from bptui.preset import write
from bptui.preset.read import read_preset
from bptui.story.headless import losses_csv
from bptui.story.moment import Moment, Phase
from bptui.story.timeline import Timeline
from bptui.story.values import Values
from bptui.view.run_report import progress
from tests.commands import ROOT, OnATerminal
from tests.networks import Sketch, dense
from tests.sessions import XOR


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Return a function that runs a command line to its end and returns what it prints as JSON."""

    def running(*argv: object, status: int = 0) -> Any:
        assert main(["run", *map(str, argv), "--json"]) == status
        out, err = capsys.readouterr()
        assert err == ""
        assert out.count("\n") == 1
        return json.loads(out, parse_constant=pytest.fail)

    return running


def written(folder: Path, sketch: Sketch | str) -> Path:
    """Return the file of a network that was made for a test."""
    file = folder / "made.toml"
    file.write_text(sketch if isinstance(sketch, str) else sketch.toml(), encoding="utf-8")
    return file


@cache
def ends(preset: object, iterations: int) -> list[dict[str, float]]:
    """Return every quantity at the end of each of some iterations, as `trace` has them."""
    rows = trace(str(preset), iterations)
    return [quantities for _, phase, quantities in rows if phase == "update"]


def content(folder: Path) -> dict[str, str]:
    """Return the text of each file in a folder."""
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def wild(rate: float, kind: str = "relu") -> Sketch:
    """Return a network whose training diverges."""
    sketch = dense((2, 3, 2), kind, output="identity", loss="squared_error", samples=2, seed=4)
    return replace(sketch, learning_rate=rate)


# so many iterations


@pytest.mark.parametrize("count", [1, 63, 64, 65, 300])
def test_the_numbers_are_those_of_trace(run: Callable[..., Any], count: int) -> None:
    found, end = run("mazur", "--iterations", count), ends("mazur", 300)[count - 1]
    assert list(found) == ["iterations", "stopped", "E", "parameters"]
    assert (found["iterations"], found["stopped"], found["E"]) == (count, "count", end["E"])
    names = ["w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8", "b1", "b2"]
    assert found["parameters"] == {name: end[name] for name in names}
    assert list(found["parameters"]) == names


def test_the_report_has_every_digit(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "mazur", "--iterations", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "mazur after iteration 1: all iterations done"
    end = ends("mazur", 1)[0]
    assert len(lines) == 12
    for line, name in zip(lines[1:], ["E", *(f"w{k}" for k in range(1, 9)), "b1"], strict=False):
        assert line.split() == [name, repr(end[name])]
    assert len({line.index(".") for line in lines[1:]}) == 1


def test_without_a_condition_nothing_is_run_twice(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[int] = []
    whole = Loop.run

    def counted(self: Loop, state: Any, place: int, losses: Any, *others: Any, **named: Any) -> Any:
        ran.append(len(losses))
        return whole(self, state, place, losses, *others, **named)

    monkeypatch.setattr(Loop, "run", counted)
    run("mazur", "--iterations", "1000")
    assert sum(ran) == 1000
    ran.clear()
    stopped = run("mazur", "--iterations", "1000", "--until", "E < 0.1")["iterations"]
    # to the end of a slice, and from a keyframe for the parameters in the middle of it
    assert sum(ran) < stopped * 2 + 500


# conditions

CONDITIONS: list[tuple[str, str, Callable[[float, float], bool]]] = [
    ("E < 0.2", "E", lambda _, now: now < 0.2),
    ("E<=.25", "E", lambda _, now: now <= 0.25),
    ("E > 0", "E", lambda _, now: now > 0),
    ("|dE/dw5| < 5e-2", "dE/dw5", lambda _, now: abs(now) < 0.05),
    ("w8 > 0.6", "w8", lambda _, now: now > 0.6),
    ("w5 crosses 0.1", "w5", lambda before, now: (before < 0.1) != (now < 0.1)),
    ("w5 changes sign", "w5", lambda before, now: (before < 0) != (now < 0)),
    ("w5 changes", "w5", lambda before, now: before != now),
    ("b1 changes", "b1", lambda before, now: before != now),
    ("out o1 crosses 0.5", "out o1", lambda before, now: (before < 0.5) != (now < 0.5)),
    ("out o1 crosses 0.9", "out o1", lambda before, now: (before < 0.9) != (now < 0.9)),
    ("dE/dnet h1 changes sign", "dE/dnet h1", lambda a, b: (a < 0) != (b < 0)),
    ("step w5 > -0.05", "step w5", lambda _, now: now > -0.05),
]


@pytest.mark.parametrize("slice_seconds", [1e-9, 10.0])
@pytest.mark.parametrize(("text", "name", "holds"), CONDITIONS, ids=[c[0] for c in CONDITIONS])
def test_it_stops_at_the_first_iteration_in_which_a_condition_holds(
    run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    name: str,
    holds: Callable[[float, float], bool],
    slice_seconds: float,
) -> None:
    monkeypatch.setattr("bptui.story.headless.SLICE", slice_seconds)
    count, moments = 100, ends("mazur", 100)
    given = next(iter(trace("mazur", 1)))[2].get(name, math.nan) if name[0] in "wb" else math.nan
    values = [given, *(moment[name] for moment in moments)]
    pairs = pairwise(values)
    hits = [k for k, (a, b) in enumerate(pairs, 1) if holds(a, b) and not _is_first(text, a)]
    found = run("mazur", "--iterations", count, "--until", text)
    assert found["stopped"] == ("condition" if hits else "count")
    assert found["iterations"] == (hits[0] if hits else count)
    end = moments[found["iterations"] - 1]
    assert found["E"] == end["E"]
    assert found["parameters"] == {key: end[key] for key in found["parameters"]}


def _is_first(text: str, before: float) -> bool:
    """Whether a condition on a change has nothing to look back to."""
    return ("change" in text or "cross" in text) and math.isnan(before)


def test_a_condition_may_be_about_one_sample_of_a_smaller_batch(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    sketch = replace(dense((2, 2, 1), samples=3), batch=2)
    file = written(tmp_path, sketch)
    moments = ends(file, 60)
    # the second batch has one sample only
    values = [moment.get("out o1 @2", math.nan) for moment in moments]
    assert math.isnan(values[1])
    bound = sorted(value for value in values if not math.isnan(value))[10]
    sign = "<" if bound < values[0] else ">"
    hits = [k for k, v in enumerate(values, 1) if (v < bound if sign == "<" else v > bound)]
    found = run(file, "--iterations", 60, "--until", f"out o1 @2 {sign} {bound!r}")
    assert (found["stopped"], found["iterations"]) == ("condition", hits[0])


def test_the_report_names_the_condition(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "mazur", "--iterations", "99", "--until", "E  <0.2"]) == 0
    assert capsys.readouterr().out.startswith("mazur after iteration 14: stopped because E < 0.2\n")
    assert main(["run", "mazur", "--iterations", "9", "--until", "E<0.2"]) == 0
    head = "mazur after iteration 9: all iterations done; E < 0.2 never held\n"
    assert capsys.readouterr().out.startswith(head)


# divergence


@pytest.mark.parametrize("kind", ["relu", "identity", "tanh"])
@pytest.mark.parametrize("rate", [3.0, 1e30, 1e200])
def test_it_stops_before_the_first_number_that_is_none(
    run: Callable[..., Any], tmp_path: Path, rate: float, kind: str
) -> None:
    file = written(tmp_path, wild(rate, kind))
    found = run(file, "--iterations", 2000, status=1)
    assert found["stopped"] == "diverged"
    done, names = found["iterations"], list(found["parameters"])
    timeline = Timeline(prepare(read_preset(file)))
    moments = [Moment.of(iteration, Phase.UPDATE) for iteration in (done, done + 1)]
    last, broken = (Values(timeline.state(moment)).all() for moment in moments)
    assert found["E"] == last["E"]
    assert found["parameters"] == {name: last[name] for name in names}
    assert not all(math.isfinite(broken[name]) for name in ["E", *names])
    wrong = found.pop("diverged")
    assert list(found) == ["iterations", "stopped", "E", "parameters", "metrics"]
    assert list(wrong) == ["iteration", "quantity", "value"]
    assert wrong["iteration"] == done + 1
    assert wrong["value"] == str(broken[wrong["quantity"]])
    assert wrong["value"] in ("inf", "-inf", "nan")
    assert run(file, "--iterations", done)["stopped"] == "count"


def test_it_can_diverge_in_the_first_iteration(
    run: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sketch = replace(wild(1e308, "identity"), samples=(((1e3, 1e3), (0.0, 0.0)),))
    file, losses, saved = written(tmp_path, sketch), tmp_path / "l.csv", tmp_path / "s.toml"
    found = run(file, "--iterations", 9, "--losses", losses, "--save", saved, status=1)
    assert (found["iterations"], found["stopped"], found["E"]) == (0, "diverged", None)
    assert found["parameters"] == {p.name: p.value for p in sketch.parameters}
    assert losses.read_text(encoding="utf-8") == "iteration,E\n"
    assert run(saved, "--iterations", 9, status=1) == found
    assert main(["run", str(file), "--iterations", "9"]) == 1
    lines = capsys.readouterr().out.splitlines()
    name, value = found["diverged"]["quantity"], found["diverged"]["value"]
    happens = "becomes NaN" if value == "nan" else "overflows"
    assert lines[0].startswith(f"made after iteration 0: training diverges: {name} {happens}")
    assert "E" not in [line.split()[0] for line in lines[1:]]


def test_no_condition_holds_in_an_iteration_that_is_not_finite(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    file = written(tmp_path, wild(1e200))
    assert run(file, "--iterations", 99, "--until", "E > 1e308", status=1)["stopped"] == "diverged"
    early = run(file, "--iterations", 99, "--until", "E > 0")
    assert (early["stopped"], early["iterations"]) == ("condition", 1)


# files


def test_the_losses_are_written_with_every_digit(run: Callable[..., Any], tmp_path: Path) -> None:
    found = run("mazur", "--iterations", 130, "--losses", tmp_path / "l.csv")
    text = (tmp_path / "l.csv").read_bytes().decode()
    rows = [f"{k},{moment['E']!r}\n" for k, moment in enumerate(ends("mazur", 130), 1)]
    assert text == "iteration,E\n" + "".join(rows)
    assert text.endswith(f"130,{found['E']!r}\n")
    assert list(content(tmp_path)) == ["l.csv"]


def test_the_losses_stop_where_the_run_does(run: Callable[..., Any], tmp_path: Path) -> None:
    run("mazur", "--iterations", 99, "--until", "E < 0.2", "--losses", tmp_path / "l.csv")
    assert (tmp_path / "l.csv").read_text(encoding="utf-8").splitlines()[-1].startswith("14,")
    file = written(tmp_path, wild(3.0))
    found = run(file, "--iterations", 2000, "--losses", tmp_path / "d.csv", status=1)
    rows = (tmp_path / "d.csv").read_text(encoding="utf-8").splitlines()
    assert rows[-1] == f"{found['iterations']},{found['E']!r}"
    assert all(math.isfinite(float(row.split(",")[1])) for row in rows[1:])


def test_many_losses_are_written_in_pieces() -> None:
    losses = np.linspace(1.0, 0.0, 25_001)
    text = "".join(losses_csv(losses))
    assert text.count("\n") == 25_002
    read = [line.split(",") for line in text.splitlines()[1:]]
    assert [int(number) for number, _ in read] == list(range(1, 25_002))
    assert [float(loss) for _, loss in read] == losses.tolist()


SKETCHES: dict[str, Sketch | str] = {
    "xor": XOR,
    "batches": replace(dense((3, 4, 2), "tanh", samples=5), batch=2, first_batch=2),
    "online": replace(dense((2, 2, 1), samples=3), batch="online", update="sequential"),
}


@pytest.mark.parametrize("name", SKETCHES)
@pytest.mark.parametrize(("first", "more"), [(1, 6), (64, 36), (70, 71)])
def test_what_is_saved_goes_on_bit_for_bit(
    run: Callable[..., Any], tmp_path: Path, name: str, first: int, more: int
) -> None:
    file, saved = written(tmp_path, SKETCHES[name]), tmp_path / "saved.toml"
    begun = run(file, "--iterations", first, "--save", saved, "--losses", tmp_path / "1.csv")
    rest = run(saved, "--iterations", more, "--losses", tmp_path / "2.csv")
    whole = run(file, "--iterations", first + more, "--losses", tmp_path / "3.csv")
    assert begun["iterations"] + rest["iterations"] == whole["iterations"]
    assert rest["E"] == whole["E"]
    assert rest["parameters"] == whole["parameters"]
    one, two, three = (
        [row.split(",")[1] for row in (tmp_path / f"{k}.csv").read_text().splitlines()[1:]]
        for k in (1, 2, 3)
    )
    assert one + two == three
    made = f"# made after iteration {first}, saved by bptui run"
    assert saved.read_text(encoding="utf-8").startswith(made)
    assert read_preset(saved).title.endswith(f"(from iteration {first + 1})")


def test_the_report_says_what_was_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = ["--losses", "l.csv", "--save", "s.toml"]
    assert main(["run", "mazur", "--iterations", "2", *files]) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "Losses saved as l.csv",
        "Saved as s.toml; to continue from there: bptui s.toml",
    ]


@pytest.mark.parametrize("option", ["--losses", "--save"])
def test_a_file_that_is_there_is_overwritten_only_by_force(
    run: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    file = tmp_path / "there"
    file.write_text("old\n")
    assert main(["run", "mazur", "--iterations", "2", option, str(file)]) == 2
    told = "already exists; choose another name, or add --force"
    assert capsys.readouterr() == ("", f"bptui: {file} {told}\n")
    assert content(tmp_path) == {"there": "old\n"}
    run("mazur", "--iterations", 2, option, file, "--force")
    assert list(content(tmp_path)) == ["there"]
    assert content(tmp_path)["there"] != "old\n"


def test_a_preset_can_go_on_in_its_own_file(run: Callable[..., Any], tmp_path: Path) -> None:
    whole = run("mazur", "--iterations", 30)
    file = tmp_path / "mazur.toml"
    run("mazur", "--iterations", 10, "--save", file)
    for _ in range(2):
        last = run(file, "--iterations", 10, "--save", file, "--force")
    assert last["parameters"] == whole["parameters"]


# what is wrong


def test_a_preset_that_would_be_too_large_is_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(write, "MAX_BYTES", 100)
    monkeypatch.delattr(Timeline, "run")  # nothing is run
    assert main(["run", "mazur", "--iterations", "5", "--save", str(tmp_path / "s.toml")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"bptui: {tmp_path / 's.toml'}: over the limit of ")
    assert err.count("\n") == 1
    assert content(tmp_path) == {}


def test_a_full_disk_takes_neither_the_numbers_nor_the_other_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, calls = os.fsync, []

    def full_once(stream: int) -> None:
        calls.append(stream)
        if len(calls) == 1:
            raise OSError(errno.ENOSPC, "")
        whole(stream)

    monkeypatch.setattr(os, "fsync", full_once)
    files = ["--losses", str(tmp_path / "l.csv"), "--save", str(tmp_path / "s.toml")]
    assert main(["run", "mazur", "--iterations", "5", *files, "--json"]) == 2
    out, err = capsys.readouterr()
    assert json.loads(out)["iterations"] == 5
    assert err.startswith(f"bptui: {tmp_path / 'l.csv'}: the disk is full")
    assert err.count("\n") == 1
    assert list(content(tmp_path)) == ["s.toml"]


def test_a_file_that_comes_during_the_run_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = Timeline.run

    def running(timeline: Timeline, last: int) -> None:
        (tmp_path / "s.toml").write_text("theirs\n")
        whole(timeline, last)

    monkeypatch.setattr(Timeline, "run", running)
    assert main(["run", "mazur", "--iterations", "5", "--save", str(tmp_path / "s.toml")]) == 2
    assert "already exists; give another name" in capsys.readouterr().err
    assert content(tmp_path) == {"s.toml": "theirs\n"}


# somebody looks


def test_progress_says_how_far_how_fast_and_how_long() -> None:
    assert progress("m", 1200, 10_000, 0.5) == "m: 1,200 of 10,000 iterations, 2,400/s, 4 s left"
    assert progress("m", 100, 10_000, 10).endswith(" 10/s, 16 min left")
    assert progress("m", 1, 10_000_000, 1.0).endswith(" 1/s, 2777.8 h left")


def test_an_interrupt_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = Timeline.run

    def running(timeline: Timeline, last: int) -> None:
        if last > 200:
            raise KeyboardInterrupt
        whole(timeline, last)

    monkeypatch.setattr(Timeline, "run", running)
    monkeypatch.setattr("bptui.story.headless.SLICE", 10.0)
    files = ["--losses", str(tmp_path / "l.csv"), "--save", str(tmp_path / "s.toml")]
    assert main(["run", "mazur", "--iterations", "999", *files, "--json"]) == 130
    told = "bptui: stopped after iteration 192; nothing saved\n"
    assert capsys.readouterr() == ("", told)
    assert content(tmp_path) == {}


def test_progress_goes_to_a_terminal_and_is_wiped() -> None:
    run = OnATerminal("run", "mazur", "--iterations", 60_000, "--json")
    out, status = run.end()
    assert status == 0
    assert json.loads(out)["iterations"] == 60_000
    lines = run.told.split("\r\x1b[K")
    assert len(lines) > 2
    assert lines[0] == lines[-1] == ""
    assert all(" of 60,000 iterations, " in line and len(line) < 80 for line in lines[1:-1])


def test_progress_does_not_go_elsewhere() -> None:
    command = [sys.executable, "-m", "bptui", "run", "mazur", "--iterations", "2000"]
    run = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, timeout=60)
    assert run.stderr == b""
    assert b"\x1b" not in run.stdout


def test_ctrl_c_stops_it(tmp_path: Path) -> None:
    files = ["--losses", tmp_path / "l.csv", "--save", tmp_path / "s.toml"]
    run = OnATerminal("run", "mazur", "--iterations", 10_000_000, *files)
    run.read_until("iterations, ")
    run.process.send_signal(signal.SIGINT)
    assert run.end() == ("", 130)
    last = run.told.rpartition("\r\x1b[K")[2]
    assert last.startswith("bptui: stopped after iteration ")
    assert last.endswith("; nothing saved\r\n")
    assert content(tmp_path) == {}
