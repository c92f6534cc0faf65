"""Tables of the file as the types of `model`, or a sentence about the first part that is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

from bptui.preset import model
from bptui.preset.errors import Fault, KeyPath, named, offered
from bptui.preset.model import Name, Table, choices
from bptui.preset.numbers import NumberError, number
from bptui.preset.words import called, meant

_PLAIN = {
    "float": "a number",
    "int": "a whole number",
    "str": "text in quotes",
    "bool": "true or false",
    "array": "a list in [ ]",
    "object": "a table",
    "datetime": "a date",
    "date": "a date",
    "time": "a time",
}
_SHAPES = {
    "state": "numbers go in tables such as [state.v], as w1 = 0.1",
    "expected": 'printed figures go in tables such as [expected.1.forward], as "net h1" = "0.3775"',
}
_TABLES = {"rates": "{ hidden = 0.1 }"}
"""Examples of tables that have names for keys."""
_SINGULAR = {"biases": "bias"}


def convert(value: object, kind: Any, path: KeyPath) -> Any:
    """A value of the file as its type.

    Raises:
        Fault: the first part that has another type, is unknown or missing.
    """
    if get_origin(kind) is dict:  # msgspec does not say which of a dict's values is wrong
        if not isinstance(value, dict):
            told = f'"{path[0]}" must be a table: [{path[0]}], then a line for each'
            raise Fault(path, _SHAPES.get(str(path[0]), told))
        return {key: convert(item, get_args(kind)[1], (*path, key)) for key, item in value.items()}
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        value = understood(value, kind, path)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise _fault(str(error), value, kind, path) from None


def understood(value: object, kind: Any, path: KeyPath) -> object:
    """A value of the file with numbers for texts that say one, and names for numbers of neurons.

    Raises:
        Fault: a text in place of a number that is none.
    """
    kinds = get_args(kind) if get_origin(kind) in _UNIONS else (kind,)
    if isinstance(value, str) and float in kinds:
        try:
            return number(value)
        except NumberError as error:
            raise Fault(path, str(error)) from None
    if type(value) is int and Name in kinds:
        return str(value)
    if isinstance(value, list):
        for item in (get_args(k)[0] for k in kinds if get_origin(k) is tuple):
            return [understood(part, item, (*path, place)) for place, part in enumerate(value)]
    if isinstance(value, dict) and get_origin(kind) is dict:
        item = get_args(kind)[1]
        return {key: understood(part, item, (*path, key)) for key, part in value.items()}
    if isinstance(value, dict) and (table := _table(kind)):
        types = {field.encode_name: field.type for field in msgspec.structs.fields(table)}
        return {
            key: understood(part, types[key], (*path, key)) if key in types else part
            for key, part in value.items()
        }
    return value


_UNIONS = (Union, UnionType)


def unknown_key(key: str, owner: str, known: Iterable[str]) -> str:
    """Say of a key that its table does not have which was meant, or where it goes."""
    known, hint = list(known), ""
    if not called(key, known):
        hint = next((f"it goes {place}" for place, keys in _PLACES.items() if key in keys), "")
    hint = hint or meant(key, known)
    if hint == offered(known):
        others = ((other, place) for place in _PLACES for other in called(key, _PLACES[place]))
        hint = next((f'did you mean "{other}" {place}?' for other, place in others), hint)
    return f'unknown key "{key}" in {owner}; {hint}'


_PLACES: dict[str, tuple[str, ...]] = {
    "in [training]": model.Training.__struct_encode_fields__,
    "in [[layers]]": model.Layer.__struct_encode_fields__,
    "in [[samples]]": model.Sample.__struct_encode_fields__,
    "in [notation]": model.Notation.__struct_encode_fields__,
    "at the top of the file, above the first [table]": ("title", "source", "layout"),
}
"""Where keys go, by the first place that knows one."""


def _fault(message: str, value: Any, kind: Any, path: KeyPath) -> Fault:
    """What msgspec says, `Expected ... - at $.input[1]`, in an author's words."""
    reason, _, place = message.partition(" - at `$")
    wanted, *got = re.findall("`([^`]*)`", reason) or [""]  # a choice names none
    for name, index in re.findall(r"\.([^.\[\]`]+)|\[(\d+)\]", place):
        path = (*path, name or int(index))
        value = value[path[-1]]
        if name:
            fields = msgspec.structs.fields(_table(kind))
            kind = next(field.type for field in fields if field.encode_name == name)
        elif get_origin(kind) is tuple:
            kind = get_args(kind)[0]
    if get_origin(kind) is dict:
        if not isinstance(value, dict):
            return Fault(path, f"{named(path)} must be a table: {_TABLES[str(path[-1])]}")
        convert(value, kind, path)  # which says which of them it is
    if reason.startswith("Object contains unknown"):
        key = reason.partition("`")[2][:-1]
        known = _table(kind).__struct_encode_fields__
        return Fault((*path, key), unknown_key(key, _owner(path, value), known))
    if reason.startswith("Object missing"):
        return Fault(path, f'{_owner(path, value)} has no "{wanted}"; add {wanted} = ...')
    if words := choices(kind):
        number = ["a whole number from 1"] if path[-1] == "batch" else []
        *others, last = [*(f'"{word}"' for word in words), *number]
        return Fault(path, f'"{path[-1]}" must be {", ".join(others)} or {last}')
    if path[0] == "expected" and not place.partition(".")[2]:
        quantity = next(part for part in reversed(path) if isinstance(part, str))
        return Fault(path, f'the figure "{quantity}" must be in quotes, as printed: "0.3775"')
    if wanted == "array" and len(path) == 1:
        told = f'"{path[0]}" must be written [[{path[0]}]], once for each {_one(path[0])}'
        return Fault(path, told)
    if wanted.startswith("object") and (table := _table(kind)):
        required = (f.encode_name for f in msgspec.structs.fields(table) if f.required)
        known = {"value": f"value = {value}"} if isinstance(value, (int, float)) else {}
        pairs = ", ".join(known.get(k, f"{k} = ...") for k in required) or "net = ..., out = ..."
        told = f"{_owner(path, value)} must be a table: {{ {pairs} }}"
        if isinstance(value, list) and path[0] in _PLACES["in [[layers]]"]:
            told += f"; those of a whole layer go in [[layers]]: {path[0]} = [...]"
        return Fault(path, told)
    if wanted == "array" and isinstance(path[-1], int):
        return Fault(path, f"{named(path[:-1])} must be a list of rows: [[...], ...]")
    names = [name for name in wanted.split(" | ") if name != "null"]
    told = f"{named(path)} must be {' or '.join(_PLAIN.get(name, name) for name in names)}"
    if least := re.search(r">= (\d+)", reason):
        told += f" of at least {least[1]}"
    if length := re.search(r"of length (\d+)", reason):
        told += f" of {length[1]}"
    if got:
        told += f", not {'a decimal number' if got == ['float'] else _PLAIN.get(got[0], got[0])}"
    return Fault(path, told)


def _table(kind: Any) -> Any:
    """The table among what a value may be, None if it may be none."""
    kinds = (kind, *get_args(kind))
    return next((k for k in kinds if isinstance(k, type) and issubclass(k, Table)), None)


def _one(key: object) -> str:
    return _SINGULAR.get(str(key), str(key).removesuffix("s"))


def _owner(path: KeyPath, table: object) -> str:
    """What an author calls a table: weight w3, layer "hidden", sample 2, [training]."""
    match path:
        case ("layers", int()) if isinstance(table, dict) and isinstance(table.get("name"), str):
            return f'layer "{table["name"]}"'
        case (key, int(place)):
            return f"{_one(key)} {place + 1}"
        case (key, str(name)):
            return f"{_one(key)} {name}"
        case (key,):
            return f"[{key}]"
        case _:
            return named(path)
