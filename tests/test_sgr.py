"""Changes of pen: right from any pen to any other, and never longer than from scratch."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bptui.tui.sgr import PLAIN, UNKNOWN, change, styled
from tests.networks import examples
from tests.terminals import Cell, pyte

PARAMETERS = ("0", "", *map(str, range(1, 10)), "21", "22", "23", "24", "25", "27", "28", "29")
PARAMETERS += ("31", "39", "42", "49", "97", "107", "38;5;7", "48;5;7", "38;2;1;2;3", "51", "53")


def painted(*sequences: str) -> Cell:
    """Return what pyte writes after SGR sequences."""
    screen = pyte.Screen(3, 1)
    pyte.Stream(screen).feed("".join(sequences) + "x")
    return tuple(screen.buffer[0][0])


@given(*[st.lists(st.sampled_from(PARAMETERS), max_size=6)] * 2)
@examples(300)
def test_a_change_of_pen_is_right_and_no_longer_than_from_scratch(
    first: list[str], second: list[str]
) -> None:
    old, new = (styled(PLAIN, ";".join(parameters)) for parameters in (first, second))
    there, whole = change(old, new), change(UNKNOWN, new)
    assert len(there) <= len(whole)
    if there:
        assert styled(old, there[2:-1]) == new
    sources = [f"\x1b[{';'.join(parameters)}m" for parameters in (first, second)]
    assert painted(sources[0], there) == painted("\x1b[0m", sources[1])
    assert painted(sources[0], whole) == painted("\x1b[0m", sources[1])


def test_what_ends_two_attributes_ends_both() -> None:
    for old, new, expected in (
        ("1;2;44", "2;44", "22;2"),
        ("1;2", "2", "0;2"),
        ("1;44", "2;44", "22;2"),
        ("1;44", "1;2;44", "2"),
        ("4;44", "4;21;44", "24;4;21"),
    ):
        assert change(styled(PLAIN, old), styled(PLAIN, new)) == f"\x1b[{expected}m"


def test_a_pen_is_not_guessed_at() -> None:
    assert styled(UNKNOWN, "31") == UNKNOWN
    assert styled(UNKNOWN, "31;0;32") == UNKNOWN
    assert styled(UNKNOWN, "0;32") == styled(PLAIN, "32")
    for parameters in ("58;5;1", "38;2;1", "38", "38;5", "1;10"):
        assert styled(PLAIN, parameters) == UNKNOWN
