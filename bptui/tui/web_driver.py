"""Textual's driver for a browser, mended where the visitor goes away."""

from __future__ import annotations

import os
import signal
from codecs import getincrementaldecoder
from time import monotonic
from typing import Any

from textual import constants
from textual.app import App
from textual.drivers._byte_stream import ByteStream
from textual.drivers.web_driver import WebDriver
from textual.events import Resize
from textual.geometry import Size

from bptui.tui.terminal_input import TerminalInput


class VisitorDriver(WebDriver):
    """What Textual's driver does, and besides:

    Without a visitor the process ends, as at a hangup, however busy the app is and even if the
    server was killed. The mouse is the browser's, unless it was asked for. What cannot be read is
    ignored.
    """

    def __init__(self, app: App[Any], **options: Any) -> None:
        super().__init__(app, **options)
        self.gone = False
        self._write: Any = self._send

    def _send(self, data: bytes) -> None:
        while data and not self.gone:
            try:
                data = data[os.write(self.fileno, data) :]
            except OSError:
                self._lost()

    def _lost(self) -> None:
        """Note, from any thread, that nobody is there any more."""
        if not self.gone:
            self.gone = True
            os.kill(os.getpid(), signal.SIGTERM)

    def start_application_mode(self) -> None:
        """Begin to send and to listen; signals stay with the app."""
        self._write(b"__GANGLION__\n")  # what a server of Textual's waits for
        self.write("\x1b[?1049h\x1b[?25l")
        if self._mouse:
            self._enable_mouse_support()
        self._request_terminal_sync_mode_support()
        self._enable_bracketed_paste()
        size = Size(*self._size) if self._size is not None else Size(80, 24)
        self._app.post_message(Resize(size, size))
        self._key_thread.start()

    def run_input_thread(self) -> None:
        """Read until told to stop or until nobody writes any more."""
        try:
            self._listen()
        except Exception as error:
            self._loop.call_soon_threadsafe(self._app._handle_exception, error)
        if not self.exit_event.is_set():
            self._lost()

    def _listen(self) -> None:
        terminal, packets = TerminalInput(mouse=self._mouse), ByteStream()
        decode = getincrementaldecoder("utf-8")("replace").decode
        heard = monotonic()
        for data in self._input_reader:
            if not data:
                if monotonic() - heard >= constants.ESCAPE_DELAY:
                    for event in terminal.flush():
                        self.process_message(event)
                continue
            heard = monotonic()
            for kind, payload in packets.feed(data):
                if kind == "D":
                    for event in terminal.feed(decode(payload)):
                        self.process_message(event)
                else:
                    self._on_meta(kind, payload)
