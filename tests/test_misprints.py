"""Misprints: digits that were copied wrongly are told, if nothing else explains a figure."""

from __future__ import annotations

import math

import pytest

from bptui.audit.misprints import misprint
from tests.audits import WRONG, only, preset


@pytest.mark.parametrize(
    ("exact", "printed", "told"),
    [
        (1.93, "0.93", "one digit is wrong: 0 for 1"),
        (0.592941, "0.572941", "one digit is wrong: 7 for 9"),
        (-0.592941, "-0.572941", "one digit is wrong: 7 for 9"),
        (0.3775, "0.3757", "two digits are swapped: 57 for 75"),
        (1.3415, "1.345", "a digit is lost: 1"),
        (0.593269992, "0.59326992", "a digit is lost: 9"),
        (0.2561, "0.22561", "there is a digit too many: 2"),
        (0.749281, "0.7499281", "there is a digit too many: 9"),
        (1.3415678, "1.3415", None),  # it is only cut
        (0.3775, "0.3776", None),  # the last digit says nothing
        (0.592941, "-0.572941", None),
        (0.592941, "0.571941", None),  # two digits are wrong
        (0.12, "0.92", None),  # in so few digits it would be chance
        (math.nan, "0.5", None),
        (math.inf, "0.5", None),
        (0.5, "1e300", None),
        (1e300, "0.5", None),
        (0.5, "0." + "3" * 300, None),
        (0.0, "0.0000", None),
    ],
)
def test_what_happened_to_the_digits_is_told(exact: float, printed: str, told: str | None) -> None:
    assert misprint(exact, printed) == told


def test_a_misprint_is_named_in_a_figure_that_no_slip_gives() -> None:
    finding = only(preset({"1 forward": {"out o1": "0.75316507"}}))  # 0.75136507
    assert (finding.verdict, finding.slip) == (WRONG, "two digits are swapped: 31 for 13")


def test_a_slip_that_gives_the_figure_comes_before_a_misprint() -> None:
    finding = only(preset({"1 forward": {"net h1": "0.0275"}}))  # 0.3775 without its bias
    assert finding.slip == "`b1` is left out of the sum"
