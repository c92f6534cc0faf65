"""A list, and beside it what is selected: below it where the screen is narrow."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bptui.view.rows import Row, Span, fit_row, fit_rows, row_cells

Draw = Callable[[int, int], list[Row]]
"""From a width and a height to at most so many rows."""
BESIDE = 100
"""From this width on it stands beside the list."""
_LEAST = 36
"""The least columns for what stands there."""
_SHORT = 4
"""Rows that it has below the longest list, its line included."""
_MORE = " …"
"""Stands at the end where it goes on."""


class Sheet(NamedTuple):
    """What both drew, and how many rows the list has."""

    rows: list[Row]
    listed: int


def with_selected(
    listed: Draw, about: Draw, wanted: int, width: int, height: int, *, share: int = 3
) -> Sheet:
    """Return a list with what is selected beside it, or below it, in exactly a size.

    Args:
        listed: draws the list.
        about: draws what is selected; no rows if that is nothing.
        wanted: how many columns the list has a use for.
        width: columns for both.
        height: rows for both.
        share: below a long list, what is selected has the rows divided by this.
    """
    if width >= BESIDE:
        left = min(max(wanted, width // 2), width - _LEAST - 1)
        told = _told(about, width - left - 1, height)
        if told:
            rows = fit_rows(listed(left, height), left, height)
            both = zip(rows, fit_rows(told, width - left - 1, height), strict=True)
            return Sheet([(*row, Span("│", "rule"), *other) for row, other in both], height)
    room = max(height - len(listed(width, height)), height // share, _SHORT)
    told = _told(about, width, room)
    below = min(len(told) + 1, room) if told else 0
    above = max(1, height - below)
    rows = fit_rows(listed(width, above), width, above)
    if below:
        rows += [(Span("─" * width, "rule"),), *_cut(told, width, below - 1)]
    return Sheet(fit_rows(rows, width, height), above)


def _told(about: Draw, width: int, height: int) -> list[Row]:
    return [(Span(" "), *row) for row in about(width - 2, height - 1)]


def _cut(rows: list[Row], width: int, height: int) -> list[Row]:
    """Return so many rows, with a sign where there are more."""
    if len(rows) <= height:
        return rows
    *kept, last = rows[:height]
    if row_cells(last) > width - 2:
        return [*kept, fit_row(last, width - 2)]  # which ends with the same sign
    return [*kept, (*last, Span(_MORE, "path"))]
