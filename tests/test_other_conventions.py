"""Other conventions: which of them put many wrong figures right at once."""

from __future__ import annotations

import pytest

from tests.audits import FROZEN, THREE, Figures, checked, exact, nine, preset, sections

GRADIENTS = ("dE/dw1", "dE/dw5", "dE/dw8", "dE/dnet o1")
WEIGHTS = ("w1", "w4", "w5", "w8")


def figures(text: str, digits: int = 9) -> Figures:
    """Return figures of a preset's first iteration, and its second loss."""
    first, then = exact(text), exact(text, "2 forward")
    return {
        "1 backward": {a: f"{first[a]:.{digits}f}" for a in GRADIENTS if a in first},
        "1 update": {a: f"{first[a]:.{digits}f}" for a in WEIGHTS},
        "2 forward": {"E": nine(then["E"])},
    }


@pytest.mark.parametrize(
    ("under", "text", "other"),
    [
        ((("loss", "squared_error"),), preset(), preset(loss="squared_error")),
        ((("update", "sequential"),), preset(), preset(training='update = "sequential"')),
        (
            (("reduction", "mean"),),
            preset(samples=THREE),
            preset(samples=THREE, training='reduction = "mean"'),
        ),
        ((("learning_rate", "0.1"),), preset(), preset(rate="0.1")),
        ((("biases", "frozen"),), preset(), preset(biases=FROZEN)),
    ],
)
def test_conventions_that_put_all_wrong_figures_right_come_first(
    under: object, text: str, other: str
) -> None:
    report = checked(text + sections(figures(other)))
    best = report.conventions[0]
    assert best.under == under
    assert (len(best.right), best.broken) == (best.wrong, 0)
    wrong = [finding for finding in report.findings if finding.is_root]
    assert wrong
    assert {finding.slip for finding in wrong} == {best.words}
    assert len(report.roots) == 1


def test_two_conventions_together_are_found() -> None:
    other = preset(loss="squared_error", training='update = "sequential"')
    report = checked(preset() + sections(figures(other)))
    best = report.conventions[0]
    assert dict(best.under) == {"loss": "squared_error", "update": "sequential"}
    assert (len(best.right), best.broken) == (best.wrong, 0)


def test_a_learning_rate_is_not_betrayed_by_one_coarse_figure() -> None:
    report = checked(preset({"1 update": {"w5": "0.37"}}))
    assert report.conventions == ()


def test_no_conventions_are_told_where_none_gives_the_figures() -> None:
    report = checked(preset({"1 forward": {"net h1": "0.4142", "E": "0.5123"}}))
    assert report.conventions == ()


def test_right_figures_that_would_be_wrong_are_counted() -> None:
    text = preset()
    said = {"dE/dw5": nine(2 * exact(text)["dE/dw5"]), "dE/dw6": nine(exact(text)["dE/dw6"])}
    for found in checked(preset({"1 backward": said})).conventions:
        assert found.gained > 0


def test_a_quantity_that_other_conventions_do_not_have_stops_no_audit() -> None:
    figures: Figures = {"2 forward": {"b1": "0.350000"}, "1 update": {"v b1": "0.5123"}}
    report = checked(preset(figures, training='optimizer = "momentum"'))
    assert len(report.findings) == 2  # frozen, b1 comes right, but has no v
