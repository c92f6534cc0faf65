"""Threshold neurons, net = sum - threshold: in words, when wrong, and saved."""

from __future__ import annotations

from pathlib import Path

import pytest

from bptui.cli import main
from bptui.preset.find import find_preset

NETWORK = find_preset("negnevitsky").read_text("utf-8").partition("[expected.")[0]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write the network."""
    file = tmp_path / "xor.toml"
    file.write_text(NETWORK, "utf-8")
    return file


def test_the_formulas_subtract(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(file), "net n3", "dE/dθ3", "dnet/dθ3 n3"]) == 0
    out = capsys.readouterr().out
    assert "  net_n₃ = w₁₃ × x₁ + w₂₃ × x₂ - θ₃\n    = 0.5 × 1.0 + 0.4 × 1.0 - 0.8\n" in out
    assert "= (-0.152859425) × 0.249376040 × (-1.0)\n    = 0.038119478\n" in out
    assert "∂net_n₃/∂θ₃ = -1.0, a threshold is subtracted" in out


def test_a_threshold_that_is_added_is_found(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(NETWORK + '[expected.1.forward]\n"net n3" = "1.7"\n', "utf-8")
    assert main(["check", str(file)]) == 1
    assert "you get this if θ3 is added, not subtracted" in capsys.readouterr().out


def test_a_saved_network_keeps_its_thresholds(file: Path, tmp_path: Path) -> None:
    saved = tmp_path / "saved.toml"
    assert main(["run", str(file), "--iterations", "2", "--save", str(saved)]) == 0
    assert saved.read_text("utf-8").count("threshold = true") == 3
