"""A network as a numpy script, its backward pass written out."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from bptui.engine.functions import Activation, Chosen, FromNets
from bptui.engine.on_arrays import loss_formulas
from bptui.engine.optimizers import Optimizer
from bptui.engine.trace import Formula as Function
from bptui.story.statements import needs
from bptui.view.code_formula import Language, first_written, number
from bptui.view.code_plan import (
    DELTA,
    Block,
    Dense,
    Lines,
    Plan,
    called,
    indented,
    inputs_of,
    listed,
)
from bptui.view.code_python import (
    Definitions,
    assigned,
    computed,
    data,
    header,
    helpers,
    names_of,
    numbers,
    penalty,
    printed,
    schedule,
    taken_batch,
    texts,
    tied,
    update_function,
    update_values,
)

NUMPY = Language(
    functions={
        "ln": "np.log({0})",
        "max": "np.maximum({0}, {1})",
        "min": "np.minimum({0}, {1})",
        "erf": "erf({0})",
        "erfc": "erfc({0})",
        "weighted": "weighted({0}, {1})",
        "share_of": "share_of({0}, {1})",
        "number_at": "{0}[min({1}, len({0}) - 1)]",
        "total": "np.sum({0}, axis=1, keepdims=True)",
        "largest": "np.max({0}, axis=1, keepdims=True)",
        "total_of_others": "np.sum(np.sort({0}, axis=1)[:, :-1], axis=1, keepdims=True)",
    },
    other="np.{}",
    choose="np.where({}, {}, {})",
    power="{} ** {}",
    number=number,
)
_HELPERS = {
    "erf": ["erf = np.vectorize(math.erf)"],
    "erfc": ["erfc = np.vectorize(math.erfc)"],
    "weighted": [
        "def weighted(weight, value):",
        "    return np.where(weight == 0, 0, weight * value)  # even what is infinite",
    ],
    "share_of": [
        "def share_of(part, whole):",
        "    return np.where(part == 0, 0, part / whole)  # even of nothing",
    ],
}
"""What numpy lacks."""


def lacks(plan: Plan) -> Iterator[str]:
    """Yield nothing: all can be written out."""
    return iter(())


def write(plan: Plan) -> Lines:
    """Return the lines of the script."""
    script = _Script(plan)
    loop = script.loop()
    functions = [*script.functions.lines(), *script.update_function()]
    lacking = helpers([*functions, *loop], _HELPERS)
    return [
        *header(plan, "numpy"),
        *_imports(lacking),
        "",
        f"iterations = {plan.iterations}",
        *numbers(plan),
        "",
        *data(plan, "np.array({})"),
        *(line for dense in plan.layers for line in script.parameters(dense)),
        *lacking,
        *functions,
        *(["", ""] if lacking or functions else [""]),
        "for iteration in range(1, iterations + 1):",
        *indented(loop),
        *printed(plan, lambda block: block.name),
    ]


def _imports(lines: Lines) -> Lines:
    needs_math = any("math." in line for line in lines)
    return ["import math", "", "import numpy as np"] if needs_math else ["import numpy as np"]


class _Script:
    def __init__(self, plan: Plan) -> None:
        self.plan, self.functions = plan, Definitions(NUMPY)
        self._optimizer: Optimizer = plan.setup.rule.optimizer.entry
        self._inline = len(self._optimizer.formulas) == 1

    # before the loop

    def parameters(self, dense: Dense) -> Lines:
        """Return the parameters of a layer, what is frozen, and what the optimizer keeps."""
        lines = ["", f"# {listed([dense.layer.name])}: {listed(dense.layer.neurons)}"]
        for block in dense.blocks:
            lines += assigned(block.name, block.values)
            lines[-1] += "" if block.is_trained else "  # frozen"
            lines += names_of(block, self.plan)
            if not block.is_trained:
                continue
            if not block.is_whole:
                lines.append("# 0: frozen, or not there")
                lines += assigned(f"moves_{block.name}", block.mask)
            if not self.plan.is_uniform(block):
                lines += assigned(f"eta_{block.name}", block.rates)
            for name, values in block.kept.items():
                zero = f"np.zeros_like({block.name})"
                variable = f"{name}_{block.name}"
                new = assigned(variable, values) if values.any() else [f"{variable} = {zero}"]
                lines += new
        return lines

    # the loop

    def loop(self) -> Lines:
        plan = self.plan
        lines = [*self._count(), *schedule(plan, self.functions, NUMPY), *taken_batch(plan)]
        lines += ["# forward", *self._forward(), *self._loss()]
        lines += ["", "# backward; delta is dE/dnet", *self._backward()] if plan.trained else []
        late = [b for b in plan.trained if not (plan.is_sequential and b.slots.ndim == 2)]
        lines += ["", "# update"] if late else []
        return [*lines, *(line for b in late for line in self._update(b)), "print(iteration, E)"]

    def _count(self) -> Lines:
        """Return the line that counts updates, if their number matters."""
        if not (self._optimizer.counts and self.plan.trained):
            return []
        before = self.plan.setup.rule.updates_before
        return [f"t = {before} + iteration" if before else "t = iteration"]

    def _forward(self) -> Iterator[str]:
        before = "x"
        for dense in self.plan.layers:
            sign = "-" if dense.layer.bias_feed < 0 else "+"
            biases = f" {sign} {dense.biases.name}" if dense.biases else ""
            s = dense.suffix
            yield f"net_{s} = {before} @ {dense.weights.name}{biases}"
            chosen, before = dense.layer.chosen, f"out_{s}"
            entry: Activation = chosen.entry
            formula = first_written(NUMPY, entry.computed.get("out"), entry.out)
            yield f"out_{s} = {self._call(called(chosen), formula, chosen, dense)}"

    def _call(self, name: str, formula: Function, chosen: Chosen, dense: Dense) -> str:
        s = dense.suffix
        values = {"net": f"net_{s}", "out": f"out_{s}", **texts(chosen)}
        return self.functions.call(name, formula, values)

    def _end(self) -> dict[str, str]:
        """What the formulas of the loss are over."""
        loss, s = self.plan.setup.rule.loss, self.plan.layers[-1].suffix
        outputs = str(len(self.plan.setup.network.outputs))
        named = {"net": f"net_{s}", "out": f"out_{s}", "target": "target", "outputs": outputs}
        return named | texts(loss)

    def _loss(self) -> Lines:
        rule, last = self.plan.setup.rule, self.plan.layers[-1].layer
        formulas = loss_formulas(rule.loss, last.chosen)
        share = first_written(NUMPY, formulas.share, rule.loss.entry.share)
        *lines, total = computed(share, "", NUMPY, self._end())
        lines.append(f"E = np.sum({total})" + (" / len(x)" if self.plan.is_mean else ""))
        flat = replace(NUMPY, functions={**NUMPY.functions, "total": "np.sum({0})"})
        return [*lines, *penalty(self.plan, flat, "np.concatenate([{}])", "{}.ravel()")]

    def _with_penalty(self, block: Block) -> Lines:
        """Return the lines that add the slope of the penalty's term to a gradient."""
        rule, gradient = self.plan.setup.rule, f"dE_d{block.name}"
        if rule.penalty is None or not (block.is_penalized and block.is_trained):
            return []
        if (slope := rule.penalty.chosen.entry.slope) is None:
            return []
        return computed(slope, f"{gradient} = {gradient} + ", NUMPY, {"w": block.name})

    def _backward(self) -> Iterator[str]:
        layers, plan = self.plan.layers, self.plan
        yield from self._last_delta()
        for place in reversed(range(plan.first_trained, len(layers))):
            dense, below = layers[place], layers[place - 1] if place else None
            yield from self._gradients(dense, f"out_{below.suffix}" if below else "x")
            yield from self._with_penalty(dense.weights)
            if plan.is_sequential and dense.weights.is_trained:
                yield from self._update(dense.weights)
            if below is not None and place > plan.first_trained:
                yield f"dE_dout_{below.suffix} = delta_{dense.suffix} @ {dense.weights.name}.T"
                yield from self._delta(below)
        yield from tied(plan, "dE_d{}")
        for dense in layers:
            if dense.biases is not None:
                yield from self._with_penalty(dense.biases)

    def _last_delta(self) -> Iterator[str]:
        plan, last = self.plan, self.plan.layers[-1]
        formulas = loss_formulas(plan.setup.rule.loss, last.layer.chosen)
        divided = " / len(x)" if plan.is_mean else ""
        delta = formulas.delta if isinstance(formulas, FromNets) else None
        if delta is not None and first_written(NUMPY, delta, DELTA) is delta:
            lines = computed(delta, f"delta_{last.suffix} = ", NUMPY, self._end())
            yield from _divided(lines, divided)
            return
        slope = first_written(NUMPY, formulas.slope, plan.setup.rule.loss.entry.slope)
        target = f"dE_dout_{last.suffix} = "
        if needs(slope):
            yield from _divided(computed(slope, target, NUMPY, self._end()), divided)
        else:  # the same for all
            lines = computed(slope, f"{target}np.full_like(out_{last.suffix}, ", NUMPY, self._end())
            yield f"{lines[-1]}{divided})"
        yield from self._delta(last)

    def _delta(self, dense: Dense) -> Iterator[str]:
        """Yield the delta of a layer from its dE/dout."""
        chosen, s = dense.layer.chosen, dense.suffix
        entry: Activation = chosen.entry
        delta = entry.computed.get("delta", DELTA)
        slope = ""
        if "slope" in needs(delta):
            formula = first_written(NUMPY, entry.computed.get("slope"), entry.slope)
            slope = self._call(f"{called(chosen)}_slope", formula, chosen, dense)
        if slope == "1":
            yield f"delta_{s} = dE_dout_{s}"
            return
        values = {"dE_dout": f"dE_dout_{s}", "slope": slope, "out": f"out_{s}"}
        yield from computed(delta, f"delta_{s} = ", NUMPY, values)

    def _gradients(self, dense: Dense, before: str) -> Iterator[str]:
        s = dense.suffix
        if dense.weights.is_trained:
            yield f"dE_d{dense.weights.name} = {before}.T @ delta_{s}"
        if dense.biases is not None and dense.biases.is_trained:
            sign = "-" if dense.layer.bias_feed < 0 else ""
            axis = ", axis=0" if dense.biases.slots.ndim else ""
            yield f"dE_d{dense.biases.name} = {sign}np.sum(delta_{s}{axis})"

    # the update

    def _update(self, block: Block) -> Iterator[str]:
        optimizer, name, values = self._optimizer, block.name, update_values(block, self.plan)
        if not block.is_whole:
            values["eta"] = f"moves_{name} * {values['eta']}"
        if self._inline:
            yield from computed(optimizer.formulas["w"], f"{name} = ", NUMPY, values)
            return
        given = ", ".join(values[need] for need in inputs_of(self.plan))
        yield f"{', '.join([name, *(values[k] for k in optimizer.kept)])} = update({given})"

    def update_function(self) -> Lines:
        """Return what an update does with an array of parameters, if that takes several lines."""
        return [] if self._inline or not self.plan.trained else update_function(self.plan, NUMPY)


def _divided(lines: Lines, divided: str) -> Lines:
    """Return lines whose last one's result is divided."""
    if not divided:
        return lines
    before, _, value = lines[-1].partition(" = ")
    return [*lines[:-1], f"{before} = ({value}){divided}"]
