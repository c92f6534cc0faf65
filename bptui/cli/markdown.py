"""README's Markdown as plain text, as wide as a help text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import dedent

from bptui.cli.common import WIDTH
from bptui.view.rows import cells, filled, wrap

_WIDEST = 36
"""Columns of a table, but for the last, are broken if they are wider."""


def plain_text(markdown: str) -> str:
    return "\n\n".join(_block(block) for block in _blocks(markdown)) + "\n"


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
    hang = 2 if lines[0].startswith("- ") else 0
    return "\n".join(wrap(_inline(" ".join(lines)), WIDTH, hang))


def _cells(line: str) -> list[str]:
    return [_inline(cell.strip()) for cell in re.split(r"(?<!\\)\|", line.strip("|"))]


def _inline(text: str) -> str:
    """Text without what is only emphasis; what stands between backticks stays as it is."""
    parts = text.replace(r"\|", "|").split("`")
    parts[::2] = [
        re.sub(r"\*\*?(\w[^*]*)\*\*?|\[([^]]*)\]\([^)]*\)", r"\1\2", part) for part in parts[::2]
    ]
    return "".join(parts)


def table(rows: list[list[str]]) -> str:
    """Rows of cells as lines; what is too wide is broken."""
    widths = [min(_WIDEST, max(map(cells, column))) for column in zip(*rows, strict=True)]
    widths[-1] = max(20, WIDTH - sum(width + 2 for width in widths[:-1]))
    return "\n".join(line for row in rows for line in _row(row, widths))


def _row(row: list[str], widths: list[int]) -> Iterator[str]:
    broken = [
        (cell,) if cells(cell) <= width else wrap(cell, width)
        for cell, width in zip(row, widths, strict=True)
    ]
    for k in range(max(map(len, broken))):
        parts = (lines[k] if k < len(lines) else "" for lines in broken)
        line = "  ".join(filled(part, width) for part, width in zip(parts, widths, strict=True))
        yield line.rstrip()
