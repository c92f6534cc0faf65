"""A part of the screen that failed: it says so, and everything else goes on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bptui.view.rows import Row, Span, fit_row, plain, wrap

Report = Callable[[Exception], str]
"""Reports a failure and returns where the report is, or nothing."""


def no_report(error: Exception) -> str:
    return ""


def contained(
    draw: Callable[[], Sequence[Row]],
    width: int,
    height: int,
    report: Report,
    title: Callable[[], Row] | None = None,
) -> Sequence[Row]:
    """Return what a part of the screen shows; if it fails, that it does, in as many rows.

    The first of them is the title, if there is one.
    """
    try:
        return draw()
    except Exception as error:
        head = [] if title is None else [title()]
        return [*head, *failed_rows(error, report(error), width, height - len(head))]


def failed_rows(error: Exception, file: str, width: int, height: int) -> list[Row]:
    """Return rows that say what failed and where the report is."""
    text = f"! This panel failed: {type(error).__name__}: {str(error)[:200]}; "
    text += f"the report is in {file}" if file else "everything else works"
    lines = wrap(plain(text), max(1, width - 2))
    rows = [fit_row((Span(f" {line}", "wrong"),), width) for line in lines[:height]]
    return [*rows, *[fit_row((), width)] * (height - len(rows))]
