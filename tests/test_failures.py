"""Failures inside: the rest goes on, and a report of each is kept."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from bptui.crash import MOST, write_report
from bptui.session import messages as c
from bptui.session.decode import restored
from bptui.session.session import Session
from bptui.tui import app as app_module
from bptui.tui.app import Bptui
from bptui.tui.session_file import SessionFile, records_in
from bptui.tui.supervisor import Supervisor
from bptui.view import screen as screen_module
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.sessions import after, shipped, stepped
from tests.terminals import PYTHON, ROOT, Terminal
from tests.waiting import until


def broken(*_: object, **__: object) -> object:
    """Fail as a bug does."""
    raise ZeroDivisionError("division by zero\x1b[2J")


def test_a_panel_that_fails_says_so_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    session, reported = stepped(shipped("mazur"), 2), []
    views = dict.fromkeys(screen_module._VIEWS, broken)
    for panel in screen_module._VIEWS:
        whole = to_text(screen(session, 120, 40))
        with monkeypatch.context() as patch:
            patch.setitem(screen_module._VIEWS, panel, views[panel])
            screen_module._panel.cache_clear()

            def report(error: Exception) -> str:
                reported.append(error)
                return "~/report.txt"

            rows = screen(session, 120, 40, report=report)
        text = to_text(rows)
        assert len(rows) == 40
        assert {sum(map(len, (span.text for span in row))) for row in rows} == {120}
        assert "! This panel failed:" in text
        assert "zero?[2J" in text
        assert "~/report.txt" in text
        same = sum(x == y for x, y in zip(text.split("\n"), whole.split("\n"), strict=True))
        assert same > 4
        screen_module._panel.cache_clear()
    assert len(reported) == 4


def drive(app: Bptui, steps: Callable[[Pilot[None]], object]) -> None:
    """Run an app without a terminal."""

    async def main() -> None:
        async with app.run_test(size=(80, 24)) as pilot:
            await steps(pilot)  # type: ignore[misc]

    asyncio.run(main())


def test_a_key_that_fails_changes_nothing_and_is_reported_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Bptui(shipped("mazur").setup, "rgb", supervisor=Supervisor(_environ(tmp_path)))

    async def steps(pilot: Pilot[None]) -> None:
        await pilot.press("space", "space")
        with monkeypatch.context() as patch:
            patch.setattr(app_module, "update", broken)
            await pilot.press("space", "space")
        assert isinstance(app.shown, Session)
        assert str(app.shown.moment) == "1 backward"
        assert "That key failed: ZeroDivisionError: division by zero" in app.shown.said
        assert "\x1b" not in to_text(app.rows(80, 24))
        await pilot.press("space")
        assert str(app.shown.moment) == "1 update"

    drive(app, steps)
    (file,) = (tmp_path / "bptui" / "crashes").iterdir()
    text = file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "Traceback" in text
    assert "Step(phases=1)" in text
    assert "SECRET" not in text
    assert "\x1b" not in text
    lines = [line.encode() for line in text.split("\n") if line.startswith("{")]
    assert str(restored(records_in(b"\n".join(lines))).moment) == "1 backward"


def _environ(state: Path) -> dict[str, str]:
    return {"XDG_STATE_HOME": str(state), "TERM": "xterm", "PASSWORD": "SECRET"}


def test_a_job_that_fails_ends_and_the_session_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = Bptui(shipped("mazur").setup, "rgb", supervisor=Supervisor(_environ(tmp_path)))

    async def steps(pilot: Pilot[None]) -> None:
        await pilot.press("f", *"9000000", "enter")
        monkeypatch.setattr(app_module, "update", broken)
        await until(lambda: isinstance(app.shown, Session) and app.shown.job is None)
        assert isinstance(app.shown, Session)
        assert "failed: ZeroDivisionError" in app.shown.said

    drive(app, steps)


def test_only_the_newest_reports_are_kept(tmp_path: Path) -> None:
    for _ in range(MOST + 3):
        assert write_report(_environ(tmp_path), ValueError("x")) is not None
    assert len(list((tmp_path / "bptui" / "crashes").iterdir())) == MOST


def test_a_report_that_cannot_be_written_is_no_harm(tmp_path: Path) -> None:
    (tmp_path / "bptui").write_text("in the way")
    assert write_report(_environ(tmp_path), ValueError("x")) is None
    told = Supervisor(_environ(tmp_path)).told("That key", ValueError("no\nway"))
    assert told == "That key failed: ValueError: no way"


def test_keeping_that_fails_is_told_and_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    care, session = Supervisor(_environ(tmp_path)), after(shipped("mazur"), c.Step(1))
    monkeypatch.setattr(SessionFile, "keep", broken)
    assert "Saving the session for --resume failed" in care.keep(session)
    assert care.keep(session) == ""


def test_a_package_of_the_app_that_cannot_be_imported_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "textual").mkdir()
    (tmp_path / "textual" / "__init__.py").write_text("raise ImportError('broken')")
    path = {**PYTHON, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    terminal = Terminal("-m", "bptui", "mazur", XDG_STATE_HOME=str(tmp_path / "state"), **path)
    assert terminal.ended() == 1
    assert terminal.raw.startswith(b"bptui: cannot import textual: ImportError: b")
    assert terminal.raw.count(b"\n") == 1
    assert not (tmp_path / "state").exists()
