"""Pictures of the network: its output over two inputs, an activation, weights so far, gradients."""

from __future__ import annotations

import math

import numpy as np

from bptui.engine.on_arrays import layer_functions
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.landscape import Grid, OutputTask, Task, spread
from bptui.story.moment import START, Moment, Phase
from bptui.story.neighbours import is_neuron
from bptui.view.dots import Plot, Range, shaded
from bptui.view.loss_pictures import NOW, parameter_of
from bptui.view.numbers import show
from bptui.view.rows import Row, Span, cells, clip, pad, plain, wrap

_MARGIN = 0.25
"""So much more than the samples need is shown on each side."""
_POINTS = 300
"""Points of a history."""
_MANY = 6
"""Curves in one picture."""


# the output over two inputs


def _output(session: Session) -> str:
    outputs = session.setup.network.outputs
    return session.selected if session.selected in outputs else outputs[0]


def outputs_title(session: Session) -> str:
    return f"out {_output(session)} over {' and '.join(session.setup.network.inputs)}"


def _input_spans(session: Session) -> list[Range]:
    spans = []
    for column in session.setup.inputs.T:
        low, high = float(column.min()), float(column.max())
        more = _MARGIN * (high - low or 1.0)
        spans.append((low - more, high + more))
    return spans


def output_tasks(session: Session, width: int, height: int) -> tuple[Task, ...]:
    spans, counts = _input_spans(session), (max(3, width - 10), max(3, height - 2))
    xs, ys = (spread(*span, count) for span, count in zip(spans, counts, strict=True))
    phase = session.moment.phase
    updated = phase is Phase.UPDATE and not session.left
    at = session.moment if updated or phase is None else session.moment.plus(-1 - int(phase))
    return (OutputTask(session.timeline, at if at.at else START, _output(session), xs, ys),)


def outputs(
    session: Session, width: int, height: int, found: tuple[Grid, ...]
) -> tuple[list[Row], str]:
    """Draw an output over both inputs as shades, with the samples: where it should be high."""
    grid, network = found[0], session.setup.network
    across, up = _input_spans(session)
    plot = Plot((width, height), across, up, braille=session.braille, digits=2)
    low, high = _range(grid)
    plot.dots.shade(shaded(grid, low, high), "chart_axis")
    place = network.outputs.index(_output(session))
    targets = session.setup.targets[:, place] if session.setup.targets.size else None
    for k, (x, y) in enumerate(session.setup.inputs.tolist()):
        wanted = targets is None or targets[k] > (low + high) / 2
        plot.mark(x, y, "●" if wanted else "○", "target" if wanted else "chart_now")
    plot.tick(sum(across) / 2, plain(network.inputs[0]), "neuron")
    for end in across:
        plot.tick(end, show(end, 2))
    marked = "a sample" if targets is None else "should be high"
    shown = f"● {marked}, {show(low, 2)} · to █ {show(high, 2)}"
    return plot.rows(), shown


def _range(grid: Grid) -> Range:
    numbers = [n for row in grid for n in row if math.isfinite(n)]
    low, high = min(numbers, default=0.0), max(numbers, default=1.0)
    return (0.0, 1.0) if low > -0.001 and high < 1.001 else (low, high if high > low else low + 1)


# an activation's curve


def _neuron(session: Session) -> str:
    """Return the neuron that is selected, or that the selected parameter leads to."""
    network, name = session.setup.network, session.selected
    if not is_neuron(network, name):
        return network.parameter(name).targets[0]
    return network.layers[0].neurons[0] if name in network.inputs else name


def activation_title(session: Session) -> str:
    network, name = session.setup.network, _neuron(session)
    return f"{network.layers[network.places[name][0] - 1].chosen} of {name}"


def activation(
    session: Session, width: int, height: int, found: tuple[Grid, ...]
) -> tuple[list[Row], str]:
    """Draw out over net, with the neuron's own net on it and the slope there."""
    network, name = session.setup.network, _neuron(session)
    place, index = network.places[name]
    sample = session.shown_sample
    net, out, slope = (
        session.value(Quantity(kind, neuron=name, sample=sample))
        for kind in (Kind.NET, Kind.OUT, Kind.DOUT_DNET)
    )
    finite = net is not None and math.isfinite(net)
    reach = max(6.0, 1.25 * abs(net)) if net is not None and finite else 6.0
    xs = spread(-reach, reach, 2 * width)
    nets = np.zeros((len(network.layers[place - 1].neurons), len(xs)))
    if session.state.forward is not None:
        nets[:] = session.state.forward.nets[place - 1][max(sample - 1, 0)][:, np.newaxis]
    nets[index] = xs
    with np.errstate(all="ignore"):
        ys = layer_functions(network.layers[place - 1].chosen).out(nets)[index].tolist()
    low, high = min(ys), max(ys)
    ends = (low, high if high > low else low + 1.0)
    plot = Plot((width, height), (-reach, reach), ends, braille=session.braille, digits=2)
    plot.curve(zip(xs, ys, strict=True), "chart_line")
    said = ""
    if net is not None and out is not None and slope is not None:
        plot.curve([(x, out + slope * (x - net)) for x in (-reach, reach)], "backward", gap=2)
        said = f"slope {show(slope, 4)}"
    if net is not None and out is not None:
        plot.mark(net, out, NOW, "chart_now")
        plot.tick(net, f"net {show(net, 4)}", "chosen")
    plot.tick(-reach, show(-reach, 2))
    plot.tick(reach, show(reach, 2))
    return plot.rows(), said


# weights so far


def history(
    session: Session, width: int, height: int, found: tuple[Grid, ...]
) -> tuple[list[Row], str]:
    """Draw the selected parameter by iteration, with those that lead to the same neuron."""
    network, chosen = session.setup.network, parameter_of(session)
    near = [p.name for t in network.parameter(chosen).targets for p in network.incoming(t)]
    names = list(dict.fromkeys((*[n for n in near if n != chosen][: _MANY - 1], chosen)))
    curves = {name: _history(session, name) for name in names}
    last = max(x for curve in curves.values() for x, _ in curve)
    numbers = [y for curve in curves.values() for _, y in curve if math.isfinite(y)]
    low, high = min(numbers, default=0.0), max(numbers, default=1.0)
    if high - low < 1e-12:
        low, high = low - 0.5, high + 0.5
    room = max(cells(plain(name)) for name in names) + 1
    size = (max(16, width - room), height)
    plot = Plot(size, (0, max(1, last)), (low, high), braille=session.braille)
    labels: dict[int, tuple[str, str]] = {}
    for name, curve in curves.items():
        role = "chosen" if name == chosen else "chart_line"
        plot.curve(curve, role)
        plot.mark(*curve[-1], "•", role)
        share = (high - curve[-1][1]) / (high - low) if math.isfinite(curve[-1][1]) else 0.0
        labels[round(share * (plot.dots.height - 1))] = (plain(name), role)
    plot.tick(0, "0")
    plot.tick(last, str(last))
    rows = [(*row, Span(*labels[y])) if y in labels else row for y, row in enumerate(plot.rows())]
    change = curves[chosen][-1][1] - curves[chosen][0][1]
    return rows, f"{plain(chosen)} {show(change, 4)} since the start" if last else ""


def _history(session: Session, name: str) -> list[tuple[int, float]]:
    moment = session.moment
    done = (
        moment.iteration
        if moment.phase is Phase.UPDATE and not session.left
        else (moment.iteration - 1)
    )
    curve = session.timeline.history(name, done, _POINTS)
    if curve and curve[-1][0] < done:
        value = session.timeline.state(Moment.of(done, Phase.UPDATE)).now[
            0, session.setup.network.slots[name]
        ]
        curve.append((done, float(value)))
    return curve or [(0, session.value(Quantity(Kind.PARAMETER, parameter=name)) or 0.0)]


# gradient flow


def flow(
    session: Session, width: int, height: int, found: tuple[Grid, ...]
) -> tuple[list[Row], str]:
    """Draw the mean size of the deltas of each layer on a logarithmic scale, outputs first."""
    network, phase = session.setup.network, session.moment.phase
    if (
        session.state.backward is None
        or phase is None
        or (phase is Phase.BACKWARD and session.left)
    ):
        told = "The sizes of the deltas appear after the backward phase."
        return [(), (Span(clip(f" {told}", width), "label"),)], ""
    sizes = [float(np.abs(delta).mean()) for delta in session.state.backward.dE_dnet]
    logs = [math.log10(s) if s and math.isfinite(s) else -math.inf for s in sizes]
    finite = [log for log in logs if math.isfinite(log)]
    low, high = math.floor(min(finite, default=0)) - 1, max(finite, default=1.0)
    name_width = min(12, max(cells(plain(layer.name)) for layer in network.layers))
    room = max(4, width - name_width - 14)
    rows: list[Row] = [(Span(" mean |δ| by layer, log scale", "label"),)]
    for layer, size, log in reversed(list(zip(network.layers, sizes, logs, strict=True))):
        share = (log - low) / (high - low) if math.isfinite(log) and high > low else 0.0
        rows.append(
            (
                Span(f" {pad(plain(layer.name), name_width)} ", "neuron"),
                Span(f"{show(size, 6):>10} "),
                Span("━" * round(share * room), "backward"),
            )
        )
    return [*rows, (), *_told(network.layers[0].name, network.layers[-1].name, sizes, width)], ""


def _told(first: str, last: str, sizes: list[float], width: int) -> list[Row]:
    """Say whether the error vanishes or explodes on its way to the first layer."""
    if len(sizes) < 2 or not sizes[-1] or not math.isfinite(sizes[0]):
        return []
    ratio = sizes[0] / sizes[-1]
    if ratio == 0:
        told = f"Nothing of the error reaches {plain(first)}."
    else:
        way = f"{1 / ratio:.3g} times smaller" if ratio < 1 else f"{ratio:.3g} times larger"
        told = f"In {plain(first)} deltas are {way} than in {plain(last)}."
        told += " They vanish." if ratio < 0.01 else " They explode." if ratio > 100 else ""
    return [(Span(f" {line}", "status"),) for line in wrap(told, width - 1)]
