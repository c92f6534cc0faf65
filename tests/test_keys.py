"""What keys mean where they are pressed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from msgspec.structs import replace

from bptui.session import messages as c
from bptui.session.effects import Keep
from bptui.session.encode import state_of
from bptui.session.key_table import PROMPT_KEYS
from bptui.session.keys import KEYS
from bptui.session.messages import Ask, Page, Panel
from bptui.session.picker import Entry, Picker
from bptui.session.session import Session
from bptui.session.update import Shown, update
from bptui.view.key_meaning import message_of
from bptui.view.picker_page import picker_screen
from bptui.view.rows import Row, to_text
from bptui.view.screen import screen
from tests.sessions import XOR, after, done, made, session_of, shipped, stepped, told


def pressed(session: Session, *keys: str) -> Session:
    """Return a session after some keys; those of one character are typed."""
    for key in keys:
        name = {" ": "space", "/": "slash"}.get(key, key)
        session = told(session, message_of(session, name, key if len(key) == 1 else ""))
    return session


SCROLLING = ("home", "end", "pageup", "pagedown", "G")


@pytest.mark.parametrize("panel", [Panel.DIAGRAM, Panel.CHART])
def test_where_nothing_scrolls_they_travel(panel: Panel) -> None:
    session = after(done(shipped("mazur"), c.Travel(30)), c.Show(panel))
    moments = [str(pressed(session, key).moment) for key in SCROLLING]
    assert moments == ["start", "30 update", "20 update", "40 update", "30 update"]
    assert pressed(session, "G").granularity is not session.granularity


def test_in_the_table_they_go_to_rows() -> None:
    session = after(stepped(made(XOR), 4), c.Show(Panel.TABLE), c.Select("w_a_h1"))
    names = [p.name for p in session.setup.network.parameters]
    for key, place in (("end", -1), ("G", -1), ("pageup", 0), ("down", 1), ("home", 0)):
        there = pressed(session, key)
        assert (there.selected, there.moment) == (names[place], session.moment)
    assert pressed(session, "end", "pageup", "pagedown").selected == names[-1]


def test_the_why_card_scrolls_to_its_last_entry_and_back() -> None:
    session = after(stepped(shipped("mazur"), 2), c.Select("w1"), c.Show(Panel.INSPECTOR))
    session = after(session, c.Resize(60, 14))
    last = len(session.parts) + len(session.others) - 1
    assert pressed(session, "end").cursor == last
    assert pressed(session, "G").cursor == last
    begun = pressed(session, "end", "home")
    assert (begun.cursor, begun.scroll) == (None, 0)
    lines = set()
    while session.cursor is None:
        lines.add(session.scroll)
        session = pressed(session, "down")
    assert lines == set(range(len(lines)))
    assert len(lines) > 1
    assert session.moment == stepped(shipped("mazur"), 2).moment


@pytest.mark.parametrize("page", [Page.HELP, Page.CHECK])
@pytest.mark.parametrize("height", [14, 24, 40])
def test_a_page_is_never_scrolled_past_its_end(page: Page, height: int) -> None:
    session = after(stepped(made(XOR), 2), c.Resize(80, height), c.Toggle(page))
    ended = pressed(session, "end")
    assert pressed(ended, "down", " ", "pagedown", "G").line == ended.line
    assert pressed(ended, "home").line == 0
    assert pressed(ended, *["pageup"] * 20).line == 0
    # in a larger terminal the view shows the end, and nothing below it
    larger = to_text(screen(ended, 80, 60)).split("\n")
    assert larger[1:-1] == to_text(screen(pressed(told(ended, c.Resize(80, 60)), "end"), 80, 60)
                                   ).split("\n")[1:-1]  # fmt: skip


@pytest.mark.parametrize("page", Page)
@pytest.mark.parametrize("key", ["t", "/", "f", "e", "s", "z", "h", "r", "ctrl+k"])
def test_a_key_that_means_nothing_on_a_page_says_so_and_closes_nothing(
    page: Page, key: str
) -> None:
    session = pressed(after(shipped("mazur"), c.Toggle(page)), key)
    assert (session.page, session.prompt) == (page, None)
    expected = (
        "does nothing; ? lists" if key == "ctrl+k" else "does nothing on this page; esc closes it"
    )
    assert session.said.startswith(f"{key} {expected}")
    assert session.said in to_text(screen(session, 80, 24))


def test_no_key_is_silent() -> None:
    for session in (shipped("mazur"), after(shipped("mazur"), c.Prompt(Ask.GO))):
        for key in ("ctrl+k", "f5", "ctrl+@"):
            text = to_text(screen(pressed(session, key), 80, 24))
            assert f"{key} does nothing" in text


def test_in_the_list_of_presets_only_its_own_keys_mean_something() -> None:
    picker: Shown = Picker(entries=tuple(Entry(name, name, "", name) for name in "abcdef"))
    for key, place in (("end", 5), ("home", 0), ("pagedown", 5), ("up", 4), ("t", 4)):
        picker, _ = update(picker, message_of(picker, key))
        assert isinstance(picker, Picker)
        assert picker.chosen == place
    assert isinstance(picker, Picker)
    assert picker.message == "t does nothing in this list"


def test_every_key_means_something_somewhere_and_is_bound_once() -> None:
    names = [name for key in KEYS for name in key.keys]
    assert len(names) == len(set(names))
    session = shipped("mazur")
    for name in names:
        assert not isinstance(message_of(session, name), c.Meaningless)


# ---- what is typed while something runs ----------------------------------------------------------


def busy() -> Session:
    """Return a session that runs."""
    session = after(shipped("mazur"), c.Prompt(Ask.RUN), c.Type("5000"), c.Enter())
    return told(session, c.Continue(32, 0.1))


def test_text_typed_while_it_runs_is_no_command() -> None:
    session = pressed(busy(), "f", *"1dL2")
    assert (session.panel, session.digits, session.log) == (Panel.DIAGRAM, 0, False)
    assert session.ignored == "f1dL2"
    assert "Ignored while running: f1dL2" in to_text(screen(session, 80, 24))
    ended = pressed(session, "enter")
    assert (ended.ignored, ended.panel) == ("", Panel.DIAGRAM)
    assert pressed(ended, "2").panel is Panel.INSPECTOR


def test_the_line_goes_on_after_the_run_has_ended() -> None:
    session = pressed(busy(), "/", *"E < ")
    session = told(session, c.Continue(10_000, 0.2))
    assert session.job is None
    assert session.said == "Ignored: /E < ; enter ends the line"
    there = pressed(session, *"1d")
    assert (there.panel, there.digits) == (Panel.DIAGRAM, 0)
    assert "; enter ends the line" in there.said
    for key in ("enter", "tab", "escape"):
        assert pressed(pressed(there, key), "d").digits == 4


def test_steps_and_looking_begin_no_line() -> None:
    session = pressed(busy(), " ", " ", "d", "2")
    assert (session.ignored, session.digits, session.panel) == ("", 4, Panel.INSPECTOR)
    assert pressed(session, "escape").job is None
    assert pressed(pressed(busy(), "f", "1"), "escape").job is None


# ---- the list of commands ------------------------------------------------------------------------


def test_every_command_can_be_run_from_the_list() -> None:
    for key in KEYS:
        if key.command == c.Prompt(Ask.COMMAND):
            continue
        session = pressed(stepped(shipped("mazur"), 2), "ctrl+p", *key.label)
        assert f"▸ {key.label}" in to_text(screen(session, 100, 24))
        shown, effects = update(session, message_of(session, "enter"))
        expected, same = update(stepped(shipped("mazur"), 2), key.command)
        assert type(shown) is type(expected)
        assert effects[: len(same)] == same
        if isinstance(shown, Session) and isinstance(expected, Session):
            assert state_of(shown) == state_of(expected)


def test_the_list_scrolls_and_an_empty_one_runs_nothing() -> None:
    session = pressed(shipped("mazur"), "ctrl+p", *["down"] * 100)
    assert session.line == len(KEYS) - 2
    assert pressed(session, "pageup", "pageup", "pageup", "pageup").line == 0
    assert pressed(session, "q").line == 0
    nothing = pressed(shipped("mazur"), "ctrl+p", *"qqq", "enter")
    assert nothing.prompt is not None
    assert nothing.prompt.error.startswith("Nothing is called that")
    assert pressed(nothing, "escape").prompt is None
    page = pressed(after(shipped("mazur"), c.Toggle(Page.HELP)), "ctrl+p", *"log scale", "enter")
    assert (page.page, page.log) == (None, True)


# ---- a key that changes nothing says why ---------------------------------------------------------


def places(session: Session) -> Iterator[tuple[str, Session]]:
    """Yield every place of a session in which keys are pressed."""
    for panel in Panel:
        yield panel.value, after(session, c.Show(panel))
    for page in Page:
        yield page.value, after(session, c.Toggle(page))
    yield "card", after(session, c.Show(Panel.INSPECTOR), c.Enter())
    yield (
        "input",
        after(session, c.Select(session.setup.network.inputs[0]), c.Show(Panel.INSPECTOR)),
    )
    yield "edited", done(session, c.Prompt(Ask.EDIT), c.Type("0.7"), c.Enter())
    yield "coarsest", after(session, c.Refine(-9))
    yield "finest", after(session, c.Refine(9))
    yield "fastest", after(session, c.Faster(9))
    for asked in (Ask.GO, Ask.EDIT, Ask.COMMAND):
        yield asked.value, after(session, c.Prompt(asked))


def drawn(shown: Shown) -> list[Row]:
    draw = picker_screen if isinstance(shown, Picker) else screen
    return draw(shown, *shown.size)  # type: ignore[arg-type]


def silent(shown: Shown, keys: Iterable[str]) -> list[str]:
    """Return the keys that change nothing on the screen, and have no effect outside."""
    before, found = drawn(shown), []
    for key in keys:
        there, effects = update(shown, message_of(shown, key))
        if set(effects) <= {Keep()} and drawn(there) == before:
            found.append(key)
    return found


@pytest.mark.parametrize("name", ["mazur", "xor"])
@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
def test_every_key_changes_the_screen_or_says_why_not(name: str, size: tuple[int, int]) -> None:
    keys = [key.keys[0] for key in KEYS] + ["f1", "y"]
    for place, session in places(stepped(session_of(name), 2)):
        here = replace(told(session, c.Resize(*size)), said="")
        assert silent(here, keys if here.prompt is None else PROMPT_KEYS) == [], place


def test_at_the_start_too_every_key_says_why_it_does_nothing() -> None:
    for panel in Panel:
        session = replace(after(shipped("mazur"), c.Show(panel)), said="")
        assert silent(session, (key.keys[0] for key in KEYS)) == []


def test_every_key_of_a_list_moves_its_cursor_or_says_why_not() -> None:
    entries = tuple(Entry(name, name, "", name) for name in "ab")
    for shown, chosen in ((entries, 0), (entries, 1), ((), 0), (entries[:1], 0)):
        picker = Picker(entries=shown, chosen=chosen)
        assert silent(picker, (key for known in KEYS for key in known.keys)) == []


def test_why_a_figure_leads_nowhere_is_said() -> None:
    session = after(stepped(shipped("mazur"), 1), c.Select("h1"))
    assert pressed(session, "w").said.startswith("The article's figure here is right")
    assert "prints nothing for this neuron" in pressed(stepped(session, 1), "w").said


def test_the_next_quantity_of_a_neuron_is_its_own() -> None:
    session = after(stepped(shipped("mazur"), 2), c.Select("h1"))
    walked = [pressed(session, *"v" * count).cards[0].quantity for count in range(1, 9)]
    assert {quantity.neuron for quantity in walked} == {"h1"}
    assert str(walked[0]) == "net h1"
    assert session.cards[-1].quantity in walked
