"""An exercise on paper: the network and its numbers, what is asked for, how exactly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from bptui.audit.exercises import Exercise, fixed
from bptui.audit.scheme import Asked
from bptui.preset.errors import counted, listed
from bptui.preset.model import Bias, Layer, Marking, Preset, name_of
from bptui.preset.write import write_figures
from bptui.story.address import Kind
from bptui.story.notation import naming
from bptui.view.explain_report import LATEX_BEGIN, LATEX_END, escaped
from bptui.view.formula import sign
from bptui.view.latex import latex_prose, latex_sign
from bptui.view.numbers import show
from bptui.view.rows import plain

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]
"""The heads of its columns, and its rows."""


def question_markdown(drawn: Exercise, name: str) -> str:
    preset = drawn.setup.preset
    parts = [f"# {escaped(preset.title)}", f"**{escaped(name)}**"]
    parts += [escaped(text) for text in _rules(drawn)]
    parts += [_markdown_table(table) for table in _tables(preset)]
    parts += [f"Work out {_how_exactly(drawn)}", "\n".join(_items(drawn))]
    parts.append("To hand in, fill in these lines:")
    parts.append("```text\n" + "\n".join(f"{_address(one)} =" for one in drawn.asked) + "\n```")
    return "\n\n".join(parts) + "\n"


def _items(drawn: Exercise) -> Iterator[str]:
    names = naming(drawn.setup)
    for place, asked in enumerate(drawn.asked, 1):
        shown = escaped(sign(asked[0], names, _age(asked)))
        yield f"{place}. {shown} (`{_address(asked)}`){_worth(drawn, asked)}"


def _address(asked: Asked) -> str:
    """What is asked for as on a sheet, with its iteration if that is not the first."""
    quantity, moment = asked
    return str(quantity) if moment.iteration == 1 else f"{quantity} at {moment}"


def _age(asked: Asked) -> str:
    return "new" if asked[0].kind is Kind.PARAMETER else ""


def _worth(drawn: Exercise, asked: Asked) -> str:
    names = (_address(asked), f"{asked[0]} at {asked[1]}")
    points = next((p for a, p in drawn.marking.points.items() if a in names), 1.0)
    return "" if points == 1 else f", {points:g} points"


def _how_exactly(drawn: Exercise) -> str:
    marking = drawn.marking
    if marking.digits is not None:
        exactly = f"to {counted(marking.digits, 'significant digit')}"
    elif marking.decimals is not None:
        exactly = f"to {counted(marking.decimals, 'decimal')}"
    elif marking.absolute is not None:
        exactly = f"so exactly that they are at most {marking.absolute:g} off"
    else:
        exactly = f"so exactly that they are at most {100 * (marking.relative or 0):g} % off"
    return f"these numbers {exactly}; go on with more digits than you write down:"


def _rules(drawn: Exercise) -> Iterator[str]:
    """Yield the network and the conventions in words."""
    setup, preset = drawn.setup, drawn.setup.preset
    training = preset.training
    yield f"The network: {'; '.join(_layer(layer) for layer in preset.layers)}."
    rule = [f"loss: {plain(setup.rule.loss.entry.label)}"]
    rate = plain(preset.notation.learning_rate)
    rule.append(f"learning rate: {rate} = {show(training.learning_rate, 9)}")
    if name_of(training.optimizer) != "sgd":
        rule.append(f"optimizer: {_function(training.optimizer)}")
    for label, value in (("schedule", training.schedule), ("penalty", training.penalty)):
        if value is not None:
            rule.append(f"{label}: {_function(value)}")
    samples = training.batch_size(len(preset.samples))
    if samples > 1:
        rule.append(f"batch: {samples} samples, their losses by {training.reduction}")
    if training.update == "sequential":
        rule.append("each layer is updated before the deltas of the layer below")
    frozen = [p.name for p in setup.network.parameters if not p.trainable]
    if frozen:
        rule.append(f"not updated: {listed(frozen, 30)}")
    yield f"The rule: {'; '.join(rule)}."


def _layer(layer: Layer) -> str:
    neurons = layer.neurons if isinstance(layer.neurons, tuple) else ()
    activation = "" if layer.activation is None else f" ({_function(layer.activation)})"
    return f"{plain(layer.name)} {listed(neurons, 30)}{activation}"


def _function(value: object) -> str:
    if not isinstance(value, dict):
        return plain(str(value))
    rest = ", ".join(f"{key} = {item}" for key, item in value.items() if key != "name")
    return plain(f"{value['name']}, {rest}" if rest else str(value["name"]))


def _tables(preset: Preset) -> list[Table]:
    edges: list[tuple[str, ...]] = [
        (name, edge.source, edge.to, show(edge.value, 9)) for name, edge in preset.weights.items()
    ]
    found: list[Table] = [(("weight", "from", "to", "value"), edges)]
    if preset.biases:
        rows = [(name, *_bias(bias)) for name, bias in preset.biases.items()]
        found.append((("bias", "of", "value"), [*rows]))
    inputs, outputs = (layer.neurons for layer in (preset.layers[0], preset.layers[-1]))
    assert isinstance(inputs, tuple)
    assert isinstance(outputs, tuple)
    targets = [f"target {name}" for name in outputs] if preset.samples[0].target else []
    head = ("sample", *inputs, *targets)
    samples = [
        (str(place), *(show(x, 9) for x in (*sample.input, *(sample.target or ()))))
        for place, sample in enumerate(preset.samples, 1)
    ]
    return [*found, (head, [*samples])]


def _bias(bias: Bias) -> tuple[str, str]:
    subtracted = " (a threshold: it is subtracted)" if bias.threshold else ""
    return listed(bias.neurons, 30) + subtracted, show(bias.value, 9)


def _markdown_table(table: Table) -> str:
    head, rows = table
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cells(line))} |" for line in lines)


def _cells(line: Sequence[str]) -> list[str]:
    return [cell if cell == "---" else escaped(cell) for cell in line]


# LaTeX


def question_latex(drawn: Exercise, name: str) -> str:
    preset, names = drawn.setup.preset, naming(drawn.setup)
    parts = [LATEX_BEGIN.rstrip("\n"), rf"\section*{{\raggedright {latex_prose(preset.title)}}}"]
    parts += [rf"\noindent\textbf{{{latex_prose(name)}}}"]
    parts += [latex_prose(text) for text in _rules(drawn)]
    parts += [_latex_table(table) for table in _tables(preset)]
    items = [
        rf"\item ${latex_sign(asked[0], names, _age(asked))}$"
        rf" \hfill \texttt{{{latex_prose(_address(asked))}}}{_worth(drawn, asked)}"
        rf" \underline{{\hspace{{8em}}}}"
        for asked in drawn.asked
    ]
    parts.append(f"Work out {latex_prose(_how_exactly(drawn))}")
    parts.append("\n".join([r"\begin{enumerate}", *items, r"\end{enumerate}"]))
    return "\n\n".join(parts) + "\n\n" + LATEX_END


_MOST_ROWS = 40
"""Rows of a table that fit a page."""


def _latex_table(table: Table) -> str:
    head, rows = table
    found = []
    for first in range(0, len(rows), _MOST_ROWS):
        some = [head, *rows[first : first + _MOST_ROWS]]
        lines = [" & ".join(latex_prose(cell) for cell in row) + r" \\" for row in some]
        lines.insert(1, r"\hline")
        columns = "l" * len(head)
        inner = "\n".join([rf"\begin{{tabular}}{{{columns}}}", *lines, r"\end{tabular}"])
        found.append(f"\\begin{{center}}\n{inner}\n\\end{{center}}")
    return "\n\n".join(found)


# the key


def key_figures(drawn: Exercise) -> str:
    """Return the right answers in the digits that are asked for, as a preset prints figures."""
    found: dict[tuple[int, str], dict[str, str]] = {}
    for asked in drawn.asked:
        quantity, moment = asked
        assert moment.phase is not None  # what is asked for is computed
        value, unit = drawn.exact(asked), drawn.unit(asked)
        texts = found.setdefault((moment.iteration, moment.phase.label), {})
        texts[str(quantity)] = fixed(value, unit)
    return write_figures(found)


def presets(drawn: Exercise) -> tuple[Preset, Preset]:
    """Return the preset of an exercise, for a student, and that which answers are marked by."""
    preset = drawn.setup.preset
    asked = tuple(_address(asked) for asked in drawn.asked)
    marking = replace(preset.marking, ask=asked)
    return replace(preset, marking=Marking()), replace(preset, marking=marking)
