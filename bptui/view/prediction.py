"""Predicting: the question in the status line, what is said of an answer, and the `?` of what is
still to be predicted."""

from __future__ import annotations

from collections.abc import Iterable

from bptui.audit.figures import Printed
from bptui.audit.findings import Finding
from bptui.audit.verdicts import Verdict
from bptui.preset.model import Figure
from bptui.session.keys import key_for
from bptui.session.parts import About, Answered, Outcome, Prompting, Question, Wrong
from bptui.session.predict import current, has_hints
from bptui.session.questions import computed_between, moves_most, truth
from bptui.session.session import Session
from bptui.story.address import Kind
from bptui.story.derivation import derive
from bptui.story.notation import naming
from bptui.view.finding import in_notation, names_in, off
from bptui.view.formula import loss_sign, numbers, symbols
from bptui.view.numbers import DASH, show
from bptui.view.rows import Row, Span, fit_row, plain, row_cells, wrap

UNKNOWN = "?"
"""Stands for a number that is to be predicted."""
_DIGITS = 9
_FEW = 2
"""So many slips that give an answer are told."""
ROLES = {
    Outcome.RIGHT: ("✓", "match"),
    Outcome.AGAIN: ("✓", "match"),
    Outcome.HINTED: ("✓", "match"),
    Outcome.FOLLOWS: ("→", "carried"),
    Outcome.KEPT: ("✗", "wrong"),
    Outcome.SHOWN: ("»", "note"),
    Outcome.SKIPPED: ("»", "note"),
}
"""How an answer is marked."""


def question_of(session: Session, question: Question) -> str:
    """Return a question as it stands before the answer."""
    names, about = names_in(session.setup), question.quantity
    match question.about:
        case About.MOST:
            return "the parameter that moves most:"
        case About.DIRECTION if about.kind is Kind.DE_DNET:
            net = names(about._replace(kind=Kind.NET))
            return f"{loss_sign(session.setup)} as {net} grows:"
        case About.DIRECTION if about.kind is Kind.LOSS:
            return f"{loss_sign(session.setup)} since the last iteration:"
        case About.DIRECTION:
            return f"{names(about)} goes:"
    new = "new " if about.form.carried else ""
    return f"{new}{names(about)} ="


def keys_row(session: Session, question: Question, width: int) -> Row:
    """Return the keys, as many as there is room for, and what can be answered."""
    wrong = session.predicting.wrong if session.predicting is not None else None
    again = wrong is not None and not wrong.coarse
    pairs = [
        ("enter", "keep it" if again else "answer"),
        ("?", "hint" if has_hints(session, question) else "show"),
        ("space", "skip"),
        ("esc", "leave"),
        (key_for(session.preferences, "panel"), "panel"),
    ]
    examples = {
        About.NUMBER: ("0.123", "0.2*0.5 + 0.35", "w1*i1 + b1"),
        About.DIRECTION: ("up", "down"),
        About.MOST: (f"its name, such as {plain(next(iter(session.setup.network.slots)))}",),
    }
    row: Row = ()
    for key, word in pairs:
        longer = (*row, Span(f" {key}", "key"), Span(f" {word} ", "key_label"))
        row = longer if row_cells(longer) <= width else row
    for example in examples[question.about]:
        longer = (*row, Span(f"  {example}", "path"))
        row = longer if row_cells(longer) <= width else row
    return fit_row(row, width)


def said_rows(session: Session, prompt: Prompting, width: int) -> list[Row]:
    """Return what is said of the answer or as a hint; else how the last question ended."""
    asked, question = session.predicting, current(session)[1]
    assert asked is not None
    if prompt.error:
        return _told(f"! {prompt.error}", "wrong", width)
    hint = _told(_hint(session, question, asked.hints), "note", width) if asked.hints else []
    if asked.wrong is not None:
        return [*hint, *_told(_of_wrong(session, question, asked.wrong), "wrong", width)]
    if hint or not asked.answered or _is_hidden(session, asked.answered[-1].question):
        return hint
    last = asked.answered[-1]
    mark, role = ROLES[last.outcome]
    return _told(f"{mark} {answer_told(session, last)}", role, width)


def _is_hidden(session: Session, question: Question) -> bool:
    """Whether an earlier question's answer is still, or again, to be found."""
    found, asked = current(session)
    left = found.questions[found.questions.index(asked) :]
    unknown = session.value_at(question.quantity, question.moment) is None
    return question in left or (question.about is About.NUMBER and unknown)


def _told(text: str, role: str, width: int) -> list[Row]:
    return [
        fit_row((Span(line, role),), width) for line in wrap(f" {plain(text)}", width - 1, hang=3)
    ]


def _hint(session: Session, question: Question, hints: int) -> str:
    """Return the formula in symbols, or with its numbers."""
    derivation = derive(session.timeline, question.quantity, question.moment)
    if derivation.formula is None:
        return "» It is given."
    if hints > 1:
        return f"» {numbers(derivation.formula, session.digits or _DIGITS)}"
    names = naming(session.setup)
    return f"» {symbols(derivation.formula, names)}"


def _of_wrong(session: Session, question: Question, wrong: Wrong) -> str:
    """Return in one sentence what is wrong with an answer: the slip, or how far off it is."""
    text = plain(wrong.text)
    if wrong.coarse:
        return f"! {text} has too few digits to tell; give at least three"
    keep = "; enter again keeps it"
    if question.about is not About.NUMBER:
        return f"✗ not {text}{keep}"
    if wrong.slips:
        few = [plain(in_notation(words, session.setup).replace("`", "")) for words in wrong.slips]
        return f"✗ you get {text} if {', or if '.join(few[:_FEW])}{keep}"
    figure = Printed(question.quantity, question.moment, Figure(printed=wrong.text))
    finding = Finding(figure, truth(session, question), Verdict.WRONG)
    return f"✗ {text}: {off(finding)}{keep}"


def answer_told(session: Session, answered: Answered) -> str:
    """Return how a question ended, with its number."""
    question, text = answered.question, plain(answered.text)
    asked = question_of(session, question)
    if question.about is not About.NUMBER:
        right = _word(session, question)
        wrong = f", not {text}" if answered.outcome is Outcome.KEPT else ""
        return f"{asked} {right}{wrong}"
    value = show(truth(session, question), session.digits or _DIGITS)
    number = f"{asked} {value}"
    match answered.outcome:
        case Outcome.FOLLOWS:
            return f"{asked} {text} follows from your earlier answers; the right value is {value}"
        case Outcome.KEPT:
            return f"{number}, not {text}; what follows from it will count as right"
    return number


def _word(session: Session, question: Question) -> str:
    if question.about is About.DIRECTION:
        return "up" if truth(session, question) > 0 else "down"
    return " and ".join(map(plain, sorted(moves_most(session, question.moment))))


def with_question_marks(session: Session, rows: Iterable[Row]) -> list[Row]:
    """Return rows with a `?` for each number that is to be predicted and not there yet."""
    found, _ = current(session)
    asked = frozenset(map(str, computed_between(session.setup, found.begin, found.end)))

    def marked(span: Span) -> Span:
        if DASH not in span.text or span.address not in asked:
            return span
        return span._replace(text=span.text.replace(DASH, UNKNOWN), role="asked")

    return [tuple([marked(span) for span in row]) for row in rows]
