"""What a session can be told: what keys mean, what was typed, what effects came to."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct

from bptui.story.moment import Moment

if TYPE_CHECKING:
    from bptui.audit.findings import Finding
    from bptui.story.setup import Setup


class Panel(Enum):
    """The four panels, in the order of the tab key."""

    DIAGRAM = "network"
    INSPECTOR = "inspector"
    TABLE = "gradients"
    CHART = "loss"


class Page(Enum):
    """What can lie over the panels."""

    HELP = "help"
    CHECK = "gradient check"
    FIGURES = "the article's figures"
    BRANCHES = "branches"
    CONVENTIONS = "conventions"


class Ask(Enum):
    """What a prompt can ask for."""

    GO = "go"
    SEARCH = "search"
    SEARCH_BACK = "search back"
    RUN = "run"
    EDIT = "edit"
    SAVE = "save"
    MARK = "mark"
    RETURN = "return"
    COMMAND = "command"
    """Which command of the list to run."""


class Step(Struct, frozen=True):
    """Go some phases on, or back if negative."""

    phases: int


class Travel(Struct, frozen=True):
    """Go some iterations on, or back if negative, to the same phase."""

    iterations: int


class Jump(Struct, frozen=True):
    """Go to a moment, however far."""

    moment: Moment


class End(Struct, frozen=True):
    """Go to the last moment that was run."""


class Find(Struct, frozen=True):
    """Go to the next moment at which the condition asked for last holds, or to the one before."""

    moments: int


class Play(Struct, frozen=True):
    """Step by itself, or stop doing so."""


class Faster(Struct, frozen=True):
    """Play faster by some grades, or slower if negative."""

    grades: int


class Undo(Struct, frozen=True):
    """Take the last edit back, or make it again if negative."""

    edits: int


class Compare(Struct, frozen=True):
    """Show in the table the difference to the other branch, or no more."""


class Prompt(Struct, frozen=True):
    """Ask for a line of text."""

    ask: Ask


class Type(Struct, frozen=True):
    """Put text into the prompt, at the caret."""

    text: str


class Erase(Struct, frozen=True):
    """Erase a character of the prompt: before the caret, or after it, or all before it."""

    what: str


class Caret(Struct, frozen=True):
    """Move the prompt's caret by some characters."""

    characters: int


class Recall(Struct, frozen=True):
    """Put into the prompt what was answered before: the answer before, or the next one."""

    answers: int


class Ignore(Struct, frozen=True):
    """Ignore text that is typed while a job is going on; without text, the line has ended."""

    text: str


class Meaningless(Struct, frozen=True):
    """Say why a key does nothing here."""

    told: str


class Refine(Struct, frozen=True):
    """Make steps finer by some grains, or coarser if negative."""

    grains: int


class Restart(Struct, frozen=True):
    """Go back to the start."""


class Move(Struct, frozen=True):
    """Move the selection: `along` its column, `towards` the outputs."""

    along: int = 0
    towards: int = 0


class Scroll(Struct, frozen=True):
    """Scroll, or move a cursor, by some lines, of which the last is known to who draws them."""

    by: int
    last: int


class Turn(Struct, frozen=True):
    """Give the keys to the next panel, or to the one before."""

    panels: int


class Show(Struct, frozen=True):
    """Give the keys to a panel."""

    panel: Panel


class Select(Struct, frozen=True):
    """Select a neuron or parameter by name, or open a quantity by address."""

    address: str


class Sample(Struct, frozen=True):
    """Show the next sample of the batch, or the one before."""

    samples: int


class Enter(Struct, frozen=True):
    """Open what the cursor is on: a part of the card, or a preset of the list."""


class Back(Struct, frozen=True):
    """Go back up to the card that the open one is a part of."""


class View(Struct, frozen=True):
    """Open the next quantity of the selected neuron or parameter, or the one before."""

    quantities: int


class Why(Struct, frozen=True):
    """Go to what explains a wrong figure of the article: what it really is, or comes from."""


class ToggleLog(Struct, frozen=True):
    """Switch the loss chart between a linear and a logarithmic scale."""


class ToggleWhole(Struct, frozen=True):
    """Write long sums whole, or shortened in the middle."""


class NextDigits(Struct, frozen=True):
    """Show more digits everywhere, after all of them as many as fit."""


class Zoom(Struct, frozen=True):
    """Give the whole screen to the panel that has the keys, or back to all."""


class Project(Struct, frozen=True):
    """Show everything for a projector, or not any more."""


class Toggle(Struct, frozen=True):
    """Open a page over the panels, or close it."""

    page: Page


class Close(Struct, frozen=True):
    """Close what lies over the panels; harmless where nothing does."""


class Run(Struct, frozen=True):
    """Do what was chosen from the list of commands."""

    command: Message


class OpenList(Struct, frozen=True):
    """Choose another preset."""


class Suspend(Struct, frozen=True):
    """Go back to the shell for a while."""


class Quit(Struct, frozen=True):
    """Leave."""


# what comes from elsewhere than the keys


class Resize(Struct, frozen=True):
    """The screen has another size."""

    width: int
    height: int


class Tick(Struct, frozen=True):
    """Step on because it is time to, while it plays by itself."""


class Continue(Struct, frozen=True):
    """Go on with the job, for so many iterations; so many seconds were worked on it so far."""

    iterations: int
    seconds: float


class Said(Struct, frozen=True):
    """Say something in the status line."""

    text: str


class Failed(Struct, frozen=True):
    """Something failed that was asked for; end what goes on, and say so."""

    text: str


class Saved(Struct, frozen=True):
    """A file was saved."""

    path: str


class NotSaved(Struct, frozen=True):
    """A file was not saved; it may be that there is one of that name."""

    told: str
    exists: bool = False


class Audited(Struct, frozen=True):
    """A figure of a setup's article was checked."""

    setup: Setup
    finding: Finding


class Entry(Struct, frozen=True):
    """A preset in a list, or a kept session."""

    name: str
    title: str
    source: str
    file: str


class Listed(Struct, frozen=True):
    """Here are the presets that can be opened."""

    entries: tuple[Entry, ...]


class Loaded(Struct, frozen=True):
    """A preset was read."""

    setup: Setup


class NotLoaded(Struct, frozen=True):
    """A preset could not be read."""

    told: str


Message = Struct
"""Any of the above."""
