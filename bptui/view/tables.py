"""Tables of a document: their heads and rows, in each format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import islice
from typing import NamedTuple

from bptui.view.explain_report import escaped_within
from bptui.view.latex import latex_prose
from bptui.view.rows import cells, plain

MOST_ROWS = 40
"""Rows of a table in LaTeX that fit a page."""


class Table(NamedTuple):
    """The heads of its columns, and its rows; all of it is plain text."""

    head: tuple[str, ...]
    rows: list[tuple[str, ...]]


def narrow(table: Table, width: int, cell: Callable[[str], int] = cells) -> Iterator[Table]:
    """Yield tables no wider than a page, each with the first column.

    Args:
        table: what is split.
        width: the characters that a line has room for.
        cell: how wide a cell's text is.
    """
    columns = [*zip(table.head, *table.rows, strict=True)]
    wide = [max(map(cell, column)) + 2 for column in columns]
    first, rest = columns[0], iter(zip(columns[1:], wide[1:], strict=True))
    found, room = [first], width - wide[0]
    for column, size in rest:
        if size > room and len(found) > 1:
            yield _of(found)
            found, room = [first], width - wide[0]
        found.append(column)
        room -= size
    yield _of(found)


def _of(columns: Sequence[Sequence[str]]) -> Table:
    head, *rows = zip(*columns, strict=True)
    return Table(head, rows)


def text_table(table: Table) -> str:
    sizes = [max(map(cells, column)) for column in zip(table.head, *table.rows, strict=True)]
    lines = (
        "  ".join(" " * (size - cells(cell)) + cell for cell, size in zip(row, sizes, strict=True))
        for row in (table.head, *table.rows)
    )
    return "".join(f"  {line}\n" for line in lines)


def markdown_table(table: Table) -> str:
    rows = [[escaped_within(cell) for cell in row] for row in (table.head, *table.rows)]
    lines = [rows[0], ["---"] * len(table.head), *rows[1:]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def latex_table(table: Table, head: Sequence[str] = ()) -> str:
    """Return a table in LaTeX, on as many pages as it needs; its head may be LaTeX already."""
    above = " & ".join(head or map(latex_prose, table.head))
    rows, found = iter(table.rows), []
    while some := [*islice(rows, MOST_ROWS)]:
        lines = [above, *(" & ".join(map(latex_prose, row)) for row in some)]
        inner = [rf"{line} \\" for line in lines]
        inner.insert(1, r"\hline")
        columns = "l" * len(table.head)
        body = "\n".join([rf"\begin{{tabular}}{{{columns}}}", *inner, r"\end{tabular}"])
        found.append(f"\\begin{{center}}\n{body}\n\\end{{center}}")
    return "\n\n".join(found)


def html_table(table: Table, head: Sequence[str] = ()) -> str:
    """Return a table in HTML; its head may be HTML already."""
    above = "".join(f"<th>{cell}</th>" for cell in head or map(_escaped, table.head))
    rows = (f"<tr>{''.join(f'<td>{_escaped(x)}</td>' for x in row)}</tr>" for row in table.rows)
    body = "\n".join(rows)
    return f"<table>\n<thead><tr>{above}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n"


def _escaped(text: str) -> str:
    return escape(plain(text))
