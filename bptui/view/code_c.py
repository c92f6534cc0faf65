"""A network as a program in C: loops over samples and neurons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from bptui.engine.optimizers import Optimizer
from bptui.engine.trace import Formula as Function
from bptui.story.formula import Const
from bptui.story.statements import is_coupled, needs, statements, variable
from bptui.view.code_c_text import (
    AT,
    PRINT,
    C,
    array,
    comment,
    computed,
    each,
    function,
    header,
    helpers,
    indexed,
    loop,
    over_neurons,
    printed,
    string,
    tied,
)
from bptui.view.code_formula import expression
from bptui.view.code_plan import (
    Block,
    Dense,
    Lines,
    Plan,
    called,
    counted,
    indented,
    inputs_of,
    listed,
    moved,
    update_values,
)
from bptui.view.code_walk import Declaring, declared, end_of, formula_of, iteration, share_of


def _names(block: Block, plan: Plan) -> Lines:
    names = [string(name) for name in plan.names(block)]
    head = f"static const char *const names_{block.name}[]"
    if block.slots.ndim < 2:
        return [f"{head} = {{{', '.join(names)}}};"]
    n = block.slots.shape[1]
    rows = [f"    {', '.join(names[k : k + n])}," for k in range(0, len(names), n)]
    return [f"{head} = {{", *rows, "};"]


_WORDS = Declaring(
    comment=comment,
    frozen="// frozen",
    parameters=lambda block: array(f"static double {block.name}", block.values),
    constant=lambda name, values: array(f"static const double {name}", values),
    names=_names,
    kept=lambda _, name, values: array(f"static double {name}", values),
)


def lacks(plan: Plan) -> Iterator[str]:
    """Yield what needs numpy's own generator; all else can be written out."""
    if plan.setup.shuffle is not None:
        yield "shuffled epochs of numpy's generator"


def write(plan: Plan) -> Lines:
    """Return the lines of the program."""
    program = _Program(plan)
    body = [*iteration(plan, program, comment), 'printf("%d %s\\n", iteration, text(E));']
    functions = [*program.functions, *program.update_function()]
    return [
        *header(plan),
        "#include <math.h>",
        "#include <stdio.h>",
        "#include <stdlib.h>",
        "",
        f"enum {{ ITERATIONS = {plan.iterations} }};",
        *program.numbers(),
        "",
        *program.data(),
        *(line for dense in plan.layers for line in program.parameters(dense, body)),
        "",
        *helpers([*functions, *body]),
        *functions,
        *PRINT.split("\n"),
        "int main(void)",
        "{",
        *indented(["for (int iteration = 1; iteration <= ITERATIONS; iteration++) {"]),
        *indented(indented(body)),
        *indented(["}", *map(printed, plan.blocks), "return 0;"]),
        "}",
    ]


class _Program:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.functions: Lines = []
        self._defined: set[str] = set()
        self._optimizer: Optimizer = plan.setup.rule.optimizer.entry
        self._inline = len(self._optimizer.formulas) == 1
        self._samples = max(len(batch.inputs) for batch in plan.setup.batches)

    # before main

    def numbers(self) -> Lines:
        """Return the learning rate, and what the penalty takes."""
        eta = {"eta": self.plan.setup.rule.learning_rate}
        is_used = any(self.plan.is_uniform(block) for block in self.plan.trained)
        found = (eta if is_used else {}) | self.plan.penalty_numbers
        return [f"static const double {k} = {v!r};" for k, v in found.items()]

    def data(self) -> Lines:
        setup = self.plan.setup
        one = len(setup.batches) == 1
        lines = [comment(f"inputs: {listed(setup.network.inputs)}")]
        lines += array(f"static const double {'x' if one else 'inputs'}", setup.inputs)
        if setup.has_targets:
            lines += array(f"static const double {'target' if one else 'targets'}", setup.targets)
        return lines

    def parameters(self, dense: Dense, body: Lines) -> Lines:
        n = len(dense.layer.neurons)
        names = [f"{what}_{dense.suffix}" for what in ("net", "out", "dE_dout", "delta")]
        used = [name for name in names if any(f" {name}[" in f" {line}" for line in body)]
        rows = [f"{name}[{self._samples}][{n}]" for name in used]
        return [*declared(dense, self.plan, _WORDS), f"static double {', '.join(rows)};"]

    # functions

    def _value(
        self, name: str, formula: Function, row: Mapping[str, str], numbers: Mapping[str, float]
    ) -> str:
        """Return a call of a formula of neuron j; `row` says where its sample's numbers stand."""
        found = statements(formula, totals=is_coupled(formula))
        assert found is not None
        if isinstance(value := found[-1].value, Const) and len(found) == 1:
            return expression(value, C, lambda x: f"{row[x]}[j]" if x in row else repr(numbers[x]))
        arguments = needs(formula)
        coupled = is_coupled(formula)
        if name not in self._defined:
            self._defined.add(name)
            self.functions += function(name, arguments, found, coupled, set(row))
        inside = [
            repr(float(numbers[a])) if a not in row else row[a] if coupled else f"{row[a]}[j]"
            for a in arguments
        ]
        size = ["j", f"(int)(sizeof {inside[0]} / sizeof {inside[0]}[0])"] if coupled else []
        return f"{name}({', '.join([*inside, *size])})"

    def _row(self, dense: Dense) -> dict[str, str]:
        found = {what: f"{what}_{dense.suffix}[s]" for what in ("net", "out", "dE_dout")}
        return found | {"target": "target[s]"}

    # main

    def begun(self) -> Lines:
        count = [f"double t = {self.plan.setup.rule.updates_before} + iteration;"]
        return [*(count if self.plan.counts else []), *self._steps(), *self._batch()]

    def forward(self) -> Lines:
        lines = ["double E = 0;", *loop("s", "samples", [*self._forward(), *self._loss()])]
        return [*lines, *(["E /= samples;"] if self.plan.is_mean else []), *self._penalty()]

    def _steps(self) -> Lines:
        rates = self.plan.setup.rule.rates
        if rates is None or rates.schedule is None:
            return []
        body = []
        for name, value in {**rates.schedule.parameters}.items():
            row = array(f"static const double {name}", np.array(value))
            body += row if np.ndim(value) else [f"const double {variable(name)} = {value!r};"]
        formula = rates.schedule.entry.rate
        body += computed(statements(formula) or [], "return ", str)
        body = body if "eta" in needs(formula) else ["(void)eta;", *body]
        self.functions += [
            "static double rate(double eta, double t)",
            "{",
            *indented(body),
            "}",
            "",
        ]
        return [f"double steps = ({counted('iteration', rates.before - 1)}) / {rates.unit};"]

    def _penalty(self) -> Lines:
        """Return the lines that add the penalty's term to E."""
        if (value := self.plan.penalty_value) is None:
            return []
        body = []
        for statement in statements(value, totals=True) or []:
            if statement.over_neurons:
                body += over_neurons(statement, lambda k: indexed({"w"}, k))
            else:
                body += computed([statement], "return ", str)
        head = "static double penalty(const double *w, int neurons)"
        self.functions += [head, "{", *indented(body), "}", ""]
        rows = self.plan.penalized
        lines = [f"double w[{sum(len(places) for _, places in rows)}];", "int taken = 0;"]
        for block, places in rows:
            first = f"&{block.name}" + "[0]" * block.slots.ndim
            if len(places) == block.slots.size:
                lines += loop("k", len(places), [f"w[taken++] = ({first})[k];"])
            else:
                lines += [f"w[taken++] = ({first})[{k}];" for k in places]
        return [*lines, "E += penalty(w, taken);"]

    def penalized(self, block: Block, slope: Function) -> Lines:
        at = AT[block.slots.ndim]
        (found,) = statements(slope) or []
        names = {"w": f"{block.name}{at}"}
        added = expression(found.value, C, lambda name: names.get(name, name))
        return each(block, f"dE_d{block.name}{at} += {added};")

    def _batch(self) -> Lines:
        setup = self.plan.setup
        if len(setup.batches) == 1:
            return [f"int samples = {len(setup.inputs)};"]
        size, count = setup.batch_size, len(setup.batches)
        last = len(setup.batches[-1].inputs)
        begin = counted("iteration", setup.place(1) % count - 1)
        lines = [f"int batch = ({begin}) % {count};"]
        lines += [f"int samples = batch < {count - 1} ? {size} : {last};"]
        lines += [f"const double (*x)[{len(setup.network.inputs)}] = inputs + {size} * batch;"]
        outputs = len(setup.network.outputs)
        wanted = f"const double (*target)[{outputs}] = targets + {size} * batch;"
        return lines + ([wanted] if setup.has_targets else [])

    def _forward(self) -> Iterator[str]:
        before = "x"
        for dense in self.plan.layers:
            s, (m, n) = dense.suffix, dense.layer.weights.shape
            sign = "-" if dense.layer.bias_feed < 0 else ""
            bias = "0"
            if dense.biases is not None:
                bias = sign + dense.biases.name + ("[j]" if dense.biases.slots.ndim else "")
            add = f"net_{s}[s][j] += {before}[s][i] * {dense.weights.name}[i][j];"
            yield from loop("j", n, [f"net_{s}[s][j] = {bias};", *loop("i", m, [add])])
            chosen, name = dense.layer.chosen, f"{called(dense.layer.chosen)}_out"
            formula = formula_of(chosen, "out", C)
            value = self._value(name, formula, self._row(dense), chosen.parameters)
            yield from loop("j", n, [f"out_{s}[s][j] = {value};"])
            before = f"out_{s}"

    @property
    def _numbers(self) -> dict[str, float]:
        setup = self.plan.setup
        return {**setup.rule.loss.parameters, "outputs": float(len(setup.network.outputs))}

    def _loss(self) -> Lines:
        last, share = self.plan.layers[-1], share_of(self.plan, C)
        value = self._value("loss_share", share, self._row(last), self._numbers)
        return loop("j", len(last.layer.neurons), [f"E += {value};"])

    def last_delta(self) -> Lines:
        plan, last = self.plan, self.plan.layers[-1]
        what, formula = end_of(plan, C)
        name = "loss_delta" if what == "delta" else "loss_slope"
        value = self._value(name, formula, self._row(last), self._numbers)
        divided = " / samples" if plan.is_mean else ""
        line = f"{what}_{last.suffix}[s][j] = {value}{divided};"
        lines = loop("j", len(last.layer.neurons), [line])
        return loop("s", "samples", lines if what == "delta" else [*lines, *self._delta(last)])

    def carried(self, dense: Dense, below: Dense) -> Lines:
        m, n = dense.layer.weights.shape
        target = f"dE_dout_{below.suffix}[s][i]"
        add = f"{target} += {dense.weights.name}[i][j] * delta_{dense.suffix}[s][j];"
        lines = loop("i", m, [f"{target} = 0;", *loop("j", n, [add])])
        return loop("s", "samples", [*lines, *self._delta(below)])

    def tied(self) -> Lines:
        return [line for tie in self.plan.ties for line in tied(tie, self.plan)]

    def _delta(self, dense: Dense) -> Lines:
        chosen, s = dense.layer.chosen, dense.suffix
        if (own := chosen.entry.computed.get("delta")) is not None:
            value = self._value(f"{called(chosen)}_delta", own, self._row(dense), chosen.parameters)
        else:
            formula, name = formula_of(chosen, "slope", C), f"{called(chosen)}_slope"
            slope = self._value(name, formula, self._row(dense), chosen.parameters)
            value = f"dE_dout_{s}[s][j]" + ("" if slope == "1.0" else f" * {slope}")
        return loop("j", len(dense.layer.neurons), [f"delta_{s}[s][j] = {value};"])

    def gradients(self, dense: Dense, before: str) -> Iterator[str]:
        (m, n), delta = dense.layer.weights.shape, f"delta_{dense.suffix}[s][j]"
        if dense.weights.is_trained:
            name = f"dE_d{dense.weights.name}"
            add = f"{name}[i][j] += {before}[s][i] * {delta};"
            yield f"double {name}[{m}][{n}] = {{{{0}}}};"
            yield from loop("s", "samples", loop("i", m, loop("j", n, [add])))
        if dense.biases is not None and dense.biases.is_trained:
            name, sign = f"dE_d{dense.biases.name}", "-" if dense.layer.bias_feed < 0 else "+"
            is_row = dense.biases.slots.ndim
            yield f"double {name}[{n}] = {{0}};" if is_row else f"double {name} = 0;"
            add = f"{name}{'[j]' if is_row else ''} {sign}= {delta};"
            yield from loop("s", "samples", loop("j", n, [add]))

    def update(self, block: Block) -> Lines:
        optimizer, name, at = self._optimizer, block.name, AT[block.slots.ndim]
        values = update_values(block, self.plan, at)
        values["eta"] = moved(block, values["eta"], at)
        if self._inline:
            (found,) = statements(optimizer.formulas["w"]) or []
            new = expression(found.value, C, values.__getitem__)
            return each(block, f"{name}{at} = {new};")
        values |= {held: f"&{values[held]}" for held in ("w", *optimizer.kept)}
        return each(block, f"update({', '.join(values[need] for need in inputs_of(self.plan))});")

    def update_function(self) -> Lines:
        rule, optimizer = self.plan.setup.rule, self._optimizer
        if self._inline or not self.plan.trained:
            return []
        held = ["w", *optimizer.kept]
        given = [
            f"double *to_{name}" if name in held else f"double {name}"
            for name in inputs_of(self.plan)
        ]
        body = [f"const double {k} = {v!r};" for k, v in rule.optimizer.parameters.items()]
        body += [f"double {name} = *to_{name};" for name in held]
        for name, formula in optimizer.formulas.items():
            before = f"{name} = " if name in held else f"double {name} = "
            body += computed(statements(formula) or [], before, str)
        body += [f"*to_{name} = {name};" for name in held]
        head = f"static void update({', '.join(given)})  // {called(rule.optimizer)}"
        return [head, "{", *indented(body), "}", ""]
