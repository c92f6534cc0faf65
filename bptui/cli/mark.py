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
    from bptui.preset.answers import Sheet
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
    """Exit status 1 if some line, answer or sheet could not be read."""
    from bptui.cli.folder import Folder

    if [options.preset, *options.answers].count(STDIN) > 1:
        raise UsageError("standard input can be read only once")
    if options.out is not None and options.format == "csv":
        raise UsageError("--format csv is one table of the class; leave out --out")
    sheets = [sheet for file in options.answers for sheet in _read(file)]
    keys = _Keys(options.preset, sheets)
    folder = None if options.out is None else Folder(options.out, force=options.force)
    if folder is not None:
        folder.open()
    broken = False
    with Progress(f"0 of {len(sheets):,} sheets", prints=True) as progress:
        writer = _Writer(options.format, folder)
        for place, sheet in enumerate(sheets, 1):
            progress(f"{place - 1:,} of {len(sheets):,} sheets")
            marker = keys.marker(sheet)
            if marker is None:
                broken = True
                complain(f"bptui: {sheet.name}: line {sheet.line}: {keys.missing(sheet)}")
                continue
            marked = marker.mark(sheet)
            broken = broken or bool(marked.broken) or _unreadable(marked)
            for line in marked.broken:
                complain(f"bptui: {sheet.name}: line {line.line}: {line.told}")
            writer.write(marked, marker)
    return 1 if broken else 0


def _unreadable(marked: Marked) -> bool:
    from bptui.audit.marking import UNREADABLE

    return any(mark.verdict == UNREADABLE for mark in marked.marks)


def _read(file: str) -> tuple[Sheet, ...]:
    from bptui.preset.answers import read_answers
    from bptui.preset.limits import MAX_BYTES
    from bptui.preset.text import FileKind, decoded, read_text

    if file != STDIN:
        return read_answers(read_text(file, FileKind("a file of answers", "files", "*")), file)
    try:
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
    except OSError as error:
        raise PresetError(f"cannot be read: {error.strerror}", "<stdin>") from None
    return read_answers(decoded(data, "<stdin>"), "stdin")


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

    def write(self, marked: Marked, marker: Marker) -> None:
        from bptui.view import mark_report as view

        if self._folder is None:
            for line in self._lines(marked, marker):
                out(line)
            self._begun = True
            return
        text = "\n".join(_FILES[self._form](marked, marker.setup)) + "\n"
        suffix = {"text": "txt", "markdown": "md", "json": "json"}[self._form]
        self._folder.write(f"{self._folder.stem(marked.sheet.name)}.{suffix}", text)
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
