"""`bptui vary`: individual exercises, the same network with other numbers for each student."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bptui.cli.common import Parser, UsageError, add_preset, setup_of, whole
from bptui.cli.streams import Progress, one_line, out
from bptui.preset.errors import counted, shortened

if TYPE_CHECKING:
    from bptui.audit.exercises import Exercise
    from bptui.preset.model import Preset

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
    from bptui.cli.folder import Folder

    if (options.count is None) == (options.students is None):
        raise UsageError("say how many exercises: --count N, or --students FILE")
    names = _numbers(options.count) if options.count else _students(options.students)
    setup = setup_of(options.preset)
    check_can_vary(setup)
    preset = with_marking(setup.preset, options.digits)
    folder = Folder(options.out, force=options.force)
    folder.open()
    with Progress(f"0 of {len(names):,} exercises") as progress:
        for place, name in enumerate(names, 1):
            try:
                drawn = exercise(preset, f"{options.seed}/{name}")
            except NoExerciseError as error:
                raise UsageError(f"{setup.preset.name}: {error}") from None
            stem = folder.stem(name)
            for suffix, text in _files(drawn, preset, name):
                folder.write(f"{stem}{suffix}", text)
            progress(f"{place:,} of {len(names):,} exercises")
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

    names = names_in(read_text(file, FileKind("a file of names", "files", "*")), file)
    if len(names) > MOST:
        raise UsageError(f"{file} has {len(names):,} names; the limit is {MOST:,}")
    for name in names:
        if len(name) > _NAME:
            raise UsageError(f'{file}: "{shortened(name)}" is too long for a name')
    return names


def _files(drawn: Exercise, preset: Preset, name: str) -> Iterator[tuple[str, str]]:
    """Yield what is written for one exercise: how a file's name ends, and its text."""
    from bptui.preset.write import write_preset
    from bptui.story.timeline import Timeline
    from bptui.view import exercise_report as sheet
    from bptui.view.solution_report import solution, written

    bare, marked = sheet.presets(drawn)
    key = write_preset(marked, f"key of {name}")
    yield ".toml", write_preset(bare, f"exercise of {name}, made by bptui vary")
    yield "-key.toml", f"{key}\n{sheet.key_figures(drawn)}"
    yield "-question.md", sheet.question_markdown(drawn, name)
    yield "-question.tex", sheet.question_latex(drawn, name)
    last = max(moment.iteration for _, moment in drawn.asked)
    for form, suffix in (("markdown", "md"), ("latex", "tex")):
        found = (
            solution(Timeline(drawn.setup), iteration, 10_000, lambda *_: (), lambda _: None)
            for iteration in range(1, last + 1)
        )
        texts = ["".join(written(one, form)) for one in found]
        yield f"-solution.{suffix}", texts[0] if len(texts) == 1 else "\n".join(texts)
