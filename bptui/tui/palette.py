"""What roles look like: three palettes, so that meaning survives 16 colours and none at all."""

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
    "rule": "#4c566a",
    "rule focus": "#88c0d0",
    "focus": "bold",
    "neuron": "bold #ebcb8b",
    "weight": "bold #b9c6dd",
    "box": "#6f7d95",
    "edge": "#5d6a80",
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
    "unknown": "#5d6a80",
    "new": "",  # the sign beside it says it; a change of style would be sent for every number
    "target": "#a3be8c",
    "fact": "#b9c6dd",
    "formula": "#e5e9f0",
    "substituted": "#a9b4c8",
    "value": "bold",
    "callout": "#ecc770",
    "match": "#a3be8c",
    "last_digit": "#b9c6dd",
    "carried": "#ecc770",
    "note": "italic #a3be8c",
    "pointer": "bold #88c0d0",
    "selected": "bold #10151c on #ebcb8b",
    "frozen": "italic #8792a6",
    "caret": "#10151c on #88c0d0",
    "picked": "#10151c on #b9c6dd",
    "loss": "bold #e5e9f0",
    "wrong": "bold #ff8a80",
    "lamp": "bold",
    "lamp_off": "#5d6a80",
    "status": "#e5e9f0",
    "key": "bold #88c0d0",
    "key_label": "#8792a6",
    "chart_line": "#88c0d0",
    "chart_axis": "#4c566a",
    "chart_now": "bold #f0d080",
    "chart_other": "#8a6c8c",
    "chart_aim": "bold #88c0d0",
}

ANSI: dict[str, str] = {
    "label": "dim",
    "path": "dim",
    "heading": "bold",
    "brand": "bold reverse",
    "rule": "dim",
    "rule focus": "bold cyan",
    "neuron": "bold yellow",
    "weight": "bold",
    "box": "",
    "edge": "dim",
    "edge linked": "bold",
    "forward": "cyan",
    "backward": "magenta",
    "update": "yellow",
    "edge forward": "cyan",
    "edge backward": "magenta",
    "edge update": "yellow",
    "linked": "bold",
    "chosen": "bold yellow",
    "negative": "red",
    "unknown": "dim",
    "new": "bold",
    "target": "green",
    "pointer": "bold cyan",
    "value": "bold",
    "callout": "yellow",
    "match": "green",
    "carried": "yellow",
    "note": "italic green",
    "selected": "bold reverse",
    "frozen": "dim",
    "caret": "reverse",
    "picked": "reverse",
    "loss": "bold",
    "wrong": "bold red",
    "lamp": "bold",
    "lamp_off": "dim",
    "key": "bold cyan",
    "key_label": "dim",
    "chart_line": "cyan",
    "chart_axis": "dim",
    "chart_now": "bold yellow",
    "chart_other": "magenta",
    "chart_aim": "bold cyan",
}

MONO: dict[str, str] = {
    role: " ".join(word for word in style.split() if word in ("bold", "reverse", "dim"))
    for role, style in ANSI.items()
}

PALETTES = {"rgb": RGB, "16": ANSI, "mono": MONO}
BACKGROUNDS = {"rgb": "#10151c"}
"""The screen behind an RGB palette; the others leave the terminal's own."""
THEMES = {"rgb": "textual-dark"}
"""Textual's theme behind an RGB palette, for its command palette."""


@lru_cache(maxsize=1024)
def style_of(colours: str, role: str) -> Style:
    """Return the style of a role: one of its own, or what each of its words adds.

    `selected` paints over everything else, whatever stands beside it.
    """
    palette = PALETTES[colours]
    base = Style.parse(f"on {BACKGROUNDS[colours]}") if colours in BACKGROUNDS else Style()
    if role in palette:
        return base + Style.parse(palette[role])
    for word in sorted(role.split(), key=lambda w: w == "selected"):
        base += Style.parse(palette.get(word, ""))
    return base
