"""The list of presets or kept sessions to choose from, as rows."""

from __future__ import annotations

from itertools import groupby

from bptui.session.keys import key_for, up_and_down
from bptui.session.picker import Entry, Picker
from bptui.view.prompt import told
from bptui.view.rows import (
    Row,
    Span,
    around,
    cells,
    fit_row,
    fit_rows,
    over,
    pad,
    plain,
    pointer,
    wrap,
)

_FRAME = 3
"""Rows above and below the list."""
_ABOUT = 5
"""Rows for the chosen entry: an empty one, its title, its source, two for its summary."""
_ENOUGH = 16
"""On a lower screen the list has their room too."""


def picker_screen(picker: Picker, width: int, height: int) -> list[Row]:
    heading = " resume a session" if picker.kept else " step through backpropagation"
    room = list_height(height)
    lines = _lines(picker, room)
    place = next((k for k, (number, _) in enumerate(lines) if number == picker.chosen), 0)
    first = around(place, len(lines), room)
    shown = [row for _, row in lines[first : first + room]]
    rows: list[Row] = [(Span(" bptui ", "brand"), Span(heading, "heading")), (), *shown]
    if height >= _ENOUGH and picker.entries:
        rows += [(), *_about(picker.entries[picker.chosen], width)]
    pairs = [("open", "open"), ("quit", "quit")]
    pairs += [("close", "back")] if picker.behind is not None else []
    own = [f"{key_for(picker.preferences, action)} {word}" for action, word in pairs]
    own = [f" {up_and_down(picker.preferences)} choose", *own]
    keys = fit_row((Span("   ".join(own), "key"),), width)
    message = told(picker.message, width, "wrong") if picker.message else []
    return over(fit_rows(rows, width, height), [*message, keys])


def list_height(height: int) -> int:
    """How many rows the list has, on a screen of so many."""
    return max(1, height - _FRAME - (_ABOUT if height >= _ENOUGH else 0))


def _lines(picker: Picker, room: int) -> list[tuple[int | None, Row]]:
    """The rows of the list, each with the number of its entry, if it is one."""
    names = max((cells(plain(entry.name)) for entry in picker.entries), default=0)
    shapes = max((cells(entry.shape) for entry in picker.entries), default=0)
    lines: list[tuple[int | None, Row]] = []
    numbered = [*enumerate(picker.entries)]
    for heading, group in groupby(numbered, lambda numbered: numbered[1].heading):
        if heading:
            lines += [(None, ()), (None, (Span(f" {plain(heading)}", "heading"),))]
        for number, entry in group:
            lines.append((number, _line(entry, number == picker.chosen, names, shapes)))
    spaced = len(lines) <= room + 1
    return [line for place, line in enumerate(lines) if line[1] or (spaced and place)]


def _line(entry: Entry, chosen: bool, names: int, shapes: int) -> Row:
    role = "neuron selected" if chosen else "neuron"
    told = Span(plain(entry.summary or entry.title), "text", entry.file)
    if entry.problem:
        told = Span(plain(entry.problem), "wrong", entry.file)
    return (
        pointer(chosen, entry.file),
        Span(pad(plain(entry.name), names), role, entry.file),
        Span(f"  {pad(entry.shape, shapes)}  " if shapes else "  ", "path", entry.file),
        told,
    )


def _about(entry: Entry, width: int) -> list[Row]:
    """What is said of the chosen entry."""
    rows = [(" ", entry.title, "heading"), (" ", entry.source, "path")]
    told, role = (entry.problem, "wrong") if entry.problem else (entry.summary, "text")
    rows += [("", line, role) for line in wrap(f" {plain(told)}", width - 1, 1)]
    return [(Span(lead + plain(text), role),) for lead, text, role in rows if text.strip()]
