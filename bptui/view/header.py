"""The two rows above the panels: what is stepped, where it stands, and by which conventions."""

from __future__ import annotations

import math
from collections.abc import Iterator

from bptui.engine.metrics import METRICS
from bptui.session.session import Session
from bptui.story.address import Kind, Quantity
from bptui.story.batching import with_training
from bptui.story.conventions import CONVENTIONS
from bptui.story.moment import Phase
from bptui.story.setup import rate_now
from bptui.story.steps import Granularity
from bptui.view.finding import mark_of
from bptui.view.formula import loss_sign
from bptui.view.numbers import ALL_DIGITS, show
from bptui.view.rows import Row, Span, cells, clip, fit_row, plain, row_cells

_ALL_WORDS = 64
"""From this width on, all phases are written out."""
_BAR, _SHORT_BAR = 14, 5
_FINE = (Granularity.LAYER, Granularity.NEURON)
WIDE = 100
"""From this width on, the loss is shown with nine decimals."""
_TITLE = 20
"""Of the title so much is worth more than which batch it is."""
_GAP = Span("  ")


def header(session: Session, width: int) -> list[Row]:
    return [_names(session, width), _lamps_and_numbers(session, width)]


def _names(session: Session, width: int) -> Row:
    preset = session.setup.preset
    name = Span(f" {clip(plain(preset.name), 24)} ", "brand")
    here = Span(_iteration(session), "heading")
    places = [(*_sample(session), *epoch, here, Span(" ")) for epoch in _epochs(session)]
    free = width - cells(name.text) - 2 - min(cells(plain(preset.title)), _TITLE)
    place = next((place for place in places if row_cells(place) <= free), places[-1])
    room = width - row_cells(place) - cells(name.text) - 2
    title = Span(" " + clip(plain(preset.title), max(0, room)), "heading")
    filler = Span(" " * max(1, width - row_cells((name, title, *place))))
    return fit_row((name, title, filler, *place), width)


def _iteration(session: Session) -> str:
    by = "▶ playing  " if session.playing else ""
    if session.granularity is not Granularity.PHASE:
        by += f"by {session.granularity.value}  "
    if session.digits:
        by += f"{'all' if session.digits == ALL_DIGITS else session.digits} digits  "
    if session.numbers is not session.timeline:
        by += "AS PRINTED  "
    if len(session.branches) > 1:
        by += f"branch {session.here}  "
    if session.moment.phase is None:
        return f"{by}start"
    return f"{by}iteration {session.moment.iteration}"


def _epochs(session: Session) -> Iterator[Row]:
    """Yield ways to say which epoch it is, if there are several batches in one, and nothing."""
    setup, iteration = session.setup, session.moment.iteration
    if len(setup.batches) > 1:
        epoch = f"epoch {setup.epoch(iteration)}"
        number, total = setup.batch_number(iteration), len(setup.batches)
        for batch in (f", batch {number} of {total}", ""):
            yield Span(f"{epoch}{batch}", "path"), _GAP
    yield ()


def _sample(session: Session) -> Row:
    numbers = session.state.batch.numbers
    total = len(session.setup.inputs)
    if total == 1:
        return ()
    number = numbers[session.shown_sample - 1] if session.shown_sample else numbers[0]
    at = f" (@{session.shown_sample})" if session.setup.batch_size < total else ""
    return (Span(f"sample {number} of {total}{at if session.shown_sample else ''}", "path"), _GAP)


def _lamps_and_numbers(session: Session, width: int) -> Row:
    row: Row = (Span(" "), *_lamps(session, width))
    digits = session.digits or (9 if width >= WIDE else 6)
    least = _loss(session, 4)[:2]  # without its change
    losses = (_loss(session, d) for d in (digits, 6, 4))
    loss = next((part for part in losses if _fits(row, part, width)), least)
    told: list[list[Row]] = [[(Span(t, "path"),) for t in words] for words in conventions(session)]
    for choices in [[loss], *([part] for part in _metrics(session)), *told]:
        part = next((part for part in choices if _fits(row, part, width)), None)
        if part is None:
            break
        row = (*row, _GAP, *part)
    return fit_row(row, width)


def _lamps(session: Session, width: int) -> Row:
    """Return the phases: done, going on (with how far it has come), still to come."""
    spans: list[Span] = []
    short, now = width < _ALL_WORDS, session.moment.phase
    for phase in Phase:
        lit = now is phase
        word = phase.label[:1] if short and not lit else f" {phase.label}"
        if session.projector and lit and not short:
            word = f" {' '.join(phase.label.upper())}"
        lamp = "●" if lit else "✓" if now is not None and phase < now else "○"
        spans.append(Span(lamp + word, f"lamp {phase.label}" if lit else "lamp_off"))
        if lit and (session.left or session.granularity in _FINE):
            spans += _progress(session, _BAR if width >= WIDE else 0 if short else _SHORT_BAR)
        spans.append(_GAP)
    return tuple(spans[:-1])


def _progress(session: Session, size: int) -> Row:
    """Return a bar of what is done of the phase, if it has a size, and the count."""
    phase = session.moment.phase
    assert phase is not None
    total = session.steps.counts[phase]
    done, role = total - session.left, f"lamp {phase.label}"
    full = round(size * done / total)
    bar = (Span(" " + "━" * full, role), Span("╌" * (size - full), "rule")) if size else ()
    return (*bar, Span(f" {done} of {total}", role))


def _fits(row: Row, part: Row, width: int) -> bool:
    return row_cells((*row, _GAP, *part)) <= width


def _loss(session: Session, digits: int) -> Row:
    loss = Quantity(Kind.LOSS)
    value, name = session.value(loss), loss_sign(session.setup)
    mark, role = mark_of(session.printed(loss, session.moment))
    part: Row = (Span(f"{name} ", "label"), Span(show(value, digits), "loss", "E"))
    if mark != " ":
        part = (*part, Span(f" {mark}", role, "E"))
    change = session.loss_change
    if value is None or change is None:
        return part
    if not math.isfinite(change):
        return (*part, Span(" diverged", "wrong", "E"))
    arrow = "▼" if change < 0 else "▲" if change > 0 else "="
    role = "callout" if change > 0 else "number"
    return (*part, Span(f" {arrow}{show(abs(change), digits)}", role, "E"))


def _metrics(session: Session) -> Iterator[Row]:
    for name in session.setup.shown_metrics:
        if not METRICS[name].headline:
            continue
        value = session.value(Quantity(Kind.METRIC, name=name))
        yield Span(f"{name} ", "label"), Span(show(value, 4), "number", name)


def conventions(session: Session) -> list[tuple[str, ...]]:
    """Return what is to be said of each convention, and the same in shorter words."""
    setup = session.setup
    rate = rate_now(setup, session.moment.iteration)
    preset = with_training(setup.preset, learning_rate=rate)
    said = [convention.header(preset) for convention in CONVENTIONS.values()]
    return [tuple(map(plain, versions)) for versions in said if versions]
