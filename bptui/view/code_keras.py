"""A network as a Keras script: layers, a loss, an optimizer."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from bptui.engine.functions import Activation
from bptui.engine.optimizers import Optimizer
from bptui.view.code_formula import number
from bptui.view.code_library import Known, betas_fit, differentiated, known
from bptui.view.code_numpy import NUMPY
from bptui.view.code_plan import Block, Dense, Lines, Plan, called, indented
from bptui.view.code_python import (
    Definitions,
    array,
    assigned,
    computed,
    data,
    guards,
    header,
    helpers,
    names_of,
    printed,
    schedule,
    taken_batch,
    texts,
)
from bptui.view.code_walk import Declaring, declared

KERAS = differentiated(
    "keras.ops",
    repr,
    total="keras.ops.sum({0}, axis=1, keepdims=True)",
    largest="keras.ops.max({0}, axis=1, keepdims=True)",
    total_of_others="keras.ops.sum(keras.ops.sort({0}, axis=1)[:, :-1], axis=1, keepdims=True)",
)
_HELPERS = guards("keras.ops.where")
_CALL = "np.array({})"

_ACTIVATIONS = {
    **{name: Known(f'"{name}"') for name in ("sigmoid", "tanh", "relu", "silu", "gelu")},
    **{name: Known(f'"{name}"') for name in ("softplus", "softmax")},
    "bipolar_sigmoid": Known("lambda net: keras.ops.tanh(net / 2)"),
    "hard_sigmoid": Known('"hard_sigmoid"', lambda slope: slope == 1 / 6),
    "leaky_relu": Known("lambda net: keras.ops.leaky_relu(net, {alpha})"),
    "elu": Known("lambda net: keras.ops.elu(net, {alpha})"),
    "selu": Known("lambda net: {scale} * keras.ops.elu(net, {alpha})"),
    "gelu tanh": Known("lambda net: keras.ops.gelu(net, approximate=True)"),
    "identity": Known("None"),
}
_FROM_NETS = {
    "binary_cross_entropy of sigmoid": Known(
        "keras.ops.binary_crossentropy(target, net, from_logits=True)"
    ),
    "categorical_cross_entropy of sigmoid": Known("-(target * keras.ops.log_sigmoid(net))"),
    "categorical_cross_entropy of softmax": Known("-(target * keras.ops.log_softmax(net, axis=1))"),
}
"""Losses over the net inputs of the last layer, which then has no activation."""
_LOSSES = {
    "log_cosh": Known("keras.ops.logaddexp(out - target, target - out) - 0.6931471805599453"),
}
_MOMENTUM = Known("keras.optimizers.SGD({eta}, momentum={mu})", lambda eta, mu: 0 <= mu <= 1)
_NESTEROV = Known(
    "keras.optimizers.SGD({eta}, momentum={mu}, nesterov=True)", lambda eta, mu: 0 < mu <= 1
)
# PyTorch's form is that of Keras with v divided by -eta
OPTIMIZERS = {
    "sgd": Known("keras.optimizers.SGD({eta})"),
    "momentum": _MOMENTUM,
    "momentum keras": _MOMENTUM,
    "nesterov": _NESTEROV,
    "nesterov keras": _NESTEROV,
    "adagrad keras": Known(
        "keras.optimizers.Adagrad({eta}, initial_accumulator_value=0.0, epsilon={epsilon})"
    ),
    "rmsprop keras": Known("keras.optimizers.RMSprop({eta}, rho={rho}, epsilon={epsilon})"),
    "adam keras": Known(
        "keras.optimizers.Adam({eta}, beta_1={beta1}, beta_2={beta2}, epsilon={epsilon_hat})",
        betas_fit,
    ),
    "adamw keras": Known(
        "keras.optimizers.AdamW({eta}, beta_1={beta1}, beta_2={beta2}, epsilon={epsilon_hat},"
        " weight_decay={decay})",
        betas_fit,
    ),
}


def lacks(plan: Plan) -> Iterator[str]:
    """Yield what Keras cannot do with its own layers."""
    if plan.is_sequential:
        yield "sequential update"
    if plan.ties or any(b.is_trained and b.slots.ndim == 0 for b in plan.trained):
        yield "trained bias that neurons share"
    if plan.in_update:
        yield "weight decay like this"
    if any(not plan.is_uniform(block) for block in plan.trained):
        yield "learning rates of parameters"
    if any(len(places) < (b.slots >= 0).sum() or b.slots.ndim == 0 for b, places in plan.penalized):
        yield "penalty on a bias that neurons share"


def write(plan: Plan) -> Lines:
    """Return the lines of the script."""
    script = _Script(plan)
    model, loss = script.model(), script.loss()
    done = "train" if plan.trained else "test"
    target = "target" if plan.setup.has_targets else "x"
    steps = schedule(plan, script.functions, NUMPY)
    rate = ["model.optimizer.learning_rate = rate(eta, steps)"] if steps else []
    loop = [
        *steps,
        *rate,
        *taken_batch(plan),
        "model.reset_metrics()",
        f"E = model.{done}_on_batch(x, {target})",
        "print(iteration, float(E))",
    ]
    functions = [*script.functions.lines(), *loss, *script.optimizer_class()]
    functions = [*helpers(functions, _HELPERS), *functions]
    constants = {k: number(v) for k, v in plan.penalty_numbers.items()}
    constants |= {"eta": number(plan.setup.rule.learning_rate)} if steps else {}
    return [
        *header(plan, "Keras"),
        "# In spite of its floatx, Keras computes some of this in float32: products of matrices,",
        "# but not on TensorFlow; there what optimizers take. Expect about seven equal digits.",
        "import keras",
        "import numpy as np",
        "",
        'keras.config.set_floatx("float64")',
        f"iterations = {plan.iterations}",
        *(f"{name} = {text}" for name, text in constants.items()),
        "",
        *data(plan, _CALL),
        *(line for dense in plan.layers for line in declared(dense, plan, _WORDS)),
        *functions,
        "",
        "",
        *model,
        f"model.compile({script.optimizer()}, loss=loss)",
        "",
        "for iteration in range(1, iterations + 1):",
        *indented(loop),
        *_learned(plan),
        *printed(plan, lambda block: block.name),
    ]


_WORDS = Declaring(
    comment="# {}".format,
    frozen="# frozen",
    parameters=lambda block: assigned(block.name, block.values, _CALL),
    constant=lambda name, values: assigned(name, values, _CALL),
    names=names_of,
)


def _learned(plan: Plan) -> Lines:
    """Return the lines that take the parameters out of the model."""
    lines = [""]
    for place, dense in enumerate(plan.layers):
        for block, attribute in zip(dense.blocks, ("kernel", "bias"), strict=False):
            if block.is_trained:
                sign = "-" if _is_subtracted(dense, block) else ""
                value = f"keras.ops.convert_to_numpy(model.layers[{place}].{attribute})"
                lines.append(f"{block.name} = {sign}{value}")
    return lines if len(lines) > 1 else []


def _is_subtracted(dense: Dense, block: Block) -> bool:
    return block is dense.biases and dense.layer.bias_feed < 0


class _Script:
    def __init__(self, plan: Plan) -> None:
        self.plan, self.functions = plan, Definitions(KERAS)
        rule, last = plan.setup.rule, plan.layers[-1].layer.chosen
        self._entry: Optimizer = rule.optimizer.entry
        found = known(OPTIMIZERS, rule.optimizer, eta=rule.learning_rate)
        # where the rate changes, forms are not the same by another name
        is_other = plan.is_scheduled and not rule.optimizer.form and bool(self._entry.kept)
        self._known = None if plan.goes_on or is_other else found
        self._from_nets = known(_FROM_NETS, rule.loss, last.name)

    # the model

    def model(self) -> Lines:
        lines = ["model = keras.Sequential(", "    ["]
        lines.append(f"        keras.Input(({len(self.plan.setup.network.inputs)},)),")
        for dense in self.plan.layers:
            lines += indented(indented(self._dense(dense)))
        lines += ["    ]", ")"]
        for place, dense in enumerate(self.plan.layers):
            first = [f"{'-' if _is_subtracted(dense, b) else ''}{b.name}" for b in dense.blocks]
            if dense.biases is not None and dense.biases.slots.ndim == 0:
                first[1] = f"np.full({len(dense.layer.neurons)}, {first[1]})"
            lines.append(f"model.layers[{place}].set_weights([{', '.join(first)}])")
            for block, attribute in zip(dense.blocks, ("kernel", "bias"), strict=False):
                if not block.is_trained:
                    lines.append(f"model.layers[{place}].{attribute}.trainable = False")
        return lines

    def _dense(self, dense: Dense) -> Lines:
        given = [str(len(dense.layer.neurons))]
        if (activation := self._activation(dense)) != "None":
            given.append(f"activation={activation}")
        if dense.biases is None:
            given.append("use_bias=False")
        for block, kind in zip(dense.blocks, ("kernel", "bias"), strict=False):
            if block.is_trained and not block.is_whole:
                sign = "-" if _is_subtracted(dense, block) else ""
                kept = f"keras.ops.where(moves_{block.name} == 1, w, {sign}{block.name})"
                given.append(f"{kind}_constraint=lambda w: {kept}")
            if block.is_penalized and (term := self._term()):
                given.append(f"{kind}_regularizer={term}")
        text = f"keras.layers.Dense({', '.join(given)}),"
        if len(text) <= 80:
            return [text]
        return ["keras.layers.Dense(", *(f"    {part}," for part in given), "),"]

    def _term(self) -> str:
        """Return the penalty's term of E as a function, or nothing if it has none."""
        if (value := self.plan.penalty_value) is None:
            return ""
        flat = replace(KERAS, functions={**KERAS.functions, "total": "keras.ops.sum({0})"})
        body = computed(value, "return ", flat)
        self.functions.add("penalty", ["def penalty(w):", *indented(body)])
        return "penalty"

    def _activation(self, dense: Dense) -> str:
        chosen = dense.layer.chosen
        if dense is self.plan.layers[-1] and self._from_nets is not None:
            return "None"
        if (text := known(_ACTIVATIONS, chosen)) is not None:
            return text
        entry: Activation = chosen.entry
        call = self.functions.call(called(chosen), entry.out, {"net": "net", **texts(chosen)})
        return f"lambda net: {call}"

    def loss(self) -> Lines:
        """Return the definition of the loss; of what it returns Keras takes the mean."""
        loss, outputs = self.plan.setup.rule.loss, len(self.plan.setup.network.outputs)
        values = {**texts(loss), "outputs": str(outputs)}
        text = self._from_nets or known(_LOSSES, loss)
        if text is None:
            *lines, text = computed(loss.entry.share, "", KERAS, values)
        else:
            lines = []
        axis = ", axis=1" if self.plan.is_mean else ""
        over = "net" if self._from_nets is not None else "out"
        told = "  # of the net inputs of the last layer" if over == "net" else ""
        return [
            *["", "", f"def loss(target, {over}):{told}"],
            *indented([*lines, f"return keras.ops.sum({text}{axis})"]),
        ]

    # the optimizer

    def optimizer(self) -> str:
        rate = self.plan.setup.rule.learning_rate
        return f"Update({rate!r})" if self._known is None else self._known

    def optimizer_class(self) -> Lines:
        """Return an optimizer as its formulas have it, where Keras has none like it."""
        if self._known is not None:
            return []
        rule, entry = self.plan.setup.rule, self._entry
        build = ["super().build(variables)"]
        for name in entry.kept:
            new = f'self.add_variable_from_reference(w, "{name}")'
            build.append(f"self.kept_{name} = [{new} for w in variables]")
            if self.plan.goes_on:
                arrays = [self._first(block, name) for block in self.plan.trained]
                build.append(f"for kept, first in zip(self.kept_{name}, [{', '.join(arrays)}]):")
                build.append("    kept.assign(first)")
        step = ["k = self._get_variable_index(w)", "eta = keras.ops.cast(eta, w.dtype)"]
        if entry.counts:
            t = f"self.iterations + {rule.updates_before + 1}"
            step.append(f"t = keras.ops.cast({t}, w.dtype)")
        step += [f"{name} = {text}" for name, text in texts(rule.optimizer).items()]
        step.append("variable = w")
        step += [f"{name} = self.kept_{name}[k]" for name in entry.kept]
        for name, formula in entry.formulas.items():
            step += computed(formula, f"{name} = ", KERAS)
        step += [f"self.assign(self.kept_{name}[k], {name})" for name in entry.kept]
        step += ["self.assign(variable, w)"]
        return [
            *["", "", f"class Update(keras.optimizers.Optimizer):  # {called(rule.optimizer)}"],
            *indented(["def build(self, variables):", *indented(build), ""]),
            *indented(["def update_step(self, g, w, eta):", *indented(step)]),
        ]

    def _first(self, block: Block, name: str) -> str:
        text = array(block.kept[name], call=_CALL)
        return " ".join(text.split())
