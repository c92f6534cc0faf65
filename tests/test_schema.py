"""The JSON Schema of presets is that of this program, and says of presets what the program says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import tomli

import bptui
from bptui.audit.prepare import prepare
from bptui.cli import main
from bptui.preset.find import shipped_presets
from bptui.preset.read import parse_preset
from tests.test_preset_errors import MAZUR

FILE = Path(bptui.__file__).parent / "preset.schema.json"


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json.loads(FILE.read_text("utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def test_the_file_that_ships_is_up_to_date(
    request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema"]) == 0
    text = capsys.readouterr().out
    if request.config.getoption("--update-golden"):
        FILE.write_text(text, "utf-8", newline="\n")
    assert FILE.read_text("utf-8") == text


def test_every_shipped_preset_is_accepted(validator: Any) -> None:
    for file in shipped_presets():
        found = [error.message for error in validator.iter_errors(tomli.loads(file.read_text()))]
        assert not found, f"{file}: {found}"


LAYERS = """
layers = [
  { name = "in", neurons = 2 },
  { name = "mid", neurons = [1, "h"], activation = { name = "leaky_relu", alpha = "1/3" },
    initializer = { name = "normal", seed = 1 } },
  { name = "out", neurons = 1, activation = "sigmoid", weights = [["1/2"], [1]], biases = [0] },
]
samples = [{ input = [1, "−2/7"], target = [1] }]
"""
TRAINING = 'training = { learning_rate = "1/2", loss = "squared_error" }'
SPECIAL = [
    'training = { learning_rate = 1, loss = { name = "huber", delta = 2 }, batch = 1, '
    'rates = { mid = 1 }, optimizer = { name = "adam", form = "keras", epsilon_hat = 0.1 } }',
    'training = { learning_rate = 1, loss = "log_cosh", batch = "online", optimizer = "adamw", '
    'schedule = { name = "list", rates = [1, "1/2"], by = "epoch" }, '
    'penalty = { name = "l2", form = "mean", lambda = 1, biases = true } }',
    f'{TRAINING}\nexpected.1.forward = {{ "net 1" = ["1", {{ printed = "2", is = "E" }}], '
    '"W mid" = [["1", "-"], ["2", ["3", "4"]]], E = { printed = "1", under = { shared = true } } }',
    'training = { learning_rate = 1, loss = "squared_error", optimizer = "momentum" }\n'
    'claims = [{ text = "t", holds = "E < 1", at = "2" }]\nstate.v.w_i1_1 = 1',
    f'{TRAINING}\nnotation = {{ net = "z", target = ["y"] }}',
]


@pytest.mark.parametrize("text", [MAZUR, *(LAYERS + special for special in SPECIAL)])
def test_what_presets_can_have_is_accepted(validator: Any, text: str) -> None:
    prepare(parse_preset(text, "right.toml"))
    assert [error.message for error in validator.iter_errors(tomli.loads(text))] == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"half_squared_error"', '"mse"'),
        ('loss = "half', 'los = "half'),
        ("learning_rate = 0.5\n", ""),
        ("learning_rate = 0.5", 'learning_rate = "0,5"'),
        ('activation = "sigmoid"', 'activation = "sigmod"'),
        ('activation = "sigmoid"', 'activation = { name = "elu", alhpa = 1 }'),
        ("[[samples]]", "[[sample]]"),
        ('from = "i1"', 'source = "i1"'),
        ("[training]", '[training]\noptimizer = { name = "adam", mu = 0.9 }'),
        ("[training]", '[training]\nupdate = "later"'),
        ("[training]", "[training]\nbatch = 0"),
        ("[training]", "[expected.1.sideways]\nE = '1'\n[training]"),
        ("[training]", "[expected.1.forward]\nE = 1\n[training]"),
    ],
)
def test_a_typical_mistake_is_refused(validator: Any, right: str, wrong: str) -> None:
    assert right in MAZUR
    assert not validator.is_valid(tomli.loads(MAZUR.replace(right, wrong, 1)))
