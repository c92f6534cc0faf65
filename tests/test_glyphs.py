"""What is drawn where there is not all of Unicode: ASCII, the Linux console, a projector."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest
from msgspec.structs import replace

from bptui.preset.find import shipped_presets
from bptui.preset.read import read_preset
from bptui.session import messages as c
from bptui.session.key import By
from bptui.session.messages import Ask, Page, Panel
from bptui.session.picker import Entry, Picker
from bptui.session.session import Session
from bptui.view.glyphs import ASCII, LARGE, LONG, spelled_out, translated, with_glyphs
from bptui.view.help_page import MARKS
from bptui.view.picker_page import picker_screen
from bptui.view.rows import Row, Span, row_cells, to_text
from bptui.view.screen import screen
from tests.sessions import WIDE, XOR, after, made, shipped, stepped
from tests.terminals import Terminal

SIZES = ((40, 12), (80, 24), (120, 40))
HOSTILE = XOR.replace('"XOR"', '"é 漢字 ½ α"').replace('"a", "b"', '"漢字", "é"')
CP437 = set(bytes(range(128, 256)).decode("cp437") + "♦•○►◄↑↓→←▲▼■")


@lru_cache
def sessions() -> tuple[Session, ...]:
    """Return sessions that show every sign that there is: pages, prompts, panels, branches."""
    wide = stepped(replace(made(WIDE), braille=False), 2)
    return (*_sessions(shipped("mazur")), *_sessions(made(HOSTILE)), wide)


def _sessions(base: Session) -> Iterator[Session]:
    base = replace(base, braille=False)
    for phases in range(5):
        there = stepped(base, phases)
        yield from (after(there, c.Show(panel)) for panel in Panel)
    yield from (after(there, c.Toggle(page)) for page in Page)
    yield from (after(there, c.Prompt(ask), c.Type("η ≤ 漢")) for ask in Ask)
    edited = after(there, c.Select(base.setup.network.parameters[0].name), c.Prompt(Ask.EDIT))
    edited = stepped(after(edited, c.Type("-1.5"), c.Enter()), 5)
    yield after(edited, c.Show(Panel.CHART), By(-1))
    yield after(edited, c.Flip("compared"), c.Show(Panel.TABLE))
    yield after(edited, c.Toggle(Page.BRANCHES))


def picker() -> Picker:
    """Return the list of presets, one of them with a title that is not ASCII."""
    presets = [read_preset(path) for path in shipped_presets()]
    entries = [Entry(p.name, "é 漢字", p.source, p.file) for p in presets]
    return Picker(entries=tuple(entries))


def drawn(width: int, height: int) -> Iterator[list[Row]]:
    """Yield many screens of a size."""
    for session in sessions():
        yield screen(session, width, height)
    yield picker_screen(picker(), width, height)


@pytest.mark.parametrize("size", SIZES)
def test_in_ascii_every_screen_is_ascii_and_as_wide(size: tuple[int, int]) -> None:
    for rows in drawn(*size):
        plain = with_glyphs(rows, "ascii")
        assert to_text(plain).isascii()
        assert [row_cells(row) for row in plain] == [size[0]] * size[1]


def test_on_the_linux_console_every_screen_has_only_what_its_font_has() -> None:
    for rows in drawn(80, 24):
        console = with_glyphs(rows, "console")
        assert {char for char in to_text(console) if not char.isascii()} <= CP437
        assert [row_cells(row) for row in console] == [80] * 24


def test_every_sign_of_the_app_has_one_of_its_own_in_ascii() -> None:
    """None of the program's own signs is left to become a question mark."""
    for session in sessions():
        before = to_text(screen(session, 120, 40))
        if "漢" not in before:
            assert to_text(with_glyphs(screen(session, 120, 40), "ascii")).count(
                "?"
            ) == before.count("?")
    assert all(len(sign) == 1 for sign in (*ASCII.values(), *LARGE.values()))


def test_marks_that_stand_in_the_same_place_stay_different() -> None:
    together = ("─━╌╍", "│┃", "●○•", "▶◀", "▼▲", "✓≈→✗", "●◆·▪", "–•", "╭┏")
    for signs in ("ascii", "console", "large"):
        for group in together:
            assert len(set(translated(group, signs))) == len(group), (signs, group)
    for group in ("●○•–", "✓≈→✗", "▼▲"):
        assert not set(translated(group, "ascii")) & set("0123456789.")


def test_the_help_page_explains_the_marks_that_are_on_the_screen() -> None:
    page = after(shipped("mazur"), c.Toggle(Page.HELP))
    text = to_text(with_glyphs(screen(page, 80, 200), "ascii"))
    for mark, meaning in MARKS:
        begins = (translated(mark, "ascii"), spelled_out(mark))
        lines = [line.strip() for line in text.split("\n") if spelled_out(meaning)[:20] in line]
        assert any(line.startswith(begins) for line in lines), (begins, lines)


def test_what_is_spelled_out_takes_blanks_after_it_and_not_of_the_next_panel() -> None:
    def ascii_of(text: str) -> str:
        return to_text(with_glyphs([(Span(text + "|"),)], "ascii"))[:-1]

    assert ascii_of("η 0.5  ½ x²  end      ") == "eta 0.5  1/2 x^2 end  "
    assert ascii_of("½ a│b     ") == "h a|b     "  # no room before the border
    assert ascii_of("½ a    │b  ") == "1/2 a  |b  "
    assert ascii_of("(a − b)²") == "(a - b)2"
    # a half at the end of a full row, as in the header, takes them from between the words before
    assert ascii_of(" ● up  E 1  ½ error") == " @ up E 1 1/2 error"
    assert ascii_of(" a  b│ ½ error") == " a  b| h error"


def test_letters_that_are_not_ascii_become_those_they_are_made_of() -> None:
    assert translated("Él Niño, Łódź, Ångström, ｗ", "ascii") == "El Nino, Lodz, Angstrom, w "
    assert translated("θΣλ√∑", "ascii") == "tSlVS"
    assert translated("漢ß", "ascii") == "???"
    assert to_text(with_glyphs([(Span("θ1     "),)], "ascii")) == "t1"
    assert spelled_out("λ = Ωé") == "lambda = Omegae"


def test_addresses_stay_on_what_they_name() -> None:
    rows = screen(stepped(shipped("mazur"), 3), 120, 40)
    named = {span.address for row in rows for span in row}
    assert {span.address for row in with_glyphs(rows, "ascii") for span in row} == named


def _bptui(*argv: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "PYTHON"))}
    command = [sys.executable, "-m", "bptui", *argv]
    root = Path(__file__).parent.parent
    return subprocess.run(command, env=env | environ, cwd=root, capture_output=True, timeout=60)


@pytest.mark.parametrize(
    "environ",
    [{"LC_ALL": "C", "PYTHONUTF8": "0"}, {"LANG": "C.UTF-8", "PYTHONIOENCODING": "ascii"}],
)
def test_no_command_fails_on_an_output_that_cannot_encode(
    environ: dict[str, str], tmp_path: Path
) -> None:
    preset = tmp_path / "é漢.toml"
    preset.write_text(HOSTILE, encoding="utf-8")
    for argv, status in (
        (["trace", str(preset)], 0),
        (["explain", "mazur", "E o1"], 0),
        (["explain", str(preset), "E", "--format", "markdown"], 0),
        (["run", str(preset), "--iterations", "3"], 0),
        (["é漢"], 2),
    ):
        done = _bptui(*argv, **environ)
        assert done.returncode == status, (argv, done)
        assert b"Traceback" not in done.stderr
        assert (done.stdout + done.stderr).isascii()
        if argv == ["explain", "mazur", "E o1"]:
            assert b"1/2 x (target_o1 - out_o1)^2" in done.stdout


def test_json_loses_nothing_where_it_cannot_be_written_as_it_is() -> None:
    argv = ("explain", "mazur", "E o1", "--format", "json")
    cut = _bptui(*argv, LC_ALL="C", PYTHONUTF8="0").stdout
    whole = _bptui(*argv, LANG="C.UTF-8").stdout
    assert cut.isascii()
    assert not whole.isascii()
    assert json.loads(cut) == json.loads(whole)


@pytest.mark.parametrize(
    ("argv", "environ"),
    [
        (["mazur"], {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0"}),
        (["--ascii", "mazur"], {"LANG": "C.UTF-8"}),
    ],
)
def test_a_terminal_without_utf8_gets_ascii_bytes_only(
    argv: list[str], environ: dict[str, str]
) -> None:
    terminal = Terminal(*argv, size=(80, 24), **{"LC_ALL": "", "LC_CTYPE": ""} | environ)
    terminal.wait_for("w5")
    terminal.press(" ", "0.593270")
    assert "@ forward" in terminal.text()
    assert re.search(r"\+-+\+", terminal.text())
    if "--ascii" in argv:
        terminal.press("\x10", "finer steps")  # the list of commands
        terminal.press("\x1b", "@ forward")
    assert terminal.leave() == 0
    assert terminal.raw.isascii()


def test_the_locale_that_python_sets_by_itself_is_not_the_users() -> None:
    told = "import os; from bptui.terminal import user_environ as u; print(dict(u()))"
    env = {"LANG": "C", "PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", told]
    root = Path(__file__).parent.parent
    out = subprocess.run(command, env=env, cwd=root, capture_output=True, check=True).stdout
    assert b"'LANG': 'C'" in out
    assert b"LC_CTYPE" not in out


def test_by_hand_all_signs_are_there_in_any_locale() -> None:
    terminal = Terminal("--utf8", "mazur", LANG="C", LC_ALL="C", PYTHONUTF8="0")
    terminal.wait_for("w5")
    assert "○ forward" in terminal.text()
    assert terminal.leave() == 0


def test_long_signs_are_for_signs_that_have_a_short_one() -> None:
    assert set(LONG) <= set(ASCII)
