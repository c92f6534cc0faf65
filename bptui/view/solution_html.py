"""Cards and solutions as one HTML file that prints well: formulas in MathML, nothing from afar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from bptui.story.formula import Formula, Ref
from bptui.story.notation import Naming, naming
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline
from bptui.view.explain_report import DIGITS, Explained, Remarks
from bptui.view.formula import age_of
from bptui.view.mathml import CONTINUED, MATHML, equations, inline
from bptui.view.numbers import show
from bptui.view.rows import plain
from bptui.view.solution import Rest, numbers_of
from bptui.view.tables import html_table, narrow
from bptui.view.typeset import in_numbers, in_symbols, signed

_PAGE = 100
"""The characters of a row of a table that fit a printed page."""
_STYLE = """\
@page { margin: 18mm; }
body { font-family: serif; max-width: 45em; margin: 2em auto; padding: 0 1em; line-height: 1.4; }
h1, h2, h3 { line-height: 1.2; break-after: avoid; }
h2 { border-bottom: 1px solid; margin-top: 1.5em; }
section { break-inside: avoid; margin: 0 0 1em; overflow-x: auto; }
math { font-size: 1.05em; }
math[display=block] { text-align: left; margin: 0; }
mtd { text-align: left; padding: .25em .15em; }
math[display=block] > mtable > mtr > mtd:first-child { text-align: right; }
p.said { margin: .2em 0 .2em 2em; font-size: .92em; }
p.listed span { white-space: nowrap; }
table { border-collapse: collapse; margin: 0 0 1em; font-variant-numeric: tabular-nums; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
th { border-bottom: 1px solid; font-weight: normal; }
th, td { padding: .1em .6em; text-align: right; }
@media print {
  body { max-width: none; margin: 0; padding: 0; font-size: 10.5pt; }
  section { overflow: visible; }
}
"""
END = "</body>\n</html>\n"


def shown(text: str) -> str:
    return escape(plain(text))


def begin(title: str) -> str:
    text = shown(title)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f"<title>{text}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n<h1>{text}</h1>\n"
    )


def said(text: str) -> str:
    return f'<p class="said">{shown(text)}</p>\n'


def listed(told: str, cards: Sequence[Explained], setup: Setup) -> str:
    names = naming(setup)
    last = cards[-1]
    items = (f"<span>{_given(card, names)}{'.' if card is last else ','}</span>" for card in cards)
    return f'<p class="listed">{shown(told)}: {" ".join(items)}</p>\n'


def _given(explained: Explained, names: Naming) -> str:
    begun = signed(explained.derivation.quantity, names, MATHML)
    return inline(f"{begun}<mo>=</mo>{_number(explained.value)}")


def card(timeline: Timeline, explained: Explained, new: Remarks) -> str:
    """Return a card, in brief, and what is to be said of it."""
    rows = [*_rows(explained, naming(timeline.setup))]
    told = "".join(said(f"{mark} {text}".strip()) for mark, text in new)
    return f"<section>\n{equations(rows)}\n{told}</section>\n"


def _rows(explained: Explained, names: Naming) -> Iterator[tuple[str, str]]:
    """Yield what is left and right of each equals sign, and lines that go on."""
    derivation, formula = explained.derivation, explained.derivation.formula
    begun = signed(derivation.quantity, names, MATHML, age_of(derivation, names))
    if formula is None:
        given = shown(f" ({derivation.given})")
        yield begun, f"{_number(explained.value)}<mtext>{given}</mtext>"
        return
    lines = [*_equal(formula, explained, names)]
    if isinstance(formula, Ref):
        lines = [("=", " <mo>=</mo> ".join(text for _, text in lines))]
    for place, (equals, line) in enumerate(lines):
        yield begun if place == 0 else "", line if equals else f"{CONTINUED}{line}"


def _equal(formula: Formula, explained: Explained, names: Naming) -> Iterator[tuple[str, str]]:
    value = [_number(explained.value)]
    numbers = in_numbers(formula, DIGITS, MATHML, whole=False)
    for part in (
        in_symbols(formula, names, MATHML, whole=False),
        numbers,
        *([] if numbers == value else [value]),
    ):
        yield from (("" if place else "=", line) for place, line in enumerate(part))


def _number(value: float) -> str:
    return MATHML.number(show(value, DIGITS).removesuffix(".0"))


def table(rest: Rest, setup: Setup) -> str:
    names = naming(setup)
    whole = numbers_of(rest, setup)
    signs = [inline(signed(quantity, names, MATHML)) for quantity in rest.quantities]
    math = dict(zip(whole.head[1:], signs, strict=True))
    return "".join(
        html_table(some, ["sample", *(math[text] for text in some.head[1:])])
        for some in narrow(whole, _PAGE)
    )
