"""`bptui check`, and the article's figures in the app."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from bptui.audit.findings import Auditor
from bptui.cli import main
from bptui.preset.find import shipped_presets
from bptui.session import messages as c
from bptui.session.key import By
from bptui.session.messages import Page, Panel
from bptui.session.session import Session
from bptui.tui.app import Bptui
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.sessions import XOR, after, audited, done, made, shipped, stepped
from tests.waiting import until

KEYS = [
    "preset",
    "kind",
    "iteration",
    "phase",
    "quantity",
    "printed",
    "exact",
    "verdict",
    "cause",
    "because",
    "carried_from",
    "off",
    "coarse",
    "slip",
    "slips",
    "root",
    "explains",
    "on_paper",
]
MAZUR = shipped("mazur").setup.preset.text.partition("\n[expected.")[0]


def checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], figures: str, *flags: str
) -> tuple[int, str]:
    """Return status and output of a check of Mazur's network with other figures."""
    file = tmp_path / "mine.toml"
    file.write_text(MAZUR + figures, encoding="utf-8")
    status = main(["check", str(file), *flags])
    out, err = capsys.readouterr()
    assert err == ""
    return status, out


def test_without_a_name_all_shipped_presets_are_checked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """That all of them pass is tested with their figures."""
    done: list[str] = []

    def work(auditor: Auditor) -> Iterator[str]:
        done.append(auditor.setup.preset.name)
        yield "done"

    monkeypatch.setattr(Auditor, "work", work)
    assert main(["check"]) == 0
    assert done == [path.stem for path in shipped_presets()]
    out = capsys.readouterr().out
    assert all(f"{name}: " in out for name in done)


def test_json_is_an_object_for_each_figure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "pandey", "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    rows = [row for row in found if row["kind"] == "figure"]
    assert len(rows) == len(shipped("pandey").setup.preset.expected)
    assert all(list(row) == KEYS for row in rows)
    w1 = next(row for row in rows if (row["quantity"], row["phase"]) == ("w1", "update"))
    assert (w1["verdict"], w1["cause"], w1["carried_from"]) == ("wrong", "carried", ["dE/dw1"])


def test_a_wrong_figure_without_a_cause_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out = checked(tmp_path, capsys, '\n[expected.1.forward]\n"net h1" = "0.4775"\n')
    assert status == 1
    assert "mine: 1 figure, 0 match, 1 original mistake, 0 carried; 1 FAILED" in out
    assert "fails: no cause given: add is, under, as or unexplained" in out


def test_said_to_be_unexplained_it_passes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = '\n[expected.1.forward]\n"net h1" = { printed = "0.4775", unexplained = true }\n'
    assert checked(tmp_path, capsys, figures)[0] == 0


@pytest.mark.parametrize(
    ("figure", "told"),
    [
        ('{ printed = "0.3775", is = "net h2" }', "it needs no cause: remove is"),
        ('{ printed = "0.4", is = "net h2" }', "needs no cause"),
        ('{ printed = "0.9", is = "net h2" }', "is = net h2 gives 0.3925, not 0.9"),
        (
            '{ printed = "0.9", under = { update = "sequential" } }',
            "under these conventions it is 0.3775, not 0.9",
        ),
    ],
)
def test_a_cause_that_is_false_or_needless_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], figure: str, told: str
) -> None:
    status, out = checked(tmp_path, capsys, f'\n[expected.1.forward]\n"net h1" = {figure}\n')
    assert status == 1
    assert told in out


def test_a_root_mistake_comes_before_what_it_carries(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = """
[expected.1.forward]
"net h1" = { printed = "0.3875", unexplained = true }
"out h1" = "0.595680"
"net o1" = "1.106870"
"out o1" = "0.751545"
"""
    status, out = checked(tmp_path, capsys, figures)
    assert status == 0
    assert "1 original mistake, 3 carried" in out
    lines = out.splitlines()
    assert "net h1 at 1 forward" in lines[1]
    carried = "carried into out h1 at 1 forward, net o1 at 1 forward, out o1 at 1 forward"
    assert carried in lines[3]


def test_without_figures_there_is_nothing_to_fail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(tmp_path, capsys, "") == (0, "mine: no printed figures\n")


def test_an_unknown_preset_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "mazur", "mazr"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1


# in the app


def test_the_table_shows_the_articles_figures_in_their_phase_with_a_mark() -> None:
    pandey = after(shipped("pandey"), c.Show(Panel.TABLE))
    assert "0.694690157e-3" not in to_text(screen(stepped(pandey, 1), 80, 24))
    backward = to_text(screen(stepped(pandey, 2), 80, 24))
    assert "✗ 0.694690157e-3" in backward
    assert "≈ 0.088264048" in backward
    assert "0.149993053" not in backward


def test_a_card_says_why_a_figure_is_wrong_and_a_key_goes_there() -> None:
    card = after(stepped(shipped("pandey"), 3), c.Select("w1"), c.Show(Panel.INSPECTOR))
    text = to_text(screen(card, 120, 40))
    assert "→ article 0.149993053: carried" in text
    gradient = after(card, c.Why())
    assert [str(o.quantity) for o in gradient.trail] == ["dE/dw1"]
    assert str(gradient.moment) == "1 backward"
    text = to_text(screen(gradient, 200, 60))
    assert "wrong; 44 % off; it is really" in text
    assert "∂E_z₃/∂w₁. The path back through z4 is left out." in text
    share = after(gradient, c.Why())
    assert [str(o.quantity) for o in share.trail] == ["dE/dw1 via z3"]
    ended = after(share, c.Why())
    assert (ended.trail, ended.moment) == (share.trail, share.moment)
    assert ended.said.startswith("The article prints nothing for this")


@pytest.mark.parametrize(
    "name", [path.stem for path in shipped_presets() if "printed =" in path.read_text("utf-8")]
)
def test_from_every_wrong_figure_w_leads_on_or_says_why_not(name: str) -> None:
    session = shipped(name)
    page = replace(session, audit=audited(name), page=Page.FIGURES)
    for place in range(len(page.findings)):
        card = done(page, By(place), c.Enter())
        if not card.trail:  # the way there is long
            continue
        (opened,) = card.trail
        causes = [finding.cause for finding in card.printed(opened.quantity, opened.moment)]
        why = after(card, c.Why())
        if not {"carried", "is", "rounded"}.isdisjoint(causes):
            assert (why.trail, why.moment) != (card.trail, card.moment)
        elif "under" in causes:
            assert why.job or why.said.startswith("What if update = sequential")
        elif "as" in causes:
            assert why.said == "The card has the arithmetic that gives this figure"
        elif "unexplained" in causes:
            assert why.said.startswith("Nothing is known to explain")
        else:
            assert why.said == "The article's figure here is right"


def test_the_page_of_figures_goes_to_each_of_them() -> None:
    pandey = shipped("pandey")
    session = replace(pandey, audit=audited("pandey"))
    found = session.findings
    assert [f.is_root for f in found[:7]] == [True] * 7
    page = replace(session, selected="z1", page=Page.FIGURES)
    text = " ".join(to_text(screen(page, 80, 24)).split())
    assert "✗ 7 wrong" in text
    assert "Two factors of the product" in text  # the reason of the first one
    there = after(page, By(1), c.Enter())
    assert (there.page, str(there.moment)) == (None, "1 backward")
    assert [str(o.quantity) for o in there.trail] == ["dE/dw1"]
    for place in range(len(found)):
        visited = after(page, By(place), c.Enter())
        assert visited.trail[0].quantity == found[place].printed.quantity
        screen(visited, 80, 24)


def test_the_app_checks_the_figures_beside_the_keys() -> None:
    async def run() -> None:
        app = Bptui(shipped("hmkcode").setup, "rgb")
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("a")
            await until(lambda: "→ 1 carried" in to_text(app.rows(80, 24)))
            await pilot.press("a", "space")
            assert isinstance(app.shown, Session)
            assert str(app.shown.moment) == "1 forward"

    asyncio.run(run())


def test_a_preset_without_figures_says_so() -> None:
    page = after(made(XOR), c.Toggle(Page.FIGURES))
    assert "no printed figures" in to_text(screen(page, 80, 24))


W6 = r"(?m)^w6 .*\n"


@pytest.mark.parametrize(
    ("left_out", "told"),
    [
        ([W6], ["no weight leads from h2 to o1"]),
        ([W6.replace("6", "[368]")], ["no weight begins at h2", "no weight leads from i1 to h2"]),
        ([W6.replace("6", "[367]")], ["no weight leads from i1 to h2, nor along 2 other edges"]),
        ([r'"o1", (?="o2"\], )'], ["o1 has no bias, but o2 has one"]),
        ([], []),
    ],
)
def test_a_weight_or_bias_that_may_have_been_forgotten_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], left_out: list[str], told: list[str]
) -> None:
    text = MAZUR
    for part in left_out:
        assert re.search(part, text)
        text = re.sub(part, "", text)
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    assert main(["check", str(file), "--json"]) == 0
    out, err = capsys.readouterr()
    assert (out, err) == ("", "".join(f"bptui: mine: {gap}; is one missing?\n" for gap in told))
    start = to_text(screen(made(text), 80, 24))
    assert all(gap in start for gap in told)
    assert ("Is one missing?" in start) == bool(told)
