"""The one table of keys: bindings, key row, help page, list of commands and README come from it."""

from __future__ import annotations

from bptui.session import messages as c
from bptui.session.messages import Ask, Message, Page, Panel
from bptui.view.key import EVERYWHERE, FIRST, LAST, LISTS, PANEL, By, Key

GROUPS: dict[str, tuple[Key, ...]] = {
    "Stepping": (
        Key(
            ("space", "right", "n"),
            c.Step(1),
            "step",
            "One phase on: forward, backward, update, then the next iteration. "
            "On a page: a page on.",
            row=1,
            scrolls=By(pages=1),
        ),
        Key(
            ("left", "p"),
            c.Step(-1),
            "back",
            "One phase back; at the start nothing happens. On a page: a page back.",
            row=2,
            scrolls=By(pages=-1),
        ),
        Key(("r",), c.Restart(), "start", "Back to the start.", row=8),
        Key(
            ("g",),
            c.Refine(1),
            "finer steps",
            "Finer steps: a phase, a layer, one neuron or parameter at a time.",
            row=9,
        ),
        Key(
            ("G",),
            c.Refine(-1),
            "coarser steps",
            "Coarser steps: up to a whole iteration. Where something scrolls: its end.",
            where=PANEL,
            scrolls=LAST,
        ),
        Key(("t",), c.Play(), "play", "Step by itself, phase by phase, and stop doing so.", row=15),
        Key(("plus",), c.Faster(1), "faster", "Play faster."),
        Key(("minus",), c.Faster(-1), "slower", "Play slower."),
    ),
    "Travelling": (
        Key(
            ("right_square_bracket",),
            c.Travel(1),
            "next iteration",
            "One iteration on, to the same phase.",
        ),
        Key(("left_square_bracket",), c.Travel(-1), "iteration before", "One iteration back."),
        Key(
            ("pagedown",),
            c.Travel(10),
            "ten on",
            "Ten iterations on. Where something scrolls (a page, a list, the inspector, the "
            "gradient table): a page down.",
            where=PANEL,
            scrolls=By(pages=1),
        ),
        Key(
            ("pageup",),
            c.Travel(-10),
            "ten back",
            "Ten iterations back. Where something scrolls: a page up.",
            where=PANEL,
            scrolls=By(pages=-1),
        ),
        Key(
            ("home",),
            c.Restart(),
            "first moment",
            "Back to the start. Where something scrolls: its beginning.",
            where=PANEL,
            scrolls=FIRST,
        ),
        Key(
            ("end",),
            c.End(),
            "end",
            "To the last moment that was seen. Where something scrolls: its end.",
            where=PANEL,
            scrolls=LAST,
        ),
        Key(
            ("colon",),
            c.Prompt(Ask.GO),
            "go to",
            "Go to a moment: 120, +50, -20, 10 backward, start, end.",
            row=14,
        ),
        Key(
            ("f",),
            c.Prompt(Ask.RUN),
            "run",
            "Run iterations, or until a condition holds: 1000, E < 0.01, 500 until w5 > 0.6; "
            "esc stops.",
            row=8.5,
        ),
        Key(
            ("slash",),
            c.Prompt(Ask.SEARCH),
            "find",
            "Find the next moment where a condition holds: E < 0.01, |dE/dw5| < 1e-4, "
            "dE/dw5 changes sign, out o1 crosses 0.5, w5 changes.",
            row=16,
        ),
        Key(
            ("backslash",),
            c.Prompt(Ask.SEARCH_BACK),
            "find before",
            "Find the last moment before this where a condition holds.",
        ),
        Key(
            ("right_curly_bracket",),
            c.Find(1),
            "find again",
            "The next moment where the same condition holds.",
        ),
        Key(
            ("left_curly_bracket",),
            c.Find(-1),
            "find again before",
            "The last moment before this where it holds.",
        ),
        Key(("m",), c.Prompt(Ask.MARK), "mark", "Mark this moment with a letter."),
        Key(
            ("apostrophe",),
            c.Prompt(Ask.RETURN),
            "back to mark",
            "Back to the moment that a letter marks.",
        ),
    ),
    "What if": (
        Key(
            ("e",),
            c.Prompt(Ask.EDIT),
            "edit",
            "What if: another value for the selected weight, bias, input or target, or for "
            "anything that you name: w5 = 0.6, input i1 = 0.3, eta = 0.1, update = sequential, "
            "w5 = frozen.",
            row=8.2,
        ),
        Key(
            ("C",),
            c.Toggle(Page.CONVENTIONS),
            "conventions",
            "Every convention and the learning rate; enter switches to the next choice.",
            row=19,
            where=EVERYWHERE,
        ),
        Key(("u",), c.Undo(1), "undo", "Take the last edit back.", row=17, where=LISTS),
        Key(("ctrl+r",), c.Undo(-1), "redo", "Make it again.", where=LISTS),
        Key(
            ("b",),
            c.Toggle(Page.BRANCHES),
            "branches",
            "All branches that edits have made; enter goes to one.",
            row=18,
            where=EVERYWHERE,
        ),
        Key(
            ("B",),
            c.Compare(),
            "compare",
            "The table shows the difference to the branch before, A to B, and no more.",
        ),
        Key(
            ("s",),
            c.Prompt(Ask.SAVE),
            "save",
            "Save the network as it is now as a preset that goes on from here, bit for bit.",
            row=20,
        ),
    ),
    "Selecting": (
        Key(
            ("up", "k"),
            c.Move(along=-1),
            "up",
            "The neuron, edge or row above; in the inspector the line above; in the loss chart the "
            "cursor, which enter goes to.",
            where=PANEL,
            scrolls=By(lines=-1),
        ),
        Key(
            ("down", "j"),
            c.Move(along=1),
            "down",
            "The neuron, edge or row below; in the inspector the line below.",
            row=3,
            where=PANEL,
            scrolls=By(lines=1),
        ),
        Key(
            ("h",),
            c.Move(towards=-1),
            "towards inputs",
            "Along the edge towards the inputs: from a neuron to a weight, to its neuron.",
        ),
        Key(("l",), c.Move(towards=1), "towards outputs", "Along the edge towards the outputs."),
        Key(("full_stop",), c.Sample(1), "next sample", "Show the next sample of the batch."),
        Key(("comma",), c.Sample(-1), "previous sample", "Show the sample before."),
    ),
    "Explaining": (
        Key(
            ("enter",),
            c.Enter(),
            "open",
            "Go to the inspector; there, open the number under the cursor: where does it come "
            "from? In the list of presets: open the preset.",
            row=7,
            where=LISTS,
        ),
        Key(
            ("backspace",),
            c.Back(),
            "card above",
            "Back to the card that the open one is a part of.",
        ),
        Key(
            ("v",),
            c.View(1),
            "next quantity",
            "Explain the next quantity of the selected neuron or parameter.",
        ),
        Key(("V",), c.View(-1), "quantity before", "Explain the one before."),
        Key(
            ("a",),
            c.Toggle(Page.FIGURES),
            "article's figures",
            "All figures that the article prints, and whether they come out; enter goes there.",
            row=11,
            where=EVERYWHERE,
        ),
        Key(
            ("w",),
            c.Why(),
            "why wrong",
            "From a wrong figure of the article to what explains it.",
        ),
        Key(
            ("c",),
            c.Toggle(Page.CHECK),
            "check gradients",
            "Compare every gradient with a central difference.",
            where=EVERYWHERE,
        ),
        Key(
            ("x",),
            c.ToggleWhole(),
            "whole sums",
            "Write long sums whole, or shortened in the middle.",
        ),
        Key(
            ("d",),
            c.NextDigits(),
            "digits",
            "Decimals everywhere: as many as fit, 4, 6, 9, all that there are.",
            row=10,
            where=EVERYWHERE,
        ),
    ),
    "Panels": (
        Key(
            ("tab",),
            c.Turn(1),
            "panel",
            "Give the arrows to the next panel, and show it where not all have room.",
            row=6,
        ),
        Key(("shift+tab",), c.Turn(-1), "panel before", "The same, backwards."),
        Key(("1",), c.Show(Panel.DIAGRAM), "network", "Go to the network diagram."),
        Key(("2",), c.Show(Panel.INSPECTOR), "inspector", "Go to the inspector."),
        Key(("3",), c.Show(Panel.TABLE), "gradients", "Go to the gradient table."),
        Key(("4",), c.Show(Panel.CHART), "loss", "Go to the loss chart."),
        Key(
            ("z",),
            c.Zoom(),
            "zoom",
            "Give the whole screen to the panel that has the arrow keys, and back.",
            row=12.5,
        ),
        Key(
            ("P",),
            c.Project(),
            "projector",
            "For a projector: high contrast, heavy lines, four digits; and back.",
            where=EVERYWHERE,
        ),
        Key(("L",), c.ToggleLog(), "log scale", "Loss chart: linear or logarithmic.", row=12),
    ),
    "bptui": (
        Key(("o",), c.OpenList(), "presets", "Choose another preset.", row=13, where=EVERYWHERE),
        Key(
            ("question_mark",),
            c.Toggle(Page.HELP),
            "help",
            "This page, and away again.",
            row=4,
            where=EVERYWHERE,
        ),
        Key(
            ("ctrl+p",),
            c.Prompt(Ask.COMMAND),
            "commands",
            "Every command by name: type some letters of it, enter runs it.",
            where=EVERYWHERE,
        ),
        Key(
            ("escape",),
            c.Close(),
            "close",
            "Close what lies over the panels or was opened last; back to the network.",
            where=EVERYWHERE,
        ),
        Key(
            ("ctrl+z",),
            c.Suspend(),
            "suspend",
            "Back to the shell for a while (fg).",
            where=EVERYWHERE,
        ),
        Key(("q", "ctrl+q", "ctrl+c"), c.Quit(), "quit", "Leave bptui.", row=5, where=EVERYWHERE),
    ),
}
KEYS: tuple[Key, ...] = tuple(key for keys in GROUPS.values() for key in keys)

PROMPT_KEYS: dict[str, Message] = {
    "escape": c.Close(),
    "enter": c.Enter(),
    "backspace": c.Erase(
        "before",
    ),
    "ctrl+h": c.Erase(
        "before",
    ),
    "delete": c.Erase(
        "after",
    ),
    "ctrl+u": c.Erase(
        "all",
    ),
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
