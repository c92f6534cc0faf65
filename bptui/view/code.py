"""A network as a script that trains it: a table of languages and libraries."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bptui.story.setup import Setup

TARGETS = {
    "numpy": "code_numpy",
    "pytorch": "code_pytorch",
    "keras": "code_keras",
    "c": "code_c",
}
"""What scripts are written for, and the module that does it.

It has `write(plan)`, which returns lines, and `lacks(plan)`, which yields what cannot be written.
"""


class LackError(ValueError):
    """Something that a library cannot do; the message says what can be used instead."""


def script(setup: Setup, name: str, iterations: int) -> str:
    """Return the script of a network for one of the `TARGETS`.

    Raises:
        LackError: it cannot be written for that.
    """
    from bptui.view.code_plan import planned

    plan = planned(setup, iterations)
    for lack in _module(name).lacks(plan):
        able = next(other for other in TARGETS if not any(_module(other).lacks(plan)))
        raise LackError(f"{name} has no {lack}; --for {able} does it")
    return "\n".join([*_module(name).write(plan), ""])


def _module(name: str) -> Any:
    return import_module(f"bptui.view.{TARGETS[name]}")
