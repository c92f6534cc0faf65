"""What scripts in Python share, whatever library they use."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from bptui.engine.functions import Chosen
from bptui.engine.trace import Array
from bptui.engine.trace import Formula as Function
from bptui.story.formula import Const
from bptui.story.statements import needs, statements, variable
from bptui.view.code_formula import Language, expression, number
from bptui.view.code_plan import Block, Lines, Plan, called, counted, indented, inputs_of, listed
from bptui.view.rows import plain


class Definitions:
    """The functions that a script defines, each once."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._found: dict[str, Lines] = {}

    def call(self, name: str, formula: Function, values: Mapping[str, str]) -> str:
        """Return a call of a formula with the texts of what it needs; a mere name stays one."""
        found = statements(formula)
        assert found is not None
        if isinstance(value := found[-1].value, Const) and len(found) == 1:
            return expression(value, self._language, values.__getitem__)
        self._found[name] = defined(name, needs(formula), formula, self._language)
        return f"{name}({', '.join(values[need] for need in needs(formula))})"

    def add(self, name: str, lines: Lines) -> None:
        self._found[name] = lines

    def lines(self) -> Lines:
        """Return all of them, with two empty lines after each."""
        return [line for lines in self._found.values() for line in ["", "", *lines]]


def defined(name: str, arguments: tuple[str, ...], formula: Function, language: Language) -> Lines:
    """Return the definition of a formula as a function."""
    head = f"def {name}({', '.join(arguments)}):"
    return [head, *indented(computed(formula, "return ", language))]


def computed(
    formula: Function, result: str, language: Language, values: Mapping[str, str] | None = None
) -> Lines:
    """Return the lines that compute a formula; `result` stands before the last.

    `values` says what the quantities are called, where not as in the formula.
    """
    given = values or {}
    lines = []
    for statement in statements(formula) or ():
        before = f"{statement.name} = " if statement.name else result
        text = expression(statement.value, language, lambda name: given.get(name, name))
        lines.append(f"{before}{text}")
    return lines


def texts(chosen: Chosen) -> dict[str, str]:
    """Return a function's own parameters as texts."""
    return {variable(name): _text(value) for name, value in chosen.parameters.items()}


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_text, value))}]"
    return number(float(value))  # type: ignore[arg-type]


# texts


def header(plan: Plan, library: str) -> Lines:
    """Return what a script begins with: a comment, but no text of the preset in two lines.

    There Python would look for an encoding.
    """
    preset = plan.setup.preset
    lines = [
        f"# Trains the network of a bptui preset with {library}, and prints the loss",
        "# of each iteration and the parameters after the last, as bptui run does.",
        f"# preset: {plain(preset.name)}",
    ]
    return lines + ([f"# title:  {plain(preset.title)}"] if preset.title else [])


def array(values: Array, *, call: str = "np.array({})", before: int = 0) -> str:
    """Return numbers as an array, a row a line; `before` characters stand before it."""
    if values.ndim < 2:
        return call.format(_row(values))
    indent = " " * (before + call.index("{}") + 1)
    rows = f",\n{indent}".join(map(_row, values))
    return call.format(f"[{rows}]")


def _row(values: Array) -> str:
    if values.ndim == 0:
        return repr(float(values))
    return f"[{', '.join(map(repr, values.tolist()))}]"


def assigned(name: str, values: Array, call: str = "np.array({})") -> Lines:
    """Return the lines of `name = array`."""
    return f"{name} = {array(values, call=call, before=len(name) + 3)}".split("\n")


def names_of(block: Block, plan: Plan) -> Lines:
    """Return the lines that give a block's names, in its shape."""
    names = plan.names(block)
    if block.slots.ndim == 2:
        width = block.slots.shape[1]
        rows = [names[k : k + width] for k in range(0, len(names), width)]
        before = f"names_{block.name} = ["
        inner = f",\n{' ' * len(before)}".join(map(_strings, rows))
        return f"{before}{inner}]".split("\n")
    return [f"names_{block.name} = {_strings(names)}"]


def _strings(names: list[str]) -> str:
    return f"[{', '.join(map(string, names))}]"


def string(text: str) -> str:
    """Return a text as a literal of Python, in double quotes."""
    inner = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inner}"'


def data(plan: Plan, call: str) -> Lines:
    """Return the lines of the samples."""
    setup = plan.setup
    one = len(setup.batches) == 1
    lines = assigned("x" if one else "inputs", setup.inputs, call)
    if setup.has_targets:
        lines += assigned("target" if one else "targets", setup.targets, call)
    return [f"# inputs: {listed(setup.network.inputs)}", *lines]


def taken_batch(plan: Plan) -> Lines:
    """Return the lines that take an iteration's batch, if there are several."""
    setup = plan.setup
    if len(setup.batches) == 1:
        return []
    size, count = setup.batch_size, len(setup.batches)
    if setup.shuffle is None:
        begin = counted("iteration", setup.place(1) % count - 1)
        lines = [
            f"batch = ({begin}) % {count}",
            f"samples = slice({size} * batch, {size} * (batch + 1))",
        ]
    else:
        seed, total = setup.shuffle, len(setup.inputs)
        lines = [
            f"epoch, batch = divmod({counted('iteration', setup.place(1) - 1)}, {count})",
            f"order = np.random.default_rng([{seed}, epoch + 1]).permutation({total})",
            f"samples = order[{size} * batch : {size} * (batch + 1)]",
        ]
    lines.append("x = inputs[samples]")
    return lines + (["target = targets[samples]"] if setup.has_targets else [])


def printed(plan: Plan, text: Callable[[Block], str]) -> Lines:
    """Return the end: every parameter by its name; `text` is what numpy reads its numbers from."""
    pairs = [f"    (names_{block.name}, {text(block)})," for block in plan.blocks]
    return [
        "",
        "for names, values in [",
        *pairs,
        "]:",
        "    for name, value in zip(np.ravel(names), np.ravel(values)):",
        "        if name:",
        "            print(name, value)",
    ]


def tied(plan: Plan, gradient: str) -> Lines:
    """Return the lines that give shared biases the sum of their gradients in all places."""
    lines = []
    for tie in plan.ties:
        places = [f"{gradient.format(block.name)}[{k}]" for block, k in tie.places]
        name = listed([plan.setup.network.parameters[tie.slot].name])
        lines += [
            f"# {name} is shared: its gradient is the sum of these",
            f"{' = '.join(places)} = {' + '.join(places)}",
        ]
    return lines


def helpers(lines: Lines, known: Mapping[str, Lines]) -> Lines:
    """Return the definitions, by name, of what lines call."""
    used = [
        body
        for name, body in known.items()
        if any(re.search(rf"(?<![\w.]){name}\(", line) for line in lines)
    ]
    return [line for body in used for line in ["", "", *body]]


def guards(where: str, zero: str = "0.0") -> dict[str, Lines]:
    """Return the helpers in which 0 wins over what is infinite; `where` is what chooses."""
    return {
        "weighted": [
            "def weighted(weight, value):",
            f"    return {where}(weight == 0, {zero}, weight * value)  # even what is infinite",
        ],
        "share_of": [
            "def share_of(part, whole):",
            f"    return {where}(part == 0, {zero}, part / whole)  # even of nothing",
        ],
    }


def schedule(plan: Plan, definitions: Definitions, language: Language) -> Lines:
    """Return the line that finds the schedule's t, if there is one; `rate(eta, steps)` is then
    the learning rate."""
    rates = plan.setup.rule.rates
    if rates is None or rates.schedule is None:
        return []
    steps = counted("iteration", rates.before - 1)
    values = {"eta": "eta", "t": "t", **texts(rates.schedule)}
    body = computed(rates.schedule.entry.rate, "return ", language, values)
    definitions.add("rate", ["def rate(eta, t):", *indented(body)])
    return [f"steps = ({steps}) // {rates.unit}" if rates.unit > 1 else f"steps = {steps}"]


def update_function(plan: Plan, language: Language) -> Lines:
    """Return what an update does with an array of parameters."""
    chosen = plan.setup.rule.optimizer
    lines = ["", "", f"def update({', '.join(inputs_of(plan))}):  # {called(chosen)}"]
    for name, formula in chosen.entry.formulas.items():
        lines += indented(computed(formula, f"{name} = ", language))
    return [*lines, f"    return {', '.join(['w', *chosen.entry.kept])}"]


def numbers(plan: Plan) -> Lines:
    """Return the learning rate, and what else the optimizer and the penalty take."""
    rule = plan.setup.rule
    found = {"eta": number(rule.learning_rate), **texts(rule.optimizer)}
    found |= {name: number(value) for name, value in plan.penalty_numbers.items()}
    return [f"{name} = {text}" for name, text in found.items()]


def penalty(plan: Plan, language: Language, joined: str, flat: str) -> Lines:
    """Return the lines that add the penalty's term to E; `joined` makes one array of some."""
    if (value := plan.penalty_value) is None:
        return []
    rows = [picked(block, places, flat.format(block.name)) for block, places in plan.penalized]
    return [f"w = {joined.format(', '.join(rows))}", *computed(value, "E = E + ", language)]


def picked(block: Block, places: list[int], flat: str) -> str:
    """Return some of a block's numbers, flat."""
    return flat if len(places) == block.slots.size else f"{flat}[{places}]"
