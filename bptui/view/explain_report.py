"""Cards without a terminal: as text, Markdown, LaTeX, or data for JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from bptui.story.derivation import Derivation, derive
from bptui.story.formula import Formula, evaluate
from bptui.story.insights import insights
from bptui.story.moment import Moment
from bptui.story.timeline import Timeline
from bptui.story.values import Values
from bptui.view.formula import (
    Naming,
    expression,
    latex,
    latex_number,
    latex_numbers,
    latex_sign,
    numbers,
    sign,
    symbols,
)
from bptui.view.numbers import show
from bptui.view.rows import plain

DIGITS = 9


class Explained(Struct, frozen=True):
    """A derivation, how deep it lies below what was asked for, and the moment it was asked for."""

    derivation: Derivation
    at: Moment
    value: float
    depth: int


def explain(timeline: Timeline, asked: Derivation, at: Moment, depth: int) -> Iterator[Explained]:
    """Yield a derivation and those of its parts, down to a depth, each once."""
    seen: set[object] = set()
    rest = [(asked, at, 0)]
    while rest:
        derivation, moment, level = rest.pop()
        if (derivation.quantity, moment) in seen:
            continue
        seen.add((derivation.quantity, moment))
        value = Values(timeline.state(moment)).get(derivation.quantity)
        assert value is not None  # what is derived is known
        yield Explained(derivation, moment, value, level)
        if level < depth:
            parts = [derive(timeline, r.quantity, r.moment) for r in derivation.parts]
            moments = [r.moment for r in derivation.parts]
            rest += [(p, m, level + 1) for p, m in zip(parts, moments, strict=True)][::-1]


def naming_of(timeline: Timeline) -> Naming:
    """Return what a timeline's preset calls things."""
    return Naming(timeline.setup.preset.notation, timeline.setup.network.outputs)


def as_json(timeline: Timeline, explained: Explained) -> dict[str, object]:
    """Return a card as data."""
    derivation, names = explained.derivation, naming_of(timeline)
    formula = derivation.formula
    return {
        "quantity": str(derivation.quantity),
        "at": str(explained.at),
        "symbols": symbols(formula, names, whole=True)
        if formula is not None
        else sign(derivation.quantity, names),
        "numbers": numbers(formula, DIGITS, whole=True)
        if formula is not None
        else show(explained.value, DIGITS),
        "expression": expression(formula) if formula is not None else repr(explained.value),
        "value": evaluate(formula) if formula is not None else explained.value,
        "parts": [
            {"quantity": str(r.quantity), "at": str(r.moment), "value": r.value}
            for r in derivation.parts
        ],
    }


def _equalities(explained: Explained, names: Naming) -> list[list[str]]:
    """Return the chains of equal things: the formula, then the sum over paths, each path."""
    derivation = explained.derivation
    head = sign(derivation.quantity, names)
    if derivation.formula is None:
        given = f"{show(explained.value, DIGITS)}, {derivation.given}"
        return [[head, plain(given)]]
    chains = [[head, *_written(derivation.formula, names)]]
    if derivation.paths is not None:
        chains.append([head, *_written(derivation.paths, names)])
    return chains


def _written(formula: Formula, names: Naming) -> list[str]:
    value = show(evaluate(formula), DIGITS)
    return [symbols(formula, names, whole=True), numbers(formula, DIGITS, whole=True), value]


def _said(timeline: Timeline, explained: Explained) -> list[tuple[str, str]]:
    """Return what is to be said of a card: `!` what trips people up, `»` the author's notes."""
    derivation = explained.derivation
    moments = dict.fromkeys((str(derivation.moment), str(explained.at)))
    address, notes = str(derivation.quantity), timeline.setup.notes
    told = [text for when in moments for text in notes.get((address, when), ())]
    said = [("!", plain(text)) for text in insights(timeline, derivation)]
    return said + [("»", plain(text)) for text in told]


def as_text(timeline: Timeline, explained: Explained) -> str:
    """Return a card as lines of text, indented by its depth."""
    lines = [f"{explained.derivation.quantity} at {explained.at}"]
    for head, *equals in _equalities(explained, naming_of(timeline)):
        lines += [f"  {head} = {equals[0]}", *(f"    = {text}" for text in equals[1:])]
    lines += [f"  {sign} {text}" for sign, text in _said(timeline, explained)]
    return "\n".join("  " * explained.depth + line for line in lines) + "\n"


def as_markdown(timeline: Timeline, explained: Explained) -> str:
    """Return a card in Markdown, its formulas as LaTeX mathematics."""
    title = f"{'#' * min(6, 2 + explained.depth)} {_escaped(str(explained.derivation.quantity))}"
    body = "\n\n".join(f"$$\n{chain}\n$$" for chain in _aligned(timeline, explained))
    said = "".join(f"\n> {_escaped(text)}\n" for _, text in _said(timeline, explained))
    return f"{title}\n\nat {explained.at}\n\n{body}\n{said}"


def _escaped(text: str) -> str:
    text = "".join(f"\\{c}" if c in "\\`*_{}[]<>#|$&~" else c for c in plain(text).strip())
    return re.sub(r"^(\d*)([-+=.)])", r"\1\\\2", text)  # what begins a list or underlines


LATEX_BEGIN = r"""\documentclass{article}
\usepackage{amsmath}
\allowdisplaybreaks
\begin{document}
"""
LATEX_END = "\\end{document}\n"


def as_latex(timeline: Timeline, explained: Explained) -> str:
    """Return a card as a part of a LaTeX document."""
    chains = "\n".join(f"\\[\n{chain}\n\\]" for chain in _aligned(timeline, explained))
    said = "".join(f"\\par {latex_prose(text)}\n" for _, text in _said(timeline, explained))
    title = latex_prose(f"{explained.derivation.quantity} at {explained.at}")
    return f"\\subsection*{{{title}}}\n{chains}\n{said}"


def latex_prose(text: str) -> str:
    """Return text as LaTeX prints it; signs that it lacks become mathematics or a question mark."""
    return "".join(_PROSE.get(c, c if c.isascii() else "?") for c in plain(text))


_PROSE = (
    {c: f"\\{c}" for c in "#$%&_{}"}
    | {c: f"${c}$" for c in "<>|"}
    | {
        "\\": r"\textbackslash{}",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "½": r"$\frac{1}{2}$",
        "∂": r"$\partial$",
        "η": r"$\eta$",
    }
)


def _aligned(timeline: Timeline, explained: Explained) -> list[str]:
    """Return each chain of equalities as aligned mathematics."""
    derivation, names = explained.derivation, naming_of(timeline)
    head = latex_sign(derivation.quantity, names)
    if derivation.formula is None:
        given = rf"\quad\text{{({latex_prose(derivation.given)})}}"
        return [f"{head} = {latex_number(explained.value)} {given}"]
    chains = []
    for formula in (derivation.formula, derivation.paths):
        if formula is not None:
            lines = [latex(formula, names), latex_numbers(formula, DIGITS)]
            lines.append(latex_number(evaluate(formula)))
            inner = " \\\\\n".join(f"&= {line}" for line in lines)
            chains.append(f"\\begin{{aligned}}\n{head} {inner}\n\\end{{aligned}}")
    return chains
