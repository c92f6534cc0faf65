"""Typical slips in random networks: named wherever they show, and never where there is none."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping

import pytest

from bptui.audit.findings import Finding
from tests import oracle
from tests.audits import WRONG, at, checked, exact, sections, sigmoid

SEEDS = (3, 8)
RATE = 0.5
FORWARD, BACKWARD, UPDATE = "1 forward", "1 backward", "1 update"

RIGHT = {
    FORWARD: ("net h1", "net h2", "out h1", "out h2", "net o1", "out o1", "out o2", "E o1", "E"),
    BACKWARD: ("dE/dnet o1", "dE/dnet o2", "dE/dout h1", "dE/dw_x2_h1"),
    UPDATE: ("w_x2_h1",),
}
"""What else is printed, rightly."""


def network(seed: int) -> str:
    """Return a random 2-2-2 network of sigmoids."""
    rng = random.Random(seed)

    def matrix(rows: int, low: float, high: float) -> list[list[float]]:
        return [[round(rng.uniform(low, high), 2) for _ in range(2)] for _ in range(rows)]

    layers = "".join(
        f'[[layers]]\nname = "{layer}"\nneurons = ["{prefix}1", "{prefix}2"]\n'
        + (
            ""
            if layer == "input"
            else f'activation = "sigmoid"\nweights = {matrix(2, -0.9, 0.9)}\n'
            f"biases = {matrix(1, 0.1, 0.9)[0]}\n"
        )
        for layer, prefix in (("input", "x"), ("hidden", "h"), ("output", "o"))
    )
    return (
        f'[training]\nlearning_rate = {RATE}\nloss = "half_squared_error"\n{layers}'
        f"[[samples]]\ninput = {matrix(1, 0.1, 1)[0]}\ntarget = {matrix(1, 0.05, 0.95)[0]}\n"
    )


def gradients(q: oracle.Quantities, w: oracle.Quantities) -> Mapping[str, tuple[str, float, str]]:
    """Return slips in gradients: the parameter, its wrong gradient, and words that name it."""
    x1, x2, h1 = q["input x1"], q["input x2"], q["out h1"]
    o1, net = q["out o1"], q["net o1"]
    d1, d2, error = q["dE/dnet o1"], q["dE/dnet o2"], q["dE/dout o1"]
    slope, hidden = q["dout/dnet o1"], q["dout/dnet h1"]
    back = q["dE/dout h1"]
    return {
        "a path left out": ("w_x1_h1", q["dE/dw_x1_h1 via o1"], "via o2` is left out"),
        "no slope": ("w_h1_o1", error * h1, "`dout/dnet o1` is left out"),
        "the slope twice": ("w_h1_o1", error * slope**2 * h1, "`dout/dnet o1` is multiplied in tw"),
        "no error": ("w_h1_o1", slope * h1, "`dE/dout o1` is left out"),
        "no out": ("w_h1_o1", error * (1 - o1) * h1, "`out o1` is left out"),
        "no hidden slope": ("w_x1_h1", back * x1, "`dout/dnet h1` is left out"),
        "the hidden slope twice": (
            "w_x1_h1",
            back * hidden**2 * x1,
            "`dout/dnet h1` is multiplied in tw",
        ),
        "net for out": ("w_h1_o1", d1 * q["net h1"], "`net h1` is used"),
        "the slope at net": ("w_h1_o1", error * net * (1 - net) * h1, "the slope is taken at"),
        "the slope of tanh": ("w_h1_o1", error * (1 - o1**2) * h1, "the slope is that of tanh"),
        "a bias times its value": ("b_o1", d1 * w["b_o1"], "it is multiplied by `b_o1`"),
        "transposed": (
            "w_x1_h1",
            (d1 * w["w_h1_o1"] + d2 * w["w_h2_o1"]) * hidden * x1,
            "transposed",
        ),
        "another input": ("w_x1_h1", q["dE/dnet h1"] * x2, "the output of x2 is used"),
        "another delta": ("w_h1_o1", d2 * h1, "the delta of o2 is used"),
        "the sign": ("w_h1_o1", -d1 * h1, "sign|added"),
    }


def others(q: oracle.Quantities, w: oracle.Quantities) -> Mapping[str, tuple[str, str, float, str]]:
    """Return slips that show in one figure: its moment and address, what it is then, and words."""
    h1, h2, o1, target = q["out h1"], q["out h2"], q["out o1"], q["target o1"]
    gradient, weight = q["dE/dw_h1_o1"], w["w_h1_o1"]
    nets = weight * q["net h1"] + w["w_h2_o1"] * q["net h2"] + w["b_o1"]
    turned = weight * h1 + w["w_h1_o2"] * h2 + w["b_o1"]
    entropy = -(target * math.log(o1) + (1 - target) * math.log(1 - o1))
    via = q["dE/dout h1 via o1"]
    return {
        "path/dout": (BACKWARD, "dE/dout h1", via, "via o2` is left out"),
        "path/dnet": (BACKWARD, "dE/dnet h1", via * q["dout/dnet h1"], "via o2` is left out"),
        "no slope/dnet": (BACKWARD, "dE/dnet o1", q["dE/dout o1"], "`dout/dnet o1` is left out"),
        "no error/dnet": (BACKWARD, "dE/dnet o1", q["dout/dnet o1"], "`dE/dout o1` is left out"),
        "transposed net": (FORWARD, "net o1", turned, "transposed"),
        "no bias": (FORWARD, "net h1", q["net h1"] - w["b_h1"], "`b_h1` is left out"),
        "nets for outs": (FORWARD, "net o1", nets, "net inputs are used"),
        "nets, one further on": (FORWARD, "out o1", sigmoid(nets), "net inputs are used"),
        "tanh": (FORWARD, "out h1", math.tanh(q["net h1"]), "the activation is tanh"),
        "no half": (FORWARD, "E o1", (target - o1) ** 2, "1/2|½|squared_error"),
        "no square": (FORWARD, "E o1", abs(target - o1) / 2, "not squared|positive"),
        "the error itself": (FORWARD, "E o1", abs(target - o1), "error itself|positive"),
        "cross-entropy": (FORWARD, "E o1", entropy, "cross-entropy"),
        "a bias not updated": (UPDATE, "b_o1", w["b_o1"], "the bias is not updated"),
        "only the step": (UPDATE, "w_h1_o1", -RATE * gradient, "only the step"),
        "no rate": (UPDATE, "w_h1_o1", weight - gradient, "the learning rate is missing"),
        "ten times": (UPDATE, "w_h1_o1", weight - 10 * RATE * gradient, "10 times|learning_rate"),
        "a tenth": (UPDATE, "w_h1_o1", weight - RATE / 10 * gradient, "10 times|learning_rate"),
    }


def shown(q: oracle.Quantities, w: oracle.Quantities) -> Iterator[tuple[str, str, float, str]]:
    """Yield every slip wherever it shows: moment, address, number and words."""
    for parameter, gradient, words in gradients(q, w).values():
        yield BACKWARD, f"dE/d{parameter}", gradient, words
        yield UPDATE, f"step {parameter}", -RATE * gradient, words
        yield UPDATE, parameter, w[parameter] - RATE * gradient, words
    yield from others(q, w).values()


def printed(number: float, address: str, digits: int) -> str:
    """Return a number with so many digits; a weight with as many decimals."""
    if address.startswith(("w_", "b_")):
        return f"{number:.{digits}f}"
    return f"{number:.{max(0, digits - 1 - math.floor(math.log10(abs(number))))}f}"


WAYS = [(digits, among) for digits in (4, 6, 9) for among in (False, True)]


def tried() -> Iterator[tuple[Finding, str, int]]:
    """Yield what is found of each slip and the words that name it; precision and company vary."""
    for seed in SEEDS:
        text = network(seed)
        q, w = exact(text), exact(text, FORWARD)
        for turn, (moment, address, number, words) in enumerate(shown(q, w)):
            if turn % len(SEEDS) != SEEDS.index(seed):
                continue
            digits, among = WAYS[turn // len(SEEDS) % len(WAYS)]
            figure = printed(number, address, digits)
            figures = {
                m: {a: printed(q[a], a, digits) for a in right if among}
                for m, right in RIGHT.items()
            }
            figures[moment][address] = figure
            found = at(checked(text + sections(figures)), address)
            if found.verdict is WRONG:
                yield found, words, digits
            else:  # the slip changes nothing that so many digits show
                assert abs(number - found.exact) <= 10.0 ** -(len(figure.partition(".")[2]))


def says(told: str, words: str) -> bool:
    return any(word in told for word in words.split("|"))


def test_nine_of_ten_slips_are_named_and_the_others_suggested() -> None:
    found = list(tried())
    assert len(found) > 50
    named = [says(finding.slip, words) for finding, words, _ in found]
    assert sum(named) >= 0.9 * len(found)
    unsaid = [
        (str(finding.printed.quantity), finding.printed.text, finding.slip, finding.suggestions)
        for finding, words, _ in found
        if not says(" ".join((finding.slip, *finding.suggestions)), words)
    ]
    assert unsaid == []


@pytest.mark.parametrize("digits", [4, 6, 9])
def test_a_figure_that_is_wrong_by_chance_has_no_slip(digits: int) -> None:
    rng, text = random.Random(digits), network(digits)
    q = exact(text)
    for moment, right in RIGHT.items():
        for address in right:
            number = q[address] * rng.choice((-1, 1, 1)) * rng.uniform(0.2, 2.5)
            if moment == UPDATE:
                number = q[address] + rng.uniform(-0.05, 0.05)
            figure = printed(number, address, digits)
            (finding,) = checked(text + sections({moment: {address: figure}})).findings
            assert (finding.verdict, finding.slip) == (WRONG, ""), (address, figure)
