"""The list of presets or kept sessions to choose from, as rows."""

from __future__ import annotations

from itertools import groupby

from bptui.session.keys import key_for, up_and_down
from bptui.session.picker import Entry, Picker
from bptui.view.beside import Sheet, with_selected
from bptui.view.diagram_panel import small_diagram
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
_ENOUGH = 16
"""On a lower screen the list has the room of what is said of the chosen entry, too."""
_TALLEST = 12
_LEAST = 4
"""Rows of a picture."""
_SUMMARY = 54
"""Columns for what there is to learn."""


def picker_screen(picker: Picker, width: int, height: int) -> list[Row]:
    heading = " resume a session" if picker.kept else " step through backpropagation"
    place = f"  {picker.chosen + 1} of {len(picker.entries)}" if picker.entries else ""
    rows: list[Row] = [
        (Span(" bptui ", "brand"), Span(heading, "heading"), Span(place, "path")),
        (),
        *_sheet(picker, width, height).rows,
    ]
    pairs = [("open", "open"), ("quit", "quit")]
    pairs += [("close", "back")] if picker.behind is not None else []
    own = [f"{key_for(picker.preferences, action)} {word}" for action, word in pairs]
    own = [f" {up_and_down(picker.preferences)} choose", *own]
    keys = fit_row((Span("   ".join(own), "key"),), width)
    message = told(picker.message, width, "wrong") if picker.message else []
    return over(fit_rows(rows, width, height), [*message, keys])


def list_height(picker: Picker) -> int:
    """How many rows the list has."""
    return _sheet(picker, *picker.size).listed


def _sheet(picker: Picker, width: int, height: int) -> Sheet:
    """The list with what is said of the chosen entry."""
    room = max(1, height - _FRAME)

    def about(columns: int, rows: int) -> list[Row]:
        return _about(picker, columns, rows) if height >= _ENOUGH else []

    return with_selected(
        lambda columns, rows: _listed(picker, rows), about, _wide(picker), width, room, share=2
    )


def _wide(picker: Picker) -> int:
    names, shapes = _columns(picker)
    return 5 + names + shapes + (2 if shapes else 0) + _SUMMARY


def _columns(picker: Picker) -> tuple[int, int]:
    """The widths of the names and of the shapes."""
    names = max((cells(plain(entry.name)) for entry in picker.entries), default=0)
    return names, max((cells(entry.shape) for entry in picker.entries), default=0)


def _listed(picker: Picker, room: int) -> list[Row]:
    """The rows of the list that are in view."""
    lines = _lines(picker, room)
    place = next((k for k, (number, _) in enumerate(lines) if number == picker.chosen), 0)
    first = around(place, len(lines), room)
    return [row for _, row in lines[first : first + room]]


def _lines(picker: Picker, room: int) -> list[tuple[int | None, Row]]:
    """The rows of the list, each with the number of its entry, if it is one."""
    names, shapes = _columns(picker)
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


def _about(picker: Picker, width: int, height: int) -> list[Row]:
    """What is said of the chosen entry, and a picture of its network."""
    if not picker.entries:
        return []
    entry = picker.entries[picker.chosen]
    texts = [(entry.title, "heading"), (entry.source, "path")]
    if entry.problem:
        texts.append((entry.problem, "wrong"))
    elif picker.size[0] < _wide(picker):  # in the list it is cut
        texts.append((entry.summary, "text"))
    rows: list[Row] = []
    for text, role in texts:
        lines = wrap(plain(text), width) if text else ()
        rows += [(Span(line, role),) for line in lines]
    rows += _picture(picker, entry, width, min(height - len(rows), _TALLEST))
    empty = 0 if picker.kept or entry.problem else height - len(rows)
    return [*rows, *[()] * empty]  # so that the list stays as it is when the picture comes


def _picture(picker: Picker, entry: Entry, width: int, height: int) -> list[Row]:
    """The network of an entry, once it was read."""
    preview = dict(picker.previews).get(entry.file)
    if preview is None or height < _LEAST:
        return []
    return small_diagram(preview, width, height)
