"""Ways to draw the first weights of a layer; to add one, add an entry to the table."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from random import Random

Draw = Callable[[Random, int, int], float]
"""(generator, fan in, fan out) -> one weight."""

INITIALIZERS: dict[str, Draw] = {
    # Glorot and Bengio 2010, He et al. 2015, LeCun 1998; uniform and normal are plain and small.
    "uniform": lambda rng, n_in, n_out: rng.uniform(-0.5, 0.5),
    "normal": lambda rng, n_in, n_out: rng.gauss(0.0, 0.5),
    "glorot_uniform": lambda rng, n_in, n_out: rng.uniform(-1, 1) * sqrt(6 / (n_in + n_out)),
    "glorot_normal": lambda rng, n_in, n_out: rng.gauss(0.0, sqrt(2 / (n_in + n_out))),
    "he_uniform": lambda rng, n_in, n_out: rng.uniform(-1, 1) * sqrt(6 / n_in),
    "he_normal": lambda rng, n_in, n_out: rng.gauss(0.0, sqrt(2 / n_in)),
    "lecun_uniform": lambda rng, n_in, n_out: rng.uniform(-1, 1) * sqrt(3 / n_in),
    "zeros": lambda rng, n_in, n_out: 0.0,
}


def draw_matrix(name: str, seed: int, n_in: int, n_out: int) -> tuple[tuple[float, ...], ...]:
    """n_in rows of n_out weights; the same seed gives the same weights everywhere."""
    rng, draw = Random(seed), INITIALIZERS[name]
    return tuple(tuple(draw(rng, n_in, n_out) for _ in range(n_out)) for _ in range(n_in))
