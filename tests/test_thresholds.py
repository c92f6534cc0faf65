"""Threshold neurons, net = sum - threshold: by a textbook's figures, in words, and when wrong.

The figures are those of the XOR network in Negnevitsky, "Artificial Intelligence: A Guide to
Intelligent Systems" (2nd edition, 2005), chapter 6.4, which are rounded to four places.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bptui.audit.findings import audit
from bptui.audit.prepare import prepare
from bptui.audit.verdicts import Verdict
from bptui.cli import main
from bptui.preset.read import parse_preset

NETWORK = """title = "XOR with thresholds"
[training]
learning_rate = 0.1
loss = "half_squared_error"
[[layers]]
name = "input"
neurons = ["x1", "x2"]
[[layers]]
name = "hidden"
neurons = ["n3", "n4"]
activation = "sigmoid"
[[layers]]
name = "output"
neurons = ["n5"]
activation = "sigmoid"
[weights]
w13 = { from = "x1", to = "n3", value = 0.5 }
w14 = { from = "x1", to = "n4", value = 0.9 }
w23 = { from = "x2", to = "n3", value = 0.4 }
w24 = { from = "x2", to = "n4", value = 1.0 }
w35 = { from = "n3", to = "n5", value = -1.2 }
w45 = { from = "n4", to = "n5", value = 1.1 }
[biases]
t3 = { to = "n3", value = 0.8, threshold = true }
t4 = { to = "n4", value = -0.1, threshold = true }
t5 = { to = "n5", value = 0.3, threshold = true }
[[samples]]
input = [1, 1]
target = [0]
"""
FIGURES = """[expected.1.forward]
"out n3" = "0.5250"
"out n4" = "0.8808"
"out n5" = "0.5097"
[expected.1.update]
"step w35" = "-0.0067"
"step w45" = "-0.0112"
"step t5" = "0.0127"
"w13" = "0.5038"
"w14" = "0.8985"
"w23" = "0.4038"
"w24" = "0.9985"
"w35" = "-1.2067"
"w45" = "1.0888"
"t3" = "0.7962"
"t4" = "-0.0985"
"t5" = "0.3127"
"""


def test_a_textbooks_figures_come_out() -> None:
    findings = audit(prepare(parse_preset(NETWORK + FIGURES, "xor.toml"))).findings
    assert [finding.verdict for finding in findings] == [Verdict.MATCH] * 15


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write the network."""
    file = tmp_path / "xor.toml"
    file.write_text(NETWORK, "utf-8")
    return file


def test_the_formulas_subtract(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(file), "net n3", "dE/dt3", "dnet/dt3 n3"]) == 0
    out = capsys.readouterr().out
    assert "  net_n₃ = w₁₃ × x₁ + w₂₃ × x₂ - t₃\n    = 0.5 × 1.0 + 0.4 × 1.0 - 0.8\n" in out
    assert "= (-0.152859425) × 0.249376040 × (-1.0)\n    = 0.038119478\n" in out
    assert "∂net_n₃/∂t₃ = -1.0, a threshold is subtracted" in out


def test_a_threshold_that_is_added_is_found(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(NETWORK + '[expected.1.forward]\n"net n3" = "1.7"\n', "utf-8")
    assert main(["check", str(file)]) == 1
    assert "the threshold t3 is added, not subtracted" in capsys.readouterr().out


def test_a_saved_network_keeps_its_thresholds(file: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved.toml"
    assert main(["run", str(file), "--iterations", "2", "--save", str(saved)]) == 0
    assert saved.read_text("utf-8").count("threshold = true") == 3
