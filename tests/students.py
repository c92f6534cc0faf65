"""A student who calculates the small network by hand, in plain Python: every number is written
down, and what was written is gone on with. It shares no code with the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.audits import sigmoid

Write = Callable[[float], str]
"""How a number is written down."""
Change = Callable[[float], float]
INPUTS, TARGETS, RATE = {"x1": 0.05, "x2": 0.10}, {"o1": 0.01, "o2": 0.99}, 0.5
FIRST = {"h1": {"x1": 0.15, "x2": 0.20}, "h2": {"x1": 0.25, "x2": 0.30}}
SECOND = {"o1": {"h1": 0.40, "h2": 0.45}, "o2": {"h1": 0.50, "h2": 0.55}}
BIASES = {"h": 0.35, "o": 0.60}
NAMES = dict(zip([(s, t) for t in FIRST for s in INPUTS], ["w1", "w2", "w3", "w4"], strict=True))
NAMES |= dict(zip([(s, t) for t in SECOND for s in FIRST], ["w5", "w6", "w7", "w8"], strict=True))


def by_hand(
    write: Write, slips: Mapping[str, Change] | None = None, fault: str = ""
) -> dict[str, str]:
    """Return one iteration of `audits.preset()` as it is written down.

    Args:
        write: how numbers are written.
        slips: what goes wrong in some numbers, before they are written.
        fault: of a whole program: `no slope`, `factor 2`, `added` or `sequential`.
    """
    sheet: dict[str, str] = {}

    def note(name: str, value: float) -> float:
        sheet[name] = write((slips or {}).get(name, float)(value))
        return float(sheet[name])

    outs = dict(INPUTS)
    for layer in (FIRST, SECOND):
        nets = {
            t: note(f"net {t}", sum(w * outs[s] for s, w in row.items()) + BIASES[t[0]])
            for t, row in layer.items()
        }
        outs = outs | {t: note(f"out {t}", sigmoid(net)) for t, net in nets.items()}
    shares = [note(f"E {o}", (TARGETS[o] - outs[o]) ** 2 / 2) for o in TARGETS]
    note("E", sum(shares))
    twice = 2 if fault == "factor 2" else 1
    errors = {o: twice * (outs[o] - TARGETS[o]) for o in TARGETS}
    deltas: dict[str, float] = {}
    used = SECOND
    for layer in (SECOND, FIRST):
        for t, row in layer.items():
            error = note(f"dE/dout {t}", errors[t])
            slope = note(f"dout/dnet {t}", 1.0 if fault == "no slope" else outs[t] * (1 - outs[t]))
            deltas[t] = note(f"dE/dnet {t}", error * slope)
            for s in row:
                note(f"dE/d{NAMES[s, t]}", deltas[t] * outs[s])
        if fault == "sequential":
            used = {
                o: {h: w - RATE * deltas[o] * outs[h] for h, w in row.items()}
                for o, row in SECOND.items()
            }
        errors = {h: sum(deltas[o] * used[o][h] for o in SECOND) for h in FIRST}
    sign = 1 if fault == "added" else -1
    for layer in (FIRST, SECOND):
        for t, row in layer.items():
            for s, w in row.items():
                name = NAMES[s, t]
                note(name, w + sign * RATE * float(sheet[f"dE/d{name}"]))
    return sheet
