"""A network as a script that trains it: a table of languages and libraries."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from bptui.story.setup import Setup
from bptui.view import code_c, code_keras, code_numpy, code_pytorch
from bptui.view.code_plan import Plan, planned


class LackError(ValueError):
    """Something that a library cannot do; the message says what can be used instead."""


class Target(Struct, frozen=True):
    """A language or library that scripts are written for."""

    write: Callable[[Plan], list[str]]
    lacks: Callable[[Plan], Iterator[str]] = lambda plan: iter(())
    """What a network has that cannot be written for it."""


TARGETS: dict[str, Target] = {
    "numpy": Target(code_numpy.write),
    "pytorch": Target(code_pytorch.write, code_pytorch.lacks),
    "keras": Target(code_keras.write, code_keras.lacks),
    "c": Target(code_c.write),
}


def script(setup: Setup, name: str, iterations: int) -> str:
    """Return the script of a network for one of the `TARGETS`.

    Raises:
        LackError: it cannot be written for that.
    """
    plan, target = planned(setup, iterations), TARGETS[name]
    for lack in target.lacks(plan):
        others = (n for n, other in TARGETS.items() if not any(other.lacks(plan)))
        raise LackError(f"{name} has no {lack}; use --for {next(others)}")
    return "\n".join([*target.write(plan), ""])
