"""What is seen where there is little room: nothing torn apart, and the keys that matter named."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.story import commands as c
from bptui.story.commands import Ask, Panel
from bptui.story.session import Session
from bptui.view.chart import _iteration_ticks, _loss_ticks, chart
from bptui.view.inspector import inspector
from bptui.view.screen import screen
from bptui.view.table import table
from bptui.view.text import to_text
from tests.sessions import after, shipped, stepped
from tests.walks import done


def at(session: Session, *commands: c.Command, size: tuple[int, int] = (80, 24)) -> list[str]:
    """Return the lines of the screen after some commands."""
    return to_text(screen(after(session, *commands), *size)).split("\n")


# ---- the inspector in two columns ----------------------------------------------------------------


@pytest.mark.parametrize("preset", ["mazur", "pandey", "hmkcode-code"])
def test_no_sentence_goes_on_at_the_head_of_the_second_column(preset: str) -> None:
    session = after(stepped(shipped(preset), 3), c.Show(Panel.INSPECTOR))
    for name in (*session.problem.network.outputs, *session.problem.network.slots):
        for height in (8, 9, 16):
            rows, said = inspector(after(session, c.Select(name)), 80, height)
            if said:
                head = to_text(rows).split("\n")[0][40:]
                assert not head.startswith("    "), (name, height, head)
                last = to_text(rows).split("\n")[-1][:40].strip()
                assert last not in ("made of", f"all of {name}:", f"into {name}"), (name, height)


def test_in_two_columns_the_cursor_is_always_in_view() -> None:
    session = after(stepped(shipped("pandey"), 3), c.Select("w1"), c.Show(Panel.INSPECTOR))
    for cursor in range(len(session.parts) + len(session.facts)):
        text = to_text(inspector(replace(session, cursor=cursor), 80, 8)[0])
        assert text.count("▸ ") == 1, cursor


# ---- the row of keys -----------------------------------------------------------------------------


def test_in_the_inspector_the_key_that_opens_a_number_is_named() -> None:
    row = at(stepped(shipped("mazur"), 2), c.Show(Panel.INSPECTOR))[-1]
    assert "enter open" in row
    assert "backspace" not in row
    opened = at(stepped(shipped("mazur"), 2), c.Show(Panel.INSPECTOR), c.Move(along=1), c.Enter())
    assert "backspace up" in opened[-1]


@pytest.mark.parametrize("size", [(40, 12), (60, 20)])
def test_where_one_panel_stands_alone_the_key_to_the_next_is_named(size: tuple[int, int]) -> None:
    row = at(shipped("mazur"), size=size)[-1]
    assert "tab panel" in row
    assert "? help" in row


def test_a_key_that_does_not_fit_keeps_no_other_away() -> None:
    for width in range(40, 130):
        row = at(shipped("mazur"), size=(width, 24))[-1]
        assert width - len(row.rstrip()) < len("  enter open "), row


# ---- the table -----------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", ["mazur", "simplified", "afteracademy", "hmkcode"])
def test_at_80_columns_the_table_shows_the_step_beside_the_articles_figures(preset: str) -> None:
    heads = set()
    for phases in range(4):
        session = stepped(shipped(preset), phases)
        rows = to_text(table(session, 80, 20)[0]).split("\n")
        assert all(word in rows[0] for word in ("value", "gradient", "step", "new value"))
        heads.add(rows[0].removesuffix("article").rstrip())
        assert all("…" not in row for row in rows)
    assert len(heads) == 1  # the columns keep their places


@pytest.mark.parametrize("preset", ["pandey", "mazur"])
def test_the_points_of_the_articles_figures_stand_below_one_another(preset: str) -> None:
    for phases in (2, 3):
        rows = to_text(table(stepped(shipped(preset), phases), 80, 20)[0]).split("\n")
        places = {row.rindex(".") for row in rows if set("✓≈✗") & set(row)}
        assert len(places) == 1, rows


def test_compared_with_another_branch_all_columns_stay_where_there_is_room() -> None:
    session = done(stepped(shipped("mazur"), 3), c.Prompt(Ask.EDIT), c.Type("0.9"), c.Enter())
    session = after(stepped(session, 3), c.Compare())
    head = to_text(table(session, 80, 20)[0]).split("\n")[0]
    assert all(word in head for word in ("value", "gradient", "step", "new value", "- branch 0"))


# ---- the loss chart ------------------------------------------------------------------------------


@given(
    st.lists(st.floats(0, 1e12), min_size=1, max_size=5),
    st.integers(5, 40),
    st.booleans(),
)
def test_the_labels_of_losses_are_round_and_stand_exactly_on_rows(
    losses: list[float], height: int, log: bool
) -> None:
    ys = [math.log10(y or 1e-300) for y in losses] if log else losses
    (low, high), marks, labels = _loss_ticks(ys, height, log=log)
    slack = 1e-9 * max(map(abs, (low, high)))
    assert low <= min(ys) + slack
    assert high >= max(ys) - slack
    assert len(set(labels)) == len(labels) >= 2
    for mark in marks:
        row = (mark - low) / (high - low) * (max(2, height - 3) - 1)
        assert abs(row - round(row)) < 1e-6


@pytest.mark.parametrize("size", [(39, 15), (80, 8), (40, 7)])
def test_the_numbers_below_the_chart_are_round(size: tuple[int, int]) -> None:
    for last in range(1, 300):
        ticks = _iteration_ticks(1, last, size[0])
        assert ticks[0] == 1
        assert ticks == sorted(set(ticks))
        assert ticks[-1] <= last
        steps = {b - a for a, b in pairwise(ticks[1:])}
        assert not steps or {str(step).rstrip("0") for step in steps} <= {"1", "2", "5"}
        assert len(ticks) * 6 <= size[0]


def test_few_losses_more_do_not_change_the_axis() -> None:
    session = stepped(shipped("mazur"), 10)
    axes = set()
    for _ in range(12):
        session = stepped(session, 3)
        axes.add(tuple(line[:7] for line in to_text(chart(session, 39, 15)[0]).split("\n")))
    assert len(axes) <= 8  # of 12 iterations
