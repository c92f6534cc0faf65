"""A panel alone on the screen, and everything for a projector."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from bptui.session import messages as c
from bptui.session.messages import Page, Panel
from bptui.session.session import Session
from bptui.tui.app import Bptui
from bptui.tui.palette import BACKGROUNDS
from bptui.view.glyphs import with_glyphs
from bptui.view.rows import row_cells, to_text
from bptui.view.screen import arrange, screen
from tests.sessions import after, shipped, stepped

SIZES = ((40, 12), (80, 24), (120, 24), (120, 40), (300, 100))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("panel", Panel)
def test_z_gives_a_panel_the_whole_screen_and_takes_it_back(
    panel: Panel, size: tuple[int, int]
) -> None:
    session = replace(after(stepped(shipped("mazur"), 2), c.Show(panel)), said="")
    zoomed = after(session, c.Flip("zoomed"))
    (place,) = arrange(zoomed, *size)
    assert (place.panel, place.width, place.height) == (panel, size[0], size[1] - 4)
    rows = screen(zoomed, *size)
    assert [row_cells(row) for row in rows] == [size[0]] * size[1]
    names = {Panel.INSPECTOR: "why", Panel.CHART: "E_total against w6"}
    assert f" {names.get(panel, panel.value)} (z" in to_text(rows)
    assert to_text(screen(after(zoomed, c.Flip("zoomed")), *size)) == to_text(
        screen(session, *size)
    )
    turned = after(zoomed, c.Turn(1))
    assert arrange(turned, *size)[0].panel is turned.panel is not panel


def test_a_projector_has_four_digits_and_the_lit_lamp_in_large_letters() -> None:
    session = after(stepped(shipped("mazur"), 2), c.Flip("projector"))
    assert session.digits == 4
    text = to_text(with_glyphs(screen(session, 80, 24), "large"))
    assert "● B A C K W A R D" in text
    assert "0.7514" in text
    assert "0.751365" not in text
    assert not set("─│╭•▸") & set(text)
    assert set("━┃╔═") <= set(text)
    for size in SIZES:
        rows = with_glyphs(screen(session, *size), "large")
        assert [row_cells(row) for row in rows] == [size[0]] * size[1]
    back = after(session, c.Flip("projector"))
    assert (back.projector, back.digits) == (False, 0)


def test_it_can_be_switched_while_a_page_is_open_and_while_something_runs() -> None:
    page = after(shipped("mazur"), c.Toggle(Page.HELP), c.Flip("projector"))
    assert page.projector
    assert page.page is Page.HELP


@pytest.mark.parametrize("colours", ["rgb", "light", "16", "mono"])
def test_in_the_app_the_key_paints_all_in_the_other_palette(colours: str) -> None:
    async def main() -> None:
        app = Bptui(None, colours, projector=True)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("enter")
            assert isinstance(app.shown, Session)
            assert app.shown.projector
            assert app.shown.digits == 4
            await pilot.press("P")
            plain = [app.surface.render_line(y) for y in range(24)]
            await pilot.press("P")
            bold = [app.surface.render_line(y) for y in range(24)]
            assert all(one != other for one, other in zip(plain, bold, strict=True))
            for strip in bold:
                for segment in strip:
                    assert segment.style is not None
                    assert segment.style.bold or not segment.text.strip()
                    behind = segment.style.bgcolor
                    assert (behind is not None) or colours not in BACKGROUNDS
            await pilot.press("o", "enter")  # the preset again: still for a projector
            assert isinstance(app.shown, Session)
            assert app.shown.projector

    asyncio.run(main())
