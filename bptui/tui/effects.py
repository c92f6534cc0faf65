"""Effects on the outside world, and the messages that report their results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import monotonic

from msgspec.structs import replace

from bptui.audit.findings import Auditor
from bptui.audit.prepare import prepare
from bptui.preset.errors import PresetError, SaveError
from bptui.preset.find import files_here, seems_preset, shipped_presets
from bptui.preset.model import Preset
from bptui.preset.read import read_preset
from bptui.preset.save import save
from bptui.preset.topics import heading, in_order
from bptui.session.effects import Save, SaveScreen
from bptui.session.messages import (
    Audited,
    Listed,
    Loaded,
    Message,
    NotReread,
    NotSaved,
    Pictured,
    Previewed,
    Said,
    Saved,
)
from bptui.session.picker import Entry
from bptui.session.rereading import rebuilt
from bptui.session.session import Session
from bptui.story.landscape import Task
from bptui.story.setup import Setup
from bptui.story.slices import run_to
from bptui.tui.drawing import rows_of
from bptui.tui.export import format_of
from bptui.tui.palette import palette_name
from bptui.tui.supervisor import Supervisor


def saved(effect: Save) -> Message:
    """Save a file; overwrite one only after a second enter."""
    return _saved(effect, lambda: effect.text)


def screen_saved(effect: SaveScreen, session: Session, colours: str, signs: str) -> Message:
    """Save the screen as it would be without the prompt."""
    shown = replace(session, prompt=None)
    title = f"{shown.setup.preset.name} at {shown.moment}"
    palette = palette_name(colours, projector=shown.projector)

    def text() -> str:
        write = format_of(effect.path).write
        return write(rows_of(shown, *shown.size, signs), palette, title)

    return _saved(effect, text)


def _saved(effect: Save | SaveScreen, text: Callable[[], str]) -> Message:
    try:
        path, whole = Path(effect.path).expanduser(), text()
        if path.is_file() and not effect.overwrite:
            told = f"{effect.path} already exists; enter again overwrites it"
            return NotSaved(told, exists=True)
        save(whole, path, overwrite=effect.overwrite)
    except (SaveError, OSError, RuntimeError, ValueError) as error:
        return NotSaved(str(error))
    return Saved(str(path))


def listed(supervisor: Supervisor, *, served: bool) -> Iterator[Message]:
    """List the shipped presets, then the files of the current folder, then what each of them is.

    If served, the folder's files are nobody's business.
    """
    presets = in_order(map(read_preset, shipped_presets()))
    shipped = tuple(_entry(preset, preset.name, heading(preset.topic)) for preset in presets)
    yield Listed(shipped)
    files = [] if served else files_here()
    here = {file: Entry(file.name, "", "", str(file), _HERE) for file in files}
    try:
        for file in files:
            yield Listed((*shipped, *here.values()))
            entry = _entry_of(file)
            here = here | {file: entry} if entry else {k: v for k, v in here.items() if k != file}
        yield Listed((*shipped, *here.values()))
    except Exception as error:
        yield Said(supervisor.told("Reading this folder", error))


_HERE = "In this folder"


def _entry(preset: Preset, name: str, under: str) -> Entry:
    shape = "-".join(map(str, preset.shape))
    return Entry(name, preset.title, preset.source, preset.file, under, shape, preset.summary)


def _entry_of(file: Path) -> Entry | None:
    """A file in the list: a preset, why it is none, or nothing if it is not meant as one."""
    try:
        preset = read_preset(file)
        prepare(preset)
        return _entry(preset, file.name, _HERE)
    except PresetError as error:
        told = f"line {error.line}: {error.message}" if error.line else error.message
    return Entry(file.name, "", "", str(file), _HERE, problem=told) if seems_preset(file) else None


def loaded(file: str) -> Message:
    try:
        return Loaded(prepare(read_preset(file)))
    except PresetError as error:
        return Said(str(error))


def previewed(file: str) -> Message:
    """Read a preset for its picture; what cannot be read has none."""
    try:
        return Previewed(file, prepare(read_preset(file)))
    except PresetError:
        return Previewed(file, None)


def reread(session: Session, supervisor: Supervisor) -> Iterator[Message]:
    """Read a session's preset again, unless it says what it said before."""
    before = session.printed_setup.preset
    try:
        preset = read_preset(before.file)
        if _said(preset) == _said(before):
            yield Said(f"{before.file} was saved, and says the same")
            return
        yield rebuilt(session, prepare(preset), partial(run_to, tell=_silent, clock=monotonic))
    except PresetError as error:
        yield NotReread(f"Not read again: {error}")
    except Exception as error:
        yield NotReread(supervisor.told("Reading the preset again", error))


def _said(preset: Preset) -> tuple[str, str]:
    return preset.text, preset.rows.text if preset.rows is not None else ""


def _silent(done: int, total: int) -> None:
    pass


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


def pictured(missing: Task | str, supervisor: Supervisor) -> Iterator[Message]:
    """Yield what a picture needs computed: a task's result, or a preset's small picture."""
    try:
        if isinstance(missing, str):
            yield previewed(missing)
        else:
            yield Pictured(missing, missing.result())
    except Exception as error:
        yield Said(supervisor.told("A picture", error))
        if isinstance(missing, str):
            yield Previewed(missing, None)
