"""What the commands share: parsing, help, reading the preset, lines of JSON."""

from __future__ import annotations

import argparse
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from bptui.cli.streams import Progress
from bptui.preset.errors import PresetError, did_you_mean

if TYPE_CHECKING:
    from bptui.story.setup import Setup

STDIN = "-"
"""The PRESET that is read from standard input."""
WIDTH = 80
"""Columns of a help text."""


class UsageError(Exception):
    """An invalid command line; the message is for the user."""


class Parser(argparse.ArgumentParser):
    """A parser with one-line errors and the same help on every Python."""

    def __init__(self, prog: str, summary: str, examples: str) -> None:
        # argparse makes a formatter for each argument; one with a width looks at no terminal
        super().__init__(
            prog=prog,
            add_help=False,
            formatter_class=partial(argparse.HelpFormatter, width=WIDTH),
        )
        self.summary = f"{summary[:1].upper()}{summary[1:]}."
        self.examples = f"examples:\n{examples}"
        self.listed: list[argparse.Action] = []

    def add_argument(self, *names: Any, **settings: Any) -> argparse.Action:
        action = super().add_argument(*names, **settings)
        self.listed.append(action)
        return action

    def read(self, argv: Sequence[str]) -> argparse.Namespace:
        """Parse a command line.

        Raises:
            UsageError: it is invalid.
        """
        found, rest = self.parse_known_intermixed_args(argv)
        if rest:
            name = rest[0].partition("=")[0]
            if not name.startswith("-"):
                self.error(f'unexpected argument "{rest[0]}"')
            known = (option for action in self.listed for option in action.option_strings)
            self.error(f'unknown option "{name}"; {did_you_mean(name, known)}')
        return found

    def error(self, message: str) -> NoReturn:
        see = " See: " if message.endswith("?") else "; see: "
        raise UsageError(f"{message}{see}{self.prog} --help")

    def format_usage(self) -> str:
        return f"usage: {self.in_short().lstrip()}"

    def in_short(self, indent: int = len("usage: ")) -> str:
        """The command and its arguments, in as few lines as they take."""
        shown = (_in_short(action) for action in self.listed if action.dest != "help")
        return _wrapped(f"{'':{indent}}{self.prog} ", shown)

    def format_help(self) -> str:
        arguments = self.format_arguments()
        return "\n".join([self.format_usage(), f"{self.summary}\n", arguments, self.examples])

    def format_arguments(self) -> str:
        told = {_name(action): action.help or "" for action in self.listed}
        width = max(map(len, told)) + 4
        # quoted text is not split
        words = {name: re.findall(r'"[^"]*"\S*|\S+', text) for name, text in told.items()}
        return "".join(_wrapped(f"  {name}".ljust(width), words[name]) for name in told)


def _name(action: argparse.Action) -> str:
    """`PRESET`, `--depth N`, `-h, --help`."""
    value = "" if action.nargs == 0 else str(action.metavar)
    return f"{', '.join(action.option_strings)} {value}".strip()


def _in_short(action: argparse.Action) -> str:
    name = _name(action).rpartition(", ")[2]
    several = f"{name} ..." if action.nargs in ("*", "+") else name
    return several if action.required and action.nargs != "*" else f"[{several}]"


def _wrapped(head: str, words: Iterable[str]) -> str:
    """Lines of words; all after the first are indented to the width of the head."""
    lines = [head]
    for word in words:
        if len(f"{lines[-1]}{word}") > WIDTH:
            lines.append(" " * len(head))
        lines[-1] += f"{word} "
    return "".join(f"{line.rstrip()}\n" for line in lines)


# values


def whole(least: int, most: int = 0) -> Callable[[str], int]:
    """A reader of whole numbers; `most` 0 means no upper limit."""

    def read(text: str) -> int:
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
        if number < least or (most and number > most):
            bounds = f"from {least} to {most:,}" if most else f"from {least}"
            raise argparse.ArgumentTypeError(f'"{text}" must be a whole number {bounds}')
        return number

    return read


class OneOf(NamedTuple):
    """A reader of one of some names."""

    names: tuple[str, ...]

    def __call__(self, text: str) -> str:
        if text not in self.names:
            raise argparse.ArgumentTypeError(f'unknown "{text}"; {did_you_mean(text, self.names)}')
        return text


def one_of(names: Iterable[str]) -> OneOf:
    return OneOf(tuple(names))


def add_preset(parser: Parser, nargs: str | None = None, more: str = "") -> None:
    told = "a TOML file, the name of a preset (see: bptui list), or - for standard input"
    parser.add_argument("preset", nargs=nargs, metavar="PRESET", help=told + more)


def setup_of(name: str) -> Setup:
    """The setup of a command line's PRESET.

    Raises:
        PresetError: it does not exist or is invalid.
    """
    from bptui.audit.prepare import open_preset, prepare

    if name != STDIN:
        with Progress(f"reading {name}"):
            return open_preset(name)
    from bptui.preset.limits import MAX_BYTES
    from bptui.preset.read import parse_preset
    from bptui.preset.text import decoded

    file = "<stdin>"
    try:
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
    except OSError as error:
        raise PresetError(f"cannot be read: {error.strerror}", file) from None
    return prepare(parse_preset(decoded(data, file), file))


def check_new(file: str, force: bool) -> None:
    """Refuse, before any work, a file that could not be written after it.

    Raises:
        UsageError, SaveError: it exists, or cannot be saved.
    """
    from bptui.preset.save import check_can_save

    if os.path.isfile(file) and not force:
        raise UsageError(f"{file} already exists; choose another name, or add --force")
    check_can_save(Path(file), force)


# JSON


def json_line(value: object) -> str:
    """One line of JSON; what the output cannot encode or a terminal obeys is escaped."""
    import json

    text = json.dumps(finite(value), ensure_ascii=not is_unicode(sys.stdout.encoding))
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def is_unicode(encoding: str | None) -> bool:
    return (encoding or "").lower().replace("-", "").startswith("utf")


def finite(value: object) -> object:
    """NaN and infinities become None: JSON has neither."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    return [finite(item) for item in value] if isinstance(value, list) else value
