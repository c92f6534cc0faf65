"""The app: key -> message -> session -> rows; it runs effects and sends back the results."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import os
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from threading import Thread
from time import monotonic
from typing import ClassVar

from msgspec.structs import replace
from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.driver import Driver
from textual.screen import Screen
from textual.timer import Timer

from bptui.session import effects as e
from bptui.session import messages as c
from bptui.session.effects import Effect
from bptui.session.messages import Message
from bptui.session.parts import Display, Preferences
from bptui.session.picker import Picker
from bptui.session.session import Session, open_session
from bptui.session.update import PROJECTED_DIGITS, Shown, failed, projected, update
from bptui.story.landscape import Task
from bptui.story.moment import Moment, Phase
from bptui.story.setup import Setup
from bptui.story.slices import Slices
from bptui.tui.ahead import Ahead
from bptui.tui.clipboard import copying
from bptui.tui.drawing import rows_of
from bptui.tui.effects import audited, listed, loaded, pictured, reread, saved, screen_saved
from bptui.tui.palette import BACKGROUNDS, THEMES, palette_name
from bptui.tui.stopwatch import Stopwatch
from bptui.tui.supervisor import Supervisor
from bptui.tui.surface import Surface
from bptui.tui.watch import Watch
from bptui.view.key_meaning import message_of
from bptui.view.rows import Row
from bptui.view.screen import iteration_at_cell, wanted

_AT_ONCE = 0.02
"""Seconds that a key's job may take before other keys are read."""
_TURN = 0.008
"""Seconds of work between looks at the keys."""
_BREATH = 1e-4
"""Seconds until work continues; not 0, by which Textual would divide."""
_FIRST = 16
"""Iterations of the first slice."""
_SLICE = 0.004
"""Seconds that a slice should take."""
_PROGRESS = 0.15
"""Seconds between progress displays."""
_LOOKS = 1.0
"""Seconds between looks at the preset's file."""
_BACKLOG_PAUSE = 0.03
"""Seconds before asking again whether the terminal has taken its output."""
_USUAL = Preferences()


class Stage(Screen[None], inherit_bindings=False):
    """The screen that the surface is on."""

    def __init__(self, surface: Surface) -> None:
        super().__init__()
        self.surface = surface

    def compose(self) -> Iterable[Surface]:
        yield self.surface


class Bptui(App[None], inherit_bindings=False):
    """Steps through a setup, or lets one be chosen."""

    TITLE = "bptui"
    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = None
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(
        self,
        begin: Setup | Session | Picker | None,
        colours: str,
        driver_class: type[Driver] | None = None,
        supervisor: Supervisor | None = None,
        *,
        signs: str = "all",
        projector: bool = False,
        preferences: Preferences = _USUAL,
        served: bool = False,
        notice: str = "",
    ) -> None:
        super().__init__(driver_class, ansi_color=colours not in BACKGROUNDS)
        self.theme = THEMES.get(colours, "ansi-dark")
        self.colours, self.signs = colours, signs
        usual = Display(
            preferences.digits, braille=signs == "all", served=served, preferences=preferences
        )
        self.shown: Shown = _first(begin, usual, projector=projector)
        """All that is on the screen; only `receive` gives it another value."""
        self._begun = self.shown if isinstance(begin, Setup) else None
        self.supervisor = supervisor or Supervisor()
        self.chosen = ""
        """The file of the kept session chosen to resume."""
        self._ahead = Ahead(signs, self._compute)
        name = palette_name(colours, projector=self.shown.projector)
        self.surface = Surface(name, self.rows)
        self._stopwatch = Stopwatch()
        self._paint_waits = False
        self._notice = notice
        """A message that stays until it is painted, whatever keys come."""
        self._slices: Slices | None = None
        """The running job's."""
        self._painted = 0.0
        self._turn: Timer | None = None
        self._tick: Timer | None = None
        self._audited: Setup | None = None
        self._picturing: Task | str | None = None
        """What is computed for a picture, or the file that is read for one."""
        self._watch = Watch()

    def get_default_screen(self) -> Screen[None]:
        return Stage(self.surface)

    def on_mount(self) -> None:
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))
        self.call_after_refresh(_get_ready)
        self.receive(c.Resize(*self.size))
        if self._notice:
            self.receive(c.Said(self._notice))
        if isinstance(self.shown, Picker) and not self.shown.entries:
            self._perform(e.ListPresets())
        if isinstance(self._begun, Session):
            self._beside(self._mention_interrupted(self._begun))
        self._look()
        self.set_interval(_LOOKS, self._look)

    def _look(self) -> None:
        """Look whether the preset was saved."""
        if isinstance(self.shown, Session) and self._watch.sees_change(
            self.shown.printed_setup.preset
        ):
            self.receive(c.Reread())

    def on_resize(self, event: events.Resize) -> None:
        self.receive(c.Resize(*event.size))

    async def on_event(self, event: events.Event) -> None:
        """Take what is typed as it comes: Textual would ask its bindings, and pass it on."""
        if isinstance(event, events.Key):
            character = event.character if event.is_printable else None
            self.receive(message_of(self.shown, event.key, character or ""))
        elif isinstance(event, events.Paste) and getattr(self.shown, "prompt", None) is not None:
            self.receive(c.Type(event.text))
        else:
            await super().on_event(event)

    def _mention_interrupted(self, begun: Session) -> Iterator[Message]:
        """Mention an interrupted session, unless a key came first."""
        told, shown = self.supervisor.interrupted(begun), self.shown
        if not told or not isinstance(shown, Session):
            return
        if (shown.timelines, shown.moment) == (begun.timelines, begun.moment):
            yield c.Said(told)

    # messages and effects

    def receive(self, message: Message) -> None:
        """The only place that assigns `shown`; a message that fails changes nothing."""
        if self._ahead.took(message):
            return
        before = self.shown = self._stopwatch.counted(self.shown, message)
        self.supervisor.note(message, before, self.surface.size)
        effects: tuple[Effect, ...] = ()
        try:
            after, effects = self._ahead.answer(before, message) or update(before, message)
        except Exception as error:
            told = self.supervisor.told("That key", error)
            after, effects = _failed(before, told), (e.Keep(),)
        self.shown = after
        if not isinstance(after, Session) or after.job is None:
            self._rest()
        if after is before and not effects:
            return
        quiet = isinstance(message, c.Continue) and self._slices is not None
        quiet = quiet and monotonic() - self._painted < _PROGRESS
        for effect in effects:
            if not (quiet and isinstance(effect, e.Keep)):
                self._perform(effect)
        if not quiet:
            self._painted = monotonic()
            self.paint()

    def _perform(self, effect: Effect) -> None:
        """Run an effect; report a failure."""
        try:
            self._do(effect)
        except Exception as error:
            self.receive(c.Failed(self.supervisor.told("That key", error)))

    def _do(self, effect: Effect) -> None:
        match effect:
            case e.Keep():
                self._keep()
            case e.GoOn() if self._slices is None and isinstance(self.shown, Session):
                pace = self.shown.timeline.pace
                # with fewer, coming back from a keyframe takes longer than what is new
                least = max(1, pace // 2)
                self._slices = Slices(min(_FIRST, pace), _SLICE, least)
                self._work(_AT_ONCE)
            case e.TickIn(seconds):
                if self._tick is not None:
                    self._tick.stop()
                self._tick = self.set_timer(seconds, partial(self.receive, c.Tick()))
            case e.Audit() if isinstance(self.shown, Session):
                self._audit(self.shown.printed_setup)
            case e.Save():
                self.receive(saved(effect))
            case e.SaveScreen() if isinstance(self.shown, Session):
                self.receive(screen_saved(effect, self.shown, self.colours, self.signs))
            case e.Copy(text) if self._driver is not None:
                self._driver.write(copying(text, os.environ))
            case e.ListPresets():
                messages = listed(self.supervisor, served=self.shown.served)
                self.receive(next(messages))
                self._beside(messages)
            case e.Load(file):
                self.receive(loaded(file))
            case c.Reread() if isinstance(self.shown, Session):
                self._beside(reread(self.shown, self.supervisor))
            case e.KeepAnew() if isinstance(self.shown, Session):
                self.supervisor.keep_anew(self.shown)
            case e.Resume(file):
                self.chosen = file
                self.exit()
            case c.Suspend():
                self.action_suspend_process()
            case c.Quit():
                self.exit()

    def _keep(self) -> None:
        """Keep the session; a failure stays in the status line until it is painted."""
        if isinstance(self.shown, Session):
            told = self.supervisor.keep(self.shown)
            self._notice = told or self._notice
            if self._notice and self.shown.said != self._notice:
                self.receive(c.Said(self._notice))

    def _work(self, seconds: float = _TURN) -> None:
        """Do some of the job, so that keys are answered in between."""
        slices = self._slices
        for size in slices.turn(monotonic, seconds) if slices is not None else ():
            assert slices is not None
            self.receive(c.Continue(size, slices.worked))
            if self._slices is not slices:
                return
        if slices is not None:
            self._turn = self.set_timer(_BREATH, self._work)

    def _rest(self) -> None:
        if self._turn is not None:
            self._turn.stop()
        self._slices = self._turn = None

    def _audit(self, setup: Setup) -> None:
        """Check a preset's figures in a thread: some take a second or two."""
        if self._audited is not setup:
            self._audited = setup
            self._beside(audited(setup, self.supervisor))

    def _beside(self, messages: Iterator[Message]) -> None:
        """Receive messages that a thread makes, until the app ends."""
        loop, context = asyncio.get_running_loop(), contextvars.copy_context()

        def make() -> None:
            for message in messages:
                try:
                    loop.call_soon_threadsafe(self.receive, message, context=context)
                except RuntimeError:  # the app has ended
                    return

        Thread(target=make, daemon=True).start()

    # painting

    def rows(self, width: int, height: int) -> Sequence[Row]:
        found = self._ahead.rows(self.shown, width, height)
        return found or rows_of(self.shown, width, height, self.signs, self.supervisor.report)

    def paint(self) -> None:
        """Paint soon: once for all waiting keys, and no faster than the terminal."""
        if not self._paint_waits:
            self._paint_waits = True
            self.call_later(self._paint)

    def _paint(self) -> None:
        """Paint what changed, unless the terminal is still busy."""
        self._paint_waits = False
        if getattr(self._driver, "backlog", False):
            self._paint_waits = True
            self.set_timer(_BACKLOG_PAUSE, self._paint)
            return
        projector = self.shown.projector
        self.surface.use_palette(palette_name(self.colours, projector=projector))
        self.surface.redraw()
        if isinstance(self.shown, Session) and self.shown.prompt is None:
            self._notice = ""  # it is on the screen
        self.call_later(self._work_ahead)

    def _work_ahead(self) -> None:
        """Once it is painted, compute what is missing, or else what the next step would show."""
        shown = self.shown
        if self._picturing is not None:
            return
        missing = shown.wanted if isinstance(shown, Picker) else wanted(shown, *self.surface.size)
        if missing:
            self._compute(missing)
        elif isinstance(shown, Session) and not self.is_headless:
            self._ahead.begin(shown, *self.surface.size)

    def _compute(self, missing: Task | str) -> None:
        """Compute in a thread what a picture needs, one after the other."""
        self._picturing = missing
        self._beside(self._computed(missing))

    def _computed(self, missing: Task | str) -> Iterator[Message]:
        messages = [*pictured(missing, self.supervisor)]
        self._picturing = None
        yield from messages

    def on_click(self, event: events.Click) -> None:
        """Select what was clicked; the mouse is off by default."""
        if isinstance(self.shown, Session) and (self.shown.page or self.shown.prompt):
            return
        x, y = event.screen_x, event.screen_y
        address = self.surface.address_at(x, y)
        if address:
            self.receive(c.Select(address))
        elif isinstance(self.shown, Session):
            iteration = iteration_at_cell(self.shown, *self.surface.size, x, y)
            if iteration is not None:
                phase = self.shown.moment.phase or Phase.UPDATE
                self.receive(c.Jump(Moment.of(iteration, phase)))

    def leave(self, status: int) -> None:
        """End the app after a signal."""
        self.exit(return_code=status)

    @property
    def failure(self) -> BaseException | None:
        """The error that the app crashed with."""
        error = self._exception
        return getattr(error, "error", error)

    def _fatal_error(self) -> None:
        """End; the caller reports the failure in one line."""
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        self._exit_renderables.clear()

    def on_app_focus(self, event: events.AppFocus) -> None:
        """Textual would repaint the whole screen."""
        event.prevent_default()

    def on_app_blur(self, event: events.AppBlur) -> None:
        """Likewise."""
        event.prevent_default()


def _get_ready() -> None:
    """Do what the first screen can do without, but the first key cannot.

    Garbage is collected, but seldom: a look through all that is loaded takes as long as three keys,
    and what is there by now stays to the end.
    """
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    gc.enable()


def _first(begin: Setup | Session | Picker | None, usual: Display, *, projector: bool) -> Shown:
    if isinstance(begin, Setup):
        begin = open_session(begin, usual)
    own = {name: getattr(usual, name) for name in ("braille", "served", "preferences")}
    if isinstance(begin, Session):
        session = replace(begin, **own)
        return projected(session, on=True) if projector else session
    digits = PROJECTED_DIGITS if projector else usual.digits
    return replace(begin or Picker(entries=()), projector=projector, digits=digits, **own)


def _failed(shown: Shown, told: str) -> Shown:
    return replace(shown, message=told) if isinstance(shown, Picker) else failed(shown, told)
