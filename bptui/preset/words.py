"""Words that books, libraries and first-time authors use for the keys of a preset."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bptui.preset.errors import did_you_mean

KEYS: dict[str, tuple[str, ...]] = {
    "learning_rate": ("eta", "η", "lr", "alpha", "α", "step_size", "rate", "learn_rate"),
    "loss": ("error", "cost", "loss_function", "cost_function", "criterion", "objective"),
    "batch": ("batch_size", "mini_batch", "mode"),
    "optimizer": ("optimiser", "solver", "algorithm", "method", "optim"),
    "training": ("train", "hyperparameters", "parameters", "settings", "config"),
    "notation": ("symbols", "names"),
    "title": ("name", "description"),
    "source": ("author", "url", "article", "reference", "book"),
    "layers": ("layer", "network", "model", "architecture"),
    "samples": ("sample", "data", "dataset", "examples", "example", "training_data", "patterns"),
    "expected": ("printed", "figures", "results", "solution", "expect", "answers"),
    "neurons": ("nodes", "units", "size", "n", "neuron", "node", "width", "count"),
    "activation": ("activation_function", "act", "transfer_function", "function", "f", "type"),
    "name": ("label", "id", "title", "type"),
    "weights": ("weight", "w", "matrix", "kernel", "edges", "connections"),
    "biases": ("bias", "b", "intercept", "thresholds"),
    "initializer": ("init", "initialization", "weight_init"),
    "input": ("inputs", "x", "in", "features"),
    "target": ("targets", "y", "t", "d", "output", "outputs", "label", "desired", "expected"),
    "from": ("source", "src", "start", "begin"),
    "to": ("target", "targets", "dest", "destination", "end", "neuron", "neurons", "node", "layer"),
    "value": ("val", "v", "w", "b", "weight", "bias", "initial"),
    "trainable": ("frozen", "fixed", "learnable", "train"),
    "layout": ("order", "shape", "orientation"),
    "printed": ("value", "figure", "text"),
    "is": ("really", "same_as"),
}
"""Each key, and what else it is called; which key is meant depends on where a word stands."""
ABSENT = {
    "how many iterations to run is said when they are run, by f in bptui or "
    "bptui run --iterations N; leave it out": ("epochs", "iterations", "epoch", "max_iter"),
    'it belongs to the optimizer: optimizer = { name = "momentum", mu = 0.9 }': (
        *("momentum", "mu", "beta", "beta1", "beta2", "epsilon", "rho", "nesterov"),
    ),
    "weights are drawn by an initializer = { name = ..., seed = ... } of a layer": (
        *("seed", "random_seed", "random_state"),
    ),
    "sizes are said by the layers: [[layers]] with name = ... and neurons = ...": (
        *("hidden", "hidden_layers", "sizes", "n_inputs", "n_hidden", "n_outputs", "topology"),
    ),
}
"""What a preset has no key for: what is done instead."""


def squeezed(word: str) -> str:
    """A word without what spellings differ in: `learningRate` is `learning-rate`."""
    return re.sub(r"[\W_]", "", word.casefold())


def called(word: str, known: Iterable[str]) -> list[str]:
    """The known keys that a word is another spelling or another word for."""
    known, short = list(known), squeezed(word)
    same = [name for name in known if squeezed(name) == short]
    return same or [name for name in known if short in map(squeezed, KEYS.get(name, ()))]


def meant(word: str, known: Iterable[str]) -> str:
    """Say which of the known keys is probably meant by another word, or list them.

    >>> meant("learningRate", ["loss", "learning_rate"]), meant("eta", ["loss", "learning_rate"])
    ('did you mean "learning_rate"?', 'did you mean "learning_rate"?')
    """
    known = list(known)
    if found := [f'"{name}"' for name in called(word, known)]:
        return f"did you mean {' or '.join(found)}?"
    instead = (hint for hint, words in ABSENT.items() if squeezed(word) in map(squeezed, words))
    return next(instead, "") or did_you_mean(word, known)
