"""Exported scripts: they compute what the engine computes; what cannot be exported is refused."""

from __future__ import annotations

import contextlib
import io
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bptui.engine.penalties import PENALTIES
from bptui.engine.schedules import SCHEDULES
from bptui.preset.find import shipped_presets
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline
from bptui.view.code import LackError, script
from bptui.view.code_plan import identifier
from tests.networks import (
    OPTIMIZERS_IN_FORMS,
    PLAIN_ENDS,
    Parameter,
    Sketch,
    dense,
    in_form,
    problem_from,
)
from tests.sessions import shipped

ITERATIONS = 4
_BASE = replace(dense((2, 3, 2), "tanh", samples=3), batch=2, learning_rate=0.1)


def _with(sketch: Sketch, *training: str) -> Setup:
    """Return a sketch with more lines in `[training]`."""
    return problem_from(
        sketch.toml().replace("[training]\n", "\n".join(["[training]", *training, ""]))
    )


def _sparse() -> Sketch:
    """Return a network with a missing edge, a frozen weight, shared biases and thresholds."""
    weights = [p for p in _BASE.parameters if p.source and p.name != "w2"]
    weights[0] = replace(weights[0], frozen="flag")
    biases = [
        Parameter("b1", ("h1", "o1"), 0.3, threshold=True),
        Parameter("b2", ("h2",), -0.2, threshold=True),
    ]
    return replace(_BASE, parameters=(*weights, *biases))


def _forms(key: str, table: object) -> list[str]:
    return [
        f"{key} = {in_form(name, form)}"
        for name, entry in dict[str, object](table).items()  # type: ignore[call-overload]
        for form in entry.forms or ("",)
    ]


def _rules() -> list[str]:
    schedules = [line for line in _forms("schedule", SCHEDULES) if '"list"' not in line]
    return [
        *(line for line in _forms("penalty", PENALTIES)),
        *schedules,
        'schedule = { name = "list", rates = [0.1, 0.05], by = "epoch" }',
        'rates = { w2 = 0.2, "layer 2" = 0.01 }',
        "shuffle = 7",
        'penalty = { name = "l2", biases = true }',
    ]


def _cases() -> dict[str, Callable[[], Setup]]:
    """Return networks that together have every entry of the tables."""
    found: dict[str, Callable[[], Setup]] = {}
    for path in shipped_presets():
        found[path.stem] = lambda name=path.stem: shipped(name).setup  # type: ignore[misc]
    for output, loss in PLAIN_ENDS:
        hidden = "tanh" if output == "softmax" else output
        sketch = replace(dense((2, 3, 2), hidden, output=output, loss=loss, samples=3), batch=2)
        found[f"{output}, {loss}"] = replace(sketch, reduction="mean").setup
    for optimizer in OPTIMIZERS_IN_FORMS:
        found[optimizer] = replace(_BASE, optimizer=optimizer).setup
        found[f"{optimizer}, sparse"] = replace(
            _sparse(), optimizer=optimizer, update="sequential"
        ).setup
    for line in _rules():
        found[line] = lambda line=line: _with(_BASE, line)  # type: ignore[misc]
    sparse = replace(_sparse(), optimizer="adam")
    found["all"] = lambda: _with(
        sparse,
        'penalty = { name = "l1", biases = true }',
        'schedule = "step"',
        "updates_before = 8",
    )
    return found


CASES = _cases()


def _expected(setup: Setup) -> tuple[list[float], dict[str, float]]:
    timeline = Timeline(setup)
    state = timeline.before(ITERATIONS + 1)[0].tolist()
    losses = timeline.some_losses(1, ITERATIONS).tolist()
    return losses, dict(zip(setup.network.slots, state, strict=True))


def _check(setup: Setup, printed: str) -> None:
    lines = [line.rsplit(" ", 1) for line in printed.splitlines()]
    losses, parameters = _expected(setup)
    assert [int(k) for k, _ in lines[:ITERATIONS]] == [*range(1, ITERATIONS + 1)]
    np.testing.assert_allclose([float(v) for _, v in lines[:ITERATIONS]], losses, 1e-9, 1e-12)
    found = {name: float(v) for name, v in lines[ITERATIONS:]}
    assert found.keys() == parameters.keys()
    np.testing.assert_allclose([found[n] for n in parameters], [*parameters.values()], 1e-9, 1e-12)


def _run(text: str) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(text.encode(), "script", "exec"), {})
    return printed.getvalue()


@pytest.mark.parametrize("name", CASES)
def test_a_numpy_script_prints_the_numbers_of_the_engine(name: str) -> None:
    setup = CASES[name]()
    _check(setup, _run(script(setup, "numpy", ITERATIONS)))


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
@pytest.mark.parametrize(
    "name",
    [
        "mazur",
        "hmkcode-code",
        "softmax, categorical_cross_entropy",
        "gelu, half_squared_error",
        "all",
    ],
)
def test_a_c_program_prints_the_numbers_of_the_engine(name: str, tmp_path: Path) -> None:
    setup, source, program = CASES[name](), tmp_path / "script.c", tmp_path / "script"
    source.write_text(script(setup, "c", ITERATIONS), encoding="utf-8")
    subprocess.run(
        ["cc", source, "-o", program, "-lm"], check=True, capture_output=True, timeout=60
    )
    done = subprocess.run([program], check=True, capture_output=True, text=True, timeout=60)
    _check(setup, done.stdout)


@pytest.mark.parametrize("target", ["pytorch", "keras"])
def test_every_network_is_written_or_refused(target: str) -> None:
    """Libraries are not here to run their scripts, but these are Python."""
    refused = 0
    for name, setup in CASES.items():
        try:
            compile(script(setup(), target, 1), name, "exec")
        except LackError:
            refused += 1
    assert refused < len(CASES) / 2


@pytest.mark.parametrize("target", ["pytorch", "keras"])
def test_a_library_is_called_by_its_own_names(
    target: str, golden: Callable[[str, str], None]
) -> None:
    golden(f"code-{target}", script(shipped("mazur").setup, target, 3).rstrip("\n"))


@pytest.mark.parametrize(
    ("target", "case", "told"),
    [
        ("c", "shuffle = 7", "c has no shuffled epochs of numpy's generator; --for numpy does it"),
        ("keras", "all", "keras has no trained bias that neurons share; --for numpy does it"),
    ],
)
def test_what_a_library_lacks_is_said(target: str, case: str, told: str) -> None:
    with pytest.raises(LackError) as error:
        script(CASES[case](), target, 1)
    assert str(error.value) == told


def test_what_a_preset_says_is_data() -> None:
    """A title is a comment that ends with its line, and no statement about the encoding."""
    hostile = "coding: rot13 */ ?\\?/ \\\\"
    toml = _BASE.toml().replace('"drawn"', f"'{hostile}'").replace('"layer 1"', "'*/ $ ??/ \\'")
    setup = problem_from(toml)
    _check(setup, _run(script(setup, "numpy", ITERATIONS)))
    lines = script(setup, "c", 1).splitlines()
    assert not [line for line in lines if line.endswith("\\") or "??" in line]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("hidden", "hidden"), ("1st layer", "1st_layer"), ("Größe", "Groe"), ("隠れ", ""), ("*/", "")],
)
def test_names_become_identifiers(name: str, expected: str) -> None:
    assert identifier(name) == expected
