"""A preset that is saved while it is open is read again, and nobody is moved."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from bptui.audit.prepare import prepare
from bptui.preset.read import parse_preset, read_preset
from bptui.session import messages as c
from bptui.session.decode import restored
from bptui.session.effects import KeepAnew
from bptui.session.encode import state_of
from bptui.session.messages import Ask, Panel
from bptui.session.rereading import rebuilt
from bptui.session.session import Session, open_session
from bptui.session.update import update
from bptui.tui import app as app_module
from bptui.tui.app import Bptui
from bptui.tui.session_file import SessionFile
from bptui.tui.supervisor import Supervisor
from bptui.tui.watch import Watch
from tests.kept import assert_same, whole
from tests.sessions import done, made, shipped, stepped
from tests.waiting import until

TEXT = shipped("mazur").setup.preset.text.partition("[expected")[0]
FASTER = TEXT.replace("learning_rate = 0.5", "learning_rate = 0.25")
EDIT = (c.Prompt(Ask.EDIT), c.Erase("all"), c.Type("w5 = 0.6"), c.Enter())


def reread(session: Session, text: str) -> Session:
    """Return a session after its preset was saved with another text."""
    setup = prepare(parse_preset(text, session.printed_setup.preset.file))
    message = rebuilt(session, setup, lambda timeline, to: timeline.run(to))
    shown, effects = update(session, message)
    assert isinstance(shown, Session)
    assert KeepAnew() in effects
    return shown


def test_the_session_stays_where_it_is_with_the_new_numbers() -> None:
    session = stepped(made(TEXT), 7)
    session = done(session, c.Select("w5"), c.Show(Panel.TABLE), c.Flip("log"))
    there = reread(session, FASTER)
    fresh = stepped(made(FASTER), 7)
    assert there.state.now.tolist() == fresh.state.now.tolist() != session.state.now.tolist()
    same = ("moment", "selected", "panel", "second", "log", "branches", "left")
    assert {k: getattr(there, k) for k in same} == {k: getattr(session, k) for k in same}
    assert there.said == "made.toml was saved, and is read again"


def test_edits_are_repeated_and_can_be_undone() -> None:
    session = done(stepped(made(TEXT), 4), *EDIT)
    there = reread(session, FASTER)
    fresh = done(stepped(made(FASTER), 4), *EDIT)
    assert there.state.now.tolist() == fresh.state.now.tolist()
    assert there.here == 1
    back = done(there, c.Undo(1))
    assert back.state.now.tolist() == stepped(made(FASTER), 4).state.now.tolist()


def test_edits_of_what_is_gone_are_dropped_and_that_is_said() -> None:
    session = done(stepped(made(TEXT), 4), *EDIT, c.Select("w5"), c.Enter())
    there = reread(session, TEXT.replace("w5", "v5"))
    assert (there.here, len(there.branches), there.moment) == (0, 1, session.moment)
    assert there.selected in there.setup.network.places
    assert there.said.endswith("; the edits no longer fit it")
    assert_same(there, restored(whole(there)))


def test_what_was_done_meanwhile_is_not_lost() -> None:
    session = stepped(made(TEXT), 4)
    message = rebuilt(session, session.setup, lambda timeline, to: timeline.run(to))
    edited = done(session, *EDIT)
    shown, effects = update(edited, message)
    assert shown is edited
    assert effects == (c.Reread(),)


def test_a_run_is_stopped_and_a_far_moment_is_run_to() -> None:
    session = done(made(TEXT), c.Prompt(Ask.GO), c.Type("3000"), c.Enter())
    message = rebuilt(
        session, prepare(parse_preset(FASTER, "made.toml")), lambda timeline, to: None
    )
    there, _ = update(session, message)
    assert isinstance(there, Session)
    assert there.job is not None
    assert str(done(there, c.Continue(3000, 0.0)).moment) == str(session.moment)


def test_a_wrong_text_is_said_and_the_old_one_stays() -> None:
    session = stepped(made(TEXT), 2)
    shown, _ = update(session, c.NotReread("Not read again: made.toml:3: wrong"))
    assert isinstance(shown, Session)
    assert shown.said == "Not read again: made.toml:3: wrong"
    assert state_of(shown) | {"said": ""} == state_of(session) | {"said": ""}


def test_files_that_are_written_or_put_in_place_have_changed(tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text(TEXT, "utf-8")
    preset, watch = read_preset(file), Watch()
    looks = [watch.sees_change(preset), watch.sees_change(preset)]
    file.write_text(FASTER, "utf-8")
    looks += [watch.sees_change(preset), watch.sees_change(preset)]
    file.rename(tmp_path / "backup")
    looks += [watch.sees_change(preset)]
    (tmp_path / "draft").write_text(TEXT, "utf-8")
    os.replace(tmp_path / "draft", file)
    looks += [watch.sees_change(preset), watch.sees_change(preset)]
    assert looks == [False, False, True, False, False, True, False]


def test_shipped_presets_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    preset, watch = shipped("mazur").setup.preset, Watch()
    monkeypatch.setattr("bptui.tui.watch._stamp", None)
    assert not watch.sees_change(preset)


def test_the_app_reads_what_is_saved_and_keeps_it_to_be_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_module, "_LOOKS", 0.02)
    file = tmp_path / "my.toml"
    file.write_text(TEXT, "utf-8")
    environ: Mapping[str, str] = {"XDG_STATE_HOME": str(tmp_path / "state")}
    kept: list[Path] = []

    async def main() -> None:
        setup = prepare(read_preset(file))
        app = Bptui(open_session(setup), "rgb", supervisor=Supervisor(environ))

        def said(text: str) -> bool:
            assert isinstance(app.shown, Session)
            return text in app.shown.said

        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("space", "space", "down")
            selected = app.shown.selected if isinstance(app.shown, Session) else ""
            file.write_text(TEXT.replace("sigmoid", "sigmod"), "utf-8")
            await until(lambda: said(f"Not read again: {file}:"))
            file.write_text(FASTER, "utf-8")
            await until(lambda: said("was saved, and is read again"))
            assert isinstance(app.shown, Session)
            assert app.shown.setup.rule.learning_rate == 0.25
            assert (str(app.shown.moment), app.shown.selected) == ("1 backward", selected)
            kept.extend((tmp_path / "state" / "bptui" / "sessions").iterdir())
            assert app.supervisor.session_file is not None
            app.supervisor.session_file.release()
            assert_same(app.shown, restored(SessionFile(environ).adopt(kept[0])))

    asyncio.run(main())
    assert len(kept) == 1
