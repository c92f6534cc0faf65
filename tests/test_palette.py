"""Palettes: what has to be read can be read, and what differs in meaning looks different."""

from __future__ import annotations

from itertools import combinations

import pytest
from rich.color import Color, ColorSystem
from rich.style import Style

from bptui.tui.palette import BACKGROUNDS, PALETTES, RGB, palette_name, style_of

LINES = {
    "rule",
    "rule focus",
    "box",
    "edge",
    "edge_faint",
    "chart_axis",
    "chart_line",
    "chart_other",
}
"""Roles that nothing is written in."""
APART = (
    ("forward", "backward", "update", "lamp_off"),
    ("number", "new", "chosen"),
    ("number", "wrong", "rising", "falling"),
    ("match", "wrong", "carried"),
    ("text", "selected", "caret", "picked"),
    ("chart_line", "chart_now", "chart_other"),
)


def luminance(hex_colour: str) -> float:
    """Return the relative luminance of WCAG 2."""
    parts = (int(hex_colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def seen(palette: str, role: str) -> tuple[str, str]:
    """Return the colours of a role's letters and of what is behind them."""
    style = style_of(palette, role)
    text = style.color or style_of(palette, "text").color
    assert text is not None
    assert style.bgcolor is not None
    return text.get_truecolor().hex, style.bgcolor.get_truecolor().hex


def test_the_formula_of_contrast() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("palette", BACKGROUNDS)
@pytest.mark.parametrize("role", RGB)
def test_text_can_be_read(palette: str, role: str) -> None:
    least = 7.0 if palette.startswith("projector") else 3.0 if role in LINES else 4.5
    assert contrast(*seen(palette, role)) >= least
    rounded = (
        Color.parse(colour).downgrade(ColorSystem.EIGHT_BIT).get_truecolor().hex
        for colour in seen(palette, role)
    )
    assert contrast(*rounded) >= (6.7 if least == 7.0 else least)


def hue(palette: str, role: str) -> str:
    """Return what a role's colour becomes where there are 256."""
    colour = Color.parse(seen(palette, role)[0]).downgrade(ColorSystem.EIGHT_BIT)
    red, green, blue = colour.get_truecolor()
    if max(red, green, blue) - min(red, green, blue) <= 8:
        return "grey"
    return {red: "red", green: "green", blue: "blue"}[max(red, green, blue)]


@pytest.mark.parametrize("palette", ["rgb", "light"])
def test_in_256_colours_text_stays_grey_and_red_red(palette: str) -> None:
    """What is rounded to the nearest of 256 colours may have another hue."""
    hues = {role: hue(palette, role) for role in ("number", "box", "target", "wrong")}
    assert hues == {"number": "grey", "box": "grey", "target": "green", "wrong": "red"}


@pytest.mark.parametrize("palette", BACKGROUNDS)
def test_what_differs_in_meaning_differs_in_256_colours(palette: str) -> None:
    def rounded(style: Style) -> tuple[object, ...]:
        colours = (
            colour and colour.downgrade(ColorSystem.EIGHT_BIT)
            for colour in (style.color, style.bgcolor)
        )
        return (*(colour and colour.number for colour in colours), style.bold)

    for roles in APART:
        for one, other in combinations(roles, 2):
            assert rounded(style_of(palette, one)) != rounded(style_of(palette, other))


def test_with_the_terminals_own_background_no_colour_vanishes() -> None:
    """Magenta and red can be read on black and on white; yellow, cyan, white and blue cannot."""
    for name in ("16", "mono", "projector 16", "projector mono"):
        for role, text in PALETTES[name].items():
            style = Style.parse(text)
            assert style.bgcolor is None
            assert style.color in (None, Color.parse("red"), Color.parse("magenta")), role
            if name.endswith("mono"):
                assert style.color is None
            if style.dim:
                assert role in (*LINES, "unknown", "lamp_off")


def test_a_projector_has_nothing_dim_and_all_bold() -> None:
    for colours in ("rgb", "light", "16", "mono"):
        name = palette_name(colours, projector=True)
        assert set(PALETTES[name]) == set(RGB)
        assert all(style_of(name, role).bold and not style_of(name, role).dim for role in RGB)


def test_every_palette_has_roles_that_there_are() -> None:
    for palette in PALETTES.values():
        assert set(palette) <= set(RGB)
    assert set(PALETTES["light"]) == set(RGB)
