"""The one table of keys: bindings, key row, help page and list of commands come from it."""

from __future__ import annotations

from bptui.session import messages as c
from bptui.session.key import EVERYWHERE, FIRST, LAST, LISTS, PANEL, By, Key
from bptui.session.messages import Ask, Message, Page, Panel
from bptui.story.moment import START

GROUPS: dict[str, tuple[Key, ...]] = {
    "Stepping": (
        Key(
            ("space", "right", "n"),
            c.Step(1),
            "step",
            "Next phase: forward, backward, update, then the next iteration. On a page: page down.",
            row=1,
            scrolls=By(pages=1),
        ),
        Key(
            ("left", "p"),
            c.Step(-1),
            "back",
            "Previous phase. On a page: page up.",
            row=2,
            scrolls=By(pages=-1),
        ),
        Key(("r",), c.Jump(START), "start", "Back to the start.", row=8),
        Key(
            ("g",),
            c.Refine(1),
            "finer steps",
            "Finer steps: one phase, one layer, one neuron or parameter at a time.",
            row=9,
        ),
        Key(
            ("G",),
            c.Refine(-1),
            "coarser steps",
            "Coarser steps, up to a whole iteration. In anything that scrolls: to its end.",
            where=PANEL,
            scrolls=LAST,
        ),
        Key(("t",), c.Play(), "play", "Start or stop playing.", row=15),
        Key(("plus",), c.Faster(1), "faster", "Play faster."),
        Key(("minus",), c.Faster(-1), "slower", "Play slower."),
    ),
    "Travelling": (
        Key(
            ("right_square_bracket",),
            c.Travel(1),
            "next iteration",
            "Same phase, next iteration.",
        ),
        Key(
            ("left_square_bracket",),
            c.Travel(-1),
            "previous iteration",
            "Same phase, previous iteration.",
        ),
        Key(
            ("pagedown",),
            c.Travel(10),
            "ten on",
            "Ten iterations on. In anything that scrolls (a page, a list, why, gradients): page "
            "down.",
            where=PANEL,
            scrolls=By(pages=1),
        ),
        Key(
            ("pageup",),
            c.Travel(-10),
            "ten back",
            "Ten iterations back. In anything that scrolls: page up.",
            where=PANEL,
            scrolls=By(pages=-1),
        ),
        Key(
            ("home",),
            c.Jump(START),
            "first moment",
            "Back to the start. In anything that scrolls: to its top.",
            where=PANEL,
            scrolls=FIRST,
        ),
        Key(
            ("end",),
            c.End(),
            "end",
            "To the furthest point reached. In anything that scrolls: to its end.",
            where=PANEL,
            scrolls=LAST,
        ),
        Key(
            ("colon",),
            c.Prompt(Ask.GO),
            "go to",
            "Go to a moment: 120, +50, -20, 10 backward, epoch 3, start, end.",
            row=14,
        ),
        Key(
            ("f",),
            c.Prompt(Ask.RUN),
            "run",
            "Run some iterations, or until a condition holds: 1000, E < 0.01, 500 until w5 > 0.6. "
            "{close} stops.",
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
            "find backwards",
            "Find the last earlier moment where a condition holds.",
        ),
        Key(("right_curly_bracket",), c.Find(1), "find next", "Repeat the search forwards."),
        Key(("left_curly_bracket",), c.Find(-1), "find previous", "Repeat the search backwards."),
        Key(
            ("ctrl+o", "H"),
            c.Return(1),
            "jump back",
            "Back to where you were before the last jump: its moment, selection and open card.",
            where=EVERYWHERE,
        ),
        Key(
            ("J",),
            c.Return(-1),
            "jump forward",
            "Forward again to where you went back from.",
            where=EVERYWHERE,
        ),
        Key(("m",), c.Prompt(Ask.MARK), "mark", "Mark this moment with a letter."),
        Key(("apostrophe",), c.Prompt(Ask.RETURN), "back to mark", "Go back to a marked moment."),
    ),
    "What if": (
        Key(
            ("e",),
            c.Prompt(Ask.EDIT),
            "edit",
            "What if: give the selected weight, bias, input or target another value, or name "
            "anything else: w5 = 0.6, input i1 = 0.3, eta = 0.1, update = sequential, "
            "w5 = frozen.",
            row=8.2,
        ),
        Key(
            ("C",),
            c.Toggle(Page.CONVENTIONS),
            "conventions",
            "All conventions and the learning rate; {open} switches to the next choice.",
            row=19,
            where=EVERYWHERE,
        ),
        Key(("u",), c.Undo(1), "undo", "Undo.", row=17, where=LISTS),
        Key(("ctrl+r",), c.Undo(-1), "redo", "Redo.", where=LISTS),
        Key(
            ("b",),
            c.Toggle(Page.BRANCHES),
            "branches",
            "The branches that edits have made; {open} goes to one.",
            row=18,
            where=EVERYWHERE,
        ),
        Key(
            ("B",),
            c.Flip("compared"),
            "compare",
            "Compare with the branch shown before, in the table; in the list of branches with the "
            "one under the cursor. Again to stop.",
            where=LISTS,
        ),
        Key(
            ("s",),
            c.Prompt(Ask.SAVE),
            "save",
            "Save the network as a preset that continues from here, bit for bit.",
            row=20,
        ),
        Key(
            ("S",),
            c.Prompt(Ask.SCREEN),
            "save the screen",
            "Save the screen as a picture or text: SVG, HTML, ANSI or plain, as the name ends.",
        ),
    ),
    "Selecting": (
        Key(
            ("up", "k"),
            c.Move(along=-1),
            "up",
            "The neuron, edge, row or line above. In the loss chart: the cursor; "
            "{open} goes there.",
            where=PANEL,
            scrolls=By(lines=-1),
        ),
        Key(
            ("down", "j"),
            c.Move(along=1),
            "down",
            "The neuron, edge, row or line below.",
            row=3,
            where=PANEL,
            scrolls=By(lines=1),
        ),
        Key(
            ("h",),
            c.Move(towards=-1),
            "towards inputs",
            "Towards the inputs: from a neuron to one of its weights, then to the neuron before.",
        ),
        Key(("l",), c.Move(towards=1), "towards outputs", "Towards the outputs."),
        Key(("full_stop",), c.Sample(1), "next sample", "Next sample of the batch."),
        Key(("comma",), c.Sample(-1), "previous sample", "Previous sample of the batch."),
    ),
    "Explaining": (
        Key(
            ("enter",),
            c.Enter(),
            "open",
            "Focus the why panel; there, open the number under the cursor: where does it come "
            "from? In the list of presets: open the preset.",
            row=7,
            where=LISTS,
        ),
        Key(
            ("backspace",),
            c.Back(),
            "card above",
            "Back to the card that you opened this one from.",
        ),
        Key(
            ("v",),
            c.View(1),
            "next quantity",
            "Explain the next quantity of the selected neuron or parameter.",
        ),
        Key(("V",), c.View(-1), "previous quantity", "Explain the previous quantity."),
        Key(
            ("a",),
            c.Toggle(Page.FIGURES),
            "article's figures",
            "Every figure that the article prints, and whether it is right; {open} goes there.",
            row=11,
            where=EVERYWHERE,
        ),
        Key(
            ("A",),
            c.Flip("as_printed"),
            "as printed",
            "The article's own numbers: its figures and what follows from them; or the right ones.",
        ),
        Key(
            ("w",), c.Why(), "why wrong", "From a wrong figure of the article to what explains it."
        ),
        Key(
            ("c",),
            c.Toggle(Page.CHECK),
            "check gradients",
            "Compare every gradient with a central difference.",
            where=EVERYWHERE,
        ),
        Key(
            ("y",),
            c.Prompt(Ask.COPY),
            "copy",
            "Copy the number under the cursor, or its formula, LaTeX, address or whole card.",
        ),
        Key(("x",), c.Flip("whole"), "whole sums", "Show long sums in full, or shorten them."),
        Key(
            ("d",),
            c.NextDigits(),
            "digits",
            "Decimals everywhere: as many as fit, 4, 6, 9, full precision.",
            row=10,
            where=EVERYWHERE,
        ),
    ),
    "Answering": (
        Key(
            ("T",),
            c.Prompt(Ask.QUESTIONS),
            "predict",
            "Predict what the next step computes: every number, one a neuron, one a phase, or up "
            "and down; later, what was wrong again.",
            row=8.7,
            where=EVERYWHERE,
        ),
        Key(("Y",), c.Toggle(Page.PREDICTIONS), "predictions", "How you did.", where=EVERYWHERE),
        Key(
            ("M",),
            c.Toggle(Page.MISTAKE),
            "find mistake",
            "The article's figures as an exercise: which is the first wrong one, and why?",
            where=EVERYWHERE,
        ),
    ),
    "Panels": (
        Key(("tab",), c.Turn(1), "panel", "Focus the next panel.", row=6),
        Key(("shift+tab",), c.Turn(-1), "previous panel", "Focus the previous panel."),
        Key(("1",), c.Show(Panel.DIAGRAM), "network", "Focus the network diagram."),
        Key(("2",), c.Show(Panel.INSPECTOR), "why", "Focus the why panel."),
        Key(("3",), c.Show(Panel.TABLE), "gradients", "Focus the gradient table."),
        Key(("4",), c.Show(Panel.CHART), "loss", "Focus the chart panel."),
        Key(
            ("z",),
            c.Flip("zoomed"),
            "zoom",
            "Zoom the focused panel to the whole screen.",
            row=12.5,
        ),
        Key(
            ("P",),
            c.Flip("projector"),
            "projector",
            "Projector mode on or off: high contrast, heavy lines, few decimals.",
            where=EVERYWHERE,
        ),
        Key(
            ("i",),
            c.Depict(1),
            "picture",
            "Next picture in the chart panel: the loss so far, the loss over one parameter or two, "
            "the output over two inputs, an activation, the weights so far, the gradient flow.",
            row=11.5,
        ),
        Key(("I",), c.Depict(-1), "previous picture", "Previous picture in the chart panel."),
        Key(("L",), c.Flip("log"), "log scale", "Loss chart: linear or logarithmic.", row=12),
    ),
    "bptui": (
        Key(("o",), c.OpenList(), "presets", "Choose another preset.", row=13, where=EVERYWHERE),
        Key(
            ("question_mark",),
            c.Toggle(Page.HELP),
            "help",
            "Show or hide this page.",
            row=4,
            where=EVERYWHERE,
        ),
        Key(
            ("ctrl+p",),
            c.Prompt(Ask.COMMAND),
            "find anything",
            "Commands, quantities, printed figures: type part of a name or number (w5, 0.0822, "
            "eta); enter goes there, or runs it.",
            where=EVERYWHERE,
        ),
        Key(
            ("escape",),
            c.Close(),
            "close",
            "Close the page or card; back to the network.",
            where=EVERYWHERE,
        ),
        Key(
            ("ctrl+z",), c.Suspend(), "suspend", "Back to the shell; fg returns.", where=EVERYWHERE
        ),
        Key(("q", "ctrl+q", "ctrl+c"), c.Quit(), "quit", "Leave bptui.", row=5, where=EVERYWHERE),
    ),
}
"""In the help a key of another action stands as `{action}`."""

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
