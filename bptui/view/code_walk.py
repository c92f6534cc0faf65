"""The walk over a network that scripts in all languages share; each language has its own words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from msgspec import Struct

from bptui.engine.functions import Activation, Chosen, FromNets
from bptui.engine.on_arrays import loss_formulas
from bptui.engine.trace import Array, Formula
from bptui.view.code_formula import Language, first_written
from bptui.view.code_plan import DELTA, Block, Dense, Lines, Plan, listed


class Declaring(Struct, frozen=True):
    """How a language declares a layer's arrays."""

    comment: Callable[[str], str]
    frozen: str
    """What stands after a block that no update changes."""
    parameters: Callable[[Block], Lines]
    constant: Callable[[str, Array], Lines]
    """By its name."""
    names: Callable[[Block, Plan], Lines]
    kept: Callable[[Block, str, Array], Lines] = lambda *_: []
    """What the optimizer keeps of a block, by its name; nothing where a library keeps it."""
    unmoved: Callable[[Block], Lines] = lambda _: []
    """What else is needed where updates leave a part of a block as it is."""


def declared(dense: Dense, plan: Plan, words: Declaring) -> Lines:
    """Return the parameters of a layer, what is frozen, and what updates need."""
    layer = dense.layer
    lines = ["", words.comment(f"{listed([layer.name])}: {listed(layer.neurons)}")]
    for block in dense.blocks:
        lines += words.parameters(block)
        lines[-1] += "" if block.is_trained else f"  {words.frozen}"
        lines += words.names(block, plan)
        if block.is_trained:
            lines += _training(block, plan, words)
    return lines


def _training(block: Block, plan: Plan, words: Declaring) -> Iterator[str]:
    if not block.is_whole:
        yield words.comment("0: frozen, or not there")
        yield from words.constant(f"moves_{block.name}", block.mask)
        yield from words.unmoved(block)
    if not plan.is_uniform(block):
        yield from words.constant(f"eta_{block.name}", block.rates)
    for name, values in block.kept.items():
        yield from words.kept(block, f"{name}_{block.name}", values)


def formula_of(chosen: Chosen, what: str, language: Language) -> Formula:
    """Return an activation's `out` or `slope`, as it is best computed in a language."""
    entry: Activation = chosen.entry
    return first_written(language, entry.computed.get(what), getattr(entry, what))


def share_of(plan: Plan, language: Language) -> Formula:
    """Return the formula of an output's share of the loss."""
    loss = plan.setup.rule.loss
    formulas = loss_formulas(loss, plan.layers[-1].layer.chosen)
    return first_written(language, formulas.share, loss.entry.share)


def end_of(plan: Plan, language: Language) -> tuple[str, Formula]:
    """Return what the backward pass begins with, `delta` or `dE_dout`, and its formula."""
    loss = plan.setup.rule.loss
    formulas = loss_formulas(loss, plan.layers[-1].layer.chosen)
    delta = formulas.delta if isinstance(formulas, FromNets) else None
    if delta is not None and first_written(language, delta, DELTA) is delta:
        return "delta", delta
    return "dE_dout", first_written(language, formulas.slope, loss.entry.slope)


class Passes(Protocol):
    """What a language that writes the passes out has for their steps."""

    def begun(self) -> Iterable[str]:
        """Return what an iteration begins with: its number, its batch."""

    def forward(self) -> Iterable[str]:
        """Return the forward pass and E."""

    def last_delta(self) -> Iterable[str]:
        """Return the delta of the last layer."""

    def gradients(self, dense: Dense, before: str) -> Iterable[str]:
        """Return a layer's gradients, from its delta and what it is fed with."""

    def penalized(self, block: Block, slope: Formula) -> Iterable[str]:
        """Return what adds the slope of the penalty's term to a gradient."""

    def carried(self, dense: Dense, below: Dense) -> Iterable[str]:
        """Return the delta of the layer below, from a layer's own."""

    def tied(self) -> Iterable[str]:
        """Return what gives shared biases the sum of their gradients."""

    def update(self, block: Block) -> Iterable[str]:
        """Return what changes a block."""


def iteration(plan: Plan, words: Passes, comment: Callable[[str], str]) -> Iterator[str]:
    """Yield the lines of an iteration, but for what it prints."""
    yield from words.begun()
    yield comment("forward")
    yield from words.forward()
    if not plan.trained:
        return
    yield from ["", comment("backward; delta is dE/dnet")]
    yield from _backward(plan, words)
    late = [b for b in plan.trained if not (plan.is_sequential and b.slots.ndim == 2)]
    yield from ["", comment("update")] if late else []
    for block in late:
        yield from words.update(block)


def _backward(plan: Plan, words: Passes) -> Iterator[str]:
    layers = plan.layers
    yield from words.last_delta()
    for place in reversed(range(plan.first_trained, len(layers))):
        dense, below = layers[place], layers[place - 1] if place else None
        yield from words.gradients(dense, f"out_{below.suffix}" if below else "x")
        yield from _penalized(dense.weights, plan, words)
        if plan.is_sequential and dense.weights.is_trained:
            yield from words.update(dense.weights)
        if below is not None and place > plan.first_trained:
            yield from words.carried(dense, below)
    yield from words.tied()
    for dense in layers:
        if dense.biases is not None:
            yield from _penalized(dense.biases, plan, words)


def _penalized(block: Block, plan: Plan, words: Passes) -> Iterable[str]:
    slope = plan.penalty_slope
    is_meant = block.is_penalized and block.is_trained
    return words.penalized(block, slope) if slope is not None and is_meant else ()
