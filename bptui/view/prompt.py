"""What stands in the status line while something is asked for or going on."""

from __future__ import annotations

from bptui.session.messages import Ask
from bptui.session.parts import Job, Prompting
from bptui.session.predict import current
from bptui.session.session import Session
from bptui.view.copying import COPIES
from bptui.view.prediction import keys_row, question_of, said_rows
from bptui.view.rows import Row, Span, cells, fit_row, plain, row_cells, wrap

QUESTIONS: dict[Ask, str] = {
    Ask.GO: "go to",
    Ask.SEARCH: "find next moment where",
    Ask.SEARCH_BACK: "find last moment where",
    Ask.RUN: "run",
    Ask.EDIT: "what if",
    Ask.SAVE: "save as",
    Ask.MARK: "mark with a letter",
    Ask.RETURN: "back to the mark",
    Ask.COMMAND: "find",
    Ask.SCREEN: "save the screen as",
    Ask.COPY: "copy of",
    Ask.QUESTIONS: "predict",
}

HINTS: dict[Ask, str] = {
    Ask.GO: "120   +50   -20   10 backward   epoch 3   start   end",
    Ask.SEARCH: "E < 0.01   |dE/dw5| < 1e-4   dE/dw5 changes sign   out o1 crosses 0.5",
    Ask.SEARCH_BACK: "E < 0.01   |dE/dw5| < 1e-4   dE/dw5 changes sign   out o1 crosses 0.5",
    Ask.RUN: "1000   E < 0.01   500 until w5 > 0.6",
    Ask.EDIT: "w5 = 0.6   input i1 = 0.3   eta = 0.1   update = sequential   w5 = frozen",
    Ask.SAVE: "name of a new file",
    Ask.MARK: "a to z",
    Ask.SCREEN: "a name in .svg, .html, .ansi or .txt",
    Ask.COPY: "   ".join(f"{letter} {form.word}" for letter, form in COPIES.items()),
    Ask.COMMAND: "↑↓ select   w5   0.0822   eta   zoom",
    Ask.QUESTIONS: "↑↓ choose   every number   one a neuron   one a phase",
}
"""What can be answered, by example."""


def asked_rows(session: Session, prompt: Prompting, width: int) -> list[Row]:
    """Return the question, and below it what is said of the answer, the keys, and examples."""
    if prompt.ask is not Ask.PREDICTION:
        return [prompt_row(prompt, width), *hint_rows(session, prompt, width)]
    question = current(session)[1]
    row = prompt_row(prompt, width, question_of(session, question))
    said = said_rows(session, prompt, width)
    return [row, *said, keys_row(session, question, width)]


def prompt_row(prompt: Prompting, width: int, question: str = "") -> Row:
    """Return the question and the text, with the caret in view."""
    question = f" {question or QUESTIONS[prompt.ask]} "
    room = max(4, width - cells(question) - 3)
    text, caret = plain(prompt.text), prompt.caret
    begin = max(0, caret - room + 1)
    picked = max(begin, len(text) if prompt.picked is None else prompt.picked)
    before, after = text[begin : min(caret, picked)], text[caret + 1 : begin + room]
    spans = [Span(question, "brand"), Span(" "), Span(before, "status")]
    if picked < caret:
        spans.append(Span(text[picked:caret], "picked"))
    spans += [Span(text[caret : caret + 1] or " ", "caret"), Span(after, "status")]
    return fit_row(spans, width)


def hint_rows(session: Session, prompt: Prompting, width: int) -> list[Row]:
    """Return what was wrong with the answer, or else the keys and what can be answered."""
    if prompt.error:
        return told(prompt.error, width, "wrong", "! ")
    hint = HINTS.get(prompt.ask, "")
    if prompt.ask is Ask.RETURN:
        marks = sorted(session.marks.items())
        hint = "   ".join(f"{plain(letter)}: {moment}" for letter, (_, moment) in marks)
    keys: Row = (Span(" enter", "key"), Span(" confirm  ", "key_label"), Span("esc", "key"))
    if prompt.ask in (Ask.MARK, Ask.RETURN, Ask.COPY):
        keys = (Span(" esc", "key"),)
    row: Row = (*keys, Span(" cancel", "key_label"))
    for example in hint.split("   "):
        longer: Row = (*row, Span(f"   {example}", "path"))
        row = longer if row_cells(longer) <= width else row
    return [fit_row(row, width)]


def told(text: str, width: int, role: str = "status", mark: str = "") -> list[Row]:
    """Return a message in as many rows as it takes."""
    lines = wrap(f" {mark}{plain(text)}", width - 1, hang=1 + len(mark))
    return [fit_row((Span(line, role),), width) for line in lines]


def progress(job: Job, width: int, close: str, said: str = "") -> list[Row]:
    """Return how far a job has come, how fast it is and how long it will take.

    What was said of a key meanwhile comes first; `close` is the key that stops it.
    """
    total = abs(job.last.iteration - _begun(job))
    done = abs(job.done - _begun(job))
    share = done / total if total else 1.0
    rate = done / job.elapsed if job.elapsed > 0 else 0.0
    what = f"searching for {job.condition}" if job.stays else "running"
    if job.condition is not None and not job.stays:
        what += f" until {job.condition}"
    left = f", {(total - done) / rate:.0f} s left" if rate else ""
    numbers = f"iteration {job.done:,} of {job.last.iteration:,}, {rate:,.0f} a second{left}"
    if said:
        return told(said, width, mark=f"{share:4.0%}  ")
    iterations = f"{job.done:,} of {job.last.iteration:,}"
    versions = (
        f"{_bar(share, 20)} {share:4.0%}  {what}: {numbers}.",
        f"{_bar(share, 10)} {share:4.0%}  {numbers}.",
        f"{_bar(share, 10)} {share:4.0%}  {iterations}{left}.",
        f"{share:4.0%}  {iterations}{left}.",
        f"{share:4.0%}  {iterations}.",
        f"{share:4.0%} ",
    )
    whole = [f" {version} {close} stops" for version in versions]
    text = next((v for v in whole if cells(v) <= width), whole[-1])
    return [fit_row((Span(text, "status"),), width)]


def _begun(job: Job) -> int:
    return job.begun.iteration - (job.begun.phase is None)


def _bar(share: float, size: int) -> str:
    full = round(share * size)
    return "[" + "#" * full + "." * (size - full) + "]"
