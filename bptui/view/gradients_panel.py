"""The gradient table: every parameter with its value, gradient, step and new value."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from bptui.engine.network import Network, Parameter
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.moment import Moment, Phase
from bptui.view.adding_up import differ, enough
from bptui.view.finding import MARKS, ROLES, cell_of, standing
from bptui.view.formula import loss_sign
from bptui.view.numbers import around_points, marked, number_width, pointed, room_for_more, show
from bptui.view.rows import Row, Span, around, cells, fit_rows, pad, plain, widest
from bptui.view.saying import of_the_batch

FROZEN = "frozen"
ARTICLE = "article"
"""The column of what the article prints for the gradient, or for the new value."""
_LONGEST = 17
"""So much of an article's figure is shown."""
_COMPARED = 200
"""The old and new values of more parameters than this are not compared, digit by digit."""
DIFFERENCE = "difference"
"""The column of the difference to the branch before."""


SLOPE = "slope of E"
"""The heading of the bars."""
_HALF = 6
"""The longest bar, in cells."""
_BARS = 2 * _HALF + 2
"""Bars to the left and right of a line, and a blank."""

WORDS = {"value": "value", "gradient": "grad", "step": "step", "new value": "new"}
"""The columns of numbers, and what they are called where there is little room."""


class _Columns(Struct, frozen=True):
    name: int
    path: int
    """0 where there is no room for it."""
    digits: int
    shown: tuple[str, ...]
    """Which columns of numbers; all of them, unless very many digits are asked for."""
    article: tuple[int, int] = (0, 0)
    """What the article's figures have before and from their points."""
    has_bars: bool = False
    """Whether there is room for bars of the gradients."""

    @property
    def more(self) -> int:
        return room_for_more(self.digits)

    @property
    def number(self) -> int:
        """A number with a mark before it and a blank after."""
        return number_width(self.digits) + self.more + 2

    @property
    def width(self) -> int:
        path = self.path + 1 if self.path else 0
        numbers = len(self.shown) - (ARTICLE in self.shown)
        bars = _BARS if self.has_bars else 0
        return 1 + self.name + path + numbers * self.number + bars + self.article_width

    @property
    def article_width(self) -> int:
        """A mark and a figure, whose sign may stand right beside it; at least the heading."""
        return max(len(ARTICLE), 1 + sum(self.article)) if ARTICLE in self.shown else 0


def table(session: Session, width: int, height: int) -> tuple[list[Row], str]:
    parameters = session.setup.network.parameters
    columns = _with_bars(session, _columns(session, width), width)
    chosen = session.setup.network.slots.get(session.selected, 0)
    room = max(1, height - 1)
    first = around(chosen, len(parameters), room)
    shown = parameters[first : first + room]
    steepest = _steepest(session) if columns.has_bars else 0.0
    rows = [_header(columns, session.other)]
    rows += [_row(session, parameter, columns, steepest) for parameter in shown]
    count = len(parameters)
    said = f"{first + 1}-{first + len(shown)} of {count}" if len(shown) < count else ""
    told = [_compared(session, columns), of_the_batch(session), said]
    return fit_rows(rows, width, height), "  ".join(filter(None, told))


def _compared(session: Session, columns: _Columns) -> str:
    """Say how the loss differs from that of the other branch, before what else a title says."""
    if DIFFERENCE not in columns.shown:
        return ""
    more, name = session.difference(Quantity(Kind.LOSS)), loss_sign(session.setup)
    if not session.other_is_here:
        return f"branch {session.other} was not run this far"
    return f"{name} minus that of branch {session.other}: {show(more, columns.digits)}"


def table_height(session: Session) -> int:
    return 1 + len(session.setup.network.parameters)


def _columns(session: Session, width: int) -> _Columns:
    """Choose as many decimals as fit; then leave out where edges lead, then whole columns."""
    name, path = _word_widths(session.setup.network)
    every = tuple(WORDS)
    kept = session.setup.rule.optimizer.entry.kept
    full = (*every[:2], *kept, *every[2:])
    asked = (_telling_apart(session),) if session.digits else (9, 6, 4)
    if session.compared and session.other is not None:
        choices = [
            _Columns(name, wide, digits, (*shown, DIFFERENCE))
            for shown in (every, _two(session))
            for wide in (path, 0)
            for digits in asked
        ]
        return next((columns for columns in choices if columns.width <= width), choices[-1])
    figures = _figures_of(session)
    choices = []
    if figures:
        most = (full, every, ("value", "gradient", "new value"), _two(session))
        points = _around_points(figures)
        choices = [_Columns(name, path, asked[0], (*shown, ARTICLE), points) for shown in most]
    choices += [_Columns(name, path, digits, full) for digits in asked if kept]
    choices += [_Columns(name, path, digits, every) for digits in asked]
    fewer = (every, ("value", "gradient", "new value"), _two(session), _two(session)[1:])
    choices += [_Columns(name, 0, asked[-1], shown) for shown in fewer]
    return next((columns for columns in choices if columns.width <= width), choices[-1])


def _telling_apart(session: Session) -> int:
    """Return the decimals asked for, or more if it takes these to tell new values from old ones."""
    state = session.state
    if state.after is None or len(state.after) > _COMPARED:
        return session.digits
    pairs = zip(state.before.tolist(), state.after.tolist(), strict=True)
    return enough(session.digits, [differ(before, after) for before, after in pairs])


@lru_cache(maxsize=8)
def _word_widths(network: Network) -> tuple[int, int]:
    paths = [4, *(cells(_path(p)) for p in network.biases)]
    for before, layer in zip(network.neurons, network.layers, strict=False):
        ends = (np.array([cells(plain(n)) for n in names]) for names in (before, layer.neurons))
        paths.append(int(np.add.outer(*ends)[layer.edges].max()) + len("→"))
    return min(12, widest(network.slots)), min(16, max(paths))


def _two(session: Session) -> tuple[str, ...]:
    """Return the two columns that matter most in a phase."""
    if session.moment.phase is Phase.UPDATE:
        return ("gradient", "new value")
    return (
        ("value", "gradient") if session.moment.phase is Phase.BACKWARD else ("gradient", "value")
    )


def _path(parameter: Parameter) -> str:
    targets = ",".join(plain(name) for name in parameter.targets)
    return f"{plain(parameter.source)}→{targets}" if parameter.source else f"→{targets}"


def _header(columns: _Columns, other: int | None) -> Row:
    few = columns.digits < 6
    words = [WORDS.get(word, word) if few else word for word in columns.shown]
    words = [f"- branch {other}" if word == DIFFERENCE else word for word in words]
    text = " " + pad("name" if columns.name >= len("name") else "", columns.name)
    text += " " + pad("edge", columns.path) if columns.path else ""
    # a word begins where the numbers' first digits stand
    for word, column in zip(words, columns.shown, strict=True):
        text += pad("  " + word, columns.number) if column != ARTICLE else ""
        text += pad(SLOPE, _BARS) if columns.has_bars and column == "gradient" else ""
    if ARTICLE in words:
        text += ("  " if columns.article_width >= len(ARTICLE) + 2 else "") + ARTICLE
    return (Span(text, "label"),)


_KINDS = (Kind.PARAMETER, Kind.DE_DPARAMETER, Kind.STEP)


def _row(session: Session, parameter: Parameter, columns: _Columns, steepest: float) -> Row:
    name, state = parameter.name, session.state
    slot = session.setup.network.slots[name]
    chosen = name == session.selected
    value, gradient, step = (Quantity(kind, parameter=name) for kind in _KINDS)
    head = [
        Span("▸" if chosen else " ", "pointer", name),
        Span(pad(plain(name), columns.name), "weight selected" if chosen else "weight", name),
    ]
    if columns.path:
        head.append(Span(" " + pad(_path(parameter), columns.path), "path", name))
    begun = Moment.of(session.moment.iteration, Phase.FORWARD)
    numbers = {
        "value": _number(session, float(state.before[slot]), value, columns, moment=begun),
        "gradient": _number(
            session, session.value(gradient), gradient, columns, new=session.new(gradient)
        ),
        "step": _number(session, session.value(step), step, columns, new=session.new(step)),
        "new value": _number(
            session, session.new_value(name), value, columns, new=session.new(value)
        ),
    }
    for kept in session.setup.rule.optimizer.entry.kept:
        about = Quantity(Kind.KEPT, parameter=name, name=kept)
        new = session.new(about)
        numbers[kept] = _number(session, session.value(about), about, columns, new=new)
    if not parameter.trainable:
        held = "step" if "step" in columns.shown else "new value"
        numbers[held] = (Span(pad(f"  {FROZEN}", columns.number), "frozen", str(step)),)
    if columns.has_bars:
        numbers["gradient"] += _bar(session.value(gradient), steepest, str(gradient))
    if DIFFERENCE in columns.shown:
        about = _checked(session, name)
        text, role = marked(session.difference(about), columns.digits, new="", more=columns.more)
        numbers[DIFFERENCE] = (Span(f"{text} ", role, str(about)),)
    if ARTICLE in columns.shown:
        numbers[ARTICLE] = _article(session, _checked(session, name), columns)
    return (*head, *(span for column in columns.shown for span in numbers[column]))


def _with_bars(session: Session, columns: _Columns, width: int) -> _Columns:
    """Add bars where there is room for them in every phase: columns keep their places."""
    with_bars = replace(columns, has_bars="gradient" in columns.shown)
    article = 1 + _LONGEST if session.setup.preset.expected else 0
    fits = with_bars.width + max(0, article - columns.article_width) <= width
    return with_bars if fits else columns


def _steepest(session: Session) -> float:
    """Return the largest size of a gradient, of all parameters."""
    back = session.state.backward
    if back is None:
        return 0.0
    sizes = np.abs(back.gradient)
    return float(sizes[np.isfinite(sizes)].max(initial=0.0))


def _bar(gradient: float | None, steepest: float, address: str) -> Row:
    """Return a gradient as a bar: to the right of the line where E rises with the parameter."""
    size = 0.0
    if gradient is not None and math.isfinite(gradient) and steepest:
        size = abs(gradient) / steepest
    halves = max(round(2 * _HALF * size), 1) if size else 0
    full, rest = "━" * (halves // 2), halves % 2
    left, right = "", ""
    if gradient is not None and gradient < 0:
        left = "╺" * rest + full
    else:
        right = full + "╸" * rest
    return (
        Span(left.rjust(_HALF), "falling", address),
        Span("│", "rule", address),
        Span(right.ljust(_HALF + 1), "rising", address),
    )


def _checked(session: Session, name: str) -> Quantity:
    """Return the quantity whose figure stands in the row: what the phase is about."""
    if session.moment.phase is Phase.BACKWARD:
        return Quantity(Kind.DE_DPARAMETER, parameter=name)
    return Quantity(Kind.PARAMETER, parameter=name)


def _figures_of(session: Session) -> list[str]:
    checked = session.moment.phase in (Phase.BACKWARD, Phase.UPDATE)
    if not checked or not session.setup.preset.expected:
        return []
    slots = session.setup.network.slots
    printed = dict.fromkeys(figure.quantity.parameter for figure in session.auditor.figures)
    names = [name for name in printed if name in slots]
    found = (session.printed(_checked(session, name), session.moment) for name in names)
    return [findings[0].printed.text for findings in found if findings]


def _around_points(figures: list[str]) -> tuple[int, int]:
    """Return the most that figures have before and from their points, a sign included."""
    before, after = around_points(f"-{text.lstrip('-')}" for text in figures)
    return before, min(_LONGEST, after)


def _article(session: Session, quantity: Quantity, columns: _Columns) -> tuple[Span, ...]:
    found = session.printed(quantity, session.moment)
    if not found:
        return (Span(" " * columns.article_width, "text"),)
    stands, address = standing(found[0]), str(quantity)
    text = pointed(found[0].printed.text, columns.article)
    return (
        Span(MARKS[stands], ROLES[stands], address),
        Span(pad(text, columns.article_width - 1), ROLES[stands], address),
    )


def _number(
    session: Session,
    value: float | None,
    quantity: Quantity,
    columns: _Columns,
    *,
    new: str = "",
    moment: Moment | None = None,
) -> Row:
    if (
        ARTICLE in columns.shown
        and quantity == _checked(session, quantity.parameter)
        and not moment
    ):
        text, role = marked(
            value, columns.digits, new=new, more=columns.more
        )  # its mark is beside the figure
        return (Span(f"{text} ", role, str(quantity)),)
    cell = cell_of(
        session, quantity, value, columns.digits, new=new, moment=moment, more=columns.more
    )
    return (*cell, Span(" "))
