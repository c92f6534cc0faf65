"""Formulas in two dimensions: fractions with a bar, and every number under its sign.

A formula is a row of pieces with signs between them. Pieces are blocks of rows that meet on a
base line; a line of numbers, and one of words, have theirs under the same pieces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec import Struct

from bptui.story.formula import Formula, Minus, Product, Quotient, Ref, Sum
from bptui.view.formula import ATOM, KEPT, LONG, POWER, PRODUCT, Leaf, as_number, written
from bptui.view.rows import cells, filled


class Block(NamedTuple):
    """Rows of one width."""

    rows: tuple[str, ...]
    base: int = 0
    """The row that stands on the line."""

    @property
    def width(self) -> int:
        return cells(self.rows[0])


class Piece(NamedTuple):
    """A part of a formula between two of its signs, and the sign before it."""

    sign: str
    formula: Formula | None
    """None for terms that are left out."""
    least: int = 0
    """In brackets if it binds less tightly."""


class SetOut(Struct, frozen=True):
    """A formula over the lines of a card, all of one width."""

    symbols: tuple[str, ...]
    numbers: str = ""
    """The numbers in one line; empty if they have no room."""
    words: str = ""
    """A word under each piece that has one."""
    digits: int = 0
    """The decimals of the numbers."""


def set_out(
    formula: Formula,
    left: Sequence[str],
    leaf: Leaf,
    choices: Sequence[int],
    width: int,
    words: Sequence[str] = (),
    *,
    whole: bool = False,
) -> SetOut | None:
    """Set a formula out in two dimensions; None if its signs do not fit the width.

    Args:
        formula: what stands on the right.
        left: what stands before it, each followed by an equals sign.
        leaf: how quantities are written.
        choices: how many decimals numbers may have, the best first; the first that fit are taken.
        width: in cells.
        words: one for each piece, or none at all.
        whole: whether sums are written in full.
    """
    pieces = list(_pieces(formula, whole=whole))
    begin = _joined([block for text in left for block in (leaf_block(text), Block((" = ",)))])
    shown = [_block(piece, leaf) for piece in pieces]
    gaps = [piece.sign for piece in pieces]
    room = width - begin.width - sum(map(cells, gaps))
    if room < sum(block.width for block in shown):
        return None
    least = [block.width for block in shown]
    columns, numbers, chosen = least, "", choices[0]
    for digits in choices:
        texts = [_text(piece, as_number(digits)) for piece in pieces]
        wide = [max(width, cells(text)) for width, text in zip(least, texts, strict=True)]
        if len(pieces) == 1 and cells(texts[0]) <= room:  # nothing to stand under
            columns, numbers, chosen = least, texts[0], digits
            break
        if sum(wide) <= room:
            columns, chosen = wide, digits
            numbers = "".join(
                gap + _centred((text,), column)[0]
                for gap, text, column in zip(gaps, texts, wide, strict=True)
            )
            break
    symbols = _joined([begin, *_between(shown, columns, gaps)])
    if numbers:
        numbers = " " * (begin.width - 3) + f" = {numbers}"
    below = _words(words, begin.width, columns, gaps, width)
    return SetOut(symbols.rows, numbers, below, chosen)


def leaf_block(text: str) -> Block:
    """Return a sign as a block: a derivative as a fraction, its sample or path beside the bar."""
    if not text.startswith("∂") or "/" not in text:
        return Block((text,))
    upper, lower = text.split("/", 1)
    cut = min((at for at in (lower.find("@"), lower.find(" via ")) if at > 0), default=len(lower))
    return _joined([fraction(upper, lower[:cut]), Block((lower[cut:],))])


def fraction(upper: str, lower: str) -> Block:
    width = max(cells(upper), cells(lower))
    return Block((*_centred((upper,), width), "─" * width, *_centred((lower,), width)), 1)


def _pieces(formula: Formula, sign: str = "", least: int = 0, *, whole: bool) -> Iterator[Piece]:
    match formula:
        case Sum((only,)):
            yield from _pieces(only, sign, least, whole=whole)
        case Sum(terms) if least <= 1:
            cut = not whole and len(terms) > LONG
            kept: tuple[Formula | None, ...] = terms
            if cut:
                kept = (*terms[:KEPT], None, terms[-1])
            for place, term in enumerate(kept):
                before, binds = (" + ", PRODUCT) if place else (sign, least)
                if term is None:
                    yield Piece(before, None)
                else:
                    yield from _pieces(term, before, binds, whole=whole)
        case Product((first, *others)) if least <= PRODUCT:
            yield from _pieces(first, sign, PRODUCT, whole=whole)
            for factor in others:
                yield Piece(" × ", factor, POWER)
        case Minus(left, right) if left is not None and least <= 1:
            yield from _pieces(left, sign, 1, whole=whole)
            yield from _pieces(right, " - ", PRODUCT, whole=whole)
        case _:
            yield Piece(sign, formula, least)


def _block(piece: Piece, leaf: Leaf) -> Block:
    if isinstance(piece.formula, Ref):
        return leaf_block(leaf(piece.formula))
    if isinstance(piece.formula, Quotient) and piece.least < ATOM:
        return fraction(written(piece.formula.upper, leaf), written(piece.formula.lower, leaf))
    return Block((_text(piece, leaf),))


def _text(piece: Piece, leaf: Leaf) -> str:
    if piece.formula is None:
        return "…"
    return written(piece.formula, leaf, least=piece.least)


def _between(blocks: Sequence[Block], columns: Sequence[int], gaps: Sequence[str]) -> list[Block]:
    found = []
    for block, width, gap in zip(blocks, columns, gaps, strict=True):
        found += [Block((gap,)), Block(_centred(block.rows, width), block.base)]
    return found


def _joined(blocks: Sequence[Block]) -> Block:
    """Return blocks beside one another, all on one line."""
    base = max((block.base for block in blocks), default=0)
    below = max((len(block.rows) - block.base for block in blocks), default=1)
    rows = [""] * (base + below)
    for block in blocks:
        for place in range(len(rows)):
            k = place - base + block.base
            rows[place] += block.rows[k] if 0 <= k < len(block.rows) else " " * block.width
    return Block(tuple(rows), base)


def _centred(rows: Sequence[str], width: int) -> tuple[str, ...]:
    return tuple([filled(" " * ((width - cells(row)) // 2) + row, width) for row in rows])


def _words(
    words: Sequence[str], begin: int, columns: Sequence[int], gaps: Sequence[str], width: int
) -> str:
    """Return a line with each word under its piece, moved aside if they would touch.

    It is empty if they do not fit.
    """
    if not any(words):
        return ""
    ends, at = [], begin
    for column, gap in zip(columns, gaps, strict=True):
        at += cells(gap) + column
        ends.append(at - column // 2)
    places, limit = [0] * len(words), width
    for k in reversed(range(len(words))):  # from the right, each as near to its middle as it can be
        size = cells(words[k])
        places[k] = min(ends[k] - (size + 1) // 2, limit - size)
        limit = places[k] - 2 if words[k] else limit
    line = ""
    for word, place in zip(words, places, strict=True):
        if word:
            if place < len(line) + (2 if line else 0):
                return ""
            line = filled(line, place) + word
    return line
