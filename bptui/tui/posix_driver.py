"""Textual's driver for POSIX, mended where a terminal stops, comes back, or goes away.

For POSIX only: import this module where there is `termios`.
"""

from __future__ import annotations

import os
import select
import signal
import termios
import threading
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable
from contextlib import suppress
from time import monotonic
from typing import Any, TextIO

from textual import constants
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from bptui.tui.terminal_input import TerminalInput
from bptui.view.glyphs import translated

_POLL = 0.1
"""Seconds after which the input thread looks whether it is to end."""
_ALTERNATE_OFF = "\x1b[?1049l"
_BLANK = "\x1b[0m\x1b[H\x1b[J"
"""What leaves nothing behind where there is one screen only, as in GNU screen."""
_LAST_WORDS = "\x1b[?2004l\x1b[?7h\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"
_LAST_WORDS += f"\x1b[<u{_BLANK}{_ALTERNATE_OFF}\x1b[?25h\x1b[?1004l"
"""All that `stop_application_mode` sends, for when nobody can wait for it."""


class PosixDriver(LinuxDriver):
    """What Textual's driver does, and besides:

    A terminal that is gone is a hangup: reading and writing end, and the process gets SIGHUP.
    Stopping and going on is done by the event loop, not in the middle of whatever was going on;
    a SIGCONT that no SIGTSTP preceded takes the terminal again and knows still how it was before.
    No input is a reason to end.
    """

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self.gone = self.leaving = self._active = False
        self._file: Any = _Sink(self._file, self._lost)

    # the terminal, taken and given back

    def start_application_mode(self) -> None:
        """Take the terminal, unless others have it."""
        before = self._writer_thread
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._active = self._writer_thread is not before

    def stop_application_mode(self) -> None:
        """Give the terminal back, unless that was done: then it is the shell's."""
        if self._active:
            super().stop_application_mode()
            self._active = False

    def write(self, data: str) -> None:
        """Send text in the glyphs that the terminal has, while there is one."""
        thread = self._writer_thread
        if not self.gone and thread is not None and thread.is_alive():
            data = data.replace(_ALTERNATE_OFF, _BLANK + _ALTERNATE_OFF)
            # most is translated already; what Textual draws itself, the command palette, is not
            super().write(translated(data, getattr(self._app, "signs", "all")))

    def abandon(self) -> None:
        """Give the terminal back without waiting; unsent output is lost."""
        if not self._active or self.gone:
            return
        with suppress(termios.error):
            if self.attrs_before is not None:
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)
            termios.tcflush(self.fileno, termios.TCOFLUSH)
            termios.tcflow(self.fileno, termios.TCOON)
        words = threading.Thread(target=self._say_last_words, daemon=True)
        words.start()
        words.join(0.3)

    def _say_last_words(self) -> None:
        with suppress(OSError):
            os.write(self._file.fileno(), _LAST_WORDS.encode())

    # stopping and going on

    def _sigtstp_application(self, *_: object) -> None:
        self._soon(self._suspend)

    def _sigcont_application(self, *_: object) -> None:
        self._soon(self._resume)

    def _soon(self, call: Callable[[], None]) -> None:
        with suppress(RuntimeError):  # the app may have ended
            self._loop.call_soon_threadsafe(call)

    def _suspend(self) -> None:
        if self.leaving:
            return
        if self._auto_restart and self._active:
            self.suspend_application_mode()
            self._must_signal_resume = True
        os.kill(os.getpid(), signal.SIGSTOP)

    def _resume(self) -> None:
        if self.leaving or self.gone or not self._auto_restart:
            return
        if not self._active:
            self.resume_application_mode()
            return
        # stopped by SIGSTOP, or not at all: the shell may have changed everything
        before = self.attrs_before
        self.disable_input()
        self.write("\x1b[<u")
        self.close()
        self._active, self._must_signal_resume = False, True
        self.resume_application_mode()
        self.attrs_before = before

    # input

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception as error:
            self._loop.call_soon_threadsafe(self._app._handle_exception, error)

    def run_input_thread(self) -> None:
        """Read until told to stop or until the terminal is gone."""
        terminal = TerminalInput(mouse=self._mouse)
        decode = getincrementaldecoder("utf-8")("replace").decode
        heard = monotonic()
        while not self.exit_event.is_set():
            found: Iterable[Message] = ()
            if select.select([self.fileno], [], [], _POLL)[0]:
                try:
                    data = os.read(self.fileno, 4096)
                except OSError:
                    data = b""
                if not data:
                    self._lost()
                    return
                found, heard = terminal.feed(decode(data)), monotonic()
            elif monotonic() - heard >= constants.ESCAPE_DELAY:
                found = terminal.flush()
            for event in found:
                self.process_message(event)

    def _lost(self) -> None:
        """Note, from any thread, that the terminal is gone."""
        if not self.gone:
            self.gone = True
            if self._active:
                os.kill(os.getpid(), signal.SIGHUP)


class _Sink:
    """The terminal as a file to write to, whose errors end the app and not the writing thread."""

    def __init__(self, file: TextIO, lost: Callable[[], None]) -> None:
        self._file, self._lost = file, lost
        self.fileno = file.fileno
        self._broken = False

    def write(self, text: str) -> None:
        self._try(lambda: self._file.write(text))

    def flush(self) -> None:
        self._try(self._file.flush)

    def _try(self, call: Callable[[], object]) -> None:
        if self._broken:
            return
        try:
            call()
        except BlockingIOError:  # somebody else has the terminal not wait: it is ours now
            os.set_blocking(self.fileno(), True)
            self._try(self._file.flush)
        except (OSError, ValueError):
            self._broken = True
            self._lost()
