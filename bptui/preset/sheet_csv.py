"""Answers in CSV: an answer a row, or a student a row and an answer a column."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from unicodedata import normalize

from bptui.preset.errors import counted, shortened
from bptui.preset.sheet import Answer, Broken, Sheet, SheetError

_ADDRESS = ("address", "quantity", "number", "what", "name")
_VALUE = ("value", "answer", "result", "number")
_MOST_COLUMNS = 8
"""With more, a table is that of a class."""
_ITERATION, _PHASE = ("iteration", "step"), ("phase",)


def csv_line(cells: Iterable[str]) -> str:
    """A line of CSV, none of whose cells a spreadsheet takes for a formula."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow(map(as_cell, cells))
    return stream.getvalue()


def as_cell(text: str) -> str:
    """Text with an apostrophe before what would begin a formula; other texts give other cells.

    >>> as_cell("=1+1"), as_cell("'=1+1"), as_cell("1+1"), as_cell("'t Hooft")
    ("'=1+1", "''=1+1", '1+1', "'t Hooft")
    """
    return f"'{text}" if re.match(r"\s*'*[=+@-]", normalize("NFKC", text[:9])) else text


def delimiter(text: str) -> str:
    """What stands between the cells of the first row; nothing if there is only one."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", first)
    if "=" in bare or bare.lstrip().startswith(("#", "[")):
        return ""
    return next((sign for sign in "\t;," if sign in bare), "")


Row = tuple[int, list[str]]
"""A line and its cells."""


def from_csv(text: str, name: str) -> Iterator[Sheet]:
    rows, broken = _rows(text)
    if not rows:
        yield Sheet(name, 1, (), tuple(broken))
        return
    head = [cell.casefold() for cell in rows[0][1]]
    if {*head} & {*_VALUE} and {*head} & {*_ADDRESS} and len(rows[0][1]) <= _MOST_COLUMNS:
        yield _listed(rows[1:], name, head, broken)
    elif len(head) == 2 and re.match(r"[-+−]?[.,]?\d", head[1]):
        yield _listed(rows, name, ["address", "value"], broken)
    else:
        yield from _class(rows)
        yield from (Sheet(f"line {row.line}", row.line, (), (row,)) for row in broken)


def _rows(text: str) -> tuple[list[Row], list[Broken]]:
    """The lines with something in them; each by itself, so that a bad quote costs only its line."""
    rows: list[Row] = []
    broken: list[Broken] = []
    sign = delimiter(text)
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        if line.count('"') % 2:
            broken.append(Broken(number, "a quote is not closed"))
            continue
        try:
            found = next(csv.reader([line], delimiter=sign, skipinitialspace=True), [])
        except csv.Error as error:
            broken.append(Broken(number, f"not CSV: {error}"))
            continue
        cells = [cell.strip() for cell in found]
        if any(cells):
            rows.append((number, cells))
    return rows, broken


def _listed(rows: list[Row], name: str, head: list[str], broken: list[Broken]) -> Sheet:
    """A row for each answer: address, value, perhaps iteration and phase."""
    answers = []
    at = {names: _place(head, names) for names in (_ADDRESS, _VALUE, _ITERATION, _PHASE)}
    for line, cells in rows:
        if any(cells[len(head) :]):
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


def _class(rows: list[Row]) -> Iterator[Sheet]:
    """A row for each student, whose name comes first, and a column for each answer."""
    line, head = rows[0]
    while len(head) > 1 and not head[-1]:  # as spreadsheets leave them
        head.pop()
    for place, address in enumerate(head[1:], 2):
        if not address:
            raise SheetError(f"column {place} has no address; name it, or delete it", line)
    if len({*head[1:]}) < len(head) - 1:
        twice = next(name for name in head[1:] if head[1:].count(name) > 1)
        raise SheetError(f'two columns are "{shortened(twice)}"; delete one', line)
    if len(rows) == 1:
        raise SheetError("no rows but the header; add one for each student", line)
    header, seen = line, dict[str, int]()
    for line, cells in rows[1:]:
        name, broken = cells[0] or f"line {line}", []
        if name in seen:
            told = f'another "{shortened(name)}" is in line {seen[name]}'
            name = f"{name} (line {line})"
            broken.append(Broken(line, f"{told}; this one is marked as {shortened(name)}"))
        seen.setdefault(name, line)
        extra = any(cells[len(head) :])
        if extra:
            told = f"{counted(len(cells), 'cell')}, but the header has {len(head)}"
            broken.append(Broken(line, f"{told}; quote a number with a comma"))
        cells += [""] * (len(head) - len(cells))
        pairs = () if extra else zip(head[1:], cells[1:], strict=False)
        answers = tuple(Answer(address, text, line) for address, text in pairs)
        yield Sheet(name, line, answers, tuple(broken), header)
