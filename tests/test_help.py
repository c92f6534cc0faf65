"""The help: every topic is there, it is plain text, and its examples are so."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

import numpy as np
import pytest

from bptui.audit.prepare import prepare
from bptui.cli import COMMANDS, main
from bptui.cli.help import HOLE, PAGES, TOPICS, page
from bptui.cli.help_formulas import typed
from bptui.cli.help_tables import PLACEHOLDERS
from bptui.cli.markdown import plain_text
from bptui.engine.functions import ACTIVATIONS, LOSSES, evaluate, every_form
from bptui.engine.metrics import METRICS
from bptui.engine.optimizers import OPTIMIZERS
from bptui.engine.penalties import PENALTIES
from bptui.engine.primitives import erf
from bptui.engine.schedules import SCHEDULES
from bptui.engine.trace import WHOLE, Formula, names_of
from bptui.preset.data import SCALES
from bptui.preset.initializers import INITIALIZERS
from bptui.preset.read import parse_preset
from bptui.session.key import signs
from bptui.session.keys import KEYS
from bptui.story.address import Kind
from bptui.story.conditions import COMPARISONS
from bptui.story.conventions import CONVENTIONS
from bptui.tui.configuration_text import SETTINGS
from bptui.tui.export import FORMATS
from bptui.tui.palette import RGB
from bptui.view.code import TARGETS
from bptui.view.help_page import MARKS
from tests.commands import check_command, commands_in
from tests.sessions import shipped
from tests.terminals import PYTHON, Terminal

MARKDOWN = """\
`w5` is **bold**, *emphasis* and [a link](x.md); `a ** b * c` is code.

## A heading

- One item that is longer than a line, so that it has to go on in a second line, which
  hangs in.
- Short:
- Another:

  ```toml
  a = "`x`"
    | b
  ```

| sign | what it means |
|---|---|
| `\\|x\\|` | its size |
"""
PLAIN = """\
w5 is bold, emphasis and a link; "a ** b * c" is code.

A heading
---------

- One item that is longer than a line, so that it has to go on in a second line,
  which hangs in.
- Short:
- Another:

a = "`x`"
  | b

sign  what it means
|x|   its size
"""
WORDS = {
    "keys": [signs(key) for key in KEYS],
    "marks": [mark for mark, _ in MARKS],
    "configuration": [*SETTINGS, *(key.action for key in KEYS), *RGB],
    "quantities": ["dE/dw5", "net h1 @2", *METRICS],
    "conditions": ["changes sign", "crosses", *COMPARISONS],
    "conventions": [*CONVENTIONS, *OPTIMIZERS, *PENALTIES, "cosine", "averaged", "decoupled"],
    "preset": ["[[samples]]", "target = ", *INITIALIZERS],
    "data": ["[data]", "classes", *SCALES],
    "figures": ["[expected.1.forward]", "unexplained = true"],
    "activations": [*ACTIVATIONS, "1 / (1 + exp(-net))"],
    "losses": [*LOSSES, "(target - out)^2"],
    "optimizers": [*OPTIMIZERS, "w = w - eta * g", "beta1 = 0.9"],
    "schedules": [*SCHEDULES],
    "penalties": [*PENALTIES, "lambda * sum(|w|)"],
    "limits": ["4 MiB", "250,000", "weights"],
    "json": ['"quantities"', '"verdict"', '"expression"', '"stopped"'],
    "scripts": [*TARGETS],
    "slides": [*FORMATS],
}
"""What must stand in a page."""


def test_markdown_becomes_plain_text() -> None:
    assert plain_text(MARKDOWN) == PLAIN


def test_every_page_is_a_topic() -> None:
    assert {file.stem for file in PAGES.iterdir()} == {*TOPICS}
    named = {name for file in PAGES.iterdir() for name in re.findall(HOLE, file.read_text("utf-8"))}
    assert named == {*PLACEHOLDERS}


def test_the_quantities_are_all_told() -> None:
    """Every form of address has its words in the table."""
    told = page("quantities")
    where = {"neuron": "[oih][12]", "source": "[oh]1", "parameter": "w[15]", "name": "[a-zA-Z]+"}
    for kind in Kind:
        pattern = re.sub(
            r"\\\{(\w+)\\\}", lambda hole: where[hole[1]], re.escape(kind.value.strip())
        )
        assert re.search(f"`{pattern}`", told), kind


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_says_all_in_plain_text(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", topic]) == 0
    out = capsys.readouterr().out
    words = " ".join(out.split())
    assert all(" ".join(word.split()) in words for word in WORDS.get(topic, []))
    assert not re.search(r"`|\*\*\w|<!--|^\|", out, re.MULTILINE)
    assert max(map(len, out.split("\n"))) <= 80
    assert out[-1] == "\n"
    assert out[-2] != "\n"
    for line in commands_in(page(topic)):
        check_command(line)


def test_what_does_not_fit_on_a_terminal_goes_to_the_pager() -> None:
    for topic, paged in (("keys", True), ("marks", False)):
        command = ("-m", "bptui", "help", topic)
        terminal = Terminal(*command, size=(80, 40), PAGER="sed s/^/paged:/", **PYTHON)
        assert terminal.ended() == 0
        assert (b"paged:" in terminal.raw) is paged


def _formulas() -> Iterator[tuple[str, Formula]]:
    """Every formula that a page tells, with its name."""
    for name, one in (*every_form(ACTIVATIONS), *every_form(SCHEDULES), *every_form(PENALTIES)):
        for part in ("out", "slope", "rate", "value", "gradient", "taken"):
            if (formula := getattr(one, part, None)) is not None:
                yield name, formula
    for name, optimizer in every_form(OPTIMIZERS):
        yield from ((name, formula) for formula in optimizer.formulas.values())
    yield from ((name, loss.share) for name, loss in LOSSES.items())
    yield from ((name, scale.formula) for name, scale in SCALES.items())


WORDS_OF_FORMULAS: dict[str, object] = {
    **{name: getattr(np, name) for name in ("exp", "sqrt", "tanh", "cosh", "cos", "floor", "sum")},
    "ln": np.log,
    "max": np.maximum,
    "min": np.minimum,
    "erf": erf,
    "sign": np.sign,
    "pi": math.pi,
}


@pytest.mark.parametrize("formula", [pytest.param(f, id=name) for name, f in _formulas()])
def test_a_formula_in_a_page_computes_what_the_engine_does(formula: Formula) -> None:
    text, *where = (
        typed(formula).replace("dE/dw", "dE_dw").replace("lambda", "lambda_").split(", where ")
    )
    if text == "rates[t]":  # t is a float there
        return
    for scale in (1.0, 3.0, -3.0):
        some = np.random.default_rng(1)
        values: dict[str, object] = {
            name: some.uniform(0.1, 0.9, 1) * (scale if name in ("net", "w", "x") else 1.0)
            for name in names_of(formula)
        }
        values |= {short: values[name] for short, name in WHOLE.items() if name in values}
        known = {f"{name}_" if name == "lambda" else name: v for name, v in values.items()}
        for line in where:
            name, _, value = line.partition(" = ")
            known[name] = _computed(value, known)
        assert _computed(text, known) == pytest.approx(evaluate(formula, values), rel=1e-9)


def _computed(text: str, names: dict[str, object]) -> object:
    """The value of what a page has, by Python."""
    for ours, its in (("^", "**"), (", else", " else"), ("2π", "2*pi"), ("π", "pi")):
        text = text.replace(ours, its)
    return eval(re.sub(r"\|([^|]+)\|", r"abs(\1)", text), WORDS_OF_FORMULAS | names)


def test_of_a_command_it_is_what_the_command_says(capsys: pytest.CaptureFixture[str]) -> None:
    for name in COMMANDS:
        assert main(["help", name]) == 0
        assert main([name, "--help"]) == 0
        first, second = capsys.readouterr().out.split("usage: ")[1:]
        assert first == second
    assert not set(TOPICS) & set(COMMANDS)


def test_the_overview_lists_the_topics(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out and summary in out for name, summary in TOPICS.items())


def _examples(topic: str, language: str) -> list[str]:
    return re.findall(rf"\n```{language}\n(.*?)```", page(topic), re.DOTALL)


def test_the_example_presets_are_valid() -> None:
    whole, note = _examples("preset", "toml")
    prepare(parse_preset(f"{whole}\n{note}", "preset.toml"))
    (figures,) = _examples("figures", "toml")
    mazur = shipped("mazur").setup.preset.text.partition("[expected.")[0]
    prepare(parse_preset(mazur + figures, "figures.toml"))


@pytest.mark.parametrize("topic", ["activations", "losses", "optimizers", "schedules", "penalties"])
def test_each_line_of_examples_can_stand_in_a_preset(topic: str) -> None:
    preset, _ = _examples("preset", "toml")
    (lines,) = _examples(topic, "toml")
    if topic == "schedules":  # a list of rates takes no others
        preset = re.sub(r"\nrates = .*", "", preset)
    for line in lines.splitlines():
        key = line.partition(" ")[0]
        text, count = re.subn(rf"^{key} = .*", line, preset, flags=re.MULTILINE)
        prepare(parse_preset(text, "preset.toml"))
        assert count


def test_the_example_of_a_csv_file_is_valid_with_all_that_it_may_have() -> None:
    (data,) = _examples("data", "toml")
    preset = shipped("iris").setup.preset
    text = re.sub(r"\[data\].*?(?=\[\[)", data.replace("\n# ", "\n"), preset.text, flags=re.DOTALL)
    prepare(parse_preset(text.replace('["sl", "sw", "pl", "pw"]', '["sl", "pl"]'), preset.file))


def test_the_examples_of_json_are_json() -> None:
    for example in _examples("json", "json"):
        assert json.loads(f"[{re.sub(r'}$.{', '}, {', example, flags=re.M | re.S)}]")
