"""A driver that sends the terminal only the cells it does not show already.

For POSIX only, as Textual's `LinuxDriver` is: import this module where there is `termios`.
"""

from __future__ import annotations

import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from types import FrameType
from typing import Any, TextIO

from textual.app import App
from textual.geometry import Size

from bptui.tui.posix_driver import PosixDriver
from bptui.tui.screen_diff import Piece, ScreenDiff

_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
"""Between these a terminal may wait before it shows anything."""


class DiffDriver(PosixDriver):
    """Textual's driver for POSIX with a shadow of the screen; for `App(driver_class=...)`.

    Wherever the terminal may have lost the screen the shadow does, too: when it is resized, and
    when the app comes back from being suspended.
    """

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self._waiting: deque[None] = deque()
        self._file: Any = _Outlet(self._file, self._waiting)
        self._painter = threading.get_ident()
        self._update: list[str] | None = None
        self._shadow, self._shadow_size, self._stale = ScreenDiff(0, 0), Size(0, 0), True

    @property
    def backlog(self) -> bool:
        """Whether output is still waiting for the terminal; any thread may ask.

        True for good once the terminal is gone.
        """
        return self.gone or bool(self._waiting)

    def write(self, data: str) -> None:
        """Send only what changes the screen."""
        if threading.get_ident() != self._painter:  # Textual's input thread sets modes
            self._stale = True
        else:
            data = self._gathered(data)
        self._send(data)

    def paint(self, lines: Iterable[tuple[int, Iterable[Piece]]]) -> None:
        """Send only what changes of whole lines, given by their numbers.

        Textual is passed by: it would make text of them, of which cells would be made again.
        """
        update = self._current().paint(lines)
        if update and self._app._sync_available:
            update = f"{_BEGIN}{update}{_END}"
        self._send(update)

    def _send(self, data: str) -> None:
        if data:
            self._waiting.append(None)
            super().write(data)

    def _gathered(self, data: str) -> str:
        """What must be sent now: an update goes out whole or not at all.

        In pieces, its end might be a packet of its own, for which the terminal waits.
        """
        if data == _BEGIN:
            self._update = []
            return ""
        if data == _END and self._update is not None:
            update, self._update = "".join(self._update), None
            return f"{_BEGIN}{update}{_END}" if update else ""
        sent = self._current().filter(data)
        if self._update is None:
            return sent
        self._update.append(sent)
        return ""

    def _current(self) -> ScreenDiff:
        """The shadow of the screen as it is now."""
        size = self._app.size
        if self._stale or size != self._shadow_size:
            # a new one: a signal may come, and write, while the old one is at work
            self._shadow, self._shadow_size, self._stale = ScreenDiff(*size), size, False
        return self._shadow

    def start_application_mode(self) -> None:
        """Take the terminal, whose contents are unknown."""
        self._stale, self._update = True, None
        super().start_application_mode()
        handler = signal.getsignal(signal.SIGWINCH)
        if callable(handler):
            signal.signal(signal.SIGWINCH, partial(self._resized, handler))

    def _resized(self, handler: Callable[[int, FrameType | None], Any], *args: Any) -> None:
        self._stale = True
        handler(*args)

    def stop_application_mode(self) -> None:
        self._stale, self._update = True, None
        super().stop_application_mode()


class _Outlet:
    """The file that Textual's thread writes to; it ticks off what the terminal has taken."""

    def __init__(self, file: TextIO, waiting: deque[None]) -> None:
        self._file, self._waiting, self._written = file, waiting, 0
        self.fileno = file.fileno

    def write(self, text: str) -> None:
        self._file.write(text)
        self._written += 1

    def flush(self) -> None:
        self._file.flush()
        for _ in range(self._written):
            self._waiting.popleft()
        self._written = 0
