"""Cards without a terminal: as text, Markdown, LaTeX, or data for JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from bptui.audit.findings import Finding
from bptui.story.address import Quantity
from bptui.story.derivation import Derivation, derive
from bptui.story.formula import Ref
from bptui.story.insights import insights, notes
from bptui.story.moment import Moment
from bptui.story.notation import Naming, naming
from bptui.story.timeline import Timeline
from bptui.story.values import values_at
from bptui.view.finding import MARKS, figure_told, reason, standing
from bptui.view.formula import age_of, expression, head, numbers, sign, symbols
from bptui.view.latex import latex, latex_number, latex_numbers, latex_prose, latex_sign
from bptui.view.numbers import show
from bptui.view.rows import plain

DIGITS = 9


Asked = tuple[Quantity, Moment]


class TooManyCardsError(Exception):
    """More is to be explained than was allowed."""


class Explained(Struct, frozen=True):
    """A derivation, how deep it lies below what was asked for, and the moment it was asked for."""

    derivation: Derivation
    at: Moment
    value: float
    """What the engine has computed, and every other place shows."""
    depth: int
    figures: tuple[Finding, ...] = ()
    """What the article prints for it."""


def explain(
    timeline: Timeline,
    asked: Sequence[Asked],
    depth: int,
    most: int,
    printed: Callable[[Quantity, Moment], tuple[Finding, ...]],
    tell: Callable[[int], None],
) -> Iterator[Explained]:
    """Return what is asked for and its parts down to a depth, each part once.

    A part follows the first of those that are made of it and are least deep. `printed` finds the
    figures of a quantity; `tell` is called with how many cards there are so far.

    Raises:
        TooManyCardsError: there would be more than `most`.
    """
    cards: dict[Asked, Explained] = {}
    below: dict[Asked, list[Asked]] = {}
    seen, level = set(asked), list(dict.fromkeys(asked))
    for deep in range(depth + 1):
        for key in level:
            derivation, value = derive(timeline, *key), values_at(timeline, key[1]).get(key[0])
            assert value is not None  # what is derived is known
            cards[key] = Explained(derivation, key[1], value, deep, printed(*key))
            tell(len(cards))
            if deep < depth:
                parts = ((part.quantity, part.moment) for part in derivation.parts)
                below[key] = [part for part in parts if part not in seen]
                seen.update(below[key])
                if len(seen) > most:
                    raise TooManyCardsError
        level = [part for key in level for part in below.get(key, ())]
        if not level:
            break
    return _in_order(asked, cards, below)


def _in_order(
    asked: Sequence[Asked], cards: dict[Asked, Explained], below: dict[Asked, list[Asked]]
) -> Iterator[Explained]:
    rest = [*reversed(asked)]
    while rest:
        key = rest.pop()
        yield cards[key]
        rest += reversed(below.pop(key, []))


def as_json(timeline: Timeline, explained: Explained) -> dict[str, object]:
    derivation, names = explained.derivation, naming(timeline.setup)
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
        "value": explained.value,
        "parts": [
            {"quantity": str(r.quantity), "at": str(r.moment), "value": r.value}
            for r in derivation.parts
        ],
        "figures": [
            {
                "printed": found.printed.text,
                "verdict": found.verdict.value,
                "cause": found.cause,
                "because": reason(found),
            }
            for found in explained.figures
        ],
    }


def equalities(explained: Explained, names: Naming, *, brief: bool = False) -> list[list[str]]:
    """Return the chains of equal things: the formula, then the sum over paths, each path.

    In brief, no number stands twice in a row, and there is only the formula, of a long sum the
    beginning and the end.
    """
    derivation = explained.derivation
    begin = head(derivation, names)
    if derivation.formula is None:
        given = f"{show(explained.value, DIGITS)}, {derivation.given}"
        return [[begin, plain(given)]]
    value = show(explained.value, DIGITS)
    chains = []
    for formula in (derivation.formula, None if brief else derivation.paths):
        if formula is not None:
            whole = not brief
            written = symbols(formula, names, whole=whole), numbers(formula, DIGITS, whole=whole)
            last = [] if brief and written[1] == value else [value]
            chains.append([begin, *written, *last])
    return chains


def said(timeline: Timeline, explained: Explained) -> list[tuple[str, str]]:
    """Return what is to be said of a card, each with its sign.

    That is how printed figures stand, what trips people up (`!`), and the author's notes (`»`).
    """
    derivation = explained.derivation
    printed, noted = remarks(timeline, explained)
    if derivation.formula is not None and derivation.given:
        printed.append(("", plain(derivation.given)))
    return printed + [("!", plain(text)) for text in insights(timeline, derivation)] + noted


Remarks = list[tuple[str, str]]


def remarks(timeline: Timeline, explained: Explained) -> tuple[Remarks, Remarks]:
    """Return how the printed figures of a card stand, and the author's notes on it."""
    derivation, setup = explained.derivation, timeline.setup
    printed = [(MARKS[standing(found)], figure_told(found, setup)) for found in explained.figures]
    told = notes(setup, derivation.quantity, derivation.moment, explained.at)
    return printed, [("»", plain(text)) for text in told]


def as_text(timeline: Timeline, explained: Explained) -> str:
    lines = [f"{explained.derivation.quantity} at {explained.at}"]
    for begin, *equals in equalities(explained, naming(timeline.setup)):
        lines += [f"  {begin} = {equals[0]}", *(f"    = {text}" for text in equals[1:])]
    lines += [f"  {f'{mark} {text}'.lstrip()}" for mark, text in said(timeline, explained)]
    return "\n".join("  " * explained.depth + line for line in lines) + "\n"


def as_formula(timeline: Timeline, explained: Explained) -> str:
    """Return a card's formula, with its numbers and its value, on one line."""
    return " = ".join(equalities(explained, naming(timeline.setup))[0])


def as_markdown(timeline: Timeline, explained: Explained) -> str:
    """Return a card in Markdown, its formulas as LaTeX mathematics."""
    title = f"{'#' * min(6, 2 + explained.depth)} {escaped(str(explained.derivation.quantity))}"
    body = "\n\n".join(f"$$\n{chain}\n$$" for chain in aligned(timeline, explained))
    told = "".join(f"\n> {escaped(text)}\n" for _, text in said(timeline, explained))
    return f"{title}\n\nat {explained.at}\n\n{body}\n{told}"


def escaped(text: str) -> str:
    """Return a paragraph of Markdown that is a text as it stands."""
    # what begins a list or underlines
    return re.sub(r"^(\d*)([-+=.)])", r"\1\\\2", escaped_within(text))


def escaped_within(text: str) -> str:
    """Return Markdown for a text that does not begin a line."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|$&~" else c for c in plain(text).strip())


LATEX_BEGIN = r"""\documentclass{article}
\usepackage{amsmath}
\usepackage[margin=25mm]{geometry}
\allowdisplaybreaks
\sloppy
\begin{document}
"""
LATEX_END = "\\end{document}\n"


def as_equations(timeline: Timeline, explained: Explained) -> str:
    """Return a card's formulas in LaTeX."""
    return "\n".join(f"\\[\n{chain}\n\\]" for chain in aligned(timeline, explained))


def as_latex(timeline: Timeline, explained: Explained) -> str:
    chains = as_equations(timeline, explained)
    told = "".join(f"\\par {latex_prose(text)}\n" for _, text in said(timeline, explained))
    title = latex_prose(f"{explained.derivation.quantity} at {explained.at}")
    return f"\\subsection*{{{title}}}\n{chains}\n{told}"


def aligned(timeline: Timeline, explained: Explained, *, brief: bool = False) -> list[str]:
    """Return the chains of equal things as LaTeX, in what can be set in lines."""
    return [
        f"\\begin{{aligned}}\n{lines}\n\\end{{aligned}}"
        for lines in chains(timeline, explained, brief=brief)
    ]


def chains(timeline: Timeline, explained: Explained, *, brief: bool = False) -> list[str]:
    derivation, names = explained.derivation, naming(timeline.setup)
    begin = latex_sign(derivation.quantity, names, age_of(derivation, names))
    if derivation.formula is None:
        given = rf"\quad\text{{({latex_prose(derivation.given)})}}"
        return [f"{begin} = {latex_number(explained.value)} {given}"]
    found = []
    for formula in (derivation.formula, None if brief else derivation.paths):
        if formula is not None:
            number = [latex_number(explained.value)]
            written = latex(formula, names, whole=not brief)
            equal = [written, latex_numbers(formula, DIGITS, whole=not brief), number]
            if brief and equal[1] == number:
                equal.pop()
            if brief and isinstance(formula, Ref):
                found.append(f"{begin} &= {written[0]} = {number[0]}")
                continue
            lines = [
                rf"&\qquad {line}" if place else f"&= {line}"
                for part in equal
                for place, line in enumerate(part)
            ]
            inner = " \\\\\n".join(lines)
            found.append(f"{begin} {inner}")
    return found
