"""What a preset's author reads when a file is wrong: one line with file, line and mend."""

from __future__ import annotations

from collections.abc import Iterable

KeyPath = tuple[str | int, ...]
"""Where a value stands in a TOML document: ("layers", 1, "activation")."""

_LONG = 300
_MANY = 5_000
"""Of more words, only those that begin alike are compared, which takes a while for each."""


class PresetError(Exception):
    """A preset that cannot be used: `file:line: what is wrong and what would be right`."""

    def __init__(self, message: str, file: str, line: int | None = None) -> None:
        if len(message) > 2 * _LONG:  # it quotes what is long; its end says what would be right
            message = f"{message[:_LONG]} ... {message[-_LONG:]}"
        self.message, self.file, self.line = message, file, line
        super().__init__(f"{file}:{line}: {message}" if line else f"{file}: {message}")


class SaveError(Exception):
    """A preset that cannot be saved: `file: what is in the way and what to do about it`."""

    def __init__(self, message: str, file: str = "") -> None:
        self.message, self.file = message, file
        super().__init__(f"{file}: {message}" if file else message)


class Fault(Exception):  # noqa: N818 - an error only once it has a line
    """A wrong value at a key path; whoever holds the text turns the path into a line."""

    def __init__(self, path: KeyPath, message: str) -> None:
        self.path, self.message = path, message
        super().__init__(message)


def did_you_mean(word: str, known: Iterable[str], most: int = 12) -> str:
    """Say which of the known words was probably meant, or list them.

    >>> did_you_mean("sigmod", ["sigmoid", "tanh"])
    'did you mean "sigmoid"?'
    """
    from difflib import get_close_matches  # only an error needs it

    known = list(known)
    folded = {name.casefold(): name for name in reversed(known)}
    asked, near = word.casefold(), [*folded]
    if len(near) > _MANY:
        near = [name for name in near if name.startswith(asked[: len(asked) // 2 + 1])]
    if close := get_close_matches(asked, near, n=1, cutoff=0.6):
        return f'did you mean "{folded[close[0]]}"?'
    return offered(known, most)


def offered(names: Iterable[str], most: int = 12) -> str:
    """Say what there is to choose from.

    >>> offered(["sum", "mean"]), offered(["o1"])
    ('choose from sum, mean', 'the only one is o1')
    """
    match names := list(names):
        case []:
            return "there are none"
        case [name]:
            return f"the only one is {name}"
    return f"choose from {listed(names, most)}"


def shortened(text: str, most: int = 30) -> str:
    """Cut a text that is quoted in an error.

    >>> shortened("abcdefgh", 6)
    'abc...'
    """
    return text if len(text) <= most else f"{text[: most - 3]}..."


def named(path: KeyPath) -> str:
    """Say what an author calls a value: by its key, and by its place in a list.

    >>> named(("samples", 0, "input", 1))
    'item 2 of "input"'
    """
    names = []
    for part in reversed(path):
        names.append(f"item {part + 1}" if isinstance(part, int) else f'"{part}"')
        if isinstance(part, str):
            break
    return " of ".join(names)


def counted(number: int, noun: str) -> str:
    """Put a number before a noun.

    >>> counted(1, "row"), counted(2, "row")
    ('1 row', '2 rows')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(names: Iterable[str], most: int = 12) -> str:
    """Join names for a sentence, cut after `most`: `h1, h2`, or `none`."""
    names = list(names)
    shown = ", ".join(names[:most]) or "none"
    return shown if len(names) <= most else f"{shown}, ... ({len(names)} in all)"
