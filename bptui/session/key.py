"""What a key is: what it means depends on what it is pressed for, its context."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from bptui.session.messages import Message


class Context(Enum):
    """What keys are pressed for."""

    PANEL = "panel"
    """A panel in which nothing scrolls: the network, the loss chart."""
    SCROLLED = "scrolled"
    """A panel that scrolls: the inspector, the gradient table."""
    LIST = "list"
    """A page with a cursor, or the list of presets."""
    TEXT = "text"
    """A page of text."""


class By(Struct, frozen=True):
    """Scroll by some lines and pages; only who draws them knows how far that can be."""

    lines: int = 0
    pages: int = 0


FIRST, LAST = By(lines=-(2**31)), By(lines=2**31)
PANEL = (Context.PANEL,)
PANELS = (Context.PANEL, Context.SCROLLED)
LISTS = (*PANELS, Context.LIST)
EVERYWHERE = (*LISTS, Context.TEXT)


class Key(Struct, frozen=True):
    """What some keys do, in every place where that is said."""

    keys: tuple[str, ...]
    """As Textual names them."""
    command: Message
    label: str
    """A word or two for the key row; the list of commands shows it, too."""
    help: str
    """A sentence for the help page and `bptui help keys`."""
    row: float = 0
    """Its rank in the key row, from 1; 0 where it is not shown there."""
    where: tuple[Context, ...] = PANELS
    """Where it means the command."""
    scrolls: By | None = None
    """What it means where the command means nothing and something scrolls."""

    @property
    def action(self) -> str:
        """What a configuration calls it."""
        return self.label.replace(" ", "_").replace("'", "")

    def meaning(self, context: Context) -> Message | None:
        if context in self.where:
            return self.command
        return self.scrolls if context is not Context.PANEL else None


SIGNS = {
    "full_stop": ".",
    "comma": ",",
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
    "backslash": "\\",
    "apostrophe": "'",
    "plus": "+",
    "minus": "-",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "left": "←",
    "right": "→",
    "up": "↑",
    "down": "↓",
    "escape": "esc",
}


def sign(key: str) -> str:
    """Return how a key is written for people: `?`, `←`, `space`."""
    return SIGNS.get(key, key)


def signs(key: Key) -> str:
    return " ".join(sign(name) for name in key.keys)
