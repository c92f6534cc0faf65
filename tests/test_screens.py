"""Whole screens as text, at the sizes of a projector and of a wide terminal."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bptui.session import messages as c
from bptui.session.key import By
from bptui.session.messages import Page, Panel
from bptui.session.session import Session
from bptui.tui.palette import RGB
from bptui.view.rows import cells, row_cells, to_text
from bptui.view.screen import screen
from tests.sessions import VARIED, WIDE, XOR, after, made, shipped, stepped

Golden = Callable[[str, str], None]
SIZES = ((80, 24), (120, 40))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("phases", range(6))
def test_mazur_phase_by_phase(golden: Golden, phases: int, size: tuple[int, int]) -> None:
    session = stepped(shipped("mazur"), phases)
    name = str(session.moment).replace(" ", "-")
    golden(f"mazur-{name}-{size[0]}x{size[1]}", to_text(screen(session, *size)))


def _views() -> dict[str, tuple[Session, tuple[int, int]]]:
    mazur, xor, wide = shipped("mazur"), made(XOR), made(WIDE)
    return {
        "pandey-backward": (stepped(shipped("pandey"), 2), (80, 24)),
        "afteracademy-forward": (stepped(shipped("afteracademy"), 1), (80, 24)),
        "simplified-update": (stepped(shipped("simplified"), 3), (120, 40)),
        "hmkcode-update": (stepped(shipped("hmkcode"), 3), (120, 40)),
        "edge-selected": (after(stepped(mazur, 3), c.Select("w7")), (80, 24)),
        "inspector-weight": (
            after(stepped(mazur, 3), c.Select("w5"), c.Show(Panel.INSPECTOR)),
            (80, 24),
        ),
        "inspector-shared-bias": (
            after(stepped(mazur, 2), c.Select("b1"), c.Show(Panel.INSPECTOR)),
            (80, 24),
        ),
        "card-hidden-gradient": (
            after(stepped(mazur, 2), c.Select("w1"), c.Show(Panel.INSPECTOR)),
            (120, 40),
        ),
        "card-left-out-path": (
            after(stepped(shipped("pandey"), 2), c.Select("w1"), c.Show(Panel.INSPECTOR)),
            (80, 24),
        ),
        "card-opened": (
            after(stepped(mazur, 2), c.Select("w1"), c.Show(Panel.INSPECTOR), c.Enter(), c.Enter()),
            (80, 24),
        ),
        "card-long-sum": (after(stepped(wide, 1), c.Select("h25")), (120, 40)),
        "card-whole-sum": (after(stepped(wide, 1), c.Select("h25"), c.Flip("whole")), (120, 40)),
        "gradient-check": (after(stepped(mazur, 2), c.Toggle(Page.CHECK)), (80, 24)),
        "gradient-check-too-early": (after(mazur, c.Toggle(Page.CHECK)), (80, 24)),
        "by-neuron-forward": (stepped(after(mazur, c.Refine(2)), 2), (80, 24)),
        "by-neuron-backward": (stepped(after(mazur, c.Refine(2)), 8), (120, 40)),
        "by-layer": (stepped(after(mazur, c.Refine(1)), 4), (120, 40)),
        "four-digits": (after(stepped(mazur, 3), c.NextDigits()), (80, 24)),
        "all-digits": (after(stepped(mazur, 3), *[c.NextDigits()] * 4), (80, 24)),
        "chart": (after(stepped(mazur, 31), c.Show(Panel.CHART)), (80, 24)),
        "chart-log": (after(stepped(mazur, 301), c.Show(Panel.CHART), c.Flip("log")), (80, 24)),
        "help": (after(mazur, c.Toggle(Page.HELP)), (80, 24)),
        "help-end": (
            after(mazur, c.Toggle(Page.HELP), By(999)),
            (80, 24),
        ),
        "xor-third-sample": (after(stepped(xor, 2), c.Sample(1), c.Sample(1)), (120, 40)),
        "xor-scrolled": (after(stepped(xor, 1), c.Select("h4")), (80, 24)),
        "wide-neuron": (after(stepped(wide, 2), c.Select("h25")), (120, 40)),
        "wide-weight": (after(stepped(wide, 2), c.Select("w_i20_h30")), (80, 24)),
        "one-panel": (stepped(mazur, 1), (50, 14)),
        "smallest": (stepped(mazur, 1), (40, 12)),
        "too-small": (stepped(mazur, 1), (30, 8)),
        "two-beside": (after(stepped(mazur, 2), c.Show(Panel.INSPECTOR)), (120, 24)),
        "large": (stepped(mazur, 2), (200, 60)),
    }


@pytest.mark.parametrize("name", _views())
def test_other_views(golden: Golden, name: str) -> None:
    session, size = _views()[name]
    golden(name, to_text(screen(session, *size)))


SESSIONS = {
    **{name: shipped(name) for name in VARIED},
    "xor": made(XOR),
    "wide": made(WIDE),
}


@pytest.mark.parametrize("size", [(40, 12), (43, 17), (70, 20), (80, 24), (108, 30), (300, 100)])
@pytest.mark.parametrize("name", SESSIONS)
def test_every_row_fills_the_width_and_every_role_is_known(
    name: str, size: tuple[int, int]
) -> None:
    session = SESSIONS[name]
    for phases in range(5):
        for panel in Panel:
            rows = screen(after(stepped(session, phases), c.Show(panel)), *size)
            assert len(rows) == size[1]
            assert {row_cells(row) for row in rows} == {size[0]}
            assert {w for row in rows for span in row for w in span.role.split()} <= set(RGB)


@pytest.mark.parametrize("width", [1, 2, 39, 41, 60, 69, 71, 107, 109])
@pytest.mark.parametrize("height", [1, 11, 13, 19, 21, 29, 31])
def test_any_size_is_safe(width: int, height: int) -> None:
    rows = screen(stepped(SESSIONS["xor"], 3), width, height)
    assert [row_cells(row) for row in rows] == [width] * height


def test_three_steps_and_three_back_give_the_same_screen() -> None:
    session = shipped("mazur")
    there = stepped(session, 3)
    back = after(there, *[c.Step(-1)] * 3)
    for size in SIZES:
        assert screen(back, *size) == screen(session, *size) != screen(there, *size)


def test_an_articles_figures_are_on_the_screen_in_their_phase_and_not_before() -> None:
    session = after(shipped("mazur"), c.Select("o1"))
    figures = {1: "0.751365070", 2: "0.138498562", 3: "0.358916480", 4: "0.291027774"}
    for phases in range(5):
        text = to_text(screen(stepped(session, phases), 120, 40))
        for phase, figure in figures.items():
            shown_later_too = phase in (1, 2) and phases < 4  # the next forward pass replaces it
            if phases == phase or (phases > phase and shown_later_too):
                assert figure in text
            elif phases < phase:
                assert figure not in text


def test_hostile_text_in_a_preset_stays_text() -> None:
    hostile = "\\u001b[31m [red]A\\u202Ebc[/red] \\u200b\\n 漢字\\u0007"
    session = made(XOR.replace('title = "XOR"', f'title = "{hostile}"'))
    for text in (
        to_text(screen(session, 80, 24)),
        to_text(screen(after(session, c.Toggle(Page.HELP)), 80, 200)),
    ):
        assert "[red]A" in text
        assert all(char.isprintable() or char == "\n" for char in text)
    assert {row_cells(row) for row in screen(session, 80, 24)} == {80}


def test_wide_names_keep_the_columns() -> None:
    session = made(XOR.replace('"a", "b"', '"漢字", "b"'))
    for row in screen(stepped(session, 2), 120, 40):
        assert sum(cells(span.text) for span in row) == 120
