"""Pages that cover the panels: lists with a cursor and what is selected, and texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from bptui.session import hunt
from bptui.session.key import sign
from bptui.session.keys import key_for, keys_of, up_and_down
from bptui.session.messages import Close, Page, Toggle
from bptui.session.session import Session
from bptui.story.conventions import conventions_of
from bptui.story.landscape import Task
from bptui.view import branches_page as branches
from bptui.view import conventions_page as conventions
from bptui.view import figures_page as figures
from bptui.view import finite_differences_page as check
from bptui.view.beside import Sheet, with_selected
from bptui.view.help_page import help_page
from bptui.view.mistake_page import mistake_page
from bptui.view.predictions_page import predictions_page
from bptui.view.prompt import told
from bptui.view.rows import Row, Span, fit_row, fit_rows, over

_FRAME = 3
"""Rows of a page with a list that are not the list's: its title, what is said, the keys."""


class ListPage(NamedTuple):
    """A page with a cursor."""

    rows: Callable[[Session, int, int], list[Row]]
    """The list, in at most so many rows."""
    total: Callable[[Session], int]
    enter: str
    """What enter does there."""
    about: Callable[[Session, int, int], list[Row]] = lambda session, width, height: []
    """What is selected, in at most so many rows."""
    wide: int = 0
    """The columns that the list has a use for."""
    wanted: Callable[[Session], Task | None] = lambda session: None
    """What is still to be computed of what is selected."""


_LISTS: dict[Page, ListPage] = {
    Page.FIGURES: ListPage(
        figures.figures_page,
        lambda session: len(session.findings),
        "go there",
        figures.about,
        76,
    ),
    Page.BRANCHES: ListPage(
        branches.branches_page,
        lambda session: len(session.branches),
        "go there",
        branches.about,
        72,
    ),
    Page.CONVENTIONS: ListPage(
        conventions.conventions_page,
        lambda session: len(conventions_of(session.setup.preset)),
        "switch",
        conventions.about,
        wanted=conventions.wanted,
    ),
    Page.CHECK: ListPage(check.check_page, check.total, "its card", check.about, 64),
    Page.MISTAKE: ListPage(mistake_page, hunt.lines, "that one"),
}
_TEXTS: dict[Page, Callable[[Session, int], Sequence[Row]]] = {
    Page.HELP: help_page,
    Page.PREDICTIONS: predictions_page,
}
"""Pages that are read and scrolled."""


def page_screen(session: Session, page: Page, width: int, height: int) -> list[Row]:
    """Return a page as the whole screen."""
    if page in _LISTS:
        return _list_screen(session, page, width, height)
    rows, room = _TEXTS[page](session, width), height - 2
    first = min(session.line, last_line(session, page, width, height))
    more = f"{first + 1}-{min(first + room, len(rows))} of {len(rows)}"
    moves, steps = up_and_down(session.preferences), key_for(session.preferences, "step")
    words = ((moves, "scroll"), (steps, "page"), (_closing(session, page), "close"))
    drawn = [_title(page, more if len(rows) > room else ""), *rows[first : first + room]]
    last = told(session.said, width) if session.said else [_keys(words, width)]
    return over(fit_rows(drawn, width, height), last)


def _list_screen(session: Session, page: Page, width: int, height: int) -> list[Row]:
    total = _LISTS[page].total(session)
    place = f"{min(session.line + 1, total)} of {total}" if total > 0 else ""
    moves, opens = up_and_down(session.preferences), key_for(session.preferences, "open")
    words = ((moves, "select"), (opens, _LISTS[page].enter), (_closing(session, page), "close"))
    last = [_keys(words, width)]
    if session.said:
        said = told(session.said, width)
        last = [*said, *last] if len(said) == 1 else said
    drawn = [_title(page, place), *_sheet(session, page, width, height).rows]
    return over(fit_rows(drawn, width, height), last)


def _sheet(session: Session, page: Page, width: int, height: int) -> Sheet:
    """Return a page's list with what is selected."""
    entry = _LISTS[page]
    return with_selected(
        lambda columns, rows: entry.rows(session, columns, rows),
        lambda columns, rows: entry.about(session, columns, rows),
        entry.wide,
        width,
        height - _FRAME,
    )


def _title(page: Page, place: str) -> Row:
    heading = Span(f" {page.value}", "heading")
    return (Span(" bptui ", "brand"), heading, Span(f"  {place}" if place else "", "path"))


def _keys(words: Iterable[tuple[str, str]], width: int) -> Row:
    pairs = ((Span(f" {key}", "key"), Span(f" {word} ", "key_label")) for key, word in words)
    return fit_row((span for pair in pairs for span in pair), width)


def _closing(session: Session, page: Page) -> str:
    """Return the keys that close a page."""
    closing = [
        key for key in keys_of(session.preferences) if key.command in (Toggle(page), Close())
    ]
    return " ".join(sign(key.keys[0]) for key in closing if key.keys)


def page_wanted(session: Session, page: Page) -> Task | None:
    """Return what a page still needs computed."""
    return _LISTS[page].wanted(session) if page in _LISTS else None


def last_line(session: Session, page: Page, width: int, height: int) -> int:
    """Return the last line that a page's cursor can be on, or that it can begin with."""
    if page in _LISTS:
        return _LISTS[page].total(session) - 1
    return max(0, len(_TEXTS[page](session, width)) - (height - 2))


def page_size(session: Session, page: Page, width: int, height: int) -> int:
    """Return by how many lines the keys for a page scroll."""
    if page in _LISTS:
        return max(1, _sheet(session, page, width, height).listed - 1)
    return max(1, height - 3)
