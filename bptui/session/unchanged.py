"""What is said of a key that changes nothing: why, in a few words."""

from __future__ import annotations

from functools import partial

from bptui.audit.verdicts import Verdict
from bptui.session import messages as c
from bptui.session.hunt import mistake
from bptui.session.keys import key_for
from bptui.session.messages import Message, Page
from bptui.session.selecting import aims
from bptui.session.session import Session
from bptui.story.moment import START
from bptui.story.neighbours import is_neuron


def told_unchanged(session: Session, message: Message) -> str:
    """Say why a message changes nothing in a session."""
    key = partial(key_for, session.preferences)
    match message:
        case c.Jump(moment) if moment != START:
            return "Already at this moment"
        case c.Step() | c.Travel() | c.Jump() | c.Find():
            return "Already at the start"
        case c.End():
            return f"Already at the furthest point reached; {key('step')} goes on"
        case c.Refine(grains):
            return _already_finest(grains)
        case c.Scroll() | c.Move() | c.Enter():
            return _at_an_end(session, message)
        case c.Sample():
            several = len(session.setup.inputs) > 1
            each = "Each iteration has one sample; "
            each += f"{key('next_iteration')} goes to the next iteration"
            return each if several else "This preset has only one sample"
        case c.View():
            onwards = key("towards_outputs")
            return f"{session.selected} has no other number; {onwards} goes on to its weights"
        case c.Return(jumps):
            return "No earlier place to go back to" if jumps > 0 else "No later place"
        case c.Back():
            return "No card above this one"
        case c.Why():
            return _why(session)
        case c.Close():
            return f"Nothing to close; {key('quit')} quits"
        case c.Show(panel):
            return f"Already in the panel {panel.value}"
        case _:
            return "That changes nothing here"


def told_in_prompt(message: Message) -> str:
    """Say why a message changes nothing in a prompt."""
    match message:
        case c.Recall(answers):
            return "No later answer" if answers > 0 else "No earlier answer"
        case c.Caret(characters):
            return "The text ends here" if characters > 0 else "The text begins here"
        case c.Erase():
            return "Nothing to erase"
        case c.Scroll():
            return "The list ends here"
        case c.Enter():
            return "One of these letters copies; esc cancels"
        case _:
            return "That changes nothing here; esc cancels"


def _already_finest(grains: int) -> str:
    if grains > 0:
        return "No finer steps than one neuron or parameter at a time"
    return "No coarser steps than a whole iteration"


def _at_an_end(session: Session, message: Message) -> str:
    match message:
        case c.Enter() | c.Scroll() if session.page is Page.CHECK and _unchecked(session):
            return "Step to the end of the backward phase first"
        case c.Enter() if session.page is Page.FIGURES:
            return _nothing_listed(session)
        case c.Enter() | c.Scroll() if session.page is Page.MISTAKE and mistake(session) is None:
            checked = session.audit is not None and not session.auditing
            return "Every figure is right" if checked else "Still checking the figures"
        case c.Scroll() if session.page is Page.FIGURES and len(session.findings) < 2:
            return _nothing_listed(session)
        case c.Scroll(by, _):
            return "Already at the top" if by < 0 else "Already at the end"
        case c.Move() if aims(session):
            return "The cursor is at the end of what has been run"
        case c.Move(along, towards):
            way = "below" if along > 0 else "above"
            if towards:
                way = "after" if towards > 0 else "before"
            return f"Nothing {way} {session.selected}"
        case _:
            return "This number is given: it was not computed from others"


def _unchecked(session: Session) -> bool:
    return session.state.backward is None or session.left > 0


def _nothing_listed(session: Session) -> str:
    if not session.setup.preset.expected:
        return "This preset has no printed figures"
    return "There is one figure" if session.findings else "Still checking the figures"


def _why(session: Session) -> str:
    """Say why `w` leads nowhere from the open card."""
    found = [f for card in session.cards for f in session.printed(card.quantity, card.moment)]
    for finding in found:
        if finding.cause == "as":
            return "The card has the arithmetic that gives this figure"
        if finding.verdict is Verdict.WRONG:
            return "Nothing is known to explain this figure; its card says what might"
    if found:
        return "The article's figure here is right"
    subject = "neuron" if is_neuron(session.setup.network, session.selected) else "parameter"
    lists = key_for(session.preferences, "articles_figures")
    return f"The article prints nothing for this {subject} now; {lists} lists its figures"
