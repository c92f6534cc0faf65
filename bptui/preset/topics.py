"""The topics that lists group presets by. To add one is to add its name."""

from __future__ import annotations

from collections.abc import Iterable

from bptui.preset.model import Preset

TOPICS = (
    "First steps",
    "Learning rules",
    "Activations and losses",
    "Classification",
    "Articles with mistakes",
)
"""In the order of lists; other topics follow, by name, then presets without one."""


def heading(topic: str) -> str:
    """What stands above the presets of a topic."""
    return topic or "Other presets"


def in_order(presets: Iterable[Preset]) -> list[Preset]:
    """Presets by topic, and within each the smallest network first."""
    return sorted(presets, key=lambda preset: (_place(preset.topic), *_size(preset)))


def _place(topic: str) -> tuple[bool, int, str]:
    return topic == "", TOPICS.index(topic) if topic in TOPICS else len(TOPICS), topic


def _size(preset: Preset) -> tuple[int, int, str]:
    return len(preset.shape), sum(preset.shape), preset.name
