"""The help page: every key and every mark on the screen."""

from __future__ import annotations

from bptui.session.key import signs
from bptui.session.keys import groups_of
from bptui.session.parts import Preferences
from bptui.session.session import Session
from bptui.view.header import conventions
from bptui.view.rows import Row, Span, fit_row, pad, plain, wrap

MARKS: tuple[tuple[str, str], ...] = (
    ("●  ○", "the current phase; the other phases"),
    ("▶  ◀", "what arrives at the end of an edge: out × w going forward, δ × w going back"),
    ("Σ", "all that comes back to a neuron: ∂E/∂out"),
    ("•", "computed or changed by the last step"),
    ("–", "not computed yet"),
    ("?", "for you to predict"),
    ("▸", "the selected row; the focused panel"),
    ("┏━┓", "the selected neuron"),
    ("─ ╌", "an edge with a positive weight, whole; with a negative one, broken"),
    ("━ ╍", "the same, selected"),
    ("█ ▓ ▒ ░ ·", "weights by size, where there are many; - before those below 0"),
    ("← → ↑ ↓", "arrow keys; i1→h1: the edge from i1 to h1"),
    ("δ", "delta, ∂E/∂net: how much E changes with the neuron's net input"),
    ("η", "the learning rate"),
    ("▼ ▲", "how much E fell or rose since the previous iteration"),
    ("frozen", "a parameter that updates do not change"),
    ("✓ ≈ → ✗", "the article's figure: match, last digit, carried from another, wrong"),
    ("◆ ·", "in the loss chart: its cursor; the other branch"),
    ("! »", "a common stumbling block; a note by the preset's author"),
    ("via o1", "the share of a derivative that comes back through o1"),
    ("@2", "for sample 2 of the batch"),
    ("4.4e-05", "4.4 × 10⁻⁵"),
)
"""What the signs on the screen mean; `bptui help marks` and the help page show it."""


def help_page(session: Session | None, width: int) -> list[Row]:
    """Return the whole page; the screen shows what fits of it. Without a session only the keys."""
    rows: list[Row] = []
    preferred = session.preferences if session is not None else Preferences()
    for group, keys in groups_of(preferred).items():
        rows.append((Span(f" {group}", "heading"),))
        for key in keys:
            rows += _entry(signs(key) or "no key", key.help, width)
        rows.append(())
    rows.append((Span(" Marks", "heading"),))
    for mark, meaning in MARKS:
        rows += _entry(mark, meaning, width)
    if session is not None:
        rows += [(), (Span(" This preset", "heading"),)]
        preset = session.setup.preset
        rows += _entry("title", plain(preset.title), width)
        rows += _entry("source", plain(preset.source) or "–", width)
        rows += _entry("rule", ", ".join(words for words, *_ in conventions(session)), width)
    rows += [(), (Span(" More", "heading"),)]
    rows += _entry("bptui help", "in a shell: addresses, conditions, presets, JSON and more", width)
    return [fit_row(row, width) for row in rows]


def _entry(term: str, meaning: str, width: int) -> list[Row]:
    column = 18 if width >= 60 else 12
    lines = wrap(meaning, max(8, width - column - 4))
    first = (Span("  " + pad(term, column), "key"), Span(" " + lines[0]))
    return [first, *((Span(" " * (column + 3) + line),) for line in lines[1:])]
