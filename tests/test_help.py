"""The help: every topic is there, and it is plain text."""

from __future__ import annotations

import re

import pytest

from bptui.cli import COMMANDS, main
from bptui.cli.help import TOPICS
from bptui.cli.markdown import plain_text
from bptui.engine.optimizers import OPTIMIZERS
from bptui.engine.penalties import PENALTIES
from bptui.engine.schedules import SCHEDULES
from bptui.story.conventions import CONVENTIONS
from bptui.view.help_page import MARKS
from bptui.view.key import signs
from bptui.view.key_table import KEYS

MARKDOWN = """\
`w5` is **bold**, *emphasis* and [a link](x.md); `a ** b * c` is code.

- One item that is longer than a line, so that it has to go on in a second line, which
  hangs in.
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
w5 is bold, emphasis and a link; a ** b * c is code.

- One item that is longer than a line, so that it has to go on in a second line,
  which hangs in.

- Another:

a = "`x`"
  | b

sign  what it means
|x|   its size
"""
WORDS = {
    "keys": [signs(key) for key in KEYS],
    "marks": [mark for mark, _ in MARKS],
    "conventions": [*CONVENTIONS, *OPTIMIZERS, *PENALTIES, "cosine", "averaged", "decoupled"],
    "optimizers": [*OPTIMIZERS],
    "schedules": [*SCHEDULES],
    "penalties": [*PENALTIES],
    "quantities": ["dE/dw5", "net h1 @2"],
    "conditions": ["changes sign", "crosses"],
    "preset": ["[[samples]]", "target = "],
    "data": ["[data]", "classes"],
    "figures": ["[expected.1.forward]", "unexplained = true"],
    "json": ['"quantities"', '"verdict"', '"expression"', '"stopped"'],
}


def test_markdown_becomes_plain_text() -> None:
    assert plain_text(MARKDOWN) == PLAIN


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_says_all_in_plain_text(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", topic]) == 0
    out = capsys.readouterr().out
    assert all(word in out for word in WORDS[topic])
    assert not re.search(r"`|\*\*\w|<!--|^\|", out, re.MULTILINE)
    if topic not in ("preset", "data", "figures", "json"):  # which have examples as wide as README
        assert max(map(len, out.split("\n"))) <= 80
    assert out[-1] == "\n"
    assert out[-2] != "\n"


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
    assert all(f"  {name} " in out and topic.summary in out for name, topic in TOPICS.items())
