"""What is shown, as rows in the signs that the terminal has."""

from __future__ import annotations

from collections.abc import Sequence

from bptui.session.picker import Picker
from bptui.session.update import Shown
from bptui.view.failure import Report, failed_rows, no_report
from bptui.view.glyphs import with_glyphs
from bptui.view.picker_page import picker_screen
from bptui.view.rows import Row
from bptui.view.screen import screen


def rows_of(
    shown: Shown, width: int, height: int, signs: str, report: Report = no_report
) -> Sequence[Row]:
    """The whole screen; what fails is reported, and said in its place."""
    large = shown.projector and signs == "all"
    return with_glyphs(_drawn(shown, width, height, report), "large" if large else signs)


def _drawn(shown: Shown, width: int, height: int, report: Report) -> Sequence[Row]:
    try:
        if isinstance(shown, Picker):
            return picker_screen(shown, width, height)
        return screen(shown, width, height, report)
    except Exception as error:
        return failed_rows(error, report(error), width, height)
