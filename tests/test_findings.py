"""Findings: their order, where they are found again, and what they cost after long gaps."""

from __future__ import annotations

import pytest

from bptui.audit import other_conventions
from bptui.audit.figures import origin
from bptui.audit.findings import Auditor, ranked
from bptui.audit.prepare import prepare
from bptui.engine import loop, passes
from bptui.engine.network import Network
from bptui.engine.passes import Forward, Rule
from bptui.engine.trace import Array
from bptui.preset.read import parse_preset
from bptui.story import segment
from bptui.story.address import parse_quantity
from bptui.story.derivation import derive
from bptui.story.moment import parse_moment
from bptui.story.timeline import KEYFRAME, Timeline
from bptui.story.values import value
from tests.audits import (
    MATCH,
    SHARED,
    Figures,
    addresses,
    chain,
    checked,
    exact,
    nine,
    preset,
)


def test_findings_come_one_by_one_in_the_order_of_the_file() -> None:
    text = preset({"2 forward": {"E": "1"}, "1 forward": {"out h1": "0.593", "net h1": "0.3775"}})
    found = addresses(checked(text).findings)
    assert found == ["E", "out h1", "net h1"]


def test_findings_are_ranked_by_who_made_the_mistake() -> None:
    figures = {"out o2": "0.77", "E o2": "0.023", **dict(reversed(chain("0.3875").items()))}
    report = checked(preset({"1 forward": figures}))
    order = ["net h1", "out o1", "net o1", "out h1", "E o2", "out o2"]
    assert addresses(ranked(report.findings)) == order


def test_the_origin_of_a_value_is_the_moment_that_computed_it() -> None:
    text = preset(biases=SHARED.replace("0.60 }", "0.60, trainable = false }"))
    line = Timeline(prepare(parse_preset(text, "made.toml")))
    for moment in map(parse_moment, ("1 update", "2 forward", "2 backward", "2 update")):
        for address in ("net h1", "E", "dE/dw5", "w5", "b1", "b2", "dnet/dw1 h1", "step w1"):
            quantity = parse_quantity(address, line.setup)
            if value(line.state(moment), quantity) is not None:
                expected = derive(line, quantity, moment).moment
                assert origin(quantity, moment, line.setup.network) == expected


def test_the_figures_of_a_value_are_found_wherever_it_is_shown() -> None:
    figures: Figures = {"1 update": {"w5": "0.35891648"}, "2 forward": {"w5": "0.36", "E": "0.28"}}
    auditor = Auditor(prepare(parse_preset(preset(figures), "made.toml")))
    quantity = parse_quantity("w5", auditor.setup)
    for moment in ("1 update", "2 forward", "2 backward"):
        found = auditor.at(quantity, parse_moment(moment))
        assert [finding.printed.text for finding in found] == ["0.35891648", "0.36"]
    for moment in ("start", "1 forward", "1 backward", "2 update"):
        assert auditor.at(quantity, parse_moment(moment)) == ()


class Counted:
    """Counts the iterations that the engine runs."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.runs = 0
        real = passes.forward

        def forward(
            network: Network, theta: Array, inputs: Array, targets: Array, rule: Rule
        ) -> Forward:
            self.runs += 1
            return real(network, theta, inputs, targets, rule)

        train = loop.Loop.run

        def run(
            trained: loop.Loop,
            state: Array,
            place: int,
            losses: Array,
            states: Array | None = None,
            *,
            iteration: int = 1,
        ) -> Array:
            self.runs += len(losses)
            return train(trained, state, place, losses, states, iteration=iteration)

        monkeypatch.setattr(loop.Loop, "run", run)
        monkeypatch.setattr(segment, "forward", forward)


def test_a_figure_after_a_long_gap_is_that_of_a_plain_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted = Counted(monkeypatch)
    figures: Figures = {"1 forward": {"net h1": "0.3775"}, "2000 forward": {"E": "1.194492883e-4"}}
    auditor = Auditor(prepare(parse_preset(preset(figures), "made.toml")))
    assert [auditor.find(figure).verdict for figure in auditor.figures] == [MATCH, MATCH]
    assert counted.runs <= 2000 + KEYFRAME
    last = auditor.figures[-1]
    found = auditor.follow.as_printed((last.quantity, last.moment))
    assert found == pytest.approx(auditor.find(last).exact, rel=1e-9)


def test_a_wrong_figure_after_a_long_gap_costs_a_few_plain_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(other_conventions, "WORK", 9 * 1000)
    counted = Counted(monkeypatch)
    (finding,) = checked(preset({"1000 forward": {"E": "0.5123"}})).findings
    assert (finding.cause, finding.slip) == ("unexplained", "")
    assert counted.runs <= other_conventions.WORK + 2 * (1000 + KEYFRAME)


def test_wrong_figures_side_by_side_after_a_long_gap_do_not_run_it_for_each_figure_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = exact(preset())
    weights = {f"w{k}": nine(made[f"w{k}"]) for k in range(1, 9)}
    monkeypatch.setattr(other_conventions, "WORK", 2 * 201)  # as it is, and under two others
    counted = Counted(monkeypatch)
    figures: Figures = {
        "1 update": weights,
        "200 forward": {"E": "0.5"},
        "201 forward": {"E": "0.4", "out o1": "0.3"},
    }
    assert len(checked(preset(figures)).roots) == 3
    assert counted.runs <= 6 * 201
