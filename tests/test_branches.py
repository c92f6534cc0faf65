"""Branches that edits make: undo and redo, the list of them, comparing two."""

from __future__ import annotations

from bptui.session import messages as c
from bptui.session.key import By
from bptui.session.messages import Ask, Page, Panel
from bptui.story.address import Kind, Quantity
from bptui.story.edits import SetParameter
from bptui.story.moment import START, parse_moment
from bptui.story.timeline import Timeline
from bptui.story.values import Values
from bptui.view.numbers import show
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.sessions import done, shipped, stepped
from tests.test_whatif import mazur_edited, weight
from tests.walks import answered, wrong_in


def test_an_edit_makes_a_branch_and_the_other_is_not_lost() -> None:
    session = mazur_edited("w5 = 0.9")
    assert session.said == "What if w5 = 0.9: new branch from iteration 1, update (u to undo)"
    assert (session.here, session.other, len(session.branches)) == (1, 0, 2)
    assert session.branch.change == SetParameter("w5", 0.9)
    assert session.branch.moment == parse_moment("1 update")
    back = done(session, c.Undo(1))
    assert back.said == "Undone: w5 = 0.9 (ctrl+r to redo)"
    assert (back.here, back.other) == (0, 1)
    assert back.value(weight("w5")) == stepped(shipped("mazur"), 3).value(weight("w5"))
    assert len(back.branches) == 2


def test_undo_and_redo_go_up_and_down_the_edits() -> None:
    session = mazur_edited("w5 = 0.9", "w6 = 0.8")
    session = answered(done(session, c.Travel(2)), Ask.EDIT, "eta = 0.1")
    places, moments = [], []
    for way in (1, 1, 1, 1, -1, -1, -1, -1):
        session = done(session, c.Undo(way))
        places.append(session.here)
        moments.append(str(session.moment))
        assert wrong_in(session) == []
    assert places == [2, 1, 0, 0, 1, 2, 3, 3]
    assert moments == ["3 update", *["1 update"] * 5, "3 update", "3 update"]
    assert session.said == "Nothing to redo"
    assert done(mazur_edited(), c.Undo(1)).said == "Nothing to undo"


def test_after_another_edit_nothing_is_made_again() -> None:
    session = answered(done(mazur_edited("w5 = 0.9"), c.Undo(1)), Ask.EDIT, "w5 = 0.8")
    assert done(session, c.Undo(-1)).said == "Nothing to redo"
    assert [branch.parent for branch in session.branches] == [None, 0, 0]


def test_on_another_branch_nothing_is_made_again() -> None:
    session = answered(done(mazur_edited("w5 = 0.9"), c.Undo(1)), Ask.EDIT, "w5 = 0.8")
    session = done(session, c.Prompt(Ask.MARK), c.Type("x"), c.Undo(1))
    assert session.undone == (2,)
    by_mark = done(session, c.Prompt(Ask.RETURN), c.Type("x"))
    by_page = done(session, c.Toggle(Page.BRANCHES), By(1), c.Enter())
    assert (by_mark.here, by_page.here) == (2, 1)
    assert done(session, c.Prompt(Ask.MARK), c.Type("y")).undone == (2,)
    for there in (by_mark, by_page):
        assert done(there, c.Undo(-1)).said == "Nothing to redo"


def test_at_the_start_a_card_shows_what_the_start_has() -> None:
    session = answered(stepped(shipped("mazur"), 1), Ask.EDIT, "w5 = 0.9")
    session = done(session, c.Select("w5"))
    assert "w₅ = 0.9" in to_text(screen(session, 120, 40))
    start = done(session, c.Jump(START))
    (card,) = start.cards
    assert (card.moment, start.value_at(card.quantity, card.moment)) == (START, 0.4)
    text = to_text(screen(start, 120, 40))
    assert "w₅ = 0.4" in text
    assert "w₅ = 0.9" not in text


def test_undo_goes_to_where_the_edit_was_made_from_anywhere() -> None:
    session = answered(mazur_edited("w5 = 0.9"), Ask.RUN, "100")
    assert str(done(session, c.Undo(1)).moment) == "1 update"
    assert str(done(session, c.Undo(1), c.Travel(3), c.Undo(-1)).moment) == "1 update"


def test_branches_are_listed_and_can_be_switched() -> None:
    session = answered(mazur_edited("w5 = 0.9"), Ask.RUN, "10")
    session = answered(done(session, c.Undo(1)), Ask.EDIT, "eta = 0.1")
    listed = done(session, c.Toggle(Page.BRANCHES))
    assert listed.line == 2
    text = to_text(screen(listed, 100, 24))
    for line in ("0  the preset", "1  w5 = 0.9 (1 update, from branch 0)", "11"):
        assert line in text
    there = done(listed, By(-1), c.Enter())
    assert (there.page, there.here, there.other) == (None, 1, 2)
    assert str(there.moment) == "1 update"
    far = answered(there, Ask.GO, "11 update")
    near = done(far, c.Toggle(Page.BRANCHES), By(-1), c.Enter())
    assert near.here == 0
    assert str(near.moment) == "1 update"  # it was not run any further
    assert done(far, c.Toggle(Page.BRANCHES), c.Enter()).moment == far.moment


def test_any_branch_of_the_list_can_be_compared_with_the_one_shown() -> None:
    session = answered(mazur_edited("w5 = 0.9"), Ask.EDIT, "eta = 0.1")
    session = answered(done(session, c.Travel(4)), Ask.EDIT, "w1 = 0.3")
    listed = done(session, c.Toggle(Page.BRANCHES))
    assert (listed.here, listed.other) == (3, 2)
    assert done(listed, c.Flip("compared")).said.startswith("This is the branch shown")
    for place in (2, 1, 0):
        listed = done(listed, By(-1), c.Flip("compared"))
        assert (listed.other, listed.here, listed.page) == (place, 3, Page.BRANCHES)
        number = Values(session.timelines[place].state(session.moment)).get(Quantity(Kind.LOSS))
        assert listed.said.startswith(f"Compared with branch {place}: E is ")
        assert listed.said.endswith(f" here, {number:.9g} there")
        assert listed.said in to_text(screen(listed, 80, 24))
        there = done(listed, c.Close())
        assert f"- branch {place}" in to_text(screen(there, 120, 40))
        assert f"· branch {place}" in to_text(screen(there, 120, 40))
    assert not done(listed, c.Close(), c.Flip("compared")).compared


def test_on_the_pages_of_what_if_undo_works_too() -> None:
    session = done(mazur_edited("w5 = 0.9"), c.Toggle(Page.BRANCHES), c.Undo(1))
    assert (session.here, session.page, session.line) == (0, Page.BRANCHES, 0)
    session = done(session, c.Close(), c.Toggle(Page.CONVENTIONS), By(2), c.Enter())
    assert session.setup.rule.update == "sequential"
    session = done(session, c.Undo(1))
    assert (session.setup.rule.update, session.page) == ("simultaneous", Page.CONVENTIONS)
    assert done(session, c.Undo(-1)).setup.rule.update == "sequential"


def test_the_difference_to_the_other_branch_is_that_of_the_same_moment() -> None:
    session = mazur_edited("w5 = 0.9")
    assert done(shipped("mazur"), c.Flip("compared")).said == "Only one branch; e makes another"
    session = done(session, c.Flip("compared"), c.Travel(4))
    assert session.compared
    fresh = Timeline(shipped("mazur").setup)
    there = Values(fresh.state(session.moment))
    for quantity in (weight("w5"), weight("w1"), Quantity(Kind.LOSS)):
        own, other = session.value(quantity), there.get(quantity)
        assert own is not None
        assert other is not None
        assert session.difference(quantity) == own - other != 0
    text = to_text(screen(session, 120, 40))
    assert "- branch 0" in text
    assert "- branch 0" not in to_text(screen(done(session, c.Flip("compared")), 120, 40))
    ahead = done(session, c.Prompt(Ask.GO), c.Type("3000"), c.Enter())
    assert "branch 0 was not run this far" in to_text(screen(ahead, 120, 40))
    difference = show(session.difference(Quantity(Kind.LOSS)), 9)
    assert f"E_total minus that of branch 0: {difference}" in text
    # it is not run for that if it is far behind
    far = answered(session, Ask.RUN, "2000")
    assert far.difference(weight("w5")) is None
    assert far.timelines[0].ran < 200


def test_the_chart_has_the_other_branch_behind_this_one() -> None:
    session = answered(shipped("mazur"), Ask.RUN, "40")
    alone = to_text(screen(done(session, c.Show(Panel.CHART)), 80, 24))
    session = answered(answered(session, Ask.GO, "20"), Ask.EDIT, "eta = 5")
    assert session.charted == 20
    both = done(session, c.Show(Panel.CHART))
    text = to_text(screen(both, 80, 24))
    assert "· branch 0, linear" in text
    assert "branch" not in alone
    assert text.count("·") > 5
    # stepping back, what was run before the edit is still on it
    assert done(both, c.Travel(-15)).charted == 20
