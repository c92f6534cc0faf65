"""What a user can ask for. A command is data; `session.update` gives it its meaning."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Panel(Enum):
    """The four panels, in the order of the tab key."""

    DIAGRAM = "network"
    INSPECTOR = "inspector"
    TABLE = "gradients"
    CHART = "loss"


@dataclass(frozen=True)
class Step:
    """Go some phases on, or back if negative."""

    phases: int


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
    """Select a neuron or parameter, or a quantity of one, by name or address."""

    address: str


@dataclass(frozen=True)
class Sample:
    """Show the next sample of the batch, or the one before."""

    samples: int


@dataclass(frozen=True)
class ToggleLog:
    """Switch the loss chart between a linear and a logarithmic scale."""


@dataclass(frozen=True)
class ToggleHelp:
    """Open the help page, or close it."""


@dataclass(frozen=True)
class Close:
    """Close what lies over the panels; harmless where nothing does."""


class Effect(Enum):
    """What only the app itself can do."""

    OPEN = auto()
    CHOOSE = auto()
    PALETTE = auto()
    SUSPEND = auto()
    QUIT = auto()


Command = (
    Step | Restart | Move | Turn | Show | Select | Sample | ToggleLog | ToggleHelp | Close | Effect
)
