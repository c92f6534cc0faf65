"""What tests of writing and saving share: presets, and what of them reads back the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from bptui.cli.streams import one_line
from bptui.preset.errors import SaveError
from bptui.preset.find import shipped_presets
from bptui.preset.model import Preset
from bptui.preset.read import parse_preset, read_preset
from bptui.preset.write import write_preset


def reread(preset: Preset, comment: str = "") -> Preset:
    """Return what is read from what is written of a preset."""
    return parse_preset(write_preset(preset, comment), preset.file)


def bare(preset: Preset) -> Preset:
    """Return a preset without what is not written of it."""
    layers = tuple(
        replace(layer, weights=None, biases=None, initializer=None) for layer in preset.layers
    )
    unwritten = {"expected": (), "claims": (), "notes": (), "text": "", "layout": "in_out"}
    return replace(preset, layers=layers, **unwritten)


def assert_same(found: Preset, wanted: Preset) -> None:
    """Assert that two presets are the same, down to the sign of 0 and the order of names."""
    assert bare(found) == bare(wanted)
    assert repr(bare(found)) == repr(bare(wanted))


def shipped(name: str = "mazur") -> Preset:
    """Return a preset that ships with bptui."""
    return next(read_preset(file) for file in shipped_presets() if file.stem == name)


def message(call: Callable[[], object]) -> str:
    """Return what is said of something that cannot be saved."""
    with pytest.raises(SaveError) as error:
        call()
    assert one_line(str(error.value)) == str(error.value)
    return str(error.value)


MATRIX = """
title = "t"
training = { learning_rate = 1, loss = "squared_error" }
layers = [
  { name = "a", neurons = 2 },
  { name = "b", neurons = 1, activation = "tanh", weights = [[2], [0.5]], biases = [-0.0] },
]
samples = [{ input = [1, 2], target = [0.5] }]
"""
