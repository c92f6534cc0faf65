"""The article's own numbers, marks beside every printed one, and the way to what explains it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bptui.audit.as_printed import PrintedTimeline
from bptui.cli import main
from bptui.session import messages as c
from bptui.session.messages import Ask, Panel
from bptui.session.session import Session
from bptui.story.address import parse_quantity
from bptui.story.moment import parse_moment
from bptui.story.timeline import Timeline
from bptui.story.values import values_at
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.audits import preset
from tests.sessions import after, done, made, shipped, stepped

FLIP = c.Flip("as_printed")


def numbers(session: Session, moment: str) -> dict[str, float]:
    """Return all numbers of a session's preset at a moment, as they are printed."""
    timeline = PrintedTimeline(Timeline(session.setup))
    return values_at(timeline, parse_moment(moment)).all()


def shown(session: Session, address: str) -> float | None:
    """Return the number that a session shows."""
    return session.value(parse_quantity(address, session.setup))


def test_printed_figures_take_the_place_of_the_right_numbers() -> None:
    found = numbers(shipped("simplified"), "1 update")
    assert [found[a] for a in ("net o1", "out o1", "E", "W7")] == [1.345, 0.7927, 0.3226, 0.5628]


def test_what_is_not_printed_follows_from_what_is_by_the_articles_own_arithmetic() -> None:
    found = numbers(shipped("simplified"), "1 update")
    out, target, h1 = 0.7927, 0.02, 0.5866
    gradient = (out - target) * out * (1 - out) * h1
    assert found["dE/dW5"] == pytest.approx(gradient, rel=1e-12)
    assert found["W5"] == pytest.approx(0.70 - 0.5 * gradient, rel=1e-12)
    assert found["step W7"] == pytest.approx(-0.5 * 0.0745, rel=1e-12)


def test_far_from_any_figure_the_numbers_are_the_right_ones() -> None:
    session = shipped("mazur")
    exact, moment = Timeline(session.setup), parse_moment("50 forward")
    printed = PrintedTimeline(exact)
    assert values_at(printed, moment).all() == values_at(exact, moment).all()


def test_a_key_shows_the_articles_numbers_and_the_same_key_the_right_ones() -> None:
    session = stepped(shipped("simplified"), 1)
    flipped = after(session, FLIP)
    assert shown(session, "net o1") == pytest.approx(1.65932288)
    assert shown(flipped, "net o1") == 1.345
    for width, height in ((80, 24), (120, 40)):
        text = to_text(screen(flipped, width, height))
        assert "AS PRINTED" in text
        assert "in ✗ 1.345" in text
        assert "E_total 0.3226" in text
    assert shown(after(flipped, FLIP), "net o1") == shown(session, "net o1")
    assert "AS PRINTED" not in to_text(screen(after(flipped, FLIP), 80, 24))


def test_a_card_as_printed_has_the_printed_operands() -> None:
    card = after(stepped(shipped("simplified"), 1), FLIP, c.Select("o1"), c.Show(Panel.INSPECTOR))
    text = to_text(screen(card, 120, 40))
    assert "0.7 × 0.5866 + 0.6 × 0.5812 + 0.9" in text
    assert "= 1.345" in text


def test_without_figures_there_is_nothing_to_show_as_printed() -> None:
    session = after(made(preset()), FLIP)
    assert (session.as_printed, session.said) == (False, "This preset has no printed figures")


def test_a_branch_that_an_edit_made_has_its_own_numbers() -> None:
    session = stepped(shipped("simplified"), 1)
    edited = done(session, FLIP, c.Prompt(Ask.EDIT), c.Type("W5 = 0.1"), c.Enter())
    assert edited.here == 1
    assert "AS PRINTED" not in to_text(screen(edited, 80, 24))


# marks


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (40, 12), (200, 60)])
def test_printed_figures_have_their_marks_in_the_diagram(size: tuple[int, int]) -> None:
    session = stepped(shipped("simplified"), 1)
    text = to_text(screen(after(session, c.Flip("zoomed")), *size))
    assert "✗" in text
    assert "✓" in text


@pytest.mark.parametrize("phases", [1, 2, 3])
def test_the_header_marks_the_loss_in_every_phase(phases: int) -> None:
    header = to_text(screen(stepped(shipped("simplified"), phases), 80, 24)).splitlines()[1]
    assert "E_total 0.353961 →" in header


def test_the_verdict_stands_right_below_the_value() -> None:
    card = after(stepped(shipped("pandey"), 2), c.Select("w1"), c.Show(Panel.INSPECTOR))
    assert "✗ article 0.694690157e-3" in to_text(screen(card, 80, 24))
    lines = to_text(screen(card, 120, 40)).splitlines()
    place = next(k for k, line in enumerate(lines) if "✗ article 0.694690157e-3" in line)
    assert "= 0.000483365" in lines[place - 1]


# from a wrong figure to what explains it


def test_w_leads_to_a_branch_with_the_conventions_of_a_figure() -> None:
    session = done(shipped("mazur"), c.Jump(parse_moment("2 forward")), c.Select("o1"))
    card = after(session, c.Select("E"), c.Show(Panel.INSPECTOR))
    there = done(card, c.Why())
    assert there.here == 1
    assert there.setup.rule.update == "sequential"
    assert there.moment == parse_moment("2 forward")
    assert f"{shown(there, 'E'):.9f}" == "0.291027924"


# explain


def explained(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """Return what `bptui explain` prints."""
    assert main(["explain", *argv]) == 0
    return capsys.readouterr().out


def test_explain_has_the_verdict_of_the_card(capsys: pytest.CaptureFixture[str]) -> None:
    text = explained(capsys, "simplified", "dE/dW7")
    assert "✗ article 0.0745: wrong; 16 % off; it is really ∂E_total/∂W₅." in text
    (figure,) = json.loads(explained(capsys, "mazur", "dE/dw5", "--format", "json"))["figures"]
    assert (figure["printed"], figure["verdict"]) == ("0.082167041", "match")


def test_explain_as_printed(capsys: pytest.CaptureFixture[str]) -> None:
    text = explained(capsys, "simplified", "net o2", "--as-printed")
    assert "= 0.4 × 0.5866 + 0.35 × 0.5812 + 0.9" in text
    assert "= 1.1546" in text


def test_as_printed_needs_figures(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(preset(), encoding="utf-8")
    assert main(["explain", str(file), "E", "--as-printed"]) == 2
    assert capsys.readouterr().err == "bptui: --as-printed: mine has no printed figures\n"
