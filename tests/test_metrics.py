"""Metrics: their numbers beside plain Python's, over all samples, wherever addresses are."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bptui.audit.findings import audit
from bptui.cli import main
from bptui.engine.metrics import METRICS, are_classes, measured
from bptui.session import messages as c
from bptui.session.messages import Ask, Panel
from bptui.session.session import open_session
from bptui.story.address import AddressError, Quantity, parse_quantity
from bptui.story.conditions import history, hits_in, parse_condition
from bptui.story.derivation import derive
from bptui.story.edits import parse_change
from bptui.story.moment import Moment, Phase
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline
from bptui.story.values import values_at
from bptui.view.rows import to_text
from bptui.view.screen import screen
from tests.networks import Sketch, dense, problem_from
from tests.sessions import after, shipped

CLASSES: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...] = (
    ((0.1, 0.2), (1, 0, 0)),
    ((0.9, -0.3), (0, 1, 0)),
    ((-0.4, 0.8), (0, 0, 1)),
    ((0.5, 0.5), (0, 1, 0)),
    ((-0.6, 0.1), (0, 0, 1)),
)
ONLINE = replace(dense((2, 3, 3)), samples=CLASSES, batch=2, learning_rate=2.0)


def by_hand(setup: Setup, theta: list[float]) -> dict[str, float]:
    """Return the metrics of a network of sigmoids, neuron by neuron in plain Python."""
    squares, sizes, right = 0.0, 0.0, 0
    value = dict(zip(setup.network.slots, theta, strict=True))
    for sample in setup.preset.samples:
        outs = dict(zip(setup.network.inputs, sample.input, strict=True))
        for layer in setup.network.layers:
            for neuron in layer.neurons:
                net = sum(
                    value[p.name] * (outs[p.source] if p.source else 1.0)
                    for p in setup.network.incoming(neuron)
                )
                outs[neuron] = 1 / (1 + math.exp(-net))
        assert sample.target is not None
        found = [outs[name] for name in setup.network.outputs]
        squares += sum((t - o) ** 2 for t, o in zip(sample.target, found, strict=True))
        sizes += sum(abs(t - o) for t, o in zip(sample.target, found, strict=True))
        right += sample.target.index(max(sample.target)) == found.index(max(found))
    samples = len(setup.preset.samples)
    count = samples * len(setup.network.outputs)
    return {"RMSE": math.sqrt(squares / count), "SAE": sizes, "accuracy": right / samples}


@pytest.mark.parametrize("sketch", [ONLINE, replace(ONLINE, batch="full")])
def test_metrics_are_those_of_all_samples_with_the_parameters_of_the_iteration(
    sketch: Sketch,
) -> None:
    setup = sketch.setup()
    timeline, seen = Timeline(setup), set()
    assert setup.metrics == ("RMSE", "SAE", "accuracy")
    for k in (1, 2, 30, 200):
        moment = Moment.of(k, Phase.FORWARD)
        expected = by_hand(setup, timeline.before(k)[0].tolist())
        for name, number in expected.items():
            quantity = parse_quantity(name.lower(), setup)
            assert values_at(timeline, moment).get(quantity) == pytest.approx(number, rel=1e-12)
            card = derive(timeline, quantity, moment)
            assert card.value() == pytest.approx(number, rel=1e-12)
            later = values_at(timeline, Moment.of(k, Phase.UPDATE)).get(quantity)
            assert later == pytest.approx(number, rel=1e-12)
        seen.add(expected["accuracy"])
    assert len(seen) > 1
    assert values_at(timeline, Moment(0)).get(parse_quantity("SAE", setup)) is None


def test_conditions_find_what_values_are_also_across_edits() -> None:
    setup = ONLINE.setup()
    timeline = Timeline(setup)
    for answer, at in (("w1 = 3", 20), ("eta = 0.5", 30), ("target o1 @1 = 0", 40)):
        moment = Moment.of(at, Phase.UPDATE)
        change = parse_change(answer, setup, timeline.state(moment).batch, 1)
        timeline = timeline.edited(moment, change)
    for name in METRICS:
        quantity = parse_quantity(name, setup)
        moments = [Moment.of(k, Phase.FORWARD) for k in range(1, 40)]
        expected = [values_at(timeline, moment).get(quantity) for moment in moments]
        assert history(timeline, quantity, 1, 39).tolist() == expected
    # a sample of no class is none that can be right
    assert np.isnan(history(timeline, parse_quantity("accuracy", setup), 40, 41)).all()
    assert not np.isnan(history(timeline, parse_quantity("RMSE", setup), 40, 41)).any()
    hits = hits_in(timeline, parse_condition("accuracy changes", setup), 1, 39)
    numbers = history(timeline, parse_quantity("accuracy", setup), 1, 39)
    assert hits.tolist() == [k + 1 for k in range(1, 39) if numbers[k] != numbers[k - 1]]


@pytest.mark.parametrize(
    ("targets", "outs", "expected"),
    [
        ([[0], [1], [1], [0]], [[0.4], [0.6], [0.5], [0.5]], 0.75),
        ([[-1], [1], [1]], [[-0.1], [0.1], [-0.1]], 2 / 3),
        ([[1, 0], [0, 1]], [[0.2, 0.1], [0.2, 0.1]], 0.5),
        ([[1, -1], [-1, 1]], [[-0.2, -0.3], [5, math.nan]], 0.5),
        ([[1], [0]], [[math.nan], [math.inf]], 0.0),
    ],
)
def test_what_is_right(
    targets: list[list[float]], outs: list[list[float]], expected: float
) -> None:
    assert are_classes(np.array(targets))
    found = measured(METRICS["accuracy"], np.array(outs), np.array(targets, dtype=float))
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    "targets", [[[0.5]], [[1], [0], [-1]], [[1, 1]], [[0, 0]], [[0.01, 0.99]], [[2]]]
)
def test_other_targets_are_no_classes(targets: list[list[float]]) -> None:
    assert not are_classes(np.array(targets))


def test_a_metric_that_means_nothing_is_refused_and_a_parameter_of_its_name_is_not() -> None:
    mazur = shipped("mazur").setup
    with pytest.raises(AddressError, match="accuracy needs targets that are classes"):
        parse_quantity("accuracy", mazur)
    assert str(parse_quantity("rmse", mazur)) == "RMSE"
    first, *others = ONLINE.parameters
    named = replace(ONLINE, parameters=(replace(first, name="accuracy"), *others)).setup()
    assert parse_quantity("accuracy", named).parameter == "accuracy"


def test_runs_print_them_and_stop_by_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "made.toml"
    file.write_text(ONLINE.toml(), "utf-8")
    command = ["run", str(file), "--iterations", "3000", "--until", "accuracy >= 0.8"]
    assert main([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["stopped"] == "condition"
    setup = ONLINE.setup()
    theta = Timeline(setup).before(found["iterations"])[0].tolist()
    assert found["metrics"] == pytest.approx(by_hand(setup, theta), rel=1e-12)
    assert main(command) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:5]] == ["E", "RMSE", "SAE", "accuracy"]
    assert main(["run", "mazur", "--iterations", "1", "--json"]) == 0
    assert "metrics" not in json.loads(capsys.readouterr().out)


def test_screens_show_them_beside_the_loss_and_cards_explain_them() -> None:
    session = after(open_session(ONLINE.setup()), c.Step(1), c.Travel(29))
    accuracy = Quantity(parse_quantity("accuracy", session.setup).kind, name="accuracy")
    value = session.value(accuracy)
    assert value is not None
    assert f"accuracy {value:.1f}" in to_text(screen(session, 80, 24)).splitlines()[1]
    chart = after(session, c.Show(Panel.CHART), c.Flip("zoomed"))
    assert "RMSE 0." in to_text(screen(chart, 80, 24))
    output = after(session, c.Select("o1"))
    assert accuracy in output.facts
    card = derive(output.timeline, accuracy, session.moment)
    assert card.given == f"{5 * value:g} of 5 samples are right"
    said = after(session, c.Prompt(Ask.EDIT), c.Erase("all"), c.Type("accuracy = 1"), c.Enter())
    assert said.prompt is not None
    assert "accuracy is computed" in said.prompt.error


def test_printed_figures_of_them_are_checked_and_shown() -> None:
    numbers = by_hand(ONLINE.setup(), ONLINE.setup().theta.tolist())
    figures = (
        f'"RMSE" = "{numbers["RMSE"]:.6f}"\n"SAE" = "{numbers["SAE"]:.4f}"\n"accuracy" = "0.97"'
    )
    setup = problem_from(f"{ONLINE.toml()}[expected.1.forward]\n{figures}\n")
    verdicts = [finding.verdict.name for finding in audit(setup).findings]
    assert verdicts == ["MATCH", "MATCH", "WRONG"]
    session = after(open_session(setup), c.Step(1), c.Flip("as_printed"))
    assert "accuracy 0.97" in to_text(screen(session, 80, 24))
