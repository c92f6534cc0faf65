"""The README says what is so: its tables and picture come from the program, its commands exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bptui.audit.prepare import prepare
from bptui.cli import COMMANDS, main, parser_of
from bptui.cli.help import TOPICS
from bptui.cli.help_tables import table
from bptui.preset.read import parse_preset
from tests.commands import check_command, commands_in

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
PICTURE = ROOT / ".github" / "bptui.svg"
PICTURED = ["show", "pandey", "--at", "1 backward", "--select", "dE/dw1", "--size", "100x30"]


def generated() -> dict[str, str]:
    """Return what stands under each marker of the README."""
    step = ("`bptui PRESET`", parser_of("").summary.rstrip(".").replace("Step", "step"))
    commands = [(f"`bptui {name}`", command.summary) for name, command in COMMANDS.items()]
    topics = [(f"`{name}`", summary) for name, summary in TOPICS.items()]
    return {
        "commands": table(("command", "what it does"), [step, *commands]),
        "topics": table(("topic", "what it is about"), topics),
    }


def filled(text: str) -> str:
    """Return the README with what the program generates put in."""
    for name, part in generated().items():
        pattern = rf"(<!-- the {name} -->\n)(?:\|[^\n]*\n)*"
        text = re.sub(pattern, lambda m, p=part: f"{m[1]}{p}\n", text)  # type: ignore[misc]
    return text


def test_what_the_program_generates_is_up_to_date(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-golden"):
        README.write_text(filled(README.read_text(encoding="utf-8")), encoding="utf-8")
    text = README.read_text(encoding="utf-8")
    assert filled(text) == text
    assert all(f"<!-- the {name} -->" in text for name in generated())


def test_the_picture_is_up_to_date(
    request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*PICTURED, "--format", "svg"]) == 0
    if request.config.getoption("--update-golden"):
        PICTURE.write_text(capsys.readouterr().out, encoding="utf-8")
        return
    assert capsys.readouterr().out == PICTURE.read_text(encoding="utf-8")


def test_a_newcomer_reads_it_to_the_end() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 250


def test_its_commands_exist_with_their_options() -> None:
    for line in commands_in(README.read_text(encoding="utf-8")):
        check_command(line)


def test_the_loss_of_mazur_is_that_low_where_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "mazur", "--iterations", "999", "--until", "E < 0.01", "--json"]) == 0
    iteration = json.loads(capsys.readouterr().out)["iterations"]
    assert f"iteration {iteration}." in README.read_text(encoding="utf-8")


def test_the_example_preset_is_valid() -> None:
    (example,) = re.findall(r"\n```toml\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    prepare(parse_preset(example, "README.toml"))
