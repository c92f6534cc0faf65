"""Sessions to test with: shipped presets and networks made for a test."""

from __future__ import annotations

from functools import cache
from itertools import chain

from bptui.audit.findings import Audit, audit
from bptui.audit.prepare import prepare
from bptui.preset.find import find_preset
from bptui.preset.read import parse_preset, read_preset
from bptui.session.key import By, Context
from bptui.session.messages import Continue, Message, Move, Step
from bptui.session.session import Session, open_session
from bptui.session.update import update
from bptui.story.derivation import Derivation
from bptui.story.setup import Setup
from bptui.view.card import card
from bptui.view.key_meaning import context_of, scrolled
from bptui.view.rows import Row

XOR = """
title = "XOR"

[training]
learning_rate = 0.5
loss = "mean_squared_error"
reduction = "mean"

[[layers]]
name = "input"
neurons = ["a", "b"]

[[layers]]
name = "hidden"
neurons = 4
activation = "tanh"
initializer = { name = "glorot_uniform", seed = 3 }

[[layers]]
name = "output"
neurons = ["y"]
activation = "sigmoid"
initializer = { name = "glorot_uniform", seed = 4 }

[[samples]]
input = [0, 0]
target = [0]

[[samples]]
input = [0, 1]
target = [1]

[[samples]]
input = [1, 0]
target = [1]

[[samples]]
input = [1, 1]
target = [0]
"""

WIDE = """
title = "A network too large to be drawn whole"

[training]
learning_rate = 0.1
loss = "half_squared_error"

[[layers]]
name = "input"
neurons = 20

[[layers]]
name = "hidden"
neurons = 30
activation = "relu"
initializer = { name = "he_normal", seed = 1 }

[[layers]]
name = "output"
neurons = 3
activation = "sigmoid"
initializer = { name = "glorot_normal", seed = 2 }

[[samples]]
input = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.5]
target = [1, 0, 0]
"""


VARIED = (
    *("adam", "byu", "hankamber", "hmkcode-code", "mazur", "negnevitsky", "pandey"),
    "postnetwork",
)
"""Shipped presets of every kind: what is true of these for every quantity is true of the others."""
PLAIN = [name for name in VARIED if name not in ("adam", "postnetwork")]
"""Those trained by plain gradient descent, where no output is coupled to another."""
NAMES = [*VARIED, "xor", "wide"]


@cache
def session_of(name: str) -> Session:
    """Return a session at the start: of a shipped preset, or one made for the tests."""
    return made({"xor": XOR, "wide": WIDE}[name]) if name in ("xor", "wide") else shipped(name)


def shipped(name: str) -> Session:
    """Return a session of a shipped preset, at the start."""
    return open_session(_shipped_setup(name))


@cache
def _shipped_setup(name: str) -> Setup:
    return prepare(read_preset(find_preset(name)))


@cache
def audited(name: str) -> Audit:
    """Return the audit of a shipped preset."""
    return audit(_shipped_setup(name))


def made(text: str) -> Session:
    """Return a session of a preset's text, at the start."""
    return open_session(prepare(parse_preset(text, "made.toml")))


def told(session: Session, message: Message) -> Session:
    """Return a session after one message."""
    shown, _ = update(session, message)
    assert isinstance(shown, Session)
    return shown


def meant(session: Session, message: Message | By) -> Message:
    """Return a message, for lines up or down what the arrow keys mean there."""
    if not isinstance(message, By):
        return message
    moves = context_of(session) is Context.PANEL and session.prompt is None
    return Move(along=message.lines) if moves else scrolled(session, message)


def after(session: Session, *messages: Message | By) -> Session:
    """Return a session after some messages, a scroll as far as the view says."""
    for message in messages:
        session = told(session, meant(session, message))
    return session


def finished(session: Session, size: int = 1000) -> Session:
    """Return a session whose job, if it has one, is done."""
    while session.job is not None:
        session = told(session, Continue(size, 0.0))
    return session


def done(session: Session, *messages: Message | By) -> Session:
    """Return a session after some messages, each with all that it began."""
    for message in messages:
        session = finished(after(session, message))
    return session


def stepped(session: Session, phases: int) -> Session:
    """Return a session after some steps of a phase."""
    return after(session, *[Step(1)] * phases)


def card_rows(session: Session, derivation: Derivation, width: int) -> list[Row]:
    """Return the rows of a card, one below the other."""
    return list(chain.from_iterable(card(session, derivation, width)))
