"""The Markdown of the help's pages as plain text, as wide as a help text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from textwrap import dedent

from bptui.cli.common import WIDTH
from bptui.view.rows import cells, filled, wrap

_GAP = 2
"""Blanks between the columns of a table."""


def plain_text(markdown: str) -> str:
    blocks = map(_block, _blocks(markdown))
    parts = (_listed(group) if is_list else group for is_list, group in groupby(blocks, _is_item))
    return "\n\n".join(block for part in parts for block in part) + "\n"


def _is_item(block: str) -> bool:
    return block.startswith("- ")


def _listed(items: Iterable[str]) -> list[str]:
    """A list as one block if its items are short."""
    found = [*items]
    return ["\n".join(found)] if all(item.count("\n") < 2 for item in found) else found


def _blocks(markdown: str) -> Iterator[str]:
    """Yield paragraphs, lists, tables and fenced examples."""
    for place, part in enumerate(re.split(r"(?ms)^ *```\w*\n(.*?)^ *```$", markdown)):
        if place % 2:
            yield f"```\n{part}"
        else:
            yield from filter(str.strip, re.split(r"\n\s*\n|\n(?=\s*- )", part))


def _block(block: str) -> str:
    if block.startswith("```"):
        return dedent(block[4:].rstrip())
    lines = [line.strip() for line in block.strip().split("\n")]
    if lines[0].startswith("|"):
        return table([_cells(line) for line in lines if not re.fullmatch(r"[|: -]+", line)])
    if lines[0].startswith("## "):
        heading = _inline(lines[0][3:])
        return f"{heading}\n{'-' * cells(heading)}"
    hang = 2 if lines[0].startswith("- ") else 0
    return "\n".join(wrap(_said(" ".join(lines)), WIDTH, hang))


def _cells(line: str) -> list[str]:
    return [_inline(cell.strip()) for cell in re.split(r"(?<!\\)\|", line.strip("|"))]


def _inline(text: str) -> str:
    """Text without what is only emphasis; what stands between backticks stays as it is."""
    parts = _parts(text)
    return "".join(parts)


def _said(text: str) -> str:
    """The same in a sentence, where a key or a command needs quotes to be seen as one."""
    parts = _parts(text)
    parts[1::2] = [
        f'"{part}"' if re.fullmatch('[^"]|[^"-][^"]* [^"]*', part) else part for part in parts[1::2]
    ]
    return "".join(parts)


def _parts(text: str) -> list[str]:
    """Text and code in turn."""
    parts = text.replace(r"\|", "|").split("`")
    parts[::2] = [
        re.sub(r"\*\*?(\w[^*]*)\*\*?|\[([^]]*)\]\([^)]*\)", r"\1\2", part) for part in parts[::2]
    ]
    return parts


def table(rows: list[list[str]]) -> str:
    """Rows of cells as lines; what is too wide is broken."""
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    room = WIDTH - _GAP * (len(widths) - 1)
    while sum(widths) > room:  # the widest column gives way
        widest = max(range(len(widths)), key=widths.__getitem__)
        widths[widest] -= 1
    return "\n".join(line for row in rows for line in _row(row, widths))


def _row(row: list[str], widths: list[int]) -> Iterator[str]:
    broken = [
        (cell,) if cells(cell) <= width else wrap(cell, width)
        for cell, width in zip(row, widths, strict=True)
    ]
    for k in range(max(map(len, broken))):
        parts = (lines[k] if k < len(lines) else "" for lines in broken)
        line = (" " * _GAP).join(
            filled(part, width) for part, width in zip(parts, widths, strict=True)
        )
        yield line.rstrip()
