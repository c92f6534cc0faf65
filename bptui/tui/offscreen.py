"""The app without a terminal: keys in, rows out. Effects are done at once, and no clock runs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from bptui.audit.findings import Auditor
from bptui.session import effects as e
from bptui.session import messages as c
from bptui.session.effects import Effect
from bptui.session.key import sign
from bptui.session.key_table import PROMPT_KEYS
from bptui.session.keys import KEYS
from bptui.session.messages import Message
from bptui.session.session import Session
from bptui.session.update import Shown, update
from bptui.tui.drawing import rows_of
from bptui.tui.effects import listed, loaded, saved, screen_saved
from bptui.tui.palette import palette_name
from bptui.tui.supervisor import Supervisor
from bptui.view.key_meaning import message_of
from bptui.view.rows import Row
from bptui.view.screen import wanted

_SLICE = 1000
"""Iterations of a job at a time."""
NAMES = {name for key in KEYS for name in key.keys} | set(PROMPT_KEYS)
"""What keys are called."""
_NAMED = {sign(name): name for name in NAMES}


def key_named(word: str) -> str:
    """The name of a key that is written as its name or as what it types; "" for no key."""
    if word in NAMES or len(word) == 1:
        return _NAMED.get(word, word)
    return _NAMED.get(word, "")


class Offscreen:
    """A session that is not on any terminal, of the size that it has."""

    def __init__(self, begin: Session, colours: str, signs: str) -> None:
        self.shown: Shown = begin
        self.ended = False
        """Whether the user would have left."""
        self._colours, self._signs = colours, signs

    @property
    def session(self) -> Session:
        """What is shown, where no list is."""
        assert isinstance(self.shown, Session)
        return self.shown

    @property
    def palette(self) -> str:
        return palette_name(self._colours, projector=self.shown.projector)

    def wait(self) -> None:
        """Let the time of one step pass, if steps are playing."""
        if isinstance(self.shown, Session) and self.shown.playing:
            self.receive(c.Tick())

    def press(self, key: str) -> None:
        """Press a key by its name or by what it types."""
        name = _NAMED.get(key, key)
        typed = " " if name == "space" else sign(name)
        character = typed if len(typed) == 1 and typed.isascii() else ""
        self.receive(message_of(self.shown, name, character))

    def receive(self, message: Message) -> None:
        waiting = deque([message])
        while waiting:
            self.shown, effects = update(self.shown, waiting.popleft())
            for effect in effects:
                waiting.extend(self._done(effect))

    def _done(self, effect: Effect) -> Iterable[Message]:
        match effect:
            case e.GoOn():
                return [c.Continue(_SLICE, 0.0)]
            case e.Audit() if isinstance(self.shown, Session):
                return self._audited(self.shown)
            case e.Save():
                return [saved(effect)]
            case e.SaveScreen() if isinstance(self.shown, Session):
                return [screen_saved(effect, self.shown, self._colours, self._signs)]
            case e.ListPresets():
                return listed(Supervisor(), served=False)
            case e.Load(file):
                return [loaded(file)]
            case c.Quit() | e.Resume():
                self.ended = True
        return []

    def _audited(self, session: Session) -> Iterator[Message]:
        auditor = Auditor(session.printed_setup)
        for _ in auditor.work():
            pass
        yield c.Audited(session.printed_setup, "", auditor.audit)

    def rows(self) -> Sequence[Row]:
        """The screen, with the pictures that the app would compute meanwhile."""
        while isinstance(self.shown, Session):
            task = wanted(self.shown, *self.shown.size)
            if task is None:
                break
            self.receive(c.Pictured(task, task.result()))
        return rows_of(self.shown, *self.shown.size, self._signs)
