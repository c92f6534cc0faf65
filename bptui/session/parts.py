"""The parts of a session: each is kept as msgspec writes it, and read back within these limits."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from bptui.session.messages import Ask, Page, Panel
from bptui.story.address import Quantity
from bptui.story.conditions import Condition
from bptui.story.edits import Change
from bptui.story.moment import START, Moment
from bptui.story.steps import Granularity

DIGITS = (0, 4, 6, 9, 20)
"""The choices of decimals: as many as fit, some, all that a float has."""
SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Phases a second, while it plays by itself."""
LARGEST = 10_000_000
"""The last iteration that can be gone to."""
LONGEST = 400
"""Characters that a prompt takes."""
DEEPEST = 100
"""Cards that can be open one above the other."""

# Limits that a kept session must be within to be read back.
Place = Annotated[int, Meta(ge=0, le=2**31)]
Iterations = Annotated[int, Meta(ge=0, le=LARGEST + 1)]
Text = Annotated[str, Meta(max_length=LONGEST)]


class Opened(Struct, frozen=True):
    """A quantity at a moment whose card is open."""

    quantity: Quantity
    moment: Moment


class Branch(Struct, frozen=True):
    """The edit that made a timeline, and how far that was seen."""

    parent: Place | None = None
    """The place of the branch that it came from, None for the preset itself."""
    change: Change | None = None
    moment: Moment = START
    """Where the edit was made."""
    reached: Iterations = 0
    """The iterations whose loss was computed on the way, however that was gone."""
    overrun: Iterations = 0
    """The iterations that were run or jumped over, not stepped through one by one."""


class History(Struct, frozen=True):
    """Where the session stands, and what else there is to go to."""

    branches: Annotated[tuple[Branch, ...], Meta(min_length=1, max_length=10_000)] = (Branch(),)
    here: Place = 0
    """The branch that is shown."""
    other: Place | None = None
    """The branch that was shown before, for comparison."""
    undone: tuple[Place, ...] = ()
    """The branches whose edits were undone, the last one last."""
    moment: Moment = START
    left: Place = 0
    """How many groups of the moment's phase are still to come, when steps are fine."""
    marks: Annotated[dict[str, tuple[Place, Moment]], Meta(max_length=1000)] = {}
    """Branch and moment by letter."""
    condition: Text = ""
    """What was searched for last."""


class Look(Struct, frozen=True):
    """How things are shown."""

    granularity: Granularity = Granularity.PHASE
    """How far a step goes."""
    panel: Panel = Panel.DIAGRAM
    """The panel that has the keys."""
    second: Panel = Panel.TABLE
    """The panel beside the diagram where there is room for two."""
    zoomed: bool = False
    """Whether the panel that has the keys has the whole screen."""
    page: Page | None = None
    """What lies over the panels."""
    line: Place = 0
    """The first line of that page, or the line of its cursor."""
    log: bool = False
    """Whether the loss chart is logarithmic."""
    aim: Iterations = 0
    """The iteration that the loss chart's cursor is on; 0 for that of the moment."""
    compared: bool = False
    """Whether the table shows the difference to the other branch."""
    digits: Place = 0
    """How many decimals are shown, 0 for as many as fit."""
    digits_before: Place = 0
    """The decimals to go back to from a projector."""
    projector: bool = False
    """Whether all is shown for a projector: high contrast, large signs, four digits."""
    braille: bool = True
    """Whether the terminal has braille, of which the loss chart is made."""
    whole: bool = False
    """Whether long sums are written whole."""
    speed: Annotated[int, Meta(ge=0, lt=len(SPEEDS))] = 1
    """A place in SPEEDS."""


class Selection(Struct, frozen=True):
    """What is selected, and what the inspector shows of it."""

    selected: Text = ""
    """The selected neuron or parameter, by name."""
    sample: Annotated[int, Meta(ge=1, le=2**31)] = 1
    """Which sample of the batch is shown."""
    trail: Annotated[tuple[Opened, ...], Meta(max_length=DEEPEST)] = ()
    """The cards opened one from the other; empty while the subject's own is shown."""
    cursor: Place | None = None
    """Which of the inspector's entries is pointed at, None while the card itself is read."""
    scroll: Place = 0
    """The first line of the card in view, while no entry is pointed at."""


class Prompting(Struct, frozen=True):
    """A line of text that is asked for."""

    ask: Ask
    text: Text = ""
    caret: Place = 0
    error: str = ""
    """Why the last answer was none."""
    sure: bool = False
    """Whether the same answer once more means to write over a file."""
    picked: Place | None = None
    """From where on the text is replaced by what is typed."""
    recalled: Place = 0
    """How many answers back the text comes from."""


class Job(Struct, frozen=True):
    """Something that can take longer than a keypress: iterations to run, or to look through."""

    last: Moment
    """Where it ends, unless something stops it before."""
    begun: Moment
    done: int
    """The last iteration that was run or looked through."""
    condition: Condition | None = None
    """What stops it."""
    stays: bool = False
    """Whether it is a search, which stays where it began if it finds nothing."""
    elapsed: float = 0.0
    """Seconds."""
