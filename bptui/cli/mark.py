"""`bptui mark`: points for somebody's answers, and what went wrong first."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bptui.cli.common import STDIN, Parser, UsageError, add_preset, json_line, one_of, setup_of
from bptui.cli.streams import Progress, complain, one_line, out
from bptui.preset.errors import PresetError

if TYPE_CHECKING:
    from bptui.audit.marking import Marked, Marker
    from bptui.cli.folder import Folder
    from bptui.preset.sheet import Sheet
    from bptui.story.setup import Setup

EXAMPLES = """\
  bptui mark mazur answers.txt
  bptui mark my.toml class.csv --format csv > marks.csv
  bptui mark my.toml class.csv --format markdown --out feedback
"""
FORMATS = ("text", "markdown", "csv", "json")


def add_arguments(parser: Parser) -> None:
    add_preset(parser, None, "; or a folder of bptui vary, with a key for each student")
    told = "files of answers, or -: lines like w5 = 0.3589, CSV, TOML like [expected.N.PHASE], "
    told += "or JSON as bptui trace --json prints it"
    parser.add_argument("answers", nargs="+", metavar="ANSWERS", help=told)
    told = "text (default), markdown (feedback for a student), csv (a line a student) or json "
    told += "(an object a line)"
    parser.add_argument(
        "--format", type=one_of(FORMATS), default="text", metavar="FORMAT", help=told
    )
    told = "write a file for each student into this folder, and print their points"
    parser.add_argument("--out", metavar="DIR", help=told)
    parser.add_argument("--force", action="store_true", help="write into a folder with files")


def run(options: argparse.Namespace) -> int:
    """Exit status 1 if some file, line, answer or sheet could not be read."""
    from bptui.cli.folder import Folder

    if [options.preset, *options.answers].count(STDIN) > 1:
        raise UsageError("standard input can be read only once")
    if options.out is not None and options.format == "csv":
        raise UsageError("--format csv is one table of the class; leave out --out")
    complaints = _Complaints()
    sheets = _sheets(options.answers, complaints)
    keys = _Keys(options.preset, [sheet for _, sheet in sheets])
    folder = None if options.out is None else Folder(options.out, force=options.force)
    if folder is not None:
        folder.open()
    with Progress(f"0 of {len(sheets):,} sheets marked", prints=True) as progress:
        writer = _Writer(options.format, folder)
        for place, (file, sheet) in enumerate(sheets, 1):
            marker = keys.marker(sheet)
            if marker is None:
                complaints(f"{file}:{sheet.line}: {keys.missing(sheet)}")
                continue
            for told in marker.not_understood(sheet):
                complaints(f"{file}:{sheet.header}: {told}; this column is left out")
            marked = marker.mark(sheet)
            for line in marked.broken:
                complaints(f"{file}:{line.line}: {line.told}")
            complaints.any = complaints.any or _unreadable(marked)
            writer.write(marked, marker)
            progress(f"{place:,} of {len(sheets):,} sheets marked")
    return 1 if complaints.any else 0


class _Complaints:
    """What could not be read, each thing told once."""

    def __init__(self) -> None:
        self._told = set[str]()
        self.any = False

    def __call__(self, text: str) -> None:
        self.any = True
        if text not in self._told:
            self._told.add(text)
            complain(f"bptui: {text}")


def _sheets(files: Sequence[str], complaints: _Complaints) -> list[tuple[str, Sheet]]:
    """The sheets of all files, with the files; one that cannot be read costs only itself.

    Raises:
        PresetError: none can be read.
    """
    found: list[tuple[str, Sheet]] = []
    for place, file in enumerate(files):
        try:
            found += [(file, sheet) for sheet in _read(file)]
        except PresetError as error:
            if not found and place == len(files) - 1:
                raise
            complaints(str(error))
    return found


def _unreadable(marked: Marked) -> bool:
    from bptui.audit.judging import Stands

    return any(mark.stands is Stands.UNREADABLE for mark in marked.marks)


def _read(file: str) -> tuple[Sheet, ...]:
    from bptui.preset.limits import MAX_BYTES
    from bptui.preset.sheets import read_sheets
    from bptui.preset.text import FileKind, decoded, read_text

    if file != STDIN:
        return read_sheets(read_text(file, FileKind("a file of answers", "files", "*")), file)
    try:
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
    except OSError as error:
        raise PresetError(f"cannot be read: {error.strerror}", "<stdin>") from None
    return read_sheets(decoded(data, "<stdin>"), "stdin")


class _Keys:
    """The preset that each sheet is marked by: one for all, or one for each student."""

    def __init__(self, name: str, sheets: Sequence[Sheet]) -> None:
        from bptui.audit.marking import Marker

        self._folder, self._marker = Path(name), None
        if name == STDIN or not Path(name).is_dir():
            self._marker = Marker(setup_of(name), sheets)
        elif not any(self._file(sheet).is_file() for sheet in sheets):
            raise PresetError(f"{self.missing(sheets[0])}; name sheets like their keys", name)

    def _file(self, sheet: Sheet) -> Path:
        from bptui.cli.folder import of_person

        return of_person(self._folder, sheet.name, "-key.toml")

    def missing(self, sheet: Sheet) -> str:
        return f"there is no {self._file(sheet).name}"

    def marker(self, sheet: Sheet) -> Marker | None:
        """What marks a sheet, None if its key is missing."""
        from bptui.audit.marking import Marker

        if self._marker is not None:
            return self._marker
        file = self._file(sheet)
        return Marker(setup_of(str(file)), [sheet]) if file.is_file() else None


class _Writer:
    """Writes marked sheets to standard output, or each into a file."""

    def __init__(self, form: str, folder: Folder | None) -> None:
        self._form, self._folder = form, folder
        self._begun = False
        self._often: dict[str, int] = {}
        """How many sheets have been written of each name."""

    def write(self, marked: Marked, marker: Marker) -> None:
        from bptui.view import mark_report as view

        if self._folder is None:
            for line in self._lines(marked, marker):
                out(line)
            self._begun = True
            return
        text = "\n".join(_FILES[self._form](marked, marker.setup)) + "\n"
        suffix = {"text": "txt", "markdown": "md", "json": "json"}[self._form]
        name = marked.sheet.name
        self._often[name] = often = self._often.get(name, 0) + 1
        stem = self._folder.stem(name if often == 1 else f"{name} {often}")
        self._folder.write(f"{stem}.{suffix}", text)
        out(one_line(view.as_text(marked)[0]))

    def _lines(self, marked: Marked, marker: Marker) -> Iterator[str]:
        from bptui.view import mark_report as view

        if self._form != "csv":
            yield from [""] if self._begun and self._form != "json" else []
            yield from _FILES[self._form](marked, marker.setup)
            return
        questions = tuple(marker.questions.values())
        if not self._begun:
            yield view.csv_head(questions)
        yield view.csv_row(marked, questions)


def _text(marked: Marked, setup: Setup) -> list[str]:
    from bptui.view.mark_report import as_text

    return [one_line(line) for line in as_text(marked)]


def _markdown(marked: Marked, setup: Setup) -> list[str]:
    from bptui.view.mark_report import as_markdown

    return [as_markdown(marked, setup).rstrip("\n")]


def _json(marked: Marked, setup: Setup) -> list[str]:
    from bptui.view.mark_report import as_json

    return [json_line(as_json(marked))]


_FILES: dict[str, Callable[[Marked, Setup], list[str]]] = {
    "text": _text,
    "markdown": _markdown,
    "json": _json,
}
"""What a file of one student has, by format."""
