"""What a terminal sends: keys are understood, and what cannot be read is ignored."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._xterm_parser import XTermParser
from textual.message import Message
from textual.messages import TerminalSupportsSynchronizedOutput

from tests.networks import examples

if os.name != "posix":
    pytest.skip("no terminals of that kind", allow_module_level=True)

from bptui.tui.terminal_input import TerminalInput
from tests.test_interruptions import bptui

CLICK = "\x1b[M"
"""After it, with the mouse, three more signs are waited for."""


def read(*pieces: str, mouse: bool = False) -> list[Message]:
    """Return what comes of pieces that are read one after the other, and then no more."""
    terminal = TerminalInput(mouse=mouse)
    found = [message for piece in pieces for message in terminal.feed(piece)]
    return [*found, *terminal.flush()]


def keys(messages: list[Message]) -> list[str]:
    """Return the names of the keys that were pressed, all else in brackets."""
    return [
        message.key if isinstance(message, events.Key) else f"<{type(message).__name__}>"
        for message in messages
    ]


UNREADABLE = [
    "\x1b[97;1:3u",  # the kitty protocol: a key that is released
    "\x1b[97:65;1u",
    "\x1b[1;1:3A",
    "\x1b[1114112u",
    f"\x1b[{'9' * 25}u",
    f"\x1b[{'9' * 5000}u",
    "\x1b[97;1;1114112u",
    "\x1b[97;1;9:9:99999999999u",
    "\x1b[;;;;;;;;u",
    f"\x1b[<0;{'9' * 400};1M",
    "\x1b[<0;0;0M",
    "\x1b[113~",  # not q: there is no such key
    "\x1b[113;1R",  # where the cursor is
    "\x1b[48;0;0;0;0t",
    f"\x1b[{';1' * 40}m",
    "\x1b[?62;22c",
    "\x1b[>41;388;0c",
    "\x1b[?2048;2$y",
    "\x1b[?1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16c",
    "\x1b[I",
    "\x1b[O",
    CLICK,
    "\x1b[1 q",
    "\x1bO5P",
    "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
    "\x1b]11;rgb:1e1e/1e1e/2e2e\x07",
    "\x1bP1$r0m\x1b\\",
    "\x1b_Gi=31;OK\x1b\\",
    "\x1b[201~",
]


@pytest.mark.parametrize("sequence", UNREADABLE)
def test_what_cannot_be_read_is_ignored_and_takes_no_key_with_it(sequence: str) -> None:
    assert keys(read(sequence + "q")) == ["q"]
    assert keys(read(*sequence, "q")) == ["q"]


@pytest.mark.parametrize(
    "begun", ["\x1b[", "\x1b[97;1", "\x1b[[", "\x1bO", "\x1bO5", "\x1b]11;rgb:1e", "\x1b]x\x1b"]
)
def test_a_sequence_that_does_not_go_on_is_ignored(begun: str) -> None:
    assert read(begun) == []
    assert keys(read(f"{begun}\x03"))[-1:] == ["ctrl+c"]
    assert keys(read(f"{begun}\x1b[A"))[-1:] == ["up"]
    terminal = TerminalInput(mouse=True)
    assert [*terminal.feed(begun), *terminal.flush()] == []
    assert keys([*terminal.feed("q")]) == ["q"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("q", ["q"]),
        ("qé界", ["q", "é", "界"]),
        ("\r\t\x7f ", ["enter", "tab", "backspace", "space"]),
        ("\x03\x10", ["ctrl+c", "ctrl+p"]),
        ("\x1b", ["escape"]),
        ("\x1b\x1b", ["escape", "escape"]),
        ("\x1bq", ["escape", "q"]),  # two keys that a slow line brings at once
        ("\x1b\x1b[A", ["escape", "up"]),
        ("\x1b[A\x1bOA\x1b[1;1A", ["up", "up", "up"]),
        ("\x1b[[A\x1bOP\x1b[P", ["f1", "f1", "f1"]),
        ("\x1b[3$q", ["shift+delete", "q"]),
        ("\x1b[27u\x1b[13u\x1b[127u", ["escape", "enter", "backspace"]),
        ("\x1b[113u\x1b[113;;113u\x1b[113;5u", ["q", "q", "ctrl+q"]),
        ("\x1b[97;2;65u", ["A"]),
        ("\x1b[I\x1b[O", []),  # Textual would paint the whole screen again
        ("\x1b[?2026;2$yq", ["<TerminalSupportsSynchronizedOutput>", "q"]),
        ("\x1b[?2026;0$yq", ["q"]),
        ("\x1b[<0;3;4M\x1b[<0;3;4mq", ["<MouseDown>", "<MouseUp>", "q"]),
    ],
)
def test_what_a_terminal_sends(text: str, expected: list[str]) -> None:
    assert keys(read(text)) == expected


def test_a_terminal_that_synchronizes_says_so() -> None:
    (message,) = read("\x1b[?2026;1$y")
    assert isinstance(message, TerminalSupportsSynchronizedOutput)


def test_a_click_is_where_the_terminal_says() -> None:
    (click,) = read("\x1b[<0;3;4M")
    assert isinstance(click, events.MouseDown)
    assert (click.x, click.y) == (2, 3)


def test_a_click_told_in_the_old_way_is_no_key() -> None:
    assert keys(read("\x1b[M !!q", mouse=True)) == ["q"]
    assert keys(read(*"\x1b[M !!q", mouse=True)) == ["q"]


@pytest.mark.parametrize("pieces", [1, 3, 99])
def test_what_is_pasted_is_text(pieces: int) -> None:
    whole = "a\x1b[200~q\x1b[A\x1b[20\0é\r\x1b[201~b"
    size = -(-len(whole) // pieces)
    cut = [whole[at : at + size] for at in range(0, len(whole), size)]
    key, paste, after = read(*cut)
    assert keys([key, after]) == ["a", "b"]
    assert isinstance(paste, events.Paste)
    assert paste.text == "q\x1b[A\x1b[20é\r"


def test_a_paste_is_waited_for() -> None:
    terminal = TerminalInput(mouse=False)
    assert [*terminal.feed("\x1b[200~q"), *terminal.flush()] == []
    (paste,) = terminal.feed("uit\x1b[201~")
    assert isinstance(paste, events.Paste)
    assert paste.text == "quit"


MISREAD = re.compile(r"\x1b\[(?:(?:2[5689]|3[1-4]|6[23])~|5[A-D]|1;[256]R)")
"""Textual takes these for letters, or for where the cursor is."""


def test_a_key_is_what_textual_takes_it_for() -> None:
    for sequence in ANSI_SEQUENCES_KEYS:
        if not MISREAD.fullmatch(sequence):
            parser = XTermParser()
            theirs = [*parser.feed(sequence), *parser.feed("")]
            assert keys(read(sequence)) == keys(theirs), sequence


# ---- garbage

PIECES = st.one_of(
    st.sampled_from(
        ["\x1b", "\x1b[", "\x1bO", "\x1b]", "\x1bP", "\x1b[M", "\x1b[<", "\x07", "\x1b\\"]
    ),
    st.sampled_from(["\x1b[200~", "\x1b[201~", "\x9b", "\0", "\ufffd", "\ud800", "漢"]),
    st.text("0123456789;:<=>?", max_size=12),
    st.text("mMuU~ABHPRSctny$ !", max_size=2),
    st.text(max_size=4),
    st.builds(
        "\x1b[{}{}".format, st.text("0123456789;:", max_size=14), st.sampled_from("u~ABHRSMmty")
    ),
)


@given(st.lists(PIECES, max_size=12), st.booleans())
@examples(500)
def test_after_any_garbage_a_key_is_a_key(pieces: list[str], mouse: bool) -> None:
    terminal = TerminalInput(mouse=mouse)
    for piece in [*pieces, "\x1b[201~"]:  # what is pasted ends
        for message in terminal.feed(piece):
            assert isinstance(message, Message)
    [*terminal.flush()]
    assert keys([*terminal.feed("q")]) == ["q"]


@given(st.lists(PIECES, max_size=6), st.booleans())
@examples(200)
def test_it_makes_no_difference_in_which_pieces_text_comes(pieces: list[str], mouse: bool) -> None:
    whole = "".join(pieces)
    assert keys(read(whole, mouse=mouse)) == keys(read(*whole, mouse=mouse))


def test_the_app_takes_no_harm(tmp_path: Path) -> None:
    odd = [f"\x1b[97;{'9' * 25}u", "\x1b[<9999999999;999999999;9M"]
    odd += ["\x1b[55296u", "\x1b[97;1;55296u", "\x1b[1114111u"]
    terminal = bptui(tmp_path, "mazur", "--mouse")
    terminal.wait_for("w5")
    terminal.press(" ", "● forward")
    terminal.send("".join([*UNREADABLE, *odd]).replace(CLICK, ""))
    terminal.file.write(bytes(range(128, 256)))
    terminal.press(" ", "● backward")
    assert terminal.leave() == 0
