"""The sessions that can be gone on with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bptui.story.keeping import KeepingError, Record
from bptui.story.restoring import Summary, summary
from bptui.tui.folders import files_in
from bptui.tui.keep import SUFFIX, InUseError, Keeper


@dataclass(frozen=True)
class Shelved:
    """A session that can be gone on with."""

    path: Path
    changed: float
    """When its last key was, in seconds since 1970."""
    summary: Summary | None
    trouble: str = ""
    """Why there is no summary."""


def shelf(environ: Mapping[str, str], preset: str | None = None) -> list[Shelved]:
    """Return the kept sessions that nobody uses, of one preset or of all, the newest first."""
    found = []
    for path, changed in files_in(environ, "sessions", SUFFIX):
        keeper = Keeper(environ)
        told: Summary | None = None
        trouble, records = "", []
        try:
            records = keeper.adopt(path)
            told = summary(records)
        except InUseError:
            continue
        except KeepingError as error:
            trouble = str(error)
        finally:
            keeper.release()
        if preset is None or (told is not None and _is_of(records[0], told, preset)):
            found.append(Shelved(path, changed, told, trouble))
    return found


def interrupted(environ: Mapping[str, str], preset: str) -> Summary | None:
    """Return the newest kept session of a preset if its user has not left it by himself."""
    for kept in shelf(environ, preset):
        return None if kept.summary is None or kept.summary.ended else kept.summary
    return None


def _is_of(head: Record, told: Summary, preset: str) -> bool:
    same_path = os.path.abspath(preset) in (head.get("path"), os.path.abspath(told.file))
    return same_path or preset in (told.name, told.file)
