"""Pages with a list show beside it, or below it, what is selected."""

from __future__ import annotations

from functools import cache

import pytest
from msgspec.structs import replace

from bptui.audit.findings import audit
from bptui.session import messages as c
from bptui.session.key import By
from bptui.session.messages import Ask, Page, Pictured
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.conventions import conventions_of
from bptui.story.edits import SetConvention
from bptui.story.moment import Moment, Phase
from bptui.story.switching import ITERATIONS, SwitchTask, difference
from bptui.story.values import values_at
from bptui.view.beside import BESIDE
from bptui.view.pages import page_size, page_wanted
from bptui.view.pictures import CHEAP
from bptui.view.rows import row_cells, to_text
from bptui.view.screen import screen
from tests.sessions import WIDE, XOR, after, done, made, shipped, stepped
from tests.walks import answered

SIZES = [(40, 12), (80, 24), (120, 40), (160, 50)]
LISTS = (Page.FIGURES, Page.BRANCHES, Page.CONVENTIONS, Page.CHECK)


@cache
def edited() -> Session:
    """Return a session with its figures audited, on a branch that has run further than its root."""
    session = stepped(shipped("mazur"), 5)
    session = replace(session, audit=audit(session.printed_setup))
    return answered(answered(session, Ask.EDIT, "w5 = 0.9"), Ask.RUN, "10")


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("page", LISTS)
def test_the_cursor_and_what_is_selected_are_in_view_from_first_to_last(
    page: Page, size: tuple[int, int]
) -> None:
    session = after(edited(), c.Resize(*size), c.Step(-1), c.Toggle(page), By(lines=-99))
    seen, lines = set(), set()
    for _ in range(6):
        rows = screen(session, *size)
        assert {row_cells(row) for row in rows} == {size[0]}
        text = to_text(rows[:-2])
        assert "▸" in text
        assert f"  {session.line + 1} of " in text.split("\n")[0]
        if size[0] >= BESIDE:
            seen.add("".join(line.partition("│")[2] for line in text.split("\n")))
        else:
            seen.add(text.partition("─" * size[0])[2])
        lines.add(session.line)
        session = after(session, By(lines=1))
    assert len(seen) == len(lines) > 1
    assert page_size(session, page, *size) < size[1] - 3


def test_a_branch_is_told_by_its_edits_and_losses() -> None:
    session = after(edited(), c.Toggle(Page.BRANCHES))
    text = to_text(screen(session, 80, 24))
    common, end = (session.timeline.some_losses(k, k)[0] for k in (1, session.branch.reached))
    assert "w5 = 0.9: left branch 0 at iteration 2, backward" in text
    assert f"E_total last the same as on branch 0, iteration 1: {common:.9f}" in text
    assert f"E_total at its end, iteration {session.branch.reached}: {end:.9f}" in text
    assert "┌" in text  # the curve
    root = to_text(screen(after(session, By(-1)), 80, 24))
    assert "The preset, without any edit." in root
    unrun = answered(shipped("mazur"), Ask.EDIT, "w5 = 0.9")
    assert "Not run yet." in to_text(screen(after(unrun, c.Toggle(Page.BRANCHES)), 80, 24))


@pytest.mark.parametrize("phases", [0, 2, 6])
@pytest.mark.parametrize("text", ["mazur", "adam", "hmkcode-code", XOR])
def test_what_another_choice_would_change_is_what_it_changes(text: str, phases: int) -> None:
    session = stepped(made(text) if text is XOR else shipped(text), phases)
    iteration, preset = session.moment.iteration, session.setup.preset
    for convention in conventions_of(preset):
        values = convention.choices(preset) or convention.examples(preset)
        others = tuple(value for value in values if value != convention.get(preset))
        task = SwitchTask(session.timeline, iteration, convention.name, others)
        for choice, row in zip(others, task.result(), strict=True):
            change = SetConvention(convention.name, choice)
            moment = session.moment
            there = session.timeline.edited(moment, change)
            found = difference(task, row)
            if found is None:
                last = Moment.of(iteration + ITERATIONS - 1, Phase.UPDATE)
                names = session.setup.network.slots.keys() & there.setup_at(last).network.slots
                for name in names:
                    quantity = Quantity(Kind.PARAMETER, parameter=name)
                    now = values_at(session.timeline, last).get(quantity)
                    assert now == pytest.approx(values_at(there, last).get(quantity), rel=1e-10)
                continue
            kind = Kind.DE_DPARAMETER if found.moment.phase is Phase.BACKWARD else Kind.PARAMETER
            quantity = Quantity(kind, parameter=found.parameter)
            assert values_at(session.timeline, found.moment).get(quantity) == found.now
            assert values_at(there, found.moment).get(quantity) == found.then
            assert found.now != found.then


def test_conventions_say_how_many_figures_come_right_with_another_choice() -> None:
    session = shipped("hmkcode-code")
    session = replace(session, audit=audit(session.printed_setup))
    for found in session.audit.conventions if session.audit else ():
        for name, _ in found.under:
            places = [one.name for one in conventions_of(session.setup.preset)]
            there = after(session, c.Toggle(Page.CONVENTIONS), By(places.index(name)))
            assert "come" in to_text(screen(there, 160, 50)).replace("comes", "come")


def test_in_a_large_network_what_would_change_is_computed_beside_the_keys() -> None:
    large = WIDE.replace("neurons = 30", "neurons = 300")
    session = after(stepped(made(large), 2), c.Toggle(Page.CONVENTIONS), By(1))
    task = page_wanted(session, Page.CONVENTIONS)
    assert task is not None
    assert task.cost > CHEAP
    assert "computing ..." in to_text(screen(session, 120, 40))
    ready = done(session, Pictured(task, task.result()))
    assert page_wanted(ready, Page.CONVENTIONS) is None
    text = to_text(screen(ready, 120, 40))
    assert "computing ..." not in text
    assert "dE/dw" in text


@pytest.mark.parametrize("size", SIZES)
def test_what_claims_say_leaves_room_for_the_figures(size: tuple[int, int]) -> None:
    session = stepped(shipped("pandey"), 2)
    audited = replace(session, audit=audit(session.printed_setup))
    text = to_text(screen(after(audited, c.Toggle(Page.FIGURES)), *size))
    assert "▸ ✗ dE/dw7" in text
    assert ('✗ "The Keras program' in text) or "2 claims   ✓ 1   ✗ 1" in text
