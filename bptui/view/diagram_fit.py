"""Which drawing of the network is made: what is written is chosen by measuring.

The first form that fits is taken; those that say more come before others.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from msgspec.structs import replace

from bptui.engine.network import Network
from bptui.story.notation import Naming
from bptui.view.diagram_places import make_plan, rows_needed
from bptui.view.diagram_plan import Form, Plan, Room

MAX_SCREENS = 3
"""How many panels high a drawing may be before it becomes a list."""
MAX_TANGLE = 36
"""How many lines may cross between two layers without their names."""
MAX_FAN_IN = 9
"""How many edges may lead to a neuron of a drawing that must be scrolled."""


@lru_cache(maxsize=64)
def best_plan(
    network: Network, names: Naming, asked: int, room: Room, *, named: bool = True
) -> Plan | None:
    """Return the drawing of the whole network that says most, None if none fits.

    Where edges need no names there must be braille: only straight lines are told apart then.
    """
    if _least_rows(network, named=named) > room.height:
        return None
    if not named and (not room.braille or _most_edges(network) > MAX_TANGLE):
        return None
    for form in _forms(asked) if named else _bare_forms(asked):
        plan = make_plan(network, names, form, room)
        if plan.width <= room.width and plan.height <= room.height:
            return plan
    return None


@lru_cache(maxsize=64)
def partial_plan(network: Network, names: Naming, asked: int, room: Room) -> Plan | None:
    """Return a drawing to be scrolled, None if that would be too much of it."""
    if max(len(network.incoming(name)) for name in network.places) > MAX_FAN_IN:
        return None
    form = Form(asked or 4, asked or 4, arrivals=True)
    plan = make_plan(network, names, form, replace(room, height=whole_height(network)))
    if plan.height > MAX_SCREENS * room.height:
        return None
    return plan if plan.height > room.height else make_plan(network, names, form, room)


def _forms(asked: int) -> Iterator[Form]:
    """Yield forms, those that say more before others."""
    pairs = ((asked, asked),) if asked else ((9, 9), (9, 6), (6, 6), (6, 4), (4, 4))
    last = pairs[-1]
    yield from (Form(*pair, arrivals=True) for pair in pairs)
    for lead in (6, 2):
        yield from (Form(*pair, arrivals=False, lead=lead) for pair in pairs)
    yield Form(*last, arrivals=False, tallest=0)
    for tallest in (3, 0):
        yield Form(last[0], 0, arrivals=False, tallest=tallest)


def _bare_forms(asked: int) -> Iterator[Form]:
    """Yield forms of lines alone, without names."""
    for tallest in (3, 0):
        yield Form(asked or 4, 0, arrivals=False, named=False, lead=5, tallest=tallest)
    for digits in (asked or 4, asked or 2):
        yield Form(digits, 0, arrivals=False, named=False, lead=2, tallest=0)


@lru_cache(maxsize=8)
def whole_height(network: Network) -> int:
    """Return how many rows the whole network needs, each neuron in a box with all its numbers."""
    return max(rows_needed(network, layer, 3, named=True) for layer in network.neurons)


def _most_edges(network: Network) -> int:
    return max(int(layer.edges.sum()) for layer in network.layers)


@lru_cache(maxsize=8)
def _least_rows(network: Network, *, named: bool) -> int:
    return max(rows_needed(network, layer, 0, named=named) for layer in network.neurons)
