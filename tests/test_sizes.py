"""Every size from 1x1 to 300x100, and a terminal that is resized while it runs."""

from __future__ import annotations

from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bptui.session import messages as c
from bptui.session.key import By
from bptui.session.messages import Ask, Page, Panel
from bptui.session.picker import Entry, Picker
from bptui.session.session import Session
from bptui.view.glyphs import with_glyphs
from bptui.view.picker_page import picker_screen
from bptui.view.rows import row_cells, to_text
from bptui.view.screen import iteration_at_cell, screen
from tests.sessions import WIDE, XOR, after, made, shipped, stepped
from tests.terminals import Forked


@lru_cache
def looked_at() -> tuple[Session, ...]:
    """Return sessions in all states that the layout asks for."""
    found: list[Session] = []
    hostile = XOR.replace('"XOR"', '"漢字é \\\\u202e [red]"').replace('"a", "b"', '"漢字", "é"')
    for base in (shipped("mazur"), made(hostile), made(WIDE)):
        there = stepped(base, 5)
        found += [
            base,
            after(there, c.Flip("projector")),
            after(there, c.NextDigits(), c.NextDigits()),
        ]
        found += [after(there, c.Show(panel)) for panel in Panel]
        found += [after(there, c.Show(panel), c.Flip("zoomed")) for panel in Panel]
        found += [after(there, c.Toggle(page)) for page in Page]
        found += [after(there, c.Prompt(ask), c.Type("漢 = 0.25")) for ask in (Ask.EDIT, Ask.GO)]
        found.append(after(there, c.Show(Panel.INSPECTOR), c.Enter(), By(3)))
    return tuple(found)


@settings(max_examples=150)
@given(st.data(), st.integers(1, 300), st.integers(1, 100), st.booleans())
def test_any_session_fills_any_size(
    data: st.DataObject, width: int, height: int, near: bool
) -> None:
    if near:  # most of what can go wrong is where things begin to fit
        width, height = 30 + width % 90, 8 + height % 34
    session = data.draw(st.sampled_from(looked_at()), label="session")
    rows = screen(session, width, height)
    assert [row_cells(row) for row in rows] == [width] * height
    for signs in ("ascii", "console", "large"):
        assert [row_cells(row) for row in with_glyphs(rows, signs)] == [width] * height
    for x, y in ((0, 0), (width - 1, height - 1), (width // 2, height // 2)):
        iteration_at_cell(session, width, height, x, y)


@pytest.mark.parametrize("width", range(40, 76))
def test_a_drawing_that_scrolls_cuts_wide_names_in_half_without_losing_a_cell(width: int) -> None:
    preset = XOR.replace('"a", "b"', '"漢字", "é字漢"').replace('"y"', '"字y漢字"')
    session = made(preset)
    for name in ("漢字", "h4", "字y漢字"):
        rows = screen(after(stepped(session, 2), c.Select(name)), width, 24)
        assert [row_cells(row) for row in rows] == [width] * 24


@pytest.mark.parametrize("width", [1, 2, 9, 39, 40, 300])
@pytest.mark.parametrize("height", [1, 2, 3, 4, 5, 12, 100])
def test_the_list_of_presets_fills_any_size(width: int, height: int) -> None:
    entries = tuple(
        Entry(f"漢{k}", "é" * 50, "a source", f"{k}", "漢字" * (k // 3), "2-2", "é" * 30 * k)
        for k in range(9)
    )
    for chosen in (0, 8):
        rows = picker_screen(Picker(entries=entries, chosen=chosen, message="wrong"), width, height)
        assert [row_cells(row) for row in rows] == [width] * height


def test_a_terminal_that_is_resized_wildly_ends_with_the_right_screen() -> None:
    terminal = Forked("-m", "bptui", "mazur", size=(120, 40))
    terminal.wait_for("why")
    for k in range(20):
        terminal.resize_unseen(1 + (k * 83) % 300, 1 + (k * 37) % 100)
        terminal.send(" p" if k % 2 else "")
        terminal.take(0.02)  # at any time: while it still paints, or when it is done
    terminal.wait_idle()
    terminal.screen.reset()  # what a terminal has left after that is anything
    terminal.resize(80, 24)
    for phases, keys in ((0, ""), (1, " ")):
        terminal.send(keys)
        terminal.wait_screen(to_text(screen(stepped(shipped("mazur"), phases), 80, 24)))
    assert terminal.leave() == 0
