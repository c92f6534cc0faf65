"""What is written at the board for one iteration: what is given, then phase by phase.

Of a large batch the first sample is worked out, and of the others the numbers stand in tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, groupby

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
from bptui.view.explain_report import DIGITS, Asked, Explained, TooManyCardsError
from bptui.view.formula import sign
from bptui.view.numbers import show
from bptui.view.rows import plain
from bptui.view.tables import Table

IN_FULL = 4
"""Samples of a batch that are all worked out; of more, the first."""
GIVEN = (Kind.INPUT, Kind.TARGET)
_LISTED = 2
"""Samples whose inputs and targets are listed; those of more stand in a table."""


class Rest(Struct, frozen=True):
    """Numbers of the other samples, computed like the first one's."""

    quantities: tuple[Quantity, ...]
    """Of all samples: a column each."""
    rows: dict[int, tuple[Explained, ...]]
    """By the sample's number in the batch."""

    @property
    def cards(self) -> Iterator[Explained]:
        return (card for row in self.rows.values() for card in row)


Block = Explained | Rest


class Solution(Struct, frozen=True):
    """The numbers of one iteration that its loss and its new parameters are computed from."""

    timeline: Timeline
    iteration: int
    given: tuple[Explained, ...]
    """The parameters that it begins with, and inputs and targets that stand in no table."""
    samples: Rest | None
    """Inputs and targets in a table."""
    phases: dict[Phase, tuple[Block, ...]]

    @property
    def title(self) -> str:
        return plain(self.timeline.setup.preset.title)

    @property
    def cards(self) -> Iterator[Explained]:
        """Yield all of it, in the order in which it is written."""
        yield from self.given
        yield from self.samples.cards if self.samples is not None else ()
        for block in chain.from_iterable(self.phases.values()):
            yield from [block] if isinstance(block, Explained) else block.cards


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
    setup = timeline.setup
    cards = _cards(timeline, iteration, most, printed, tell)
    ordered = sorted(cards, key=lambda key: by_hand(key[0], key[1], setup))
    given = [key for key in ordered if _is_given(key, iteration)]
    begun = set(given)
    tabled = [key for key in given if key[0].sample] if setup.batch_size > _LISTED else []
    phases = {
        phase: [key for key in ordered if _written_in(key, setup) is phase and key not in begun]
        for phase in Phase
    }
    some = set(tabled)
    return Solution(
        timeline,
        iteration,
        tuple(cards[key] for key in given if key not in some),
        _rest(tabled, cards) if tabled else None,
        {phase: tuple(_blocks(keys, cards, setup)) for phase, keys in phases.items()},
    )


def _written_in(key: Asked, setup: Setup) -> Phase | None:
    """The phase that a number is written in: sequential updates are amid the backward one."""
    phase = key[1].phase
    if phase is Phase.UPDATE and setup.preset.training.update == "sequential":
        return Phase.BACKWARD
    return phase


def _cards(
    timeline: Timeline,
    iteration: int,
    most: int,
    printed: Callable[[Quantity, Moment], tuple[Finding, ...]],
    tell: Callable[[int], None],
) -> dict[Asked, Explained]:
    """Go from what an iteration is done for back to what is given."""
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
    return cards


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
    return early or quantity.kind in GIVEN


def _blocks(keys: Sequence[Asked], cards: dict[Asked, Explained], setup: Setup) -> Iterator[Block]:
    """Yield what is worked out, and tables of the other samples before what sums over them."""
    whole = setup.batch_size <= IN_FULL or setup.preset.training.update == "sequential"
    full = setup.batch_size if whole else 1
    others = [key for key in keys if key[0].sample > full]
    first = keys.index(others[0]) if others else len(keys)
    yield from (cards[key] for key in keys[:first])
    by_column: dict[Quantity, list[Asked]] = {}
    for key in others:
        by_column.setdefault(key[0]._replace(sample=0), []).append(key)
    for _, columns in groupby(by_column, key=lambda column: (column.kind, _layer(column, setup))):
        yield _rest([key for column in columns for key in by_column[column]], cards)
    yield from (cards[key] for key in keys[first + len(others) :])


def _layer(quantity: Quantity, setup: Setup) -> int:
    """The layer of what stands in one table."""
    network = setup.network
    neuron = quantity.neuron
    if not neuron and quantity.parameter:
        neuron = network.parameter(quantity.parameter).targets[0]
    return network.places[neuron][0] if neuron else -1


def _rest(keys: Sequence[Asked], cards: dict[Asked, Explained]) -> Rest:
    columns = dict.fromkeys(key[0]._replace(sample=0) for key in keys)
    rows: dict[int, list[Explained]] = {}
    for key in sorted(keys, key=lambda key: key[0].sample):  # stable: columns keep their order
        rows.setdefault(key[0].sample, []).append(cards[key])
    return Rest(tuple(columns), {sample: tuple(row) for sample, row in rows.items()})


def numbers_of(rest: Rest, setup: Setup) -> Table:
    """Return the numbers of samples as a table."""
    names = naming(setup)
    head = ("sample", *(sign(quantity, names) for quantity in rest.quantities))
    rows = [
        (str(sample), *(show(card.value, DIGITS) for card in row))
        for sample, row in rest.rows.items()
    ]
    return Table(head, rows)
