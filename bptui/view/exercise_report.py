"""An exercise on paper: the network and its numbers, what is asked for, how exactly."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from msgspec.structs import replace

from bptui.audit.exercises import Exercise, fixed
from bptui.audit.scheme import Asked
from bptui.preset.errors import counted, listed
from bptui.preset.model import Bias, Layer, Marking, Preset, name_of
from bptui.preset.write import write_figures
from bptui.story.address import Kind, Quantity, all_quantities
from bptui.story.by_hand import by_hand
from bptui.story.derivation import derive
from bptui.story.formula import Ref
from bptui.story.moment import Moment
from bptui.story.notation import naming
from bptui.story.timeline import Timeline
from bptui.view.explain_report import LATEX_BEGIN, LATEX_END, escaped
from bptui.view.formula import age_of, sign
from bptui.view.latex import latex, latex_prose, latex_sign
from bptui.view.numbers import show
from bptui.view.rows import plain
from bptui.view.tables import Table, latex_table, markdown_table, narrow

_PAGE = 78
"""The characters of a row of a table in LaTeX that fit a page."""


def question_markdown(drawn: Exercise, title: str) -> str:
    """Return the sheet of an exercise; what is to be handed in stands last."""
    preset = drawn.setup.preset
    parts = [f"# {escaped(title)}", escaped(plain(preset.title))]
    parts += ["## The network", *map(escaped, _network(drawn))]
    parts += [markdown_table(table) for table in _tables(preset)]
    parts += ["## How it is trained", *map(escaped, _rules(drawn))]
    parts += [f"$$\n{line}\n$$" for line in _formulas(drawn)]
    parts += ["## What to work out", *map(escaped, _how(drawn))]
    number = 0
    for heading, asked in _groups(drawn):
        parts.append(f"### {heading}")
        parts.append("\n".join(_items(drawn, asked, number)))
        number += len(asked)
    parts += ["## To hand in", "Fill in these lines, and send them as a text file:"]
    parts.append("```text\n" + "\n".join(f"{_address(one)} =" for one in drawn.asked) + "\n```")
    return "\n\n".join(parts) + "\n"


def _items(drawn: Exercise, asked: list[Asked], before: int) -> Iterator[str]:
    names = naming(drawn.setup)
    for place, one in enumerate(asked, before + 1):
        shown = escaped(sign(one[0], names, _age(one)))
        yield f"{place}. {shown} (`{_address(one)}`){_worth(drawn, one)}"


def _groups(drawn: Exercise) -> Iterator[tuple[str, list[Asked]]]:
    """Yield what is asked for by phase, in the order of the calculation."""
    several = len({moment.iteration for _, moment in drawn.asked}) > 1
    for moment, asked in groupby(drawn.asked, key=lambda one: one[1]):
        assert moment.phase is not None  # what is asked for is computed
        heading = f"{moment.phase.label.capitalize()} phase"
        yield f"Iteration {moment.iteration}: {heading.lower()}" if several else heading, [*asked]


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


# in words


def _network(drawn: Exercise) -> Iterator[str]:
    first, *others = drawn.setup.preset.layers
    yield f"Inputs: {_neurons(first)}. {' '.join(f'{_layer(layer)}.' for layer in others)}"


def _neurons(layer: Layer) -> str:
    return listed(map(plain, layer.neurons), 30) if isinstance(layer.neurons, tuple) else ""


def _layer(layer: Layer) -> str:
    activation = "" if layer.activation is None else f" ({_function(layer.activation)})"
    return f"Layer {plain(layer.name)}: {_neurons(layer)}{activation}"


def _rules(drawn: Exercise) -> Iterator[str]:
    """Yield the conventions in words."""
    setup, preset = drawn.setup, drawn.setup.preset
    training = preset.training
    rate = plain(preset.notation.learning_rate)
    told = [f"Loss: {plain(setup.rule.loss.entry.label)}."]
    samples = training.batch_size(len(preset.samples))
    if samples > 1:
        told.append(
            f"A batch has {samples} samples, and E is the {training.reduction} of their losses."
        )
    elif len(preset.samples) > 1:
        told.append("Each iteration takes one sample, in the order of the table.")
    if name_of(training.optimizer) != "sgd":
        told.append(f"Optimizer: {_function(training.optimizer)}.")
    told.append(f"Learning rate: {rate} = {show(training.learning_rate, 9)}.")
    for label, value in (("Schedule", training.schedule), ("Penalty", training.penalty)):
        if value is not None:
            told.append(f"{label}: {_function(value)}.")
    if training.update == "sequential":
        told.append("Each layer is updated before the deltas of the layer below are computed.")
    frozen = [plain(p.name) for p in setup.network.parameters if not p.trainable]
    if frozen:
        told.append(f"Not updated: {listed(frozen, 30)}.")
    yield f"{' '.join(told)} The formulas, one of each kind:"


def _function(value: object) -> str:
    if not isinstance(value, dict):
        return plain(str(value))
    rest = ", ".join(f"{key} = {item}" for key, item in value.items() if key != "name")
    return plain(f"{value['name']} with {rest}" if rest else str(value["name"]))


def _how(drawn: Exercise) -> Iterator[str]:
    marking = drawn.marking
    if marking.digits is not None:
        exactly = f"to {counted(marking.digits, 'significant digit')}, such as "
        exactly += f"{fixed(0.0123456789, 10.0 ** (-1 - marking.digits))}"
    elif marking.decimals is not None:
        exactly = f"to {counted(marking.decimals, 'decimal')}"
    elif marking.absolute is not None:
        exactly = f"to within {marking.absolute:g}"
    else:
        exactly = f"to within {100 * (marking.relative or 0):g} %"
    told = f"Work in this order, and give each number {exactly}. "
    told += "Calculate with more digits than you write down."
    if drawn.setup.preset.training.update != "sequential":
        told += " Compute all gradients with the weights from before the update."
    if drawn.setup.batch_size > 1:
        told += " @2 means the second sample."
    if drawn.marking.follow_through:
        told += " A number that follows correctly from an earlier wrong one still counts."
    yield told


# in formulas


def _formulas(drawn: Exercise) -> Iterator[str]:
    """Yield the rules in which sheets often differ, in LaTeX: activations, loss, update."""
    names, timeline = naming(drawn.setup), Timeline(drawn.setup)
    for quantity in sorted(_ruled(drawn), key=lambda one: by_hand(*_first(one), drawn.setup)):
        derivation = derive(timeline, *_first(quantity))
        if derivation.formula is not None and not isinstance(derivation.formula, Ref):
            begun = latex_sign(quantity, names, age_of(derivation, names))
            yield _lines(f"{begun} &=", latex(derivation.formula, names, whole=False))


def _ruled(drawn: Exercise) -> Iterator[Quantity]:
    """Yield one number of each kind that a rule is about."""
    setup = drawn.setup
    sample = 1 if setup.batch_size > 1 else 0
    layers = zip(setup.preset.layers[1:], setup.network.neurons[1:], strict=True)
    first = {str(layer.activation): neurons[0] for layer, neurons in reversed([*layers])}
    yield from (Quantity(Kind.OUT, neuron, sample=sample) for neuron in first.values())
    yield from {Quantity(Kind.LOSS), Quantity(Kind.LOSS, sample=sample)}
    if setup.has_targets:
        yield Quantity(Kind.SHARE, setup.network.outputs[0], sample=sample)
    trained = next((p.name for p in setup.network.parameters if p.trainable), None)
    for quantity in all_quantities(setup):
        if quantity.kind in _OF_RULE and quantity.parameter == trained:
            yield quantity


_OF_RULE = (Kind.RATE, Kind.KEPT, Kind.TERM, Kind.PARAMETER)


def _first(quantity: Quantity) -> Asked:
    """A number at the first moment that computes it."""
    phase = quantity.form.set_in
    assert phase is not None  # no rule is about what is given
    return quantity, Moment.of(1, phase)


def _lines(begun: str, lines: list[str]) -> str:
    inner = " \\\\\n&\\qquad ".join(lines)
    return f"\\begin{{aligned}}\n{begun} {inner}\n\\end{{aligned}}"


# tables


def _tables(preset: Preset) -> list[Table]:
    edges: list[tuple[str, ...]] = [
        (name, edge.source, edge.to, show(edge.value, 9)) for name, edge in preset.weights.items()
    ]
    found = [Table(("weight", "from", "to", "value"), edges)]
    if preset.biases:
        rows = [(name, *_bias(bias)) for name, bias in preset.biases.items()]
        found.append(Table(("bias", "of", "value"), [*rows]))
    inputs, outputs = (layer.neurons for layer in (preset.layers[0], preset.layers[-1]))
    assert isinstance(inputs, tuple)
    assert isinstance(outputs, tuple)
    targets = [f"target {name}" for name in outputs] if preset.samples[0].target else []
    head = ("sample", *inputs, *targets)
    samples = [
        (str(place), *(show(x, 9) for x in (*sample.input, *(sample.target or ()))))
        for place, sample in enumerate(preset.samples, 1)
    ]
    return [*found, Table(head, [*samples])]


def _bias(bias: Bias) -> tuple[str, str]:
    subtracted = " (a threshold: it is subtracted)" if bias.threshold else ""
    return listed(bias.neurons, 30) + subtracted, show(bias.value, 9)


# LaTeX


def question_latex(drawn: Exercise, title: str) -> str:
    """Return the sheet of an exercise with lines to write on."""
    preset = drawn.setup.preset
    parts = [LATEX_BEGIN.rstrip("\n"), rf"\section*{{\raggedright {latex_prose(title)}}}"]
    parts += [latex_prose(preset.title)]
    parts += [r"\subsection*{The network}", *map(latex_prose, _network(drawn))]
    parts += [latex_table(some) for table in _tables(preset) for some in narrow(table, _PAGE)]
    parts += [r"\subsection*{How it is trained}", *map(latex_prose, _rules(drawn))]
    parts += [f"\\[\n{lines}\n\\]" for lines in _formulas(drawn)]
    parts += [r"\subsection*{What to work out}", *map(latex_prose, _how(drawn))]
    number = 0
    for heading, asked in _groups(drawn):
        begun = [r"\begin{enumerate}", rf"\setcounter{{enumi}}{{{number}}}"]
        items = "\n".join([*begun, *_latex_items(drawn, asked), r"\end{enumerate}"])
        parts.append(rf"\subsubsection*{{{heading}}}" + f"\n{items}")
        number += len(asked)
    return "\n\n".join(parts) + "\n\n" + LATEX_END


def _latex_items(drawn: Exercise, asked: list[Asked]) -> Iterator[str]:
    names = naming(drawn.setup)
    for one in asked:
        shown = latex_sign(one[0], names, _age(one))
        code = rf"\texttt{{{latex_prose(_address(one))}}}{_worth(drawn, one)}"
        yield rf"\item $\displaystyle {shown}$ \hfill {code} \underline{{\hspace{{10em}}}}"


# the key


def key_figures(drawn: Exercise) -> str:
    """Return the right answers in the digits that are asked for, as a preset prints figures."""
    found: dict[tuple[int, str], dict[str, str]] = {}
    for asked in drawn.asked:
        quantity, moment = asked
        assert moment.phase is not None  # what is asked for is computed
        texts = found.setdefault((moment.iteration, moment.phase.label), {})
        texts[str(quantity)] = _answer(drawn, asked)
    return write_figures(found)


def answers(drawn: Exercise) -> Table:
    """Return the right answers, as a student writes them."""
    rows: list[tuple[str, ...]] = [(_address(one), _answer(drawn, one)) for one in drawn.asked]
    return Table(("number", "answer"), rows)


def _answer(drawn: Exercise, asked: Asked) -> str:
    return fixed(drawn.exact(asked), drawn.unit(asked))


def presets(drawn: Exercise) -> tuple[Preset, Preset]:
    """Return the preset of an exercise, for a student, and that which answers are marked by."""
    preset = drawn.setup.preset
    asked = tuple(_address(asked) for asked in drawn.asked)
    marking = replace(preset.marking, ask=asked)
    return replace(preset, marking=Marking()), replace(preset, marking=marking)
