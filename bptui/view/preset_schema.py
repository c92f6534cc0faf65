"""The JSON Schema of presets, for editors: from the types of `model` and the engine's tables."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from bptui.engine.functions import ACTIVATIONS, LOSSES
from bptui.engine.optimizers import OPTIMIZERS
from bptui.engine.penalties import PENALTIES
from bptui.engine.schedules import SCHEDULES
from bptui.engine.trace import Formula, names_of
from bptui.preset import model
from bptui.preset.initializers import INITIALIZERS
from bptui.preset.read import KINDS, REQUIRED
from bptui.story.choices import UNITS
from bptui.story.conventions import CONVENTIONS, LISTS
from bptui.story.formula import Const
from bptui.story.moment import Phase
from bptui.story.notation import Naming
from bptui.story.symbols import parameter_symbol, written
from bptui.view.formula import symbols

Schema = dict[str, Any]
Formulas = Callable[[Any], Mapping[str, Any]]
"""What to tell of an entry: formulas by name, or None."""

_NUMBER: Schema = {"type": ["number", "string"], "pattern": "^[^A-DF-Za-df-z,]+$"}
"""A number, or in quotes a fraction."""
_NOTHING: Schema = {}
_SOME = 1.25
"""A number that formulas write by its symbol."""
_DEFINITIONS = "#/definitions/{name}"


def preset_schema() -> Schema:
    """The schema of a whole preset."""
    kinds = {key: kind for key, kind in KINDS.items() if kind is not str}
    made, definitions = msgspec.json.schema_components(
        kinds.values(), schema_hook=lambda kind: {"title": "anything"}, ref_template=_DEFINITIONS
    )
    docs = _docs()
    for name, definition in definitions.items():
        _describe(definition, docs.get(name, {}))
    for table, key, own in _TABLES_OF_NAMES:
        before = definitions[table]["properties"][key]
        definitions[table]["properties"][key] = {
            **{word: before[word] for word in ("description", "default") if word in before},
            **own(),
        }
    properties: Schema = {key: {"type": "string"} for key in KINDS if key not in kinds}
    properties |= dict(zip(kinds, made, strict=True)) | {"expected": _expected(made, kinds)}
    top: Schema = {"properties": {key: properties[key] for key in KINDS}}
    _describe(top, docs["Preset"])
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A preset of bptui",
        "type": "object",
        **_plain(top),
        "required": [key for key in REQUIRED if key not in _EITHER],
        **_either(*_EITHER),
        "additionalProperties": False,
        "definitions": _plain(definitions),
    }


def _either(usual: str, other: str) -> Schema:
    """One of two keys. With `oneOf`, editors would say no more than that all of it is wrong."""
    return {
        "if": {"required": [other]},
        "then": {"not": {"required": [usual]}},
        "else": {"required": [usual]},
    }


def _plain(schema: Any) -> Any:
    """What msgspec makes, as TOML has it: no null, fractions for numbers, neurons by number."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("title") == _NAME_TITLE:
        return {**schema, "type": ["string", "integer"]}
    schema = {k: _plain(v) for k, v in schema.items() if not (k == "default" and v is None)}
    if isinstance(told := schema.get("description"), str):
        schema["description"] = inspect.cleandoc(told)  # Python 3.13 does, others do not
    if schema.get("type") == "number":
        return {**schema, **_NUMBER}
    some = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(some) == 1:
        schema.pop("anyOf")
        return {**schema, **({"allOf": some} if "$ref" in some[0] else some[0])}
    return {**schema, "anyOf": some} if some else schema


_EITHER = ("samples", "data")
"""A preset has one of these."""
_NAME_TITLE = "a neuron's name"


def _expected(made: Sequence[Schema], kinds: Mapping[str, Any]) -> Schema:
    """Printed figures, in a table for each iteration and phase."""
    whole: Schema = made[[*kinds].index("expected")]
    figures = whole["additionalProperties"]["additionalProperties"]
    phases: Schema = {"properties": {phase.label: figures for phase in Phase}}
    phases |= {"type": "object", "additionalProperties": False}
    iterations = {"^[1-9][0-9]*$": phases}
    return {"type": "object", "patternProperties": iterations, "additionalProperties": False}


# descriptions: the sentences that stand below the fields in the source


def _docs() -> dict[str, dict[str, str]]:
    """What `model` says of the fields of its types."""
    classes = (n for n in ast.parse(inspect.getsource(model)).body if isinstance(n, ast.ClassDef))
    return {node.name: dict(_fields(node)) for node in classes}


def _fields(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for field, told in pairwise(node.body):
        match field, told:
            case ast.AnnAssign(target=ast.Name(name)), ast.Expr(ast.Constant(str(text))):
                yield name, inspect.cleandoc(text).replace("\n", " ")


def _describe(table: Schema, docs: Mapping[str, str]) -> None:
    keys = {"source": "from", "same_as": "is", "arithmetic": "as"}
    for field, text in docs.items():
        key = field if field in table["properties"] else keys.get(field, field)
        if key in table["properties"]:
            own = table["properties"][key]
            own = {"allOf": [own]} if "$ref" in own else own
            table["properties"][key] = {"description": text, **own}


# the tables


def _named(table: Mapping[str, Any], formulas: Formulas, others: Schema = _NOTHING) -> Schema:
    """An entry by its name, or a table of that and its parameters; `others` are more keys."""
    alone = [name for name in table if () not in table[name].parameters.values()]
    docs = [_told(table[name], formulas) for name in alone]
    names = {"type": "string", "enum": alone, "x-taplo": {"docs": {"enumValues": docs}}}
    tables = [
        _table(name, entry, form, _told(entry, formulas), others)
        for name in table
        for form, entry in (getattr(table[name], "forms", {}) or {"": table[name]}).items()
    ]
    return {"anyOf": [names, *tables]}


def _table(name: str, entry: Any, form: str, told: str, others: Schema) -> Schema:
    """An entry in one of its forms, which must be named unless it is the first."""
    lists = {key for key, value in entry.parameters.items() if isinstance(value, tuple)}
    keys: Schema = {"name": {"const": name}}
    keys |= {"form": {"const": form}} if form else {}
    for key, value in entry.parameters.items():
        many = {"type": "array", "items": _NUMBER, "minItems": 1}
        keys[key] = many if key in lists else {**_NUMBER, "default": value}
    return {
        "title": f"{name} ({form})" if form else name,
        "description": told,
        "type": "object",
        "properties": keys | others,
        "required": ["name", *(["form"] if form and form != entry.form else []), *sorted(lists)],
        "additionalProperties": False,
    }


def _told(entry: Any, formulas: Formulas) -> str:
    """An entry's formulas in symbols; nothing of one over a list."""
    if any(isinstance(value, tuple) for value in entry.parameters.values()):
        return ""
    given = {name: f for name, f in formulas(entry).items() if f is not None}
    return "; ".join(f"{name} = {_written(f, entry.parameters)}" for name, f in given.items())


def _written(formula: Formula, parameters: Mapping[str, float]) -> str:
    names: dict[str, Any] = {
        name: parameter_symbol(name, parameters.get(name, _SOME)) for name in names_of(formula)
    }
    if "nets" in names:
        names["nets"] = [Const(_SOME, f"net{sign}") for sign in "₁₂"]
    found = written(formula, names)
    assert found is not None  # each entry can be taught
    return symbols(found, Naming(model.Notation(), ()))


_BY: Schema = {"by": {"enum": [*UNITS], "default": UNITS[0], "description": "What t counts."}}
_BIASES: Schema = {"biases": {"type": "boolean", "default": False}}
_TABLES_OF_NAMES: tuple[tuple[str, str, Callable[[], Schema]], ...] = (
    ("Layer", "activation", lambda: _named(ACTIVATIONS, lambda a: {"out": a.out})),
    ("Training", "loss", lambda: _named(LOSSES, lambda loss: {"E of an output": loss.share})),
    ("Training", "optimizer", lambda: _named(OPTIMIZERS, lambda o: o.formulas)),
    ("Training", "schedule", lambda: _named(SCHEDULES, lambda s: {"η now": s.rate}, _BY)),
    ("Training", "penalty", lambda: _named(PENALTIES, _penalties, _BIASES)),
    ("Initializer", "name", lambda: {"type": "string", "enum": [*INITIALIZERS]}),
    ("Figure", "under", lambda: {"type": "object", "propertyNames": _CONVENTIONS}),
)
"""The keys of tables whose values are names in a table of ours, and what these may be."""
_CONVENTIONS: Schema = {"enum": [*CONVENTIONS, *LISTS]}


def _penalties(entry: Any) -> dict[str, Any]:
    return {"added to ∂E/∂w": entry.slope, "g": entry.gradient, "taken from w": entry.taken}


def schema_text() -> str:
    """The schema as the file that ships with bptui has it."""
    return f"{json.dumps(preset_schema(), indent=1, ensure_ascii=False)}\n"
