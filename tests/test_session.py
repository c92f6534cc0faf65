"""What commands make of a session."""

from __future__ import annotations

import pytest

from bptui.session import effects as e
from bptui.session import messages as c
from bptui.session.key import By
from bptui.session.messages import Ask, Message, Page, Panel
from bptui.session.picker import Entry, Picker
from bptui.session.update import update
from bptui.story.address import Kind
from bptui.story.moment import START, Moment, Phase
from bptui.view.key_meaning import message_of
from tests.sessions import XOR, after, made, shipped, stepped


def test_a_step_is_a_phase_and_three_are_an_iteration() -> None:
    moments = [str(stepped(shipped("mazur"), phases).moment) for phases in range(5)]
    assert moments == ["start", "1 forward", "1 backward", "1 update", "2 forward"]


def test_a_step_back_at_the_start_is_a_quiet_no_op() -> None:
    assert after(shipped("mazur"), c.Step(-1)).moment == START


def test_restart_goes_to_the_start_and_keeps_the_selection() -> None:
    session = after(stepped(shipped("mazur"), 7), c.Select("w5"), c.Jump(START))
    assert (session.moment, session.selected) == (START, "w5")


@pytest.mark.parametrize(
    ("begin", "command", "then"),
    [
        ("h1", c.Move(along=1), "h2"),
        ("h2", c.Move(along=1), "h2"),
        ("h2", c.Move(along=-1), "h1"),
        ("h1", c.Move(towards=1), "w5"),
        ("w5", c.Move(towards=1), "o1"),
        ("o1", c.Move(towards=1), "o1"),
        ("h1", c.Move(towards=-1), "w1"),
        ("w1", c.Move(towards=-1), "i1"),
        ("i1", c.Move(towards=-1), "i1"),
        ("b1", c.Move(towards=-1), "b1"),
        ("b2", c.Move(towards=1), "o1"),
        ("w2", c.Move(along=1), "b1"),
        ("w1", c.Move(along=1), "w2"),
        ("w4", c.Move(along=1), "w4"),
    ],
)
def test_the_selection_moves_along_columns_and_edges(
    begin: str, command: Message, then: str
) -> None:
    assert after(shipped("mazur"), c.Select(begin), command).selected == then


def test_in_the_table_the_selection_moves_by_rows() -> None:
    session = after(shipped("mazur"), c.Show(Panel.TABLE))
    assert session.selected == "w1"  # the neuron h1's own first row
    assert after(session, By(1)).selected == "w2"
    assert after(session, c.Select("w8"), By(1)).selected == "b1"
    assert after(session, c.Select("b2"), By(1)).selected == "b2"


def test_in_the_inspector_the_cursor_moves_over_its_lines() -> None:
    session = after(shipped("mazur"), c.Show(Panel.INSPECTOR))
    assert session.cursor is None  # on the card, of which every line is in view
    assert after(session, By(1)).cursor == 0
    last = len(session.parts) + len(session.others) - 1
    assert after(session, By(99)).cursor == last
    assert after(session, By(9), By(-99)).cursor is None


def test_the_panels_take_turns() -> None:
    session = shipped("mazur")
    panels = [after(session, *[c.Turn(1)] * k).panel for k in range(5)]
    assert panels == [*Panel, Panel.DIAGRAM]
    assert after(session, c.Turn(-1)).panel is Panel.CHART


def test_the_second_panel_is_the_one_shown_last() -> None:
    session = after(shipped("mazur"), c.Show(Panel.CHART), c.Show(Panel.DIAGRAM))
    assert (session.panel, session.second) == (Panel.DIAGRAM, Panel.CHART)


@pytest.mark.parametrize(
    ("address", "selected"),
    [("o2", "o2"), ("w3", "w3"), ("net h2", "h2"), ("dE/dw7", "w7"), ("E", "h1"), ("huh", "h1")],
)
def test_selecting_an_address_selects_its_neuron_or_parameter(address: str, selected: str) -> None:
    assert after(shipped("mazur"), c.Select(address)).selected == selected


def test_samples_turn_round_and_addresses_follow() -> None:
    session = after(stepped(made(XOR), 1), c.Select("h1"))
    assert [after(session, *[c.Sample(1)] * k).sample for k in range(5)] == [
        1,
        2,
        3,
        4,
        1,
    ]
    assert after(session, c.Sample(-1)).sample == 4
    assert {q.sample for q in after(session, c.Sample(1)).facts if q.form.sampled} == {2}


def test_log_and_help_are_switches() -> None:
    session = shipped("mazur")
    assert after(session, c.Flip("log")).log
    assert not after(session, c.Flip("log"), c.Flip("log")).log
    for page in Page:
        assert after(session, c.Toggle(page)).page is page
        assert after(session, c.Toggle(page), c.Toggle(page)).page is None
        assert after(session, c.Toggle(page), c.Close()).page is None
    assert after(session, c.Toggle(Page.HELP), c.Toggle(Page.CHECK)).page is Page.CHECK


def test_under_the_help_page_nothing_steps() -> None:
    session = after(shipped("mazur"), c.Toggle(Page.HELP))
    for key in ("space", "down", "down"):
        session = after(session, message_of(session, key))
    assert (session.moment, session.selected, session.line) == (START, "h1", 23)
    assert after(session, message_of(session, "home")).line == 0
    assert after(session, c.Step(1)).said == "Not on this page; esc closes it"


@pytest.mark.parametrize(("message", "effect"), [(c.Quit(), c.Quit()), (c.Suspend(), c.Suspend())])
def test_leaving_is_asked_for_and_changes_nothing(message: Message, effect: e.Effect) -> None:
    session = shipped("mazur")
    for there in (session, after(session, c.Prompt(Ask.GO)), after(session, c.Toggle(Page.HELP))):
        assert update(there, message) == (there, (effect,))


def test_what_the_last_step_changed_is_new_and_nothing_else() -> None:
    session = shipped("mazur")
    kinds = {Kind.NET, Kind.DE_DPARAMETER, Kind.STEP, Kind.PARAMETER}
    expected = {
        0: set(),
        1: {Kind.NET},
        2: {Kind.DE_DPARAMETER},
        3: {Kind.STEP, Kind.PARAMETER},
        4: {Kind.NET},
    }
    for phases, new in expected.items():
        there = after(stepped(session, phases), c.Select("w5"))
        seen = {q.kind for q in there.facts if q.kind in kinds and there.is_new(q)}
        neuron = after(there, c.Select("h1"))
        seen |= {q.kind for q in neuron.facts if q.kind is Kind.NET and neuron.is_new(q)}
        assert seen == new


def test_a_frozen_parameter_is_never_new() -> None:
    session = after(stepped(shipped("mazur"), 3), c.Select("b1"))
    assert not session.is_new(session.facts[0])
    assert session.new_value("b1") == 0.35


def test_moments_of_a_long_run_are_reached() -> None:
    assert stepped(shipped("mazur"), 601).moment == Moment.of(201, Phase.FORWARD)


def test_the_picker_moves_within_its_list() -> None:
    entries = tuple(Entry(name, name, "", name) for name in "abc")
    picker = Picker(entries=entries)

    def chosen(message: Message) -> int:
        there, effects = update(picker, message)
        assert isinstance(there, Picker)
        assert effects == ()
        return there.chosen

    assert [chosen(c.Scroll(by, 2)) for by in (-1, 5)] == [0, 2]
    assert [chosen(c.Select(name)) for name in "bz"] == [1, 0]
    assert update(picker, c.Enter())[1] == (e.Load("a"),)


def test_online_a_loss_changes_since_the_same_sample_had_its_turn() -> None:
    session = made(XOR.replace("[training]", '[training]\nbatch = "online"'))
    first_epoch = stepped(session, 3 * 4)
    assert first_epoch.loss_change is None
    second = stepped(first_epoch, 1)
    losses = second.losses
    assert second.loss_change == pytest.approx(float(losses[4] - losses[0]), rel=1e-12)
