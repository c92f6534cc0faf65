"""Printed figures: what an article prints, and whether a number is what it printed."""

from __future__ import annotations

import math
import re
from decimal import Decimal, InvalidOperation

from msgspec import Struct
from msgspec.structs import replace

from bptui.audit.verdicts import Digits, digits_of
from bptui.engine.network import Network
from bptui.preset.model import Figure, Preset
from bptui.preset.numbers import plain
from bptui.story.address import Quantity, parse_quantity
from bptui.story.moment import START, Moment, Phase, parse_moment
from bptui.story.setup import Setup

_MOST = 308
"""Powers of ten beyond which floats end."""


class Printed(Struct, frozen=True):
    """A figure of the article, at its moment."""

    quantity: Quantity
    moment: Moment
    figure: Figure
    turned: Quantity | None = None
    """What it is of if the square matrix that it is from is read the other way round."""
    judged: Digits | None = None
    """What it is judged by, if not by the digits that it has."""

    @property
    def text(self) -> str:
        return self.figure.printed

    @property
    def value(self) -> float:
        return float(self.figure.printed)

    @property
    def digits(self) -> Digits:
        """The number and its precision, by which it is judged."""
        return digits_of(self.text) if self.judged is None else self.judged


def printed_error(text: str) -> str | None:
    """What is wrong with a printed figure, None if it is a plain decimal number."""
    if _is_decimal(text):
        return None
    return f'"{text[:40]}" is not a printed figure; write it {_mended(text)}'


def _is_decimal(text: str) -> bool:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return False
    plain = text.isascii() and not any(c.isspace() or c == "_" for c in text) and len(text) <= 400
    exponent = number.as_tuple().exponent
    near = isinstance(exponent, int) and abs(exponent) <= _MOST
    return plain and near and math.isfinite(float(number))


_MENDS = (
    (r"(\S+?)\s*[×·x*]\s*10\s*\^?\s*[({]?\s*([+-]?\d+)[)}]?", r"\1e\2"),
    (r"(\S+?)\s*(?:\.\.\.?|…)", r"\1"),
    (r"[≈~=]\s*(\S+)", r"\1"),
)
"""How articles print a number, and how it is written in a preset."""
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")


def _mended(text: str) -> str:
    found = mended(text) if len(text) <= _MOST else None
    return f'"{found}"' if found else 'like "0.3775" or "1.389380314e-3"'


def mended(text: str) -> str | None:
    """A number that is written as articles and people do, in plain digits; None if it is none.

    >>> mended("0,3775"), mended("1,2·10⁻³"), mended("much")
    ('0.3775', '1.2e-3', None)
    """
    raised = plain(text.translate(_RAISED))
    if raised.count(",") == 1 and "." not in raised:
        raised = raised.replace(",", ".")
    for printed, written in ((r"(\S+)", r"\1"), *_MENDS):
        found, times = re.subn(rf"\A(?:{printed})\Z", written, raised)
        if times and _is_decimal(found):
            return found
    return None


def printed_figures(setup: Setup) -> tuple[Printed, ...]:
    """The figures of a preset, in its order."""
    return tuple(
        Printed(
            parse_quantity(e.address, setup),
            parse_moment(f"{e.iteration} {e.phase}"),
            e.figure,
            parse_quantity(e.turned, setup) if e.turned else None,
        )
        for e in setup.preset.expected
    )


def under(figure: Printed, here: Preset, there: Preset) -> Printed:
    """A figure of one preset as one of the same under other conventions."""
    if figure.turned is None or here.layout == there.layout:
        return figure
    return replace(figure, quantity=figure.turned, turned=figure.quantity)


def parse_is(text: str, where: Setup, here: Moment) -> tuple[Quantity, Moment]:
    """The quantity and moment that `is` means: `dE/dw1 via o1`, `E at 2 forward`.

    Raises:
        AddressError, MomentError: it names none.
    """
    address, at, moment = text.rpartition(" at ")
    if not at:
        return parse_quantity(text, where), here
    return parse_quantity(address, where), parse_moment(moment)


def origin(quantity: Quantity, moment: Moment, network: Network) -> Moment:
    """The moment that computed the value that a quantity has at a moment."""
    known = quantity.form.known
    if known is None and not quantity.form.carried:
        known = Phase.FORWARD
    if known is not None:
        return moment if moment.phase is known else Moment.of(moment.iteration, known)
    if not network.parameter(quantity.parameter).trainable:
        return START
    if moment.phase is Phase.UPDATE:
        return moment
    return Moment.of(moment.iteration - 1, Phase.UPDATE) if moment.iteration > 1 else START


def is_known(quantity: Quantity, moment: Moment) -> bool:
    known = quantity.form.known
    return known is None or (moment.phase is not None and moment.phase >= known)
