"""`[data]`: the rows of a CSV file as samples, their inputs scaled, their classes one-hot."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from bptui.preset.errors import Fault, KeyPath, PresetError, counted, did_you_mean, listed
from bptui.preset.errors import shortened as short
from bptui.preset.limits import MAX_ROWS, MAX_SAMPLES
from bptui.preset.model import Column, Data, Preset, Rows, Sample
from bptui.preset.text import CSV, read_text
from bptui.preset.validate import Neurons, check_size


class Scale(NamedTuple):
    """What is done to each number x of an input column."""

    label: str
    """What the screen says of the inputs."""
    formula: Callable[..., Any]
    constant: Callable[..., Any]
    """The same for a column that has one number only."""


SCALES: dict[str, Scale] = {
    # the standard deviation is that of a population: the mean square is over n, not n - 1
    "standard": Scale(
        "standardized", lambda x, mean, sd: (x - mean) / sd, lambda x, mean: x - mean
    ),
    "min_max": Scale(
        "scaled to 0-1",
        lambda x, min, max: (x - min) / (max - min),  # noqa: A006
        lambda x, min: x - min,  # noqa: A006
    ),
}
Scaling = tuple[Callable[..., Any], Mapping[str, float]]
"""How a column is scaled: a formula over x, and the numbers that it uses besides."""


def scaling(column: Sequence[float], scale: str) -> Scaling:
    """How a column is scaled; OverflowError if its numbers are too large for that."""
    entry, constant = SCALES[scale], min(column) == max(column)
    formula = entry.constant if constant else entry.formula
    names = formula.__code__.co_varnames[1 : formula.__code__.co_argcount]
    # the mean of equal numbers may differ from them by a rounding error
    return formula, {name: column[0] if constant else _STATISTICS[name](column) for name in names}


def _mean(column: Sequence[float]) -> float:
    return math.fsum(column) / len(column)


def _sd(column: Sequence[float]) -> float:
    mean = _mean(column)
    return math.sqrt(math.fsum([(x - mean) ** 2 for x in column]) / len(column))


_STATISTICS: dict[str, Callable[[Sequence[float]], float]] = {
    "mean": _mean,
    "sd": _sd,
    "min": min,
    "max": max,
}
"""What formulas use of a column."""


@lru_cache(maxsize=64)
def scalings(rows: Rows, scale: str) -> tuple[Scaling, ...]:
    """How each input column is scaled, none if they are not."""
    columns = zip(*rows.inputs, strict=True) if scale in SCALES else ()
    return tuple(scaling(column, scale) for column in columns)


def with_scale(preset: Preset, scale: str) -> Preset:
    """A preset with the inputs of its file scaled otherwise, or as it is if they are too large."""
    assert preset.data is not None
    assert preset.rows is not None
    try:
        inputs = _scaled(preset.rows, scale)
    except OverflowError:
        return preset
    samples = tuple(
        replace(sample, input=numbers)
        for sample, numbers in zip(preset.samples, inputs, strict=True)
    )
    return replace(preset, samples=samples, data=replace(preset.data, scale=scale))


def _scaled(rows: Rows, scale: str) -> list[tuple[float, ...]]:
    found = []
    for (formula, numbers), column in zip(
        scalings(rows, scale), zip(*rows.inputs, strict=True), strict=False
    ):
        given = tuple(numbers.values())
        found.append([formula(x, *given) for x in column])
        if not all(map(math.isfinite, found[-1])):
            raise OverflowError
    return [*zip(*found, strict=True)] if found else [*rows.inputs]


def with_data(preset: Preset, data: Data, neurons: Neurons, text: str | None) -> Preset:
    """A preset with the rows of its CSV file as samples; `text` is the file's, if it was read.

    Raises:
        Fault: the preset asks for what the file does not have.
        PresetError: something is wrong in the file; it says in which line.
    """
    check_size(data.input, neurons[0], ("data", "input"), "column")
    file = str(Path(preset.file).parent / data.csv)
    if text is None:
        try:
            text = read_text(file, CSV)
        except PresetError as error:
            if error.line is not None:
                raise
            raise Fault(("data", "csv"), f"{data.csv}: {error.message}") from None
    table = _Table(text, file, data)
    inputs = [table.place(name, ("data", "input", k)) for k, name in enumerate(data.input)]
    targets, classes = _targets(table, data, neurons[-1])
    chosen = table.chosen()
    rows = Rows(
        file=file,
        text=text,
        lines=tuple(row.line for row in table.rows[chosen]),
        columns=tuple(table.columns[place] for place in inputs),
        inputs=tuple(table.numbers(row, inputs) for row in table.rows[chosen]),
        classes=tuple(classes[chosen]),
    )
    try:
        scaled = _scaled(rows, data.scale)
    except OverflowError:
        raise Fault(("data", "scale"), "the numbers are too large to be scaled") from None
    samples = map(Sample, scaled, targets[chosen])
    return replace(preset, samples=tuple(samples), rows=rows)


class _Row(NamedTuple):
    line: int
    cells: list[str]


class _Table:
    """The rows of a CSV file, and the names of its columns."""

    def __init__(self, text: str, file: str, data: Data) -> None:
        self.file, self._data = file, data
        self._name = Path(data.csv).name
        delimiter = _delimiter(text)
        self._plain = "_" not in text
        """Whether float() takes nothing for a number that is none here, but NaN and infinity."""
        self._decimal = "," if delimiter != "," else "."
        self.rows = [*self._read(text, delimiter)]
        if not self.rows:
            raise PresetError("no rows; give a row for each sample", file)
        self._header = self._has_header()
        first = self.rows[0].cells
        self.columns = first if self._header else [f"column {k + 1}" for k in range(len(first))]
        self.rows = self.rows[self._header :]
        if not self.rows:
            raise PresetError("no rows but the header; add one for each sample", file, 1)

    def _read(self, text: str, delimiter: str) -> Iterator[_Row]:
        stream = io.StringIO(text, newline="")
        reader = csv.reader(stream, delimiter=delimiter, strict=True, skipinitialspace=True)
        line, count, width = 1, 0, 0
        try:
            for cells in reader:
                row = _Row(line, [cell.strip() for cell in cells])
                line = reader.line_num + 1
                if not any(row.cells):
                    continue
                count, width = count + 1, width or len(row.cells)
                if count > MAX_ROWS:
                    raise self.error(row, f"too many rows; the limit is {MAX_ROWS}")
                if len(row.cells) != width:
                    told = f"{counted(len(row.cells), 'cell')}, but the first row has {width}"
                    raise self.error(row, f"{told}; give each row as many")
                yield row
        except csv.Error as error:
            raise _not_csv(error, self.file, line) from None

    def error(self, row: _Row, message: str) -> PresetError:
        return PresetError(message, self.file, row.line)

    def _has_header(self) -> bool:
        data, first = self._data, self.rows[0].cells
        targets = data.target if isinstance(data.target, tuple) else (data.target,)
        if any(isinstance(column, str) for column in (*data.input, *targets)):
            if data.header is False:
                told = "columns by name need a header; remove this line, or give their numbers"
                raise Fault(("data", "header"), told)
            return True
        if data.header is not None:
            return data.header
        return all(self.to_number(cell) is None for cell in first)

    def place(self, column: Column, path: KeyPath) -> int:
        """Where a row has a column, from 0."""
        if isinstance(column, int):
            if column > len(self.columns):
                has = f"{self._name} has {counted(len(self.columns), 'column')}"
                raise Fault(path, f"no column {column}; {has}")
            return column - 1
        if column not in self.columns:
            hint = did_you_mean(column, self.columns)
            raise Fault(path, f'{self._name} has no column "{column}"; {hint}')
        if self.columns.count(column) > 1:
            told = f'{self._name} has several columns "{column}"; give its number'
            raise Fault(path, told)
        return self.columns.index(column)

    def chosen(self) -> slice:
        """The rows that are samples."""
        first, last = self._data.rows or (1, len(self.rows))
        if not first <= last <= len(self.rows):
            has = f"{self._name} has {counted(len(self.rows), 'row')}"
            raise Fault(("data", "rows"), f'"rows" is [{first}, {last}]; {has}, counted from 1')
        if last - first >= MAX_SAMPLES:
            told = f"too many rows; the limit is {MAX_SAMPLES} samples: choose some, as in rows = "
            raise self.error(self.rows[first - 1 + MAX_SAMPLES], f"{told}[1, {MAX_SAMPLES}]")
        return slice(first - 1, last)

    def numbers(self, row: _Row, places: Sequence[int]) -> tuple[float, ...]:
        """Some cells' numbers."""
        if self._plain:  # a table may have millions
            with suppress(ValueError):
                found = tuple([float(row.cells[place]) for place in places])
                if all(map(math.isfinite, found)):
                    return found
        return tuple([self.number(row, place) for place in places])

    def number(self, row: _Row, place: int, otherwise: str = "") -> float:
        """A cell's number."""
        found, cell = self.to_number(row.cells[place]), row.cells[place]
        if found is None:
            if not cell:
                raise self.error(row, self.empty(place))
            example = "0,5" if self._decimal == "," else "0.5"
            told = f'"{short(cell)}" in {self.called(place)} is not a number'
            raise self.error(row, f"{told}; write one like {example}{otherwise}")
        return found

    def to_number(self, cell: str) -> float | None:
        """The finite number that a cell has, None if it has none."""
        if self._decimal == "," and "," in cell:
            if "." in cell:
                return None
            cell = cell.replace(",", ".")
        try:
            number = float(cell.replace("−", "-"))
        except ValueError:
            return None
        return number if math.isfinite(number) and "_" not in cell else None

    def called(self, place: int) -> str:
        return f'column "{short(self.columns[place])}"' if self._header else self.columns[place]

    def empty(self, place: int) -> str:
        return f"nothing in {self.called(place)}; fill it in, or delete the row"


def columns_of(text: str, file: str) -> list[Column]:
    """The columns of a CSV file: the first row names them, unless a number stands there.

    Raises:
        PresetError: it is not CSV.
    """
    delimiter = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        first = [cell.strip() for cell in next((row for row in reader if any(row)), [])]
    except csv.Error as error:
        raise _not_csv(error, file, 1) from None
    numbers: list[Column] = [*range(1, len(first) + 1)]
    return numbers if any(map(_is_number, first)) else [*first]


def _not_csv(error: csv.Error, file: str, line: int) -> PresetError:
    return PresetError(f"not CSV: {error}; check the quotes", file, line)


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell.replace(",", ".").replace("−", "-")))
    except ValueError:
        return False


def _delimiter(text: str) -> str:
    """What stands between cells: what comes first of tab, semicolon, comma in the first row."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", first)
    return next((sign for sign in "\t;," if sign in bare), ",")


# targets


def _targets(
    table: _Table, data: Data, outputs: tuple[str, ...]
) -> tuple[list[tuple[float, ...]], list[str]]:
    """The targets of every row of the file, and their classes, if there are such."""
    path: KeyPath = ("data", "target")
    if isinstance(data.target, tuple):
        places = [table.place(name, (*path, k)) for k, name in enumerate(data.target)]
    else:
        places = [table.place(data.target, path)]
    first = table.rows[0].cells[places[0]] if places else ""
    if len(places) == 1:
        is_text = bool(first) and table.to_number(first) is None
        if data.classes is not None or is_text or len(outputs) > 1:
            return _one_hot(table, places[0], data, outputs)
    if data.classes is not None:
        told = "classes are those of one target column; remove this line, or the other columns"
        raise Fault(("data", "classes"), told)
    check_size(places, outputs, path, "column")
    otherwise = ', or give "classes"' if len(places) == 1 else ""
    numbers = [
        tuple([table.number(row, place, otherwise) for place in places]) for row in table.rows
    ]
    return numbers, []


Class = str | float


def _one_hot(
    table: _Table, place: int, data: Data, outputs: tuple[str, ...]
) -> tuple[list[tuple[float, ...]], list[str]]:
    """One output is 1, that of a row's class; of two classes one neuron has 0 and 1."""
    cells = _classes(table, place, data)
    classes = [*(sorted(set(cells)) if data.classes is None else data.classes)]
    needed = 2 if len(outputs) == 1 else len(outputs)
    if len(classes) != needed:
        where = ("data", "target" if data.classes is None else "classes")
        shown = listed(map(_label, classes), 6)
        has = f"{table.called(place)} has" if data.classes is None else '"classes" has'
        needs = f"the output layer needs {needed}: {_each(outputs)}"
        count = f"{len(classes)} class{'es' * (len(classes) != 1)}"
        raise Fault(where, f"{has} {count} ({shown}); {needs}")
    targets = {}
    for k, name in enumerate(classes):
        one_hot = tuple(float(k == other) for other in range(needed))
        targets[name] = (float(k),) if len(outputs) == 1 else one_hot
    if len(targets) < len(classes):
        raise Fault(("data", "classes"), "a class stands there twice; remove one of the two")
    for row, cell in zip(table.rows, cells, strict=True):
        if cell not in targets:
            hint = did_you_mean(_label(cell), map(_label, classes))
            raise table.error(row, f'"{short(_label(cell))}" is none of the classes; {hint}')
    return [targets[cell] for cell in cells], [*map(_label, cells)]


def _each(outputs: tuple[str, ...]) -> str:
    if len(outputs) == 1:
        return f"{outputs[0]} is 0 for one and 1 for the other"
    return f"one for each of {listed(outputs)}"


def _classes(table: _Table, place: int, data: Data) -> list[Class]:
    """The class of every row: a number if all of them are, else text."""
    cells = [row.cells[place] for row in table.rows]
    for row, cell in zip(table.rows, cells, strict=True):
        if not cell:
            raise table.error(row, table.empty(place))
    numbers = [number for number in map(table.to_number, cells) if number is not None]
    given = data.classes or ()
    if len(numbers) == len(cells) and not any(isinstance(name, str) for name in given):
        return [*numbers]
    return [*cells]


def _label(name: Class) -> str:
    return name if isinstance(name, str) else f"{name:.12g}"
