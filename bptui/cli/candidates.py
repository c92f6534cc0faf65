"""What a command line can go on with, for the shell's completion.

Parsers say which options there are and what their values are; a metavar with many values has an
entry in `_VALUES`. Files are left to the shell, where nothing else is possible.
"""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from bptui.cli.common import STDIN, OneOf, Parser, UsageError, setup_of
from bptui.preset.errors import PresetError

_MOST = 5_000
"""Of presets with more quantities, no addresses are offered."""


def candidates(words: Sequence[str]) -> list[str]:
    """What the last of some words, perhaps empty, can become."""
    *before, begun = map(_unquoted, words or [""])
    found = [word for word in _possible(before, begun) if word.startswith(begun)]
    return list(dict.fromkeys(found))


def _unquoted(word: str) -> str:
    """A word as the shell will see it; its quote may still be open."""
    for end in ("", '"', "'"):
        with suppress(ValueError):
            return " ".join(shlex.split(word + end))
    return word


def _possible(before: Sequence[str], begun: str) -> Iterable[str]:
    from bptui.cli import COMMANDS, parser_of

    if not before and not begun.startswith("-"):
        return [*COMMANDS, *_presets()]
    name, *rest = before if before and before[0] in COMMANDS else ["", *before]
    parser = parser_of(name)
    given, values = _given(parser, rest)
    if values is not None:
        return _values(values, given)
    if begun.startswith("-"):
        return [option for action in parser.listed for option in action.option_strings]
    return _of_place(parser, given)


def _given(parser: Parser, words: Sequence[str]) -> tuple[list[str], argparse.Action | None]:
    """The words that belong to no option, and the option that still wants its value."""
    options = {option: action for action in parser.listed for option in action.option_strings}
    given, wants = [], None
    for word in words:
        if wants is not None:
            wants = None
        elif word in options:
            wants = options[word] if options[word].nargs != 0 else None
        else:
            given.append(word)
    return given, wants


def _of_place(parser: Parser, given: list[str]) -> Iterable[str]:
    """What can stand where no option does."""
    places = [action for action in parser.listed if not action.option_strings]
    for place, action in enumerate(places):
        if action.nargs in ("*", "+") or place == len(given):
            return _values(action, given)
    return []


def _values(action: argparse.Action, given: list[str]) -> Iterable[str]:
    if isinstance(action.type, OneOf):
        return action.type.names
    values = _VALUES.get(str(action.metavar))
    return [] if values is None else values(given)


def _presets() -> list[str]:
    from bptui.preset.find import files_here, seems_preset, shipped_presets

    return [
        *(file.stem for file in shipped_presets()),
        *(str(file) for file in files_here() if seems_preset(file)),
    ]


def _addresses(given: list[str]) -> list[str]:
    """The addresses of the preset that is already given, if they are few."""
    from bptui.story.address import all_quantities, has_at_most

    if not given or given[0] == STDIN:
        return []
    try:
        setup = setup_of(given[0])
    except (PresetError, UsageError):
        return []
    return [*map(str, all_quantities(setup))] if has_at_most(setup, _MOST) else []


def _topics(given: list[str]) -> list[str]:
    from bptui.cli import COMMANDS
    from bptui.cli.help import TOPICS

    return [*TOPICS, *COMMANDS]


_VALUES: dict[str, Callable[[list[str]], Iterable[str]]] = {
    "PRESET": lambda given: _presets(),
    "QUANTITY": _addresses,
    "TOPIC": _topics,
}
