"""`bptui list`: the presets that ship with bptui."""

from __future__ import annotations

import json

import pytest

from bptui.cli import main
from bptui.preset.find import shipped_presets

NAMES = [path.stem for path in shipped_presets()]


def test_it_names_every_preset_with_title_and_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()[::2]] == NAMES
    assert "Matt Mazur, 2015" in out


def test_json_is_an_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["name"] for row in rows] == NAMES
    assert all(row["title"] and row["source"] and row["file"] for row in rows)
