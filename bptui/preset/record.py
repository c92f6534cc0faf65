"""Figures put into an author's own text, all else of which stays as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import tomli

from bptui.preset.errors import KeyPath


def with_figures(text: str, figures: Mapping[KeyPath, str]) -> str:
    """A preset's text with figures at their key paths, `("expected", "1", "forward", "net h1")`.

    A figure that is there is replaced; a table that is not there stands after the last of figures.

    Raises:
        ValueError: the text cannot be edited; the message says why.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
        new: dict[KeyPath, dict[str, str]] = {}
        for path, figure in figures.items():
            table = _table(document, path[:3])
            if table is None:
                new.setdefault(path[:3], {})[str(path[3])] = figure
            else:
                _put(table, path[3:], figure)
        found = _inserted(tomlkit.dumps(document), [_block(*pair) for pair in new.items()])
    except TOMLKitError as error:
        raise ValueError(str(error)) from None
    there = iter(_headers(found))
    if not all(line in there for line in _headers(text)):  # tomlkit has moved a table
        told = "its [expected] tables stand apart; put them beside one another first"
        raise ValueError(told)
    if _others(found) != _others(text):
        raise ValueError("its figures are written in a way that cannot be added to")
    return found


def _table(document: Any, path: KeyPath) -> Any:
    """The table at a path, None if it needs a header of its own."""
    from tomlkit import inline_table
    from tomlkit.items import InlineTable

    table = document
    for part in map(str, path):
        if part not in table:
            if not isinstance(table, InlineTable):
                return None
            table[part] = inline_table()
        table = table[part]
    return table


def _put(table: Any, path: KeyPath, figure: str) -> None:
    """Put a figure into a table or a list; a new one before the comments that end the table."""
    from tomlkit.items import Table

    for part in path[:-1]:
        table = table[part]
    after: list[Any] = []
    if isinstance(table, Table) and path[-1] not in table:
        body = table.value.body
        while body and body[-1][0] is None:
            after.insert(0, body.pop())
    table[path[-1]] = figure
    if after:
        table.value.body.extend(after)


def _block(path: KeyPath, pairs: Mapping[str, str]) -> str:
    from tomlkit import table as new_table

    table = new_table()
    table.update(pairs)
    return f"[{'.'.join(map(str, path))}]\n{table.as_string()}"


def _inserted(text: str, blocks: Sequence[str]) -> str:
    """A text with tables after its last one of figures, or at its end."""
    lines = text.splitlines(keepends=True)
    headers = [place for place, line in enumerate(lines) if _HEADER.match(line)]
    figures = [place for place in headers if _FIGURES.match(lines[place])]
    end = next((place for place in headers if figures and place > figures[-1]), len(lines))
    while end and _BLANK.match(lines[end - 1]) and (end < len(lines) or not lines[end - 1].strip()):
        end -= 1  # the comment above a table belongs to it
    before, after = "".join(lines[:end]), "".join(lines[end:])
    before += "" if before.endswith("\n") or not before else "\n"
    return text if not blocks else before + "".join(f"\n{block}" for block in blocks) + after


def _headers(text: str) -> list[str]:
    return [line for line in text.splitlines() if _HEADER.match(line)]


_HEADER = re.compile(r"""\s*\[\[?[\w.\s"'-]+\]\]?\s*(#.*)?$""")
_FIGURES = re.compile(r"""\s*\[\s*["']?expected\b""")
_BLANK = re.compile(r"\s*(#|$)")


def _others(text: str) -> dict[str, object]:
    document = tomli.loads(text)
    document.pop("expected", None)
    return document
