"""`bptui list`: the presets that ship with bptui."""

from __future__ import annotations

import json

import pytest

from bptui.cli import main
from bptui.preset.find import shipped_presets
from bptui.preset.model import Preset
from bptui.preset.read import parse_preset
from bptui.preset.topics import TOPICS, heading, in_order
from tests.sessions import shipped

NAMES = [path.stem for path in shipped_presets()]


def test_presets_stand_by_topic_the_smallest_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    blocks = capsys.readouterr().out.rstrip("\n").split("\n\n")
    assert [block.splitlines()[0] for block in blocks] == list(TOPICS)
    names = [line.split()[0] for block in blocks for line in block.splitlines()[1::3]]
    assert sorted(names) == NAMES
    first = blocks[0].splitlines()
    shapes = [line.split()[1] for line in first[1::3]]
    assert shapes == sorted(shapes, key=lambda shape: (len(shape), sum(map(int, shape.split("-")))))
    place = next(k for k, line in enumerate(first) if line.split()[0] == "mazur")
    assert first[place].endswith("2-2-2  A Step by Step Backpropagation Example")
    assert "every factor" in first[place + 1]
    assert "Matt Mazur, 2015" in first[place + 2]


def test_json_is_an_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["name"] for row in rows] == NAMES
    for row in rows:
        assert row["title"]
        assert row["source"]
        assert row["file"]
        assert row["summary"]
        assert row["topic"] in TOPICS
        assert all(type(neurons) is int for neurons in row["shape"])


def preset(topic: str, name: str) -> Preset:
    """Return a small preset with a topic."""
    text = shipped("mazur").setup.preset.text
    return parse_preset(text.replace('"First steps"', f'"{topic}"'), f"{name}.toml")


def test_topics_that_are_not_known_come_after_those_that_are_and_none_comes_last() -> None:
    topics = ("", "Zoology", "Art", TOPICS[-1], TOPICS[0])
    found = in_order(preset(topic, name) for topic in topics for name in "ba")
    assert [p.topic for p in found[::2]] == [TOPICS[0], TOPICS[-1], "Art", "Zoology", ""]
    assert [p.name for p in found] == ["a", "b"] * 5
    assert heading("") == "Other presets"
