"""What an exercise asks for and how exactly: `[marking]` made ready."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from bptui.audit.budget import Budget
from bptui.audit.figures import is_known
from bptui.audit.graph import ENDS
from bptui.audit.verdicts import Digits
from bptui.preset.errors import Fault, KeyPath
from bptui.preset.model import Marking
from bptui.story.address import AddressError, Kind, Quantity, parse_quantity
from bptui.story.moment import START, Moment, MomentError, Phase, parse_moment
from bptui.story.setup import Setup

FEWEST = 3
"""The digits that an answer needs, where `[marking]` does not say."""
MOST_DIGITS = 12

_NOTHING = 1e-12
"""What is no larger is 0 on paper, and a rounding error in floats."""

Asked = tuple[Quantity, Moment]


def parse_asked(address: str, when: str, where: Setup) -> Asked:
    """What an address means on a sheet: of iteration 1 if it does not say, and a new weight.

    Raises:
        AddressError, MomentError: it means nothing, or is not known then.
    """
    if " at " in address:
        address, _, when = (part.strip() for part in address.rpartition(" at "))
    if when in [phase.label for phase in Phase]:
        when = f"1 {when}"
    quantity = parse_quantity(address, where)
    own = quantity.form.set_in
    if own is None:
        own = Phase.FORWARD
    moment = parse_moment(when, own) if when else Moment.of(1, own)
    if not is_known(quantity, moment):
        raise AddressError(f"{quantity} is not known at {moment}")
    if moment != START and quantity.sample > len(where.batch(moment.iteration).numbers):
        raise AddressError(f"the batch of iteration {moment.iteration} has no {quantity}")
    return quantity, moment


def check_marking(setup: Setup) -> None:
    """Refuse a scheme that asks for what is not there, or makes no sense.

    Raises:
        Fault: the first of what is wrong.
    """
    marking = setup.preset.marking
    given = [key for key in PRECISIONS if getattr(marking, key) is not None]
    if len(given) > 1:
        told = f"say how exact answers must be in one way only: {' or '.join(given)}"
        raise Fault(("marking", given[1]), told)
    for key in given:
        _check_precision(key, getattr(marking, key))
    budget, asked = Budget(setup.preset), set[str]()
    for place, text in enumerate(marking.ask):
        path: KeyPath = ("marking", "ask", place)
        quantity, moment = _checked(text, setup, path)
        if (name := f"{quantity} at {moment}") in asked:
            raise Fault(path, f'"{text}" is asked for twice; remove one of the two')
        asked.add(name)
        afford(budget, (quantity, moment), path)
    for text, points in marking.points.items():
        path = ("marking", "points", text)
        quantity, moment = _checked(text, setup, path)
        if asked and f"{quantity} at {moment}" not in asked:
            raise Fault(path, f'"{text}" is not in "ask"; add it there, or remove its points')
        if points < 0:
            raise Fault(path, f"{points:g} points; give 0 or more")


def _check_precision(key: str, number: float) -> None:
    path = ("marking", key)
    if key in ("digits", "decimals") and number > MOST_DIGITS:
        raise Fault(path, f'"{key}" is {number:g}; the limit is {MOST_DIGITS}')
    if number <= 0:
        raise Fault(path, f'"{key}" is {number:g}; give how far off an answer may be, like 0.001')


def _checked(text: str, setup: Setup, path: KeyPath) -> Asked:
    try:
        return parse_asked(text, "", setup)
    except (AddressError, MomentError) as error:
        raise Fault(path, str(error)) from None


def afford(budget: Budget, asked: Asked, path: KeyPath = ()) -> None:
    """Count in that an answer is checked.

    Raises:
        Fault: that is too much.
    """
    quantity, moment = asked
    budget.add(moment.iteration, None, path)
    if quantity.kind not in ENDS:
        budget.add_by_hand(moment.iteration, path)


# how exactly


class Precision(NamedTuple):
    """A way to say how exact answers must be."""

    unit: Callable[[float, float], float]
    """What an answer may be off is half of this, given the right number and what the key says."""
    example: str
    told: str


PRECISIONS = {
    "digits": Precision(
        lambda exact, digits: last_digit(exact, int(digits)),
        "4",
        "rounded, or cut off, to so many digits, without zeros in front",
    ),
    "decimals": Precision(
        lambda exact, decimals: 10.0**-decimals,
        "3",
        "rounded, or cut off, to so many digits after the point",
    ),
    "absolute": Precision(lambda exact, off: 2 * off, "0.001", "off by no more than this"),
    "relative": Precision(
        lambda exact, off: 2 * off * abs(exact),
        "0.01",
        "off by no more than this part of the right number, or of the answer if that is larger",
    ),
}
"""The keys of `[marking]` that say how exact answers must be."""
ROUNDED = ("digits", "decimals")
"""Those that say where to round."""


def last_digit(exact: float, digits: int) -> float:
    """The unit of a number's last digit, if it has so many; 0 has them after the point."""
    some = math.isfinite(exact) and abs(exact) > _NOTHING
    size = math.floor(math.log10(abs(exact))) if some else -1
    return 10.0 ** (size + 1 - digits)


def given_in(marking: Marking) -> str | None:
    """The way in which a scheme says how exact answers must be; None if it does not."""
    return next((key for key in PRECISIONS if getattr(marking, key) is not None), None)


def unit_of(exact: float, marking: Marking) -> float:
    """The unit of the last digit that an answer needs, or twice what it may be off."""
    if (key := given_in(marking)) is None:
        return last_digit(exact, FEWEST)
    return PRECISIONS[key].unit(exact, getattr(marking, key))


def is_zero(quantity: Quantity, digits: Digits) -> bool:
    """Whether an answer makes all that is computed from it easy: 0, or a saturated output."""
    if quantity.kind is Kind.OUT and abs(digits.value) == 1:
        return True
    return abs(digits.value) < digits.half
