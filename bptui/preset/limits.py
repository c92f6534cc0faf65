"""How large a preset may be, so that every command and every screen answers in seconds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

MAX_BYTES = 4 * 2**20
MAX_DEPTH = 20
"""Levels of tables and lists."""
MAX_TEXT = 10_000
"""Characters of a text."""
MAX_DIGITS = 5_000
"""Digits of a number, before it is read: a float holds 17."""
MAX_NAME = 60
"""Characters of the name of a neuron; that of a weight or bias has up to three times as many."""
MAX_LAYERS = 100
MAX_NEURONS = 2_000
MAX_PARAMETERS = 250_000
MAX_SAMPLES = 4_000
MAX_ROWS = 40_000
"""Rows of a CSV file, from which samples are chosen."""
MAX_BATCHES = 1_000
"""Batches of an epoch."""
MAX_WORK = 20_000_000
"""What an iteration may have to calculate, by `work`."""
MAX_FIGURES = 500
MAX_REPEATED = 20
"""Figures that are printed for one quantity at one moment."""
MAX_CONVENTIONS = 6
"""Conventions that figures are right under."""
MAX_REACH = 200_000
"""Iterations that checking the figures of a small network may run, for each way to run them."""
MAX_NOTES = 1_000

_LONG_NUMBER = re.compile(rf"(?<!\w)[0-9][0-9A-Za-z_]{{{MAX_DIGITS}}}")
_KEY = r"""(?:[\w-]+|"[^"\n]*"|'[^'\n]*')"""
_LONG_KEY = re.compile(rf"^[ \t\[]*{_KEY}(?:[ \t]*\.[ \t]*{_KEY}){{{MAX_DEPTH}}}", re.MULTILINE)


def work(sizes: Sequence[int], batch_size: int) -> int:
    """About how much an iteration calculates: products of weights, and a neuron as eight.

    Args:
        sizes: the neurons of each layer.
        batch_size: how many samples an iteration uses.
    """
    pairs = sum(a * b for a, b in pairwise(sizes))
    return batch_size * (pairs + 8 * sum(sizes))


def too_much_to_read(text: str) -> tuple[int, str] | None:
    """The line and the reason if a parser would take minutes or gigabytes for a text."""
    for pattern, reason in (
        (_LONG_NUMBER, "a number with too many digits; shorten it"),
        (_LONG_KEY, f"nested too deeply; the limit is {MAX_DEPTH} levels"),
    ):
        if found := pattern.search(text):
            return text.count("\n", 0, found.end()) + 1, reason
    return None
