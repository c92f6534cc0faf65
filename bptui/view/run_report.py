"""What an unattended training came to, in words and as JSON, and how far it is meanwhile."""

from __future__ import annotations

from bptui.story.conditions import Condition
from bptui.story.headless import Outcome
from bptui.story.non_finite import divergence
from bptui.view.numbers import aligned
from bptui.view.rows import cells, filled


def as_json(outcome: Outcome) -> dict[str, object]:
    """Return what `bptui run --json` prints."""
    found: dict[str, object] = {
        "iterations": outcome.iterations,
        "stopped": outcome.stopped,
        "E": _loss(outcome),
        "parameters": _parameters(outcome),
        **({"metrics": outcome.metrics} if outcome.metrics else {}),
    }
    if outcome.first_non_finite is not None:
        quantity, value, moment = outcome.first_non_finite
        # JSON has no such numbers, so that it is a text: "inf", "-inf", "nan"
        broken = {"iteration": moment.iteration, "quantity": str(quantity), "value": str(value)}
        found["diverged"] = broken
    return found


def report(outcome: Outcome, condition: Condition | None) -> list[str]:
    loss, parameters = _loss(outcome), _parameters(outcome)
    numbers = parameters if loss is None else {"E": loss, **outcome.metrics, **parameters}
    width = max(map(cells, numbers), default=0)
    head = f"{outcome.setup.preset.name} after iteration {outcome.iterations}: "
    return [
        head + _reason(outcome, condition),
        *(f"  {filled(name, width)}  {aligned(number)}" for name, number in numbers.items()),
    ]


def progress(name: str, done: int, wanted: int, seconds: float) -> str:
    rate = done / seconds
    left = (wanted - done) / rate
    return f"{name}: {done:,} of {wanted:,} iterations, {rate:,.0f}/s, {_duration(left)} left"


def _loss(outcome: Outcome) -> float | None:
    return float(outcome.losses[-1]) if outcome.iterations else None


def _parameters(outcome: Outcome) -> dict[str, float]:
    names = (parameter.name for parameter in outcome.setup.network.parameters)
    return dict(zip(names, outcome.state[0].tolist(), strict=True))


def _reason(outcome: Outcome, condition: Condition | None) -> str:
    if outcome.first_non_finite is not None:
        return f"training diverges: {divergence(*outcome.first_non_finite)}"
    if outcome.stopped == "condition":
        return f"stopped because {condition}"
    done = "all iterations done"
    return done if condition is None else f"{done}; {condition} never held"


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
