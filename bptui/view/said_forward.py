"""What is said of a step of the forward phase: what was computed, and how far off it is."""

from __future__ import annotations

import math

from bptui.preset.errors import counted
from bptui.session.following import subjects
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.view.numbers import show
from bptui.view.rows import plain
from bptui.view.saying import (
    DIGITS,
    FEW,
    first_of,
    name_of,
    names,
    number,
    of_sample,
    upcoming,
    value_of,
)


def neuron_forward(session: Session) -> list[str]:
    """One neuron's net input and output."""
    (neuron,) = subjects(session)
    network = session.setup.network
    net, out = (value_of(session, kind, neuron) for kind in (Kind.NET, Kind.OUT))
    out_is = f"{name_of(session, Kind.OUT, neuron)} = {number(session, out)}"
    incoming = network.incoming(neuron)
    sources = [p.source for p in incoming if p.source]
    bias = next((p for p in incoming if p.is_bias), None)
    summed = names(session, sources) if len(sources) <= FEW else f"{len(sources)} neurons"
    added = ""
    if bias is not None:
        added = f" {'minus' if bias.threshold else 'plus'} {names(session, [bias.name])}"
    net_is = f"{name_of(session, Kind.NET, neuron)} = {number(session, net)}"
    chosen = network.layers[network.places[neuron][0] - 1].chosen
    how = "the same as" if chosen.name == "identity" else f"the {chosen} of"
    begin = f"{out_is}{of_sample(session)}: {how} {net_is}"
    following = f" {upcoming(session)}".rstrip()
    return [
        f"{begin}, the weighted sum of {summed}{added}.{following}",
        f"{begin}.{following}",
        f"{out_is}: {how} {net_is}.",
        f"{out_is}.",
    ]


def layer_forward(session: Session) -> list[str]:
    """Several neurons of a layer."""
    neurons = [name for name in subjects(session) if name]
    texts = [
        f"{name_of(session, Kind.OUT, name)} = {number(session, value_of(session, Kind.OUT, name))}"
        for name in neurons
    ]
    layer = session.setup.network.layers[session.setup.network.places[neurons[0]][0] - 1]
    whole = f"{plain(layer.name).capitalize()}{of_sample(session)}: "
    following = f" {upcoming(session)}".rstrip()
    counts = (6, 4, 3, 2, 1)
    return [*(f"{whole}{first_of(texts, count)}.{following}" for count in counts), f"{texts[0]}."]


def loss_forward(session: Session) -> list[str]:
    """The loss: which outputs are off, and in which direction."""
    loss = session.value(Quantity(Kind.LOSS))
    assert loss is not None  # this step computes it
    name = name_of(session, Kind.LOSS)
    if not math.isfinite(loss):
        diverged = f"{name} is {show(loss, DIGITS)}: training has diverged."
        return [f"{diverged} Try a smaller learning rate; ← goes back.", diverged]
    samples = len(session.state.batch.numbers)
    told = f"{name} = {number(session, loss)}{_rose(session)}"
    if not session.setup.has_targets:
        return [f"{told}, the outputs added up.", f"{told}."]
    if session.shown_sample:
        over = f"over {counted(samples, 'sample')} {told}"
        return [
            f"Sample {session.shown_sample}: {_off(session)}; {over}.",
            f"Sample {session.shown_sample}: {_off(session, shortly=True)}; {over}.",
            f"{over[0].upper()}{over[1:]}.",
            f"{told}.",
            f"{name} = {show(loss, 4)}.",
        ]
    return [
        f"{told}: {_off(session)}.",
        f"{told}: {_off(session, shortly=True)}.",
        f"{told}.",
        f"{name} = {show(loss, 4)}.",
    ]


def _off(session: Session, *, shortly: bool = False) -> str:
    """Return which outputs are too high and which too low, the worst first."""
    outputs = session.setup.network.outputs
    pairs = [[value_of(session, kind, o) for kind in (Kind.OUT, Kind.TARGET)] for o in outputs]
    off = {
        output: out - target
        for output, (out, target) in zip(outputs, pairs, strict=True)
        if out is not None and target is not None
    }
    worst = sorted(off, key=lambda output: -abs(off[output]))
    shown = worst[: 1 if shortly and len(worst) > FEW else FEW]
    texts = []
    for output in shown:
        far = "on target" if not off[output] else f"too {'high' if off[output] > 0 else 'low'}"
        by = f" by {number(session, abs(off[output]), 4)}" if off[output] and not shortly else ""
        texts.append(f"{names(session, [output])} is {far}{by}")
    left = len(worst) - len(shown)
    return ", ".join(texts) + (f", {left} others less so" if left else "")


def _rose(session: Session) -> str:
    """Name the loss before if it was smaller: a sign that the learning rate is too large."""
    before = session.loss_before
    if before is None or (session.loss_change or 0.0) <= 0:
        return ""
    ago = " an epoch ago" if len(session.setup.batches) > 1 else ""
    return f", up from {number(session, before)}{ago}"
