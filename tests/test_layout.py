"""What is seen where there is little room: nothing torn apart, and the keys that matter named."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bptui.engine.functions import LOSSES as LOSS_TABLE
from bptui.session import messages as c
from bptui.session.key import By
from bptui.session.messages import Ask, Message, Page, Panel
from bptui.session.parts import Job
from bptui.session.session import Session, open_session
from bptui.story.address import parse_quantity
from bptui.story.conventions import CONVENTIONS, conventions_of
from bptui.story.moment import Moment, Phase
from bptui.view.chart_axes import around_rows, iteration_ticks, iterations_of, loss_ticks
from bptui.view.gradients_panel import table
from bptui.view.inspector_panel import inspector
from bptui.view.loss_panel import chart
from bptui.view.numbers import show, whole_width
from bptui.view.prompt import progress
from bptui.view.rows import to_text
from bptui.view.screen import _VIEWS, screen
from tests.networks import CROSS_ENTROPIES, LOSSES, dense
from tests.sessions import WIDE, XOR, after, audited, done, made, shipped, stepped
from tests.walks import answered


def at(session: Session, *commands: Message | By, size: tuple[int, int] = (80, 24)) -> list[str]:
    """Return the lines of the screen after some commands."""
    return to_text(screen(after(session, *commands), *size)).split("\n")


# ---- the inspector in two columns ----------------------------------------------------------------


@pytest.mark.parametrize("preset", ["mazur", "pandey", "hmkcode-code"])
def test_no_sentence_goes_on_at_the_head_of_the_second_column(preset: str) -> None:
    session = after(stepped(shipped(preset), 3), c.Show(Panel.INSPECTOR))
    for name in (*session.setup.network.outputs, *session.setup.network.slots):
        for height in (8, 9, 16):
            rows, said = inspector(after(session, c.Select(name)), 80, height)
            if said:
                head = to_text(rows).split("\n")[0][40:]
                assert not head.startswith("    "), (name, height, head)
                last = to_text(rows).split("\n")[-1][:40].strip()
                assert last not in ("computed from", f"{name} in full", f"into {name}"), (
                    name,
                    height,
                )


def test_in_two_columns_the_cursor_is_always_in_view() -> None:
    session = after(stepped(shipped("pandey"), 3), c.Select("w1"), c.Show(Panel.INSPECTOR))
    for cursor in range(len(session.parts) + len(session.others)):
        text = to_text(inspector(replace(session, cursor=cursor), 80, 8)[0])
        assert text.count("▸ ") == 1, cursor


# ---- the row of keys -----------------------------------------------------------------------------


def test_in_the_inspector_the_key_that_opens_a_number_is_named() -> None:
    row = at(stepped(shipped("mazur"), 2), c.Show(Panel.INSPECTOR))[-1]
    assert "enter open" in row
    assert "backspace" not in row
    opened = at(stepped(shipped("mazur"), 2), c.Show(Panel.INSPECTOR), By(1), c.Enter())
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
    session = after(stepped(session, 3), c.Flip("compared"))
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
    ys = [math.log10(max(y, 1e-300)) for y in losses] if log else losses
    (low, high), marks, labels = loss_ticks(ys, height, log=log)
    slack = 1e-9 * max(map(abs, (low, high)))
    assert low <= min(ys) + slack
    assert high >= max(ys) - slack
    assert len(set(labels)) == len(labels) >= 2
    less_than_a_decade = log and max(ys) - min(ys) < 1  # 1, 2, 5, 10: beside the nearest rows
    for mark in marks:
        row = (mark - low) / (high - low) * (max(2, height - 3) - 1)
        assert less_than_a_decade or abs(row - round(row)) < 1e-6


def test_a_logarithmic_axis_has_only_the_decades_of_its_losses() -> None:
    for height in range(9, 40):
        (low, high), _, labels = loss_ticks([math.log10(0.3), math.log10(3e-5)], height, log=True)
        assert low == -5
        assert high <= 1
        assert float(labels[0]) == 1e-5
    _, _, labels = loss_ticks([math.log10(0.3), math.log10(0.06)], 12, log=True)
    assert [float(label) for label in labels] == [0.05, 0.1, 0.2, 0.5]


def test_a_loss_of_0_is_drawn_beside_its_label_and_not_below_it() -> None:
    for rows in range(2, 40):
        low, high = around_rows((0.0, 1.0), rows)
        for mark in (0.0, 1.0):
            dot = (mark - low) / (high - low) * (4 * rows - 1)
            assert dot % 4 == pytest.approx(1.5)  # in the middle of a row's four


@pytest.mark.parametrize("size", [(39, 15), (80, 8), (40, 7)])
def test_the_numbers_below_the_chart_are_round(size: tuple[int, int]) -> None:
    for last in range(1, 300):
        ticks = iteration_ticks(1, last, size[0])
        assert ticks[0] == 1
        assert last == 1 or len(ticks) > 1
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


# ---- what is said in a corner --------------------------------------------------------------------


def test_a_panel_that_fails_keeps_its_title_and_the_others_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(session: Session, width: int, height: int) -> object:
        raise ValueError("no rows")

    session = stepped(shipped("mazur"), 2)
    monkeypatch.setitem(_VIEWS, Panel.INSPECTOR, broken)
    reported = screen(session, 80, 24, report=lambda error: "a file")
    lines = to_text(reported).split("\n")
    title = next(k for k, line in enumerate(lines) if " 2 why " in line)
    assert lines[title].endswith(" failed ──")
    assert "This panel failed: ValueError: no rows" in lines[title + 1]
    assert len(lines) == 24
    assert " h1 " in "\n".join(lines)


@pytest.mark.parametrize("digits", [0, 6, 9, 20])
def test_from_the_projector_one_comes_back_to_the_digits_that_there_were(digits: int) -> None:
    session = replace(shipped("mazur"), digits=digits)
    there = after(session, c.Flip("projector"))
    assert there.digits == 4
    assert after(there, c.NextDigits(), c.Flip("projector")).digits == digits
    assert (
        after(there, c.Flip("projector"), c.Flip("projector"), c.Flip("projector")).digits == digits
    )
    page = after(session, c.Toggle(Page.HELP), c.Flip("projector"), c.Flip("projector"))
    assert page.digits == digits


def test_a_target_is_called_so_where_there_is_room_for_the_word() -> None:
    text = "\n".join(at(stepped(shipped("mazur"), 1), c.Flip("projector")))
    assert "target 0.01" in text


@pytest.mark.parametrize(
    ("width", "said"), [(120, "[####"), (80, "[####"), (40, "40,000 of 100,000")]
)
def test_how_far_a_job_has_come_is_told_in_numbers(width: int, said: str) -> None:
    begun, last = (Moment.of(k, Phase.UPDATE) for k in (1, 100_000))
    job = Job(last, begun, done=40_000, elapsed=2.0)
    row = to_text(progress(job, width, "esc"))
    assert said in row
    assert "esc stops" in row


# ---- pages ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_the_page_of_figures_cuts_no_number_and_aligns_the_points(width: int) -> None:
    pandey = shipped("pandey")
    session = after(
        replace(pandey, audit=replace(audited("pandey"), claims=())), c.Toggle(Page.FIGURES)
    )
    found = session.findings
    lines = at(session, size=(width, 70))
    assert "✗ 7" in lines[1]
    places = set()
    for finding, line in zip(found, lines[3:], strict=False):
        assert finding.printed.text in line, line
        start = line.index(finding.printed.text)
        places.add(start + whole_width(finding.printed.text))
        if width >= 80:
            assert f"{finding.exact:.12g}" in line
    assert len(places) == 1
    if width == 40:
        assert f"exact value {found[0].exact:.12g}" in " ".join(lines)


def test_on_a_narrow_screen_a_branchs_loss_and_the_present_convention_can_be_read() -> None:
    session = done(stepped(shipped("mazur"), 4), c.Prompt(Ask.EDIT), c.Type("0.9"), c.Enter())
    (line,) = [line for line in at(session, c.Toggle(Page.BRANCHES), size=(40, 12)) if "●" in line]
    assert line.split()[-1] == show(float(session.timeline.some_losses(2, 2)[0]), 4)
    session = answered(session, Ask.EDIT, "loss = mean_squared_error")
    page = "\n".join(at(session, c.Toggle(Page.CONVENTIONS), size=(40, 12)))
    assert "● mean squared error" in page
    page = "\n".join(at(session, c.Toggle(Page.CONVENTIONS), size=(40, 16)))
    assert "Changes apply from iteration 2" in page.replace("\n ", " ")


# ---- a network too large to be drawn -------------------------------------------------------------


def test_in_the_list_of_a_large_network_the_backward_phase_shows_deltas_and_its_way() -> None:
    session = after(made(WIDE), c.Select("h2"))
    forward, backward, update = (stepped(session, phases) for phases in (1, 2, 3))
    out, delta = (
        f"{session.value(parse_quantity(f'{kind} o1', session.setup)):.4f}"
        for kind, session in (("out", forward), ("dE/dnet", backward))
    )
    texts = ["\n".join(at(there)[2:13]) for there in (forward, backward, update)]
    assert [out in text for text in texts] == [True, False, False]
    assert [delta in text for text in texts] == [False, True, True]
    assert ["hidden δ" in text for text in texts] == [False, True, True]
    assert ["▶" in text for text in texts] == [True, False, False]
    assert ["◀" in text for text in texts] == [False, True, False]
    for width in (40, 60, 80, 120):
        for there in (forward, backward):
            head = at(there, size=(width, 24))[3]
            assert "of 30" in head


def test_the_chart_has_room_for_iterations_to_come_and_is_never_mostly_empty() -> None:
    for last in range(1, 3000):
        first, limit = iterations_of(((1, 0.5), (last, 0.25)))
        assert first == 1
        assert last <= limit <= max(4, 1.6 * last)
    lines = [to_text(chart(stepped(shipped("mazur"), k), 39, 15)[0]) for k in (31, 34, 37)]
    assert len({text.split("\n")[-1] for text in lines}) == 1


@pytest.mark.parametrize("height", [8, 12, 15])
def test_the_mark_of_the_moment_stands_on_the_curve(height: int) -> None:
    session = stepped(shipped("mazur"), 90)
    for back in (1, 30, 45, 70):
        there = after(session, c.Step(-back))
        lines = to_text(chart(there, 60, height)[0]).split("\n")
        (row,) = [k for k, line in enumerate(lines) if "●" in line]
        column = lines[row].index("●")
        near = {
            k for k, line in enumerate(lines) for char in line[column - 1 : column] if char > "⠀"
        }
        assert near & {row}, "\n".join(lines)


# ---- the header ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "full", "short"),
    [
        ("binary_cross_entropy", "binary cross-entropy", "binary CE"),
        ("categorical_cross_entropy", "categorical cross-entropy", "categorical CE"),
        ("mean_squared_error", "mean squared error", "MSE"),
    ],
)
def test_the_loss_is_named_at_80_columns_also_beside_its_change(
    loss: str, full: str, short: str
) -> None:
    session = open_session(dense((2, 2, 2), loss=loss).setup())
    assert at(stepped(session, 1))[1].endswith(f"  η 0.5  {full}")
    lines = at(stepped(session, 4))
    assert f"  η 0.5  {short}" in lines[1]
    assert full not in lines[1]
    assert full in at(stepped(session, 4), size=(120, 40))[1]


def test_all_choices_of_a_convention_are_seen_where_there_is_room() -> None:
    session = after(
        open_session(dense((2, 2, 2), loss="binary_cross_entropy").setup()),
        c.Toggle(Page.CONVENTIONS),
    )
    for size in ((80, 24), (120, 40)):
        text = to_text(screen(session, *size))
        assert all(f" {LOSS_TABLE[n].label}" in text for n in (*LOSSES, *CROSS_ENTROPIES))
    small = to_text(screen(session, 40, 12))
    assert "● binary cross" in small
    assert "learning rate" in small


@pytest.mark.parametrize(
    ("change", "before", "then"),
    [
        ("loss = half_squared_error", "E_y@1 = (target_y@1 -", "E_y@1 = ½ × (target_y@1 -"),
        ("update = sequential", "∂net_y/∂out_h₁ = w_h₁_y(old)", "∂net_y/∂out_h₁ = w_h₁_y(new)"),
        ("reduction = sum", "E = (E@1 + E@2 + E@3 + E@4) / 4", "E = E@1 + E@2 + E@3 + E@4"),
        ("optimizer = momentum", "_a_h₁(old) - η × ∂E/∂w_a_h₁", "_a_h₁(old) - η × v_w_a_h₁"),
        ("biases = shared", "∂E/∂b_h₁@1 = ∂E/∂out_h₁@1 ×", "∂E/∂b_h₁@1 = ∂E/∂b_h₁ via h₁@1 +"),
    ],
)
def test_a_convention_says_what_its_choice_means(change: str, before: str, then: str) -> None:
    session = made(XOR)
    edited = answered(session, Ask.EDIT, change)
    name = change.split(" = ")[0]
    name = "shared" if change == "biases = shared" else name
    for shown, formula in ((session, before), (edited, then)):
        place = [one.name for one in conventions_of(shown.setup.preset)].index(name)
        page = "\n".join(at(shown, c.Toggle(Page.CONVENTIONS), By(place), size=(80, 24)))
        assert formula in page
        assert CONVENTIONS[name].meaning in page


def test_a_panel_that_fails_fails_its_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_VIEWS, Panel.INSPECTOR, lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        screen(shipped("afteracademy"), 81, 25)


def test_what_an_edit_has_set_has_a_pencil_until_an_update_changes_it() -> None:
    def marked(session: Session) -> list[str]:
        return [line for line in to_text(screen(session, 120, 40)).split("\n") if "✎" in line]

    session = stepped(shipped("mazur"), 2)
    assert not marked(session)
    for text, shown in (("w5 = 0.6", "✎ 0.6"), ("input i1 = 0.3", "✎ 0.3")):
        there = after(session, c.Prompt(Ask.EDIT), c.Erase("all"), c.Type(text), c.Enter())
        assert any(shown in line for line in marked(there)), text
    edited = after(session, c.Prompt(Ask.EDIT), c.Erase("all"), c.Type("w5 = 0.6"), c.Enter())
    assert not marked(stepped(edited, 2))


def test_the_header_counts_what_is_done_of_a_phase() -> None:
    session = after(shipped("mazur"), c.Refine(1), c.Refine(1), *[c.Step(1)] * 10)
    assert "✓ forward  ● backward ━━━━━╌╌╌╌╌╌╌╌╌ 5 of 14  ○ update" in to_text(
        screen(session, 120, 40)
    )
    assert "✓ forward  ● backward ━━╌╌╌ 5 of 14  ○ update" in to_text(screen(session, 80, 24))
    whole = after(session, c.Refine(-1), c.Refine(-1), c.Step(1))
    assert "backward  ○ update" in to_text(screen(whole, 120, 40))
    assert "▶ playing" in to_text(screen(after(session, c.Play()), 80, 24))
