"""Other ways to write an address: as the screen and formulas show it, and as people say it.

`net_h₁`, `∂E/∂w₅`, `∂E_o₁/∂w₁`, `∂net_o₁/∂out_h₁`, `δ h1`, `delta h1`, and the own notation of the
preset.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from bptui.story.address import Kind, all_quantities, has_at_most
from bptui.story.notation import bare, naming, with_place

if TYPE_CHECKING:
    from bptui.story.setup import Setup

SUNK = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
"""Digits as subscripts."""
DEEP = str.maketrans("aehijklmnoprstuvx", "ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
"""The letters that there are as subscripts."""
GREEK = {
    char: name.capitalize() if char.isupper() else name
    for char in "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρςστυφχψω"
    for name in [unicodedata.name(char).split()[-1].lower().replace("lamda", "lambda")]
}
"""What Greek letters are called, for where there is room always.

On the screen one letter stands for each: a thing must not have two names.
"""
LETTERS = {name: char for char, name in GREEK.items()}
"""The letters by name; of both small sigmas the usual one, which comes later."""
RAISED = {low: digit for digit, low in SUNK.items()}
_LIFTED = {low: letter for letter, low in DEEP.items()}
_MOST = 5_000
"""Of networks with more quantities not every symbol is compared."""
_HEAD = re.compile(r"(delta|δ|target|input|step)[ _](.+)")
_TAIL = re.compile(r"(?P<rest>.*?)(?P<via>\s+via\s+[^\s@]+)?(?P<sample>\s*@\s*\S+)?", re.DOTALL)


def spellings(text: str, where: Setup) -> Iterator[str]:
    """Yield the addresses that another spelling may mean."""
    tail = _TAIL.fullmatch(_lifted(text.strip()))
    assert tail is not None  # every part of the pattern is optional
    rest = tail["rest"].translate(RAISED).replace("∂", "d")
    behind = (tail["via"] or "").translate(RAISED), tail["sample"] or ""
    if address := _address(rest, *behind, where):
        yield address
    if address := _symbols(where).get(_folded(rest)):
        yield address + "".join(behind)
    if address := _otherwise(rest, where):
        yield address + "".join(behind)


def _lifted(text: str) -> str:
    """Write subscript letters behind a low line: `netₕ₁` as `net_h₁`."""
    return re.sub(r"[ₐ-ₜᵢᵣᵤᵥⱼ]+", lambda found: "_" + found[0].translate(_LIFTED), text)


@lru_cache(maxsize=8)
def _symbols(where: Setup) -> dict[str, str]:
    """The addresses of a setup's quantities by their symbols, as these are compared."""
    if not has_at_most(where, _MOST):
        return {}
    names, new = naming(where), with_place(where.preset.notation.new or "{}(new)")
    found: dict[str, str] = {}
    for quantity in all_quantities(where):
        own = quantity._replace(sample=0)
        found.setdefault(_folded(bare(own, names)), str(own))
        if own.kind is Kind.PARAMETER:
            found.setdefault(_folded(new.replace("{}", own.parameter)), str(own))
    return found


_OF = r"(?: (?P<{0}>[^\s()]+)|\((?P<{0}_>[^\s()]+)\))"
_OTHERWISE = {
    rf"d ?(?:z|net){_OF.format('neuron')}": "dE/dnet {}",
    rf"d ?(?:a|out){_OF.format('neuron')}": "dE/dout {}",
    r"(?:(?:gradient|grad)(?: of)? |d ?)(?P<parameter>\S+)": "dE/d{}",
    r"(?:Δ|delta|change|change of) ?(?P<parameter>\S+)": "step {}",
    r"(?:new|updated) (?P<parameter>\S+)|(?P<parameter_>\S+?)(?: new|⁺)": "{}",
    rf"(?:z|net|in){_OF.format('neuron')}": "net {}",
    rf"(?:a|out|output|activation){_OF.format('neuron')}": "out {}",
    rf"(?:e|loss|cost|error){_OF.format('output')}": "E {}",
    r"loss|cost|error|e total|total error|etotal|(?-i:[JLC])": "E",
}
"""What people call quantities besides, blanks for low lines, and the address of what they name."""


def _otherwise(rest: str, where: Setup) -> str | None:
    """What a spelling means by the words of other books, if it names what is there."""
    network = where.network
    there: dict[str, Collection[str]] = {
        "parameter": network.slots,
        "neuron": network.places,
        "output": network.outputs,
    }
    text = _folded(re.sub("[{}]", "", rest))
    for pattern, address in _OTHERWISE.items():
        if found := re.fullmatch(pattern, text, re.IGNORECASE):
            named = [pair for pair in found.groupdict().items() if pair[1]]
            if all(name in there[kind.rstrip("_")] for kind, name in named):
                return address.format(*(name for _, name in named))
    return None


def _folded(text: str) -> str:
    text = unicodedata.normalize("NFC", text).translate(RAISED)
    return " ".join(text.replace("∂", "d").replace("_", " ").split())


def _address(rest: str, via: str, sample: str, where: Setup) -> str | None:
    """What a spelling means by the forms of its words, in a network of any size."""
    upper, slash, lower = rest.partition("/d")
    if slash:
        found = _derivative(_side(upper[1:], where), _side(lower, where))
        if found is None or not upper.startswith("d"):
            return None
        address, through = found
        return f"{address}{f' via {through}' if through else via}{sample}"
    return f"{_word(rest, where) or ' '.join(_side(rest, where))}{via}{sample}"


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


def _side(text: str, where: Setup) -> tuple[str, ...]:
    """What a loss, net, out or parameter is: its kind and its name."""
    notation, network = where.preset.notation, where.network
    if text in network.slots:
        return (text,)
    if text in network.inputs:
        return "input", text
    if _folded(text) in ("E", _folded(notation.loss)):
        return ("E",)
    names = naming(where)
    for neuron in network.outputs:  # whose numbers may have names of their own
        for word, its in (("out", Kind.OUT), ("target", Kind.TARGET)):
            if _folded(text) == _folded(names.label(its, neuron)):
                return word, neuron
    own = (("net", notation.net), ("out", notation.out), ("out", notation.hidden))
    more = (("dE/dnet", notation.delta), ("Err", notation.error))
    for kind, given in (*own, *more, ("net", "net"), ("out", "out"), ("E", "E")):
        before, _, behind = with_place(given or kind).partition("{}")
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
            other = "out" if other == "input" else other
            return f"d{kind}/d{other} {neuron}{'' if own else f' {source}'}", ""
        case ("net", neuron), (parameter,):
            return f"dnet/d{parameter} {neuron}", ""
    return None
