"""What a user can ask for. A command is data; `update` gives it its meaning."""

from __future__ import annotations

from enum import Enum, auto

from msgspec import Struct

from bptui.story.moment import Moment


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
    """What a prompt can ask for; the value is its question."""

    GO = "go to"
    SEARCH = "find the next moment where"
    SEARCH_BACK = "find the last moment where"
    RUN = "run"
    EDIT = "what if"
    SAVE = "save as"
    MARK = "mark this moment with a letter"
    RETURN = "back to the mark"


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


class Tick(Struct, frozen=True):
    """Step on because it is time to, while it plays by itself."""


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


class Tell(Struct, frozen=True):
    """Say something in the status line."""

    text: str


class Refine(Struct, frozen=True):
    """Make steps finer by some grains, or coarser if negative."""

    grains: int


class Restart(Struct, frozen=True):
    """Go back to the start."""


class Move(Struct, frozen=True):
    """Move the selection, or scroll a page of text: `along` the list, `towards` the outputs."""

    along: int = 0
    towards: int = 0


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


class Effect(Enum):
    """What only the app itself can do."""

    OPEN = auto()
    PALETTE = auto()
    SUSPEND = auto()
    QUIT = auto()


Command = (
    Step
    | Travel
    | Jump
    | End
    | Find
    | Play
    | Tick
    | Faster
    | Undo
    | Compare
    | Prompt
    | Type
    | Erase
    | Caret
    | Recall
    | Tell
    | Refine
    | Restart
    | Move
    | Turn
    | Show
    | Select
    | Enter
    | Back
    | View
    | Why
    | Sample
    | ToggleLog
    | ToggleWhole
    | NextDigits
    | Zoom
    | Project
    | Toggle
    | Close
    | Effect
)
