"""The screen as a document: it says what the screen says, and nothing in it is obeyed."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pyte
import pytest

from bptui.cli import main, show
from bptui.tui.export import FORMATS
from bptui.tui.palette import PALETTES
from bptui.view.rows import Row, Span, to_text
from tests.commands import ROOT
from tests.test_run import wild

ROWS: list[Row] = [
    (Span(' <b>&"{0}', "wrong"), Span("漢 ", "selected"), Span(" E  0.5", "number")),
    (),
    (Span("  net h1 ", "lamp_off"), Span("━┃", "rule focus")),
]


class _Page(HTMLParser):
    """The text of a page, without its head, and the tags in it."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.tags = "", set[str]()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.text = "" if tag == "pre" else self.text
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("palette", PALETTES)
def test_every_format_says_what_is_in_the_rows(palette: str) -> None:
    page = _Page()
    page.feed(FORMATS["html"].write(ROWS, palette, "<i>{x}"))
    assert page.text.strip("\n") == to_text(ROWS)
    assert page.tags == {"html", "meta", "title", "body", "pre", "span"}
    screen = pyte.Screen(40, 4)
    pyte.Stream(screen).feed(FORMATS["ansi"].write(ROWS, palette, "").replace("\n", "\r\n"))
    assert [line.rstrip() for line in screen.display[:3]] == to_text(ROWS).split("\n")
    assert FORMATS["text"].write(ROWS, palette, "") == to_text(ROWS) + "\n"


def test_a_picture_has_each_piece_in_its_cells() -> None:
    root = ElementTree.fromstring(FORMATS["svg"].write(ROWS, "light", "<i>{x}"))
    texts = [element for element in root.iter() if element.tag.endswith("}text")]
    told = [(e.text or "").replace("\xa0", " ") for e in texts]
    assert told == ['<b>&"{0}', "漢", "E  0.5", "net h1", "━┃"]
    begins = [(int(e.attrib["x"]) - 12) / 12 for e in texts]
    widths = [int(e.attrib["textLength"]) / 12 for e in texts]
    assert list(zip(begins, widths, strict=True)) == [(1, 8), (9, 2), (13, 6), (2, 6), (9, 2)]


@pytest.mark.parametrize("form", ["svg", "html"])
def test_a_document_stands_alone(form: str) -> None:
    text = FORMATS[form].write(ROWS, "rgb", "title")
    links = [link for link in re.findall(r"\w+://[^\"]+", text) if "www.w3.org" not in link]
    assert not links
    assert not re.search("<script|@import|url\\(", text)


def test_show_prints_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    assert tuple(FORMATS) == show.FORMATS
    assert main(["show", "mazur", "--at", "3", "--panel", "why", "--select", "dE/dw5"]) == 0
    out = capsys.readouterr().out
    assert "2 why" in out
    assert "1 network" not in out
    assert "0.083987295" in out
    assert out.count("\n") == 24


def test_show_says_if_training_diverges_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "wild.toml"
    file.write_text(wild(1e9).toml(), encoding="utf-8")
    assert main(["show", str(file), "--at", "1000"]) == 1
    out, err = capsys.readouterr()
    assert "iteration 1000" not in out
    assert err.startswith("bptui: wild: Training diverges: ")


def test_what_the_output_cannot_encode_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "mazur", "--format", "svg"]) == 0
    whole = ElementTree.fromstring(capsys.readouterr().out)
    line = f"PYTHONIOENCODING=latin-1 {sys.executable} -m bptui show mazur --format svg"
    run = subprocess.run(line, shell=True, capture_output=True, check=True, cwd=ROOT)
    escaped = ElementTree.fromstring(run.stdout.decode("ascii"))
    assert [e.text for e in escaped.iter()] == [e.text for e in whole.iter()]
