"""The command line: the commands, their help, their exit statuses.

Each command is a module with EXAMPLES, `add_arguments(parser)` and `run(options)`, which returns
the exit status. It imports what it needs when it runs; only stepping imports Textual.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NamedTuple

from bptui import __version__
from bptui.cli import streams
from bptui.cli.common import Parser, UsageError
from bptui.preset.errors import PresetError, SaveError, did_you_mean

__all__ = ["COMMANDS", "main", "overview"]


class Command(NamedTuple):
    """A command: the module that does it, and what it does."""

    module: str
    summary: str


COMMANDS = {
    "cast": Command("cast", "record the app for asciinema, by a script of keys"),
    "check": Command("check", "check the figures printed in articles"),
    "code": Command("code", "print a script that trains the same network"),
    "completion": Command("completion", "print a script that completes command lines"),
    "config": Command("config", "show the configuration, or write one to be changed"),
    "explain": Command("explain", "explain where numbers come from"),
    "help": Command("help", "explain the commands, or a topic"),
    "list": Command("list_presets", "list the presets that ship with bptui"),
    "mark": Command("mark", "mark answers, with follow-through and slips"),
    "new": Command("new", "write a first preset, with comments"),
    "record": Command("record", "write computed figures into a preset"),
    "run": Command("run", "train without the app"),
    "schema": Command("schema", "print the JSON Schema of presets, for editors"),
    "serve": Command("serve", "step through a preset in a browser"),
    "show": Command("show", "print the screen, or a panel, for slides and handouts"),
    "trace": Command("trace", "print every quantity at every moment"),
    "vary": Command("vary", "make exercises: the same network with other numbers"),
}
_STEP = Command("step", "step through a preset, or choose one from a list")

_ENDING = """\
exit status:
  0      success
  1      a figure is wrong and unexplained; a run diverged; or bptui crashed
         (one line on stderr names the report, or the package that cannot be
         imported)
  2      the preset, the command line or a kept session is invalid, or output
         cannot be written (one line on stderr says why)
  128+n  ended by signal n (130: ctrl+c)
"""


def main(argv: Sequence[str] | None = None) -> int:
    streams.open_missing()
    streams.spell_out()
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        try:
            return _dispatch(words)
        finally:
            streams.flush()
    except (PresetError, SaveError, UsageError, streams.OutputError) as error:
        streams.complain(f"bptui: {error}")
        return 2
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt as stopped:
        streams.complain(f"bptui: stopped{''.join(map(str, stopped.args))}")
        return 130
    except Exception as error:
        streams.complain(_failure(error, words))
        return 1


def _dispatch(words: list[str]) -> int:
    match words:
        case ["_candidates", *begun]:  # asked by the scripts of `completion`
            from bptui.cli.candidates import candidates

            streams.out("".join(f"{word}\n" for word in candidates(begun)), end="")
            return 0
        case ["_visit", *words]:  # what `serve` runs for a visitor
            from bptui.cli.serve import visit

            return visit(words)
        case [name, *rest] if name in COMMANDS:
            return _run(name, COMMANDS[name], rest)
    if not {"-h", "--help"}.isdisjoint(words):
        streams.out(overview(), end="")
        return 0
    if "--version" in words:
        streams.out(f"bptui {__version__}")
        return 0
    if words and not words[0].startswith("-"):
        _refuse_mistyped(words[0])
    return _run("", _STEP, words)


def _run(name: str, command: Command, argv: list[str]) -> int:
    parser = _parser(name, command)
    if not {"-h", "--help"}.isdisjoint(argv):
        streams.out(parser.format_help(), end="")
        return 0
    status: int = _module(command).run(parser.read(argv))
    return status


def parser_of(name: str) -> Parser:
    """The parser of a command; "" is stepping."""
    return _parser(name, COMMANDS[name] if name else _STEP)


def help_of(name: str) -> str:
    """The help of a command."""
    return parser_of(name).format_help()


def _module(command: Command) -> Any:
    return import_module(f"bptui.cli.{command.module}")


def _parser(name: str, command: Command) -> Parser:
    module = _module(command)
    parser = Parser(f"bptui {name}".strip(), command.summary, module.EXAMPLES)
    module.add_arguments(parser)
    parser.add_argument("-h", "--help", action="store_true", help="show this help")
    return parser


def overview() -> str:
    step = _parser("", _STEP)
    commands = [
        f"{_parser(name, command).in_short(2)}      {command.summary}\n"
        for name, command in COMMANDS.items()
    ]
    return "\n".join(
        [
            f"{step.format_usage()}       bptui COMMAND ...\n",
            f"{step.summary}\nIn the app, ? explains the keys and marks.\n",
            step.format_arguments(),
            step.examples,
            f"commands (more: bptui COMMAND --help; PRESET may be -):\n{''.join(commands)}",
            _topics(),
            _ENDING,
        ]
    )


def _topics() -> str:
    from bptui.cli.help import TOPICS

    width = max(map(len, TOPICS)) + 2
    lines = (f"  {name:{width}}{summary}\n" for name, summary in TOPICS.items())
    return f"topics (bptui help TOPIC):\n{''.join(lines)}"


def _refuse_mistyped(word: str) -> None:
    """Refuse a word that is not a preset but is nearly a command."""
    from bptui.preset.find import find_preset, shipped_presets

    try:
        find_preset(word)
    except PresetError:
        hint = did_you_mean(word, [*COMMANDS, *(file.stem for file in shipped_presets())])
        if hint in [f'did you mean "{name}"?' for name in COMMANDS]:
            raise UsageError(f"{word}: unknown command or preset; {hint}") from None


def _failure(error: Exception, words: list[str]) -> str:
    """The line about an internal failure, which is reported unless a broken import explains it."""
    from bptui.crash import broken_import, crash_line, told_of_import, write_report

    package = broken_import(error)
    if package is not None:
        return told_of_import(package, error)
    file = write_report(os.environ, error, [words])
    return crash_line(error, file)
