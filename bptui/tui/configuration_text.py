"""The text of a configuration: what it may say, what is wrong in it, and the first one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import tomli
from rich.errors import StyleSyntaxError
from rich.style import Style

from bptui.preset.errors import did_you_mean, listed, shortened
from bptui.preset.lines import line_of
from bptui.preset.syntax import explain
from bptui.preset.text import FileKind
from bptui.session.key import SIGNS, sign
from bptui.session.key_table import GROUPS
from bptui.session.keys import KEYS
from bptui.session.messages import Panel
from bptui.session.parts import DIGITS, Preferences
from bptui.story.steps import Granularity
from bptui.tui.configuration import Configuration, Problem
from bptui.tui.palette import RGB

FILE = FileKind("a configuration in TOML", "configurations", "*.toml")


def parsed(text: str, file: Path) -> Configuration:
    """The configuration of a text; what is wrong in it is a problem, and stays as usual."""
    try:
        document = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        line, told = explain(error)
        return Configuration(file, problems=(Problem(told, line),))
    except (RecursionError, ValueError):
        return Configuration(file, problems=(Problem("not TOML that can be read"),))
    problems: list[Problem] = []

    def refuse(path: tuple[str, ...], told: str) -> None:
        problems.append(Problem(told, line_of(text, path)))

    settings: dict[str, Any] = {}
    for key, value in document.items():
        if key not in SETTINGS and key not in _TABLES:
            refuse((key,), f'unknown key "{key}"; {did_you_mean(key, [*SETTINGS, *_TABLES])}')
        elif key in SETTINGS:
            choices = SETTINGS[key]
            if type(value) is type(next(iter(choices))) and value in choices:
                settings[key] = choices[value]
            else:
                told = listed(str(c).lower() for c in choices)
                refuse((key,), f'"{key}" must be one of {told}')
        elif not isinstance(value, dict):
            refuse((key,), f'"{key}" must be a table: [{key}], then a line for each')
    keys = _keys(_table(document, "keys"), refuse)
    colours = tuple(_colours(_table(document, "colours"), refuse))
    shown = {name: settings.pop(name) for name in ("mouse", "projector") if name in settings}
    preferences = Preferences(
        digits=settings.get("digits", 0),
        granularity=settings.get("steps", Granularity.PHASE),
        second=settings.get("panel", Panel.INSPECTOR),
        keys=keys,
    )
    found = sorted(problems, key=lambda problem: problem.line or 0)
    return Configuration(file, preferences, colours=colours, problems=tuple(found), **shown)


_YES_OR_NO = {False: False, True: True}
SETTINGS: dict[str, dict[Any, Any]] = {
    "digits": {digits: digits for digits in DIGITS},
    "steps": {grain.value: grain for grain in Granularity},
    "panel": {panel.value: panel for panel in Panel if panel is not Panel.DIAGRAM},
    "mouse": _YES_OR_NO,
    "projector": _YES_OR_NO,
}
"""The keys of the file, what they may be, and what that is here."""
_TABLES = ("keys", "colours")
Refuse = Callable[[tuple[str, ...], str], None]


def _table(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    table = document.get(key)
    return table if isinstance(table, dict) else {}


def _colours(table: Mapping[str, Any], refuse: Refuse) -> Iterator[tuple[str, str]]:
    for role, style in table.items():
        if role not in RGB:
            refuse(("colours", role), f'unknown role "{role}"; {did_you_mean(role, RGB)}')
            continue
        try:
            Style.parse(style if isinstance(style, str) else "?")
        except (StyleSyntaxError, ValueError):
            told = f'"{role}" must be a style such as "bold #ebcb8b" or "red on white"'
            refuse(("colours", role), told)
            continue
        yield role, style


# keys

_ACTIONS = {key.action: key for key in KEYS}
_NEEDED = ("quit", "help")
"""Actions that need a key: without them nobody finds out."""


def _keys(table: Mapping[str, Any], refuse: Refuse) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The keys of the actions that have other ones than usual; no key has two actions."""
    wanted: dict[str, tuple[str, ...]] = {}
    for action, value in table.items():
        told = _wrong(action, value)
        if told:
            refuse(("keys", action), told)
        else:
            names = [value] if isinstance(value, str) else value
            wanted[action] = tuple(dict.fromkeys(filter(None, map(key_name, names))))
    owners = {n: a for a, key in _ACTIONS.items() if a not in wanted for n in key.keys}
    for action in [*wanted]:
        clash = next((name for name in wanted[action] if name in owners), None)
        if clash is not None:
            owner = owners[clash]
            mend = f"give {owner} another key, or none: {owner} = []"
            refuse(("keys", action), f"{sign(clash)} is already the key of {owner}; {mend}")
            wanted[action] = tuple(n for n in _ACTIONS[action].keys if n not in owners)
        owners |= dict.fromkeys(wanted[action], action)
    return tuple(wanted.items())


def _wrong(action: str, value: object) -> str:
    """What is wrong with the keys of an action."""
    if action not in _ACTIONS:
        return f'unknown action "{action}"; {did_you_mean(action, _ACTIONS)}'
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return f'"{action}" must be a key, or a list of keys: ["n", "space"]'
    for name in names:
        if key_name(name) is None:
            return f'no key "{shortened(name)}"; keys are like n, N, ?, ctrl+n, f5, pgdn, left'
    return f"{action} needs a key" if action in _NEEDED and not names else ""


_NAMED = re.compile(
    r"((ctrl|shift|alt)\+)*(space|enter|tab|escape|backspace|delete|insert|home|end|pageup|pagedown"
    r"|up|down|left|right|f([1-9]|1\d|2[0-4]))"
)
_BY_SIGN = {written: name for name, written in SIGNS.items()}
_TEXTUAL = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}


def key_name(written: str) -> str | None:
    """What Textual calls a key, from how people write it; None if it is none.

    >>> key_name("?"), key_name("pgdn"), key_name("ctrl+n"), key_name("N"), key_name("huh")
    ('question_mark', 'pagedown', 'ctrl+n', 'N', None)
    """
    if written in _BY_SIGN or written in SIGNS:
        return _BY_SIGN.get(written, written)
    if len(written) == 1 and written.isprintable() and not written.isspace():
        if written.isalnum():
            return written
        name = unicodedata.name(written, "").lower().replace("-", "_").replace(" ", "_")
        return _TEXTUAL.get(name, name) or None
    if _NAMED.fullmatch(written) or re.fullmatch(r"(ctrl|alt)\+[a-z0-9]", written):
        return written
    return None


# the file as it is written at first


def template() -> str:
    """A configuration with all that can be said, as it is without one."""
    return "\n".join([*_head(), "[keys]", *_key_lines(), "", "[colours]", *_colour_lines(), ""])


def _head() -> Iterator[str]:
    told = "# What differs from what is usual; remove the # in front of a line to change it."
    yield from (told, "")
    usual = {"digits": 0, "steps": "phase", "panel": "inspector"}
    for key, choices in SETTINGS.items():
        value = usual.get(key, False)
        yield f"# {key} = {_toml(value)}  # or {', '.join(_toml(c) for c in choices if c != value)}"
    yield ""


def _toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def _key_lines() -> Iterator[str]:
    yield '# an action and its key, or several: ["n", "space"]; or none: []'
    yield "# while text is typed, enter, esc, arrows, backspace and ctrl+u are as everywhere"
    for group, keys in GROUPS.items():
        yield f"# {group}"
        for key in keys:
            names = ", ".join(_quoted(sign(name)) for name in key.keys)
            yield f"# {key.action} = [{names}]"


def _quoted(text: str) -> str:
    return "'\\'" if text == "\\" else f'"{text}"'


def _colour_lines() -> Iterator[str]:
    yield "# a role and its style, on terminals with 256 colours or more; here those on dark"
    for role, style in RGB.items():
        yield f"# {_quoted(role) if ' ' in role else role} = {_quoted(style)}"
