"""Worked solutions: every number once, after what it needs, in documents that are sound and fit."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bptui.audit.figures import origin
from bptui.audit.findings import Auditor
from bptui.audit.prepare import prepare
from bptui.preset.find import find_preset, shipped_presets
from bptui.preset.read import read_preset
from bptui.story.address import Kind, Quantity
from bptui.story.formula import references
from bptui.story.notation import naming
from bptui.story.timeline import Timeline
from bptui.story.values import value
from bptui.view.explain_report import DIGITS, Explained
from bptui.view.formula import head
from bptui.view.latex import latex_number, latex_prose
from bptui.view.numbers import show
from bptui.view.rows import cells
from bptui.view.solution import Rest, Solution, solution
from bptui.view.solution_report import written
from tests.test_formula_text import unbalanced

SHIPPED = tuple(path.stem for path in shipped_presets())


def solved(timeline: Timeline, iteration: int = 1) -> Solution:
    return solution(timeline, iteration, 10_000, lambda *_: (), lambda _: None)


@cache
def shipped(name: str) -> Solution:
    return solved(Timeline(prepare(read_preset(find_preset(name)))))


def document(found: Solution, form: str) -> str:
    return "".join(written(found, form))


def worked(found: Solution) -> list[Explained]:
    """Return the cards that are worked out."""
    blocks = (block for phase in found.phases.values() for block in phase)
    return [block for block in blocks if isinstance(block, Explained)]


def tabled(found: Solution) -> list[Explained]:
    blocks = [block for blocks in found.phases.values() for block in blocks]
    rests = [block for block in (found.samples, *blocks) if isinstance(block, Rest)]
    return [card for rest in rests for card in rest.cards]


@pytest.mark.parametrize("name", SHIPPED)
def test_each_number_comes_once_after_what_it_needs_as_the_engine_has_it(name: str) -> None:
    found = shipped(name)
    network = found.timeline.setup.network
    seen = set()
    for card in found.cards:
        quantity, moment = card.derivation.quantity, card.at
        key = quantity, origin(quantity, moment, network)
        assert key not in seen
        assert card.value == value(found.timeline.state(moment), quantity)
        if key[1].iteration == 1 and key[1].phase and card.derivation.formula is not None:
            for part in references(card.derivation.formula):
                assert (part.quantity, origin(part.quantity, part.moment, network)) in seen, key
        seen.add(key)
    addresses = {quantity for quantity, _ in seen}
    assert Quantity(Kind.LOSS) in addresses
    assert {p.name for p in network.parameters} == {q.parameter for q in addresses} - {""}


@pytest.mark.parametrize("name", SHIPPED)
def test_text_has_each_number_once_and_fits(name: str) -> None:
    found = shipped(name)
    text, names = document(found, "text"), naming(found.timeline.setup)
    for card in worked(found):
        begun = f"\n  {head(card.derivation, names)} = "
        assert text.count(begun) == 1, begun
        part = text.partition(begun)[2].partition("\n\n")[0]
        assert f"= {show(card.value, DIGITS)}" in re.sub(r"\s+", " ", f"= {part}")
    assert max(map(cells, text.splitlines())) <= 79
    numbers = text.split()
    for card in tabled(found)[::7]:
        assert show(card.value, DIGITS) in numbers


@pytest.mark.parametrize("name", SHIPPED)
def test_latex_and_markdown_have_each_number_and_are_balanced(name: str) -> None:
    found = shipped(name)
    for form, begin in (("latex", r"\begin{align*}"), ("markdown", r"\begin{aligned}")):
        text = document(found, form)
        blocks = [block.partition(r"\end{align")[0] for block in text.split(begin)[1:]]
        outer = [block for block in blocks if block.startswith("\n")]  # others are inside of these
        assert len(outer) == len(worked(found))
        assert len({block.partition("&=")[0] for block in outer}) == len(outer)
        assert unbalanced(text) == ""
        if form == "latex":
            assert text.isascii()
            continue
        assert text.count("$$") == 2 * len(outer)
        for card, block in zip(worked(found), text.split("$$")[1::2], strict=True):
            given = card.derivation.formula is None
            assert f"= {latex_number(card.value)}{' ' if given else chr(10)}" in block


@pytest.mark.parametrize("name", SHIPPED)
def test_html_is_one_sound_file_that_asks_for_nothing(name: str) -> None:
    found = shipped(name)
    text = document(found, "html")
    assert text.startswith("<!DOCTYPE html>\n")
    root = ElementTree.fromstring(text.partition("\n")[2])  # strict: all is nested and closed
    assert {"script", "link", "img", "iframe", "svg"}.isdisjoint(one.tag for one in root.iter())
    assert not re.search(r"\b(src|href|on\w+)=|url\(|@import|://", text)
    sections = [*root.iter("section")]
    assert len(sections) == len(worked(found))
    for card, section in zip(worked(found), sections, strict=True):
        rows = [*section.iter("mtr")]
        given = card.derivation.formula is None
        last = "".join(rows[-1].itertext()).replace("−", "-").partition(" (" if given else "~")[0]
        number = show(card.value, DIGITS).removesuffix(".0")
        mantissa, e, exponent = number.partition("e")
        assert last.replace(" ", "").endswith(f"{mantissa}·10{int(exponent)}" if e else number)


def test_of_a_large_batch_one_sample_is_worked_out() -> None:
    found = shipped("iris")
    samples = {card.derivation.quantity.sample for card in worked(found)}
    assert samples == {0, 1}
    assert {card.derivation.quantity.sample for card in tabled(found)} == set(range(1, 31))
    assert "Samples 2 to 30 are worked out in the same way" in document(found, "text")


def test_the_article_and_its_notes_are_in_every_format() -> None:
    setup = prepare(read_preset(find_preset("mazur")))
    auditor = Auditor(setup)
    found = solution(Timeline(setup), 1, 10_000, auditor.at, lambda _: None)
    for form in ("text", "markdown", "latex", "html"):
        text = " ".join(document(found, form).split())
        assert "article -0.019049119: last digit" in text.replace("\\", "")
        assert "The minus sign comes from the inner derivative of target" in text


def test_a_later_iteration_begins_with_what_the_one_before_left() -> None:
    timeline = Timeline(prepare(read_preset(find_preset("adam"))))
    found = solved(timeline, 3)
    (given,) = [
        c for c in found.given if c.derivation.quantity == Quantity(Kind.PARAMETER, parameter="w5")
    ]
    assert given.value != 0.4
    assert "iteration 3" in document(found, "text").splitlines()[0]


@pytest.mark.parametrize("name", ["mazur", "afteracademy", "xor"])
def test_latex_compiles_and_fits_the_page(name: str, tmp_path: Path) -> None:
    if shutil.which("pdflatex") is None:
        pytest.skip("needs pdflatex")
    (tmp_path / "a.tex").write_text(document(shipped(name), "latex"), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull" not in (tmp_path / "a.log").read_text(encoding="latin-1")


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("Zoë Müller", r"Zo\"{e} M\"{u}ller"),
        ("Łukasz Straße", r"\L{}ukasz Stra\ss{}e"),
        ("ı ż", r"\i{} \.{z}"),
        ("a₁ → 日本", r"a1 $\to$ ??"),
        ("50 % of $1 & {x}", r"50 \% of \$1 \& \{x\}"),
    ],
)
def test_texts_in_latex(text: str, latex: str) -> None:
    assert latex_prose(text) == latex
