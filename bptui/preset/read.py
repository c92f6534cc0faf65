"""TOML text -> Preset, or a PresetError with the line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import tomli

from bptui.preset import validate
from bptui.preset.convert import convert, unknown_key
from bptui.preset.data import with_data
from bptui.preset.errors import Fault, KeyPath, PresetError
from bptui.preset.generate import check_count, generate, name_neurons
from bptui.preset.limits import (
    MAX_DEPTH,
    MAX_NOTES,
    too_much_to_read,
)
from bptui.preset.lines import line_of, line_of_depth
from bptui.preset.model import Bias, Layer, Preset, Printed, Rows, Weight
from bptui.preset.printed import printed_figures
from bptui.preset.syntax import explain
from bptui.preset.text import PRESET, read_text

KINDS: dict[str, Any] = {
    field.name: field.type
    for field in msgspec.structs.fields(Preset)
    if field.name not in ("rows", "file", "text")
} | {"expected": dict[str, dict[str, dict[str, Printed]]]}
"""The tables of the file and their types."""
REQUIRED = {
    "training": "no [training]; add it, with learning_rate = ... and loss = ...",
    "layers": "no layers; add [[layers]] with name = ... and neurons = [...]",
    "samples": validate.NO_SAMPLES,
}


def read_preset(path: str | Path) -> Preset:
    """Read and validate a preset.

    Raises:
        PresetError: the file cannot be read, is not TOML, or does not describe a network.
    """
    return parse_preset(read_text(path, PRESET), str(path))


def parse_preset(text: str, file: str, table: str | None = None) -> Preset:
    """Validate a preset's text; `file` is what errors call it.

    `table` is the text of the CSV file of its [data]; without one, the file is read.

    Raises:
        PresetError: see `read_preset`.
    """
    document = _document(text, file)
    try:
        return _preset(document, text, file, table)
    except Fault as fault:
        raise PresetError(fault.message, file, line_of(text, fault.path)) from None


def fault_in(preset: Preset, fault: Fault) -> PresetError:
    """Turn a fault at a key path into an error at a line, for samples of [data] in its file."""
    match preset.rows, fault.path:
        case Rows(file=file, lines=lines), ("samples", int(place), *_):
            return PresetError(fault.message, file, lines[place])
    return PresetError(fault.message, preset.file, line_of(preset.text, fault.path))


def _document(text: str, file: str) -> dict[str, object]:
    if wrong := too_much_to_read(text):
        raise PresetError(wrong[1], file, wrong[0])
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        line, message = explain(error)
        raise PresetError(message, file, line) from None
    except RecursionError:
        told = f"nested too deeply; the limit is {MAX_DEPTH} levels"
        raise PresetError(told, file, line_of_depth(text, MAX_DEPTH)) from None
    except ValueError:  # an integer of thousands of digits
        longest = max(re.finditer(r"[\d_]+", text), key=lambda found: len(found[0]))
        line = text.count("\n", 0, longest.start()) + 1
        raise PresetError("a number with too many digits; shorten it", file, line) from None


def _preset(document: dict[str, object], text: str, file: str, table: str | None) -> Preset:
    for key in document:
        if key not in KINDS:
            raise Fault((key,), unknown_key(key, "the preset", KINDS))
    validate.check_values(document)
    for key, told in REQUIRED.items():
        if key not in document and (key, "data" in document) != ("samples", True):
            raise Fault((), told)
    tables = {key: convert(value, KINDS[key], (key,)) for key, value in document.items()}
    figures = tables.pop("expected", {})
    if "samples" in tables and "data" in tables:
        raise Fault(("data",), "there are [[samples]] as well as [data]; remove one of the two")
    preset = Preset(**{"samples": (), **tables}, file=file, text=text)
    validate.check_layers(preset.layers)
    neurons = name_neurons(preset.layers)
    weights, biases = _parameters(preset, neurons)
    layers = tuple(map(_with_names, preset.layers, neurons))
    title = preset.title or Path(file).stem
    preset = msgspec.structs.replace(
        preset, title=title, layers=layers, weights=weights, biases=biases
    )
    preset = msgspec.structs.replace(preset, expected=printed_figures(figures, preset))
    if preset.data is not None:
        preset = with_data(preset, preset.data, neurons, table)
    validate.check_samples(preset.samples, neurons)
    validate.check_training(preset, neurons)
    validate.check_notation(preset.notation, neurons[-1])
    for name, kept in preset.state.items():
        validate.check_parameters(kept, preset, ("state", name))
    if len(preset.notes) > MAX_NOTES:
        raise Fault(("notes", MAX_NOTES), f"too many notes; the limit is {MAX_NOTES}")
    return preset


def _with_names(layer: Layer, neurons: tuple[str, ...]) -> Layer:
    return msgspec.structs.replace(layer, neurons=neurons)


def _parameters(
    preset: Preset, neurons: validate.Neurons
) -> tuple[dict[str, Weight], dict[str, Bias]]:
    """The weights and biases of the file, and those that matrices and initializers give."""
    weights, biases = preset.weights, preset.biases
    check_count(len(weights), ("weights",))
    taken: dict[str, str] = {}
    for place, layer in enumerate(neurons):
        for index, name in enumerate(layer):
            validate.take_name(name, "neuron", taken, ("layers", place, "neurons", index))
    more_weights: dict[str, Weight] = {}
    more_biases: dict[str, Bias] = {}
    for place in range(1, len(neurons)):
        path: KeyPath = ("layers", place)
        given, layout = preset.layers[place], preset.layout
        made = generate(given, neurons[place - 1], neurons[place], path, layout)
        validate.take_made_names(made[0], "weight", taken, path)
        validate.take_made_names(made[1], "bias", taken, path)
        more_weights |= made[0]
        more_biases |= made[1]
        check_count(len(weights) + len(more_weights), path)
    for name in weights:
        validate.take_name(name, "weight", taken, ("weights", name))
    for name in biases:
        validate.take_name(name, "bias", taken, ("biases", name))
    validate.check_weights(weights, neurons, {edge.to for edge in more_weights.values()})
    every = weights | more_weights
    validate.check_reached(every, neurons)
    validate.check_biases(more_biases | biases, neurons, [layer.name for layer in preset.layers])
    return every, biases | more_biases
