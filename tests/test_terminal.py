"""What the environment says of a terminal."""

from __future__ import annotations

import pytest

from bptui.terminal import obstacle, terminal


@pytest.mark.parametrize(
    ("environ", "colours"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "rgb"),
        ({"TERM": "xterm-256color"}, "rgb"),
        ({"TERM": "tmux-256color"}, "rgb"),
        ({"TERM": "xterm"}, "16"),
        ({"TERM": "linux"}, "16"),
        ({"TERM": "vt100"}, "mono"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}, "mono"),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, "rgb"),
    ],
)
def test_colours(environ: dict[str, str], colours: str) -> None:
    assert terminal(environ).colours == colours


def test_over_ssh_there_are_fewer_frames() -> None:
    assert "TEXTUAL_FPS" not in terminal({"TERM": "xterm"}).settings
    assert terminal({"TERM": "xterm", "SSH_TTY": "/dev/pts/1"}).settings["TEXTUAL_FPS"] == "20"


def test_what_is_no_terminal_is_refused() -> None:
    assert obstacle({"TERM": "xterm"}, True, True) is None
    assert obstacle({"TERM": "xterm"}, True, False) is not None
    assert obstacle({"TERM": "xterm"}, False, True) is not None
    assert "dumb" in (obstacle({"TERM": "dumb"}, True, True) or "")
    assert obstacle({}, True, True) is not None
