"""The whole screen for a size: which panels have room, and where they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import pairwise
from typing import NamedTuple

from bptui.session.key import Key, sign
from bptui.session.keys import keys_of, up_and_down
from bptui.session.messages import Ask, Panel, Picture
from bptui.session.parts import Preferences
from bptui.session.session import Session
from bptui.story.landscape import Task
from bptui.view.commands_page import commands_page
from bptui.view.diagram_panel import diagram, needed_height
from bptui.view.failure import Report, contained, no_report
from bptui.view.gradients_panel import table, table_height
from bptui.view.header import header
from bptui.view.inspector_panel import inspector, last_place
from bptui.view.loss_panel import iteration_at
from bptui.view.pages import page_screen, page_wanted
from bptui.view.pictures import pictures, shown_pictures
from bptui.view.pictures import title as picture_title
from bptui.view.pictures import wanted as picture_wanted
from bptui.view.prediction import with_question_marks
from bptui.view.rows import Row, Span, cells, clip, fit_row, fit_rows, over, plain, row_cells
from bptui.view.status import status

MIN_WIDTH, MIN_HEIGHT = 40, 12
"""Below this size the screen only asks for room."""
_TWO = (70, 20)
_FOUR = (108, 30)
_FIVE = (150, 44)
_WHOLE = 80
"""Columns in which a small network is whole, with all that its edges say."""
_TALL = 48
"""Rows in which three pictures stand on one another."""
_BARS = 4
"""Rows that are not the panels': two of header, the status and the keys."""

_VIEWS: dict[Panel, Callable[..., tuple[list[Row], str]]] = {
    Panel.DIAGRAM: diagram,
    Panel.INSPECTOR: inspector,
    Panel.TABLE: table,
    Panel.CHART: pictures,
}


class Place(NamedTuple):
    panel: Panel
    x: int
    y: int
    width: int
    height: int
    nth: int = 0
    """How many pictures the chart panels before it show."""


def screen(session: Session, width: int, height: int, report: Report = no_report) -> list[Row]:
    """Return exactly `height` rows of exactly `width` cells.

    A part that fails is reported, and the others are drawn.
    """
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        return _too_small(width, height)

    def drawn(draw: Callable[[], Sequence[Row]], rows: int) -> Sequence[Row]:
        return contained(draw, width, rows, report)

    if session.prompt is not None and session.prompt.ask is Ask.COMMAND:
        return [*drawn(lambda: commands_page(session, width, height), height)]
    page = session.page
    if page is not None:
        return [*drawn(lambda: page_screen(session, page, width, height), height)]
    panels = []
    for place in sorted(arrange(session, width, height), key=lambda p: p.x):
        panels.append((place, _framed(session, place, report)))
    body = [_beside(panels, y) for y in range(2, height - 2)]
    rows = [*drawn(lambda: header(session, width), 2), *body, (), ()]
    if session.predicts:
        rows = with_question_marks(session, rows)
    return over(rows, [*drawn(lambda: _last_rows(session, width, alone=len(panels) == 1), 2)])


def panels(session: Session, width: int, height: int) -> Iterator[list[Row]]:
    """Draw the panels one after the other; then the whole screen takes little time."""
    if width >= MIN_WIDTH and height >= MIN_HEIGHT:
        yield from (_panel(session, place) for place in arrange(session, width, height))


def _last_rows(session: Session, width: int, *, alone: bool) -> list[Row]:
    """Return what is said, and the keys where there is room."""
    rows = status(session, width)
    return rows if len(rows) > 1 else [*rows, key_row(session, width, alone=alone)]


def _beside(drawn: Sequence[tuple[Place, Sequence[Row]]], y: int) -> Row:
    """Return a row of the screen: the panels that reach it, from left to right."""
    spans: list[Span] = []
    for place, rows in drawn:
        if place.y <= y < place.y + place.height:
            if place.x:
                spans.append(Span("│" if y > place.y else "┬" if y == 2 else "┼", "rule"))
            spans += rows[y - place.y]
    return tuple(spans)


def arrange(session: Session, width: int, height: int) -> tuple[Place, ...]:
    """Return the panels that have room: four, the diagram and one more, or one alone."""
    rows = height - _BARS
    if session.zoomed:
        return (Place(session.panel, 0, 2, width, rows),)
    if width >= _FIVE[0] and height >= _FIVE[1]:
        return _three_columns(session, width, rows)
    if width >= _FOUR[0] and height >= _FOUR[1]:
        right = _right_width(width)
        left = width - right - 1
        upper = _upper_rows(session, rows)
        return (
            Place(Panel.DIAGRAM, 0, 2, left, upper),
            Place(Panel.TABLE, 0, 2 + upper, left, rows - upper),
            Place(Panel.INSPECTOR, left + 1, 2, right, upper),
            Place(Panel.CHART, left + 1, 2 + upper, right, rows - upper),
        )
    if width < _TWO[0] or height < _TWO[1]:
        return (Place(session.panel, 0, 2, width, rows),)
    if width >= _FOUR[0]:
        right = _right_width(width)
        return (
            Place(Panel.DIAGRAM, 0, 2, width - right - 1, rows),
            Place(session.second, width - right, 2, right, rows),
        )
    upper = max(rows - 12, (rows * 11 + 19) // 20) if rows < 24 else rows * 11 // 20
    return (
        Place(Panel.DIAGRAM, 0, 2, width, upper),
        Place(session.second, 0, 2 + upper, width, rows - upper),
    )


def _three_columns(session: Session, width: int, rows: int) -> tuple[Place, ...]:
    """Return network and table, beside them why, beside that two pictures or three."""
    left = max(_WHOLE, width * 2 // 5)
    right = (width - left - 2) * 45 // 100
    middle = width - left - right - 2
    upper, count = _upper_rows(session, rows), 3 if rows >= _TALL else 2
    tops = [2 + rows * k // count for k in range(count + 1)]
    return (
        Place(Panel.DIAGRAM, 0, 2, left, upper),
        Place(Panel.TABLE, 0, 2 + upper, left, rows - upper),
        Place(Panel.INSPECTOR, left + 1, 2, middle, rows),
        *(
            Place(Panel.CHART, width - right, top, right, end - top, nth)
            for nth, (top, end) in enumerate(pairwise(tops))
        ),
    )


def _right_width(width: int) -> int:
    return min(96, max(39, width // 3 - 1))


def _upper_rows(session: Session, rows: int) -> int:
    """Share out the rows: what the diagram needs, and at least a third to either half."""
    wanted = max(needed_height(session) + 3, rows - table_height(session) - 2, rows // 2)
    return min(wanted, rows * 6 // 10)


def iteration_at_cell(session: Session, width: int, height: int, x: int, y: int) -> int | None:
    """Return the iteration that the loss chart has at a cell of the screen, None elsewhere."""
    if session.page is not None or width < MIN_WIDTH or height < MIN_HEIGHT:
        return None
    for place in arrange(session, width, height):
        inside = place.x <= x < place.x + place.width and place.y < y < place.y + place.height
        if place.panel is Panel.CHART and inside:
            picture, width = shown_pictures(session, place.width, place.nth)[0]
            if picture is Picture.LOSS:
                return iteration_at(session, width, place.height - 1, x - place.x)
    return None


def wanted(session: Session, width: int, height: int) -> Task | None:
    """Return what the pictures in view, or the page, still need computed."""
    if width < MIN_WIDTH or height < MIN_HEIGHT:
        return None
    if session.page is not None:
        return page_wanted(session, session.page)
    found = (
        picture_wanted(session, place.width, place.height - 1, place.nth)
        for place in arrange(session, width, height)
        if place.panel is Panel.CHART
    )
    return next((task for task in found if task is not None), None)


def _framed(session: Session, place: Place, report: Report) -> Sequence[Row]:
    """Return a panel; one that fails keeps its title."""
    panel, title = partial(_panel, session, place), partial(_title, session, place, "failed")
    return contained(panel, place.width, place.height, report, title)


@lru_cache(maxsize=16)
def _panel(session: Session, place: Place) -> list[Row]:
    which = {"nth": place.nth} if place.nth else {}
    rows, said = _VIEWS[place.panel](session, place.width, place.height - 1, **which)
    return [_title(session, place, said), *rows]


def _title(session: Session, place: Place, said: str) -> Row:
    """Return a panel's upper edge, with the key that focuses it; heavy where the keys are."""
    focus = session.panel is place.panel and not place.nth
    line, role = ("━", "rule focus") if focus else ("─", "rule")
    word = "why" if place.panel is Panel.INSPECTOR else place.panel.value
    if place.panel is Panel.CHART:
        word = plain(picture_title(session, place.width, place.nth))
    name = f" {word} " if place.nth else f" {[*Panel].index(place.panel) + 1} {word} "
    name = clip(name, place.width - 4)
    if session.zoomed:
        hint = "(z: all panels) "
        fits = cells(name + hint + said) + 8 <= place.width
        name += hint if fits else "(z) "
    room = max(0, place.width - len(name) - 8)
    while place.panel is Panel.CHART and cells(said) > room and ", " in said:
        said = said.rpartition(", ")[0]  # no number is cut
    if place.panel is Panel.CHART and cells(said) > room:
        said = ""
    tail = f" {clip(said, room)} " if said else ""
    middle = line * max(0, place.width - 4 - len(name) - len(tail))
    heading = Span(name, "heading focus" if focus else "heading")
    spans = (Span(line * 2, role), heading, Span(middle, role), Span(tail, "path"))
    return fit_row((*spans, Span(line * 2, role)), place.width)


_ROW_WORDS = {
    "down": "select",
    "finer_steps": "finer",
    "log_scale": "log",
    "articles_figures": "article",
    "next_sample": "sample",
    "card_above": "up",
    "next_quantity": "next",
}
"""Where the key row says less than the command palette."""


def key_row(session: Session, width: int, *, alone: bool = False) -> Row:
    """Return the keys that fit, those that the panel and the preset ask for before the others.

    Where one panel stands alone, the key that shows the next one comes before all but stepping.
    """
    wanted = set(_PANEL_KEYS.get(session.panel, ()))
    words = tuple((_ROW_WORDS | ({"log_scale": "linear"} if session.log else {})).items())
    if session.setup.batch_size > 1:
        wanted.add("next_sample")
    if session.panel is Panel.INSPECTOR and session.trail:
        wanted.add("card_above")
    return _key_row(frozenset(wanted), words, alone, width, session.preferences)


@lru_cache(maxsize=64)
def _key_row(
    wanted: frozenset[str],
    words: tuple[tuple[str, str], ...],
    alone: bool,
    width: int,
    preferences: Preferences,
) -> Row:
    row: Row = ()
    own = dict(words)
    ranks = {key: _rank(key, wanted, alone) for key in keys_of(preferences) if key.keys}
    for key in sorted((key for key in ranks if ranks[key]), key=lambda key: ranks[key]):
        sign_text = up_and_down(preferences) if key.action == "down" else sign(key.keys[0])
        word = own.get(key.action, key.label)
        part = (Span(f" {sign_text}", "key"), Span(f" {word} ", "key_label"))
        if row_cells((*row, *part)) <= width:
            row = (*row, *part)
    return fit_row(row, width, "key_label")


def _rank(key: Key, wanted: frozenset[str], alone: bool) -> float:
    """Return a key's rank in the key row; those of the moment come after help and quit."""
    if alone and key.action == "panel":
        return _AFTER_BACK
    return _AFTER_QUIT if key.action in wanted else key.row


_AFTER_BACK, _AFTER_QUIT = 2.5, 5.5
_PANEL_KEYS = {Panel.INSPECTOR: ("open", "next_quantity"), Panel.CHART: ("log_scale", "open")}


def inspector_place(session: Session, width: int, height: int) -> tuple[int, int]:
    """Return how far the inspector can be scrolled, and by how much a page of it is."""
    if width >= MIN_WIDTH and height >= MIN_HEIGHT:
        for place in arrange(session, width, height):
            if place.panel is Panel.INSPECTOR:
                last = last_place(session, place.width, place.height - 1)
                return last, max(1, place.height - 2)
    return len(session.parts) + len(session.others), 1


def _too_small(width: int, height: int) -> list[Row]:
    text = f"bptui needs {MIN_WIDTH}x{MIN_HEIGHT}, this is {width}x{height}: enlarge the window"
    words = [text[k : k + width] for k in range(0, len(text), width)] if width else []
    rows: list[Row] = [(Span(part, "status"),) for part in words]
    return fit_rows(rows, width, height)
