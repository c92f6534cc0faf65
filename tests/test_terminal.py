"""What the environment says of a terminal."""

from __future__ import annotations

import pytest

from bptui.terminal import FRAMES, asked, obstacle, terminal


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


UTF8 = {"LANG": "en_GB.UTF-8"}


@pytest.mark.parametrize(
    ("term", "colours", "signs"),
    [
        ("screen", "16", "all"),
        ("screen-256color", "rgb", "all"),
        ("tmux-256color", "rgb", "all"),
        ("xterm", "16", "all"),
        ("xterm-256color", "rgb", "all"),
        ("xterm-kitty", "rgb", "all"),
        ("xterm-ghostty", "rgb", "all"),
        ("ghostty", "rgb", "all"),
        ("alacritty", "rgb", "all"),
        ("foot", "rgb", "all"),
        ("wezterm", "rgb", "all"),
        ("linux", "16", "console"),
        ("vt100", "mono", "ascii"),
        ("vt220", "mono", "ascii"),
        ("unknown", "16", "all"),
    ],
)
def test_what_a_terminals_name_says(term: str, colours: str, signs: str) -> None:
    here = terminal(UTF8 | {"TERM": term})
    assert (here.colours, here.signs) == (colours, signs)
    assert obstacle({"TERM": term}, {"stdin": True}) is None


@pytest.mark.parametrize(
    ("environ", "signs"),
    [
        ({"LANG": "C"}, "ascii"),
        ({"LANG": "POSIX"}, "ascii"),
        ({"LANG": "de_DE"}, "ascii"),
        ({"LANG": "de_DE.ISO-8859-1"}, "ascii"),
        ({"LANG": "de_DE.utf8"}, "all"),
        ({"LANG": "C.UTF-8"}, "all"),
        ({"LC_CTYPE": "UTF-8"}, "all"),
        ({"LANG": "C.UTF-8", "LC_CTYPE": "C"}, "ascii"),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "all"),
        ({"LANG": "C", "LC_ALL": "C.UTF-8"}, "all"),
        ({"LANG": "C.UTF-8", "LC_CTYPE": "C.UTF-8", "LC_ALL": "C"}, "ascii"),
        ({"LANG": "C.UTF-8", "LC_ALL": ""}, "all"),
        ({}, "all"),
    ],
)
def test_the_locale_says_which_signs_there_are(environ: dict[str, str], signs: str) -> None:
    assert terminal({"TERM": "xterm"} | environ).signs == signs
    plain = "ascii" if signs == "ascii" else "console"
    assert terminal({"TERM": "linux"} | environ).signs == plain


@pytest.mark.parametrize(
    ("told", "colours"),
    [("0;15", "light"), ("0;default;15", "light"), ("8;7", "light"), ("15;0", "rgb"), ("", "rgb")],
)
def test_a_light_background_that_the_terminal_tells_of(told: str, colours: str) -> None:
    assert terminal({"TERM": "xterm-256color", "COLORFGBG": told}).colours == colours
    assert terminal({"TERM": "xterm", "COLORFGBG": told}).colours == "16"
    assert (
        terminal({"TERM": "xterm-256color", "COLORFGBG": told, "NO_COLOR": "1"}).colours == "mono"
    )


@pytest.mark.parametrize(
    ("looks", "colours", "signs"),
    [
        (set(), "rgb", "all"),
        ({"light"}, "light", "all"),
        ({"dark", "ascii"}, "rgb", "ascii"),
    ],
)
def test_what_is_asked_for_by_hand_wins(looks: set[str], colours: str, signs: str) -> None:
    here = asked(terminal({"TERM": "xterm-256color"}), looks)
    assert (here.colours, here.signs) == (colours, signs)
    light = asked(terminal({"TERM": "xterm-256color", "COLORFGBG": "0;15"}), looks)
    assert light.colours == ("rgb" if "dark" in looks else "light")
    bare = asked(terminal({"TERM": "vt220", "LANG": "C"}), looks | {"utf8"})
    assert bare.colours == "mono"
    assert bare.signs == ("ascii" if "ascii" in looks else "all")


@pytest.mark.parametrize("term", ["xterm-kitty", "alacritty", "foot", "xterm-ghostty", "wezterm"])
def test_a_terminal_known_by_its_name_has_all_colours_where_ssh_tells_no_more(term: str) -> None:
    settings = terminal({"TERM": term}).settings
    assert settings["TEXTUAL_COLOR_SYSTEM"] == "truecolor"
    for other in ({"TERM": "xterm-256color"}, {"TERM": "xterm"}, {"TERM": term, "NO_COLOR": "1"}):
        assert "TEXTUAL_COLOR_SYSTEM" not in terminal(other).settings


def test_over_ssh_there_are_fewer_frames_and_more_time_for_the_bytes_of_a_key() -> None:
    assert not {"TEXTUAL_FPS", "ESCDELAY"} & set(terminal({"TERM": "screen"}).settings)
    remote = {"TERM": "screen", "SSH_TTY": "/dev/pts/1"}
    assert terminal(remote).settings["TEXTUAL_FPS"] == FRAMES
    assert terminal(remote).settings["ESCDELAY"] == "250"
    for name in ("TMUX", "STY"):  # a multiplexer at this end of the line
        settings = terminal(remote | {name: "1"}).settings
        assert settings["TEXTUAL_FPS"] == FRAMES
        assert "ESCDELAY" not in settings


def test_what_is_no_terminal_is_refused() -> None:
    streams = {"stdin": True, "stdout": True}
    assert obstacle({"TERM": "xterm"}, streams) is None
    for name in streams:
        told = obstacle({"TERM": "xterm"}, streams | {name: False})
        assert told == f"stepping needs a terminal; {name} is not one"
    assert "dumb" in (obstacle({"TERM": "dumb"}, streams) or "")
    assert obstacle({}, streams) is not None
    assert "WSL" in (obstacle({"TERM": "xterm"}, streams, posix=False) or "")
