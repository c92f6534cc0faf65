"""A whole iteration as one would write it at the board: what is given, then phase by phase."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import NamedTuple

from msgspec import Struct

from bptui.audit.figures import origin
from bptui.audit.findings import Finding
from bptui.story.address import Kind, Quantity
from bptui.story.by_hand import by_hand
from bptui.story.derivation import derive
from bptui.story.formula import references
from bptui.story.moment import Moment, Phase
from bptui.story.notation import naming
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline
from bptui.story.values import values_at
from bptui.view.explain_report import (
    DIGITS,
    LATEX_BEGIN,
    LATEX_END,
    Asked,
    Explained,
    TooManyCardsError,
    aligned,
    equalities,
    escaped,
    said,
)
from bptui.view.latex import latex_number, latex_prose, latex_sign
from bptui.view.numbers import show
from bptui.view.rows import plain, wrap

WIDTH = 79
_PHASES = {phase: f"{phase.label.capitalize()} phase" for phase in Phase}


class Solution(Struct, frozen=True):
    """The numbers of one iteration that its loss and its new parameters are computed from."""

    timeline: Timeline
    iteration: int
    given: tuple[Explained, ...]
    """Inputs, targets, and the parameters that it begins with."""
    phases: dict[Phase, tuple[Explained, ...]]

    @property
    def cards(self) -> Iterator[Explained]:
        yield from self.given
        for cards in self.phases.values():
            yield from cards

    @property
    def title(self) -> str:
        return f"{plain(self.timeline.setup.preset.title)}, iteration {self.iteration}"


def solution(
    timeline: Timeline,
    iteration: int,
    most: int,
    printed: Callable[[Quantity, Moment], tuple[Finding, ...]],
    tell: Callable[[int], None],
) -> Solution:
    """Return the solution of an iteration.

    Raises:
        TooManyCardsError: it has more than `most` numbers.
    """
    network = timeline.setup.network
    cards: dict[Asked, Explained] = {}
    pending = [*_ends(timeline.setup, iteration)]
    while pending:
        quantity, moment = pending.pop()
        key = quantity, origin(quantity, moment, network)
        if key in cards:
            continue
        is_given = _is_given(key, iteration)
        at = Moment.of(iteration, Phase.FORWARD) if is_given else key[1]
        derivation, value = derive(timeline, quantity, at), values_at(timeline, at).get(quantity)
        if value is None:
            continue
        cards[key] = Explained(derivation, at, value, 0, printed(quantity, at))
        tell(len(cards))
        if len(cards) > most:
            raise TooManyCardsError
        if not is_given:
            parts = references(derivation.formula) if derivation.formula is not None else ()
            pending += [(part.quantity, part.moment) for part in parts]
    ordered = sorted(cards, key=lambda key: by_hand(key[0], key[1], timeline.setup))
    given = [key for key in ordered if _is_given(key, iteration)]
    phases = {
        phase: tuple(
            cards[key] for key in ordered if key[1].phase is phase and key not in set(given)
        )
        for phase in Phase
    }
    return Solution(timeline, iteration, tuple(cards[key] for key in given), phases)


def _ends(setup: Setup, iteration: int) -> Iterator[Asked]:
    """Yield what an iteration is done for."""
    yield Quantity(Kind.LOSS), Moment.of(iteration, Phase.FORWARD)
    for parameter in setup.network.parameters:
        if parameter.trainable:
            new = Quantity(Kind.PARAMETER, parameter=parameter.name)
            yield new, Moment.of(iteration, Phase.UPDATE)


def _is_given(key: Asked, iteration: int) -> bool:
    quantity, moment = key
    early = moment.phase is None or moment.iteration < iteration
    return early or quantity.kind in (Kind.INPUT, Kind.TARGET)


# writing


class _Form(NamedTuple):
    """A format: how its parts are written."""

    begin: Callable[[Solution], str]
    heading: Callable[[str], str]
    given: Callable[[Solution], str]
    card: Callable[[Timeline, Explained, Sequence[tuple[str, str]]], str]
    """A card, and what is to be said of it that was not said before."""
    end: str = ""


def written(found: Solution, form: str) -> Iterator[str]:
    """Yield a solution piece by piece."""
    how, told = FORMS[form], set[str]()
    yield how.begin(found)
    yield how.heading("Given")
    yield how.given(found)
    for phase, cards in found.phases.items():
        if cards:
            yield how.heading(_PHASES[phase])
        for card in cards:
            new = [(mark, text) for mark, text in said(found.timeline, card) if text not in told]
            told |= {text for _, text in new}
            yield how.card(found.timeline, card, new)
    yield how.end


def _signs(found: Solution) -> list[tuple[Explained, str]]:
    """What is given, as `w1 = 0.15`."""
    names = naming(found.timeline.setup)
    return [
        (card, f"{equalities(card, names)[0][0]} = {show(card.value, DIGITS)}")
        for card in found.given
    ]


def _learning_rate(found: Solution) -> str:
    setup = found.timeline.setup
    name = setup.preset.notation.learning_rate
    return f"{plain(name)} = {show(setup.rule.learning_rate, DIGITS)}"


def _given_text(found: Solution) -> str:
    told = ", ".join([*(text for _, text in _signs(found)), _learning_rate(found)])
    return "\n".join(f"  {line}" for line in wrap(told, WIDTH - 2)) + "\n\n"


def _text(timeline: Timeline, card: Explained, new: Sequence[tuple[str, str]]) -> str:
    lines: list[str] = []
    for begin, *equals in equalities(card, naming(timeline.setup), brief=True):
        lines += wrap(f"  {begin} = {equals[0]}", WIDTH, hang=8)
        for text in equals[1:]:
            lines += wrap(f"    = {text}", WIDTH, hang=8)
    for mark, text in new:
        lines += [f"    {line}" for line in wrap(f"{mark} {text}".strip(), WIDTH - 4, hang=2)]
    return "\n".join(lines) + "\n\n"


def _markdown(timeline: Timeline, card: Explained, new: Sequence[tuple[str, str]]) -> str:
    chains = "\n\n".join(f"$$\n{chain}\n$$" for chain in aligned(timeline, card, brief=True))
    return f"{chains}\n\n" + "".join(f"> {escaped(text)}\n\n" for _, text in new)


def _given_tex(found: Solution) -> str:
    names = naming(found.timeline.setup)
    parts = [
        f"${latex_sign(card.derivation.quantity, names)} = {latex_number(card.value)}$"
        for card in found.given
    ]
    rate = latex_number(found.timeline.setup.rule.learning_rate)
    parts.append(rf"$\eta = {rate}$")
    return ",\n".join(parts) + ".\n\n"


def _latex(timeline: Timeline, card: Explained, new: Sequence[tuple[str, str]]) -> str:
    chains = "\n".join(f"\\[\n{chain}\n\\]" for chain in aligned(timeline, card, brief=True))
    notes = "".join(f"\\par\\noindent\\emph{{{latex_prose(text)}}}\n" for _, text in new)
    return f"{chains}\n{notes}"


def _given_html(found: Solution) -> str:
    told = [*(text for _, text in _signs(found)), _learning_rate(found)]
    return "<p>" + ", ".join(f"<code>{escape(text)}</code>" for text in told) + "</p>\n"


def html_card(timeline: Timeline, card: Explained, new: Sequence[tuple[str, str]]) -> str:
    rows = []
    for begin, *equals in equalities(card, naming(timeline.setup), brief=True):
        for place, text in enumerate(equals):
            left = escape(begin) if place == 0 else ""
            rows.append(f"<tr><td>{left}</td><td>=</td><td>{escape(text)}</td></tr>")
    notes = "".join(f"<p>{escape(f'{mark} {text}'.strip())}</p>\n" for mark, text in new)
    return f"<section>\n<table>\n{chr(10).join(rows)}\n</table>\n{notes}</section>\n"


_STYLE = """\
body { font-family: serif; max-width: 45em; margin: 2em auto; padding: 0 1em; }
section { break-inside: avoid; margin: 0 0 1em; }
h2 { break-after: avoid; border-bottom: 1px solid; }
td { vertical-align: top; padding: 0 .3em; }
td:first-child { white-space: nowrap; }
p { margin: .3em 0 .3em 1em; font-style: italic; }
code { font-family: inherit; white-space: nowrap; }
"""


def html_begin(title: str) -> str:
    text = escape(plain(title))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{text}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n<h1>{text}</h1>\n"
    )


HTML_END = "</body>\n</html>\n"

FORMS = {
    "text": _Form(
        lambda found: f"{found.title}\n\n",
        lambda title: f"{title}\n\n",
        _given_text,
        _text,
    ),
    "markdown": _Form(
        lambda found: f"# {escaped(found.title)}\n\n",
        lambda title: f"## {title}\n\n",
        _given_tex,
        _markdown,
    ),
    "latex": _Form(
        lambda found: f"{LATEX_BEGIN}\\section*{{\\raggedright {latex_prose(found.title)}}}\n",
        lambda title: f"\\subsection*{{{title}}}\n",
        _given_tex,
        _latex,
        LATEX_END,
    ),
    "html": _Form(
        lambda found: html_begin(found.title),
        lambda title: f"<h2>{title}</h2>\n",
        _given_html,
        html_card,
        HTML_END,
    ),
}
