"""The list of presets to choose from, as rows."""

from __future__ import annotations

from bptui.session.picker import Picker, name_of
from bptui.view.prompt import told
from bptui.view.rows import Row, Span, cells, fit_row, over, pad, plain, window

_KEYS = " ↑↓ choose   enter open   q quit"


def picker_screen(picker: Picker, width: int, height: int) -> list[Row]:
    heading = " resume a session" if picker.kept else " step through backpropagation"
    rows: list[Row] = [
        (Span(" bptui ", "brand"), Span(heading, "heading")),
        (),
    ]
    room = max(1, (height - 4) // 2)
    first = window(picker.chosen - room // 2, picker.chosen, len(picker.entries), room)
    names = max((cells(plain(entry.name)) for entry in picker.entries), default=0)
    for place, entry in list(enumerate(picker.entries))[first : first + room]:
        chosen, address = place == picker.chosen, name_of(picker, entry)
        role = "neuron selected" if chosen else "neuron"
        name = pad(plain(entry.name), names)
        pointer = Span(" ▸ " if chosen else "   ", "pointer", address)
        title = Span(f"  {plain(entry.title)}", "text", address)
        rows.append((pointer, Span(name, role, address), title))
        source = f"{'':{names + 5}}{plain(entry.source)}"
        rows.append((Span(source, "path", address),))
    rows += [()] * (height - len(rows))
    back = "   esc back" if picker.behind is not None else ""
    keys: Row = (Span(_KEYS + back, "key"),)
    message = told(picker.message, width, "wrong") if picker.message else []
    return [fit_row(row, width) for row in over(rows[:height], [*message, keys])]
