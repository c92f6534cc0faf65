"""A network as a numpy script, its backward pass written out."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from bptui.engine.functions import Chosen
from bptui.engine.optimizers import Optimizer
from bptui.engine.trace import Array
from bptui.engine.trace import Formula as Function
from bptui.story.statements import needs
from bptui.view.code_formula import Language, number
from bptui.view.code_plan import (
    DELTA,
    Block,
    Dense,
    Lines,
    Plan,
    called,
    indented,
    inputs_of,
    moved,
    update_values,
)
from bptui.view.code_python import (
    Definitions,
    assigned,
    computed,
    data,
    guards,
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
)
from bptui.view.code_walk import Declaring, declared, end_of, formula_of, iteration, share_of

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
    **guards("np.where", "0"),
}
"""What numpy lacks."""


def _kept(block: Block, name: str, values: Array) -> Lines:
    zero = [f"{name} = np.zeros_like({block.name})"]
    return assigned(name, values) if values.any() else zero


_COMMENT = "# {}".format
_WORDS = Declaring(
    comment=_COMMENT,
    frozen="# frozen",
    parameters=lambda block: assigned(block.name, block.values),
    constant=assigned,
    names=names_of,
    kept=_kept,
)


def lacks(plan: Plan) -> Iterator[str]:
    """Yield nothing: all can be written out."""
    return iter(())


def write(plan: Plan) -> Lines:
    """Return the lines of the script."""
    script = _Script(plan)
    loop = [*iteration(plan, script, _COMMENT), "print(iteration, E)"]
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
        *(line for dense in plan.layers for line in declared(dense, plan, _WORDS)),
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

    # the loop

    def begun(self) -> Lines:
        before = self.plan.setup.rule.updates_before
        count = [f"t = {before} + iteration" if before else "t = iteration"]
        rates = schedule(self.plan, self.functions, NUMPY)
        return [*(count if self.plan.counts else []), *rates, *taken_batch(self.plan)]

    def forward(self) -> Lines:
        return [*self._forward(), *self._loss()]

    def _forward(self) -> Iterator[str]:
        before = "x"
        for dense in self.plan.layers:
            sign = "-" if dense.layer.bias_feed < 0 else "+"
            biases = f" {sign} {dense.biases.name}" if dense.biases else ""
            s = dense.suffix
            yield f"net_{s} = {before} @ {dense.weights.name}{biases}"
            chosen, before = dense.layer.chosen, f"out_{s}"
            formula = formula_of(chosen, "out", NUMPY)
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
        *lines, total = computed(share_of(self.plan, NUMPY), "", NUMPY, self._end())
        lines.append(f"E = np.sum({total})" + (" / len(x)" if self.plan.is_mean else ""))
        flat = replace(NUMPY, functions={**NUMPY.functions, "total": "np.sum({0})"})
        return [*lines, *penalty(self.plan, flat, "np.concatenate([{}])", "{}.ravel()")]

    def penalized(self, block: Block, slope: Function) -> Lines:
        gradient = f"dE_d{block.name}"
        return computed(slope, f"{gradient} = {gradient} + ", NUMPY, {"w": block.name})

    def last_delta(self) -> Iterator[str]:
        plan, last = self.plan, self.plan.layers[-1]
        what, formula = end_of(plan, NUMPY)
        divided, target = " / len(x)" if plan.is_mean else "", f"{what}_{last.suffix} = "
        if what == "delta" or needs(formula):
            yield from _divided(computed(formula, target, NUMPY, self._end()), divided)
        else:  # the same for all
            whole = f"{target}np.full_like(out_{last.suffix}, "
            yield f"{computed(formula, whole, NUMPY, self._end())[-1]}{divided})"
        if what != "delta":
            yield from self._delta(last)

    def carried(self, dense: Dense, below: Dense) -> Iterator[str]:
        yield f"dE_dout_{below.suffix} = delta_{dense.suffix} @ {dense.weights.name}.T"
        yield from self._delta(below)

    def tied(self) -> Lines:
        return tied(self.plan, "dE_d{}")

    def _delta(self, dense: Dense) -> Iterator[str]:
        """Yield the delta of a layer from its dE/dout."""
        chosen, s = dense.layer.chosen, dense.suffix
        delta, slope = chosen.entry.computed.get("delta", DELTA), ""
        if "slope" in needs(delta):
            formula = formula_of(chosen, "slope", NUMPY)
            slope = self._call(f"{called(chosen)}_slope", formula, chosen, dense)
        if slope == "1":
            yield f"delta_{s} = dE_dout_{s}"
            return
        values = {"dE_dout": f"dE_dout_{s}", "slope": slope, "out": f"out_{s}"}
        yield from computed(delta, f"delta_{s} = ", NUMPY, values)

    def gradients(self, dense: Dense, before: str) -> Iterator[str]:
        s = dense.suffix
        if dense.weights.is_trained:
            yield f"dE_d{dense.weights.name} = {before}.T @ delta_{s}"
        if dense.biases is not None and dense.biases.is_trained:
            sign = "-" if dense.layer.bias_feed < 0 else ""
            axis = ", axis=0" if dense.biases.slots.ndim else ""
            yield f"dE_d{dense.biases.name} = {sign}np.sum(delta_{s}{axis})"

    def update(self, block: Block) -> Iterator[str]:
        optimizer, name, values = self._optimizer, block.name, update_values(block, self.plan)
        values["eta"] = moved(block, values["eta"])
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
