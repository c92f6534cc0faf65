"""The list of presets: shipped ones by topic, and the files of the current folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from bptui.preset.find import shipped_folder
from bptui.session import messages as c
from bptui.session.messages import Entry, Listed
from bptui.session.picker import Picker, update_picker
from bptui.tui.effects import listed
from bptui.tui.supervisor import Supervisor
from bptui.view.key_meaning import message_of
from bptui.view.picker_page import picker_screen
from bptui.view.rows import to_text
from tests.sessions import shipped

SIZES = [(80, 24), (120, 40)]
HERE = "In this folder"


def lists() -> list[Listed]:
    """Return all that the list becomes in the current folder, one after the other."""
    found = [*listed(Supervisor(), served=False)]
    assert all(isinstance(message, Listed) for message in found)
    return [message for message in found if isinstance(message, Listed)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(entries: tuple[Entry, ...], size: tuple[int, int], chosen: int = 0) -> str:
    """Return the screen of a list."""
    return to_text(picker_screen(Picker(entries=entries, chosen=chosen), *size))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_shipped_presets_stand_by_topic(
    golden: Callable[[str, str], None], folder: Path, size: tuple[int, int]
) -> None:
    entries = lists()[0].entries
    golden(f"picker-{size[0]}x{size[1]}", shown(entries, size))
    golden(f"picker-end-{size[0]}x{size[1]}", shown(entries, size, len(entries) - 1))


def test_what_there_is_to_learn_from_a_shipped_preset_fits_in_its_line(folder: Path) -> None:
    entries = lists()[0].entries
    text = "".join(shown(entries, (80, 24), place) for place in range(len(entries)))
    for entry in entries:
        assert entry.summary
        assert f"{entry.shape:9}{entry.summary}\n" in text or f"{entry.summary}\n" in text
        assert not any(entry.summary[:30] in line for line in text.split("\n") if "…" in line)


def test_files_of_the_folder_are_listed_before_they_are_read(folder: Path) -> None:
    text = shipped("mazur").setup.preset.text
    files = {
        "good.toml": text.replace("One whole round", "My own round"),
        "half.toml": "[training]\nlearning_rate = ",
        "of-others.toml": '[build-system]\nrequires = ["x"]',
        "typo.toml": text.replace('"sigmoid"', '"sigmod"'),
    }
    for name, content in files.items():
        (folder / name).write_text(content, "utf-8")
    (folder / "folder.toml").mkdir()
    first, second, *_, last = lists()
    assert {entry.heading for entry in first.entries} & {HERE} == set()
    fresh = [entry for entry in second.entries if entry.heading == HERE]
    assert [(entry.name, entry.shape) for entry in fresh] == [(name, "") for name in files]
    good, half, typo = (entry for entry in last.entries if entry.heading == HERE)
    assert (good.file, good.shape) == ("good.toml", "2-2-2")
    assert good.summary.startswith("My own round")
    assert (half.name, half.problem.split(": ")[0]) == ("half.toml", "line 2")
    assert typo.problem == 'line 21: unknown activation "sigmod"; did you mean "sigmoid"?'
    assert typo.problem in shown(last.entries, (120, 40))


def test_in_the_folder_of_shipped_presets_each_is_listed_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(shipped_folder())
    assert len(lists()[-1].entries) == len(lists()[0].entries)


def test_the_cursor_stays_where_it_is_while_the_list_grows() -> None:
    entries = tuple(Entry(name, name, "", f"{name}.toml") for name in "abc")
    picker = Picker(entries=entries, chosen=1)
    more = (Entry("z", "", "", "z.toml"), *entries)
    after, _ = update_picker(picker, Listed(more))
    assert isinstance(after, Picker)
    assert after.chosen == 2
    begun, _ = update_picker(replace(picker, entries=(), chosen=0), Listed(entries))
    assert isinstance(begun, Picker)
    assert begun.chosen == 0


def test_a_page_is_as_long_as_the_list_has_rows() -> None:
    entries = tuple(Entry(f"p{k}", "", "", f"{k}") for k in range(90))
    picker = Picker(entries=entries, size=(80, 24))
    assert message_of(picker, "pagedown") == c.Scroll(16, 89)
    rows = shown(entries, (80, 24), 40).split("\n")
    assert sum(row.strip(" ▸").startswith("p") for row in rows) == 16
