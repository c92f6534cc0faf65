"""Answers to an exercise, as a person or a program writes them down: which number is what.

A file's form is known by what is in it; to read another form is to add an entry to `FORMS`.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import tomli
from msgspec import Struct

from bptui.preset.errors import PresetError, counted, shortened
from bptui.preset.lines import line_of
from bptui.preset.syntax import explain

MOST_SHEETS = 5_000
MOST_ANSWERS = 2_000
"""On one sheet."""


class Answer(Struct, frozen=True, gc=False):
    """A number that somebody gives, as it is written; nothing is understood yet."""

    address: str
    text: str
    """Empty if there is no answer."""
    line: int
    when: str = ""
    """`2 backward`, `2`, or nothing."""


class Broken(Struct, frozen=True):
    """A line that cannot be read, and why."""

    line: int
    told: str


class Sheet(Struct, frozen=True):
    """The answers of one person or program."""

    name: str
    line: int
    answers: tuple[Answer, ...]
    broken: tuple[Broken, ...] = ()


class Form(NamedTuple):
    """A way to write answers."""

    told: str
    fits: Callable[[str], bool]
    read: Callable[[str, str], Iterator[Sheet]]
    """Given a text, and the name of whoever wrote it if that does not say."""


def read_answers(text: str, file: str) -> tuple[Sheet, ...]:
    """The sheets of a file's text.

    Raises:
        PresetError: it has none, or it cannot be read at all.
    """
    name = Path(file).name.rpartition(".")[0] or Path(file).name
    form = next(form for form in FORMS.values() if form.fits(text))
    try:
        sheets = tuple(form.read(text, name))
    except tomli.TOMLDecodeError as error:
        line, told = explain(error)
        raise PresetError(told, file, line) from None
    except csv.Error as error:
        raise PresetError(f"not CSV: {error}; check the quotes", file) from None
    except _WrongError as error:
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


def names_in(text: str, file: str) -> list[str]:
    """The names of students, one a line, or the first cells of CSV; a header is left out.

    Raises:
        PresetError: there are none, or one is there twice.
    """
    found: dict[str, int] = {}
    delimiter = _delimiter(text)
    for line, row in enumerate(text.splitlines(), 1):
        cells = next(csv.reader([row], delimiter=delimiter), [""]) if delimiter else [row]
        name = "".join(cells[:1]).strip()
        if not name or (not found and name.casefold() in ("name", "student", "names")):
            continue
        if name in found:
            told = f'"{shortened(name)}" is in line {found[name]} already; tell them apart'
            raise PresetError(told, file, line)
        found[name] = line
    if not found:
        raise PresetError("no names; write one a line", file)
    return [*found]


class _WrongError(Exception):
    """A text that makes no sense as a whole."""

    def __init__(self, told: str, line: int) -> None:
        self.told, self.line = told, line


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
        whole = json.loads(text)
    except ValueError:
        for line, row in enumerate(text.splitlines(), 1):
            if row.strip():
                yield line, _object(row, line)
        return
    for row in whole if isinstance(whole, list) else [whole]:
        yield 1, row if isinstance(row, dict) else Broken(1, "not an object in { }")


def _object(text: str, line: int) -> object:
    try:
        row = json.loads(text)
    except ValueError as error:
        return Broken(line, f"not JSON: {error}")
    return row if isinstance(row, dict) else Broken(line, "not an object in { }")


def _number(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


# TOML


def _is_toml(text: str) -> bool:
    return re.search(r"(?m)^\s*\[expected\b", text) is not None


def _from_toml(text: str, name: str) -> Iterator[Sheet]:
    """`[expected.N.PHASE]` of a preset; a figure may be a table with `printed`."""
    answers: list[Answer] = []
    broken: list[Broken] = []
    for iteration, phases in tomli.loads(text)["expected"].items():
        line = line_of(text, ("expected", iteration)) or 1
        for phase, figures in phases.items() if isinstance(phases, dict) else ():
            for address, value in figures.items() if isinstance(figures, dict) else ():
                line = line_of(text, ("expected", iteration, phase, address)) or line
                said = value.get("printed", "") if isinstance(value, dict) else value
                said = said[-1] if isinstance(said, list) and said else said
                if isinstance(said, (str, int, float)):
                    written = said if isinstance(said, str) else repr(said)
                    answers.append(Answer(address, written, line, f"{iteration} {phase}"))
                else:
                    broken.append(Broken(line, f"{address} has no number"))
    yield Sheet(name, 1, tuple(answers), tuple(broken))


# CSV

_ADDRESS = ("address", "quantity", "number", "what", "name")
_VALUE = ("value", "answer", "result", "number")
_ITERATION, _PHASE = ("iteration", "step"), ("phase",)


def _delimiter(text: str) -> str:
    """What stands between the cells of the first row; nothing if there is only one."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", first)
    if "=" in bare or bare.lstrip().startswith(("#", "[")):
        return ""
    return next((sign for sign in "\t;," if sign in bare), "")


def _from_csv(text: str, name: str) -> Iterator[Sheet]:
    stream = io.StringIO(text, newline="")
    reader = csv.reader(stream, delimiter=_delimiter(text), skipinitialspace=True)
    rows, line = [], 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            rows.append((line, [cell.strip() for cell in cells]))
        line = reader.line_num + 1
    head = [cell.casefold() for cell in rows[0][1]]
    if {*head} & {*_VALUE} and {*head} & {*_ADDRESS} and len(rows[0][1]) <= 5:
        yield _listed(rows[1:], name, head)
    elif len(head) == 2 and re.match(r"[-+−]?[.,]?\d", head[1]):
        yield _listed(rows, name, ["address", "value"])
    else:
        yield from _class(rows)


def _listed(rows: list[tuple[int, list[str]]], name: str, head: list[str]) -> Sheet:
    """A row for each answer: address, value, perhaps iteration and phase."""
    answers, broken = [], []
    at = {names: _place(head, names) for names in (_ADDRESS, _VALUE, _ITERATION, _PHASE)}
    for line, cells in rows:
        if len(cells) > len(head):
            told = f"{counted(len(cells), 'cell')}, but there are {len(head)} columns"
            broken.append(Broken(line, f"{told}; quote a number with a comma"))
            continue
        cells = [*cells, *[""] * (len(head) - len(cells)), ""]
        when = f"{cells[at[_ITERATION]]} {cells[at[_PHASE]]}".strip()
        answers.append(Answer(cells[at[_ADDRESS]], cells[at[_VALUE]], line, when))
    return Sheet(name, rows[0][0] if rows else 1, tuple(answers), tuple(broken))


def _place(head: list[str], names: tuple[str, ...]) -> int:
    """The column of some name; the empty one after the last if there is none."""
    return next((head.index(name) for name in names if name in head), -1)


def _class(rows: list[tuple[int, list[str]]]) -> Iterator[Sheet]:
    """A row for each student, whose name comes first, and a column for each answer."""
    line, head = rows[0]
    for place, address in enumerate(head[1:], 2):
        if not address:
            raise _WrongError(f"column {place} has no address; name it, or delete it", line)
    if len({*head[1:]}) < len(head) - 1:
        twice = next(name for name in head[1:] if head[1:].count(name) > 1)
        raise _WrongError(f'two columns are "{shortened(twice)}"; delete one', line)
    if len(rows) == 1:
        raise _WrongError("no rows but the header; add one for each student", line)
    seen: dict[str, int] = {}
    for line, cells in rows[1:]:
        name = cells[0] or f"line {line}"
        told = ""
        if len(cells) > len(head):
            told = f"{counted(len(cells), 'cell')}, but the header has {len(head)}"
            told += "; quote a number with a comma"
        elif name in seen:
            told = f'"{shortened(name)}" is in line {seen[name]} already'
        seen.setdefault(name, line)
        cells += [""] * (len(head) - len(cells))
        answers = [Answer(a, text, line) for a, text in zip(head[1:], cells[1:], strict=False)]
        yield Sheet(name, line, () if told else tuple(answers), (Broken(line, told),) * bool(told))


# plain lines

_AT = re.compile(r"\s+at\s+([\w ]+?)\s*$", re.I)
_HEADING = re.compile(r"\[?\s*(?:iteration\s+)?(\d+\s+[a-z]+|\d+|start)\s*\]?:?", re.I)


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
                when = " ".join(heading[1].split()).lower()
                continue
            address, equals, value = bare.partition("=")
            if not equals:
                address, equals, value = bare.rpartition(":")
            if not equals:
                told = f'"{shortened(bare)}" is no answer; write it like w5 = 0.3589'
                broken.append(Broken(number, told))
                continue
            own = _AT.search(value) or _AT.search(address)
            address, value = _AT.sub("", address), _AT.sub("", value)
            said = " ".join(own[1].split()) if own else when
            answers.append(Answer(address.strip(), value.strip(), number, said))
    yield Sheet(name, 1, tuple(answers), tuple(broken))


FORMS = {
    "json": Form("JSON as bptui trace --json prints it", _is_json, _from_json),
    "toml": Form("TOML with [expected.N.PHASE]", _is_toml, _from_toml),
    "csv": Form("CSV", lambda text: bool(_delimiter(text)), _from_csv),
    "lines": Form("lines like w5 = 0.3589", lambda text: True, _from_lines),
}
"""The forms, each tried before those after it."""
