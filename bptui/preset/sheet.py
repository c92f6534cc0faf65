"""A sheet of answers, and what of it cannot be read."""

from __future__ import annotations

from msgspec import Struct


class Answer(Struct, frozen=True, gc=False):
    """A number that somebody gives, as it is written; nothing is understood yet."""

    address: str
    text: str
    """Empty if there is no answer."""
    line: int
    when: str = ""
    """`2 backward`, `2`, or nothing."""


class Broken(Struct, frozen=True):
    """A line that cannot be read, and why."""

    line: int
    told: str


class Sheet(Struct, frozen=True):
    """The answers of one person or program."""

    name: str
    line: int
    answers: tuple[Answer, ...]
    broken: tuple[Broken, ...] = ()
    header: int = 0
    """The line that says what each answer is of, for the sheets of a whole class."""


class SheetError(Exception):
    """A text that makes no sense as a whole."""

    def __init__(self, told: str, line: int) -> None:
        self.told, self.line = told, line
