"""Verdicts: which printed figures come out, to the last digit, and which do not."""

from __future__ import annotations

import math

import pytest

from bptui.audit.findings import Audit
from bptui.audit.prepare import prepare
from bptui.preset.errors import PresetError
from bptui.preset.read import parse_preset
from bptui.story.timeline import Timeline
from tests.audits import (
    LAST_DIGIT,
    MATCH,
    THREE,
    WRONG,
    Figures,
    addresses,
    checked,
    exact,
    judged,
    nine,
    only,
    preset,
)


def test_right_figures_match_and_need_no_cause() -> None:
    for phase in ("forward", "backward", "update"):
        moment = f"1 {phase}"
        figures = {a: nine(number) for a, number in exact(preset(), moment).items()}
        report = checked(preset({moment: figures}))
        assert report.passes
        assert {finding.verdict for finding in report.findings} == {MATCH}
        assert {finding.cause for finding in report.findings} == {None}
        assert (report.roots, addresses(report.findings)) == ((), list(figures))


def test_figures_that_are_cut_off_are_off_in_the_last_digit_and_pass() -> None:
    report = checked(preset({"1 forward": {"out h1": "0.593", "out h2": "0.596"}}))
    assert report.passes
    assert [finding.verdict for finding in report.findings] == [MATCH, LAST_DIGIT]
    assert report.findings[1].exact == pytest.approx(0.596884378259767, rel=1e-15)


def test_a_preset_without_figures_passes() -> None:
    assert checked(preset()) == Audit(())
    assert checked(preset()).passes


def test_a_wrong_figure_without_a_cause_fails() -> None:
    finding = only(preset({"1 forward": {"net h1": "0.4142"}}))
    assert (finding.verdict, finding.cause) == (WRONG, "unexplained")
    assert finding.failed == "no cause given: add is, under, as or unexplained"
    assert (finding.carried_from, finding.is_root) == ((), True)


def test_a_wrong_figure_that_is_said_to_be_unexplained_passes() -> None:
    said = '{ printed = "0.4142", unexplained = true, because = "Nobody knows." }'
    finding = only(preset({"1 forward": {"net h1": said}}))
    assert (finding.cause, finding.because, finding.failed) == (
        "unexplained",
        "Nobody knows.",
        None,
    )
    assert finding.is_root


def test_a_loss_for_each_of_many_iterations_is_checked() -> None:
    line = Timeline(prepare(parse_preset(preset(), "made.toml")))
    losses = line.losses(150)
    figures = {f"{k} forward": {"E": f"{loss:.6f}"} for k, loss in enumerate(losses, 1)}
    figures["150 forward"] = {"E": "0.900000"}
    report = judged(preset(figures))
    assert [str(f.printed.moment) for f in report.roots[0].findings] == ["150 forward"]


def test_the_samples_of_a_batch_are_checked_one_by_one() -> None:
    made = exact(preset(samples=THREE))
    known = {
        "forward": ("net h1", "out o2", "E", "E o1"),
        "backward": ("dE/dnet o1", "dE/dout h1 via o2", "dE/dw5", "dE/dw1 via o2", "dnet/dw5 o1"),
    }
    figures = {
        f"1 {phase}": {a: nine(made[a]) for a in made if a.partition(" @")[0] in wanted}
        for phase, wanted in known.items()
    }
    assert {"E", "E @1", "E @3", "dE/dw5"} <= {*figures["1 forward"], *figures["1 backward"]}
    report = checked(preset(figures, samples=THREE))
    assert len(report.findings) == 3 * 9 + 3
    assert {finding.verdict for finding in report.findings} == {MATCH}


def test_a_figure_of_a_sample_that_a_smaller_last_batch_lacks_is_an_error() -> None:
    text = preset({"2 forward": {"net h1 @2": "0.4"}}, samples=THREE, training="batch = 2")
    with pytest.raises(PresetError, match="@2"):
        checked(text)


def test_a_figure_printed_twice_is_judged_twice() -> None:
    said = '["0.298371109", "0.2984", { printed = "0.3", because = "about" }, "0.31"]'
    report = checked(preset({"1 forward": {"E": said}}))
    assert [f.verdict for f in report.findings] == [MATCH, MATCH, MATCH, WRONG]


@pytest.mark.parametrize("figure", ["0", "1e300", "1e-300", "123456789.123456789"])
def test_no_figure_of_any_size_stops_the_audit(figure: str) -> None:
    figures: Figures = {
        "1 forward": {"net h1": figure, "out h1": figure, "out o1": "0.9", "E": figure},
        "1 backward": {"dE/dw1": figure, "dE/dw5": "3"},
        "1 update": {"w1": figure, "w5": "3"},
        "2 forward": {"E": "3.0"},
    }
    assert len(checked(preset(figures)).findings) == 9


def test_a_power_of_ten_that_no_float_has_stops_no_audit() -> None:
    for figure in ("0e400", "1e-9999999"):
        with pytest.raises(PresetError, match="not a printed figure"):
            checked(preset({"1 forward": {"net h1": figure, "out h1": "0.9"}}))


def test_a_network_that_diverges_is_audited() -> None:
    figures: Figures = {
        "9 forward": {"E": "0.5", "net o1": "0.5"},
        "9 update": {"w5": '{ printed = "0.5", is = "w6" }'},
    }
    report = checked(preset(figures, rate="1e200", activation="identity"))
    assert {finding.verdict for finding in report.findings} == {WRONG}
    assert not math.isfinite(report.findings[0].exact)
