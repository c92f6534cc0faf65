"""`bptui mark`: points for somebody's answers, and what went wrong first."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bptui.cli.common import STDIN, Parser, UsageError, add_preset, json_line, one_of, setup_of
from bptui.cli.streams import Progress, one_line, out
from bptui.preset.errors import PresetError

if TYPE_CHECKING:
    from bptui.audit.marking import Marked, Marker
    from bptui.preset.answers import Sheet
    from bptui.story.setup import Setup

EXAMPLES = """\
  bptui mark mazur answers.txt
  bptui mark exercise.toml class.csv --format csv > marks.csv
  bptui mark exercises/ class.csv --format markdown --out feedback
  my_program | bptui mark mazur -
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
    """Exit status 1 if some line or answer could not be read."""
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
            marker = keys.marker(sheet)
            marked = marker.mark(sheet)
            broken = broken or bool(marked.broken) or _unreadable(marked)
            writer.write(marked, marker)
            progress(f"{place:,} of {len(sheets):,} sheets")
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

        self._each = name != STDIN and Path(name).is_dir()
        self._folder, self._sheets = Path(name), sheets
        self._marker = None if self._each else Marker(setup_of(name), sheets)
        if not self._each:
            return
        for sheet in sheets:
            if not self._file(sheet).is_file():
                told = f"has no {self._file(sheet).name}, the key of {sheet.name[:60]}"
                raise PresetError(f"{told}; name the sheet like its key", name)

    def _file(self, sheet: Sheet) -> Path:
        from bptui.cli.folder import file_stem

        return self._folder / f"{file_stem(sheet.name)}-key.toml"

    def marker(self, sheet: Sheet) -> Marker:
        from bptui.audit.marking import Marker

        if self._marker is not None:
            return self._marker
        return Marker(setup_of(str(self._file(sheet))), [sheet])


class _Writer:
    """Writes marked sheets to standard output, or each into a file."""

    def __init__(self, form: str, folder: object) -> None:
        from bptui.cli.folder import Folder

        self._form = form
        self._folder = folder if isinstance(folder, Folder) else None
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
