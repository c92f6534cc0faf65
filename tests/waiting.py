"""Waiting for a state, never for a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

PATIENCE = 60.0
"""Seconds after which what is waited for will never be: they end a hang and measure nothing."""


def wait_until(true: Callable[[], object]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it never is so"
        time.sleep(0.005)


async def until(true: Callable[[], object]) -> None:
    """Let an app go on until something is so."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it never is so"
        await asyncio.sleep(0.005)
