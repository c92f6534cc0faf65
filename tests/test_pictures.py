"""Pictures of the chart panel: what they show is what the engine says, in whatever size."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bptui.engine.passes import forward
from bptui.session import messages as c
from bptui.session.messages import Panel, Picture
from bptui.session.session import Session
from bptui.story.landscape import LossTask, OutputTask, spread
from bptui.story.moment import START, Moment, Phase
from bptui.view.dots import Dots, Plot, shaded
from bptui.view.pictures import CHEAP, PICTURES, pictures, shown_pictures, wanted
from bptui.view.rows import row_cells, to_text
from bptui.view.screen import arrange, screen
from tests.sessions import WIDE, XOR, after, made, session_of, shipped, stepped


def showing(session: Session, picture: Picture) -> Session:
    """Return a session with a picture chosen by its key."""
    for _ in Picture:
        if session.shown_picture is picture:
            return session
        session = after(session, c.Depict(1))
    raise AssertionError(picture)


def computed(session: Session, width: int, height: int) -> Session:
    """Return a session once all that its pictures need has arrived."""
    while (task := wanted(session, width, height, 0)) is not None:
        session = after(session, c.Pictured(task, task.result()))
    return session


@pytest.mark.parametrize("name", ["mazur", "xor", "wide"])
def test_every_picture_fills_its_panel_exactly(name: str) -> None:
    for phases in (0, 2, 7):
        session = stepped(session_of(name), phases)
        for picture in Picture:
            for width, height in ((39, 14), (20, 6), (12, 4), (120, 20)):
                there = computed(showing(session, picture), width, height)
                rows, _ = pictures(there, width, height)
                assert [row_cells(row) for row in rows] == [width] * height, picture


def test_a_loss_over_parameters_is_what_the_engine_finds_there() -> None:
    session = stepped(shipped("mazur"), 5)
    timeline, xs, ys = session.timeline, (0.1, 0.4), (0.2, 0.6, 0.9)
    found = LossTask(timeline, 2, ("w5", "w6"), xs, ys).result()
    state = timeline.state(Moment.of(2, Phase.FORWARD))
    for row, y in zip(found, ys, strict=True):
        for loss, x in zip(row, xs, strict=True):
            theta = state.before.copy()
            theta[4:6] = x, y
            setup, batch = state.setup, state.batch
            seen = forward(setup.network, theta, batch.inputs, batch.targets, setup.rule)
            assert loss == seen.loss


def test_outputs_over_inputs_are_those_of_the_samples_at_their_places() -> None:
    session = stepped(made(XOR), 6)
    found = OutputTask(session.timeline, session.moment, "y", (0.0, 1.0), (0.0, 1.0)).result()
    seen = session.timeline.iteration(3).forward.outs[-1]
    assert np.allclose([found[0][0], found[1][0], found[0][1], found[1][1]], seen[:, 0], 1e-12)


def test_the_curve_of_the_loss_has_its_tangent_and_its_step() -> None:
    session = showing(after(stepped(shipped("mazur"), 3), c.Select("w5")), Picture.SLOPE)
    rows, said = pictures(session, 60, 16)
    text = to_text(rows)
    assert said == "slope 0.0822, step -0.0411"
    assert "w5 0.4" in text
    assert text.count("●") == text.count("○") == 1
    roles = {span.role for row in rows for span in row}
    assert {"chart_line", "backward", "update", "chart_now"} <= roles
    before = pictures(showing(session, Picture.SLOPE), 60, 16)
    assert before == (rows, said)
    assert "○" not in to_text(pictures(after(session, c.Step(-1)), 60, 16)[0])


def test_weights_so_far_end_where_they_are_and_take_no_run() -> None:
    session = after(stepped(shipped("mazur"), 3), c.Select("w5"))
    timeline = session.timeline
    timeline.run(5000)
    for last in (0, 3, 250, 5000):
        curve = timeline.history("w5", last, 100)
        assert len(curve) <= 400
        assert curve[0] == (0, 0.4)
        assert [x for x, _ in curve] == sorted({x for x, _ in curve})
        for x, value in curve[:: max(1, len(curve) // 5)]:
            at = Moment.of(x, Phase.UPDATE) if x else START
            assert timeline.state(at).now[0, 4] == value
    text = to_text(pictures(showing(session, Picture.HISTORY), 50, 14)[0])
    assert all(name in text for name in ("w5", "w6", "b2"))


def test_gradient_flow_tells_the_sizes_of_the_deltas() -> None:
    session = showing(stepped(shipped("mazur"), 2), Picture.FLOW)
    text = to_text(pictures(session, 60, 10)[0])
    back = session.state.backward
    assert back is not None
    for delta in back.dE_dnet:
        assert f"{np.abs(delta).mean():.6f}" in text
    assert "In hidden deltas are 9.43 times smaller than in output." in text
    assert "after the backward phase" in to_text(
        pictures(showing(shipped("mazur"), Picture.FLOW), 60, 10)[0]
    )


def test_what_cannot_be_drawn_says_why_and_is_passed_over_beside_others() -> None:
    session = showing(shipped("pandey"), Picture.OUTPUTS)
    if len(session.setup.network.inputs) != 2:
        assert "A map needs two inputs." in to_text(pictures(session, 40, 10)[0])
    there = showing(made(WIDE), Picture.OUTPUTS)
    assert "A map needs two inputs." in to_text(pictures(there, 40, 10)[0])
    beside = [picture for picture, _ in shown_pictures(showing(there, Picture.MAP), 200)]
    assert Picture.OUTPUTS not in beside
    assert len(beside) == 4


def test_what_takes_long_is_drawn_when_it_has_arrived() -> None:
    session = showing(stepped(made(XOR), 3), Picture.MAP)
    task = wanted(session, 110, 40, 0)
    assert task is not None
    assert task.cost > CHEAP
    assert "drawing ..." in to_text(pictures(session, 90, 40)[0])
    there = computed(session, 90, 40)
    assert "drawing ..." not in to_text(pictures(there, 90, 40)[0])
    assert wanted(there, 90, 40, 0) is None


def test_large_screens_have_three_columns_and_several_pictures() -> None:
    session = stepped(shipped("mazur"), 3)
    for width, height, charts in ((160, 50, 2), (220, 60, 3), (120, 40, 1)):
        places = arrange(session, width, height)
        assert sum(place.panel is Panel.CHART for place in places) == charts
        covered = sum(place.width * place.height for place in places)
        columns = len({place.x for place in places})
        assert covered == (width - columns + 1) * (height - 4)
        rows = screen(session, width, height)
        assert [row_cells(row) for row in rows] == [width] * height


def test_pictures_are_titled_and_cycled_through_by_a_key() -> None:
    session = after(stepped(shipped("mazur"), 2), c.Select("h1"))
    titles = []
    for _ in PICTURES:
        titles.append(PICTURES[session.shown_picture].title(session))
        session = after(session, c.Depict(1))
    assert titles == [
        "E_total against w2",
        "E_total over w2 and w1",
        "out o1 over i1 and i2",
        "sigmoid of h1",
        "weights so far",
        "gradient flow",
        "loss",
    ]
    assert after(session, c.Depict(-1)).shown_picture is Picture.LOSS


# dots


def test_a_line_goes_from_dot_to_dot_and_outside_there_is_nothing() -> None:
    dots = Dots(3, 2, braille=True)
    dots.line(-4, 0, 20, 0, "chart_line")
    assert to_text([dots.row(0), dots.row(1)]) == "⠉⠉⠉\n"
    plain = Dots(3, 1, braille=False)
    plain.line(0, 0, 2, 0, "chart_line")
    assert to_text([plain.row(0)]) == "▪▪"


def test_numbers_that_are_not_finite_leave_holes() -> None:
    plot = Plot((30, 8), (0.0, 4.0), (0.0, 1.0), braille=True)
    plot.curve([(0, 0), (1, math.nan), (2, math.inf), (3, 1e300), (4, 0.5)], "chart_line")
    plot.mark(math.nan, 0.0, "●", "chart_now")
    assert "●" not in to_text(plot.rows())
    assert shaded([[0.0, math.nan, 1.0]]) == [["·", " ", "█"]]


def test_numbers_are_spread_from_end_to_end() -> None:
    assert spread(0.0, 1.0, 3) == (0.0, 0.5, 1.0)
