"""The table of keys as a user has configured it, and how the keys are written."""

from __future__ import annotations

from functools import lru_cache

from msgspec.structs import replace

from bptui.session.key import Key, sign
from bptui.session.key_table import GROUPS
from bptui.session.parts import Preferences


@lru_cache(maxsize=4)
def groups_of(preferences: Preferences) -> dict[str, tuple[Key, ...]]:
    """The table with the keys that a user has configured."""
    own = dict(preferences.keys)
    return {
        group: tuple(
            replace(
                key,
                keys=own.get(key.action, key.keys),
                help=key.help.format_map(_written(preferences)),
            )
            for key in keys
        )
        for group, keys in GROUPS.items()
    }


@lru_cache(maxsize=4)
def keys_of(preferences: Preferences) -> tuple[Key, ...]:
    return tuple(key for keys in groups_of(preferences).values() for key in keys)


@lru_cache(maxsize=4)
def _written(preferences: Preferences) -> dict[str, str]:
    """How the key of each action is written; where it has none, that of the list of commands."""
    own = dict(preferences.keys)
    found = {k.action: own.get(k.action, k.keys) for keys in GROUPS.values() for k in keys}
    return {a: sign((*keys, *found["find_anything"], "no key")[0]) for a, keys in found.items()}


def key_for(preferences: Preferences, action: str) -> str:
    """How the key of an action is written; where it has none, that of the list of commands."""
    return _written(preferences)[action]


def up_and_down(preferences: Preferences) -> str:
    """How the keys are written that move a cursor or scroll: `↑↓`."""
    keys = [key_for(preferences, action) for action in ("up", "down")]
    return ("" if keys == ["↑", "↓"] else " ").join(keys)


@lru_cache(maxsize=4)
def by_name(preferences: Preferences) -> dict[str, Key]:
    return {name: key for key in keys_of(preferences) for name in key.keys}


KEYS = keys_of(Preferences())
"""As they are without a configuration."""
