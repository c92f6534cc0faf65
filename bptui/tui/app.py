"""The app: key -> command -> session -> rows. It keeps one value and manual out effects."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from threading import Thread
from time import monotonic
from typing import ClassVar

from textual import events
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.screen import Screen

from bptui.audit.findings import Auditor, ranked
from bptui.audit.prepare import prepare
from bptui.preset.errors import PresetError
from bptui.preset.find import shipped_presets
from bptui.preset.read import read_preset
from bptui.session import messages as c
from bptui.session.jobs import work
from bptui.session.messages import Ask, Command, Effect, Page
from bptui.session.picker import Entry, Picker, update_picker
from bptui.session.session import SPEEDS, Session, open_session
from bptui.session.update import projected, update
from bptui.story.moment import Moment, Phase
from bptui.story.setup import Setup
from bptui.tui.palette import BACKGROUNDS, THEMES, palette_name
from bptui.tui.saving import save_answer
from bptui.tui.supervisor import Supervisor
from bptui.tui.surface import Surface
from bptui.view.failure import failed_rows
from bptui.view.glyphs import with_glyphs
from bptui.view.keys import KEYS, PROMPT_KEYS
from bptui.view.picker_page import picker_screen
from bptui.view.rows import Row
from bptui.view.screen import (
    chart_depends_on,
    counted_from_card,
    iteration_at_cell,
    paged,
    screen,
    settled,
)

_COMMANDS: dict[str, Command] = {name: key.command for key in KEYS for name in key.keys}
_AT_ONCE = 0.02
"""Seconds that a key may take before what it began goes on beside the keys."""
_SLICE = 0.008
"""Seconds that work goes on before keys are looked at."""
_PROGRESS = 0.15
"""Seconds from one sign of progress to the next."""
_BACKLOG_PAUSE = 0.03
"""Seconds until it is looked again whether the terminal has taken what was painted."""


class Stage(Screen[None], inherit_bindings=False):
    """The screen that the surface is on; it has the keys."""

    def __init__(self, surface: Surface) -> None:
        super().__init__()
        self.surface = surface

    def compose(self) -> Iterable[Surface]:
        """Return the one widget."""
        yield self.surface

    def on_key(self, event: events.Key) -> None:
        """Do what the table of keys says, or type into what is asked for."""
        app = self.app
        assert isinstance(app, Bptui)
        command = app.command_of(event)
        if command is not None:
            event.stop()
            app.run_command(command)

    def on_paste(self, event: events.Paste) -> None:
        """Type what was pasted, if something is asked for."""
        app = self.app
        assert isinstance(app, Bptui)
        if isinstance(app.shown, Session) and app.shown.prompt is not None:
            app.run_command(c.Type("".join(ch for ch in event.text if ch.isprintable())))


class Bptui(App[None], inherit_bindings=False):
    """Steps through a setup, or lets one be chosen."""

    TITLE = "bptui"
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    CSS = "SearchIcon { display: none; }"  # an emoji, as wide as the terminal likes
    AUTO_FOCUS = None
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q,ctrl+c", "quit", "quit", show=False, priority=True)
    ]

    def __init__(
        self,
        begin: Setup | Session | Picker | None,
        colours: str,
        driver_class: type[Driver] | None = None,
        supervisor: Supervisor | None = None,
        *,
        signs: str = "all",
        projector: bool = False,
    ) -> None:
        super().__init__(driver_class, ansi_color=colours not in BACKGROUNDS)
        self.theme = THEMES.get(colours, "ansi-dark")
        projector = projector or (isinstance(begin, Session) and begin.projector)
        self.colours, self.signs, self._projector = colours, signs, projector
        self.shown: Session | Picker = self._dressed(_first(begin))
        """All that is on the screen; only `press` and `run_command` give it another value."""
        self._is_new = isinstance(begin, Setup)
        self.supervisor = supervisor or Supervisor()
        self.chosen = ""
        """The file of the kept session that was chosen to go on with."""
        self.surface = Surface(palette_name(colours, projector=projector), self.rows)
        self._charted: Session | None = None
        """The session whose loss chart is on the screen."""
        self._paint_waits = self._working = self._plays = False

    def get_default_screen(self) -> Screen[None]:
        """Return the screen that the app begins with."""
        return Stage(self.surface)

    def on_mount(self) -> None:
        """Paint everything again after a pause: the terminal's second screen is empty then."""
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))
        self.call_after_refresh(_get_ready)
        if isinstance(self.shown, Session):  # a kept one may have been checking its figures
            self._go_on(self.shown)
            if self._is_new:
                self.run_worker(self._mention_interrupted(self.shown), group="mention")

    async def _mention_interrupted(self, session: Session) -> None:
        """Say that there is a session to go on with, unless a key was faster."""
        told = await asyncio.to_thread(self.supervisor.interrupted, session)
        if told and self.shown == session:
            self.run_command(c.Tell(told))

    def rows(self, width: int, height: int) -> Sequence[Row]:
        """Return what the screen shows in a size."""
        signs = "large" if self._projector and self.signs == "all" else self.signs
        return with_glyphs(self._drawn(width, height), signs)

    def _drawn(self, width: int, height: int) -> Sequence[Row]:
        try:
            if isinstance(self.shown, Picker):
                return picker_screen(self.shown, width, height)
            return screen(self.shown, width, height, self._charted, self.supervisor.report)
        except Exception as error:
            return failed_rows(error, self.supervisor.report(error), width, height)

    def _dressed(self, shown: Session | Picker) -> Session | Picker:
        """Return a session that was just opened, shown in the way that this terminal needs."""
        if isinstance(shown, Picker):
            return shown
        shown = replace(shown, braille=self.signs == "all")
        return projected(shown, on=True) if self._projector else shown

    def command_of(self, event: events.Key) -> Command | Effect | None:
        """Return what a key means now."""
        if isinstance(self.shown, Session) and self.shown.prompt is not None:
            if event.key in PROMPT_KEYS or not event.is_printable or event.character is None:
                return PROMPT_KEYS.get(event.key)
            return c.Type(event.character)
        return _COMMANDS.get(event.key)

    def run_command(self, command: Command) -> None:
        """Do what a command says and show it; one that fails changes nothing."""
        before = self.shown
        self.supervisor.note(command, before, self.surface.size)
        try:
            self._run_command(command)
        except Exception as error:
            self.shown = self.supervisor.unharmed(before, error)
        self.shown = self.supervisor.kept(self.shown)
        self.paint()

    def _run_command(self, command: Command) -> None:
        if isinstance(command, Effect):
            self._effect(command)
        elif isinstance(self.shown, Picker):
            self._update_picker(self.shown, command)
        elif _asks_to_save(self.shown, command):
            self.shown = save_answer(self.shown)
        else:
            size = self.surface.size
            moves = isinstance(command, c.Move)
            session = counted_from_card(self.shown, *size) if moves else self.shown
            self.shown = settled(update(session, paged(session, command, size[1])), *size)
            self._projector = self.shown.projector
            self.surface.use_palette(palette_name(self.colours, projector=self._projector))
            self._go_on(self.shown)

    # painting

    def paint(self) -> None:
        """Paint soon: once for all keys that are waiting, and not faster than the terminal."""
        if not self._paint_waits:
            self._paint_waits = True
            self.call_later(self._paint)

    def _paint(self) -> None:
        """Paint what changed; a loss chart that has to be drawn anew comes after all else."""
        self._paint_waits = False
        if getattr(self._driver, "backlog", False):
            self._paint_waits = True
            self.set_timer(_BACKLOG_PAUSE, self._paint)
            return
        if isinstance(self.shown, Session) and self._chart_changes(self.shown):
            self.surface.redraw()
            self.call_later(self._paint_chart)
        else:
            self._paint_chart()

    def _chart_changes(self, session: Session) -> bool:
        before = self._charted
        return before is not None and chart_depends_on(session) != chart_depends_on(before)

    def _paint_chart(self) -> None:
        self._charted = self.shown if isinstance(self.shown, Session) else None
        self.surface.redraw()

    # what goes on beside the keys

    def _go_on(self, session: Session) -> None:
        """Start what a session does by itself, unless that is going on already."""
        if session.job is not None and not self._working:
            self.shown = session = work(session, _AT_ONCE)
        if session.job is not None and not self._working:
            self._working = True
            self.run_worker(self._work(), group="work")
        if session.playing and not self._plays:
            self._plays = True
            self.run_worker(self._play(), group="play")
        self._start_audit(session)

    async def _work(self) -> None:
        """Do a job in slices, so that keys are answered in between."""
        painted = monotonic()
        while isinstance(self.shown, Session) and self.shown.job is not None:
            try:
                self.shown = work(self.shown, _SLICE)
            except Exception as error:
                self.shown = self.supervisor.unharmed(self.shown, error)
            if monotonic() - painted > _PROGRESS:
                self.shown = self.supervisor.kept(self.shown)
                self.paint()
                painted = monotonic()
            await asyncio.sleep(0)
        self._working = False
        self.shown = self.supervisor.kept(self.shown)
        self.paint()

    async def _play(self) -> None:
        """Step at the session's speed; a step that comes late is not made up for."""
        while isinstance(self.shown, Session) and self.shown.playing:
            await asyncio.sleep(1 / SPEEDS[self.shown.speed])
            if isinstance(self.shown, Session) and self.shown.playing:
                self.run_command(c.Tick())
        self._plays = False

    def _start_audit(self, session: Session) -> None:
        """Check all figures in the background when their page is opened for the first time."""
        if session.page is Page.FIGURES and not session.findings:
            self.run_worker(self._audit(session.printed_setup), group="audit", exclusive=True)

    async def _audit(self, setup: Setup) -> None:
        """Check a preset's figures one by one, beside the keys: some take a second or two."""
        auditor, found = Auditor(setup), []
        for figure in auditor.figures:
            try:
                found.append(await asyncio.to_thread(auditor.find, figure))
            except Exception as error:
                self.run_command(c.Tell(self.supervisor.told(f"The audit of {figure}", error)))
                continue
            if not isinstance(self.shown, Session) or self.shown.printed_setup is not setup:
                return  # another preset was opened meanwhile
            self.shown = replace(self.shown, findings=ranked(found))
            if self.shown.page is Page.FIGURES:
                self.paint()

    def _update_picker(self, picker: Picker, command: Command) -> None:
        if command == c.Enter() and picker.kept:
            self.chosen = picker.entries[picker.chosen].file
            self.exit()
        elif command == c.Enter():
            self.shown = self._dressed(_chosen(picker))
        elif command == c.Close() and picker.behind is not None:
            self.shown = picker.behind
            self._go_on(picker.behind)
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
        if self.screen is not self.screen_stack[0]:
            return
        x, y = event.screen_x, event.screen_y
        address = self.surface.address_at(x, y)
        if address:
            self.run_command(c.Select(address))
        elif isinstance(self.shown, Session):
            iteration = iteration_at_cell(self.shown, *self.surface.size, x, y)
            if iteration is not None:
                phase = self.shown.moment.phase or Phase.UPDATE
                self.run_command(c.Jump(Moment.of(iteration, phase)))

    def leave(self, status: int) -> None:
        """End the app with an exit status, because a signal said so."""
        self.exit(return_code=status)

    @property
    def failure(self) -> BaseException | None:
        """What the app crashed of."""
        error = self._exception
        return getattr(error, "error", error)

    def _fatal_error(self) -> None:
        """End; whoever runs the app reports what happened, and in one line."""
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        self._exit_renderables.clear()

    def on_app_focus(self, event: events.AppFocus) -> None:
        """Ignore that the terminal has the focus: Textual would paint the whole screen again."""
        event.prevent_default()

    def on_app_blur(self, event: events.AppBlur) -> None:
        """Ignore that the terminal lost the focus, too."""
        event.prevent_default()


def _get_ready() -> None:
    """Do what the first screen need not wait for, but the first key would.

    Garbage is collected, but seldom: a look through all that is loaded takes as long as three keys,
    and what is there by now stays to the end. What draws the loss chart is loaded beside the keys.
    """
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    gc.enable()
    Thread(target=import_module, args=("plotext",), daemon=True).start()


def _first(begin: Setup | Session | Picker | None) -> Session | Picker:
    """Return what is shown first."""
    if isinstance(begin, Setup):
        return open_session(begin)
    return begin if begin is not None else _list_presets(None)


def _asks_to_save(session: Session, command: Command) -> bool:
    prompt = session.prompt
    return prompt is not None and prompt.ask is Ask.SAVE and isinstance(command, c.Enter)


def _list_presets(behind: Session | None) -> Picker:
    entries = []
    for path in shipped_presets():
        preset = read_preset(path)
        entries.append(Entry(preset.name, preset.title, preset.source, str(path)))
    names = [entry.name for entry in entries]
    here = behind.setup.preset.name if behind is not None else ""
    chosen = names.index(here) if here in names else 0
    return Picker(tuple(entries), chosen, behind=behind)


def _chosen(picker: Picker) -> Session | Picker:
    try:
        return open_session(prepare(read_preset(picker.entries[picker.chosen].file)))
    except PresetError as error:
        return Picker(picker.entries, picker.chosen, str(error), picker.behind)
