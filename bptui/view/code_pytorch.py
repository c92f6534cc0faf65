"""A network as a PyTorch script: it differentiates by itself."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from bptui.engine.functions import Activation
from bptui.engine.optimizers import Optimizer
from bptui.engine.trace import Array
from bptui.view.code_formula import number
from bptui.view.code_library import Known, betas_fit, differentiated, known
from bptui.view.code_numpy import NUMPY
from bptui.view.code_plan import Block, Lines, Plan, called, indented, inputs_of, update_values
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
from bptui.view.code_walk import Declaring, declared

TORCH = differentiated(
    "torch",
    total="torch.sum({0}, dim=1, keepdim=True)",
    largest="torch.amax({0}, dim=1, keepdim=True)",
    total_of_others="torch.sum(torch.sort({0}, dim=1)[0][:, :-1], dim=1, keepdim=True)",
)
_HELPERS = guards("torch.where")
_CALL = "torch.tensor({})"

_ACTIVATIONS = {
    "sigmoid": Known("torch.sigmoid({net})"),
    "bipolar_sigmoid": Known("torch.tanh({net} / 2)"),
    "hard_sigmoid": Known("F.hardsigmoid({net})", lambda slope: slope == 1 / 6),
    "tanh": Known("torch.tanh({net})"),
    "relu": Known("torch.relu({net})"),
    "leaky_relu": Known("F.leaky_relu({net}, {alpha})"),
    "elu": Known("F.elu({net}, {alpha})"),
    "selu": Known("{scale} * F.elu({net}, {alpha})"),
    "softplus": Known("F.softplus({net}, threshold=50)"),
    "silu": Known("F.silu({net})"),
    "gelu": Known("F.gelu({net})"),
    "gelu tanh": Known('F.gelu({net}, approximate="tanh")'),
    "softmax": Known("torch.softmax({net}, dim=1)"),
}
_LOSSES = {
    "half_squared_error": Known('0.5 * F.mse_loss({out}, {target}, reduction="sum")'),
    "squared_error": Known('F.mse_loss({out}, {target}, reduction="sum")'),
    "mean_squared_error": Known('F.mse_loss({out}, {target}, reduction="sum") / {outputs}'),
    "absolute_error": Known('F.l1_loss({out}, {target}, reduction="sum")'),
    "mean_absolute_error": Known('F.l1_loss({out}, {target}, reduction="sum") / {outputs}'),
    "huber": Known(
        'F.huber_loss({out}, {target}, delta={delta}, reduction="sum")',
        lambda delta, outputs: delta > 0,
    ),
    "log_cosh": Known(
        "torch.sum(torch.logaddexp({out} - {target}, {target} - {out}) - math.log(2))"
    ),
    "binary_cross_entropy of sigmoid": Known(
        'F.binary_cross_entropy_with_logits({net}, {target}, reduction="sum")'
    ),
    "binary_cross_entropy": Known('F.binary_cross_entropy({out}, {target}, reduction="sum")'),
    "categorical_cross_entropy of sigmoid": Known("-torch.sum({target} * F.logsigmoid({net}))"),
    "categorical_cross_entropy of softmax": Known(
        'F.cross_entropy({net}, {target}, reduction="sum")'
    ),
}
_MOMENTUM = Known(
    "torch.optim.SGD({parameters}, lr={eta}, momentum={mu})", lambda eta, mu: eta >= 0 and mu >= 0
)
_NESTEROV = Known(
    "torch.optim.SGD({parameters}, lr={eta}, momentum={mu}, nesterov=True)",
    lambda eta, mu: eta >= 0 and mu > 0,
)
# Keras's form is that of PyTorch with v times -eta
OPTIMIZERS = {
    "sgd": Known("torch.optim.SGD({parameters}, lr={eta})", lambda eta: eta >= 0),
    "momentum": _MOMENTUM,
    "momentum keras": _MOMENTUM,
    "nesterov": _NESTEROV,
    "nesterov keras": _NESTEROV,
    "adagrad": Known(
        "torch.optim.Adagrad({parameters}, lr={eta}, eps={epsilon})",
        lambda eta, epsilon: eta >= 0 and epsilon >= 0,
    ),
    "rmsprop": Known(
        "torch.optim.RMSprop({parameters}, lr={eta}, alpha={rho}, eps={epsilon})",
        lambda eta, rho, epsilon: min(eta, rho, epsilon) >= 0,
    ),
    "adam": Known(
        "torch.optim.Adam({parameters}, lr={eta}, betas=({beta1}, {beta2}), eps={epsilon})",
        betas_fit,
    ),
    "adamw": Known(
        "torch.optim.AdamW({parameters}, lr={eta}, betas=({beta1}, {beta2}), eps={epsilon},"
        " weight_decay={decay})",
        betas_fit,
    ),
}


def lacks(plan: Plan) -> Iterator[str]:
    """Yield what PyTorch cannot do."""
    if plan.is_sequential:
        yield "sequential update"


def write(plan: Plan) -> Lines:
    """Return the lines of the script."""
    script = _Script(plan)
    loop = script.loop()
    functions = [*script.functions.lines(), *script.update_function()]
    functions = [*helpers([*functions, *loop], _HELPERS), *functions]
    maths = ["import math", ""] if any("math." in line for line in loop) else []
    library = ["from torch.nn import functional as F"] if _uses_f([*functions, *loop]) else []
    return [
        *header(plan, "PyTorch"),
        *maths,
        "import numpy as np",
        "import torch",
        *library,
        "",
        "torch.set_default_dtype(torch.float64)",
        f"iterations = {plan.iterations}",
        *script.numbers(),
        "",
        *data(plan, _CALL),
        *(line for dense in plan.layers for line in declared(dense, plan, script.declaring())),
        *functions,
        *(["", ""] if functions else [""]),
        *script.optimizer(),
        "for iteration in range(1, iterations + 1):",
        *indented(loop),
        *printed(plan, lambda block: f"{block.name}.detach()"),
    ]


def _parameters(block: Block) -> Lines:
    call = "torch.tensor({}, requires_grad=True)" if block.is_trained else _CALL
    return assigned(block.name, block.values, call)


def _constant(name: str, values: Array) -> Lines:
    return assigned(name, values, _CALL)


def _kept(block: Block, name: str, values: Array) -> Lines:
    zero = [f"{name} = torch.zeros_like({block.name})"]
    return _constant(name, values) if values.any() else zero


def _uses_f(lines: Lines) -> bool:
    return any("F." in line for line in lines)


class _Script:
    def __init__(self, plan: Plan) -> None:
        self.plan, self.functions = plan, Definitions(TORCH)
        rule = plan.setup.rule
        self._entry: Optimizer = rule.optimizer.entry
        found = known(OPTIMIZERS, rule.optimizer, eta=rule.learning_rate)
        is_own = plan.goes_on or rule.rates is not None or plan.in_update
        self._known = None if is_own else found

    # before the loop

    def optimizer(self) -> Lines:
        """Return the optimizer, or what is kept where the library has none like it."""
        plan = self.plan
        if not plan.trained:
            return []
        parameters = f"[{', '.join(block.name for block in plan.trained)}]"
        if self._known is not None:
            return [f"optimizer = {self._known.replace('{parameters}', parameters)}", ""]
        return []

    def numbers(self) -> Lines:
        """Return what updates and the penalty take, but for what the optimizer has been told."""
        if self._known is None:
            return numbers(self.plan)
        return [f"{name} = {number(v)}" for name, v in self.plan.penalty_numbers.items()]

    def declaring(self) -> Declaring:
        """Return how arrays are declared; a known optimizer keeps what it needs by itself."""
        return Declaring(
            comment="# {}".format,
            frozen="# frozen",
            parameters=_parameters,
            constant=_constant,
            names=names_of,
            kept=_kept if self._known is None else lambda *_: [],
            unmoved=lambda block: [f"first_{block.name} = {block.name}.detach().clone()"],
        )

    def update_function(self) -> Lines:
        """Return an update as its formulas have it, where the library has none like it."""
        is_known = self._known is not None or not self.plan.trained
        return [] if is_known else update_function(self.plan, TORCH)

    # the loop

    def loop(self) -> Lines:
        plan = self.plan
        lines = [*schedule(plan, self.functions, NUMPY), *taken_batch(plan)]
        flat = replace(TORCH, functions={**TORCH.functions, "total": "torch.sum({0})"})
        lines += ["# forward", *self._forward(), *self._loss()]
        lines += penalty(plan, flat, "torch.cat([{}])", "{}.flatten()")
        if plan.trained:
            lines += ["", "# backward", *self._backward(), "", "# update", *self._update()]
        return [*lines, "print(iteration, E.item())"]

    def _forward(self) -> Iterator[str]:
        before = "x"
        for dense in self.plan.layers:
            s, chosen = dense.suffix, dense.layer.chosen
            sign = "-" if dense.layer.bias_feed < 0 else "+"
            biases = f" {sign} {dense.biases.name}" if dense.biases else ""
            yield f"net_{s} = {before} @ {dense.weights.name}{biases}"
            before, text = f"out_{s}", known(_ACTIVATIONS, chosen)
            if text is None:
                entry: Activation = chosen.entry
                values = {"net": f"net_{s}", **texts(chosen)}
                text = self.functions.call(called(chosen), entry.out, values)
            yield f"out_{s} = {text.replace('{net}', f'net_{s}')}"

    def _loss(self) -> Lines:
        loss, last = self.plan.setup.rule.loss, self.plan.layers[-1]
        outputs = len(self.plan.setup.network.outputs)
        names = {what: f"{what}_{last.suffix}" for what in ("net", "out")} | {"target": "target"}
        divided = " / len(x)" if self.plan.is_mean else ""
        text = known(_LOSSES, loss, last.layer.chosen.name, outputs=outputs)
        if text is None:
            values = {**names, **texts(loss), "outputs": str(outputs)}
            *lines, share = computed(loss.entry.share, "", TORCH, values)
            return [*lines, f"E = torch.sum({share}){divided}"]
        for what, name in names.items():
            text = text.replace(f"{{{what}}}", name)
        return [f"E = {text}{divided}"]

    def _backward(self) -> Lines:
        zero = ["optimizer.zero_grad()"] if self._known is not None else []
        return [*zero, "E.backward()", *tied(self.plan, "{}.grad")]

    def _update(self) -> Lines:
        lines = ["optimizer.step()"] if self._known is not None else self._own_update()
        partly = [block.name for block in self.plan.trained if not block.is_whole]
        if partly:
            lines.append("with torch.no_grad():")
        for name in partly:
            lines.append(f"    {name}.copy_(torch.where(moves_{name} == 1, {name}, first_{name}))")
        return lines

    def _own_update(self) -> Lines:
        before, entry, t = self.plan.setup.rule.updates_before, self._entry, []
        if entry.counts:
            count = f"{float(before)} + iteration" if before else "float(iteration)"
            t = [f"t = torch.tensor({count})"]
        lines = []
        for block in self.plan.trained:
            values = update_values(block, self.plan)
            values[self.plan.gradient] = f"{block.name}.grad"
            given = ", ".join(values[need] for need in inputs_of(self.plan))
            lines.append(f"{', '.join(['w', *(values[k] for k in entry.kept)])} = update({given})")
            lines += [f"{block.name}.copy_(w)", f"{block.name}.grad = None"]
        return [*t, "with torch.no_grad():", *indented(lines)]
