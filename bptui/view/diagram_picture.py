"""A square number of inputs as a picture: two pixels a cell, one above the other."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from bptui.engine.network import Network
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.view.rows import Row, Span

_LEAST = 5
"""The least side of a picture: what is smaller is a list of numbers."""
_CELLS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def picture_side(network: Network, width: int, rows: int) -> int:
    """Return the side of the inputs' picture, 0 if they are no square or have no room for it."""
    count = len(network.inputs)
    side = math.isqrt(count)
    fits = _LEAST <= side <= width and (side + 1) // 2 <= rows < count
    return side if side * side == count and fits else 0


def picture(session: Session, side: int) -> tuple[Row, ...]:
    """Return the sample's inputs as rows; a pixel is lit from half of the brightest on."""
    sample = session.shown_sample
    inputs = np.asarray(session.state.batch.inputs[max(0, sample - 1)])
    names = session.setup.network.inputs
    lit = inputs.reshape(side, side) >= max(np.nanmax(inputs), 0.0) / 2 + 1e-300
    return _drawn(lit.tobytes(), names, sample, side)


@lru_cache(maxsize=8)
def _drawn(pixels: bytes, names: tuple[str, ...], sample: int, side: int) -> tuple[Row, ...]:
    lit = np.frombuffer(pixels, dtype=bool).reshape(side, side)
    below = np.vstack([lit[1::2], np.zeros((side % 2, side), dtype=bool)])
    addresses = [str(Quantity(Kind.INPUT, neuron=name, sample=sample)) for name in names]
    return tuple(
        tuple(
            Span(_CELLS[bool(upper), bool(lower)], "number", addresses[2 * row * side + column])
            for column, (upper, lower) in enumerate(zip(lit[2 * row], below[row], strict=True))
        )
        for row in range((side + 1) // 2)
    )
