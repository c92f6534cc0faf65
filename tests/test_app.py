"""The app itself, driven key by key without a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from rich.style import Style
from textual.pilot import Pilot

from bptui.session.keys import KEYS
from bptui.session.messages import Panel
from bptui.session.picker import Picker
from bptui.session.session import Session
from bptui.story.steps import Granularity
from bptui.tui.app import Bptui
from bptui.tui.palette import style_of
from bptui.view.rows import to_text
from tests.sessions import XOR, made, shipped

Drive = Callable[[Pilot[None], Bptui], Awaitable[None]]


def drive(
    steps: Drive,
    *,
    setup: str | None = "mazur",
    size: tuple[int, int] = (80, 24),
    colours: str = "rgb",
) -> None:
    """Run the app in a terminal of a size and let `steps` press keys."""

    async def main() -> None:
        app = Bptui(shipped(setup).setup if setup else None, colours)
        async with app.run_test(size=size) as pilot:
            await steps(pilot, app)

    asyncio.run(main())


def session(app: Bptui) -> Session:
    """Return the app's session; fails while it shows the list of presets."""
    assert isinstance(app.shown, Session)
    return app.shown


def text(app: Bptui) -> str:
    """Return what the app shows."""
    return to_text(app.rows(*app.surface.size))


def test_stepping_and_going_back() -> None:
    async def steps(pilot: Pilot[None], app: Bptui) -> None:
        begin = text(app)
        for key, moment in (
            ("space", "1 forward"),
            ("right", "1 backward"),
            ("n", "1 update"),
            ("left", "1 backward"),
            ("p", "1 forward"),
            ("p", "start"),
        ):
            await pilot.press(key)
            assert str(session(app).moment) == moment
        assert text(app) == begin
        await pilot.press("p")
        assert "Already at the start" in text(app)
        await pilot.press("space", "space", "r")
        assert text(app) == begin

    drive(steps)


def test_moving_the_selection() -> None:
    async def steps(pilot: Pilot[None], app: Bptui) -> None:
        for key, selected in (
            ("down", "h2"),
            ("up", "h1"),
            ("j", "h2"),
            ("k", "h1"),
            ("l", "w5"),
            ("h", "h1"),
        ):
            await pilot.press(key)
            assert session(app).selected == selected

    drive(steps)


def test_panels_and_the_log_scale() -> None:
    async def steps(pilot: Pilot[None], app: Bptui) -> None:
        await pilot.press("tab")
        assert session(app).panel is Panel.INSPECTOR
        await pilot.press("shift+tab")
        assert session(app).panel is Panel.DIAGRAM
        for key, panel in zip("2341", (*list(Panel)[1:], Panel.DIAGRAM), strict=True):
            await pilot.press(key)
            assert session(app).panel is panel
        await pilot.press("L")
        assert session(app).log

    drive(steps)


def test_help_opens_scrolls_and_closes() -> None:
    async def steps(pilot: Pilot[None], app: Bptui) -> None:
        await pilot.press("question_mark", "down")
        assert session(app).line == 1
        assert "Previous phase" in text(app)
        await pilot.press("up")
        page = text(app).split("\n")
        await pilot.press("space")  # a page on, which begins with the last line of this one
        assert text(app).split("\n")[1] == page[-2]
        await pilot.press("left")
        assert text(app).split("\n") == page
        await pilot.press(*["space"] * 12)
        last = session(app).line
        await pilot.press("space")
        assert session(app).line == last  # it does not scroll past its end
        await pilot.press("escape")
        assert session(app).page is None
        await pilot.press("escape")  # harmless
        await pilot.press("question_mark", "question_mark")
        assert session(app).page is None
        await pilot.press("space", "space", "c")
        assert "Central difference" in text(app)

    drive(steps)


def test_opening_cards_and_going_back_up() -> None:
    async def steps(pilot: Pilot[None], app: Bptui) -> None:
        await pilot.press("space", "space", "h", "enter")
        assert session(app).panel is Panel.INSPECTOR
        await pilot.press("j", "enter")
        assert [str(opened.quantity) for opened in session(app).trail] == ["dE/dout o1"]
        await pilot.press("enter")
        assert len(session(app).trail) == 2
        assert "w5 › ∂Eₜₒₜₐₗ/∂outₒ₁ › targetₒ₁" in text(app)
        await pilot.press("backspace", "backspace", "backspace")
        assert session(app).trail == ()
        await pilot.press("v")
        assert [str(opened.quantity) for opened in session(app).trail] == ["dE/dout o1"]
        await pilot.press("V", "escape")
        assert session(app).trail == ()

    drive(steps)


def test_granularity_digits_and_whole_sums() -> None:
    async def steps(pilot: Pilot[None], app: Bptui) -> None:
        await pilot.press("g", "g", "space")
        assert (session(app).granularity, session(app).left) == (Granularity.NEURON, 4)
        assert "by neuron" in text(app)
        await pilot.press("G", "G", "G", "space")
        assert str(session(app).moment) == "1 update"
        await pilot.press("d", "x")
        assert session(app).digits == 4
        assert session(app).whole

    drive(steps)


def test_samples_of_a_batch() -> None:
    async def main() -> None:
        app = Bptui(made(XOR).setup, "rgb")
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("full_stop", "full_stop", "comma")
            assert session(app).sample == 2
            assert "sample 2 of 4" in text(app)

    asyncio.run(main())


def test_choosing_a_preset_from_the_list() -> None:
    async def steps(pilot: Pilot[None], app: Bptui) -> None:
        assert isinstance(app.shown, Picker)
        place = [entry.name for entry in app.shown.entries].index("mazur")
        await pilot.press(*["down"] * place)
        assert "Matt Mazur" in text(app)
        await pilot.press("enter")
        assert session(app).setup.preset.name == "mazur"
        await pilot.press("space", "o")
        assert isinstance(app.shown, Picker)
        assert app.shown.chosen == place
        await pilot.press("escape")
        assert str(session(app).moment) == "1 forward"

    drive(steps, setup=None)


def test_every_command_can_be_chosen_by_name() -> None:
    async def steps(pilot: Pilot[None], app: Bptui) -> None:
        await pilot.press("ctrl+p")
        for key in KEYS[:20]:
            assert key.label in text(app)
        await pilot.press(*"log scale", "enter")
        assert session(app).log
        assert session(app).prompt is None
        await pilot.press("ctrl+p", *"network", "down", "up", "enter")
        assert session(app).panel is Panel.DIAGRAM
        await pilot.press("ctrl+p", *"no such thing", "enter")
        assert "Nothing is called that" in text(app)
        await pilot.press("escape")
        assert session(app).prompt is None

    drive(steps)


@pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
def test_quitting(key: str) -> None:
    async def steps(pilot: Pilot[None], app: Bptui) -> None:
        await pilot.press(key)
        assert not app.is_running or app._exit

    drive(steps)


def test_a_click_selects() -> None:
    async def steps(pilot: Pilot[None], app: Bptui) -> None:
        lines = text(app).split("\n")
        y = next(k for k, line in enumerate(lines) if "w8" in line)
        await pilot.click(offset=(lines[y].index("w8"), y))
        assert session(app).selected == "w8"
        await pilot.click(offset=(0, 0))  # the header is nobody's
        assert session(app).selected == "w8"

    drive(steps)


def test_resizing_at_any_moment_is_safe() -> None:
    async def steps(pilot: Pilot[None], app: Bptui) -> None:
        for size in ((120, 40), (1, 1), (39, 12), (40, 12), (70, 20), (200, 60), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.press("space")
            assert len(app.rows(*app.surface.size)) == size[1]

    drive(steps)


def test_without_colours_it_runs_just_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def main() -> None:
        for colours in ("mono", "16"):
            app = Bptui(shipped("mazur").setup, colours)
            async with app.run_test(size=(80, 24)) as pilot:
                await pilot.press("space", "question_mark", "escape")
                assert str(session(app).moment) == "1 forward"

    asyncio.run(main())


def test_every_key_of_the_table_is_bound_once() -> None:
    keys = [name for key in KEYS for name in key.keys]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("colours", ["rgb", "mono"])
def test_every_cell_looks_as_its_role_says(colours: str) -> None:
    async def steps(pilot: Pilot[None], app: Bptui) -> None:
        for keys in (("space", "tab", "down"), ("e", "1"), ("escape", "question_mark")):
            await pilot.press(*keys)
            for y, row in enumerate(app.rows(*app.surface.size)):
                painted = [
                    (char, style or Style())
                    for part, style, _ in app.surface.render_line(y)
                    for char in part
                ]
                asked = [(char, style_of(colours, role)) for part, role, _ in row for char in part]
                for (char, style), (wanted, look) in zip(painted, asked, strict=True):
                    assert char == wanted
                    assert (style.bgcolor, style.reverse) == (look.bgcolor, look.reverse)
                    assert char == " " or style == look

    drive(steps, colours=colours)
