"""Other ways to write an address: as the screen and formulas show it, and as people say it.

`net_h₁`, `∂E/∂w₅`, `∂E_o₁/∂w₁`, `∂net_o₁/∂out_h₁`, `δ h1`, `delta h1`, and the own notation of the
preset.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bptui.engine.network import Network

if TYPE_CHECKING:
    from bptui.preset.model import Notation
    from bptui.story.setup import Setup

SUNK = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
"""Digits as subscripts."""
RAISED = {low: digit for digit, low in SUNK.items()}
_HEAD = re.compile(r"(delta|δ|target|input|step)[ _](.+)")
_TAIL = re.compile(r"(?P<rest>.*?)(?P<via>\s+via\s+[^\s@]+)?(?P<sample>\s*@\s*\S+)?", re.DOTALL)


def respelled(text: str, where: Setup) -> str | None:
    """The address that another spelling means, None if it is none that we know."""
    tail = _TAIL.fullmatch(text.strip())
    assert tail is not None  # every part of the pattern is optional
    via, sample = (tail["via"] or "").translate(RAISED), tail["sample"] or ""
    rest = tail["rest"].translate(RAISED).replace("∂", "d")
    upper, slash, lower = rest.partition("/d")
    notation, network = where.preset.notation, where.network
    if slash:
        found = _derivative(_side(upper[1:], notation, network), _side(lower, notation, network))
        if found is None or not upper.startswith("d"):
            return None
        address, through = found
        return f"{address}{f' via {through}' if through else via}{sample}"
    address = _word(rest, where) or " ".join(_side(rest, notation, network))
    other = f"{address}{via}{sample}"
    return other if other != text.strip() else None


def _word(text: str, where: Setup) -> str:
    """The address of a word and a name with a blank or a low line between."""
    if text in where.network.inputs:
        return f"input {text}"
    if found := _HEAD.fullmatch(text):
        return f"{'dE/dnet' if found[1] in ('delta', 'δ') else found[1]} {found[2]}"
    for name in where.rule.optimizer.entry.named:
        if text.startswith((f"{name}_", f"{name} ")):
            return f"{name} {text[len(name) + 1 :]}"
    return ""


def _side(text: str, notation: Notation, network: Network) -> tuple[str, ...]:
    """What a loss, net, out or parameter is: its kind and its name."""
    if text in network.slots or text == "E":
        return (text,)
    written = (("net", notation.net), ("out", notation.out), ("net", "net"), ("out", "out"))
    for kind, pattern in (*written, ("E", "E")):
        before, _, behind = (pattern if "{}" in pattern else f"{pattern} {{}}").partition("{}")
        name = text[len(before) : len(text) - len(behind)]
        begins = text[: len(before)].replace("_", " ") == before.replace("_", " ")
        if begins and text.endswith(behind) and name in network.places:
            return kind, name
    return (text,)


def _derivative(upper: tuple[str, ...], lower: tuple[str, ...]) -> tuple[str, str] | None:
    """The address of a derivative, and the output that its share comes through."""
    match upper, lower:
        case ("E", *through), (kind, neuron):
            return f"dE/d{kind} {neuron}", "".join(through)
        case ("E", *through), (parameter,):
            return f"dE/d{parameter}", "".join(through)
        case ("net" | "out" as kind, neuron), (other, source):
            own = kind == "out" and source == neuron
            return f"d{kind}/d{other} {neuron}{'' if own else f' {source}'}", ""
        case ("net", neuron), (parameter,):
            return f"dnet/d{parameter} {neuron}", ""
    return None
