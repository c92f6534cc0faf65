"""A whole iteration as one would write it at the board, as text, Markdown, LaTeX or HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from bptui.story.address import Kind
from bptui.story.formula import Ref
from bptui.story.moment import Phase
from bptui.story.notation import naming
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline
from bptui.view import solution_html as html
from bptui.view.explain_report import (
    DIGITS,
    LATEX_BEGIN,
    LATEX_END,
    Explained,
    Remarks,
    aligned,
    chains,
    equalities,
    escaped,
    remarks,
    said,
)
from bptui.view.formula import sign
from bptui.view.latex import latex_constant, latex_number, latex_prose, latex_sign
from bptui.view.numbers import show
from bptui.view.rows import cells, plain, wrap
from bptui.view.solution import GIVEN, Rest, Solution, numbers_of
from bptui.view.tables import (
    Table,
    html_table,
    latex_table,
    markdown_table,
    narrow,
    text_table,
)

WIDTH = 79
PAGE = 78
"""The characters of a row of a table in LaTeX that fit a page."""


class Form(NamedTuple):
    """A format: how its parts are written."""

    begin: Callable[[str], str]
    heading: Callable[[str, int], str]
    """Of a title and its level."""
    listed: Callable[[str, Sequence[Explained], Setup], str]
    """What is given: what it is, and each number with its sign."""
    rate: Callable[[Setup], str]
    card: Callable[[Timeline, Explained, Remarks], str]
    """A card, and what is to be said of it that was not said before."""
    table: Callable[[Rest, Setup], str]
    said: Callable[[str], str]
    """A sentence."""
    answers: Callable[[Table], str]
    """What was asked for, as a table: its address and its number."""
    end: str = ""


def written(found: Solution, form: str) -> Iterator[str]:
    """Yield the solution of an iteration piece by piece."""
    how = FORMS[form]
    yield how.begin(f"{found.title}, iteration {found.iteration}")
    yield from _one(found, how, set(), 2)
    yield how.end


def all_written(
    title: str, solutions: Iterable[Solution], form: str, answers: Table
) -> Iterator[str]:
    """Yield the solutions of several iterations, and at the end what was asked for."""
    how, told = FORMS[form], set[str]()
    yield how.begin(title)
    for found in solutions:
        yield how.heading(f"Iteration {found.iteration}", 2)
        yield from _one(found, how, told, 3)
    yield how.heading("Answers", 2)
    yield how.answers(answers)
    yield how.end


def _one(found: Solution, how: Form, told: set[str], level: int) -> Iterator[str]:
    timeline = found.timeline
    yield how.heading("Given", level)
    yield from _given(found, how)
    for phase, blocks in found.phases.items():
        if blocks:
            yield how.heading(_heading(phase, timeline.setup), level)
        for place, block in enumerate(blocks):
            if isinstance(block, Explained):
                new = [(mark, text) for mark, text in said(timeline, block) if text not in told]
                told |= {text for _, text in new}
                yield how.card(timeline, block, new)
                continue
            if not isinstance(blocks[place - 1], Rest):
                yield how.said(_others(block))
            yield how.table(block, timeline.setup)
            yield from map(how.said, _remarkable(block, timeline))


def _heading(phase: Phase, setup: Setup) -> str:
    if phase is Phase.BACKWARD and setup.preset.training.update == "sequential":
        return "Backward phase, layer by layer with its update"
    return f"{phase.label.capitalize()} phase"


def _others(rest: Rest) -> str:
    first, last = min(rest.rows), max(rest.rows)
    return f"Samples {first} to {last} are worked out in the same way; this is what they give."


def _remarkable(rest: Rest, timeline: Timeline) -> Iterator[str]:
    names = naming(timeline.setup)
    for card in rest.cards:
        printed, noted = remarks(timeline, card)
        for mark, text in printed + noted:
            yield f"{mark} {sign(card.derivation.quantity, names)}: {text}"


_GIVEN: dict[str, Callable[[Kind], bool]] = {
    "Inputs and targets": lambda kind: kind in GIVEN,
    "Weights and biases": lambda kind: kind is Kind.PARAMETER,
    "Kept by the optimizer": lambda kind: kind is Kind.KEPT,
}


def _given(found: Solution, how: Form) -> Iterator[str]:
    setup = found.timeline.setup
    if found.samples is not None:
        yield how.table(found.samples, setup)
    for told, is_one in _GIVEN.items():
        cards = [card for card in found.given if is_one(card.derivation.quantity.kind)]
        if cards:
            yield how.listed(told, cards, setup)
    yield how.rate(setup)


# text


def _text_listed(told: str, cards: Sequence[Explained], setup: Setup) -> str:
    names = naming(setup)
    items = (f"{equalities(card, names)[0][0]} = {show(card.value, DIGITS)}" for card in cards)
    # an equation is not broken: its blanks are no blanks while lines are filled
    text = ", ".join(item.replace(" ", "\xa0") for item in items)
    return _text_said(f"{told}: {text}").replace("\xa0", " ")


def _rate(setup: Setup) -> str:
    name = plain(setup.preset.notation.learning_rate)
    return f"Learning rate: {name} = {show(setup.rule.learning_rate, DIGITS)}"


def _text_said(text: str) -> str:
    return "".join(f"  {line}\n" for line in _filled(text, WIDTH - 2, 2)) + "\n"


def _filled(text: str, width: int, hang: int) -> Iterator[str]:
    """Fill lines with words; what is wrapped may have blanks that do not break."""
    line = ""
    for word in text.split(" "):
        if line and cells(line) + 1 + cells(word) > width:
            yield line
            line = " " * hang
        line += f" {word}" if line.strip() else word
    yield line


def _text(timeline: Timeline, card: Explained, new: Remarks) -> str:
    lines: list[str] = []
    for begin, *equals in equalities(card, naming(timeline.setup), brief=True):
        if isinstance(card.derivation.formula, Ref):
            equals = [" = ".join(equals)]
        lines += wrap(f"  {begin} = {equals[0]}", WIDTH, hang=8)
        for text in equals[1:]:
            lines += wrap(f"    = {text}", WIDTH, hang=8)
    for mark, text in new:
        lines += [f"    {line}" for line in wrap(f"{mark} {text}".strip(), WIDTH - 4, hang=2)]
    return "\n".join(lines) + "\n\n"


def _text_tables(table: Table) -> str:
    return "\n".join(map(text_table, narrow(table, WIDTH - 2))) + "\n"


_TEXT = Form(
    lambda title: "".join(f"{line}\n" for line in wrap(title, WIDTH)) + "\n",
    lambda title, level: f"{title}\n\n",
    _text_listed,
    lambda setup: _text_said(_rate(setup)),
    _text,
    lambda rest, setup: _text_tables(numbers_of(rest, setup)),
    _text_said,
    _text_tables,
)


# Markdown and LaTeX


def _tex_listed(cards: Sequence[Explained], setup: Setup) -> str:
    names = naming(setup)
    return ",\n".join(
        f"${latex_sign(card.derivation.quantity, names)} = {latex_number(card.value)}$"
        for card in cards
    )


def _tex_rate(setup: Setup) -> str:
    sign = latex_constant(setup.preset.notation.learning_rate)
    return f"Learning rate: ${sign} = {latex_number(setup.rule.learning_rate)}$.\n\n"


def _markdown(timeline: Timeline, card: Explained, new: Remarks) -> str:
    equations = "\n\n".join(f"$$\n{chain}\n$$" for chain in aligned(timeline, card, brief=True))
    return f"{equations}\n\n" + "".join(_markdown_said(text) for _, text in new)


def _markdown_said(text: str) -> str:
    return f"> {escaped(text)}\n\n"


def _markdown_table(table: Table) -> str:
    return f"{markdown_table(table)}\n\n"


_MARKDOWN = Form(
    lambda title: f"# {escaped(title)}\n\n",
    lambda title, level: f"{'#' * level} {title}\n\n",
    lambda told, cards, setup: f"{told}:\n{_tex_listed(cards, setup)}.\n\n",
    _tex_rate,
    _markdown,
    lambda rest, setup: "".join(map(_markdown_table, narrow(numbers_of(rest, setup), 4 * WIDTH))),
    _markdown_said,
    _markdown_table,
)


def _latex(timeline: Timeline, card: Explained, new: Remarks) -> str:
    # in contrast to "aligned", a page can end between the lines of these
    equations = "".join(
        f"\\begin{{align*}}\n{lines}\n\\end{{align*}}\n"
        for lines in chains(timeline, card, brief=True)
    )
    return equations + "".join(_latex_said(text) for _, text in new)


def _latex_said(text: str) -> str:
    return f"\\par\\noindent\\emph{{{latex_prose(text)}}}\n"


def _latex_heading(title: str, level: int) -> str:
    return f"\\{'sub' * (level - 1)}section*{{{latex_prose(title)}}}\n"


def _latex_rest(rest: Rest, setup: Setup) -> str:
    names = naming(setup)
    signs = [latex_sign(quantity, names) for quantity in rest.quantities]
    tex = dict(zip(numbers_of(rest, setup).head[1:], signs, strict=True))
    return "".join(
        latex_table(table, ["sample", *(f"$\\textstyle {tex[text]}$" for text in table.head[1:])])
        + "\n\n"
        for table in narrow(numbers_of(rest, setup), PAGE)
    )


_LATEX = Form(
    lambda title: f"{LATEX_BEGIN}\\section*{{\\raggedright {latex_prose(title)}}}\n",
    _latex_heading,
    lambda told, cards, setup: (
        f"{{\\raggedright\\noindent {told}:\n{_tex_listed(cards, setup)}.\\par}}\n\n"
    ),
    lambda setup: f"\\par\\noindent {_tex_rate(setup)}",
    _latex,
    _latex_rest,
    _latex_said,
    lambda table: f"{latex_table(table)}\n\n",
    LATEX_END,
)

_HTML = Form(
    html.begin,
    lambda title, level: f"<h{level}>{html.shown(title)}</h{level}>\n",
    html.listed,
    lambda setup: f"<p>{html.shown(_rate(setup))}</p>\n",
    html.card,
    html.table,
    html.said,
    html_table,
    html.END,
)

FORMS = {"text": _TEXT, "markdown": _MARKDOWN, "latex": _LATEX, "html": _HTML}
"""How a solution is written; a format more is an entry, and its name in `cli/explain.py`."""
