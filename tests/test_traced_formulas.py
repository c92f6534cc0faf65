"""A formula's trace, by which the engine computes, has the bits of the formula itself."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from bptui.engine.functions import ACTIVATIONS, LOSSES
from bptui.engine.optimizers import OPTIMIZERS
from bptui.engine.trace import Array, Formula, names_of, traced

WHOLE = {"nets": "net", "outs": "out", "targets": "target"}
NUMBERS = np.array(
    [0.0, -0.0, 0.3, 1.0, -2.5, 40.0, -745.0, 1e-320, 1e300, -np.inf, np.inf, np.nan]
)


def formulas() -> Iterator[tuple[str, Formula, dict[str, float]]]:
    """Yield every formula of the tables, with the numbers among its parameters."""
    for name, activation in ACTIVATIONS.items():
        for form, entry in (activation.forms or {"": activation}).items():
            computed = {f"computed {what}": f for what, f in entry.computed.items()}
            for what, formula in {"out": entry.out, "slope": entry.slope, **computed}.items():
                yield f"{name} {form} {what}", formula, dict(entry.parameters)
    for name, loss in LOSSES.items():
        numbers = {**loss.parameters, "outputs": 3.0}
        of_nets = [
            (f"{of} {k}", f)
            for of, each in loss.from_nets.items()
            for k, f in {"share": each.share, "slope": each.slope, "delta": each.delta}.items()
        ]
        plain = {"share": loss.share, "slope": loss.slope, **loss.computed}
        for what, formula in (*plain.items(), *of_nets):
            yield f"{name} {what}", formula, numbers
    for name, optimizer in OPTIMIZERS.items():
        for form, entry in (optimizer.forms or {"": optimizer}).items():
            for what, formula in entry.formulas.items():
                yield f"{name} {form} {what}", formula, dict(entry.parameters)


def arrays(names: list[str], seed: int) -> dict[str, Array]:
    """Return an array (neurons, samples) for each name, of ordinary and of extreme numbers."""
    rng = np.random.default_rng(seed)
    found = {name: rng.normal(0, 3, (3, 5)) for name in sorted({WHOLE.get(n, n) for n in names})}
    if seed % 2:
        found = {name: rng.choice(NUMBERS, array.shape) for name, array in found.items()}
    return found


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("name", "formula", "numbers"), [*formulas()])
def test_a_trace_has_the_bits_of_its_formula(
    name: str, formula: Formula, numbers: dict[str, float]
) -> None:
    names = [n for n in names_of(formula) if n not in numbers]
    run = traced(formula, numbers).compiled(
        ", ".join(dict.fromkeys(WHOLE.get(n, n) for n in names))
    )
    for seed in range(40):
        given = arrays(names, seed)
        written = formula(
            **{n: given[WHOLE.get(n, n)] for n in names},
            **{n: number for n, number in numbers.items() if n in names_of(formula)},
        )
        found = run(**given)
        assert np.asarray(found, float).tobytes() == np.asarray(written, float).tobytes(), name
