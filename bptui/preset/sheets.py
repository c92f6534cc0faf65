"""Answers to an exercise, as a person or a program writes them down: which number is what.

A file's form is known by what is in it; to read another form is to add an entry to `FORMS`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import tomli

from bptui.preset.errors import PresetError, counted, shortened
from bptui.preset.lines import line_of
from bptui.preset.sheet import Answer, Broken, Sheet, SheetError
from bptui.preset.sheet_csv import delimiter, from_csv

MOST_SHEETS = 5_000
MOST_ANSWERS = 2_000
"""On one sheet."""


class Form(NamedTuple):
    """A way to write answers."""

    told: str
    seen: str
    """What it is known by."""
    fits: Callable[[str], bool]
    read: Callable[[str, str], Iterator[Sheet]]
    """Given a text, and the name of whoever wrote it if that does not say."""


def read_sheets(text: str, file: str) -> tuple[Sheet, ...]:
    """The sheets of a file's text.

    Raises:
        PresetError: it has none, or it cannot be read at all.
    """
    name = Path(file).name.rpartition(".")[0] or Path(file).name
    form = next(form for form in FORMS.values() if form.fits(text))
    try:
        sheets = tuple(form.read(text, name))
    except SheetError as error:
        raise PresetError(error.told, file, error.line) from None
    except RecursionError:
        raise PresetError("nested too deeply; write one answer a line", file) from None
    if not any(sheet.answers or sheet.broken for sheet in sheets):
        told = 'no answers; write them as lines like "w5 = 0.3589"'
        raise PresetError(told, file)
    if len(sheets) > MOST_SHEETS:
        raise PresetError(f"{len(sheets)} sheets; the limit is {MOST_SHEETS:,}", file)
    for sheet in sheets:
        if len(sheet.answers) > MOST_ANSWERS:
            told = f"{counted(len(sheet.answers), 'answer')} on a sheet; the limit is"
            raise PresetError(f"{told} {MOST_ANSWERS:,}", file, sheet.line)
    return sheets


# JSON


def _is_json(text: str) -> bool:
    return text.lstrip()[:1] == "{" or re.match(r"\s*\[\s*\{", text) is not None


def _from_json(text: str, name: str) -> Iterator[Sheet]:
    """Objects as `bptui trace --json` prints them, or of addresses and numbers, a line each."""
    answers: list[Answer] = []
    broken: list[Broken] = []
    for line, row in _objects(text):
        if isinstance(row, Broken):
            broken.append(row)
            continue
        when = " ".join(str(row[key]) for key in ("iteration", "phase") if key in row)
        quantities = row.get("quantities", row)
        if not isinstance(quantities, dict):
            broken.append(Broken(line, '"quantities" must be an object of addresses and numbers'))
            continue
        answers += [
            Answer(address, _number(value), line, when)
            for address, value in quantities.items()
            if address not in ("iteration", "phase")
        ]
    yield Sheet(name, 1, tuple(answers), tuple(broken))


def _objects(text: str) -> Iterator[tuple[int, Any]]:
    """The objects of a text: it is one of them, a list of them, or has one a line."""
    try:
        whole = _json(text)
    except ValueError:
        for line, row in enumerate(text.splitlines(), 1):
            if row.strip():
                yield line, _object(row, line)
        return
    for row in whole if isinstance(whole, list) else [whole]:
        yield 1, row if isinstance(row, dict) else Broken(1, "not an object in { }")


def _json(text: str) -> Any:
    """What a text has, its numbers as they are written."""
    return json.loads(text, parse_int=str, parse_float=str)


def _object(text: str, line: int) -> object:
    try:
        row = _json(text)
    except ValueError as error:
        return Broken(line, f"not JSON: {error}")
    return row if isinstance(row, dict) else Broken(line, "not an object in { }")


def _number(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


# TOML


def _is_toml(text: str) -> bool:
    return re.search(r"(?m)^[ \t]*\[expected\b", text) is not None


def _from_toml(text: str, name: str) -> Iterator[Sheet]:
    """`[expected.N.PHASE]` of a preset; a figure may be a table with `printed`.

    What is not TOML is read line by line, so that a mistake costs only its line.
    """
    try:
        expected = tomli.loads(text)["expected"]
    except (ValueError, KeyError):  # a whole number of thousands of digits; only [expected-x]
        yield from _from_lines(text, name)
        return
    answers: list[Answer] = []
    broken: list[Broken] = []
    for iteration, phases in _table(expected, broken, 1, "[expected]"):
        line = line_of(text, ("expected", iteration)) or 1
        for phase, figures in _table(phases, broken, line, f"[expected.{iteration}]"):
            for address, value in _table(figures, broken, line, f"{iteration}.{phase}"):
                line = line_of(text, ("expected", iteration, phase, address)) or line
                said = value.get("printed", "") if isinstance(value, dict) else value
                said = said[-1] if isinstance(said, list) and said else said
                if isinstance(said, (str, int, float)) and not isinstance(said, bool):
                    written = said if isinstance(said, str) else repr(said)
                    answers.append(Answer(address, written, line, f"{iteration} {phase}"))
                else:
                    broken.append(Broken(line, f"{shortened(address)} has no number"))
    yield Sheet(name, 1, tuple(answers), tuple(broken))


def _table(found: object, broken: list[Broken], line: int, name: str) -> list[tuple[str, Any]]:
    if isinstance(found, dict):
        return [*found.items()]
    told = "must be a table; write answers below [expected.1.forward]"
    broken.append(Broken(line, f'"{shortened(name)}" {told}'))
    return []


# plain lines

_HEADING = re.compile(
    r"\[?\s*(?:expected\.|iteration\s+)?(\d+[\s.]+[a-z]+|\d+|start)\s*\]?:?", re.I
)


def _from_lines(text: str, name: str) -> Iterator[Sheet]:
    """`w5 = 0.3589`, perhaps below `[2 backward]`, or with `at 2 backward`."""
    answers: list[Answer] = []
    broken: list[Broken] = []
    when = ""
    for number, line in enumerate(text.splitlines(), 1):
        for part in line.partition("#")[0].split(";"):
            bare = part.strip().strip(",")
            if not bare:
                continue
            if heading := _HEADING.fullmatch(bare):
                when = " ".join(heading[1].replace(".", " ").split()).lower()
                continue
            address, equals, value = bare.partition("=")
            if not equals:
                address, equals, value = bare.rpartition(":")
            if not equals:
                told = f'"{shortened(bare)}" is no answer; write it like w5 = 0.3589'
                broken.append(Broken(number, told))
                continue
            address, value = _bare(address), _bare(value)
            address, before = _with_moment(address)
            value, after = _with_moment(value)
            answers.append(Answer(address, value, number, after or before or when))
    yield Sheet(name, 1, tuple(answers), tuple(broken))


def _with_moment(text: str) -> tuple[str, str]:
    """A text without `at 2 backward` at its end, and that moment, or nothing."""
    words = text.split()
    place = max((k for k, word in enumerate(words) if word.lower() == "at"), default=0)
    when = " ".join(words[place + 1 :])
    if place and re.fullmatch(r"[\w ]+", when):
        return " ".join(words[:place]), when
    return text, ""


def _bare(text: str) -> str:
    """Text without the quotes around it."""
    text = text.strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1].strip() if quoted else text


FORMS = {
    "json": Form(
        "JSON as `bptui trace PRESET --json` prints it", "it begins with `{`", _is_json, _from_json
    ),
    "toml": Form("TOML as in a preset", "it has `[expected.N.PHASE]`", _is_toml, _from_toml),
    "csv": Form(
        "CSV: an answer a row, or a student a row",
        "a tab, `;` or `,` in its first line, and no `=`",
        lambda text: bool(delimiter(text)),
        from_csv,
    ),
    "lines": Form("lines like `w5 = 0.3589`", "anything else", lambda text: True, _from_lines),
}
"""The forms, each tried before those after it."""
