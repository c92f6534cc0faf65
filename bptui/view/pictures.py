"""The pictures of the chart panel, one table: what each is called, needs and draws."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import NamedTuple

from bptui.session.messages import Picture
from bptui.session.session import Session
from bptui.story.landscape import Grid, Task
from bptui.view import loss_pictures as loss
from bptui.view import network_pictures as network
from bptui.view.formula import loss_sign
from bptui.view.loss_panel import chart, words
from bptui.view.rows import Row, Span, fit_rows

CHEAP = 4_000_000
"""Nanoseconds: what takes longer is drawn after the rest of the screen."""
LEAST = (20, 6)
"""Below this size a picture is only noise."""
SIDE = 48
"""Where a panel is twice as wide, another picture stands beside the first."""


class Drawing(NamedTuple):
    """A picture: its title, what it needs computed, and its rows with what the title adds."""

    title: Callable[[Session], str]
    draw: Callable[[Session, int, int, tuple[Grid, ...]], tuple[list[Row], str]]
    tasks: Callable[[Session, int, int], tuple[Task, ...]] = lambda session, width, height: ()
    missing: Callable[[Session], str] = lambda session: ""
    """Why it cannot be drawn of this network; empty if it can."""
    ahead: bool = True
    """Whether it shows what the next steps compute."""


PICTURES: dict[Picture, Drawing] = {
    Picture.LOSS: Drawing(
        lambda session: "loss",
        lambda session, width, height, _: chart(session, width, height),
        ahead=False,
    ),
    Picture.SLOPE: Drawing(
        lambda s: f"{loss_sign(s.setup)} against {loss.parameter_of(s)}",
        loss.slope,
        loss.slope_tasks,
    ),
    Picture.MAP: Drawing(
        lambda s: f"{loss_sign(s.setup)} over {' and '.join(loss.pair_of(s))}",
        loss.map_of_loss,
        loss.map_tasks,
        lambda s: "" if len(loss.pair_of(s)) == 2 else "A map needs two parameters.",
    ),
    Picture.OUTPUTS: Drawing(
        network.outputs_title,
        network.outputs,
        network.output_tasks,
        lambda s: "" if len(s.setup.network.inputs) == 2 else "A map needs two inputs.",
    ),
    Picture.ACTIVATION: Drawing(network.activation_title, network.activation),
    Picture.HISTORY: Drawing(lambda session: "weights so far", network.history, ahead=False),
    Picture.FLOW: Drawing(lambda session: "gradient flow", network.flow),
}


def shown_pictures(session: Session, width: int, nth: int = 0) -> list[tuple[Picture, int]]:
    """Return the pictures side by side in a panel of a width, and the width of each.

    Args:
        session: what is shown.
        width: the panel's.
        nth: how many pictures other panels show before this one.
    """
    count = max(1, min(len(PICTURES), (width + 1) // (SIDE + 1)))
    order = [p for p in PICTURES if not (session.predicts and PICTURES[p].ahead)]
    first_one = session.shown_picture
    begin = (order.index(first_one) if first_one in order else 0) + nth
    drawable = [*order[begin % len(order) :], *order[: begin % len(order)]]
    first, *others = drawable
    beside = (p for p in others if not PICTURES[p].missing(session))
    chosen = [first, *islice(beside, count - 1)]
    each = (width - count + 1) // count
    return [(picture, each) for picture in chosen[:-1]] + [
        (chosen[-1], width - (each + 1) * (len(chosen) - 1))
    ]


def title(session: Session, width: int, nth: int) -> str:
    return PICTURES[shown_pictures(session, width, nth)[0][0]].title(session)


def pictures(session: Session, width: int, height: int, nth: int = 0) -> tuple[list[Row], str]:
    """Return what the chart panel shows, and what its title adds."""
    parts = [
        _picture(session, picture, each, height, heads=place > 0)
        for place, (picture, each) in enumerate(shown_pictures(session, width, nth))
    ]
    rows = [list(row) for row in parts[0][0]]
    for others, _ in parts[1:]:
        for row, other in zip(rows, others, strict=True):
            row += [Span("│", "rule"), *other]
    return [tuple(row) for row in rows], parts[0][1]


def _picture(
    session: Session, picture: Picture, width: int, height: int, *, heads: bool
) -> tuple[list[Row], str]:
    drawing = PICTURES[picture]
    if heads:
        rows, said = _picture(session, picture, width, height - 1, heads=False)
        head = (Span(f" {drawing.title(session)}", "heading"), Span(f"  {said}", "path"))
        return fit_rows([head, *rows], width, height), said
    if missing := drawing.missing(session):
        return words(missing, width, height), ""
    if width < LEAST[0] or height < LEAST[1]:
        return (
            drawing.draw(session, width, height, ())
            if picture is Picture.LOSS
            else (words("z: zoom in to see this picture", width, height), "")
        )
    tasks = drawing.tasks(session, width, height)
    results = [result_of(session, task) for task in tasks]
    found = tuple(result for result in results if result is not None)
    if len(found) < len(tasks):
        return words("drawing ...", width, height), ""
    rows, said = drawing.draw(session, width, height, found)
    return fit_rows(rows, width, height), said


def result_of(session: Session, task: Task) -> Grid | None:
    """Return what a task gives: at once if it is cheap, else once it was computed."""
    if task.cost <= CHEAP:
        return task.result()
    return next((found for done, found in session.pictured if done == task), None)


def wanted(session: Session, width: int, height: int, nth: int) -> Task | None:
    """Return what a panel of a size still needs computed."""
    for place, (picture, each) in enumerate(shown_pictures(session, width, nth)):
        drawing = PICTURES[picture]
        if not drawing.missing(session) and each >= LEAST[0] and height >= LEAST[1]:
            for task in drawing.tasks(session, each, height - (place > 0)):
                if result_of(session, task) is None:
                    return task
    return None
