"""Conventions that are an entry of a table, or none: which entry, and in which of its forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from bptui.engine.functions import Chosen
from bptui.engine.optimizers import InForms
from bptui.preset.model import Named, Preset, name_of
from bptui.story.choices import form_in, switched, with_form
from bptui.story.symbols import parameter_symbol

NONE = "none"


def of_table(
    key: str, table: Mapping[str, Any], chosen: Callable[[Preset], Chosen | None]
) -> dict[str, Any]:
    """The parts of a convention that chooses an entry for a key of `[training]`, or none."""

    def choices(preset: Preset) -> tuple[str, ...]:
        known = [n for n, e in table.items() if () not in e.parameters.values()]
        return tuple(dict.fromkeys((NONE, *known, _name(preset, key))))

    def set_(preset: Preset, name: str) -> Preset:
        return _with(
            preset, key, None if name == NONE else switched(table, _value(preset, key), name)
        )

    return {
        "get": lambda preset: _name(preset, key),
        "set": set_,
        "choices": choices,
        "word": lambda name: table[name].label or name if name in table else name,
        "header": lambda preset: _label(chosen(preset)),
        "is_guessed": lambda preset: _value(preset, key) is not None,
    }


def of_forms(
    key: str, table: Mapping[str, InForms], chosen: Callable[[Preset], Chosen | None]
) -> dict[str, Any]:
    """The parts of a convention that chooses the form of that entry."""

    def choices(preset: Preset) -> tuple[str, ...]:
        return tuple(table[name].forms) if (name := _name(preset, key)) in table else ()

    def set_(preset: Preset, form: str) -> Preset:
        value = _value(preset, key)
        assert value is not None  # else it has no forms
        return _with(preset, key, with_form(table, value, form))

    return {
        "get": lambda preset: form_in(chosen(preset)),
        "set": set_,
        "choices": choices,
        "applies": lambda preset: bool(choices(preset)),
    }


def _value(preset: Preset, key: str) -> Named | None:
    value: Named | None = getattr(preset.training, key)
    return value


def _name(preset: Preset, key: str) -> str:
    value = _value(preset, key)
    return NONE if value is None else name_of(value)


def _with(preset: Preset, key: str, value: Named | None) -> Preset:
    return replace(preset, training=replace(preset.training, **{key: value}))


def _label(chosen: Chosen | None) -> tuple[str, ...]:
    """What the header says of an entry: its numbers, too, if there is room."""
    if chosen is None:
        return ()
    label = chosen.entry.label or chosen.name
    numbers = {k: v for k, v in chosen.parameters.items() if isinstance(v, float)}
    told = [f"{parameter_symbol(key, v).symbol} {v:g}" for key, v in numbers.items()]
    return f"{label} {', '.join(told)}".rstrip(), label
