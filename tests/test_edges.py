"""Numbers at the edges of floats, against decimals: what is finite there is finite here."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from decimal import MAX_EMAX, MIN_EMIN, Decimal, localcontext
from functools import cache

import pytest

from bptui.engine.functions import ACTIVATIONS, LOSSES
from bptui.story.address import Kind, Quantity
from bptui.story.choices import misfit
from bptui.story.moment import Moment, Phase
from bptui.story.timeline import Timeline
from bptui.story.values import Values
from tests.networks import in_form
from tests.oracle import ALPHA, SCALE
from tests.sessions import made

PAIRS = [
    (activation, loss)
    for activation in (*ACTIVATIONS, "gelu tanh")
    for loss in LOSSES
    if misfit(loss, activation.split()[0]) is None
    and loss not in ("squared_error", "mean_squared_error", "mean_absolute_error")
    and (loss == "half_squared_error" or activation in ("sigmoid", "identity", "softmax"))
]
"""Each activation with a loss, each loss with activations of every kind.

Without losses that are only a multiple of another one.
"""
NETS = (-700.0, -300.0, -40.0, -1e-200, 1e-200, 0.3, 40.0, 300.0, 700.0)
HUGE = (-1e100, 1e100)
"""Only where they are not saturated."""
TINY = Decimal("1e-400")
"""A change of a net input, far below all of them."""
BOUND = 1e-12
"""How far a number may be off, relatively."""
ROUNDED = 8 * 2.0**-52
"""What is left of the rounding of some outs that are nearly 1."""
Nets = list[Decimal]


@cache
def _exp(number: Decimal) -> Decimal:
    """Its exponential; nets come again and again."""
    return number.exp()


@cache
def _ln(number: Decimal) -> Decimal:
    return number.ln()


def _sigmoid(nets: Nets, place: int) -> Decimal:
    small = _exp(-abs(nets[place]))  # that of a huge number would overflow
    return (1 if nets[place] > 0 else small) / (1 + small)


def _softmax(nets: Nets, place: int) -> Decimal:
    top = max(nets)
    return _exp(nets[place] - top) / sum(_exp(net - top) for net in nets)


def _elu(net: Decimal, alpha: Decimal) -> Decimal:
    return net if net > 0 else alpha * (_exp(net) - 1)


def _steep(net: Decimal) -> Decimal:
    """Twice the argument of gelu's tanh, whose π has the digits of a float."""
    return (8 / Decimal(math.pi)).sqrt() * (net + Decimal("0.044715") * net**3)


@cache
def _pi() -> Decimal:
    """By Gauss and Legendre, whose digits double with each step."""
    a, b, t, p = Decimal(1), 1 / Decimal(2).sqrt(), Decimal("0.25"), 1
    for _ in range(11):
        a, b, t, p = (a + b) / 2, (a * b).sqrt(), t - p * ((a - b) / 2) ** 2, 2 * p
    return (a + b) ** 2 / (4 * t)


@cache
def _bell_below(net: Decimal) -> Decimal:
    """How much of the normal distribution is below net, by a series whose terms are positive."""
    if abs(net) > 100:  # the rest is below 1e-2000
        return Decimal(net > 0)
    x = abs(net)
    term = total = x
    n = 1
    while term > total * Decimal("1e-1190"):
        n += 2
        term *= x * x / n
        total += term
    half = _exp(-x * x / 2) * total / (2 * _pi()).sqrt()
    return Decimal("0.5") + (half if net > 0 else -half)


OUTS: dict[str, Callable[[Nets, int], Decimal]] = {
    "sigmoid": _sigmoid,
    "tanh": lambda nets, place: 2 * _sigmoid([2 * net for net in nets], place) - 1,
    "relu": lambda nets, place: max(nets[place], Decimal(0)),
    "leaky_relu": lambda nets, place: nets[place] * (1 if nets[place] > 0 else Decimal("0.01")),
    "identity": lambda nets, place: nets[place],
    "linear": lambda nets, place: nets[place],
    "bipolar_sigmoid": lambda nets, place: 2 * _sigmoid(nets, place) - 1,
    "hard_sigmoid": lambda nets, place: min(
        max(Decimal("0.2") * nets[place] + Decimal("0.5"), Decimal(0)), Decimal(1)
    ),
    "elu": lambda nets, place: _elu(nets[place], Decimal(1)),
    "selu": lambda nets, place: Decimal(SCALE) * _elu(nets[place], Decimal(ALPHA)),
    "softplus": lambda nets, place: max(nets[place], Decimal(0)) + _ln(1 + _exp(-abs(nets[place]))),
    "silu": lambda nets, place: nets[place] * _sigmoid(nets, place),
    "gelu": lambda nets, place: nets[place] * _bell_below(nets[place]),
    "gelu tanh": lambda nets, place: nets[place] * _sigmoid([_steep(net) for net in nets], place),
    "softmax": _softmax,
}


def _surprise(target: Decimal, out: Decimal) -> Decimal:
    return -target * _ln(out) if target else Decimal(0)


SHARES: dict[str, Callable[[Decimal, Decimal, int], Decimal]] = {
    "half_squared_error": lambda out, target, outputs: (target - out) ** 2 / 2,
    "squared_error": lambda out, target, outputs: (target - out) ** 2,
    "mean_squared_error": lambda out, target, outputs: (target - out) ** 2 / outputs,
    "absolute_error": lambda out, target, outputs: abs(target - out),
    "mean_absolute_error": lambda out, target, outputs: abs(target - out) / outputs,
    "huber": lambda out, target, outputs: (
        (target - out) ** 2 / 2 if abs(target - out) < 1 else abs(target - out) - Decimal("0.5")
    ),
    "log_cosh": lambda out, target, outputs: (
        abs(out - target) + _ln((1 + _exp(-2 * abs(out - target))) / 2)
    ),
    "hinge": lambda out, target, outputs: max(1 - target * out, Decimal(0)),
    "none": lambda out, target, outputs: out,
    "binary_cross_entropy": lambda out, target, outputs: (
        _surprise(target, out) + _surprise(1 - target, 1 - out)
    ),
    "categorical_cross_entropy": lambda out, target, outputs: _surprise(target, out),
}


def exact(activation: str, loss: str, nets: list[float], targets: list[float]) -> list[float]:
    """Return E and its slope by each net input, as floats nearest to the decimals."""

    def of(nets: Nets) -> Decimal:
        outs = [OUTS[activation](nets, place) for place in range(len(nets))]
        pairs = zip(outs, map(Decimal, targets), strict=True)
        return sum((SHARES[loss](out, target, len(outs)) for out, target in pairs), Decimal(0))

    with localcontext(prec=1200, Emax=MAX_EMAX, Emin=MIN_EMIN):
        here = [*map(Decimal, nets)]
        found = [of(here)]
        for place in range(len(nets)):
            more, less = [*here], [*here]
            more[place], less[place] = here[place] + TINY, here[place] - TINY
            found.append((of(more) - of(less)) / (2 * TINY))
        return [*map(float, found)]


def computed(activation: str, loss: str, nets: list[float], targets: list[float]) -> list[float]:
    """Return the same of a network whose weights are its net inputs."""
    names = [f"o{place}" for place in range(len(nets))]
    weights = "\n".join(
        f'w{name} = {{ from = "i", to = "{name}", value = {net!r} }}'
        for name, net in zip(names, nets, strict=True)
    )
    setup = made(
        f'[training]\nlearning_rate = 0.1\nloss = "{loss}"\n[[layers]]\nname = "in"\n'
        f'neurons = ["i"]\n[[layers]]\nname = "out"\nneurons = {names}\n'
        f"activation = {in_form(*activation.split())}\n[weights]\n{weights}\n"
        f"[[samples]]\ninput = [1.0]\ntarget = {targets}\n"
    ).setup
    values = Values(Timeline(setup).state(Moment.of(1, Phase.BACKWARD)))
    slopes = [Quantity(Kind.DE_DPARAMETER, parameter=f"w{name}") for name in names]
    return [float(values.get(q) or 0.0) for q in (Quantity(Kind.LOSS), *slopes)]


@pytest.mark.parametrize(("activation", "loss"), PAIRS)
def test_loss_and_gradients_are_those_of_decimals(activation: str, loss: str) -> None:
    rng = random.Random(f"{activation} {loss}")
    saturates = activation in ("sigmoid", "bipolar_sigmoid", "hard_sigmoid", "tanh", "softmax")
    choices = NETS if saturates else NETS + HUGE
    for _ in range(4):
        nets = [rng.choice(choices) for _ in range(2)]
        targets = [rng.choice((0.0, 1.0, 0.25)) for _ in nets]
        there = exact(activation, loss, nets, targets)
        here = computed(activation, loss, nets, targets)
        for name, right, number in zip("E01", there, here, strict=True):
            about = f"{name} of {nets}, {targets}: {number!r}, exactly {right!r}"
            assert math.isfinite(number) == math.isfinite(right), about
            # a saturated out is a float near 0 or 1; only a loss computed from nets does without
            by_out = saturates and (name != "E" or not LOSSES[loss].from_nets)
            error = BOUND * abs(right) + (ROUNDED if by_out else 0.0)
            assert math.isclose(number, right, rel_tol=0, abs_tol=error), about
