"""What a user can ask for. A command is data; `update` gives it its meaning."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

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


@dataclass(frozen=True)
class Step:
    """Go some phases on, or back if negative."""

    phases: int


@dataclass(frozen=True)
class Travel:
    """Go some iterations on, or back if negative, to the same phase."""

    iterations: int


@dataclass(frozen=True)
class Jump:
    """Go to a moment, however far."""

    moment: Moment


@dataclass(frozen=True)
class End:
    """Go to the last moment that was run."""


@dataclass(frozen=True)
class Find:
    """Go to the next moment at which the condition asked for last holds, or to the one before."""

    moments: int


@dataclass(frozen=True)
class Play:
    """Step by itself, or stop doing so."""


@dataclass(frozen=True)
class Tick:
    """Step on because it is time to, while it plays by itself."""


@dataclass(frozen=True)
class Faster:
    """Play faster by some grades, or slower if negative."""

    grades: int


@dataclass(frozen=True)
class Undo:
    """Take the last edit back, or make it again if negative."""

    edits: int


@dataclass(frozen=True)
class Compare:
    """Show in the table the difference to the other branch, or no more."""


@dataclass(frozen=True)
class Prompt:
    """Ask for a line of text."""

    ask: Ask


@dataclass(frozen=True)
class Type:
    """Put text into the prompt, at the caret."""

    text: str


@dataclass(frozen=True)
class Erase:
    """Erase a character of the prompt: before the caret, or after it, or all before it."""

    what: str


@dataclass(frozen=True)
class Caret:
    """Move the prompt's caret by some characters."""

    characters: int


@dataclass(frozen=True)
class Recall:
    """Put into the prompt what was answered before: the answer before, or the next one."""

    answers: int


@dataclass(frozen=True)
class Tell:
    """Say something in the status line."""

    text: str


@dataclass(frozen=True)
class Refine:
    """Make steps finer by some grains, or coarser if negative."""

    grains: int


@dataclass(frozen=True)
class Restart:
    """Go back to the start."""


@dataclass(frozen=True)
class Move:
    """Move the selection, or scroll a page of text: `along` the list, `towards` the outputs."""

    along: int = 0
    towards: int = 0


@dataclass(frozen=True)
class Turn:
    """Give the keys to the next panel, or to the one before."""

    panels: int


@dataclass(frozen=True)
class Show:
    """Give the keys to a panel."""

    panel: Panel


@dataclass(frozen=True)
class Select:
    """Select a neuron or parameter by name, or open a quantity by address."""

    address: str


@dataclass(frozen=True)
class Sample:
    """Show the next sample of the batch, or the one before."""

    samples: int


@dataclass(frozen=True)
class Enter:
    """Open what the cursor is on: a part of the card, or a preset of the list."""


@dataclass(frozen=True)
class Back:
    """Go back up to the card that the open one is a part of."""


@dataclass(frozen=True)
class View:
    """Open the next quantity of the selected neuron or parameter, or the one before."""

    quantities: int


@dataclass(frozen=True)
class Why:
    """Go to what explains a wrong figure of the article: what it really is, or comes from."""


@dataclass(frozen=True)
class ToggleLog:
    """Switch the loss chart between a linear and a logarithmic scale."""


@dataclass(frozen=True)
class ToggleWhole:
    """Write long sums whole, or shortened in the middle."""


@dataclass(frozen=True)
class NextDigits:
    """Show more digits everywhere, after all of them as many as fit."""


@dataclass(frozen=True)
class Toggle:
    """Open a page over the panels, or close it."""

    page: Page


@dataclass(frozen=True)
class Close:
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
    | Toggle
    | Close
    | Effect
)
