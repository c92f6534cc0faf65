"""Only what changes is sent: a terminal shows the same with all of it and with what is left."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from bptui.tui.screen_diff import Piece, ScreenDiff, split_cells
from bptui.tui.sgr import PLAIN, change, pen_of
from tests.networks import examples
from tests.terminals import pyte, seen

WIDTH, HEIGHT = 14, 5

CONTROLS = ("\x1b", "\r", "\t", "\b", "\n")


class Pair:
    """Two terminals: one is sent the output, the other what is left of it."""

    def __init__(self, width: int, height: int) -> None:
        self.screens = [pyte.Screen(width, height), pyte.Screen(width, height)]
        self.streams = [pyte.Stream(screen) for screen in self.screens]
        self.shadow = ScreenDiff(width, height)
        self.write("\x1b[?7l")

    def resize(self, width: int, height: int) -> None:
        """Resize both terminals; the driver then begins a new shadow."""
        for screen in self.screens:
            screen.cursor.x = min(screen.cursor.x, screen.columns - 1)
            screen.resize(height, width)
        self.shadow = ScreenDiff(width, height)
        self.write("\x1b[0m")  # as Textual leaves the pen after every write

    def write(self, *chunks: str) -> str:
        """Write to both, and return what the second was sent."""
        sent = "".join(map(self.shadow.filter, chunks))
        for screen, stream, data in zip(
            self.screens, self.streams, ("".join(chunks), sent), strict=True
        ):
            for part in re.split(r"(?=\x1b(?!\[[\d;]*m)|[\r\t\b\n])", data):
                # in pyte the cursor can be beyond the last column
                screen.cursor.x = min(screen.cursor.x, screen.columns - (part[:1] in CONTROLS))
                stream.feed(part)
        return sent

    def check(self) -> None:
        """Compare the terminals."""
        plain, filtered = self.screens
        assert seen(filtered) == seen(plain)
        right = plain.columns - 1
        assert (min(filtered.cursor.x, right), filtered.cursor.y) == (
            min(plain.cursor.x, right),
            plain.cursor.y,
        )
        assert filtered.cursor.attrs == plain.cursor.attrs


# ---- output as Textual writes it, and as it does not

STYLES = (
    "",
    "1",
    "3;4",
    "7",
    "9;31",
    "1;33;44",
    "38;5;200",
    "38;2;1;2;3;48;2;9;9;9",
    "1;38;2;1;2;3;48;2;9;9;9",
    "38;2;255;0;255;48;2;9;9;9",
    "48;2;9;9;9",
)
NARROW = "a0.é─█⠿    "
WIDE = "界가😀"
MARKS = ("\u0301", "\u0323")
HARMLESS = (
    "\x07",
    "\x1b[?25l",
    "\x1b[?25h",
    "\x1b[?2026h",
    "\x1b[?2026l",
    "\x1b]0;title\x07",
    "\x1b]52;c;YWJj\x07",
    "\x1b]22;default\x07",
    "\x1b[?1003h",
    "\x1b[?2026$p",
)
UNKNOWN_OUTPUT = (
    "\x1b[2J",
    "\x1b[K",
    "\x1b[1J",
    "\x1b[3;4H\x1b[2X",
    "\x1b[2;2H\x1b[P",
    "\x1b[2L",
    "\x1b[M",
    "\x1b[A",
    "\x1bM",
    "\x1bE",
    "\x1b7",
    "\x1b8",
    "\x1b8bare",
    "\r",
    "\t",
    "\n",
    "\n\n\n\n\n\n",
    "\b\b",
    "bare",
    "\x1b[31mred",
    "\x1b[1m",
    "\x1b[m",
    "\x1b[58;5;1mx",
    "\x1b[99;99Hout",
    "\x1b[1;12Hover the margin",
    "\x1b[4;14H界",
    "\x1b]8;id=1;http://x\x1b\\link\x1b]8;;\x1b\\",
    "\x1b[1m\x1b7\x1b[0m\x1b[1;1H\x1b[31mq\x1b8z",
)


@st.composite
def rows(draw: st.DrawFn, width: int, margin: bool) -> str:
    """Draw segments as wide as that, up to the right margin or not."""
    out = ""
    while width:
        size = draw(st.integers(1, width))
        text, left = "", size
        for char in draw(st.text(NARROW + WIDE, min_size=size, max_size=size)):
            if cell_len(char) <= left:
                left -= cell_len(char)
                text += char + draw(st.sampled_from(("", "", "", "", *MARKS)))
        text += " " * left
        style = draw(st.sampled_from(STYLES))
        out += f"\x1b[{style}m{text}\x1b[0m" if style else text
        width -= size
        if (width or not margin) and text[-1] != " " and draw(st.integers(0, 9)) == 0:
            out += f"\x1b[1m{MARKS[0]}\x1b[0m"  # a segment of its own
    return out


@st.composite
def updates(draw: st.DrawFn, width: int, height: int) -> str:
    """Draw an update of a region, as the compositor writes it."""
    x, y = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    right, bottom = draw(st.integers(x + 1, width)), draw(st.integers(y + 1, height))
    lines = [
        f"\x1b[{line + 1};{x + 1}H{draw(rows(right - x, right == width))}"
        if draw(st.integers(0, 9))
        else ""
        for line in range(y, bottom)
    ]
    cursor = draw(st.sampled_from(("\x1b[1;1H", f"\x1b[{height};{width}H", "\x1b[H", "")))
    return "\n".join(lines) + (cursor if lines[-1] else "\x1b[1;1H")


@st.composite
def writes(draw: st.DrawFn, width: int, height: int) -> list[str]:
    """Draw what is written, in chunks cut anywhere."""
    parts = st.one_of(
        updates(width, height),
        updates(width, height),
        st.sampled_from(HARMLESS),
        st.sampled_from(UNKNOWN_OUTPUT),
    )
    data = "".join(draw(st.lists(parts, min_size=1, max_size=3)))
    places = [0, *sorted(draw(st.lists(st.integers(0, len(data)), max_size=1))), len(data)]
    return [data[start:end] for start, end in pairwise(places)]


@given(st.data())
@examples(80)
def test_a_terminal_shows_the_same(data: st.DataObject) -> None:
    pair, size = Pair(WIDTH, HEIGHT), (WIDTH, HEIGHT)
    for _ in range(data.draw(st.integers(1, 6))):
        if data.draw(st.integers(0, 4)) == 0:
            size = data.draw(st.tuples(st.integers(4, 18), st.integers(2, 7)))
            pair.resize(*size)
        pair.write(*data.draw(writes(*size)))
        pair.check()


@pytest.mark.parametrize("unknown", UNKNOWN_OUTPUT)
def test_output_that_is_not_known_does_what_it_does(unknown: str) -> None:
    pair = Pair(WIDTH, HEIGHT)
    for before in ("", "\x1b[2;3H\x1b[1;31mabc\x1b[0m", "\x1b[5;1H", "\x1b[1mb"):
        for after in ("", "\x1b[2;2Hxyz", "\x1b[2;2Hxyz\x1b[m\x1b[3;1H\x1b[31mxyz\x1b[0m"):
            pair.write(before + unknown + after)
            pair.check()
            pair.write("\x1b[m")


@given(st.data())
@examples(60)
def test_what_textual_alone_writes_is_followed(data: st.DataObject) -> None:
    """And painted from the shadow: nothing is sent again, and nothing of it in vain."""
    pair = Pair(WIDTH, HEIGHT)
    for _ in range(4):
        update = data.draw(updates(WIDTH, HEIGHT)) + "\x1b[1;1H"
        if update.startswith("\n"):
            continue
        pair.write(update)
        pair.check()
        assert pair.write(update) == ""


FEW = ("a", " ", "ab", "é─", "界", "a界", "   ", "0.12", "界界")
"""Texts that are often the same at the same place."""


@st.composite
def lines(draw: st.DrawFn) -> list[tuple[int, list[Piece]]]:
    """Draw some whole lines in pieces."""
    found = []
    for y in draw(st.sets(st.integers(0, HEIGHT - 1), min_size=1, max_size=3)):
        left, pieces = WIDTH, []
        while left:
            text = draw(st.sampled_from([t for t in FEW if cell_len(t) <= left]))
            pieces.append((text, pen_of(f"\x1b[{draw(st.sampled_from(STYLES[:3]))}m")))
            left -= cell_len(text)
        found.append((y, pieces))
    return found


def as_text(lines: list[tuple[int, list[Piece]]]) -> str:
    """Return lines as Textual writes them."""
    rows = [
        f"\x1b[{y + 1};1H" + "".join(f"{change(PLAIN, pen)}{text}\x1b[0m" for text, pen in pieces)
        for y, pieces in lines
    ]
    return f"{''.join(rows)}\x1b[1;1H"


@given(st.data())
@examples(60)
def test_lines_in_pieces_are_the_same_bytes_as_their_text(data: st.DataObject) -> None:
    painted, filtered = ScreenDiff(WIDTH, HEIGHT), ScreenDiff(WIDTH, HEIGHT)
    for _ in range(4):
        if data.draw(st.integers(0, 3)):
            paint = data.draw(lines())
            assert painted.paint(paint) == filtered.filter(as_text(paint))
            assert painted.paint(paint) == ""
        else:  # and whatever else is written in between
            text = f"{data.draw(updates(WIDTH, HEIGHT))}\x1b[1;1H"
            assert painted.filter(text) == filtered.filter(text)


@pytest.mark.parametrize(("text", "expected"), [("abcd", "abc"), ("ab界", "ab "), ("abc界", "abc")])
def test_a_line_ends_at_the_margin(text: str, expected: str) -> None:
    painted = ScreenDiff(3, 1).paint([(0, [(text, PLAIN), ("x", PLAIN)])])
    assert painted == f"\x1b[H\x1b[m{expected}\x1b[H"


# ---- the least that can be sent

INK = "\x1b[38;2;1;2;3;48;2;9;9;9m"


def sent(before: str, after: str, width: int = 40, height: int = 10) -> str:
    """Return what is sent for a second write."""
    shadow = ScreenDiff(width, height)
    shadow.filter(f"{before}\x1b[1;1H")
    return shadow.filter(f"{after}\x1b[1;1H")


def test_only_the_changed_cells_are_sent() -> None:
    assert sent("\x1b[5;1Hw1 0.150000", "\x1b[5;1Hw1 0.149781") == "\x1b[5;7H49781\x1b[H"
    assert sent("\x1b[5;1Ha a", "\x1b[5;1Hb b") == "\x1b[5Hb b\x1b[H"  # shorter than a jump
    assert sent("\x1b[5;1Ha12345a", "\x1b[5;1Hb12345b") == "\x1b[5Hb\x1b[5Cb\x1b[H"
    assert sent("\x1b[5;1Haa\n\x1b[6;1Haa", "\x1b[5;1Hba\n\x1b[6;1Hab") == "\x1b[5Hb\x1b[Bb\x1b[H"


def test_only_the_changed_part_of_a_style_is_sent() -> None:
    blue = "\x1b[1;38;2;0;0;9;48;2;9;9;9m"
    assert sent(f"\x1b[5;1H{INK}ab\x1b[0m", f"\x1b[5;1H{INK}x\x1b[0m{blue}y\x1b[0m") == (
        "\x1b[5H\x1b[38;2;1;2;3;48;2;9;9;9mx\x1b[1;38;2;0;0;9my\x1b[H\x1b[m"
    )


def test_each_colour_is_taken_up_once() -> None:
    red, blue = "\x1b[38;2;200;0;0m", "\x1b[38;2;0;0;200m"
    paint = "".join(f"\x1b[{y};1H{red}%s\x1b[0m......{blue}%s\x1b[0m\n" for y in range(1, 9))
    out = sent(paint % (*"ab" * 8,), paint % (*"cd" * 8,))
    assert out.count("38;2;200;0;0") == out.count("38;2;0;0;200") == 1


def test_the_colour_of_a_blank_is_not_sent_unless_it_can_be_seen() -> None:
    for style, expected in (
        ("1;3;38;2;5;5;5;48;2;9;9;9", ""),
        ("4;38;2;1;2;3;48;2;9;9;9", "4;"),
        ("7;38;2;1;2;3;48;2;9;9;9", "7;"),
        ("38;2;1;2;3;48;2;8;8;8", "48;2;8;8;8m"),
    ):
        out = sent(f"\x1b[5;1H{INK}   \x1b[0m", f"\x1b[5;1H\x1b[{style}m   \x1b[0m")
        assert expected in out if expected else not out, style


def test_harmless_sequences_stay_in_their_place() -> None:
    wrapped = "\x1bPtmux;\x1b\x1b]52;c;RQ==\x07\x1b\\", "\x1bP\x1b]52;c;R\x1b\\\x1bPQ==\x07\x1b\\"
    for harmless in (
        *HARMLESS,
        *wrapped,
        "\x1b[>25u",
        "\x1b[<u",
        "\x1b[?2048$p",
        "\x1b[5n",
        "\x1b[c",
    ):
        frame = f"\x1b[2;2H{INK}abc\x1b[0m"
        assert sent(frame, harmless + frame) == harmless
        out = sent(frame, f"\x1b[2;2H{INK}abd\x1b[0m{harmless}\x1b[2;2H{INK}xbd\x1b[0m")
        first, second = out.split(harmless)
        assert "d" in first
        assert "x" in second
        assert "b" not in second


@pytest.mark.parametrize(
    "unknown", ["\x1b[?1049h", "\x1b[?1049l", "\x1b[?9999h", "\x1b[2J", "\x0e"]
)
def test_after_what_is_not_known_all_is_sent_again(unknown: str) -> None:
    frame = f"\x1b[0m\x1b[2;2H{INK}abc\x1b[0m"
    out = sent(frame, unknown + frame)
    assert unknown in out
    assert "abc" in out


def test_the_margin_is_not_relied_on() -> None:
    """What stands after the last column is not the same on all terminals."""
    out = sent("\x1b[1;1Haaa\n\x1b[2;1Haaa", "\x1b[1;1Haab\n\x1b[2;1Hbaa", width=3)
    assert out == "\x1b[2Cb\x1b[2Hb\x1b[H"


# ---- width

FAMILY, HEART, FLAG = "👩\u200d🔬", "❤\ufe0f", "🇩🇪"


@given(st.text("ae界😀👩🔬❤☺1\u0301\u200d\ufe0f🇩🇪─", max_size=12))
@examples(150)
def test_a_text_is_as_wide_as_textual_takes_it(text: str) -> None:
    marks, cells = split_cells(text)
    assert marks + "".join(cells) == text
    assert len(cells) == cell_len(text) - cell_len(marks)
    assert cell_len(marks) == 0
    assert all(
        cell_len(cell) == 1 + (right == "") for cell, right in pairwise([*cells, "."]) if cell
    )


@pytest.mark.parametrize("cluster", [FAMILY, HEART, "e\u0301", "😀"])
def test_after_a_character_of_doubtful_width_the_cursor_is_placed(cluster: str) -> None:
    x = cell_len(cluster) + 1
    out = sent("\x1b[5;1H" + "." * 9, f"\x1b[5;1H{cluster}{'!' * (9 - x + 1)}")
    assert f"{cluster}\x1b[5;{x}H!" in out


@pytest.mark.parametrize(("after", "expected"), [("\x1b[1;2Hx", " x"), ("\x1b[1;1Hx", "x ")])
def test_half_a_wide_character_leaves_a_blank(after: str, expected: str) -> None:
    assert sent("\x1b[1;1H界.", after) == f"{expected}\r"


def test_a_mark_belongs_to_the_character_before_wherever_its_segment_begins() -> None:
    for x in (1, 38, 39):
        frame = f"\x1b[5;{x}H界\x1b[1m\u0301\x1b[0m"
        assert "界\u0301" in sent("", frame)
        assert not sent(frame, frame)
