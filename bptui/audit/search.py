"""Which slips explain the wrong figures: the plainest that explain the most."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from bptui.audit.figures import Printed
from bptui.audit.follow_through import FollowThrough
from bptui.audit.graph import Graph, Key
from bptui.audit.misprints import misprint
from bptui.audit.trials import MOST, Trial, is_twin, outcomes, trials
from bptui.engine.trace import Array
from bptui.story.under import Under

NEAREST = 500
"""In so many numbers before the figures slips are looked for, at most."""
WORK = 60_000_000
"""Numbers that are worked out at most; slips far from the figures are left out."""
WINDOW = 30
"""How many units of its last digit around a figure show how dense the slips are."""
PLAIN = 2
"""Slips that cost more are not thought of where a figure is right."""
AROUND = 2
"""How many times as far as it is off, likewise."""
CHANCE = 0.2
"""A slip is not named where so many would give a figure by chance."""
NOTHING = 1e-6
"""So little of a unit of the last digit is none at all."""
CHANCE_OF_CUTS = 0.02
"""The same where a figure is only what is left when digits are cut off."""


Mask = NDArray[np.bool_]


class Explained(Struct, frozen=True):
    """What explains a figure."""

    words: str
    """The slip, addresses between backticks; nothing if none is named."""
    key: Key | None
    """The number that it was made in; None for several, or for a misprint."""
    others: tuple[str, ...] = ()
    """Other slips that give the figure as well."""
    figures: tuple[Printed, ...] = ()
    """All figures that it explains."""
    under: Under = ()
    """The conventions that explain it, if they do better than a slip."""


class _Fit(Struct, frozen=True):
    """The trials that give some figures."""

    hits: Mask
    """(figures, trials): whether a trial gives a figure"""
    exactly: Mask
    """(figures, trials): whether it is rounded to it, and not only cut"""
    broken: Array
    """(trials,): how many right figures would be others"""
    values: tuple[Array, ...]
    """For each way to take the printed figures, (figures, trials)."""
    costs: Array
    """(figures, trials): how far-fetched each is for each figure"""
    direct: Mask
    """(figures, trials): whether a trial is made in the figure itself, so that it may stop there"""
    wide: Mask
    """(trials,): whether a slip is made everywhere"""


class SlipSearch:
    """Looks for slips behind the wrong figures of one preset."""

    def __init__(self, graph: Graph, follow: FollowThrough, *, marks: bool = False) -> None:
        """Args:
        graph: the figures, and what they are computed from.
        follow: how they stand.
        marks: whether answers are marked. A slip is then not looked for beyond a number that is
            given itself, and may be a convention, for these are not tried.
        """
        self._graph, self._follow, self._marks = graph, follow, marks

    def explain(
        self, wrong: Sequence[Printed], right: Sequence[Printed]
    ) -> Generator[None, None, dict[int, Explained]]:
        """What explains wrong figures, by their ids; for some nothing does. Yields now and then."""
        found: dict[int, Explained] = {}
        if not wrong:
            return found
        tried, order = self._trials(wrong)
        fit = yield from self._fit(wrong, right, tried, order)
        left = list(range(len(wrong)))
        while left:
            place = _best(fit, left)
            if place is None:
                break
            rows = [row for row in left if fit.hits[row, place]]
            explained = self._told(wrong, rows, tried, fit, place, order)
            found.update((id(wrong[row]), explained[k]) for k, row in enumerate(rows))
            left = [row for row in left if row not in rows]
        for row in left:
            self._add_misprint(found, wrong[row])
        return found

    def as_well(self, figure: Printed) -> tuple[str, ...]:
        """The slips, made in a figure itself, that give it as well as the truth does."""
        graph, key = self._graph, self._key(figure)
        digits, exact = figure.digits, graph.exact(key)
        found: dict[str, None] = {}
        if abs(digits.value - exact) <= digits.unit * 1e-6:
            return ()
        for trial in trials(graph, [key], conventions=self._marks):
            if trial.cost > PLAIN:
                continue
            formula = trial.changes[key]
            value = float(graph.work_out(formula, {}))
            if digits.rounds(value) and abs(value - exact) > digits.unit / 1000:
                found.setdefault(trial.words)
        return tuple(found)

    def _key(self, figure: Printed) -> Key:
        return self._graph.key(figure.quantity, figure.moment)

    def _trials(self, wrong: Sequence[Printed]) -> tuple[list[Trial], list[Key]]:
        """The slips to try, and all numbers in the order in which they are computed."""
        graph = self._graph
        near = self._distances(wrong)
        keys = sorted(near, key=near.__getitem__)[:NEAREST]
        tried = trials(graph, keys, conventions=self._marks)
        ends = [*graph.printed, *(k for t in tried for k in self._parts(t))]
        order = graph.order(ends, over_deltas=True)
        room = max(MOST // 4, WORK // max(1, len(order)))
        if len(tried) > room:
            tried = tried[:room]
        return tried, order

    def _parts(self, trial: Trial) -> Iterator[Key]:
        for formula in trial.changes.values():
            yield from self._graph.keys_in(formula)

    def _distances(self, figures: Sequence[Printed]) -> dict[Key, int]:
        """How many formulas lie between some figures and each number before them."""
        graph = self._graph
        found = {self._key(figure): 0 for figure in figures}
        edge = list(found)
        while edge:
            before = [
                (part, found[key] + 1)
                for key in edge
                for formula in graph.formulas(key)
                for part in graph.keys_in(formula)
                if not self._marks or part not in graph.printed
            ]
            edge = []
            for part, far in before:
                if part not in found:
                    found[part] = far
                    edge.append(part)
        return found

    def _fit(
        self,
        wrong: Sequence[Printed],
        right: Sequence[Printed],
        tried: Sequence[Trial],
        order: Sequence[Key],
    ) -> Generator[None, None, _Fit]:
        keys = [self._key(f) for f in (*wrong, *right)]
        values = []
        hits, exactly = (np.zeros((len(wrong), len(tried)), dtype=bool) for _ in range(2))
        broken = np.zeros(len(tried))
        for printed in self._worlds(right):
            found = yield from outcomes(self._graph, tried, keys, printed, order)
            values.append(found[: len(wrong)])
            for row, figure in enumerate(wrong):
                digits = figure.digits
                rounds = digits.rounds(found[row])
                exactly[row] |= rounds
                hits[row] |= rounds | (digits.cuts(found[row]) & self._follow.cuts)
            if not printed:  # had the slip been made, what follows would be wrong, too
                for figure, row in zip(right, found[len(wrong) :], strict=True):
                    exact, digits = self._graph.exact(self._key(figure)), figure.digits
                    with np.errstate(invalid="ignore"):
                        kept = np.abs(row - exact) <= digits.unit
                    broken += ~kept
        costs = np.array([self._costs(figure, tried) for figure in wrong])
        direct = np.array([[self._key(f) in t.changes for t in tried] for f in wrong], dtype=bool)
        wide = np.array([t.everywhere for t in tried], dtype=bool)
        hits &= np.isfinite(costs)
        return _Fit(hits, exactly, broken, tuple(values), costs, direct, wide)

    def _worlds(self, right: Sequence[Printed]) -> Iterator[Mapping[Key, float]]:
        """Yield ways to take what is printed: not at all, all of it, only what is right."""
        yield {}
        printed = self._graph.printed
        most = max(map(len, printed.values()))
        for number in range(most):
            yield {
                key: figures[min(number, len(figures) - 1)].value
                for key, figures in printed.items()
            }
        yield {self._key(figure): figure.value for figure in reversed(right)}

    def _costs(self, figure: Printed, tried: Sequence[Trial]) -> Array:
        """What each slip costs for a figure; what lies not before it is infinitely dear."""
        near = self._distances([figure])
        far = float("inf")
        return np.array([t.cost + min(near.get(k, far) for k in t.changes) for t in tried])

    def _told(
        self,
        wrong: Sequence[Printed],
        rows: list[int],
        tried: Sequence[Trial],
        fit: _Fit,
        place: int,
        order: Sequence[Key],
    ) -> list[Explained]:
        """What a trial says of the figures that it explains, and which others fit each."""
        figures = tuple(wrong[row] for row in rows)
        trial = tried[place]
        by_chance, given = 1.0, fit.values[0]
        for row in rows:
            exact, cost = self._graph.exact(self._key(wrong[row])), fit.costs[row, place]
            short = _is_short(wrong[row], exact, given[row, place])
            by_chance *= 0.0 if short else _density(wrong[row], exact, row, fit, cost)
        rounded = bool(fit.exactly[rows, place].all())
        named = by_chance <= (CHANCE if rounded else CHANCE_OF_CUTS)
        told = []
        for row in rows:
            key = self._key(wrong[row])
            words = in_words(trial, key)
            fitting = np.flatnonzero(fit.hits[row] & (~fit.wide | (fit.hits.sum(axis=0) > 1)))
            fitting = fitting[np.argsort(fit.costs[row, fitting], kind="stable")]
            same = trial.words
            alike = np.isclose(given[row], given[row, place], rtol=1e-12, atol=0)
            others = dict.fromkeys(
                in_words(tried[int(k)], key)
                for k in fitting
                if tried[int(k)].words != same
                if not (alike[k] and is_twin(self._graph, trial, tried[int(k)], key, order))
            )
            if not named:
                others = {words: None, **others}
            where = None if trial.everywhere else trial.keys[0]
            told.append(Explained(words if named else "", where, tuple(others), figures))
        return told

    def _add_misprint(self, found: dict[int, Explained], figure: Printed) -> None:
        key = self._key(figure)
        for value in (self._graph.exact(key), self._follow.printed_value(key)):
            if (told := misprint(value, figure.text)) is not None:
                found[id(figure)] = Explained(told, None, (), (figure,))
                return


def _best(fit: _Fit, left: list[int]) -> int | None:
    """The trial that explains the most figures and breaks the fewest; the plainest of these.

    If all break more than they explain, it was made on the way to one figure alone.
    """
    hits = fit.hits[left]
    counts = hits.sum(axis=0)
    broken = np.where((hits & ~fit.direct[left]).any(axis=0), fit.broken, 0)
    costs = np.where(hits, fit.costs[left], np.inf).min(axis=0)
    some = np.flatnonzero(counts > fit.wide)
    good = some[counts[some] > broken[some]]
    if len(good):
        return int(min(good, key=lambda k: (broken[k] - counts[k], costs[k])))
    alone = some[~fit.wide[some]]
    return int(min(alone, key=lambda k: costs[k])) if len(alone) else None


def _density(figure: Printed, exact: float, row: int, fit: _Fit, cost: float) -> float:
    """How many slips no dearer than one would give a figure by chance.

    So many as there are for each unit of its last digit among the numbers near it: within some
    units, or within some times as far as it is off.
    """
    digits = figure.digits
    cheap = fit.costs[row] <= cost
    found = np.concatenate([values[row, cheap] for values in fit.values])
    away = np.unique(np.round((found[np.isfinite(found)] - digits.value) / digits.unit, 1))
    away = np.abs(away[np.abs(away) > 0.5])
    wide = AROUND * abs(digits.value - exact) / digits.unit
    return max(float((away <= far).sum()) / (2 * far) for far in (WINDOW, wide) if far)


def _is_short(figure: Printed, exact: float, value: float) -> bool:
    """Whether a slip gives a figure without rounding, where the right number has many digits."""
    digits = figure.digits
    rounded = round(exact / (digits.unit / 100)) * (digits.unit / 100)
    same = abs(value - digits.value) <= NOTHING * digits.unit
    return bool(same and abs(rounded - exact) > NOTHING * digits.unit)


def in_words(trial: Trial, key: Key) -> str:
    """A slip in words, and where it was made if that is not the figure itself."""
    if trial.everywhere:
        return f"everywhere, {trial.words}"
    where = trial.keys[0]
    return trial.words if where == key else f"in `{where[0]}`, {trial.words}"
