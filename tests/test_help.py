"""The help: every topic is there, it is plain text, and its examples are so."""

from __future__ import annotations

import re

import pytest

from bptui.audit.prepare import prepare
from bptui.cli import COMMANDS, main
from bptui.cli.help import HOLE, PAGES, TOPICS, page
from bptui.cli.help_tables import PLACEHOLDERS
from bptui.cli.markdown import plain_text
from bptui.engine.functions import ACTIVATIONS, LOSSES
from bptui.engine.metrics import METRICS
from bptui.engine.optimizers import OPTIMIZERS
from bptui.engine.penalties import PENALTIES
from bptui.engine.schedules import SCHEDULES
from bptui.preset.data import SCALES
from bptui.preset.initializers import INITIALIZERS
from bptui.preset.read import parse_preset
from bptui.story.address import Kind
from bptui.story.conditions import COMPARISONS
from bptui.story.conventions import CONVENTIONS
from bptui.tui.configuration_text import SETTINGS
from bptui.tui.export import FORMATS
from bptui.tui.palette import RGB
from bptui.view.code import TARGETS
from bptui.view.help_page import MARKS
from bptui.view.key import signs
from bptui.view.key_table import KEYS
from tests.commands import check_command, commands_in
from tests.sessions import shipped

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
    if topic not in ("preset", "data", "figures", "json"):  # which have examples as wide as README
        assert max(map(len, out.split("\n"))) <= 80
    assert out[-1] == "\n"
    assert out[-2] != "\n"
    for line in commands_in(page(topic)):
        check_command(line)


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


def _examples(topic: str) -> list[str]:
    return re.findall(r"\n```toml\n(.*?)```", page(topic), re.DOTALL)


def test_the_example_presets_are_valid() -> None:
    whole, note = _examples("preset")
    prepare(parse_preset(f"{whole}\n{note}", "preset.toml"))
    (figures,) = _examples("figures")
    mazur = shipped("mazur").setup.preset.text.partition("[expected.")[0]
    prepare(parse_preset(mazur + figures, "figures.toml"))
