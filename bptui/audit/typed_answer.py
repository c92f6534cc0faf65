"""An answer that is typed: read, judged by its own digits, and what went wrong if it is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct

from bptui.audit.expressions import ExpressionError, parse_expression
from bptui.audit.figures import Printed
from bptui.audit.graph import Graph, Key
from bptui.audit.judging import FINEST, Stands, as_figure, follow_through, read_number, stands
from bptui.audit.search import in_words
from bptui.audit.trials import finished, is_twin, outcomes, trials
from bptui.audit.verdicts import COARSE, decimals, digits_of
from bptui.preset.model import Marking
from bptui.story.address import Quantity
from bptui.story.formula import Const, Formula, Ref, evaluate, parts, with_parts
from bptui.story.moment import Moment, Phase
from bptui.story.setup import Setup, rate_now
from bptui.story.timeline import Timeline

MOST_SLIPS = 3
"""So many slips that give an answer are told."""
_FARTHER = 2
"""By so much dearer is a slip in a number before the one that is asked for."""
_ETA = re.compile(r"\b(?:eta|learning_rate|learning rate)\b(?!\s+[A-Za-z])|η")

Look = Callable[[Quantity, Moment], float | None]
"""A number that can be seen, None if it is hidden."""


class AnswerError(ValueError):
    """An answer that makes no sense; the message says what would."""


class Given(Struct, frozen=True):
    """An answer as a number."""

    text: str
    """In decimals, as fine as it is meant."""
    low: float
    """What it is at least, if the numbers that it was computed from were rounded."""
    high: float
    typed: bool = True
    """Whether it was typed as a number, not worked out from an expression."""


class Named(Struct, frozen=True):
    """A slip that gives an answer."""

    label: str
    """Its kind."""
    words: str
    """Addresses between backticks."""


class Judged(Struct, frozen=True):
    """How an answer stands, and the slips that give it if it is wrong."""

    stands: Stands
    slips: tuple[Named, ...] = ()


def read_answer(
    text: str, setup: Setup, iteration: int, sample: int, look: Look, exact: Callable[[float], bool]
) -> Given:
    """The number that an answer means: typed, or worked out from numbers that can be seen.

    Args:
        text: what is typed.
        setup: the setup of the iteration.
        iteration: the one that names are of; a parameter is that of before its update.
        sample: the one that names are of, where they name none.
        look: gives what can be seen.
        exact: whether a number that is typed is so exactly, and not rounded.

    Raises:
        AnswerError, ExpressionError: it means none.
    """
    text = re.split("[=≈~]", text.strip("=≈~ "))[-1].strip().replace("−", "-")
    if "/" not in text and (read := read_number(text)) is not None:
        return Given(read, float(read), float(read))
    rate = rate_now(setup, iteration)
    if isinstance(rate, float):
        text = _ETA.sub(f"({rate!r})", text)
    here = Moment.of(iteration, Phase.BACKWARD)
    formula = _each(_parsed(text, setup, here, sample), lambda leaf: _seen(leaf, look))
    value = evaluate(formula)
    if not math.isfinite(value):
        raise AnswerError(f"that is {value:g}; the answer is a finite number")
    spread = _spread(formula, value, exact)
    return Given(_as_fine(value, spread), value - spread, value + spread, typed=False)


def _parsed(text: str, setup: Setup, here: Moment, sample: int) -> Formula:
    """The formula that an answer means, with decimal points or commas."""
    try:
        return parse_expression(text, setup, here, sample)
    except ExpressionError:
        pointed = re.sub(r"(?<=\d),(?=\d)", ".", text)
        if pointed == text:
            raise
    return parse_expression(pointed, setup, here, sample)


def _each(formula: Formula, change: Callable[[Formula], Formula]) -> Formula:
    """A formula with its numbers changed."""
    if isinstance(formula, (Ref, Const)):
        return change(formula)
    return with_parts(formula, tuple(_each(part, change) for part in parts(formula)))


def _seen(leaf: Formula, look: Look) -> Formula:
    if not isinstance(leaf, Ref):
        return leaf
    value = look(leaf.quantity, leaf.moment)
    if value is None:
        raise AnswerError(f"{leaf.quantity} is not known yet")
    return Const(value, "seen")


def _spread(formula: Formula, value: float, exact: Callable[[float], bool]) -> float:
    """How far a value may be off, as numbers typed in it were rounded to their last digits."""
    spread = 0.0
    for leaf in _numbers(formula):
        if leaf.symbol or len(f"{abs(leaf.value):.15g}".replace(".", "").lstrip("0")) <= COARSE:
            continue
        if exact(leaf.value):
            continue
        other = evaluate(_each(formula, _moved(leaf)))
        spread += abs(other - value)
    return spread


def _moved(number: Const) -> Callable[[Formula], Formula]:
    """Change one number by half a unit of its last digit, and no other."""
    moved = Const(number.value + 10.0 ** decimals(repr(number.value)) / 2)
    return lambda leaf: moved if leaf is number else leaf


def _numbers(formula: Formula) -> Iterator[Const]:
    if isinstance(formula, Const):
        yield formula
    for part in () if isinstance(formula, (Ref, Const)) else parts(formula):
        yield from _numbers(part)


def _as_fine(value: float, spread: float) -> str:
    """A number with as many digits as it has for certain."""
    if not spread or not value:
        return f"{value:.{FINEST}g}"
    digits = math.floor(math.log10(abs(value))) - math.floor(math.log10(2 * spread)) + 1
    return f"{value:#.{min(max(digits, 1), FINEST)}g}".rstrip(".").replace(".e", "e")


def judged(
    timeline: Timeline,
    setup: Setup,
    earlier: Sequence[Printed],
    asked: tuple[Quantity, Moment],
    given: Given,
    is_hidden: Callable[[Key], bool],
) -> Judged:
    """How an answer stands.

    Args:
        timeline: where the exact numbers are from.
        setup: the setup of the moment.
        earlier: the answers before it, right ones and those that were kept.
        asked: what is asked for, and its moment.
        given: the answer.
        is_hidden: whether a number before it could not be seen, so that a slip may be in that.
    """
    before = Graph(timeline, earlier, setup)
    key = before.key(*asked)
    exact, marking = before.exact(key), Marking()
    figure = as_figure(*asked, given.text, exact, marking)
    graph = Graph(timeline, (*earlier, figure), setup)
    follow = follow_through(graph, marking)
    how = stands(figure, follow.standing(figure))
    if given.low <= exact <= given.high:
        how = Stands.RIGHT
    if how is not Stands.WRONG:
        return Judged(how)
    kept = {graph.key(f.quantity, f.moment): f.value for f in earlier if follow.is_wrong(f)}
    return Judged(how, _slips(graph, key, given.text, kept, is_hidden))


def _slips(
    graph: Graph,
    key: Key,
    text: str,
    kept: Mapping[Key, float],
    is_hidden: Callable[[Key], bool],
) -> tuple[Named, ...]:
    """The slips that give an answer within its rounding, the plainest first."""
    digits = digits_of(text)
    before = [k for k in graph.order([key]) if k != key and k not in kept and is_hidden(k)]
    tried = trials(graph, [key, *before])
    used = [part for trial in tried for f in trial.changes.values() for part in graph.keys_in(f)]
    order = graph.order([key, *used], over_deltas=True)
    values = finished(outcomes(graph, tried, [key], kept, order))[0] if tried else ()

    def cost(place: int) -> int:
        return tried[place].cost + _FARTHER * (key not in tried[place].changes)

    fitting = [place for place, value in enumerate(values) if digits.rounds(value)]
    apart: list[int] = []
    for place in sorted(fitting, key=cost):
        alike = (k for k in apart if math.isclose(values[k], values[place], rel_tol=1e-12))
        if not any(is_twin(graph, tried[k], tried[place], key, order) for k in alike):
            apart.append(place)
    found = dict.fromkeys(Named(tried[k].label, in_words(tried[k], key)) for k in apart)
    return tuple(found)[:MOST_SLIPS]
