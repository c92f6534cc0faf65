"""The app in a real terminal: where how it starts matters, that of the installed command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.sessions import shipped, stepped
from tests.terminals import BPTUI, Forked, Terminal


def mazur(phases: int, size: tuple[int, int] = (80, 24)) -> str:
    """Return what is to be on the screen after some steps."""
    return to_text(screen(stepped(shipped("mazur"), phases), *size))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_three_keys_are_an_iteration_and_three_back_the_same_screen(
    size: tuple[int, int],
) -> None:
    terminal = Terminal("mazur", size=size)
    shown = [mazur(phases, size) for phases in range(4)]
    terminal.wait_screen(shown[0])
    for phases, figure in enumerate(("0.593270", "0.138498562", "0.408666"), 1):
        assert figure not in terminal.text()
        terminal.press(" ", figure)
        terminal.wait_screen(shown[phases])
    assert "● update" in terminal.text()
    for phases, lamp in ((2, "● backward"), (1, "● forward"), (0, "○ forward")):
        terminal.press("p", lamp)
        terminal.wait_screen(shown[phases])
    assert terminal.leave() == 0


def test_the_terminal_is_left_as_it_was() -> None:
    terminal = Terminal("mazur")
    terminal.wait_for("w5")
    assert b"\x1b[?1049h" in terminal.raw  # the alternate screen
    assert b"\x1b[?1000h" not in terminal.raw  # no mouse unless asked for
    assert terminal.leave() == 0
    assert b"\x1b[?1049l" in terminal.raw
    assert b"\x1b[?25h" in terminal.raw  # the cursor is back


def test_nothing_is_left_behind_where_there_is_one_screen_only() -> None:
    terminal = Terminal("mazur", TERM="screen")  # as GNU screen is, unless it is told otherwise
    terminal.wait_for("w5")
    assert terminal.leave() == 0
    assert not terminal.text().strip()
    assert (terminal.screen.cursor.x, terminal.screen.cursor.y) == (0, 0)


def test_colours_are_those_of_a_terminal_known_by_its_name() -> None:
    terminal = Terminal("mazur", TERM="alacritty")
    terminal.wait_for("w5")
    assert b"38;2;" in terminal.raw
    assert terminal.leave() == 0


def test_the_mouse_is_there_when_asked_for() -> None:
    terminal = Forked("-m", "bptui", "mazur", "--mouse")
    terminal.wait_for("w5")
    assert b"\x1b[?1000h" in terminal.raw
    lines = terminal.text().split("\n")
    y = next(k for k, line in enumerate(lines) if "w8" in line)
    x = lines[y].index("w8")
    terminal.press(f"\x1b[<0;{x + 1};{y + 1}M\x1b[<0;{x + 1};{y + 1}m", "w8  weight")
    assert terminal.leave() == 0


def test_the_list_opens_a_preset() -> None:
    terminal = Terminal()
    terminal.wait_for("First steps")
    terminal.press("\r", "6.881")
    assert terminal.leave() == 0


def test_an_error_never_touches_the_screen() -> None:
    terminal = Terminal("mazr")
    assert terminal.ended() == 2
    assert terminal.raw == (
        b'bptui: mazr: neither a shipped preset nor a file; did you mean "mazur"?\r\n'
    )


def test_a_dumb_terminal_is_refused() -> None:
    assert Terminal("mazur", TERM="dumb").ended() == 2


def test_nothing_is_sent_while_nothing_happens() -> None:
    terminal = Forked("-m", "bptui", "mazur")
    terminal.wait_for("w5")
    terminal.wait_idle()
    before = len(terminal.raw)
    assert not terminal.take(2)  # as long as one likes
    assert len(terminal.raw) == before
    assert terminal.leave() == 0


def test_a_resize_is_followed() -> None:
    terminal = Forked("-m", "bptui", "mazur", size=(120, 40))
    terminal.wait_for("── 2 why")
    terminal.resize(80, 24)
    terminal.wait_screen(mazur(0))
    terminal.press(" ", "0.593270")
    terminal.wait_screen(mazur(1))
    assert "── why" not in terminal.text()
    assert terminal.leave() == 0


def test_a_session_is_resumed_in_a_working_directory_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    terminal = Terminal("mazur", XDG_STATE_HOME=str(tmp_path))
    terminal.wait_screen(mazur(0))
    terminal.press(" ", "0.593270")
    assert terminal.leave() == 0
    left = f'cd {gone} && rmdir {gone} && exec "$@"'
    words = "-c", left, "sh", str(BPTUI), "mazur", "--resume"
    terminal = Terminal(*words, command="sh", XDG_STATE_HOME=str(tmp_path))
    terminal.wait_for("0.593270")
    assert terminal.leave() == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TEXTUAL_COLOR_SYSTEM", "wild"),
        ("TEXTUAL_DRIVER", "nope"),
        ("TEXTUAL_DRIVER", "textual.driver:Nope"),
        ("TEXTUAL_LOG", "/nonexistent/log"),
    ],
)
def test_a_setting_of_textual_that_cannot_be_is_refused(name: str, value: str) -> None:
    setting: dict[str, Any] = {name: value}
    terminal = Terminal("mazur", **setting)
    assert terminal.ended() == 2
    assert terminal.text().startswith(f"bptui: {name}")
    assert b"unset it" in terminal.raw
    assert b"\x1b[?1049h" not in terminal.raw
