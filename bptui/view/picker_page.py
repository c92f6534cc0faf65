"""The list of presets to choose from, as rows."""

from __future__ import annotations

from bptui.session.picker import Picker, name_of
from bptui.view.prompt import told
from bptui.view.rows import Row, Span, around, cells, fit_row, fit_rows, over, pad, plain, pointer

_KEYS = " ↑↓ choose   enter open   q quit"


def picker_screen(picker: Picker, width: int, height: int) -> list[Row]:
    heading = " resume a session" if picker.kept else " step through backpropagation"
    rows: list[Row] = [
        (Span(" bptui ", "brand"), Span(heading, "heading")),
        (),
    ]
    room = max(1, (height - 4) // 2)
    first = around(picker.chosen, len(picker.entries), room)
    names = max((cells(plain(entry.name)) for entry in picker.entries), default=0)
    for place, entry in list(enumerate(picker.entries))[first : first + room]:
        chosen, address = place == picker.chosen, name_of(picker, entry)
        role = "neuron selected" if chosen else "neuron"
        name = pad(plain(entry.name), names)
        title = Span(f"  {plain(entry.title)}", "text", address)
        rows.append((pointer(chosen, address), Span(name, role, address), title))
        source = f"{'':{names + 5}}{plain(entry.source)}"
        rows.append((Span(source, "path", address),))
    back = "   esc back" if picker.behind is not None else ""
    keys = fit_row((Span(_KEYS + back, "key"),), width)
    message = told(picker.message, width, "wrong") if picker.message else []
    return over(fit_rows(rows, width, height), [*message, keys])
