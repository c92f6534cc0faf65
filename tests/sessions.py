"""Sessions to test with: shipped presets and networks made for a test."""

from __future__ import annotations

from functools import cache

from bptui.audit.prepare import prepare
from bptui.preset.find import find_preset, shipped_presets
from bptui.preset.read import parse_preset, read_preset
from bptui.session.messages import Command, Step
from bptui.session.session import Session, open_session
from bptui.session.update import update

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


NAMES = [*(path.stem for path in shipped_presets()), "xor", "wide"]


@cache
def session_of(name: str) -> Session:
    """Return a session at the start: of a shipped preset, or one made for the tests."""
    return made({"xor": XOR, "wide": WIDE}[name]) if name in ("xor", "wide") else shipped(name)


def shipped(name: str) -> Session:
    """Return a session of a shipped preset, at the start."""
    return open_session(prepare(read_preset(find_preset(name))))


def made(text: str) -> Session:
    """Return a session of a preset's text, at the start."""
    return open_session(prepare(parse_preset(text, "made.toml")))


def after(session: Session, *commands: Command) -> Session:
    """Return a session after some commands."""
    for command in commands:
        session = update(session, command)
    return session


def stepped(session: Session, phases: int) -> Session:
    """Return a session after some steps of a phase."""
    return after(session, *[Step(1)] * phases)
