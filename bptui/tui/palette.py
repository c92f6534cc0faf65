"""What roles look like: palettes, so that meaning survives 16 colours and none at all.

Those for 16 colours and for none leave the terminal's own background, which may be light or dark.
So they have no colour that vanishes on either, and what is dim may as well be lost.
"""

from __future__ import annotations

from functools import lru_cache

from rich.style import Style

RGB: dict[str, str] = {
    "text": "#d8dee9",
    "label": "#8792a6",
    "path": "#8792a6",
    "heading": "bold #e5e9f0",
    "heading focus": "bold #ffffff",
    "brand": "bold #10151c on #88c0d0",
    "rule": "#5a657b",
    "rule focus": "#88c0d0",
    "focus": "bold",
    "neuron": "bold #ebcb8b",
    "weight": "bold #b9c2dd",
    "box": "#717d93",
    "edge": "#66738a",
    "linked": "bold",
    "edge linked": "bold #a9b4c8",
    "edge forward": "bold #8fc1e8",
    "edge backward": "bold #deaed8",
    "edge update": "bold #ecc770",
    "forward": "#8fc1e8",
    "backward": "#deaed8",
    "update": "#ecc770",
    "chosen": "bold #ebcb8b",
    "positive": "#d8dee9",
    "negative": "#e0938a",
    "unknown": "#8792a6",
    "new": "",  # the sign beside it says it; a change of style would be sent for every number
    "target": "#98be8c",
    "fact": "#b9c2dd",
    "formula": "#e5e9f0",
    "substituted": "#a9b4c8",
    "value": "bold",
    "callout": "#ecc770",
    "match": "#98be8c",
    "last_digit": "#b9c2dd",
    "carried": "#ecc770",
    "note": "italic #98be8c",
    "pointer": "bold #88c0d0",
    "selected": "bold #10151c on #ebcb8b",
    "frozen": "italic #8792a6",
    "caret": "#10151c on #88c0d0",
    "picked": "#10151c on #b9c6dd",
    "loss": "bold #e5e9f0",
    "wrong": "bold #ff8a80",
    "lamp": "bold",
    "lamp_off": "#8792a6",
    "status": "#e5e9f0",
    "key": "bold #88c0d0",
    "key_label": "#8792a6",
    "chart_line": "#88c0d0",
    "chart_axis": "#5a657b",
    "chart_now": "bold #f0d080",
    "chart_other": "#a77ca9",
    "chart_aim": "bold #88c0d0",
}

LIGHT: dict[str, str] = {
    "text": "#1f252e",
    "label": "#566072",
    "path": "#566072",
    "heading": "bold #10151c",
    "heading focus": "bold #000000",
    "brand": "bold #ffffff on #1f5f7a",
    "rule": "#8690a0",
    "rule focus": "#1f6f8b",
    "focus": "bold",
    "neuron": "bold #7a5200",
    "weight": "bold #34405a",
    "box": "#717d93",
    "edge": "#7d8799",
    "linked": "bold",
    "edge linked": "bold #3d4a61",
    "edge forward": "bold #1a5c96",
    "edge backward": "bold #87308a",
    "edge update": "bold #7a5200",
    "forward": "#1a5c96",
    "backward": "#87308a",
    "update": "#7a5200",
    "chosen": "bold #8a4b00",
    "positive": "#1f252e",
    "negative": "#a82f1f",
    "unknown": "#566072",
    "new": "",
    "target": "#2f6b1f",
    "fact": "#34405a",
    "formula": "#10151c",
    "substituted": "#3d4a61",
    "value": "bold",
    "callout": "#7a5200",
    "match": "#2f6b1f",
    "last_digit": "#34405a",
    "carried": "#7a5200",
    "note": "italic #2f6b1f",
    "pointer": "bold #1f5f7a",
    "selected": "bold #000000 on #f2c14e",
    "frozen": "italic #566072",
    "caret": "#ffffff on #1f5f7a",
    "picked": "#10151c on #b9c6dd",
    "loss": "bold #10151c",
    "wrong": "bold #b3001b",
    "lamp": "bold",
    "lamp_off": "#566072",
    "status": "#10151c",
    "key": "bold #1f5f7a",
    "key_label": "#566072",
    "chart_line": "#1f5f7a",
    "chart_axis": "#8690a0",
    "chart_now": "bold #8a4b00",
    "chart_other": "#8a5a8c",
    "chart_aim": "bold #1f5f7a",
}

ANSI: dict[str, str] = {
    "heading": "bold",
    "brand": "bold reverse",
    "rule": "dim",
    "rule focus": "bold magenta",
    "neuron": "bold",
    "weight": "bold",
    "edge linked": "bold",
    "forward": "bold",
    "backward": "bold magenta",
    "update": "bold red",
    "edge forward": "bold",
    "edge backward": "bold magenta",
    "edge update": "bold red",
    "linked": "bold",
    "chosen": "bold magenta",
    "negative": "red",
    "unknown": "dim",
    "new": "bold",
    "pointer": "bold magenta",
    "value": "bold",
    "callout": "magenta",
    "carried": "magenta",
    "note": "italic",
    "selected": "bold reverse",
    "caret": "reverse",
    "picked": "reverse",
    "loss": "bold",
    "wrong": "bold red",
    "lamp": "bold",
    "lamp_off": "dim",
    "key": "bold",
    "chart_axis": "dim",
    "chart_now": "bold magenta",
    "chart_other": "magenta",
    "chart_aim": "bold magenta",
}

MONO: dict[str, str] = {
    role: " ".join(word for word in style.split() if word in ("bold", "reverse", "dim"))
    for role, style in ANSI.items()
}

_SHOWN = {
    "#00ffff": "rule focus|forward|edge forward|pointer|key|chart_line|chart_aim",
    "#ffff00": "chosen|update|edge update|neuron|callout|carried|chart_now",
    "#ffb0ff": "backward|edge backward|chart_other",
    "#7dff7d": "target|match|note",
    "#ff9a9a": "negative|wrong",
    "#ffffff on #000000": "rule|box|edge|chart_axis",
    "#000000 on #ffff00": "selected",
    "#000000 on #ffffff": "brand|picked",
    "#000000 on #00ffff": "caret",
}
_OF_ROLE = {role: style for style, roles in _SHOWN.items() for role in roles.split("|")}
_ADDED = ("focus", "linked", "new", "lamp", "value")
"""Roles that say no colour, but what is added to that of another."""

PROJECTOR: dict[str, str] = {
    role: "bold" if role in _ADDED else f"bold {_OF_ROLE.get(role, '#ffffff')}" for role in RGB
}
"""Black and white and a few strong colours, all of it bold."""

_ON_WHITE = {
    "#000000": "#ffffff",
    "#ffffff": "#000000",
    "#00ffff": "#002fa0",
    "#ffff00": "#6b3300",
    "#ffb0ff": "#80007a",
    "#7dff7d": "#004d00",
    "#ff9a9a": "#a00000",
}
PROJECTOR_LIGHT: dict[str, str] = {
    role: " ".join(_ON_WHITE.get(word, word) for word in style.split())
    for role, style in PROJECTOR.items()
}

PALETTES = {
    "rgb": RGB,
    "light": LIGHT,
    "16": ANSI,
    "mono": MONO,
    "projector rgb": PROJECTOR,
    "projector light": PROJECTOR_LIGHT,
    **{
        f"projector {name}": {
            role: " ".join(("bold", *(set(palette.get(role, "").split()) - {"bold", "dim"})))
            for role in RGB
        }
        for name, palette in (("16", ANSI), ("mono", MONO))
    },
}
BACKGROUNDS = {
    "rgb": "#10151c",
    "light": "#fafafa",
    "projector rgb": "#000000",
    "projector light": "#ffffff",
}
"""The screen behind an RGB palette; the others leave the terminal's own."""
THEMES = {"rgb": "textual-dark", "light": "textual-light"}
"""Textual's theme behind an RGB palette, for its command palette."""


def palette_name(colours: str, *, projector: bool) -> str:
    return f"projector {colours}" if projector else colours


@lru_cache(maxsize=1024)
def style_of(colours: str, role: str) -> Style:
    """A role's style: its own, or the sum of its words' styles.

    `selected` paints over everything else, whatever stands beside it.
    """
    palette = PALETTES[colours]
    base = Style.parse(f"on {BACKGROUNDS[colours]}") if colours in BACKGROUNDS else Style()
    if role in palette:
        return base + Style.parse(palette[role])
    for word in sorted(role.split(), key=lambda w: w == "selected"):
        base += Style.parse(palette.get(word, ""))
    return base
