"""What tests of the audit share: a small network, figures printed of it, and what is found.

The figures of these presets are made with the oracle of the tests, which shares no code with the
engine; slips are made from its numbers by hand.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache

from bptui.audit.findings import Audit, Auditor, Finding, audit
from bptui.audit.prepare import prepare
from bptui.audit.verdicts import Verdict
from bptui.preset.read import parse_preset
from tests import oracle

MATCH, LAST_DIGIT, WRONG = Verdict.MATCH, Verdict.LAST_DIGIT, Verdict.WRONG

SHARED = """
b1 = { to = ["h1", "h2"], value = 0.35 }
b2 = { to = ["o1", "o2"], value = 0.60 }
"""
FROZEN = SHARED.replace(" }", ", trainable = false }")
OWN = """
b1 = { to = "h1", value = 0.35 }
b1_h2 = { to = "h2", value = 0.35 }
b2 = { to = "o1", value = 0.60 }
b2_o2 = { to = "o2", value = 0.60 }
"""
THREE = """
[[samples]]
input = [0.60, 0.30]
target = [0.80, 0.20]

[[samples]]
input = [0.90, 0.15]
target = [0.40, 0.70]
"""

Figures = Mapping[str, Mapping[str, str]]
"""What is printed, by moment and address: a figure, or the TOML of a table or a list."""


def preset(
    figures: Figures | None = None,
    *,
    training: str = "",
    loss: str = "half_squared_error",
    rate: str = "0.5",
    activation: str = "sigmoid",
    w5: str = "0.40",
    biases: str = SHARED,
    samples: str = "",
) -> str:
    """Return the text of a 2-2-2 network, and what is printed of it."""
    return f"""
title = "made"

[training]
learning_rate = {rate}
loss = "{loss}"
{training}

[[layers]]
name = "input"
neurons = ["x1", "x2"]

[[layers]]
name = "hidden"
neurons = ["h1", "h2"]
activation = "{activation}"

[[layers]]
name = "output"
neurons = ["o1", "o2"]
activation = "{activation}"

[weights]
w1 = {{ from = "x1", to = "h1", value = 0.15 }}
w2 = {{ from = "x2", to = "h1", value = 0.20 }}
w3 = {{ from = "x1", to = "h2", value = 0.25 }}
w4 = {{ from = "x2", to = "h2", value = 0.30 }}
w5 = {{ from = "h1", to = "o1", value = {w5} }}
w6 = {{ from = "h2", to = "o1", value = 0.45 }}
w7 = {{ from = "h1", to = "o2", value = 0.50 }}
w8 = {{ from = "h2", to = "o2", value = 0.55 }}

[biases]
{biases}

[[samples]]
input = [0.05, 0.10]
target = [0.01, 0.99]
{samples}
{sections(figures or {})}
"""


KINK = (0.1, 0.2, -0.3)
"""Weights whose sum is 0 on paper, and 5.6e-17 in floats."""


def kink(activation: str, weights: tuple[float, ...]) -> str:
    """Return a network of three inputs of 1, a neuron with a kink, and a linear one."""
    return f"""
title = "made"
[training]
learning_rate = 0.1
loss = "half_squared_error"
[[layers]]
name = "input"
neurons = ["x1", "x2", "x3"]
[[layers]]
name = "hidden"
neurons = ["h"]
activation = "{activation}"
weights = {[[weight] for weight in weights]}
[[layers]]
name = "output"
neurons = ["o"]
activation = "identity"
weights = [[0.5]]
[[samples]]
input = [1, 1, 1]
target = [1]
"""


def sections(figures: Figures) -> str:
    """Return the sections of printed figures."""
    lines = []
    for moment, table in figures.items():
        lines.append(f"[expected.{moment.replace(' ', '.')}]")
        for address, said in table.items():
            lines.append(f'"{address}" = ' + (said if said[0] in "{[" else f'"{said}"'))
    return "\n".join(lines)


def checked(text: str) -> Audit:
    """Return the audit of a preset's text."""
    return audit(prepare(parse_preset(text, "made.toml")))


def judged(text: str) -> Audit:
    """Return the verdicts on a preset's figures and what they follow from, without any search.

    Slips and other conventions are not looked for, which takes most of the time of an audit.
    """
    auditor = Auditor(prepare(parse_preset(text, "made.toml")))
    return Audit(tuple(map(auditor.find, auditor.figures)))


def only(text: str) -> Finding:
    """Return what is said of a preset's only figure, without any search."""
    (finding,) = judged(text).findings
    return finding


@cache
def exact(text: str, moment: str = "1 update") -> oracle.Quantities:
    """Return all quantities of a preset at a moment, as the oracle has them."""
    iteration, _, phase = moment.partition(" ")
    lesson = oracle.lesson_of(parse_preset(text, "made.toml"))
    for number, label, quantities in oracle.calculate(lesson, int(iteration)):
        if (str(number), label) == (iteration, phase):
            return quantities
    raise AssertionError(moment)


def sigmoid(net: float) -> float:
    """Return the logistic function."""
    return 1 / (1 + math.exp(-net))


def nine(number: float) -> str:
    """Return a number with nine digits after the point."""
    return f"{number:.9f}"


def names(finding: Finding) -> list[str]:
    """Return the addresses of what a figure was carried from."""
    return [str(figure.quantity) for figure in finding.carried_from]


def roots(report: Audit) -> list[str]:
    """Return the addresses of the figures in which mistakes were made."""
    return [str(f.printed.quantity) for root in report.roots for f in root.findings]


def addresses(found: tuple[Finding, ...]) -> list[str]:
    """Return the addresses of findings."""
    return [str(finding.printed.quantity) for finding in found]


def at(report: Audit, address: str, moment: str = "") -> Finding:
    """Return the one finding on an address."""
    (found,) = (
        f
        for f in report.findings
        if str(f.printed.quantity) == address and moment in ("", str(f.printed.moment))
    )
    return found


def chain(root: str) -> dict[str, str]:
    """Return a wrong net h1 and three figures that are rightly made from it, one by one."""
    out = f"{sigmoid(0.3875):.9f}"
    net = f"{0.40 * float(out) + 0.45 * exact(preset())['out h2'] + 0.60:.9f}"
    return {"net h1": root, "out h1": out, "net o1": net, "out o1": f"{sigmoid(float(net)):.9f}"}
