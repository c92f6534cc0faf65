"""The parts of a session; msgspec writes them, and reads them back within these limits."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from msgspec import Meta, Struct

from bptui.session.messages import Ask, Page, Panel, Picture
from bptui.story.address import Quantity
from bptui.story.conditions import Condition
from bptui.story.edits import Change
from bptui.story.moment import LARGEST, START, Moment
from bptui.story.steps import Granularity

DIGITS = (0, 4, 6, 9, 20)
"""Choices of decimals: 0 for as many as fit, 20 for full precision."""
SPEEDS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Phases a second while playing."""
LONGEST = 400
"""The most characters in a prompt."""
DEEPEST = 100
"""The most cards open on top of each other."""
QUESTIONS = 2000
"""The most answers that are kept, the newest."""

# Limits that a kept session must be within to be read back.
Place = Annotated[int, Meta(ge=0, le=2**31)]
Iterations = Annotated[int, Meta(ge=0, le=LARGEST + 1)]
Text = Annotated[str, Meta(max_length=LONGEST)]


class Opened(Struct, frozen=True):
    """An open card: a quantity at a moment."""

    quantity: Quantity
    moment: Moment


class Branch(Struct, frozen=True):
    """The edit that made a timeline, and how much of that was seen."""

    parent: Place | None = None
    """The parent's place; None for the unedited preset."""
    change: Change | None = None
    moment: Moment = START
    """When the edit was made."""
    reached: Iterations = 0
    """How many losses the user has seen, stepping or running."""
    overrun: Iterations = 0
    """How many iterations were run or jumped over, as opposed to stepped through."""


class Preferences(Struct, frozen=True):
    """What a user has configured: how sessions begin, and which keys mean what."""

    digits: Place = 0
    granularity: Granularity = Granularity.PHASE
    second: Panel = Panel.INSPECTOR
    keys: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The keys of actions that have other ones than usual."""


class Display(Struct, frozen=True):
    """How everything is shown, the list of presets too."""

    digits: Place = 0
    """Decimals; 0 for as many as fit."""
    projector: bool = False
    """Projector mode: high contrast, large signs, four digits."""
    braille: bool = True
    """Whether the terminal has braille, which the loss chart is drawn in."""
    served: bool = False
    """Whether it is shown in a browser, whose user may neither write files here nor see them."""
    preferences: Preferences = Preferences()


class Prompting(Struct, frozen=True):
    """A prompt and the text typed so far."""

    ask: Ask
    text: Text = ""
    caret: Place = 0
    error: str = ""
    """What was wrong with the last answer."""
    sure: bool = False
    """Whether another enter overwrites a file."""
    picked: Place | None = None
    """Typing replaces the text from here on."""
    recalled: Place = 0
    """How many answers back the text is from."""


class Asking(Enum):
    """Which questions are asked."""

    EVERY = "every number"
    NEURON = "one a neuron"
    PHASE = "one a phase"
    DIRECTIONS = "directions"
    REVIEW = "review"
    """What was wrong before."""


class About(Enum):
    """What a question asks for."""

    NUMBER = "a number"
    DIRECTION = "up or down"
    MOST = "which parameter moves most"


class Question(Struct, frozen=True):
    about: About
    quantity: Quantity
    """The quantity asked about; of what moves most any parameter."""
    moment: Moment


class Outcome(Enum):
    """How a question ended."""

    RIGHT = "right"
    AGAIN = "right after another try"
    HINTED = "right with hints"
    FOLLOWS = "followed through"
    KEPT = "wrong"
    SHOWN = "shown"
    SKIPPED = "skipped"


class Answered(Struct, frozen=True):
    question: Question
    outcome: Outcome
    text: Text = ""
    """The answer, a number in decimals."""


class Wrong(Struct, frozen=True):
    """The last answer, if it was wrong."""

    typed: Text
    text: Text
    """The same in decimals."""
    coarse: bool = False
    """Whether it is right, but has too few digits to say so."""
    slips: Annotated[tuple[Annotated[str, Meta(max_length=10_000)], ...], Meta(max_length=10)] = ()
    """What gives it, in words; addresses between backticks."""


class Predicting(Struct, frozen=True):
    """Questions about what the next step computes; the session stands before it."""

    asking: Asking = Asking.EVERY
    on: bool = False
    done: Place = 0
    """How many questions of this step are answered."""
    tries: Place = 0
    """How many wrong answers this question has had."""
    hints: Annotated[int, Meta(ge=0, le=2)] = 0
    """How many hints."""
    wrong: Wrong | None = None
    answered: Annotated[tuple[Answered, ...], Meta(max_length=QUESTIONS)] = ()
    slips: Annotated[dict[Text, Place], Meta(max_length=100)] = {}
    """How many wrong answers came of each kind of slip."""
    seconds: Annotated[float, Meta(ge=0, le=1e9)] = 0.0
    """How long the learner was at it."""

    @property
    def opened(self) -> dict[Quantity, Moment]:
        """The numbers of the next step that have been answered, with its moment."""
        if not self.on or not self.done:
            return {}
        answered = [answer.question for answer in self.answered[-self.done :]]
        return {q.quantity: q.moment for q in answered if q.about is About.NUMBER}


class Hunt(Struct, frozen=True):
    """The search for the first mistake of an article."""

    pointed: Annotated[tuple[Place, ...], Meta(max_length=100)] = ()
    """The figures that were taken for it, in the article's order."""
    found: bool = False
    blamed: Annotated[tuple[Place, ...], Meta(max_length=100)] = ()
    """The causes that were taken for the true one."""
    solved: bool = False


class Lasting(Display, frozen=True):
    """What a session keeps from one run of bptui to the next."""

    # where it stands, and where else it can go
    branches: Annotated[tuple[Branch, ...], Meta(min_length=1, max_length=10_000)] = (Branch(),)
    here: Place = 0
    """The branch shown."""
    other: Place | None = None
    """The branch shown before, for comparison."""
    undone: tuple[Place, ...] = ()
    """The branches that redo returns to, the next one last."""
    moment: Moment = START
    left: Place = 0
    """How many groups of the phase are not computed yet, when steps are fine."""
    marks: Annotated[dict[str, tuple[Place, Moment]], Meta(max_length=1000)] = {}
    """Branch and moment by letter."""
    condition: Text = ""
    """The last search."""

    # how things are shown
    granularity: Granularity = Granularity.PHASE
    """The size of a step."""
    panel: Panel = Panel.DIAGRAM
    """The focused panel."""
    second: Panel = Panel.INSPECTOR
    """The panel beside the diagram, on a screen that has room for two."""
    zoomed: bool = False
    """Whether the focused panel fills the screen."""
    page: Page | None = None
    """The page that covers the panels."""
    line: Place = 0
    """The page's first line in view, or its cursor."""
    lines: dict[Page, Place] = {}
    """Where the cursors of lists were left."""
    picture: Picture | None = None
    """The first picture in the chart panel; None for the usual one."""
    log: bool = False
    """Whether the loss chart is logarithmic."""
    aim: Iterations = 0
    """The iteration under the loss chart's cursor; 0 for the moment's."""
    compared: bool = False
    """Whether the table shows the difference to the other branch."""
    digits_before: Place = 0
    """The decimals to restore after projector mode."""
    whole: bool = False
    """Whether long sums are written in full."""
    as_printed: bool = False
    """Whether the article's figures take the place of the right ones."""
    speed: Annotated[int, Meta(ge=0, lt=len(SPEEDS))] = 1
    """An index into SPEEDS."""

    # what is selected, and what the inspector shows of it
    selected: Text = ""
    """The selected neuron or parameter, by name."""
    by_hand: bool = False
    """Whether the user selected it: then it stays selected, whatever a step computes."""
    sample: Annotated[int, Meta(ge=1, le=2**31)] = 1
    """The sample of the batch that is shown."""
    trail: Annotated[tuple[Opened, ...], Meta(max_length=DEEPEST)] = ()
    """The cards opened one from another; empty while the selection's own is shown."""
    cursor: Place | None = None
    """The inspector's entry under the cursor; None while the card itself is read."""
    scroll: Place = 0
    """The card's first line in view, while the cursor is on no entry."""
    prompt: Prompting | None = None
    answers: dict[Ask, tuple[Text, ...]] = {}
    """Earlier answers to prompts, the latest last."""
    predicting: Predicting | None = None
    hunt: Hunt | None = None
    said: str = ""
    """A message in the status line, in place of what the last step did."""

    @property
    def predicts(self) -> bool:
        """Whether the next step's numbers are being asked for."""
        return self.predicting is not None and self.predicting.on

    @property
    def opened(self) -> dict[Quantity, Moment]:
        """What can be seen of them already."""
        return {} if self.predicting is None else self.predicting.opened


class Visited(Struct, frozen=True):
    """A place to go back to: a moment, and what was selected and open there."""

    here: int
    moment: Moment
    left: int
    selected: str
    trail: tuple[Opened, ...]
    panel: Panel


class Job(Struct, frozen=True):
    """Work that takes longer than a keypress: iterations to run or to search."""

    last: Moment
    """Where it ends, unless something stops it."""
    begun: Moment
    done: int
    """The last iteration that was run or searched."""
    condition: Condition | None = None
    """What stops it."""
    stays: bool = False
    """Whether it is a search, which finds something or stays where it began."""
    elapsed: float = 0.0
    """Seconds."""
