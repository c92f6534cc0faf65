"""Conditions on a quantity, as they are searched for and run to.

`E < 0.01`, `|dE/dw5| < 1e-4`, `w5 > 0.6`: in which iterations they hold. `dE/dw5 changes sign`,
`out o1 crosses 0.5`, `w5 changes`: in which iterations it came to be so since the one before.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from bptui.engine.metrics import METRICS, measured
from bptui.engine.trace import Array
from bptui.preset.numbers import NumberError, number
from bptui.story.address import AddressError, Kind, Quantity, parse_quantity
from bptui.story.edits import place_of
from bptui.story.moment import START, Moment, Phase
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline
from bptui.story.values import Values

Mask = NDArray[np.bool_]

COMPARISONS: dict[str, Callable[[Array, float], Mask]] = {
    "<": lambda now, bound: now < bound,
    "<=": lambda now, bound: now <= bound,
    ">": lambda now, bound: now > bound,
    ">=": lambda now, bound: now >= bound,
    "=": lambda now, bound: now == bound,
    "!=": lambda now, bound: (now != bound) & ~np.isnan(now),
}


def _both(before: Array, now: Array, mask: Mask) -> Mask:
    return mask & ~np.isnan(before) & ~np.isnan(now)


_CHANGES: dict[str, Callable[[Array, Array, float], Mask]] = {
    # 0 counts as positive, so that a way through it is one change
    "changes sign": lambda before, now, _: _both(before, now, (before < 0) != (now < 0)),
    "changes": lambda before, now, _: _both(before, now, before != now),
    "crosses": lambda before, now, at: _both(before, now, (before < at) != (now < at)),
}


class Condition(Struct, frozen=True):
    """What a quantity must do in an iteration."""

    quantity: Quantity
    relation: str
    """A key of one of the two tables above."""
    bound: float = 0.0
    absolute: bool = False
    """Whether it is about the quantity's size without its sign."""

    @property
    def phase(self) -> Phase:
        """The phase after which it is checked: the one that computes or changes the quantity."""
        return self.quantity.form.set_in or Phase.FORWARD

    def moment(self, iteration: int) -> Moment:
        return Moment.of(iteration, self.phase)

    def holds(self, before: float, values: Array) -> Mask:
        """In which of some iterations it holds.

        Args:
            before: the quantity in the iteration before them, NaN where there is none.
            values: (iterations,): the quantity in each of them, NaN where it is not there.
        """
        with np.errstate(all="ignore"):
            previous = np.concatenate([[before], values[:-1]])
            if self.absolute:
                previous, values = np.abs(previous), np.abs(values)
            if self.relation in COMPARISONS:
                return COMPARISONS[self.relation](values, self.bound)
            return _CHANGES[self.relation](previous, values, self.bound)

    def __str__(self) -> str:
        name = f"|{self.quantity}|" if self.absolute else str(self.quantity)
        bound = repr(self.bound).removesuffix(".0")
        needs_bound = self.relation in COMPARISONS or self.relation == "crosses"
        return f"{name} {self.relation}" + (f" {bound}" if needs_bound else "")


class ConditionError(ValueError):
    """A text that is not a condition; the message says what would be right."""


_COMPARED = re.compile(r"(?P<name>.+?)\s*(?P<relation><=|>=|!=|==|<|>|=|≤|≥|≠)\s*(?P<bound>.+)")
_CHANGING = re.compile(r"(?P<name>.+?)\s+(?P<relation>changes sign|changes|crosses)(?P<bound>.*)")
_SAME = {"==": "=", "≤": "<=", "≥": ">=", "≠": "!="}


def parse_condition(text: str, where: Setup) -> Condition:
    """The condition that a text means in a setup.

    Raises:
        ConditionError: it has no known form, or names what is not there.
    """
    text = " ".join(text.split())
    found = _COMPARED.fullmatch(text) or _CHANGING.fullmatch(text)
    if found is None:
        raise ConditionError(
            f'"{text}" is not a condition; conditions look like "E < 0.01", "|dE/dw5| < 1e-4", '
            '"dE/dw5 changes sign", "out o1 crosses 0.5"'
        )
    name, relation = found["name"], _SAME.get(found["relation"], found["relation"])
    absolute = len(name) > 2 and name[0] == name[-1] == "|"
    try:
        quantity = parse_quantity(name[1:-1] if absolute else name, where)
    except AddressError as error:
        raise ConditionError(str(error)) from None
    return Condition(quantity, relation, _bound(relation, found["bound"].strip()), absolute)


def _bound(relation: str, text: str) -> float:
    if relation in ("changes", "changes sign"):
        if text:
            raise ConditionError(f'"{relation}" takes no number; leave out "{text}"')
        return 0.0
    if not text:
        raise ConditionError(f'"{relation}" needs a number, as in "out o1 crosses 0.5"')
    if text.lstrip("+-") == "inf":
        return float(text)
    try:
        return number(text)
    except NumberError as error:
        raise ConditionError(str(error)) from None


def history(timeline: Timeline, quantity: Quantity, first: int, last: int) -> Array:
    """A quantity in each of some iterations, as of their ends; NaN where it is not there.

    Losses and parameters come from the training loop alone, metrics need a forward pass for each
    iteration besides; everything else needs whole passes.
    """
    if quantity == Quantity(Kind.LOSS):
        return timeline.some_losses(first, last)
    if quantity.form.carried or quantity.kind is Kind.METRIC:
        find = _of_parameter if quantity.form.carried else _of_metric
        pieces = timeline.pieces(first, last)
        return np.concatenate([find(timeline, quantity, *piece) for piece in pieces])
    numbers = [_at_end(timeline, quantity, k) for k in range(first, last + 1)]
    return np.array(numbers, dtype=float)


def _of_parameter(timeline: Timeline, quantity: Quantity, first: int, last: int) -> Array:
    """A parameter after each of some iterations without an edit between them."""
    setup = timeline.setup_at(Moment.of(first, Phase.FORWARD))
    try:
        row, slot = place_of(setup, str(quantity))
    except (KeyError, ValueError):  # an edit took it away
        return np.full(last - first + 1, math.nan)
    found = timeline.states_after(first, last)[:, row, slot].copy()
    if timeline.set_by_hand(str(quantity), Moment.of(last, Phase.UPDATE)):
        found[-1] = _at_end(timeline, quantity, last)
    return found


def _of_metric(timeline: Timeline, quantity: Quantity, first: int, last: int) -> Array:
    """A metric with what each of some iterations begins with, without an edit between them."""
    setup, metric = timeline.setup_at(Moment.of(first, Phase.FORWARD)), METRICS[quantity.name]
    if quantity.name not in setup.metrics:  # an edit of a target made it meaningless
        return np.full(last - first + 1, math.nan)
    thetas = [timeline.before(first)[0]]
    if last > first:
        thetas += [*timeline.states_after(first, last - 1)[:, 0]]
    return np.array([measured(metric, setup.outs_of_all(theta), setup.targets) for theta in thetas])


def _at_end(timeline: Timeline, quantity: Quantity, iteration: int) -> float:
    moment = Moment.of(iteration, Phase.UPDATE)
    network = timeline.setup_at(moment).network
    if quantity.parameter and quantity.parameter not in network.slots:
        return math.nan
    number = Values(timeline.state(moment)).get(quantity)
    return math.nan if number is None else number


def hits_in(timeline: Timeline, condition: Condition, first: int, last: int) -> np.ndarray:
    """The iterations, of some, in which a condition holds."""
    if last < first:
        return np.empty(0, dtype=int)
    quantity = condition.quantity
    if first > 1:
        values = history(timeline, quantity, first - 1, last)
        before, values = float(values[0]), values[1:]
    else:
        before, values = _at_start(timeline, quantity), history(timeline, quantity, 1, last)
    return first + np.flatnonzero(condition.holds(before, values))


def _at_start(timeline: Timeline, quantity: Quantity) -> float:
    if quantity.form.carried and quantity.parameter in timeline.setup.network.slots:
        return float(timeline.state(START).now[place_of(timeline.setup, str(quantity))])
    return math.nan
