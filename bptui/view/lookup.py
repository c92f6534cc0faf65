"""What a few typed letters may mean: commands, and whatever has a name or a number.

`w5`, `0.0822` and `eta` find a parameter, the numbers that round to that, and the learning rate.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from msgspec import Struct

from bptui.session import messages as c
from bptui.session.key import Key
from bptui.session.keys import keys_of
from bptui.session.messages import Ask, Message
from bptui.session.session import Session
from bptui.story.address import AddressError, Quantity, all_quantities, has_at_most, parse_quantity
from bptui.story.conventions import conventions_of
from bptui.story.edits import CALLED
from bptui.story.notation import naming, symbol
from bptui.view.numbers import show
from bptui.view.rows import plain

MOST = 40
"""Quantities and figures that are offered, of each kind."""
_QUANTITIES = 5_000
"""Of networks with more of them only an address itself is found."""
_DIGITS = 2
"""A number with fewer digits than this says too little to look for."""


class Found(Struct, frozen=True):
    """Something that typed letters may mean, and what enter does with it."""

    label: str
    help: str
    command: Message
    key: Key | None = None
    """The key that does the same: what it means depends on where one is."""


def look_up(session: Session, text: str) -> list[Found]:
    """Return what a text may mean: commands called so, then things, then commands about it."""
    text = " ".join(text.lower().split())
    ranks = {
        key: _rank(key, text)
        for key in keys_of(session.preferences)
        if key.command != c.Prompt(Ask.COMMAND)
    }
    keys = sorted((key for key in ranks if ranks[key] < 4), key=lambda key: ranks[key])
    named = [_key(key) for key in keys if ranks[key] < 3]
    about = [_key(key) for key in keys if ranks[key] == 3]
    return [*named, *(_things(session, text) if text else ()), *about]


def _rank(key: Key, text: str) -> int:
    words = text.split()
    if key.label.startswith(text):
        return key.label != text
    if all(word in key.label for word in words):
        return 2
    return 3 if all(word in key.help.lower() for word in words) else 4


def _key(key: Key) -> Found:
    return Found(key.label, key.help, key.command, key)


def _things(session: Session, text: str) -> Iterator[Found]:
    yield from _conventions(session, text)
    for quantity in _quantities(session, text)[:MOST]:
        names = naming(session.setup)
        told = f"{plain(symbol(quantity, names))} = {show(session.value(quantity), 9)}"
        yield Found(plain(str(quantity)), told, c.Select(str(quantity)))
    yield from _figures(session, text)


def _conventions(session: Session, text: str) -> Iterator[Found]:
    name = CALLED.get(text, text)
    for convention in conventions_of(session.setup.preset):
        if name in (convention.name, convention.label) or name in convention.name.split("_"):
            value = convention.get(session.setup.preset)
            line = f"{convention.name} = {value}"
            yield Found(plain(line), f"Change the {convention.label}.", c.Prompt(Ask.EDIT, line))


def _quantities(session: Session, text: str) -> list[Quantity]:
    """Return the quantities with that in their addresses or values, the nearest first."""
    setup, found = session.setup, dict[Quantity, int]()
    with suppress(AddressError):
        found[parse_quantity(text, setup)] = 0
    if not has_at_most(setup, _QUANTITIES):
        return [*found]
    for quantity in all_quantities(setup):
        address = str(quantity).lower()
        if address.startswith(text):
            found.setdefault(quantity, 1)
        elif text in address.split():
            found.setdefault(quantity, 2)
        elif text in address:
            found.setdefault(quantity, 3)
        elif _rounds_to(session.value(quantity), text):
            found.setdefault(quantity, 0)
    return sorted(found, key=found.__getitem__)


def _rounds_to(value: float | None, text: str) -> bool:
    """Whether a number is what is typed, rounded or cut."""
    if value is None or sum(map(str.isdigit, text)) < _DIGITS:
        return False
    _, point, decimals = text.partition(".")
    try:
        typed = float(text)
    except ValueError:
        return False
    unit = 10.0 ** -len(decimals) if point else 1.0
    return abs(value - typed) < unit and (abs(value - typed) <= unit / 2 or abs(value) > abs(typed))


def _figures(session: Session, text: str) -> Iterator[Found]:
    """Yield the article's figures that begin so."""
    if sum(map(str.isdigit, text)) < _DIGITS or not session.setup.preset.expected:
        return
    found = [f for f in session.auditor.figures if f.text.lstrip("-+").startswith(text)]
    for printed in found[:MOST]:
        where = f"{printed.quantity} at {printed.moment}"
        command = c.Visit(str(printed.quantity), printed.moment)
        yield Found(plain(printed.text), f"In the article: {plain(where)}.", command)
