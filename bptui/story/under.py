"""Conventions that a figure was computed under, when they are not the preset's."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from bptui.preset.errors import did_you_mean
from bptui.preset.model import Preset
from bptui.story.batching import with_training
from bptui.story.conventions import CONVENTIONS, ConventionError
from bptui.story.parameters import with_trainable

Under = tuple[tuple[str, str | tuple[str, ...]], ...]
"""Conventions by name with their values, and `trainable` and `frozen` with names of parameters."""
LISTS = {"trainable": True, "frozen": False}


def parse_under(table: Mapping[str, object], preset: Preset) -> Under:
    """The conventions that a figure's `under` table names.

    Raises:
        ConventionError: an unknown key, a wrong value, or a parameter that is not there.
    """
    if not table:
        raise ConventionError('"under" is empty; name a convention, such as update = "sequential"')
    known = (*CONVENTIONS, *LISTS)
    for key in table:
        if key not in known:
            hint = did_you_mean(key, known)
            raise ConventionError(f'unknown convention "{key}" in under; {hint}')
    found: list[tuple[str, str | tuple[str, ...]]] = []
    for key in sorted(table, key=lambda k: k.endswith("form")):  # of what others say
        value = _under_value(key, table[key], preset)
        found.append((key, value))
        if f"{key}_form" in CONVENTIONS or key == "optimizer":
            preset = CONVENTIONS[key].set(preset, str(value))
    return tuple(found)


def _under_value(key: str, value: object, preset: Preset) -> str | tuple[str, ...]:
    if key in LISTS:
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise ConventionError(_no_such_value(key))
        parameters = (*preset.weights, *preset.biases)
        for name in value:
            if name not in parameters:
                hint = did_you_mean(name, parameters)
                raise ConventionError(f'no parameter "{name}" in under; {hint}')
        return tuple(value)
    is_bool = isinstance(value, bool)
    types = CONVENTIONS[key].types
    if not isinstance(value, types) or is_bool != (bool in types):
        raise ConventionError(_no_such_value(key))
    text = str(value).lower() if is_bool else str(value)
    if key == "loss":  # what it does not go with has an error of its own
        return text
    try:
        return CONVENTIONS[key].parsed(preset, text)
    except ConventionError:
        if key == "batch" and (text in ("full", "online") or (text.isdigit() and int(text) > 0)):
            return text  # too large a batch has an error of its own
        raise ConventionError(_no_such_value(key)) from None


def _no_such_value(key: str) -> str:
    return f'"{key}" in under must be a value that [training] allows'


def variant(preset: Preset, under: Under) -> Preset:
    """A preset under other conventions, without its figures and notes.

    Its first batch is that with the same sample: batches of another size are counted otherwise.
    """
    samples = len(preset.samples)
    size = preset.training.batch_size(samples)
    for key, value in under:
        if isinstance(value, tuple):
            preset = with_trainable(preset, value, LISTS[key])
        else:
            preset = CONVENTIONS[key].set(preset, value)
    if (new := preset.training.batch_size(samples)) != size:
        begun = (preset.training.first_batch - 1) * size
        preset = with_training(preset, first_batch=begun // new + 1)
    return replace(preset, expected=(), claims=(), notes=())
