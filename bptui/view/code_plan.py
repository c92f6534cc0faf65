"""A network as a script has it: matrices by layer, with names that are identifiers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from bptui.engine.functions import Chosen
from bptui.engine.network import Layer
from bptui.engine.optimizers import Optimizer
from bptui.engine.trace import Array, Formula, names_of
from bptui.story.setup import Setup
from bptui.story.statements import needs, variable
from bptui.view.rows import plain

_LONGEST = 20
"""Characters of a layer's name that variables are called after."""


Lines = list[str]
DELTA: Formula = lambda dE_dout, slope: dE_dout * slope  # noqa: E731, N803
"""How most activations' deltas are computed."""


class Block(Struct, frozen=True, eq=False):
    """The weights or the biases of a layer; or one bias that the whole layer shares."""

    name: str
    """The variable's."""
    values: Array
    """(m, n), (n,), or () for a shared bias; 0 where there is none."""
    slots: NDArray[np.intp]
    """Where each stands in the parameter vector; -1 where there is none."""
    moves: NDArray[np.bool_]
    """Which of them updates change."""
    rates: Array
    """The learning rate of each, before a schedule changes it; 0 where there is none."""
    is_penalized: bool
    """Whether the penalty is about it."""
    kept: Mapping[str, Array]
    """What the optimizer keeps of them before the first iteration."""

    @property
    def is_trained(self) -> bool:
        return bool(self.moves.any())

    @property
    def is_whole(self) -> bool:
        """Whether all that is there is trained, and all is there."""
        return bool(self.moves.all())

    @property
    def mask(self) -> Array:
        """1 for what is trained, else 0."""
        return np.where(self.moves, 1.0, 0.0)


class Dense(Struct, frozen=True):
    """A layer that computes."""

    suffix: str
    """What its variables end in."""
    layer: Layer
    weights: Block
    biases: Block | None

    @property
    def blocks(self) -> tuple[Block, ...]:
        """What it has of both."""
        return tuple(block for block in (self.weights, self.biases) if block is not None)


class Tie(Struct, frozen=True):
    """A bias that neurons share, but not just all those of one layer."""

    slot: int
    places: tuple[tuple[Block, int], ...]


class Plan(Struct, frozen=True, eq=False, dict=True):
    """What the scripts in all languages need."""

    setup: Setup
    iterations: int
    layers: tuple[Dense, ...]
    ties: tuple[Tie, ...]
    """Of what is trained."""

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """In their order."""
        return tuple(block for dense in self.layers for block in dense.blocks)

    @cached_property
    def trained(self) -> tuple[Block, ...]:
        """Those that updates change."""
        return tuple(block for block in self.blocks if block.is_trained)

    @property
    def first_trained(self) -> int:
        """Which layer is the first that updates change, from 0; how many there are if none is."""
        trained = [any(block.is_trained for block in dense.blocks) for dense in self.layers]
        return trained.index(True) if True in trained else len(trained)

    @property
    def is_sequential(self) -> bool:
        return self.setup.rule.update == "sequential"

    @property
    def is_mean(self) -> bool:
        """Whether the losses of a batch are averaged."""
        return self.setup.rule.reduction == "mean"

    @property
    def goes_on(self) -> bool:
        """Whether the optimizer has kept something, or counted, before the first iteration."""
        kept = any(array.any() for block in self.trained for array in block.kept.values())
        rule = self.setup.rule
        return kept or (rule.updates_before > 0 and rule.optimizer.entry.counts)

    def is_uniform(self, block: Block) -> bool:
        """Whether all of a block has the learning rate that all have if nothing else is said."""
        return bool((block.rates == self.setup.rule.learning_rate).all())

    @property
    def is_scheduled(self) -> bool:
        rates = self.setup.rule.rates
        return rates is not None and rates.schedule is not None

    @property
    def counts(self) -> bool:
        """Whether the number of an update matters."""
        return bool(self.setup.rule.optimizer.entry.counts and self.trained)

    @property
    def penalty_value(self) -> Formula | None:
        """The penalty's term of E."""
        penalty = self.setup.rule.penalty
        return None if penalty is None else penalty.chosen.entry.value

    @property
    def penalty_slope(self) -> Formula | None:
        """The slope of that."""
        penalty = self.setup.rule.penalty
        return None if penalty is None else penalty.chosen.entry.slope

    @property
    def penalized(self) -> list[tuple[Block, list[int]]]:
        """What a penalty is about, and where in it, flat, each parameter stands once."""
        return [
            (block, [k for k, name in enumerate(self.names(block)) if name])
            for block in self.blocks
            if block.is_penalized
        ]

    @property
    def penalty_numbers(self) -> dict[str, float]:
        """What the penalty's formulas are over besides parameters."""
        penalty = self.setup.rule.penalty
        if penalty is None:
            return {}
        entry = penalty.chosen.entry
        formulas = (entry.value, entry.slope, entry.gradient, entry.taken)
        used = {name for formula in formulas if formula for name in names_of(formula)}
        return {variable(k): v for k, v in penalty.numbers.items() if k in used}

    @property
    def in_update(self) -> tuple[str, ...]:
        """The penalty's own parameters that an update needs."""
        penalty, entry = self.setup.rule.penalty, self.setup.rule.optimizer.entry
        if penalty is None:
            return ()
        used = {name for formula in entry.formulas.values() for name in names_of(formula)}
        return tuple(name for name in penalty.chosen.parameters if name in used)

    @property
    def gradient(self) -> str:
        """What the formulas of an update call the gradient of E."""
        return "dE_dw" if "g" in self.setup.rule.optimizer.entry.formulas else "g"

    def names(self, block: Block) -> list[str]:
        """The names of a block's parameters, flat; empty where there is none, or not the first."""
        earlier = self.blocks[: self.blocks.index(block)]
        seen = {slot for other in earlier for slot in other.slots.ravel().tolist()}
        found = []
        for slot in block.slots.ravel().tolist():
            new = slot >= 0 and slot not in seen
            found.append(plain(self.setup.network.parameters[slot].name) if new else "")
            seen.add(slot)
        return found


def planned(setup: Setup, iterations: int) -> Plan:
    """Return the plan of a script that trains for a number of iterations."""
    network, taken = setup.network, {"input"}
    layers = []
    for place, layer in enumerate(network.layers, 1):
        suffix = _unique(identifier(layer.name) or f"layer{place}", taken)
        weights = _block(f"W_{suffix}", layer.weights, setup)
        layers.append(Dense(suffix, layer, weights, _biases(f"b_{suffix}", layer, setup)))
    plan = Plan(setup, iterations, tuple(layers), ())
    return Plan(setup, iterations, plan.layers, tuple(_ties(plan)))


def _block(name: str, slots: NDArray[np.intp], setup: Setup) -> Block:
    there = slots < len(setup.network.parameters)
    padded = np.append(setup.network.trainable, False)
    moves = padded[slots]
    state = np.hstack([setup.state, np.zeros((len(setup.state), 1))])[:, slots]
    kept = zip(setup.kept, state[1:], strict=True)
    each, penalty = setup.rule.rates, setup.rule.penalty
    rates = np.full(slots.shape, setup.rule.learning_rate)
    if each is not None:
        rates = np.append(each.bases[each.places], setup.rule.learning_rate)[slots]
    about = there & False if penalty is None else np.append(penalty.about, False)[slots]
    return Block(
        name,
        state[0],
        np.where(there, slots, -1),
        moves,
        rates,
        bool(about.any()),
        {key: np.where(moves, array, 0.0) for key, array in kept},
    )


def _biases(name: str, layer: Layer, setup: Setup) -> Block | None:
    slots, parameters = layer.biases, setup.network.parameters
    if (slots == len(parameters)).all():
        return None
    is_shared = len(slots) > 1 and (slots == slots[0]).all()
    whole = is_shared and len(parameters[slots[0]].targets) == len(slots)
    return _block(name, slots[0].reshape(()) if whole else slots, setup)


def _ties(plan: Plan) -> Iterator[Tie]:
    for slot, parameter in enumerate(plan.setup.network.parameters):
        if len(parameter.targets) > 1 and parameter.trainable:
            places = [
                (block, int(place))
                for block in plan.blocks
                if block.slots.ndim == 1
                for place in np.flatnonzero(block.slots == slot)
            ]
            if places:
                yield Tie(slot, tuple(places))


def identifier(text: str) -> str:
    """Return what is left of a name as an identifier of any language; perhaps nothing.

    >>> identifier("1st hidden layer"), identifier("Straße 2"), identifier("隠れ")
    ('1st_hidden_layer', 'Strae_2', '')
    """
    ascii_only = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"\W+", "_", ascii_only)[:_LONGEST].strip("_")


def _unique(name: str, taken: set[str]) -> str:
    candidates = (f"{name}{k}" if k else name for k in range(len(taken) + 1))
    found = next(c for c in candidates if c not in taken)
    taken.add(found)
    return found


def listed(names: Iterable[str]) -> str:
    """Return names of a preset for a comment."""
    return " ".join(map(plain, names))


def called(chosen: Chosen) -> str:
    """Return what a script calls a function of a table: its name, and its form."""
    return identifier("_".join(filter(None, (chosen.name, chosen.form))))


def indented(lines: Iterable[str]) -> Lines:
    return [f"    {line}" if line else "" for line in lines]


def counted(name: str, offset: int) -> str:
    """Return a name plus a number, as one writes it."""
    if not offset:
        return name
    return f"{name} {'+' if offset > 0 else '-'} {abs(offset)}"


def inputs_of(plan: Plan) -> list[str]:
    """Return the arguments of an update, as its formulas call them."""
    optimizer: Optimizer = plan.setup.rule.optimizer.entry
    own = {*plan.setup.rule.optimizer.parameters, *optimizer.formulas}
    used = [name for formula in optimizer.formulas.values() for name in needs(formula)]
    first = ["w", plan.gradient, *optimizer.kept]
    return [*first, *dict.fromkeys(n for n in used if n not in own and n not in first)]


def update_values(block: Block, plan: Plan, at: str = "") -> dict[str, str]:
    """Return what the formulas of an update call a block, and all else that they are over.

    `at` says which element of an array, where a language goes through them one by one.
    """
    eta = "eta" if plan.is_uniform(block) else f"eta_{block.name}{at}"
    kept = plan.setup.rule.optimizer.entry.kept
    values = {"w": f"{block.name}{at}", plan.gradient: f"dE_d{block.name}{at}", "t": "t"}
    values |= {variable(p): variable(p) if block.is_penalized else "0" for p in plan.in_update}
    values |= {k: f"{k}_{block.name}{at}" for k in kept}
    return values | {"eta": f"rate({eta}, steps)" if plan.is_scheduled else eta}


def moved(block: Block, eta: str, at: str = "") -> str:
    """Return a learning rate that is 0 for what updates leave as it is."""
    return eta if block.is_whole else f"moves_{block.name}{at} * {eta}"
