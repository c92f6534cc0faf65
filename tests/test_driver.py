"""The drivers: what they send to a terminal, and the app in two real ones."""

from __future__ import annotations

import asyncio
import io
import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from textual.app import App
from textual.drivers._writer_thread import WriterThread

from bptui.tui.diff_driver import DiffDriver
from bptui.tui.posix_driver import PosixDriver
from tests.terminals import Cell, Forked, seen
from tests.waiting import wait_until


class Screenful(App[None]):
    """An app for a driver to ask for the size."""


@contextmanager
def driving(
    file: io.TextIOBase, kind: type[PosixDriver] = DiffDriver, signs: str = "all"
) -> Iterator[Any]:
    """Give a driver that writes to a file."""

    async def make() -> PosixDriver:
        app = Screenful()
        app.signs = signs  # type: ignore[attr-defined]
        return kind(app)

    handlers = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT)}
    stderr, stdin = sys.__stderr__, sys.__stdin__
    with open(os.devnull, encoding="utf-8") as null:
        sys.__stderr__, sys.__stdin__ = file, null  # type: ignore[misc, assignment]
        try:
            driver = asyncio.run(make())
        finally:
            sys.__stderr__, sys.__stdin__ = stderr, stdin  # type: ignore[misc]
            for number, handler in handlers.items():
                signal.signal(number, handler)
    driver._writer_thread = WriterThread(driver._file)
    driver._writer_thread.start()
    yield driver
    driver.close()


@pytest.mark.parametrize("kind", [DiffDriver, PosixDriver])
def test_what_textual_draws_itself_has_the_signs_of_the_terminal(kind: type[PosixDriver]) -> None:
    reader, writer = os.pipe()
    with open(writer, "w", encoding="utf-8") as file, driving(file, kind, "ascii") as driver:
        driver.write("\x1b[1;1H─é│")
        sent = ""
        while not sent.endswith("|"):
            sent += os.read(reader, 100).decode()
        assert sent.endswith("-e|")
    os.close(reader)


FRAME = "\x1b[1;1H\x1b[31mabc\x1b[0m\x1b[1;1H"


class File(io.StringIO):
    """A file with a number."""

    def fileno(self) -> int:
        """Return a number."""
        return 2


def test_the_driver_sends_a_frame_once() -> None:
    file = File()
    with driving(file) as driver:
        for _ in range(3):
            driver.write(FRAME)
    assert file.getvalue().count("abc") == 1


def test_an_update_is_sent_in_one_piece_and_not_at_all_if_nothing_changes() -> None:
    pieces: list[str] = []

    class Pieces(File):
        def write(self, text: str) -> int:
            pieces.append(text)
            return len(text)

    with driving(Pieces()) as driver:
        for _ in range(2):
            for data in ("\x1b[?2026h", FRAME, "\x1b[?2026l"):
                driver.write(data)
    assert len(pieces) == 1
    assert pieces[0].startswith("\x1b[?2026h")
    assert "abc" in pieces[0]
    assert pieces[0].endswith("\x1b[?2026l")


def test_what_another_thread_writes_is_sent_as_it_is_and_what_is_shown_forgotten() -> None:
    """Textual's input thread turns on modes."""
    file = File()
    with driving(file) as driver:
        driver.write(FRAME)
        thread = threading.Thread(target=driver.write, args=(FRAME,))
        thread.start()
        thread.join()
        driver.write(FRAME)
    assert file.getvalue().count("abc") == 3
    assert FRAME in file.getvalue()


def test_the_backlog_is_what_the_terminal_has_not_taken() -> None:
    reader, writer = os.pipe()
    with open(writer, "w", encoding="utf-8") as file, driving(file) as driver:
        assert not driver.backlog
        driver.write(FRAME)
        wait_until(lambda: not driver.backlog)
        driver.write(f"\x1b]0;{'x' * 200_000}\x07")
        wait_until(lambda: not select.select([], [writer], [], 0)[1])  # no more goes in
        assert driver.backlog
        taker = threading.Thread(target=take_all, args=(reader,))
        taker.start()
        wait_until(lambda: not driver.backlog)
    taker.join()


def take_all(reader: int) -> None:
    """Take what comes out of a pipe to its end."""
    with open(reader, "rb") as file:
        while file.read(65536):
            pass


def test_a_terminal_that_is_gone_is_a_backlog_for_ever_and_holds_up_nobody() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w", encoding="utf-8") as file:
        with driving(file) as driver:
            driver.write(FRAME)
            wait_until(lambda: driver.gone)
            for _ in range(99):
                driver.write(FRAME)
            assert driver.backlog
        with pytest.raises(BrokenPipeError):
            file.close()


# ---- the app in two real terminals

RUN = """
import sys
from tests.sessions import shipped
from bptui.tui.app import Bptui
from bptui.tui.diff_driver import DiffDriver
from bptui.tui.posix_driver import PosixDriver
driver = DiffDriver if sys.argv[1] == "diff" else PosixDriver
Bptui(shipped("mazur").setup, sys.argv[2], driver_class=driver).run()
"""


class Clearing(Forked):
    """A terminal whose alternate screen is empty at first, which pyte's is not."""

    def paint(self, data: bytes) -> None:
        """Do what a terminal does with a program's output."""
        super().paint(data.replace(b"\x1b[?1049h", b"\x1b[?1049h\x1b[2J"))


Shown = list[list[Cell]]


def shown(driver: str, colours: str, wanted: list[Shown] | None = None) -> tuple[list[Shown], int]:
    """What the app shows after some keys and, in true colour, all else that can befall a screen.

    Besides, how many bytes the first steps took.

    What is wanted is waited for; without it, that the app has done all that it was told.
    """
    terminal = Clearing(
        *("-c", RUN, driver, colours),
        size=(120, 40),
        COLORTERM="truecolor",
        TEXTUAL_ANIMATIONS="none",
    )
    terminal.wait_for("w5")
    screens: list[Shown] = []

    def look() -> None:
        if wanted is None:
            terminal.wait_idle()
        else:
            there = wanted[len(screens)]
            terminal.wait_until(lambda: seen(terminal.screen) == there)
        screens.append(seen(terminal.screen))

    def press(*keys: str) -> None:
        for key in keys:
            terminal.send(key)
            look()

    begun = len(terminal.raw)
    press(*"   jl")
    sent = len(terminal.raw) - begun
    if colours != "rgb":  # what follows has nothing to do with colours
        press("?")
        assert terminal.leave() == 0
        return screens, sent
    terminal.resize(100, 30)
    press(*" p?", "\x1b")
    terminal.screen.reset()  # the terminal loses all, and says no more than that something is up
    terminal.signal(signal.SIGWINCH)
    press(" ")
    terminal.signal(signal.SIGTSTP)
    terminal.wait_stopped()
    terminal.signal(signal.SIGCONT)
    look()
    assert "update" in terminal.text()
    press("\x10", "\x1b")  # the list of commands
    assert terminal.leave() == 0
    return screens, sent


@pytest.mark.parametrize("colours", ["rgb", "16", "mono"])
def test_the_app_looks_the_same_with_either_driver(colours: str) -> None:
    plain, much = shown("plain", colours)
    filtered, little = shown("diff", colours, plain)
    assert filtered == plain
    assert little < much / 2
