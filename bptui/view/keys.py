"""The one table of keys: bindings, key row, help page, list of commands and README come from it.

What a key means depends on what it is pressed for, its context.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from bptui.session import messages as c
from bptui.session.messages import Ask, Message, Page, Panel


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
_PANELS = (Context.PANEL, Context.SCROLLED)
_PAGES = (Context.LIST, Context.TEXT)
_EVERYWHERE = (*_PANELS, *_PAGES)


class Key(Struct, frozen=True):
    """What some keys do, in every place where that is said."""

    keys: tuple[str, ...]
    """As Textual names them."""
    command: Message
    label: str
    """A word or two for the key row; the list of commands shows it, too."""
    help: str
    """A sentence for the help page and the README."""
    group: str
    row: float = 0
    """Its rank in the key row, from 1; 0 where it is not shown there."""
    where: tuple[Context, ...] = _PANELS
    """Where it means the command."""
    scrolls: By | None = None
    """What it means where the command means nothing and something scrolls."""

    def meaning(self, context: Context) -> Message | None:
        """Return what it means in a context, None if nothing."""
        if context in self.where:
            return self.command
        return self.scrolls if context is not Context.PANEL else None


KEYS: tuple[Key, ...] = (
    Key(
        ("space", "right", "n"),
        c.Step(1),
        "step",
        "One phase on: forward, backward, update, then the next iteration. On a page: a page on.",
        "Stepping",
        row=1,
        scrolls=By(pages=1),
    ),
    Key(
        ("left", "p"),
        c.Step(-1),
        "back",
        "One phase back; at the start nothing happens. On a page: a page back.",
        "Stepping",
        row=2,
        scrolls=By(pages=-1),
    ),
    Key(("r",), c.Restart(), "start", "Back to the start.", "Stepping", row=8),
    Key(
        ("g",),
        c.Refine(1),
        "finer steps",
        "Finer steps: a phase, a layer, one neuron or parameter at a time.",
        "Stepping",
        row=9,
    ),
    Key(
        ("G",),
        c.Refine(-1),
        "coarser steps",
        "Coarser steps: up to a whole iteration. Where something scrolls: its end.",
        "Stepping",
        where=(Context.PANEL,),
        scrolls=LAST,
    ),
    Key(
        ("t",),
        c.Play(),
        "play",
        "Step by itself, phase by phase, and stop doing so.",
        "Stepping",
        row=15,
    ),
    Key(("plus",), c.Faster(1), "faster", "Play faster.", "Stepping"),
    Key(("minus",), c.Faster(-1), "slower", "Play slower.", "Stepping"),
    Key(
        ("right_square_bracket",),
        c.Travel(1),
        "next iteration",
        "One iteration on, to the same phase.",
        "Travelling",
    ),
    Key(
        ("left_square_bracket",),
        c.Travel(-1),
        "iteration before",
        "One iteration back.",
        "Travelling",
    ),
    Key(
        ("pagedown",),
        c.Travel(10),
        "ten on",
        "Ten iterations on. Where something scrolls (a page, a list, the inspector, the gradient "
        "table): a page down.",
        "Travelling",
        where=(Context.PANEL,),
        scrolls=By(pages=1),
    ),
    Key(
        ("pageup",),
        c.Travel(-10),
        "ten back",
        "Ten iterations back. Where something scrolls: a page up.",
        "Travelling",
        where=(Context.PANEL,),
        scrolls=By(pages=-1),
    ),
    Key(
        ("home",),
        c.Restart(),
        "first moment",
        "Back to the start. Where something scrolls: its beginning.",
        "Travelling",
        where=(Context.PANEL,),
        scrolls=FIRST,
    ),
    Key(
        ("end",),
        c.End(),
        "end",
        "To the last moment that was seen. Where something scrolls: its end.",
        "Travelling",
        where=(Context.PANEL,),
        scrolls=LAST,
    ),
    Key(
        ("colon",),
        c.Prompt(Ask.GO),
        "go to",
        "Go to a moment: 120, +50, -20, 10 backward, start, end.",
        "Travelling",
        row=14,
    ),
    Key(
        ("f",),
        c.Prompt(Ask.RUN),
        "run",
        "Run iterations, or until a condition holds: 1000, E < 0.01, 500 until w5 > 0.6; "
        "esc stops.",
        "Travelling",
        row=8.5,
    ),
    Key(
        ("slash",),
        c.Prompt(Ask.SEARCH),
        "find",
        "Find the next moment where a condition holds: E < 0.01, |dE/dw5| < 1e-4, "
        "dE/dw5 changes sign, out o1 crosses 0.5, w5 changes.",
        "Travelling",
        row=16,
    ),
    Key(
        ("backslash",),
        c.Prompt(Ask.SEARCH_BACK),
        "find before",
        "Find the last moment before this where a condition holds.",
        "Travelling",
    ),
    Key(
        ("right_curly_bracket",),
        c.Find(1),
        "find again",
        "The next moment where the same condition holds.",
        "Travelling",
    ),
    Key(
        ("left_curly_bracket",),
        c.Find(-1),
        "find again before",
        "The last moment before this where it holds.",
        "Travelling",
    ),
    Key(("m",), c.Prompt(Ask.MARK), "mark", "Mark this moment with a letter.", "Travelling"),
    Key(
        ("apostrophe",),
        c.Prompt(Ask.RETURN),
        "back to mark",
        "Back to the moment that a letter marks.",
        "Travelling",
    ),
    Key(
        ("e",),
        c.Prompt(Ask.EDIT),
        "edit",
        "What if: another value for the selected weight, bias, input or target, or for anything "
        "that you name: w5 = 0.6, input i1 = 0.3, eta = 0.1, update = sequential, w5 = frozen.",
        "What if",
        row=8.2,
    ),
    Key(
        ("C",),
        c.Toggle(Page.CONVENTIONS),
        "conventions",
        "Every convention and the learning rate; enter switches to the next choice.",
        "What if",
        row=19,
        where=_EVERYWHERE,
    ),
    Key(
        ("u",),
        c.Undo(1),
        "undo",
        "Take the last edit back.",
        "What if",
        row=17,
        where=(*_PANELS, Context.LIST),
    ),
    Key(
        ("ctrl+r",), c.Undo(-1), "redo", "Make it again.", "What if", where=(*_PANELS, Context.LIST)
    ),
    Key(
        ("b",),
        c.Toggle(Page.BRANCHES),
        "branches",
        "All branches that edits have made; enter goes to one.",
        "What if",
        row=18,
        where=_EVERYWHERE,
    ),
    Key(
        ("B",),
        c.Compare(),
        "compare",
        "The table shows the difference to the branch before, A to B, and no more.",
        "What if",
    ),
    Key(
        ("s",),
        c.Prompt(Ask.SAVE),
        "save",
        "Save the network as it is now as a preset that goes on from here, bit for bit.",
        "What if",
        row=20,
    ),
    Key(
        ("up", "k"),
        c.Move(along=-1),
        "up",
        "The neuron, edge or row above; in the inspector the line above; in the loss chart the "
        "cursor, which enter goes to.",
        "Selecting",
        where=(Context.PANEL,),
        scrolls=By(lines=-1),
    ),
    Key(
        ("down", "j"),
        c.Move(along=1),
        "down",
        "The neuron, edge or row below; in the inspector the line below.",
        "Selecting",
        row=3,
        where=(Context.PANEL,),
        scrolls=By(lines=1),
    ),
    Key(
        ("h",),
        c.Move(towards=-1),
        "towards inputs",
        "Along the edge towards the inputs: from a neuron to a weight, to its neuron.",
        "Selecting",
    ),
    Key(
        ("l",),
        c.Move(towards=1),
        "towards outputs",
        "Along the edge towards the outputs.",
        "Selecting",
    ),
    Key(
        ("full_stop",),
        c.Sample(1),
        "next sample",
        "Show the next sample of the batch.",
        "Selecting",
    ),
    Key(
        ("comma",),
        c.Sample(-1),
        "previous sample",
        "Show the sample before.",
        "Selecting",
    ),
    Key(
        ("enter",),
        c.Enter(),
        "open",
        "Go to the inspector; there, open the number under the cursor: where does it come from? "
        "In the list of presets: open the preset.",
        "Explaining",
        row=7,
        where=(*_PANELS, Context.LIST),
    ),
    Key(
        ("backspace",),
        c.Back(),
        "card above",
        "Back to the card that the open one is a part of.",
        "Explaining",
    ),
    Key(
        ("v",),
        c.View(1),
        "next quantity",
        "Explain the next quantity of the selected neuron or parameter.",
        "Explaining",
    ),
    Key(("V",), c.View(-1), "quantity before", "Explain the one before.", "Explaining"),
    Key(
        ("a",),
        c.Toggle(Page.FIGURES),
        "article's figures",
        "All figures that the article prints, and whether they come out; enter goes there.",
        "Explaining",
        row=11,
        where=_EVERYWHERE,
    ),
    Key(
        ("w",),
        c.Why(),
        "why wrong",
        "From a wrong figure of the article to what explains it.",
        "Explaining",
    ),
    Key(
        ("c",),
        c.Toggle(Page.CHECK),
        "check gradients",
        "Compare every gradient with a central difference.",
        "Explaining",
        where=_EVERYWHERE,
    ),
    Key(
        ("x",),
        c.ToggleWhole(),
        "whole sums",
        "Write long sums whole, or shortened in the middle.",
        "Explaining",
    ),
    Key(
        ("d",),
        c.NextDigits(),
        "digits",
        "Decimals everywhere: as many as fit, 4, 6, 9, all that there are.",
        "Explaining",
        row=10,
        where=_EVERYWHERE,
    ),
    Key(
        ("tab",),
        c.Turn(1),
        "panel",
        "Give the arrows to the next panel, and show it where not all have room.",
        "Panels",
        row=6,
    ),
    Key(("shift+tab",), c.Turn(-1), "panel before", "The same, backwards.", "Panels"),
    Key(("1",), c.Show(Panel.DIAGRAM), "network", "Go to the network diagram.", "Panels"),
    Key(("2",), c.Show(Panel.INSPECTOR), "inspector", "Go to the inspector.", "Panels"),
    Key(("3",), c.Show(Panel.TABLE), "gradients", "Go to the gradient table.", "Panels"),
    Key(("4",), c.Show(Panel.CHART), "loss", "Go to the loss chart.", "Panels"),
    Key(
        ("z",),
        c.Zoom(),
        "zoom",
        "Give the whole screen to the panel that has the arrow keys, and back.",
        "Panels",
        row=12.5,
    ),
    Key(
        ("P",),
        c.Project(),
        "projector",
        "For a projector: high contrast, heavy lines, four digits; and back.",
        "Panels",
        where=_EVERYWHERE,
    ),
    Key(
        ("L",),
        c.ToggleLog(),
        "log scale",
        "Loss chart: linear or logarithmic.",
        "Panels",
        row=12,
    ),
    Key(
        ("o",),
        c.OpenList(),
        "presets",
        "Choose another preset.",
        "bptui",
        row=13,
        where=_EVERYWHERE,
    ),
    Key(
        ("question_mark",),
        c.Toggle(Page.HELP),
        "help",
        "This page, and away again.",
        "bptui",
        row=4,
        where=_EVERYWHERE,
    ),
    Key(
        ("ctrl+p",),
        c.Prompt(Ask.COMMAND),
        "commands",
        "Every command by name: type some letters of it, enter runs it.",
        "bptui",
        where=_EVERYWHERE,
    ),
    Key(
        ("escape",),
        c.Close(),
        "close",
        "Close what lies over the panels or was opened last; back to the network.",
        "bptui",
        where=_EVERYWHERE,
    ),
    Key(
        ("ctrl+z",),
        c.Suspend(),
        "suspend",
        "Back to the shell for a while (fg).",
        "bptui",
        where=_EVERYWHERE,
    ),
    Key(
        ("q", "ctrl+q", "ctrl+c"),
        c.Quit(),
        "quit",
        "Leave bptui.",
        "bptui",
        row=5,
        where=_EVERYWHERE,
    ),
)

PROMPT_KEYS: dict[str, Message] = {
    "escape": c.Close(),
    "enter": c.Enter(),
    "backspace": c.Erase("before"),
    "ctrl+h": c.Erase("before"),
    "delete": c.Erase("after"),
    "ctrl+u": c.Erase("all"),
    "left": c.Caret(-1),
    "right": c.Caret(1),
    "home": c.Caret(-1_000_000),
    "end": c.Caret(1_000_000),
    "up": c.Recall(-1),
    "down": c.Recall(1),
    "ctrl+c": c.Quit(),
    "ctrl+q": c.Quit(),
    "ctrl+z": c.Suspend(),
}
"""What keys do while a line of text is asked for; all others are typed."""

_SIGNS = {
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
    return _SIGNS.get(key, key)


def signs(key: Key) -> str:
    """Return all keys of an entry for people: `space → n`."""
    return " ".join(sign(name) for name in key.keys)
