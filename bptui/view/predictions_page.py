"""The page of what was predicted: how many answers were right, what slips were made, what is to be
reviewed."""

from __future__ import annotations

from collections import Counter

from bptui.preset.errors import counted
from bptui.session.keys import key_for
from bptui.session.parts import Outcome
from bptui.session.questions import to_review
from bptui.session.session import Session
from bptui.view.prediction import ROLES, question_of
from bptui.view.rows import Row, Span, fit_row, plain, wrap

KEYS: tuple[tuple[str, str], ...] = (
    ("enter", "answer: a number, arithmetic over numbers and names, up or down, or a name"),
    ("enter again", "keep a wrong answer; what follows from it counts as right"),
    ("?", "a hint: the formula, the formula with numbers, the answer"),
    ("space", "skip the question"),
    ("tab ↑ ↓", "another panel; select, or scroll"),
    ("esc", "leave, and see this page"),
)
"""The keys while numbers are asked for."""
_COLUMN = 14


def predictions_page(session: Session, width: int) -> list[Row]:
    asked = session.predicting
    answered = asked.answered if asked is not None else ()
    rows: list[Row] = []
    counts = Counter(a.outcome for a in answered)
    took = f" in {_in_words(asked.seconds)}" if asked is not None and asked.seconds >= 1 else ""
    rows.append((Span(f" {counted(len(answered), 'question')} answered{took}", "heading"),))
    for outcome in Outcome:
        if counts[outcome] or outcome is Outcome.RIGHT:
            mark, role = ROLES[outcome]
            text = f"   {mark} {counts[outcome]:>3}  {outcome.value}"
            rows.append((Span(text, role),))
    if asked is not None and asked.slips:
        rows += [(), (Span(" Wrong answers, by slip", "heading"),)]
        for label, count in sorted(asked.slips.items(), key=lambda pair: -pair[1]):
            rows.append((Span(f"     {count:>3}  {plain(label)}", "fact"),))
    rows += _review(session)
    rows += [(), (Span(" Keys", "heading"),)]
    begins = key_for(session.preferences, "predict")
    for key, meaning in ((begins, "predict: ↑ ↓ choose which questions; enter begins"), *KEYS):
        first, *more = wrap(meaning, width - _COLUMN - 4)
        rows.append((Span(f"  {key.ljust(_COLUMN)}", "key"), Span(f" {first}")))
        rows += [(Span(" " * (_COLUMN + 3) + line),) for line in more]
    return [fit_row(row, width) for row in rows]


def _in_words(seconds: float) -> str:
    """Return a time in hours and minutes, or in minutes and seconds."""
    minutes, left = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {left} s" if minutes else f"{left} s"


def _review(session: Session) -> list[Row]:
    """Return the questions that come again, without their answers."""
    left = to_review(session)
    if not left:
        return []
    begins = key_for(session.preferences, "predict")
    rows: list[Row] = [(), (Span(f" To review ({begins}, then review)", "heading"),)]
    for question in left:
        text = question_of(session, question).rstrip(" =:")
        rows.append((Span(f"     {text}", "fact"), Span(f"  at {question.moment}", "path")))
    return rows
