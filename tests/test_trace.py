"""Every quantity of every moment, against the same calculated by hand."""

from __future__ import annotations

import json
import math
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from msgspec.structs import replace as with_fields

from bptui.cli import main
from bptui.cli.trace import trace
from bptui.preset.find import shipped_presets
from bptui.preset.read import read_preset
from bptui.story.moment import Moment, Phase
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline
from bptui.story.values import Values
from tests import oracle
from tests.commands import OnATerminal
from tests.networks import Sketch, by_hand, dense, examples, networks
from tests.sessions import PLAIN

Moments = list[tuple[int, str, dict[str, float]]]
ITERATIONS = 3


def by_hand_preset(name: str) -> Moments:
    """Return the oracle's moments of a shipped preset."""
    path = next(path for path in shipped_presets() if path.stem == name)
    return list(oracle.calculate(oracle.lesson_of(read_preset(path)), ITERATIONS))


def traced(setup: Setup, iterations: int = ITERATIONS) -> Moments:
    """Return what `trace` tells of a setup that is not in a file."""
    timeline = Timeline(setup)
    return [
        (iteration, phase.label, Values(timeline.state(Moment.of(iteration, phase))).all())
        for iteration in range(1, iterations + 1)
        for phase in Phase
    ]


def assert_same(
    ours: Sequence[tuple[int, str, dict[str, float]]],
    theirs: Sequence[tuple[int, str, dict[str, float]]],
) -> None:
    """Fail unless both have the same moments, addresses and, to 9 digits, values."""
    assert [moment[:2] for moment in ours] == [moment[:2] for moment in theirs]
    for (iteration, phase, mine), (_, _, yours) in zip(ours, theirs, strict=True):
        assert mine.keys() == yours.keys(), f"{iteration} {phase}"
        wrong = {
            address: (number, yours[address])
            for address, number in mine.items()
            if not math.isclose(number, yours[address], rel_tol=1e-9, abs_tol=1e-12)
        }
        assert not wrong, f"{iteration} {phase}"


def test_there_are_shipped_presets() -> None:
    assert "mazur" in PLAIN


@pytest.mark.parametrize("name", PLAIN)
def test_every_quantity_of_a_shipped_preset_is_right(name: str) -> None:
    assert_same(list(trace(name, ITERATIONS)), by_hand_preset(name))


@pytest.mark.parametrize("name", ["mazur", "hmkcode"])
def test_json_has_every_quantity_of_every_moment(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trace", name, "--iterations", str(ITERATIONS), "--json"]) == 0
    printed, errors = capsys.readouterr()
    rows = [json.loads(line) for line in printed.splitlines()]
    assert all(list(row) == ["iteration", "phase", "quantities"] for row in rows)
    assert_same([tuple(row.values()) for row in rows], by_hand_preset(name))
    assert errors == ""


def test_text_has_every_quantity_with_all_its_digits(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "mazur"]) == 0
    lines = capsys.readouterr().out.splitlines()
    found: dict[str, dict[str, float]] = {}
    for line in lines:
        if line.startswith("iteration"):
            found[line] = {}
        elif line:
            address, number = line.rsplit(maxsplit=1)
            found[list(found)[-1]][address.strip()] = float(number)
    expected = {f"iteration {k} {phase}": values for k, phase, values in trace("mazur", 1)}
    assert found == expected


def test_json_writes_null_for_what_is_no_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "diverges.toml"
    path.write_text(diverging().toml(), encoding="utf-8")
    assert main(["trace", str(path), "--iterations", "12", "--json"]) == 0
    rows = [
        json.loads(line, parse_constant=pytest.fail)
        for line in capsys.readouterr().out.split("\n")
        if line
    ]
    assert rows[-1]["quantities"]["E"] is None
    assert rows[0]["quantities"]["E"] is not None


def test_how_far_it_is_goes_to_another_terminal_than_the_numbers_and_ctrl_c_stops_it() -> None:
    command = OnATerminal("trace", "mazur", "--iterations", "10000000", "--json")
    command.read_until(" of 10,000,000 iterations")
    command.process.send_signal(signal.SIGINT)
    out, status = command.end()
    assert status == 130
    assert json.loads(out.partition("\n")[0])["phase"] == "forward"
    shown = command.told.split("\r\x1b[K")[1:-2]
    assert all(line.startswith(("mazur: ", "tracing ", "reading ")) for line in shown)
    assert command.told.rpartition("\r\x1b[K")[2].startswith("bptui: stopped; mazur: ")
    assert "\x1b" not in out


@pytest.mark.filterwarnings("error")
def test_a_network_that_diverges_is_traced_without_warnings() -> None:
    last = traced(diverging().setup(), 12)[-1][2]
    assert not math.isfinite(last["step w1"])


def test_an_infinite_weight_of_one_neuron_leaves_the_shares_of_another_alone() -> None:
    # h2's weight has overflown, so that o1 is saturated: no error comes back to h1, by either book
    setup = dense((1, 2, 1)).setup()
    state = setup.state.copy()
    state[0, setup.network.slots["w4"]] = math.inf
    found = traced(with_fields(setup, state=state), 1)[1][2]
    assert found["out o1"] == 1.0
    assert found["dE/dout h1"] == 0.0
    assert found["dE/dout h1 via o1"] == 0.0


def diverging() -> Sketch:
    """Return a network whose numbers overflow within a few iterations."""
    sketch = dense((2, 2, 2), "identity")
    return replace(sketch, learning_rate=1000)


@examples(70)
@given(networks())
def test_every_quantity_of_any_network_is_right(sketch: Sketch) -> None:
    expected = by_hand(sketch, ITERATIONS)
    assert_same(traced(sketch.setup()), expected)


@examples(10)
@given(sketch=networks())
def test_every_quantity_of_any_file_is_right(
    sketch: Sketch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    expected = by_hand(sketch, ITERATIONS)
    path = tmp_path_factory.mktemp("drawn") / "drawn.toml"
    path.write_text(sketch.toml(), encoding="utf-8")
    assert_same(list(trace(str(path), ITERATIONS)), expected)


def test_the_oracle_agrees_with_the_article() -> None:
    # the figures that Mazur prints, but for those that he is known to have wrong
    (_, _, forward), (_, _, backward), *_ = by_hand_preset("mazur")
    assert f"{forward['E']:.9f}" == "0.298371109"
    assert f"{backward['dE/dw5']:.9f}" == "0.082167041"
    assert f"{backward['dE/dw1']:.9f}" == "0.000438568"
