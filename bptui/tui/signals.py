"""Signals that end the app: in good order if that can be, and soon in any case."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bptui.tui.app import Bptui

PATIENCE = 2.0
"""Seconds that the app has to end by itself."""
ENDING = [
    getattr(signal, name)
    for name in ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM")
    if hasattr(signal, name)
]
_DRIVERS = [getattr(signal, name) for name in ("SIGTSTP", "SIGCONT") if hasattr(signal, name)]


class SignalHandler:
    """Runs the app; a signal to end ends it, however busy it is and whatever the terminal does."""

    def __init__(self, app: Bptui) -> None:
        self._app = app
        self._loop: asyncio.AbstractEventLoop | None = None
        self._before: dict[int, Any] = {}
        self.signal = 0
        """The signal that ended the app, 0 for none."""

    def run(self, mouse: bool, size: tuple[int, int] | None = None) -> None:
        reading, self._alarm = os.pipe()
        threading.Thread(target=self._watch, args=(reading,), daemon=True).start()
        self._before = {number: signal.signal(number, self._asked) for number in ENDING}
        try:
            asyncio.run(self._main(mouse, size))
        finally:
            self._loop = None
            for number, handler in self._before.items():
                signal.signal(number, handler)
            for number in _DRIVERS:
                signal.signal(number, signal.SIG_DFL)
            if not self.signal:
                os.close(self._alarm)

    async def _main(self, mouse: bool, size: tuple[int, int] | None) -> None:
        self._loop = asyncio.get_running_loop()
        await self._app.run_async(mouse=mouse, size=size)

    def _asked(self, number: int, frame: FrameType | None) -> None:
        """Begin to end; interrupts anything, so it takes no lock."""
        if self.signal:
            return
        self.signal = number
        if self._loop is None:
            raise SystemExit(128 + number)
        if hasattr(signal, "SIGTTOU"):  # a job in the background is not to stop on its way out
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        driver = self._app._driver
        if driver is not None:
            driver.leaving = True  # type: ignore[attr-defined]
        os.write(self._alarm, b"!")
        self._loop.call_soon_threadsafe(self._app.leave, 128 + number)

    def _watch(self, reading: int) -> None:
        """Wait for a signal, then for the end; force it when PATIENCE runs out."""
        asked = os.read(reading, 1)
        os.close(reading)
        if asked:
            time.sleep(PATIENCE)
            abandon = getattr(self._app._driver, "abandon", None)
            if abandon is not None:
                abandon()
            os._exit(128 + self.signal)
