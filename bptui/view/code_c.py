"""A network as a program in C: loops over samples and neurons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from bptui.engine.functions import Activation, FromNets
from bptui.engine.on_arrays import loss_formulas
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
from bptui.view.code_formula import expression, first_written
from bptui.view.code_plan import (
    DELTA,
    Block,
    Dense,
    Lines,
    Plan,
    called,
    counted,
    indented,
    inputs_of,
    listed,
)


def lacks(plan: Plan) -> Iterator[str]:
    """Yield what needs numpy's own generator; all else can be written out."""
    if plan.setup.shuffle is not None:
        yield "shuffled epochs of numpy's generator"


def write(plan: Plan) -> Lines:
    """Return the lines of the program."""
    program = _Program(plan)
    body = program.main_loop()
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
        lines = ["", comment(f"{dense.layer.name}: {listed(dense.layer.neurons)}")]
        for block in dense.blocks:
            lines += array(f"static double {block.name}", block.values)
            lines[-1] += "" if block.is_trained else "  // frozen"
            lines += self._names(block)
            if not block.is_trained:
                continue
            if not block.is_whole:
                lines.append("// 0: frozen, or not there")
                lines += array(f"static const double moves_{block.name}", block.mask)
            if not self.plan.is_uniform(block):
                lines += array(f"static const double eta_{block.name}", block.rates)
            for name, values in block.kept.items():
                lines += array(f"static double {name}_{block.name}", values)
        n = len(dense.layer.neurons)
        names = [f"{what}_{dense.suffix}" for what in ("net", "out", "dE_dout", "delta")]
        used = [name for name in names if any(f" {name}[" in f" {line}" for line in body)]
        rows = [f"{name}[{self._samples}][{n}]" for name in used]
        return [*lines, f"static double {', '.join(rows)};"]

    def _names(self, block: Block) -> Lines:
        names = [string(name) for name in self.plan.names(block)]
        head = f"static const char *const names_{block.name}[]"
        if block.slots.ndim < 2:
            return [f"{head} = {{{', '.join(names)}}};"]
        n = block.slots.shape[1]
        rows = [f"    {', '.join(names[k : k + n])}," for k in range(0, len(names), n)]
        return [f"{head} = {{", *rows, "};"]

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

    def main_loop(self) -> Lines:
        plan = self.plan
        lines = [*self._count(), *self._steps(), *self._batch(), "// forward", "double E = 0;"]
        lines += loop("s", "samples", [*self._forward(), *self._loss()])
        lines += ["E /= samples;"] if plan.is_mean else []
        lines += self._penalty()
        lines += ["", "// backward; delta is dE/dnet", *self._backward()] if plan.trained else []
        late = [b for b in plan.trained if not (plan.is_sequential and b.slots.ndim == 2)]
        lines += ["", "// update"] if late else []
        lines += [line for block in late for line in self._update(block)]
        return [*lines, 'printf("%d %s\\n", iteration, text(E));']

    def _count(self) -> Lines:
        if not (self._optimizer.counts and self.plan.trained):
            return []
        return [f"double t = {self.plan.setup.rule.updates_before} + iteration;"]

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
        penalty = self.plan.setup.rule.penalty
        if penalty is None or (value := penalty.chosen.entry.value) is None:
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

    def _with_penalty(self, block: Block) -> Lines:
        """Return the lines that add the slope of the penalty's term to a gradient."""
        penalty = self.plan.setup.rule.penalty
        if penalty is None or not (block.is_penalized and block.is_trained):
            return []
        if (slope := penalty.chosen.entry.slope) is None:
            return []
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
            entry: Activation = dense.layer.chosen.entry
            formula = first_written(C, entry.computed.get("out"), entry.out)
            name = f"{called(dense.layer.chosen)}_out"
            value = self._value(name, formula, self._row(dense), dense.layer.chosen.parameters)
            yield from loop("j", n, [f"out_{s}[s][j] = {value};"])
            before = f"out_{s}"

    @property
    def _numbers(self) -> dict[str, float]:
        setup = self.plan.setup
        return {**setup.rule.loss.parameters, "outputs": float(len(setup.network.outputs))}

    def _loss(self) -> Lines:
        last, loss = self.plan.layers[-1], self.plan.setup.rule.loss
        formulas = loss_formulas(loss, last.layer.chosen)
        share = first_written(C, formulas.share, loss.entry.share)
        value = self._value("loss_share", share, self._row(last), self._numbers)
        return loop("j", len(last.layer.neurons), [f"E += {value};"])

    def _backward(self) -> Iterator[str]:
        layers, plan = self.plan.layers, self.plan
        yield from loop("s", "samples", [*self._last_delta()])
        for place in reversed(range(plan.first_trained, len(layers))):
            dense, below = layers[place], layers[place - 1] if place else None
            yield from self._gradients(dense, f"out_{below.suffix}" if below else "x")
            yield from self._with_penalty(dense.weights)
            if plan.is_sequential and dense.weights.is_trained:
                yield from self._update(dense.weights)
            if below is not None and place > plan.first_trained:
                m, n = dense.layer.weights.shape
                target = f"dE_dout_{below.suffix}[s][i]"
                add = f"{target} += {dense.weights.name}[i][j] * delta_{dense.suffix}[s][j];"
                carried = loop("i", m, [f"{target} = 0;", *loop("j", n, [add])])
                yield from loop("s", "samples", [*carried, *self._delta(below)])
        for tie in plan.ties:
            yield from tied(tie, plan)
        for dense in layers:
            if dense.biases is not None:
                yield from self._with_penalty(dense.biases)

    def _last_delta(self) -> Iterator[str]:
        plan, last = self.plan, self.plan.layers[-1]
        loss, row, s = plan.setup.rule.loss, self._row(last), last.suffix
        formulas, n = loss_formulas(loss, last.layer.chosen), len(last.layer.neurons)
        divided = " / samples" if plan.is_mean else ""
        delta = formulas.delta if isinstance(formulas, FromNets) else None
        if delta is not None and first_written(C, delta, DELTA) is delta:
            value = self._value("loss_delta", delta, row, self._numbers)
            yield from loop("j", n, [f"delta_{s}[s][j] = {value}{divided};"])
            return
        slope = first_written(C, formulas.slope, loss.entry.slope)
        value = self._value("loss_slope", slope, row, self._numbers)
        yield from loop("j", n, [f"dE_dout_{s}[s][j] = {value}{divided};"])
        yield from self._delta(last)

    def _delta(self, dense: Dense) -> Lines:
        chosen, s = dense.layer.chosen, dense.suffix
        entry: Activation = chosen.entry
        own, value = entry.computed.get("delta"), ""
        if own is not None:
            value = self._value(f"{called(chosen)}_delta", own, self._row(dense), chosen.parameters)
        else:
            formula = first_written(C, entry.computed.get("slope"), entry.slope)
            name = f"{called(chosen)}_slope"
            slope = self._value(name, formula, self._row(dense), chosen.parameters)
            value = f"dE_dout_{s}[s][j]" + ("" if slope == "1.0" else f" * {slope}")
        return loop("j", len(dense.layer.neurons), [f"delta_{s}[s][j] = {value};"])

    def _gradients(self, dense: Dense, before: str) -> Iterator[str]:
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

    # the update

    def _update(self, block: Block) -> Lines:
        plan, optimizer, name = self.plan, self._optimizer, block.name
        at = AT[block.slots.ndim]
        values = {"w": f"{name}{at}", plan.gradient: f"dE_d{name}{at}", "t": "t"}
        values |= {variable(p): variable(p) if block.is_penalized else "0" for p in plan.in_update}
        values["eta"] = self._rate(block, at)
        if self._inline:
            (found,) = statements(optimizer.formulas["w"]) or []
            new = expression(found.value, C, values.__getitem__)
            return each(block, f"{name}{at} = {new};")
        values |= {"w": f"&{name}{at}"} | {k: f"&{k}_{name}{at}" for k in optimizer.kept}
        return each(block, f"update({', '.join(values[need] for need in inputs_of(plan))});")

    def _rate(self, block: Block, at: str) -> str:
        eta = "eta" if self.plan.is_uniform(block) else f"eta_{block.name}{at}"
        eta = f"rate({eta}, steps)" if self.plan.is_scheduled else eta
        return eta if block.is_whole else f"moves_{block.name}{at} * {eta}"

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
