"""What is too large is refused in a line, at once and in little memory; what is not, is stepped."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bptui.audit.findings import Auditor, audit
from bptui.audit.prepare import prepare
from bptui.cli import main
from bptui.preset import limits
from bptui.preset.errors import PresetError
from bptui.preset.read import parse_preset
from bptui.session.messages import Step
from bptui.session.session import open_session
from bptui.story.address import all_quantities, has_at_most, parse_quantity
from bptui.story.edits import EditError, parse_change
from bptui.story.moment import START, parse_moment
from bptui.story.setup import Setup
from bptui.story.timeline import Timeline
from bptui.story.values import value
from bptui.view.canvas import Canvas
from bptui.view.rows import cells, row_cells, wrap
from bptui.view.screen import screen
from tests.edits import conventions
from tests.sessions import shipped, told

ROOT = Path(__file__).parent.parent


def network(
    *sizes: int, samples: int = 1, training: str = "", expected: str = "", name: str = "l"
) -> str:
    """Return the text of a network with layers of some sizes."""
    parts = [f'[training]\nlearning_rate = 0.5\nloss = "squared_error"\n{training}\n']
    for place, size in enumerate(sizes):
        parts.append(f'[[layers]]\nname = "{name}{place}"\nneurons = {size}\n')
        if place:
            drawn = f'initializer = {{ name = "normal", seed = {place} }}'
            parts.append(f'activation = "sigmoid"\n{drawn}\n')
    sample = f"[[samples]]\ninput = {[0.5] * sizes[0]}\ntarget = {[0.25] * sizes[-1]}\n"
    return "".join([*parts, sample * samples, expected])


def posed(text: str) -> Setup:
    """Return a text's setup."""
    return prepare(parse_preset(text, "f.toml"))


def refused(text: str) -> str:
    """Return what is said of a text."""
    with pytest.raises(PresetError) as error:
        posed(text)
    assert len(str(error.value)) < 700
    return str(error.value)


PAIR = network(1, 1)
FIGURE = '[expected.{}.forward]\n"{}" = {}\n'
CASES = {
    "layers": (network(*[1] * 101), "f.toml:503: too many layers; the limit is 100"),
    "neurons": (network(1, 2000), "f.toml:10: too many neurons; the limit is 2000 in all layers"),
    "weights": (network(500, 501), "f.toml:8: 250500 weights are too many; the limit is 250000"),
    "samples": (network(1, 1, samples=4001), ": too many samples; the limit is 4000"),
    "batches": (
        network(1, 1, samples=1001, training='batch = "online"'),
        "f.toml:4: an epoch of 1001 batches; the limit is 1000: give a larger batch",
    ),
    "a batch": (
        network(200, 200, samples=470, training="batch = 463"),
        "f.toml:4: a batch of 463 samples is too much for a network of this size; "
        "give a [training] batch of at most 462, or fewer samples",
    ),
    "a full batch": (network(200, 200, samples=463), ": a batch of 463 samples is too much for a"),
    "figures": (
        PAIR + "".join(FIGURE.format(k, "E", '"0.5"') for k in range(1, 502)),
        "too many printed figures; the limit is 500",
    ),
    "figures of one quantity": (
        PAIR + FIGURE.format(1, "E", ["0.5"] * 21),
        "f.toml:17: too many figures for one quantity; the limit is 20",
    ),
    "notes": (
        PAIR + '[[notes]]\nmoment = "start"\nquantity = "E"\ntext = ""\n' * 1001,
        "too many notes; the limit is 1000",
    ),
    "conventions": (
        PAIR
        + "".join(
            FIGURE.format(k, "E", f'{{ printed = "1", under = {{ learning_rate = {k} }} }}')
            for k in range(1, 9)
        ),
        ": too many different conventions; at most 6 can be checked",
    ),
    "a far iteration": (
        PAIR + FIGURE.format(1_000_000_000, "E", '"0.5"'),
        "f.toml:17: iteration 1000000000 is too far to check; "
        "figures up to iteration 200000 can be",
    ),
    "a far iteration of a larger network": (
        network(100, 100, samples=10, expected=FIGURE.format(6000, "E", '"0.5"')),
        "iteration 6000 is too far to check; figures up to iteration 5128 can be checked",
    ),
    "a far cause": (
        PAIR + FIGURE.format(1, "E", '{ printed = "0.5", is = "E at 200001 forward" }'),
        "f.toml:17: iteration 200001 is too far to check; figures up to iteration 200000",
    ),
    "far conventions": (
        PAIR
        + FIGURE.format(150_000, "E", '{ printed = "0.5", under = { update = "sequential" } }'),
        "iteration 150000 is too far to check under other conventions; "
        "figures up to iteration 50000 can be",
    ),
    "figures of many iterations": (
        PAIR + "".join(FIGURE.format(k, "net o1", '"0.5"') for k in range(1, 400)),
        " iterations are too many to check in this network; leave some out",
    ),
    "figures of a large network": (
        network(100, 100, expected=FIGURE.format(1, "net o1", '"0.5"'))
        + FIGURE.format(2, "net o1", '"0.5"'),
        "printed figures of 2 iterations are too many to check in this network",
    ),
    "a convention's batch": (
        network(
            200,
            200,
            samples=463,
            training="batch = 1",
            expected=FIGURE.format(1, "E", '{ printed = "0.5", under = { batch = "full" } }'),
        ),
        "batches of this size cannot be checked with so many samples",
    ),
    "a name": (
        PAIR.replace("neurons = 1", f'neurons = ["{"i" * 61}"]', 1),
        f'f.toml:7: the neuron name "{"i" * 27}..." has 61 characters; the limit is 60',
    ),
    "what an error quotes": (
        PAIR + FIGURE.format("1" * 4999, "E", '"0.5"'),
        '1"; iterations are counted from 1',
    ),
}


@pytest.mark.parametrize("what", CASES)
def test_too_much_is_refused(what: str) -> None:
    text, said = CASES[what]
    assert said in refused(text)


LARGE = {
    "decimal digits": ("seed = 1", "seed = 1" + "0" * 4_000_000, "a number with too many digits"),
    "hex digits": ("seed = 1", "seed = 0x" + "f" * 4_000_000, "a number with too many digits"),
    "places": ("0.25", "0." + "5" * 4_000_000, "a number with too many digits; shorten it"),
    "an exponent": ("0.25", "1e-" + "9" * 4_000_000, "a number with too many digits; shorten it"),
    "long keys": (
        "[training]",
        "".join("a." * 900 + f"b{k} = 1\n" for k in range(2000)) + "[training]",
        "f.toml:1: nested too deeply; the limit is 20 levels",
    ),
    "long quoted keys": (
        "[training]",
        '["a"' + " . 'b'" * 500_000 + "]\n[training]",
        "f.toml:1: nested too deeply; the limit is 20 levels",
    ),
    "tables": ("[training]", "[training]" + "\n[[x]]" * 150_000, 'unknown key "x"'),
    "keys": (
        "[training]",
        "[training]\n" + "".join(f"k{j} = 1\n" for j in range(150_000)),
        'unknown key "k0"',
    ),
}


@pytest.mark.parametrize("what", LARGE)
def test_what_would_take_a_parser_minutes_or_gigabytes_is_refused(what: str) -> None:
    old, new, said = LARGE[what]
    text = PAIR.replace(old, new, 1)
    assert len(text) <= limits.MAX_BYTES
    assert said in refused(text)


# A process starts out with the peak of the one that started it, and a worker of the tests is large;
# so a small process starts the program, and tells what its child took.
_PROGRAM = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
from bptui.cli import main
sys.exit(main(sys.argv[1:]))
"""
_STARTER = """
import resource, subprocess, sys
status = subprocess.run([sys.executable, "-c", *sys.argv[1:]]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, file=sys.stderr)
sys.exit(status)
"""


def test_the_largest_files_take_less_than_half_a_gibibyte(tmp_path: Path) -> None:
    file = tmp_path / "tables.toml"
    file.write_text("".join(f"[x{k}]\n" for k in range(250_000)), "utf-8")
    command = [sys.executable, "-c", _STARTER, _PROGRAM, "check", str(file)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)
    told, used = run.stderr.splitlines()
    assert run.returncode == 2
    assert 'unknown key "x0"' in told
    assert 50 < int(used) < 512


def test_numbers_as_long_as_allowed_and_dots_in_texts_are_read() -> None:
    text = PAIR.replace("0.25", "0." + "3" * 4900).replace("1 }", "1 } # " + "a." * 30)
    setup = posed('title = """\nno. ' + ". " * 30 + '"""\n' + text)
    assert setup.targets[0, 0] == pytest.approx(1 / 3)


def test_what_is_just_not_too_much_is_stepped() -> None:
    for text in (network(*[1] * 100), network(200, 200, samples=462)):
        session = open_session(posed(text))
        for _ in range(2):
            assert {row_cells(row) for row in screen(session, 80, 24)} == {80}
            session = told(session, Step(1))


def test_whole_iterations_are_kept_while_memory_allows() -> None:
    small, large = posed(PAIR), posed(network(*[2] * 100, samples=1000))
    for setup, least, most in ((small, 15, 16), (large, 2, 6)):
        line = Timeline(setup)
        seen = {k: line.iteration(k) for k in range(1, 18)}
        kept = [line.iteration(k) is seen[k] for k in range(17, 0, -1)]
        assert least <= sum(kept) <= most


# figures that are checked


def test_no_network_is_too_deep_to_be_worked_out_by_hand() -> None:
    figures = '[expected.1.backward]\n"dE/dw_i1_h1_1" = "0.5"\n"dE/dw_i1_h1_1 via o1" = "0.5"\n'
    setup = posed(network(*[1] * 60, expected=figures + FIGURE.format(2, "net o1", '"0.5"')))
    auditor = Auditor(setup)
    for figure in auditor.figures:
        assert auditor.find(figure).cause in ("carried", "unexplained")
    auditor = Auditor(posed(network(*[2] * 60)))
    line = auditor.graph.timeline
    for text in ("dE/dw_i1_h1_1", "dE/dout h3_1 via h9_1", "net o2"):
        quantity = parse_quantity(text, line.setup)
        moment = parse_moment("1 backward")
        exact = value(line.state(moment), quantity)
        key = auditor.graph.key(quantity, moment)
        assert auditor.follow.as_printed(key) == pytest.approx(exact, rel=1e-9)


def test_many_wrong_figures_in_a_chain_are_checked_in_the_end() -> None:
    # each is made of all before it, so that trying each of them again would never end
    updates = "".join(f'[expected.{k}.update]\n"w_i1_o1" = "0.{k:04d}"\n' for k in range(1, 61))
    assert len(audit(posed(PAIR + updates)).findings) == 60


def test_printed_parameters_take_the_place_of_the_first_ones() -> None:
    setup = posed(network(2, 1, expected='[expected.1.forward]\n"w_i1_o1" = "0.75"\n"E" = "0.5"\n'))
    auditor = Auditor(setup)
    keys = [
        auditor.graph.key(parse_quantity(name, setup), START) for name in ("w_i1_o1", "w_i2_o1")
    ]
    assert [auditor.follow.as_printed(key) for key in keys] == [0.75, setup.theta.tolist()[1]]


@pytest.mark.parametrize("name", ["mazur", "pandey", "hmkcode"])
def test_what_a_shipped_preset_prints_is_far_from_the_limits(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bptui.audit.budget.BY_HAND", 5_000)
    monkeypatch.setattr("bptui.audit.budget.MAX_REACH", 60_000)
    preset = shipped(name).setup.preset
    assert prepare(preset).preset is preset


@pytest.mark.parametrize(
    ("sizes", "samples", "works", "refused"),
    [
        ((1, 1), 1001, ("full", "2"), ("online", "1")),
        ((200, 200), 470, ("online", "2"), ("full", "470")),
    ],
)
def test_an_edit_makes_no_batches_that_no_preset_may_have(
    sizes: tuple[int, ...], samples: int, works: tuple[str, ...], refused: tuple[str, ...]
) -> None:
    setup = posed(network(*sizes, samples=samples, training="batch = 2"))
    assert conventions(setup)["batch"] == ("2", works)
    for size in refused:
        with pytest.raises(EditError, match=f'batches of {size} are too |batch cannot be "{size}"'):
            parse_change(f"batch = {size}", setup, setup.batch(1), 1)


# traces


def test_a_trace_of_too_many_quantities_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "large.toml"
    file.write_text(network(100, 120, 100), "utf-8")
    assert main(["trace", str(file)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert "too many quantities to trace (more than " in err
    assert main(["explain", str(file), "E"]) == 0


@pytest.mark.parametrize("sizes", [(1, 1), (3, 4, 2), (2, 2, 2, 2, 2), (7, 1, 5)])
@pytest.mark.parametrize("samples", [1, 3])
def test_the_count_of_quantities_is_that_of_their_list(
    sizes: tuple[int, ...], samples: int
) -> None:
    setup = posed(network(*sizes, samples=samples))
    listed = len(all_quantities(setup))
    assert has_at_most(setup, listed)
    assert not has_at_most(setup, listed - 1)


def test_a_moment_too_far_to_be_run_to_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "mazur", "w5", "--at", "1000000000 update"]) == 2
    assert capsys.readouterr().err == (
        "bptui: --at 1000000000 update: the last possible iteration is 10,000,000\n"
    )


# drawing


def test_a_wide_network_is_drawn() -> None:
    session = open_session(posed(network(1000, 20)))
    assert {row_cells(row) for row in screen(session, 120, 40)} == {120}


def test_a_word_of_ten_thousand_letters_is_wrapped() -> None:
    lines = wrap("\u6f22" * 9_999, 39)
    assert all(cells(line) <= 39 for line in lines)
    assert "".join(lines) == "\u6f22" * 9_999


@pytest.mark.parametrize("left", range(6))
@pytest.mark.parametrize("width", range(1, 8))
def test_a_part_of_a_canvas_is_as_wide_as_it_should_be(left: int, width: int) -> None:
    for text in ("\u6f22" * 6, "a\u6f22" * 4, "\U0001f600a" * 4, "a" * 12, "a\U0001f600\u6f22b"):
        canvas = Canvas(12, 1)
        canvas.put(0, 0, text)
        canvas.put(5, 0, "x")
        (row,) = canvas.rows(left, 0, width, 1)
        assert row_cells(row) == width


def test_a_long_name_of_a_layer_keeps_the_screen() -> None:
    session = open_session(posed(network(1, 1, name="a" * 3000)))
    for size in ((80, 24), (120, 40), (40, 12)):
        assert {row_cells(row) for row in screen(session, *size)} == {size[0]}
