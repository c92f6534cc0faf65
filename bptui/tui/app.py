"""The app: key -> command -> session -> rows. It keeps one value and hands out effects."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from bptui.preset.errors import PresetError
from bptui.preset.find import shipped_presets
from bptui.preset.read import read_preset
from bptui.story import commands as c
from bptui.story.audit import Auditor, ranked
from bptui.story.commands import Command, Effect, Page
from bptui.story.picker import Entry, Picker, update_picker
from bptui.story.problem import Problem, pose
from bptui.story.session import Session, open_session
from bptui.story.update import update
from bptui.tui.surface import Surface
from bptui.view.keys import KEYS
from bptui.view.picker import picker_screen
from bptui.view.screen import counted_from_card, screen, settled
from bptui.view.text import Row


class Stage(Screen[None], inherit_bindings=False):
    """The screen that the surface is on; it has the keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(",".join(key.keys), f"app.press({place})", key.label, show=False)
        for place, key in enumerate(KEYS)
        if key.command is not Effect.PALETTE  # which Textual binds itself
    ]

    def __init__(self, surface: Surface) -> None:
        super().__init__()
        self.surface = surface

    def compose(self) -> Iterable[Surface]:
        """Return the one widget."""
        yield self.surface


class Bptui(App[None], inherit_bindings=False):
    """Steps through a problem, or lets one be chosen."""

    TITLE = "bptui"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    CSS = "SearchIcon { display: none; }"  # an emoji, as wide as the terminal likes
    AUTO_FOCUS = None
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q,ctrl+c", "quit", "quit", show=False, priority=True)
    ]

    def __init__(self, problem: Problem | None, colours: str) -> None:
        super().__init__(ansi_color=colours != "rgb")
        if colours != "rgb":
            self.theme = "ansi-dark"
        self.shown: Session | Picker = open_session(problem) if problem else _list_presets(None)
        """All that is on the screen; only `press` and `run_command` give it another value."""
        self.surface = Surface(colours, self.rows)

    def get_default_screen(self) -> Screen[None]:
        """Return the screen that the app begins with."""
        return Stage(self.surface)

    def rows(self, width: int, height: int) -> Sequence[Row]:
        """Return what the screen shows in a size."""
        if isinstance(self.shown, Picker):
            return picker_screen(self.shown, width, height)
        return screen(self.shown, width, height)

    def action_press(self, place: int) -> None:
        """Do what an entry of the table of keys says."""
        self.run_command(KEYS[place].command)

    def run_command(self, command: Command) -> None:
        """Do what a command says and show it."""
        if isinstance(command, Effect):
            self._effect(command)
        elif isinstance(self.shown, Picker):
            self._update_picker(self.shown, command)
        else:
            size = self.surface.size
            moves = isinstance(command, c.Move)
            session = counted_from_card(self.shown, *size) if moves else self.shown
            self.shown = settled(update(session, command), *size)
            self._start_audit(self.shown)
        self.surface.redraw()

    def _start_audit(self, session: Session) -> None:
        """Check all figures in the background when their page is opened for the first time."""
        if session.page is Page.FIGURES and not session.findings:
            self.run_worker(self._audit(session.problem), group="audit", exclusive=True)

    async def _audit(self, problem: Problem) -> None:
        """Check a preset's figures one by one, beside the keys: some take a second or two."""
        auditor, found = Auditor(problem), []
        for figure in auditor.figures:
            found.append(await asyncio.to_thread(auditor.find, figure))
            if not isinstance(self.shown, Session) or self.shown.problem is not problem:
                return  # another preset was opened meanwhile
            self.shown = replace(self.shown, findings=ranked(found))
            if self.shown.page is Page.FIGURES:
                self.surface.redraw()

    def _update_picker(self, picker: Picker, command: Command) -> None:
        if command == c.Enter():
            self.shown = _chosen(picker)
        elif command == c.Close() and picker.behind is not None:
            self.shown = picker.behind
        else:
            self.shown = update_picker(picker, command)

    def _effect(self, effect: Effect) -> None:
        match effect:
            case Effect.QUIT:
                self.exit()
            case Effect.PALETTE:
                self.action_command_palette()
            case Effect.SUSPEND:
                self.action_suspend_process()
            case Effect.OPEN:
                if isinstance(self.shown, Session):
                    self.shown = _list_presets(self.shown)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Return the command palette's entries: the table of keys."""
        for key in KEYS:
            if key.command is not Effect.PALETTE:
                run: Callable[[], None] = partial(self.run_command, key.command)
                yield SystemCommand(key.label, key.help, run)

    def on_click(self, event: events.Click) -> None:
        """Select what was clicked on; the mouse is off unless asked for."""
        address = self.surface.address_at(event.screen_x, event.screen_y)
        if address and self.screen is self.screen_stack[0]:
            self.run_command(c.Select(address))

    def on_app_focus(self, event: events.AppFocus) -> None:
        """Ignore that the terminal has the focus: Textual would paint the whole screen again."""
        event.prevent_default()

    def on_app_blur(self, event: events.AppBlur) -> None:
        """Ignore that the terminal lost the focus, too."""
        event.prevent_default()


def _list_presets(behind: Session | None) -> Picker:
    entries = []
    for path in shipped_presets():
        preset = read_preset(path)
        entries.append(Entry(preset.name, preset.title, preset.source, str(path)))
    names = [entry.name for entry in entries]
    here = behind.problem.preset.name if behind is not None else ""
    chosen = names.index(here) if here in names else 0
    return Picker(tuple(entries), chosen, behind=behind)


def _chosen(picker: Picker) -> Session | Picker:
    try:
        return open_session(pose(read_preset(picker.entries[picker.chosen].file)))
    except PresetError as error:
        return Picker(picker.entries, picker.chosen, str(error), picker.behind)
