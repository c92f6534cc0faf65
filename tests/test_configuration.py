"""The configuration: what it says is so everywhere, and what is wrong in it is ignored and said."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

import bptui
from bptui.cli import main
from bptui.cli.help import page
from bptui.session import messages as c
from bptui.session.key import sign
from bptui.session.keys import KEYS
from bptui.session.messages import Ask, Page, Panel
from bptui.session.parts import Preferences
from bptui.session.session import Session
from bptui.story.steps import Granularity
from bptui.tui.app import Bptui
from bptui.tui.configuration import configuration, configuration_file, painted
from bptui.tui.configuration_text import key_name, parsed, template
from bptui.tui.palette import LIGHT, RGB
from bptui.view.help_page import help_page
from bptui.view.key_meaning import message_of
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.sessions import after, shipped

FILE = Path("config.toml")
COLEMAK = page("configuration").partition("```toml\n")[2].partition("```")[0]


def test_the_example_of_the_help_moves_the_keys_to_the_home_row_of_colemak() -> None:
    found = parsed(COLEMAK, FILE)
    assert found.problems == ()
    session = _with(found.preferences)
    assert message_of(session, "n", "n") == c.Move(along=1)
    assert message_of(session, "e", "e") == c.Move(along=-1)
    assert message_of(session, "i", "i") == c.Move(towards=1)
    assert message_of(session, "k", "k") == c.Prompt(Ask.EDIT)
    assert message_of(session, "right") == c.Step(1)
    assert isinstance(message_of(session, "j", "j"), c.Meaningless)


def _with(preferences: Preferences) -> Session:
    return replace(shipped("mazur"), preferences=preferences)


def test_key_row_help_and_list_of_commands_say_the_keys_that_are_so() -> None:
    found = parsed('keys.step = "x"\nkeys.whole_sums = []\nkeys.help = "f1"\n', FILE)
    assert found.problems == ()
    session = _with(found.preferences)
    assert to_text(screen(session, 80, 24)).splitlines()[-1].startswith(" x step")
    told = to_text(help_page(session, 80))
    assert re.search(r"^  x +Next phase", told, re.MULTILINE)
    assert re.search(r"^  no key +Show long sums", told, re.MULTILINE)
    typed = c.Type("whole")
    shown = after(session, c.Prompt(Ask.COMMAND), typed)
    assert "whole sums" in to_text(screen(shown, 80, 24))
    assert message_of(session, "U", "U") == c.Meaningless("U does nothing; f1 lists the keys.")


def test_what_is_said_names_the_keys_that_are_so() -> None:
    other = {"close": "f1", "undo": "f2", "redo": "f3", "edit": "f4", "step": "f5", "mark": "f6"}
    other |= {"back_to_mark": "f7", "find": "f8", "play": "f9", "quit": "f10", "open": "f11"}
    other |= {"as_printed": "f12", "up": "u", "down": "e", "copy": "f14"}
    text = "[keys]\n" + "".join(f'{action} = "{key}"\n' for action, key in other.items())
    found = parsed(text, FILE)
    assert found.problems == ()
    begun = _with(found.preferences)
    edited = after(begun, c.Prompt(Ask.EDIT), c.Type("w5 = 0.7"), c.Enter())
    said = {
        "f5: step": after(begun, c.Resize(80, 24)),
        "f10 quits": after(begun, c.Close()),
        "f6 and a letter": after(begun, c.Prompt(Ask.RETURN)),
        "f7 a to return": after(begun, c.Prompt(Ask.MARK), c.Type("a")),
        "f8 starts one": after(begun, c.Find(1)),
        "f9 or f1 stops it": after(begun, c.Play()),
        "f12: the right ones": after(begun, c.Flip("as_printed")),
        "f4 makes another": after(begun, c.Flip("compared")),
        "(f2 to undo)": edited,
        "(f3 to redo)": after(edited, c.Undo(1)),
        "u e select f11 go there": after(begun, c.Toggle(Page.FIGURES)),
        "f1 stops": after(begun, c.Prompt(Ask.RUN), c.Type("9000"), c.Enter()),
        "f14 copies": after(replace(begun, served=True), c.Prompt(Ask.SAVE)),
        "cursor; f11 goes there": after(begun, c.Toggle(Page.HELP), c.Scroll(46, 200)),
    }
    for words, session in said.items():
        assert words in " ".join(to_text(screen(session, 80, 24)).split()), words


def test_keys_are_named_by_actions_that_there_are() -> None:
    pattern = r"""\bkey(?:_for)?\((?:[\w.]+, )?["'](\w+)["']\)"""
    files = Path(bptui.__file__).parent.rglob("*.py")
    named = {action for file in files for action in re.findall(pattern, file.read_text("utf-8"))}
    assert len(named) > 15
    assert named <= {key.action for key in KEYS}


def test_settings_are_how_a_session_begins() -> None:
    text = 'digits = 4\nsteps = "layer"\npanel = "loss"\nmouse = true\nprojector = true\n'
    found = parsed(text, FILE)
    assert (found.mouse, found.projector, found.problems) == (True, True, ())

    async def begun() -> Session:
        app = Bptui(shipped("mazur").setup, "rgb", preferences=found.preferences)
        async with app.run_test(size=(80, 24)):
            assert isinstance(app.shown, Session)
            return app.shown

    session = asyncio.run(begun())
    assert (session.digits, session.granularity, session.second) == (
        (4, Granularity.LAYER, Panel.CHART)
    )


def test_colours_are_those_of_roles_where_there_are_enough() -> None:
    found = parsed('[colours]\nforward = "bold #ff0000"\n"heading focus" = "red"\n', FILE)
    palettes = painted(dict(found.colours))
    assert [palettes[name]["forward"] for name in ("rgb", "light")] == ["bold #ff0000"] * 2
    assert palettes["rgb"] | {k: RGB[k] for k in ("forward", "heading focus")} == RGB
    assert palettes["light"].keys() == LIGHT.keys()


PROBLEMS = {
    "digts = 4": 'unknown key "digts"; did you mean "digits"?',
    "digits = 5": '"digits" must be one of 0, 4, 6, 9, 20',
    "digits = true": '"digits" must be one of 0, 4, 6, 9, 20',
    'steps = "big"': '"steps" must be one of iteration, phase, layer, neuron',
    "mouse = 1": '"mouse" must be one of false, true',
    "keys = 1": '"keys" must be a table: [keys], then a line for each',
    'keys.undoo = "U"': 'unknown action "undoo"; did you mean "undo"?',
    "keys.undo = 1": '"undo" must be a key, or a list of keys: ["n", "space"]',
    'keys.undo = "huh"': 'no key "huh"; keys are like n, N, ?, ctrl+n, f5, pgdn, left',
    'keys.undo = "q"': "q is already the key of quit; give quit another key, or none: quit = []",
    'keys.undo = "U"\nkeys.redo = "U"': "U is already the key of undo; give undo another key, "
    "or none: undo = []",
    "keys.quit = []": "quit needs a key",
    'colours.forwrd = "red"': 'unknown role "forwrd"; did you mean "forward"?',
    'colours.forward = "rde"': '"forward" must be a style such as "bold #ebcb8b" or "red on white"',
    "digits = ": "not TOML: ",
}


@pytest.mark.parametrize("text", PROBLEMS)
def test_what_is_wrong_is_ignored_and_said_with_its_line(text: str) -> None:
    found = parsed(f"# mine\n{text}\n", FILE)
    (problem,) = found.problems
    assert problem.told.startswith(PROBLEMS[text])
    assert problem.line == 2 + text.count("\n")
    assert found.notice == f"Ignored in config.toml, {problem}; see bptui config"
    own = [("undo", ("U",)), ("redo", ("ctrl+r",))] if "\n" in text else []
    assert [*found.preferences.keys][: len(own)] == own
    names = [name for _, names in found.preferences.keys for name in names]
    assert len(names) == len({*names})


def test_keys_can_change_places() -> None:
    found = parsed('[keys]\nundo = "b"\nbranches = "u"\n', FILE)
    assert found.problems == ()
    assert message_of(_with(found.preferences), "b", "b") == c.Undo(1)


def test_every_key_can_be_written_as_it_is_shown() -> None:
    for key in KEYS:
        assert [key_name(sign(name)) for name in key.keys] == [*key.keys]
        assert [key_name(name) for name in key.keys] == [*key.keys]
    assert len({key.action for key in KEYS}) == len(KEYS)


def test_what_is_written_at_first_changes_nothing_and_all_of_it_can_be_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "new" / "config.toml"
    monkeypatch.setenv("BPTUI_CONFIG", str(file))
    assert main(["config", "--write"]) == 0
    assert main(["config", "--write"]) == 2
    assert capsys.readouterr().err == f"bptui: {file} already exists; edit it, or remove it first\n"
    text = file.read_text("utf-8")
    assert text == template()
    assert parsed(text, file) == parsed("", file)
    said = parsed(re.sub(r'(?m)^# (?=[\w"][^#\n]* = )', "", text), file)
    assert said.problems == ()
    assert dict(said.colours) == RGB
    assert said.preferences.keys == tuple((key.action, key.keys) for key in KEYS)


def test_the_command_says_where_it_is_and_what_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.toml"
    monkeypatch.setenv("BPTUI_CONFIG", str(file))
    file.write_text('digits = 4\ngrain = 1\nkeys.undo = ["U", "?"]\n', "utf-8")
    assert main(["config"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [str(file), "  digits = 4"]
    assert lines[-1].startswith("  ignored: line 3: ? is already the key of help")
    assert any(line.startswith('  ignored: line 2: unknown key "grain"') for line in lines)


def test_without_a_file_all_is_as_usual(tmp_path: Path) -> None:
    assert configuration({"BPTUI_CONFIG": str(tmp_path / "no.toml")}).problems
    assert configuration_file({}).name == "config.toml"
    assert configuration({}).preferences == Preferences()


def test_a_wrong_file_keeps_nobody_from_starting() -> None:
    async def begun() -> str:
        notice = parsed("digits = 5\nmouse = 2\n", FILE).notice
        app = Bptui(shipped("mazur").setup, "rgb", notice=notice)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            assert isinstance(app.shown, Session)
            return app.shown.said

    assert asyncio.run(begun()) == (
        'Ignored in config.toml, line 1: "digits" must be one of 0, 4, 6, 9, 20 '
        "(1 more: bptui config)"
    )
