"""The network as people draw it: straight lines, what the last step used, and any size."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bptui.session import messages as c
from bptui.session.messages import Ask
from bptui.session.session import Session, open_session
from bptui.story.address import parse_quantity
from bptui.story.notation import naming
from bptui.view.diagram_fit import best_plan
from bptui.view.diagram_lines import draw_network
from bptui.view.diagram_panel import diagram
from bptui.view.diagram_plan import Plan, Room
from bptui.view.glyphs import with_glyphs
from bptui.view.numbers import show
from bptui.view.rows import clip, plain, row_cells, to_text
from bptui.view.screen import screen
from tests.networks import Sketch, dense, examples, networks
from tests.sessions import XOR, after, done, made, shipped, stepped

BRAILLE = {chr(code) for code in range(0x2800, 0x2900)}
SQUARES = set("█▓▒░")


def sized(*sizes: int) -> Session:
    """Return a session of a network with so many neurons in its layers."""
    return open_session(dense(sizes).setup())


def drawn(session: Session, width: int = 80, height: int = 20) -> str:
    return to_text(diagram(session, width, height)[0])


def plan_of(session: Session, width: int, height: int) -> Plan | None:
    room = Room(width, height, session.braille)
    return best_plan(session.setup.network, naming(session.setup), session.digits, room)


def by_neuron(steps: int) -> Session:
    """Return Mazur's example after so many of the finest steps."""
    return stepped(after(shipped("mazur"), c.Refine(2)), steps)


def addresses(session: Session, role: str) -> set[str]:
    """Return what the diagram shows in a role."""
    rows, _ = diagram(session, 80, 20)
    return {span.address for row in rows for span in row if role in span.role}


# ---- any network at any size ---------------------------------------------------------------------


@examples(25)
@given(st.data(), networks(), st.integers(36, 150), st.integers(7, 44), st.booleans())
def test_every_edge_has_its_label_and_nothing_overlaps(
    data: st.DataObject, sketch: Sketch, width: int, height: int, braille: bool
) -> None:
    session = replace(open_session(sketch.setup()), braille=braille)
    session = after(session, c.Refine(data.draw(st.integers(0, 2))))
    session = stepped(session, data.draw(st.integers(0, 12)))
    session = after(session, c.Select(data.draw(st.sampled_from(sketch.parameters)).name))
    rows, _ = diagram(session, width, height)
    assert [row_cells(row) for row in rows] == [width] * height
    plan = plan_of(session, width, height)
    if plan is not None:
        assert plan.width <= width
        apart(plan)
        labelled(session, plan)


def apart(plan: Plan) -> None:
    """Assert that neurons, and the labels in a gap, stand apart."""
    for gap in plan.gaps:
        rows = [edge.y for edge in plan.edges.values() if edge.gap == gap]
        assert len(set(rows)) == len(rows)
        for node in plan.nodes.values():
            assert node.right <= gap.x or gap.x + gap.width <= node.x
    columns: dict[int, list[tuple[int, int]]] = {}
    for node in plan.nodes.values():
        columns.setdefault(node.x, []).append((node.y, node.y + node.height))
    for spans in columns.values():
        assert all(end <= begin for (_, end), (begin, _) in pairwise(sorted(spans)))


def labelled(session: Session, plan: Plan) -> None:
    """Assert that each edge's name and value stand on its row, and its line reaches both ends."""
    canvas = draw_network(session, plan)
    rows = canvas.rows(0, 0, plan.width, plan.height)
    for edge in plan.edges.values():
        gap, name = edge.gap, edge.parameter.name
        line = to_text([rows[edge.y]])[gap.x : gap.x + gap.width]
        assert clip(plain(name), gap.name_width) in line
        if plan.form.edge_digits:
            assert show(session.value(edge.quantity), plan.form.edge_digits) in line
        assert canvas.char(gap.x + gap.width - 1, edge.y) != " "
        if edge.parameter.source is not None and session.braille:
            assert canvas.char(gap.x, int(edge.start + 0.5)) != " "


@pytest.mark.parametrize("size", [(40, 7), (60, 15), (80, 10), (80, 20), (120, 30)])
def test_wide_names_and_missing_edges_keep_the_drawing_together(size: tuple[int, int]) -> None:
    session = made(XOR.replace('"a", "b"', '"漢字", "é字漢"').replace('"y"', '"字y漢字"'))
    for phases in range(4):
        rows, _ = diagram(stepped(session, phases), *size)
        assert [row_cells(row) for row in rows] == [size[0]] * size[1]


# ---- which form fits -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "screen_size"),
    [
        ((2, 2, 2), (40, 12)),
        ((2, 2, 2), (60, 20)),
        ((2, 3, 1), (80, 24)),
        ((2, 4, 1), (80, 24)),
        ((3, 3, 3, 3, 3), (120, 40)),
        ((4, 5, 3), (120, 40)),
        ((10, 10, 10), (120, 40)),
    ],
)
def test_a_network_that_can_be_whole_is(
    sizes: tuple[int, ...], screen_size: tuple[int, int]
) -> None:
    session = stepped(sized(*sizes), 1)
    text = to_text(screen(session, *screen_size))
    names = {name for layer in session.setup.network.neurons for name in layer}
    assert {name for name in names if name in text} == names
    assert "partial" not in text


def test_at_60_columns_the_outputs_have_four_digits() -> None:
    text = to_text(screen(stepped(shipped("mazur"), 1), 60, 20))
    assert "0.7514" in text
    assert "0.7729" in text


def test_where_neurons_have_no_boxes_the_title_says_what_their_numbers_are() -> None:
    session = shipped("mazur")
    assert [diagram(stepped(session, k), 40, 7)[1] for k in (1, 2)] == ["out", "δ"]


def test_many_edges_are_a_matrix_of_squares_with_signs() -> None:
    session = stepped(sized(4, 5, 3), 1)
    text = drawn(session)
    assert set(text) & SQUARES
    rows, _ = diagram(session, 80, 20)
    for parameter in session.setup.network.parameters:
        cell = next(span.text for row in rows for span in row if span.address == parameter.name)
        value = session.value(parse_quantity(parameter.name, session.setup)) or 0.0
        assert ("-" in cell) == (value < 0)
    plain_text = to_text(with_glyphs(rows, "ascii"))
    assert plain_text.isascii()
    assert "?" not in plain_text


def test_a_square_number_of_inputs_is_a_picture_and_the_lists_are_sorted_by_delta() -> None:
    session = stepped(after(sized(144, 30, 2), c.Select("o1")), 2)
    text = drawn(session)
    assert "input 12x12" in text
    assert set(text) & set("▀▄█")
    names = [line.split("•")[0].split()[-1] for line in text.split("\n")[1:]]
    deltas = [session.value(parse_quantity(f"dE/dnet {name}", session.setup)) for name in names]
    sizes = [abs(delta or 0.0) for delta in deltas]
    assert len(sizes) == 19
    assert sizes == sorted(sizes, reverse=True)
    rows, _ = diagram(session, 80, 20)
    assert "input i1" in {span.address for row in rows for span in row}


@pytest.mark.parametrize("chosen", ["o1", "h3"])
def test_in_lists_a_weight_stands_beside_the_neuron_that_it_links(chosen: str) -> None:
    session = stepped(after(sized(200, 40, 3), c.Select(chosen)), 2)
    rows, _ = diagram(session, 100, 12)
    linked = 0
    for row in rows:
        beside = {chosen, *(span.address for span in row if "neuron" in span.role)}
        for span in row:
            if span.role == "weight":
                parameter = session.setup.network.parameter(span.address)
                assert {parameter.source, *parameter.targets} <= beside
                linked += 1
    assert linked > 9


def test_lists_say_which_layers_have_no_room() -> None:
    session = stepped(after(sized(300, 40, 30), c.Select("o1")), 1)
    notes = [diagram(session, width, 9)[1] for width in (30, 50, 100)]
    assert notes == ["1 of 3 layers", "edges of o1 only, 2 of 3 layers", "edges of o1 only"]


# ---- lines ---------------------------------------------------------------------------------------


def test_lines_are_straight_where_there_is_braille_and_else_orthogonal() -> None:
    session = shipped("mazur")
    assert set(drawn(session)) & BRAILLE
    text = drawn(replace(session, braille=False))
    assert not set(text) & BRAILLE
    assert "┤" in text


def test_a_negative_weight_has_a_broken_line() -> None:
    negative = made(XOR.replace("neurons = 4", "neurons = 1"))
    assert (negative.value(parse_quantity("w_h1_y", negative.setup)) or 0.0) < 0
    edit = (c.Select("w_h1_y"), c.Prompt(ask=Ask.EDIT), c.Type("0.9"), c.Enter())
    positive = done(negative, *edit)
    dots, lines = [], []
    for session in (after(negative, c.Select("w_h1_y")), positive):
        spans = [span for row in diagram(session, 80, 20)[0] for span in row]
        line = "".join(text for text, _, address in spans if address == "w_h1_y")
        dots.append(sum((ord(char) - 0x2800).bit_count() for char in line if char in BRAILLE))
        lines.append(drawn(replace(session, braille=False)))
    assert dots[0] < 0.8 * dots[1]
    assert ["╍" in text for text in lines] == [True, False]


def test_a_selected_edge_is_lit_from_its_neuron_to_its_neuron() -> None:
    session = after(stepped(shipped("mazur"), 1), c.Select("w7"))
    plan = plan_of(session, 80, 20)
    assert plan is not None
    gap = plan.gaps[1]
    canvas = draw_network(session, plan)
    lit = set()
    for y, row in enumerate(canvas.rows(0, 0, plan.width, plan.height)):
        x = 0
        for span in row:
            if span.address == "w7" and span.role in ("chosen", "edge selected"):
                lit |= {(k, y) for k in range(x, x + row_cells([span]))}
            x += row_cells([span])
    assert {x for x, _ in lit} >= set(range(gap.x, gap.label_x))
    assert {y for _, y in lit} >= set(range(plan.nodes["h1"].middle + 2, plan.nodes["o2"].y))


# ---- what the last step used ---------------------------------------------------------------------


def test_by_neuron_only_the_edges_of_the_step_are_lit() -> None:
    assert addresses(by_neuron(1), "edge forward") == {"w1", "w2", "b1"}
    assert addresses(by_neuron(3), "edge forward") == {"w5", "w6", "b2"}
    outputs = by_neuron(6)  # the delta of o1, which came back through no edge
    assert addresses(outputs, "edge backward") == set()
    hidden = next(s for s in map(by_neuron, range(6, 20)) if s.selected == "h1")
    shares = {"dE/dout h1 via o1", "dE/dout h1 via o2", "dE/dout h1"}
    assert addresses(hidden, "edge backward") == {"w5", "w7", *shares}
    text = drawn(hidden)
    assert "◀0.0554" in text
    assert "◀-0.0190" in text
    assert "Σ 0.0364" in text


def test_what_arrives_stands_at_the_end_where_it_does() -> None:
    forward = drawn(by_neuron(1))
    assert "0.0075▶" in forward  # 0.05 x 0.15
    assert "0.02▶" in forward
    assert forward.count("▶") == 3  # with the bias
    update = next(s for s in map(by_neuron, range(20, 30)) if s.selected == "w5")
    assert "w5✓ 0.3589" in drawn(update)
    assert "-0.0411" in drawn(update)
    assert addresses(update, "edge update") == {"step w5"}


def test_large_steps_light_no_line_and_tell_what_arrives_at_the_selection() -> None:
    for phases in (1, 2, 3):
        session = stepped(shipped("mazur"), phases)
        roles = {role for row in diagram(session, 80, 20)[0] for _, role, _ in row}
        lines = [
            span
            for row in diagram(session, 80, 20)[0]
            for span in row
            if set(span.text) & BRAILLE and span.role in ("edge forward", "edge backward")
        ]
        assert not lines, roles
    assert "◀0.0554" in drawn(after(stepped(shipped("mazur"), 2), c.Select("h1")))
