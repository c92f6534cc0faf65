"""Preset -> TOML text like one written by hand."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

import msgspec

from bptui.preset.errors import SaveError
from bptui.preset.limits import MAX_BYTES
from bptui.preset.model import Bias, Layer, Preset, Sample, Table, Weight

WIDTH = 100
"""Where a list goes on in another line."""
ALIGNED = 16
"""The longest name that others are padded to."""
_HEAD = ("title", "source", "topic", "summary")
"""What a preset says of itself, before its tables."""


def write_preset(preset: Preset, comment: str = "") -> str:
    """The TOML text of a preset, with `comment` as its first line.

    `parse_preset` reads an equal one from it, bit for bit, but for what is not written: printed
    figures, notes, and the matrices and initializers of layers, whose weights have names by now.

    Raises:
        SaveError: a number that no preset has, or more text than a preset may have.
    """
    _check_numbers(preset)
    comment = " ".join("".join(c if c.isprintable() else " " for c in comment).split())
    notation, marking = list(_pairs(preset.notation)), list(_pairs(preset.marking))
    blocks = [
        [f"# {comment}"] if comment else [],
        _head(preset),
        ["[notation]", *notation] if notation else [],
        ["[training]", *_pairs(preset.training)],
        *(["[[layers]]", *_layer(layer)] for layer in preset.layers),
        _table("weights", preset.weights),
        _table("biases", preset.biases),
        *(
            [f"[state.{_key(name)}]", *_numbers(kept)]
            for name, kept in preset.state.items()
            if kept
        ),
        *(["[[samples]]", *_sample(sample)] for sample in preset.samples),
        ["[marking]", *marking] if marking else [],
    ]
    text = "\n\n".join("\n".join(block) for block in blocks if block) + "\n"
    if len(text.encode()) > MAX_BYTES:
        raise SaveError(
            f"over the limit of {MAX_BYTES // 2**20} MiB for a preset; "
            "save a smaller network or fewer samples"
        )
    return text


def write_figures(figures: Mapping[tuple[int, str], Mapping[str, str]]) -> str:
    """The TOML text of printed figures, by iteration and phase and then by address."""
    blocks = [
        [f"[expected.{iteration}.{phase}]", *(_pair(_key(a), text) for a, text in found.items())]
        for (iteration, phase), found in figures.items()
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _check_numbers(preset: Preset) -> None:
    """Refuse infinities, NaN and a negative learning rate, which a preset cannot hold."""
    parameters: dict[str, Weight | Bias] = {**preset.weights, **preset.biases}
    for name, parameter in parameters.items():
        if not math.isfinite(parameter.value):
            raise SaveError(
                f"{name} is {parameter.value}, but a preset holds only finite numbers; "
                "go back to an earlier iteration"
            )
    for name, kept in preset.state.items():
        for owner, number in kept.items():
            if not math.isfinite(number):
                raise SaveError(f"{name} {owner} is {number}; go back to an earlier iteration")
    if not math.isfinite(rate := preset.training.learning_rate):
        raise SaveError(f"the learning rate is {rate}; give a finite number")
    if rate < 0:
        raise SaveError(f"the learning rate is {rate}, but a preset needs a positive one; edit it")
    for place, sample in enumerate(preset.samples, 1):
        for number in (*sample.input, *(sample.target or ())):
            if not math.isfinite(number):
                raise SaveError(f"sample {place} has {number}; give a finite number")


def _numbers(table: Mapping[str, float]) -> list[str]:
    return [f"{_key(key)} = {toml_value(value)}" for key, value in table.items()]


def _head(preset: Preset) -> list[str]:
    said = {key: text for key in _HEAD if (text := getattr(preset, key))}
    longest = max(map(len, said), default=0)
    return [_pair(f"{key:{longest}}", text) for key, text in said.items()]


def _layer(layer: Layer) -> Iterator[str]:
    named = msgspec.structs.replace(layer, weights=None, biases=None, initializer=None)
    return _pairs(named)


def _sample(sample: Sample) -> list[str]:
    if sample.target is None:
        return [_pair("input", sample.input)]
    return [_pair("input ", sample.input), _pair("target", sample.target)]


def _table(name: str, table: Mapping[str, Weight] | Mapping[str, Bias]) -> list[str]:
    """A table of inline tables, nothing if it is empty."""
    keys = [_key(key) for key in table]
    longest = max(map(len, keys), default=0)
    width = longest if longest <= ALIGNED else 0
    rows = [
        f"{key:{width}} = {{ {', '.join(_pairs(value, math.inf))} }}"
        for key, value in zip(keys, table.values(), strict=True)
    ]
    return [f"[{name}]", *rows] if rows else []


def _pairs(table: Table, width: float = WIDTH) -> Iterator[str]:
    """Yield `key = value` of what a table has to say: what differs from the defaults."""
    for field in _fields(type(table)):
        value = getattr(table, field.name)
        if field.required or value != _default(field):
            yield _pair(field.encode_name, value, width)


def _default(field: msgspec.structs.FieldInfo) -> object:
    made = field.default_factory
    return field.default if made is msgspec.NODEFAULT else made()


@cache
def _fields(kind: type[Table]) -> tuple[msgspec.structs.FieldInfo, ...]:
    return msgspec.structs.fields(kind)


def _pair(key: str, value: object, width: float = WIDTH) -> str:
    if not isinstance(value, tuple):
        return f"{key} = {toml_value(value)}"
    items = _items(value)
    line = f"{key} = [{', '.join(items)}]"
    return line if len(line) <= width else "\n".join((f"{key} = [", *_filled(items), "]"))


def _filled(items: Iterable[str]) -> Iterator[str]:
    line = "   "
    for item in items:
        if len(line) + len(item) + 2 > WIDTH and line.strip():
            yield line
            line = "   "
        line += f" {item},"
    yield line


def _items(values: Sequence[object]) -> list[str]:
    """A list's items; if all numbers are whole, without a point."""
    texts = [toml_value(value) for value in values]
    if all(text.endswith(".0") and text != "-0.0" for text in texts):
        return [text[:-2] for text in texts]
    return texts


def toml_value(value: object) -> str:
    """A value as TOML writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case float():
            return repr(float(value))
        case str():
            return _text(value)
        case dict():
            return f"{{ {', '.join(_pair(_key(key), item) for key, item in value.items())} }}"
        case _:
            return str(value)


_BARE = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN = re.compile(r"[A-Za-z0-9_ .,()'-]*")
_ESCAPES = {a: f"\\{b}" for a, b in zip('"\\\b\t\n\f\r', '"\\btnfr', strict=True)}


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return f'"{text}"'
    return '"' + "".join(_ESCAPES.get(char) or _character(char) for char in text) + '"'


def _character(char: str) -> str:
    """A visible character as it is, another one as its number."""
    if char.isprintable():
        return char
    if "\ud800" <= char <= "\udfff":  # of a file name that is not UTF-8; TOML has no such text
        return "\ufffd"
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"
