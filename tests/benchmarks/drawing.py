"""What drawing costs: `python -m tests.benchmarks.drawing`, CPU time of this process alone.

Each screen is timed on a session that was never drawn before, as after a key. The chart's curve is
drawn beforehand, since it is kept for as long as the losses are the same; its cost stands apart.
Machines differ and are busy, so that each time is given as a multiple of a fixed work, too, which
is timed in turn with the screens.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from statistics import median, quantiles
from time import process_time_ns

from msgspec.structs import replace

from bptui.session.messages import Message, Move, Panel, Sample, Step
from bptui.session.session import Session
from bptui.view import screen as views
from bptui.view.header import header
from bptui.view.status import status
from tests.sessions import WIDE, XOR, after, made, shipped, stepped, told

SIZES = ((120, 40), (80, 24))
FRAMES = 120
"""Screens of a walk; every other one is timed whole, the rest in parts."""
REFERENCE, SCREEN, CURVE = "reference", "screen", "(curve)"

_AROUND = (Move(towards=1), Move(along=1), Move(towards=-1), Move(along=-1), Move(along=1))
WALKS: dict[str, tuple[Message, ...]] = {
    "step": (Step(1),),
    "back": (Step(-1),),
    "move": (*_AROUND, Move(towards=1), Move(towards=1), Move(along=-1), Move(towards=-1)),
}
"""The keys of a walk, pressed over and over."""
BATCH = XOR.replace('reduction = "mean"', 'reduction = "mean"\nbatch = 4')

Costs = defaultdict[str, list[int]]
"""Nanoseconds of CPU of every screen of a walk, by part."""


def reference() -> bool:
    """Do the fixed work: build forty rows of thirty spans twice and compare them."""
    twice = [
        [tuple((f"{x + 0.5:.9f}", "positive", f"net h{x}") for x in range(30)) for _ in range(40)]
        for _ in range(2)
    ]
    return twice[0] == twice[1]


def walk(session: Session, keys: tuple[Message, ...]) -> Iterator[Session]:
    """Yield the sessions of a walk."""
    for frame in range(FRAMES):
        session = told(session, keys[frame % len(keys)])
        yield session


def measure(session: Session, keys: tuple[Message, ...], size: tuple[int, int]) -> Costs:
    """Time the screens of a walk, whole and by part."""
    costs: Costs = defaultdict(list)

    def timed(part: str, work: Callable[[], object]) -> None:
        begun = process_time_ns()
        work()
        costs[part].append(process_time_ns() - begun)

    for frame, shown in enumerate(walk(session, keys)):
        curve = chart_of(replace(shown), size)
        if curve is not None:
            timed(CURVE, curve)
        timed(REFERENCE, reference)
        if frame % 2:
            for part, work in parts_of(shown, size).items():
                timed(part, work)
        else:
            timed(SCREEN, lambda shown=shown: views.screen(shown, *size))  # type: ignore[misc]
    return costs


def parts_of(session: Session, size: tuple[int, int]) -> dict[str, Callable[[], object]]:
    """Return what a screen is made of, in its order; each part pays for what it is first to ask."""
    width, height = size
    parts: dict[str, Callable[[], object]] = {
        "arrange": lambda: views.arrange(session, width, height)
    }
    for place in views.arrange(replace(session), width, height):
        parts[place.panel.value] = _panel(session, place)
    parts["header"] = lambda: header(session, width)
    parts["status"] = lambda: status(session, width)
    parts["keys"] = lambda: views.key_row(session, width)
    return parts


def _panel(session: Session, place: views.Place) -> Callable[[], object]:
    return lambda: views._panel(session, place)


def chart_of(session: Session, size: tuple[int, int]) -> Callable[[], object] | None:
    """Return how the chart is drawn, if it is on the screen."""
    places = views.arrange(session, *size)
    return next((_panel(session, p) for p in places if p.panel is Panel.CHART), None)


def main() -> None:
    """Print what the screens of all walks cost."""
    sessions = {
        "mazur": shipped("mazur"),
        "xor": made(XOR),
        "xor, batch": after(made(BATCH), Sample(1)),
        "wide": made(WIDE),
    }
    for name, start in sessions.items():
        begun = stepped(start, 200)  # far enough to step back, and every cache is warm
        for warm in walk(replace(begun), WALKS["move"]):
            for size in SIZES:
                views.screen(replace(warm), *size)
        for key, keys in WALKS.items():
            for size in SIZES:
                begun = stepped(begun, 2 * FRAMES)
                _report(f"{name}, {key}, {size[0]}x{size[1]}", measure(begun, keys, size))


def _report(title: str, costs: Costs) -> None:
    unit = median(costs[REFERENCE])
    screens = costs[SCREEN]
    late = quantiles(screens, n=20)[-1]
    print(
        f"{title:24} {median(screens) / 1e6:6.2f} ms, p95 {late / 1e6:6.2f} ms, "
        f"{median(screens) / unit:5.2f} x reference ({unit / 1e6:.2f} ms)"
    )
    parts = {
        part: median(times) for part, times in costs.items() if part not in (REFERENCE, SCREEN)
    }
    if CURVE in parts:  # drawn only where there is a new loss
        parts[CURVE] = quantiles(costs[CURVE], n=20)[-1]
    print("    " + ", ".join(f"{part} {time / 1e6:.2f}" for part, time in parts.items()))


if __name__ == "__main__":
    main()
