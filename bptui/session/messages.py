"""Messages to a session: what keys mean, typed text, results of effects."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct

from bptui.story.moment import Moment

if TYPE_CHECKING:
    from bptui.audit.findings import Audit
    from bptui.session.picker import Entry
    from bptui.story.landscape import Task
    from bptui.story.setup import Setup
    from bptui.story.timeline import Timeline


class Panel(Enum):
    """The four panels, in the order of the tab key."""

    DIAGRAM = "network"
    INSPECTOR = "inspector"
    TABLE = "gradients"
    CHART = "loss"


class Picture(Enum):
    """What the chart panel can show, in the order of its key."""

    LOSS = "loss so far"
    SLOPE = "loss against a parameter"
    MAP = "loss over two parameters"
    OUTPUTS = "output over two inputs"
    ACTIVATION = "activation"
    HISTORY = "weights so far"
    FLOW = "gradient flow"


class Page(Enum):
    """Pages that cover the panels."""

    HELP = "help"
    CHECK = "gradient check"
    FIGURES = "the article's figures"
    BRANCHES = "branches"
    CONVENTIONS = "conventions"
    PREDICTIONS = "your predictions"
    MISTAKE = "find the mistake"


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
    SCREEN = "screen"
    """What to save the screen as."""
    COPY = "copy"
    """Which form of a quantity to copy, by its letter."""
    COMMAND = "command"
    """A command from the list."""
    QUESTIONS = "questions"
    """Which numbers to predict."""
    PREDICTION = "prediction"


class Step(Struct, frozen=True):
    """Go some steps forwards, or back if negative."""

    phases: int


class Travel(Struct, frozen=True):
    """Go some iterations forwards, or back if negative, to the same phase."""

    iterations: int


class Jump(Struct, frozen=True):
    """Go to any moment."""

    moment: Moment


class End(Struct, frozen=True):
    """Go to the furthest moment reached."""


class Find(Struct, frozen=True):
    """Repeat the last search, forwards or back."""

    moments: int


class Play(Struct, frozen=True):
    """Start or stop playing."""


class Faster(Struct, frozen=True):
    """Play faster, or slower if negative."""

    grades: int


class Undo(Struct, frozen=True):
    """Undo the last edit, or redo it if negative."""

    edits: int


class Prompt(Struct, frozen=True):
    """Ask for a line of text, filled with the likeliest answer or with this one."""

    ask: Ask
    text: str = ""


class Type(Struct, frozen=True):
    """Insert text at the prompt's caret."""

    text: str


class Erase(Struct, frozen=True):
    """Erase text: the character `before` or `after` the caret, or `all` before it."""

    what: str


class Caret(Struct, frozen=True):
    """Move the prompt's caret."""

    characters: int


class Recall(Struct, frozen=True):
    """Put an earlier answer into the prompt, or a later one."""

    answers: int


class Ignore(Struct, frozen=True):
    """Ignore text typed during a job; empty text ends the line."""

    text: str


class Meaningless(Struct, frozen=True):
    """Say why a key does nothing here."""

    told: str


class Hint(Struct, frozen=True):
    """Give a hint for the question asked: its formula, that with numbers, the answer."""


class Skip(Struct, frozen=True):
    """Go on to the next question."""


class Refine(Struct, frozen=True):
    """Make steps finer, or coarser if negative."""

    grains: int


class Move(Struct, frozen=True):
    """Move the selection: `along` its column, `towards` the outputs."""

    along: int = 0
    towards: int = 0


class Scroll(Struct, frozen=True):
    """Scroll or move a cursor by some lines; only the view knows the last."""

    by: int
    last: int


class Turn(Struct, frozen=True):
    """Focus the next panel, or the previous one."""

    panels: int


class Show(Struct, frozen=True):
    """Focus a panel."""

    panel: Panel


class Select(Struct, frozen=True):
    """Select a neuron or parameter by name, or open a quantity by address."""

    address: str


class Visit(Struct, frozen=True):
    """Go to a moment and open the card of a quantity there, by address."""

    address: str
    moment: Moment


class Return(Struct, frozen=True):
    """Go back to where one was before the last jump, or forward again if negative."""

    jumps: int


class Sample(Struct, frozen=True):
    """Show the next sample of the batch, or the previous one."""

    samples: int


class Enter(Struct, frozen=True):
    """Open what the cursor is on: a part of the card, or an entry of a list."""


class Back(Struct, frozen=True):
    """Return to the previous card."""


class View(Struct, frozen=True):
    """Open the next quantity of the selection, or the previous one."""

    quantities: int


class Why(Struct, frozen=True):
    """Go to the explanation of a wrong figure: what it really is, or comes from."""


class Flip(Struct, frozen=True):
    """Switch a yes or no of how things are shown, by its field's name: `log`, `compared`."""

    option: str


class Depict(Struct, frozen=True):
    """Show the next picture in the chart panel, or the previous one."""

    pictures: int


class NextDigits(Struct, frozen=True):
    """Show more digits everywhere; after full precision, as many as fit."""


class Copy(Struct, frozen=True):
    """Copy a text, which only the view can write, and say so."""

    text: str
    told: str


class Toggle(Struct, frozen=True):
    """Open or close a page."""

    page: Page


class Close(Struct, frozen=True):
    """Close the page or card; do nothing if none is open."""


class Run(Struct, frozen=True):
    """Run the command chosen from the list of commands."""

    command: Message


class OpenList(Struct, frozen=True):
    """Choose another preset."""


class Suspend(Struct, frozen=True):
    """Return to the shell for a while."""


class Quit(Struct, frozen=True):
    """Leave."""


# not from keys


class Resize(Struct, frozen=True):
    """The screen has a new size."""

    width: int
    height: int


class Tick(Struct, frozen=True):
    """Time for the next step, while playing."""


class Continue(Struct, frozen=True):
    """Continue the job for some iterations; `seconds` were spent on it so far."""

    iterations: int
    seconds: float


class Said(Struct, frozen=True):
    """Show a message in the status line."""

    text: str


class Failed(Struct, frozen=True):
    """Something failed: stop everything and say so."""

    text: str


class Saved(Struct, frozen=True):
    """A file was saved."""

    path: str


class NotSaved(Struct, frozen=True):
    """A file was not saved, perhaps because it exists."""

    told: str
    exists: bool = False


class Audited(Struct, frozen=True):
    """The audit of a preset's figures has come further, or is done."""

    setup: Setup
    told: str
    """What it is doing."""
    audit: Audit | None = None
    """What it has found: the verdicts, and once it is done all else."""


class Pictured(Struct, frozen=True):
    """What a picture needed has been computed."""

    task: Task
    result: tuple[tuple[float, ...], ...]


class Listed(Struct, frozen=True):
    """The list of presets is ready, or more of it is."""

    entries: tuple[Entry, ...]


class Loaded(Struct, frozen=True):
    """A preset was read."""

    setup: Setup


class Reread(Struct, frozen=True):
    """The file of the preset has changed: read it again, and run on it what was run."""


class Rebuilt(Struct, frozen=True, eq=False):
    """The changed preset was read, and was run as far as the old one."""

    before: tuple[Timeline, ...]
    """The timelines that it was done for."""
    timelines: tuple[Timeline, ...]


class NotReread(Struct, frozen=True):
    """The file of the preset has changed, but cannot be read; the old one stays."""

    told: str


Message = Struct
"""Any of the above."""
