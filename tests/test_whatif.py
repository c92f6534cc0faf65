"""What if: prompts, edits that make branches, undo and redo, comparing, conventions, saving."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import structs

from bptui.audit.prepare import prepare
from bptui.preset.read import parse_preset
from bptui.session import messages as c
from bptui.session.branches import subject_of_edit
from bptui.session.encode import state_of
from bptui.session.jobs import completed
from bptui.session.key import By
from bptui.session.messages import Ask, Page, Panel
from bptui.session.parts import LONGEST, Opened, Prompting
from bptui.session.prompts import edit_prompt, edited
from bptui.session.saving import preset_text
from bptui.session.session import Session, open_session
from bptui.story.address import Kind, Quantity, parse_quantity
from bptui.story.conventions import CONVENTIONS, conventions_of
from bptui.story.edits import SetConvention, SetParameter
from bptui.story.moment import START, Moment, Phase, parse_moment
from bptui.story.values import Values
from bptui.view.prompt import prompt_row
from bptui.view.rows import row_cells, to_text
from bptui.view.screen import screen
from tests.edits import HEAVY, SMALL, conventions, random_edits
from tests.networks import Sketch, dense, examples, networks
from tests.sessions import XOR, done, made, shipped, stepped, told
from tests.walks import answered, edits_of, wrong_in


def small() -> Session:
    """Return a session of a network with shared biases and batches of 2 and 1 samples."""
    return open_session(SMALL.setup())


def mazur_edited(*edits: str, at: int = 3) -> Session:
    """Return a session of the shipped example after edits at a moment."""
    session = stepped(shipped("mazur"), at)
    for text in edits:
        session = answered(session, Ask.EDIT, text)
    return session


def weight(name: str) -> Quantity:
    """Return a parameter's quantity."""
    return Quantity(Kind.PARAMETER, parameter=name)


# ---- the line that is typed into -----------------------------------------------------------------


def line(text: str, *keys: c.Type | c.Erase | c.Caret) -> tuple[str, int]:
    """Return the text and the caret of a line, with | for where it begins, after some keys."""
    caret = text.index("|")
    prompt = Prompting(Ask.GO, text.replace("|", ""), caret)
    for key in keys:
        prompt = edited(prompt, key)
    return prompt.text[: prompt.caret] + "|" + prompt.text[prompt.caret :], len(prompt.text)


@pytest.mark.parametrize(
    ("before", "key", "after"),
    [
        ("|", c.Type("a"), "a|"),
        ("ab|cd", c.Type("xy"), "abxy|cd"),
        ("ab|cd", c.Erase("before"), "a|cd"),
        ("|cd", c.Erase("before"), "|cd"),
        ("ab|cd", c.Erase("after"), "ab|d"),
        ("ab|", c.Erase("after"), "ab|"),
        ("ab|cd", c.Erase("all"), "|cd"),
        ("ab|cd", c.Caret(1), "abc|d"),
        ("ab|cd", c.Caret(-1), "a|bcd"),
        ("ab|cd", c.Caret(99), "abcd|"),
        ("ab|cd", c.Caret(-99), "|abcd"),
    ],
)
def test_keys_edit_the_line(before: str, key: c.Type | c.Erase | c.Caret, after: str) -> None:
    assert line(before, key)[0] == after


def test_a_line_has_an_end() -> None:
    text, length = line("a|b", c.Type("x" * 1000))
    assert length == LONGEST
    assert text.endswith("|")
    assert line("a|b", *[c.Type("x" * 1000)] * 2)[1] == LONGEST


@pytest.mark.parametrize(
    ("key", "text", "caret"),
    [
        (c.Type("9"), "w5 = 9", 6),
        (c.Erase("before"), "w5 = ", 5),
        (c.Caret(-1), "w5 = 0.4", 7),
        (c.Erase("all"), "", 0),
        (c.Erase("after"), "w5 = 0.4", 8),
    ],
)
def test_the_old_value_is_picked_and_replaced_by_what_is_typed(
    key: c.Type | c.Erase | c.Caret, text: str, caret: int
) -> None:
    prompt = edited(edit_prompt("w5 = 0.4"), key)
    assert (prompt.text, prompt.caret, prompt.picked) == (text, caret, None)
    # a key later nothing is picked any more
    assert edited(edited(edit_prompt("w5 = 0.4"), c.Caret(-1)), c.Type("2")).text == "w5 = 0.24"


def test_what_names_something_else_replaces_all_that_was_offered() -> None:
    for typed in (["b1 = 0.9"], list("b1 = 0.9")):  # pasted, and letter by letter
        prompt = edit_prompt("w5 = 0.4")
        for text in typed:
            prompt = edited(prompt, c.Type(text))
        assert (prompt.text, prompt.caret) == ("b1 = 0.9", 8)
    session = done(shipped("mazur"), c.Prompt(Ask.EDIT), c.Type("eta = 0.25"), c.Enter())
    assert session.setup.rule.learning_rate == 0.25


lines = st.text(max_size=60) | st.integers(0, 70).map(lambda count: ("abc = 0.125 " * 6)[:count])


@example("abc = 0.125 " * 5, 60, 40, True)
@examples(50)
@given(lines, st.integers(0, 70), st.sampled_from([12, 40, 80]), st.booleans())
def test_the_caret_is_in_view_and_the_row_as_wide_as_the_screen(
    text: str, caret: int, width: int, picked: bool
) -> None:
    caret = len(text) if picked else min(caret, len(text))
    prompt = Prompting(Ask.EDIT, text, caret, picked=len(text) // 3 if picked else None)
    row = prompt_row(prompt, width)
    assert row_cells(row) == width
    if text.isascii() and text.isprintable() and width > 12:
        spans = [span.text for span in row if span.role == "caret"]
        assert spans == [text[caret : caret + 1] or " "]


def test_answers_are_called_back() -> None:
    session = shipped("mazur")
    for text in ("3", "5", "3", "7"):
        session = answered(session, Ask.GO, text)
    session = done(session, c.Prompt(Ask.GO))
    shown = []
    for key in (-1, -1, -1, -1, 1, 1, 1, 1):
        session = done(session, c.Recall(key))
        assert session.prompt is not None
        shown.append(session.prompt.text)
        assert session.prompt.caret == len(session.prompt.text)
    assert shown == ["7", "3", "5", "5", "3", "7", "", ""]
    other = done(session, c.Close(), c.Prompt(Ask.RUN), c.Recall(-1))
    assert other.prompt is not None
    assert other.prompt.text == ""


def test_where_nothing_can_be_called_back_the_line_stays() -> None:
    for key in (-1, 1):
        session = done(shipped("mazur"), c.Select("w5"), c.Prompt(Ask.EDIT), c.Recall(key))
        assert session.prompt is not None
        assert session.prompt.text == "w5 = 0.4"


def test_a_wrong_answer_is_kept_and_told() -> None:
    session = answered(shipped("mazur"), Ask.EDIT, "w9 = 1")
    prompt = session.prompt
    assert prompt is not None
    assert prompt.text == "w9 = 1"
    assert prompt.error.startswith("nothing to edit is called w9; choose from w1, ")
    assert prompt.error[:60] in to_text(screen(session, 80, 24))
    assert session.answers == {}
    mended = done(session, c.Caret(-4), c.Erase("before"), c.Type("8"))
    assert mended.prompt is not None
    assert (mended.prompt.text, mended.prompt.error) == ("w8 = 1", "")
    right = done(mended, c.Enter())
    assert right.prompt is None
    assert right.value(weight("w8")) == 1.0
    assert right.answers == {Ask.EDIT: ("w8 = 1",)}


@pytest.mark.parametrize(
    ("ask", "text", "error"),
    [
        (Ask.GO, "soon", '"soon" is not a moment; moments look like "1 backward", or "start"'),
        (Ask.GO, "+", '"+" is not a moment; moments look like "1 backward", or "start"'),
        (Ask.GO, "0 forward", 'no iteration "0"; iterations are counted from 1'),
        (Ask.GO, "3 sideways", 'no phase "sideways"; the phases are forward, backward, update'),
        (Ask.RUN, "0", '"0" is not a number of iterations; try 1000 until E < 0.01'),
        (Ask.RUN, "-3 until E < 1", '"-3" is not a number of iterations; try 1000 until E < 0.01'),
        (Ask.SEARCH, "E < x", '"x" is not a number; write it like 0.5 or 1/3'),
        (Ask.SEARCH_BACK, "E << 1", '"< 1" is not a number; write it like 0.5 or 1/3'),
        (Ask.EDIT, "target = 1", "say which target is meant, as in target o1 = 1"),
    ],
)
def test_what_is_wrong_with_an_answer_is_said(ask: Ask, text: str, error: str) -> None:
    session = answered(shipped("mazur"), ask, text)
    assert session.prompt is not None
    assert session.prompt.error == error
    assert session.moment == START
    assert done(session, c.Close()).prompt is None


def test_an_empty_answer_is_none() -> None:
    for ask in (Ask.GO, Ask.EDIT, Ask.SEARCH, Ask.RUN):
        session = answered(shipped("mazur"), ask, "  ")
        assert (session.prompt, session.moment, session.answers) == (None, START, {})


def test_keys_that_are_no_text_do_nothing_in_a_prompt() -> None:
    session = done(shipped("mazur"), c.Prompt(Ask.GO))
    for command in (c.Step(1), c.Show(Panel.CHART), c.Undo(1), c.Toggle(Page.HELP), c.Play()):
        there = told(session, command)
        assert there.prompt is not None
        same = structs.replace(there, prompt=structs.replace(there.prompt, error=""))
        assert state_of(same) == state_of(session)


def test_what_is_likely_to_be_meant_stands_there_already() -> None:
    session = done(stepped(shipped("mazur"), 4), c.Prompt(Ask.SAVE))
    assert session.prompt is not None
    assert session.prompt.text == "mazur-2.toml"
    session = done(stepped(shipped("mazur"), 3), c.Prompt(Ask.SAVE))
    assert session.prompt is not None
    assert session.prompt.text == "mazur-2.toml"


# ---- what an edit is of --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("selected", "text"),
    [
        ("w5", "w5 = 0.4"),
        ("b2", "b2 = 0.6"),
        ("i2", "input i2 = 0.1"),
        ("o1", "target o1 = 0.01"),
        ("h1", "b1 = 0.35"),
    ],
)
def test_an_edit_is_of_what_is_selected(selected: str, text: str) -> None:
    session = done(shipped("mazur"), c.Select(selected))
    assert subject_of_edit(session) == text
    prompt = done(session, c.Prompt(Ask.EDIT)).prompt
    assert prompt == Prompting(Ask.EDIT, text, len(text), picked=text.index("=") + 2)
    same = answered(session, Ask.EDIT, text)
    assert same.said.startswith("No change: ")
    assert len(same.branches) == 1


def test_an_edit_is_of_the_card_that_is_open() -> None:
    session = done(stepped(shipped("mazur"), 3), c.Select("w5"), c.Select("target o2"))
    assert subject_of_edit(session) == "target o2 = 0.99"
    assert subject_of_edit(done(session, c.Select("net h1"))) == "b1 = 0.35"
    net = done(session, c.Show(Panel.INSPECTOR), c.Select("net h1"))
    place = [str(ref.quantity) for ref in net.parts].index("input i2")
    part = done(structs.replace(net, cursor=place), c.Enter())
    assert (part.selected, subject_of_edit(part)) == ("h1", "input i2 = 0.1")
    session = done(session, c.Select("w7"), c.Select("w6"))
    assert subject_of_edit(session).startswith("w6 = 0.4086")


def test_a_neuron_without_a_bias_is_edited_by_the_learning_rate() -> None:
    sketch = dense((2, 2, 1))
    bare = replace(sketch, parameters=tuple(p for p in sketch.parameters if p.source))
    assert subject_of_edit(open_session(bare.setup())) == "learning_rate = 0.5"


def test_in_a_batch_the_sample_that_is_shown_is_edited() -> None:
    session = done(small(), c.Select("i2"), c.Sample(1))
    value = SMALL.samples[1][0][1]
    assert subject_of_edit(session) == f"input i2 @2 = {value!r}"
    edited_one = answered(session, Ask.EDIT, "input i2 = 0.125")
    assert edited_one.setup.inputs[:, 1].tolist() == [
        SMALL.samples[0][0][1],
        0.125,
        SMALL.samples[2][0][1],
    ]
    # the other batch has only one sample
    assert subject_of_edit(done(session, c.Jump(Moment.of(2, Phase.UPDATE)))).startswith(
        "input i2 @1"
    )


def test_cards_of_biases_that_are_gone_can_be_opened_and_not_edited() -> None:
    session = open_session(dense((2, 2, 1), samples=2).setup())
    session = answered(stepped(session, 4), Ask.EDIT, "biases = shared")
    assert "b2" not in session.setup.network.slots
    session = done(session, c.Show(Panel.INSPECTOR))
    before = parse_moment("1 forward")
    assert any(ref.quantity == weight("b2") for ref in opened(session, "net h2 @1", before).parts)
    for address in ("net h2 @1", "b2", "dE/db2", "dE/db2 @2", "dE/dnet h2 @1"):
        for moment in (before, parse_moment("1 update")):
            there = opened(session, address, moment)
            for size in ((80, 24), (120, 40)):
                assert "Traceback" not in to_text(screen(there, *size))
            assert not subject_of_edit(there).startswith("b2")
            for command in (c.View(1), c.Enter(), By(1), c.Prompt(Ask.EDIT)):
                assert screen(done(there, command), 80, 24)


def opened(session: Session, address: str, moment: Moment) -> Session:
    """Return a session with the card of a quantity of before open."""
    quantity = parse_quantity(address, session.timeline.setup_at(moment))
    return structs.replace(session, trail=(Opened(quantity, moment),))


@pytest.mark.parametrize(
    "text",
    [
        "w5 = 0.4",
        "eta = 0.5",
        "update = simultaneous",
        "b1 = frozen",
        "biases = frozen",
        "input i1 = 0.05",
        "target o2 = 0.99",
    ],
)
def test_what_is_so_already_makes_no_branch(text: str) -> None:
    session = answered(shipped("mazur"), Ask.EDIT, text)
    assert len(session.branches) == 1
    assert session.said.startswith("No change: ")


def test_in_the_middle_of_an_update_an_edit_is_of_what_the_iteration_began_with() -> None:
    session = done(stepped(shipped("mazur"), 2), c.Refine(2), *[c.Step(1)] * 3)
    assert (str(session.moment), session.left > 0) == ("1 update", True)
    assert session.value(weight("w8")) == 0.55
    there = answered(session, Ask.EDIT, "w8 = 0.7")
    assert (there.moment, there.left) == (session.moment, session.left)
    assert there.value(weight("w8")) == 0.7
    assert edits_of(there) == ((parse_moment("1 backward"), SetParameter("w8", 0.7)),)
    assert wrong_in(there) == []
    assert done(there, *[c.Step(1)] * 40).value(weight("w8")) != 0.7


# ---- conventions ---------------------------------------------------------------------------------


def test_every_convention_can_be_switched_through_its_values() -> None:
    session = stepped(small(), 4)
    names = list(conventions(session.setup))
    more = ["optimizer", "schedule", "penalty"]  # of which the second book knows nothing
    assert names == ["loss", "update", *more, "reduction", "batch", "biases", "shared"]
    listed = [convention.name for convention in conventions_of(session.setup.preset)]
    for name in names:
        place = listed.index(name)
        page = done(session, c.Toggle(Page.CONVENTIONS), By(place))
        seen = []
        for _ in conventions(session.setup)[name][1]:
            page = done(page, c.Enter())
            now, values = conventions(page.setup)[name]
            seen.append(now)
            assert now in values
            assert (page.page, page.line) == (Page.CONVENTIONS, place)
            assert page.branch.change == SetConvention(name, now)
            if name not in more:
                assert wrong_in(page) == []
            text = to_text(screen(page, 80, 24))
            assert f"● {CONVENTIONS[name].word(now)}" in text
        begin, values = conventions(session.setup)[name]
        assert set(values) <= {begin, *seen}, name


def test_the_first_line_asks_for_the_learning_rate() -> None:
    session = done(small(), c.Toggle(Page.CONVENTIONS), c.Enter())
    assert session.prompt == edit_prompt("learning_rate = 0.5")
    session = done(session, c.Type("0.25"), c.Enter())
    assert session.setup.rule.learning_rate == 0.25


def test_a_selected_bias_that_is_gone_is_not_selected_any_more() -> None:
    session = open_session(dense((2, 2, 1)).setup())
    session = done(stepped(session, 5), c.Select("b2"))
    session = answered(session, Ask.EDIT, "biases = shared")
    assert "b2" not in session.setup.network.slots
    assert session.selected in session.setup.network.places
    split = answered(stepped(small(), 5), Ask.EDIT, "biases = own")
    split = done(split, c.Select("b1_h2"), c.Jump(START))
    assert split.selected == "h1"
    screen(split, 80, 24)


# ---- saving --------------------------------------------------------------------------------------


def assert_goes_on(session: Session, iterations: int = 6) -> None:
    """Fail unless what is saved goes on with the same bits."""
    saved = open_session(prepare(parse_preset(preset_text(session), "saved.toml")))
    begin = completed(session.moment)
    for k in range(1, iterations + 1):
        for phase in Phase:
            own = Values(saved.timeline.state(Moment.of(k, phase)))
            other = Values(session.timeline.state(Moment.of(begin + k, phase)))
            assert repr(own.all()) == repr(other.all()), (str(session.moment), k)


@examples(6)
@given(networks(), st.integers(0, 20))
def test_what_is_saved_at_any_moment_goes_on_bit_for_bit(sketch: Sketch, at: int) -> None:
    session = done(open_session(sketch.setup()), c.Jump(Moment(at)))
    assert_goes_on(session, 3)


@examples(6)
@given(st.integers(0, 2**32))
def test_what_is_saved_after_edits_goes_on_bit_for_bit(seed: int) -> None:
    rng = random.Random(seed)
    made_edits = random_edits(rng, HEAVY.setup(), 5)
    last = max(moment for (moment, _), _ in made_edits)
    session = open_session(HEAVY.setup())
    session = structs.replace(session, timelines=(made_edits[-1][1],))
    for at in (last.at, last.at + 1, last.at + 5):
        # all edits are behind it, even those of an iteration that has begun
        assert_goes_on(done(session, c.Jump(Moment(at + 3 - at % 3))), 3)


def test_what_is_set_at_an_update_is_saved() -> None:
    session = mazur_edited("w5 = 0.9", "b1 = trainable", "biases = own")
    assert_goes_on(session)
    assert "0.9" in preset_text(session)
    assert_goes_on(answered(session, Ask.EDIT, "b1_h2 = -1"))
    assert_goes_on(answered(stepped(made(XOR), 5), Ask.EDIT, "biases = shared"))
    assert_goes_on(answered(made(XOR), Ask.EDIT, "batch = 3"))


@pytest.mark.parametrize(
    "text",
    [
        "loss = squared_error",
        "reduction = mean",
        "update = sequential",
        "batch = online",
        "batch = full",
        "eta = 0.3",
        "w5 = frozen",
        "biases = trainable",
        "biases = own",
        "input i1 = 0.75",
        "target o2 = 0.25",
    ],
)
def test_every_edit_is_saved(text: str) -> None:
    session = stepped(small(), 4)
    now = answered(session, Ask.EDIT, text)
    assert len(now.branches) == 2
    assert preset_text(now) != preset_text(session)
    assert_goes_on(now, 4)


def test_a_saved_network_says_where_it_is_from() -> None:
    text = preset_text(mazur_edited("w5 = 0.9"))
    assert text.splitlines()[0] == "# mazur at 1 update, saved by bptui"
    assert 'title   = "A Step by Step Backpropagation Example (from iteration 2)"' in text


@pytest.mark.parametrize("phases", range(7))
def test_biases_that_the_article_does_not_have_are_shown_without_its_figures(phases: int) -> None:
    session = mazur_edited("biases = own", at=phases)
    for panel in Panel:
        screen(told(session, c.Show(panel)), 120, 40)
    assert "b1_h2" in session.setup.network.slots
