"""Effects on the outside world, and the messages that report their results."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bptui.audit.findings import Auditor
from bptui.audit.prepare import prepare
from bptui.preset.errors import PresetError, SaveError
from bptui.preset.find import shipped_presets
from bptui.preset.read import read_preset
from bptui.preset.save import save
from bptui.session.effects import Save
from bptui.session.messages import Audited, Entry, Listed, Loaded, Message, NotSaved, Said, Saved
from bptui.story.setup import Setup
from bptui.tui.supervisor import Supervisor


def saved(effect: Save) -> Message:
    """Save a file; overwrite one only after a second enter."""
    try:
        path = Path(effect.path).expanduser()
        if path.is_file() and not effect.overwrite:
            told = f"{effect.path} already exists; enter again overwrites it"
            return NotSaved(told, exists=True)
        save(effect.text, path, overwrite=effect.overwrite)
    except (SaveError, OSError, RuntimeError, ValueError) as error:
        return NotSaved(str(error))
    return Saved(str(path))


def listed() -> Message:
    presets = [(path, read_preset(path)) for path in shipped_presets()]
    entries = (Entry(p.name, p.title, p.source, str(path)) for path, p in presets)
    return Listed(tuple(entries))


def loaded(file: str) -> Message:
    try:
        return Loaded(prepare(read_preset(file)))
    except PresetError as error:
        return Said(str(error))


def audited(setup: Setup, supervisor: Supervisor) -> Iterator[Message]:
    """Audit a preset's figures; tell whenever it does something else, first with the verdicts."""
    auditor, told = Auditor(setup), ""
    try:
        for doing in auditor.work():
            if doing != told:
                verdicts = auditor.audit if auditor.audit.findings else None
                yield Audited(setup, doing, verdicts)
            told = doing
        yield Audited(setup, "", auditor.audit)
    except Exception as error:
        yield Said(supervisor.told("The audit", error))
