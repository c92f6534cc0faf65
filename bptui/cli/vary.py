"""`bptui vary`: individual exercises, the same network with other numbers for each student."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING
from unicodedata import normalize

from bptui.cli.common import Parser, UsageError, add_preset, setup_of, whole
from bptui.cli.streams import Progress, one_line, out
from bptui.preset.errors import counted, shortened

if TYPE_CHECKING:
    from bptui.audit.exercises import Exercise

EXAMPLES = """\
  bptui vary mazur --count 20 --seed 7 --out exercises
  bptui vary my.toml --students class.csv --seed 2026 --out class
"""
MOST = 2_000
"""Exercises that are made at once."""
_NAME = 200


def add_arguments(parser: Parser) -> None:
    add_preset(parser)
    told = f"make N exercises (1 to {MOST:,}), called 1, 2, ..."
    parser.add_argument("--count", type=whole(1, MOST), metavar="N", help=told)
    told = "make one for each student of a file: a name a line, or the first column of a CSV file"
    parser.add_argument("--students", metavar="FILE", help=told)
    told = "what the numbers are drawn from: the same seed gives each name the same numbers"
    parser.add_argument("--seed", required=True, metavar="S", help=told)
    told = "the folder: for each exercise a preset, a question sheet and a worked solution "
    told += "(Markdown and LaTeX), and a key for bptui mark"
    parser.add_argument("--out", required=True, metavar="DIR", help=told)
    told = "how many significant digits are asked for (default: as [marking] says, else 4)"
    parser.add_argument("--digits", type=whole(2, 9), metavar="N", help=told)
    parser.add_argument("--force", action="store_true", help="write into a folder with files")


def run(options: argparse.Namespace) -> int:
    from bptui.audit.exercises import (
        NoExerciseError,
        check_can_vary,
        exercise,
        with_marking,
    )
    from bptui.cli.folder import LIST, Folder, people

    if (options.count is None) == (options.students is None):
        raise UsageError("say how many exercises: --count N, or --students FILE")
    names = _numbers(options.count) if options.count else _students(options.students)
    setup = setup_of(options.preset)
    try:
        check_can_vary(setup)
    except NoExerciseError as error:
        raise UsageError(f"{setup.preset.name}: {error}") from None
    folder = Folder(options.out, force=options.force)
    folder.open()
    preset = with_marking(setup.preset, options.digits)
    stems = {name: folder.stem(name, SUFFIXES) for name in names}
    with Progress(f"0 of {len(names):,} exercises") as progress:
        for place, (name, stem) in enumerate(stems.items(), 1):
            try:
                drawn = exercise(preset, f"{options.seed}/{name}")
            except NoExerciseError as error:
                raise UsageError(f"{setup.preset.name}: {error}") from None
            title = f"Exercise {name}" if options.count else f"Exercise for {name}"
            for suffix, text in zip(SUFFIXES, _texts(drawn, title), strict=True):
                folder.write(f"{stem}{suffix}", text)
            progress(f"{place:,} of {len(names):,} exercises")
    folder.write(LIST, people(stems))
    out(one_line(f"{counted(len(names), 'exercise')} in {options.out}"))
    return 0


def _numbers(count: int) -> list[str]:
    width = len(str(count))
    return [f"{number:0{width}}" for number in range(1, count + 1)]


def _students(file: str) -> list[str]:
    """The names of a file, one a line, or the first cells of a CSV file.

    Raises:
        PresetError, UsageError: it cannot be read, or has none, or one twice.
    """
    from bptui.preset.students import names_in
    from bptui.preset.text import FileKind, read_text

    found = names_in(read_text(file, FileKind("a file of names", "files", "*")), file)
    names = [*dict.fromkeys(normalize("NFC", name) for name in found)]
    if len(names) > MOST:
        raise UsageError(f"{file} has {len(names):,} names; the limit is {MOST:,}")
    for name in names:
        if len(name) > _NAME:
            raise UsageError(f'{file}: "{shortened(name)}" is too long for a name')
    return names


SUFFIXES = (
    ".toml",
    "-question.md",
    "-question.tex",
    "-key.toml",
    "-solution.md",
    "-solution.tex",
)
"""The files of one exercise, by how their names end: a student's, then what only a marker has."""


def _texts(drawn: Exercise, title: str) -> Iterator[str]:
    """Yield what is written for one exercise."""
    from bptui.preset.write import write_preset
    from bptui.story.timeline import Timeline
    from bptui.view import exercise_report as sheet
    from bptui.view.solution import solution
    from bptui.view.solution_report import all_written

    bare, marked = sheet.presets(drawn)
    yield write_preset(bare, title)
    yield sheet.question_markdown(drawn, title)
    yield sheet.question_latex(drawn, title)
    key = write_preset(marked, f"{title}: the key for bptui mark")
    yield f"{key}\n{sheet.key_figures(drawn)}"
    last = max(moment.iteration for _, moment in drawn.asked)
    timeline = Timeline(drawn.setup)
    found = [
        solution(timeline, iteration, 10_000, lambda *_: (), lambda _: None)
        for iteration in range(1, last + 1)
    ]
    for form in ("markdown", "latex"):
        yield "".join(all_written(f"{title}: solution", found, form, sheet.answers(drawn)))
