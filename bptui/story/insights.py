"""Where learners stumble: one plain sentence each, from the numbers alone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from bptui.engine.passes import forward
from bptui.engine.trace import Array
from bptui.story.address import Kind, Quantity
from bptui.story.derivation import Derivation, derive
from bptui.story.formula import Product, Sum, evaluate, parts, references
from bptui.story.kinks import can_jump, noisy_nets, sides
from bptui.story.moment import Moment, Phase
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline
from bptui.story.values import values_at

SATURATED = 0.01
"""Below this slope a sigmoid or tanh hardly passes an error on."""
MANY = 2_000_000
"""Of more products of a weight and a sample than this, not all samples are looked at."""
EXACT = 1e-9
"""Targets whose sum is as near to 1 as this are probabilities."""


def insights(timeline: Timeline, derivation: Derivation) -> tuple[str, ...]:
    """What is worth saying of a derived quantity."""
    return tuple(
        sentence
        for find in (_kink, _side, _flat, _simple, _nothing, _bias, _old_weights, _overshot, _rose)
        for sentence in find(timeline, derivation)
    )


def notes(setup: Setup, quantity: Quantity, *moments: Moment) -> tuple[str, ...]:
    """The author's notes on a quantity at some moments."""
    places = dict.fromkeys((str(quantity), str(moment)) for moment in moments)
    return tuple([text for place in places for text in setup.notes.get(place, ())])


def _value(timeline: Timeline, quantity: Quantity, moment: Moment) -> float | None:
    return values_at(timeline, moment).get(quantity)


def _kink(timeline: Timeline, derivation: Derivation) -> Iterator[str]:
    """A net input that is 0 on paper, where floats step over the kink."""
    quantity = derivation.quantity
    near = {ref.quantity.neuron for ref in derivation.parts if ref.quantity.kind is Kind.DOUT_DNET}
    if quantity.kind in (Kind.NET, Kind.OUT, Kind.DOUT_DNET, Kind.DE_DNET):
        near.add(quantity.neuron)
    for net in noisy_nets(timeline, derivation.moment.iteration) if near else ():
        if net.neuron in near and net.sample in (0, quantity.sample):
            yield (
                f"{net} is 0 on paper: what floats leave of it is a rounding error, but it decides "
                "on which side of the kink the slope is taken."
            )


def _side(timeline: Timeline, derivation: Derivation) -> Iterator[str]:
    """A slope that is taken exactly at a kink, and what it would be beside that."""
    setup = timeline.setup_at(derivation.moment)
    network, moment = setup.network, Moment.of(derivation.moment.iteration, Phase.BACKWARD)
    for slope in _slopes_near(derivation, network.outputs):
        at_end = slope.kind is Kind.DE_DOUT
        place = slope._replace(kind=Kind.OUT if at_end else Kind.NET)
        layer = network.layers[network.places[slope.neuron][0] - 1]
        chosen = setup.rule.loss if at_end else layer.chosen
        if slope.source or not can_jump(chosen.entry.slope):
            continue
        formula = derive(timeline, slope, moment).formula
        found = sides(formula) if formula is not None else None
        if found is None:
            continue
        name = chosen.entry.label if at_end else chosen.name
        yield (
            f"{place} = {_value(timeline, place, moment):g} is at a kink of {name}: the slope is "
            f"{found[0]:g} on one side and {found[1]:g} on the other; "
            f"{_value(timeline, slope, moment):g} is taken."
        )


def _slopes_near(derivation: Derivation, outputs: tuple[str, ...]) -> list[Quantity]:
    """The slopes of activations and of the loss that a quantity is computed from, or leads to."""
    quantity = derivation.quantity
    found = [part.quantity for part in derivation.parts]
    if quantity.neuron and not quantity.via:
        if quantity.kind in (Kind.NET, Kind.OUT):
            found.append(quantity._replace(kind=Kind.DOUT_DNET))
        elif quantity.kind is Kind.SHARE:
            found.append(quantity._replace(kind=Kind.DE_DOUT))
        found.append(quantity)
    kinds = (Kind.DOUT_DNET, Kind.DE_DOUT)
    near = dict.fromkeys(q for q in found if q.kind in kinds and not q.via)
    return [q for q in near if q.kind is Kind.DOUT_DNET or q.neuron in outputs]


def _flat(timeline: Timeline, derivation: Derivation) -> Iterator[str]:
    quantity = derivation.quantity
    setup = timeline.setup_at(derivation.moment)
    network = setup.network
    slopes = {
        ref.quantity.neuron: ref.value
        for ref in derivation.parts
        if ref.quantity.kind is Kind.DOUT_DNET
    }
    if quantity.kind in (Kind.OUT, Kind.DOUT_DNET):
        moment = Moment.of(derivation.moment.iteration, Phase.BACKWARD)
        slope = Quantity(Kind.DOUT_DNET, neuron=quantity.neuron, sample=quantity.sample)
        slopes[quantity.neuron] = _value(timeline, slope, moment) or 0.0
    for neuron, value in slopes.items():
        if _cancels(setup) and neuron in network.outputs:
            continue  # what a flat slope lets pass, the steep loss makes up for
        chosen = network.layers[network.places[neuron][0] - 1].chosen
        name = chosen.name
        if not chosen.entry.flat and value == 0 and chosen.entry.other_slope is None:
            yield _inactive(timeline, derivation.moment.iteration, neuron, chosen.name)
        elif chosen.entry.flat and abs(value) < SATURATED:
            yield f"{neuron} is saturated: its flat {name} passes only {value:.2g} of the error."


def _inactive(timeline: Timeline, iteration: int, neuron: str, name: str) -> str:
    """A neuron whose slope is 0 on a sample: dead if it is so on all of the preset's."""
    setup = timeline.setup_at(Moment.of(iteration, Phase.FORWARD))
    highest = _highest_nets(timeline, iteration)
    layer, place = setup.network.places[neuron]
    if highest is not None and not highest[layer - 1][place] > 0:
        samples = len(setup.inputs)
        all_of_them = f" on any of the {samples} samples" if samples > 1 else ""
        dead = "a dead ReLU" if name == "relu" else "dead"
        return f"{neuron} is {dead}: its net input is not above 0{all_of_them}, so no error passes."
    return (
        f"{neuron} is inactive on this sample: its net input is not above 0, so no error passes "
        "back through it."
    )


@lru_cache(maxsize=16)
def _highest_nets(timeline: Timeline, iteration: int) -> tuple[Array, ...] | None:
    """For each layer (neurons,): the highest net inputs over all samples of the preset.

    None where there are very many.
    """
    state = timeline.state(Moment.of(iteration, Phase.FORWARD))
    setup, seen = state.setup, state.forward
    assert seen is not None
    if len(state.batch.inputs) < len(setup.inputs):
        if len(setup.inputs) * len(setup.network.parameters) > MANY:
            return None
        seen = forward(setup.network, state.before, setup.inputs, setup.targets, setup.rule)
    return tuple(nets.max(axis=0) for nets in seen.nets)


def _simple(timeline: Timeline, derivation: Derivation) -> Iterator[str]:
    """Cross-entropy and the activation that goes with it: all but a difference cancels."""
    quantity = derivation.quantity
    setup = timeline.setup_at(derivation.moment)
    if quantity.kind is not Kind.DE_DNET or quantity.neuron not in setup.network.outputs:
        return
    name = setup.network.layers[-1].chosen.name
    batch = setup.batch(derivation.moment.iteration)
    total = batch.targets[max(quantity.sample - 1, 0)].sum()
    if _cancels(setup) and (name == "sigmoid" or abs(total - 1) < EXACT):
        mean = setup.rule.reduction == "mean" and len(batch.numbers) > 1
        divided = f", divided by the {len(batch.numbers)} samples" if mean else ""
        left = f"out - target{divided}"
        value = _value(timeline, quantity, Moment.of(derivation.moment.iteration, Phase.BACKWARD))
        number = "" if value is None else f" = {value:.4g}"
        yield f"{name.capitalize()} with cross-entropy: everything cancels except {left}{number}."


def _cancels(setup: Setup) -> bool:
    from_nets = setup.rule.loss.entry.from_nets.get(setup.network.layers[-1].chosen.name)
    return from_nets is not None and from_nets.cancels


def _nothing(timeline: Timeline, derivation: Derivation) -> Iterator[str]:
    """A gradient of exactly 0, and which factor makes it so."""
    if derivation.quantity.kind is not Kind.DE_DPARAMETER or derivation.value() != 0:
        return
    name = derivation.quantity.parameter
    if isinstance(derivation.formula, Product):
        zeros = [str(r.quantity) for r in references(derivation.formula) if r.value == 0]
        if zeros:
            verb = "is" if len(zeros) == 1 else "are"
            yield f"The gradient of {name} is exactly 0 because {_and(zeros)} {verb} 0."
            return
    formula = derivation.formula
    while formula is not None and not isinstance(formula, Sum):
        formula = next(iter(parts(formula)), None)
    why = "its terms cancel"
    if formula is None or not any(map(evaluate, formula.terms)):
        why = "all its terms are 0"
    yield f"The gradient of {name} is exactly 0: {why}."


def _bias(timeline: Timeline, derivation: Derivation) -> Iterator[str]:
    """A bias that is 0 has a gradient all the same."""
    quantity, network = derivation.quantity, timeline.setup_at(derivation.moment).network
    if quantity.kind is not Kind.DE_DPARAMETER or quantity.via or quantity.sample:
        return
    parameter = network.parameter(quantity.parameter)
    if not parameter.is_bias or not derivation.value():
        return
    before = timeline.state(derivation.moment).before[network.slots[parameter.name]]
    if before == 0:
        kind, what = "bias", "the delta"
        if parameter.threshold:
            kind, what = "threshold", "minus the delta"
        yield (
            f"{parameter.name} is 0 but its gradient is not: that is {what}, "
            f"whatever the value of the {kind}."
        )
    elif not parameter.trainable:
        yield f"{parameter.name} is frozen: it has a gradient but is not updated."


def _old_weights(timeline: Timeline, derivation: Derivation) -> Iterator[str]:
    """Deltas are carried back through the weights of before the update."""
    setup = timeline.setup_at(derivation.moment)
    used = [part.quantity for part in derivation.parts]
    kind, via = derivation.quantity.kind, derivation.quantity.via
    back = (Kind.DE_DPARAMETER, Kind.DE_DOUT, Kind.DE_DNET, Kind.DE_DINPUT)
    if kind in back and not via:
        for part in tuple(used):
            if part.via:
                used += _parts(setup, part)
            elif part.neuron in setup.network.outputs:
                continue  # the loss's slope uses no weight
            elif kind is Kind.DE_DNET and part.kind is Kind.DE_DOUT:
                shares = [share for share in _parts(setup, part) if share.via]
                used += [carrier for share in shares for carrier in _parts(setup, share)]
    names = dict.fromkeys(_edge(setup, q) for q in used if q.kind is Kind.DNET_DOUT)
    if kind is Kind.DNET_DOUT:
        names.update(dict.fromkeys(r.quantity.parameter for r in derivation.parts if r.age))
    changing = [n for n in names if setup.network.parameter(n).trainable]
    if changing and setup.rule.update == "sequential":
        yield f"Uses the already updated {_and(changing)} (sequential update)."
    elif changing:
        yield f"Uses {_and(changing)} from before the update."


def _and(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


@lru_cache(maxsize=512)
def _parts(setup: Setup, quantity: Quantity) -> tuple[Quantity, ...]:
    """What a quantity of the backward phase is computed from: the same at every moment."""
    first = derive(_beginning(setup), quantity, Moment.of(1, Phase.BACKWARD))
    return tuple(part.quantity for part in first.parts)


@lru_cache(maxsize=8)
def _beginning(setup: Setup) -> Timeline:
    return Timeline(setup)


def _edge(setup: Setup, quantity: Quantity) -> str:
    edges = setup.network.incoming(quantity.neuron)
    return next(p.name for p in edges if p.source == quantity.source)


def _overshot(timeline: Timeline, derivation: Derivation) -> Iterator[str]:
    """An output that has passed its target since the first iteration."""
    quantity, iteration = derivation.quantity, derivation.moment.iteration
    setup = timeline.setup_at(derivation.moment)
    is_output = quantity.kind in (Kind.OUT, Kind.SHARE)
    is_output = is_output and quantity.neuron in setup.network.outputs
    if not is_output or setup.batch_before(iteration) is None:
        return
    first = Moment.of((iteration - 1) % len(setup.batches) + 1, Phase.FORWARD)
    out, target = (quantity._replace(kind=kind) for kind in (Kind.OUT, Kind.TARGET))
    begun, now = (_value(timeline, out, m) for m in (first, derivation.moment))
    goal = _value(timeline, target, derivation.moment)
    if begun is None or now is None or goal is None:
        return
    if (begun - goal) * (now - goal) < 0:
        sides = ("above", "below") if begun > goal else ("below", "above")
        yield (
            f"{quantity.neuron} has overshot its target {goal:g}: it began {sides[0]} and is "
            f"now {sides[1]}."
        )


def _rose(timeline: Timeline, derivation: Derivation) -> Iterator[str]:
    """A loss that is larger than that of the same batch before."""
    quantity, iteration = derivation.quantity, derivation.moment.iteration
    setup = timeline.setup_at(derivation.moment)
    earlier = setup.batch_before(iteration)
    if quantity.kind is not Kind.LOSS or quantity.sample or earlier is None:
        return
    losses = timeline.losses(iteration)
    before = losses[earlier - 1]
    if losses[iteration - 1] > before:
        ago = ", what it was for this batch an epoch ago" if len(setup.batches) > 1 else ""
        yield f"{setup.preset.notation.loss} rose from {before:.9g}{ago}: the step was too long."
