"""What roles look like: palettes, so that meaning survives 16 colours and none at all.

Those for 16 colours and for none leave the terminal's own background, which may be light or dark.
So they have no colour that vanishes on either, and what is dim may as well be lost.
"""

from __future__ import annotations

from functools import lru_cache

from rich.style import Style

_ROLES: dict[str, tuple[str, ...]] = {
    # role: for a dark background, a light one, 16 colours
    "text": ("#d8dee9", "#1f252e", ""),
    "label": ("#8792a6", "#566072", ""),
    "path": ("#8792a6", "#566072", ""),
    "heading": ("bold #e5e9f0", "bold #10151c", "bold"),
    "heading focus": ("bold #ffffff", "bold #000000", ""),
    "brand": ("bold #10151c on #88c0d0", "bold #ffffff on #1f5f7a", "bold reverse"),
    "rule": ("#5a657b", "#8690a0", "dim"),
    "rule focus": ("#88c0d0", "#1f6f8b", "bold magenta"),
    "focus": ("bold", "bold", ""),
    "neuron": ("bold #ebcb8b", "bold #7a5200", "bold"),
    "weight": ("bold #b9c2dd", "bold #34405a", "bold"),
    "box": ("#717d93", "#717d93", ""),
    "edge": ("#76839b", "#6d7889", ""),
    "edge_faint": ("#5a657b", "#8690a0", ""),
    "edge_strong": ("#a9b4c8", "#3d4a61", ""),
    "linked": ("bold", "bold", "bold"),
    "edge linked": ("bold #a9b4c8", "bold #3d4a61", "bold"),
    "edge forward": ("bold #8fc1e8", "bold #1a5c96", "bold"),
    "edge backward": ("bold #deaed8", "bold #87308a", "bold magenta"),
    "edge update": ("bold #ecc770", "bold #7a5200", "bold magenta"),
    "forward": ("#8fc1e8", "#1a5c96", "bold"),
    "backward": ("#deaed8", "#87308a", "bold magenta"),
    "update": ("#ecc770", "#7a5200", "bold magenta"),
    "chosen": ("bold #ebcb8b", "bold #8a4b00", "bold magenta"),
    "number": ("#d8dee9", "#1f252e", ""),
    "rising": ("#e59a6f", "#9c4a12", ""),
    "falling": ("#88c0d0", "#1f6f8b", ""),
    "unknown": ("#8792a6", "#566072", "dim"),
    "asked": ("bold #ebcb8b", "bold #8a4b00", "bold magenta"),
    "new": ("bold", "bold", "bold"),
    "target": ("#98be8c", "#2f6b1f", ""),
    "fact": ("#b9c2dd", "#34405a", ""),
    "formula": ("#e5e9f0", "#10151c", ""),
    "substituted": ("#a9b4c8", "#3d4a61", ""),
    "value": ("bold", "bold", "bold"),
    "callout": ("#ecc770", "#7a5200", "magenta"),
    "match": ("#98be8c", "#2f6b1f", ""),
    "last_digit": ("#b9c2dd", "#34405a", ""),
    "carried": ("#ecc770", "#7a5200", "magenta"),
    "note": ("italic #98be8c", "italic #2f6b1f", "italic"),
    "pointer": ("bold #88c0d0", "bold #1f5f7a", "bold magenta"),
    "selected": ("bold #10151c on #ebcb8b", "bold #000000 on #f2c14e", "bold reverse"),
    "frozen": ("italic #8792a6", "italic #566072", ""),
    "caret": ("#10151c on #88c0d0", "#ffffff on #1f5f7a", "reverse"),
    "picked": ("#10151c on #b9c6dd", "#10151c on #b9c6dd", "reverse"),
    "loss": ("bold #e5e9f0", "bold #10151c", "bold"),
    "wrong": ("bold #ff8a80", "bold #b3001b", "bold red"),
    "lamp": ("bold", "bold", "bold"),
    "lamp_off": ("#8792a6", "#566072", "dim"),
    "status": ("#e5e9f0", "#10151c", ""),
    "key": ("bold #88c0d0", "bold #1f5f7a", "bold"),
    "key_label": ("#8792a6", "#566072", ""),
    "chart_line": ("#88c0d0", "#1f5f7a", ""),
    "chart_axis": ("#5a657b", "#8690a0", "dim"),
    "chart_now": ("bold #f0d080", "bold #8a4b00", "bold magenta"),
    "chart_other": ("#a77ca9", "#8a5a8c", "magenta"),
    "chart_aim": ("bold #88c0d0", "bold #1f5f7a", "bold magenta"),
}
"""Each role's style in each palette; "" adds nothing."""
RGB, LIGHT, ANSI = ({role: row[k] for role, row in _ROLES.items()} for k in range(3))
ANSI = {role: style for role, style in ANSI.items() if style}
MONO: dict[str, str] = {
    role: " ".join(word for word in style.split() if word in ("bold", "reverse", "dim"))
    for role, style in ANSI.items()
}

_SHOWN = {
    "#00ffff": "rule focus|falling|forward|edge forward|pointer|key|chart_line|chart_aim",
    "#ffff00": "chosen|rising|update|edge update|neuron|callout|carried|chart_now",
    "#ffb0ff": "backward|edge backward|chart_other",
    "#7dff7d": "target|match|note",
    "#ff9a9a": "wrong",
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
