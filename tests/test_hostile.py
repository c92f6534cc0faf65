"""Texts from a preset that would steer a terminal, a renderer or an eye: shown harmlessly."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator
from contextlib import redirect_stderr
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from bptui.audit.findings import audit
from bptui.audit.prepare import prepare
from bptui.cli import main
from bptui.preset.characters import is_steady
from bptui.preset.errors import PresetError
from bptui.preset.read import parse_preset, read_preset
from bptui.session import messages as c
from bptui.session.key import By
from bptui.session.messages import Ask, Page, Panel
from bptui.session.picker import Entry, Picker
from bptui.session.session import Session, open_session
from bptui.view.picker_page import picker_screen
from bptui.view.rows import Row, cells, plain, row_cells, to_text
from bptui.view.screen import screen
from tests.sessions import after, stepped

SIZES = ((80, 24), (120, 40), (40, 12))
STEERING = {
    "escape sequence": "\x1b[31m\x1b]0;title\x07\x1b[2J",
    "C1 control": "\x9b31m\x90q\x9c",
    "control": "a\x00b\x08\x0d\x7f",
    "lines": "a\nb\tc\x0bd\x0ce\x85f\u2028g\u2029h",
    "bidirectional": "\u202eabc\u202c \u2066x\u2069 \u200f \u061c",
    "right to left": "\u05d0\u05d1\u05d2 \u0627\u0644 \u0661\u0662",
    "zero width": "a\u200b\u200c\u200d\u2060\ufeff\u00adb",
    "marks": "e\u0301\u0302 \u0e31 \u0903 \u20dd z\u0335",
    "variation": "\u2764\ufe0f 1\ufe0f\u20e3 \u0061\U000e0100",
    "emoji": "\U0001f468\u200d\U0001f469 \U0001f1e9\U0001f1ea \U0001f44d\U0001f3fd \U0001f600",
    "tags": "\U0001f3f4\U000e0067\U000e0062\U000e007f",
    "private": "\ue000\uf8ff\U000f0000",
    "unassigned": "\u0378\U000e0fff\ufdd0\uffff",
    "blank": "\u3164\uffa0\u115f\u1160\u2800\u3000\u00a0",
    "Hangul in parts": "\u1112\u1161\u11ab\ud7b0\ua960",
    "wide": "\u6f22\u5b57\u304b\u306a\uff21",
    "halves": "\uff76\uff9e \u0e01\u0e33",
    "markup": "[red]x[/red] [/] [@click=app.quit]q[/] [link=file:///]l[/link] \\[b]",
    "LaTeX": "\\input{x} $x$ %# & ~ ^_ {} $$ \\end{document}",
    "Markdown": "`x` *y* _z_ <script>alert(1)</script> &lt; ![a](b) | ~~n~~ http://x",
}
ALL = " ".join(STEERING.values())


def preset(text: str) -> str:
    """Return a preset with a text wherever a preset can have one."""
    # a mark after what is no letter stays one: nothing is composed away
    said = json.dumps(text, ensure_ascii=True)
    said = re.sub(r"\\ud([89ab]..)\\ud([c-f]..)", _joined, said).replace("\x7f", "\\u007f")
    return f"""
title = {said}
source = {said}
[notation]
net = {json.dumps(_unbraced(text))}
out = {json.dumps(_unbraced(text) + "{}")}
[training]
learning_rate = 0.5
loss = "squared_error"
[[layers]]
name = {said}
neurons = ["\u6f22\u5b57", "i2"]
[[layers]]
name = {said[:-1]}h"
neurons = ["h1", "\u00e9"]
activation = "sigmoid"
initializer = {{ name = "normal", seed = 1 }}
biases = [0.1, 0.2]
[[layers]]
name = {said[:-1]}o"
neurons = ["o1"]
activation = "sigmoid"
initializer = {{ name = "normal", seed = 2 }}
[[samples]]
input = [1, 0.5]
target = [0]
[expected.1.forward]
"net h1" = {{ printed = "0.5", because = {said} }}
"E" = {{ printed = "0.7", is = "net \u3000 \u00e9", because = {said} }}
[expected.1.backward]
"dE/dw_\u6f22\u5b57_h1" = {{ printed = "0.5", unexplained = true, because = {said} }}
[[notes]]
moment = "1 forward"
quantity = "net h1"
text = {said}
[[notes]]
moment = "1 forward"
quantity = "E"
text = {said}
"""


def _joined(halves: re.Match[str]) -> str:
    """Return what TOML writes for two surrogates of JSON."""
    char = halves[0].encode().decode("unicode_escape").encode("utf-16", "surrogatepass")
    return f"\\U{ord(char.decode('utf-16')):08x}"


def _unbraced(text: str) -> str:
    kept = "".join(c for c in text if ord(c) < 0x10000 and c not in "{}\x7f")
    return kept.strip() or "net"


def hostile(text: str = ALL) -> Session:
    """Return a session of such a preset, its file's name one, too."""
    name = f"{text.replace('/', '')[:60]}.toml"
    return open_session(prepare(parse_preset(preset(text), name)))


def check_rows(rows: list[Row], width: int, height: int) -> None:
    """Check that rows fill a screen, by our measure and by another, and do nothing else."""
    assert len(rows) == height
    for row in rows:
        text = "".join(span.text for span in row)
        assert all(map(is_steady, text)), text
        assert row_cells(row) == width
        assert cell_len(text) == width
        assert unicodedata.normalize("NFC", text) == text


def views(session: Session) -> Iterator[Session]:
    """Yield a session with each panel and page, and with something said."""
    for name in ("h1", "\u6f22\u5b57", "w_\u6f22\u5b57_h1", "b_\u00e9"):
        for panel in Panel:
            yield after(session, c.Select(name), c.Show(panel))
    for page in Page:
        yield after(session, c.Toggle(page))
    yield after(session, c.Said(ALL))


def prompted(session: Session) -> Iterator[Session]:
    """Yield a session with such texts typed at each prompt, and entered."""
    for ask in Ask:
        for text in ("\x1b[31m", "\u202e\u05d0", "e\u0301\u200b", "\u6f22" * 50, "[red]"):
            asked = after(session, c.Prompt(ask), c.Type(text))
            yield asked
            yield after(asked, c.Enter())


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("phases", [0, 2])
def test_every_panel_and_page_shows_it_as_text(phases: int, size: tuple[int, int]) -> None:
    for session in views(stepped(hostile(), phases)):
        check_rows(screen(session, *size), *size)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_prompt_shows_it_as_text(size: tuple[int, int]) -> None:
    for session in prompted(stepped(hostile(), 2)):
        check_rows(screen(session, *size), *size)


@pytest.mark.parametrize("what", STEERING)
def test_each_of_them_alone_is_harmless_and_aligned(what: str) -> None:
    session = stepped(hostile(STEERING[what]), 2)
    for size in SIZES:
        for panel in Panel:
            shown = after(session, c.Select("h1"), c.Show(panel))
            check_rows(screen(shown, *size), *size)


def test_the_findings_are_shown_one_by_one() -> None:
    session = after(stepped(hostile(), 2), c.Toggle(Page.FIGURES))
    session = replace(session, audit=audit(session.setup))
    assert len(session.findings) >= 3
    for line in range(3):
        for size in SIZES:
            check_rows(screen(after(session, By(line)), *size), *size)


def test_the_list_of_presets_shows_it_as_text() -> None:
    entries = tuple(
        Entry(text, text, text, "f", text, "2", text, text) for text in STEERING.values()
    )
    for chosen in range(len(entries)):
        for size in SIZES:
            check_rows(
                picker_screen(Picker(entries=entries, chosen=chosen, message=ALL), *size), *size
            )


def test_markup_is_seen_as_it_is_written() -> None:
    text = to_text(screen(hostile("[red]x[/red]"), 120, 40))
    assert "[red]x[/red]" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("e\u0301", "\u00e9"),
        ("x\u0301", "x?"),
        ("\u2764\ufe0f", "\u2764?"),
        ("a\u05d0b", "a?b"),
        ("a\nb\x85c", "a b c"),
        ("\U0001f1e9\U0001f1ea", "??"),
        ("\U0001f44d\U0001f3fd", "\U0001f44d?"),
        ("\u0e01\u0e33", "\u0e01?"),
        ("\uff76\uff9e", "\uff76?"),
        ("\u2800\u3164", "??"),
        ("\u2630\u268a\u4dff\U0001d300", "????"),
        ("\ue000\U000e0041", "??"),
        ("\u6f22\uff21\u00bd\u2202\u03b7", "\u6f22\uff21\u00bd\u2202\u03b7"),
    ],
)
def test_what_terminals_show_in_different_ways_is_replaced(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_no_mark_and_nothing_that_steers_is_steady() -> None:
    categories = {"Mn", "Mc", "Me", "Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"}
    for number in range(0x110000):
        char = chr(number)
        if is_steady(char):
            assert unicodedata.category(char) not in categories
            assert unicodedata.bidirectional(char) not in {"R", "AL", "AN", "RLE", "RLO", "BN"}


def test_what_is_shown_is_as_wide_for_the_views_as_for_the_screen() -> None:
    for char in filter(is_steady, map(chr, range(0x110000))):
        assert cells(char) == cell_len(char), f"U+{ord(char):04X}"


@pytest.mark.parametrize("name", ["\u05d0", "a\u0661", "a\uff9e", "\u1112", "\u3164", "a\u0e33"])
def test_names_of_such_letters_are_refused(name: str) -> None:
    with pytest.raises(PresetError, match="characters that terminals draw differently"):
        parse_preset(preset("x").replace('"o1"', json.dumps(name)), "f.toml")


# commands


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the preset that has all of it."""
    file = tmp_path_factory.mktemp("hostile") / "a [red]\u6f22\u202e.toml"
    file.write_text(preset(ALL), "utf-8")
    return file


QUANTITIES = ("E", "net h1", "out \u00e9", "dE/dout h1", "dE/dw_\u6f22\u5b57_h1", "\u6f22\u5b57")
COMMANDS = (
    ("check",),
    ("check", "--json"),
    ("trace",),
    ("trace", "--json"),
    ("run", "--iterations", "3"),
    ("run", "--iterations", "3", "--json"),
    *(
        ("explain", *QUANTITIES[:5], "--depth", "2", "--format", form)
        for form in ("text", "markdown", "latex", "json")
    ),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_prints_what_steers(
    command: tuple[str, ...], file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, *rest = command
    assert main([name, str(file), *rest]) in (0, 1)
    out, err = capsys.readouterr()
    assert err == ""
    assert out
    kept = out.replace("\n", "")
    assert kept.isprintable()
    if "--json" in command or command[-1] == "json":
        for line in out.splitlines():
            assert isinstance(json.loads(line), dict)
    else:
        assert all(map(is_steady, kept))


def test_json_holds_the_text_itself(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", str(file), "--json"])
    said = [json.loads(line)["because"] for line in capsys.readouterr().out.splitlines()]
    assert read_preset(file).expected[2].figure.because == ALL
    assert ALL in said


@pytest.mark.parametrize("command", ["trace", "run"])
def test_columns_of_wide_names_are_aligned(
    command: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([command, str(file), "--iterations", "1"])
    for block in capsys.readouterr().out.split("\n\n"):
        lines = [line for line in block.splitlines()[1:] if "e-" not in line]
        names = {cells(re.split(r"  +(?=-?[\d.]+$)", line)[0]) for line in lines}
        points = {cells(line.rpartition(".")[0]) for line in lines}
        assert not lines or (len(names) > 1 and len(points) == 1)


@pytest.mark.parametrize("option", [("nope",), ("E", "--at", ALL), (ALL,), ("E", f"--{ALL}")])
def test_errors_about_it_have_one_plain_line(option: tuple[str, ...], file: Path) -> None:
    told = io.StringIO()
    with redirect_stderr(told):
        assert main(["explain", str(file), *option]) == 2
    assert told.getvalue().endswith("\n")
    assert told.getvalue()[:-1].isprintable()


@pytest.mark.parametrize("what", STEERING)
def test_errors_in_a_preset_that_quote_it_have_one_plain_line(what: str, tmp_path: Path) -> None:
    text = preset("x")
    key = json.dumps(STEERING[what]).replace("\x7f", "\\u007f")
    key = re.sub(r"\\ud([89ab]..)\\ud([c-f]..)", _joined, key)
    for old, new in (
        ("[training]", f"{key} = 1\n[training]"),
        ('"o1"', f'{key[:-1]}?"'),
        ('"net h1" =', f'{key[:-1]}?" ='),
        ('"1 forward"', key),
        ('"squared_error"', key),
    ):
        file = tmp_path / "bad.toml"
        file.write_text(text.replace(old, new, 1), "utf-8")
        told = io.StringIO()
        with redirect_stderr(told):
            assert main(["check", str(file)]) == 2
        assert told.getvalue()[:-1].isprintable()
        assert len(told.getvalue()) < 1000


SPREADSHEET = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\uff1d1+1", "'=1", "=\x1b[31m")


@pytest.mark.parametrize("form", ["text", "markdown", "csv", "json"])
def test_a_class_steers_no_terminal_and_no_spreadsheet(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "class.csv"
    names = [re.sub(r"[\r\n]", " ", name) for name in (*STEERING.values(), *SPREADSHEET)]
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("name", "E"), *((name, "<b>") for name in names)])
    assert main(["mark", "mazur", str(file), "--format", form]) == 1
    out = capsys.readouterr().out
    assert out.replace("\n", "").isprintable()
    if form == "csv":
        rows = [*csv.reader(out.splitlines())]
        assert len(rows) == len(names) + 1
        for row in rows:
            assert not re.match("[=+@-]", unicodedata.normalize("NFKC", row[0].lstrip()))
    if form == "markdown":
        assert not re.search(r"(?<!\\)[<`\[~&$]", out)


@pytest.mark.parametrize(
    "command", ["new 2-1 --csv", "vary mazur --seed 1 --out d --students", "mark mazur"]
)
def test_a_cell_too_long_for_csv_is_one_line(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(f'"{"x" * 200_000}",1\n')
    status = main([*command.split(), "a.csv"])
    err = capsys.readouterr().err
    told = "a.csv:1: not CSV: field larger than field limit (131072)"
    assert [status, told in err, err.count("\n")] == [1 if "mark" in command else 2, True, 1]
    assert [*tmp_path.iterdir()] == [tmp_path / "a.csv"]


def test_names_of_files_that_are_told_steer_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    file = "a\x1b[2J\nb.toml"
    assert main(["new", "2-1", "-o", file]) == 0
    assert main(["record", file, "--at", "1 forward", "E"]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 2
    assert out.replace("\n", "").isprintable()


# exports


def exported(file: Path, form: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Return what explains the quantities that have all notes."""
    assert main(["explain", str(file), *QUANTITIES[:5], "--format", form]) == 0
    return capsys.readouterr().out


_LATEX_OF_TEXT = r"\\[#$%&_{}]|\\text\w+\{\}|\$[^$]*\$|\\par |\\['\"`^~=.]\{\w\}"
"""What is ours in a text: escaped signs, signs by name, mathematics, letters with accents."""


def test_latex_has_no_command_of_the_preset(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = exported(file, "latex", capsys)
    assert text.isascii()
    assert text.count(r"\end{document}") == 1
    assert r"\input" not in text
    ours = r"&(=|\\qquad)|(?<=aligned} )&|(?<=\\\\ )&"
    assert not re.search(r"(?<!\\)[%#&~]", re.sub(ours, "", text))
    for line in text.splitlines():
        if line.startswith(r"\par"):
            bare = re.sub(_LATEX_OF_TEXT, "", line)
            assert not re.search(r"[\\#$%&_{}^~]", bare), line
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", text):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0


def test_markdown_has_no_markup_of_the_preset(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = exported(file, "markdown", capsys)
    prose = re.sub(r"(?s)\$\$\n.*?\n\$\$", "", text)
    assert not re.search(r"(?<!\\)[<`*_\[\]|~&$]", prose)
    maths = re.findall(r"(?s)\$\$\n(.*?)\n\$\$", text)
    assert maths
    assert not any("<" in part or "`" in part.replace("\\`", "") for part in maths)
    assert len(re.findall(r"(?<!\\)\$\$", text)) == 2 * len(maths)


@pytest.mark.parametrize(
    ("note", "line"),
    [
        ("- item", r"> \- item"),
        ("1. item", r"> 1\. item"),
        ("    code", "> code"),
        ("# head", r"> \# head"),
        ("===", r"> \==="),
        ("+ item", r"> \+ item"),
        ("a - b, 1. c", "> a - b, 1. c"),
    ],
)
def test_a_note_begins_no_list_and_no_heading(
    note: str, line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "note.toml"
    file.write_text(preset("x").replace('text = "x"', f'text = "{note}"'), "utf-8")
    assert line in exported(file, "markdown", capsys).splitlines()
